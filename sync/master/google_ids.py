"""What our tabs and their charts are called among machines: ids fixed by name, so that none is made twice.

Who adds a tab or a chart under an id that exists is refused, and a whole batch with it. A request that was
applied though its reply was lost is therefore not applied again.
"""

from __future__ import annotations

from zlib import crc32

_LARGEST = 0x7FFFFFFF


def sheet_id(name: str) -> int:
    """The id of the tab of that name."""
    return _id("sheet", name)


def chart_id(name: str) -> int:
    """The id of the chart on the tab of that name."""
    return _id("chart", name)


def mark_id(name: str, before: int, mark: str) -> int:
    """The id of the mark that a tab bears next, another one than the mark `before`."""
    return _id("mark", name, str(before), mark)


def _id(*words: str) -> int:
    return max(crc32("\0".join(("okrsync master", *words)).encode()) & _LARGEST, 1)

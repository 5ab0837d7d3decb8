"""A column of cells in as few objects as it can be held in: as a sheet's document has it, and to join many.

A column is packed as {"": value} where every cell holds one and the same value, as one text where all of
them are texts, parted by a sign; else, and where a text holds that sign itself, as a list. So ten thousand
sheets with a million check-ins are loaded and laid side by side without an object for each cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

Packed = dict[str, Any] | str | list[Any]

_BETWEEN = "\x7f"  # plain ASCII, which JSON need not escape, and hardly ever typed


def pack(column: Sequence[Any]) -> Packed:
    """The column of one or more cells, packed."""
    first = column[0]
    try:
        text = _BETWEEN.join(column)
    except TypeError:
        # 0.0 and -0.0 are equal and not the same; 1 and True would be, but no column holds both.
        same = not isinstance(first, float) and column.count(first) == len(column)
        return {"": first} if same else list(column)
    if text.count(_BETWEEN) != len(column) - 1:
        return list(column)
    return {"": first} if column.count(first) == len(column) else text


def unpack(packed: Packed, count: int) -> tuple[Any, ...]:
    """The cells of a packed column of that many rows."""
    if isinstance(packed, dict):
        return (packed[""],) * count
    return tuple(_checked(packed.split(_BETWEEN) if isinstance(packed, str) else packed, count))


def together(columns: Sequence[Packed], counts: Sequence[int]) -> Iterable[Any]:
    """The cells of many packed columns, each of so many rows (at least one), as those of one."""
    kinds = set(map(type, columns))
    if list in kinds or str not in kinds:
        return chain.from_iterable(map(unpack, columns, counts))
    pieces = (
        packed if isinstance(packed, str) else _BETWEEN.join(unpack(packed, count))
        for packed, count in zip(columns, counts, strict=True)
    )
    return _checked(_BETWEEN.join(pieces).split(_BETWEEN), sum(counts))


def _checked(cells: list[Any], count: int) -> list[Any]:
    """The cells. ValueError when they are more or less than the rows: none may slip into another row."""
    if len(cells) != count:
        raise ValueError(f"A packed column holds {len(cells)} cells for {count} rows.")
    return cells

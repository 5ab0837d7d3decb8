"""A sheet's links as XML: its `<hyperlink>` elements, and the files and pages they lead to as relationships.

XlsxWriter writes a relationship for each link; here all links into one file share theirs, which spares a
large master tens of megabytes to be written and to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from xlsxwriter.url import Url

from sync.core.grid import column_letters
from sync.master.cells import Sheet

_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
_IN_ATTRIBUTES = str.maketrans({"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "\n": "&#xA;"})
_NEEDS_CARE = re.compile('[&"<>\n]')


class Links(NamedTuple):
    """The `<hyperlink>` elements, and the `<Relationship>` elements they name."""

    elements: tuple[str, ...]
    relationships: tuple[str, ...]


def links(sheet: Sheet, first: int) -> Links:
    """The links of a sheet, row by row; the ids of their relationships count from `first`."""
    ids: dict[str, str] = {}
    elements = []
    letters: dict[int, str] = {}
    for row, column, link in sorted(_all(sheet)):
        if column not in letters:
            letters[column] = column_letters(column)
        base, _, anchor = link.partition("#")
        id_ = ids.setdefault(base, f"rId{first + len(ids)}")
        location = f' location="{_attribute(anchor)}"' if anchor else ""
        elements.append(f'<hyperlink ref="{letters[column]}{row}" r:id="{id_}"{location}/>')
    return Links(tuple(elements), tuple(_relationship(id_, base) for base, id_ in ids.items()))


def _all(sheet: Sheet) -> Iterator[tuple[int, int, str]]:
    """Row, column and link of every cell that has one."""
    yield from ((cell.row, cell.column, cell.link) for cell in sheet.placed if cell.link)
    if sheet.table:
        for at, column in enumerate(sheet.table.columns, 1):
            top = sheet.table.top + 1
            yield from ((top + row, at, link) for row, link in column.links.items())


def _relationship(id_: str, base: str) -> str:
    return f'<Relationship Id="{id_}" Type="{_TYPE}" Target="{_target(base)}" TargetMode="External"/>'


@lru_cache(maxsize=100_000)  # several lists link into the same files
def _target(base: str) -> str:
    return _attribute(url(base)._relationship_link)  # noqa: SLF001  # it has no other name


def _attribute(text: str) -> str:
    return text.translate(_IN_ATTRIBUTES) if _NEEDS_CARE.search(text) else text


def url(link: str) -> Url:
    """The link with forward slashes, which Excel takes everywhere and LibreOffice outside Windows needs."""
    found = Url(link)
    if link.startswith("external:"):
        slashed = found._relationship_link.replace("\\", "/")  # noqa: SLF001  # it has no option
        found._relationship_link = slashed  # noqa: SLF001  # as above
    return found

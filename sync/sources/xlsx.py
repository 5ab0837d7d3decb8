"""The cell reader: the bytes of an Excel workbook as a Grid, exact and sparse.

Why it is our own: no library gives value and error and "formula never calculated" and number format
and address; most make an empty cell of each of them. It costs what the cells cost that hold something:
one stray cell at XFD1048576 costs nothing.

Each tab is read by a regular expression (`sync.sources.sheet_scan`); one that is spelled in a way which
that does not take is read again from its XML events (`sync.sources.sheet_events`), with the same result.
What is refused is refused as a whole and by name (SourceUnreadable).
"""

from __future__ import annotations

from collections.abc import Callable

from sync.core.collector import no_collector
from sync.core.grid import Grid, Sheet
from sync.core.policy import Limits
from sync.sources.package import Package
from sync.sources.sheet_events import Room, read_by_events
from sync.sources.sheet_scan import CellsSeen, read_by_scan
from sync.sources.workbook import SheetEntry, contents
from sync.sources.xml_text import Unusual


def _none(_title: str) -> bool:
    return False


@no_collector()
def read(data: bytes, limits: Limits, *, unread: Callable[[str], bool] = _none) -> Grid:
    """The cells of a workbook (.xlsx, .xlsm) that hold something, tab by tab in the workbook's order.

    Tabs whose title is `unread` are listed without their cells.

    Hidden tabs, rows and columns are read and recorded as hidden; rows and columns only where the tab
    holds something in them. Raises SourceUnreadable for anything that is no whole, honest workbook
    within the limits.
    """
    package = Package(data, limits)
    found = contents(package, limits)
    room, seen = Room(limits), CellsSeen(found.book)
    sheets = tuple(
        Sheet(entry.name, {}, entry.hidden) if unread(entry.name) else _read_sheet(package, entry, seen, room)
        for entry in found.sheets
    )
    return Grid(sheets, found.names)


def _read_sheet(package: Package, entry: SheetEntry, seen: CellsSeen, room: Room) -> Sheet:
    inflated, left = package.inflated, room.left
    try:
        return read_by_scan(package, entry, seen, room)
    except Unusual:
        package.inflated, room.left = inflated, left
        return read_by_events(package, entry, seen.book, room)

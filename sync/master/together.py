"""What managers wrote in a master, brought together with what is known: a change wins, two are both kept.

A master shows what was known when it was published (`base`). What differs from that now was changed by a
manager; what is known may have changed too, by a manager in the other master. Cells are compared as the
one master shows them: a formula that is at home in the other one is no more than its value there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sync.master.cells import Formula
from sync.master.notes import AddedColumn, NoteCell, Notes, moved

Row = Mapping[str, NoteCell]

_NOWHERE = 1_048_577
"""A row that no sheet has: formulas that differ only in the rows they stand in are made alike with it."""
_SPACE = re.compile(r"\s")


def together(base: Notes, known: Notes, read: Notes, home: str) -> Notes:
    """All that managers added, after they changed what is `base` in one master to what was `read` there.

    `read` has an entry for each row that was there to be read, and the columns of each sheet that was.
    Sheets that managers added are taken as they were read: only Excel's master carries them.
    """
    sheets = known.cells.keys() | read.cells.keys()
    cells = {
        sheet: _rows(base.cells.get(sheet, {}), known.cells.get(sheet, {}), read.cells.get(sheet, {}), home)
        for sheet in sorted(sheets)
    }
    columns = {
        sheet: _columns(base.columns.get(sheet, ()), known.columns.get(sheet, ()), theirs)
        for sheet, theirs in read.columns.items()
    }
    return Notes(cells, {**known.columns, **columns}, read.sheets)


def _rows(
    base: Mapping[str, Row], known: Mapping[str, Row], read: Mapping[str, Row], home: str
) -> dict[str, Row]:
    found = {row: _row(base.get(row, {}), known.get(row, {}), theirs, home) for row, theirs in read.items()}
    return {**known, **found}


def _row(base: Row, known: Row, read: Row, home: str) -> dict[str, NoteCell]:
    headers = [*read, *(header for header in known if header not in read)]
    cells = {header: _cell(base.get(header), known.get(header), read.get(header), home) for header in headers}
    return {header: cell for header, cell in cells.items() if cell is not None}


def _cell(base: NoteCell | None, known: NoteCell | None, read: NoteCell | None, home: str) -> NoteCell | None:
    was, now, there = (_content(cell, home) for cell in (base, known, read))
    if there in (was, now):
        return _fresh(known, read, home)
    if now == was or known is None:
        return read
    return known if read is None else both(known, read)


def _content(cell: NoteCell | None, home: str) -> object:
    """What a manager sees of the cell in a master, "" for nothing."""
    if cell is not None and cell.formula and cell.home == home:
        return Formula(_SPACE.sub("", moved(cell.formula, cell.row, _NOWHERE)).casefold(), 0.0)
    if cell is None or cell.value in (None, ""):
        return ""
    return cell.value, type(cell.value)  # True equals 1.0


def _fresh(known: NoteCell | None, read: NoteCell | None, home: str) -> NoteCell | None:
    """A cell that nobody changed: as it was read, which has its newest format and result."""
    if known is None or read is None:
        return known
    if (known.formula and known.home != home) or _content(known, home) != _content(read, home):
        return known
    return read


def both(first: NoteCell, second: NoteCell) -> NoteCell:
    """Two texts for one cell, one below the other."""
    return NoteCell(f"{_text(first)}\n{_text(second)}")


def _text(cell: NoteCell) -> str:
    return str(cell.value if cell.value is not None else "")


def _columns(
    base: tuple[AddedColumn, ...], known: tuple[AddedColumn, ...], read: tuple[AddedColumn, ...]
) -> tuple[AddedColumn, ...]:
    """The columns as they were read, less those that left what is known, and those that came to it."""
    before, now, there = ({column.header for column in columns} for columns in (base, known, read))
    stayed = [column for column in read if column.header in now or column.header not in before]
    return (*stayed, *(column for column in known if column.header not in before | there))

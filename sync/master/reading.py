"""Reads managers' own things back from a master: notes by row identity, columns and sheets they added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Grid, Sheet, column_letters
from sync.core.policy import Limits
from sync.master.cells import text_for_cell
from sync.master.notes import (
    EXCEL,
    IDENTITY,
    MANAGER_NOTE,
    AddedColumn,
    AddedSheet,
    NoteCell,
    Notes,
    marked,
)
from sync.master.together import both, together

FormulaTexts = Mapping[str, Mapping[tuple[int, int], str]]
OURS = (
    "Roll-up", "Objectives", "Key results", "Alignment", "Dependencies", "Issues", "Check-ins", "Trend",
    "Changes", "Wins", "Who owes what", "Lessons", "Sources", "About",
)  # fmt: skip
LATER = frozenset({"Wins", "Who owes what", "Lessons"})
"""Sheets that masters of the first release did not have: managers may have a sheet of that name there."""
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # a workbook knows no time zones
DAY = timedelta(days=1)
CELLS_OF_A_LARGE_MASTER = 6_000_000
MEGABYTES_OF_A_LARGE_MASTER = 2_000


def read_back(
    data: bytes,
    limits: Limits,
    known: Notes,
    *,
    read: Callable[[bytes, Limits], Grid],
    formulas: Callable[[bytes, Limits], FormulaTexts],
    base: Notes | None = None,
) -> Notes:
    """What managers added to the Excel master in `data`, brought together with what is known.

    `base` is what it was published with (else what is known).

    Raises SourceUnreadable when the file cannot be read, or when the hidden column or the mark that tell
    our cells from theirs are gone; then nobody may write over it.
    """
    roomy = replace(
        limits,
        cells=max(limits.cells, CELLS_OF_A_LARGE_MASTER),
        inflated=max(limits.inflated, MEGABYTES_OF_A_LARGE_MASTER * 2**20),
    )
    found = additions(read(data, roomy), formulas(data, roomy), EXCEL)
    return together(known if base is None else base, known, found, EXCEL)


def additions(grid: Grid, formulas: FormulaTexts, home: str) -> Notes:
    """What managers added to a master, from its cells and its formulas' texts. Raises SourceUnreadable."""
    found = [_Reading(sheet, formulas.get(sheet.name, {}), home) for sheet in grid.sheets]
    mine = {reading.sheet.name for reading in found if reading.is_ours()}
    ours = [reading for reading in found if reading.sheet.name in mine - {"About"}]
    cells = {reading.sheet.name: reading.cells() for reading in ours}
    columns = {reading.sheet.name: reading.columns() for reading in ours}
    sheets = [reading.whole() for reading in found if reading.sheet.name not in mine]
    sheets += [reading.loose() for reading in ours if reading.loose().rows]
    names = _all_unlike(sheet.name for sheet in sheets)
    named = (sheet._replace(name=name) for sheet, name in zip(sheets, names, strict=True))
    return Notes(cells, columns, tuple(named))


class _Reading:
    """One sheet of a master: where its header row stands, which headers are ours, which cells theirs."""

    def __init__(self, sheet: Sheet, formulas: Mapping[tuple[int, int], str], home: str) -> None:
        self.sheet, self._formulas, self._home = sheet, formulas, home

    def is_ours(self) -> bool:
        """Whether okrsync made this sheet."""
        name = self.sheet.name
        return name in OURS and (name not in LATER or self._found_identity() is not None)

    def columns(self) -> tuple[AddedColumn, ...]:
        """The columns that managers added, left to right."""
        headers = self._headers()
        before = ["", *headers.values()]
        ours = self._ours()
        return tuple(
            AddedColumn(header, after)
            for header, after in zip(headers.values(), before, strict=False)
            if header not in ours and header != MANAGER_NOTE
        )

    def cells(self) -> dict[str, dict[str, NoteCell]]:
        """What managers wrote, by row identity and header; every row that is there has an entry."""
        ours = self._ours()
        theirs = {column: header for column, header in self._headers().items() if header not in ours}
        found: dict[str, dict[str, NoteCell]] = {}
        for row, identity in self._rows():
            written = {
                header: self._note(row, column)
                for column, header in theirs.items()
                if column in self.sheet.rows[row]
            }
            found[identity] = _both(found.get(identity, {}), written)
        return found

    def whole(self) -> AddedSheet:
        """The sheet as managers wrote it."""
        rows = {
            row: {column: self._note(row, column) for column in cells}
            for row, cells in self.sheet.rows.items()
        }
        return AddedSheet(self.sheet.name, rows, self.sheet.hidden)

    def loose(self) -> AddedSheet:
        """Rows that managers wrote below the list: no row of ours, so they move to a sheet of their own."""
        top, identity = self._identity()
        ours, headers = self._ours(), self._headers()
        beside = {column for column, header in headers.items() if column > identity and header in ours}
        rows = {
            row: {column: self._note(row, column) for column in cells if column not in beside}
            for row, cells in self.sheet.rows.items()
            if row > top and not (identity in cells and cells[identity].value)
        }
        return AddedSheet(f"{self.sheet.name} (kept)", {row: cells for row, cells in rows.items() if cells})

    def _note(self, row: int, column: int) -> NoteCell:
        cell = self.sheet.rows[row][column]
        formula = self._formulas.get((row, column), "") if cell.formula else ""
        if "[" in formula and self._home == EXCEL:
            formula = ""  # it looks into another workbook or a table, by a number or name that has changed
        return NoteCell(_plain(cell), _kind(cell), _style(cell), formula, row, self._home)

    def _rows(self) -> Iterator[tuple[int, str]]:
        header, column = self._identity()
        for row, cells in sorted(self.sheet.rows.items()):
            if row > header and column in cells and cells[column].value:
                yield row, str(cells[column].value)

    def _headers(self) -> dict[int, str]:
        """Headers by column, ours and theirs; a filled column without one is named by its letters."""
        top, _ = self._identity()
        used = {column for row, _ in self._rows() for column in self.sheet.rows[row]}
        titles = self.sheet.rows[top]
        columns = sorted(used | titles.keys())
        texts = (" ".join(titles[column].text.split()) if column in titles else "" for column in columns)
        named = (
            text or f"Column {column_letters(column)}" for column, text in zip(columns, texts, strict=True)
        )
        return dict(zip(columns, _all_unlike(named), strict=True))

    def _identity(self) -> tuple[int, int]:
        """Row and column of the header above the identities."""
        if found := self._found_identity():
            return found
        raise _lost(self.sheet.name, f"its hidden column “{IDENTITY}” is gone")

    def _found_identity(self) -> tuple[int, int] | None:
        for row, cells in sorted(self.sheet.rows.items()):
            for column, cell in cells.items():
                if cell.value == IDENTITY:
                    return row, column
        return None

    def _ours(self) -> frozenset[str]:
        top, column = self._identity()
        for row, cells in self.sheet.rows.items():
            headers = marked(cells[column].value) if row < top and column in cells else None
            if headers is not None:
                return headers
        raise _lost(self.sheet.name, "the first rows of its hidden columns are gone")


def _lost(sheet: str, cause: str) -> SourceUnreadable:
    return SourceUnreadable(
        f"in the sheet {sheet}, {cause}, so nobody can tell whose cells are whose.",
        "Take over the new master that was written beside it, and move this one away.",
    )


def _unlike(header: str, taken: Iterable[str]) -> str:
    """The header, numbered if another column has the same: tables know no two alike."""
    used = {other.casefold() for other in taken}
    name, number = header[:240], 2
    while name.casefold() in used:
        name, number = f"{header[:240]} ({number})", number + 1
    return name


def _all_unlike(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        found.append(_unlike(name, found))
    return found


def _both(first: Mapping[str, NoteCell], second: Mapping[str, NoteCell]) -> dict[str, NoteCell]:
    """The cells of two rows of one identity (a row that was copied): different texts one below the other."""
    found = dict(first)
    for header, cell in second.items():
        other = found.get(header)
        found[header] = cell if other is None or other.value == cell.value else both(other, cell)
    return found


def _kind(cell: Cell) -> str:
    return "date" if isinstance(cell.value, date) and not isinstance(cell.value, datetime) else "value"


def _plain(cell: Cell) -> str | float | bool | None:
    """The value as JSON knows it: a date as ISO text, a moment or a time as Excel's number."""
    match cell.value:
        case bool() | None:
            return cell.value
        case str():
            return text_for_cell(cell.value)
        case int() | float():
            return float(cell.value)
        case datetime():
            return (cell.value - EPOCH) / DAY
        case date():
            return cell.value.isoformat()
        case time():
            return (datetime.combine(EPOCH, cell.value) - EPOCH) / DAY
        case timedelta():
            return cell.value / DAY


def _style(cell: Cell) -> str:
    match cell.value:
        case datetime():
            return "moment"
        case time():
            return "time"
        case timedelta():
            return "duration"
        case _:
            return str(cell.style)

"""The values, formulas and looks of cells, read from LibreOffice and put there range by range."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tests.xl_engines.contract import Counted
from tests.xl_engines.entering import Entered, entered, moment
from tests.xl_engines.uno_engine.boxes import Box, gaps
from tests.xl_engines.uno_engine.values import (
    DATE,
    ERRORS,
    FORMULA,
    LOGICAL,
    TEXT,
    Refused,
    groups,
    shown,
    stored,
)

if TYPE_CHECKING:
    from tests.xl_engines.uno_engine.sheets import Sheet

_IN_EXCEL: dict[str, str] = {}
"""Formulas in LibreOffice's writing and in Excel's: one of the template takes 50 ms to translate."""


class Cells(Counted):
    """What a range does through the bridge: LibreOffice's own ranges are read and filled."""

    _sheet: Sheet
    _box: Box
    _boxes: tuple[Box, ...]

    def __len__(self) -> int:
        return self._box[2] * self._box[3]

    def _cells(self) -> list[Any]:
        """The ranges of LibreOffice, one per box that is not empty."""
        return [
            self._sheet._uno.getCellRangeByPosition(left - 1, top - 1, left + columns - 2, top + rows - 2)
            for top, left, rows, columns in self._boxes
            if rows and columns
        ]

    def _as_com(self, rows: Sequence[Sequence[Any]]) -> Any:
        """One value for one cell, else rows, as COM gives them."""
        return rows[0][0] if len(self) == 1 else tuple(tuple(row) for row in rows)

    def _enum(self, kind: str, value: str) -> Any:
        return self._sheet._book._app._program.office.uno.Enum(f"com.sun.star.{kind}", value)

    def _writable(self) -> None:
        if not self._sheet._uno.isProtected():
            return
        if any(group.CellProtection.IsLocked for cells in self._cells() for group in groups(cells)):
            raise Refused("The cell or chart you are trying to change is on a protected sheet.")

    def _put(self, name: str, value: Any) -> None:
        self._writable()
        for cells in self._cells():
            cells.setPropertyValue(name, value)

    def _clear(self, flags: int) -> None:
        self._writable()
        for cells in self._cells():
            cells.clearContents(flags)

    def _fit(self, axis: str | None) -> None:
        self._writable()
        for cells in self._cells():
            if axis not in ("r", "rows"):
                cells.Columns.OptimalWidth = True
            if axis not in ("c", "columns"):
                cells.Rows.OptimalHeight = True

    def _values(self) -> list[list[Any]]:
        """The values: text, float, datetime, bool or the number of an error; None is an empty cell."""
        uno = self._cells()[0]
        rows = [list(row) for row in uno.getDataArray()]
        for kind, row, column in self._special(uno):
            value = rows[row][column]
            if isinstance(value, float):
                rows[row][column] = bool(value) if kind == LOGICAL else moment(value)
        return [
            [
                self._error(r, c) if value is None else value if value != "" else None
                for c, value in enumerate(row)
            ]
            for r, row in enumerate(rows)
        ]

    def _error(self, row: int, column: int) -> int:
        code = self._cells()[0].getCellByPosition(column, row).getError()
        return ERRORS.get(code, ERRORS[519])

    def _special(self, uno: Any) -> Iterator[tuple[int, int, int]]:
        """The cells whose number is a day or a truth: what it is, and where in this range."""
        for group in groups(uno):
            kind = self._sheet._book._kind(group.getPropertyValue("NumberFormat"))
            if kind & (DATE | LOGICAL):
                for row, column in self._inside(group.RangeAddresses):
                    yield LOGICAL if kind & LOGICAL else DATE, row, column

    def _inside(self, addresses: Sequence[Any]) -> Iterator[tuple[int, int]]:
        top, left = self._box[:2]
        for address in addresses:
            for row in range(address.StartRow, address.EndRow + 1):
                for column in range(address.StartColumn, address.EndColumn + 1):
                    yield row - top + 1, column - left + 1

    def _formulas(self) -> list[list[str]]:
        """The formulas in Excel's writing; of other cells what they hold, as text."""
        uno = self._cells()[0]
        rows = [["" if v is None else shown(v) for v in row] for row in uno.getDataArray()]
        found = list(self._inside(uno.queryContentCells(FORMULA).RangeAddresses))
        theirs = uno.getFormulaArray() if found else ()
        for row, column in found:
            here = re.compile(rf"(?<=[A-Z]){self._box[0] + row}(?!\d)")  # $C4 in row 4: alike in all rows
            text = here.sub("\0", theirs[row][column])
            if text not in _IN_EXCEL:
                cell = uno.getCellByPosition(column, row)
                printed = self._sheet._book._parser.printFormula(cell.getTokens(), cell.CellAddress)
                _IN_EXCEL[text] = here.sub("\0", f"={printed}")
            rows[row][column] = _IN_EXCEL[text].replace("\0", str(self._box[0] + row))
        return rows

    def _texts(self, uno: Any) -> set[tuple[int, int]]:
        """The cells with the format Text."""
        book = self._sheet._book
        return {
            place
            for group in groups(uno)
            if book._kind(group.getPropertyValue("NumberFormat")) & TEXT
            for place in self._inside(group.RangeAddresses)
        }

    def _covered(self, uno: Any) -> list[tuple[int, int]]:
        """The cells below others of a merged area: they take nothing."""
        cursor = self._sheet._uno.createCursorByRange(uno)
        cursor.collapseToMergedArea()
        if not cursor.IsMerged:
            return []
        around = self._sheet._at(cursor.RangeAddress)
        first, here = uno.RangeAddress, cursor.RangeAddress
        covered: set[tuple[int, int]] = set()
        for row, column in around._inside([here]):
            cell = cursor.getCellByPosition(column, row)
            if cell.IsMerged:
                area = self._sheet._uno.createCursorByRange(cell)
                area.collapseToMergedArea()
                covered |= set(self._inside([area.RangeAddress])) - set(self._inside([cell.RangeAddress]))
        rows, columns = first.EndRow - first.StartRow + 1, first.EndColumn - first.StartColumn + 1
        return [(r, c) for r, c in covered if 0 <= r < rows and 0 <= c < columns]

    def _enter(self, data: Any) -> None:
        """Types the data into the cells: one value into each, or rows of them."""
        self._writable()
        for uno in self._cells():
            rows, columns = uno.Rows.Count, uno.Columns.Count
            grid = data if isinstance(data, (list, tuple)) else [[data] * columns] * rows
            grid = grid if isinstance(grid[0], (list, tuple)) else [grid] * rows
            has_text = any(isinstance(value, str) and value for row in grid for value in row)
            as_text = self._texts(uno) if has_text else set()
            cells = [
                [entered(value, as_text=(r, c) in as_text) for c, value in enumerate(row)]
                for r, row in enumerate(grid)
            ]
            for r, c in self._covered(uno):
                cells[r][c] = Entered("")
            uno.setDataArray(tuple(tuple(stored(cell) for cell in row) for row in cells))
            self._finish(uno, cells)

    def _finish(self, uno: Any, cells: list[list[Entered]]) -> None:
        """Sets formulas, and the formats that Excel gives to days and truths in General cells."""
        book = self._sheet._book
        for r, row in enumerate(cells):
            for c, entry in enumerate(row):
                if not (entry.formula or entry.style or isinstance(entry.value, bool)):
                    continue
                cell = uno.getCellByPosition(c, r)
                if entry.formula:
                    source = uno.getCellByPosition(0, 0) if len(cells) > 1 and row is cells[0] else cell
                    cell.setTokens(book._parser.parseFormula(str(entry.value)[1:], source.CellAddress))
                elif not cell.NumberFormat:
                    cell.NumberFormat = book._style(entry.style or "BOOLEAN")

    def _strip(self, *, vertical: bool) -> tuple[set[int], list[tuple[int, int]]]:
        """The numbers of the filled rows (or columns) beside the first cell, and what is visible of them."""
        used = self._sheet._uno.createCursor()
        used.gotoEndOfUsedArea(False)
        top, left = self._box[:2]
        if vertical:
            strip = self._sheet._uno.getCellRangeByPosition(left - 1, 0, left - 1, used.RangeAddress.EndRow)
            lines = [row[0] for row in strip.getFormulaArray()]
        else:
            strip = self._sheet._uno.getCellRangeByPosition(0, top - 1, used.RangeAddress.EndColumn, top - 1)
            lines = list(strip.getFormulaArray()[0])
        seen = strip.queryVisibleCells().RangeAddresses
        visible = [
            (a.StartRow + 1, a.EndRow + 1) if vertical else (a.StartColumn + 1, a.EndColumn + 1) for a in seen
        ]
        return {number for number, text in enumerate(lines, 1) if text != ""}, gaps(visible, len(lines))

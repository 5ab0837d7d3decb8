"""Ranges, as xlwings asks for them."""

# ruff: noqa: ARG002, FBT001 - xlwings names these arguments and counts on their places

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xlwings import base_classes as base
from xlwings.utils import col_name

from tests.xl_engines.contract import NoApi
from tests.xl_engines.uno_engine.boxes import DIRECTIONS, LAST_COLUMN, LAST_ROW, Box, run_end
from tests.xl_engines.uno_engine.cells import Cells
from tests.xl_engines.uno_engine.fonts import Font
from tests.xl_engines.uno_engine.names import Name, Names
from tests.xl_engines.uno_engine.tables import Table, Tables
from tests.xl_engines.uno_engine.values import (
    ALL,
    CHARACTER,
    CONTENTS,
    NO_FILL,
    PADDING,
    Refused,
    all_hidden,
    colour_number,
    groups,
)

if TYPE_CHECKING:
    from tests.xl_engines.uno_engine.sheets import Sheet


class Range(Cells, base.Range):
    """Cells: one box of them, or several where an address has commas."""

    api: Any = NoApi()
    has_array: Any = False
    options: Any = None  # xlwings leaves the options of a range here

    def __init__(self, sheet: Sheet, *boxes: Box) -> None:
        self._calls = sheet._calls
        self._sheet, self._boxes, self._box = sheet, boxes, boxes[0]

    # --- where it is

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def row(self) -> int:
        return self._box[0]

    @property
    def column(self) -> int:
        return self._box[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self._box[2], self._box[3]

    @property
    def coords(self) -> tuple[Any, ...]:
        return (self._sheet, *self._box)

    @property
    def address(self) -> str:
        return self._address(row="$", column="$")

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        local = self._address(row="$" if row_absolute else "", column="$" if col_absolute else "")
        return f"'[{self._sheet._book._name}]{self._sheet._uno.Name}'!{local}" if external else local

    def _address(self, *, row: str, column: str) -> str:
        top, left, rows, columns = self._box
        ends = [(top, left), (top + rows - 1, left + columns - 1)]
        return ":".join(dict.fromkeys(f"{column}{col_name(c)}{row}{r}" for r, c in ends))

    def __call__(self, *args: Any) -> Range:
        top, left, _rows, columns = self._box
        if len(args) == 1:
            row, column = divmod(args[0] - 1, columns)
        else:
            row, column = args[0] - 1, args[1] - 1
        return Range(self._sheet, (top + row, left + column, 1, 1))

    # --- what it holds

    @property
    def raw_value(self) -> Any:
        return self._as_com(self._values()) if len(self._cells()) else None

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self._enter(data)

    @property
    def formula(self) -> Any:
        return self._as_com(self._formulas())

    @formula.setter
    def formula(self, data: Any) -> None:
        self._enter(data)

    formula2 = formula

    def clear_contents(self) -> None:
        self._clear(CONTENTS)

    def clear_formats(self) -> None:
        self._clear(ALL - CONTENTS - 8)

    def clear(self) -> None:
        self._clear(ALL)

    # --- how it looks

    @property
    def number_format(self) -> Any:
        uno = self._cells()[0]
        found = {group.getPropertyValue("NumberFormat") for group in groups(uno)}
        return self._sheet._book._code(found.pop()) if len(found) == 1 else None

    @number_format.setter
    def number_format(self, value: str) -> None:
        self._put("NumberFormat", self._sheet._book._style(value))

    @property
    def color(self) -> Any:
        found = {group.getPropertyValue("CellBackColor") for group in groups(self._cells()[0])}
        if len(found) > 1:
            return (0, 0, 0)  # what Excel says of several colours
        colour = found.pop()
        return None if colour == NO_FILL else (colour >> 16, colour >> 8 & 255, colour & 255)

    @color.setter
    def color(self, value: Any) -> None:
        self._put("CellBackColor", colour_number(value))

    def set_colors(self, colors: Sequence[Sequence[Any]]) -> None:
        top, left = self._box[:2]
        with self._sheet._book._still():
            for row, line in enumerate(colors, top):
                for column, value in enumerate(line, left):
                    if value is not ...:
                        Range(self._sheet, (row, column, 1, 1))._put("CellBackColor", colour_number(value))

    @property
    def font(self) -> Font:
        return Font(self)

    @property
    def wrap_text(self) -> Any:
        return bool(self._cells()[0].IsTextWrapped)

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self._put("IsTextWrapped", value)

    @property
    def horizontal_alignment(self) -> Any:
        return str(self._cells()[0].HoriJustify.value).lower().replace("standard", "general")

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        name = {"general": "STANDARD"}.get(value, value.upper())
        self._put("HoriJustify", self._enum("table.CellHoriJustify", name))

    @property
    def vertical_alignment(self) -> Any:
        return {1: "top", 2: "center", 3: "bottom"}.get(self._cells()[0].VertJustify, "bottom")

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        self._put("VertJustify", {"top": 1, "center": 2, "bottom": 3}[value])

    @property
    def column_width(self) -> Any:
        columns = self._cells()[0].Columns
        widths = {columns.getByIndex(i).Width for i in range(columns.Count)}
        return round((widths.pop() - PADDING) / CHARACTER, 2) if len(widths) == 1 else None

    @column_width.setter
    def column_width(self, value: float) -> None:
        self._writable()
        for cells in self._cells():
            cells.Columns.Width = round(value * CHARACTER + PADDING)

    @property
    def row_height(self) -> Any:
        rows = self._cells()[0].Rows
        heights = {rows.getByIndex(i).Height for i in range(rows.Count)}
        return round(heights.pop() / 2540 * 72, 2) if len(heights) == 1 else None

    @row_height.setter
    def row_height(self, value: float) -> None:
        self._writable()
        rows = self._cells()[0].Rows
        rows.IsVisible = bool(value)  # a row without height is a hidden one
        if value:
            rows.Height = round(value / 72 * 2540)

    def autofit(self, axis: str | None = None) -> None:
        self._fit(axis)

    @property
    def row_hidden(self) -> bool | None:
        return all_hidden(self._cells()[0].Rows)

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self._writable()
        self._cells()[0].Rows.IsVisible = not value

    @property
    def column_hidden(self) -> bool | None:
        return all_hidden(self._cells()[0].Columns)

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self._writable()
        self._cells()[0].Columns.IsVisible = not value

    @property
    def merge_cells(self) -> bool:
        return bool(self._cells()[0].IsMerged)

    @property
    def merge_area(self) -> Range:
        cursor = self._sheet._uno.createCursorByRange(self._cells()[0])
        cursor.collapseToMergedArea()
        return self._sheet._at(cursor.RangeAddress)

    def merge(self, across: bool) -> None:
        self._writable()
        self._cells()[0].merge(True)

    def unmerge(self) -> None:
        self._writable()
        self._cells()[0].merge(False)

    # --- what lies around it

    @property
    def name(self) -> Name | None:
        book = self._sheet._book
        for name in book._doc.NamedRanges.ElementNames:
            cells = book._doc.NamedRanges.getByName(name).ReferredCells
            if cells and cells.AbsoluteName == self._cells()[0].AbsoluteName:
                return Name(book, book._doc.NamedRanges, name)
        return None

    @name.setter
    def name(self, value: str) -> None:
        book = self._sheet._book
        target = f"='{self._sheet._uno.Name}'!{self._address(row='$', column='$')}"
        Names(book, book._doc.NamedRanges)._put(value, target)

    @property
    def table(self) -> Table | None:
        top, left, _rows, _columns = self._box
        for table in Tables(self._sheet)._tables():
            row, column, rows, columns = table._all()._box
            if row <= top < row + rows and column <= left < column + columns:
                return table
        return None

    @property
    def current_region(self) -> Range:
        cursor = self._sheet._uno.createCursorByRange(self._cells()[0])
        cursor.collapseToCurrentRegion()
        return self._sheet._at(cursor.RangeAddress)

    def end(self, direction: str) -> Range:
        """The cell where Ctrl and an arrow would end: it skips what is hidden, as Excel does."""
        down, right = DIRECTIONS[direction]
        top, left = self._box[:2]
        filled, hidden = self._strip(vertical=bool(down))
        place, step, last = (top, down, LAST_ROW) if down else (left, right, LAST_COLUMN)
        place = run_end(place, step, last, filled, hidden)
        return Range(self._sheet, (place, left, 1, 1) if down else (top, place, 1, 1))

    def select(self) -> None:
        self._sheet._select()
        self._sheet._book._app._selected = self

    # --- moving cells

    def insert(self, shift: str | None = None, copy_origin: Any = None) -> None:
        self._writable()
        mode = self._enum("sheet.CellInsertMode", "RIGHT" if shift == "right" else "DOWN")
        self._sheet._uno.insertCells(self._cells()[0].RangeAddress, mode)

    def delete(self, shift: str | None = None) -> None:
        self._writable()
        mode = self._enum("sheet.CellDeleteMode", "LEFT" if shift == "left" else "UP")
        self._sheet._uno.removeRange(self._cells()[0].RangeAddress, mode)

    def copy(self, destination: Any = None) -> None:
        raise Refused("Copying through the clipboard is not part of this stand-in.")

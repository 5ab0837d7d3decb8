"""The open workbook as the Grid that sync.core reads, in a few calls a tab: values, formulas, formats.

Excel tells number formats and merges only for a range as a whole ("mixed" when its cells differ), so the
amounts' formats are asked for by blocks, which are halved where they differ: one call for each column of
one format, about two for each change of format within it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from addin.trouble import Halt
from sync.core.grid import Cell, Grid, Kind, Sheet, Style, a1
from sync.core.headers import bind, find_tabs, is_ours, names_of
from sync.core.number_formats import classify
from sync.core.schema import BOOK_ID_NAME, TEAM_TABS, TabSchema, Type

if TYPE_CHECKING:
    import xlwings as xw

Place = tuple[int, int]
Box = tuple[int, int, int, int]
"""First row, first column, number of rows, of columns."""
NOT_OURS = (
    "This is not a workbook of okrsync: it has no tabs Team and Key Results. "
    "Open your team's OKR workbook (`okrsync template` makes one), then press the button again."
)
_BLOCK = 5_000  # rows that are read at once; a block without a value ends the tab
_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"})
_ERROR_NUMBERS = range(-2146826300, -2146826200)  # errors that xlwings has no name for
_FIRST_YEAR = 1900


class Pages(NamedTuple):
    """What was read. `tabs` by title; `codes`: number formats of amounts by title and place.

    `formulas` by title: what each cell holds as it would be typed, blank cells left out.
    """

    grid: Grid
    tabs: Mapping[str, xw.Sheet]
    formulas: Mapping[str, Mapping[Place, str]]
    codes: Mapping[str, Mapping[Place, str]]


class _Raw(NamedTuple):
    cells: dict[int, dict[int, Cell]]
    formulas: dict[Place, str]
    box: Box


def read(book: xw.Book, wanted: Sequence[TabSchema] = TEAM_TABS, *, merges: bool = True) -> Pages:
    """The wanted tabs with their cells, the others by title alone; all tabs when a wanted one was renamed.

    Raises Halt when the workbook is none of ours.
    """
    tabs = {sheet.name: sheet for sheet in book.sheets}
    found = find_tabs(Grid(tuple(Sheet(title, {}) for title in tabs)), map(names_of, TEAM_TABS))
    if not {"team", "key_results"} <= found.keys() and BOOK_ID_NAME not in book.names:
        raise Halt(NOT_OURS)
    keys = [tab.key for tab in wanted]
    titles = {found[key].name for key in keys if key in found}
    if len(titles) < len(keys):
        titles = {title for title in tabs if not is_ours(title)}
    raw = {title: _raw(tabs[title]) for title in tabs if title in titles}
    made = [
        Sheet(title, raw[title].cells, merged=_merged(sheet, raw[title].box) if merges else ())
        if title in raw
        else Sheet(title, {})
        for title, sheet in tabs.items()
    ]
    codes = _codes(Grid(tuple(made)), tabs)
    grid = Grid(tuple(_styled(sheet, codes.get(sheet.name, {})) for sheet in made))
    return Pages(grid, tabs, {title: one.formulas for title, one in raw.items()}, codes)


def rows_of(data: Any, rows: int, columns: int) -> list[list[Any]]:  # noqa: ANN401  # what the engine gives
    """A range's content as rows, although engines give one cell, one row or one column in other shapes."""
    if not isinstance(data, list | tuple):
        return [[data]]
    if data and isinstance(data[0], list | tuple):
        return [list(row) for row in data]
    return [list(data)] if rows == 1 or len(data) == columns != rows else [[one] for one in data]


def at(sheet: xw.Sheet, box: Box) -> xw.Range:
    """The range of a rectangle."""
    row, column, rows, columns = box
    return sheet.range(f"{a1(row, column)}:{a1(row + rows - 1, column + columns - 1)}")


# --- cells ----------------------------------------------------------------------------------------


def _raw(sheet: xw.Sheet) -> _Raw:
    """Values and formulas of the used range, block by block."""
    used = sheet.used_range
    top, left, (height, width) = used.row, used.column, used.shape
    cells: dict[int, dict[int, Cell]] = {}
    formulas: dict[Place, str] = {}
    for first in range(top, top + height, _BLOCK):
        rows = min(_BLOCK, top + height - first)
        block = at(sheet, (first, left, rows, width))
        values = block.options(ndim=2, err_to_str=True).value
        typed = rows_of(block.formula, rows, width)
        if all(value is None for row in values for value in row) and not any(map(any, typed)):
            break
        for place, cell, text in _block(values, typed, (first, left)):
            cells.setdefault(place[0], {})[place[1]] = cell
            formulas[place] = text
    return _Raw(cells, formulas, (top, left, min(height, max(cells, default=top) - top + 1), width))


def _block(
    values: Sequence[Sequence[Any]], typed: Sequence[Sequence[Any]], corner: Place
) -> Iterator[tuple[Place, Cell, str]]:
    for row, (line, formulas) in enumerate(zip(values, typed, strict=True), corner[0]):
        for column, (value, formula) in enumerate(zip(line, formulas, strict=True), corner[1]):
            text = formula if isinstance(formula, str) else ""
            if value is not None or text:
                yield (row, column), cell_of(value, text), text


def cell_of(value: Any, formula: str) -> Cell:  # noqa: ANN401  # what a cell may hold
    """The cell of a value as xlwings gives it; a text that begins with = is told from a formula by it."""
    computed = formula.startswith("=") and formula != value
    match value:
        case None:  # Excel has calculated every formula, so this one gave an empty text
            return Cell(Kind.TEXT, "", formula=computed)
        case bool():
            return Cell(Kind.BOOL, value, formula=computed)
        case int() if value in _ERROR_NUMBERS:
            return Cell(Kind.ERROR, "#ERROR!", formula=computed)
        case int() | float():
            return Cell(Kind.NUMBER, float(value), formula=computed)
        case Decimal():
            return Cell(Kind.NUMBER, float(value), Style.CURRENCY, computed)
        case datetime():
            return _moment(value, computed=computed)
        case _ if value in _ERRORS:
            return Cell(Kind.ERROR, value, formula=computed)
        case _:
            return Cell(Kind.TEXT, str(value), formula=computed)


def _moment(value: datetime, *, computed: bool) -> Cell:
    if value.year < _FIRST_YEAR:  # a time without a day
        return Cell(Kind.TIME, value.time(), Style.DATE, computed)
    day = value.date() if value.time() == time() else value
    return Cell(Kind.DATE, day, Style.DATE, computed)


def _styled(sheet: Sheet, codes: Mapping[Place, str]) -> Sheet:
    rows = dict(sheet.rows)
    for (row, column), code in codes.items():
        cell = rows[row][column]
        if cell.style is Style.PLAIN:
            rows[row] = {**rows[row], column: cell._replace(style=classify(code).style)}
    return sheet._replace(rows=rows)


# --- number formats -------------------------------------------------------------------------------


def _codes(grid: Grid, tabs: Mapping[str, xw.Sheet]) -> dict[str, dict[Place, str]]:
    """The number formats of all number cells in columns of amounts, by title."""
    found: dict[str, dict[Place, str]] = {}
    for key, sheet in find_tabs(grid, map(names_of, TEAM_TABS)).items():
        tab = next(one for one in TEAM_TABS if one.key == key)
        cells = _numbers(sheet, tab)
        if cells:
            found[sheet.name] = formats(tabs[sheet.name], cells)
    return found


def _numbers(sheet: Sheet, tab: TabSchema) -> set[Place]:
    header = bind(sheet, names_of(tab)) if tab.text else None
    columns = (
        {at for name, at in header.columns.items() if tab.by_field[name].type is Type.AMOUNT}
        if header
        else ()
    )
    return {
        (row, column)
        for row, line in sheet.rows.items()
        for column, cell in line.items()
        if cell.kind is Kind.NUMBER and (column in columns or not tab.text)
    }


def formats(sheet: xw.Sheet, cells: Collection[Place]) -> dict[Place, str]:
    """The number format of each cell: by blocks of neighbouring columns, then columns, then halves."""
    asked = _Asked(sheet)
    mixed: set[Place] = set()
    for block in _neighbours(cells):
        if not asked.uniform(block):
            columns = {column for _, column in block}
            parts = [{place for place in block if place[1] == column} for column in columns]
            mixed.update(*(part for part in parts if len(columns) == 1 or not asked.uniform(part)))
    for block in _neighbours(mixed):
        asked.halve(block)
    return asked.found


class _Asked:
    """Number formats as far as they have been asked for."""

    def __init__(self, sheet: xw.Sheet) -> None:
        self._sheet = sheet
        self.found: dict[Place, str] = {}

    def uniform(self, cells: Collection[Place]) -> bool:
        """Whether the cells, with those between them, have one format; it is noted then."""
        code = at(self._sheet, around(cells)).number_format
        if isinstance(code, str):
            self.found.update(dict.fromkeys(cells, code))
        return isinstance(code, str)

    def halve(self, cells: Collection[Place]) -> None:
        """Notes the formats of cells that differ."""
        for part in halves(cells):
            if not self.uniform(part) and len(part) > 1:
                self.halve(part)


def halves(cells: Collection[Place]) -> list[list[Place]]:
    """The cells in two parts: the upper and lower rows, or those of one row one by one."""
    rows = sorted({row for row, _ in cells})
    if len(rows) == 1:
        return [[place] for place in sorted(cells)]
    middle = rows[len(rows) // 2]
    return [[p for p in cells if p[0] < middle], [p for p in cells if p[0] >= middle]]


def around(cells: Collection[Place]) -> Box:
    """The smallest rectangle with all the cells in it."""
    rows, columns = [row for row, _ in cells], [column for _, column in cells]
    return min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1


def _neighbours(cells: Iterable[Place]) -> list[set[Place]]:
    """The cells in blocks of columns that stand side by side."""
    blocks: list[set[Place]] = []
    last = 0
    for row, column in sorted(cells, key=lambda place: (place[1], place[0])):
        if not blocks or column > last + 1:
            blocks.append(set())
        blocks[-1].add((row, column))
        last = column
    return blocks


# --- merged areas ---------------------------------------------------------------------------------


def _merged(sheet: xw.Sheet, box: Box) -> tuple[str, ...]:
    """The addresses of merged areas: one call where there are none, some ten for each one elsewhere."""
    top, left, height, width = box
    found: dict[Place, str] = {}
    _look_for_merges(sheet, (top, left, height, width), found)
    return tuple(dict.fromkeys(found.values()))


def _look_for_merges(sheet: xw.Sheet, box: Box, found: dict[Place, str]) -> None:
    top, left, height, width = box
    places = {(row, column) for row in range(top, top + height) for column in range(left, left + width)}
    if places <= found.keys() or at(sheet, box).merge_cells is False:
        return
    if height > 1:
        half = height // 2
        _look_for_merges(sheet, (top, left, half, width), found)
        _look_for_merges(sheet, (top + half, left, height - half, width), found)
    elif width > 1:
        half = width // 2
        _look_for_merges(sheet, (top, left, 1, half), found)
        _look_for_merges(sheet, (top, left + half, 1, width - half), found)
    else:
        area = at(sheet, box).merge_area
        first, (rows, columns) = (area.row, area.column), area.shape
        address = f"{a1(*first)}:{a1(first[0] + rows - 1, first[1] + columns - 1)}"
        found |= {(first[0] + r, first[1] + c): address for r in range(rows) for c in range(columns)}

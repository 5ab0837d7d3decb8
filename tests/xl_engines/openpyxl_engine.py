"""A workbook in memory (openpyxl) as a stand-in for Excel: quick, and nothing in it recalculates.

A formula keeps the value that the file had for it, until the formula is replaced. What is typed becomes what
Excel makes of it (`entering`); a locked cell of a protected tab refuses; the inner cells of a merged area
take nothing.
"""

# ruff: noqa: ARG002, FBT002 - xlwings names these arguments and counts on their places

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import xlwings as xw
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, PatternFill
from openpyxl.styles import Font as CellFont
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from xlwings import base_classes as base

from tests.xl_engines.contract import Calls, Counted, NoApi
from tests.xl_engines.entering import entered, moment

Cell = Any  # of openpyxl, whose types know too many kinds of cells
PID = 4711
ERRORS = {
    "#DIV/0!": -2146826281,
    "#N/A": -2146826246,
    "#NAME?": -2146826259,
    "#NULL!": -2146826288,
    "#NUM!": -2146826252,
    "#REF!": -2146826265,
    "#VALUE!": -2146826273,
}


class Refused(Exception):
    """What Excel would not do, as its com_error."""


class Program:
    """openpyxl for the suite of the add-in (`tests.xl_engines.contract.Excel`)."""

    name = "openpyxl"
    recalculates = False

    def __init__(self) -> None:
        self.calls = Calls()
        self.answers: list[str] = []
        self.told: list[str] = []
        self.app = App(self)
        self.engine = xw.Engine(impl=Engine(self))
        xw.engines.add(self.engine)
        self.engine.activate()

    def open(self, path: Path) -> xw.Book:
        """The workbook, the active one from now on."""
        return self.engine.apps[PID].books.open(path)

    def save(self, book: xw.Book, path: Path) -> None:
        """Saves the workbook there, whatever it was opened from."""
        book.impl._book.save(path)

    def formula(self, book: xw.Book, tab: str, cell: str) -> str:
        """The formula or text in a cell."""
        return _formula(book.impl._book[tab][cell])

    def close(self) -> None:
        """Forgets all workbooks."""
        self.app._books.clear()


def program() -> Program:
    """openpyxl without a workbook."""
    return Program()


class Engine(Counted):
    """What xlwings calls an engine."""

    name = "openpyxl"
    type = "desktop"

    def __init__(self, running: Program) -> None:
        self._calls, self._program = running.calls, running

    @property
    def apps(self) -> Apps:
        return Apps(self._program)

    @staticmethod
    def prepare_xl_data_element(x: Any, _options: Any) -> Any:
        """The value as the range takes it."""
        return "" if x is None or x != x else x  # noqa: PLR0124 - nothing but NaN differs from itself

    @staticmethod
    def clean_value_data(data: Any, _dates: Any, empty: Any, numbers: Any, errors: Any) -> Any:
        """The values as the caller asked for them, by the rules of xlwings' engine on Windows."""
        texts = {number: error for error, number in ERRORS.items()}

        def cleaned(value: Any) -> Any:
            if value in ("", None):
                return empty
            if numbers is not None and isinstance(value, float):
                return numbers(value)
            if isinstance(value, int) and not isinstance(value, bool) and value in texts:
                return texts[value] if errors else None
            return value

        return [[cleaned(value) for value in row] for row in data]


class Apps(Counted, base.Apps):
    """The one program."""

    def __init__(self, running: Program) -> None:
        self._calls, self._program = running.calls, running

    def keys(self) -> list[int]:
        return [PID]

    def __iter__(self) -> Iterator[App]:
        yield self._program.app

    def __len__(self) -> int:
        return 1

    def __getitem__(self, pid: int) -> App:
        return self._program.app


class App(Counted, base.App):
    """The program with its open workbooks."""

    api = NoApi()
    pid = PID
    display_alerts = screen_updating = enable_events = visible = True
    calculation = "automatic"
    status_bar: Any = False

    def __init__(self, running: Program) -> None:
        self._calls, self._program = running.calls, running
        self._books: list[Book] = []
        self._chosen: Range | None = None

    @property
    def engine(self) -> Any:
        return self._program.engine.impl

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def selection(self) -> Range | None:
        return self._chosen

    def activate(self, steal_focus: Any = False) -> None:
        """Comes to the front, as far as a test can tell."""

    def calculate(self) -> None:
        """Nothing recalculates here."""

    def alert(self, prompt: Any, title: Any, buttons: Any, mode: Any, callback: Any) -> str:
        self._program.told.append(prompt)
        if buttons == "yes_no":
            return self._program.answers.pop(0) if self._program.answers else "yes"
        return "ok"


class Books(Counted, base.Books):
    """The open workbooks."""

    api = NoApi()

    def __init__(self, app: App) -> None:
        self._calls, self._app = app._calls, app

    @property
    def app(self) -> App:
        return self._app

    @property
    def active(self) -> Book:
        return self._app._books[-1]

    def __call__(self, key: int | str) -> Book:
        books = self._app._books
        if isinstance(key, int):
            return books[key - 1]
        found = next((book for book in books if book._name.lower() == key.lower()), None)
        if found is None:
            raise KeyError(key)
        return found

    def __len__(self) -> int:
        return len(self._app._books)

    def __iter__(self) -> Iterator[Book]:
        return iter(self._app._books)

    def open(self, fullname: str, *_options: Any, **_more: Any) -> Book:
        book = Book(self._app, Path(fullname))
        self._app._books.append(book)
        return book


class Book(Counted, base.Book):
    """A workbook: its file as read, and the values that the file had for its formulas."""

    api = NoApi()

    def __init__(self, app: App, path: Path) -> None:
        self._calls, self._app, self._path = app._calls, app, path
        self._fullname = str(path)
        self._book: Any = openpyxl.load_workbook(path, keep_vba=path.suffix == ".xlsm")
        known = openpyxl.load_workbook(path, data_only=True)
        self._values = {
            (sheet.title, cell.coordinate): cell.value
            for sheet in known.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }

    @property
    def app(self) -> App:
        return self._app

    @property
    def _name(self) -> str:
        return self._path.name

    @property
    def name(self) -> str:
        return self._name

    @property
    def fullname(self) -> str:
        return self._fullname

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    def activate(self) -> None:
        self._app._books.sort(key=lambda book: book is self)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        self._book.save(path or self._path)

    def close(self) -> None:
        self._app._books.remove(self)


class Sheets(Counted, base.Sheets):
    """The tabs of a workbook."""

    api = NoApi()

    def __init__(self, book: Book) -> None:
        self._calls, self._book = book._calls, book

    @property
    def active(self) -> Sheet:
        return Sheet(self._book, self._book._book.active)

    def __call__(self, key: int | str) -> Sheet:
        self._note("__call__")
        sheets = self._book._book.worksheets
        if isinstance(key, int):
            return Sheet(self._book, sheets[key - 1])
        found = next((one for one in sheets if one.title.lower() == key.lower()), None)
        if found is None:
            raise Refused("Invalid index.")
        return Sheet(self._book, found)

    def __len__(self) -> int:
        return len(self._book._book.worksheets)

    def __iter__(self) -> Iterator[Sheet]:
        self._note("__iter__")
        return iter([Sheet(self._book, one) for one in self._book._book.worksheets])

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        at = after._sheet.parent.index(after._sheet) + 1 if after else 0
        made = self._book._book.create_sheet(name, at)
        self._book._book.active = made
        return Sheet(self._book, made)


class Sheet(Counted, base.Sheet):
    """A tab."""

    api = NoApi()

    def __init__(self, book: Book, sheet: Any) -> None:
        self._calls, self._book, self._sheet = book._calls, book, sheet

    @property
    def book(self) -> Book:
        return self._book

    @property
    def index(self) -> int:
        return int(self._book._book.worksheets.index(self._sheet)) + 1

    @property
    def name(self) -> str:
        return str(self._sheet.title)

    @name.setter
    def name(self, value: str) -> None:
        self._sheet.title = value

    @property
    def visible(self) -> bool:
        return bool(self._sheet.sheet_state == "visible")

    @visible.setter
    def visible(self, value: bool) -> None:
        self._sheet.sheet_state = "visible" if value else "hidden"

    @property
    def used_range(self) -> Range:
        left, top, right, bottom = _bounds(self._sheet.calculate_dimension())
        return Range(self, top, left, bottom - top + 1, right - left + 1)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        return self._range(arg1, arg2)

    def activate(self) -> None:
        self._book._book.active = self._sheet

    def delete(self) -> None:
        self._book._book.remove(self._sheet)

    def _range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, tuple) and len(arg1) == 4:
            return Range(self, *arg1)
        one, other = self._box(arg1), self._box(arg2 or arg1)
        top, left = min(one[0], other[0]), min(one[1], other[1])
        bottom, right = (max(box[at] + box[at + 2] for box in (one, other)) for at in (0, 1))
        return Range(self, top, left, bottom - top, right - left)

    def _box(self, arg: Any) -> tuple[int, int, int, int]:
        if isinstance(arg, Range):
            return arg._box
        if isinstance(arg, tuple):
            return (*arg, 1, 1)
        left, top, right, bottom = _bounds(arg)
        return top, left, bottom - top + 1, right - left + 1


class Range(Counted, base.Range):
    """A rectangle of cells."""

    api = NoApi()
    max_cells_per_read = 4_000_000
    max_cells_per_write = 100_000

    def __init__(self, sheet: Sheet, row: int, column: int, rows: int, columns: int) -> None:
        self._calls, self._sheet, self._box = sheet._calls, sheet, (row, column, rows, columns)

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
        return self._box[2:]

    @property
    def address(self) -> str:
        row, column, rows, columns = self._box
        first = f"${get_column_letter(column)}${row}"
        last = f"${get_column_letter(column + columns - 1)}${row + rows - 1}"
        return first if first == last else f"{first}:{last}"

    def __len__(self) -> int:
        return self._box[2] * self._box[3]

    def __call__(self, row: int, column: int | None = None) -> Range:
        if column is None:
            row, column = divmod(row - 1, self._box[3])
            row, column = row + 1, column + 1
        return Range(self._sheet, self._box[0] + row - 1, self._box[1] + column - 1, 1, 1)

    def _rows(self) -> list[list[Cell]]:
        top, left, rows, columns = self._box
        sheet = self._sheet._sheet
        return [[_styled(sheet, top + r, left + c) for c in range(columns)] for r in range(rows)]

    def _cells(self) -> list[Cell]:
        return [cell for row in self._rows() for cell in row]

    def _gather(self, get: Any) -> Any:
        rows = tuple(tuple(get(cell) for cell in row) for row in self._rows())
        return rows[0][0] if self._box[2:] == (1, 1) else rows

    def _same(self, get: Any, otherwise: Any = None) -> Any:
        found = {get(cell) for cell in self._cells()}
        return found.pop() if len(found) == 1 else otherwise

    # --- what it holds

    @property
    def raw_value(self) -> Any:
        return self._gather(self._value)

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self._enter(data)

    @property
    def formula(self) -> Any:
        return self._gather(_formula)

    @formula.setter
    def formula(self, data: Any) -> None:
        self._enter(data)

    def clear_contents(self) -> None:
        self._enter(None)

    def clear(self) -> None:
        self._enter(None)
        for cell in self._cells():
            cell.style = "Normal"

    def _value(self, cell: Cell) -> Any:
        value = cell.value
        if cell.data_type == "f":
            value = self._sheet._book._values.get((cell.parent.title, cell.coordinate))
        if isinstance(value, str) and value in ERRORS:
            return ERRORS[value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return moment(value) if is_date_format(cell.number_format) else float(value)
        return _moment(value)

    def _enter(self, data: Any) -> None:
        rows = self._rows()
        if not isinstance(data, (list, tuple)):
            data = [[data] * self._box[3]] * self._box[2]
        elif not isinstance(data[0], (list, tuple)):
            data = [data]
        self._refuse_locked()
        for line, values in zip(rows, data, strict=True):
            for cell, value in zip(line, values, strict=True):
                if not isinstance(cell, MergedCell):
                    self._enter_one(cell, value)

    def _enter_one(self, cell: Cell, value: Any) -> None:
        self._sheet._book._values.pop((cell.parent.title, cell.coordinate), None)
        if value in ("", None):
            cell.value = None
            return
        code = cell.number_format
        made = entered(value, as_text=code == "@")
        cell.value = made.value
        cell.data_type = "f" if made.formula else "s" if isinstance(made.value, str) else cell.data_type
        cell.number_format = made.style if made.style and code == "General" else code

    def _refuse_locked(self) -> None:
        if self._sheet._sheet.protection.sheet and any(cell.protection.locked for cell in self._cells()):
            raise Refused("The cell or chart you are trying to change is on a protected sheet.")

    # --- how it looks

    @property
    def number_format(self) -> Any:
        return self._same(lambda cell: cell.number_format)

    @number_format.setter
    def number_format(self, value: str) -> None:
        self._put("number_format", value)

    @property
    def color(self) -> Any:
        return self._same(_fill, (0, 0, 0))  # what Excel says of several colours

    @color.setter
    def color(self, value: Any) -> None:
        self._put("fill", _pattern(value))

    def set_colors(self, colors: Sequence[Sequence[Any]]) -> None:
        self._refuse_locked()
        for cells, line in zip(self._rows(), colors, strict=True):
            for cell, value in zip(cells, line, strict=True):
                if value is not ...:
                    cell.fill = _pattern(value)

    @property
    def font(self) -> Font:
        return Font(self)

    @property
    def wrap_text(self) -> Any:
        return self._same(lambda cell: bool(cell.alignment.wrap_text))

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self._align("wrap_text", value)

    @property
    def vertical_alignment(self) -> Any:
        return self._same(lambda cell: cell.alignment.vertical or "bottom")

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        self._align("vertical", value)

    @property
    def column_width(self) -> Any:
        return self._sheet._sheet.column_dimensions[get_column_letter(self._box[1])].width

    @column_width.setter
    def column_width(self, value: float) -> None:
        for at in range(self._box[3]):
            self._sheet._sheet.column_dimensions[get_column_letter(self._box[1] + at)].width = value

    @property
    def merge_cells(self) -> bool | None:
        inside = [self._merge(cell) is not None for cell in self._cells()]
        return all(inside) if len(set(inside)) == 1 else None

    @property
    def merge_area(self) -> Range:
        return self._merge(self._cells()[0]) or self

    def select(self) -> None:
        self._sheet._book._book.active = self._sheet._sheet
        self._sheet._book._app._chosen = self

    def autofit(self, axis: str | None = None) -> None:
        """Rows and columns have no measure here."""

    def _merge(self, cell: Cell) -> Range | None:
        for area in self._sheet._sheet.merged_cells.ranges:
            if cell.coordinate in area:
                return self._sheet._range(area.coord)
        return None

    def _put(self, attribute: str, value: Any) -> None:
        self._refuse_locked()
        for cell in self._cells():
            setattr(cell, attribute, value)

    def _align(self, what: str, value: Any) -> None:
        for cell in self._cells():
            said = {"wrap_text": cell.alignment.wrap_text, "vertical": cell.alignment.vertical} | {
                what: value
            }
            cell.alignment = Alignment(**said)


class Font(Counted, base.Font):
    """The letters of a range."""

    api = NoApi()

    def __init__(self, range_: Range) -> None:
        self._calls, self._range = range_._calls, range_

    @property
    def bold(self) -> Any:
        return self._range._same(lambda cell: bool(cell.font.bold))

    @bold.setter
    def bold(self, value: bool) -> None:
        self._set(b=value)

    @property
    def size(self) -> Any:
        return self._range._same(lambda cell: cell.font.sz)

    @size.setter
    def size(self, value: float) -> None:
        self._set(sz=value)

    def _set(self, **said: Any) -> None:
        for cell in self._range._cells():
            font = cell.font
            cell.font = CellFont(
                **{"name": font.name, "sz": font.sz, "b": font.b, "color": font.color} | said
            )


class Names(Counted, base.Names):
    """The defined names of a workbook."""

    api = NoApi()

    def __init__(self, book: Book) -> None:
        self._calls, self._book = book._calls, book

    def __call__(self, key: str) -> Name:
        return Name(self._book, key)

    def contains(self, name_or_index: str) -> bool:
        return name_or_index in self._book._book.defined_names

    def add(self, name: str, refers_to: str) -> Name:
        self._book._book.defined_names[name] = DefinedName(name, attr_text=refers_to.removeprefix("="))
        return Name(self._book, name)


class Name(Counted, base.Name):
    """A defined name."""

    api = NoApi()

    def __init__(self, book: Book, name: str) -> None:
        self._calls, self._book, self._key = book._calls, book, name

    @property
    def name(self) -> str:
        return self._key

    @name.setter
    def name(self, value: str) -> None:
        raise NotImplementedError

    @property
    def refers_to(self) -> str:
        return f"={self._book._book.defined_names[self._key].attr_text}"

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._book._book.defined_names[self._key].attr_text = value.removeprefix("=")

    def delete(self) -> None:
        del self._book._book.defined_names[self._key]


def _styled(sheet: Any, row: int, column: int) -> Cell:
    """The cell; one that the file does not have looks as its column does."""
    known = (row, column) in sheet._cells
    cell = sheet.cell(row, column)
    if not known:
        cell._style = copy(sheet.column_dimensions[get_column_letter(column)]._style)
    return cell


def _bounds(address: str) -> Any:
    return range_boundaries(address)


def _formula(cell: Cell) -> str:
    """What Excel's Formula says: a formula, else the value as it would be typed, without an apostrophe."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return f"{value:.15g}" if isinstance(value, (int, float)) else str(value)


def _moment(value: Any) -> Any:
    """Times as COM has them: on the last day before the calendar begins."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day in a sheet has no zone
    if isinstance(value, time):
        return datetime(1899, 12, 30, value.hour, value.minute, value.second)  # noqa: DTZ001 - as above
    return datetime(1899, 12, 30) + value if isinstance(value, timedelta) else value  # noqa: DTZ001 - as above


def _fill(cell: Cell) -> tuple[int, int, int] | None:
    if cell.fill.fill_type is None:
        return None
    rgb = str(cell.fill.fgColor.rgb)[-6:]
    return int(rgb[:2], 16), int(rgb[2:4], 16), int(rgb[4:], 16)


def _pattern(colour: Any) -> PatternFill:
    if colour is None:
        return PatternFill()
    return PatternFill(
        "solid", fgColor=colour.lstrip("#") if isinstance(colour, str) else bytes(colour).hex().upper()
    )

"""LibreOffice as a stand-in for Excel: it really recalculates.

What a cell holds follows Excel where the two differ: a text is typed, not stored (`entering`), a day comes
back as a datetime, an error as the number that COM gives, formulas are in Excel's own writing. LibreOffice
has no hidden names, and a formula that gives TRUE gives 1 here.
"""

# ruff: noqa: ARG002, FBT001, FBT002 - xlwings names these arguments and counts on their places

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import xlwings as xw
from xlwings import base_classes as base
from xlwings.utils import col_name, hex_to_rgb

from tests.xl_engines.contract import Calls, Counted, NoApi
from tests.xl_engines.entering import Entered, entered, moment
from tests.xl_engines.office import Office, office

TEXT, LOGICAL, DATE, TIME = 256, 1024, 2, 4  # com.sun.star.util.NumberFormat
FORMULA = 16  # com.sun.star.sheet.CellFlags
EXCEL_A1 = 1  # com.sun.star.sheet.AddressConvention
BOLD, NORMAL = 150.0, 100.0  # com.sun.star.awt.FontWeight
NO_FILL = -1
ERRORS = {532: -2146826281, 32767: -2146826246, 525: -2146826259, 502: -2146826252, 503: -2146826252}
ERRORS |= {524: -2146826265, 519: -2146826273, 521: -2146826288}
CORNER = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)", re.IGNORECASE)
CHARACTER, PADDING = 185.2, 132.3  # hundredths of a millimetre of Excel's standard font
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
DIRECTIONS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


class Refused(Exception):
    """What Excel would not do, as its com_error."""


class Program:
    """LibreOffice for the suite of the add-in (`tests.xl_engines.contract.Excel`)."""

    name = "uno"
    recalculates = True

    def __init__(self, running: Office) -> None:
        self.calls = Calls()
        self.answers: list[str] = []
        self.told: list[str] = []
        self.office = running
        self.app = App(self)
        self.engine = xw.Engine(impl=Engine(self))
        xw.engines.add(self.engine)
        self.engine.activate()

    def open(self, path: Path) -> xw.Book:
        """The workbook, the active one from now on."""
        return self.engine.apps[self.app._pid].books.open(path)

    def save(self, book: xw.Book, path: Path) -> None:
        """Saves the workbook there, whatever it was opened from."""
        self.office.store(book.impl._doc, path)

    def formula(self, book: xw.Book, tab: str, cell: str) -> str:
        """The formula or text in a cell."""
        sheet = book.impl._sheet(tab)
        return str(sheet._range(cell)._formulas()[0][0])

    def close(self) -> None:
        """Closes all workbooks; the process serves the next test too."""
        for book in list(self.app._books):
            book._close()


def program() -> Program:
    """LibreOffice without a workbook."""
    return Program(office())


class Engine:
    """What xlwings calls an engine. Its converters ask the program for nothing, so nothing counts."""

    name = "uno"
    type = "desktop"

    def __init__(self, running: Program) -> None:
        self._program = running

    @property
    def apps(self) -> Apps:
        return Apps(self._program)

    @staticmethod
    def prepare_xl_data_element(x: Any, _options: Any) -> Any:
        """The value as the range takes it."""
        return "" if x is None or x != x else x  # noqa: PLR0124 - nothing but NaN differs from itself

    @staticmethod
    def clean_value_data(
        data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: Any
    ) -> Any:
        """The values as the caller asked for them, by the rules of xlwings' engine on Windows."""
        texts = {number: error for error, number in COM_ERRORS.items()}

        def cleaned(value: Any) -> Any:
            if value in ("", None):
                return empty_as
            if hasattr(value, "year"):
                parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
                return datetime_builder(**{part: getattr(value, part) for part in parts}, tzinfo=None)
            if number_builder is not None and isinstance(value, float):
                return number_builder(value)
            if isinstance(value, int) and not isinstance(value, bool) and value in texts:
                return texts[value] if err_to_str else None
            return value

        return [[cleaned(value) for value in row] for row in data]


COM_ERRORS = {
    "#DIV/0!": -2146826281,
    "#N/A": -2146826246,
    "#NAME?": -2146826259,
    "#NULL!": -2146826288,
    "#NUM!": -2146826252,
    "#REF!": -2146826265,
    "#VALUE!": -2146826273,
}


class Apps(Counted, base.Apps):
    """The one running program."""

    def __init__(self, running: Program) -> None:
        self._calls = running.calls
        self._app = running.app

    def keys(self) -> list[int]:
        return [self._app._pid]

    def add(self, spec: Any = None, add_book: Any = None, xl: Any = None, visible: Any = None) -> App:
        return self._app

    def __iter__(self) -> Iterator[App]:
        return iter([self._app])

    def __len__(self) -> int:
        return 1

    def __getitem__(self, pid: int) -> App:
        return self._app


class App(Counted, base.App):
    """The program as xlwings sees it; what has no effect without a window is only kept."""

    visible: Any = False
    screen_updating: Any = True
    display_alerts: Any = True
    enable_events: Any = True
    interactive: Any = True
    calculation: Any = "automatic"
    status_bar: Any = False
    cut_copy_mode: Any = None
    version: Any = "16.0"
    hwnd: Any = 0
    api: Any = NoApi()
    _pids = count(7_000)

    def __init__(self, running: Program) -> None:
        self._calls = running.calls
        self._program = running
        self._books: list[Book] = []
        self._pid = next(self._pids)
        self._selected: Range | None = None

    @property
    def engine(self) -> Any:
        return self._program.engine.impl

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def selection(self) -> Range | None:
        return self._selected

    def activate(self, steal_focus: Any = False) -> None:
        """Comes to the front, where there is one."""

    def calculate(self) -> None:
        for book in self._books:
            book._doc.calculateAll()

    def alert(self, prompt: Any, title: Any, buttons: Any, mode: Any, callback: Any) -> str:
        """Keeps the text and gives the test's next answer."""
        self._program.told.append(str(prompt))
        if buttons in (None, "ok"):
            return "ok"
        return self._program.answers.pop(0) if self._program.answers else "yes"

    def quit(self) -> None:
        self._program.close()


class Books(Counted, base.Books):
    """The open workbooks, the active one first."""

    api: Any = NoApi()

    def __init__(self, app: App) -> None:
        self._calls = app._calls
        self._app = app

    @property
    def app(self) -> App:
        return self._app

    @property
    def active(self) -> Book:
        return self._app._books[0]

    def __call__(self, key: int | str) -> Book:
        books = self._app._books
        if isinstance(key, int):
            return books[key - 1]
        for book in books:
            if book._name.lower() == key.lower():
                return book
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self._app._books)

    def __iter__(self) -> Iterator[Book]:
        return iter(list(self._app._books))

    def __contains__(self, key: str) -> bool:
        return any(book._name.lower() == key.lower() for book in self._app._books)

    def add(self) -> Book:
        return Book(self._app, self._app._program.office.load("private:factory/scalc"), None)

    def open(self, fullname: str, *_options: Any, **_more: Any) -> Book:
        path = Path(fullname).resolve()
        return Book(self._app, self._app._program.office.load(path.as_uri()), path)


class Book(Counted, base.Book):
    """A document of LibreOffice."""

    api: Any = NoApi()
    _unsaved = count(1)

    def __init__(self, app: App, document: Any, path: Path | None) -> None:
        self._calls = app._calls
        self._app, self._doc, self._path = app, document, path
        self._title = f"Book{next(self._unsaved)}"
        self._active = 0
        app._books.insert(0, self)
        self._parser = document.createInstance("com.sun.star.sheet.FormulaParser")
        self._parser.CompileEnglish, self._parser.FormulaConvention = True, EXCEL_A1
        self._kinds: dict[int, int] = {}
        document.calculateAll()
        self._sheets()[0]._select()

    @property
    def app(self) -> App:
        return self._app

    @property
    def _name(self) -> str:
        return self._path.name if self._path else self._title

    @property
    def name(self) -> str:
        return self._name

    @property
    def fullname(self) -> str:
        return str(self._path) if self._path else self._title

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self, self._doc.NamedRanges)

    def activate(self) -> None:
        self._app._books.remove(self)
        self._app._books.insert(0, self)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        self._path = Path(path).resolve() if path else self._path or Path(f"{self._title}.xlsx").resolve()
        self._app._program.office.store(self._doc, self._path)

    def close(self) -> None:
        self._close()

    def _close(self) -> None:
        self._app._books.remove(self)
        with suppress(Exception):  # one that crashed is closed
            self._doc.close(True)

    def _sheets(self) -> list[Sheet]:
        return [Sheet(self, self._doc.Sheets.getByIndex(i)) for i in range(self._doc.Sheets.Count)]

    def _sheet(self, key: int | str) -> Sheet:
        if isinstance(key, int):
            return Sheet(self, self._doc.Sheets.getByIndex(key - 1))
        for name in self._doc.Sheets.ElementNames:
            if name.lower() == key.lower():
                return Sheet(self, self._doc.Sheets.getByName(name))
        raise Refused(f"There is no tab {key}.")

    def _kind(self, key: int) -> int:
        """What a number format shows: TEXT, DATE, …"""
        if key not in self._kinds:
            self._kinds[key] = self._doc.NumberFormats.getByKey(key).Type
        return self._kinds[key]

    def _code(self, key: int) -> str:
        """A number format as Excel writes it: days in small letters."""
        code = str(self._doc.NumberFormats.getByKey(key).FormatString)
        return code.lower() if self._kind(key) & (DATE | TIME) else code

    def _style(self, code: str) -> int:
        """The key of a number format, made when it is new."""
        formats, locale = self._doc.NumberFormats, self._app._program.office.struct("lang.Locale")
        locale.Language, locale.Country = "en", "US"
        key = formats.queryKey(code, locale, False)
        return int(key if key != -1 else formats.addNew(code, locale))


class Sheets(Counted, base.Sheets):
    """The tabs of a book."""

    api: Any = NoApi()

    def __init__(self, book: Book) -> None:
        self._calls = book._calls
        self._book = book

    @property
    def active(self) -> Sheet:
        return self._book._sheet(self._book._active + 1)

    def __call__(self, key: int | str) -> Sheet:
        return self._book._sheet(key)

    def __len__(self) -> int:
        return int(self._book._doc.Sheets.Count)

    def __iter__(self) -> Iterator[Sheet]:
        return iter(self._book._sheets())

    def __contains__(self, key: str) -> bool:
        return any(name.lower() == key.lower() for name in self._book._doc.Sheets.ElementNames)

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        sheets = self._book._doc.Sheets
        place = self._book._active
        if before:
            place = before._index
        elif after:
            place = after._index + 1
        free = (f"Sheet{number}" for number in count(1) if f"Sheet{number}" not in sheets.ElementNames)
        name = name or next(free)
        if any(name.lower() == other.lower() for other in sheets.ElementNames):
            raise Refused(f"There is a tab {name} already.")
        sheets.insertNewByName(name, place)
        made = self._book._sheet(name)
        made._select()
        return made


class Sheet(Counted, base.Sheet):
    """A tab."""

    api: Any = NoApi()

    def __init__(self, book: Book, uno: Any) -> None:
        self._calls = book._calls
        self._book, self._uno = book, uno

    @property
    def _index(self) -> int:
        return int(self._uno.RangeAddress.Sheet)

    @property
    def book(self) -> Book:
        return self._book

    @property
    def index(self) -> int:
        return self._index + 1

    @property
    def name(self) -> str:
        return str(self._uno.Name)

    @name.setter
    def name(self, value: str) -> None:
        self._uno.Name = value

    @property
    def visible(self) -> bool:
        return bool(self._uno.IsVisible)

    @visible.setter
    def visible(self, value: bool) -> None:
        self._uno.IsVisible = value

    @property
    def names(self) -> Names:
        return Names(self._book, self._uno.NamedRanges)

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def cells(self) -> Range:
        return Range(self, (1, 1, LAST_ROW, LAST_COLUMN))

    @property
    def used_range(self) -> Range:
        cursor = self._uno.createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return self._at(cursor.RangeAddress)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        return self._range(arg1, arg2)

    def activate(self) -> None:
        self._select()

    def select(self) -> None:
        self._select()

    def delete(self) -> None:
        self._book._doc.Sheets.removeByName(self._uno.Name)
        self._book._active = 0

    def clear_contents(self) -> None:
        self._all()._clear(_CONTENTS)

    def clear(self) -> None:
        self._all()._clear(_ALL)

    def autofit(self, axis: str | None = None) -> None:
        self._all()._fit(axis)

    def _all(self) -> Range:
        return Range(self, (1, 1, LAST_ROW, LAST_COLUMN))

    def _select(self) -> None:
        self._book._active = self._index
        self._book._app._selected = Range(self, (1, 1, 1, 1))

    def _at(self, address: Any) -> Range:
        """The range at an address of LibreOffice's, which counts from 0."""
        rows, columns = address.EndRow - address.StartRow + 1, address.EndColumn - address.StartColumn + 1
        return Range(self, (address.StartRow + 1, address.StartColumn + 1, rows, columns))

    def _range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, int) and isinstance(arg2, int):
            return self._range((arg1, arg2))
        if isinstance(arg1, tuple) and len(arg1) == 4:
            return Range(self, arg1)
        first = self._corner(arg1)
        if arg2 is None:
            return first
        last = self._corner(arg2)
        return Range(self, _around(first._box, last._box))

    def _corner(self, arg: Any) -> Range:
        if isinstance(arg, Range):
            return arg
        if isinstance(arg, tuple):
            if 0 in arg:
                raise IndexError("Attempted to access 0-based Range. xlwings/Excel Ranges are 1-based.")
            return Range(self, (arg[0], arg[1], 1, 1))
        boxes = [_box(part) for part in str(arg).split(",")]
        if None not in boxes:
            return Range(self, *(box for box in boxes if box))
        return self._named(str(arg))

    def _named(self, name: str) -> Range:
        for names in (self._uno.NamedRanges, self._book._doc.NamedRanges):
            if names.hasByName(name) and names.getByName(name).ReferredCells:
                cells = names.getByName(name).ReferredCells
                return Sheet(self._book, cells.Spreadsheet)._at(cells.RangeAddress)
        for table in Tables(self)._tables():
            if table._uno.Name.lower() == name.lower():
                return table._body() or table._all()
        raise Refused(f"There is no range {name}.")


Box = tuple[int, int, int, int]
_CONTENTS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: numbers, dates, texts, formulas
_ALL = 1023


def _box(text: str) -> Box | None:
    """Row, column, rows and columns of an address such as B2:C4, B:C or 2:4."""
    first, _, last = text.strip().partition(":")
    last = last or first
    if first.isdigit() and last.isdigit():
        return (int(first), 1, int(last) - int(first) + 1, LAST_COLUMN)
    if re.fullmatch(r"\$?[A-Z]{1,3}", first, re.IGNORECASE) and ":" in text:
        return _around((1, _column(first), 1, 1), (LAST_ROW, _column(last), 1, 1))
    corners = [CORNER.fullmatch(corner) for corner in (first, last)]
    if corners[0] is None or corners[1] is None:
        return None
    ends = [(int(found[2]), _column(found[1]), 1, 1) for found in corners if found]
    return _around(ends[0], ends[1])


def _column(letters: str) -> int:
    number = 0
    for letter in letters.strip("$").upper():
        number = number * 26 + ord(letter) - 64
    return number


def _around(one: Box, other: Box) -> Box:
    """The smallest box that holds both."""
    top, left = min(one[0], other[0]), min(one[1], other[1])
    bottom = max(one[0] + one[2], other[0] + other[2])
    right = max(one[1] + one[3], other[1] + other[3])
    return (top, left, bottom - top, right - left)


class Range(Counted, base.Range):
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

    def __len__(self) -> int:
        return self._box[2] * self._box[3]

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
        self._clear(_CONTENTS)

    def clear_formats(self) -> None:
        self._clear(_ALL - _CONTENTS - 8)

    def clear(self) -> None:
        self._clear(_ALL)

    # --- how it looks

    @property
    def number_format(self) -> Any:
        uno = self._cells()[0]
        found = {group.getPropertyValue("NumberFormat") for group in _groups(uno)}
        return self._sheet._book._code(found.pop()) if len(found) == 1 else None

    @number_format.setter
    def number_format(self, value: str) -> None:
        self._put("NumberFormat", self._sheet._book._style(value))

    @property
    def color(self) -> Any:
        found = {group.getPropertyValue("CellBackColor") for group in _groups(self._cells()[0])}
        if len(found) > 1:
            return (0, 0, 0)  # what Excel says of several colours
        colour = found.pop()
        return None if colour == NO_FILL else (colour >> 16, colour >> 8 & 255, colour & 255)

    @color.setter
    def color(self, value: Any) -> None:
        self._put("CellBackColor", _colour(value))

    def set_colors(self, colors: Sequence[Sequence[Any]]) -> None:
        for row, line in enumerate(colors, 1):
            for column, value in enumerate(line, 1):
                if value is not ...:
                    cell = Range(self._sheet, (self._box[0] + row - 1, self._box[1] + column - 1, 1, 1))
                    cell._put("CellBackColor", _colour(value))

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
        return _same(self._cells()[0].Rows)

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self._writable()
        self._cells()[0].Rows.IsVisible = not value

    @property
    def column_hidden(self) -> bool | None:
        return _same(self._cells()[0].Columns)

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
        place = _run(place, step, last, filled, hidden)
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

    # --- through the bridge

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
        if any(group.CellProtection.IsLocked for cells in self._cells() for group in _groups(cells)):
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
        for group in _groups(uno):
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
        rows = [["" if v is None else _shown(v) for v in row] for row in uno.getDataArray()]
        parser = self._sheet._book._parser
        for row, column in self._inside(uno.queryContentCells(FORMULA).RangeAddresses):
            cell = uno.getCellByPosition(column, row)
            rows[row][column] = "=" + parser.printFormula(cell.getTokens(), cell.CellAddress)
        return rows

    def _texts(self, uno: Any) -> set[tuple[int, int]]:
        """The cells with the format Text."""
        book = self._sheet._book
        return {
            place
            for group in _groups(uno)
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
            uno.setDataArray(tuple(tuple(_stored(cell) for cell in row) for row in cells))
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
        return {number for number, text in enumerate(lines, 1) if text != ""}, _gaps(visible, len(lines))


def _gaps(visible: list[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """What lies between the visible stretches."""
    edges = [(0, 0), *sorted(visible), (last + 1, last + 1)]
    return [(a[1] + 1, b[0] - 1) for a, b in pairwise(edges) if b[0] - a[1] > 1]


def _run(place: int, step: int, last: int, filled: set[int], hidden: list[tuple[int, int]]) -> int:
    """Where a run of filled (or empty) cells ends, the hidden ones left out."""
    veiled = {number for start, end in hidden for number in range(start, end + 1)}
    ahead = [n for n in sorted(filled - veiled, reverse=step < 0) if (n - place) * step > 0]
    edge = last if step > 0 else 1
    if not ahead:
        return edge
    follows = place + step
    while follows in veiled:
        follows += step
    if place not in filled or ahead[0] != follows:
        return ahead[0]
    for one, other in pairwise(ahead):
        between = set(range(min(one, other) + 1, max(one, other)))
        if between - veiled:
            return one
    return ahead[-1]


def _groups(uno: Any) -> Iterator[Any]:
    """Cells that look alike, group by group."""
    groups = uno.getUniqueCellFormatRanges()
    return (groups.getByIndex(i) for i in range(groups.Count))


def _same(lines: Any) -> bool | None:
    """Whether the rows or columns are all hidden; None when some are."""
    found = {not lines.getByIndex(i).IsVisible for i in range(lines.Count)}
    return found.pop() if len(found) == 1 else None


def _stored(entry: Entered) -> float | str:
    """What goes into the cell at first: a formula comes later."""
    if entry.formula:
        return ""
    return float(entry.value) if isinstance(entry.value, bool) else entry.value


def _shown(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _colour(value: Any) -> int:
    """A colour as LibreOffice counts it: red first, which Excel has last."""
    if value is None:
        return NO_FILL
    if isinstance(value, int):
        red, green, blue = value & 255, value >> 8 & 255, value >> 16
    else:
        red, green, blue = hex_to_rgb(value) if isinstance(value, str) else value
    return int(red) << 16 | int(green) << 8 | int(blue)


class Font(Counted, base.Font):
    """How the text of a range looks."""

    api: Any = NoApi()

    def __init__(self, of: Range) -> None:
        self._calls = of._calls
        self._of = of

    @property
    def bold(self) -> bool:
        return bool(self._of._cells()[0].CharWeight >= BOLD)

    @bold.setter
    def bold(self, value: bool) -> None:
        self._of._put("CharWeight", BOLD if value else NORMAL)

    @property
    def italic(self) -> bool:
        return str(self._of._cells()[0].CharPosture.value) != "NONE"

    @italic.setter
    def italic(self, value: bool) -> None:
        self._of._put("CharPosture", self._of._enum("awt.FontSlant", "ITALIC" if value else "NONE"))

    @property
    def size(self) -> float:
        return float(self._of._cells()[0].CharHeight)

    @size.setter
    def size(self, value: float) -> None:
        self._of._put("CharHeight", float(value))

    @property
    def color(self) -> tuple[int, int, int]:
        colour = max(0, self._of._cells()[0].CharColor)
        return (colour >> 16, colour >> 8 & 255, colour & 255)

    @color.setter
    def color(self, value: Any) -> None:
        self._of._put("CharColor", _colour(value))

    @property
    def name(self) -> str:
        return str(self._of._cells()[0].CharFontName)

    @name.setter
    def name(self, value: str) -> None:
        self._of._put("CharFontName", value)


class Names(Counted, base.Names):
    """The defined names of a book or a tab."""

    api: Any = NoApi()

    def __init__(self, book: Book, uno: Any) -> None:
        self._calls = book._calls
        self._book, self._uno = book, uno

    def __call__(self, key: int | str) -> Name:
        names = self._uno.ElementNames
        if isinstance(key, int):
            return Name(self._book, self._uno, names[key - 1])
        for name in names:
            if name.lower() == key.lower():
                return Name(self._book, self._uno, name)
        raise Refused(f"There is no name {key}.")

    def __len__(self) -> int:
        return len(self._uno.ElementNames)

    def contains(self, key: int | str) -> bool:
        return any(name.lower() == str(key).lower() for name in self._uno.ElementNames)

    def snapshot(self) -> list[tuple[str, Name]]:
        return [(name, Name(self._book, self._uno, name)) for name in self._uno.ElementNames]

    def add(self, name: str, refers_to: str) -> Name:
        return self._put(name, refers_to)

    def _put(self, name: str, refers_to: str) -> Name:
        if not self._uno.hasByName(name):
            origin = self._book._doc.Sheets.getByIndex(0).getCellByPosition(0, 0).CellAddress
            self._uno.addNewByName(name, "", origin, 0)
        made = Name(self._book, self._uno, name)
        made._refer(refers_to)
        return made


class Name(Counted, base.Name):
    """A defined name."""

    api: Any = NoApi()

    def __init__(self, book: Book, names: Any, name: str) -> None:
        self._calls = book._calls
        self._book, self._names, self._name = book, names, name

    @property
    def _uno(self) -> Any:
        return self._names.getByName(self._name)

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._uno.Name, self._name = value, value

    @property
    def refers_to(self) -> str:
        found = self._uno
        return "=" + str(self._book._parser.printFormula(found.getTokens(), found.ReferencePosition))

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._refer(value)

    @property
    def refers_to_range(self) -> Range:
        cells = self._uno.ReferredCells
        if cells is None:
            raise Refused(f"The name {self._name} means no cells.")
        return Sheet(self._book, cells.Spreadsheet)._at(cells.RangeAddress)

    def delete(self) -> None:
        self._names.removeByName(self._name)

    def _refer(self, value: str) -> None:
        found = self._uno
        text = value[1:] if value.startswith("=") else f'"{value}"'
        found.setTokens(self._book._parser.parseFormula(text, found.ReferencePosition))


class Tables(Counted, base.Tables):
    """The tables of a tab: LibreOffice's database ranges."""

    api: Any = NoApi()

    def __init__(self, sheet: Sheet) -> None:
        self._calls = sheet._calls
        self._sheet = sheet

    def _tables(self) -> list[Table]:
        ranges, here = self._sheet._book._doc.DatabaseRanges, self._sheet._index
        found = (ranges.getByName(name) for name in ranges.ElementNames)
        return [Table(self._sheet, each) for each in found if each.DataArea.Sheet == here]

    def __call__(self, key: int | str) -> Table:
        tables = self._tables()
        if isinstance(key, int):
            return tables[key - 1]
        for table in tables:
            if table._uno.Name.lower() == key.lower():
                return table
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self._tables())

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables())

    def __contains__(self, key: str) -> bool:
        return any(table._uno.Name.lower() == key.lower() for table in self._tables())

    def add(
        self, source_type: Any = None, source: Any = None, *_options: Any, name: str = "", **_more: Any
    ) -> Table:
        ranges = self._sheet._book._doc.DatabaseRanges
        name = name or next(f"Table{i}" for i in count(1) if not ranges.hasByName(f"Table{i}"))
        ranges.addNewByName(name, source.impl._cells()[0].RangeAddress)
        made = ranges.getByName(name)
        made.ContainsHeader, made.AutoFilter = True, True
        return Table(self._sheet, made)


class Table(Counted, base.Table):
    """A table."""

    api: Any = NoApi()
    table_style: Any = None

    def __init__(self, sheet: Sheet, uno: Any) -> None:
        self._calls = sheet._calls
        self._sheet, self._uno = sheet, uno

    def _all(self) -> Range:
        return self._sheet._at(self._uno.DataArea)

    def _body(self) -> Range | None:
        top, left, rows, columns = self._all()._box
        return Range(self._sheet, (top + 1, left, rows - 1, columns)) if rows > 1 else None

    @property
    def parent(self) -> Sheet:
        return self._sheet

    @property
    def name(self) -> str:
        return str(self._uno.Name)

    @name.setter
    def name(self, value: str) -> None:
        self._uno.Name = value

    display_name = name

    @property
    def range(self) -> Range:
        return self._all()

    @property
    def header_row_range(self) -> Range:
        top, left, _rows, columns = self._all()._box
        return Range(self._sheet, (top, left, 1, columns))

    @property
    def data_body_range(self) -> Range | None:
        return self._body()

    @property
    def show_autofilter(self) -> bool:
        return bool(self._uno.AutoFilter)

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._uno.AutoFilter = value

    def resize(self, target: Any) -> None:
        self._uno.DataArea = target.impl._cells()[0].RangeAddress

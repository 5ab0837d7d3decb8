"""The program and its open workbooks."""

# ruff: noqa: ARG002, FBT002 - xlwings names these arguments and counts on their places

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import xlwings as xw
from xlwings import base_classes as base

from tests.xl_engines.contract import Calls, Counted, NoApi
from tests.xl_engines.office import Office, office
from tests.xl_engines.uno_engine.book import Book
from tests.xl_engines.uno_engine.ranges import Range
from tests.xl_engines.uno_engine.values import COM_ERRORS


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

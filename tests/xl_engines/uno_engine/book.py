"""Workbooks."""

# ruff: noqa: ARG002 - xlwings names these arguments and counts on their places

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlwings import base_classes as base

from tests.xl_engines.contract import Counted, NoApi
from tests.xl_engines.uno_engine.names import Names
from tests.xl_engines.uno_engine.ranges import Range
from tests.xl_engines.uno_engine.sheets import Sheet, Sheets
from tests.xl_engines.uno_engine.values import DATE, TIME, Refused

if TYPE_CHECKING:
    from tests.xl_engines.uno_engine.program import App

EXCEL_A1 = 1  # com.sun.star.sheet.AddressConvention


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
        document.UndoManager.lock()  # it takes time, and nothing here is undone
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

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Formulas wait meanwhile: else each colour computes the volatile ones."""
        self._doc.enableAutomaticCalculation(False)
        try:
            yield
        finally:
            self._doc.enableAutomaticCalculation(True)

    def _at(self, cells: Any) -> Range:
        """The range that LibreOffice has as `cells`."""
        return Sheet(self, cells.Spreadsheet)._at(cells.RangeAddress)

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

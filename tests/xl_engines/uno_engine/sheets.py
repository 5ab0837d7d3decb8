"""Tabs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from xlwings import base_classes as base

from tests.xl_engines.contract import Counted, NoApi
from tests.xl_engines.uno_engine.boxes import LAST_COLUMN, LAST_ROW, around, box_of
from tests.xl_engines.uno_engine.names import Names
from tests.xl_engines.uno_engine.ranges import Range
from tests.xl_engines.uno_engine.tables import Tables
from tests.xl_engines.uno_engine.values import ALL, CONTENTS, Refused

if TYPE_CHECKING:
    from tests.xl_engines.uno_engine.book import Book


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
        self._all()._clear(CONTENTS)

    def clear(self) -> None:
        self._all()._clear(ALL)

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
        return Range(self, around(first._box, last._box))

    def _corner(self, arg: Any) -> Range:
        if isinstance(arg, Range):
            return arg
        if isinstance(arg, tuple):
            if 0 in arg:
                raise IndexError("Attempted to access 0-based Range. xlwings/Excel Ranges are 1-based.")
            return Range(self, (arg[0], arg[1], 1, 1))
        boxes = [box_of(part) for part in str(arg).split(",")]
        if None not in boxes:
            return Range(self, *(box for box in boxes if box))
        return self._named(str(arg))

    def _named(self, name: str) -> Range:
        for names in (self._uno.NamedRanges, self._book._doc.NamedRanges):
            if names.hasByName(name) and names.getByName(name).ReferredCells:
                cells = names.getByName(name).ReferredCells
                return self._book._at(cells)
        for table in Tables(self)._tables():
            if table._uno.Name.lower() == name.lower():
                return table._body() or table._all()
        raise Refused(f"There is no range {name}.")

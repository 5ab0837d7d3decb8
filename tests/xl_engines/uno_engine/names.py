"""Defined names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlwings import base_classes as base

from tests.xl_engines.contract import Counted, NoApi
from tests.xl_engines.uno_engine.values import Refused

if TYPE_CHECKING:
    from tests.xl_engines.uno_engine.book import Book
    from tests.xl_engines.uno_engine.ranges import Range


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
        return self._book._at(cells)

    def delete(self) -> None:
        self._names.removeByName(self._name)

    def _refer(self, value: str) -> None:
        found = self._uno
        text = value[1:] if value.startswith("=") else f'"{value}"'
        found.setTokens(self._book._parser.parseFormula(text, found.ReferencePosition))

"""Tables: LibreOffice's database ranges."""

# ruff: noqa: ARG002 - xlwings names these arguments and counts on their places

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from xlwings import base_classes as base

from tests.xl_engines.contract import Counted, NoApi

if TYPE_CHECKING:
    from tests.xl_engines.uno_engine.ranges import Range
    from tests.xl_engines.uno_engine.sheets import Sheet


class Tables(Counted, base.Tables):
    """The tables of a tab."""

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
        return self._sheet._range((top + 1, left, rows - 1, columns)) if rows > 1 else None

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
        return self._sheet._range((top, left, 1, columns))

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

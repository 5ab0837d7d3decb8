"""A master in Google as it stands: one `spreadsheets.get` as what managers added and what our tabs are like.

A tab of ours is known by its id, whatever managers call it. Each bears a mark (developer metadata) that says
which layout it was given and where its headers and rows stood; what differs now was moved by a manager.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sync.core import grid
from sync.core.grid import Grid
from sync.core.sheets_api import Json
from sync.master.cells import Sheet
from sync.master.google_accents import Group
from sync.master.google_ids import sheet_id
from sync.master.notes import GOOGLE, IDENTITY, AddedSheet, Notes
from sync.master.reading import OURS, additions

FIELDS = (
    "properties(locale),sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "conditionalFormats(ranges),rowGroups(range,depth),charts(chartId),basicFilter(range),"
    "developerMetadata(metadataId,metadataKey,metadataValue),data(startRow,startColumn,"
    "rowData.values(userEnteredValue.formulaValue,effectiveValue,effectiveFormat.numberFormat.type,"
    "userEnteredFormat.numberFormat.type)))"
)
MARK = "okrsync layout"
NAMES = {sheet_id(name): name for name in OURS}

Reader = Callable[[Json, int], Grid]
"""(a reply of `spreadsheets.get`, how many cells at most) -> its cells; raises SourceUnreadable."""


class Tab(NamedTuple):
    """One tab. `used`: its last row with content; `rules`: how many conditional formats it has.

    `mark`: its mark's id (0 = none), `shape` and `layout` what that says; `stands`: the shape it has now.
    """

    id: int
    title: str
    rows: int
    columns: int
    used: int = 0
    rules: int = 0
    groups: frozenset[Group] = frozenset()
    charts: frozenset[int] = frozenset()
    filter: Mapping[str, Any] | None = None
    mark: int = 0
    shape: str = ""
    layout: Mapping[str, str] = {}  # a NamedTuple default; never written to
    stands: str = ""


class Standing(NamedTuple):
    """The spreadsheet: locale, tabs by id, what managers added to ours; `left_over`: rows below our lists."""

    locale: str
    tabs: Mapping[int, Tab]
    notes: Notes
    left_over: tuple[AddedSheet, ...]

    @property
    def charts(self) -> frozenset[int]:
        """The charts of all tabs: a manager may have moved ours to another one."""
        return frozenset[int]().union(*(tab.charts for tab in self.tabs.values()))


def standing(reply: Json, read: Reader, most_cells: int) -> Standing:
    """What a reply to FIELDS says. Raises SourceUnreadable when nobody can tell whose cells are whose."""
    ours = [_by_our_name(one) for one in reply.get("sheets", ()) if _id(one) in NAMES and _last_row(one)]
    cells = read({"sheets": ours}, most_cells)
    formulas = {one["properties"]["title"]: dict(_formulas(one)) for one in ours}
    shapes = {sheet.name: shape_of_grid(sheet) for sheet in cells.sheets}
    found = additions(cells, formulas, GOOGLE)  # of our tabs alone, so its sheets are rows below our lists
    tabs = [_tab(one, shapes.get(NAMES.get(_id(one), ""), "")) for one in reply.get("sheets", ())]
    return Standing(
        reply.get("properties", {}).get("locale", ""),
        {tab.id: tab for tab in tabs},
        replace(found, sheets=()),
        found.sheets,
    )


def _id(one: Json) -> int:
    return int(one["properties"].get("sheetId", 0))


def _by_our_name(one: Json) -> Json:
    return one | {"properties": one["properties"] | {"title": NAMES[_id(one)]}}


def _formulas(one: Json) -> Iterator[tuple[tuple[int, int], str]]:
    for row, column, cell in _cells(one):
        formula = cell.get("userEnteredValue", {}).get("formulaValue", "")
        if formula:
            yield (row, column), formula.removeprefix("=")


def _cells(one: Json) -> Iterator[tuple[int, int, Json]]:
    for block in one.get("data", ()):
        for row, data in enumerate(block.get("rowData", ()), block.get("startRow", 0) + 1):
            for column, cell in enumerate(data.get("values", ()), block.get("startColumn", 0) + 1):
                yield row, column, cell


def _last_row(one: Json) -> int:
    held = (row for row, _, cell in _cells(one) if cell.get("effectiveValue") or cell.get("userEnteredValue"))
    return max(held, default=0)


def _tab(one: Json, stands: str) -> Tab:
    properties = one["properties"]
    size = properties.get("gridProperties", {})
    mark, said = _mark(one)
    return Tab(
        _id(one),
        properties["title"],
        size.get("rowCount", 0),
        size.get("columnCount", 0),
        _last_row(one),
        len(one.get("conditionalFormats", ())),
        frozenset(map(_group, one.get("rowGroups", ()))),
        frozenset(chart["chartId"] for chart in one.get("charts", ())),
        one.get("basicFilter", {}).get("range"),
        mark,
        said.get("shape", ""),
        said.get("layout", {}),
        stands,
    )


def _group(found: Json) -> Group:
    return Group(found.get("depth", 1), found["range"].get("startIndex", 0), found["range"]["endIndex"])


# ---------------------------------------------------------------- marks


def _mark(one: Json) -> tuple[int, dict[str, Any]]:
    """A tab's mark: its id and what it says, 0 and nothing where there is none that we could have made."""
    for data in one.get("developerMetadata", ()):
        if data.get("metadataKey") == MARK:
            try:
                said = json.loads(data.get("metadataValue", ""))
            except ValueError:
                said = {}
            return data["metadataId"], said if isinstance(said, dict) else {}
    return 0, {}


def shape(sheet: Sheet) -> str:
    """Where the headers and rows of a tab stand, as a fingerprint; "" where there is no list."""
    table = sheet.table
    if not table:
        return ""
    headers = {at: column.header for at, column in enumerate(table.columns, 1)}
    headers |= {cell.column: str(cell.value) for cell in sheet.placed if cell.row == table.top and cell.value}
    rows = table.columns[table.at(IDENTITY) - 1].values
    return _fingerprint(table.top, headers, {at: str(row) for at, row in enumerate(rows, table.top + 1)})


def shape_of_grid(sheet: grid.Sheet) -> str:
    """The same of a tab that was read."""
    for top, cells in sheet.rows.items():
        for column, cell in cells.items():
            if cell.value == IDENTITY:
                rows = {
                    row: others[column].text
                    for row, others in sheet.rows.items()
                    if row > top and column in others
                }
                return _fingerprint(top, {at: one.text for at, one in cells.items()}, rows)
    return ""


def _fingerprint(top: int, headers: Mapping[int, str], rows: Mapping[int, str]) -> str:
    words = sorted((at, " ".join(text.split())) for at, text in headers.items() if text)
    return digest([top, words, sorted(rows.items())])


def digest(value: object) -> str:
    """A short fingerprint of plain values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]

"""A spreadsheet in memory with the requests that the master needs; each is checked against Google's own
description of its API. It keeps what a reader of the spreadsheet would see, and knows no arithmetic."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Grid, Kind, Sheet, Style
from sync.sources.formula_texts import shifted
from tests.sheets_server.discovery import mismatches, unknown_fields
from tests.sheets_server.masks import parse

Json = dict[str, Any]
Place = tuple[int, int]


class Tab:
    """One tab: cells by (row, column) from 0, and all that hangs on it."""

    def __init__(self, id_: int, title: str, rows: int = 1000, columns: int = 26) -> None:
        self.properties: Json = {
            "sheetId": id_,
            "title": title,
            "gridProperties": {"rowCount": rows, "columnCount": columns},
        }
        self.cells: dict[Place, Json] = {}
        self.rules: list[Json] = []
        self.depths: list[int] = [0] * 20_000
        self.filter: Json | None = None
        self.sizes: dict[tuple[str, int], Json] = {}

    @property
    def title(self) -> str:
        return str(self.properties["title"])

    @property
    def size(self) -> Place:
        grid = self.properties["gridProperties"]
        return grid["rowCount"], grid["columnCount"]

    def groups(self) -> Iterator[Json]:
        for depth in range(1, max(self.depths) + 1):
            for there, run in groupby(range(len(self.depths)), key=lambda at, d=depth: self.depths[at] >= d):  # type: ignore[misc]
                rows = list(run)
                if there:
                    area = {"dimension": "ROWS", "startIndex": rows[0], "endIndex": rows[-1] + 1}
                    yield {"range": area | {"sheetId": self.properties["sheetId"]}, "depth": depth}

    def places(self, area: Json) -> tuple[range, range]:
        rows, columns = self.size
        found = (
            range(area.get("startRowIndex", 0), area.get("endRowIndex", rows)),
            range(area.get("startColumnIndex", 0), area.get("endColumnIndex", columns)),
        )
        for within, most in zip(found, self.size, strict=True):
            assert within.start < within.stop <= most, f"{area} is not within {self.size} of {self.title}"
        return found

    def update(self, at: Place, cell: Json, fields: str) -> None:
        there = self.cells.setdefault(at, {})
        for field in fields.split(","):
            name, _, inner = field.partition(".")
            if inner:
                there[name] = {key: value for key, value in there.get(name, {}).items() if key != inner}
                there[name] |= {inner: cell[name][inner]} if inner in cell[name] else {}
            else:
                there.pop(name, None)
                there |= {name: copy.deepcopy(cell[name])} if cell.get(name) else {}
        if not there:
            del self.cells[at]

    def shown(self, row: int, column: int) -> object:
        """What a manager sees in a cell, a formula with its `=`; rows and columns from 1."""
        value = self.cells.get((row - 1, column - 1), {}).get("userEnteredValue", {})
        return next(iter(value.values()), None)

    def write(self, row: int, column: int, value: object, kind: str = "") -> None:
        """As a manager types it; rows and columns from 1, `kind` is the number format's type."""
        names = {bool: "boolValue", str: "stringValue"}
        name = (
            "formulaValue"
            if isinstance(value, str) and value.startswith("=")
            else names.get(type(value), "numberValue")
        )
        cell = self.cells.setdefault((row - 1, column - 1), {})
        cell["userEnteredValue"] = {} if value is None else {name: value}
        if kind:
            cell["userEnteredFormat"] = {"numberFormat": {"type": kind}}

    def move(self, where: Callable[[int, int], Place | None]) -> None:
        moved = {where(*at): cell for at, cell in self.cells.items()}
        self.cells = {at: cell for at, cell in moved.items() if at is not None}


class Book:
    """The spreadsheet, and the client through which it is reached: both calls count.

    `lost`: how many replies are lost from now on, after which the client sends the same once more.
    `broken`: what the next call is answered with instead.
    """

    account = "okrsync@example.com"

    def __init__(self, locale: str = "en_US") -> None:
        self.locale = locale
        self.tabs: dict[int, Tab] = {0: Tab(0, "Sheet1")}
        self.order = [0]
        self.charts: dict[int, Json] = {}
        self.marks: dict[int, Json] = {}
        self.reads: list[Sequence[str]] = []
        self.writes: list[Sequence[Json]] = []
        self.lost = 0
        self.broken: SourceUnreadable | None = None
        self.results: dict[str, float | str] = {}

    def tab(self, title: str) -> Tab:
        return next(tab for tab in self.tabs.values() if tab.title == title)

    # --- the client

    def spreadsheet(self, _spreadsheet: str, *, fields: str, ranges: Sequence[str] = ()) -> Json:
        self.reads.append(ranges)
        assert unknown_fields("sheets", "Spreadsheet", parse(fields)) is None
        self._break()
        titles = [name[1:-1].replace("''", "'") for name in ranges]
        unknown = set(titles) - {tab.title for tab in self.tabs.values()}
        if unknown:
            raise SourceUnreadable(f"Google answered: Unable to parse range: {unknown}.", "")
        shown = [self.tabs[id_] for id_ in self.order if not titles or self.tabs[id_].title in titles]
        return {"properties": {"locale": self.locale}, "sheets": [self._sheet(tab) for tab in shown]}

    def _break(self) -> None:
        broken, self.broken = self.broken, None
        if broken:
            raise broken

    def _sheet(self, tab: Tab) -> Json:
        id_ = tab.properties["sheetId"]
        found: Json = {
            "properties": tab.properties,
            "conditionalFormats": tab.rules,
            "rowGroups": list(tab.groups()),
            "charts": [one for one in self.charts.values() if _anchor(one)["sheetId"] == id_],
            "developerMetadata": [one for one in self.marks.values() if one["location"]["sheetId"] == id_],
            "data": [{"rowData": [*self._rows(tab)]}],
        }
        return copy.deepcopy({name: value for name, value in found.items() if value}) | (
            {"basicFilter": {"range": tab.filter}} if tab.filter else {}
        )

    def _rows(self, tab: Tab) -> Iterator[Json]:
        last = max((row for row, _ in tab.cells), default=-1)
        wide = max((column for _, column in tab.cells), default=-1)
        for row in range(last + 1):
            yield {"values": [self._cell(tab.cells.get((row, column), {})) for column in range(wide + 1)]}

    def _cell(self, cell: Json) -> Json:
        entered = cell.get("userEnteredValue", {})
        if "formulaValue" in entered:
            result = self.results.get(entered["formulaValue"], 0.0)
            effective = {"stringValue" if isinstance(result, str) else "numberValue": result}
            return cell | {"effectiveValue": effective}
        return (cell | {"effectiveValue": entered}) if entered else cell

    def batch_update(self, _spreadsheet: str, requests: Sequence[Json]) -> Json:
        for request in requests:
            assert mismatches("sheets", "Request", request) == []
        self._break()
        self._apply(requests)
        if self.lost:
            self.lost -= 1
            self._apply(requests)
        return {}

    def _apply(self, requests: Sequence[Json]) -> None:
        self.writes.append(requests)
        before = copy.deepcopy((self.tabs, self.order, self.charts, self.marks))
        try:
            for request in requests:
                [(name, body)] = request.items()
                getattr(self, f"_{name}")(**body)
        except _Refused as refused:
            self.tabs, self.order, self.charts, self.marks = before
            raise SourceUnreadable(f"Google answered: Invalid requests: {refused}.", "") from None

    # --- requests

    def _addSheet(self, properties: Json) -> None:  # noqa: N802  # Google's name, as all below
        id_, title = properties["sheetId"], properties["title"]
        taken = {tab.title.casefold() for tab in self.tabs.values()}
        if id_ in self.tabs or title.casefold() in taken:
            raise _Refused(f"A sheet {id_} “{title}” already exists")
        size = properties["gridProperties"]
        self.tabs[id_] = Tab(id_, title, size["rowCount"], size["columnCount"])
        self.order.insert(properties.get("index", len(self.order)), id_)

    def _updateSheetProperties(self, properties: Json, fields: str) -> None:  # noqa: N802
        there = self.tabs[properties["sheetId"]].properties
        for field in fields.split(","):
            name, _, inner = field.partition(".")
            if inner:
                there[name][inner] = properties[name][inner]
            elif name in properties:
                there[name] = properties[name]

    def _updateDimensionProperties(self, range: Json, properties: Json, fields: str) -> None:  # noqa: A002, N802
        assert set(fields.split(",")) == properties.keys()
        tab, end = self.tabs[range["sheetId"]], range["endIndex"]
        assert range["startIndex"] < end <= tab.size[range["dimension"] == "COLUMNS"]
        tab.sizes[range["dimension"], range["startIndex"]] = properties

    def _autoResizeDimensions(self, dimensions: Json) -> None:  # noqa: N802
        assert dimensions["startIndex"] < dimensions["endIndex"] <= self.tabs[dimensions["sheetId"]].size[0]

    def _updateCells(self, rows: list[Json], fields: str, **place: Json) -> None:  # noqa: N802
        area, start = place.get("range", {}), place.get("start")
        if start:
            wide = max(len(row["values"]) for row in rows)
            top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
            area = {"sheetId": start["sheetId"], "startRowIndex": top, "endRowIndex": top + len(rows)}
            area |= {"startColumnIndex": left, "endColumnIndex": left + wide}
        tab = self.tabs[area["sheetId"]]
        down, across = tab.places(area)
        assert len(rows) <= len(down)
        given = {
            (down.start + at, across.start + column): cell
            for at, row in enumerate(rows)
            for column, cell in enumerate(row["values"])
        }
        assert all(row in down and column in across for row, column in given)
        inside = {at for at in tab.cells if at[0] in down and at[1] in across}
        for at in sorted(inside | given.keys()):
            tab.update(at, given.get(at, {}), fields)

    def _repeatCell(self, range: Json, cell: Json, fields: str) -> None:  # noqa: A002, N802
        tab = self.tabs[range["sheetId"]]
        down, across = tab.places(range)
        there = [at for at in tab.cells if at[0] in down and at[1] in across]
        for at in there if not cell else [(row, column) for row in down for column in across]:
            tab.update(at, _further(cell, at[0] - down.start), fields)

    def _addConditionalFormatRule(self, rule: Json, index: int) -> None:  # noqa: N802
        self.tabs[rule["ranges"][0]["sheetId"]].rules.insert(index, rule)

    def _deleteConditionalFormatRule(self, sheetId: int, index: int) -> None:  # noqa: N802, N803
        rules = self.tabs[sheetId].rules
        if index >= len(rules):
            raise _Refused(f"No conditional format at index {index}")
        del rules[index]

    def _addDimensionGroup(self, range: Json) -> None:  # noqa: A002, N802
        self._deepen(range, 1)

    def _deleteDimensionGroup(self, range: Json) -> None:  # noqa: A002, N802
        self._deepen(range, -1)

    def _deepen(self, area: Json, by: int) -> None:
        depths = self.tabs[area["sheetId"]].depths
        for row in range(area["startIndex"], area["endIndex"]):
            depths[row] += by
            if depths[row] < 0:
                raise _Refused("No group there")

    def _setBasicFilter(self, filter: Json) -> None:  # noqa: A002, N802
        tab = self.tabs[filter["range"]["sheetId"]]
        tab.places(filter["range"])
        tab.filter = filter["range"]

    def _addChart(self, chart: Json) -> None:  # noqa: N802
        if chart["chartId"] in self.charts:
            raise _Refused(f"An object {chart['chartId']} already exists")
        self.charts[chart["chartId"]] = chart

    def _updateChartSpec(self, chartId: int, spec: Json) -> None:  # noqa: N802, N803
        self.charts[chartId]["spec"] = spec

    def _createDeveloperMetadata(self, developerMetadata: Json) -> None:  # noqa: N802, N803
        if developerMetadata["metadataId"] in self.marks:
            raise _Refused(f"Metadata {developerMetadata['metadataId']} already exists")
        self.marks[developerMetadata["metadataId"]] = developerMetadata

    def _deleteDeveloperMetadata(self, dataFilter: Json) -> None:  # noqa: N802, N803
        self.marks.pop(dataFilter["developerMetadataLookup"]["metadataId"], None)

    def state(self) -> object:
        """All that a reader sees."""
        tabs = {
            tab.title: (tab.properties, tab.cells, tab.rules, [*tab.groups()], tab.filter, tab.sizes)
            for tab in self.tabs.values()
        }
        return copy.deepcopy((tabs, self.order, self.charts, self.marks))


def _further(cell: Json, rows: int) -> Json:
    """The cell as it is repeated so many rows below: a formula's relative references move along."""
    formula = cell.get("userEnteredValue", {}).get("formulaValue")
    return cell | {"userEnteredValue": {"formulaValue": shifted(formula, rows, 0)}} if formula else cell


class _Refused(Exception):
    pass


def _anchor(chart: Json) -> Json:
    anchor: Json = chart["position"]["overlayPosition"]["anchorCell"]
    return anchor


# --- what `spreadsheets.get` says, as a Grid ---------------------------------------------------------


def grid_of(reply: Mapping[str, Any], most_cells: int) -> Grid:
    """The cells of a reply: numbers, texts, truths, and dates by their format."""
    sheets = [Sheet(one["properties"]["title"], dict(_grid_rows(one))) for one in reply["sheets"]]
    assert sum(len(cells) for sheet in sheets for cells in sheet.rows.values()) <= most_cells
    return Grid(tuple(sheets))


def _grid_rows(one: Json) -> Iterator[tuple[int, dict[int, Cell]]]:
    for row, data in enumerate(one["data"][0]["rowData"], 1):
        cells = {
            at: _grid_cell(cell) for at, cell in enumerate(data["values"], 1) if "effectiveValue" in cell
        }
        if cells:
            yield row, cells


def _grid_cell(cell: Json) -> Cell:
    [(name, value)] = cell["effectiveValue"].items()
    formula = "formulaValue" in cell["userEnteredValue"]
    kind = cell.get("userEnteredFormat", {}).get("numberFormat", {}).get("type", "")
    style = {"PERCENT": Style.PERCENT, "DATE": Style.DATE, "TEXT": Style.TEXT}.get(kind, Style.PLAIN)
    if name == "numberValue" and kind == "DATE":
        from datetime import date

        return Cell(Kind.DATE, date.fromordinal(date(1899, 12, 30).toordinal() + int(value)), style, formula)
    kinds = {"numberValue": Kind.NUMBER, "stringValue": Kind.TEXT, "boolValue": Kind.BOOL}
    return Cell(kinds[name], value, style, formula)

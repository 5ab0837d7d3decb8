"""How a tab of the master looks, as requests to Google Sheets in groups, each sent only when it changed.

A group is what changes together: the page, what stands beside the list, each column of the list. All of
them may be applied twice. A number format is part of a group, so a row that shows its number in another
way sends its column's group along; what a manager sorts or inserts sends all of them (`google_marks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from sync.core import sheets_api as api
from sync.core.sheets_api import Json
from sync.master.cells import Column, Placed, Sheet, Style, Table
from sync.master.google_cells import LOOKS, look
from sync.master.google_ids import sheet_id

Groups = dict[str, list[Json]]


def groups(sheet: Sheet) -> Groups:
    """The requests of a tab's layout by group; accents and chart are in `google_accents`."""
    id_ = sheet_id(sheet.name)
    found = {"page": _page(sheet, id_), "beside": [*_beside(sheet, id_)]}
    for at, column in enumerate(sheet.table.columns if sheet.table else ()):
        found[f"column {column.header}"] = [*_column(sheet.table, column, _Where(id_, at))]
    return found


def _page(sheet: Sheet, id_: int) -> list[Json]:
    grid = {
        "frozenRowCount": sheet.freeze[0],
        "frozenColumnCount": sheet.freeze[1],
        "hideGridlines": not sheet.gridlines,
        "rowGroupControlAfter": False,
    }
    properties: Json = {"sheetId": id_, "hidden": sheet.hidden, "gridProperties": grid}
    if sheet.tab:
        properties["tabColorStyle"] = api.colour(sheet.tab)
    fields = ",".join(["hidden", "tabColorStyle", *(f"gridProperties.{name}" for name in grid)])
    page = {"updateSheetProperties": {"properties": properties, "fields": fields}}
    return [page, *_heights(sheet, id_)]


def _heights(sheet: Sheet, id_: int) -> Iterator[Json]:
    """Fixed ones down to the header; below it rows are as high as their texts, which Google works out."""
    last = sheet.table.top if sheet.table else max(sheet.heights, default=0)
    for row, points in sorted(sheet.heights.items()):
        if row <= last:
            yield _sized(id_, "ROWS", row - 1, pixelSize=round(points * 4 / 3))
    if sheet.table and sheet.table.rows and any(column.style.wrap for column in sheet.table.columns):
        rows = _dimension(id_, "ROWS", last, last + sheet.table.rows)
        yield {"autoResizeDimensions": {"dimensions": rows}}


def _sized(id_: int, dimension: str, at: int, **properties: object) -> Json:
    return {
        "updateDimensionProperties": {
            "range": _dimension(id_, dimension, at, at + 1),
            "properties": properties,
            "fields": ",".join(properties),
        }
    }


def _dimension(id_: int, dimension: str, start: int, end: int) -> Json:
    return {"sheetId": id_, "dimension": dimension, "startIndex": start, "endIndex": end}


def pixels(width: float) -> int:
    """The width of a column of so many characters."""
    return round(width * 7 + 5)


# ---------------------------------------------------------------- beside the list


def _beside(sheet: Sheet, id_: int) -> Iterator[Json]:
    """Everything above the list and to the right of it, or the whole tab; what is not ours looks plain."""
    for column, width in sheet.widths.items():
        yield _sized(id_, "COLUMNS", column - 1, pixelSize=pixels(width))
    if not sheet.table:
        yield _painted(sheet.placed, api.grid_range(id_), 1, 1)
        return
    top, width = sheet.table.top, len(sheet.table.columns)
    above = [cell for cell in sheet.placed if cell.row < top]
    right = [cell for cell in sheet.placed if cell.row >= top]
    yield _painted(above, api.grid_range(id_, top=0, bottom=top - 1), 1, 1)
    yield _painted(right, api.grid_range(id_, top=top - 1, left=width), top, width + 1)


def _painted(cells: Sequence[Placed], area: Json, top: int, left: int) -> Json:
    """The looks of cells whose area begins at row `top` and column `left`."""
    looks: dict[int, dict[int, Json]] = {}
    for cell in cells:
        looks.setdefault(cell.row, {})[cell.column] = {LOOKS: look(cell.style)}
    rows = [_row(looks.get(row, {}), left) for row in range(top, max(looks, default=top - 1) + 1)]
    return {"updateCells": {"range": area, "rows": rows, "fields": LOOKS}}


def _row(cells: dict[int, Json], left: int) -> Json:
    return {"values": [cells.get(column, {}) for column in range(left, max(cells, default=left - 1) + 1)]}


# ---------------------------------------------------------------- one column of the list


class _Where(NamedTuple):
    """A column: the tab's id, and how many columns stand to its left."""

    sheet: int
    at: int

    def rows(self, top: int, bottom: int | None) -> Json:
        return api.grid_range(self.sheet, top=top, bottom=bottom, left=self.at, right=self.at + 1)


def _column(table: Table | None, column: Column, where: _Where) -> Iterator[Json]:
    """Width, header, the cells below it, and nothing below those."""
    if table is None:
        return
    yield _sized(where.sheet, "COLUMNS", where.at, pixelSize=pixels(column.width), hiddenByUser=column.hidden)
    yield _looking(where.rows(table.top - 1, table.top), column.title or column.style)
    if table.rows:
        yield _looking(where.rows(table.top, table.top + table.rows), column.style)
    for start, end, style in _runs(column):
        yield _differing(where.rows(table.top + start, table.top + end), style, column.style)
    yield _looking(where.rows(table.top + table.rows, None), None)


def _runs(column: Column) -> Iterator[tuple[int, int, Style]]:
    """Neighbouring rows that look alike, and not as the column does: (first, last + 1, how), from 0."""
    start = 0
    for style, same in groupby(column.styles or ()):
        end = start + sum(1 for _ in same)
        if look(style) != look(column.style):
            yield start, end, style
        start = end


def _looking(area: Json, style: Style | None) -> Json:
    cell = {LOOKS: look(style)} if style else {}
    return {"repeatCell": {"range": area, "cell": cell, "fields": LOOKS}}


def _differing(area: Json, style: Style, base: Style) -> Json:
    """What a style has that another one has not: thousands of rows differ in their number format alone."""
    now, before = look(style), look(base)
    names = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
    cell = {LOOKS: {name: now[name] for name in names if name in now}}
    fields = ",".join(f"{LOOKS}.{name}" for name in names)
    return {"repeatCell": {"range": area, "cell": cell, "fields": fields}}

"""A book as the Spreadsheet message of the API: properties, tabs, attached objects and grid data.

Only what a field mask asks for is computed. Grid data reach to the last row and cell that hold anything;
masks are laid over them afterwards, so a cell without the masked fields is `{}` and keeps its place.
"""

from __future__ import annotations

from typing import Any

from tests.sheets_server import masks
from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json
from tests.sheets_server.masks import Mask
from tests.sheets_server.model import LISTS, Cell, Sheet
from tests.sheets_server.shown import text_of

_ROW_HEIGHT = 21
_COLUMN_WIDTH = 100
_STORED = ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns", "chipRuns")
_COMPUTED = ("effectiveValue", "formattedValue", "effectiveFormat", "hyperlink")
_VOLATILE_FORMATS = {"=TODAY()": {"type": "DATE"}, "=NOW()": {"type": "DATE_TIME"}}


def spreadsheet(
    edit: Edit, mask: Mask, areas: list[Area] | None, *, grid_data: bool, comments: bool = False
) -> Json:
    """The Spreadsheet message under a mask ({}: all). `areas`: only their sheets, and grid data of them."""
    book = edit.book
    parts: dict[str, Any] = {
        "spreadsheetId": lambda: book.id,
        "properties": lambda: book.properties,
        "sheets": lambda: _sheets(edit, mask, areas, grid_data=grid_data, comments=comments),
        "namedRanges": lambda: book.named_ranges,
        "spreadsheetUrl": lambda: f"https://docs.google.com/spreadsheets/d/{book.id}/edit",
        "developerMetadata": lambda: [
            item for item in book.metadata.values() if "spreadsheet" in item["location"]
        ],
        "comments": lambda: book.comments if comments else [],
    }
    answer = {}
    for name, make in parts.items():
        wanted = masks.below(mask, name)
        if wanted is None:
            continue
        value = make()
        if value or name == "sheets":
            answer[name] = value if name == "sheets" else masks.project(value, wanted)
    return answer


def _sheets(
    edit: Edit, mask: Mask, areas: list[Area] | None, *, grid_data: bool, comments: bool
) -> list[Json]:
    """The tabs, projected here, because grid data are made under their mask to begin with."""
    wanted = masks.below(mask, "sheets") or {}
    data_mask = masks.below(wanted, "data") if wanted else ({} if grid_data else None)
    result = []
    for index, sheet in enumerate(edit.book.sheets):
        own = [sheet.whole()] if areas is None else [area for area in areas if area.sheet == sheet.id]
        if not own:
            continue
        answer: Json = {"properties": properties(sheet, index)}
        hidden = () if comments else ("commentAnchors",)
        answer |= {name: sheet.objects[name] for name in LISTS if sheet.objects[name] and name not in hidden}
        if sheet.objects["protectedRanges"]:
            answer["protectedRanges"] = [protection(edit, one) for one in sheet.objects["protectedRanges"]]
        if sheet.basic_filter is not None:
            answer["basicFilter"] = sheet.basic_filter
        metadata = [
            item for item in edit.book.metadata.values() if item["location"].get("sheetId") == sheet.id
        ]
        if metadata:
            answer["developerMetadata"] = metadata
        answer = masks.project(answer, wanted)
        if data_mask is not None and sheet.properties["sheetType"] == "GRID":
            answer["data"] = [grid(edit, sheet, area, data_mask) for area in own]
        result.append(answer)
    return result


def properties(sheet: Sheet, index: int) -> Json:
    """A tab's properties in Google's order, with its place in the book."""
    head = {"sheetId": sheet.id, "title": sheet.title, "index": index}
    return head | sheet.properties


def protection(edit: Edit, one: Json) -> Json:
    """A protected range as this caller sees it: whether it lets the caller in, and who may edit it."""
    may = edit.may_edit(one)
    shown = {name: value for name, value in one.items() if name not in ("editors", "requestingUserCanEdit")}
    if not may:
        return shown
    users = list(one.get("editors", {}).get("users", ()))
    if edit.owner and edit.owner not in users:
        users.append(edit.owner)
    return shown | {"requestingUserCanEdit": True, "editors": one.get("editors", {}) | {"users": users}}


def grid(edit: Edit, sheet: Sheet, area: Area, mask: Mask) -> Json:
    """The GridData of a closed area, with what the mask lets through."""
    answer: Json = {}
    if area.top:
        answer["startRow"] = area.top
    if area.left:
        answer["startColumn"] = area.left
    cell_mask = masks.below(mask, "rowData", "values")
    if cell_mask is not None:
        rows = _rows(CellReader(edit, sheet, cell_mask), sheet, area)
        if rows:
            answer["rowData"] = rows
    for name, dimension, start, end in (
        ("rowMetadata", "ROWS", area.top, area.bottom),
        ("columnMetadata", "COLUMNS", area.left, area.right),
    ):
        wanted = masks.below(mask, name)
        if wanted is not None:
            found = [_dimension(edit, sheet, dimension, place) for place in range(start, end or 0)]
            answer[name] = masks.project(found, wanted)
    if masks.below(mask, "startRow") is None:
        answer.pop("startRow", None)
    if masks.below(mask, "startColumn") is None:
        answer.pop("startColumn", None)
    return answer


def _dimension(edit: Edit, sheet: Sheet, dimension: str, place: int) -> Json:
    size = _ROW_HEIGHT if dimension == "ROWS" else _COLUMN_WIDTH
    found = {"pixelSize": size} | sheet.dimensions[dimension].get(place, {})
    metadata = [
        item
        for item in edit.book.metadata.values()
        if (where := item["location"].get("dimensionRange"))
        and where.get("sheetId", 0) == sheet.id
        and where["dimension"] == dimension
        and where["startIndex"] == place
    ]
    return found | ({"developerMetadata": metadata} if metadata else {})


def _rows(read: CellReader, sheet: Sheet, area: Area) -> list[Json]:
    bottom, right = area.bottom or 0, area.right or 0
    rows: list[Json] = []
    for row in sorted(row for row in sheet.cells if area.top <= row < bottom):
        line = sheet.cells[row]
        last = max((column for column in line if area.left <= column < right), default=-1)
        if last < 0:
            continue
        rows += [{}] * (row - area.top - len(rows))
        rows.append({"values": [read(row, column) for column in range(area.left, last + 1)]})
    return rows


class CellReader:
    """Reads cells of a sheet as CellData, with the fields that a mask ({}: all) asks for."""

    def __init__(self, edit: Edit, sheet: Sheet, mask: Mask) -> None:
        self._edit = edit
        self._sheet = sheet
        self._evaluator = edit.evaluator
        asked = {name: masks.below(mask, name) for name in (*_STORED, *_COMPUTED)}
        self._asked = {name: inner for name, inner in asked.items() if inner is not None}
        self._stored = [(name, self._asked[name]) for name in _STORED if name in self._asked]

    def __call__(self, row: int, column: int) -> Json:
        cell = self._sheet.cells.get(row, {}).get(column)
        if cell is None:
            return {}
        answer = {name: masks.project(cell[name], inner) for name, inner in self._stored if name in cell}
        if "userEnteredValue" in cell:
            effective = self._evaluator.effective(self._sheet, row, column) or {}
            if "effectiveValue" in self._asked:
                answer["effectiveValue"] = masks.project(effective, self._asked["effectiveValue"])
            if "formattedValue" in self._asked:
                answer["formattedValue"] = text_of(effective, number_format(cell), self._edit.locale)
        if "effectiveFormat" in self._asked and ("userEnteredValue" in cell or "userEnteredFormat" in cell):
            full = effective_format(self._edit, cell)
            answer["effectiveFormat"] = masks.project(full, self._asked["effectiveFormat"])
        if "hyperlink" in self._asked and (link := hyperlink(cell)):
            answer["hyperlink"] = link
        return answer


def number_format(cell: Cell) -> Json | None:
    """The number format a cell is shown under: its own, or a date's for TODAY and NOW."""
    own: Json | None = cell.get("userEnteredFormat", {}).get("numberFormat")
    formula = cell.get("userEnteredValue", {}).get("formulaValue", "")
    return own or _VOLATILE_FORMATS.get(formula.replace(" ", "").upper())


def effective_format(edit: Edit, cell: Cell) -> Json:
    """The book's default format under the cell's own."""
    own = cell.get("userEnteredFormat", {})
    shown = number_format(cell)
    merged = _laid_over(edit.book.properties["defaultFormat"], own)
    merged.setdefault("hyperlinkDisplayType", "PLAIN_TEXT")
    return merged | ({"numberFormat": shown} if shown else {})


def _laid_over(base: Json, top: Json) -> Json:
    result = dict(base)
    for name, value in top.items():
        inner = result.get(name)
        both = isinstance(value, dict) and isinstance(inner, dict) and not name.lower().endswith("color")
        result[name] = _laid_over(inner, value) if both and isinstance(inner, dict) else value
    return result


def hyperlink(cell: Cell) -> str:
    """The address a cell links to as a whole, by its format or by a single run of text."""
    own = cell.get("userEnteredFormat", {}).get("textFormat", {}).get("link", {}).get("uri")
    runs = cell.get("textFormatRuns", ())
    if not own and len(runs) == 1:
        own = runs[0].get("format", {}).get("link", {}).get("uri")
    return str(own or "")

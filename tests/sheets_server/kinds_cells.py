"""Requests of a batch about cells: contents, formats, validation, merges and borders."""

from __future__ import annotations

from collections.abc import Callable

from tests.sheets_server import masks, syntax
from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.kinds_sheets import field_mask
from tests.sheets_server.masks import Mask
from tests.sheets_server.model import TEXT_LIMIT, Cell, Sheet

_WRITABLE = ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns", "chipRuns")


def changed_cell(cell: Cell, source: Json, mask: Mask) -> Cell:
    """The cell with the masked fields of `source`. Fields that Google computes are passed over."""
    if "*" in mask:
        mask = {name: {} for name in _WRITABLE}
    mask = {name: below for name, below in mask.items() if name in _WRITABLE}
    if "userEnteredValue" in mask:
        mask = mask | {"userEnteredValue": {}, "textFormatRuns": {}, "chipRuns": {}}
    result = masks.update(cell, source, mask)
    value = result.get("userEnteredValue")
    if value is not None and len(str(value.get("stringValue", ""))) > TEXT_LIMIT:
        raise invalid(
            f"Your input contains more than the maximum of {TEXT_LIMIT} characters in a single cell."
        )
    if value is not None and (not value or value == {"stringValue": ""}):
        del result["userEnteredValue"]
    if "userEnteredFormat" in result:
        result["userEnteredFormat"] = _both_spellings(
            result["userEnteredFormat"], mask.get("userEnteredFormat", {})
        )
    return {name: part for name, part in result.items() if part not in ({}, [], "")}


def _both_spellings(cell_format: Json, mask: Mask) -> Json:
    """A format with each colour as Color and as ColorStyle, as Google answers."""
    result = _color_pair(cell_format, "backgroundColor", mask)
    if result.get("textFormat"):
        text_mask = mask.get("textFormat", {})
        result["textFormat"] = _color_pair(result["textFormat"], "foregroundColor", text_mask)
    return result


def _color_pair(holder: Json, name: str, mask: Mask) -> Json:
    style = f"{name}Style"
    result = dict(holder)
    only_plain = name in mask and style not in mask
    if style in result and not (only_plain and name in result):
        if "rgbColor" in result[style]:
            result[name] = result[style]["rgbColor"]
    elif name in result:
        result[style] = {"rgbColor": result[name]}
    return result


def update_cells(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "CellData")
    rows = request.get("rows", [])
    if "range" in request:
        sheet, area = edit.area(request["range"])
        _check_covers(area, rows)
    else:
        start = request.get("start", {})
        sheet = edit.sheet(start.get("sheetId", 0))
        top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
        width = max((len(row.get("values", ())) for row in rows), default=0)
        area = Area(sheet.id, top, left, top + len(rows), left + width)
        _check_on_grid(sheet, area)
    edit.guard(area)
    for row, column in area.cells():
        source = _source(rows, row - area.top, column - area.left)
        if source is not None or "range" in request:
            sheet.put(row, column, changed_cell(sheet.cell(row, column), source or {}, mask))
    return {}


def _source(rows: list[Json], row: int, column: int) -> Json | None:
    values = rows[row].get("values", []) if row < len(rows) else []
    return values[column] if column < len(values) else None


def _check_covers(area: Area, rows: list[Json]) -> None:
    if len(rows) > area.height:
        raise invalid(
            f"Attempting to write row: {area.bottom}, "
            f"beyond the last requested row of: {(area.bottom or 0) - 1}"
        )
    if any(len(row.get("values", ())) > area.width for row in rows):
        raise invalid(
            f"Attempting to write column: {area.right}, "
            f"beyond the last requested column of: {(area.right or 0) - 1}"
        )


def _check_on_grid(sheet: Sheet, area: Area) -> None:
    if (area.bottom or 0) > sheet.rows:
        raise invalid(
            f"Attempting to write row: {sheet.rows}, beyond the last requested row of: {sheet.rows - 1}"
        )
    if (area.right or 0) > sheet.columns:
        raise invalid(
            f"Attempting to write column: {sheet.columns}, "
            f"beyond the last requested column of: {sheet.columns - 1}"
        )


def repeat_cell(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "CellData", "cell")
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    source = request.get("cell", {})
    formula = source.get("userEnteredValue", {}).get("formulaValue")
    for row, column in area.cells():
        given = source
        if formula:
            text = syntax.copied(formula, row - area.top, column - area.left)
            given = source | {"userEnteredValue": {"formulaValue": text}}
        sheet.put(row, column, changed_cell(sheet.cell(row, column), given, mask))
    return {}


def append_cells(edit: Edit, request: Json) -> Json:
    """Below the last row with data, or a table's last row; the grid grows as needed."""
    mask = field_mask(request, "CellData")
    rows = request.get("rows", [])
    sheet = edit.sheet(request.get("sheetId", 0))
    top, left, table = _end_of_data(sheet), 0, None
    if "tableId" in request:
        sheet, table = find_table(edit, request["tableId"])
        grid = Area.from_grid(table["range"])
        top, left = grid.bottom or 0, grid.left
    width = max((len(row.get("values", ())) for row in rows), default=0)
    area = Area(sheet.id, top, left, top + len(rows), left + width)
    edit.guard(area)
    sheet.grid["rowCount"] = max(sheet.rows, area.bottom or 0)
    sheet.grid["columnCount"] = max(sheet.columns, area.right or 0)
    edit.check_size()
    for row, column in area.cells():
        source = _source(rows, row - top, column - left)
        if source is not None:
            sheet.put(row, column, changed_cell(sheet.cell(row, column), source, mask))
    if table is not None:
        table["range"]["endRowIndex"] = area.bottom
    return {}


def _end_of_data(sheet: Sheet) -> int:
    filled = (
        row for row, line in sheet.cells.items() if any("userEnteredValue" in cell for cell in line.values())
    )
    return max(filled, default=-1) + 1


def find_table(edit: Edit, table_id: str) -> tuple[Sheet, Json]:
    for sheet in edit.book.sheets:
        for table in sheet.objects["tables"]:
            if table["tableId"] == table_id:
                return sheet, table
    raise invalid(f"No table with id: {table_id}")


def set_data_validation(edit: Edit, request: Json) -> Json:
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    rule = request.get("rule")
    for row, column in area.cells():
        kept = {name: part for name, part in sheet.cell(row, column).items() if name != "dataValidation"}
        sheet.put(row, column, kept | ({"dataValidation": rule} if rule else {}))
    return {}


def merge_cells(edit: Edit, request: Json) -> Json:
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    kind = request.get("mergeType", "MERGE_ALL")
    bottom, right = area.bottom or 0, area.right or 0
    if kind == "MERGE_COLUMNS":
        parts = [Area(sheet.id, area.top, column, bottom, column + 1) for column in range(area.left, right)]
    elif kind == "MERGE_ROWS":
        parts = [Area(sheet.id, row, area.left, row + 1, right) for row in range(area.top, bottom)]
    else:
        parts = [area]
    unmerge_cells(edit, request)
    for part in parts:
        if part.height * part.width > 1:
            _merge(sheet, part)
    return {}


def _merge(sheet: Sheet, area: Area) -> None:
    """One merged cell, which keeps the first value in it."""
    places = area.cells()
    first = next((p for p in places if "userEnteredValue" in sheet.cell(*p)), places[0])
    kept = sheet.cell(*places[0]) | {
        name: sheet.cell(*first)[name] for name in ("userEnteredValue",) if name in sheet.cell(*first)
    }
    for place in places[1:]:
        sheet.put(*place, {n: p for n, p in sheet.cell(*place).items() if n == "userEnteredFormat"})
    sheet.put(*places[0], kept)
    sheet.objects["merges"].append(area.to_grid())


def unmerge_cells(edit: Edit, request: Json) -> Json:
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    kept = []
    for merge in sheet.objects["merges"]:
        other = Area.from_grid(merge)
        if not area.meets(other):
            kept.append(merge)
        elif not (
            area.contains(other.top, other.left)
            and area.contains((other.bottom or 0) - 1, (other.right or 0) - 1)
        ):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.objects["merges"] = kept
    return {}


def update_borders(edit: Edit, request: Json) -> Json:
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    bottom, right = (area.bottom or 0) - 1, (area.right or 0) - 1
    sides: dict[str, Callable[[int, int], list[str]]] = {
        "top": lambda row, _: ["top"] if row == area.top else [],
        "bottom": lambda row, _: ["bottom"] if row == bottom else [],
        "left": lambda _, column: ["left"] if column == area.left else [],
        "right": lambda _, column: ["right"] if column == right else [],
        "innerHorizontal": lambda row, _: ["bottom"] if row < bottom else [],
        "innerVertical": lambda _, column: ["right"] if column < right else [],
    }
    for row, column in area.cells():
        drawn = {
            side: request[name] for name, of in sides.items() if name in request for side in of(row, column)
        }
        if drawn:
            cell = sheet.cell(row, column)
            own = cell.get("userEnteredFormat", {})
            borders = own.get("borders", {}) | drawn
            borders = {
                side: border for side, border in borders.items() if border.get("style") not in (None, "NONE")
            }
            bare = {name: part for name, part in own.items() if name != "borders"}
            cell_format = bare | ({"borders": borders} if borders else {})
            rest = {name: part for name, part in cell.items() if name != "userEnteredFormat"}
            sheet.put(row, column, rest | ({"userEnteredFormat": cell_format} if cell_format else {}))
    return {}


KINDS = {
    "updateCells": update_cells,
    "repeatCell": repeat_cell,
    "appendCells": append_cells,
    "setDataValidation": set_data_validation,
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
    "updateBorders": update_borders,
}

"""Requests of a batch about rows and columns: their coming, going, moving, size, groups and order."""

from __future__ import annotations

from typing import Any

from tests.sheets_server import dimensions, masks, syntax
from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.kinds_sheets import field_mask
from tests.sheets_server.model import Cell, Sheet


def _span(edit: Edit, request: Json) -> tuple[Sheet, str, int, int]:
    """Sheet, dimension, start and end of a DimensionRange."""
    sheet = edit.sheet(request.get("sheetId", 0))
    dimension = request.get("dimension", "")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension specified.")
    start = request.get("startIndex", 0)
    end = request.get("endIndex", sheet.length(dimension))
    if not 0 <= start < end:
        raise invalid(f"range.startIndex[{start}] must be less than range.endIndex[{end}]")
    return sheet, dimension, start, end


def area_of(sheet: Sheet, dimension: str, start: int, end: int) -> Area:
    """Whole rows or columns."""
    if dimension == "ROWS":
        return Area(sheet.id, start, 0, end, sheet.columns)
    return Area(sheet.id, 0, start, sheet.rows, end)


def _check_inside(sheet: Sheet, dimension: str, start: int, end: int) -> None:
    length = sheet.length(dimension)
    word = "row" if dimension == "ROWS" else "column"
    if start >= length or end > length:
        raise invalid(f"range.endIndex[{end}] is after last {word} in grid[{length}]")


def insert_dimension(edit: Edit, request: Json) -> Json:
    sheet, dimension, start, end = _span(edit, request.get("range", {}))
    inherit = bool(request.get("inheritFromBefore"))
    word = "row" if dimension == "ROWS" else "column"
    if start > sheet.length(dimension):
        raise invalid(f"range.startIndex[{start}] is after last {word} in grid[{sheet.length(dimension)}]")
    if inherit and start == 0:
        raise invalid(f"inheritFromBefore cannot be set when inserting before the first {word}.")
    for one in sheet.objects["protectedRanges"]:
        area = edit.protected_area(one)
        first, last = (area.top, area.bottom) if dimension == "ROWS" else (area.left, area.right)
        if first < start and (last is None or start < last):
            edit.guard_protection(one)
    dimensions.insert(edit.book, sheet, dimension, start, end - start, inherit=inherit)
    edit.check_size()
    return {}


def delete_dimension(edit: Edit, request: Json) -> Json:
    sheet, dimension, start, end = _span(edit, request.get("range", {}))
    _check_inside(sheet, dimension, start, end)
    if end - start == sheet.length(dimension):
        word = "rows" if dimension == "ROWS" else "columns"
        raise invalid(f"You can't delete all the {word} on the sheet.")
    edit.guard(area_of(sheet, dimension, start, end))
    dimensions.delete(edit.book, sheet, dimension, start, end)
    return {}


def move_dimension(edit: Edit, request: Json) -> Json:
    sheet, dimension, start, end = _span(edit, request.get("source", {}))
    _check_inside(sheet, dimension, start, end)
    destination = request.get("destinationIndex", 0)
    if start < destination < end or destination > sheet.length(dimension):
        raise invalid("destinationIndex must lie outside of the moved range and inside the grid.")
    edit.guard(area_of(sheet, dimension, min(start, destination), max(end, destination)))
    dimensions.move(edit.book, sheet, dimension, start, end, destination)
    return {}


def append_dimension(edit: Edit, request: Json) -> Json:
    sheet = edit.sheet(request.get("sheetId", 0))
    dimension = request.get("dimension", "ROWS")
    if request.get("length", 0) < 1:
        raise invalid("length must be positive.")
    name = "rowCount" if dimension == "ROWS" else "columnCount"
    sheet.grid[name] += request["length"]
    edit.check_size()
    return {}


def update_dimension_properties(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "DimensionProperties", "properties")
    sheet, dimension, start, end = _span(edit, request.get("range", {}))
    _check_inside(sheet, dimension, start, end)
    edit.guard(area_of(sheet, dimension, start, end))
    own = sheet.dimensions[dimension]
    for place in range(start, end):
        kept = masks.update(own.get(place, {}), request.get("properties", {}), mask)
        own[place] = {name: value for name, value in kept.items() if value is not False}
    return {}


def auto_resize_dimensions(edit: Edit, request: Json) -> Json:
    """As wide as the longest text at seven pixels a letter: Google measures glyphs, this server does not."""
    sheet, dimension, start, end = _span(edit, request.get("dimensions", {}))
    for place in range(start, end):
        size = 21
        if dimension == "COLUMNS":
            texts = [
                str(next(iter(line[place].get("userEnteredValue", {"": ""}).values())))
                for line in sheet.cells.values()
                if place in line
            ]
            size = max((7 * len(text) + 10 for text in texts), default=100)
        sheet.dimensions[dimension][place] = sheet.dimensions[dimension].get(place, {}) | {"pixelSize": size}
    return {}


def _groups(edit: Edit, request: Json) -> tuple[Sheet, str, Json]:
    sheet, dimension, start, end = _span(edit, request)
    place = {"dimension": dimension, "startIndex": start, "endIndex": end}
    place = ({"sheetId": sheet.id} if sheet.id else {}) | place
    return sheet, "rowGroups" if dimension == "ROWS" else "columnGroups", place


def add_dimension_group(edit: Edit, request: Json) -> Json:
    """A group around others lies one level above them."""
    sheet, name, place = _groups(edit, request.get("range", {}))
    groups = sheet.objects[name]
    around = [group for group in groups if _encloses(group["range"], place)]
    for group in groups:
        if _encloses(place, group["range"]) and group not in around:
            group["depth"] += 1
    groups.append({"range": place, "depth": len(around) + 1})
    groups.sort(key=lambda group: (group["range"]["startIndex"], group["depth"]))
    control = "rowGroupControlAfter" if name == "rowGroups" else "columnGroupControlAfter"
    sheet.grid[control] = True
    return {"addDimensionGroup": {"dimensionGroups": groups}}


def _encloses(outer: Json, inner: Json) -> bool:
    return bool(outer["startIndex"] <= inner["startIndex"] and inner["endIndex"] <= outer["endIndex"])


def delete_dimension_group(edit: Edit, request: Json) -> Json:
    sheet, name, place = _groups(edit, request.get("range", {}))
    matching = [group for group in sheet.objects[name] if group["range"] == place]
    if not matching:
        raise invalid("There is no group for that range.")
    deepest = max(matching, key=lambda group: int(group["depth"]))
    sheet.objects[name] = left = [group for group in sheet.objects[name] if group is not deepest]
    return {"deleteDimensionGroup": {"dimensionGroups": left} if left else {}}


def update_dimension_group(edit: Edit, request: Json) -> Json:
    field_mask(request, "DimensionGroup", "dimensionGroup")
    given = request.get("dimensionGroup", {})
    sheet, name, place = _groups(edit, given.get("range", {}))
    for group in sheet.objects[name]:
        if group["range"] == place and group["depth"] == given.get("depth", 1):
            if given.get("collapsed"):
                group["collapsed"] = True
            else:
                group.pop("collapsed", None)
            return {}
    raise invalid("There is no group for that range and depth.")


def sort_range(edit: Edit, request: Json) -> Json:
    """Orders the rows of a range. Row metadata goes with its row, cells outside of the columns stay."""
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    specs = request.get("sortSpecs", [])
    order = list(range(area.top, area.bottom or 0))
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        if not area.left <= column < (area.right or 0):
            raise invalid(f"sortSpecs.dimensionIndex[{column}] lies outside of the range.")
        keys = {row: _sort_key(edit.evaluator.value(sheet, row, column)) for row in order}
        keyed = {row: key for row, key in keys.items() if key is not None}
        filled = sorted(keyed, key=keyed.__getitem__, reverse=spec.get("sortOrder") == "DESCENDING")
        order = filled + [row for row in order if row not in keyed]
    target = {old: area.top + place for place, old in enumerate(order)}
    columns = range(area.left, area.right or 0)
    lines = {old: {c: sheet.cell(old, c) for c in columns} for old in order}
    for old, new in target.items():
        for column, cell in lines[old].items():
            sheet.put(new, column, _shifted(cell, new - old))
    dimensions.move_metadata(edit.book, sheet, "ROWS", lambda row: target.get(row, row))
    return {}


def _sort_key(value: Any) -> tuple[int, Any] | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    return (1, value.casefold()) if isinstance(value, str) else (3, 0)


def _shifted(cell: Cell, rows: int, columns: int = 0) -> Cell:
    """A cell at its new place: references of its formula move along."""
    formula = cell.get("userEnteredValue", {}).get("formulaValue")
    if not formula:
        return cell
    return cell | {"userEnteredValue": {"formulaValue": syntax.copied(formula, rows, columns)}}


def insert_range(edit: Edit, request: Json) -> Json:
    sheet, area, down = _shift_request(edit, request)
    if down:
        sheet.grid["rowCount"] += area.height
    else:
        sheet.grid["columnCount"] += area.width
    edit.check_size()
    _shift(sheet, area, down=down, by=area.height if down else area.width)
    return {}


def delete_range(edit: Edit, request: Json) -> Json:
    sheet, area, down = _shift_request(edit, request)
    for row, column in area.cells():
        sheet.put(row, column, {})
    _shift(sheet, area, down=down, by=-area.height if down else -area.width)
    return {}


def _shift_request(edit: Edit, request: Json) -> tuple[Sheet, Area, bool]:
    sheet, area = edit.area(request.get("range", {}))
    down = request.get("shiftDimension", "ROWS") == "ROWS"
    behind = Area(
        sheet.id,
        area.top,
        area.left,
        sheet.rows if down else area.bottom,
        area.right if down else sheet.columns,
    )
    edit.guard(behind)
    return sheet, area, down


def _shift(sheet: Sheet, area: Area, *, down: bool, by: int) -> None:
    """Moves the cells from the range on, in its rows or columns, by that many places."""
    moved: list[tuple[int, int, Cell]] = []
    for row in list(sheet.cells):
        for column in list(sheet.cells[row]):
            across = area.left <= column < (area.right or 0) if down else area.top <= row < (area.bottom or 0)
            if across and (row >= area.top if down else column >= area.left):
                moved.append(
                    (row + by if down else row, column if down else column + by, sheet.cell(row, column))
                )
                sheet.put(row, column, {})
    for row, column, cell in moved:
        sheet.put(row, column, cell)


KINDS = {
    "insertDimension": insert_dimension,
    "deleteDimension": delete_dimension,
    "moveDimension": move_dimension,
    "appendDimension": append_dimension,
    "updateDimensionProperties": update_dimension_properties,
    "autoResizeDimensions": auto_resize_dimensions,
    "addDimensionGroup": add_dimension_group,
    "deleteDimensionGroup": delete_dimension_group,
    "updateDimensionGroup": update_dimension_group,
    "sortRange": sort_range,
    "insertRange": insert_range,
    "deleteRange": delete_range,
}

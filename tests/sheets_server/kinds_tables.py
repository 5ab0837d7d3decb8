"""Requests of a batch about tables, charts and alternating colours."""

from __future__ import annotations

from tests.sheets_server import masks
from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.kinds_cells import find_table
from tests.sheets_server.kinds_objects import checked_range, find, replace
from tests.sheets_server.kinds_sheets import field_mask
from tests.sheets_server.model import Sheet


def add_banding(edit: Edit, request: Json) -> Json:
    given = request.get("bandedRange", {})
    sheet, grid = checked_range(edit, given.get("range", {}))
    for other in sheet.objects["bandedRanges"]:
        if Area.from_grid(grid).meets(Area.from_grid(other["range"])):
            raise invalid("You cannot add alternating background colors to a range that already has them.")
    made = {"bandedRangeId": edit.world.ids.object()} | given | {"range": grid}
    sheet.objects["bandedRanges"].append(made)
    return {"addBanding": {"bandedRange": made}}


def update_banding(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "BandedRange", "bandedRange")
    given = request.get("bandedRange", {})
    sheet, old = find(edit, "bandedRanges", "bandedRangeId", given.get("bandedRangeId"), "banded range")
    new = masks.update(old, given, mask)
    new["range"] = checked_range(edit, new.get("range", {}))[1]
    replace(sheet, "bandedRanges", old, new)
    return {}


def delete_banding(edit: Edit, request: Json) -> Json:
    sheet, gone = find(edit, "bandedRanges", "bandedRangeId", request.get("bandedRangeId"), "banded range")
    replace(sheet, "bandedRanges", gone, None)
    return {}


def add_chart(edit: Edit, request: Json) -> Json:
    given = request.get("chart", {})
    if not given.get("spec"):
        raise invalid("chart.spec: a chart needs a specification.")
    sheet, position = _position(edit, given.get("position", {}))
    made = {"chartId": edit.world.ids.object()} | given | {"position": position}
    sheet.objects["charts"].append(made)
    return {"addChart": {"chart": made}}


def _position(edit: Edit, given: Json) -> tuple[Sheet, Json]:
    overlay = given.get("overlayPosition")
    if overlay is None:
        raise invalid("The test server plays charts on a grid only: position.overlayPosition is missing.")
    size = {"widthPixels": 600, "heightPixels": 371}
    return edit.sheet(overlay.get("anchorCell", {}).get("sheetId", 0)), {"overlayPosition": size | overlay}


def update_chart_spec(edit: Edit, request: Json) -> Json:
    sheet, old = find(edit, "charts", "chartId", request.get("chartId"), "chart")
    replace(sheet, "charts", old, old | {"spec": request.get("spec", {})})
    return {}


def update_embedded_object_position(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "OverlayPosition", "newPosition")
    sheet, old = find(edit, "charts", "chartId", request.get("objectId"), "chart")
    given = request.get("newPosition", {}).get("overlayPosition", {})
    overlay = masks.update(old["position"]["overlayPosition"], given, mask)
    target, position = _position(edit, {"overlayPosition": overlay})
    replace(sheet, "charts", old, None)
    target.objects["charts"].append(old | {"position": position})
    return {"updateEmbeddedObjectPosition": {"position": position}}


def delete_embedded_object(edit: Edit, request: Json) -> Json:
    sheet, gone = find(edit, "charts", "chartId", request.get("objectId"), "chart")
    replace(sheet, "charts", gone, None)
    return {}


def add_table(edit: Edit, request: Json) -> Json:
    given = request.get("table", {})
    sheet, grid = checked_range(edit, given.get("range", {}))
    for other in sheet.objects["tables"]:
        if Area.from_grid(grid).meets(Area.from_grid(other["range"])):
            raise invalid("The range of a table must not overlap another table.")
    made = {"tableId": edit.world.ids.name("")} | given | {"range": grid}
    made.setdefault("name", f"Table{len(sheet.objects['tables']) + 1}")
    _check_table(edit, made, None)
    sheet.objects["tables"].append(made)
    return {"addTable": {"table": made}}


def _check_table(edit: Edit, table: Json, own: Json | None) -> None:
    for sheet in edit.book.sheets:
        for other in sheet.objects["tables"]:
            if other is not own and other["name"].casefold() == table["name"].casefold():
                raise invalid(f"A table with the name '{table['name']}' already exists.")
    for column in table.get("columnProperties", ()):
        rule = column.get("dataValidationRule")
        if rule is not None and column.get("columnType") != "DROPDOWN":
            raise invalid("dataValidationRule can only be set for columns of the type DROPDOWN.")


def update_table(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "Table", "table")
    given = request.get("table", {})
    sheet, old = find_table(edit, given.get("tableId", ""))
    new = masks.update(old, given, mask)
    new["range"] = checked_range(edit, new.get("range", {}))[1]
    _check_table(edit, new, old)
    replace(sheet, "tables", old, new)
    return {}


def delete_table(edit: Edit, request: Json) -> Json:
    """The table goes with its cells' contents."""
    sheet, gone = find_table(edit, request.get("tableId", ""))
    _, area = edit.area(gone["range"])
    edit.guard(area)
    for place in area.cells():
        sheet.put(*place, {})
    replace(sheet, "tables", gone, None)
    return {}


KINDS = {
    "addBanding": add_banding,
    "updateBanding": update_banding,
    "deleteBanding": delete_banding,
    "addChart": add_chart,
    "updateChartSpec": update_chart_spec,
    "updateEmbeddedObjectPosition": update_embedded_object_position,
    "deleteEmbeddedObject": delete_embedded_object,
    "addTable": add_table,
    "updateTable": update_table,
    "deleteTable": delete_table,
}

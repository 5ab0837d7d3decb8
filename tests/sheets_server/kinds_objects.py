"""Requests of a batch about what is attached to ranges: names, protection, conditional formats, filters."""

from __future__ import annotations

from tests.sheets_server import masks
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.kinds_cells import find_table
from tests.sheets_server.kinds_sheets import field_mask
from tests.sheets_server.model import Sheet


def checked_range(edit: Edit, grid: Json) -> tuple[Sheet, Json]:
    """A checked GridRange without a sheet id of zero; ends that were open stay open."""
    sheet, _ = edit.area(grid)
    return sheet, {name: value for name, value in grid.items() if name != "sheetId" or value}


def find(edit: Edit, collection: str, key: str, value: object, word: str) -> tuple[Sheet, Json]:
    for sheet in edit.book.sheets:
        for one in sheet.objects[collection]:
            if one[key] == value:
                return sheet, one
    raise invalid(f"No {word} with id: {value}")


def replace(sheet: Sheet, collection: str, old: Json, new: Json | None) -> None:
    kept = [new if one is old else one for one in sheet.objects[collection]]
    sheet.objects[collection] = [one for one in kept if one is not None]


# Named ranges


def add_named_range(edit: Edit, request: Json) -> Json:
    given = request.get("namedRange", {})
    _check_name(edit, given.get("name", ""), None)
    _, grid = checked_range(edit, given.get("range", {}))
    made = {"namedRangeId": given.get("namedRangeId") or str(edit.world.ids.object())}
    made |= {"name": given["name"], "range": grid}
    edit.book.named_ranges.append(made)
    return {"addNamedRange": {"namedRange": made}}


def _check_name(edit: Edit, name: str, own: Json | None) -> None:
    if (
        not name
        or not (name[0].isalpha() or name[0] == "_")
        or not name.replace("_", "a").replace(".", "a").isalnum()
    ):
        raise invalid(f"The name '{name}' is no valid name of a range.")
    if any(one["name"].casefold() == name.casefold() for one in edit.book.named_ranges if one is not own):
        raise invalid(f"A named range with the name '{name}' already exists.")


def _named(edit: Edit, range_id: str) -> Json:
    for one in edit.book.named_ranges:
        if one["namedRangeId"] == range_id:
            return one
    raise invalid(f"No named range with id: {range_id}")


def update_named_range(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "NamedRange", "namedRange")
    given = request.get("namedRange", {})
    old = _named(edit, given.get("namedRangeId", ""))
    new = masks.update(old, given, mask)
    _check_name(edit, new.get("name", ""), old)
    new["range"] = checked_range(edit, new.get("range", {}))[1]
    edit.book.named_ranges = [new if one is old else one for one in edit.book.named_ranges]
    return {}


def delete_named_range(edit: Edit, request: Json) -> Json:
    gone = _named(edit, request.get("namedRangeId", ""))
    edit.book.named_ranges = [one for one in edit.book.named_ranges if one is not gone]
    return {}


# Protection


def add_protected_range(edit: Edit, request: Json) -> Json:
    given = request.get("protectedRange", {})
    made: Json = {"protectedRangeId": given.get("protectedRangeId") or edit.world.ids.object()}
    sheet, made = _protection(edit, made, given)
    sheet.objects["protectedRanges"].append(made)
    listed = {key: value for key, value in made.items() if key != "editors"}
    return {"addProtectedRange": {"protectedRange": listed | {"requestingUserCanEdit": True, "editors": {}}}}


def _protection(edit: Edit, kept: Json, given: Json) -> tuple[Sheet, Json]:
    """A protected range as it is stored. Who makes one stays among its editors, as at Google."""
    made = dict(kept)
    if "tableId" in given:
        sheet, table = find_table(edit, given["tableId"])
        made |= {"tableId": given["tableId"], "range": table["range"]}
    elif "namedRangeId" in given:
        named = _named(edit, given["namedRangeId"])
        sheet, grid = checked_range(edit, named["range"])
        made |= {"namedRangeId": given["namedRangeId"], "range": grid}
    else:
        sheet, made["range"] = checked_range(edit, given.get("range", {}))
    for name in ("description", "unprotectedRanges"):
        if given.get(name):
            made[name] = given[name]
    if given.get("warningOnly"):
        return sheet, made | {"warningOnly": True}
    editors = {name: value for name, value in given.get("editors", {}).items() if value}
    users = [*editors.get("users", ()), *(() if edit.who in editors.get("users", ()) else (edit.who,))]
    return sheet, made | {"editors": editors | {"users": users}}


def update_protected_range(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "ProtectedRange", "protectedRange")
    given = request.get("protectedRange", {})
    sheet, old = find(
        edit, "protectedRanges", "protectedRangeId", given.get("protectedRangeId"), "protected range"
    )
    edit.guard_protection(old)
    target, new = _protection(
        edit, {"protectedRangeId": old["protectedRangeId"]}, masks.update(old, given, mask)
    )
    replace(sheet, "protectedRanges", old, None)
    target.objects["protectedRanges"].append(new)
    return {}


def delete_protected_range(edit: Edit, request: Json) -> Json:
    key = request.get("protectedRangeId")
    sheet, gone = find(edit, "protectedRanges", "protectedRangeId", key, "protected range")
    edit.guard_protection(gone)
    replace(sheet, "protectedRanges", gone, None)
    return {}


# Conditional formats


def _rule(edit: Edit, given: Json) -> tuple[Sheet, Json]:
    if not given.get("ranges"):
        raise invalid("A conditional format rule needs at least one range.")
    if ("booleanRule" in given) == ("gradientRule" in given):
        raise invalid("A conditional format rule is either a boolean rule or a gradient rule.")
    placed = [checked_range(edit, grid) for grid in given["ranges"]]
    return placed[0][0], given | {"ranges": [grid for _, grid in placed]}


def add_conditional_format_rule(edit: Edit, request: Json) -> Json:
    sheet, rule = _rule(edit, request.get("rule", {}))
    sheet.objects["conditionalFormats"].insert(request.get("index", 0), rule)
    return {}


def _rule_at(edit: Edit, request: Json) -> tuple[list[Json], int]:
    rules = edit.sheet(request.get("sheetId", 0)).objects["conditionalFormats"]
    index = request.get("index", 0)
    if not 0 <= index < len(rules):
        raise invalid(f"No conditional format on sheet: {request.get('sheetId', 0)} at index: {index}")
    return rules, index


def update_conditional_format_rule(edit: Edit, request: Json) -> Json:
    if "rule" in request:
        sheet, rule = _rule(edit, request["rule"])
        rules, index = _rule_at(edit, request | {"sheetId": request.get("sheetId", sheet.id)})
        old, rules[index] = rules[index], rule
        answer = {"newRule": rule, "newIndex": index, "oldRule": old}
    else:
        rules, index = _rule_at(edit, request)
        moved = rules.pop(index)
        rules.insert(request.get("newIndex", 0), moved)
        answer = {"newRule": moved, "newIndex": rules.index(moved), "oldRule": moved, "oldIndex": index}
    return {"updateConditionalFormatRule": answer}


def delete_conditional_format_rule(edit: Edit, request: Json) -> Json:
    rules, index = _rule_at(edit, request)
    return {"deleteConditionalFormatRule": {"rule": rules.pop(index)}}


# Filters


def set_basic_filter(edit: Edit, request: Json) -> Json:
    given = request.get("filter", {})
    sheet, grid = checked_range(edit, given.get("range", {}))
    sheet.basic_filter = given | {"range": grid}
    return {}


def clear_basic_filter(edit: Edit, request: Json) -> Json:
    edit.sheet(request.get("sheetId", 0)).basic_filter = None
    return {}


def add_filter_view(edit: Edit, request: Json) -> Json:
    given = request.get("filter", {})
    sheet, grid = checked_range(edit, given.get("range", {}))
    made = {"filterViewId": edit.world.ids.object()} | given | {"range": grid}
    sheet.objects["filterViews"].append(made)
    return {"addFilterView": {"filter": made}}


def delete_filter_view(edit: Edit, request: Json) -> Json:
    sheet, gone = find(edit, "filterViews", "filterViewId", request.get("filterId"), "filter view")
    replace(sheet, "filterViews", gone, None)
    return {}


KINDS = {
    "addNamedRange": add_named_range,
    "updateNamedRange": update_named_range,
    "deleteNamedRange": delete_named_range,
    "addProtectedRange": add_protected_range,
    "updateProtectedRange": update_protected_range,
    "deleteProtectedRange": delete_protected_range,
    "addConditionalFormatRule": add_conditional_format_rule,
    "updateConditionalFormatRule": update_conditional_format_rule,
    "deleteConditionalFormatRule": delete_conditional_format_rule,
    "setBasicFilter": set_basic_filter,
    "clearBasicFilter": clear_basic_filter,
    "addFilterView": add_filter_view,
    "deleteFilterView": delete_filter_view,
}

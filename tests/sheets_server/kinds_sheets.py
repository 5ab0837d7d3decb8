"""Requests of a batch about the spreadsheet and its tabs."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from tests.sheets_server import discovery, locales, masks, syntax
from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid, not_played
from tests.sheets_server.masks import Mask
from tests.sheets_server.model import Sheet, new_sheet
from tests.sheets_server.reading import properties as shown_properties

# Fields that Google leaves out of its answers while they are false or zero.
_PLAIN_DEFAULTS = ("hidden", "rightToLeft")
_GRID_DEFAULTS = (
    "frozenRowCount",
    "frozenColumnCount",
    "hideGridlines",
    "rowGroupControlAfter",
    "columnGroupControlAfter",
)


def field_mask(request: Json, message: str, prefix: str = "") -> Mask:
    """The tree of a request's `fields`. Raises Refusal for an empty one and for fields nobody knows."""
    text = request.get("fields", "")
    if not text:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    try:
        mask = masks.parse(text)
    except masks.BadMask:
        raise invalid(f"Invalid field: {text}") from None
    if prefix and prefix in mask:  # "properties.title" and "title" mean the same
        mask = mask[prefix] or {"*": {}}
    unknown = discovery.unknown_fields("sheets", message, mask)
    if unknown:
        raise invalid(f"Invalid field: {unknown}")
    return mask


def update_spreadsheet_properties(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "SpreadsheetProperties", "properties")
    given = request.get("properties", {})
    if "locale" in mask and not locales.known(given.get("locale", "")):
        raise not_played(f"the locale {given.get('locale')!r}")
    edit.book.properties = masks.update(edit.book.properties, given, mask)
    return {}


def add_sheet(edit: Edit, request: Json) -> Json:
    given = dict(request.get("properties", {}))
    title = given.pop("title", None) or _free_title(edit)
    _check_title(edit, title, None)
    index = given.pop("index", len(edit.book.sheets))
    sheet_id = given.pop("sheetId", None)
    sheet_id = edit.world.ids.sheet() if sheet_id is None else sheet_id
    if edit.book.by_id(sheet_id) is not None:
        raise invalid(f"A sheet with the ID {sheet_id} already exists. Please enter a different ID.")
    if given.pop("sheetType", "GRID") != "GRID":
        raise not_played("sheets that are no grids")
    sheet = new_sheet(sheet_id, title, **given)
    _tidy(sheet, sheet.properties)
    edit.book.sheets.insert(min(index, len(edit.book.sheets)), sheet)
    edit.check_size()
    return {"addSheet": {"properties": shown_properties(sheet, edit.book.sheets.index(sheet))}}


def _free_title(edit: Edit) -> str:
    number = len(edit.book.sheets) + 1
    while edit.book.by_title(f"Sheet{number}"):
        number += 1
    return f"Sheet{number}"


def _check_title(edit: Edit, title: str, own: Sheet | None) -> None:
    found = edit.book.by_title(title)
    if found is not None and found is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if not title or len(title) > 100:
        raise invalid("A sheet's title has between 1 and 100 characters.")


def delete_sheet(edit: Edit, request: Json) -> Json:
    sheet = edit.sheet(request.get("sheetId", 0))
    edit.guard(sheet.whole())
    left = [one for one in edit.book.sheets if one is not sheet]
    if not left:
        raise invalid("You can't remove all the sheets in a document.")
    if all(one.properties.get("hidden") for one in left):
        raise invalid("You can't remove all the visible sheets in a document.")
    edit.book.sheets = left
    for key, item in list(edit.book.metadata.items()):
        where = item["location"]
        if sheet.id in (
            where.get("sheetId"),
            where.get("dimensionRange", {"sheetId": None}).get("sheetId", 0),
        ):
            del edit.book.metadata[key]
    edit.book.named_ranges = [
        one for one in edit.book.named_ranges if one["range"].get("sheetId", 0) != sheet.id
    ]
    return {}


def duplicate_sheet(edit: Edit, request: Json) -> Json:
    source = edit.sheet(request.get("sourceSheetId", 0))
    copied = source.copied()
    copied.properties["sheetId"] = request.get("newSheetId") or edit.world.ids.sheet()
    copied.properties["title"] = request.get("newSheetName") or f"Copy of {source.title}"
    _check_title(edit, copied.title, None)
    adopt(copied, source.id)
    index = request.get("insertSheetIndex", 0)
    edit.book.sheets.insert(min(index, len(edit.book.sheets)), copied)
    edit.check_size()
    return {"duplicateSheet": {"properties": shown_properties(copied, edit.book.sheets.index(copied))}}


def adopt(sheet: Sheet, old_id: int) -> None:
    """Points the ranges of a copied sheet's objects, which still name its source, at itself."""

    def repoint(value: Any) -> Any:
        if isinstance(value, list):
            return [repoint(one) for one in value]
        if not isinstance(value, dict):
            return value
        result = {name: repoint(inner) for name, inner in value.items()}
        is_range = {"startRowIndex", "startColumnIndex", "rowIndex", "startIndex"} & set(result)
        if (is_range or set(result) == {"sheetId"}) and result.get("sheetId", 0) == old_id:
            return {"sheetId": sheet.id} | {
                name: inner for name, inner in result.items() if name != "sheetId"
            }
        return result

    sheet.objects = repoint(sheet.objects)
    sheet.basic_filter = repoint(sheet.basic_filter)


def update_sheet_properties(edit: Edit, request: Json) -> Json:
    given = request.get("properties", {})
    sheet = edit.sheet(given.get("sheetId", 0))
    mask = field_mask(request, "SheetProperties", "properties")
    edit.guard_sheet(sheet)
    old_title, old_size = sheet.title, (sheet.rows, sheet.columns)
    kept = masks.update(
        sheet.properties, given, {name: below for name, below in mask.items() if name != "index"}
    )
    if "*" not in mask:
        kept.pop("index", None)
    if kept.get("title") != old_title:
        _check_title(edit, kept.get("title", ""), sheet)
    for name, word in (("rowCount", "rows"), ("columnCount", "columns")):
        if kept.get("gridProperties", {}).get(name, 0) < 1:
            raise invalid(f"You can't delete all the {word} on the sheet.")
    sheet.properties = kept
    _tidy(sheet, sheet.properties if "*" in mask else mask)
    if not any(not one.properties.get("hidden") for one in edit.book.sheets):
        raise invalid("You can't hide all the sheets in a document.")
    if sheet.title != old_title:
        _rename_in_formulas(edit, old_title, sheet.title)
    if (sheet.rows, sheet.columns) != old_size:
        _crop(edit, sheet)
    if "index" in mask:
        _move(edit, sheet, given.get("index", 0))
    return {}


def _tidy(sheet: Sheet, changed: Container[str]) -> None:
    """Takes out what is false, zero or empty, and gives a colour in both spellings, as Google answers."""
    for holder, names in ((sheet.properties, _PLAIN_DEFAULTS), (sheet.grid, _GRID_DEFAULTS)):
        for name in names:
            if not holder.get(name):
                holder.pop(name, None)
    style, color = sheet.properties.pop("tabColorStyle", None), sheet.properties.pop("tabColor", None)
    if "tabColor" in changed and "tabColorStyle" not in changed:
        style = {"rgbColor": color} if color is not None else None
    elif "tabColorStyle" in changed:
        color = (style or {}).get("rgbColor")
    sheet.properties |= ({"tabColor": color} if color is not None else {}) | (
        {"tabColorStyle": style} if style else {}
    )


def _move(edit: Edit, sheet: Sheet, index: int) -> None:
    """Google counts the new place before the sheet is taken out."""
    now = edit.book.sheets.index(sheet)
    edit.book.sheets.remove(sheet)
    edit.book.sheets.insert(index - 1 if index > now else index, sheet)


def _rename_in_formulas(edit: Edit, old: str, new: str) -> None:
    for one in edit.book.sheets:
        for line in one.cells.values():
            for column, cell in line.items():
                formula = cell.get("userEnteredValue", {}).get("formulaValue")
                if formula:
                    line[column] = cell | {
                        "userEnteredValue": {"formulaValue": syntax.retitled(formula, old, new)}
                    }


def _crop(edit: Edit, sheet: Sheet) -> None:
    """After a sheet became smaller: what lies outside is gone."""
    edit.check_size()
    edit.guard(Area(sheet.id, top=sheet.rows))
    edit.guard(Area(sheet.id, left=sheet.columns))
    sheet.cells = {
        row: kept
        for row, line in sheet.cells.items()
        if row < sheet.rows
        and (kept := {column: cell for column, cell in line.items() if column < sheet.columns})
    }
    for key, item in list(edit.book.metadata.items()):
        place = item["location"].get("dimensionRange")
        if (
            place
            and place.get("sheetId", 0) == sheet.id
            and place["startIndex"] >= sheet.length(place["dimension"])
        ):
            del edit.book.metadata[key]


KINDS = {
    "updateSpreadsheetProperties": update_spreadsheet_properties,
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "duplicateSheet": duplicate_sheet,
    "updateSheetProperties": update_sheet_properties,
}

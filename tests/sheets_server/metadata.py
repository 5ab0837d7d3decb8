"""Developer metadata: where it may lie, how it is looked up, and data filters made of it."""

from __future__ import annotations

from typing import Any

from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.kinds_dimensions import area_of
from tests.sheets_server.kinds_sheets import field_mask
from tests.sheets_server.masks import update
from tests.sheets_server.model import Sheet


def placed(edit: Edit, given: Json) -> Json:
    """A location with its type, checked. Raises Refusal for one that spans several rows or lies outside."""
    if given.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    place = given.get("dimensionRange")
    if place is None:
        if "sheetId" not in given:
            raise invalid("No location specified for the developer metadata.")
        return {"locationType": "SHEET", "sheetId": edit.sheet(given["sheetId"]).id}
    sheet = edit.sheet(place.get("sheetId", 0))
    dimension = place.get("dimension", "")
    start, end = place.get("startIndex", 0), place.get("endIndex", -1)
    if dimension not in ("ROWS", "COLUMNS") or end != start + 1:
        raise invalid("Developer metadata can only be attached to a single row or column.")
    if end > sheet.length(dimension):
        raise invalid("The location of the developer metadata lies outside of the sheet.")
    found = {"dimension": dimension, "startIndex": start, "endIndex": end}
    found = ({"sheetId": sheet.id} if sheet.id else {}) | found
    return {"locationType": "ROW" if dimension == "ROWS" else "COLUMN", "dimensionRange": found}


def create(edit: Edit, request: Json) -> Json:
    given = dict(request.get("developerMetadata", {}))
    if not given.get("metadataKey"):
        raise invalid("Developer metadata needs a key.")
    if given.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise invalid("Developer metadata needs a visibility.")
    given.setdefault("metadataId", edit.world.ids.object())
    if given["metadataId"] in edit.book.metadata:
        raise invalid(f"Developer metadata with the id {given['metadataId']} already exists.")
    given["location"] = placed(edit, given.get("location", {}))
    edit.book.metadata[given["metadataId"]] = given
    return {"createDeveloperMetadata": {"developerMetadata": given}}


def change(edit: Edit, request: Json) -> Json:
    mask = field_mask(request, "DeveloperMetadata", "developerMetadata")
    given = dict(request.get("developerMetadata", {}))
    if "location" in mask:
        given["location"] = placed(edit, given.get("location", {}))
        mask = mask | {"location": {}}
    changed = []
    for data_filter in request.get("dataFilters", []):
        for item in matching(edit, data_filter):
            edit.book.metadata[item["metadataId"]] = update(item, given, mask)
            changed.append(edit.book.metadata[item["metadataId"]])
    return {"updateDeveloperMetadata": {"developerMetadata": changed}}


def delete(edit: Edit, request: Json) -> Json:
    gone = matching(edit, request.get("dataFilter", {}))
    for item in gone:
        del edit.book.metadata[item["metadataId"]]
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": gone} if gone else {}}


def matching(edit: Edit, data_filter: Json) -> list[Json]:
    """The metadata that a DataFilter selects: by lookup, or all whose place meets a range."""
    found = list(edit.book.metadata.values())
    if "developerMetadataLookup" in data_filter:
        lookup = data_filter["developerMetadataLookup"]
        return [item for item in found if _matches(edit, item, lookup)]
    areas = [area for _, area in _ranges(edit, data_filter)]
    return [item for item in found if any(_meets(edit, item, area) for area in areas)]


def _matches(edit: Edit, item: Json, lookup: Json) -> bool:
    for name in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        if name in lookup and item.get(name) != lookup[name]:
            return False
    if "locationType" in lookup and item["location"]["locationType"] != lookup["locationType"]:
        return False
    if "metadataLocation" not in lookup:
        return True
    wanted = placed(edit, lookup["metadataLocation"])
    if lookup.get("locationMatchingStrategy") == "EXACT_LOCATION" or "spreadsheet" in wanted:
        return bool(item["location"] == wanted)
    return any(_meets(edit, item, area) for _, area in areas_of(edit, wanted))


def _meets(edit: Edit, item: Json, area: Area) -> bool:
    if "spreadsheet" in item["location"]:
        return False
    return any(area.meets(own) for _, own in areas_of(edit, item["location"]))


def areas_of(edit: Edit, location: Json) -> list[tuple[Sheet, Area]]:
    """The cells that a location covers: a row, a column, a sheet, or all sheets."""
    if "spreadsheet" in location:
        return [(sheet, sheet.whole()) for sheet in edit.book.sheets]
    place = location.get("dimensionRange")
    if place is None:
        sheet = edit.sheet(location["sheetId"])
        return [(sheet, sheet.whole())]
    sheet = edit.sheet(place.get("sheetId", 0))
    return [(sheet, area_of(sheet, place["dimension"], place["startIndex"], place["endIndex"]))]


def _ranges(edit: Edit, data_filter: Json) -> list[tuple[Sheet, Area]]:
    if "a1Range" in data_filter:
        return [edit.resolve(data_filter["a1Range"])]
    return [edit.area(data_filter.get("gridRange", {}))]


def filtered(edit: Edit, data_filter: Json) -> list[tuple[Sheet, Area]]:
    """The areas that a DataFilter selects."""
    if "developerMetadataLookup" not in data_filter:
        return _ranges(edit, data_filter)
    return [found for item in matching(edit, data_filter) for found in areas_of(edit, item["location"])]


def search(edit: Edit, filters: list[Json]) -> Json:
    """The answer of developerMetadata:search: each piece once, with the filters that select it."""
    hits: dict[int, list[Any]] = {}
    for data_filter in filters:
        for item in matching(edit, data_filter):
            hits.setdefault(item["metadataId"], []).append(data_filter)
    matched = [
        {"developerMetadata": edit.book.metadata[key], "dataFilters": found} for key, found in hits.items()
    ]
    return {"matchedDeveloperMetadata": matched} if matched else {}


KINDS = {
    "createDeveloperMetadata": create,
    "updateDeveloperMetadata": change,
    "deleteDeveloperMetadata": delete,
}

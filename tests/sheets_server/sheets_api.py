"""The methods of Sheets v4."""

from __future__ import annotations

from collections.abc import Callable

from tests.sheets_server import batch, comments, masks, metadata, model, reading, values
from tests.sheets_server.calls import Answer, Call
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, Refusal, invalid
from tests.sheets_server.kinds_sheets import adopt
from tests.sheets_server.model import Book
from tests.sheets_server.world import File

Handler = Callable[[Call], Answer]
_DENIED = "The caller does not have permission"


def opened(call: Call, *, write: bool, name: str = "spreadsheetId", file_id: str = "") -> tuple[File, Edit]:
    """The file a call is about and the caller's hand on its book. Raises Refusal: gone, or not allowed."""
    file = call.world.files.get(file_id or call.path[name])
    if file is None:
        raise Refusal(404, "Requested entity was not found.")
    role = call.world.role(call.identity.email, file)
    if role is None or (write and not call.world.may_write(call.identity.email, file)):
        raise Refusal(403, _DENIED)
    if file.book is None:
        raise Refusal(400, "This operation is not supported for this document")
    return file, Edit(call.world, file.book, call.identity.email, file.owner or "")


def _done(call: Call, body: Json) -> Answer:
    return Answer(masks.project(body, call.mask))


def _writing(call: Call, change: Callable[[Edit], Json]) -> Answer:
    """Makes a change in full or not at all, and a new version of the file."""
    file, edit = opened(call, write=True)
    with edit.atomic():
        answer = _done(call, change(edit))
    call.world.touched(file, call.identity.email)
    return answer


def create(call: Call) -> Answer:
    if call.identity.is_service:
        raise Refusal(403, _DENIED)  # a service account has no Drive of its own to put it in
    given = call.body.get("properties", {})
    file = call.world.add(given.get("title", "Untitled spreadsheet"), owner=call.identity.email)
    assert file.book is not None
    book = file.book
    book.properties |= given
    for index, one in enumerate(call.body.get("sheets", [])):
        wanted = {"title": f"Sheet{index + 1}", "sheetId": index} | one.get("properties", {})
        wanted.pop("index", None)
        sheet = model.new_sheet(wanted.pop("sheetId"), wanted.pop("title"), **wanted)
        book.sheets = [*(book.sheets if index else ()), sheet]
    edit = Edit(call.world, book, call.identity.email, file.owner or "")
    return Answer(reading.spreadsheet(edit, call.mask, None, grid_data=False))


def get(call: Call) -> Answer:
    _, edit = opened(call, write=False)
    mask = call.mask
    key = (call.identity.email, tuple(sorted((name, tuple(found)) for name, found in call.query.items())))
    if key not in edit.book.cached or edit.evaluator.volatile:
        areas = [edit.resolve(text)[1] for text in call.query.get("ranges", [])] or None
        shown = call.one("commentsViewMode") == "COMMENTS_VIEW_MODE_INCLUDED"
        body = reading.spreadsheet(edit, mask, areas, grid_data=call.flag("includeGridData"), comments=shown)
        # The answer itself is kept: once the server has written its JSON, the next caller gets that.
        edit.book.cached[key] = Answer(body)
    kept: Answer = edit.book.cached[key]
    return kept


def get_by_data_filter(call: Call) -> Answer:
    _, edit = opened(call, write=False)
    filters = call.body.get("dataFilters", [])
    areas = [area for one in filters for _, area in metadata.filtered(edit, one)] if filters else None
    grid_data = call.body.get("includeGridData", False)
    return Answer(reading.spreadsheet(edit, call.mask, areas, grid_data=grid_data))


def batch_update(call: Call) -> Answer:
    def change(edit: Edit) -> Json:
        answer: Json = {
            "spreadsheetId": edit.book.id,
            "replies": batch.apply(edit, call.body.get("requests", [])),
            **comments.update_state(edit.world, call.body.get("requests", [])),
        }
        if call.body.get("includeSpreadsheetInResponse"):
            areas = [edit.resolve(text)[1] for text in call.body.get("responseRanges", [])] or None
            grid_data = call.body.get("responseIncludeGridData", False)
            answer["updatedSpreadsheet"] = reading.spreadsheet(edit, {}, areas, grid_data=grid_data)
        return answer

    return _writing(call, change)


def values_get(call: Call) -> Answer:
    _, edit = opened(call, write=False)
    sheet, area = edit.resolve(call.path["range"])
    return _done(call, values.value_range(edit, sheet, area, call.options()))


def values_batch_get(call: Call) -> Answer:
    _, edit = opened(call, write=False)
    found = [edit.resolve(text) for text in call.query.get("ranges", [])]
    ranges = [values.value_range(edit, sheet, area, call.options()) for sheet, area in found]
    return _done(call, {"spreadsheetId": edit.book.id} | ({"valueRanges": ranges} if ranges else {}))


def values_batch_get_by_data_filter(call: Call) -> Answer:
    _, edit = opened(call, write=False)
    ranges = [
        {"valueRange": values.value_range(edit, sheet, area, call.body), "dataFilters": [one]}
        for one in call.body.get("dataFilters", [])
        for sheet, area in metadata.filtered(edit, one)
    ]
    return _done(call, {"spreadsheetId": edit.book.id} | ({"valueRanges": ranges} if ranges else {}))


def values_update(call: Call) -> Answer:
    return _writing(call, lambda edit: values.write(edit, call.path["range"], call.body, call.options()))


def values_append(call: Call) -> Answer:
    return _writing(call, lambda edit: values.append(edit, call.path["range"], call.body, call.options()))


def values_batch_update(call: Call) -> Answer:
    def change(edit: Edit) -> Json:
        data = call.body.get("data", [])
        responses = [values.write(edit, one.get("range", ""), one, call.body) for one in data]
        return {"spreadsheetId": edit.book.id} | values.totals(responses) | {"responses": responses}

    return _writing(call, change)


def values_batch_update_by_data_filter(call: Call) -> Answer:
    """A filter that selects nothing writes nothing and has no response."""

    def change(edit: Edit) -> Json:
        responses = []
        for one in call.body.get("data", []):
            for sheet, area in metadata.filtered(edit, one.get("dataFilter", {})):
                written = values.write(edit, edit.text(area), one, call.body)
                del written["spreadsheetId"]
                responses.append(written | {"dataFilter": one["dataFilter"]})
                assert sheet.id == area.sheet
        answer = {"spreadsheetId": edit.book.id} | values.totals(responses)
        return answer | ({"responses": responses} if responses else {})

    return _writing(call, change)


def values_clear(call: Call) -> Answer:
    def change(edit: Edit) -> Json:
        cleared = values.clear(edit, *edit.resolve(call.path["range"]))
        return {"spreadsheetId": edit.book.id, "clearedRange": cleared}

    return _writing(call, change)


def values_batch_clear(call: Call) -> Answer:
    def change(edit: Edit) -> Json:
        cleared = [values.clear(edit, *edit.resolve(text)) for text in call.body.get("ranges", [])]
        return {"spreadsheetId": edit.book.id, "clearedRanges": cleared}

    return _writing(call, change)


def values_batch_clear_by_data_filter(call: Call) -> Answer:
    def change(edit: Edit) -> Json:
        areas = [found for one in call.body.get("dataFilters", []) for found in metadata.filtered(edit, one)]
        return {
            "spreadsheetId": edit.book.id,
            "clearedRanges": [values.clear(edit, *found) for found in areas],
        }

    return _writing(call, change)


def metadata_get(call: Call) -> Answer:
    _, edit = opened(call, write=False)
    text = call.path["metadataId"]
    found = edit.book.metadata.get(int(text)) if text.isdigit() else None
    if found is None:
        raise Refusal(404, f"No developer metadata with id: {text}")
    return _done(call, found)


def metadata_search(call: Call) -> Answer:
    _, edit = opened(call, write=False)
    return _done(call, metadata.search(edit, call.body.get("dataFilters", [])))


def copy_to(call: Call) -> Answer:
    """The copy's id is new, its title "Copy of …", its place the last."""
    _, source = opened(call, write=False)
    text = call.path["sheetId"]
    if not text.isdigit():
        raise invalid(f"No grid with id: {text}")
    file, target = opened(call, write=True, file_id=call.body.get("destinationSpreadsheetId", ""))
    sheet = source.sheet(int(text)).copied()
    old = sheet.id
    sheet.properties |= {
        "sheetId": call.world.ids.sheet(),
        "title": _free(target.book, f"Copy of {sheet.title}"),
    }
    adopt(sheet, old)
    target.book.sheets.append(sheet)
    target.check_size()
    target.book.changed()
    call.world.touched(file, call.identity.email)
    return _done(call, reading.properties(sheet, len(target.book.sheets) - 1))


def _free(book: Book, title: str) -> str:
    number, found = 2, title
    while book.by_title(found):
        found, number = f"{title} {number}", number + 1
    return found


_BASE = "sheets.spreadsheets"
HANDLERS: dict[str, Handler] = {
    f"{_BASE}.create": create,
    f"{_BASE}.get": get,
    f"{_BASE}.getByDataFilter": get_by_data_filter,
    f"{_BASE}.batchUpdate": batch_update,
    f"{_BASE}.values.get": values_get,
    f"{_BASE}.values.batchGet": values_batch_get,
    f"{_BASE}.values.batchGetByDataFilter": values_batch_get_by_data_filter,
    f"{_BASE}.values.update": values_update,
    f"{_BASE}.values.append": values_append,
    f"{_BASE}.values.batchUpdate": values_batch_update,
    f"{_BASE}.values.batchUpdateByDataFilter": values_batch_update_by_data_filter,
    f"{_BASE}.values.clear": values_clear,
    f"{_BASE}.values.batchClear": values_batch_clear,
    f"{_BASE}.values.batchClearByDataFilter": values_batch_clear_by_data_filter,
    f"{_BASE}.developerMetadata.get": metadata_get,
    f"{_BASE}.developerMetadata.search": metadata_search,
    f"{_BASE}.sheets.copyTo": copy_to,
}
READS = frozenset(
    f"{_BASE}.{name}"
    for name in (
        "get",
        "getByDataFilter",
        "values.get",
        "values.batchGet",
        "values.batchGetByDataFilter",
        "developerMetadata.get",
        "developerMetadata.search",
    )
)

"""Comment threads of a spreadsheet, as far as the Sheets API's own description goes."""

from __future__ import annotations

from tests.sheets_server.clock import rfc3339
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.model import Sheet
from tests.sheets_server.world import World

_LONGEST = 2048


def insert_comment(edit: Edit, request: Json) -> Json:
    """A new thread at a cell."""
    content = request.get("content", "")
    if not content or len(content.encode()) > _LONGEST:
        raise invalid(f"A comment has between 1 and {_LONGEST} bytes of text.")
    place = request.get("coordinate", {})
    sheet = edit.sheet(place.get("sheetId", 0))
    row, column = place.get("rowIndex", 0), place.get("columnIndex", 0)
    if row >= sheet.rows or column >= sheet.columns:
        raise invalid("coordinate: the cell lies outside of the sheet.")
    if len(request.get("assigneeEmailAddress", "").encode()) > _LONGEST:
        raise invalid(f"assigneeEmailAddress has at most {_LONGEST} bytes.")
    if edit.world.comments_fail:
        return {}
    anchor = edit.world.ids.name("kix.")
    grid = {
        "startRowIndex": row,
        "endRowIndex": row + 1,
        "startColumnIndex": column,
        "endColumnIndex": column + 1,
    }
    sheet.objects["commentAnchors"].append(
        {"anchorId": anchor, "range": ({"sheetId": sheet.id} if sheet.id else {}) | grid}
    )
    thread = {
        "commentId": edit.world.ids.name("AAAA"),
        "anchorId": anchor,
        "headPost": _post(edit, content, request.get("assigneeEmailAddress")),
        "status": "OPEN",
    }
    edit.book.comments.append(thread)
    return {"insertComment": {"commentThread": thread}}


def update_state(world: World, requests: list[Json]) -> Json:
    """What an answer says of the comments that were asked for; nothing where none were."""
    if not any(name in KINDS for request in requests for name in request):
        return {}
    return {"commentUpdateState": "ALL_FAILED_UNKNOWN_REASON" if world.comments_fail else "ALL_SAVED"}


def _post(edit: Edit, content: str, assignee: str | None) -> Json:
    now = rfc3339(edit.world.clock.now())
    post: Json = {
        "postId": edit.world.ids.name("AAAB"),
        "content": content,
        "createTime": now,
        "updateTime": now,
    }
    return post | ({"assigneeEmail": assignee} if assignee else {})


def delete_comment(edit: Edit, request: Json) -> Json:
    gone = next((one for one in edit.book.comments if one["commentId"] == request.get("commentId")), None)
    if gone is None:
        raise invalid(f"No comment with id: {request.get('commentId')}")
    edit.book.comments.remove(gone)
    for sheet in edit.book.sheets:
        _unanchor(sheet, gone["anchorId"])
    return {}


def _unanchor(sheet: Sheet, anchor: str) -> None:
    kept = [one for one in sheet.objects["commentAnchors"] if one["anchorId"] != anchor]
    sheet.objects["commentAnchors"] = kept


KINDS = {"insertComment": insert_comment, "deleteComment": delete_comment}

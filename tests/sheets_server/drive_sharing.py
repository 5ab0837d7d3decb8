"""Who may do what with a file of Drive: its permissions and its comments."""

from __future__ import annotations

from typing import Any

from tests.sheets_server import masks
from tests.sheets_server.calls import Answer, Call
from tests.sheets_server.clock import rfc3339
from tests.sheets_server.errors import Json, Refusal, not_played
from tests.sheets_server.sheets_api import Handler
from tests.sheets_server.world import ROLES, File


def not_found(file_id: str) -> Refusal:
    return Refusal(404, f"File not found: {file_id}.", reason="notFound", location="fileId")


def opened(call: Call, *, at_least: str = "reader", name: str = "fileId") -> File:
    """The file of a call. Raises Refusal: 404 when the caller may not see it, 403 when not do this."""
    file = call.world.files.get(call.path[name])
    role = call.world.role(call.identity.email, file) if file else None
    asked = "supportsAllDrives" not in call.method.parameters or call.flag("supportsAllDrives")
    if file is None or role is None or (file.drive and not asked):
        raise not_found(call.path[name])
    if ROLES.index(role) < ROLES.index(at_least):
        message = "The user does not have sufficient permissions for this file."
        raise Refusal(403, message, reason="insufficientFilePermissions")
    return file


def permissions_list(call: Call) -> Answer:
    file = opened(call)
    shown = [_permission(one, call.mask) for one in file.permissions.values()]
    answer = {"kind": "drive#permissionList", "permissions": shown}
    return Answer(masks.project(answer, call.mask))


def _permission(entry: Json, mask: masks.Mask) -> Json:
    if mask:
        return entry
    return {name: value for name, value in entry.items() if name in ("id", "type", "kind", "role")}


def permissions_create(call: Call) -> Answer:
    file = opened(call, at_least="writer")
    role, kind = call.body.get("role", ""), call.body.get("type", "")
    if role not in ROLES or kind not in ("user", "group", "domain", "anyone"):
        raise Refusal(400, "The permission type field is required.", reason="required")
    if kind in ("group", "domain"):
        raise not_played(f"permissions of the type {kind}")
    email = "anyone" if kind == "anyone" else call.body.get("emailAddress", "")
    entry = call.world.share(file, email, role)
    call.world.touched(file, call.identity.email)
    return Answer(_permission(entry, call.mask) if not call.mask else masks.project(entry, call.mask))


def _own_permission(call: Call) -> tuple[File, str]:
    file = opened(call, at_least="writer")
    key = call.path["permissionId"]
    if key not in file.permissions:
        raise Refusal(404, f"Permission not found: {key}.", reason="notFound", location="permissionId")
    return file, key


def permissions_delete(call: Call) -> Answer:
    file, key = _own_permission(call)
    if file.permissions[key]["role"] == "owner":
        raise Refusal(403, "The owner of a file cannot be removed.", reason="cannotDeletePermission")
    del file.permissions[key]
    call.world.touched(file, call.identity.email)
    return Answer(status=204)


def permissions_update(call: Call) -> Answer:
    file, key = _own_permission(call)
    file.permissions[key] = file.permissions[key] | {"role": call.body.get("role", "reader")}
    call.world.touched(file, call.identity.email)
    return Answer(_permission(file.permissions[key], call.mask))


def comments_list(call: Call) -> Answer:
    file = opened(call)
    if not call.one("fields"):
        raise Refusal(
            400, "The 'fields' parameter is required for this method.", reason="required", location="fields"
        )
    return Answer(masks.project({"kind": "drive#commentList", "comments": file.comments}, call.mask))


def comments_create(call: Call) -> Answer:
    file = opened(call, at_least="commenter")
    now = rfc3339(call.world.clock.now())
    author: dict[str, Any] = {
        "kind": "drive#user",
        "displayName": call.identity.email.split("@")[0],
        "me": True,
    }
    made: Json = {
        "kind": "drive#comment",
        "id": call.world.ids.name("AAAA"),
        "createdTime": now,
        "modifiedTime": now,
    }
    made |= {"author": author, "content": call.body.get("content", ""), "deleted": False, "resolved": False}
    made |= {name: call.body[name] for name in ("anchor", "quotedFileContent") if name in call.body}
    file.comments.append(made)
    return Answer(masks.project(made, call.mask))


HANDLERS: dict[str, Handler] = {
    "drive.permissions.list": permissions_list,
    "drive.permissions.create": permissions_create,
    "drive.permissions.delete": permissions_delete,
    "drive.permissions.update": permissions_update,
    "drive.comments.list": comments_list,
    "drive.comments.create": comments_create,
}

"""The methods of Drive v3 that the product and gspread use."""

from __future__ import annotations

import csv
import io

from tests.sheets_server import drive_query, drive_sharing, entered, locales, masks, model, values
from tests.sheets_server.calls import Answer, Call
from tests.sheets_server.clock import rfc3339
from tests.sheets_server.drive_sharing import not_found, opened
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, Refusal, not_played
from tests.sheets_server.sheets_api import Handler
from tests.sheets_server.world import FOLDER_TYPE, ROLES, SHEET_TYPE, Drive, File, World

_LIST_DEFAULT = masks.parse("kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)")
_FILE_DEFAULT = masks.parse("kind,id,name,mimeType")


def resource(call: Call, file: File) -> Json:
    """A file as Drive shows it to the caller."""
    world, email = call.world, call.identity.email
    changed, version = file.shown(world.clock.now(), world.version_lag)
    write = world.may_write(email, file)
    role = world.role(email, file) or "reader"
    answer: Json = {
        "kind": "drive#file",
        "id": file.id,
        "name": file.name,
        "mimeType": file.kind,
        "parents": file.parents,
        "version": str(version),
        "createdTime": rfc3339(file.created),
        "modifiedTime": rfc3339(changed),
        "trashed": file.trashed,
        "explicitlyTrashed": file.trashed,
        "shared": len(file.permissions) > 1,
        "ownedByMe": file.owner == email,
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{file.id}/edit",
        "capabilities": {
            "canEdit": write,
            "canRename": write,
            "canTrash": write,
            "canComment": ROLES.index(role) >= 1,
            "canDelete": role in ("owner", "organizer"),
            "canShare": write,
            "canAddChildren": write and file.kind == FOLDER_TYPE,
            "canCopy": True,
        },
    }
    if file.drive:
        return answer | {"driveId": file.drive, "teamDriveId": file.drive}
    owner = {
        "kind": "drive#user",
        "displayName": (file.owner or "").split("@")[0],
        "emailAddress": file.owner or "",
    }
    answer |= {
        "owners": [owner | {"me": file.owner == email, "permissionId": world.permission_id(file.owner or "")}]
    }
    return answer | ({"permissions": list(file.permissions.values())} if write else {})


def _shown(call: Call, file: File) -> Answer:
    return Answer(masks.project(resource(call, file), call.mask or _FILE_DEFAULT))


def files_list(call: Call) -> Answer:
    """Files by their change, newest first. Items of shared drives only where they are asked for."""
    world = call.world
    test = drive_query.parse(call.one("q"), lambda file: _listed(world, file)) if call.one("q") else None
    shared = call.flag("includeItemsFromAllDrives") and call.flag("supportsAllDrives")
    size = call.one("pageSize", "100")
    if not size.isdigit() or not 1 <= int(size) <= 1000:
        message = f"Invalid value '{size}'. Values must be within the range: [1, 1000]"
        raise Refusal(400, message, reason="invalidParameter", location="pageSize")
    if call.one("driveId") and call.one("driveId") not in world.drives:
        raise Refusal(
            404, f"Shared drive not found: {call.one('driveId')}", reason="notFound", location="driveId"
        )
    found = [
        file
        for file in world.files.values()
        if world.role(call.identity.email, file) is not None
        and (shared or not file.drive)
        and (not call.one("driveId") or file.drive == call.one("driveId"))
        and (test is None or test(file))
        and file.id != file.drive
    ]
    found.sort(key=lambda file: (-_listed(world, file), file.id))
    start = _page_start(call.one("pageToken"))
    page = found[start : start + int(size)]
    answer: Json = {
        "kind": "drive#fileList",
        "incompleteSearch": False,
        "files": [resource(call, one) for one in page],
    }
    if start + len(page) < len(found):
        answer["nextPageToken"] = f"~!!~{start + len(page)}"
    return Answer(masks.project(answer, call.mask or _LIST_DEFAULT))


def _listed(world: World, file: File) -> float:
    return file.shown(world.clock.now(), world.version_lag)[0]


def _page_start(token: str) -> int:
    if not token:
        return 0
    if not token.startswith("~!!~") or not token[4:].isdigit():
        raise Refusal(400, "Invalid Value", reason="invalid", location="pageToken")
    return int(token[4:])


def _home(call: Call, parents: list[str]) -> tuple[str | None, str | None]:
    """Owner and shared drive of a new file. Raises Refusal: a service account has no storage of its own."""
    world, email = call.world, call.identity.email
    for parent in parents:
        holder = world.files.get(parent)
        if holder is None or world.role(email, holder) is None:
            raise not_found(parent)
        if not world.may_write(email, holder):
            message = "The user does not have sufficient permissions for this file."
            raise Refusal(403, message, reason="insufficientFilePermissions")
        if holder.drive:
            return None, holder.drive
    if call.identity.is_service:
        message = (
            "Service Accounts do not have storage quota. "
            "Leverage shared drives, or use OAuth delegation instead."
        )
        raise Refusal(403, message, reason="storageQuotaExceeded")
    return email, None


def files_create(call: Call) -> Answer:
    parents = [one for one in call.body.get("parents", []) if one != "root"]
    owner, drive = _home(call, parents)
    kind = call.body.get("mimeType", "application/octet-stream")
    file = call.world.add(
        call.body.get("name", "Untitled"), owner=owner, drive=drive, parents=tuple(parents), kind=kind
    )
    return _shown(call, file)


def files_get(call: Call) -> Answer:
    return _shown(call, opened(call))


def files_update(call: Call) -> Answer:
    file = opened(call, at_least="writer")
    if "name" in call.body:
        file.rename(call.body["name"])
    if "trashed" in call.body:
        file.trashed = call.body["trashed"]
    gone = [one for one in call.one("removeParents").split(",") if one]
    new = [one for one in call.one("addParents").split(",") if one]
    if new:
        _, file.drive = (
            _home(call, new) if any(one in call.world.drives for one in new) else (None, file.drive)
        )
    file.parents = [one for one in file.parents if one not in gone] + new
    call.world.touched(file, call.identity.email)
    return _shown(call, file)


def files_delete(call: Call) -> Answer:
    """For good, not into the trash: the owner may, in a shared drive its managers."""
    file = opened(call, at_least="organizer")
    del call.world.files[file.id]
    return Answer(status=204)


def files_copy(call: Call) -> Answer:
    source = opened(call)
    parents = call.body.get("parents", source.parents if source.drive else [])
    owner, drive = _home(call, parents)
    name = call.body.get("name") or f"Copy of {source.name}"
    file = call.world.add(name, owner=owner, drive=drive, parents=tuple(parents), kind=source.kind)
    if source.book is not None and file.book is not None:
        copied = source.book.snapshot()
        copied.id, copied.properties["title"] = file.id, name
        file.book = copied
    return _shown(call, file)


def files_export(call: Call) -> Answer:
    """The first sheet as CSV or TSV."""
    file = opened(call)
    kind = call.one("mimeType")
    if kind not in ("text/csv", "text/tab-separated-values") or file.book is None:
        raise not_played(f"the export to {kind}")
    edit = Edit(call.world, file.book, call.identity.email, file.owner or "")
    sheet = file.book.sheets[0]
    rows = values.value_range(edit, sheet, sheet.whole(), {}).get("values", [])
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if kind == "text/csv" else "\t", lineterminator="\r\n")
    width = max((len(row) for row in rows), default=0)
    writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
    return Answer(out.getvalue().removesuffix("\r\n").encode(), content_type=kind)


def import_csv(call: Call) -> Answer:
    """The content of an upload (media, of v2 as gspread sends it): one sheet named after the file."""
    file = opened(call, at_least="writer")
    assert file.book is not None
    rows = list(csv.reader(io.StringIO(call.raw.decode("utf-8"))))
    sheet = model.new_sheet(call.world.ids.sheet(), file.name)
    locale = locales.of(file.book.locale)
    for row, line in enumerate(rows):
        for column, text in enumerate(line):
            sheet.put(row, column, entered.written({}, text, locale, as_typed=True))
    file.book.sheets = [sheet]
    file.book.properties["timeZone"] = "America/Los_Angeles"  # where Google's importer lives
    file.book.changed()
    call.world.touched(file, call.identity.email)
    return Answer({"kind": "drive#file", "id": file.id, "mimeType": SHEET_TYPE})


def about(call: Call) -> Answer:
    email = call.identity.email
    user = {"kind": "drive#user", "displayName": email.split("@")[0], "emailAddress": email, "me": True}
    user["permissionId"] = call.world.permission_id(email)
    storage = (
        {"limit": "0", "usage": "0"} if call.identity.is_service else {"limit": "16106127360", "usage": "0"}
    )
    if not call.one("fields"):
        raise Refusal(
            400, "The 'fields' parameter is required for this method.", reason="required", location="fields"
        )
    return Answer(masks.project({"kind": "drive#about", "user": user, "storageQuota": storage}, call.mask))


def _drive(call: Call, drive_id: str) -> Drive:
    drive = call.world.drives.get(drive_id)
    if drive is None or call.identity.email not in {
        one.get("emailAddress") for one in drive.permissions.values()
    }:
        raise Refusal(404, f"Shared drive not found: {drive_id}", reason="notFound", location="driveId")
    return drive


def drives_list(call: Call) -> Answer:
    email = call.identity.email
    found = [
        {"kind": "drive#drive", "id": one.id, "name": one.name}
        for one in call.world.drives.values()
        if email in {entry.get("emailAddress") for entry in one.permissions.values()}
    ]
    return Answer(masks.project({"kind": "drive#driveList", "drives": found}, call.mask))


def drives_get(call: Call) -> Answer:
    drive = _drive(call, call.path["driveId"])
    return Answer(masks.project({"kind": "drive#drive", "id": drive.id, "name": drive.name}, call.mask))


HANDLERS: dict[str, Handler] = {
    **drive_sharing.HANDLERS,
    "drive.files.list": files_list,
    "drive.files.create": files_create,
    "drive.files.get": files_get,
    "drive.files.update": files_update,
    "drive.files.delete": files_delete,
    "drive.files.copy": files_copy,
    "drive.files.export": files_export,
    "drive.about.get": about,
    "drive.drives.list": drives_list,
    "drive.drives.get": drives_get,
}

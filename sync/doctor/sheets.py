"""The places in Google that the settings name, and each sheet in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sync.config import Feedback, GoogleSource, Settings
from sync.core.cells import fold
from sync.core.errors import SourceUnreadable
from sync.core.problems import sentence
from sync.core.schema import TEMPLATE_VERSION, TEMPLATE_VERSION_NAME, Tab
from sync.doctor.check import Check, State, unreadable
from sync.google.client import Client, Json
from sync.google.connection import Connection

AREA = "Sheets in Google"
_SHEET = "application/vnd.google-apps.spreadsheet"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE = "id,name,mimeType,trashed,capabilities/canEdit"
_MASK = (
    "properties(locale,timeZone),developerMetadata(metadataKey,metadataValue),"
    "sheets(properties(sheetId,title),protectedRanges(range,warningOnly,requestingUserCanEdit))"
)
_LOUDNESS = (State.OK, State.WARNING, State.PROBLEM)


class Sheet(NamedTuple):
    """A sheet that lies in one of the places: what Drive says of it, and the account that sees it."""

    file: Json
    client: Client


class Place(NamedTuple):
    """A folder, shared drive or sheet that the settings name, and the sheets that an account sees there."""

    check: Check
    sheets: Sequence[Sheet] = ()


class _Found(NamedTuple):
    name: str
    files: list[Json]


def places(settings: Settings, connection: Connection, usable: Sequence[str]) -> Iterator[Place]:
    """Every place that the settings name, as each account that reads there sees it.

    `usable` are the credentials that give access; the others have had their say.
    """
    for entry in settings.sources.google:
        able = [source for source in entry.credentials or usable if source in usable]
        if not able:
            message = f"None of its credentials gives access: {', '.join(_all_of(entry))}."
            yield Place(Check(AREA, "places", State.SKIPPED, message))
            continue
        for client in connection.clients(able):
            yield from _entry(entry, client)


def master(settings: Settings, connection: Connection, usable: Sequence[str]) -> Iterator[Check]:
    """Whether the master in Google, if there is one, may be written by the account that publishes it."""
    if not settings.master.google or not usable:
        return
    client = connection.clients(usable)[0]
    try:
        file = client.file(settings.master.google, _FILE)
    except SourceUnreadable as error:
        yield unreadable(AREA, "master", error)
        return
    name = file["name"]
    if file.get("trashed"):
        yield Check(AREA, "master", State.PROBLEM, f"“{name}” lies in the bin.", "Restore it in Drive.")
    elif not file.get("capabilities", {}).get("canEdit", True):
        hint = f"Share it with {client.account} as an editor."
        yield Check(AREA, "master", State.PROBLEM, f"{client.account} may only read “{name}”.", hint)
    else:
        yield Check(AREA, "master", State.OK, f"“{name}” may be written by {client.account}.")


def _all_of(entry: GoogleSource) -> tuple[str, ...]:
    return (*entry.folders, *entry.shared_drives, *entry.ids)


def _entry(entry: GoogleSource, client: Client) -> Iterator[Place]:
    wanted: list[tuple[str, str, Callable[[Client, str], _Found]]] = [
        *(("folder", folder, _folder) for folder in entry.folders),
        *(("shared drive", drive, _drive) for drive in entry.shared_drives),
        *(("sheet by id", sheet, _single) for sheet in entry.ids),
    ]
    for what, place, look in wanted:
        try:
            seen = look(client, place)
        except SourceUnreadable as error:
            yield Place(unreadable(AREA, what, error)._replace(message=f"{place}: {error.cause}"))
            continue
        sheets = [Sheet(file, client) for file in seen.files if _is_sheet(file)]
        yield Place(_counted(what, seen, client.account), sheets)


def _is_sheet(file: Json) -> bool:
    return file["mimeType"] == _SHEET and not file.get("trashed")


def _folder(client: Client, folder: str) -> _Found:
    """What lies in a folder: two calls to Drive, since a folder that nobody shared looks empty."""
    name = client.file(folder, "name")["name"]
    return _Found(name, list(client.files(f"'{folder}' in parents and {_KINDS}", _FILE)))


def _drive(client: Client, drive: str) -> _Found:
    name = client.file(drive, "name")["name"]
    return _Found(name, list(client.files(_KINDS, _FILE, corpora="drive", driveId=drive)))


_KINDS = f"(mimeType='{_SHEET}' or mimeType='{_EXCEL}')"


def _single(client: Client, sheet: str) -> _Found:
    file = client.file(sheet, _FILE)
    return _Found(file["name"], [file])


def _counted(what: str, seen: _Found, account: str) -> Check:
    """The check of a place that was seen, by what lies there."""
    here = [file for file in seen.files if not file.get("trashed")]
    sheets = [file for file in here if _is_sheet(file)]
    books = [file["name"] for file in here if file["mimeType"] == _EXCEL]
    binned = len(seen.files) - len(here)
    more = f", {binned} in the bin" if binned else ""
    message = f"“{seen.name}”, as {account}: {_many(len(sheets), 'sheet')}{more}."
    if books:
        message += f" An Excel file is no Google sheet: {', '.join(books[:5])}."
        hint = "Open each and choose File > Save as Google Sheets, or move it out of the folder."
        return Check(AREA, what, State.WARNING, message, hint)
    if not sheets:
        hint = f"Share the sheets with {account}, move them there, or correct `[[sources.google]]`."
        return Check(AREA, what, State.WARNING, message, hint)
    return Check(AREA, what, State.OK, message)


def sheets_in(seen: Sequence[Place]) -> list[Sheet]:
    """The sheets of all places by name, each once: seen by two accounts, it is the first one's."""
    found: dict[str, Sheet] = {}
    for sheet in (sheet for place in seen for sheet in place.sheets):
        found.setdefault(sheet.file["id"], sheet)
    return sorted(found.values(), key=lambda sheet: (sheet.file["name"], sheet.file["id"]))


def each(settings: Settings, sheets: Sequence[Sheet], step: Callable[[], None]) -> Iterator[Check]:
    """A check of each sheet, one read for each; `step` is called after it."""
    for sheet in sheets:
        try:
            reply = sheet.client.spreadsheet(sheet.file["id"], fields=_MASK)
        except SourceUnreadable as error:
            yield unreadable(AREA, sheet.file["name"], error)
        else:
            yield _looked_at(sheet, reply, settings.feedback)
        step()


def comments(settings: Settings) -> Iterator[Check]:
    """Whether comments, if they are wanted, can be assigned to anybody."""
    if not settings.feedback.comments:
        return
    if settings.people.path is None:
        hint = "Give the people list in `[people] path`; only who is in it is assigned."
        message = "New errors are commented on, and assigned to nobody, since there is no people list."
        yield Check(AREA, "comments", State.WARNING, message, hint)
    else:
        domains = ", ".join(settings.mail.allowed_domains)
        who = f"owners in the people list{f' with an address at {domains}' if domains else ''}"
        yield Check(AREA, "comments", State.OK, f"New errors are commented on, for {who}.")


def _looked_at(sheet: Sheet, reply: Json, feedback: Feedback) -> Check:
    parts = [_access(sheet, feedback), _local(reply), _template(reply), _status_tab(reply, feedback)]
    state = max((part.state for part in parts), key=_LOUDNESS.index)
    hint = " ".join(part.hint for part in parts if part.hint)
    message = sentence("; ".join(part.says for part in parts)) + "."
    return Check(AREA, sheet.file["name"], state, message, hint)


class _Part(NamedTuple):
    says: str
    state: State = State.OK
    hint: str = ""


def _access(sheet: Sheet, feedback: Feedback) -> _Part:
    if sheet.file.get("capabilities", {}).get("canEdit"):
        return _Part("may be read and written")
    if not feedback.google:
        return _Part("may be read")
    what = f"findings{' or comments' if feedback.comments else ''}"
    hint = f"Share it with {sheet.client.account} as an editor, if it shall get {what}."
    return _Part(f"may be read only, so it gets no {what}", State.WARNING, hint)


def _local(reply: Json) -> _Part:
    properties = reply.get("properties", {})
    return _Part(f"{properties.get('locale', 'no locale')}, {properties.get('timeZone', 'no time zone')}")


def _template(reply: Json) -> _Part:
    marks = {one["metadataKey"]: one.get("metadataValue", "") for one in reply.get("developerMetadata", ())}
    version = marks.get(TEMPLATE_VERSION_NAME, "")
    if not version:
        return _Part("made by hand or from an older template")
    if version == TEMPLATE_VERSION:
        return _Part(f"template {version}")
    hint = f"This release's template has version {TEMPLATE_VERSION}; `okrsync template --google` makes one."
    return _Part(f"template {version}", State.WARNING, hint)


def _status_tab(reply: Json, feedback: Feedback) -> _Part:
    """Whether the tab for findings is there, and closed to people."""
    tabs = [one for one in reply.get("sheets", ()) if fold(one["properties"]["title"]) == _STATUS]
    if not tabs:
        what = f"findings{' (and comments)' if feedback.comments else ''}"
        hint = f"Copy the tab from a fresh template, if it shall get {what}." if feedback.google else ""
        state = State.WARNING if feedback.google else State.OK
        return _Part(f"no tab {Tab.SYNC_STATUS}", state, hint)
    mine = [one for one in tabs[0].get("protectedRanges", ()) if _is_whole(one.get("range", {}))]
    if not mine:
        hint = f"Protect {Tab.SYNC_STATUS} (Data > Protect sheets and ranges), so that nobody types there."
        return _Part(
            f"{Tab.SYNC_STATUS} is not protected", State.WARNING if feedback.google else State.OK, hint
        )
    if feedback.google and not any(
        one.get("requestingUserCanEdit") or one.get("warningOnly") for one in mine
    ):
        hint = f"Add okrsync's account to those who may edit the protected tab {Tab.SYNC_STATUS}."
        return _Part(f"{Tab.SYNC_STATUS} is protected against okrsync, too", State.WARNING, hint)
    return _Part(f"{Tab.SYNC_STATUS} is protected")


_STATUS = fold(str(Tab.SYNC_STATUS))


def _is_whole(area: Json) -> bool:
    return not any(name.endswith("Index") for name in area)


def sweep(sheets: Sequence[Sheet], connection: Connection, accounts: int) -> Check:
    """How long the quota makes it take to read all sheets once."""
    rate = connection.access.limits.reads_per_minute * max(1, accounts)
    minutes = -(-len(sheets) // rate)
    message = f"Reading all {_many(len(sheets), 'sheet')} takes one read each; at {rate} a minute that is "
    return Check("Quota", "all sheets", State.OK, f"{message}{_many(minutes, 'minute')} at most.")


def _many(count: int, thing: str) -> str:
    return f"1 {thing}" if count == 1 else f"{count} {thing}s"

"""Team sheets in Google: which there are, whether they may have changed, and their cells.

One `files.list` tells the versions of a thousand sheets; a sheet whose version is known is not read. Drive
is some minutes behind the sheets, and counts our own writes too. So the version that is kept is the
one listed *before* the sheet was read: at worst a sheet is read once too often.
"""

from __future__ import annotations

import builtins
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sync.core.checks.structure import S110
from sync.core.errors import AccountUnusable, SourceUnreadable
from sync.core.headers import is_ours
from sync.core.policy import Limits
from sync.core.problems import Problem
from sync.core.schema import IN_GOOGLE
from sync.core.sheets_api import sheet_url
from sync.google.client import Client
from sync.google.connection import Connection
from sync.google.refusals import NOT_THERE
from sync.sources.base import IN_THE_BIN, Listed, Listing, Reading
from sync.sources.google_cells import MASK, Json, grid_of

_SHEET = "application/vnd.google-apps.spreadsheet"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FIELDS = "id,name,version,modifiedTime,trashed,mimeType,parents,driveId,capabilities/canEdit"
_KINDS = f"(mimeType='{_SHEET}' or mimeType='{_EXCEL}')"
_FOLDERS_AT_ONCE = 40


class Wanted(NamedTuple):
    """Where sheets are: ids of folders (not of what lies in folders inside), of shared drives, of sheets."""

    folders: tuple[str, ...] = ()
    shared_drives: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


class GoogleSheets:
    """The sheets of one `[[sources.google]]`; implements Source. `exclude`: ids that are no team's.

    The accounts share the work: each sheet is read by the one that has had least to do of those that see it.
    """

    def __init__(
        self,
        wanted: Wanted,
        connection: Connection,
        *,
        credentials: Sequence[str] = (),
        number_format: str = "",
        limits: Limits,
        exclude: Iterable[str] = (),
    ) -> None:
        self._wanted = wanted
        self._connection = connection
        self._credentials = credentials
        self._number_format = number_format
        self._limits = limits
        self._exclude = frozenset(exclude)
        self._places: dict[str, frozenset[str]] = {}
        self._seen_by: dict[str, builtins.list[Client]] = defaultdict(list)
        self._writers: dict[str, builtins.list[Client]] = defaultdict(list)

    def list(self) -> Listed:
        """Every sheet that is there now, none of them read; `failed` says why nobody can tell."""
        try:
            clients = self._connection.clients(self._credentials)
        except SourceUnreadable as error:
            return Listed((), (_problem(self._name(), error),), failed=error.cause)
        files, failures = self._files(clients)
        failures = [*self._connection.unusable_of(self._credentials), *failures]
        lost = [] if failures else list(self._lost_folders(clients, files.values()))
        sheets = [file for file in files.values() if file.get("mimeType", _SHEET) == _SHEET]
        return Listed(
            tuple(sorted(self._listing(file) for file in sheets if not file.get("trashed"))),
            (
                *(_problem(self._name(), error) for error in failures),
                *self._of_another_kind(files.values()),
                *lost,
                *(() if failures else self._not_found(files)),
            ),
            # What another account would have seen must not be taken for gone.
            failed=failures[0].cause if failures else "",
            gone={_key(file["id"]): IN_THE_BIN for file in sheets if file.get("trashed")},
        )

    def read(self, listing: Listing) -> Reading:
        """The sheet's cells and the sha256 of what counts in the reply. Raises SourceUnreadable."""
        spreadsheet = listing.key.removeprefix(IN_GOOGLE)
        reply = self._asked(spreadsheet, lambda client: client.spreadsheet(spreadsheet, fields=MASK))
        return Reading(grid_of(reply, self._limits.cells), _hash(reply))

    def whereabouts(self, key: str) -> frozenset[str]:
        """The ids of a listed sheet, its folders and its shared drive, as far as the accounts see them."""
        spreadsheet = key.removeprefix(IN_GOOGLE)
        return self._places.get(spreadsheet, frozenset()) | {spreadsheet}

    def may_hold(self, whereabouts: frozenset[str]) -> bool:
        """Whether a sheet of these whereabouts may be one of this source's; its folder may be hidden."""
        wanted = self._wanted
        if whereabouts & {*wanted.folders, *wanted.shared_drives, *wanted.ids}:
            return True
        return bool(wanted.folders) and len(whereabouts) == 1

    def stop(self) -> None:
        """Ends calls under way, and those that wait for their turn."""
        self._connection.stop()

    def client(self, key: str) -> Client:
        """The account that may write into a sheet."""
        spreadsheet = key.removeprefix(IN_GOOGLE)
        able = [client for client in self._writers[spreadsheet] if not client.unusable]
        return able[0] if able else self._least_busy(spreadsheet)

    # --- listing -------------------------------------------------------------------------------------

    def _files(self, clients: Sequence[Client]) -> tuple[dict[str, Json], builtins.list[SourceUnreadable]]:
        """What the accounts see together, by id, and why some of them see nothing."""
        found: dict[str, Json] = {}
        failures: builtins.list[SourceUnreadable] = []
        for client in clients:
            try:
                files = {file["id"]: file for file in self._in_folders(client)}
                files |= {
                    file["id"]: file for file in self._by_id(client, set(self._wanted.ids) - set(files))
                }
            except SourceUnreadable as error:
                failures.append(error)
                continue
            for file in files.values():
                if file["id"] not in self._exclude:
                    self._note(file, client, found)
        return found, failures

    def _note(self, file: Json, client: Client, found: dict[str, Json]) -> None:
        """Remembers who sees a file, and who may write into it."""
        self._seen_by[file["id"]].append(client)
        place = {*file.get("parents", ()), *([file["driveId"]] if file.get("driveId") else ())}
        self._places[file["id"]] = self._places.get(file["id"], frozenset()) | place
        if _writable(file):
            self._writers[file["id"]].append(client)
        if file["id"] not in found or _writable(file):
            found[file["id"]] = file

    def _in_folders(self, client: Client) -> Iterator[Json]:
        folders = self._wanted.folders
        for at in range(0, len(folders), _FOLDERS_AT_ONCE):
            yield from _children(client, folders[at : at + _FOLDERS_AT_ONCE])
        for drive in self._wanted.shared_drives:
            yield from client.files(_KINDS, _FIELDS, corpora="drive", driveId=drive)

    def _lost_folders(self, clients: Sequence[Client], files: Iterable[Json]) -> Iterator[Problem]:
        """A problem for each folder in the settings that no account sees.

        Such a folder looks empty to a list. So the folders in which nothing lies are asked for one by one.
        """
        full = {parent for file in files for parent in file.get("parents", ())}
        for folder in self._wanted.folders:
            if folder in full:
                continue
            error = _why_lost(clients, folder)
            if error is not None:
                yield _problem(f"https://drive.google.com/drive/folders/{folder}", error)

    def _by_id(self, client: Client, missing: set[str]) -> Iterator[Json]:
        """The sheets named by id, with about as few calls as it takes.

        Drive can be asked for one file by its id, or for a thousand of all that the account sees; how many
        thousands there are nobody knows. So it is listed until as many pages were read as sheets are
        missing, which are then asked for by id: at worst that takes twice the calls of the better way.
        """
        if len(missing) > 1:
            for count, page in enumerate(client.pages(f"mimeType='{_SHEET}'", _FIELDS), 1):
                yield from (file for file in page if file["id"] in missing)
                missing -= {file["id"] for file in page}
                if count >= len(missing):
                    break
        for spreadsheet in sorted(missing):  # a sheet that anybody with the link may see is in no list
            try:
                yield client.file(spreadsheet, _FIELDS)
            except SourceUnreadable as error:
                if not error.cause.startswith(NOT_THERE):  # nobody knows; so it must not be taken for gone
                    raise

    def _listing(self, file: Json) -> Listing:
        writable = _writable(file)
        version = file.get("version", file.get("modifiedTime", ""))
        return Listing(
            file.get("name", file["id"]),
            _key(file["id"]),
            f"{file['id']}|{version}{'' if writable else '|read-only'}",
            sheet_url(file["id"]),
            self._number_format,
            writable=writable,
        )

    def _not_found(self, files: Mapping[str, Json]) -> Iterator[Problem]:
        """A problem for each id in the settings that leads to no sheet."""
        accounts = " or ".join(client.account for client in self._connection.clients(self._credentials))
        for spreadsheet in self._wanted.ids:
            file = files.get(spreadsheet)
            if spreadsheet in self._exclude:
                continue
            if file is None:
                cause = f"it does not exist any more, or was never shared with {accounts}."
                hint = f"Check the id in [[sources.google]], or share the sheet with {accounts}."
            elif file.get("trashed"):
                cause, hint = IN_THE_BIN, "Restore it, or take its id out of [[sources.google]]."
            elif file.get("mimeType", _SHEET) not in (_SHEET, _EXCEL):
                cause, hint = "it is no spreadsheet.", "Check the id in [[sources.google]]."
            else:
                continue
            name = file.get("name", spreadsheet) if file else sheet_url(spreadsheet)
            yield _problem(name, SourceUnreadable(cause, hint))

    def _of_another_kind(self, files: Iterable[Json]) -> Iterator[Problem]:
        for file in files:
            if file.get("mimeType", _SHEET) == _EXCEL and not file.get("trashed"):
                error = SourceUnreadable(
                    "it is an Excel file that lies in Drive.",
                    "Open it and choose File > Save as Google Sheets, or move it out of the folder.",
                )
                yield _problem(file.get("name", file["id"]), error)

    def _name(self) -> str:
        places = (*self._wanted.folders, *self._wanted.shared_drives, *self._wanted.ids)
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        return f"Google Sheets ({places[0]}{more})"

    # --- sharing the work ----------------------------------------------------------------------------

    def _asked(self, spreadsheet: str, ask: Callable[[Client], dict[str, Any]]) -> dict[str, Any]:
        """The answer of the account that had least to do; should that one be out of use, of another."""
        try:
            return ask(self._least_busy(spreadsheet))
        except AccountUnusable:
            others = [client for client in self._seen_by[spreadsheet] if not client.unusable]
            if not others:
                raise
            return ask(others[0])

    def _least_busy(self, spreadsheet: str) -> Client:
        seen_by = self._seen_by.get(spreadsheet) or self._connection.clients(self._credentials)
        able = [client for client in seen_by if not client.unusable] or seen_by
        return min(able, key=lambda client: client.calls.as_dict()["sheets_reads"])


def _children(client: Client, folders: Sequence[str]) -> Iterator[Json]:
    """What lies in these folders; one by one where Drive refuses them all for one that it does not know."""
    parents = " or ".join(f"'{folder}' in parents" for folder in folders)
    try:
        yield from list(client.files(f"({parents}) and {_KINDS}", _FIELDS))
    except SourceUnreadable as error:
        if not error.cause.startswith(NOT_THERE):
            raise
        if len(folders) > 1:
            for folder in folders:
                yield from _children(client, [folder])


def _why_lost(clients: Sequence[Client], folder: str) -> SourceUnreadable | None:
    """Why no account sees into a folder; None when one does, or when nobody can tell."""
    lost = None
    for client in clients:
        try:
            file = client.file(folder, "id,trashed")
        except SourceUnreadable as error:
            if not error.cause.startswith(NOT_THERE):
                return None
            hint = f"Check the id in [[sources.google]], or share the folder with {client.account}."
            lost = lost or SourceUnreadable(error.cause, hint)
        else:
            in_bin = SourceUnreadable(
                "the folder lies in the bin.", "Restore it in Drive, or take out its id."
            )
            return in_bin if file.get("trashed") else None
    return lost


def _writable(file: Json) -> bool:
    return bool(file.get("capabilities", {}).get("canEdit", True))


def _key(spreadsheet: str) -> str:
    return IN_GOOGLE + spreadsheet


def _problem(source: str, error: SourceUnreadable) -> Problem:
    return S110.problem(source=source, cause=error.cause, mend=error.hint)


def _hash(reply: Json) -> str:
    """The sha256 of all that is read: of our own tabs only that they are there."""
    sheets = []
    for one in reply.get("sheets", ()):
        properties = {name: one["properties"].get(name) for name in ("sheetId", "title", "hidden")}
        ours = is_ours(properties["title"] or "")
        sheets.append({"properties": properties} if ours else {**one, "properties": properties})
    read = {"sheets": sheets, "developerMetadata": reply.get("developerMetadata", [])}
    return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()

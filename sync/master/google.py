"""The master as a spreadsheet in Google: read for what managers added, then made the new one.

    now = look_at(client, spreadsheet, read)      one read: what managers wrote, and how the tabs stand
    publish(client, spreadsheet, workbook, now)   one write, or one for each two megabytes

Google has no "write only if unchanged": what a manager types into a tab of ours between the two calls is
overwritten. So nothing but making the workbook lies between them. Tabs that are not ours are never written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sync.core import sheets_api as api
from sync.core.errors import PublishError, SourceUnreadable
from sync.core.sheets_api import Json
from sync.master.cells import Workbook
from sync.master.google_fit import for_google
from sync.master.google_requests import MOST_BYTES, Batch, batches
from sync.master.google_tabs import FIELDS, NAMES, Reader, Standing, standing
from sync.master.reading import CELLS_OF_A_LARGE_MASTER, OURS

SIGNS = "sheets(properties(sheetId),developerMetadata(metadataId))"
RESTORE = (
    "File > Version history brings them back; or delete that tab, and the next sync makes it anew "
    "with the notes of the last sync."
)


class Sheets(Protocol):
    """What is asked of the client: both calls raise SourceUnreadable, and `batch_update` may apply twice."""

    @property
    def account(self) -> str:
        """Whom people share their sheets with."""

    def spreadsheet(self, spreadsheet: str, *, fields: str, ranges: Sequence[str] = ()) -> Json:
        """One `spreadsheets.get`."""

    def batch_update(self, spreadsheet: str, requests: Sequence[Json]) -> Json:
        """One atomic `spreadsheets.batchUpdate`."""


class Published(NamedTuple):
    """Where the master is, and how many writes it took."""

    url: str
    writes: int


def look_at(client: Sheets, spreadsheet: str, read: Reader, *, published: bool) -> Standing:
    """The spreadsheet as it stands. Raises PublishError: then nobody may write into it.

    `published`: it was by us, so only our tabs are asked for, as long as they have their names.
    """
    reply = _reply(client, spreadsheet, published=published)
    try:
        now = standing(reply, read, CELLS_OF_A_LARGE_MASTER)
        if published and now.left_over and now.tabs.keys() <= NAMES.keys():  # where they go has to be seen
            now = standing(_reply(client, spreadsheet, published=False), read, CELLS_OF_A_LARGE_MASTER)
    except SourceUnreadable as error:
        raise PublishError(
            f"The master {api.sheet_url(spreadsheet)} could not be read back, so it is not overwritten: "
            f"{error.cause} {RESTORE}"
        ) from error
    return now


def _reply(client: Sheets, spreadsheet: str, *, published: bool) -> Json:
    try:
        if published:
            try:
                return client.spreadsheet(
                    spreadsheet, fields=FIELDS, ranges=[api.quoted(name) for name in OURS]
                )
            except SourceUnreadable as error:
                if error.passing:
                    raise
        return client.spreadsheet(spreadsheet, fields=FIELDS)  # a tab was deleted or renamed, or worse
    except SourceUnreadable as error:
        raise _unpublished(spreadsheet, error) from error


def publish(
    client: Sheets, spreadsheet: str, workbook: Workbook, now: Standing, *, most_bytes: int = MOST_BYTES
) -> Published:
    """The master, written. Raises PublishError; each tab is wholly the old one or wholly the new one."""
    todo = batches(for_google(workbook), now, most_bytes=most_bytes)
    for batch in todo:
        try:
            client.batch_update(spreadsheet, batch.requests)
        except SourceUnreadable as error:
            if not _was_applied(client, spreadsheet, batch):
                raise _unpublished(spreadsheet, error) from error
    return Published(api.sheet_url(spreadsheet), len(todo))


def _was_applied(client: Sheets, spreadsheet: str, batch: Batch) -> bool:
    """Whether a batch took effect although its reply was lost, so that it was refused when sent again."""
    if not batch.signs:
        return False
    try:
        reply = client.spreadsheet(spreadsheet, fields=SIGNS)
    except SourceUnreadable:
        return False
    there = {int(one["properties"].get("sheetId", 0)) for one in reply.get("sheets", ())}
    there |= {
        mark["metadataId"] for one in reply.get("sheets", ()) for mark in one.get("developerMetadata", ())
    }
    return batch.signs <= there


def _unpublished(spreadsheet: str, error: SourceUnreadable) -> PublishError:
    return PublishError(
        f"The master {api.sheet_url(spreadsheet)} could not be written: {error.cause} {error.hint} "
        "History and managers' notes are safe; the next sync tries again."
    )

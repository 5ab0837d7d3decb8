"""The requests that fill an empty spreadsheet in Google with one unit's template.

The same builders as for the workbook write it. What they prepare ends with the prepared rows, drop-downs too:
a cell that has anything, be it only a format or a rule, is part of every answer when the sheet is read,
and whole columns of such cells make each reading several times as large. Rows below are read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sheet_templates.google_book import GoogleBook
from sheet_templates.layout import HEADER_ROW
from sheet_templates.team import NO_LISTS, Rows, TeamDefaults, fill_team
from sync.core import sheets_api as api
from sync.core.errors import UsageError
from sync.core.lists import Lists
from sync.core.schema import OWNED_TABS, SHEET_IDS, TABLES, TabSchema, Type
from sync.core.sheets_api import Json

_COMPUTED = "Computed by okrsync"
_HEADERS = "Headers of okrsync's columns"
_OWNED = "okrsync replaces this tab"


def google_requests(
    team: TeamDefaults,
    lists: Lists = NO_LISTS,
    prefill: Rows | None = None,
    *,
    existing: Sequence[Json],
    editor: str,
) -> list[Json]:
    """The requests for one `batchUpdate` of a spreadsheet that holds nothing; UsageError if it has such tabs.

    `existing`: the SheetProperties of its tabs, all known to be empty. A single one, which every new
    spreadsheet has, is deleted in the end; of several somebody made some, so they stay behind ours.
    `editor`: the address of the account that may change the tabs that okrsync owns ("" = whoever asks).
    Our tabs have given ids (`schema.SHEET_IDS`): the same requests sent again fail and double nothing. If
    `sheets_api.batches` must part the requests, its first batch makes the tabs and its last one the id.
    """
    titles = {str(properties["title"]).casefold() for properties in existing}
    if taken := [title for title in SHEET_IDS if title.casefold() in titles]:
        tabs = ", ".join(f"“{title}”" for title in taken)
        raise UsageError(f"The spreadsheet has a tab {tabs} already. Rename it, or take a new spreadsheet.")
    book = GoogleBook(SHEET_IDS)
    fill_team(book, team, lists, prefill or {})
    requests = [*book.requests(), *_protections(editor)]
    if len(existing) == 1:
        requests.append({"deleteSheet": {"sheetId": existing[0]["sheetId"]}})
    return [*requests, *book.marks()]


def _protections(editor: str) -> Iterator[Json]:
    """Our own tabs are closed to people; headers and computed columns ask before they are changed."""
    for tab in OWNED_TABS:
        closed = _protected(SHEET_IDS[tab], _OWNED, warns=False)
        if editor:
            closed["addProtectedRange"]["protectedRange"]["editors"] = {"users": [editor]}
        yield closed
    for tab_schema in TABLES:
        yield from _warnings(tab_schema, SHEET_IDS[tab_schema.title])


def _warnings(tab: TabSchema, sheet: int) -> Iterator[Json]:
    width = len(tab.columns)
    yield _protected(sheet, _HEADERS, top=HEADER_ROW - 1, left=0, bottom=HEADER_ROW, right=width)
    for at, column in enumerate(tab.columns):
        if column.type is Type.OWNED:
            yield _protected(sheet, _COMPUTED, top=HEADER_ROW, left=at, right=at + 1)


def _protected(sheet: int, why: str, *, warns: bool = True, **ends: int) -> Json:
    found = {"range": api.grid_range(sheet, **ends), "description": why, "warningOnly": warns}
    return {"addProtectedRange": {"protectedRange": found}}

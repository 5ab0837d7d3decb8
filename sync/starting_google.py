"""Making what people start from in Google: an empty spreadsheet filled, or new ones in a folder of Drive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from sheet_templates.google_team import google_requests
from sheet_templates.team import TeamDefaults, book_id
from sync import googling
from sync.config import Settings
from sync.config_kinds import google_id
from sync.core import sheets_api as api
from sync.core.errors import SourceUnreadable, UsageError
from sync.core.grid import a1
from sync.core.lists import Lists
from sync.core.schema import BOOK_ID_NAME
from sync.core.sheets_api import Json
from sync.google.client import Client
from sync.google.refusals import NEXT_TIME
from sync.starting import Asked, wanted

MENU = (
    "To give a sheet the menu OKR: `okrsync addin build` makes three files in the folder google-sheets.",
    "Open Extensions > Apps Script in the sheet and put each of them into the file of that name.",
    "Reload the sheet, and allow the two rights that the menu asks for: docs/google.md says which.",
)
"""How the menu is attached by hand; Google lets no other account do it."""
_MASK = (
    "properties.title,developerMetadata(metadataKey,metadataValue),sheets(properties(sheetId,title,sheetType),"
    "charts.chartId,data(startRow,startColumn,rowData.values(userEnteredValue,note)))"
)


class _Found(NamedTuple):
    """A spreadsheet as it is: its title, its tabs' properties, where something stands, its book id."""

    title: str
    tabs: list[Json]
    holds: str
    book_id: str


def templates_in_google(
    settings: Settings, today: date, asked: Asked, *, into: str | None, folder: str | None
) -> Iterator[str]:
    """Fills the empty spreadsheet `into`, or makes one for each unit in `folder`; yields a line for each,
    then how a sheet gets the menu.
    """
    if (into is None) == (folder is None):
        raise UsageError(
            "Give either --into SHEET to fill an empty spreadsheet or --folder FOLDER to make new ones."
        )
    if into is not None and asked.units is not None:
        raise UsageError("--into fills one spreadsheet; with --from give --folder FOLDER.")
    place = _id(into if into is not None else folder or "")
    teams = wanted(settings, today, asked)
    with googling.connect(settings, writes=True, creates=folder is not None) as connection:
        client = connection.clients()[0]
        if into is None:
            yield from _made(client, place, teams)
        else:
            yield _into(client, place, teams)
    yield from MENU


def _into(client: Client, spreadsheet: str, teams: list[TeamDefaults]) -> str:
    """The line about the first unit's spreadsheet, which was empty."""
    try:
        return _filled(client, spreadsheet, teams[0], _known(teams))
    except SourceUnreadable as error:
        raise _stopped(error, f"{api.sheet_url(spreadsheet)}: {error.cause}", "", teams, 1) from None


def _made(client: Client, folder: str, teams: list[TeamDefaults]) -> Iterator[str]:
    """A line for each unit whose spreadsheet was made in the folder; SourceUnreadable for the first not."""
    lists = _known(teams)
    for at, team in enumerate(teams):
        try:
            spreadsheet = client.create(_title(team), folder)
        except SourceUnreadable as error:
            look = " Look into the folder first: it may be there." if error.passing else ""
            cause = f"No spreadsheet could be made for {team.unit}: {error.cause}"
            raise _stopped(error, cause, look, teams, at) from None
        try:
            yield _filled(client, spreadsheet, team, lists)
        except SourceUnreadable as error:
            cause = f"{api.sheet_url(spreadsheet)} was made for {team.unit} and stayed empty: {error.cause}"
            raise _stopped(error, cause, " Then fill it with --into.", teams, at + 1) from None


def _stopped(
    error: SourceUnreadable, cause: str, then: str, teams: list[TeamDefaults], done: int
) -> SourceUnreadable:
    """The error with the units that are left: run as it was, the command would make the others twice."""
    hint = "Try again." if error.hint == NEXT_TIME else error.hint
    rest = ", ".join(team.unit for team in teams[done:])
    left = f" Not made: {rest}. Take the others out of the list first." if done and rest else ""
    return SourceUnreadable(cause, f"{hint}{then}{left}")


def _filled(client: Client, spreadsheet: str, team: TeamDefaults, lists: Lists) -> str:
    """The line about an empty spreadsheet that now is the unit's. Raises UsageError if it is not empty."""
    found = _look(client, spreadsheet)
    if found.book_id == book_id(team):
        raise UsageError(f"“{found.title}” is the sheet of {team.unit} already. Nothing was changed.")
    if found.holds:
        raise UsageError(f"“{found.title}” is not empty: {found.holds}. Nothing was changed.")
    editor = client.account if "@" in client.account else ""
    requests = google_requests(team, lists, existing=found.tabs, editor=editor)
    try:
        for batch in api.batches(requests):
            client.batch_update(spreadsheet, batch)
    except SourceUnreadable:
        if _look(client, spreadsheet).book_id != book_id(team):  # only the answer may have been lost
            raise
    return f"{team.unit}: {api.sheet_url(spreadsheet)}"


def _id(text: str) -> str:
    try:
        return google_id(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _title(team: TeamDefaults) -> str:
    return f"OKRs {team.unit} {team.cycle}".strip()


def _known(teams: Iterable[TeamDefaults]) -> Lists:
    """The names that the command itself tells: Google marks what stands in no list."""
    people = (name for team in teams for name in (team.champion, team.manager))
    units = (name for team in teams for name in (team.parent, team.unit))
    return Lists(people=_sorted(people), units=_sorted(units))


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}))


def _look(client: Client, spreadsheet: str) -> _Found:
    reply = client.spreadsheet(spreadsheet, fields=_MASK)
    metadata = {entry["metadataKey"]: entry["metadataValue"] for entry in reply.get("developerMetadata", ())}
    sheets = reply.get("sheets", [])
    return _Found(
        reply.get("properties", {}).get("title", ""),
        [sheet["properties"] for sheet in sheets],
        next((where for sheet in sheets for where in _holding(sheet)), ""),
        metadata.get(BOOK_ID_NAME, ""),
    )


def _holding(sheet: Json) -> Iterator[str]:
    """Where something stands in a tab, in words."""
    properties = sheet["properties"]
    title = properties["title"]
    if properties.get("sheetType", "GRID") != "GRID" or sheet.get("charts"):
        yield f"there is a chart or a data source in {title}"
    for block in sheet.get("data", ()):
        for row, cells in enumerate(block.get("rowData", ()), block.get("startRow", 0) + 1):
            for column, cell in enumerate(cells.get("values", ()), block.get("startColumn", 0) + 1):
                if cell.get("userEnteredValue") or cell.get("note"):
                    yield f"something stands in {title}!{a1(row, column)}"

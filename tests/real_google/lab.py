"""An account and a folder in which spreadsheets are made, looked at and thrown away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from sync.config_kinds import google_id
from sync.core import sheets_api as api
from sync.core.grid import Cell, Grid
from sync.core.sheets_api import Json
from sync.google.client import DRIVE, SHEETS, Client, Limits
from sync.google.credentials import account, scopes
from sync.sources.google_cells import MASK, grid_of

PREFIX = "OKRSYNC_REAL_GOOGLE_"
Note = Callable[[str, object], None]


class Book:
    """A spreadsheet with one tab, called `Data`, of 20 rows and 8 columns; `tab` is its id."""

    def __init__(self, client: Client, spreadsheet: str) -> None:
        self.client = client
        self.id = spreadsheet
        self.tab: int = self.ask("sheets(properties(sheetId))")["sheets"][0]["properties"].get("sheetId", 0)

    def do(self, *requests: Json) -> list[Json]:
        """The replies to one batch."""
        replies: list[Json] = self.client.batch_update(self.id, requests)["replies"]
        return replies

    def type(self, place: str, rows: Sequence[Sequence[object]]) -> None:
        """What a person types, in the locale of the sheet."""
        url = f"{SHEETS}/v4/spreadsheets/{self.id}/values/{place}"
        body = {"values": [list(row) for row in rows]}
        self.client.request("put", url, params={"valueInputOption": "USER_ENTERED"}, json=body)

    def replace(self, rows: Sequence[Sequence[Json]], height: int, width: int) -> None:
        """Makes these the only cells of a range that begins at A1, as okrsync replaces its own tab."""
        place = api.grid_range(self.tab, 0, 0, height, width)
        values = [{"values": list(row)} for row in rows]
        self.do({"updateCells": {"range": place, "rows": values, "fields": api.CELLS}})

    def ask(self, fields: str, *ranges: str) -> Json:
        """What `spreadsheets.get` says."""
        return self.client.spreadsheet(self.id, fields=fields, ranges=ranges)

    def grid(self) -> Grid:
        """The sheet as okrsync reads it."""
        return grid_of(self.ask(MASK), 100_000)

    def cell(self, row: int, column: int = 1, tab: str = "Data") -> Cell | None:
        """One of its cells, counted from 1."""
        [sheet] = [sheet for sheet in self.grid().sheets if sheet.name == tab]
        return sheet.rows.get(row, {}).get(column)

    def data(self, place: str, fields: str) -> list[Json]:
        """The CellData of the cells of a range, row by row, of these fields only."""
        sheets = self.ask(f"sheets(data(rowData(values({fields}))))", place)["sheets"]
        rows = sheets[0]["data"][0].get("rowData", [])
        return [cell for row in rows for cell in row.get("values", [])]


class Lab:
    """Whoever asks, and where. Use `with`."""

    def __init__(self, client: Client, folder: str, environ: Mapping[str, str]) -> None:
        self.client = client
        self.folder = folder
        self.environ = environ
        self._made: list[str] = []

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """The lab that the variables describe."""
        client = _client(environ[f"{PREFIX}KEY"], environ)
        return cls(client, google_id(environ[f"{PREFIX}FOLDER"]), environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for spreadsheet in self._made:
            self.trash(spreadsheet)
        self.client.close()

    @property
    def is_google(self) -> bool:
        """Whether it is Google that answers, not the test server."""
        return not self.option("ENDPOINT")

    def judged_by_google_alone(self, why: str) -> None:
        """Skips the rest of a test where the test server answers: what it says there proves nothing."""
        if not self.is_google:
            pytest.skip(f"measured, not judged: {why}")

    def option(self, name: str) -> str:
        """One of the variables, "" when it is not set."""
        return self.environ.get(PREFIX + name, "")

    def other(self) -> Client:
        """A second account; close it."""
        return _client(self.environ[f"{PREFIX}OTHER_KEY"], self.environ)

    def book(self, title: str, locale: str = "en_US", rows: Sequence[Sequence[object]] = ()) -> Book:
        """A new spreadsheet of that locale with these rows typed from A1 on."""
        book = Book(self.client, self.empty(title))
        size = {"rowCount": 20, "columnCount": 8}
        first = {"sheetId": book.tab, "title": "Data", "gridProperties": size}
        book.do(
            {
                "updateSpreadsheetProperties": {
                    "properties": {"locale": locale, "timeZone": "Europe/Berlin"},
                    "fields": "locale,timeZone",
                }
            },
            {
                "updateSheetProperties": {
                    "properties": first,
                    "fields": "title,gridProperties(rowCount,columnCount)",
                }
            },
        )
        if rows:
            book.type("Data!A1", rows)
        return book

    def empty(self, title: str) -> str:
        """The id of a new, empty spreadsheet."""
        made = self.client.create(f"okrsync real-google {title}", self.folder)
        self._made.append(made)
        return made

    def trash(self, spreadsheet: str) -> None:
        """Puts a spreadsheet into the bin."""
        url = f"{DRIVE}/drive/v3/files/{spreadsheet}"
        self.client.request("patch", url, params={"supportsAllDrives": "true"}, json={"trashed": True})

    def listed(self, spreadsheet: str, fields: str = "id,version,trashed") -> Json | None:
        """The spreadsheet as the list of its folder has it, None where it is not in it."""
        found = self.client.files(f"'{self.folder}' in parents", fields)
        return next((file for file in found if file["id"] == spreadsheet), None)

    def wait(self, until: Callable[[], bool], *, minutes: float, every: float = 5.0) -> float | None:
        """The seconds until that was so, None when it was not within so many minutes."""
        began = time.monotonic()
        while not until():
            if time.monotonic() - began > 60 * minutes:
                return None
            time.sleep(every if self.is_google else 0.1)
        return round(time.monotonic() - began, 1)


def _client(key: str, environ: Mapping[str, str]) -> Client:
    endpoint = environ.get(f"{PREFIX}ENDPOINT", "")
    wanted = scopes(writes=True, creates=True)
    name, credentials = account(str(Path(key).absolute()), wanted, tokens=Path(), endpoint=endpoint)
    limits = Limits(reads_per_minute=10_000, writes_per_minute=10_000) if endpoint else Limits()
    return Client(credentials, account=name, endpoint=endpoint, limits=limits)

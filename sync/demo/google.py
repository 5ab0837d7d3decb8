"""The sample company's books as sheets on a Google test server, which hands out a key to whoever asks.

At Google itself nothing is built: a demo has no business in somebody's Drive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from sheet_templates.google_team import google_requests
from sheet_templates.team import Rows, TeamDefaults
from sync.core import sheets_api as api
from sync.core.errors import UsageError
from sync.core.lists import Lists
from sync.core.schema import SHEET_IDS, TABLES
from sync.core.sheets_api import Json
from sync.demo.build import check_empty
from sync.google.client import Client
from sync.google.connection import Access, Connection
from sync.google.private import keep

Cells = dict[tuple[int, int, int], Json]
"""Values by (tab, row, column)."""

_KEY = "google-key.json"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ASKED_FOR = "/.well-known/okrsync-test-credentials"
_SECONDS = 10.0
_FIELDS = "userEnteredValue,userEnteredFormat.numberFormat"


class GoogleShelf:
    """Sheets in the folder that the test server at `endpoint` offers. Use `with`; raises UsageError."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        check_empty(folder)
        self._endpoint = endpoint.rstrip("/")
        offered = _offered(self._endpoint)
        self._folder = str(offered.pop("folder_id", ""))
        if not self._folder:
            raise UsageError(f"{endpoint} offers no folder for the demo's sheets.")
        keep(folder / _KEY, json.dumps(offered, indent=2))
        access = Access((str(folder / _KEY),), self._endpoint, folder / "state", creates=True)
        self._connection = Connection(access)
        self._ids: dict[str, str] = {}
        self._cells: dict[str, Cells] = {}
        self.place = f"the folder “okrsync demo” on {self._endpoint}"
        self._folder = self._client().create_folder("okrsync demo", self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def put(self, title: str, team: TeamDefaults, lists: Lists, rows: Rows) -> None:
        """Makes the sheet from the template, or types this week's rows into it."""
        client = self._client()
        if title in self._ids:
            now = typed(google_requests(team, lists, rows, existing=[], editor=client.account))
            if changed := _changed(self._cells[title], now):
                client.batch_update(self._ids[title], changed)
            self._cells[title] = now
            return
        sheet = client.create(title, self._folder)
        found = client.spreadsheet(sheet, fields="sheets.properties(sheetId,title)")
        existing = [one["properties"] for one in found["sheets"]]
        asked = google_requests(team, lists, rows, existing=existing, editor=client.account)
        for batch in api.batches(asked):
            client.batch_update(sheet, batch)
        self._ids[title] = sheet
        self._cells[title] = typed(asked)

    def config(self, name: str, cycle: str) -> str:
        """Settings that read the folder of the test server."""
        return _CONFIG.format(
            name=json.dumps(name), cycle=json.dumps(cycle), folder=self._folder, endpoint=self._endpoint
        )

    def _client(self) -> Client:
        return self._connection.clients()[0]


def typed(requests: Sequence[Json]) -> Cells:
    """What people typed: the value of each cell of the tabs that they fill in; a percentage is one."""
    cells = _values(requests)
    for request in requests:
        part = request.get("repeatCell", {})
        number = part.get("cell", {}).get("userEnteredFormat", {}).get("numberFormat", {})
        if number.get("type") == "PERCENT":
            for place in _places(part["range"]):
                if place in cells:
                    cells[place] = cells[place] | {"userEnteredFormat": {"numberFormat": number}}
    return cells


def _places(area: Json) -> Iterator[tuple[int, int, int]]:
    for row in range(area["startRowIndex"], area["endRowIndex"]):
        for column in range(area["startColumnIndex"], area["endColumnIndex"]):
            yield area["sheetId"], row, column


def _values(requests: Iterable[Json]) -> Cells:
    tables = {SHEET_IDS[tab.title] for tab in TABLES}
    cells: Cells = {}
    for request in requests:
        part = request.get("updateCells", {})
        start = part.get("start", {})
        if start.get("sheetId") in tables:
            for row, line in enumerate(part["rows"], start["rowIndex"]):
                for column, cell in enumerate(line["values"], start["columnIndex"]):
                    if cell:
                        cells[start["sheetId"], row, column] = cell
    return cells


def _looks(cells: Cells, place: tuple[int, int, int]) -> bool:
    return "userEnteredFormat" in cells.get(place, {})


def _changed(before: Cells, now: Cells) -> list[Json]:
    """The requests that type what differs, cell by cell."""
    return [
        {
            "updateCells": {
                "start": {"sheetId": place[0], "rowIndex": place[1], "columnIndex": place[2]},
                "rows": [{"values": [now.get(place, {})]}],
                # a number typed over a percentage is no longer one
                "fields": _FIELDS if _looks(before, place) or _looks(now, place) else "userEnteredValue",
            }
        }
        for place in sorted(before.keys() | now.keys())
        if before.get(place) != now.get(place)
    ]


def _offered(endpoint: str) -> dict[str, Any]:
    """The key that the server offers to everybody; only a server on this machine is asked."""
    at = urlsplit(endpoint)
    if at.scheme not in ("http", "https") or at.hostname not in _LOOPBACK:
        raise UsageError(
            f"--google-endpoint {endpoint}: give the address of a test server on this machine, such as "
            "http://127.0.0.1:8123."
        )
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(endpoint + _ASKED_FOR, timeout=_SECONDS, allow_redirects=False)
            found = answer.json() if answer.ok else None
    except (requests.RequestException, ValueError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(
            f"No test server answers at {endpoint}; `python -m tests.sheets_server` in a checkout starts one."
        )
    return found


_CONFIG = """# Settings of okrsync. Every key has a default; config.example.toml explains all of them.

[organisation]
name = {name}
cycle = {cycle}

[[sources.google]]
folders = ["{folder}"]

[google]
endpoint = "{endpoint}"
credentials = ["google-key.json"]
# A test server grants more than Google does, which is 60 a minute.
reads_per_minute = 6000
writes_per_minute = 6000

[people]
path = "people.xlsx"

[master]
excel = "master.xlsx"

[feedback]
google = true

[history]
url = "sqlite:///state/history.db"
"""

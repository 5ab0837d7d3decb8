"""A small company whose sheets lie in Google: the test server, a folder on it, and real runs over HTTP.

company = GoogleCompany(tmp_path, sheets_server)
book = company.sheet_of("Acme")             # made from the template, with rows as in tests.company
done = company.sync()
company.person(book).type("Key Results!I4", 5)
company.calls()                             # what the server counted since the last question
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest.mock import patch

from sheet_templates.google_team import google_requests
from sheet_templates.team import TeamDefaults
from sync.core.schema import IN_GOOGLE, TABLES
from sync.google.pace import Clock
from sync.history.records import SourceRecord
from sync.outcome import Done
from tests.company import CYCLE, KEY_RESULTS, OBJECTIVES, TODAY, Company, rows
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.people import Person
from tests.sheets_server.server import SheetsServer

CONFIG = """
[organisation]
name = "Acme"
cycle = "2026-Q4"
number_format = "1,234.5"

[[sources.google]]
folders = ["{folder}"]

[google]
endpoint = "{endpoint}"
credentials = ["key.json"]
{google}

[feedback]
google = {feedback}

[master]
excel = "master.xlsx"
"""


def typed(table: str) -> list[list[str]]:
    """A literal table as it is typed."""
    lines = [line for line in dedent(table).splitlines() if line.strip()]
    return [[place.strip() for place in line.split("|")] for line in lines]


class GoogleCompany(Company):
    """As Company, with sheets in a folder that is shared with okrsync's account."""

    def __init__(
        self, folder: Path, server: SheetsServer, *, feedback: bool = True, google: str = "", more: str = ""
    ) -> None:
        self.server = server
        self.drive_folder = server.seeds.folder("OKRs", share={ACCOUNT: "writer"})
        text = CONFIG.format(
            folder=self.drive_folder, endpoint=server.url, google=google, feedback=str(feedback).lower()
        )
        super().__init__(folder, text + more)
        server.credentials.service_account_file(folder / "key.json")
        self._asked = 0

    def sheet_of(
        self,
        unit: str = "Acme",
        *,
        title: str = "",
        objectives: str = OBJECTIVES,
        key_results: str = KEY_RESULTS,
        check_ins: str = "",
        level: str = "Company",
        parent: str = "",
        cycle: str = CYCLE,
        **team: Any,
    ) -> str:
        """The id of a new sheet made from the template, called as its unit unless `title` says otherwise."""
        defaults = TeamDefaults(
            unit=unit,
            **({"number_format": "1,234.5", "level": level, "parent": parent, "cycle": cycle} | team),
        )
        texts = {"objectives": objectives, "key_results": key_results, "check_ins": check_ins}
        prefill = {tab.key: rows(tab, texts.get(tab.key, "")) for tab in TABLES}
        book = self.server.seeds.spreadsheet(title or unit, folder=self.drive_folder)
        existing = [{"sheetId": 0, "title": "Sheet1"}]
        self.person(book)._do(*google_requests(defaults, prefill=prefill, existing=existing, editor=ACCOUNT))
        return book

    def plain_sheet(
        self,
        unit: str = "Acme",
        *,
        title: str = "",
        objectives: str = OBJECTIVES,
        key_results: str = KEY_RESULTS,
        level: str = "Company",
        parent: str = "",
        **how: Any,
    ) -> str:
        """The id of a sheet that somebody made by hand, typing these tables: quick to make and to read."""
        facts = {"Unit": unit, "Level": level, "Parent": parent, "Cycle": CYCLE, "Number format": "'1,234.5"}
        tabs = {
            "Team": [list(fact) for fact in facts.items()],
            "Objectives": typed(objectives),
            "Key Results": typed(key_results),
        }
        return self.server.seeds.spreadsheet(title or unit, tabs, folder=self.drive_folder, **how)

    def person(self, book: str, email: str = "") -> Person:
        """Somebody at a sheet."""
        return self.server.person(book, email)

    def sync(self, on: str = TODAY, **how: Any) -> Done:
        """One run; seconds that okrsync waits pass on the server's clock."""
        with self.clock():
            return super().sync(on, **how)

    @contextmanager
    def clock(self) -> Iterator[None]:
        """okrsync lives by the server's clock."""
        server = self.server
        with patch("sync.googling.CLOCK", Clock(server.clock.now, server.clock.advance)):
            yield

    def calls(self) -> dict[str, int]:
        """The calls that the server counted since the last time it was asked, tokens apart."""
        entries = self.server.log.entries[self._asked :]
        self._asked = len(self.server.log.entries)
        kinds = [entry.kind for entry in entries]
        return {kind: kinds.count(kind) for kind in ("drive", "read", "write")}

    def record_of(self, book: str) -> SourceRecord:
        """What history keeps of a sheet."""
        with self.store() as store:
            return store.load_sources()[IN_GOOGLE + book]

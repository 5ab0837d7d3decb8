"""The master in Google through the whole run, over HTTP: published, read back, and kept whole by faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync.core.grid import a1
from sync.master.notes import IDENTITY
from sync.master.reading import OURS
from tests.company import NEXT_DAY, THIRD_DAY
from tests.google_company import GoogleCompany
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.people import Person
from tests.sheets_server.server import SheetsServer

WRITES = r":batchUpdate$"


class Master(GoogleCompany):
    """A company with two sheets and a master in Google, and a workbook besides."""

    def __init__(self, folder: Path, server: SheetsServer, *, excel: bool = True) -> None:
        book = server.seeds.spreadsheet("Master", share={ACCOUNT: "writer"})
        super().__init__(folder, server, feedback=False, more=f'google = "{book}"\n')
        if not excel:
            self.config.write_text(self.config.read_text().replace("master.xlsx", ""))
        self.id = book
        self.sheet_of("Acme")
        self.sales = self.sheet_of("Sales", level="Department", parent="Acme", key_results=KEY_RESULTS)
        self.manager: Person = self.person(book)

    def rows(self, tab: str) -> list[list[Any]]:
        """What a list shows, formulas as texts, from its header down."""
        rows = self.manager.stored(f"'{tab}'!A1:AZ200")
        top = next(at for at, row in enumerate(rows) if IDENTITY in row)
        return rows[top:]

    def column(self, tab: str, header: str) -> dict[str, Any]:
        """A column by the text in the first one, blank cells left out."""
        [headers, *rows] = self.rows(tab)
        at = headers.index(header)
        return {row[0]: row[at] for row in rows if len(row) > at and row[at] != ""}

    def write(self, tab: str, row_id: str, header: str, value: object) -> None:
        """A manager types beside a row."""
        self.manager.type(f"'{tab}'!{self.place(tab, row_id, header)}", value)

    def place(self, tab: str, row_id: str, header: str) -> str:
        rows = self.manager.stored(f"'{tab}'!A1:AZ200")
        top = next(at for at, row in enumerate(rows) if IDENTITY in row)
        row = next(at for at, row in enumerate(rows) if at > top and row and row[0] == row_id)
        return a1(row + 1, rows[top].index(header) + 1)


KEY_RESULTS = """
    ID     | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
    S1     | O1           | Deals      | Kim   | 0     | 20     | 5       | 2026-11-17
    S2     | O1           | =1+1       | Ada   | 0     | 30     | 6       | 2026-11-17
"""


@pytest.fixture
def company(tmp_path: Path, sheets_server: SheetsServer) -> Master:
    return Master(tmp_path, sheets_server)


def test_it_is_published_by_one_read_and_one_write(company: Master) -> None:
    done = company.sync()
    assert done.exit_code in (0, 1)
    assert done.written == [f"https://docs.google.com/spreadsheets/d/{company.id}/edit", str(company.master)]
    assert company.calls() == {"drive": 1, "read": 2 + 1, "write": 1}
    assert company.column("Key results", "Key result") == {
        "KR1": "NPS", "KR2": "Leads", "S1": "Deals", "S2": "=1+1",
    }  # fmt: skip
    assert company.manager.cell(f"'Key results'!{company.place('Key results', 'S2', 'Key result')}")[
        "userEnteredValue"
    ] == {"stringValue": "=1+1"}


def test_trust_12_nothing_changed_asks_nothing_of_it(company: Master) -> None:
    company.sync()
    company.calls()
    assert company.sync().state == "unchanged"
    assert company.calls() == {"drive": 1, "read": 0, "write": 0}


def test_a_new_date_is_one_read_and_one_write(company: Master) -> None:
    company.sync()
    company.calls()
    company.sync(NEXT_DAY)
    assert company.calls() == {"drive": 1, "read": 1, "write": 1}


def test_managers_things_survive_sorting_inserted_rows_and_columns(company: Master) -> None:
    company.sync()
    company.write("Key results", "S1", "Manager note", "Call them")
    person = company.manager
    person.request(
        insertDimension={
            "range": {
                "sheetId": person._sheet_id("Key results"),
                "dimension": "COLUMNS",
                "startIndex": 2,
                "endIndex": 3,
            }
        }
    )
    person.type("'Key results'!C5", "Board")
    company.write("Key results", "KR2", "Board", "high")
    last = len(company.rows("Key results")[0]) + 1
    person.type(f"'Key results'!{a1(5, last)}", "Chance")
    company.write("Key results", "KR2", "Chance", "25%")
    person.insert_rows("Key results", before=7)
    person.type("'Key results'!B7", "a row of mine")
    person.sort("'Key results'!A6:AZ10", 0, descending=True)
    person.add_tab("Mine")
    person.type("Mine!A1", "='Key results'!A6")
    company.sync(NEXT_DAY)
    assert company.column("Key results", "Manager note") == {"S1": "Call them"}
    assert company.column("Key results", "Board") == {"KR2": "high"}
    assert company.column("Key results", "Chance") == {"KR2": 0.25}
    chance = person.cell(f"'Key results'!{company.place('Key results', 'KR2', 'Chance')}")
    assert chance["userEnteredFormat"]["numberFormat"]["type"] == "PERCENT"
    assert company.rows("Key results")[0].index("Board") == 2
    assert [row[0] for row in company.rows("Key results")[1:]] == ["KR1", "KR2", "S1", "S2"]
    assert person.stored("'Key results (kept)'!A1:C3") == [["", "a row of mine"]]
    assert person.stored("Mine!A1") == [["='Key results'!A6"]]


def test_a_smaller_company_leaves_no_rows_of_before(company: Master) -> None:
    company.sync()
    person = company.person(company.sales)
    row = person.stored("'Key Results'!A1:A40").index(["S2"]) + 1
    person.delete_rows("Key Results", row)
    for on in (NEXT_DAY, THIRD_DAY):
        company.sync(on)
    assert company.column("Key results", "Key result") == {"KR1": "NPS", "KR2": "Leads", "S1": "Deals"}
    lists = {tab: company.rows(tab) for tab in OURS if tab != "About"}
    for tab, rows in lists.items():
        at = rows[0].index(IDENTITY)
        assert all(len(row) > at and row[at] for row in rows[1:] if row), tab


@pytest.mark.parametrize("fault", ("lost", "reset_in_body", "truncated"))
def test_a_lost_reply_doubles_nothing(company: Master, sheets_server: SheetsServer, fault: str) -> None:
    sheets_server.faults.add(fault, path=WRITES, times=1)
    done = company.sync()
    assert done.written[0].endswith(f"{company.id}/edit")
    other = Master(company.folder / "other", sheets_server)
    other.sync()
    assert looks(company) == looks(other)


def looks(company: Master) -> object:
    """Everything of the spreadsheet that a request applied twice would double."""
    book = company.server.world.files[company.id].book
    assert book is not None
    tabs = [
        (sheet.properties, sheet.objects, sheet.basic_filter, sheet.dimensions, len(sheet.cells))
        for sheet in book.sheets
    ]
    return tabs, len(book.metadata)


@pytest.mark.parametrize("how", ("renamed", "deleted"))
def test_a_tab_of_ours_that_was_renamed_or_deleted_comes_back(company: Master, how: str) -> None:
    company.sync()
    if how == "renamed":
        company.manager.rename_tab("Key results", "KRs")
    else:
        company.manager.delete_tab("Alignment")
    done = company.sync(NEXT_DAY)
    assert done.exit_code != 4
    book = company.server.world.files[company.id].book
    assert book is not None
    assert {"Key results", "Alignment"} <= {sheet.title for sheet in book.sheets}


def test_a_busy_server_is_asked_again(company: Master, sheets_server: SheetsServer) -> None:
    sheets_server.faults.add("status", code=503, path=WRITES, times=2)
    sheets_server.faults.add("status", code=429, kind="read", times=2)
    assert len(company.sync().written) == 2


def test_without_the_right_to_write_it_is_said_and_the_workbook_is_there(company: Master) -> None:
    company.manager.share(ACCOUNT, "reader")
    done = company.sync()
    assert done.exit_code == 4
    assert done.written == [str(company.master)]
    assert f"{company.id}/edit could not be written:" in done.messages[0]
    company.manager.share(ACCOUNT, "writer")
    assert company.sync().written == [f"https://docs.google.com/spreadsheets/d/{company.id}/edit"]


def test_the_master_is_never_read_as_a_teams_sheet(tmp_path: Path, sheets_server: SheetsServer) -> None:
    company = Master(tmp_path, sheets_server)
    book = sheets_server.seeds.spreadsheet("Master", folder=company.drive_folder, share={ACCOUNT: "writer"})
    company.config.write_text(company.config.read_text().replace(company.id, book))
    company.sync()
    done = company.sync(NEXT_DAY)
    assert sum(done.sources.values()) == 2

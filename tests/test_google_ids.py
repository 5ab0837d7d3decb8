"""okrsync fill-ids on a sheet in Google: each id lands in the row that is meant, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.filling import fill_ids
from tests.google_company import GoogleCompany
from tests.sheets_server.people import Person
from tests.sheets_server.server import SheetsServer

OBJECTIVES = """
    ID    | Objective         | Owner
    MKT-O1 | Customers tell us | Kim
           | Friends come back | Ada
"""
KEY_RESULTS = """
    ID         | Objective ID      | Key result | Owner | Start | Target | Current
    MKT-O1-KR1 | MKT-O1            | NPS        | Kim   | 0     | 10     | 4
               | MKT-O1            | Leads      | Ada   | 100   | 200    | 180
               | Friends come back | Visits     | Ada   | 1     | 2      | 1
"""
WANTED = {"Leads": "MKT-O1-KR2", "Visits": "MKT-O2-KR1", "Friends come back": "MKT-O2"}


@pytest.fixture
def company(tmp_path: Path, sheets_server: SheetsServer) -> GoogleCompany:
    return GoogleCompany(tmp_path, sheets_server, feedback=False)


def ids(person: Person) -> dict[str, str]:
    """The id of each row by its text."""
    tables = [("Objectives!A1:B60", 1), ("Key Results!A1:C60", 2)]
    lines = [(line, at) for place, at in tables for line in person.stored(place) if len(line) > at]
    return {str(line[at]): str(line[0]) for line, at in lines}


def filled(company: GoogleCompany, *, dry_run: bool = False) -> list[str]:
    with company.clock():
        return list(fill_ids("Marketing", company.settings(), dry_run=dry_run))


@pytest.fixture
def person(company: GoogleCompany) -> Person:
    book = company.plain_sheet("Marketing", objectives=OBJECTIVES, key_results=KEY_RESULTS)
    return company.person(book)


def test_every_row_gets_its_id_and_no_mark_stays_behind(company: GoogleCompany, person: Person) -> None:
    before = ids(person)
    assert [line for line in filled(company, dry_run=True) if line.startswith("Would give MKT-O2 to")]
    assert ids(person) == before
    company.calls()
    lines = filled(company)
    assert company.calls() == {"drive": 1, "read": 2, "write": 3}
    assert "MKT-O2: “Friends come back”" in lines
    assert {text: ids(person)[text] for text in WANTED} == WANTED
    assert {text: row_id for text, row_id in ids(person).items() if text not in WANTED} == {
        text: row_id for text, row_id in before.items() if text not in WANTED
    }
    with company.server.still():
        assert person._book.metadata == {} or not person._book.metadata
    assert filled(company) == ["Marketing: every row that can have one has an id."]


EDITS: dict[str, Callable[[Person], None]] = {
    "rows are inserted": lambda person: person.insert_rows("Key Results", before=2, count=3),
    "rows are sorted": lambda person: person.sort("Key Results!A2:G4", column=2, descending=True),
    "a row is moved": lambda person: person.move_rows("Key Results", first=3, before=2),
    "a tab is renamed": lambda person: person.rename_tab("Objectives", "Goals"),
}


@pytest.mark.parametrize("call", range(1, 7))
@pytest.mark.parametrize("edit", EDITS)
def test_rows_may_move_before_any_call(company: GoogleCompany, person: Person, edit: str, call: int) -> None:
    company.server.faults.add("before", nth=call, kind="", hook=lambda _: EDITS[edit](person))
    lines = filled(company)
    title = "Goals" if edit == "a tab is renamed" and person._book.by_title("Goals") else "Objectives"
    stored = {str(line[1]): str(line[0]) for line in person.stored(f"{title}!A1:B60") if len(line) > 1}
    stored |= {str(line[2]): str(line[0]) for line in person.stored("Key Results!A1:C60") if len(line) > 2}
    for text, row_id in WANTED.items():
        if stored[text]:
            assert stored[text] == row_id
        else:
            assert any(text in line and "changed meanwhile" in line for line in lines)
    assert stored["NPS"] == "MKT-O1-KR1"
    assert stored["Customers tell us"] == "MKT-O1"


def test_a_row_that_became_another_one_gets_nothing(company: GoogleCompany, person: Person) -> None:
    company.server.faults.add(
        "before",
        path="batchGetByDataFilter",
        hook=lambda _: person.type("Key Results!C3", "Something else"),
    )
    lines = filled(company)
    assert ids(person)["Something else"] == ""
    assert "Key Results!C3 (“Leads”) was changed meanwhile; nothing was written." in lines


def test_an_unknown_name_is_told_with_the_nearest(company: GoogleCompany, person: Person) -> None:
    answer = company.command("fill-ids", "Marketin")
    assert answer.code == 2
    assert 'did you mean "Marketing"?' in answer.err

"""The master's sheets about people: `Wins`, `Who owes what` and `Lessons`.

| key result | owner | last check-in | on Monday the 16th |
|------------|-------|---------------|--------------------|
| Deals      | Kim   | 27 October    | owed since Friday 6 November, 5 working days |
| Leads      | Ada   | 16 November   | done               |
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync.core.model import RetrospectiveRow
from sync.master.layout import Owing, build
from sync.master.privacy import WITHHELD
from sync.master.reading import OURS
from tests.company import Company, loaded
from tests.master_company import given
from tests.sheets import TODAY, company, kr, o, team

PEOPLE = """Name,Email,Unit,Manager,Time zone,Country
Kim,kim@example.org,Sales,,Europe/Berlin,DE
Ada,ada@example.org,Acme,,,
Cleo,cleo@example.org,Acme,,,
Max,max@example.org,Acme,,,
"""
KEY_RESULTS = """
    ID  | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
    KR1 | O1           | Deals      | Kim   | 0     | 8      | 2       | 2026-10-27
    KR2 | O1           | Leads      | Ada   | 100   | 200    | 200     | 2026-11-16
"""


def rows(book: Any, name: str) -> list[dict[str, Any]]:
    """A sheet's rows by the headers above them."""
    cells = [[cell.value for cell in row] for row in book[name].iter_rows()]
    at = next(at for at, row in enumerate(cells) if "okrsync row" in row[1:])
    return [dict(zip(cells[at], row, strict=True)) for row in cells[at + 1 :] if any(row)]


@pytest.fixture
def made(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.config.write_text(made.config.read_text() + '[people]\npath = "people.csv"\n')
    (tmp_path / "people.csv").write_text(PEOPLE)
    made.team(key_results=KEY_RESULTS, champion="Cleo", manager="Max")
    made.sync("2026-10-28")
    return made


def test_who_owes_what_is_what_the_reminders_say(made: Company) -> None:
    made.sync("2026-11-16")
    [row] = rows(loaded(made.master), "Who owes what")
    assert (row["Owner"], row["Champion"], row["Manager"]) == ("Kim", "Cleo", "Max")
    assert (row["KR ID"], row["Working days"], row["Ladder"]) == ("KR1", 5, "Champion")
    assert f"{row['Missing since']:%Y-%m-%d}" == "2026-11-06"
    out = made.folder / "out"
    made.command("remind", "--dry-run", "--force", "--out", str(out), "--as-of", "2026-11-16T09:00")
    for name in ("kim", "cleo", "max"):
        [text] = [file.read_text() for file in out.glob(f"*{name}@example.org.html")]
        assert "missing since Friday, 6 November" in text
        assert "Deals" in text


def test_nothing_owed_and_nothing_won_are_empty_lists(made: Company) -> None:
    made.team(key_results=KEY_RESULTS.replace("200     |", "150     |"))
    made.sync("2026-10-28")
    book = loaded(made.master)
    assert [rows(book, name) for name in ("Wins", "Who owes what", "Lessons")] == [[], [], []]


def test_a_win_is_listed_with_what_was_reached(made: Company) -> None:
    made.sync("2026-11-16")
    [row] = rows(loaded(made.master), "Wins")
    assert (row["KR ID"], row["Key result"], row["Owner"]) == ("KR2", "Leads", "Ada")
    assert (row["Reached"], row["Target"]) == (200, 200)


def lessons_of(*sheets: Any, **fields: Any) -> list[dict[str, Any]]:
    workbook = build(replace(given(*sheets), **fields))
    [sheet] = [sheet for sheet in workbook.sheets if sheet.name == "Lessons"]
    assert sheet.table is not None
    columns = {column.header: column.values for column in sheet.table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


ACME = company(o("A-O1"), kr("A-O1-KR1"))


def test_lessons_stand_with_their_cell_and_a_private_unit_has_none() -> None:
    said = RetrospectiveRow(2, "Lesson", "Bids", "=1+1", "Ask first", "Ask")
    sales, board = (
        team(name, o(f"{name}-O1"), kr(f"{name}-O1-KR1"))._replace(retrospective=(said,))
        for name in ("Sales", "Board")
    )
    [mine] = lessons_of(ACME, sales, board, private_units=("Board",))
    assert (mine["Unit"], mine["What happened"], mine["What we learned"]) == ("Sales", "=1+1", "Ask first")
    assert mine["Source"] == "Sales.xlsx › Retrospective!A2"


def test_trust_24_who_owes_what_in_a_private_unit_names_nobody() -> None:
    board = team("Board", o("B-O1"), kr("B-O1-KR1", "Bids", owner="Kim"))
    owed = Owing(1, TODAY, 3, "Kim", "Cleo", "", "Ada", "Champion")
    workbook = build(replace(given(ACME, board), owing=(owed,), private_units=("Board",)))
    [sheet] = [sheet for sheet in workbook.sheets if sheet.name == "Who owes what"]
    assert sheet.table is not None
    row = {column.header: column.values[0] for column in sheet.table.columns}
    named = [row[header] for header in ("Owner", "Champion", "Manager", "Sponsor")]
    assert named == [WITHHELD, WITHHELD, "", WITHHELD]
    assert (row["KR ID"], row["Key result"], row["Working days"]) == ("B-O1-KR1", WITHHELD, 3)


def test_a_sheet_that_managers_called_wins_before_we_did_stays_theirs(made: Company) -> None:
    made.sync("2026-11-16")
    book = loaded(made.master)
    del book["Wins"]
    theirs = book.create_sheet("Wins")
    theirs["A1"] = "Our party list"
    book.save(made.master)
    made.sync("2026-11-17")
    book = loaded(made.master)
    assert book["Wins (2)"]["A1"].value == "Our party list"
    assert [row["KR ID"] for row in rows(book, "Wins")] == ["KR2"]
    assert set(OURS) <= set(book.sheetnames)

"""`[feedback] comments`: a new error gets one comment, for the owner of its row, and never another."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from sync.core.comments import LONGEST, comments, content_of
from sync.core.model import Binding, KeyResultRow, ObjectiveRow, Person, Team, TeamSheet
from sync.core.people import Directory, Reach
from sync.core.problems import Problem, Severity
from tests.company import KEY_RESULTS, NEXT_DAY, OBJECTIVES, THIRD_DAY, codes
from tests.google_company import GoogleCompany
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.server import SheetsServer
from tests.test_google_faults import team_rows

PEOPLE = """
Name,Email
Kim,kim@example.org
Ada,ada@elsewhere.test
"""
MORE = """
[people]
path = "people.csv"

[mail]
allowed_domains = ["example.org"]
"""


@pytest.fixture
def company(tmp_path: Path, sheets_server: SheetsServer) -> GoogleCompany:
    (tmp_path / "people.csv").write_text(PEOPLE.lstrip(), encoding="utf-8")
    company = GoogleCompany(tmp_path, sheets_server, more=MORE)
    switch(company, on=True)
    return company


def switch(company: GoogleCompany, *, on: bool) -> None:
    text = re.sub(r"\ncomments = \w+", "", company.config.read_text())
    company.config.write_text(text.replace("[feedback]", f"[feedback]\ncomments = {str(on).lower()}"))


def threads(company: GoogleCompany, book: str) -> list[tuple[str, str, str]]:
    """(cell, text, assignee) of every comment in a sheet."""
    with company.server.still() as world:
        found = world.files[book].book
        assert found is not None
        places = {
            anchor["anchorId"]: (sheet.title, anchor["range"])
            for sheet in found.sheets
            for anchor in sheet.objects["commentAnchors"]
        }
        return [
            (
                where(*places[one["anchorId"]]),
                one["headPost"]["content"],
                one["headPost"].get("assigneeEmail", ""),
            )
            for one in found.comments
        ]


def where(title: str, area: dict[str, Any]) -> str:
    return f"{title}!{chr(65 + area.get('startColumnIndex', 0))}{area.get('startRowIndex', 0) + 1}"


def quiet(company: GoogleCompany, **how: Any) -> str:
    """A sheet without findings that was synced, so that comments have begun."""
    book = company.sheet_of("Acme", **how)
    company.sync()
    company.sync()
    return book


def test_a_new_error_is_commented_on_once_for_the_owner_of_its_row(company: GoogleCompany) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "a lot")
    company.calls()
    done = company.sync()
    assert "S104" in codes(done)
    [(cell, text, assignee)] = threads(company, book)
    assert (cell, assignee) == ("Key Results!I4", "kim@example.org")
    assert text.startswith("okrsync S104: ")
    assert company.calls() == {"drive": 1, "read": 1, "write": 2}
    assert "Acme: 1 new error commented on." in done.messages
    company.person(book).type("Key Results!M4", "another edit")
    company.sync(NEXT_DAY)
    assert len(threads(company, book)) == 1


def test_trust_22_an_error_that_comes_back_gets_no_second_comment(company: GoogleCompany) -> None:
    book = quiet(company)
    for value in ("a lot", 4, "much", 4):
        company.person(book).type("Key Results!I4", value)
        company.sync()
    assert len(threads(company, book)) == 1


def test_a_row_that_moves_keeps_its_comment(company: GoogleCompany) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "a lot")
    company.sync()
    company.person(book).insert_rows("Key Results", 3)
    assert "S104" in codes(company.sync())
    assert len(threads(company, book)) == 1


def test_trust_24_an_owner_outside_the_people_list_or_the_domains_is_never_assigned(
    company: GoogleCompany,
) -> None:
    rows = KEY_RESULTS.replace("| Kim ", "| eve@example.org ")
    book = quiet(company, key_results=rows)
    company.person(book).type("Key Results!I4", "a lot")  # Eve's, whom nobody knows
    company.person(book).type("Key Results!I5", "a lot")  # Ada's, who is elsewhere
    company.sync()
    assert sorted((cell, who) for cell, _, who in threads(company, book)) == [
        ("Key Results!I4", ""),
        ("Key Results!I5", ""),
    ]


def test_trust_23_what_stood_there_before_comments_began_gets_none(company: GoogleCompany) -> None:
    switch(company, on=False)
    book = company.sheet_of("Acme", key_results=KEY_RESULTS.replace("| 4  ", "| a lot"))
    company.sync()
    switch(company, on=True)
    done = company.sync()
    assert "S104" in codes(done)
    assert any(message.startswith("Comments begin with") for message in done.messages)
    assert threads(company, book) == []
    company.person(book).type("Key Results!I5", "as much")
    company.sync()
    assert [cell for cell, _, _ in threads(company, book)] == ["Key Results!I5"]


def test_trust_23_switched_off_and_on_again_comments_begin_anew(company: GoogleCompany) -> None:
    book = quiet(company)
    switch(company, on=False)
    company.person(book).type("Key Results!I4", "a lot")
    company.sync()
    switch(company, on=True)
    company.sync()
    assert threads(company, book) == []


def test_trust_23_a_restored_history_begins_anew(company: GoogleCompany, tmp_path: Path) -> None:
    book = quiet(company)
    shutil.copy(company.database, tmp_path / "copy.db")
    company.person(book).type("Key Results!I4", "a lot")
    company.sync()
    shutil.copy(tmp_path / "copy.db", company.database)
    company.sync()
    assert len(threads(company, book)) == 1


def test_a_sheet_that_is_read_for_the_first_time_gets_none(company: GoogleCompany) -> None:
    quiet(company)
    rows = team_rows("S")
    rows["key_results"] = rows["key_results"].replace("| 4  ", "| a lot")
    book = company.sheet_of("Sales", **rows)
    assert "S104" in codes(company.sync(), "Sales")
    assert threads(company, book) == []


def test_trust_23_many_new_errors_at_once_get_none(
    company: GoogleCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.commenting.MOST", 1)
    book = quiet(company)
    for cell in ("I4", "I5"):
        company.person(book).type(f"Key Results!{cell}", "a lot")
    done = company.sync()
    assert threads(company, book) == []
    assert any("2 errors are new at once, so none" in message for message in done.messages)
    company.person(book).type("Key Results!M4", "an edit")
    company.sync()
    assert threads(company, book) == []


def test_trust_23_a_dry_run_makes_none_and_says_what_it_would(company: GoogleCompany) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "a lot")
    done = company.sync(dry_run=True)
    assert threads(company, book) == []
    assert "comment on 1 finding in" in [step["action"] for step in done.plan]
    company.sync()
    assert len(threads(company, book)) == 1


@pytest.mark.parametrize("fault", ("lost", "cut_json", "truncated", "reset_in_body"))
def test_trust_22_a_lost_answer_is_listed_and_the_comment_never_made_again(
    company: GoogleCompany, fault: str
) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "a lot")
    company.server.faults.add(fault, kind="write", spreadsheet=book, nth=2)  # the findings go first
    done = company.sync()
    assert done.exit_code == 1
    assert any("nobody knows whether 1 new error got a comment" in message for message in done.messages)
    company.server.faults.clear()
    company.person(book).type("Key Results!M4", "an edit")
    company.sync(NEXT_DAY)
    assert len(threads(company, book)) == 1
    assert "comment S104-" in company.command("status").out
    listed = company.command("outbox", "list").out
    assert "result unknown" in listed
    number = listed.split()[0]
    again = company.command("outbox", "resend", number)
    assert again.code == 2
    assert "is a comment in https://docs.google.com/" in again.err


def test_trust_27_a_refused_comment_leaves_the_findings_and_fails_nothing(company: GoogleCompany) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "a lot")
    company.server.world.comments_fail = True
    done = company.sync()
    assert (done.exit_code, threads(company, book)) == (1, [])
    assert "S104" in str(company.person(book).shown("Sync status!A1:G60"))
    assert "Acme: 1 new error got no comment, because Google saved none of them" in "\n".join(done.messages)
    company.server.world.comments_fail = False
    company.person(book).type("Key Results!M4", "an edit")
    company.sync(NEXT_DAY)
    assert threads(company, book) == []


def test_a_comment_that_certainly_did_not_go_is_made_later(company: GoogleCompany) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "a lot")
    company.server.faults.add("status", code=429, kind="write", spreadsheet=book, nth=2)
    done = company.sync()
    assert any("Google's quota is used up." in message for message in done.messages)
    company.server.faults.clear()
    company.sync(THIRD_DAY)
    assert len(threads(company, book)) == 1


def test_no_comment_where_the_findings_could_not_be_written(company: GoogleCompany) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "a lot")
    company.server.faults.add("status", code=503, kind="write", spreadsheet=book)
    company.sync()
    company.server.faults.clear()
    company.sync()
    assert len(threads(company, book)) == 1


def test_a_sheet_that_may_only_be_read_gets_none(company: GoogleCompany) -> None:
    book = quiet(company)
    company.server.world.files[company.drive_folder].permissions.clear()
    company.person(book).share(ACCOUNT, "reader")
    company.person(book).type("Key Results!I4", "a lot")
    company.sync()
    assert threads(company, book) == []


def test_trust_28_a_text_of_a_cell_calls_nobody(company: GoogleCompany) -> None:
    book = quiet(company)
    company.person(book).type("Key Results!I4", "+boss@example.org @all see https://evil.test/x")
    company.sync()
    [(_, text, _)] = threads(company, book)
    assert "@" not in text
    assert "+boss" not in text
    assert "evil.test" not in text
    assert "boss (at) example." in text


# --- one comment -----------------------------------------------------------------------------------


def problem(message: str = "It is wrong.", cell: str = "C5", severity: Severity = Severity.ERROR) -> Problem:
    return Problem("S104", severity, "Acme", "Acme", "Key Results", cell, "KR1", "x", message, "Mend it.")


def sheet(gid: str = "7") -> TeamSheet:
    columns = {"id": 1, "key_result": 3, "current": 9}
    return TeamSheet(
        "Acme",
        Team(),
        objectives=(ObjectiveRow(2, "O1", OBJECTIVES, "Kim"),),
        key_results=(KeyResultRow(5, "KR1", owner="Nobody; Kim", identity="KR1"),),
        bindings={"key_results": Binding("Key Results", 3, columns, gid)},
    )


KIM = Directory([Person(row=2, name="Kim", email="kim@example.org")])


def test_warnings_whole_tabs_and_tabs_elsewhere_get_none() -> None:
    others = [
        problem(severity=Severity.WARNING),
        problem(cell=""),
        problem(cell="C5:D6"),
        problem()._replace(tab="Other"),
    ]
    assert list(comments(sheet(), "id", others, KIM, Reach())) == []
    assert list(comments(sheet(gid=""), "id", [problem()], KIM, Reach())) == []
    [one] = comments(sheet(), "id", [problem()], KIM, Reach())
    assert (one.gid, one.row, one.column, one.assignee) == (7, 4, 2, "kim@example.org")


def test_the_wording_does_not_make_another_finding() -> None:
    [one] = comments(sheet(), "id", [problem()], KIM, Reach())
    [same] = comments(sheet(), "id", [problem("It is quite wrong.")], KIM, Reach())
    [other] = comments(sheet(), "id", [problem(cell="I5")], KIM, Reach())
    [elsewhere] = comments(sheet(), "copy", [problem()], KIM, Reach())
    assert one.finding == same.finding
    assert len({one.finding, other.finding, elsewhere.finding}) == 3


@pytest.mark.parametrize("letter", ("a", "é", "\U0001f600", "\n"))
def test_a_comment_is_never_longer_than_google_takes(letter: str) -> None:
    assert len(content_of(problem(letter * 3_000)).encode()) <= LONGEST


def test_a_lone_surrogate_and_controls_stop_nothing() -> None:
    assert content_of(problem("a\ud800b\x00c\u202ed")).encode()

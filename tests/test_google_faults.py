"""Each fault of the network (TRUST.md): the last good rows stay, marked stale with cause; others go on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sync.moves import NOT_SHARED, UNLISTED
from sync.sources.base import IN_THE_BIN
from tests.company import NEXT_DAY, Company, codes, scores
from tests.google_company import GoogleCompany
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.server import SheetsServer

HALF = 0.6000000000000001

PASSING = {
    "a reset before the answer": ("reset", {}),
    "a reset in the middle of the answer": ("reset_in_body", {}),
    "an answer that never comes": ("silent", {"seconds": 3}),
    "an answer cut short": ("truncated", {}),
    "half a JSON": ("cut_json", {}),
    "429 with Retry-After": ("status", {"code": 429, "retry_after": 7}),
    "429 without": ("status", {"code": 429}),
    "500": ("status", {"code": 500}),
    "503": ("status", {"code": 503}),
    "a web page with 502": ("html", {}),
    "403 that means the quota": ("rate_limit_403", {}),
    "a token that has expired": ("expire_tokens", {}),
}
LASTING = PASSING | {
    "403 that means permission": ("permission_403", {}),
    "404": ("not_found", {}),
}


def team_rows(letter: str) -> dict[str, str]:
    """A tidy team below Acme, with ids of its own."""
    return {
        "level": "Team",
        "parent": "Acme",
        "objectives": f"""
            ID       | Objective     | Owner | Aligned to
            {letter}1 | {letter} shine | Kim   | O1
        """,
        "key_results": f"""
            ID        | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
            {letter}K1 | {letter}1    | Deals      | Kim   | 0     | 10     | 4       | 2026-11-17
            {letter}K2 | {letter}1    | Regions    | Ada   | 100   | 200    | 180     | 2026-11-17
        """,
    }


CAUSES = {
    "429 with Retry-After": "Google's quota is used up.",
    "429 without": "Google's quota is used up.",
    "403 that means the quota": "Google's quota is used up.",
    "500": "Google answered with an error of its own (500).",
    "503": "Google answered with an error of its own (503).",
    "a web page with 502": "Google answered with an error of its own (502).",
    "half a JSON": "Google's answer was cut off.",
    "403 that means permission": f"{ACCOUNT} may not open it.",
    "404": f"it does not exist any more, or was never shared with {ACCOUNT}.",
}


@pytest.fixture
def company(tmp_path: Path, sheets_server: SheetsServer) -> GoogleCompany:
    return GoogleCompany(tmp_path, sheets_server, google="read_seconds = 1.0\nthreads = 1", feedback=False)


def two_sheets(company: GoogleCompany) -> tuple[str, str]:
    """The company's sheet and a team's, both synced once and changed since."""
    acme = company.plain_sheet("Acme")
    sales = company.plain_sheet("Sales", **team_rows("S"))
    assert company.sync().exit_code == 0
    for book in (acme, sales):
        company.person(book).type("Key Results!G2", 5)  # KR1 stands at 0.5 now
    return acme, sales


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again_and_nobody_notices(company: GoogleCompany, fault: str) -> None:
    _, sales = two_sheets(company)
    name, marks = PASSING[fault]
    company.server.faults.add(name, kind="read", spreadsheet=sales, times=1, **marks)
    done = company.sync()
    assert (done.exit_code, done.state, codes(done)) == (0, "ok", [])
    assert scores(done)["Sales"] == 0.65
    # google-auth itself repeats a call whose token has expired
    assert done.api_calls["retries"] == (0 if name == "expire_tokens" else 1)


@pytest.mark.parametrize("fault", PASSING)
def test_drive_is_asked_again_too(company: GoogleCompany, fault: str) -> None:
    two_sheets(company)
    name, marks = PASSING[fault]
    company.server.faults.add(name, kind="drive", times=1, **marks)
    done = company.sync()
    assert (done.exit_code, scores(done)["Sales"]) == (0, 0.65)


@pytest.mark.parametrize("fault", [fault for fault in LASTING if fault != "a token that has expired"])
def test_trust_04_what_lasts_leaves_the_last_good_rows_and_touches_no_other_sheet(
    company: GoogleCompany, fault: str
) -> None:
    _, sales = two_sheets(company)
    name, marks = LASTING[fault]
    company.server.faults.add(name, kind="read", spreadsheet=sales, **marks)
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, done.state) == (3, "partial")
    assert (scores(done)["Sales"], scores(done)["Acme"]) == (HALF, 0.65)
    assert codes(done, "Sales") == ["S110", "S112"]
    record = company.record_of(sales)
    assert (record.state, str(record.since)) == ("stale", NEXT_DAY)
    assert CAUSES.get(fault, "the line to Google broke") in record.cause
    company.server.faults.clear()
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, scores(done)["Sales"], codes(done)) == (0, 0.65, [])


def test_trust_17_a_slow_answer_ends_at_its_own_deadline(tmp_path: Path, sheets_server: SheetsServer) -> None:
    company = GoogleCompany(
        tmp_path, sheets_server, google="seconds = 1.0\nread_seconds = 1.0", feedback=False
    )
    _, sales = two_sheets(company)
    sheets_server.faults.add("drip", kind="read", spreadsheet=sales, seconds=12)
    began = time.monotonic()
    done = Company.sync(company)  # in real time, since the server waits in it
    assert (done.exit_code, scores(done)["Acme"]) == (3, 0.65)
    assert "too slowly" in company.record_of(sales).cause
    assert time.monotonic() - began < 10


def test_while_drive_cannot_be_asked_nothing_is_taken_for_gone(company: GoogleCompany) -> None:
    acme, sales = two_sheets(company)
    company.team("Ops", **team_rows("P"))
    company.config.write_text(company.config.read_text() + '\n[[sources.excel]]\npaths = ["teams"]\n')
    company.server.faults.add("status", kind="drive", code=503)
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, done.state) == (3, "partial")
    assert scores(done)["Ops"] == HALF  # the Excel sources go on
    assert {company.record_of(book).state for book in (acme, sales)} == {"stale"}
    assert company.record_of(acme).cause.startswith(UNLISTED)
    company.server.faults.clear()
    company.calls()
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, scores(done)["Sales"]) == (0, 0.65)
    assert company.calls()["read"] == 2  # both were changed before Drive fell silent


def test_sheets_that_were_only_out_of_sight_need_no_reading_afterwards(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    company.sync()
    company.server.faults.add("status", kind="drive", code=503)
    assert company.sync().exit_code == 3
    assert company.sync().exit_code == 3
    company.server.faults.clear()
    company.calls()
    assert company.sync().exit_code == 0
    assert company.calls() == {"drive": 1, "read": 0, "write": 0}
    assert company.sync().state == "unchanged"


@pytest.mark.parametrize(
    ("how", "cause"),
    (
        ("trash", IN_THE_BIN),
        ("delete", NOT_SHARED),
    ),
)
def test_a_sheet_that_is_gone_keeps_its_rows_until_it_is_accepted(
    company: GoogleCompany, how: str, cause: str
) -> None:
    _, sales = two_sheets(company)
    getattr(company.person(sales), how)()
    done = company.sync()
    assert (done.exit_code, scores(done)["Sales"]) == (3, HALF)
    assert company.record_of(sales).cause == cause
    assert company.sync().state == "unchanged"
    assert company.command("accept", "Sales").code == 0
    done = company.sync()
    assert "Sales" not in scores(done)
    assert done.exit_code == 0


def test_an_account_that_cannot_be_loaded_leaves_the_sheets_it_alone_sees_out_of_sight(
    company: GoogleCompany,
) -> None:
    other = "second@okrsync-test.iam.gserviceaccount.com"
    acme = company.plain_sheet("Acme")
    sales = company.plain_sheet("Sales", **team_rows("S"))
    folder = company.server.seeds.folder("Second", share={other: "reader"})
    with company.server.still() as world:
        world.files[sales].parents[:] = [folder]
    key = company.server.credentials.service_account_file(company.folder / "second.json", other)
    text = company.config.read_text().replace('["key.json"]', '["key.json", "second.json"]')
    text = text.replace(f'["{company.drive_folder}"]', f'["{company.drive_folder}", "{folder}"]')
    company.config.write_text(text + '\n[[sources.excel]]\npaths = ["teams"]\n')
    assert company.sync().exit_code == 0
    key.chmod(0o644)
    company.person(acme).type("Key Results!G2", 9)
    done = company.sync()
    assert done.exit_code == 3
    assert scores(done)["Sales"] == HALF
    assert company.record_of(acme).state == "ok"  # the other account goes on
    assert company.record_of(sales).cause.startswith(UNLISTED)
    company.team("Sales", file="Sales.xlsx", **team_rows("S"))  # an old workbook does not take its place
    company.sync()
    assert company.record_of(sales).sheet is not None


def test_ids_that_lead_to_no_sheet_are_problems(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    binned = company.plain_sheet("Sales", **team_rows("S"))
    company.person(binned).trash()
    ids = f'ids = ["{binned}"]\nfolders ='
    company.config.write_text(company.config.read_text().replace("folders =", ids))
    done = company.sync()
    assert done.exit_code == 3
    assert any("lies in the bin" in problem.message for problem in done.problems)


def test_a_sheet_comes_back_from_the_bin(company: GoogleCompany) -> None:
    _, sales = two_sheets(company)
    company.person(sales).trash()
    company.sync()
    company.person(sales).trash(restore=True)
    done = company.sync()
    assert (done.exit_code, scores(done)["Sales"]) == (0, 0.65)


def test_trust_30_a_key_that_others_may_read_stops_the_google_sources_only(company: GoogleCompany) -> None:
    two_sheets(company)
    (company.folder / "key.json").chmod(0o644)
    done = company.sync()
    assert (done.exit_code, scores(done)["Sales"]) == (3, HALF)
    assert company.calls()["drive"] == 1  # of the first run
    told = "\n".join(problem.message + problem.hint for problem in done.problems)
    assert "may be read by other users" in told
    assert "chmod 600" in told


def test_a_credential_that_google_refuses_is_told_once_and_not_asked_for_every_sheet(
    company: GoogleCompany,
) -> None:
    two_sheets(company)
    company.server.tokens.refusal = "invalid_grant"
    company.server.tokens.expire_all()
    done = company.sync()
    assert done.exit_code == 3
    assert scores(done)["Sales"] == HALF
    assert any("does not accept the credential" in problem.message for problem in done.problems)


def test_the_fuse_keeps_many_sheets_from_waiting_one_by_one(
    tmp_path: Path, sheets_server: SheetsServer
) -> None:
    company = GoogleCompany(tmp_path, sheets_server, google="threads = 1", feedback=False)
    first = company.plain_sheet("Acme")
    books = sheets_server.seeds.copies(first, [f"Team {at}" for at in range(12)])
    assert len(books) == 12
    sheets_server.faults.add("status", kind="read", code=503)
    company.calls()
    done = company.sync()
    assert done.exit_code == 4
    assert company.calls()["read"] == 5 * 8  # five sheets were tried as often as it may help
    assert sum("not asked" in problem.message for problem in done.problems) == 8


OTHER_FORMAT = """
[[sources.google]]
ids = ["{ids}"]
number_format = "1.234,5"
credentials = ["second.json"]
"""
TEXTS = """
    ID  | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
    KR1 | O1           | NPS        | Kim   | 0     | '4.000 | '1.000  | 2026-11-17
"""


def two_entries(company: GoogleCompany, *ids: str) -> None:
    """The folder as before, with English numbers; these sheets again, with German ones."""
    other = "second@okrsync-test.iam.gserviceaccount.com"
    company.server.credentials.service_account_file(company.folder / "second.json", other)
    for book in ids:
        company.person(book).share(other, "reader")
    text = company.config.read_text().replace(
        "[[sources.google]]", '[[sources.google]]\nnumber_format = "1,234.5"\ncredentials = ["key.json"]'
    )
    company.config.write_text(text + OTHER_FORMAT.format(ids='", "'.join(ids)))


def without_format(company: GoogleCompany, title: str, **rows: str) -> str:
    book = company.plain_sheet(title, key_results=TEXTS, **rows)
    company.person(book).type("Team!B5", "")
    return book


def test_a_sheet_in_two_sources_is_never_read_in_the_other_ones_way(company: GoogleCompany) -> None:
    acme = without_format(company, "Acme")
    two_entries(company, acme)
    assert scores(company.sync())["KR1"] == 0.25
    company.person(acme).type("Key Results!G2", "'2.000")
    (company.folder / "key.json").chmod(0o644)  # the first account cannot be used
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, scores(done)["KR1"]) == (3, 0.25)
    record = company.record_of(acme)
    assert (record.state, record.cause.startswith(UNLISTED)) == ("stale", True)
    assert company.sync(NEXT_DAY).state == "unchanged"
    (company.folder / "key.json").chmod(0o600)
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, scores(done)["KR1"]) == (0, 0.5)


def test_trust_15_a_sheet_of_the_second_source_alone_goes_on(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    other = "second@okrsync-test.iam.gserviceaccount.com"
    folder = company.server.seeds.folder("Elsewhere", share={other: "reader"})
    sales = company.plain_sheet("Sales", **team_rows("S"))
    with company.server.still() as world:
        world.files[sales].parents[:] = [folder]
    two_entries(company, sales)
    company.sync()
    company.person(sales).type("Key Results!G2", 5)
    (company.folder / "key.json").chmod(0o644)
    assert scores(company.sync())["Sales"] == 0.65

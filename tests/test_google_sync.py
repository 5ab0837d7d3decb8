"""Team sheets in Google through the whole run, over HTTP: the same job as for Excel, with few calls."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.core.grid import Grid, Kind
from sync.core.headers import is_ours
from sync.core.policy import Limits
from sync.google.client import Client
from sync.moves import UNLISTED
from sync.sources import xlsx
from sync.sources.google_cells import MASK, grid_of
from tests.company import CYCLE, KEY_RESULTS, NEXT_DAY, OBJECTIVES, codes, scores, workbook
from tests.google_company import GoogleCompany
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.server import SheetsServer
from tests.test_google_faults import HALF, team_rows

ODD = """
    ID     | Objective ID | Key result | Owner | Start | Target | Current   | Last check-in | Comment
    '007   | O1           | NPS        | Kim   | 0     | 10     | 4         | 2026-11-17    | =1+1
    '1E5   | O1           | Leads      | Ada   | 0     | 50%    | 7%        | 2026-11-17    | 'NA
    KR3    | O1           | Churn      | Ada   | 0.5   | '0,5   | '1.234,5  | 2026-11-17    | '2026-11-17
"""


@pytest.fixture
def company(tmp_path: Path, sheets_server: SheetsServer) -> GoogleCompany:
    return GoogleCompany(tmp_path, sheets_server)


def test_a_sheet_in_google_is_scored_as_a_workbook_is(company: GoogleCompany) -> None:
    company.sheet_of("Acme")
    done = company.sync()
    assert (done.exit_code, done.state, codes(done)) == (0, "ok", [])
    assert scores(done) == {"KR1": 0.4, "KR2": 0.8, "O1": HALF, "Acme": HALF}
    assert company.calls() == {"drive": 1, "read": 1, "write": 1}
    assert done.api_calls == {"drive": 1, "sheets_reads": 1, "sheets_writes": 1, "retries": 0}
    # our own writing is a new version at Drive: the sheet is read once more, and found to be the same
    assert company.sync().state == "unchanged"
    assert company.calls() == {"drive": 1, "read": 1, "write": 0}
    assert company.sync().state == "unchanged"
    assert company.calls() == {"drive": 1, "read": 0, "write": 0}
    company.sync(NEXT_DAY)
    assert company.calls() == {"drive": 1, "read": 0, "write": 0}


def by_value(grid: Grid) -> dict[str, dict[tuple[int, int], Any]]:
    """What people typed, tab by tab; formulas' results differ by what calculates them."""
    return {
        sheet.name: {
            (row, column): (cell.kind, cell.value, cell.style if cell.kind is not Kind.BLANK else "")
            for row, cells in sheet.rows.items()
            for column, cell in cells.items()
            if not cell.formula
        }
        for sheet in grid.sheets
        if not is_ours(sheet.name)
    }


def test_the_same_content_gives_the_same_grid_as_an_excel_workbook(company: GoogleCompany) -> None:
    from sheet_templates.team import TeamDefaults

    book = company.sheet_of("Acme", key_results=ODD)
    tables = {"objectives": OBJECTIVES, "key_results": ODD, "check_ins": "", "initiatives": ""}
    team = TeamDefaults(unit="Acme", number_format="1,234.5", level="Company", parent="", cycle=CYCLE)
    excel = xlsx.read(workbook(team, tuple(tables.items())), Limits())
    with company.clock():
        from sync import googling

        with googling.connect(company.settings()) as connection:
            [client] = connection.clients()
            google = grid_of(client.spreadsheet(book, fields=MASK), 100_000)
    assert by_value(google) == by_value(excel)


def test_both_kinds_of_sources_are_one_company(company: GoogleCompany) -> None:
    text = company.config.read_text() + '\n[[sources.excel]]\npaths = ["teams"]\n'
    company.config.write_text(text)
    company.plain_sheet("Acme")
    company.team("Sales", **team_rows("S"))
    done = company.sync()
    assert (codes(done), scores(done)["Sales"], scores(done)["Acme"]) == ([], HALF, HALF)
    assert done.assessment is not None
    assert done.assessment.portfolio.units["parent"].tolist() == ["", "Acme"]


def test_only_what_changed_is_read_and_only_changed_findings_are_written(company: GoogleCompany) -> None:
    acme = company.sheet_of("Acme")
    books = [company.sheet_of(f"Team {at}", **team_rows(f"T{at}x")) for at in range(3)]
    company.sync()
    company.sync()
    company.calls()
    company.person(books[0]).type("Key Results!M4", "went well")  # a comment: no finding, no score moves
    company.person(books[1]).type("Key Results!I4", 9)
    done = company.sync()
    assert company.calls() == {"drive": 1, "read": 2, "write": 2}  # Team 1's score moves that of Acme
    assert {path for path in done.written if path.startswith("https")} == {
        f"https://docs.google.com/spreadsheets/d/{book}/edit" for book in (acme, books[1])
    }


def everything(company: GoogleCompany, book: str) -> Any:
    """All that stands in a sheet but in the tabs that okrsync owns."""
    with company.server.still() as world:
        found = world.files[book].book
        assert found is not None
        return [
            (sheet.title, dict(sheet.properties), copy.deepcopy(sheet.cells))
            for sheet in found.sheets
            if sheet.title not in ("Sync status", "Lists")
        ]


def test_trust_27_no_cell_outside_our_own_tabs_is_ever_written(company: GoogleCompany) -> None:
    book = company.sheet_of("Acme", key_results=ODD)
    before = everything(company, book)
    done = company.sync()
    assert company.calls()["write"] == 1
    assert codes(done)
    assert everything(company, book) == before
    shown = company.person(book).shown("Sync status!A1:G30")
    assert ["Sync status"] in shown
    [row] = [line for line in shown if line[1:2] == ["S104"] and line[3] == "H6"]
    assert row[2:4] == ["Key Results", "H6"]
    link = company.person(book).cell(f"Sync status!D{shown.index(row) + 1}")["textFormatRuns"][0]
    assert link["format"]["link"]["uri"].endswith("&range=H6")


def test_trust_28_a_text_of_a_sheet_is_written_as_a_text(company: GoogleCompany) -> None:
    book = company.plain_sheet("Acme", key_results=KEY_RESULTS.replace("10     |", "'=HYPER |"))
    company.person(book).add_tab("Sync status")
    company.sync()
    cells = company.person(book).stored("Sync status!A1:G40")
    assert any("=HYPER" in str(cell) for line in cells for cell in line)
    kinds = [
        company.person(book).cell(f"Sync status!{column}{row}").get("userEnteredValue", {})
        for row in range(1, 20)
        for column in "ABCDEFG"
    ]
    assert not [kind for kind in kinds if "formulaValue" in kind]


def test_findings_disappear_from_the_tab_when_they_are_mended(company: GoogleCompany) -> None:
    book = company.sheet_of("Acme", key_results=KEY_RESULTS.replace("| 10     |", "| much   |"))
    company.sync()
    assert "S104" in str(company.person(book).shown("Sync status!A1:G60"))
    company.person(book).type("Key Results!H4", 10)
    company.sync()
    assert "S104" not in str(company.person(book).shown("Sync status!A1:M3000"))


def test_a_sheet_that_may_only_be_read_is_fine_told_once_and_written_as_soon_as_it_may(
    company: GoogleCompany,
) -> None:
    book = company.sheet_of("Acme")
    company.server.world.files[company.drive_folder].permissions.clear()
    company.person(book).share(ACCOUNT, "reader")
    done = company.sync()
    assert (done.exit_code, scores(done)["Acme"]) == (0, HALF)
    assert (
        "Acme: findings were not written into it, because okrsync's account may only read it."
        in done.messages
    )
    assert company.calls()["write"] == 0
    again = company.sync()
    assert (again.state, again.messages) == ("unchanged", [])
    company.person(book).share(ACCOUNT, "writer")
    company.sync()
    assert company.calls()["write"] == 1
    company.sync()
    assert company.sync().state == "unchanged"


def test_a_protected_tab_of_somebody_else_is_told_and_not_tried_again(company: GoogleCompany) -> None:
    book = company.plain_sheet("Acme")
    company.person(book).add_tab("Sync status")
    company.person(book).protect("Sync status!A1:Z1000")
    done = company.sync()
    assert done.exit_code == 0
    assert "findings were not written into it" in "\n".join(done.messages)
    assert company.calls()["write"] == 1
    assert company.sync().state == "unchanged"
    assert company.calls()["write"] == 0


def test_a_sheet_without_the_tab_is_read_and_told_how_to_get_one(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    done = company.sync()
    assert done.exit_code == 0
    assert "has no tab “Sync status”" in "\n".join(done.messages)
    assert company.sync().state == "unchanged"


def test_a_tab_that_is_added_later_gets_the_findings_at_the_next_sync(company: GoogleCompany) -> None:
    book = company.plain_sheet("Acme")
    company.sync()
    company.person(book).add_tab("Sync status")
    assert company.sync().written[-1].endswith(f"{book}/edit")
    assert company.person(book).shown("Sync status!A1") == [["Sync status"]]


def test_of_two_accounts_the_one_that_may_write_writes(company: GoogleCompany) -> None:
    other = "second@okrsync-test.iam.gserviceaccount.com"
    book = company.sheet_of("Acme")
    company.person(book).share(other, "reader")
    company.server.credentials.service_account_file(company.folder / "second.json", other)
    text = company.config.read_text().replace('["key.json"]', '["second.json", "key.json"]')
    company.config.write_text(text)
    done = company.sync()
    assert done.messages == []
    writers = {entry.identity for entry in company.server.log.entries if entry.kind == "write"}
    assert writers == {ACCOUNT}


def test_a_sheet_named_by_id_is_not_gone_while_drive_only_fails(
    company: GoogleCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.plain_sheet("Acme")
    single = company.plain_sheet("Sales", **team_rows("S"))
    with company.server.still() as world:
        world.files[single].parents.clear()
    company.person(single).share(ACCOUNT, "reader")
    ids = f'ids = ["{single}"]\nfolders ='
    company.config.write_text(company.config.read_text().replace("folders =", ids))
    listed = Client.files

    def without_it(self: Client, *asked: str, **more: str) -> Iterator[dict[str, Any]]:
        """As at Google, where no list holds a sheet that everybody with its address may see."""
        return (file for file in listed(self, *asked, **more) if file["id"] != single)

    monkeypatch.setattr(Client, "files", without_it)
    assert company.sync().exit_code == 0
    company.server.faults.add("status", code=503, path=f"files/{single}")
    done = company.sync()
    assert (done.exit_code, scores(done)["Sales"]) == (3, HALF)
    assert company.record_of(single).cause.startswith(UNLISTED)


def test_two_sheets_of_one_name_are_told_apart(company: GoogleCompany) -> None:
    first = company.plain_sheet("Acme", title="OKRs")
    second = company.plain_sheet("Sales", title="OKRs", **team_rows("S"))
    done = company.sync()
    assert done.exit_code == 0
    assert {company.record_of(book).name for book in (first, second)} == {
        f"OKRs ({first})",
        f"OKRs ({second})",
    }


def test_sheets_are_found_by_id_in_folders_and_in_shared_drives(
    tmp_path: Path, sheets_server: SheetsServer
) -> None:
    company = GoogleCompany(tmp_path, sheets_server, feedback=False)
    company.plain_sheet("Acme")
    single = company.plain_sheet("Sales", **team_rows("S"))
    sheets_server.world.files[single].parents.clear()
    company.person(single).share(ACCOUNT, "reader")
    drive = sheets_server.seeds.drive("Drive", {ACCOUNT: "reader", "boss@example.com": "organizer"})
    inner = sheets_server.seeds.folder("Inner", drive=drive)
    in_drive = company.plain_sheet("Ops", **team_rows("P"))
    file = sheets_server.world.files[in_drive]
    file.parents, file.drive = [inner], drive
    text = company.config.read_text().replace(
        "folders =", f'ids = ["{single}"]\nshared_drives = ["{drive}"]\nfolders ='
    )
    company.config.write_text(text)
    done = company.sync()
    assert set(scores(done)) >= {"Acme", "Sales", "Ops"}
    assert done.exit_code == 0


def test_an_id_that_nobody_sees_is_a_problem_with_the_account_to_share_with(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    company.config.write_text(
        company.config.read_text().replace("folders =", 'ids = ["1nobody-sees-this"]\nfolders =')
    )
    done = company.sync()
    assert done.exit_code == 3
    assert any(f"was never shared with {ACCOUNT}" in problem.message for problem in done.problems)


def test_an_excel_file_in_the_folder_is_named(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    with company.server.still() as world:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        world.add("Old.xlsx", owner="kim@example.com", parents=(company.drive_folder,), kind=kind)
    done = company.sync()
    assert [p.source for p in done.problems if "Excel file that lies in Drive" in p.message] == ["Old.xlsx"]


def test_a_forced_read_finds_what_drive_does_not_know_yet(
    tmp_path: Path, sheets_server: SheetsServer
) -> None:
    sheets_server.world.version_lag = 180.0
    company = GoogleCompany(tmp_path, sheets_server, feedback=False)
    book = company.plain_sheet("Acme")
    sheets_server.clock.advance(600)
    assert scores(company.sync())["KR1"] == 0.4
    company.person(book).type("Key Results!G2", 5)
    assert company.sync().state == "unchanged"  # Drive is three minutes behind
    done = company.sync(force=("Acme",))
    assert scores(done)["KR1"] == 0.5
    sheets_server.clock.advance(200)
    assert company.sync().state == "unchanged"  # a new version, the known content
    assert company.sync(sweep=True).exit_code == 0


def test_a_sweep_reads_everything_and_renews_the_drop_downs(company: GoogleCompany) -> None:
    company.sheet_of("Acme")
    sales = company.sheet_of("Sales", **team_rows("S"))
    company.sync()
    assert "O1 · Customers tell us" not in str(company.person(sales).shown("Lists!A1:J20"))
    company.calls()
    company.sync(sweep=True)
    assert company.calls()["read"] == 2
    lists = company.person(sales).shown("Lists!A1:J20")
    column = lists[0].index("Aligned to")
    assert lists[1][column] == "O1 · Customers tell us"
    company.calls()
    company.sync(sweep=True)
    assert company.calls()["write"] == 0


def test_trust_12_nothing_changed_costs_one_call_for_a_thousand_sheets(
    tmp_path: Path, sheets_server: SheetsServer
) -> None:
    company = GoogleCompany(tmp_path, sheets_server, feedback=False)
    company.plain_sheet("Acme")
    for at in range(1, 12):
        company.plain_sheet(f"Team {at}", **team_rows(f"T{at}x"))
    company.sync()
    company.calls()
    assert company.sync().state == "unchanged"
    assert company.calls() == {"drive": 1, "read": 0, "write": 0}


def test_a_spreadsheet_with_comma_decimals_is_read_by_its_values(company: GoogleCompany) -> None:
    book = company.plain_sheet("Acme", locale="de_DE")
    person = company.person(book)
    person.type("Key Results!E2", "0,5")  # Start, typed as Germans do
    person.type("Key Results!F2", "1.234,5")
    person.type("Key Results!G2", "=F2")
    assert scores(company.sync())["KR1"] == 1.0
    sheet = company.record_of(book).sheet
    assert sheet is not None
    assert [sheet.key_results[0].start.value, sheet.key_results[0].target.value] == [0.5, 1234.5]


def test_people_may_edit_between_any_two_calls_and_nothing_lands_in_the_wrong_row(
    company: GoogleCompany,
) -> None:
    """Before each call somebody inserts rows, sorts, renames a tab, types a value."""
    book = company.sheet_of("Acme")
    person = company.person(book)
    edits = iter(
        (
            lambda: person.insert_rows("Key Results", before=4),
            lambda: person.sort("Key Results!A4:V40", column=2, descending=True),
            lambda: person.rename_tab("Sync status", "Status by okrsync"),
            lambda: person.type("Objectives!B4", "Customers tell everybody"),
        )
    )
    hook = company.server.faults.add(
        "before", path="v4/spreadsheets", hook=lambda _: next(edits, lambda: None)()
    )
    for _ in range(4):
        company.sync()
    company.server.faults.clear()
    assert hook.struck >= 3
    done = company.sync(NEXT_DAY)
    assert scores(done) == {"KR1": 0.4, "KR2": 0.8, "O1": HALF, "Acme": HALF}
    ids = [line[0] for line in person.stored("Key Results!A4:C60") if line and line[0]]
    assert sorted(ids) == ["KR1", "KR2"]
    assert person.stored("Objectives!B4") == [["Customers tell everybody"]]
    record = company.record_of(book)
    assert record.sheet is not None
    assert record.sheet.objectives[0].objective == "Customers tell everybody"


def test_a_folder_that_nobody_shared_is_told_beside_good_ones(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    private = company.server.seeds.folder("Private")
    empty = company.server.seeds.folder("Empty", share={ACCOUNT: "reader"})
    folders = f'folders = ["{private}", "{empty}", '
    company.config.write_text(company.config.read_text().replace("folders = [", folders))
    company.calls()
    done = company.sync()
    assert (done.exit_code, scores(done)["Acme"]) == (3, HALF)
    [told] = [one for one in done.problems if one.source.endswith(private)]
    assert f"never shared with {ACCOUNT}" in told.message
    assert "share the folder" in told.hint
    assert not [one for one in done.problems if empty in one.source]
    assert company.calls()["drive"] == 3  # the list, and the two in which nothing lies
    assert company.sync().state == "unchanged"


def test_one_folder_that_drive_refuses_takes_no_other_along(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    folders = 'folders = ["1nobody-knows-this", '
    company.config.write_text(company.config.read_text().replace("folders = [", folders))
    company.server.faults.add("not_found", kind="drive", times=1)  # Drive may refuse the list for it
    done = company.sync()
    assert (done.exit_code, scores(done)["Acme"]) == (3, HALF)
    assert [one.source[-18:] for one in done.problems if one.code == "S110"] == ["1nobody-knows-this"]


def test_a_folder_in_the_bin_is_told(company: GoogleCompany) -> None:
    company.plain_sheet("Acme")
    binned = company.server.seeds.folder("Old", share={ACCOUNT: "writer"})
    with company.server.still() as world:
        world.files[binned].trashed = True
    company.config.write_text(company.config.read_text().replace("folders = [", f'folders = ["{binned}", '))
    assert "the folder lies in the bin." in "\n".join(one.message for one in company.sync().problems)


@pytest.mark.parametrize(
    ("named", "others", "calls"),
    (
        (1, 0, 1),  # asked for by its id
        (1, 2_500, 1),
        (3, 0, 1),  # one list
        (2, 2_500, 4),  # two pages that have none of them, then each by its id
        (0, 0, 1),  # they lie in the folder, which was listed anyway
    ),
)
def test_sheets_named_by_id_take_few_calls(
    company: GoogleCompany, named: int, others: int, calls: int
) -> None:
    inside = company.plain_sheet("Acme")
    share = {ACCOUNT: "reader"}
    alone = [company.server.seeds.spreadsheet(f"Alone {at}", share=share) for at in range(named)]
    company.server.clock.advance(60)  # Drive lists the newest first
    company.server.seeds.copies(alone[0] if alone else inside, [f"Copy {at}" for at in range(others)])
    ids = ", ".join(f'"{book}"' for book in (alone or [inside]))
    text = company.config.read_text()
    company.config.write_text(
        text.replace("folders =", f"ids = [{ids}]\nfolders =" if not alone else f"ids = [{ids}]\n#")
    )
    company.calls()
    with company.clock():
        from sync import googling, intake

        settings = company.settings()
        with googling.connect(settings) as connection:
            found = intake.list_all(intake.configured(settings, connection), settings)
    assert len(found.listings) == max(1, named)
    assert company.calls()["drive"] == calls

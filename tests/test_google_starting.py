"""`okrsync template --google`, against a server that plays Google."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheet_templates.team import TeamDefaults, book_id
from sync import googling
from sync.config import load
from sync.core.model import Binding
from sync.core.parse import parse
from sync.core.schema import BOOK_ID_NAME, SHEET_IDS, STATUS_TAB, TEMPLATE_TABS, Tab
from sync.core.status_tab import Feedback
from sync.feedback.google import write
from sync.sources.google_cells import MASK, grid_of
from sync.starting_google import MENU
from tests.company import Answer, okrsync
from tests.sheets_server.credentials import ACCOUNT, PERSON
from tests.sheets_server.fixture import sheets_server  # noqa: F401  # a fixture
from tests.sheets_server.server import SheetsServer

UNITS = """Unit,Level,Parent,Champion
Acme,Company,,Ada Moreau
Sales,Department,Acme,Kim Larsen
Inside Sales,Team,Sales,Kim Larsen
"""


class Google:
    """The server, and a company's settings that lead to it."""

    def __init__(self, server: SheetsServer, folder: Path) -> None:
        self.server = server
        server.credentials.service_account_file(folder / "key.json")
        settings = f'[google]\ncredentials = ["key.json"]\nendpoint = "{server.url}"\n'
        (folder / "config.toml").write_text(settings, encoding="utf-8")
        (folder / "units.csv").write_text(UNITS, encoding="utf-8")

    def empty(self, title: str = "Untitled spreadsheet", role: str = "writer") -> str:
        return self.server.seeds.spreadsheet(title, share={ACCOUNT: role})

    def template(self, *arguments: str) -> Answer:
        return okrsync("template", "--google", "--as-of", "2026-11-18", *arguments)

    def marketing(self, *arguments: str) -> Answer:
        return self.template("--unit", "Marketing", "--parent", "Growth", *arguments)

    def tabs(self, spreadsheet: str) -> list[str]:
        [client] = googling.connect(load(Path("config.toml"), {})).clients()
        return [
            sheet["properties"]["title"]
            for sheet in client.spreadsheet(spreadsheet, fields="sheets.properties.title")["sheets"]
        ]


@pytest.fixture
def google(sheets_server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Google:  # noqa: F811  # the fixture above
    monkeypatch.chdir(tmp_path)
    return Google(sheets_server, tmp_path)


def test_an_empty_sheet_becomes_the_units_template_in_one_write(google: Google) -> None:
    spreadsheet = google.empty()
    answer = google.marketing("--into", f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit#gid=0")
    assert (answer.code, answer.err) == (0, "")
    made = f"Marketing: https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"
    assert answer.out.splitlines() == [made, *MENU]
    assert google.tabs(spreadsheet) == [*TEMPLATE_TABS]
    assert (google.server.log.count("read"), google.server.log.count("write")) == (2, 1)  # ours: one read


def test_what_was_made_is_read_as_the_units_sheet_without_findings_of_its_own(google: Google) -> None:
    spreadsheet = google.empty()
    google.marketing("--into", spreadsheet)
    settings = load(Path("config.toml"), {})
    [client] = googling.connect(settings).clients()
    grid = grid_of(client.spreadsheet(spreadsheet, fields=MASK), 1_000_000)
    sheet, problems = parse("Marketing", grid)
    assert sheet is not None
    assert (sheet.team.unit, sheet.team.parent, sheet.team.cycle) == ("Marketing", "Growth", "2026-Q4")
    assert grid.names == {BOOK_ID_NAME: book_id(TeamDefaults(unit="Marketing", cycle="2026-Q4"))}
    assert [sheet.name for sheet in grid.sheets if sheet.hidden] == ["Lists"]
    assert [p for p in problems if p.tab not in ("Objectives", "Key Results")] == []
    assert (*sheet.objectives, *sheet.key_results, *sheet.check_ins) == ()


def test_people_may_fill_it_in_and_not_change_okrsyncs_tabs(google: Google) -> None:
    spreadsheet = google.empty()
    google.marketing("--into", spreadsheet)
    person = google.server.person(spreadsheet, "colleague@example.com")
    person.share("colleague@example.com", "writer")
    person.type("Objectives!A4", "007")
    person.type("Objectives!B4", "Customers tell their friends about us")
    assert person.stored("Objectives!A4:B4") == [["007", "Customers tell their friends about us"]]
    with pytest.raises(Exception, match="protected"):
        person.type(f"'{Tab.SYNC_STATUS}'!A1", "mine")


def test_okrsyncs_account_may_change_them_and_leaves_the_rest_alone(google: Google) -> None:
    spreadsheet = google.empty()
    google.marketing("--into", spreadsheet)
    [client] = googling.connect(load(Path("config.toml"), {}), writes=True).clients()
    reply = client.spreadsheet(spreadsheet, fields="sheets.protectedRanges(warningOnly,editors.users)")
    ranges = [one for sheet in reply["sheets"] for one in sheet.get("protectedRanges", ())]
    closed = [one["editors"]["users"] for one in ranges if not one.get("warningOnly")]
    assert closed == [[ACCOUNT, PERSON]] * 2  # nobody can be shut out of what they own
    bindings = {STATUS_TAB: Binding(Tab.SYNC_STATUS, 1, {}, str(SHEET_IDS[Tab.SYNC_STATUS]))}
    assert write(client, spreadsheet, bindings, Feedback("2026-11-21")) is None
    assert google.server.person(spreadsheet).stored("'Sync status'!C4") == [["2026-11-21"]]
    assert google.server.person(spreadsheet).stored("Objectives!A3:B3") == [["ID", "Objective"]]


def test_the_names_that_are_known_are_offered(google: Google) -> None:
    folder = google.server.seeds.demo_folder()
    answer = google.template("--from", "units.csv", "--folder", folder)
    spreadsheet = answer.out.splitlines()[2].split("/d/")[1].removesuffix("/edit")
    offered = google.server.person(spreadsheet).stored("Lists!H2:I4")
    assert offered == [["Ada Moreau", "Acme"], ["Kim Larsen", "Inside Sales"], ["", "Sales"]]


def test_a_sheet_that_holds_something_is_left_as_it_is(google: Google) -> None:
    spreadsheet = google.server.seeds.spreadsheet(
        "Plans", {"One": [], "Two": [[], ["", "", 0]]}, share={ACCOUNT: "writer"}
    )
    answer = google.marketing("--into", spreadsheet)
    assert answer.code == 2
    assert "“Plans” is not empty: something stands in Two!C2. Nothing was changed." in answer.err
    assert google.server.log.count("write") == 0


def test_a_formula_that_shows_nothing_is_something_too(google: Google) -> None:
    spreadsheet = google.server.seeds.spreadsheet("Plans", {"One": [['=""']]}, share={ACCOUNT: "writer"})
    assert "something stands in One!A1" in google.marketing("--into", spreadsheet).err


def test_the_same_command_again_says_that_it_was_done(google: Google) -> None:
    spreadsheet = google.empty("Our goals")
    google.marketing("--into", spreadsheet)
    answer = google.marketing("--into", spreadsheet)
    assert (answer.code, answer.out) == (2, "")
    assert "“Our goals” is the sheet of Marketing already." in answer.err
    assert "“Our goals” is not empty" in google.template("--unit", "Sales", "--into", spreadsheet).err


def test_a_lost_answer_doubles_nothing_and_is_no_failure(google: Google) -> None:
    spreadsheet = google.empty()
    google.server.faults.add("lost", kind="write", nth=1)
    answer = google.marketing("--into", spreadsheet)
    assert (answer.code, answer.err) == (0, "")
    assert google.tabs(spreadsheet) == [*TEMPLATE_TABS]


def test_a_sheet_that_is_not_shared_is_a_sentence_that_names_the_account(google: Google) -> None:
    hidden = google.server.seeds.spreadsheet("Secret")
    readable = google.empty(role="reader")
    for spreadsheet in (hidden, readable):
        answer = google.marketing("--into", spreadsheet)
        assert (answer.code, answer.out) == (3, "")
        assert f"{spreadsheet}/edit: " in answer.err
        assert f"hare it with {ACCOUNT}" in answer.err
    assert google.tabs(readable) == ["Sheet1"]


def test_a_folder_of_a_shared_drive_gets_one_sheet_for_each_unit(google: Google) -> None:
    folder = google.server.seeds.demo_folder()
    answer = google.template(
        "--from", "units.csv", "--folder", f"https://drive.google.com/drive/folders/{folder}"
    )
    assert (answer.code, answer.err) == (0, "")
    made = [line.split(": ") for line in answer.out.splitlines()[: -len(MENU)]]
    assert [unit for unit, _ in made] == ["Acme", "Sales", "Inside Sales"]
    for _, address in made:
        assert google.tabs(address.split("/d/")[1].removesuffix("/edit")) == [*TEMPLATE_TABS]


def test_a_service_account_in_somebodys_own_folder_is_told_of_into(google: Google) -> None:
    folder = google.server.seeds.folder("Mine", owner=PERSON, share={ACCOUNT: "writer"})
    answer = google.marketing("--folder", folder)
    assert answer.code == 3
    assert "No spreadsheet could be made for Marketing: " in answer.err
    assert "owns no files" in answer.err
    assert "--into" in answer.err


def test_a_list_that_stops_half_way_says_what_is_left_so_that_nothing_is_made_twice(google: Google) -> None:
    folder = google.server.seeds.demo_folder()
    google.server.faults.add("status", code=400, kind="drive", nth=2)
    answer = google.template("--from", "units.csv", "--folder", folder)
    assert answer.code == 3
    assert [line.split(":")[0] for line in answer.out.splitlines()] == ["Acme"]
    assert "No spreadsheet could be made for Sales: " in answer.err
    assert "Not made: Sales, Inside Sales. Take the others out of the list first." in answer.err


def test_a_sheet_that_was_made_and_not_filled_is_named(google: Google) -> None:
    folder = google.server.seeds.demo_folder()
    google.server.faults.add("status", code=400, kind="write", times=1)
    answer = google.marketing("--folder", folder)
    assert answer.code == 3
    assert "was made for Marketing and stayed empty: " in answer.err
    assert "Then fill it with --into." in answer.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        (("--google",), "Give either --into SHEET"),
        (("--google", "--into", "abcdef", "--folder", "abcdef"), "Give either --into SHEET"),
        (("--google", "--into", "no id!"), '"no id!" is no id'),
        (("--google", "--into", "abcdef", "-o", "x.xlsx"), "-o makes workbooks"),
        (("--into", "abcdef"), "--google with --into"),
        (("--folder", "abcdef"), "--google with --into"),
    ),
)
def test_options_that_do_not_go_together_are_a_sentence(
    google: Google, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = okrsync("template", "--unit", "Marketing", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert sentence in answer.err
    assert google.server.log.count() == 0


def test_into_takes_one_unit_and_a_wrong_list_asks_nobody(google: Google) -> None:
    answer = google.template("--from", "units.csv", "--into", "abcdef")
    assert "--into fills one spreadsheet" in answer.err
    Path("units.csv").write_text("Unit,Level\nX,Galaxy\n", encoding="utf-8")
    assert "Galaxy" in google.template("--from", "units.csv", "--folder", "abcdef").err
    assert google.server.log.count() == 0

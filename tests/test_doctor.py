"""`okrsync doctor`: each thing that may be wrong is told, with the way to mend it, and nothing is changed."""

# ruff: noqa: F811  # pytest hands in the imported fixture by its name

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.config import load
from sync.core.schema import TEMPLATE_VERSION, TEMPLATE_VERSION_NAME
from sync.doctor.check import Check, Examination, State
from sync.doctor.examine import examine
from sync.doctor.telling import as_json, exit_code, verdict
from tests.company import TODAY, Company, okrsync, quietly
from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.fixture import sheets_server  # noqa: F401  # a fixture
from tests.sheets_server.server import SheetsServer

DAY = 86_400
posix = pytest.mark.skipif(os.name == "nt", reason="Windows knows no such modes")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.team()
    return company


def looked(company: Company, *, quick: bool = False, now: float = 0.0) -> Examination:
    return examine(company.settings(), quick=quick, now=lambda: now, progress=quietly)


def of(found: Examination, what: str) -> Check:
    """The one check of that thing."""
    checks = [check for check in found.checks if check.what == what]
    assert len(checks) == 1, found.checks
    return checks[0]


# --- this machine --------------------------------------------------------------------------------------


def test_all_is_well_after_a_sync_and_nothing_is_changed(company: Company) -> None:
    company.sync()
    before = company.tree()
    found = looked(company)
    assert [check for check in found.checks if check.state not in (State.OK, State.SKIPPED)] == []
    assert exit_code(found) == 0
    assert company.tree() == before
    assert of(found, "workbooks").message == "1 in teams."
    assert of(found, "master").message == "master.xlsx can be replaced."
    assert of(found, "history").message == f"history.db is whole; last run {TODAY} 09:00."
    assert of(found, "state folder").message == "Only its owner may look into state."
    assert verdict(found) == "7 fine, 2 skipped."


def test_before_the_first_sync_there_is_little_to_look_at(company: Company) -> None:
    before = company.tree()
    found = looked(company)
    assert of(found, "state folder").state is State.SKIPPED
    assert of(found, "history").state is State.SKIPPED
    assert exit_code(found) == 0
    assert company.tree() == before


@posix
def test_trust_30_a_state_folder_that_others_may_look_into_is_told(company: Company) -> None:
    company.sync()
    state = company.database.parent
    state.chmod(0o755)
    check = of(looked(company), "state folder")
    assert (check.state, check.hint) == (
        State.WARNING,
        f"Run `chmod 700 {state}`, and `chmod 600` on the files in it.",
    )
    (state / "google-me.token.json").touch()
    (state / "google-me.token.json").chmod(0o644)
    check = of(looked(company), "state folder")
    assert check.state is State.PROBLEM
    assert "may read google-me.token.json in" in check.message


@pytest.mark.parametrize(
    ("spoil", "message"),
    (
        (lambda _: b"no database" * 50, "is damaged: it is no database."),
        (lambda data: data[:8192] + b"\0" * 8192 + data[16384:], "is damaged"),
    ),
)
def test_a_history_that_cannot_be_used_is_told_with_the_way_out(
    company: Company, spoil: Callable[[bytes], bytes], message: str
) -> None:
    company.sync()
    company.database.write_bytes(spoil(company.database.read_bytes()))
    check = of(looked(company), "history")
    assert check.state is State.PROBLEM
    assert message in check.message
    assert "backup" in check.hint


def test_a_large_history_is_read_to_its_end(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.sync()
    data = company.database.read_bytes()
    company.database.write_bytes(data[:-4096] + b"\0" * 4096)
    monkeypatch.setattr("sync.history.sqlite._SMALL", 0)  # as a sync does, opening looks at no page then
    with company.store() as store:
        assert store.status().healthy
    assert of(looked(company), "history").state is State.PROBLEM


def test_a_folder_that_is_not_there_is_told(company: Company) -> None:
    shutil.rmtree(company.teams)
    check = of(looked(company), "workbooks")
    assert check.state is State.PROBLEM
    assert "[[sources.excel]]" in check.hint


def test_an_empty_folder_is_worth_a_word(company: Company) -> None:
    (company.teams / "Acme.xlsx").unlink()
    check = of(looked(company), "workbooks")
    assert (check.state, check.message) == (State.WARNING, "There is none in teams.")


def test_a_folder_that_is_not_writable_or_not_there_keeps_the_master_back(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = company.folder / "out"
    company.config.write_text(company.config.read_text().replace('"master.xlsx"', '"out/master.xlsx"'))
    assert of(looked(company), "master").message == f"Its folder {elsewhere} does not exist."
    elsewhere.mkdir()
    allowed = os.access  # root may write everywhere, so the answer is given here
    monkeypatch.setattr(os, "access", lambda path, mode: path != elsewhere and allowed(path, mode))
    check = of(looked(company), "master")
    assert (check.state, "may not write into" in check.message) == (State.PROBLEM, True)


def test_a_master_that_is_open_is_told(company: Company) -> None:
    (company.folder / "~$master.xlsx").touch()
    check = of(looked(company), "master")
    assert check.state is State.WARNING
    assert check.hint == "Close it; if nobody has it open, delete ~$master.xlsx."


def test_a_workbook_without_rights_is_named(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    book = company.teams / "Acme.xlsx"
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != book and allowed(path, mode))
    check = of(looked(company), "workbooks")
    assert check.state is State.PROBLEM
    assert check.message == "1 of 1 workbooks in teams may not be read: Acme.xlsx."


def test_a_people_list_that_cannot_be_read_is_told(company: Company) -> None:
    company.config.write_text(company.config.read_text() + '\n[people]\npath = "people.csv"\n')
    assert of(looked(company), "people list").state is State.PROBLEM
    (company.folder / "people.csv").write_text("Name,E-mail\nKim,kim@example.org\n")
    check = of(looked(company), "people list")
    assert (check.state, check.message) == (State.OK, "1 people in people.csv.")


@pytest.mark.parametrize(("free", "state"), ((10 << 20, State.PROBLEM), (100 << 20, State.WARNING)))
def test_a_disk_that_is_nearly_full_is_told(
    company: Company, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    usage = shutil.disk_usage(company.folder)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    check = of(looked(company), "disk")
    assert (check.state, check.message.startswith(f"{free >> 20} MiB are free")) == (state, True)


def test_processes_that_do_not_start_are_told(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    check = of(looked(company), "processes")
    assert check.state is State.PROBLEM
    assert "ulimit" in check.hint


def test_settings_that_cannot_be_used_end_with_2(company: Company) -> None:
    company.config.write_text("[sourcs]\n")
    answer = company.command("doctor")
    assert (answer.code, answer.out) == (2, "")
    assert 'there is no "sourcs"' in answer.err


def test_names_cannot_steer_a_terminal(company: Company) -> None:
    (company.teams / "\x1b[2Jevil.xls").write_bytes(b"x")
    assert "\x1b" not in company.command("doctor").out


# --- Google --------------------------------------------------------------------------------------------


class Org:
    """A company whose sheets lie in a folder of the test server."""

    def __init__(self, server: SheetsServer, folder: Path) -> None:
        self.server = server
        self.path = folder
        self.key = server.credentials.service_account_file(folder / "key.json")
        os.utime(self.key, (server.clock.now(), server.clock.now()))
        self.drive_folder = server.seeds.folder("OKR sheets", share={ACCOUNT: "writer"})
        self.settings(f'folders = ["{self.drive_folder}"]')

    def settings(self, source: str, *, more: str = "", credentials: str = '["key.json"]') -> None:
        (self.path / "config.toml").write_text(
            f'[google]\nendpoint = "{self.server.url}"\ncredentials = {credentials}\n'
            f"[[sources.google]]\n{source}\n{more}",
            encoding="utf-8",
        )

    def sheet(self, title: str, **options: Any) -> str:
        tabs = {"Team": [["Unit", title]], "Sync status": [["not synced yet"]]}
        return self.server.seeds.spreadsheet(title, tabs, folder=self.drive_folder, **options)

    def look(self, *, quick: bool = False, ahead: float = 0.0) -> Examination:
        settings = load(self.path / "config.toml", {})
        return examine(settings, quick=quick, now=lambda: self.server.clock.now() + ahead, progress=quietly)


@pytest.fixture
def org(sheets_server: SheetsServer, tmp_path: Path) -> Org:
    return Org(sheets_server, tmp_path)


FEEDBACK = "[feedback]\ngoogle = true\n"


def protect(org: Org, sheet: str, *editors: str) -> None:
    book = org.server.world.files[sheet].book
    assert book is not None
    [tab] = [tab for tab in book.sheets if tab.title == "Sync status"]
    org.server.person(sheet).request(
        addProtectedRange={
            "protectedRange": {"range": {"sheetId": tab.id}, "editors": {"users": list(editors)}}
        }
    )


def test_all_is_well_with_google(org: Org) -> None:
    sheet = org.sheet("Marketing", locale="de_DE", time_zone="Europe/Berlin")
    entry = {
        "metadataKey": TEMPLATE_VERSION_NAME,
        "metadataValue": TEMPLATE_VERSION,
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    org.server.person(sheet).request(createDeveloperMetadata={"developerMetadata": entry})
    found = org.look()
    assert [check for check in found.checks if check.state not in (State.OK, State.SKIPPED)] == []
    assert of(found, "credential").message == (
        f"{ACCOUNT}: a service account's key; nobody but its owner may read key.json."
    )
    assert of(found, "may list files").message == f"As {ACCOUNT}, yes."
    assert of(found, "may read sheets").message == "Yes."
    assert of(found, "folder").message == f"“OKR sheets”, as {ACCOUNT}: 1 sheet."
    assert of(found, "Marketing").message == (
        "May be read and written; de_DE, Europe/Berlin; template 1; Sync status is not protected."
    )
    assert found.calls == {"drive": 3, "sheets_reads": 2, "sheets_writes": 0, "retries": 0}
    assert of(found, "key.json").message == (
        "Asking took 2 reads and 3 calls to Drive. The settings allow 60 reads and 60 writes a minute."
    )


def test_the_doctor_writes_nothing_into_google(org: Org) -> None:
    org.sheet("Marketing")
    org.settings(f'folders = ["{org.drive_folder}"]', more=FEEDBACK)
    org.look()
    assert {entry.method for entry in org.server.log.entries if entry.kind != "token"} == {"GET"}


def test_quick_looks_into_no_sheet(org: Org) -> None:
    for title in ("A", "B", "C"):
        org.sheet(title)
    found = org.look(quick=True)
    assert of(found, "each sheet").message == "Not looked into (3; one read each): --quick."
    assert found.calls["sheets_reads"] == 1
    assert of(found, "all sheets").message == (
        "Reading all 3 sheets takes one read each; at 60 a minute that is 1 minute at most."
    )


@posix
def test_trust_30_a_key_that_others_may_read_is_told_with_the_command(org: Org) -> None:
    org.key.chmod(0o644)
    found = org.look()
    check = of(found, "credential")
    assert check.state is State.PROBLEM
    assert check.hint.startswith(f"Run `chmod 600 {org.key}`")
    assert of(found, "places").state is State.SKIPPED
    assert exit_code(found) == 3


def test_a_key_that_is_old_should_be_replaced(org: Org) -> None:
    now = org.server.clock.now()
    os.utime(org.key, (now - 91 * DAY,) * 2)
    check = of(org.look(), "age of the key")
    assert check.state is State.WARNING
    assert "91 days" in check.message
    assert "Make a new key" in check.hint


@pytest.mark.parametrize(("refusal", "said"), (("invalid_grant", "invalid_grant"), ("account", "not found")))
def test_a_key_that_the_token_server_refuses_is_told(org: Org, refusal: str, said: str) -> None:
    if refusal == "account":
        org.key.write_text(org.key.read_text().replace(ACCOUNT, "gone@x.iam.gserviceaccount.com"))
    else:
        org.server.tokens.refusal = refusal
    found = org.look()
    check = of(found, "token")
    assert check.state is State.PROBLEM
    assert said in check.message
    assert "Make a new key" in check.hint
    assert [one for one in found.checks if one.what.startswith("may ")] == []


@pytest.mark.parametrize(
    ("granted", "what"),
    (
        ("https://www.googleapis.com/auth/spreadsheets.readonly", "may list files"),
        ("https://www.googleapis.com/auth/drive.metadata.readonly", "may read sheets"),
    ),
)
def test_a_right_that_is_missing_is_named(
    org: Org, monkeypatch: pytest.MonkeyPatch, granted: str, what: str
) -> None:
    given = org.server.tokens.give
    monkeypatch.setattr(org.server.tokens, "give", lambda email, _: given(email, frozenset({granted})))
    problems = [check for check in org.look().checks if check.state is State.PROBLEM]
    assert [check.what for check in problems] == [what]
    assert "https://www.googleapis.com/auth/" in problems[0].message


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    (
        (30, State.OK, "agree"),
        (61, State.PROBLEM, "61 seconds ahead of Google's, and from five minutes on keys are refused"),
        (-400, State.PROBLEM, "400 seconds behind Google's, so keys are refused"),
    ),
)
def test_a_clock_that_is_wrong_is_told(org: Org, ahead: float, state: State, words: str) -> None:
    check = of(org.look(quick=True, ahead=ahead + 0.5), "clock")
    assert check.state is state
    assert words in check.message


def test_a_line_that_is_down_is_told(org: Org) -> None:
    org.server.faults.add("reset")
    found = org.look(quick=True)
    assert of(found, "line").state is State.PROBLEM
    assert "HTTPS_PROXY" in of(found, "line").hint
    assert of(found, "token").message.startswith("The token server cannot be reached")


def test_a_folder_that_nobody_shared_is_a_problem_and_no_empty_folder(org: Org) -> None:
    hidden = org.server.seeds.folder("Hidden")
    org.settings(f'folders = ["{hidden}"]')
    check = of(org.look(), "folder")
    assert check.state is State.PROBLEM
    assert check.message.startswith(hidden)
    assert f"share it with {ACCOUNT}" in check.hint


def test_an_empty_folder_and_a_sheet_in_the_bin_are_told(org: Org) -> None:
    org.server.person(org.sheet("Old")).trash()
    found = org.look()
    assert of(found, "folder").state is State.WARNING
    assert of(found, "folder").message.endswith("0 sheets, 1 in the bin.")


def test_shared_drives_and_single_sheets_are_looked_at(org: Org) -> None:
    drive = org.server.seeds.drive("Company", {ACCOUNT: "reader"})
    folder = org.server.seeds.folder("In it", drive=drive)
    org.server.seeds.spreadsheet("Inside", {"Team": [["Unit"]]}, folder=folder)
    single = org.server.seeds.spreadsheet("Single", {"Team": [["Unit"]]}, share={ACCOUNT: "reader"})
    org.settings(f'shared_drives = ["{drive}"]\nids = ["{single}"]')
    found = org.look()
    assert of(found, "shared drive").message == f"“Company”, as {ACCOUNT}: 1 sheet."
    assert of(found, "sheet by id").message == f"“Single”, as {ACCOUNT}: 1 sheet."
    assert of(found, "Inside").message == (
        "May be read; en_US, Etc/GMT; made by hand or from an older template; no tab Sync status."
    )
    assert exit_code(found) == 0


def test_a_sheet_that_gets_no_findings_although_it_should_is_told(org: Org) -> None:
    single = org.server.seeds.spreadsheet("Single", {"Team": [["Unit"]]}, share={ACCOUNT: "reader"})
    org.settings(f'ids = ["{single}"]', more=FEEDBACK)
    check = of(org.look(), "Single")
    assert check.state is State.WARNING
    assert "may be read only, so it gets no findings" in check.message.casefold()
    assert f"Share it with {ACCOUNT} as an editor" in check.hint


def test_comments_that_cannot_be_made_or_assigned_are_told(org: Org) -> None:
    single = org.server.seeds.spreadsheet("Single", {"Team": [["Unit"]]}, share={ACCOUNT: "reader"})
    on = f"{FEEDBACK}\ncomments = true\n"
    org.settings(f'ids = ["{single}"]', more=on)
    found = org.look()
    assert "so it gets no findings or comments" in of(found, "Single").message
    assert (of(found, "comments").state, "assigned to nobody" in of(found, "comments").message) == (
        State.WARNING,
        True,
    )
    mail = '[people]\npath = "people.csv"\n[mail]\nallowed_domains = ["example.org"]\n'
    (org.path / "people.csv").write_text("Name,Email\nKim,kim@example.org\n", encoding="utf-8")
    org.settings(f'ids = ["{single}"]', more=on + mail)
    assert of(org.look(), "comments").message == (
        "New errors are commented on, for owners in the people list with an address at example.org."
    )


@pytest.mark.parametrize(
    ("editors", "state", "words"),
    (
        ((ACCOUNT,), State.OK, "Sync status is protected."),
        ((), State.WARNING, "Sync status is protected against okrsync, too."),
        (None, State.WARNING, "Sync status is not protected."),
    ),
)
def test_the_tab_for_findings_is_closed_to_people_and_open_to_okrsync(
    org: Org, editors: tuple[str, ...] | None, state: State, words: str
) -> None:
    sheet = org.sheet("Marketing")
    org.settings(f'folders = ["{org.drive_folder}"]', more=FEEDBACK)
    if editors is not None:
        protect(org, sheet, *editors)
    check = of(org.look(), "Marketing")
    assert (check.state, check.message.endswith(words)) == (state, True), check


def test_one_bad_sheet_is_told_and_the_others_are_looked_at(org: Org) -> None:
    bad, good = org.sheet("Bad"), org.sheet("Good")
    org.server.faults.add("permission_403", spreadsheet=bad, kind="read")
    found = org.look()
    assert of(found, "Bad").state is State.PROBLEM
    assert of(found, "Good").state is State.OK
    assert good


def test_a_token_that_expires_meanwhile_is_renewed(org: Org) -> None:
    org.sheet("Marketing")
    org.server.faults.add("expire_tokens", kind="read", nth=2)
    found = org.look()
    assert exit_code(found) == 0, found


def test_two_credentials_are_looked_at_each_for_itself(org: Org) -> None:
    org.sheet("Marketing")
    org.server.credentials.service_account_file(org.path / "second.json", "second@x.gserviceaccount.com")
    org.settings(f'folders = ["{org.drive_folder}"]', credentials='["key.json", "second.json"]')
    found = org.look(quick=True)
    states = [(check.what, check.state) for check in found.checks if check.what in ("token", "folder")]
    assert states == [
        ("token", State.OK),
        ("token", State.OK),
        ("folder", State.OK),
        ("folder", State.PROBLEM),  # nobody shared it with the second account
    ]


def test_trust_30_no_secret_is_in_anything_the_doctor_says(org: Org) -> None:
    org.sheet("Marketing")
    key = json.loads(org.key.read_text())
    canaries = [key["private_key"].splitlines()[1], key["private_key_id"]]
    config = ("--config", str(org.path / "config.toml"))
    answers = [okrsync("doctor", *config), okrsync("doctor", "--format", "json", *config)]
    org.server.tokens.refusal = "invalid_grant"
    answers.append(okrsync("doctor", *config))
    org.key.write_text(org.key.read_text().replace("BEGIN PRIVATE", "BEGIN BROKEN"))
    answers.append(okrsync("doctor", *config))
    said = "".join(answer.out + answer.err for answer in answers)
    assert len(said) > 2_000
    assert [secret for secret in (*canaries, "ya29.") if secret in said] == []


def test_json_has_stable_keys(org: Org) -> None:
    found = as_json(org.look())
    assert list(found) == ["state", "checks", "api_calls"]
    assert {tuple(check) for check in found["checks"]} == {("area", "what", "state", "message", "hint")}
    assert found["state"] == "warning"


def test_every_message_is_a_sentence(org: Org) -> None:
    org.sheet("Marketing")
    for check in org.look().checks:
        assert check.message.endswith("."), check
        assert not check.hint or check.hint.endswith("."), check


@posix
def test_a_place_whose_credentials_give_no_access_is_skipped_and_not_blamed(org: Org) -> None:
    org.sheet("Marketing")
    org.server.credentials.service_account_file(org.path / "open.json", "second@x.gserviceaccount.com")
    (org.path / "open.json").chmod(0o644)
    more = f'[[sources.google]]\nfolders = ["{org.drive_folder}"]\ncredentials = ["open.json"]\n'
    org.settings(f'folders = ["{org.drive_folder}"]', more=more)
    found = org.look()
    assert of(found, "places").message == f"None of its credentials gives access: {org.drive_folder}."
    assert of(found, "Marketing").state is State.OK
    assert [check.what for check in found.checks if check.state is State.PROBLEM] == ["credential"]

"""The door that Excel calls: one plain sentence whatever happens, a log that says more, and Sync now."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw

from addin import commands, entry, requesting, settings
from addin.commands import help as help_command
from addin.commands import sync_now
from addin.outcome import Result
from addin.registry import COMMANDS
from addin.requesting import Clock
from addin.settings import Settings
from addin.trouble import BUSY, NOT_KNOWN, PROTECTED
from sync.spool import Spool
from tests.addin_office import TEAM, Person, kr, make
from tests.xl_engines.contract import Excel

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, where the log and the settings lie."""
    folder = tmp_path / "home"
    monkeypatch.setattr(Path, "home", lambda: folder)
    monkeypatch.setattr(settings, "log_file", lambda: folder / "addin.log")
    yield folder
    for handler in list(logging.getLogger("okrsync.addin").handlers):
        logging.getLogger("okrsync.addin").removeHandler(handler)
        handler.close()


def pressed(excel: Excel, book: xw.Book, name: str) -> list[str]:
    """What is shown when the button is pressed."""
    excel.told.clear()
    book.set_mock_caller()
    entry.press(name)
    return list(excel.told)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_button_has_its_command_and_ends_in_words(excel: Excel, tmp_path: Path, command: Any) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", [kr(1)]))
    book.sheets["Key Results"].range("C4").select()
    told = pressed(excel, book, command.name)
    assert told
    assert "Traceback" not in told[-1]
    assert f"{command.name}: done" in (tmp_path / "home/addin.log").read_text(encoding="utf-8")


def test_nothing_but_a_button_is_run(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", [kr(1)]))
    for name in ("Ui", "__import__", "check_in()", "", "os.system", "annotations"):
        assert pressed(excel, book, name) == [
            "This button belongs to another version of okrsync. Run `okrsync addin install` again."
        ]


class ComError(Exception):
    """As pywin32's: number, words, details, argument."""

    def __init__(self, hresult: int, words: str = "", details: tuple[object, ...] | None = None) -> None:
        super().__init__(hresult, words, details, None)
        self.hresult, self.excepinfo = hresult, details


PROTECTED_SHEET = (
    0,
    "Microsoft Excel",
    "The cell or chart is on a protected sheet.",
    "xlmain11.chm",
    0,
    -2146827284,
)


@pytest.mark.parametrize(
    ("error", "words"),
    (
        (ComError(-2147418111, "Call was rejected by callee."), BUSY),
        (ComError(-2146777998), BUSY),
        (ComError(-2147352567, "Exception occurred.", (0, None, None, None, 0, -2146777998)), BUSY),
        (ComError(-2147352567, "Exception occurred.", PROTECTED_SHEET), PROTECTED),
        (
            Exception("Workbook 'C:\\a.xlsx' is open in more than one Excel instance."),
            "in more than one Excel",
        ),
        (RuntimeError("boo"), NOT_KNOWN),
        (MemoryError(), NOT_KNOWN),
        (SystemExit(3), NOT_KNOWN),
    ),
)
def test_an_error_is_one_sentence_and_names_the_log(
    excel: Excel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, words: str
) -> None:
    def fails(book: object, ui: object) -> Result:
        raise error

    monkeypatch.setattr(commands, "check_in", fails)
    book = excel.open(make(tmp_path / "marketing.xlsx", [kr(1)]))
    told = pressed(excel, book, "check_in")
    assert len(told) == 1
    assert words in told[0]
    assert str(tmp_path / "home/addin.log") in told[0]
    assert "check_in: failed" in (tmp_path / "home/addin.log").read_text(encoding="utf-8")


def test_another_workbook_is_refused_before_its_cells_are_read(excel: Excel, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook["Sheet"]["A1"] = "=1+1"
    workbook.save(tmp_path / "other.xlsx")
    book = excel.open(tmp_path / "other.xlsx")
    for name in [c.name for c in COMMANDS if c.name not in ("sync_now", "help")]:
        excel.calls.reset()
        (told,) = pressed(excel, book, name)
        assert told.startswith("This is not a workbook of okrsync")
        assert not {"Range.raw_value", "Sheet.used_range"} & excel.calls.names.keys()


@pytest.mark.parametrize("name", ("check_in", "fill_ids"))
def test_a_protected_sheet_says_so_and_nothing_is_half_written(
    excel: Excel, tmp_path: Path, name: str
) -> None:
    """Key Results is protected: Check-ins, which is written first, is as it was."""
    path = make(
        tmp_path / "marketing.xlsx",
        [kr(1), kr(2, id=None)],
        objectives=[{"objective": "One", "owner": "Kim"}],
    )
    workbook = openpyxl.load_workbook(path)
    workbook["Key Results"].protection.sheet = True
    workbook["Key Results"]["B5"] = "One"
    workbook.save(path)
    book = excel.open(path)
    before = [book.sheets[tab].range("A4:I9").formula for tab in ("Check-ins", "Objectives", "Key Results")]
    (told, *_) = reversed(pressed(excel, book, name))
    assert PROTECTED in told
    assert [
        book.sheets[tab].range("A4:I9").formula for tab in ("Check-ins", "Objectives", "Key Results")
    ] == before


CANARY = "zqx"  # short, so that no title or message cuts it off
HEARD = {"compile", "ctypes", "exec", "import", "open", "os", "shutil", "socket", "subprocess", "tempfile"}
TRAPS = (
    CANARY,
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"..\\..\\{CANARY}",
    f"../../{CANARY}",
    f"__import__('pathlib').Path('{CANARY}').touch()",
    f"=cmd|'/C echo > {CANARY}'!A0",
    f"%TEMP%\\{CANARY}",
    f"\n{CANARY}\n",
)


def test_no_text_of_a_cell_becomes_a_command_a_path_or_an_import(
    excel: Excel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Traps in every text, in the unit's name and in the file's own; each button is pressed twice.

    What is opened, started, made or imported on the way is heard by Python itself.
    """
    heard: list[str] = []
    listening = True

    def hear(event: str, args: tuple[object, ...]) -> None:
        if listening and event.split(".", maxsplit=1)[0] in HEARD and CANARY in repr(args):
            heard.append(f"{event} {args!r}")

    named = tmp_path / "$(touch x) & calc.xlsx"
    traps = [
        kr(
            number,
            id=f"{trap.strip()}-{number}" if number % 2 else None,
            key_result=trap,
            owner=trap,
            comment=trap,
            unit_of_measure=trap,
            milestones=trap,
            depends_on=trap,
        )
        for number, trap in enumerate(TRAPS, 1)
    ]
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / f"{CANARY}.py").write_text("raise SystemExit", encoding="utf-8")
    book = excel.open(make(named, traps, team=replace(TEAM, unit=TRAPS[0], champion=TRAPS[4])))
    before = {path for path in tmp_path.rglob("*") if CANARY in path.name}
    monkeypatch.setattr(settings, "load", lambda: Settings(tmp_path))
    monkeypatch.setattr(requesting, "CLOCK", clock())
    monkeypatch.setattr(requesting.request, "__defaults__", (clock(),))
    sys.addaudithook(hear)
    try:
        for command in (*COMMANDS, *COMMANDS):
            book.sheets["Key Results"].range("C4").select()
            assert pressed(excel, book, command.name)
    finally:
        listening = False
    assert heard == []
    assert {path for path in tmp_path.rglob("*") if CANARY in path.name} == before
    assert CANARY not in sys.modules
    log = (tmp_path / "home/addin.log").read_text(encoding="utf-8")
    assert log.count(": done, ") == 2 * len(COMMANDS), log


PLANTED = ("addin", "sync", "xlwings", "pandas", "json", "getpass", "okr", "sitecustomize")


def test_nothing_beside_the_workbook_is_used(tmp_path: Path) -> None:
    """Modules, settings and a folder's own conf that lie beside the workbook: Excel starts Python elsewhere.

    The words are those that the macro runs, in a new process whose folder is the workbook's home.
    """
    beside, home = tmp_path / "beside", tmp_path / "home"
    beside.mkdir()
    home.mkdir()
    for name in PLANTED:
        (beside / f"{name}.py").write_text(f"open(r'{tmp_path / 'planted'}', 'w')", encoding="utf-8")
    for name in ("okr.conf", "xlwings.conf", ".okr/okr.conf", "pyvenv.cfg"):
        (beside / name).parent.mkdir(exist_ok=True)
        (beside / name).write_text(
            f'"OKRSYNC_SPOOL","{tmp_path}"\n"PYTHONPATH","{beside}"\n', encoding="utf-8"
        )
    words = (
        "import sys; sys.path[0:0] = []; from addin.entry import press; from addin import settings;"
        "print(settings.load(), settings.conf_file()); press('check_in')"
    )
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    root = Path(entry.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.append({str(root)!r}); {words}"],
        cwd=beside,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Settings(spool=None, sync='') {home}")
    assert not (tmp_path / "planted").exists()


def test_renamed_tabs_are_found_by_their_columns(excel: Excel, tmp_path: Path) -> None:
    path = make(tmp_path / "marketing.xlsx", [kr(1)])
    workbook = openpyxl.load_workbook(path)
    workbook["Key Results"].title, workbook["Check-ins"].title = "Numbers", "Weekly"
    workbook.save(path)
    book = excel.open(path)
    told = pressed(excel, book, "check_in")
    assert told[-1] == "1 check-in is in the tab Weekly from row 4, with today's date."


def test_a_missing_tab_is_named(excel: Excel, tmp_path: Path) -> None:
    path = make(tmp_path / "marketing.xlsx", [kr(1)])
    workbook = openpyxl.load_workbook(path)
    del workbook["Check-ins"]
    workbook.save(path)
    told = pressed(excel, excel.open(path), "check_in")
    assert told == [
        'There is no tab "Check-ins" here. Copy it from a fresh template, then press the button again.'
    ]


# --- Sync now -------------------------------------------------------------------------------------


class Ticking:
    """A clock that the service's answer comes with, at the third look."""

    def __init__(self, answer: Any = None) -> None:
        self.now, self.looks, self.answer = 0.0, 0, answer

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.looks += 1
        if self.answer and self.looks == 3:
            self.answer()


def clock(answer: Any = None) -> Clock:
    ticking = Ticking(answer)
    return Clock(lambda: ticking.now, ticking.sleep)


def test_a_request_is_one_the_service_can_read_and_its_answer_is_told(tmp_path: Path) -> None:
    spool = Spool(tmp_path, print)
    spool.open()
    taken = []

    def service() -> None:
        taken.extend(spool.requests(datetime.now(UTC)))
        spool.answer(taken[0].name, {"state": "done", "message": "All is well."})

    folder = tmp_path / "spool"
    (folder / "mine.json.new").touch()
    said = requesting.request("C:\\teams\\a.xlsx", "kim", Settings(folder), clock(service))
    assert said == "The workbook is saved. The sync is done. All is well."
    assert [(one.path, one.by) for one in taken] == [("C:\\teams\\a.xlsx", "kim")]
    assert [path.name for path in folder.iterdir()] == ["mine.json.new"]


def test_no_answer_in_time_says_when_the_next_sync_is(tmp_path: Path) -> None:
    ticking = Ticking()
    said = requesting.request(
        "a", "", Settings(tmp_path, "every hour"), Clock(lambda: ticking.now, ticking.sleep)
    )
    assert ticking.now == 20
    assert said.endswith("it has not answered yet. The service reads all workbooks by itself: every hour.")


def test_a_folder_that_is_not_reachable_is_told(tmp_path: Path) -> None:
    assert "cannot be reached" in requesting.request("a", "", Settings(tmp_path / "gone"), clock())
    assert "No sync service is set up" in requesting.request("a", "", Settings(), clock())


def test_an_answer_that_is_no_answer_is_waited_over(tmp_path: Path) -> None:
    def broken() -> None:
        (name,) = (path.stem for path in tmp_path.glob("*.json"))
        (tmp_path / f"{name}.answer.json").write_text('["no"')

    assert "not answered" in requesting.request("a", "", Settings(tmp_path), clock(broken))


def test_the_settings_come_from_the_users_folder_alone(tmp_path: Path, home: Path) -> None:
    assert settings.load() == Settings()
    path = settings.conf_file("linux", home)
    path.parent.mkdir(parents=True)
    path.write_text(
        f'"INTERPRETER_WIN","python"\n"OKRSYNC_SPOOL","{tmp_path}"\n"OKRSYNC_SYNC","every hour"\n'
    )
    assert settings.load(path) == Settings(tmp_path, "every hour")
    path.write_text('"OKRSYNC_SPOOL","spool"\n')
    assert settings.load(path) == Settings()
    path.write_bytes(b"\xff\xfe\0\0")
    assert settings.load(path) == Settings()


@pytest.mark.parametrize(
    ("fullname", "words"),
    (
        ("Book1", "never saved"),
        ("https://acme.sharepoint.com/teams/a.xlsx", "OneDrive or SharePoint"),
    ),
)
def test_a_workbook_without_a_path_is_not_saved(
    excel: Excel, tmp_path: Path, fullname: str, words: str
) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", [kr(1)]))
    book.impl._fullname = fullname
    if book.fullname != fullname:
        pytest.skip("this program says where the file is")
    excel.calls.reset()
    (told,) = pressed(excel, book, "sync_now")
    assert words in told
    assert "Book.save" not in excel.calls.names


def test_sync_now_saves_first(excel: Excel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def answered(path: str, who: str, _settings: object) -> str:
        asked.append((path, who))
        return "Well."

    monkeypatch.setattr(requesting, "request", answered)
    path = make(tmp_path / "marketing.xlsx", [kr(1)])
    book = excel.open(path)
    book.sheets["Key Results"].range("I4").value = 9
    result = sync_now(book, Person(name="kim"))
    assert result == ("Well.", False)
    assert asked == [(str(path), "kim")]
    assert openpyxl.load_workbook(path)["Key Results"]["I4"].value == 9


def test_help_says_what_each_button_does(excel: Excel, tmp_path: Path) -> None:
    text = help_command(excel.open(make(tmp_path / "marketing.xlsx", [kr(1)])), Person()).message
    assert all(f"{command.label}: {command.tip}" in text for command in COMMANDS)
    assert "The log is" in text


def test_json_of_a_request_has_nothing_else(tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []
    requesting.request(
        "=cmd|'/c calc'!A1",
        "x",
        Settings(tmp_path),
        clock(lambda: seen.extend(json.loads(path.read_text()) for path in tmp_path.glob("*.json"))),
    )
    assert seen == [{"path": "=cmd|'/c calc'!A1", "requested_by": "x"}]

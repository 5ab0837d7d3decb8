"""From the button to the cells: each step is real but for Excel itself, whose part LibreOffice plays.

    ribbon XML of okr.xlam, or a button in a sheet of okr-team.xlsm
      -> its macro, executed by LibreOffice (`tests.macro_office`)
      -> the command line that it would start, captured
      -> the text and the arguments of it, executed by Python, with xlwings speaking to the same LibreOffice
      -> cells, tables, colours, tabs and messages of the open workbook

Each chain is run twice: with a command that does nothing, which the assertions must see, and as it is.
"""

from __future__ import annotations

import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

from addin import building, commands, entry, settings
from addin.colouring import TITLE
from addin.outcome import Result
from addin.registry import COMMANDS, Command
from addin.ribbon import NAMESPACE
from sheet_templates.team import Rows
from sync.core.palette import SEVERITY
from sync.spool import Spool
from tests import macro_office
from tests.addin_office import EARLIER, NOW, OBJECTIVES, TEAM, TODAY, kr, rows
from tests.macro_office import Bench
from tests.xl_engines.contract import Excel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("excel", ("uno",), indirect=True),
    pytest.mark.usefixtures("home"),
    pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl"),
]
DAY = datetime(TODAY.year, TODAY.month, TODAY.day)  # noqa: DTZ001  # a day in a sheet has no zone
ROWS: Rows = {
    "objectives": [*OBJECTIVES, {"objective": "A third one", "owner": "Kim"}],
    "key_results": [
        kr(1, current=6.5, status="At risk", comment="=slower"),  # row 4: news since the last check-in
        kr(2, owner="Ada", confidence=3.0, last_check_in=EARLIER),  # row 5: none
        kr(3, current="about six"),  # row 6: a wrong cell
        kr(4, id=None, objective_id="MKT-O2", current=None, confidence=None),  # row 7: no id
    ],
    "check_ins": [
        {"date": EARLIER, "kr_id": "MKT-O1-KR1", "value": 5.0, "confidence": 7.0},
        {"date": EARLIER, "kr_id": "MKT-O1-KR2", "value": 5.0, "confidence": 3.0},
    ],
}


Cells = dict[str, list[list[Any]]]


class Pressed(NamedTuple):
    """What a press came to: the workbook, the messages, and how the workbook was before."""

    book: Any
    said: list[str]
    before: Cells

    def changed(self) -> Cells:
        """The tabs whose cells are not what they were, and those cells' rows."""
        now = contents(self.book)
        return {tab: cells for tab, cells in now.items() if cells != self.before.get(tab)}


def contents(book: Any) -> Cells:
    """What stands in each tab, formulas as such."""
    return {sheet.name: [list(row) for row in sheet.range("A1:Y40").formula] for sheet in book.sheets}


# --- what each button must have done ------------------------------------------------------------------


def checked_in(it: Pressed) -> None:
    question, answer = it.said
    assert question.splitlines()[0] == "Check in 1 key result for 18 November 2026?"
    assert "MKT-O1-KR1 Key result number 1: 6.5 (was 5), confidence 7, At risk" in question
    assert answer == "1 check-in is in the tab Check-ins from row 6, with today's date."
    new = [DAY, "MKT-O1-KR1", 6.5, 7, "At risk", "=slower", None, None, "Kim"]
    assert rows(it.book, "Check-ins", 6, columns=9) == [new]
    assert [row[13] for row in rows(it.book, "Key Results")] == [
        DAY, datetime(2026, 11, 11), None, None,  # noqa: DTZ001  # as above
    ]  # fmt: skip
    assert set(it.changed()) == {"Check-ins", "Key Results"}


def previewed(it: Pressed) -> None:
    [said] = it.said
    lines = said.splitlines()
    assert lines[0] == "Marketing: 57 %, 53 % expected, On track."
    assert "MKT-O1-KR1 Key result number 1: 65 %, At risk" in lines  # as if checked in
    assert it.changed() == {}


def validated(it: Pressed) -> None:
    [said] = it.said
    assert "cells are coloured. They are listed in the tab Sync status." in said
    sheet = it.book.sheets["Key Results"]
    error = tuple(bytes.fromhex(SEVERITY["error"].fill.lstrip("#")))
    assert [sheet.range(cell).color == error for cell in ("I5", "I6")] == [False, True]
    found = rows(it.book, "Sync status", 7, columns=7)
    assert ("S104", "Key Results") in [(row[1], row[2]) for row in found]
    link = next(at for at, row in enumerate(found, 7) if row[1] == "S104")
    assert (
        it.book.sheets["Sync status"].range(f"D{link}").formula == """=HYPERLINK("#'Key Results'!I6","I6")"""
    )
    assert not it.book.sheets[TITLE].visible
    assert set(it.changed()) == {"Sync status", TITLE}


def filled(it: Pressed) -> None:
    assert it.said == ["MKT-O3: A third one\nMKT-O2-KR1: Key result number 4"]
    assert [row[0] for row in rows(it.book, "Objectives", columns=2)] == ["MKT-O1", "MKT-O2", "MKT-O3"]
    assert [row[0] for row in rows(it.book, "Key Results")][-1] == "MKT-O2-KR1"
    assert set(it.changed()) == {"Objectives", "Key Results"}


def reviewed(it: Pressed) -> None:
    title = f"Team review Marketin {TODAY}"
    assert it.said == [f"The agenda is in the new tab {title}."]
    shown = [row[0] for row in rows(it.book, title, 1, columns=2) if row[0]]
    assert shown[0] == "Team review: Marketing"
    assert it.book.sheets[title].range("A1").font.bold
    certain = [line[: len("Key result number 1")] for line in shown if line.startswith("Key result number")]
    assert certain.index("Key result number 2") < certain.index("Key result number 1")  # 3 before 7
    assert set(it.changed()) == {title}


def talked(it: Pressed) -> None:
    title = f"One-on-one Ada {TODAY}"
    assert it.said == [f"The agenda for Ada is in the new tab {title}."]
    shown = [row[0] for row in rows(it.book, title, 1, columns=2) if row[0]]
    assert shown[0] == "One-on-one: Ada"
    own = {line[: len("Key result number 2")] for line in shown if line.startswith("Key result number")}
    assert own == {"Key result number 2"}
    assert set(it.changed()) == {title}


def synced(it: Pressed) -> None:
    path = Path(it.book.fullname)
    assert it.said == [f"The workbook is saved. The sync is done. Read for kim: {path.name}."]
    assert openpyxl.load_workbook(path)["Key Results"]["M6"].value == "Not saved yet"
    assert it.changed() == {}


def helped(it: Pressed) -> None:
    [said] = it.said
    assert all(f"{command.label}: {command.tip}" in said for command in COMMANDS)
    assert said.endswith(f"The log is {settings.log_file()}.")
    assert it.changed() == {}


DONE: dict[str, Callable[[Pressed], None]] = {
    "check_in": checked_in,
    "score_preview": previewed,
    "validate": validated,
    "fill_ids": filled,
    "team_review": reviewed,
    "one_on_one": talked,
    "sync_now": synced,
    "help": helped,
}


assert DONE.keys() == {command.name for command in COMMANDS}, "every button has its proof"


# --- the chain ----------------------------------------------------------------------------------------


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """LibreOffice with a user's settings, and an empty folder for workbooks."""
    return macro_office.bench(tmp_path)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Kim's settings and log on 18 November 2026, and a service that answers what Sync now asks."""
    folder = tmp_path_factory.mktemp("h")
    spool = Spool(folder, print)
    spool.open()
    (folder / "okr.conf").write_text(f'"{settings.SPOOL}","{folder / "spool"}"\n', encoding="utf-8")
    monkeypatch.setattr(settings, "conf_file", lambda: folder / "okr.conf")
    monkeypatch.setattr(settings, "log_file", lambda: folder / "log")
    monkeypatch.setattr(entry.Window, "now", lambda _self: NOW)
    monkeypatch.setattr(entry.Window, "who", lambda _self: "kim")
    over = threading.Event()

    def serve() -> None:
        while not over.wait(0.05):
            for one in spool.requests(datetime.now(UTC)):
                said = f"Read for {one.by}: {Path(one.path).name}."
                spool.answer(one.name, {"state": "done", "message": said})

    service = threading.Thread(target=serve)
    service.start()
    yield folder
    over.set()
    service.join()
    for handler in list(entry._log.handlers):
        entry._log.removeHandler(handler)
        handler.close()


@cache
def team_workbook() -> bytes:
    """The variant of the template with buttons, filled with ROWS, as LibreOffice opens it."""
    return macro_office.twin(building.team_workbook(TEAM, ROWS))


def opened(excel: Excel, path: Path) -> Any:
    """The team's workbook with something that is not saved, and Ada's row selected."""
    path.write_bytes(team_workbook())
    book = excel.open(path)
    book.sheets["Key Results"].range("M6").value = "Not saved yet"
    book.sheets["Key Results"].range("C5").select()
    return book


def pressed(excel: Excel, bench: Bench, book: Any, before: Cells, press: Callable[[], None]) -> Pressed:
    """What came of it: the macro runs, and Python executes the very text that it was to be started with."""
    excel.told.clear()
    press()
    [line] = bench.command_lines()
    arguments = macro_office.argv(line.partition(" 2> ")[0])
    assert f"--wb={book.name}" in arguments
    with started_with(arguments):
        exec(macro_office.python_in(line), {})  # noqa: S102  # what Excel's Python would be told
    return Pressed(book, list(excel.told), before)


@contextmanager
def started_with(arguments: list[str]) -> Iterator[None]:
    """Python's arguments as on that command line, from which xlwings learns which workbook it is."""
    kept, sys.argv = sys.argv, ["-c", *(word for word in arguments if word.startswith("--"))]
    try:
        yield
    finally:
        sys.argv = kept


def proved(command: Command, press: Callable[[], Pressed], monkeypatch: pytest.MonkeyPatch) -> None:
    """Asserts what the button did; and before, that a command which does nothing would be seen."""
    with monkeypatch.context() as broken:
        broken.setattr(commands, command.name, lambda _book, _ui: Result("Done."))
        nothing = press()
    assert nothing.said == ["Done."]
    assert nothing.changed() == {}
    with pytest.raises((AssertionError, KeyError, ValueError)):
        DONE[command.name](nothing)
    DONE[command.name](press())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_from_the_ribbon_to_the_cells(
    excel: Excel, bench: Bench, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The add-in is open, then the team's workbook. (LibreOffice takes only one with macros for active.)"""
    package = building.addin()
    xml = building._parts(package)["customUI/customUI.xml"]
    [button] = ET.fromstring(xml).iterfind(f".//{{{NAMESPACE}}}button[@label='{command.label}']")  # noqa: S314  # our own
    with bench.opened(package, "okr.xlsm") as addin:
        book = opened(excel, bench.books / "Q4 marketing.xlsm")
        before = contents(book)

        def press() -> Pressed:
            click = button.attrib["onAction"], button.attrib["tag"]
            return pressed(excel, bench, book, before, lambda: macro_office.press(addin, *click))

        proved(command, press, monkeypatch)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.tab], ids=lambda command: command.name)
def test_from_the_button_in_a_sheet_to_the_cells(
    excel: Excel, bench: Bench, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workbook brings its macros along; no add-in is open."""
    book = opened(excel, bench.books / "marketing.xlsm")
    before = contents(book)
    document = book.impl._doc
    bound = {(tab, label): script for tab, label, script in macro_office.buttons_in(document)}

    def press() -> Pressed:
        script = bound[str(command.tab), command.label]
        return pressed(excel, bench, book, before, lambda: macro_office.run_script(document, script))

    proved(command, press, monkeypatch)

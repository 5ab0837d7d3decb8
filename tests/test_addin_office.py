"""The built files in LibreOffice: their macros are executed, and what they would start is read.

    ribbon XML of okr.xlam -> its callback with the button's tag -> the macros -> the command line
    button in a sheet of okr-team.xlsm -> the script it is bound to -> the macros -> the command line

What LibreOffice opens differs from the built files in four small ways: `tests/macro_office.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from addin import building
from addin.registry import COMMANDS
from addin.ribbon import NAMESPACE
from tests import macro_office

SOFFICE = shutil.which("soffice") or ""
ROOT = Path(__file__).parents[1]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SOFFICE or macro_office.uno() is None, reason="needs LibreOffice and its uno"),
]


class Bench(NamedTuple):
    """LibreOffice with a user's settings, and the file into which the macros write what they would start."""

    folder: Path
    desktop: Any
    said: Path
    interpreter: Path

    def opened(self, package: bytes, name: str) -> Any:
        file = self.folder / "books" / name
        file.write_bytes(macro_office.twin(package))
        self.said.unlink(missing_ok=True)
        return macro_office.opened(self.desktop, file)

    def command_lines(self) -> list[str]:
        """The command lines so far, each of which is then forgotten."""
        lines = self.said.read_text("cp1252").splitlines() if self.said.exists() else []
        self.said.unlink(missing_ok=True)
        return [line for line in lines if line.strip()]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    r"""A user whose folder is user\.okr\okr.conf, here one file name with backslashes in it."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "books").mkdir()
    interpreter = folder / "venv\\python.exe"
    interpreter.touch()
    (folder / "user\\.okr\\okr.conf").write_text(f'"INTERPRETER_WIN","{interpreter}"\n', encoding="utf-8")
    said = folder / "said.txt"
    environment = {
        **os.environ,
        "USERPROFILE": str(folder / "user"),
        "OKR_CAPTURE": str(said),
        "SystemRoot": r"C:\Windows",
        "Temp": r"C:\Temp",
    }
    with macro_office.office(SOFFICE, folder, environment) as desktop:
        yield Bench(folder, desktop, said, interpreter)


def press(book: Any, macro: str, tag: str) -> None:
    """Calls a ribbon's macro with something that has a Tag, as the button that was pressed has."""
    control = book.createInstance("com.sun.star.form.component.CommandButton")
    control.Tag = tag
    macro_office.run_script(book, macro_office.address_of(f"OkrButtons.{macro}"), control)


def python_in(command_line: str) -> str:
    """What Python is told to do."""
    return command_line.split(' -P -B -c "', maxsplit=1)[1].split('"', maxsplit=1)[0]


def test_every_button_of_the_ribbon_starts_its_command_in_python(bench: Bench) -> None:
    package = building.addin()
    ribbon = ET.fromstring(building._parts(package)["customUI/customUI.xml"])  # noqa: S314  # our own
    started = {}
    with bench.opened(package, "okr.xlsm") as book:
        for button in ribbon.iter(f"{{{NAMESPACE}}}button"):
            press(book, button.attrib["onAction"], button.attrib["tag"])
            started[button.attrib["label"]] = [python_in(line) for line in bench.command_lines()]
    assert started == {c.label: [f"from addin.entry import press; press('{c.name}')"] for c in COMMANDS}


def test_every_button_in_a_sheet_starts_its_command_in_python(bench: Bench) -> None:
    started = {}
    with bench.opened(building.team_workbook(), "team.xlsm") as book:
        for tab, label, script in buttons_in(book):
            macro_office.run_script(book, script)
            started[tab, label] = [python_in(line) for line in bench.command_lines()]
    assert started == {
        (c.tab, c.label): [f"from addin.entry import press; press('{c.name}')"] for c in COMMANDS if c.tab
    }


def buttons_in(book: Any) -> Iterator[tuple[str, str, str]]:
    """Tab, label and bound script of each button in the sheets."""
    for sheet in book.Sheets:
        forms = sheet.DrawPage.Forms
        for form in map(forms.getByIndex, range(forms.Count)):
            for at in range(form.Count):
                [event] = form.getScriptEvents(at)
                yield sheet.Name, form.getByIndex(at).Label, event.ScriptCode


@pytest.mark.parametrize(
    "tag", ("", "Check_in", "check in", "check_in'); import os; ('", "check_in2", "é", 'x"&calc&"')
)
def test_a_tag_that_is_no_command_starts_nothing(bench: Bench, tag: str) -> None:
    with bench.opened(building.addin(), "okr.xlsm") as book:
        press(book, "OkrRun", tag)
        assert bench.command_lines() == []
        press(book, "OkrRun", "help")
        assert len(bench.command_lines()) == 1


@pytest.mark.parametrize(
    "name", ("a$(touch x).xlsm", "a`b.xlsm", "50%TEMP%.xlsm", 'a"b.xlsm', "a=b.xlsm", "a|b.xlsm")
)
def test_a_workbook_whose_name_could_mean_something_to_a_shell_starts_nothing(
    bench: Bench, name: str
) -> None:
    with bench.opened(building.addin(), name) as book:
        press(book, "OkrRun", "help")
        assert bench.command_lines() == []


def test_an_innocent_name_is_between_quotes_and_no_path_is_in_the_command_line(bench: Bench) -> None:
    with bench.opened(building.addin(), "Q4 R&D (draft) ^1; it's.xlsm") as book:
        press(book, "OkrRun", "help")
        [line] = bench.command_lines()
    assert '--wb="Q4 R&D (draft) ^1; it\'s.xlsm" --from_xl=1' in line
    assert str(bench.folder / "books") not in line
    assert line.startswith(rf'C:\Windows\System32\cmd.exe /C "{bench.interpreter}" -P -B -c "')


# --- what lies beside or in a workbook must not be used ----------------------------------------------

PLANTED = "import pathlib; pathlib.Path(__file__).with_name('owned').touch()\n"


def argv(command_line: str) -> list[str]:
    """The arguments that a program on Windows gets, for a line without backslashes before quotes."""
    words, quoted, word = [], False, ""
    for char in command_line:
        quoted ^= char == '"'
        if char == " " and not quoted:
            words += [word] if word else []
            word = ""
        elif char != '"':
            word += char
    return [*words, word] if word else words


def test_what_is_planted_in_or_beside_a_workbook_is_not_used(bench: Bench) -> None:
    books = bench.folder / "books"
    for name in ("addin.py", "xlwings.py", "sync.py", "okr.zip"):
        (books / name).write_text(PLANTED, encoding="utf-8")
    for name in ("okr.conf", "xlwings.conf", "myaddin.conf"):
        (books / name).write_text(
            '"INTERPRETER_WIN","planted\\python.exe"\n"PYTHONPATH","planted"\n', "utf-8"
        )
    with bench.opened(building.team_workbook(), "okr.xlsm") as book:
        for title in ("okr.conf", "xlwings.conf", "evil.py"):
            book.Sheets.insertNewByName(title, 0)
            sheet = book.Sheets.getByName(title)
            sheet.getCellRangeByName("A1").String = "INTERPRETER_WIN"
            sheet.getCellRangeByName("B1").String = r"planted\python.exe"
        press(book, "OkrRun", "help")
        [line] = bench.command_lines()
    assert "planted" not in line
    assert "evil" not in line
    _, _, program, *arguments = argv(line.partition(" 2> ")[0])
    assert program == str(bench.interpreter)
    assert not runs_planted(arguments, books)
    assert runs_planted([word for word in arguments if word != "-P"], books)  # so the test can see it


def runs_planted(arguments: list[str], folder: Path) -> bool:
    """Whether Python, started so in that folder, ran what lies there."""
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    found = folder / "owned"
    there = found.exists()
    found.unlink(missing_ok=True)
    return there


def test_without_the_users_settings_nothing_is_started(bench: Bench) -> None:
    conf = bench.folder / "user\\.okr\\okr.conf"
    kept = conf.read_text(encoding="utf-8")
    conf.unlink()
    try:
        with bench.opened(building.addin(), "okr.xlsm") as book:
            press(book, "OkrRun", "help")
            assert bench.command_lines() == []
    finally:
        conf.write_text(kept, encoding="utf-8")


# The last leg, Python through xlwings on Calc with cells asserted, belongs here: with the engine of
# tests/xl_engines open on the same workbook, each line of `python_in` is executed, and cells are compared.

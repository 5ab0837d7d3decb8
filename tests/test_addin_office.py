"""The built files in LibreOffice: their macros are executed, and what they would start is read.

    ribbon XML of okr.xlam -> its callback with the button's tag -> the macros -> the command line
    button in a sheet of okr-team.xlsm -> the script it is bound to -> the macros -> the command line

What LibreOffice opens differs from the built files in four small ways: `tests/macro_office.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import xlwings

from addin import building
from addin.registry import COMMANDS
from addin.ribbon import NAMESPACE
from tests import macro_office
from tests.macro_office import Bench, argv, buttons_in, press, python_in

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """LibreOffice with a user's settings, and an empty folder for workbooks."""
    return macro_office.bench(tmp_path)


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


NO_COMMANDS = ("", "Check_in", "check in", "check_in'); import os; ('", "check_in2", "é", 'x"&calc&"')


def test_a_tag_that_is_no_command_starts_nothing(bench: Bench) -> None:
    with bench.opened(building.addin(), "okr.xlsm") as book:
        for tag in NO_COMMANDS:
            press(book, "OkrRun", tag)
            assert bench.command_lines() == [], tag
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
    assert str(bench.books) not in line
    assert line.startswith(rf'C:\Windows\System32\cmd.exe /C "{bench.interpreter}" -P -B -c "')


# --- what lies beside or in a workbook must not be used ----------------------------------------------

PLANTED = "import pathlib; pathlib.Path(__file__).with_name('owned').touch()\n"


def test_what_is_planted_in_or_beside_a_workbook_is_not_used(bench: Bench) -> None:
    books = bench.books
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
    bench.conf.unlink()
    with bench.opened(building.addin(), "okr.xlsm") as book:
        press(book, "OkrRun", "help")
        assert bench.command_lines() == []


def test_on_a_mac_the_shell_starts_the_command_and_nothing_that_is_planted(bench: Bench) -> None:
    """What the macros hand to xlwings' AppleScript, whose line for the shell is put together here."""
    with bench.opened(building.addin(), "Q4 R&D; it's.xlsm", mac=True) as book:
        for command in COMMANDS:
            press(book, "OkrRun", command.name)
        lines = [line.split("|") for line in bench.command_lines()]
    assert [(path, python, name) for path, _, python, name, *_ in lines] == [
        ("false;", f"from addin.entry import press; press('{c.name}')", "Q4 R&D; it's.xlsm") for c in COMMANDS
    ]
    program = lines[0][1]
    assert as_the_shell_runs(program, bench.office.folder) == '["--wb=Q4 R&D; it\'s.xlsm"] False'
    assert as_the_shell_runs(program.removesuffix(" -P"), bench.office.folder).endswith(
        "True"
    )  # so the test can see it


def as_the_shell_runs(program: str, folder: Path) -> str:
    """The arguments that Python gets, and whether it would load modules from the current folder."""
    [script] = Path(xlwings.__file__).parent.glob("xlwings-*.applescript")
    assert 'PythonInterpreter & " -B -u -W ignore -c \\"import xlwings.utils;' in script.read_text("utf-8")
    python = "import sys; print(sys.argv[1:], '' in sys.path)"
    line = (
        f"{program} -B -u -W ignore -c \"import xlwings.utils;xlwings.utils.prepare_sys_path('false;');"
        f'{python} " "--wb=Q4 R&D; it\'s.xlsm"'
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(["sh", "-c", line], cwd=folder, env=environment, capture_output=True, check=True)
    return ran.stdout.decode().strip()

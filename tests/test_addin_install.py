"""The add-in is put where Excel finds it, in a home made for the test, and exactly that goes away again."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlwings
from typer.testing import CliRunner

from addin import diagnosis, installing, machine
from addin.diagnosis import Finding, Machine, diagnose, read_settings
from addin.installing import Piece, Unfit, install, plan, settings, uninstall
from addin.places import NoExcel, Places, places
from addin.selftest import selftest
from addin.settings import Settings, load
from sync.cli import app

SYSTEMS = ("win32", "darwin")
XLWINGS = "1.2.3"


@pytest.fixture(params=SYSTEMS)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """The places in an empty home of that system."""
    return at_home(request.param, tmp_path)


def at_home(platform: str, folder: Path) -> Places:
    return places(platform, folder, {}, XLWINGS)


def pieces(home: Places, *, addin: bytes = b"the add-in", python: str = sys.executable) -> Sequence[Piece]:
    return plan(home, interpreter=python, addin=addin, script=b"a script")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_windows_gets_it_in_xlstart_and_the_settings_in_the_home(tmp_path: Path) -> None:
    home = places("win32", tmp_path, {"APPDATA": str(tmp_path / "Roaming")}, XLWINGS)
    assert all(done.ok for done in install(home, pieces(home)))
    assert files(tmp_path) == {
        "Roaming/Microsoft/Excel/XLSTART/okr.xlam",
        ".okr/okr.conf",
        ".okr/installed.json",
    }
    assert home.addin.read_bytes() == b"the add-in"


def test_the_mac_gets_the_script_of_this_xlwings_too(tmp_path: Path) -> None:
    home = at_home("darwin", tmp_path)
    assert all(done.ok for done in install(home, pieces(home)))
    assert files(tmp_path / "Library") == {
        "Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/okr.xlam",
        "Containers/com.microsoft.Excel/Data/okr.conf",
        "Application Scripts/com.microsoft.Excel/xlwings-1.2.3.applescript",
        "Application Support/okrsync/installed.json",
    }


def test_elsewhere_there_is_no_excel_and_a_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoExcel, match=r"Windows and macOS only.*addin build"):
        at_home("linux", tmp_path)


def test_the_settings_are_what_a_macro_reads(tmp_path: Path) -> None:
    written = settings("Windows", r"C:\Python\python.exe", Path(r"Z:\okr\spool"), "every hour")
    assert written == (
        b'"INTERPRETER_WIN","C:\\Python\\python.exe"\r\n'
        b'"OKRSYNC_SPOOL","Z:\\okr\\spool"\r\n'
        b'"OKRSYNC_SYNC","every hour"\r\n'
    )


def test_the_buttons_read_what_was_installed(tmp_path: Path) -> None:
    (tmp_path / "okr.conf").write_bytes(
        settings("macOS", "/usr/bin/python3", tmp_path / "spool", "every hour")
    )
    assert load(tmp_path / "okr.conf") == Settings(tmp_path / "spool", "every hour")
    assert read_settings(tmp_path / "okr.conf")["INTERPRETER_MAC"] == "/usr/bin/python3"


@pytest.mark.parametrize("path", ('a"b', "a\nb"))
def test_a_path_that_could_break_out_of_its_quotes_is_refused(path: str) -> None:
    with pytest.raises(Unfit, match=r"cannot stand in okr\.conf"):
        settings("macOS", path)


def test_a_path_that_macros_cannot_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "ENCODING", "cp1252")
    with pytest.raises(Unfit, match="目標"):
        settings("Windows", "C:\\目標\\python.exe")


def test_everything_that_was_installed_goes_and_nothing_else(home: Places, tmp_path: Path) -> None:
    other = home.addin.with_name("PERSONAL.XLSB")
    other.parent.mkdir(parents=True)
    other.write_bytes(b"mine")
    list(install(home, pieces(home)))
    assert all(done.ok for done in uninstall(home))
    assert files(tmp_path) == {other.relative_to(tmp_path).as_posix()}
    assert list(uninstall(home)) == []


def test_installing_twice_changes_nothing_and_a_newer_one_replaces_the_older(home: Places) -> None:
    list(install(home, pieces(home)))
    before = home.addin.stat().st_mtime_ns
    assert all("there already" in done.said for done in install(home, pieces(home)))
    assert home.addin.stat().st_mtime_ns == before
    assert all(done.ok for done in install(home, pieces(home, addin=b"newer")))
    assert home.addin.read_bytes() == b"newer"
    assert all(done.ok for done in uninstall(home))
    assert not home.addin.exists()


def test_somebody_elses_file_is_named_and_kept_unless_forced(home: Places) -> None:
    home.addin.parent.mkdir(parents=True)
    home.addin.write_bytes(b"not ours")
    done = [each for each in install(home, pieces(home)) if not each.ok]
    assert [str(home.addin) in each.said and "--force" in each.said for each in done] == [True]
    list(uninstall(home))
    assert home.addin.read_bytes() == b"not ours"
    assert all(each.ok for each in install(home, pieces(home), force=True))
    assert home.addin.read_bytes() == b"the add-in"


def test_the_same_file_that_was_there_before_stays_when_we_go(tmp_path: Path) -> None:
    """The script of xlwings: whoever uses xlwings for other things has it there already."""
    home = at_home("darwin", tmp_path)
    assert home.script is not None
    installing.write(home.script, b"a script")
    list(install(home, pieces(home), force=True))
    list(uninstall(home, force=True))
    assert home.script.read_bytes() == b"a script"


def test_a_file_changed_since_is_named_and_kept_unless_forced(home: Places) -> None:
    list(install(home, pieces(home)))
    home.conf.write_bytes(b"changed")
    kept = [each.said for each in uninstall(home) if not each.ok]
    assert len(kept) == 1
    assert str(home.conf) in kept[0]
    assert not home.addin.exists()
    assert [each.ok for each in uninstall(home, force=True)] == [True]
    assert not home.conf.exists()


def test_a_crash_on_the_way_leaves_whole_files_that_uninstall_knows(home: Places, tmp_path: Path) -> None:
    list(install(home, pieces(home)))
    halfway: Any = install(home, pieces(home, addin=b"newer", python="/other"))
    next(halfway)
    halfway.close()
    assert all(done.ok for done in uninstall(home))
    assert files(tmp_path) == set()


def test_a_file_in_use_is_a_sentence(home: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.replace

    def busy(self: Path, target: Any) -> Path:
        if Path(target).suffix == ".xlam":
            raise PermissionError(13, "in use")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    said = [done.said for done in install(home, pieces(home)) if not done.ok]
    assert said == [f"{home.addin} cannot be written. Close Excel and run the command again."]
    assert [path.name for path in home.addin.parent.iterdir()] == []
    assert str(home.addin) not in json.loads(home.record.read_text())["files"]


def test_what_is_installed_is_the_built_add_in_and_the_script_of_this_xlwings(tmp_path: Path) -> None:
    home = places("darwin", tmp_path, {}, machine.xlwings_version())
    script = machine.applescript()
    put = plan(home, interpreter=sys.executable, addin=machine.okr_xlam(), script=script)
    assert all(done.ok for done in install(home, put))
    with zipfile.ZipFile(home.addin) as archive:
        assert "xl/vbaProject.bin" in archive.namelist()
    assert home.script is not None
    assert b"VbaHandler" in home.script.read_bytes()
    assert str(tmp_path) not in home.addin.read_bytes().decode("latin-1")


# ---------------------------------------------------------------- doctor


def diagnosed(
    home: Places, *, registry: dict[str, dict[str, object]] | None = None, prints: str = XLWINGS
) -> Any:
    def run(command: Sequence[str]) -> str | None:
        return None if command[0] == "xattr" else prints

    asked = Machine(lambda key: (registry or {}).get(key, {}), run)
    return list(diagnose(home, asked, interpreter=sys.executable, xlwings=XLWINGS))


def bad(findings: Sequence[Finding]) -> list[str]:
    return [f"{finding.said} {finding.mend}" for finding in findings if finding.bad]


def test_after_installing_nothing_is_wrong(home: Places) -> None:
    list(install(home, pieces(home)))
    findings = diagnosed(home)
    assert bad(findings) == []
    assert any("antivirus" in f.said or "Automation" in f.said for f in findings)


def test_before_installing_it_says_what_is_missing(home: Places) -> None:
    found = bad(diagnosed(home))
    assert len(found) == (2 if home.script is None else 3)
    assert all("okrsync addin install" in said for said in found)


OFFICE, POLICY = diagnosis.OFFICE, diagnosis.POLICY
ASR = rf"HKLM\SOFTWARE\Policies\{diagnosis.DEFENDER}"


@pytest.mark.parametrize(
    ("registry", "says"),
    (
        ({rf"{OFFICE}\Security": {"DisableAllAddins": 1}}, "loads? no add-ins|load no add-ins"),
        ({rf"{POLICY}\Security": {"requireaddinsig": 1}}, "signed add-ins only"),
        (
            {
                rf"{OFFICE}\Security": {"VBAWarnings": 4},
                rf"{OFFICE}\Security\Trusted Locations": {"AllLocationsDisabled": 1},
            },
            "runs no macros",
        ),
        (
            {
                rf"{OFFICE}\Resiliency\DisabledItems": {
                    "1F": b"\x01\x00" + r"C:\X\OKR.XLAM".encode("utf-16-le")
                }
            },
            "Disabled Items",
        ),
        ({ASR: {"D4F940AB-401B-4EFC-AADC-AD5F3C50688A": "1"}}, "may not start other programs.*exception"),
    ),
    ids=("no-add-ins", "unsigned", "no-macros", "switched-off", "asr"),
)
def test_windows_settings_that_stop_it_are_named(
    registry: dict[str, dict[str, object]], says: str, tmp_path: Path
) -> None:
    import re

    home = at_home("win32", tmp_path)
    list(install(home, pieces(home)))
    found = bad(diagnosed(home, registry=registry))
    assert len(found) == 1
    assert re.search(says, found[0])


def test_a_mark_of_the_internet_is_named(tmp_path: Path) -> None:
    home = at_home("win32", tmp_path)
    list(install(home, pieces(home)))
    Path(f"{home.addin}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")
    assert "Unblock" in bad(diagnosed(home))[0]


def test_another_xlwings_or_a_python_that_is_gone_is_named(home: Places, tmp_path: Path) -> None:
    list(install(home, pieces(home)))
    assert "xlwings 9.9, but the add-in was made with 1.2.3" in bad(diagnosed(home, prints="9.9"))[0]
    assert "pip install okrsync" in bad(diagnosed(home, prints=""))[0]
    list(install(home, pieces(home, python=str(tmp_path / "gone"))))
    assert "is gone" in bad(diagnosed(home))[0]


def test_a_script_of_another_version_is_named(tmp_path: Path) -> None:
    home = at_home("darwin", tmp_path)
    list(install(home, pieces(home)))
    assert home.script is not None
    home.script.rename(home.script.with_name("xlwings-1.0.0.applescript"))
    assert "There is xlwings-1.0.0.applescript" in bad(diagnosed(home))[0]


# ---------------------------------------------------------------- the commands


@pytest.fixture
def as_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr("sync.cli_addin._places", lambda: places("win32", tmp_path, {}, xlwings.__version__))
    monkeypatch.setattr("addin.machine.okr_xlam", lambda: b"the add-in")
    return tmp_path


def ran(*words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["addin", *words])
    return ended.exit_code, ended.output


@pytest.mark.slow
def test_the_commands_install_look_and_uninstall(as_windows: Path) -> None:
    (as_windows / "config.toml").write_text('[organisation]\nname = "Acme"\n')
    code, said = ran("install", "--config", str(as_windows / "config.toml"))
    assert (code, "has a tab OKR now" in said) == (0, True), said
    conf = read_settings(as_windows / ".okr" / "okr.conf")
    assert conf["INTERPRETER_WIN"] == sys.executable
    assert conf["OKRSYNC_SPOOL"] == str(as_windows / "state" / "spool")
    assert conf["OKRSYNC_SYNC"] == "every hour"
    code, said = ran("doctor")
    assert (code, "service's folder cannot be reached" in said) == (0, True), said
    (as_windows / ".okr" / "okr.conf").write_text("changed")
    assert ran("doctor")[0] == 3
    assert ran("uninstall")[0] == 3
    assert ran("uninstall", "--force")[0] == 0
    assert "Nothing is installed" in ran("uninstall")[1]


@pytest.mark.skipif(sys.platform in SYSTEMS, reason="Excel may be there")
@pytest.mark.parametrize("command", ("install", "uninstall", "doctor", "selftest"))
def test_without_excel_each_command_says_so_in_one_sentence(
    command: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from sync.cli import main

    monkeypatch.setattr(sys, "argv", ["okrsync", "addin", command])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    said = capfd.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "Windows and macOS only" in said[0]


class Started:
    """An Excel that the self-test starts: LibreOffice behind xlwings."""

    def __init__(self, app: Any) -> None:
        self.books = app.books
        self.gone = False

    def quit(self) -> None:
        self.gone = True


@pytest.mark.slow
def test_the_self_test_reports_each_check_and_leaves_nothing_open() -> None:
    from tests.xl_engines import uno_engine

    program = uno_engine.program()
    try:
        started = Started(program.engine.apps.active)
        report = selftest(lambda: started, okrsync="0.1.0")
        assert report.ok, report.lines
        assert report.lines[-1] == "18 of 18 checks are well."
        assert "okrsync 0.1.0, xlwings" in report.lines[0]
        assert (len(started.books), started.gone) == (0, True)
    finally:
        program.close()

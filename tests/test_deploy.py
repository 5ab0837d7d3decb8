"""The files in docs/deploy name commands that exist, and are well formed."""

from __future__ import annotations

import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from sync.cli import app
from tests.conftest import ROOT

DEPLOY = ROOT / "docs" / "deploy"
UNIT, PLIST, CONTAINER, README = (
    (DEPLOY / name).read_text(encoding="utf-8")
    for name in ("okrsync.service", "okrsync.plist", "Containerfile", "README.md")
)
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]  # our app is a group of commands


def started() -> dict[str, list[str]]:
    """The command line in each of the files."""
    [unit] = re.findall(r"^ExecStart=(.+)$", UNIT, re.MULTILINE)
    [entry, command] = re.findall(r"^(?:ENTRYPOINT|CMD) \[(.+)\]$", CONTAINER, re.MULTILINE)
    [health] = re.findall(r"CMD \[(.+)\]$", re.findall(r"^HEALTHCHECK.+$", CONTAINER, re.MULTILINE)[0])
    [program, arguments] = re.findall(r'-Execute "(.+)" `\n +-Argument "(.+)" -Work', README)[0]
    [cron] = re.findall(r"^    \*/10 \* \* \* \*  (.+) 2>> ", README, re.MULTILINE)
    return {
        "unit": shlex.split(unit),
        "plist": plistlib.loads(PLIST.encode())["ProgramArguments"],
        "container": shlex.split(f"{entry} {command}".replace(",", " ")),
        "health check": shlex.split(health.replace(",", " ")),
        "task": [program.replace("\\", "/").removesuffix(".exe"), *arguments.split()],
        "cron": shlex.split(cron),
    }


@pytest.mark.parametrize("file", started())
def test_what_is_started_is_a_real_command_with_real_options(file: str) -> None:
    program, name, *options = started()[file]
    assert Path(program).name == "okrsync"
    known = {option for param in COMMANDS[name].params for option in param.opts}
    assert {option for option in options if option.startswith("-")} <= known
    assert name == ("status" if file == "health check" else "run")


def test_the_container_copies_what_is_there() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", CONTAINER, re.MULTILINE)
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "okrsync.service"
    command = str(Path(sys.executable).with_name("okrsync"))
    unit.write_text(UNIT.replace("/opt/okrsync/.venv/bin/okrsync", command), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_gives_the_service_time_to_roll_back() -> None:
    from sync.running import STOPS_WITHIN

    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert float(seconds) > STOPS_WITHIN + 10
    assert plistlib.loads(PLIST.encode())["ExitTimeOut"] > STOPS_WITHIN + 10

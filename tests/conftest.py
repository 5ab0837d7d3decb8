"""What all tests share: no settings from outside, and the programs that only some tests need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.places import KINDS, InFile, MakePlace, OnServer, Place
from tests.postgres import Server, programs, running
from tests.sheets_server.fixture import sheets_server  # noqa: F401 - a fixture: Google Sheets on a loopback port
from tests.xl_engines.fixture import excel  # noqa: F401 - a fixture: what stands in for Excel

ROOT = Path(__file__).parents[1]

# A busy machine is no failure: hypothesis neither watches the clock nor calls slow drawing a mistake.
# In CI it draws the same examples each time, so that a change is judged by what it changed.
settings.register_profile(
    "okrsync",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("okrsync")

KEPT = "OKRSYNC_REAL_GOOGLE_"  # what a person sets to run tests/real_google
for variable in [name for name in os.environ if name.startswith("OKRSYNC_") or name == "COLUMNS"]:
    if not variable.startswith(KEPT):
        del os.environ[variable]


def absent(what: str, remedy: str) -> None:
    """Skips the test with that reason; fails it where everything has to be there (`CI=true`)."""
    reason = f"{what} is not there; {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _program(name: str, package: str, *elsewhere: str) -> str:
    found = shutil.which(name) or next((path for path in elsewhere if Path(path).exists()), "")
    if not found:
        absent(name, f"install {package}")
    return found


@pytest.fixture(scope="session")
def soffice() -> str:
    """The command of LibreOffice."""
    return _program("soffice", "libreoffice-calc", "/Applications/LibreOffice.app/Contents/MacOS/soffice")


@pytest.fixture(scope="session")
def pdftoppm() -> str:
    """The command that turns a PDF into pictures."""
    return _program("pdftoppm", "poppler-utils")


@pytest.fixture(scope="session")
def uno_python() -> str:
    """A Python that has LibreOffice's bridge (`import uno`): on Debian the system's own."""
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode:
        absent("LibreOffice's Python bridge", "install python3-uno")
    return python


@pytest.fixture(scope="session")
def strace() -> str:
    """The command that watches and strikes system calls."""
    if sys.platform != "linux":
        pytest.skip("strace is for Linux only")
    found = _program("strace", "strace")
    tried = subprocess.run([found, "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        absent("the right to trace a process (ptrace)", f"strace said: {tried.stderr.strip()}")
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL server, one for all tests of this process."""
    if os.name != "posix":
        pytest.skip("the test server needs the sockets of POSIX systems")
    if programs() is None:
        absent("PostgreSQL's server", "install postgresql")
    with running() as server:
        yield server


@pytest.fixture(params=KINDS)
def new_place(request: pytest.FixtureRequest) -> MakePlace:
    """What makes a history in a folder: once in a file there, once on a server."""
    if request.param == "sqlite":
        return InFile
    return partial(OnServer, request.getfixturevalue("postgres"))


@pytest.fixture
def place(new_place: MakePlace, tmp_path: Path) -> Place:
    """A history, once in a file, once on a server."""
    return new_place(tmp_path)


@pytest.fixture(scope="session")
def openssl() -> str:
    """The command that makes certificates."""
    return _program("openssl", "openssl")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real OKR sets beside the checkout. It is not part of a checkout, so never required."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the data folder ../shared/data is not beside this checkout")
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workbooks that are opened from now on, by name: what worker processes are asked to read."""
    from sync.workers import Workers

    names: list[str] = []
    submit = Workers.submit

    def noting(self: Workers, function: Any, /, *arguments: Any) -> Any:
        names.append(Path(arguments[0].path).name)
        return submit(self, function, *arguments)

    monkeypatch.setattr(Workers, "submit", noting)
    return names

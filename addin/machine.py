"""What this machine is: its registry, its programs, and the files that go with xlwings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from addin.diagnosis import Machine, Values

PATIENCE = 30  # seconds that a program may take to answer


def machine() -> Machine:
    """This machine."""
    return Machine(_registry, _run)


def xlwings_version() -> str:
    """The version of xlwings in this Python, without loading it."""
    return version("xlwings")


def applescript() -> bytes | None:
    """The script of this xlwings that lets Excel on a Mac start Python; None where it has none."""
    spec = find_spec("xlwings")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name(f"xlwings-{xlwings_version()}.applescript")
    return path.read_bytes() if path.is_file() else None


def okr_xlam() -> bytes:
    """The add-in, built for this version of okrsync."""
    from addin.building import addin  # noqa: PLC0415 - the builder loads the templates

    return addin()


def _run(command: Sequence[str]) -> str | None:
    try:
        ended = subprocess.run(  # noqa: S603 - the Python of okr.conf, or a program of the system
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout if ended.returncode == 0 else None


def _registry(key: str) -> Values:
    found: Values = {}
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - Windows has it, nobody else

        root, _, path = key.partition("\\")
        hive = winreg.HKEY_CURRENT_USER if root == "HKCU" else winreg.HKEY_LOCAL_MACHINE
        with suppress(OSError), winreg.OpenKey(hive, path) as opened:
            rows = (winreg.EnumValue(opened, i) for i in range(winreg.QueryInfoKey(opened)[1]))
            found = {name: value for name, value, _kind in rows}
    return found

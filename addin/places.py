"""Where Excel looks for what belongs to the add-in, on Windows and on the Mac."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from addin.settings import conf_file
from sync.core.errors import UsageError

WINDOWS, MAC = "Windows", "macOS"
_SYSTEMS = {"win32": WINDOWS, "darwin": MAC}


class NoExcel(UsageError):
    """There is no Excel on this system: the sentence says what to do instead."""


class Places(NamedTuple):
    """The files of the add-in in a person's home."""

    system: str
    addin: Path
    """Excel opens what lies in this folder whenever it starts (XLSTART)."""
    conf: Path
    """Says which Python runs the buttons. The add-in reads this file and no other."""
    script: Path | None
    """The AppleScript by which Excel on a Mac may start Python; its name holds the version of xlwings."""
    record: Path
    """What was installed, for `okrsync addin uninstall`."""


def places(platform: str, home: Path, environment: Mapping[str, str], xlwings: str) -> Places:
    """The places in that home. `platform` is Python's sys.platform, `xlwings` the version in use.

    Raises NoExcel where Excel does not run.
    """
    system = _SYSTEMS.get(platform)
    if system == WINDOWS:
        return _on_windows(home, environment)
    if system == MAC:
        return _on_mac(home, xlwings)
    raise NoExcel(
        "Excel runs on Windows and macOS only, so there is nothing to do here. "
        "`okrsync addin build` makes the files of the add-in on any system."
    )


def _on_windows(home: Path, environment: Mapping[str, str]) -> Places:
    roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    return Places(
        WINDOWS,
        addin=roaming / "Microsoft" / "Excel" / "XLSTART" / "okr.xlam",
        conf=conf_file("win32", home),
        script=None,
        record=home / ".okr" / "installed.json",
    )


def _on_mac(home: Path, xlwings: str) -> Places:
    library = home / "Library"
    office = library / "Group Containers" / "UBF8T346G9.Office" / "User Content.localized"
    return Places(
        MAC,
        addin=office / "Startup.localized" / "Excel" / "okr.xlam",
        conf=conf_file("darwin", home),
        script=library / "Application Scripts" / "com.microsoft.Excel" / f"xlwings-{xlwings}.applescript",
        record=library / "Application Support" / "okrsync" / "installed.json",
    )

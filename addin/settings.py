"""The add-in's own small settings and files: in the user's folders, never beside a workbook.

`okr.conf` is written by `okrsync addin install`, in xlwings' own form: lines of two quoted texts, key and
value. The add-in reads of it:

    "OKRSYNC_SPOOL","…"   the folder in which the service takes requests; without it there is no Sync now
    "OKRSYNC_SYNC","…"    when the service reads all workbooks by itself: `every hour`
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

SPOOL, SYNC = "OKRSYNC_SPOOL", "OKRSYNC_SYNC"
_MOST_BYTES = 65_536
ENCODING = "mbcs" if sys.platform == "win32" else "utf-8"
"""VBA reads a file in the code page of Windows; elsewhere UTF-8 is the best guess."""


class Settings(NamedTuple):
    """What the installer wrote; `spool` is None where the service's folder is not known."""

    spool: Path | None = None
    sync: str = ""


def conf_file(system: str = sys.platform, home: Path | None = None) -> Path:
    """Where the settings lie: on a Mac in the only folder that Excel may read without asking."""
    home = home or Path.home()
    if system == "darwin":
        return home / "Library/Containers/com.microsoft.Excel/Data/okr.conf"
    return home / ".okr/okr.conf"


def log_file(
    system: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Path:
    """Where the log of the buttons lies."""
    home = home or Path.home()
    if system == "darwin":
        return home / "Library/Logs/okrsync/addin.log"
    if system == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData/Local") / "okrsync/addin.log"
    return Path(environment.get("XDG_STATE_HOME") or home / ".local/state") / "okrsync/addin.log"


def load(path: Path | None = None) -> Settings:
    """The settings; those of a file that is not there or cannot be read are blank."""
    try:
        with (path or conf_file()).open(encoding=ENCODING, errors="replace", newline="") as file:
            rows = [row for row in csv.reader(file.read(_MOST_BYTES).splitlines()) if len(row) == 2]
    except (OSError, csv.Error):
        return Settings()
    said = dict(rows)
    folder = Path(said[SPOOL]) if said.get(SPOOL) else None
    return Settings(folder if folder and folder.is_absolute() else None, said.get(SYNC, "").strip())

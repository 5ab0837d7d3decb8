"""Copies of the database: whole or not there at all, checked before they count, the newest few kept."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from datetime import date
from pathlib import Path

from sync.core.errors import HistoryUnusable
from sync.history.tables import APPLICATION

FOLDER = "backup"


def back_up(database: Path, on: date, keep: int) -> Path:
    """The copy of an SQLite database on that day, in the folder `backup` beside it; the oldest are removed.

    Other processes may write meanwhile: the copy is the database as it was at one moment.
    """
    folder = database.parent / FOLDER
    place = folder / f"{database.stem}-{on.isoformat()}{database.suffix}"
    try:
        database.stat()  # the library would make one that is missing
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.glob("*.new-*"):  # of a process that was killed
            left.unlink()
        _copy(database, place)
        for old in copies(database)[:-keep]:
            old.unlink()
    except (OSError, sqlite3.Error) as error:
        raise HistoryUnusable(f"The history {database} could not be copied to {place}: {error}.") from error
    return place


def copies(database: Path) -> list[Path]:
    """The copies that there are, the oldest first."""
    dated = f"{database.stem}-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]{database.suffix}"
    return sorted((database.parent / FOLDER).glob(dated))


def _copy(database: Path, place: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=place.name + ".new-", dir=place.parent)
    os.close(handle)
    new = Path(name)
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(new)) as copy:
            source.backup(copy)
            ours = copy.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
            if not ours or copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("the copy did not pass its check")
        _flush(new)
        new.replace(place)
        _flush(place.parent)
    finally:
        new.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Makes sure that a file, or what a folder lists, is on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

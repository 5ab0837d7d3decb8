"""History in an SQLite file: its place and rights, whether it is whole, what its errors mean.

A new file is built beside its place and linked there when it is whole, so a file that is empty or half
written is never ours to overwrite: it stops with instructions (TRUST 20).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError

from sync.core.errors import HistoryUnusable
from sync.history.folders import files, make_folder
from sync.history.migrating import migrate
from sync.history.tables import APPLICATION

_HEADER = b"SQLite format 3\0"
_SMALL = 32 * 1024 * 1024  # bytes that a quick check reads in some ten milliseconds
_BUSY = 10_000  # milliseconds to wait for another process
_MEND = (
    "Restore it from a backup, or move it away: okrsync then begins a new history from the sheets as they"
    " are. Nothing was changed."
)


class SqliteFile:
    """One file. `mark` is the file that says a run is under way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.mark = path.with_suffix(".running")
        self._journal = path.with_name(path.name + "-journal")

    def engine(self) -> Engine:
        """The way to the file; a new, empty history when there is none."""
        with files(self.path):
            self._prepare()
        return _engine(self.path)

    def check(self, connection: Connection) -> None:
        """Stops at a foreign or a damaged file; after a run that was killed, all of it is checked."""
        application = connection.scalar(text("PRAGMA application_id"))
        if application != APPLICATION:
            raise HistoryUnusable(
                f"{self.path} is a database of another program. Name another place in [history] url."
            )
        check = "quick" if self.path.stat().st_size < _SMALL else ""
        if self.mark.exists() or self._journal.exists():
            check = "integrity"
        if check == "integrity":
            self.verify(connection)
        elif check and connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
            raise HistoryUnusable(f"The history {self.path} is damaged. {_MEND}")

    def verify(self, connection: Connection) -> None:
        """Reads all of the file. Raises HistoryUnusable where it is damaged."""
        if connection.scalar(text("PRAGMA integrity_check(1)")) != "ok":
            raise HistoryUnusable(f"The history {self.path} is damaged. {_MEND}")

    def hold(self, engine: Engine) -> None:
        """Nothing: the lock beside the file is enough, since one machine has both."""

    def compact(self, connection: Connection) -> None:
        """Rewrites the file without what was deleted from it."""
        connection.exec_driver_sql("VACUUM")

    def passing(self, error: DBAPIError) -> bool:
        """Whether the same may succeed in a while: another process is writing."""
        return "locked" in str(error.orig or error)

    def sentence(self, error: DBAPIError) -> str | None:
        """What an error means and what to do; None when it is a fault of ours."""
        cause = str(error.orig or error)
        if isinstance(error, OperationalError):
            return _operational(self.name, cause)
        if cause.startswith(("database disk image", "file is not a database")):
            return f"The history {self.name} is damaged ({cause}). {_MEND}"
        return None

    def _prepare(self) -> None:
        path = self.path
        make_folder(path.parent)
        if not path.exists():
            if self._journal.exists():
                raise HistoryUnusable(
                    f"{path} is missing, but {self._journal.name} beside it belongs to it. Put the database"
                    " back (from a backup, together with that file), or move the journal away as well."
                )
            _create(path)
        elif not path.is_file():
            raise HistoryUnusable(f"{path} is no file. Name another place in [history] url.")
        with path.open("rb") as file:
            if file.read(len(_HEADER)) != _HEADER:
                raise HistoryUnusable(f"The history {path} is damaged: it is no database. {_MEND}")
        _close_to_others(path)


def _operational(name: str, cause: str) -> str:
    if "locked" in cause:
        return f"The history {name} is in use by another okrsync. Run again when it has finished."
    if "full" in cause:
        return f"The history {name} could not be written: the disk is full. Nothing was changed."
    return f"The history {name} could not be used ({cause}). Check its folder, its rights and the disk."


def _close_to_others(path: Path) -> None:
    """Takes the rights of others away, where the file system knows rights and the file is ours."""
    if path.stat().st_mode & 0o077:
        with suppress(OSError):
            path.chmod(0o600)


def _engine(path: Path) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: _connect(path))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "connect", lambda _, record: record.info.update(file=_identity(path)))
    event.listen(engine, "checkout", lambda _, record, __: _look_again(path, record.info))
    return engine


def _identity(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_dev, about.st_ino


def _look_again(path: Path, known: Mapping[str, Any]) -> None:
    """Opens anew where another file was put in its place: reads would go on in one that is deleted."""
    try:
        same = known["file"] == _identity(path)
    except FileNotFoundError:
        raise HistoryUnusable(f"The history {path} is gone. {_MEND}") from None
    if not same:
        raise DisconnectionError


def _connect(path: Path) -> Any:  # noqa: ANN401  # the driver's connection, handed to the library
    import sqlite3  # noqa: PLC0415  # a PostgreSQL user need not have it

    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY / 1000, check_same_thread=False)
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _begin(connection: Connection) -> None:
    """Begins for real (the driver would not, before reading or changing tables); writers lock at once."""
    options = connection.get_execution_options()
    if not options.get("outside"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _create(path: Path) -> None:
    """A new, empty history at its place, whole or not at all."""
    for left in path.parent.glob(path.name + ".new-*"):
        left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name + ".new-", dir=path.parent)
    os.close(handle)
    new = Path(name)
    engine = _engine(new)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            migrate(connection)
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
        engine.dispose()
        with suppress(FileExistsError):  # another process was quicker: its history is as good
            os.link(new, path)
    finally:
        engine.dispose()
        new.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

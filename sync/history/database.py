"""The database behind history: opened, checked, migrated. The one door through which its errors pass.

A new SQLite file is built beside its place and linked there when it is whole, so a file that is empty or
half written is never ours to overwrite: it stops with instructions (TRUST 20).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from sync.core.errors import HistoryInUse, HistoryUnusable, LeaseLost, UsageError
from sync.history.tables import APPLICATION, REVISION, lease, meta

_HEADER = b"SQLite format 3\0"
_SMALL = 32 * 1024 * 1024  # bytes that a quick check reads in some ten milliseconds
_BUSY = 10_000  # milliseconds to wait for another process
_MEND = (
    "Restore it from a backup, or move it away: okrsync then begins a new history from the sheets as they"
    " are. Nothing was changed."
)


class Database:
    """An open database that fits this release. `mark` is the file that says a run is under way.

    `fence`: the token of the lease under which this process writes; None for one that needs no lease.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.fence: int | None = None
        with _files(folder):
            _make_folder(folder)
        self.path = _sqlite_path(url or f"sqlite:///{folder / 'history.db'}")
        self.name = str(self.path) if self.path else make_url(url).render_as_string()
        self.mark = (self.path or folder / "history.db").with_suffix(".running")
        if self.path is None:
            self.engine = create_engine(url)
            self._migrate_if_due()
            return
        with _files(self.path):
            self._prepare_file(self.path)
        self.engine = _sqlite_engine(self.path)
        try:
            self._check_file(self.path)
            self._migrate_if_due()
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with self._door(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept all together or not at all."""
        with (
            self._door(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            self._check_fence(connection)
            yield connection

    def check_lease(self) -> None:
        """Raises LeaseLost when this process may not write any more."""
        with self.reading() as connection:
            self._check_fence(connection)

    def _check_fence(self, connection: Connection) -> None:
        """In the transaction that writes, so that a holder that was paused cannot (TRUST 26)."""
        if self.fence is None:
            return
        row = connection.execute(select(lease).with_for_update(read=True)).one()
        if row.token != self.fence:
            raise LeaseLost(
                f"{row.holder or 'Another service'} has taken over the work on {self.name} since {row.since};"
                " this process writes nothing more."
            )

    def compact(self) -> None:
        """Rewrites the file without what was deleted from it (PostgreSQL does so by itself)."""
        if self.path is None:
            return
        with self._door(), self.engine.connect().execution_options(outside=True) as connection:
            connection.exec_driver_sql("VACUUM")

    def verify(self) -> None:
        """Reads all of an SQLite file, however large. Raises HistoryUnusable where it is damaged."""
        if self.path is None:
            return  # PostgreSQL looks after its files itself
        with self.reading() as connection:
            if connection.scalar(text("PRAGMA integrity_check(1)")) != "ok":
                raise HistoryUnusable(f"The history {self.path} is damaged. {_MEND}")

    def close(self) -> None:
        """Lets go of the database."""
        self.engine.dispose()

    def _prepare_file(self, path: Path) -> None:
        _make_folder(path.parent)
        journal = path.with_name(path.name + "-journal")
        if not path.exists():
            if journal.exists():
                raise HistoryUnusable(
                    f"{path} is missing, but {journal.name} beside it belongs to it. Put the database back"
                    " (from a backup, together with that file), or move the journal away as well."
                )
            _create(path)
        elif not path.is_file():
            raise HistoryUnusable(f"{path} is no file. Name another place in [history] url.")
        with path.open("rb") as file:
            if file.read(len(_HEADER)) != _HEADER:
                raise HistoryUnusable(f"The history {path} is damaged: it is no database. {_MEND}")
        _close_to_others(path)

    def _check_file(self, path: Path) -> None:
        """Stops at a foreign or a damaged file; after a run that was killed, all of it is checked."""
        with self.reading() as connection:
            application = connection.scalar(text("PRAGMA application_id"))
            if application != APPLICATION:
                raise HistoryUnusable(
                    f"{path} is a database of another program. Name another place in [history] url."
                )
            check = "quick" if path.stat().st_size < _SMALL else ""
            if self.mark.exists() or path.with_name(path.name + "-journal").exists():
                check = "integrity"
            if check and connection.scalar(text(f"PRAGMA {check}_check(1)")) != "ok":
                raise HistoryUnusable(f"The history {path} is damaged. {_MEND}")

    def _migrate_if_due(self) -> None:
        with self.reading() as connection:
            found = _revision(connection)
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise HistoryUnusable(
                f"The history {self.name} was written by a newer okrsync (revision {found}; this one knows"
                f" {REVISION}). Install that release again, or restore an older backup. Nothing was changed."
            )
        with self.writing() as connection:
            _migrate(connection)

    @contextmanager
    def _door(self) -> Iterator[None]:
        """Turns the library's errors into sentences with a way out."""
        try:
            yield
        except OperationalError as error:
            raise _operational(self.name, error) from error
        except DatabaseError as error:
            if _cause(error).startswith(("database disk image", "file is not a database")):
                raise HistoryUnusable(
                    f"The history {self.name} is damaged ({_cause(error)}). {_MEND}"
                ) from error
            raise


def _operational(name: str, error: OperationalError) -> HistoryUnusable:
    cause = _cause(error)
    if "locked" in cause:
        return HistoryInUse(
            f"The history {name} is in use by another okrsync. Run again when it has finished."
        )
    if "full" in cause:
        return HistoryUnusable(
            f"The history {name} could not be written: the disk is full. Nothing was changed."
        )
    return HistoryUnusable(
        f"The history {name} could not be used ({cause}). Check its folder, its rights and the disk."
    )


def _cause(error: DatabaseError) -> str:
    return str(error.orig or error)


@contextmanager
def _files(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HistoryUnusable(
            f"The history {path} could not be opened ({error.strerror or error}). Check folder and rights."
        ) from error


def _sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL; None for another kind of database."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(
            f'[history] url "{url}" is no database URL such as sqlite:///state/history.db.'
        ) from None
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise UsageError("[history] url names no file.")
    return Path(parsed.database).absolute()


def _make_folder(folder: Path) -> None:
    """Makes the folder, for us alone; the rights of one that is there are its owner's business."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _close_to_others(path: Path) -> None:
    """Takes the rights of others away, where the file system knows rights and the file is ours."""
    if path.stat().st_mode & 0o077:
        with suppress(OSError):
            path.chmod(0o600)


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: _connect(path))
    event.listen(engine, "begin", _begin)
    return engine


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
    engine = _sqlite_engine(new)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            _migrate(connection)
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


def _revision(connection: Connection) -> str | None:
    """The newest migration that the database has seen, by a plain query: the library for it loads slowly."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT max(version_num) FROM alembic_version"))
    return found


def _migrate(connection: Connection) -> None:
    """Brings the schema up to date in the open transaction."""
    from alembic import command  # noqa: PLC0415  # 200 ms, needed once per release
    from alembic.config import Config  # noqa: PLC0415  # as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
    if connection.scalar(select(meta.c.value).where(meta.c.name == "generation")) is None:
        connection.execute(insert(meta).values(name="generation", value=uuid4().hex))

"""The database behind history: opened, checked, migrated. The one door through which its errors pass.

What a file and a server do each in their own way is in `sqlite.py` and `postgresql.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from sync.core.errors import HistoryAway, HistoryUnusable, LeaseLost, UsageError
from sync.history.folders import SHELF, files, make_folder
from sync.history.migrating import migrate, revision_of
from sync.history.postgresql import Server
from sync.history.sqlite import SqliteFile
from sync.history.tables import REVISION, lease


class Database:
    """An open database that fits this release. `mark` is the file that says a run is under way, `shelf`
    the one beside it that holds some of its content.

    `fence`: the token of the lease under which this process writes; None for one that needs no lease.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.fence: int | None = None
        self.shelf = folder / SHELF
        with files(folder):
            make_folder(folder)
        self._kind = _kind_of(url, folder)
        self.name, self.mark = self._kind.name, self._kind.mark
        self.engine = self._kind.engine()
        self._own: Connection | None = None
        try:
            self._migrate_if_due()
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with _door(self._kind), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept all together or not at all."""
        with _door(self._kind), self._writer() as connection, connection.begin():
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
        row = connection.execute(select(lease)).one()
        if row.token != self.fence:
            raise LeaseLost(
                f"{row.holder or 'Another service'} has taken over the work on {self.name} since {row.since};"
                " this process writes nothing more."
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A context that at most one process has, as far as the database can tell; UsageError in others.

        What is written in it goes over the connection that holds the lock: no lock, no writing.
        """
        with _door(self._kind):
            self._own = self._kind.hold(self.engine)
        try:
            yield
        finally:
            if self._own is not None:
                self._own.invalidate()  # the lock goes with the session
                self._own.close()
                self._own = None

    def compact(self) -> None:
        """Rewrites the database without what was deleted from it."""
        outside = {"outside": True, "isolation_level": "AUTOCOMMIT"}
        with _door(self._kind), self.engine.connect().execution_options(**outside) as connection:
            self._kind.compact(connection)

    def verify(self) -> None:
        """Reads all of an SQLite file, however large. Raises HistoryUnusable where it is damaged."""
        with self.reading() as connection:
            self._kind.verify(connection)

    def close(self) -> None:
        """Lets go of the database."""
        self.engine.dispose()

    @contextmanager
    def _writer(self) -> Iterator[Connection]:
        if self._own is None:
            with self.engine.connect().execution_options(writes=True) as connection:
                yield connection
        elif self._own.invalidated:  # the library would connect anew, without the lock
            raise HistoryUnusable(f"The connection to the history {self.name} was lost. Run again.")
        else:
            yield self._own

    def _migrate_if_due(self) -> None:
        with self.reading() as connection:
            self._kind.check(connection)
            found = revision_of(connection)
            ours = found in {None, REVISION} or inspect(connection).has_table("meta")
        if found == REVISION:
            return
        if not ours:
            raise HistoryUnusable(
                f"{self.name} is a database of another program. Name another place in [history] url."
            )
        if found is not None and found > REVISION:
            raise HistoryUnusable(
                f"The history {self.name} was written by a newer okrsync (revision {found}; this one knows"
                f" {REVISION}). Install that release again, or restore an older backup. Nothing was changed."
            )
        with self.writing() as connection:
            migrate(connection)


def exists(url: str, folder: Path) -> bool:
    """Whether there is a history at `url`; looks without making anything."""
    kind = _kind_of(url, folder)
    if isinstance(kind, SqliteFile):
        return kind.path.exists()
    engine = kind.engine()
    try:
        with _door(kind), engine.connect() as connection:
            return revision_of(connection) is not None
    finally:
        engine.dispose()


def _kind_of(url: str, folder: Path) -> SqliteFile | Server:
    """The kind of database that an URL names; "" is the file in the folder."""
    try:
        parsed = make_url(url or f"sqlite:///{folder / 'history.db'}")
    except ArgumentError:
        raise UsageError(
            f'[history] url "{url}" is no database URL such as sqlite:///state/history.db.'
        ) from None
    if parsed.get_backend_name() != "sqlite":
        return Server(parsed, folder)
    if not parsed.database or parsed.database == ":memory:":
        raise UsageError("[history] url names no file.")
    return SqliteFile(Path(parsed.database).absolute())


@contextmanager
def _door(kind: SqliteFile | Server) -> Iterator[None]:
    """Turns the library's errors into sentences with a way out."""
    try:
        yield
    except DBAPIError as error:
        sentence = kind.sentence(error)
        if sentence is None:
            raise
        raise (HistoryAway if kind.passing(error) else HistoryUnusable)(sentence) from error

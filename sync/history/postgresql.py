"""History on a PostgreSQL server: the way to it, who may write, what its errors mean.

Writers queue on one advisory lock each transaction, as they do on an SQLite file: ids are given by us, and
nothing moves between a writer's questions. A run holds another one for as long as its connection lives, and
writes over that connection alone: who lost the lock cannot write (TRUST 26). Both belong to the schema that
the account finds its tables in, so that one database can hold several histories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from sync.core.errors import Busy, HistoryUnusable, UsageError
from sync.core.problems import shorten
from sync.history.tables import APPLICATION, metadata

_PATIENCE = 10  # seconds to wait for an answer to the first knock, and for another process's lock
_SCHEMA = "hashtext(coalesce(current_schema(), ''))"
_READS = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL extra_float_digits = 1"
_WRITES = (
    f"SET LOCAL lock_timeout = '{_PATIENCE}s'; SELECT pg_advisory_xact_lock({APPLICATION + 1}, {_SCHEMA})"
)
_ALONE = f"SELECT pg_try_advisory_lock({APPLICATION}, {_SCHEMA})"
# A machine that vanished is noticed in minutes, not in the two hours of most systems: it may hold the lock.
_NOTICE = "SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 6"
_MEND = "Restore it from a backup (pg_restore). Nothing was changed."
_DRIVER = (
    "[history] url: PostgreSQL needs the package psycopg, which is not installed. Install it into the same"
    ' environment: python -m pip install "psycopg[binary]>=3.1".'
)

_TOLD = {
    "25006": "can only be read there ({cause}). Name the server that takes writes in [history] url.",
    "40": "was changed at the same moment ({cause}), so nothing was kept. Run again.",
    "42501": "refuses this account ({cause}). Grant it what docs/operators.md lists.",
    "42P01": f"is damaged: it lacks a table ({{cause}}). {_MEND}",
    "42703": f"is damaged: it lacks a column ({{cause}}). {_MEND}",
    "42P07": "cannot be made: another program's tables are in its place ({cause}). Give okrsync a database"
    " or a schema of its own.",
    "3F000": "cannot be made: the account has no schema to make it in ({cause}). Create one.",
    "53100": "could not be written: the disk of its server is full. Nothing was changed.",
    "55P03": "is in use by another okrsync. Run again when it has finished.",
    "XX001": f"is damaged ({{cause}}). {_MEND}",
    "XX002": "has a damaged index ({cause}). Let the server's administrator run REINDEX DATABASE.",
}
"""What follows "The history …", by the beginning of the server's own code (its manual, appendix A)."""


class Server:
    """A database on a server. `mark` is the file that says a run is under way on this machine."""

    def __init__(self, url: URL, folder: Path) -> None:
        self._url = url
        self.name = url.render_as_string()  # hides a password
        self.mark = folder / "history.running"

    def engine(self) -> Engine:
        """The way to the server; nothing is asked of it yet."""
        plain: dict[str, Any] = {
            "connect_timeout": _PATIENCE,
            "application_name": "okrsync",
            "client_encoding": "utf8",
        }
        given = {name: value for name, value in plain.items() if name not in self._url.query}
        try:
            engine = create_engine(self._url, connect_args=given, pool_pre_ping=True)
        except ModuleNotFoundError:
            raise UsageError(_DRIVER) from None
        event.listen(engine, "begin", _begin)
        return engine

    def check(self, connection: Connection) -> None:
        """Stops at a database that cannot keep all texts."""
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise HistoryUnusable(
                f"The database {self.name} keeps texts as {encoding}, which lacks signs that people type."
                " Create one with ENCODING 'UTF8'."
            )

    def hold(self, engine: Engine) -> Connection:
        """The one connection of the one run that may be at work. UsageError when another has it."""
        connection = engine.connect()
        with connection.begin():
            got = connection.exec_driver_sql(_ALONE).scalar()
            connection.exec_driver_sql(_NOTICE)
        if not got:
            connection.close()
            raise Busy(f"Another okrsync run is at work on {self.name}; wait for it to end, then try again.")
        return connection.execution_options(writes=True)

    def verify(self, connection: Connection) -> None:
        """Nothing: a server looks after its files itself."""

    def compact(self, connection: Connection) -> None:
        """Rewrites our tables without what was deleted from them."""
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        connection.exec_driver_sql(f"SET lock_timeout = '{_PATIENCE}s'")
        connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {names}")

    def passing(self, error: DBAPIError) -> bool:
        """Whether the same may succeed in a while: another writes, or the server is not to be reached."""
        return error.connection_invalidated or isinstance(error, OperationalError)

    def sentence(self, error: DBAPIError) -> str | None:
        """What an error means and what to do; None when it is a fault of ours."""
        diagnosis = getattr(error.orig, "diag", None)  # none before there is a connection
        plain = (diagnosis and diagnosis.message_primary) or str(error.orig)  # without the data at fault
        cause = shorten(" ".join(plain.split()), 300)
        code = getattr(error.orig, "sqlstate", None) or ""
        for begins, words in _TOLD.items():
            if code.startswith(begins):
                return f"The history {self.name} " + words.format(cause=cause)
        if error.connection_invalidated:
            return (
                f"The connection to the history {self.name} was lost ({cause}). What was under way is kept as"
                " a whole or not at all. Run again."
            )
        if isinstance(error, OperationalError):
            return (
                f"The history {self.name} could not be used ({cause}). Check that the server runs, and the"
                " host, account and database in [history] url. A password comes from PGPASSWORD or the file"
                " in PGPASSFILE."
            )
        return None


def copy_in(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Inserts rows, given as columns in the driver's values, by COPY: three times as quick as INSERT."""
    quote = connection.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, columns))}) FROM STDIN"
    raw = connection.connection.driver_connection
    with _translated(connection, statement), raw.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]  # it is open
        for row in zip(*columns.values(), strict=True):
            copy.write_row(row)


@contextmanager
def _translated(connection: Connection, statement: str) -> Iterator[None]:
    """The driver's own errors as the library raises them, for what the library does not do itself."""
    dialect = connection.dialect
    errors = dialect.loaded_dbapi.Error
    try:
        yield
    except errors as error:
        lost = dialect.is_disconnect(error, connection.connection.driver_connection, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, errors, connection_invalidated=lost, dialect=dialect
        ) from error


def _begin(connection: Connection) -> None:
    """What a transaction begins with: a reader sees one state, a writer waits until it is the only one."""
    options = connection.get_execution_options()
    if not options.get("outside"):
        connection.exec_driver_sql(_WRITES if options.get("writes") else _READS)

"""History: what was read, what was computed, and every run, in one SQL database.

Store.open(url, folder) -> Store: `url` is an SQLAlchemy URL; "" is `folder`/history.db. A file is made 0600,
its folder 0700 when there is none; a corrupt, foreign or newer database, and a server that does not answer,
raise HistoryUnusable. Use `with`. Store.exists(url, folder) tells whether there is one, and makes none.
Methods marked * write.

Before a run:
  latest_run() -> Run | None   the newest run that did not fail; compare as_of, settings, code_version, inputs
  load_sources(rows=True) -> dict[key, SourceRecord]   every listed source; rows=False leaves `sheet`, what is
                               held, and `problems` out (for the idle path: tokens, state, waiting, allowed)
  with_rows(records, shelf=None) -> dict[key, SourceRecord]   the same records with what was left out
  people() -> tuple[Person, ...]   the last recorded people list
  known(scopes) -> dict[(unit, cycle), tuple[Known, ...]]   for identity.resolve; ask with
                               records.scope_of(record, sheet): a renamed unit's rows have its old name
  seen(as_of, updates=()) -> dict[(unit, cycle, identity), Seen]   for portfolio.gather; `updates` are this
                               run's accepted readings: a value first seen now is dated now
  notes() -> list[Note]        managers' notes
  begin_run(started, as_of) *  leaves a mark beside the database until the run's record is written; the next
                               open after a killed run checks the whole file
One of these ends a run and gives its id:
  commit_run(RunResult) *      everything in ONE transaction
  record_run(Run) *            only the run itself, one row: an idle or a failed one
After the commit, each recorded once it is done (all can be redone from here):
  check_lease()                raises LeaseLost when another service has taken over since
  touch(records) *             sources whose files are new and whose content is not
  record_notes(notes) *        what managers wrote in a master that is read only when it is published
  published(run_id, master_digest) *
  record_feedback(key, digest, token, content_hash) *   our own write: its token becomes the source's
To show:
  runs(n), run_by(day), trend(units, weeks, until), changes(since), owned_since(), findings(),
  history_of(word), status(), verify(), rebuild(run_id), outbox, comments
Ways out:
  accept(name_or_key, at) * -> keys, forget(word) * -> Forgotten, prune(before) * -> number of runs removed

Decisions. Row history (`point`, `figure`, `roll_up`) is changes-only and append-only. Dates never go
backwards: a run whose as-of date lies before what a row already has records its change under the row's newest
date, and `seen` never tells a date after as_of. An error in `Current` or `Confidence` is recorded but never
compared: once mended, the value counts as the one from before, not as a check-in. First sight of a row dates
its value and is no check-in; any later change is one, on the same date too. SQLite runs with a rollback
journal (one file to back up, nothing left behind in a write-ahead log), synchronous=FULL, secure_delete and
foreign keys on; PostgreSQL queues writers as SQLite does (`postgresql.py`). Ids are given by us inside the
write transaction, so that inserts go in batches; a run that another process overtook since `begin_run` is
refused as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import bindparam, func, insert, select, update

from sync.core.collector import no_collector
from sync.core.errors import HistoryUnusable, UsageError
from sync.core.model import Person
from sync.core.problems import Problem
from sync.core.standing import Known
from sync.history import reading, tables, telling
from sync.history.batch import Ids
from sync.history.database import Database, exists
from sync.history.figures import trend
from sync.history.findings import open_findings
from sync.history.outbox import Outbox
from sync.history.records import (
    Change,
    Forgotten,
    Glance,
    Note,
    Past,
    Rebuilt,
    RollUp,
    RowKey,
    Run,
    RunResult,
    Scope,
    SourceRecord,
    Status,
    Update,
)
from sync.history.rows import seen_in
from sync.history.sources import scopes_of
from sync.history.writing import write_notes, write_result, write_run

if TYPE_CHECKING:
    from sync.core.portfolio import Seen
    from sync.history.shelf import Shelf


class Store:
    """History, open. See the head of this module."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._base: int | None = None

    @classmethod
    def open(cls, url: str, folder: Path, *, fence: int | None = None) -> Self:
        """The history at `url`, or in the state folder when that is ""; made when there is none.

        `fence`: the token of the service's lease; once another has it, every write raises LeaseLost.
        """
        database = Database(url, folder)
        database.fence = fence
        return cls(database)

    @staticmethod
    def exists(url: str, folder: Path) -> bool:
        """Whether there is a history that `open` would find rather than make."""
        return exists(url, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database; a run that was begun and not recorded ends here, cleanly."""
        self._end()
        self._database.close()

    # before a run

    def latest_run(self) -> Run | None:
        """The newest run that did not fail, idle ones too."""
        with self._database.reading() as connection:
            return next(iter(reading.runs(connection, count=1, failed=False)), None)

    def run_by(self, day: date) -> Run | None:
        """The newest run of that day or before that did not fail."""
        with self._database.reading() as connection:
            return reading.run_by(connection, day)

    def load_sources(self, *, rows: bool = True) -> dict[str, SourceRecord]:
        """Every listed source by key, in name order; `rows=False` leaves all rows and problems out."""
        with self._database.reading() as connection:
            records = reading.load_sources(connection)
            return reading.with_rows(connection, records) if rows else records

    def glance(self) -> dict[str, Glance]:
        """What tells whether each listed source has moved, by key; all that an idle run needs of them."""
        with self._database.reading() as connection:
            return reading.glance(connection)

    def with_rows(
        self, records: Mapping[str, SourceRecord], shelf: Shelf | None = None
    ) -> dict[str, SourceRecord]:
        """The records of `load_sources(rows=False)` with their sheets, held states and problems."""
        with self._database.reading() as connection:
            return reading.with_rows(connection, records, shelf)

    def people(self) -> tuple[Person, ...]:
        """The last recorded people list."""
        with self._database.reading() as connection:
            return reading.people(connection)

    def known(self, scopes: Collection[Scope]) -> dict[Scope, tuple[Known, ...]]:
        """The rows that history knows in each (unit, cycle)."""
        with self._database.reading() as connection:
            return reading.known(connection, scopes)

    def seen(self, as_of: date, updates: Sequence[Update] = ()) -> dict[RowKey, Seen]:
        """Since when each key result has its value, and when it last changed, as a run of that date knows."""
        from sync.core.portfolio import Seen  # noqa: PLC0415  # it loads pandas, which status can do without

        with self._database.reading() as connection, no_collector():
            dates = reading.seen_dates(connection)
            before = scopes_of(connection, [update.record.key for update in updates])
            dates.update(seen_in(connection, updates, before, as_of))
            known = {
                (value, changed): Seen(value and min(value, as_of), changed and min(changed, as_of))
                for value, changed in set(dates.values())
            }
            return {key: known[pair] for key, pair in dates.items()}

    def notes(self) -> list[Note]:
        """Managers' notes."""
        with self._database.reading() as connection:
            return reading.notes(connection)

    # a run

    def alone(self) -> AbstractContextManager[None]:
        """A context for one run at a time, on whatever machine; UsageError while another has it."""
        return self._database.alone()

    def begin_run(self, started: datetime, as_of: date) -> None:
        """Marks that a run is under way, until it is recorded or the store is closed."""
        with self._database.reading() as connection:
            self._base = connection.scalar(select(func.max(tables.run.c.id))) or 0
        mark = self._database.mark
        mark.write_text(f"A run of okrsync for {as_of} began at {started.isoformat()}.\n", encoding="utf-8")
        mark.chmod(0o600)

    def commit_run(self, result: RunResult) -> int:
        """Everything of a run, in one transaction; returns its id."""
        with self._database.writing() as connection:
            newest = connection.scalar(select(func.max(tables.run.c.id))) or 0
            if self._base is not None and newest != self._base:
                raise HistoryUnusable(
                    "Another run of okrsync finished while this one was under way; this one wrote nothing."
                    " Run again."
                )
            with no_collector():
                run = write_result(connection, result)
        self._end()
        return run

    def record_run(self, run: Run) -> int:
        """Only that a run took place (idle or failed); returns its id."""
        with self._database.writing() as connection:
            id_ = write_run(connection, run)
        self._end()
        return id_

    def check_lease(self) -> None:
        """Raises LeaseLost when another service has taken over: nothing more is to be published."""
        self._database.check_lease()

    def published(self, run_id: int, master_digest: str) -> None:
        """Records that the run's master was written."""
        with self._database.writing() as connection:
            query = update(tables.run).where(tables.run.c.id == run_id)
            connection.execute(query.values(master_digest=master_digest))

    def record_notes(self, notes: Sequence[Note]) -> None:
        """Records what managers wrote, or with what a master was published."""
        with self._database.writing() as connection:
            write_notes(connection, notes)

    def touch(self, records: Sequence[SourceRecord]) -> None:
        """Records that sources are new files of the same content: what names the file, nothing else."""
        names = ("token", "content_hash", "own_token")
        rows = [
            {"old_key": one.key} | {f"new_{name}": getattr(one, name) for name in names} for one in records
        ]
        query = update(tables.source).where(tables.source.c.key == bindparam("old_key"))
        if rows:
            with self._database.writing() as connection:
                connection.execute(query.values({name: bindparam(f"new_{name}") for name in names}), rows)

    def record_feedback(self, key: str, digest: str, token: str, content_hash: str) -> None:
        """Records our own write into a workbook, so that it does not look like a change."""
        values = {
            "feedback_digest": digest,
            "token": token,
            "content_hash": content_hash,
            "own_token": token,
            "own_hash": content_hash,
        }
        with self._database.writing() as connection:
            connection.execute(update(tables.source).where(tables.source.c.key == key).values(values))

    def _end(self) -> None:
        if self._base is not None:
            self._database.mark.unlink(missing_ok=True)
            self._base = None

    # to show

    def runs(self, count: int = 20) -> list[Run]:
        """The newest runs of every kind, newest first."""
        with self._database.reading() as connection:
            return reading.runs(connection, count=count)

    def trend(
        self, units: Collection[str] | None = None, *, weeks: int = 13, until: date | None = None
    ) -> dict[str, tuple[RollUp, ...]]:
        """Each unit's roll-ups by week, oldest first, for the last weeks in which a run took place."""
        with self._database.reading() as connection:
            return trend(connection, units=units, weeks=weeks, until=until)

    def changes(self, since: date, count: int | None = None) -> list[Change]:
        """What changed in rows after that date, field by field; the first `count` changes."""
        with self._database.reading() as connection, no_collector():
            return telling.changes(connection, since, count)

    def owned_since(self) -> dict[RowKey, date]:
        """Since when each key result has the owner it has now, as far as history goes back."""
        with self._database.reading() as connection, no_collector():
            return telling.owned_since(connection)

    def findings(self) -> list[tuple[Problem, date]]:
        """The newest run's findings, each with the date it was first seen."""
        with self._database.reading() as connection:
            return open_findings(connection)

    def history_of(self, word: str) -> Past:
        """The past of the unit of that name, and of the rows with that id, identity or text."""
        with self._database.reading() as connection:
            return telling.history_of(connection, word)

    def status(self) -> Status:
        """How the service is: healthy, or since when not."""
        with self._database.reading() as connection:
            return telling.status(connection)

    def verify(self) -> None:
        """Looks at every page of the database. Raises HistoryUnusable where it is damaged."""
        self._database.verify()

    def rebuild(self, run_id: int) -> Rebuilt:
        """Everything a past run computed from. UsageError when there is no such run."""
        with self._database.reading() as connection:
            return telling.rebuild(connection, run_id)

    # ways out

    def accept(self, source: str, at: datetime) -> list[str]:
        """Allows what a held or stale source (its name or key) says, once; returns the keys.

        UsageError names the sources that wait when none of them is meant.
        """
        with self._database.writing() as connection:
            s, p = tables.source, tables.permission
            query = select(s).where(s.c.listed, s.c.state != "ok").order_by(s.c.id)
            waiting = connection.execute(query).all()
            meant = [row for row in waiting if source in {row.key, row.name}]
            if not meant:
                names = ", ".join(sorted(f'"{row.name}"' for row in waiting)) or "none"
                raise UsageError(f'No held or stale source is called "{source}". Waiting: {names}.')
            given = set(connection.scalars(select(p.c.source_id).where(p.c.used_run.is_(None))))
            ids = Ids(connection, p)
            for row in meant:
                if row.id not in given:
                    entry = {"id": ids.next(), "source_id": row.id, "given_at": at.isoformat()}
                    connection.execute(insert(p).values(entry))
        return [row.key for row in meant]

    def forget(self, person: str) -> Forgotten:
        """Pseudonymises a person (name or e-mail address) everywhere in history; the file keeps no trace."""
        from sync.history.forgetting import forget  # noqa: PLC0415  # needed once in a while, loads the rules

        with self._database.writing() as connection:
            forgotten = forget(connection, person)
        self._database.compact()
        self._database.shelf.unlink(missing_ok=True)
        return forgotten

    def prune(self, before: date) -> int:
        """Removes the runs dated before that day and what only they needed; returns how many."""
        from sync.history.forgetting import prune  # noqa: PLC0415  # as above

        with self._database.writing() as connection:
            removed = prune(connection, before)
        self._database.compact()
        self._database.shelf.unlink(missing_ok=True)
        return removed

    @cached_property
    def outbox(self) -> Outbox:
        """What was sent to whom."""
        return Outbox(self._database)

    @cached_property
    def comments(self) -> Outbox:
        """Which findings were commented on, in the same outbox; runs that comment are counted apart."""
        return Outbox(self._database, "comment", ".commented")

    @property
    def generation(self) -> str:
        """The name this history got when it was made; a restored backup keeps it, a new one differs."""
        with self._database.reading() as connection:
            query = select(tables.meta.c.value).where(tables.meta.c.name == "generation")
            return connection.scalar(query) or ""

"""The desk of the service: who works on this database, and which occurrences are due (TRUST 25, 26).

The lease has one holder at a time, who renews it with each heartbeat. Its token grows by one whenever it
changes hands, and every write of a holder is made under its token: one that was paused and wakes finds
another token there, and writes nothing (`Database.fence`). What the rows of slots mean: `sync.history.slots`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, func, select, tuple_, update

from sync.core.cadence import Due, Slot
from sync.history import slots
from sync.history import tables as t
from sync.history.batch import Ids
from sync.history.database import Database
from sync.history.slots import SlotRecord, as_text, as_time


class Lease(NamedTuple):
    """Which service works on the database: `holder` is "" when none does.

    `token` grows with each change of hands; `beat` is the last sign of life, `looked` when it last looked for
    what is due, `job` what it is at ("" for nothing) since `job_since`.
    """

    token: int
    holder: str
    since: datetime | None
    beat: datetime | None
    expires: datetime | None
    looked: datetime | None
    job: str
    job_since: datetime | None


class Desk:
    """The service's part of the database, open. Use `with`. Every write may raise LeaseLost."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, folder: Path) -> Self:
        """The desk in the history at `url`, or in the state folder when that is "" (see Store.open)."""
        return cls(Database(url, folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database."""
        self._database.close()

    # the lease

    @property
    def token(self) -> int | None:
        """The token of the lease that this desk holds, as far as it knows."""
        return self._database.fence

    def lease(self) -> Lease:
        """Who holds it, as the database has it."""
        with self._database.reading() as connection:
            return _lease(connection)

    def take(self, holder: str, now: datetime, seconds: int, *, stale: Lease | None = None) -> Lease:
        """The lease as it is after trying to take it: ours, when its token is now the desk's.

        It is taken when nobody holds it or its time is over by the clock, and when it is still the one
        that the caller has watched for long enough to know that its holder is silent (`stale`).
        """
        self._database.fence = None
        with self._database.writing() as connection:
            found = _lease(connection)
            silent = stale is not None and (stale.token, stale.beat) == (found.token, found.beat)
            if found.holder and not silent and found.expires and found.expires > now:
                return found
            same = (t.lease.c.token == found.token, t.lease.c.beat == as_text(found.beat))
            times = {"since": as_text(now), "beat": as_text(now), "expires": _end(now, seconds)}
            ours = {"token": found.token + 1, "holder": holder, "job": "", "job_since": ""} | times
            taken = connection.execute(update(t.lease).where(*same).values(ours)).rowcount
            if taken:
                slots.recover(connection)
            lease = _lease(connection)
        self._database.fence = lease.token if taken else None
        return lease

    def beat(self, now: datetime, seconds: int) -> None:
        """Renews the lease."""
        self._write(beat=as_text(now), expires=_end(now, seconds))

    def busy_with(self, job: str, now: datetime) -> None:
        """Says what is at work ("" when it has ended)."""
        self._write(job=job, job_since=as_text(now) if job else "")

    def release(self, now: datetime) -> None:
        """Gives the lease back, so that another need not wait until it is over."""
        self._write(holder="", beat=as_text(now), expires="", job="", job_since="")
        self._database.fence = None

    def lose(self) -> None:
        """Forgets the token of a lease that another has taken."""
        self._database.fence = None

    def _write(self, **values: str) -> None:
        with self._database.writing() as connection:
            connection.execute(update(t.lease).values(values))

    # slots

    def look(
        self, now: datetime, found: Sequence[tuple[Slot, Due]], busy: Collection[tuple[str, str]] = ()
    ) -> None:
        """Records what has become due since the last look, and what will not be run any more.

        `busy`: job and zone of what is at work; such a job's next occurrence is left out, and says so. With
        none, what is on record as at work is not: the claim was kept, and the word of it lost on its way.
        """
        known = {(slot.job, slot.zone): slot for slot, _ in found}
        with self._database.writing() as connection:
            if not busy:
                slots.recover(connection)
            ids = Ids(connection, t.slot)
            for slot, due in found:
                slots.note(connection, ids, slot, due, busy=(slot.job, slot.zone) in busy)
            slots.give_up(connection, now, known)
            connection.execute(update(t.lease).values(looked=as_text(now)))

    def waiting(self) -> list[SlotRecord]:
        """The occurrences that are due and wait to be run, the oldest first."""
        with self._database.reading() as connection:
            return slots.records(connection, t.slot.c.state == "waiting")

    def start(self, one: SlotRecord, now: datetime) -> None:
        """Claims a waiting occurrence: it is at work from now on."""
        with self._database.writing() as connection:
            claim = {"state": "running", "tries": one.tries + 1, "token": self.token or 0}
            slots.change(connection, one.id, started=as_text(now), said="", **claim)
            connection.execute(update(t.lease).values(job=one.job, job_since=as_text(now)))

    def finish(self, one: SlotRecord, now: datetime, state: str, code: int | None, said: str) -> None:
        """Records how it ended: "done", "failed" or "cut"; "waiting" when it never came to work."""
        values: dict[str, Any] = {"state": state, "code": code, "said": said}
        values |= {"tries": one.tries} if state == "waiting" else {"finished": as_text(now)}
        with self._database.writing() as connection:
            slots.change(connection, one.id, **values)
            connection.execute(update(t.lease).values(job="", job_since=""))

    def recent(self, since: datetime) -> list[SlotRecord]:
        """The occurrences that were due since then, the oldest first."""
        with self._database.reading() as connection:
            return slots.records(connection, t.slot.c.due >= as_text(since))

    def newest(self) -> list[SlotRecord]:
        """The last occurrence of each job and zone that was run to its end, well or not."""
        s = t.slot.c
        ended = s.state.in_(("done", "failed"))
        last = select(s.job, s.zone, func.max(s.due)).where(ended).group_by(s.job, s.zone)
        with self._database.reading() as connection:
            found = slots.records(connection, ended, tuple_(s.job, s.zone, s.due).in_(last))
        return list({(one.job, one.zone): one for one in found}.values())


def _end(now: datetime, seconds: int) -> str:
    return as_text(now + timedelta(seconds=seconds))


def _lease(connection: Connection) -> Lease:
    row: Mapping[Any, Any] = connection.execute(select(t.lease)).mappings().one()
    times = {name: as_time(row[name]) for name in ("since", "beat", "expires", "looked", "job_since")}
    return Lease(row["token"], row["holder"], job=row["job"], **times)

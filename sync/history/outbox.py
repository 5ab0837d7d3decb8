"""The outbox: each (person, kind, period) is claimed once, just before it goes; its result is recorded after.

States: "claimed" (on its way, or nobody knows what became of it: sent again by command only), "sent",
"refused" (the server will not have it), "deferred" (it certainly did not go, and may be tried again),
"left out" (a comment that is never made: its finding was there before; not listed).
The message itself is kept only as long as its result is unknown.

A database that was restored from a backup does not know what went since. So the sending runs are counted,
in the database and in a stamp beside it: one that is ahead tells of a restored database (TRUST 22, 23).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from sync.core.errors import UsageError
from sync.history import tables as t
from sync.history.batch import Ids
from sync.history.database import Database

CLAIMED, SENT, REFUSED, DEFERRED = "claimed", "sent", "refused", "deferred"
LEFT_OUT = "left out"
COMMENT = "comment"

Key = tuple[str, str, str]
"""(person, kind, period): the person is an address without regard to case."""

_HELD, _RELEASED = "mail_held", "mail_released"
_MAIL = "mail_runs"
_PERIODS = 10  # that tell how many messages of a kind are usual
_MANY = 5_000  # entries that are listed
_ON_ITS_WAY = timedelta(minutes=10)  # longer than a server is given; until then somebody may be sending it


class Claim(NamedTuple):
    """A message that is about to go. `data` is the mail as it is sent."""

    key: Key
    message_id: str
    subject: str
    at: datetime
    data: bytes


class Entry(NamedTuple):
    """One row of the outbox."""

    id: int
    person: str
    kind: str
    period: str
    state: str
    message_id: str
    subject: str
    claimed_at: str
    answer: str


_ENTRY = [t.outbox.c[name] for name in Entry._fields]


class Outbox:
    """The outbox of one database. Each `channel` counts its sending runs, and has a stamp, of its own."""

    def __init__(self, database: Database, channel: str = "mail", stamp: str = ".sent") -> None:
        self._database = database
        self._runs = f"{channel}_runs"
        self._stamp = database.mark.with_suffix(stamp)

    # ------------------------------------------------------------ one message

    def together(
        self,
        claims: Sequence[Claim],
        results: Sequence[tuple[int, str, str]],
        turned_away: Sequence[tuple[Claim, str, str]],
    ) -> list[int]:
        """`claim`, `finish` and `turn_away` in one transaction, for many messages at once."""
        with self._database.writing() as connection:
            ids = Ids(connection, t.outbox)
            _finish(connection, results)
            _turn_away(connection, ids, turned_away)
            return [_claim(connection, ids, claim) for claim in claims]

    def claim(self, claims: Sequence[Claim]) -> list[int]:
        """The id of each message that is now ours to send, 0 for one that somebody has sent or is sending."""
        return self.together(claims, (), ())

    def finish(self, results: Sequence[tuple[int, str, str]]) -> None:
        """Records (id, state, answer) of claimed messages; a sent one's text is no longer needed."""
        self.together((), results, ())

    def turn_away(self, turned_away: Sequence[tuple[Claim, str, str]]) -> None:
        """Records (message, state, answer) of messages that were never claimed: refused or deferred."""
        self.together((), (), turned_away)

    # ------------------------------------------------------------ to look

    def settled(self, kind: str, periods: Collection[str]) -> set[Key]:
        """The messages of a kind in these periods that are not to be sent (again)."""
        c = t.outbox.c
        query = select(c.person, c.kind, c.period).where(
            c.kind == kind, c.period.in_(list(periods)), c.state != DEFERRED
        )
        with self._database.reading() as connection:
            return {(row.person, row.kind, row.period) for row in connection.execute(query)}

    def entries(self, *states: str) -> list[Entry]:
        """The newest messages in these states (none given: in all), oldest first."""
        query = select(*_ENTRY).order_by(t.outbox.c.id.desc()).limit(_MANY)
        wanted = t.outbox.c.state.in_(states) if states else t.outbox.c.state != LEFT_OUT
        query = query.where(wanted)
        with self._database.reading() as connection:
            return [_entry(row) for row in reversed(connection.execute(query).all())]

    def usual(self, kind: str, but: Collection[str] = ()) -> float:
        """How many messages of a kind usually go in a period; 0 before the first."""
        c = t.outbox.c
        query = (
            select(func.count())
            .where(c.kind == kind, c.state == SENT, c.period.not_in(list(but)))
            .group_by(c.period)
            .order_by(c.period.desc())
            .limit(_PERIODS)
        )
        with self._database.reading() as connection:
            counts: list[int] = list(connection.scalars(query))
        return float(median(counts or [0]))

    def unknown(self, id_: int) -> tuple[Entry, bytes]:
        """A message whose result is unknown, and its mail; else UsageError."""
        with self._database.reading() as connection:
            row = connection.execute(select(*_ENTRY, t.outbox.c.data).where(t.outbox.c.id == id_)).first()
        if row is None:
            raise UsageError(f"The outbox has no message {id_}; `okrsync outbox list` shows them.")
        if row.state != CLAIMED:
            raise UsageError(f"Message {id_} is {row.state}; only one whose result is unknown is sent again.")
        if row.data is None:
            raise UsageError(f"The text of message {id_} is gone, because somebody in it was forgotten.")
        return _entry(row), zlib.decompress(row.data)

    def reclaim(self, entry: Entry, at: datetime) -> None:
        """Makes an unknown message ours to send again; UsageError while somebody may be sending it."""
        if not entry.answer and at - datetime.fromisoformat(entry.claimed_at) < _ON_ITS_WAY:
            raise UsageError(
                f"Message {entry.id} may still be on its way: it was taken up at {entry.claimed_at}. "
                f"Try again {_ON_ITS_WAY.seconds // 60} minutes after that."
            )
        c = t.outbox.c
        as_seen = [c.id == entry.id, c.state == CLAIMED]
        as_seen += [c.claimed_at == entry.claimed_at, c.answer == entry.answer]
        again = {"claimed_at": at.isoformat(timespec="seconds"), "answer": ""}
        with self._database.writing() as connection:
            if not connection.execute(update(t.outbox).where(*as_seen).values(again)).rowcount:
                raise UsageError(f"Somebody else has just begun to send message {entry.id} again.")

    # ------------------------------------------------------------ sending runs

    def suspicion(self) -> str:
        """Why nothing should go before somebody has looked, "" when there is no reason."""
        with self._database.reading() as connection:
            runs, generation = int(_meta(connection, self._runs) or 0), _meta(connection, "generation")
        stamp = self._read_stamp()
        if not runs and stamp is None:
            return "nothing was ever sent from this history"
        if stamp is None:
            return f"its stamp {self._stamp.name} is missing, so nobody knows what was sent since"
        if stamp[0] != generation:
            return f"the stamp {self._stamp.name} beside it belongs to another history"
        if stamp[1] > runs:
            return "it was restored from a backup, and messages were sent since that was made"
        return ""

    def begin(self) -> None:
        """Counts a sending run and stamps it; one of mails uses up a release. `step` closes it."""
        if self._runs == _MAIL:
            with self._database.writing() as connection:
                _set_meta(connection, _RELEASED, "")
                _set_meta(connection, _HELD, "")
        self.step()

    def step(self) -> None:
        """Counts once more: a backup made while messages went is behind the stamp."""
        with self._database.writing() as connection:
            ahead = self._read_stamp()
            generation = _meta(connection, "generation")
            before = max(int(_meta(connection, self._runs) or 0), ahead[1] if ahead else 0)
            _set_meta(connection, self._runs, str(before + 1))
        self._write_stamp(f"{generation} {before + 1}\n")

    def interrupt(self) -> None:
        """Forgets that anything was ever sent through this channel, so that it begins anew."""
        with self._database.reading() as connection:
            if not _meta(connection, self._runs):
                return
        with self._database.writing() as connection:
            _set_meta(connection, self._runs, "")

    def _read_stamp(self) -> tuple[str, int] | None:
        try:
            generation, _, count = self._stamp.read_text(encoding="ascii").strip().partition(" ")
        except FileNotFoundError:
            return None
        return generation, int(count) if count.isdecimal() else 0

    def _write_stamp(self, text: str) -> None:
        new = self._stamp.with_suffix(f"{self._stamp.suffix}-new")
        with new.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(0o600)
        new.replace(self._stamp)
        _sync_folder(self._stamp.parent)

    def hold(self, sentence: str) -> None:
        """Remembers that messages wait, for `okrsync status`."""
        with self._database.writing() as connection:
            _set_meta(connection, _HELD, sentence)

    @property
    def held(self) -> str:
        """Why messages wait, "" when none do."""
        with self._database.reading() as connection:
            return _meta(connection, _HELD)

    def release(self, at: datetime) -> None:
        """Lets the next sending run go, whatever it is held for."""
        with self._database.writing() as connection:
            _set_meta(connection, _RELEASED, at.isoformat(timespec="seconds"))

    @property
    def released(self) -> bool:
        """Whether somebody let the next sending run go."""
        with self._database.reading() as connection:
            return bool(_meta(connection, _RELEASED))

    # ------------------------------------------------------------ days of reminders

    def days(self, job: str) -> list[str]:
        """The newest days on which a job sent what was due, in ISO form."""
        with self._database.reading() as connection:
            return _meta(connection, f"mail_days_{job}").split()

    def add_day(self, job: str, day: str) -> None:
        """Records that a job has sent what was due on that day."""
        with self._database.writing() as connection:
            name = f"mail_days_{job}"
            days = sorted({*_meta(connection, name).split(), day})[-60:]
            _set_meta(connection, name, " ".join(days))


def _claim(connection: Connection, ids: Ids, claim: Claim) -> int:
    """The id under which it is ours. Writers queue, on a server too, so nobody claims it at this moment."""
    c = t.outbox.c
    found = connection.execute(select(c.id, c.state).where(*_is(claim.key))).first()
    row: dict[str, Any] = {
        "state": CLAIMED,
        "message_id": claim.message_id,
        "subject": claim.subject,
        "claimed_at": claim.at.isoformat(timespec="seconds"),
        "answer": "",
        "data": zlib.compress(claim.data),
    }
    if found is not None:
        mine = update(t.outbox).where(c.id == found.id, c.state == DEFERRED).values(row)
        return int(found.id) if connection.execute(mine).rowcount else 0
    row |= dict(zip(("person", "kind", "period"), claim.key, strict=True))
    row["id"] = ids.next()
    connection.execute(insert(t.outbox).values(row))
    return ids.last


def _finish(connection: Connection, results: Sequence[tuple[int, str, str]]) -> None:
    for id_, state, answer in results:
        values = {"state": state, "answer": answer} | ({} if state == CLAIMED else {"data": None})
        connection.execute(update(t.outbox).where(t.outbox.c.id == id_).values(values))


def _turn_away(connection: Connection, ids: Ids, turned_away: Sequence[tuple[Claim, str, str]]) -> None:
    for claim, state, answer in turned_away:
        id_ = _claim(connection, ids, claim)
        if id_:
            _finish(connection, [(id_, state, answer)])


def _is(key: Key) -> list[ColumnElement[bool]]:
    person, kind, period = key
    return [t.outbox.c.person == person, t.outbox.c.kind == kind, t.outbox.c.period == period]


def _entry(row: Any) -> Entry:  # noqa: ANN401  # a row of either query
    return Entry(*(getattr(row, name) for name in Entry._fields))


def _meta(connection: Connection, name: str) -> str:
    return connection.scalar(select(t.meta.c.value).where(t.meta.c.name == name)) or ""


def _set_meta(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(t.meta).where(t.meta.c.name == name))
    if value:
        connection.execute(insert(t.meta).values(name=name, value=value))


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

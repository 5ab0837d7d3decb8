"""The rows of slots: each is one occurrence, unique by job, local time and zone, so that none runs twice.

waiting → running → done | failed
running → cut → waiting    its process was stopped or killed: made up once, then failed
waiting → missed           nobody ran it in time; `covers` says for how many it stands
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, insert, select, update

from sync.core.cadence import Due, Occurrence, Slot
from sync.history import tables as t
from sync.history.batch import Ids

LATE = "its time passed while no service was running"
AT_WORK = "the run before it was still at work"
MADE_UP = "a later one was run in its place"
WAITED = "other jobs were at work until it was too late"
UNKNOWN = "the job is no longer scheduled"
CUT = "its process was stopped or killed"

_MOST_TRIES = 2


class SlotRecord(NamedTuple):
    """An occurrence of a job, as it is on record.

    `local` is the time on the wall in `zone`, `due` the moment. `covers`: for how many missed ones it stands.
    `code` is the exit code of its run, `said` what it said, or why it was missed.
    """

    id: int
    job: str
    local: datetime
    zone: str
    due: datetime
    state: str
    covers: int
    tries: int
    started: datetime | None
    finished: datetime | None
    code: int | None
    said: str


def note(connection: Connection, ids: Ids, slot: Slot, due: Due, *, busy: bool) -> None:
    """Records what has become due of a slot. `busy`: its job is at work, so the new one is left out."""
    if due.run and busy:
        _miss(connection, ids, slot, (*due.missed, due.run), AT_WORK)
        return
    _miss(connection, ids, slot, due.missed, LATE)
    if due.run:
        _await(connection, ids, slot, due.run)


def recover(connection: Connection) -> None:
    """What a former holder left at work was cut short: made up once, within its grace."""
    s = t.slot.c
    left = s.state.in_(("running", "cut"))
    twice = {"state": "failed", "said": f"twice {CUT}"}
    connection.execute(update(t.slot).where(left, s.tries >= _MOST_TRIES).values(twice))
    connection.execute(update(t.slot).where(left).values(state="waiting", said=CUT))


def give_up(connection: Connection, now: datetime, slots: Mapping[tuple[str, str], Slot]) -> None:
    """What waits for longer than its grace, or belongs to no job any more, is missed."""
    for one in records(connection, t.slot.c.state == "waiting"):
        slot = slots.get((one.job, one.zone))
        if slot is None or now - one.due > slot.grace:
            said = UNKNOWN if slot is None else one.said or WAITED
            change(connection, one.id, state="missed", said=said)


def _miss(
    connection: Connection, ids: Ids, slot: Slot, occurrences: Sequence[Occurrence], cause: str
) -> None:
    """One row for all of them, named after the newest, unless that one has a row already."""
    if occurrences and _known(connection, slot, occurrences[-1]) is None:
        first = f" (the first: {wall(occurrences[0])})" if len(occurrences) > 1 else ""
        values = {"state": "missed", "covers": len(occurrences), "said": cause + first}
        _insert(connection, ids, slot, occurrences[-1], values)


def _await(connection: Connection, ids: Ids, slot: Slot, occurrence: Occurrence) -> None:
    """A row that waits, in the place of older ones of its job. One that was ever claimed stays as it is."""
    known = _known(connection, slot, occurrence)
    if known is not None and known.state != "missed":
        return
    s = t.slot.c
    older = (s.job == slot.job, s.zone == slot.zone, s.state == "waiting")
    connection.execute(update(t.slot).where(*older).values(state="missed", said=MADE_UP))
    values = {"state": "waiting", "covers": 1, "said": ""}
    if known is None:
        _insert(connection, ids, slot, occurrence, values)
    else:  # missed when the clock was wrong; now its time has really come
        change(connection, known.id, **values)


def _known(connection: Connection, slot: Slot, occurrence: Occurrence) -> SlotRecord | None:
    s = t.slot.c
    place = (s.job == slot.job, s.local == wall(occurrence), s.zone == slot.zone)
    return next(iter(records(connection, *place)), None)


def _insert(
    connection: Connection, ids: Ids, slot: Slot, occurrence: Occurrence, values: Mapping[str, Any]
) -> None:
    place = {"job": slot.job, "local": wall(occurrence), "zone": slot.zone, "due": as_text(occurrence.moment)}
    blank = {"tries": 0, "token": 0, "started": "", "finished": "", "code": None}
    connection.execute(insert(t.slot).values({"id": ids.next()} | place | blank | dict(values)))


def change(connection: Connection, id_: int, **values: Any) -> None:  # noqa: ANN401  # of any column
    """Changes one row."""
    connection.execute(update(t.slot).where(t.slot.c.id == id_).values(values))


def records(connection: Connection, *where: ColumnElement[bool]) -> list[SlotRecord]:
    """The occurrences of which that holds, in the order in which they are due."""
    query = select(t.slot).where(*where).order_by(t.slot.c.due, t.slot.c.id)
    return [_record(row) for row in connection.execute(query).mappings()]


def _record(row: Mapping[Any, Any]) -> SlotRecord:
    return SlotRecord(
        **{name: row[name] for name in ("id", "job", "zone", "state", "covers", "tries", "code", "said")},
        local=datetime.fromisoformat(row["local"]),
        due=datetime.fromisoformat(row["due"]),
        started=as_time(row["started"]),
        finished=as_time(row["finished"]),
    )


def wall(occurrence: Occurrence) -> str:
    """The local time of an occurrence, as its row names it."""
    return occurrence.local.isoformat(timespec="minutes")


def as_text(moment: datetime | None) -> str:
    """The moment in UTC, so that texts sort as moments do; "" for none."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else ""


def as_time(text: str) -> datetime | None:
    """The moment of such a text."""
    return datetime.fromisoformat(text) if text else None

"""What history takes and gives, as values. Missing numbers are None; NaN and infinity become None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sync.core.model import Gone, Person, TeamSheet
from sync.core.problems import Problem
from sync.core.standing import NOT_HELD, HeldState, Rename
from sync.history.payload import Made

Scope = tuple[str, str]
"""(unit, cycle)."""

RowKey = tuple[str, str, str]
"""(unit, cycle, identity): names one key result in the whole organisation."""

SeenDates = tuple[date | None, date | None]
"""(value seen, changed on) of a key result."""


UNWRITTEN = "-"
"""What the `feedback_digest` of a source begins with that was not written into, and would not be again."""


class SourceRecord(NamedTuple):
    """What history keeps of one workbook, besides its rows' past.

    `token` and `content_hash` belong to the last successful reading, whether it was used or held;
    `digest` to `sheet`, the last good rows, which carry the rows in `sheet.gone` too. `state` is "ok",
    "held" or "stale", `since` and `cause` say since when and why it is not "ok" (blank when it is);
    `read_at` is the date of the last run that saw `sheet` as the current content ("the rows of …").
    `problems` were found by reading, parsing and identity in the last reading. `waiting`: held, or with
    rows in `gone`, so that a new date changes something (`guards.look_again`). `allowed`: `accept` was
    given and not used yet. `feedback_digest`, `own_token` and `own_hash` describe our last write into it.
    """

    key: str
    name: str = ""
    url: str = ""
    token: str = ""
    content_hash: str = ""
    digest: str = ""
    unit: str = ""
    cycle: str = ""
    sheet: TeamSheet | None = None
    held: HeldState = NOT_HELD
    state: str = "ok"
    since: date | None = None
    cause: str = ""
    read_at: date | None = None
    problems: tuple[Problem, ...] = ()
    waiting: bool = False
    allowed: bool = False
    feedback_digest: str = ""
    own_token: str = ""
    own_hash: str = ""


class Glance(NamedTuple):
    """What tells at a glance whether a source has moved: parts of its record.

    `state` is "unreadable" for a stale one that never could be read; `written`: our findings stand in it.
    """

    token: str
    state: str
    written: bool
    cause: str
    allowed: bool


class Update(NamedTuple):
    """A source whose record changed in this run. `record` is the whole next one (digest is computed).

    `accepted`: `record.sheet` is a new reading that the guards accepted, so its rows are compared with
    what is recorded; then `renames` (of identity.resolve) and `dropped` (of the verdict) are applied too.
    A source that is held, stale or only has a new token has `accepted` False: it touches no row history.
    `judged`: the guards judged a reading in this run, which uses up a permission given by `accept`.
    `made`: the reading with its document (`payload.made`), if there is one already.
    """

    record: SourceRecord
    accepted: bool = False
    judged: bool = False
    renames: tuple[Rename, ...] = ()
    dropped: tuple[Gone, ...] = ()
    made: Made | None = None


class Run(NamedTuple):
    """One run. `id` is given by the store. `settings` is JSON text without secrets; `inputs` any text that
    names what else went in (the people list's token), for the caller to compare. `state` is "ok",
    "findings" (errors found), "partial" (some sources unreadable or held) or "failed"; the first two are
    healthy. `idle`: nothing had changed. `cause`: why it failed. `master_digest`: what was published, ""
    until `Store.published`.
    """

    started: datetime
    as_of: date
    seconds: float = 0.0
    state: str = "ok"
    idle: bool = False
    cause: str = ""
    code_version: str = ""
    settings: str = "{}"
    inputs: str = ""
    counts: Mapping[str, int] = {}
    master_digest: str = ""
    id: int = 0


class Figure(NamedTuple):
    """The computed figures of one row; `table` is "key_results" or "objectives".

    `value` is a key result's score or an objective's, `other` a key result's raw progress or an
    objective's as-if-zero score.
    """

    table: str
    unit: str
    cycle: str
    identity: str
    value: float | None
    other: float | None


class RollUp(NamedTuple):
    """The roll-up figures of one unit on one date; the store fills `as_of` and `week` (as in "2026-W41")."""

    unit: str
    cycle: str
    own_score: float | None = None
    own_as_if_zero: float | None = None
    roll_up: float | None = None
    roll_up_as_if_zero: float | None = None
    expected: float | None = None
    confidence: float | None = None
    coverage: float | None = None
    alignment: float | None = None
    check_in_rate: float | None = None
    scored_krs: int = 0
    scorable_krs: int = 0
    status: str = ""
    grade: str = ""
    as_of: date | None = None
    week: str = ""


class Note(NamedTuple):
    """A manager's text in the master, by sheet, row key and column header; "" deletes it."""

    sheet: str
    row_key: str
    column: str
    text: str


class Change(NamedTuple):
    """One field of a row that changed: `old` and `new` are texts as people typed them ("" = blank).

    `table` is "objectives" or "key_results"; `field` a model field name, "new" (first sight) or
    "dropped" (its row was removed).
    """

    as_of: date
    table: str
    unit: str
    cycle: str
    identity: str
    id: str
    text: str
    field: str
    old: str
    new: str


class Point(NamedTuple):
    """What a row said from one run on, or (`texts` empty) what was computed for it from one run on.

    `value` is a key result's Current as a number; `score` and `other` are as in `Figure`.
    """

    as_of: date
    run: int
    table: str
    unit: str
    cycle: str
    identity: str
    texts: Mapping[str, str] = {}
    value: float | None = None
    score: float | None = None
    other: float | None = None
    checked_in: bool = False


class Past(NamedTuple):
    """What `history_of` finds: weekly roll-ups of a unit, and points of rows, oldest first."""

    roll_ups: tuple[RollUp, ...]
    points: tuple[Point, ...]


class Status(NamedTuple):
    """How the service is, from the database alone. `since`: when it stopped being healthy, else None.

    `unpublished`: the newest run's master was not written yet. `permitted` are the keys of sources with a
    permission that waits to be used.
    """

    healthy: bool
    since: datetime | None
    last: Run | None
    last_healthy: Run | None
    unpublished: bool
    sources: int
    held: tuple[SourceRecord, ...]
    stale: tuple[SourceRecord, ...]
    permitted: tuple[str, ...]


class Forgotten(NamedTuple):
    """What `forget` did: the pseudonym, rows changed by table, names of sources that named the person.

    Those sheets still do: their next reading brings the name back unless somebody removes it there.
    """

    pseudonym: str
    rows: Mapping[str, int]
    sources: tuple[str, ...]


class Rebuilt(NamedTuple):
    """Everything a past run computed from. `seen` is keyed as for `portfolio.gather`."""

    run: Run
    sources: tuple[SourceRecord, ...]
    people: tuple[Person, ...]
    seen: Mapping[RowKey, tuple[date | None, date | None]]


def scope_of(record: SourceRecord | None, sheet: TeamSheet) -> Scope:
    """The (unit, cycle) under which history knows the sheet's rows: the old name of a renamed unit."""
    if record is not None and record.unit and record.cycle == sheet.team.cycle:
        return record.unit, record.cycle
    return sheet.team.unit, sheet.team.cycle


@dataclass(frozen=True)
class RunResult:
    """All that one run adds to history, committed in one transaction.

    `figures` of every row in the portfolio, `roll_ups` of every unit, `problems` of the whole run (None of
    them may be left out because it is old: what is missing counts as mended). `people` is None when
    the people list is as before. `moved` maps an old source key to its new one; `retired` sources
    are no longer listed (their history stays).
    """

    run: Run
    updates: Sequence[Update] = ()
    figures: Sequence[Figure] = ()
    roll_ups: Sequence[RollUp] = ()
    problems: Sequence[Problem] = ()
    notes: Sequence[Note] = ()
    people: Sequence[Person] | None = None
    moved: Mapping[str, str] = field(default_factory=dict)
    retired: Sequence[str] = ()

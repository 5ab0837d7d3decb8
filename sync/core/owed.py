"""Who owes a check-in, since when, and who is told of it on a day (OKR.md §7). Pure.

Choices made here, where the specification leaves one:
- A check-in is missed when its due day is over where the owner works (as B401 counts). Day 0 is the first
  working day after it: due on Friday, told on Monday (0), Tuesday (1), the champion on Thursday (3).
- The days are the working days of the first owner who is known; of the unit when nobody is.
- Somebody new (a person who starts, an owner who takes over, a row that was not there before) owes what is
  due two working days later or after that, and nothing from before.
- A message goes on the recipient's own working days. A step that falls on another day, or on one on which
  no reminders were sent, is taken on the next. Once something is new to say, all that is owed is listed.
- Champion and manager are those of the Team tab, or of the unit above when it names none. An owner who is
  the manager is the manager's manager's business, as the people list says. Who owns a row does not hear of
  it a second time in another role.
- A key result that is past due owes no check-in. Its owner's reminders list it, too, as long as they go.
- One reminder a person and day, whatever the roles. Digest, findings and news are other messages: somebody
  who leads, champions and owns may get one of each on a Monday.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from sync.core.arrays import Bools, day_number, days, flags, keys, texts
from sync.core.assess import Assessment
from sync.core.cadence import WEEK
from sync.core.model import Measure, Person, Status
from sync.core.people import Place, Places, Reach
from sync.core.policy import Checks, Ladder, Role
from sync.core.ties import RowKey, Ties
from sync.core.working_days import between, is_working, last_before

_EPOCH = date(1970, 1, 1)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The day that it is in a time zone, the holidays of each country, and when reminders went in each zone.

    Without any such day they are taken to have gone on every one.
    """

    day_in: Callable[[str], date]
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)
    sent_on: Mapping[str, Collection[date]] = field(default_factory=dict)

    def of(self, place: Place) -> tuple[date, frozenset[date]]:
        """(today, holidays) at a place."""
        return self.day_in(place.zone), self.holidays.get(place.country, frozenset())

    def told_until(self, on: date, zone: str, holidays: Collection[date]) -> date:
        """The newest working day before that one on which somebody there could be told."""
        went = [day for day in self.sent_on.get(zone, ()) if day < on and is_working(day, holidays)]
        return max(went, default=last_before(on, holidays))


class Owed(NamedTuple):
    """A key result (row `key`) whose check-in is missing. `days`: its working days since `due`, from 0.

    `due` is the first due day that was missed, `told` the people of each role, nobody twice.
    `unknown`: owners whom the people list does not know (or knows twice).
    """

    key: int
    due: date
    days: int
    told: Mapping[Role, tuple[Person, ...]]
    unknown: bool
    holidays: frozenset[date]


class Line(NamedTuple):
    """One thing to say to somebody, and why to them."""

    owed: Owed
    role: Role


class Reminder(NamedTuple):
    """What one person is told on one day (theirs): what they owe first, then by role; longest owed first.

    `past`: rows of theirs that are past due and not done.
    """

    person: Person
    on: date
    lines: tuple[Line, ...]
    past: tuple[int, ...] = ()


class Reminders(NamedTuple):
    """All messages of a moment, everything owed, and sentences about whom nothing can be sent to."""

    messages: tuple[Reminder, ...]
    owed: tuple[Owed, ...]
    unreached: tuple[str, ...]


def remind(
    assessment: Assessment,
    checks: Checks,
    *,
    calendar: Calendar,
    places: Places,
    reach: Reach,
    ladder: Ladder,
    since: Mapping[RowKey, date] | None = None,
    whatever_day: bool = False,
) -> Reminders:
    """Who is told what now. `since`: when each row got its owner, as far as history knows.

    `whatever_day` lists everything owed to everybody concerned, on any day and whoever was told before.
    """
    found = tuple(owing(assessment, checks, calendar=calendar, places=places, ladder=ladder, since=since))
    lines: dict[Person, list[Line]] = defaultdict(list)
    for owed in found:
        for role, people in owed.told.items():
            if role is Role.OWNER or whatever_day or owed.days >= ladder.steps(role)[0]:
                for person in people:
                    lines[person].append(Line(owed, role))
    past = _past_due(assessment)
    messages, unreached = [], []
    for person, mine in sorted(lines.items(), key=lambda pair: (pair[0].email, pair[0].name)):
        place = places.of(person)
        on, holidays = calendar.of(place)
        earlier = calendar.told_until(on, place.zone, holidays)
        fresh = is_working(on, holidays) and any(_is_news(line, ladder, on, earlier) for line in mine)
        if not (fresh or whatever_day):
            continue
        if reason := reach.why_not(person):
            unreached.append(f"{person.name or person.email} {reason}, so no reminder goes there.")
            continue
        ordered = sorted(mine, key=lambda line: (tuple(Role).index(line.role), line.owed.due, line.owed.key))
        messages.append(Reminder(person, on, tuple(ordered), tuple(past[person])))
    return Reminders(tuple(messages), found, tuple(unreached))


def _is_news(line: Line, ladder: Ladder, on: date, earlier: date) -> bool:
    """Whether a step of the ladder was reached after the earlier day and by today."""
    owed = line.owed
    before = between(owed.due, earlier, owed.holidays) if owed.due < earlier else -1
    now = between(owed.due, on, owed.holidays) if owed.due < on else -1
    return any(before < step <= now for step in ladder.steps(line.role))


def owing(
    assessment: Assessment,
    checks: Checks,
    *,
    calendar: Calendar,
    places: Places,
    ladder: Ladder,
    since: Mapping[RowKey, date] | None = None,
) -> Iterator[Owed]:
    """Every key result whose check-in is missing now, in the order of the portfolio."""
    p = assessment.portfolio
    who = Ties(p)
    window = min(max(checks.check_in_window_days, 0), WEEK - 1)
    rows = _may_owe(assessment)
    columns = zip(
        rows.nonzero()[0].tolist(),
        days(p.key_results, "starts")[rows].tolist(),
        days(p.key_results, "due")[rows].tolist(),
        days(assessment.scores.key_results, "checked_on")[rows].tolist(),
        strict=True,
    )
    for key, starts, last, checked in columns:
        owners = who.owners(key)
        unit = who.unit(key)
        today, holidays = calendar.of(places.of(owners[0]) if owners else places.of_unit(unit))
        if last < day_number(today):
            continue
        known = ((since or {}).get(who.row_key(key)), owners[0].starts if owners else None)
        taken = max((day for day in known if day), default=None)
        due = _due_after(max(starts, checked + window), checks.check_in_due_weekday)
        while due < today and taken and between(taken, due + _DAY, holidays) < ladder.grace_days:
            due += WEEK * _DAY
        if due < today:
            told = who.told(key, owners)
            yield Owed(key, due, between(due, today, holidays), told, who.any_unknown(key), holidays)


def _due_after(day: int, weekday: int) -> date:
    """The first due day after that day number; one that is unknown is older than any cycle."""
    after = _EPOCH + timedelta(days=max(day, 0))
    return after + timedelta(days=(weekday - after.weekday() - 1) % WEEK + 1)


def _may_owe(assessment: Assessment) -> Bools:
    """The key results that B401 and B402 look at, before any due day is compared."""
    p = assessment.portfolio
    frame, status = p.key_results, texts(assessment.scores.key_results, "status")
    state = texts(p.sources, "state")
    current = ((state == "ok") | (state == "unchanged"))[keys(frame, "source_key")]
    watched = (texts(frame, "measure") == Measure.KPI) | (texts(frame, "measure") == Measure.CONTRIBUTORS)
    over = (status == Status.DONE) | (status == Status.MISSED) | (texts(frame, "status_typed") == Status.DONE)
    found: Bools = flags(frame, "active") & ~flags(frame, "gone") & current & ~watched & ~over
    return found


def _past_due(assessment: Assessment) -> dict[Person, list[int]]:
    """What is past due and not done, as B403 sees it, by its owners."""
    frame, scores = assessment.portfolio.key_results, assessment.scores.key_results
    missed = (texts(scores, "status") == Status.MISSED) & (texts(scores, "grade") != "green")
    open_ = flags(frame, "active") & ~flags(frame, "gone") & (texts(frame, "status_typed") != Status.DONE)
    ties, found = Ties(assessment.portfolio), defaultdict[Person, list[int]](list)
    for key in (missed & open_).nonzero()[0].tolist():
        for person in ties.owners(key):
            found[person].append(key)
    return found

"""The weekly rhythm, and when jobs are due: periods, and slots in their zones.

Decisions. A slot is a job, the local times at which it is due, and a zone; an occurrence is one such local
time, and its name in the database (TRUST 25). In the gap of a clock change it is due once, right after the
gap; of the two of a fold the first counts. Of several occurrences that were not looked at in time the newest
is caught up, if it is within its grace, and the others are missed. `every …` is counted in UTC, whose clocks
never change, so that no hour is left out or doubled; all other times are in the zone of the slot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sync.core.policy import Checks

WEEK = 7
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SETS = {"daily": range(7), "weekdays": range(5)}
_EVERY = re.compile(r"every(?: (\d{1,4}))? (hour|minute)s?")
_AT = re.compile(r"([a-z, ]+) ([01]?\d|2[0-3]):([0-5]\d)")
_LOOKS_BACK = timedelta(days=366)  # a clock that was wrong by decades is no reason to count its hours


# ---------------------------------------------------------------- check-ins


class Period(NamedTuple):
    """A weekly check-in period: check-ins from `opens` on count for the one that is due on `due`."""

    opens: date
    due: date


def period(as_of: date, checks: Checks) -> Period:
    """The check-in period that counts on a day: the newest one that has opened.

    Between a due day and the opening of the next period (a Saturday, with the defaults) that is the
    period that has just been due, so a late check-in still counts for it. A window of a week or more
    is read as one that opens on the day after the last due day.
    """
    window = min(max(checks.check_in_window_days, 0), WEEK - 1)
    to_next = (checks.check_in_due_weekday - as_of.weekday()) % WEEK
    days = to_next if to_next <= window else to_next - WEEK
    due = as_of + timedelta(days=days)
    return Period(due - timedelta(days=window), due)


# ---------------------------------------------------------------- rules


class Rule(NamedTuple):
    """When a job is due: at these local times on these days of the week (0 is Monday); without days never."""

    days: tuple[int, ...] = ()
    times: tuple[time, ...] = ()
    in_utc: bool = False


def rule(text: str) -> Rule:
    """The rule in words such as "every 2 hours", "daily 02:00", "Monday, Thursday 08:00" or "never".

    ValueError, whose text completes a sentence about the setting, when it is none.
    """
    words = " ".join(text.lower().split())
    if words == "never":
        return Rule()
    if every := _EVERY.fullmatch(words):
        return _every(int(every[1] or 1) * (60 if every[2] == "hour" else 1))
    if at := _AT.fullmatch(words):
        return Rule(_days(at[1]), (time(int(at[2]), int(at[3])),))
    raise ValueError(
        'give a time such as "every hour", "every 15 minutes", "daily 02:00", "weekdays 09:00" or'
        ' "Monday 06:00", or "never".'
    )


def _every(minutes: int) -> Rule:
    if not minutes or 1440 % minutes:
        raise ValueError("give minutes or hours that divide a day evenly, for example 15 minutes or 2 hours.")
    times = (time(at // 60, at % 60) for at in range(0, 1440, minutes))
    return Rule(tuple(range(7)), tuple(times), in_utc=True)


def _days(words: str) -> tuple[int, ...]:
    if words in _SETS:
        return tuple(_SETS[words])
    names = [name.strip() for name in words.split(",")]
    unknown = [name for name in names if name not in _DAYS]
    if unknown:
        raise ValueError(f'"{unknown[0]}" is no day: give days such as Monday, or daily, or weekdays.')
    return tuple(sorted({_DAYS.index(name) for name in names}))


# ---------------------------------------------------------------- slots


class Slot(NamedTuple):
    """A job with the times at which it is due in a zone, and how late it may still be caught up."""

    job: str
    rule: Rule
    zone: str
    grace: timedelta

    @classmethod
    def of(cls, job: str, times: Rule, zone: str, grace: timedelta) -> Slot:
        """The slot of a job; what comes every so many minutes is counted in UTC."""
        return cls(job, times, "UTC" if times.in_utc else zone, grace)


class Occurrence(NamedTuple):
    """One time at which a slot is due: what the clock on the wall says, and the moment it means."""

    local: datetime
    moment: datetime


class Due(NamedTuple):
    """What is due of a slot: the occurrence to run now, if any, and those that nobody will run any more."""

    run: Occurrence | None
    missed: tuple[Occurrence, ...]


def due(slot: Slot, since: datetime | None, now: datetime) -> Due:
    """What became due after the last look and up to now.

    Without a last look the newest occurrence within its grace is due, and none is missed.
    """
    found = tuple(_between(slot, now - slot.grace if since is None else since, now))
    if not found:
        return Due(None, ())
    if now - found[-1].moment > slot.grace:
        return Due(None, found)
    return Due(found[-1], () if since is None else found[:-1])


def upcoming(slot: Slot, now: datetime) -> Occurrence | None:
    """The next occurrence after now; None when there is none in the weeks to come."""
    return next(_between(slot, now, now + timedelta(days=2 * WEEK)), None)


def moment_of(local: datetime, zone: str) -> datetime:
    """The moment at which a clock in that zone shows this time, in UTC.

    The first of two in a fold; the end of the gap for a time that is left out.
    """
    place = _zone(zone)
    first, second = (local.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    return _end_of_gap(second, first, place) if second < first else first


def _between(slot: Slot, since: datetime, now: datetime) -> Iterator[Occurrence]:
    """The occurrences whose moments lie after `since` and not after `now`, in order."""
    since = max(since, now - _LOOKS_BACK)
    place = _zone(slot.zone)
    day, last = since.astimezone(place).date(), now.astimezone(place).date()
    day -= timedelta(days=2)  # what fell into a gap, be it of a whole day, is due on the day after it
    while day <= last:
        if day.weekday() in slot.rule.days:
            for at in slot.rule.times:
                local = datetime.combine(day, at)
                moment = moment_of(local, slot.zone)
                if since < moment <= now:
                    yield Occurrence(local, moment)
        day += timedelta(days=1)


def _end_of_gap(before: datetime, after: datetime, place: ZoneInfo) -> datetime:
    """The first second after a clock change that lies between these two moments."""
    low, high = before, after
    offset = high.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(place).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)

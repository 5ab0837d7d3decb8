"""Working days: Monday to Friday, except the public holidays that are handed in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sync.core.cadence import WEEK

_SATURDAY = 5
_DAY = timedelta(days=1)


def is_working(day: date, holidays: Collection[date]) -> bool:
    """Whether people work on that day."""
    return day.weekday() < _SATURDAY and day not in holidays


def between(after: date, before: date, holidays: Collection[date]) -> int:
    """The number of working days after the one day and before the other, neither of them counted."""
    days = (before - after).days - 1
    if days <= 0:
        return 0
    weeks, rest = divmod(days, WEEK)
    first = after.weekday() + 1
    working = weeks * _SATURDAY + sum((first + at) % WEEK < _SATURDAY for at in range(rest))
    return working - sum(after < day < before and day.weekday() < _SATURDAY for day in set(holidays))


def last_before(day: date, holidays: Collection[date]) -> date:
    """The newest working day before that one (a year without any has none: then the day before)."""
    for back in range(1, 366):
        earlier = day - back * _DAY
        if is_working(earlier, holidays):
            return earlier
    return day - _DAY

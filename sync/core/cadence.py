"""The weekly rhythm: which check-in period a day belongs to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sync.core.policy import Checks

WEEK = 7


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

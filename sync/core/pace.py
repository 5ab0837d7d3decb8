"""Pace and grade: what is expected by now, how far behind that a score is, how it is graded at the end.

Choices made here: "at" Due and "at" the end include that day, "after" and "before" do not; a key
result's last day is its Due or the cycle's last, whichever comes first; a unit is graded by the
aspirational bands. Band edges have a tolerance of 1e-9, so that a gap of 0.4 − 0.3 is 0.1.
"""

from __future__ import annotations

import numpy as np

from sync.core.arrays import UNKNOWN, Bools, Floats, Ints, Texts, named
from sync.core.model import Status
from sync.core.policy import Scoring

GRADES = ("", "red", "amber", "green")
STATUSES = tuple(map(str, Status))
ENOUGH_ELAPSED = 0.2  # of the period, for a forecast from a single value
_EDGE = 1e-9


def expected(today: int, starts: Ints, due: Ints) -> Floats:
    """What a linear pace would have reached: 0 on the first day, 1 on the last; NaN without dates.

    A period of one day, or one that ends before it begins, expects all of it from its last day on.
    """
    length = due - starts
    share = np.clip((today - starts) / np.maximum(length, 1), 0.0, 1.0)
    pace = np.where(length > 0, share, (today >= due).astype(np.float64))
    return np.where((starts == UNKNOWN) | (due == UNKNOWN), np.nan, pace)


def last_day(due: Ints, cycle_ends: Ints) -> Ints:
    """The day at which a key result is done or missed; later than any where neither date is known."""
    later = -UNKNOWN
    return np.minimum(
        np.where(due == UNKNOWN, later, due), np.where(cycle_ends == UNKNOWN, later, cycle_ends)
    )


def status_at(status: Status) -> int:
    """The position of a status in STATUSES."""
    return STATUSES.index(status)


def pace_statuses(gap: Floats, scoring: Scoring) -> Ints:
    """The status of each gap, as positions in STATUSES; No data where there is none."""
    return np.select(
        [np.isnan(gap), gap <= scoring.on_track_gap + _EDGE, gap <= scoring.at_risk_gap + _EDGE],
        [status_at(Status.NO_DATA), status_at(Status.ON_TRACK), status_at(Status.AT_RISK)],
        status_at(Status.OFF_TRACK),
    )


def grades(score: Floats, committed: Bools, ended: Bools, scoring: Scoring) -> Texts:
    """red, amber or green where the cycle has ended and there is a score, else ""."""
    amber = np.where(committed, scoring.committed_bands[0], scoring.aspirational_bands[0])
    green = np.where(committed, scoring.committed_bands[1], scoring.aspirational_bands[1])
    grade = np.select([score < amber - _EDGE, score < green - _EDGE], [1, 2], 3)
    return named(np.where(ended & ~np.isnan(score), grade, 0), GRADES)


def forecast(value: Floats, start: Floats, day: Ints, starts: Ints, due: Ints, several: Bools) -> Floats:
    """The value at Due if it goes on as from the period's start to the newest value; NaN without a basis.

    `day` is the newest value's. It takes values of two days, or a fifth of the period behind that value.
    """
    known = (day != UNKNOWN) & (starts != UNKNOWN) & (due != UNKNOWN)
    elapsed = day - starts
    basis = known & (elapsed > 0) & (several | (elapsed >= ENOUGH_ELAPSED * (due - starts)))
    with np.errstate(all="ignore"):  # what overflows is no forecast
        value = value + (value - start) / np.maximum(elapsed, 1) * np.maximum(due - day, 0)
    return np.where(basis & np.isfinite(value), value, np.nan)

"""Which value of a key result counts on a day: `Current` or a row of `Check-ins` (OKR.md §2).

A row of Check-ins beats the key result's own row when it is dated later; of two rows of one day the
lower one wins. The own row's date is `Last check-in`, else the first sync that saw its value, else
unknown, which is older than any. Confidence and typed status follow the same rule. What is dated in
the future does not count.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from sync.core.arrays import (
    KINDS,
    MISSING,
    UNKNOWN,
    Bools,
    Floats,
    Ints,
    Texts,
    days,
    keys,
    numbers,
    positions,
    texts,
)
from sync.core.model import Was

_Entry = TypeVar("_Entry", bound=np.generic)


class Log(NamedTuple):
    """The check-ins that count: of a known key result, dated, not in the future. `key`: their rows."""

    key: Ints
    kr: Ints
    day: Ints
    row: Ints

    def pick(self, wanted: Bools | Ints) -> Log:
        """The part of the log for which that holds, or the entries at those positions."""
        return Log(self.key[wanted], self.kr[wanted], self.day[wanted], self.row[wanted])


class Effective(NamedTuple):
    """What counts for every key result. `check_in` is the row it came from, -1 for the own row or none.

    `future`: there is a `Current`, but it is dated in the future. `several`: values of at least two days
    are known. `said`: the status that people typed.
    """

    value: Floats
    kind: Ints
    raw: Texts
    day: Ints
    check_in: Ints
    future: Bools
    several: Bools
    confidence: Floats
    said: Texts


def read_log(check_ins: pd.DataFrame, today: int) -> Log:
    """The check-ins that count on a day."""
    kr, day = keys(check_ins, "kr_key"), days(check_ins, "date")
    at = np.flatnonzero((kr >= 0) & (day != UNKNOWN) & (day <= today))
    return Log(at, kr[at], day[at], keys(check_ins, "row")[at])


def effective(key_results: pd.DataFrame, check_ins: pd.DataFrame, log: Log, today: int) -> Effective:
    """What counts for every key result on a day."""
    own_day = _own_day(key_results, today)
    late = days(key_results, "last_check_in") > today
    was, log_was = texts(key_results, "current_was"), texts(check_ins, "value_was")
    own_given = (was != Was.MISSING) & ~late
    rows = log.pick(log_was[log.key] != Was.MISSING)
    at = _winner(rows, own_given, own_day)
    counts = own_given | (at >= 0)
    value = _taken(at, numbers(check_ins, "value"), numbers(key_results, "current"))
    raw = _taken(at, texts(check_ins, "value_raw"), texts(key_results, "current_raw"))
    return Effective(
        value=np.where(counts, value, np.nan),
        kind=np.where(counts, positions(_taken(at, log_was, was), KINDS), MISSING),
        raw=np.where(counts, raw, ""),
        day=np.where(counts, _taken(at, days(check_ins, "date"), own_day), UNKNOWN),
        check_in=at,
        future=(was != Was.MISSING) & late,
        several=_several(rows, np.where(own_given, own_day, UNKNOWN)),
        confidence=_confidence(key_results, check_ins, log, own_day),
        said=_said(key_results, check_ins, log, own_day),
    )


def checked_on(key_results: pd.DataFrame, log: Log, today: int) -> Ints:
    """The day of each key result's newest check-in: a typed date, a change that a sync saw, or a row."""
    typed, seen = days(key_results, "last_check_in"), days(key_results, "changed_on")
    newest = np.maximum(np.where(typed <= today, typed, UNKNOWN), np.where(seen <= today, seen, UNKNOWN))
    np.maximum.at(newest, log.kr, log.day)
    return newest


def _own_day(key_results: pd.DataFrame, today: int) -> Ints:
    """The day of what a key result's own row says.

    A first sight after today (a run for a past day) is no date: it does not say that the value is newer.
    """
    typed, seen = days(key_results, "last_check_in"), days(key_results, "value_seen")
    day = np.where(typed == UNKNOWN, seen, typed)
    return np.where(day <= today, day, UNKNOWN)


def _winner(rows: Log, own_given: Bools, own_day: Ints) -> Ints:
    """The row of Check-ins that counts instead of the key result's own row, -1 where none does."""
    last = _last(rows, own_day.size)
    logged = np.flatnonzero(last >= 0)
    entry = last[logged]
    wins = ~own_given[logged] | (rows.day[entry] > own_day[logged])
    winner = np.full(own_day.size, -1)
    winner[logged[wins]] = rows.key[entry[wins]]
    return winner


def _last(rows: Log, count: int) -> Ints:
    """For each key result the position in the log of its last entry, -1 where there is none."""
    last = np.full(count, -1)
    if not rows.key.size:
        return last
    rank = (rows.day - rows.day.min()) * (rows.row.max() + 1) + rows.row
    highest = np.full(count, -1)
    np.maximum.at(highest, rows.kr, rank)
    found = np.flatnonzero(rank == highest[rows.kr])
    last[rows.kr[found]] = found
    return last


def _several(rows: Log, own_day: Ints) -> Bools:
    """Whether values of at least two different days are known; `own_day` is UNKNOWN for no value."""
    newest = own_day.copy()
    oldest = np.where(own_day == UNKNOWN, -UNKNOWN, own_day)
    np.maximum.at(newest, rows.kr, rows.day)
    np.minimum.at(oldest, rows.kr, rows.day)
    return newest > oldest


def _confidence(key_results: pd.DataFrame, check_ins: pd.DataFrame, log: Log, own_day: Ints) -> Floats:
    """Confidence 0 to 10, NaN for none and for what is no such number."""
    was, log_was = texts(key_results, "confidence_was"), texts(check_ins, "confidence_was")
    at = _winner(log.pick(log_was[log.key] != Was.MISSING), was != Was.MISSING, own_day)
    number = _taken(at, log_was, was) == Was.NUMBER
    value = _taken(at, numbers(check_ins, "confidence"), numbers(key_results, "confidence"))
    return np.where(number & (value >= 0) & (value <= 10), value, np.nan)


def _said(key_results: pd.DataFrame, check_ins: pd.DataFrame, log: Log, own_day: Ints) -> Texts:
    typed, logged = texts(key_results, "status_typed"), texts(check_ins, "status")
    at = _winner(log.pick(logged[log.key] != ""), typed != "", own_day)
    return _taken(at, logged, typed)


def _taken(at: Ints, logged: npt.NDArray[_Entry], own: npt.NDArray[_Entry]) -> npt.NDArray[_Entry]:
    """The check-in's entry where one counts, else the own row's."""
    taken = own.copy()
    wins = at >= 0
    taken[wins] = logged[at[wins]]
    return taken

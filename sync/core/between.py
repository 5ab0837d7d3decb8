"""Between: the share of check-ins that lie in the band (OKR.md §2).

Counted are the dated rows of `Check-ins` with a value inside the key result's own period, the last of
each day, and `Current` if its `Last check-in` is newer than all of them. The day on which a sync first
saw a value does not date it here, so the score does not depend on how often we sync; a `Current` without
a typed date therefore counts only where there is no such row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from sync.core.arrays import (
    BOOL,
    ERROR,
    KINDS,
    MISSING,
    TEXT,
    UNKNOWN,
    Bools,
    Floats,
    Ints,
    days,
    kinds,
    numbers,
    positions,
    texts,
)
from sync.core.measures import Cells, Outcome, Unscored, band_reasons, first_reason, mixes, result
from sync.core.values import Log


class _Values(NamedTuple):
    """The values that count, one a row: which of the key results at hand, day, value, kind."""

    member: Ints
    day: Ints
    value: Floats
    kind: Ints


def in_band_share(
    key_results: pd.DataFrame, check_ins: pd.DataFrame, log: Log, today: int, bounds: Cells, at: Ints
) -> Outcome:
    """The outcome of the key results numbered `at`; `bounds` are their cells (the value is not looked at)."""
    part = key_results.iloc[at]
    logged = _logged(part, check_ins, log, _members(at, len(key_results)))
    values = _with_current(part, logged, today)
    return _outcome(values, bounds, len(at))


def _members(at: Ints, count: int) -> Ints:
    member = np.full(count, -1)
    member[at] = np.arange(len(at))
    return member


def _logged(part: pd.DataFrame, check_ins: pd.DataFrame, log: Log, member_of: Ints) -> _Values:
    """The last value of each day in each key result's period."""
    log = log.pick(member_of[log.kr] >= 0)
    kind = positions(texts(check_ins, "value_was")[log.key], KINDS)
    member = member_of[log.kr]
    inside = (log.day >= days(part, "starts")[member]) & (log.day <= _last_day(part)[member])
    wanted = (kind != MISSING) & inside
    log, member, kind = log.pick(wanted), member[wanted], kind[wanted]
    order = np.lexsort((log.row, log.day, member))
    log, member, kind = log.pick(order), member[order], kind[order]
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (member[1:] != member[:-1]) | (log.day[1:] != log.day[:-1])
    log = log.pick(last)
    return _Values(member[last], log.day, numbers(check_ins, "value")[log.key], kind[last])


def _with_current(part: pd.DataFrame, logged: _Values, today: int) -> _Values:
    """The values with `Current` where it is newer than all of them, or the only one."""
    newest = np.full(len(part), UNKNOWN)
    np.maximum.at(newest, logged.member, logged.day)
    typed = days(part, "last_check_in")
    inside = (typed >= days(part, "starts")) & (typed <= np.minimum(_last_day(part), today))
    dated = (typed != UNKNOWN) & inside & (typed > newest)
    alone = (typed == UNKNOWN) & (newest == UNKNOWN)
    kind = kinds(part, "current_was")
    counts = np.flatnonzero((kind != MISSING) & (dated | alone))
    return _Values(
        np.concatenate([logged.member, counts]),
        np.concatenate([logged.day, typed[counts]]),
        np.concatenate([logged.value, numbers(part, "current")[counts]]),
        np.concatenate([logged.kind, kind[counts]]),
    )


def _last_day(part: pd.DataFrame) -> Ints:
    due = days(part, "due")
    return np.where(due == UNKNOWN, -UNKNOWN, due)


def _outcome(values: _Values, bounds: Cells, count: int) -> Outcome:
    lower, upper = bounds.start[values.member], bounds.target[values.member]
    in_band = (lower <= values.value) & (values.value <= upper)
    total = np.bincount(values.member, minlength=count)
    mixed = mixes(
        (lower, bounds.start_kind[values.member]),
        (upper, bounds.target_kind[values.member]),
        (values.value, values.kind),
    )
    wordy = (values.kind == BOOL) | (values.kind == TEXT)
    reason = first_reason(
        count,
        *band_reasons(bounds),
        (total == 0, Unscored.NO_VALUE),
        (_any(values.member, values.kind == ERROR, count), Unscored.CELL_ERROR),
        (_any(values.member, wordy, count), Unscored.NOT_A_NUMBER),
        (_any(values.member, mixed, count), Unscored.MIXED),
    )
    share = np.bincount(values.member, weights=in_band, minlength=count) / np.maximum(total, 1)
    return result(share, reason)


def _any(member: Ints, mask: Bools, count: int) -> Bools:
    found: Bools = np.bincount(member[mask], minlength=count) != 0
    return found

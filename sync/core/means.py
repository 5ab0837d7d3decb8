"""Weighted means over groups that do not depend on the order of the rows, and the weights they use.

Members are sorted by group, weight and values before they are added up, so that equal members in any
order give the same bits; members that tie in all of them are interchangeable. A mean is clamped
between its smallest and largest member, which rounding could leave by a last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sync.core.arrays import MISSING, NUMBER, PERCENT, Bools, Floats, Ints


class Marks(NamedTuple):
    """What travels up: arrays of one length, NaN for missing. `done` is 1 where nothing below is undone."""

    score: Floats
    as_if_zero: Floats
    expected: Floats
    confidence: Floats
    done: Floats

    def take(self, at: Ints) -> Marks:
        """The marks of some rows."""
        return Marks(*(column[at] for column in self))

    def put(self, at: Ints, marks: Marks) -> None:
        """Writes marks over those of some rows."""
        for column, values in zip(self, marks, strict=True):
            column[at] = values

    def where(self, mask: Bools, other: Marks) -> Marks:
        """These marks where the mask holds, the other ones elsewhere."""
        return Marks(*(np.where(mask, mine, theirs) for mine, theirs in zip(self, other, strict=True)))


def no_marks(count: int) -> Marks:
    """Marks in which everything is missing."""
    return Marks(*(np.full(count, np.nan) for _ in Marks._fields))


def joined(first: Marks, second: Marks) -> Marks:
    """The marks of both, one after the other."""
    return Marks(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))


def mean_marks(group: Ints, weight: Floats, marks: Marks, count: int) -> Marks:
    """The weighted means of the members' marks per group.

    `expected` is that of the members that have a score; `as_if_zero` is never above the score.
    """
    if not group.size:
        return no_marks(count)
    scored = ~np.isnan(marks.score)
    expected = np.where(scored, marks.expected, np.nan)
    score, as_if_zero, pace, confidence = weighted_means(
        group, weight, (marks.score, marks.as_if_zero, expected, marks.confidence), count
    )
    as_if_zero = np.where(as_if_zero > score, score, as_if_zero)
    undone = sums(group, scored & (weight > 0) & (marks.done != 1), count) > 0
    return Marks(score, as_if_zero, pace, confidence, np.where(undone, 0.0, 1.0))


def weighted_means(group: Ints, weight: Floats, values: Sequence[Floats], count: int) -> list[Floats]:
    """For each of the values its weighted mean per group 0 … count-1, NaN where nothing counts.

    A member counts when its weight is above 0 and its value is not NaN; `group` has no -1.
    """
    counted = np.flatnonzero(weight > 0)
    order = counted[np.lexsort((*(value[counted] for value in values), weight[counted], group[counted]))]
    return [_mean(group[order], weight[order], value[order], count) for value in values]


def _mean(group: Ints, weight: Floats, value: Floats, count: int) -> Floats:
    there = ~np.isnan(value)
    group, value = group[there], value[there]
    weight = _scaled(group, weight[there], count)
    lowest, highest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(lowest, group, value)
    np.maximum.at(highest, group, value)
    total = np.bincount(group, weights=weight, minlength=count)
    weighted = np.bincount(group, weights=weight * value, minlength=count)
    with np.errstate(invalid="ignore"):
        means: Floats = np.clip(weighted / total, lowest, highest)  # 0 / 0 is NaN and stays NaN
    return means


def _scaled(group: Ints, weight: Floats, count: int) -> Floats:
    """The weights divided by a power of two per group, which is exact and keeps sums from overflowing."""
    largest = np.zeros(count)
    np.maximum.at(largest, group, weight)
    exponents = np.frexp(largest)[1]
    return np.ldexp(weight, -exponents[group])


def shared_weights(group: Ints, value: Floats, kind: Ints, member: Bools, gone: Bools, count: int) -> Floats:
    """The weight of every row within its group: 0 for no member, NaN where the group cannot be weighted.

    Blank everywhere means all alike, 1. A group with a negative or unreadable weight, with some weights
    given and some blank, with percents beside plain numbers, or with nothing above 0 cannot be weighted
    (Q213): what the others should count would be a guess.

    Rows that have gone from their sheet have no say in this while others are left, since nobody can mend
    them: they count 1 among blanks, and their own weight among given ones, or 0 when it is none of that
    kind (blank, unusable, a percent beside plain numbers).
    """
    member = member & (group >= 0)
    late = member & gone & _beside(group, member & ~gone, count)
    left = member & ~late
    weight = _agreed_weights(group, value, kind, left, count)
    broken = _beside(group, left & np.isnan(weight), count)
    blank = _beside(group, left & (kind == MISSING), count)
    percent = _beside(group, left & (kind == PERCENT), count)
    fits = _usable(value, kind) & ((value == 0) | ((kind == PERCENT) == percent))
    return np.where(late, np.select([broken, blank, fits], [np.nan, 1.0, value], 0.0), weight)


def _agreed_weights(group: Ints, value: Floats, kind: Ints, member: Bools, count: int) -> Floats:
    """The weight of every row within its group; `member` has none without a group."""
    blank = member & (kind == MISSING)
    given = member & _usable(value, kind)
    percent, plain = given & (kind == PERCENT), given & (kind == NUMBER) & (value > 0)
    bad = (
        _beside(group, member & ~blank & ~given, count)
        | (_beside(group, blank, count) & _beside(group, given, count))
        | (_beside(group, percent, count) & _beside(group, plain, count))
        | (_beside(group, given, count) & ~_beside(group, given & (value > 0), count))
    )
    weight = np.where(blank, 1.0, np.where(given, value, 0.0))
    weight[member & bad] = np.nan
    return weight


def _beside(group: Ints, mask: Bools, count: int) -> Bools:
    """For every row whether its group has a row of the mask."""
    padded = np.append(sums(group, mask, count) > 0, False)  # -1, of no group, takes the last one
    beside: Bools = padded[group]
    return beside


def single_weights(value: Floats, kind: Ints) -> Floats:
    """The weight of rows that are judged one by one: blank is 1, NaN for a negative or unreadable one."""
    return np.where(kind == MISSING, 1.0, np.where(_usable(value, kind), value, np.nan))


def sums(group: Ints, member: Bools, count: int) -> Ints:
    """How many members each group has."""
    return np.bincount(group[member], minlength=count)


def _usable(value: Floats, kind: Ints) -> Bools:
    usable: Bools = ((kind == NUMBER) | (kind == PERCENT)) & (value >= 0) & np.isfinite(value)
    return usable

"""Progress of key results by their measure (OKR.md §2): the raw `p`, or why there is none.

Choices made here: Between and KPI need both bounds, in order, because with one of them nobody can tell
which side is good; a level with a target of 0 or less uses its start only if the start itself does not
meet the target, because the formula would otherwise put an unmet level above 1; a KPI's `p` is 1 in its
band and 0 outside, and it never gets a score.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import NamedTuple

import numpy as np

from sync.core import milestones
from sync.core.arrays import (
    BOOL,
    ERROR,
    KINDS,
    MISSING,
    NUMBER,
    PERCENT,
    TEXT,
    Bools,
    Floats,
    Ints,
    Texts,
    positions,
)
from sync.core.model import Amount, Measure, Was

MEASURES = tuple(map(str, Measure))


class Unscored(StrEnum):
    """Why a key result has no score, in the words that people read."""

    SCORED = ""
    DUPLICATE = "duplicate id"
    NO_OBJECTIVE = "no objective"
    DROPPED = "dropped"
    PAUSED = "paused"
    KPI = "KPI"
    NEEDS_MEASURE = "needs a measure"
    NEEDS_START = "needs a start"
    NEEDS_TARGET = "needs a target"
    NEEDS_BAND = "needs a start and a target"
    NEEDS_MILESTONES = "needs milestones"
    START_IS_TARGET = "start equals target"
    BAND_REVERSED = "start is above target"
    STAGE_WEIGHTS = "milestone weights are not 100 %"
    CELL_ERROR = "cell error"
    NOT_A_NUMBER = "not a number"
    NOT_YES_NO = "neither yes nor no"
    NOT_A_STAGE = "not a stage of its milestones"
    MIXED = "percent and plain numbers mixed"
    FUTURE = "dated in the future"
    NO_VALUE = "no value"
    NO_CONTRIBUTORS = "no contributor with a score"
    NOT_FINITE = "not a finite number"


REASONS = tuple(Unscored)
# What is wrong with the definition: such a key result is in neither score nor as-if-zero.
UNSCORABLE = (
    Unscored.DUPLICATE,
    Unscored.NO_OBJECTIVE,
    Unscored.DROPPED,
    Unscored.PAUSED,
    Unscored.KPI,
    Unscored.NEEDS_MEASURE,
    Unscored.NEEDS_START,
    Unscored.NEEDS_TARGET,
    Unscored.NEEDS_BAND,
    Unscored.NEEDS_MILESTONES,
    Unscored.START_IS_TARGET,
    Unscored.BAND_REVERSED,
    Unscored.STAGE_WEIGHTS,
)


class Cells(NamedTuple):
    """The cells of key results that progress is computed from; kinds as in `sync.core.arrays`."""

    start: Floats
    start_kind: Ints
    target: Floats
    target_kind: Ints
    value: Floats
    value_kind: Ints

    def take(self, at: Ints) -> Cells:
        """The cells of some of the key results."""
        return Cells(
            self.start[at],
            self.start_kind[at],
            self.target[at],
            self.target_kind[at],
            self.value[at],
            self.value_kind[at],
        )


class Outcome(NamedTuple):
    """Raw progress (NaN without) and the reason there is none (position in REASONS).

    `give_start`: a level was counted as 0 for want of a start. `mixed`: percents beside plain numbers.
    """

    progress: Floats
    reason: Ints
    give_start: Bools
    mixed: Bools


def infer(typed: Texts, start: Floats, target: Floats, current_was: Texts, milestones: Texts) -> Texts:
    """The measure of each key result: the typed one, else what the other cells say, else "".

    Blank: Increase or Decrease by start and target (equal ones are an Increase that Q203 stops), else
    Milestone where stages are given, else Yes/No for a yes or no. A target alone says nothing: whether
    it is a level to hold or an end to reach from somewhere would be a guess. So would a misspelt word.
    """
    known = positions(typed, MEASURES) >= 0
    bare = np.isnan(start) & np.isnan(target)
    staged = np.array([bool(text.strip()) for text in milestones], dtype=np.bool_)
    inferred = np.select(
        [target >= start, target < start, bare & staged, bare & (current_was == str(Was.BOOL))],
        [str(Measure.INCREASE), str(Measure.DECREASE), str(Measure.MILESTONE), str(Measure.YES_NO)],
        "",
    )
    measures: Texts = np.where(known, typed, np.where(typed == "", inferred.astype(np.object_), ""))
    return measures


def outcome(measure: Texts, cells: Cells, raw: Texts, stages: Texts) -> Outcome:
    """The outcome of every key result whose measure looks at one value; Between is in `between`.

    `raw` is the value's own text, `stages` the Milestones cell. Without a measure: needs a measure.
    """
    found = without_score(np.full(len(measure), REASONS.index(Unscored.NEEDS_MEASURE)))
    which = positions(measure, MEASURES)
    blank = np.flatnonzero(which < 0)
    put(found, blank, _undefined(cells.take(blank)))
    for name, compute in _BY_CELLS.items():
        at = np.flatnonzero(which == MEASURES.index(name))
        with np.errstate(all="ignore"):  # what has no finite progress gets a reason instead
            put(found, at, compute(cells.take(at)))
    at = np.flatnonzero(which == MEASURES.index(Measure.MILESTONE))
    put(found, at, _milestone(cells.take(at), raw[at], stages[at]))
    return found


def result(progress: Floats, reason: Ints) -> Outcome:
    """The outcome of progress that counts where there is no reason against it."""
    count = len(reason)
    mixed = reason == REASONS.index(Unscored.MIXED)
    return Outcome(np.where(reason == 0, progress, np.nan), reason, np.zeros(count, np.bool_), mixed)


def without_score(reason: Ints) -> Outcome:
    """The outcome of key results that have no progress, for those reasons."""
    return result(np.full(len(reason), np.nan), reason)


def mixes(*columns: tuple[Floats, Ints]) -> Bools:
    """Where percents stand beside plain numbers other than 0, given (values, kinds) of each cell."""
    percent = np.any([kind == PERCENT for _, kind in columns], axis=0)
    plain = np.any([(kind == NUMBER) & (value != 0) for value, kind in columns], axis=0)
    both: Bools = percent & plain
    return both


def first_reason(count: int, *reasons: tuple[Bools, Unscored]) -> Ints:
    """The position in REASONS of the first that applies to each key result, SCORED if none does."""
    if not count:
        return np.zeros(0, dtype=np.int64)
    masks = [mask for mask, _ in reasons]
    return np.select(masks, [np.int64(REASONS.index(reason)) for _, reason in reasons], np.int64(0))


def unreadable(kind: Ints, *, needs: Unscored) -> tuple[tuple[Bools, Unscored], ...]:
    """The reasons a cell that must hold a number gives when it does not."""
    return (
        (kind == ERROR, Unscored.CELL_ERROR),
        ((kind == BOOL) | (kind == TEXT), Unscored.NOT_A_NUMBER),
        (kind == MISSING, needs),
    )


def band_reasons(cells: Cells) -> tuple[tuple[Bools, Unscored], ...]:
    """The reasons a band gives: both bounds, lower first, in one way of writing numbers."""
    return (
        *unreadable(cells.start_kind, needs=Unscored.NEEDS_BAND),
        *unreadable(cells.target_kind, needs=Unscored.NEEDS_BAND),
        (mixes((cells.start, cells.start_kind), (cells.target, cells.target_kind)), Unscored.MIXED),
        (cells.start > cells.target, Unscored.BAND_REVERSED),
    )


def _undefined(cells: Cells) -> Outcome:
    """Without a measure; an unreadable start or target may be all that hides it."""
    hidden = (cells.start_kind == ERROR) | (cells.target_kind == ERROR)
    reason = np.where(hidden, REASONS.index(Unscored.CELL_ERROR), REASONS.index(Unscored.NEEDS_MEASURE))
    return without_score(reason)


def _linear(cells: Cells) -> Outcome:
    """Increase and Decrease: the share of the way from start to target."""
    done, whole = cells.value - cells.start, cells.target - cells.start
    progress = done / whole
    reason = first_reason(
        len(progress),
        *unreadable(cells.target_kind, needs=Unscored.NEEDS_TARGET),
        *unreadable(cells.start_kind, needs=Unscored.NEEDS_START),
        (mixes((cells.start, cells.start_kind), (cells.target, cells.target_kind)), Unscored.MIXED),
        (whole == 0, Unscored.START_IS_TARGET),
        *unreadable(cells.value_kind, needs=Unscored.NO_VALUE),
        (_mixed(cells), Unscored.MIXED),
        (~(np.isfinite(done) & np.isfinite(whole) & np.isfinite(progress)), Unscored.NOT_FINITE),
    )
    return result(progress, reason)


def _at_least(cells: Cells) -> Outcome:
    """A floor to hold: the share of it that is reached."""
    return _level(
        cells,
        cells.value / cells.target,
        met=cells.value >= cells.target,
        from_unmet=cells.start < cells.target,
    )


def _at_most(cells: Cells) -> Outcome:
    """A ceiling to hold: 2 when nothing of it is used, 1 at the ceiling, 0 at twice of it."""
    return _level(
        cells,
        2 - cells.value / cells.target,
        met=cells.value <= cells.target,
        from_unmet=cells.start > cells.target,
    )


def _level(cells: Cells, share: Floats, *, met: Bools, from_unmet: Bools) -> Outcome:
    """A level: `share` of a target above 0, else met or the way from an unmet start, else 0."""
    no_share = cells.target <= 0
    needs_start = no_share & ~met
    way = (cells.value - cells.start) / (cells.target - cells.start)
    progress = np.where(no_share, np.where(met, 1.0, np.where(from_unmet, way, 0.0)), share)
    reason = first_reason(
        len(progress),
        *unreadable(cells.target_kind, needs=Unscored.NEEDS_TARGET),
        *unreadable(cells.value_kind, needs=Unscored.NO_VALUE),
        (mixes((cells.target, cells.target_kind), (cells.value, cells.value_kind)), Unscored.MIXED),
        (needs_start & (cells.start_kind == ERROR), Unscored.CELL_ERROR),
        (needs_start & _mixed(cells), Unscored.MIXED),
        (~np.isfinite(progress), Unscored.NOT_FINITE),
    )
    return result(progress, reason)._replace(give_start=needs_start & ~from_unmet & (reason == 0))


def _yes_no(cells: Cells) -> Outcome:
    answered = (cells.value == 0) | (cells.value == 1)
    reason = first_reason(
        len(answered),
        (cells.value_kind == MISSING, Unscored.NO_VALUE),
        (cells.value_kind == ERROR, Unscored.CELL_ERROR),
        (~answered, Unscored.NOT_YES_NO),
    )
    return result(cells.value, reason)


def _kpi(cells: Cells) -> Outcome:
    """In band or out of it, for people to see; never a score."""
    reason = first_reason(
        len(cells.value),
        *band_reasons(cells),
        *unreadable(cells.value_kind, needs=Unscored.NO_VALUE),
        (_mixed(cells), Unscored.MIXED),
    )
    in_band = ((cells.start <= cells.value) & (cells.value <= cells.target)).astype(np.float64)
    band = result(in_band, reason)
    return band._replace(reason=np.full(len(reason), REASONS.index(Unscored.KPI)))


def _contributors(cells: Cells) -> Outcome:
    """Nothing yet: its score comes up the alignment (`sync.core.rollup`)."""
    return without_score(np.full(len(cells.value), REASONS.index(Unscored.NO_CONTRIBUTORS)))


def _milestone(cells: Cells, raw: Texts, stages: Texts) -> Outcome:
    """Row by row, what is equal being taken apart once."""
    parse, found = cache(milestones.parse), cache(_stage)
    value = [None if np.isnan(number) else number for number in cells.value.tolist()]
    rows = zip(value, cells.value_kind.tolist(), raw, stages, strict=True)
    pairs = [found(parse(plan), Amount(number, KINDS[kind], text)) for number, kind, text, plan in rows]
    progress = np.array([np.nan if done is None else done for done, _ in pairs], dtype=np.float64)
    return result(progress, np.array([REASONS.index(why) for _, why in pairs], dtype=np.int64))


def _stage(stages: milestones.Stages | None, current: Amount) -> tuple[float | None, Unscored]:
    if stages is None:
        return None, Unscored.STAGE_WEIGHTS
    if not stages.names:
        return None, Unscored.NEEDS_MILESTONES
    if current.was in (Was.MISSING, Was.ERROR):
        return None, Unscored.NO_VALUE if current.was == Was.MISSING else Unscored.CELL_ERROR
    progress = milestones.progress(stages, current)
    return progress, Unscored.SCORED if progress is not None else Unscored.NOT_A_STAGE


_BY_CELLS = {
    Measure.INCREASE: _linear,
    Measure.DECREASE: _linear,
    Measure.AT_LEAST: _at_least,
    Measure.AT_MOST: _at_most,
    Measure.YES_NO: _yes_no,
    Measure.KPI: _kpi,
    Measure.CONTRIBUTORS: _contributors,
}


def _mixed(cells: Cells) -> Bools:
    return mixes(
        (cells.start, cells.start_kind), (cells.target, cells.target_kind), (cells.value, cells.value_kind)
    )


def put(found: Outcome, at: Ints, part: Outcome) -> None:
    """Writes the outcome of the key results numbered `at` over theirs."""
    for column, values in zip(found, part, strict=True):
        column[at] = values

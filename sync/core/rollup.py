"""Scores of objectives and units from those of the key results (OKR.md §4); the one entry is `evaluate`.

Choices made here and in the rooms it uses, where the specification leaves one:
- A roll-up mode concerns objectives that others are aligned to; any other is made of its own key results.
- Own key results whose weights cannot be used (Q213) are no basis, and nothing else replaces them.
- Contributors and child units are weighed one by one, blank is 1, because they stand in different sheets;
  one whose weight cannot be used is left out (Q213 says so).
- Objectives and units are Done when the score is 1 and everything it is made of is Done; without a score
  they are Not started in the first days of the cycle, then No data; else the pace bands decide. Missed
  is for key results, which are due; the others get a grade.
- An objective without a basis has as-if-zero 0; a unit without objectives at work has none of its own.
- Mean confidence is that of the members the score is made of, else of the own ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from sync.core import pace
from sync.core.arrays import (
    UNKNOWN,
    Bools,
    Floats,
    Ints,
    Texts,
    column,
    day_number,
    days,
    flags,
    keys,
    kinds,
    named,
    numbers,
    positions,
    texts,
)
from sync.core.contributors import BASES, Climb, climb
from sync.core.means import Marks, mean_marks, shared_weights, sums
from sync.core.measures import Unscored
from sync.core.model import Ambition, Level, Measure, Status
from sync.core.policy import Checks, Scoring
from sync.core.portfolio import Portfolio
from sync.core.scoring import judged, measured
from sync.core.unit_tree import child_weights, roll_up, subtree_sums

WEAKEST_FIRST = (
    Status.MISSED,
    Status.OFF_TRACK,
    Status.OUTDATED,
    Status.NO_DATA,
    Status.AT_RISK,
    Status.NOT_STARTED,
    Status.ON_TRACK,
    Status.DONE,
)


@dataclass(frozen=True)
class Scores:
    """The scores of a Portfolio, each frame with the index of the table it belongs to.

    key_results: see `sync.core.scoring.score_key_results`.
    objectives: score, as_if_zero, expected, gap, status, weakest_status, grade, confidence, scored_krs,
        scorable_krs, basis ("own", "contributors", "pooled", "" without a score), weight_used (NaN: the
        unit's objectives cannot be weighted), done.
    units: own_score, own_as_if_zero, roll_up, roll_up_as_if_zero, expected, gap, status, grade, confidence,
        weight_used; over the whole subtree: scored_krs, scorable_krs, coverage, aligned, alignable,
        alignment, checked_krs, due_krs, check_in_rate (rates NaN for 0 of 0), stale_sources.
    Scores are fractions, NaN for missing; grades are "" before the end of the cycle.
    """

    key_results: pd.DataFrame
    objectives: pd.DataFrame
    units: pd.DataFrame


def evaluate(p: Portfolio, scoring: Scoring, checks: Checks, as_of: date) -> Scores:
    """All scores of the organisation on a day."""
    found = measured(p, as_of)
    risen = climb(p, _marks(found), numbers(found, "weight_used"), scoring.roll_up)
    key_results = judged(p, _with_contributors(p, found, risen.key_results), scoring, checks, as_of)
    objectives = _objectives(p, key_results, risen, scoring, as_of)
    return Scores(
        key_results, objectives, _units(p, key_results, objectives, risen.objectives, scoring, as_of)
    )


def _marks(found: pd.DataFrame) -> Marks:
    return Marks(*(numbers(found, name) for name in Marks._fields))


def _with_contributors(p: Portfolio, found: pd.DataFrame, marks: Marks) -> pd.DataFrame:
    """The key results with the scores that came up to those measured by Contributors."""
    filled = (texts(p.key_results, "measure") == Measure.CONTRIBUTORS) & ~np.isnan(marks.score)
    return found.assign(
        progress=np.where(filled, marks.score, numbers(found, "progress")),
        score=marks.score,
        as_if_zero=marks.as_if_zero,
        unscored=column(np.where(filled, str(Unscored.SCORED), texts(found, "unscored"))),
        done=marks.done == 1,
    )


def _objectives(
    p: Portfolio, key_results: pd.DataFrame, risen: Climb, scoring: Scoring, as_of: date
) -> pd.DataFrame:
    frame, marks, today = p.objectives, risen.objectives, day_number(as_of)
    unit, count = keys(frame, "unit_key"), len(frame)
    starts, ends = days(p.units, "starts")[unit], days(p.units, "ends")[unit]
    status = _statuses(marks, starts, scoring, today)
    status[~flags(frame, "active")] = pace.status_at(Status.NO_DATA)
    for word in (Status.PAUSED, Status.DROPPED):
        status[texts(frame, "status_typed") == word] = pace.status_at(word)
    committed = texts(frame, "ambition") == Ambition.COMMITTED
    owner, active = keys(p.key_results, "objective_key"), flags(p.key_results, "active")
    value, kind = numbers(frame, "weight"), kinds(frame, "weight_was")
    weights = shared_weights(unit, value, kind, flags(frame, "active"), flags(frame, "gone"), len(p.units))
    return pd.DataFrame(
        {
            "score": marks.score,
            "as_if_zero": marks.as_if_zero,
            "expected": marks.expected,
            "gap": marks.expected - marks.score,
            "status": column(named(status, pace.STATUSES)),
            "weakest_status": column(_weakest(p, key_results, owner, count)),
            "grade": column(pace.grades(marks.score, committed, ends <= today, scoring)),
            "confidence": marks.confidence,
            "scored_krs": sums(owner, active & ~np.isnan(numbers(key_results, "score")), count),
            "scorable_krs": sums(owner, active & flags(key_results, "scorable"), count),
            "basis": column(named(risen.basis, BASES)),
            "weight_used": weights,
            "done": _whole(marks),
        }
    )


def _units(
    p: Portfolio,
    key_results: pd.DataFrame,
    objectives: pd.DataFrame,
    marks: Marks,
    scoring: Scoring,
    as_of: date,
) -> pd.DataFrame:
    frame, today, count = p.units, day_number(as_of), len(p.units)
    unit = keys(p.objectives, "unit_key")
    own = mean_marks(unit, numbers(objectives, "weight_used"), marks, count)
    at_work = sums(unit, flags(p.objectives, "active"), count) > 0
    own = own._replace(as_if_zero=np.where(at_work & np.isnan(own.score), 0.0, own.as_if_zero))
    rolled = roll_up(p, own)
    ends = days(frame, "ends")
    ended = (ends != UNKNOWN) & (ends <= today)
    return pd.DataFrame(
        {
            "own_score": own.score,
            "own_as_if_zero": own.as_if_zero,
            "roll_up": rolled.score,
            "roll_up_as_if_zero": rolled.as_if_zero,
            "expected": rolled.expected,
            "gap": rolled.expected - rolled.score,
            "status": column(named(_statuses(rolled, days(frame, "starts"), scoring, today), pace.STATUSES)),
            "grade": column(pace.grades(rolled.score, np.zeros(count, np.bool_), ended, scoring)),
            "confidence": rolled.confidence,
            "weight_used": child_weights(p),
            **_counts(p, key_results),
        }
    )


def _counts(p: Portfolio, key_results: pd.DataFrame) -> dict[str, Ints | Floats]:
    """What is counted over each unit's whole subtree, and the rates made of it."""
    count = len(p.units)
    unit, kr_unit = keys(p.objectives, "unit_key"), keys(p.key_results, "unit_key")
    due = flags(key_results, "check_in_due")
    alignable = flags(p.objectives, "active") & (texts(p.units, "level")[unit] != Level.COMPANY)
    source = keys(p.sources, "unit_key")
    stale = (source >= 0) & np.isin(texts(p.sources, "state"), ("held", "stale"))
    own = {
        "scored_krs": sums(
            kr_unit, flags(key_results, "scorable") & ~np.isnan(numbers(key_results, "score")), count
        ),
        "scorable_krs": sums(kr_unit, flags(key_results, "scorable"), count),
        "aligned": sums(unit, alignable & _aligned(p), count),
        "alignable": sums(unit, alignable, count),
        "checked_krs": sums(kr_unit, due & flags(key_results, "checked_in_period"), count),
        "due_krs": sums(kr_unit, due, count),
        "stale_sources": sums(source, stale, count),
    }
    total = {name: subtree_sums(p, counted) for name, counted in own.items()}
    return {
        **total,
        "coverage": _rate(total["scored_krs"], total["scorable_krs"]),
        "alignment": _rate(total["aligned"], total["alignable"]),
        "check_in_rate": _rate(total["checked_krs"], total["due_krs"]),
    }


def _aligned(p: Portfolio) -> Bools:
    """Whether each objective has a valid parent."""
    aligned = np.zeros(len(p.objectives), dtype=np.bool_)
    aligned[keys(p.alignments, "child_key")[texts(p.alignments, "state") == "ok"]] = True
    return aligned


def _rate(part: Ints, whole: Ints) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _whole(marks: Marks) -> Bools:
    whole: Bools = (marks.score >= 1) & (marks.done == 1)
    return whole


def _statuses(marks: Marks, starts: Ints, scoring: Scoring, today: int) -> Ints:
    """The status of objectives or units, as positions in pace.STATUSES."""
    early = np.isnan(marks.score) & (starts != UNKNOWN) & (today - starts < scoring.not_started_days)
    by_pace = pace.pace_statuses(marks.expected - marks.score, scoring)
    return np.select(
        [_whole(marks), early], [pace.status_at(Status.DONE), pace.status_at(Status.NOT_STARTED)], by_pace
    )


def _weakest(p: Portfolio, key_results: pd.DataFrame, owner: Ints, count: int) -> Texts:
    """The weakest status among each objective's key results at work, KPIs left aside; "" without any."""
    at_work = flags(p.key_results, "active") & (texts(p.key_results, "measure") != Measure.KPI) & (owner >= 0)
    at = np.flatnonzero(at_work)
    rank = positions(texts(key_results, "status")[at], tuple(map(str, WEAKEST_FIRST)))
    weakest = np.full(count, len(WEAKEST_FIRST))
    np.minimum.at(weakest, owner[at], rank)
    return named(weakest, (*map(str, WEAKEST_FIRST), ""))

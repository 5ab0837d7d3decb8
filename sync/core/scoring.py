"""Every key result's value, progress, score, status, grade and check-ins on a day (OKR.md §2-3).

Choices made here, where the specification leaves one:
- Paused and dropped key results (or objectives) have no progress, score, expected value or weight.
- Expected is linear for every measure; an unmet level's gap is 1 − score, a Yes/No has none before its
  last day, and a KPI has neither.
- Without any check-in, silence is counted from the first day of the key result's period.
- A key result for which nothing says how it stands has the status No data.
- Check-ins are due for key results at work, from their first to their last day, unless they are Done;
  not for Contributors (no own values), KPIs, and rows that have gone from their sheet.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from sync.core import pace
from sync.core.arrays import (
    KINDS,
    MISSING,
    UNKNOWN,
    Bools,
    Floats,
    Ints,
    Texts,
    column,
    dates,
    day_number,
    days,
    flags,
    keys,
    kinds,
    named,
    numbers,
    texts,
)
from sync.core.between import in_band_share
from sync.core.cadence import period
from sync.core.means import shared_weights
from sync.core.measures import REASONS, UNSCORABLE, Cells, Outcome, Unscored, outcome, put
from sync.core.model import Ambition, Measure, Status
from sync.core.policy import Checks, Scoring
from sync.core.portfolio import Portfolio
from sync.core.values import Effective, Log, checked_on, effective, read_log

LEVELS_HELD = (Measure.AT_LEAST, Measure.AT_MOST, Measure.BETWEEN)
LOW, HIGH = 4, 8  # confidence: low < 4 ≤ medium < 8 ≤ high
_LINEAR = (Measure.INCREASE, Measure.DECREASE)
_SAID = (Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK)


def score_key_results(
    p: Portfolio, scoring: Scoring, as_of: date, checks: Checks | None = None
) -> pd.DataFrame:
    """One row for each of p.key_results; Contributors have no score yet (`sync.core.rollup.evaluate`).

    value, value_was, value_raw, value_date, value_from ("current", "check_in", "") and check_in_key (-1):
    the value that counts. progress (raw), score (0-1), unscored (why there is none, a phrase), scorable
    (whether it counts as 0 in as-if-zero when missing), as_if_zero, mixed (percents beside plain numbers),
    give_start (a level counted as 0 for want of a start), weight_used (0: in no mean; NaN: its group
    cannot be weighted), confidence, status_said (the typed status that counts), checked_on, expected,
    done, forecast, gap, status, grade ("" before the end), checked_in_period, check_in_due.
    """
    return judged(p, measured(p, as_of), scoring, checks or Checks(), as_of)


def measured(p: Portfolio, as_of: date) -> pd.DataFrame:
    """The part of the columns that does not depend on the scores of other rows."""
    frame, today = p.key_results, day_number(as_of)
    log = read_log(p.check_ins, today)
    known = _without_contributors(frame, effective(frame, p.check_ins, log, today))
    found = _explained(p, _outcome(p, log, known, today), known)
    score = np.clip(found.progress, 0.0, 1.0)
    kpi = texts(frame, "measure") == Measure.KPI
    score[kpi] = np.nan
    active = flags(frame, "active")
    scorable = active & ~np.isin(found.reason, [REASONS.index(reason) for reason in UNSCORABLE])
    end = last_days(p)
    return pd.DataFrame(
        {
            **_value_columns(known),
            "progress": found.progress,
            "score": score,
            "unscored": column(named(found.reason, tuple(map(str, REASONS)))),
            "scorable": scorable,
            "as_if_zero": np.where(scorable, np.nan_to_num(score), np.nan),
            "mixed": found.mixed,
            "give_start": found.give_start,
            "weight_used": _weights(p, active & ~kpi),
            "confidence": known.confidence,
            "status_said": column(known.said),
            "checked_on": dates(checked_on(frame, log, today)),
            "expected": _expected(frame, active & ~kpi, today),
            "done": done(texts(frame, "measure"), score, end <= today).astype(np.float64),
            "forecast": _forecast(frame, known, found),
        }
    )


def judged(p: Portfolio, scored: pd.DataFrame, scoring: Scoring, checks: Checks, as_of: date) -> pd.DataFrame:
    """The same rows with what follows from all scores being known: gap, status, grade, check-ins due."""
    frame, today = p.key_results, day_number(as_of)
    end = last_days(p)
    gap = _gaps(texts(frame, "measure"), scored, end > today)
    status = _statuses(p, scored, gap, scoring, today)
    committed = texts(frame, "ambition") == Ambition.COMMITTED
    ended = _of_unit(p, days(p.units, "ends")) <= today
    weekly = period(as_of, checks)
    opens, due = day_number(weekly.opens), day_number(weekly.due)
    return scored.assign(
        done=flags(scored, "done"),
        gap=gap,
        status=column(named(status, pace.STATUSES)),
        grade=column(pace.grades(numbers(scored, "score"), committed, ended, scoring)),
        checked_in_period=days(scored, "checked_on") >= opens,
        check_in_due=_check_in_due(frame, status, end, today, due),
    )


def done(measure: Texts, score: Floats, at_end: Bools) -> Bools:
    """Whether a score counts as Done; a level that is held does only on its last day."""
    finished: Bools = (score >= 1) & (at_end | ~np.isin(measure, LEVELS_HELD))
    return finished


def last_days(p: Portfolio) -> Ints:
    """The day at which each key result is done or missed: its Due, or the cycle's last if that is earlier."""
    return pace.last_day(days(p.key_results, "due"), _of_unit(p, days(p.units, "ends")))


def _of_unit(p: Portfolio, per_unit: Ints) -> Ints:
    return per_unit[keys(p.key_results, "unit_key")]


# --- values and progress --------------------------------------------------------------------------


def _without_contributors(frame: pd.DataFrame, known: Effective) -> Effective:
    """The effective values, none for Contributors, which have no values of their own."""
    own = texts(frame, "measure") != Measure.CONTRIBUTORS
    return known._replace(
        value=np.where(own, known.value, np.nan),
        kind=np.where(own, known.kind, MISSING),
        raw=np.where(own, known.raw, ""),
        day=np.where(own, known.day, UNKNOWN),
        check_in=np.where(own, known.check_in, -1),
    )


def _value_columns(known: Effective) -> dict[str, object]:
    origin = np.where(known.kind == MISSING, 0, np.where(known.check_in >= 0, 2, 1))
    return {
        "value": known.value,
        "value_was": column(named(known.kind, KINDS)),
        "value_raw": column(known.raw),
        "value_date": dates(known.day),
        "value_from": column(named(origin, ("", "current", "check_in"))),
        "check_in_key": known.check_in,
    }


def _outcome(p: Portfolio, log: Log, known: Effective, today: int) -> Outcome:
    frame = p.key_results
    cells = Cells(
        numbers(frame, "start"), kinds(frame, "start_was"),
        numbers(frame, "target"), kinds(frame, "target_was"),
        known.value, known.kind,
    )  # fmt: skip
    measure = texts(frame, "measure")
    found = outcome(measure, cells, known.raw, texts(frame, "milestones"))
    at = np.flatnonzero(measure == Measure.BETWEEN)
    put(found, at, in_band_share(frame, p.check_ins, log, today, cells.take(at), at))
    return found


def _explained(p: Portfolio, found: Outcome, known: Effective) -> Outcome:
    """The outcome with the reasons that lie outside a key result's own cells."""
    frame, reason = p.key_results, found.reason.copy()
    reason[(reason == REASONS.index(Unscored.NO_VALUE)) & known.future] = REASONS.index(Unscored.FUTURE)
    said = _typed_out(p)
    for mask, why in (
        (said == Status.PAUSED, Unscored.PAUSED),
        (said == Status.DROPPED, Unscored.DROPPED),
        (~flags(frame, "valid"), Unscored.DUPLICATE),
        (keys(frame, "objective_key") < 0, Unscored.NO_OBJECTIVE),
    ):
        reason[mask] = REASONS.index(why)
    return found._replace(reason=reason, progress=np.where(flags(frame, "active"), found.progress, np.nan))


def _typed_out(p: Portfolio) -> Texts:
    """Dropped or Paused as typed for each key result or its objective, Dropped first; else ""."""
    own = texts(p.key_results, "status_typed")
    objective = keys(p.key_results, "objective_key")
    above = np.full(len(own), "", dtype=np.object_)
    there = objective >= 0
    above[there] = texts(p.objectives, "status_typed")[objective[there]]
    return np.select(
        [(own == word) | (above == word) for word in (Status.DROPPED, Status.PAUSED)],
        [np.array(str(word), dtype=np.object_) for word in (Status.DROPPED, Status.PAUSED)],
        np.array("", dtype=np.object_),
    )


def _weights(p: Portfolio, member: Bools) -> Floats:
    frame = p.key_results
    value, kind = numbers(frame, "weight"), kinds(frame, "weight_was")
    group, gone = keys(frame, "objective_key"), flags(frame, "gone")
    return shared_weights(group, value, kind, member, gone, len(p.objectives))


def _expected(frame: pd.DataFrame, judged: Bools, today: int) -> Floats:
    return np.where(judged, pace.expected(today, days(frame, "starts"), days(frame, "due")), np.nan)


def _forecast(frame: pd.DataFrame, known: Effective, found: Outcome) -> Floats:
    forecast = pace.forecast(
        known.value,
        numbers(frame, "start"),
        known.day,
        days(frame, "starts"),
        days(frame, "due"),
        known.several,
    )
    linear = np.isin(texts(frame, "measure"), _LINEAR) & ~np.isnan(found.progress)
    return np.where(linear, forecast, np.nan)


# --- standing -------------------------------------------------------------------------------------


def _gaps(measure: Texts, scored: pd.DataFrame, before_end: Bools) -> Floats:
    score, expected = numbers(scored, "score"), numbers(scored, "expected")
    unmet = before_end & np.isin(measure, LEVELS_HELD) & (score < 1)
    answer = before_end & (measure == Measure.YES_NO)
    return np.where(answer, np.nan, np.where(unmet, 1 - score, expected - score))


def _statuses(p: Portfolio, scored: pd.DataFrame, gap: Floats, scoring: Scoring, today: int) -> Ints:
    """The first status that applies, as positions in pace.STATUSES (OKR.md §3)."""
    frame = p.key_results
    measure, starts, end = texts(frame, "measure"), days(frame, "starts"), last_days(p)
    out = _typed_out(p)
    kpi, contributors = measure == Measure.KPI, measure == Measure.CONTRIBUTORS
    no_value = np.where(contributors, np.isnan(numbers(scored, "score")), texts(scored, "value_was") == "")
    heard = np.maximum(days(scored, "checked_on"), starts)
    said = texts(scored, "status_said")
    rules = (
        (out == Status.DROPPED, Status.DROPPED),
        (out == Status.PAUSED, Status.PAUSED),
        (~flags(frame, "active"), Status.NO_DATA),
        (flags(scored, "done"), Status.DONE),
        (~kpi & (today > end), Status.MISSED),
        (no_value & (today - starts < scoring.not_started_days), Status.NOT_STARTED),
        (no_value, Status.NO_DATA),
        (~contributors & (today <= end) & (today - heard > scoring.outdated_days), Status.OUTDATED),
        *((said == word, word) for word in _SAID),
    )
    by_data = _by_data(measure, scored, gap, scoring, today < end)
    return np.select(
        [mask for mask, _ in rules], [np.int64(pace.status_at(word)) for _, word in rules], by_data
    )


def _by_data(measure: Texts, scored: pd.DataFrame, gap: Floats, scoring: Scoring, before_end: Bools) -> Ints:
    """The status by pace; by the band for a KPI, by confidence for a Yes/No before its last day."""
    progress, confidence = numbers(scored, "progress"), numbers(scored, "confidence")
    in_band = np.select(
        [progress == 1, progress == 0],
        [pace.status_at(Status.ON_TRACK), pace.status_at(Status.OFF_TRACK)],
        pace.status_at(Status.NO_DATA),
    )
    sure = np.select(
        [np.isnan(confidence), confidence < LOW, confidence < HIGH],
        [pace.status_at(word) for word in (Status.NO_DATA, Status.OFF_TRACK, Status.AT_RISK)],
        pace.status_at(Status.ON_TRACK),
    )
    answer = before_end & (measure == Measure.YES_NO)
    return np.select([measure == Measure.KPI, answer], [in_band, sure], pace.pace_statuses(gap, scoring))


def _check_in_due(frame: pd.DataFrame, status: Ints, end: Ints, today: int, due: int) -> Bools:
    owes = flags(frame, "active") & ~flags(frame, "gone")
    owes &= ~np.isin(texts(frame, "measure"), (Measure.CONTRIBUTORS, Measure.KPI))
    begun = days(frame, "starts") <= min(today, due)
    open_still: Bools = owes & begun & (today <= end) & (status != pace.status_at(Status.DONE))
    return open_still

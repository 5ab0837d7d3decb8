"""The B rules: how people go on with their key results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sync.core.cadence import WEEK, Period, period
from sync.core.checks.finding import Hit, finds
from sync.core.checks.wording import day
from sync.core.model import Measure, Status
from sync.core.problems import Rule, Severity, declare

if TYPE_CHECKING:
    from sync.core.checks.view import Mask, View

_CHECK_IN = (
    "Update Current, Confidence or Comment in its row; if nothing changed, type today's date into Last "
    "check-in."
)


# --- B401, B402: check-ins that are owed -------------------------------------------------------------------


@finds(
    declare(
        Rule(
            code="B401",
            severity=Severity.WARNING,
            title="Check-in overdue",
            message="{name} was last checked in on {value}; the check-in due on {due} is missing.",
            hint=_CHECK_IN,
            about="A number that nobody has looked at for a while is not news. The score goes on with the "
            "last value; after two weeks the status becomes Outdated.\n\n"
            "Check-ins are due every week (`[checks] check_in_due_weekday`, Friday) and count from some days "
            "before (`check_in_window_days`, 5). Nothing is owed for KPIs, Contributors, what is done, "
            "paused or dropped, before the first due day after the start, and after the last day of the key "
            "result. Rows of a source that could not be read, or is held, are not reported: the check-ins "
            "may be in it.",
        )
    )
)
def overdue(view: View) -> Iterator[Hit]:
    """Key results that were checked in before, but not for the last due day."""
    last = _last_period(view)
    known = view.given("key_results", "checked_on")
    for key, when in view.rows("key_results", _owing(view, last) & known, "checked_on"):
        params = {"name": view.name("key_results", key), "due": day(last.due)}
        yield Hit("key_results", key, "last_check_in", day(when), params)


@finds(
    declare(
        Rule(
            code="B402",
            severity=Severity.WARNING,
            title="Never checked in",
            message="{name} {state}; the check-in due on {due} is missing.",
            example="MKT-O1-KR2 was never checked in; the check-in due on 2026-10-16 is missing.",
            hint=_CHECK_IN,
            about="Nobody has said yet where this key result stands. Without a value it has no score; with "
            "one, nobody knows of which day the value is, because neither Last check-in nor Check-ins has a "
            "date, and no sync has seen the row change.\n\n"
            "It is reported from the first due day on, under the same conditions as B401, which takes over "
            "after the first check-in.",
        )
    )
)
def never_checked_in(view: View) -> Iterator[Hit]:
    """Key results without any known check-in after their first due day."""
    last = _last_period(view)
    never = ~view.given("key_results", "checked_on")
    valued = view.column("key_results", "current_was") != ""
    for key, raw in view.rows("key_results", _owing(view, last) & never, "current_raw"):
        state = f"stands at {raw}, but of which day is not known" if valued[key] else "was never checked in"
        params = {"name": view.name("key_results", key), "state": state, "due": day(last.due)}
        yield Hit("key_results", key, "current", raw, params)


def _last_period(view: View) -> Period:
    """The newest check-in period whose due day is over."""
    newest = period(view.as_of, view.checks)
    if newest.due < view.as_of:
        return newest
    week = timedelta(days=WEEK)
    return Period(newest.opens - week, newest.due - week)


def _owing(view: View, last: Period) -> Mask:
    """Key results without a check-in for that period that should have one."""
    column = {
        name: view.column("key_results", name)
        for name in ("starts", "due", "checked_on", "status", "measure")
    }
    typed = view.column("key_results", "status_typed")
    running = (column["starts"] < view.moment(last.due)) & (column["due"] >= view.moment(view.as_of))
    over = (column["status"] == Status.DONE) | (column["status"] == Status.MISSED) | (typed == Status.DONE)
    watched = (column["measure"] == Measure.KPI) | (column["measure"] == Measure.CONTRIBUTORS)
    missing = ~(column["checked_on"] >= view.moment(last.opens))
    owing: Mask = (
        view.at_work("key_results") & view.current("key_results") & running & ~over & ~watched & missing
    )
    return owing


@finds(
    declare(
        Rule(
            code="B403",
            severity=Severity.WARNING,
            title="Past due, not done",
            message="{name} was due on {value} and {state}.",
            example="MKT-O1-KR2 was due on 2026-11-30 and has reached 69% of its target.",
            hint="Type its last value; then move Due, carry it over into the next cycle, or set it to "
            "Dropped.",
            about="Its time is over, so its status is Missed and it no longer waits for check-ins. Its score "
            "stays what it is and goes on counting.\n\n"
            "The last day is its Due, or the last day of the cycle. At the end of the cycle a key result "
            "whose grade is green is a success and not reported, although a stretch seldom reaches 1.",
        )
    )
)
def past_due(view: View) -> Iterator[Hit]:
    """Key results at work whose last day is over and that did not get where they should."""
    missed = view.column("key_results", "status") == Status.MISSED
    fine = view.column("key_results", "grade") == "green"
    fine = fine | (view.column("key_results", "status_typed") == Status.DONE)
    hits = view.at_work("key_results") & missed & ~fine
    scored = view.given("key_results", "score")
    cycle_ends = view.column("units", "ends").tolist()
    for key, due, unit, score in view.rows("key_results", hits, "due", "unit_key", "score"):
        state = f"has reached {score:.0%} of its target" if scored[key] else "has no score"
        params = {"name": view.name("key_results", key), "state": state}
        yield Hit("key_results", key, "due", day(min(due, cycle_ends[unit])), params)


# --- B405, B406: what people say and what the numbers say ----------------------------------------


@finds(
    declare(
        Rule(
            code="B405",
            severity=Severity.WARNING,
            title="Typed status contradicts the data",
            message="{name} says {value}, but {contradiction}.",
            example="MKT-O1-KR2 says On track, but it is 23 points behind: 30% done, 53% expected.",
            hint="Clear Status to let the numbers speak, or correct the value.",
            about="A typed status is shown instead of the computed one, unless the numbers say Done or "
            "Missed, or nobody has checked in. So a wrong one hides what the numbers say.\n\n"
            "It contradicts them when On track is said of something further behind than `[scoring] "
            "on_track_gap` (10 points), Off track of something that has moved and is not behind at all, At "
            "risk or Off track of something that has reached its target, Done of something that has not (at "
            "the end: whose grade is not green), and Not started of something that has moved. At risk of "
            "something that is on pace is foresight, not a contradiction. Where there is no score or no "
            "expected pace, nothing is compared.",
        )
    )
)
def contradicted_status(view: View) -> Iterator[Hit]:
    """Objectives and key results at work whose typed status does not fit their score."""
    for table in ("objectives", "key_results"):
        said = view.at_work(table)
        if table == "key_results":  # a later row of Check-ins may say something else
            said &= view.column(table, "status_typed") == view.column(table, "status_said")
        for mask, contradiction in _contradictions(view, table):
            columns = ("status_typed", "score", "expected", "gap")
            for key, status, score, expected, gap in view.rows(table, said & mask, *columns):
                facts = {"score": f"{score:.0%}", "expected": f"{expected:.0%}", "behind": f"{gap * 100:.0f}"}
                params = {
                    "name": _whole_name(view, table, key),
                    "contradiction": contradiction.format(**facts),
                }
                yield Hit(table, key, "status", status, params)


def _whole_name(view: View, table: str, key: int) -> str:
    name = view.name(table, key)
    return f"Objective {name}" if table == "objectives" else name


def _contradictions(view: View, table: str) -> Iterator[tuple[Mask, str]]:
    """Masks of rows with a typed status that does not fit, each with why (of score, expected, behind)."""
    typed, status = view.column(table, "status_typed"), view.column(table, "status")
    score, gap, grade = (view.column(table, name) for name in ("score", "gap", "grade"))
    running = status != Status.MISSED
    worried = (typed == Status.AT_RISK) | (typed == Status.OFF_TRACK)
    behind = gap > view.scoring.on_track_gap
    yield (
        (typed == Status.ON_TRACK) & behind & running,
        "it is {behind} points behind: {score} done, {expected} expected",
    )
    yield worried & (score >= 1), "it has reached its target"
    ahead = (score > 0) & (score < 1) & (gap <= 0)
    yield (typed == Status.OFF_TRACK) & ahead & running, "it is not behind: {score} done, {expected} expected"
    yield (typed == Status.DONE) & (score < 1) & (grade != "green"), "it has reached {score} of its target"
    yield (typed == Status.NOT_STARTED) & _moved(view, table), "it has moved: its score is {score}"


def _moved(view: View, table: str) -> Mask:
    """Rows whose score is not where it began; levels to hold have a score without having begun."""
    moved: Mask = view.column(table, "score") > 0
    if table == "key_results":
        measure = view.column(table, "measure")
        for held in (Measure.AT_LEAST, Measure.AT_MOST, Measure.BETWEEN):
            moved = moved & (measure != held)
    return moved


@finds(
    declare(
        Rule(
            code="B406",
            severity=Severity.WARNING,
            title="Written grade contradicts the values",
            message="{name} has the final grade {value}, {reason}.",
            example="MKT-O1-KR2 has the final grade 0.9, which is green, but its score is 0.52, which is "
            "amber.",
            hint="{mend}",
            about="The grade that a team writes at the end is its own judgement. It is shown beside the "
            "computed score and never replaces it. Where the two tell different stories, somebody should say "
            "why.\n\n"
            "They are compared after the end of the cycle: reported is a grade in another band than the "
            "score (`[scoring] aspirational_bands`, `committed_bands`) that differs by more than 0.05, so "
            "that rounding is no contradiction. A grade that is not from 0 to 1 is reported at any time.",
        )
    )
)
def contradicted_grade(view: View) -> Iterator[Hit]:
    """Objectives and key results whose written grade is in another band than their score, or in none."""
    for table in ("objectives", "key_results"):
        written, score = view.column(table, "final_grade"), view.column(table, "score")
        impossible = (written < 0) | (written > 1)
        band, grade = view.grades_of(table, "final_grade"), view.column(table, "grade")
        apart = (grade != "") & (grade != band) & (abs(written - score) > _ROUNDING)
        hits = view.at_work(table) & (impossible | apart) & view.given(table, "final_grade")
        for key, raw, reached in view.rows(table, hits, "final_grade_raw", "score"):
            params = (
                {"reason": "which is not from 0 to 1", "mend": "Write 0.7, or 70%, for seven tenths."}
                if impossible[key]
                else {
                    "reason": f"which is {band[key]}, but its score is {reached:.2f}, which is {grade[key]}",
                    "mend": "Correct the grade or the last value, or say what the values do not show.",
                }
            )
            yield Hit(table, key, "final_grade", raw, {"name": _whole_name(view, table, key), **params})


_ROUNDING = 0.05


# --- B409, B410: values and dates ------------------------------------------------------------


@finds(
    declare(
        Rule(
            code="B409",
            severity=Severity.WARNING,
            title="On the wrong side of the start",
            message="{name} moved the wrong way: from {start} to {value}, with a target of {target}.",
            hint="If the value is right, say in Comment what happened; otherwise correct it, or the Start.",
            about="The value is further from the target than at the start. That is worth a conversation, or "
            "a typing error.\n\n"
            "The progress is negative and shown as it is; the score is 0. Only key results that go from a "
            "Start to a Target are looked at.",
        )
    )
)
def wrong_way(view: View) -> Iterator[Hit]:
    """Key results at work that go from start to target and stand on the far side of the start."""
    measure = view.column("key_results", "measure")
    going = (measure == Measure.INCREASE) | (measure == Measure.DECREASE)
    back = view.at_work("key_results") & going & (view.column("key_results", "progress") < 0)
    rows = view.rows("key_results", back, "value", "start_raw", "target_raw", "check_in_key")
    for key, value, start, target, check_in in rows:
        params = {"name": view.name("key_results", key), "start": start, "target": target}
        table, at, field = (
            ("check_ins", check_in, "value") if check_in >= 0 else ("key_results", key, "current")
        )
        yield Hit(table, at, field, view.shown(key, value), params)


@finds(
    declare(
        Rule(
            code="B410",
            severity=Severity.ERROR,
            title="Check-in in the future (does not count)",
            message="{name} has a check-in dated {value}, after {today}.",
            hint="Correct the date: a check-in says what was true on its day.",
            about="A date in the future is a typing error (often in the year), or a plan. A plan is no "
            "result.\n\n"
            "The value does not count until its day has come; the newest one that is not in the future does.",
        )
    )
)
def in_the_future(view: View) -> Iterator[Hit]:
    """Rows of Check-ins, and Last check-in of key results, dated after the as-of date."""
    today = view.moment(view.as_of)
    typed = view.column("key_results", "last_check_in") > today
    for key, when in view.rows("key_results", view.present("key_results") & typed, "last_check_in"):
        params = {"name": view.name("key_results", key), "today": day(view.as_of)}
        yield Hit("key_results", key, "last_check_in", day(when), params)
    for key, when, kr_id in view.rows("check_ins", view.column("check_ins", "date") > today, "date", "kr_id"):
        params = {"name": kr_id or "A row without a KR ID", "today": day(view.as_of)}
        yield Hit("check_ins", key, "date", day(when), params)

"""Expected, gap, status, grade, forecast and check-ins of key results: OKR.md §3 and §6.

The cycle runs from 1 October to 31 December 2026; its last day is day 91.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core import pace
from sync.core.model import Amount, Gone, KeyResultRow, Was
from sync.core.policy import Scoring
from sync.core.portfolio import Seen
from tests.sheets import CYCLE, ENDS, STARTS, check_in, company, kr, o, view

YES, NO = Amount(1.0, Was.BOOL, "yes"), Amount(0.0, Was.BOOL, "no")
AFTER = ENDS + timedelta(days=1)


def on(day: int) -> date:
    """That day of the cycle; its first is day 0."""
    return STARTS + timedelta(days=day)


def scored(row: KeyResultRow, *check_ins: Any, **settings: Any) -> pd.Series[Any]:
    """The scores of a company's only key result."""
    return view(company(o("CO-O1"), row, *check_ins), **settings).scores.key_results.iloc[0]


def standing(day: date, **fields: Any) -> pd.Series[Any]:
    """The scores of a key result that was checked on that day."""
    return scored(kr("CO-O1-KR1", **({"last_check_in": day} | fields)), as_of=day)


@pytest.mark.parametrize(
    ("day", "starts", "due", "expected"),
    (
        (on(-3), None, None, 0),
        (on(0), None, None, 0),
        (on(13), None, None, 13 / 91),
        (on(91), None, None, 1),
        (on(99), None, None, 1),
        (on(20), on(10), on(30), 0.5),
        (on(30), None, on(30), 1),
        (on(20), on(20), on(20), 1),
        (on(19), on(20), on(20), 0),
        (on(29), on(40), on(30), 0),  # an impossible period expects nothing before its end
        (on(30), on(40), on(30), 1),
    ),
)
def test_expected_is_linear_from_the_first_day_to_the_last(day, starts, due, expected):
    result = standing(day, starts=starts, due=due)
    assert result["expected"] == pytest.approx(expected, abs=1e-12)
    assert result["gap"] == pytest.approx(expected - 0.5, abs=1e-12)


@pytest.mark.parametrize(
    ("current", "status"),
    (
        (50, "On track"),
        (40, "On track"),  # a gap of 0.1, which floating numbers miss by a last bit
        (39.9, "At risk"),
        (25, "At risk"),
        (24.9, "Off track"),
        (-10, "Off track"),
        (99.9, "On track"),
        (100, "Done"),
        (120, "Done"),
    ),
)
def test_the_pace_bands_decide_where_nobody_says_otherwise(current, status):
    middle = on(50)
    assert standing(middle, start=0, target=100, current=current, due=on(100))["status"] == status


def test_the_bands_are_settings():
    row = kr("CO-O1-KR1", start=0, target=100, current=40, last_check_in=on(50), due=on(100))
    strict = Scoring(on_track_gap=0.05, at_risk_gap=0.10)
    assert scored(row, as_of=on(50), scoring=strict)["status"] == "At risk"


@pytest.mark.parametrize(
    ("day", "fields", "status"),
    (
        (on(0), {"current": None}, "Not started"),
        (on(6), {"current": None}, "Not started"),
        (on(7), {"current": None}, "No data"),
        (on(30), {"current": None, "starts": on(24)}, "Not started"),
        (on(30), {"current": None, "status": "On track"}, "No data"),
        (on(0), {"current": 0}, "On track"),
        (on(-5), {"current": 0}, "On track"),
        (ENDS, {"current": 9.99}, "On track"),
        (AFTER, {"current": 9.99}, "Missed"),
        (AFTER, {"current": None}, "Missed"),
        (AFTER, {"current": 10}, "Done"),
        (on(30), {"current": 9, "due": on(29)}, "Missed"),
        (on(30), {"current": 9, "due": on(30)}, "On track"),
        (AFTER, {"current": 9, "due": AFTER}, "Missed"),
        (on(45), {"current": 0}, "Off track"),
        (on(45), {"current": 0, "status": "At risk"}, "At risk"),
        (on(45), {"current": 0, "status": "On track"}, "On track"),
        (on(45), {"current": 9, "status": "Off track"}, "Off track"),
        (on(45), {"current": 9, "status": "Done"}, "On track"),  # typed, but not true
        (on(45), {"current": 9, "status": "Not started"}, "On track"),
        (on(45), {"current": 10, "status": "Paused"}, "Paused"),
        (AFTER, {"current": 0, "status": "Dropped"}, "Dropped"),
        (on(45), {"current": 9, "last_check_in": on(31)}, "On track"),
        (on(45), {"current": 9, "last_check_in": on(30)}, "Outdated"),
        (on(45), {"current": 9, "last_check_in": on(30), "status": "On track"}, "Outdated"),
        (on(45), {"current": 10, "last_check_in": on(30)}, "Done"),
        (on(45), {"current": 9, "last_check_in": None}, "Outdated"),
        (on(14), {"current": 9, "last_check_in": None}, "On track"),
        (on(45), {"current": 9, "last_check_in": None, "starts": on(31)}, "On track"),
        (AFTER, {"current": 9, "last_check_in": on(30)}, "Missed"),
        (on(45), {"target": 0, "current": 9}, "No data"),  # start equals target
        (on(45), {"target": 0, "current": 9, "status": "At risk"}, "At risk"),
    ),
)
def test_the_first_status_that_applies(day, fields, status):
    assert standing(day, **({"start": 0, "target": 10} | fields))["status"] == status


@pytest.mark.parametrize(
    ("day", "current", "status", "gap"),
    (
        (on(0), 15, "On track", -1),
        (on(45), 15, "On track", 45 / 91 - 1),
        (on(45), 16.5, "On track", 0.1),
        (on(45), 18, "At risk", 0.2),
        (on(45), 22.5, "Off track", 0.5),
        (on(0), 22.5, "Off track", 0.5),
        (ENDS, 15, "Done", 0),
        (ENDS, 16.5, "On track", 0.1),
        (AFTER, 16.5, "Missed", 0.1),
        (AFTER, 15, "Done", 0),
    ),
)
def test_a_level_is_held_until_due_and_done_only_then(day, current, status, gap):
    result = standing(day, measure="At most", target=15, current=current)
    assert (result["status"], result["gap"]) == (status, pytest.approx(gap, abs=1e-12))


def test_a_level_with_an_own_due_is_done_on_that_day():
    early = {"measure": "At least", "target": 5, "current": 5, "due": on(30)}
    assert standing(on(29), **early)["status"] == "On track"
    assert standing(on(30), **early)["status"] == "Done"
    assert standing(on(30), measure="Between", start=1, target=9, current=5, due=on(30))["status"] == "Done"
    late = early | {"due": AFTER}
    assert standing(ENDS, **late)["status"] == "Done"


@pytest.mark.parametrize(
    ("day", "current", "confidence", "status"),
    (
        (on(45), NO, 8, "On track"),
        (on(45), NO, 7.9, "At risk"),
        (on(45), NO, 4, "At risk"),
        (on(45), NO, 3.9, "Off track"),
        (on(45), NO, None, "No data"),
        (on(45), YES, None, "Done"),
        (on(45), None, 9, "No data"),
        (ENDS, NO, 9, "Off track"),
        (AFTER, NO, 9, "Missed"),
    ),
)
def test_a_yes_no_is_judged_by_confidence_until_due(day, current, confidence, status):
    assert standing(day, measure="Yes/No", current=current, confidence=confidence)["status"] == status


@pytest.mark.parametrize(
    ("day", "current", "status"),
    ((on(45), 3, "On track"), (on(45), 9, "Off track"), (AFTER, 9, "Off track"), (on(45), None, "No data")),
)
def test_a_kpi_is_in_band_or_out_of_it_and_never_done_or_missed(day, current, status):
    result = standing(day, measure="KPI", start=1, target=5, current=current)
    assert result["status"] == status
    assert math.isnan(result["expected"])
    assert math.isnan(result["gap"])


@pytest.mark.parametrize(
    ("ambition", "current", "grade"),
    (
        ("", 3.9, "red"),
        ("", 4, "amber"),
        ("Aspirational", 6.9, "amber"),
        ("Aspirational", 7, "green"),
        ("Committed", 6.9, "red"),
        ("Committed", 7, "amber"),
        ("Committed", 9.9, "amber"),
        ("Committed", 10, "green"),
        ("Committed", 12, "green"),
        ("Committed", None, ""),
    ),
)
def test_grades_at_the_end_by_the_objectives_ambition(ambition, current, grade):
    sheet = company(o("CO-O1", ambition=ambition), kr("CO-O1-KR1", start=0, target=10, current=current))
    for day, expected in ((on(90), ""), (ENDS, grade), (AFTER, grade)):
        scores = view(sheet, as_of=day).scores
        assert scores.key_results["grade"].tolist() == [expected]
        assert scores.objectives["grade"].tolist() == [expected]


@pytest.mark.parametrize(
    ("current", "checked", "check_ins", "forecast"),
    (
        (5, on(20), (), 5 + 5 / 20 * 71),  # more than a fifth of the period
        (5, on(18), (), None),
        (5, on(18), ((on(7), 2),), 5 + 5 / 18 * 73),  # or values of two days
        (5, on(18), ((on(18), 2),), None),
        (None, None, ((on(7), 2), (on(10), 4)), 4 + 4 / 10 * 81),
        (5, on(0), ((on(-7), 2),), None),  # nothing elapsed
        (5, None, (), None),  # since when?
        (None, on(20), (), None),
    ),
)
def test_forecast_goes_on_as_from_the_start_to_the_newest_value(current, checked, check_ins, forecast):
    row = kr("CO-O1-KR1", start=0, target=10, current=current, last_check_in=checked)
    rows = [check_in(day, "CO-O1-KR1", value) for day, value in check_ins]
    result = scored(row, *rows, as_of=on(30))["forecast"]
    assert result == pytest.approx(math.nan if forecast is None else forecast, nan_ok=True)


def test_forecast_is_for_increase_and_decrease():
    assert standing(on(30), start=10, target=0, current=8)["forecast"] == pytest.approx(8 - 2 / 30 * 61)
    for measure in ("At least", "At most", "Between", "KPI"):
        assert math.isnan(standing(on(30), measure=measure, start=0, target=10, current=5)["forecast"])
    assert standing(AFTER, start=0, target=10, current=8)["forecast"] == 8
    assert math.isnan(standing(on(30), start=0, target=1e308, current=1e308)["forecast"])


# --- check-ins --------------------------------------------------------------------------------------

WEDNESDAY = date(2026, 11, 18)  # the period opened on Sunday the 15th and is due on Friday the 20th


@pytest.mark.parametrize(
    ("typed", "rows", "changed", "checked_on", "in_period"),
    (
        (None, (), None, None, False),
        (date(2026, 11, 14), (), None, date(2026, 11, 14), False),
        (date(2026, 11, 15), (), None, date(2026, 11, 15), True),
        (None, (date(2026, 11, 16), date(2026, 11, 2)), None, date(2026, 11, 16), True),
        (None, (), date(2026, 11, 17), date(2026, 11, 17), True),
        (date(2026, 11, 19), (date(2026, 11, 20),), None, None, False),
        (date(2026, 11, 2), (date(2026, 11, 9),), date(2026, 11, 3), date(2026, 11, 9), False),
    ),
)
def test_the_newest_check_in_is_typed_written_or_seen(typed, rows, changed, checked_on, in_period):
    row = kr("CO-O1-KR1", last_check_in=typed)
    check_ins = [check_in(day, "CO-O1-KR1", confidence=5) for day in rows]
    seen = {("Acme", CYCLE, "CO-O1-KR1"): Seen(None, changed)}
    result = scored(row, *check_ins, seen=seen, as_of=WEDNESDAY)
    found = result["checked_on"]
    assert (None if pd.isna(found) else found.date()) == checked_on
    assert result["checked_in_period"] == in_period


@pytest.mark.parametrize(
    ("fields", "due"),
    (
        ({}, True),
        ({"current": 10}, False),  # Done
        ({"measure": "At least", "current": 10}, True),  # met, but not done before the end
        ({"measure": "KPI"}, False),
        ({"measure": "Contributors"}, False),
        ({"status": "Paused"}, False),
        ({"starts": date(2026, 11, 18)}, True),
        ({"starts": date(2026, 11, 19)}, False),
        ({"due": date(2026, 11, 18)}, True),
        ({"due": date(2026, 11, 17)}, False),
        ({"current": None}, True),
        ({"target": 0}, True),  # it cannot be scored, but somebody should look at it
    ),
)
def test_which_key_results_owe_a_check_in(fields, due):
    cells = {"start": 0, "target": 10, "current": 5}
    assert scored(kr("CO-O1-KR1", **(cells | fields)), as_of=WEDNESDAY)["check_in_due"] == due


def test_a_row_that_has_gone_from_its_sheet_owes_no_check_in():
    sheet = company(o("CO-O1"), kr("CO-O1-KR1"), kr("CO-O1-KR2"))
    gone = sheet._replace(gone=(Gone("key_results", "CO-O1-KR2", (WEDNESDAY,)),))
    scores = view(gone, as_of=WEDNESDAY).scores.key_results
    assert scores["check_in_due"].tolist() == [True, False]
    assert scores["score"].notna().all()


def test_a_key_result_that_starts_after_the_due_day_owes_nothing_yet():
    saturday = date(2026, 11, 21)
    begun = kr("CO-O1-KR1", starts=saturday)
    assert not scored(begun, as_of=saturday)["check_in_due"]
    assert scored(begun, as_of=saturday + timedelta(days=1))["check_in_due"]


# --- properties -------------------------------------------------------------------------------------

DAY = st.integers(-400, 400)


@given(DAY, DAY, DAY)
def test_expected_is_a_fraction_that_never_falls(today, starts, due):
    now, tomorrow = (pace.expected(day, np.array([starts]), np.array([due]))[0] for day in (today, today + 1))
    assert 0 <= now <= tomorrow <= 1
    assert pace.expected(due, np.array([starts]), np.array([due]))[0] == 1


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_higher_score_has_no_lower_grade(one, other, committed):
    scores = np.array(sorted((one, other)))
    low, high = pace.grades(scores, np.full(2, committed), np.full(2, fill_value=True), Scoring())
    assert pace.GRADES.index(low) <= pace.GRADES.index(high)

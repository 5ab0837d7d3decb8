"""Progress of key results by their measure, and which value counts: OKR.md §2."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core import milestones
from sync.core.model import Amount, CheckInRow, KeyResultRow, Was
from sync.core.portfolio import Seen
from tests.sheets import CYCLE, TODAY, check_in, company, kr, o, view

ERROR = Amount(None, Was.ERROR, "#REF!")
YES, NO = Amount(1.0, Was.BOOL, "yes"), Amount(0.0, Was.BOOL, "no")
TOMORROW = date(2026, 11, 19)


def scored(row: KeyResultRow, *check_ins: CheckInRow, **settings: Any) -> pd.Series[Any]:
    """The scores of a company's only key result."""
    found = view(company(o("CO-O1"), row, *check_ins), **settings)
    return found.scores.key_results.iloc[0]


def one(**fields: Any) -> pd.Series[Any]:
    """The scores of one key result with those cells."""
    return scored(kr("CO-O1-KR1", **({"current": None} | fields)))


def assert_progress(result: pd.Series[Any], progress: float | None) -> None:
    """Its progress and score; None: no score."""
    if progress is None:
        assert math.isnan(result["progress"])
        assert math.isnan(result["score"])
        assert result["unscored"]
    else:
        assert result["progress"] == pytest.approx(progress, abs=1e-12)
        assert result["score"] == min(max(result["progress"], 0), 1)
        assert result["unscored"] == ""


# --- one value --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "start", "target", "current", "progress"),
    (
        ("Increase", 31, 45, 38, 0.5),
        ("Increase", 0, 10, 5.9, 0.59),
        ("Increase", 31, 45, 45, 1),
        ("Increase", 31, 45, 52, 1.5),
        ("Increase", 31, 45, 24, -0.5),
        ("Increase", -10, -5, -6, 0.8),
        ("Decrease", 20, 10, 12.5, 0.75),
        ("Decrease", 20, 10, 22, -0.2),
        ("Increase", 20, 10, 12.5, 0.75),  # Q212; one formula for both
        ("Decrease", 0, 10, 4, 0.4),  # Q212
        ("", 31, 45, 38, 0.5),
        ("", 20, 10, 12.5, 0.75),
        ("Increase", "20%", "60%", "30%", 0.25),
        ("Increase", 0, "60%", "15%", 0.25),
        ("Increase", "20%", "60%", 0, -0.5),
        ("At least", None, 50, 45, 0.9),
        ("At least", None, 50, 60, 1.2),
        ("At least", None, "99%", "99%", 1),
        ("At least", 30, 50, 25, 0.5),  # the start is not looked at
        ("At least", None, 0, 0, 1),
        ("At least", None, 0, 3, 1),
        ("At least", -10, 0, -4, 0.6),
        ("At least", -10, -5, -7, 0.6),
        ("At most", None, 15, 0, 2),
        ("At most", None, 15, 15, 1),
        ("At most", None, 15, 22.5, 0.5),
        ("At most", None, 15, 30, 0),
        ("At most", None, 15, 45, -1),
        ("At most", None, 0, 0, 1),
        ("At most", None, 0, -1, 1),
        ("At most", 8, 0, 2, 0.75),
        ("At most", -2, -4, -3, 0.5),
        ("At most", "8%", 0, "2%", 0.75),
    ),
)
def test_progress_of_one_value(measure, start, target, current, progress):
    assert_progress(one(measure=measure, start=start, target=target, current=current), progress)


@pytest.mark.parametrize(
    ("measure", "start", "target", "current"),
    (
        ("At most", None, 0, 2),
        ("At least", None, -5, -7),
        ("At most", 0, 0, 2),  # start equals target
        ("At most", -5, 0, 3),  # the start met the target: the formula would say 1.6
        ("At least", 5, 0, -3),
    ),
)
def test_an_unmet_level_without_a_start_below_it_is_0_with_a_hint(measure, start, target, current):
    result = one(measure=measure, start=start, target=target, current=current)
    assert_progress(result, 0)
    assert result["give_start"]


def test_the_hint_to_give_a_start_is_for_nobody_else():
    assert not one(measure="At most", target=0, current=0)["give_start"]
    assert not one(measure="At most", target=15, current=30)["give_start"]
    assert not one(measure="At most", start=8, target=0, current=2)["give_start"]
    assert not one(measure="At most", target=0)["give_start"]


@pytest.mark.parametrize(
    ("current", "progress"),
    (
        (YES, 1),
        (NO, 0),
        (1, 1),
        (0, 0),
        (True, 1),
        ("100%", 1),
        ("0%", 0),
        (0.5, None),
        (2, None),
        ("50%", None),
    ),
)
def test_progress_of_yes_no(current, progress):
    assert_progress(one(measure="Yes/No", current=current), progress)


@pytest.mark.parametrize(
    ("milestones", "current", "progress"),
    (
        ("Design 20%; Build 60%; Launch 20%", "Design", 0.2),
        ("Design 20%; Build 60%; Launch 20%", " build ", 0.8),
        ("Design 20%; Build 60%; Launch 20%", "Launch 20 %", 1),
        ("Design 20%; Build 60%; Launch 20%", "45%", 0.45),
        ("Design 20%; Build 60%; Launch 20%", 0, 0),
        ("Design 20%; Build 60%; Launch 20%", 2, 0.8),
        ("Design 20%; Build 60%; Launch 20%", 3, 1),
        ("Design 20%; Build 60%; Launch 20%", 4, None),
        ("Design 20%; Build 60%; Launch 20%", -1, None),
        ("Design 20%; Build 60%; Launch 20%", 1.5, None),
        ("Design 20%; Build 60%; Launch 20%", "Sell", None),
        ("Design 20%; Build 60%; Launch 20%", None, None),
        ("Design\nBuild\nLaunch", "Build", 2 / 3),
        ("Plan 12,5%; Do 87.5%", "Plan", 0.125),
        ("Plan (30 %); Do (70 %)", "Plan", 0.3),
        ("Draft; Done", Amount(1.0, Was.BOOL, "done"), 1),
        ("Draft; Draft; Done", "Draft", None),  # which of the two?
        ("Draft; Draft; Done", 2, 2 / 3),
        ("Reach 50% of users; Reach all", "Reach 50% of users", 0.5),
        ("Design 20%; Build", "Design", None),
        ("Design 20%; Build 70%", "Design", None),
        ("33%; 33%; 33%", 1, None),
        ("", "Design", None),
        ("", "40%", None),
        ("Design; Build", ERROR, None),
        ("Design; Build", True, None),
    ),
)
def test_progress_of_milestones(milestones, current, progress):
    cell = Amount(None, Was.TEXT, current) if isinstance(current, str) and current[-1] != "%" else current
    if current == "Launch 20 %":
        cell = Amount(None, Was.TEXT, current)
    assert_progress(one(measure="Milestone", milestones=milestones, current=cell), progress)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_all_stages_done_is_exactly_1(parts):
    weights = [f"S{n} {part}%" for n, part in enumerate(parts)]
    weights.append(f"Rest {100 - sum(parts)}%" if sum(parts) < 100 else "Rest")
    stages = milestones.parse("; ".join(weights))
    assert (stages is None) == (sum(parts) >= 100)
    if stages is not None:
        assert stages.done[0] == 0
        assert stages.done[-1] == 1
        assert list(stages.done) == sorted(stages.done)


@given(st.text(max_size=60))
def test_any_text_is_a_plan_or_none(text):
    stages = milestones.parse(text)
    assert stages is None or len(stages.done) == len(stages.names) + 1


def test_long_texts_of_milestones_take_no_time():
    for filler in (" ", "-", "1", "1.", "%", "("):
        milestones.parse("a" + filler * 30_000 + "b%")


@pytest.mark.parametrize(
    ("start", "target", "current", "band"),
    (
        (1, 5, 3, 1),
        (1, 5, 1, 1),
        (1, 5, 5, 1),
        (1, 5, 6, 0),
        (1, 5, None, None),
        (None, 5, 3, None),
        (5, 1, 3, None),
    ),
)
def test_a_kpi_is_in_its_band_or_out_of_it_and_has_no_score(start, target, current, band):
    result = one(measure="KPI", start=start, target=target, current=current)
    assert result["progress"] == pytest.approx(band if band is not None else math.nan, nan_ok=True)
    assert math.isnan(result["score"])
    assert (result["unscored"], result["scorable"], result["weight_used"]) == ("KPI", False, 0)


@pytest.mark.parametrize(
    ("fields", "reason", "scorable"),
    (
        ({"measure": "Increase", "start": 1, "target": 5}, "no value", True),
        ({"measure": "Increase", "target": 5, "current": 3}, "needs a start", False),
        ({"measure": "Increase", "start": 1, "current": 3}, "needs a target", False),
        ({"measure": "At most", "current": 3}, "needs a target", False),
        ({"measure": "Increase", "start": 5, "target": 5, "current": 3}, "start equals target", False),
        ({"start": 5, "target": 5, "current": 3}, "start equals target", False),
        ({"target": 5, "current": 3}, "needs a measure", False),
        ({"measure": "Grow", "start": 1, "target": 5, "current": 3}, "needs a measure", False),
        ({"measure": "Between", "start": 5, "target": 1, "current": 3}, "start is above target", False),
        ({"measure": "Between", "target": 1, "current": 3}, "needs a start and a target", False),
        ({"measure": "Milestone", "current": 1}, "needs milestones", False),
        (
            {"measure": "Milestone", "milestones": "A 1%; B", "current": 1},
            "milestone weights are not 100 %",
            False,
        ),
        ({"measure": "Milestone", "milestones": "A; B", "current": 7}, "not a stage of its milestones", True),
        ({"measure": "Contributors", "current": 0.5}, "no contributor with a score", True),
        ({"measure": "Yes/No", "current": 7}, "neither yes nor no", True),
        ({"measure": "Increase", "start": 0, "target": 5, "current": YES}, "not a number", True),
        ({"measure": "Increase", "start": ERROR, "target": 5, "current": 3}, "cell error", True),
        ({"start": ERROR, "target": 5, "current": 3}, "cell error", True),
        ({"measure": "At least", "target": ERROR, "current": 3}, "cell error", True),
        ({"measure": "At most", "target": 0, "current": 3, "start": ERROR}, "cell error", True),
        ({"measure": "Between", "start": 1, "target": 2, "current": ERROR}, "cell error", True),
        ({"start": 1, "target": 5, "current": 3, "status": "Paused"}, "paused", False),
        ({"start": 1, "target": 5, "current": 3, "status": "Dropped"}, "dropped", False),
        ({"start": 0, "target": 1e-320, "current": 1e300}, "not a finite number", True),
        ({"start": -1e308, "target": 1e308, "current": 1e308}, "not a finite number", True),
        ({"start": -1e308, "target": 1e308, "current": 0}, "not a finite number", True),
        ({"measure": "At least", "target": 1e-320, "current": 1e300}, "not a finite number", True),
    ),
)
def test_why_there_is_no_score(fields, reason, scorable):
    result = one(**fields)
    assert_progress(result, None)
    assert (result["unscored"], result["scorable"]) == (reason, scorable)
    assert result["as_if_zero"] == pytest.approx(0 if scorable else math.nan, nan_ok=True)


def test_errors_in_cells_that_the_measure_does_not_need_do_no_harm():
    assert_progress(one(measure="At least", start=ERROR, target=4, current=3), 0.75)
    assert_progress(one(measure="At most", start=ERROR, target=0, current=0), 1)
    assert_progress(one(measure="Yes/No", start=ERROR, target=ERROR, current=YES), 1)


@pytest.mark.parametrize(
    ("fields", "measure"),
    (
        ({"start": 0, "target": 5}, "Increase"),
        ({"start": 5, "target": 0}, "Decrease"),
        ({"start": 5, "target": 5}, "Increase"),
        ({"start": 0, "target": 5, "milestones": "A; B"}, "Increase"),
        ({"milestones": "A; B", "current": 1}, "Milestone"),
        ({"current": YES}, "Yes/No"),
        ({"current": 1}, ""),
        ({"target": 5, "current": 1}, ""),
        ({"start": 5, "current": 1}, ""),
        ({"measure": "At most", "start": 0, "target": 5}, "At most"),
        ({"measure": "Atmost", "start": 0, "target": 5}, ""),
    ),
)
def test_a_blank_measure_is_inferred_and_a_misspelt_one_is_not(fields, measure):
    found = view(company(o("CO-O1"), kr("CO-O1-KR1", **({"current": None} | fields))))
    assert found.portfolio.key_results["measure"].tolist() == [measure]


# --- percents and plain numbers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "start", "target", "current", "mixed"),
    (
        ("Increase", "20%", "60%", 30, True),
        ("Increase", "20%", 60, "30%", True),
        ("Increase", 20, "60%", "30%", True),
        ("Increase", "20%", "60%", 0.3, True),
        ("Increase", 0, 0.6, "30%", True),
        ("Increase", 0, "60%", "30%", False),
        ("At least", 20, "60%", "30%", False),  # the start is not needed
        ("At least", None, "60%", 30, True),
        ("At most", 20, 0, "30%", True),  # here it is
        ("Between", "20%", "60%", 30, True),
        ("Between", "20%", 60, "30%", True),
        ("KPI", "20%", "60%", 30, True),
        ("KPI", "20%", "60%", "30%", False),
        ("Yes/No", "20%", 60, YES, False),
    ),
)
def test_percents_beside_plain_numbers_are_no_score(measure, start, target, current, mixed):
    result = one(measure=measure, start=start, target=target, current=current)
    assert result["mixed"] == mixed
    if measure != "KPI":
        assert (result["unscored"] == "percent and plain numbers mixed") == mixed
    assert math.isnan(result["progress"]) == mixed


def test_a_value_in_check_ins_is_compared_with_the_targets_cell():
    row = kr("CO-O1-KR1", start="0%", target="60%", last_check_in=None)
    assert_progress(scored(row, check_in(date(2026, 11, 2), "CO-O1-KR1", "30%")), 0.5)
    assert scored(row, check_in(date(2026, 11, 2), "CO-O1-KR1", 30))["mixed"]


# --- which value counts -----------------------------------------------------------------------------

NOV2, NOV9, NOV16 = date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)


def effective(
    current: Any, typed: date | None, *check_ins: tuple[date | None, Any], seen: date | None = None
) -> Any:
    """(value, where from, its date) for a key result from 0 to 100."""
    row = kr("CO-O1-KR1", start=0, target=100, current=current, last_check_in=typed)
    rows = [check_in(on, "CO-O1-KR1", value) for on, value in check_ins]
    known = {("Acme", CYCLE, "CO-O1-KR1"): Seen(seen, None)}
    result = scored(row, *rows, seen=known)
    on = result["value_date"]
    value = None if math.isnan(result["value"]) else result["value"]
    return value, result["value_from"], None if pd.isna(on) else on.date()


@pytest.mark.parametrize(
    ("current", "typed", "check_ins", "expected"),
    (
        (5, NOV9, (), (5, "current", NOV9)),
        (5, None, (), (5, "current", None)),
        (5, NOV9, ((NOV16, 7),), (7, "check_in", NOV16)),
        (5, NOV9, ((NOV9, 7),), (5, "current", NOV9)),
        (5, NOV9, ((NOV2, 7),), (5, "current", NOV9)),
        (5, None, ((NOV2, 7),), (7, "check_in", NOV2)),
        (None, NOV9, ((NOV2, 7),), (7, "check_in", NOV2)),
        (5, NOV2, ((NOV16, 7), (NOV9, 6)), (7, "check_in", NOV16)),
        (5, NOV2, ((NOV9, 6), (NOV9, 8)), (8, "check_in", NOV9)),  # the lower row of one day
        (5, NOV2, ((NOV9, 6), (NOV16, None)), (6, "check_in", NOV9)),
        (5, NOV2, ((NOV9, 6), (None, 9)), (6, "check_in", NOV9)),
        (5, NOV2, ((NOV9, 6), (TOMORROW, 9)), (6, "check_in", NOV9)),
        (5, TOMORROW, ((NOV9, 6),), (6, "check_in", NOV9)),
        (5, TOMORROW, (), (None, "", None)),
        (5, TODAY, ((TODAY, 6),), (5, "current", TODAY)),
        (None, None, (), (None, "", None)),
        (0, NOV2, (), (0, "current", NOV2)),
    ),
)
def test_a_row_of_check_ins_counts_when_it_is_newer(current, typed, check_ins, expected):
    assert effective(current, typed, *check_ins) == expected


def test_the_first_sync_that_saw_a_value_dates_it():
    assert effective(5, None, (NOV9, 7), seen=NOV16) == (5, "current", NOV16)
    assert effective(5, None, (NOV9, 7), seen=NOV2) == (7, "check_in", NOV9)
    assert effective(5, NOV2, (NOV9, 7), seen=NOV16) == (7, "check_in", NOV9)
    assert effective(5, None, (NOV9, 7), seen=TOMORROW) == (7, "check_in", NOV9)


def test_trust_05_a_newest_value_that_cannot_be_read_never_falls_back_to_an_older_one():
    row = kr("CO-O1-KR1", start=0, target=100, current=5, last_check_in=NOV2)
    result = scored(row, check_in(NOV9, "CO-O1-KR1", 40), check_in(NOV16, "CO-O1-KR1", ERROR))
    assert_progress(result, None)
    assert (result["unscored"], result["value_raw"]) == ("cell error", "#REF!")
    broken = row._replace(current=ERROR)
    assert one(start=0, target=9, current=ERROR)["unscored"] == "cell error"
    assert_progress(scored(broken, check_in(NOV9, "CO-O1-KR1", 40)), 0.4)


def test_a_value_in_the_future_is_named_as_the_reason():
    assert scored(kr("CO-O1-KR1", last_check_in=TOMORROW))["unscored"] == "dated in the future"
    between = kr("CO-O1-KR1", measure="Between", start=0, target=9, current=5, last_check_in=TOMORROW)
    assert scored(between)["unscored"] == "dated in the future"
    nothing = kr("CO-O1-KR1", start=0, target=9, last_check_in=TOMORROW)
    assert scored(nothing)["unscored"] == "no value"


def test_confidence_and_status_come_from_the_newest_row_too():
    row = kr("CO-O1-KR1", start=0, target=10, current=1, confidence=3, status="Off track", last_check_in=NOV9)
    newer = check_in(NOV16, "CO-O1-KR1", confidence=8, status="On track")
    older = newer._replace(date=NOV2)
    assert tuple(scored(row, newer)[["confidence", "status_said", "status"]]) == (8, "On track", "On track")
    assert tuple(scored(row, older)[["confidence", "status_said", "status"]]) == (3, "Off track", "Off track")
    later = scored(row, newer, check_in(date(2026, 11, 17), "CO-O1-KR1", 2))
    assert tuple(later[["confidence", "status_said"]]) == (8, "On track")


@pytest.mark.parametrize("confidence", (ERROR, 11, -1, "70%"))
def test_what_is_no_confidence_from_0_to_10_is_none(confidence):
    assert math.isnan(one(confidence=confidence)["confidence"])


# --- Between ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "typed", "check_ins", "progress"),
    (
        (3, None, (), 1),
        (9, None, (), 0),
        (None, None, (), None),
        (3, NOV9, (), 1),
        (3, None, ((NOV2, 9),), 0),  # an undated Current is not newer
        (3, NOV9, ((NOV2, 9),), 0.5),
        (3, NOV9, ((NOV9, 9),), 0),  # same day: no second check-in
        (3, NOV2, ((NOV9, 9),), 0),
        (9, NOV16, ((NOV2, 2), (NOV9, 4)), 2 / 3),
        (None, None, ((NOV2, 9), (NOV2, 4)), 1),  # the latest of a day
        (None, None, ((NOV2, 4), (NOV2, 9)), 0),
        (None, None, ((NOV2, 2), (NOV9, 4), (NOV16, 1)), 2 / 3),
        (None, None, ((NOV2, 3), (date(2026, 9, 30), 9)), 1),  # before the period
        (None, None, ((NOV2, 3), (TOMORROW, 9)), 1),
        (None, None, ((NOV2, 3), (None, 9)), 1),
        (None, None, ((NOV2, 3), (NOV9, None)), 1),
        (9, date(2026, 9, 30), (), None),  # a value from before the period
        (9, TOMORROW, ((NOV2, 3),), 1),
        (None, None, ((NOV2, 3), (NOV9, ERROR)), None),
        (None, None, ((NOV2, 3), (NOV9, "3%")), None),
        (None, None, ((NOV2, 3), (NOV9, "fine")), None),
    ),
)
def test_between_is_the_share_of_check_ins_in_the_band(current, typed, check_ins, progress):
    row = kr("CO-O1-KR1", measure="Between", start=2, target=4, current=current, last_check_in=typed)
    rows = [check_in(on, "CO-O1-KR1", value) for on, value in check_ins]
    assert_progress(scored(row, *rows), progress)


def test_a_band_may_be_a_single_point():
    for current, progress in ((3, 1), (4, 0)):
        assert_progress(one(measure="Between", start=3, target=3, current=current), progress)


def test_how_often_we_sync_does_not_change_a_between():
    row = kr("CO-O1-KR1", measure="Between", start=2, target=4, current=9, last_check_in=None)
    for seen in (None, NOV2, NOV16):
        known = {("Acme", CYCLE, "CO-O1-KR1"): Seen(seen, seen)}
        assert_progress(scored(row, check_in(NOV9, "CO-O1-KR1", 3), seen=known), 1)


def test_between_counts_in_its_own_period():
    row = kr("CO-O1-KR1", measure="Between", start=2, target=4, last_check_in=None, current=None)
    rows = [check_in(on, "CO-O1-KR1", value) for on, value in ((NOV2, 3), (NOV9, 9), (NOV16, 9))]
    assert_progress(scored(row._replace(due=NOV2), *rows), 1)
    assert_progress(scored(row._replace(starts=NOV9), *rows), 0)


def test_no_score_for_what_nobody_can_tell_apart():
    sheet = company(o("CO-O1"), kr("CO-O1-KR1", objective_id="nobody knows"), kr("CO-O1-KR2"))
    twice = sheet._replace(
        key_results=(*sheet.key_results, sheet.key_results[1]._replace(identity="!1", row=9))
    )
    reasons = view(company(o("CO-O2"), o("CO-O3"))._replace(key_results=twice.key_results)).scores.key_results
    assert set(reasons["unscored"]) == {"no objective"}
    (_, fine, duplicate) = view(twice).scores.key_results["unscored"]
    assert (fine, duplicate) == ("", "duplicate id")

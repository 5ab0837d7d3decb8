"""Objectives and units from the scores of key results: OKR.md §4. Today is day 48 of 91 of the cycle."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.checks.view import View
from sync.core.means import weighted_means
from sync.core.model import Amount, KeyResultRow, TeamSheet, Was
from sync.core.policy import RollUp, Scoring
from tests.sheets import ENDS, STARTS, TODAY, company, kr, o, team, view

ERROR = Amount(None, Was.ERROR, "#REF!")
NAN = pytest.approx(math.nan, nan_ok=True)
MODES = tuple(RollUp)


def at(row_id: str, score: float | None, **fields: Any) -> KeyResultRow:
    """A key result with that score; None: without a value."""
    return kr(row_id, **({"start": 0, "target": 1, "current": score} | fields))


def objective(found: View, row_id: str) -> pd.Series[Any]:
    """The scores of the objective of that id."""
    return found.scores.objectives[(found.portfolio.objectives["id"] == row_id).to_numpy()].iloc[0]


def unit(found: View, name: str) -> pd.Series[Any]:
    """The scores of the unit of that name."""
    return found.scores.units[(found.portfolio.units["unit"] == name).to_numpy()].iloc[0]


def mean_of(*rows: KeyResultRow, **settings: Any) -> pd.Series[Any]:
    """The scores of an objective with those key results."""
    return objective(view(company(o("O1"), *rows), **settings), "O1")


# --- objectives -------------------------------------------------------------------------------------


def test_an_objective_is_the_weighted_mean_of_its_key_results_that_have_a_score():
    found = mean_of(at("O1-KR1", 0.2, weight=1), at("O1-KR2", 0.6, weight=3), at("O1-KR3", None, weight=4))
    assert found["score"] == pytest.approx(0.5)
    assert found["as_if_zero"] == pytest.approx(0.25)
    assert (found["scored_krs"], found["scorable_krs"], found["basis"]) == (2, 3, "own")
    assert found["expected"] == pytest.approx(48 / 91)
    assert found["gap"] == pytest.approx(48 / 91 - 0.5)


def test_expected_is_the_mean_of_those_that_have_a_score():
    found = mean_of(
        at("O1-KR1", 0.2, due=TODAY), at("O1-KR2", 0.2, weight=None), at("O1-KR3", None, due=TODAY)
    )
    assert found["expected"] == pytest.approx((1 + 48 / 91) / 2)


def test_blank_weights_count_alike_and_scores_are_clamped_before_they_are_averaged():
    assert mean_of(at("O1-KR1", 3), at("O1-KR2", -1))["score"] == 0.5


def test_weight_0_is_in_neither_score_nor_as_if_zero():
    found = mean_of(at("O1-KR1", 0.4, weight=2), at("O1-KR2", 1, weight=0), at("O1-KR3", None, weight=0))
    assert (found["score"], found["as_if_zero"]) == (0.4, 0.4)


def test_kpis_and_what_cannot_be_scored_are_in_neither_score_nor_as_if_zero():
    found = mean_of(
        at("O1-KR1", 0.4),
        at("O1-KR2", 1, measure="KPI"),
        at("O1-KR3", 1, status="Paused"),
        at("O1-KR4", 1, status="Dropped"),
        kr("O1-KR5", start=1, target=1, current=1),
        kr("O1-KR6", measure="At most", current=1),
    )
    assert (found["score"], found["as_if_zero"], found["scored_krs"], found["scorable_krs"]) == (
        0.4,
        0.4,
        1,
        1,
    )


def test_a_cell_error_is_missing_and_counts_as_0_in_as_if_zero():
    found = mean_of(at("O1-KR1", 0.4), at("O1-KR2", None, current=ERROR))
    assert (found["score"], found["as_if_zero"]) == (0.4, 0.2)


@pytest.mark.parametrize(
    ("weights", "score"),
    (
        ((1, 3), 0.8),
        (("25%", "75%"), 0.8),
        ((0, 2), 1.0),
        ((None, None), 0.6),
        ((1, None), None),
        ((1, -1), None),
        ((0, 0), None),
        ((1, ERROR), None),
        ((None, ERROR), None),
        (("50%", 1), None),
        (("50%", 0), 0.2),
        ((1, True), None),
    ),
)
def test_weights_that_say_nothing_clear_make_no_mean(weights, score):
    rows = [
        at(f"O1-KR{n}", value, weight=w) for n, (value, w) in enumerate(zip((0.2, 1), weights, strict=True))
    ]
    found = view(company(o("O1"), *rows))
    result = objective(found, "O1")
    assert result["score"] == pytest.approx(math.nan if score is None else score, nan_ok=True)
    assert found.scores.key_results["weight_used"].isna().all() == (score is None)
    assert found.scores.key_results["score"].tolist() == [0.2, 1]
    if score is None:
        assert (result["as_if_zero"], result["basis"]) == (0, "")


def test_paused_key_results_do_not_spoil_the_weights_of_the_others():
    rows = (at("O1-KR1", 0.2, weight=1), at("O1-KR2", 1, weight=3), at("O1-KR3", 1, status="Paused"))
    assert mean_of(*rows)["score"] == pytest.approx(0.8)
    assert mean_of(*rows[:2], at("O1-KR3", 1, measure="KPI", weight=-1))["score"] == pytest.approx(0.8)


def test_an_objective_without_any_basis_has_no_score_and_0_as_if_zero():
    for rows in ((), (at("O1-KR1", None),), (at("O1-KR1", 1, measure="KPI"),)):
        found = mean_of(*rows)
        assert found["score"] == NAN
        assert (found["as_if_zero"], found["basis"], found["status"]) == (0, "", "No data")


def test_a_paused_objective_is_in_no_roll_up_nor_as_if_zero_and_neither_are_its_key_results():
    found = view(company(o("O1"), o("O2", status="Paused"), at("O1-KR1", 0.4), at("O2-KR1", 1)))
    paused = objective(found, "O2")
    assert (paused["score"], paused["as_if_zero"], paused["status"]) == (NAN, NAN, "Paused")
    assert found.scores.key_results["unscored"].tolist() == ["", "paused"]
    assert found.scores.key_results["status"].tolist() == ["At risk", "Paused"]
    top = unit(found, "Acme")
    assert (top["own_score"], top["own_as_if_zero"], top["scorable_krs"]) == (0.4, 0.4, 1)


def test_mean_confidence_is_weighted_like_scores():
    rows = (
        at("O1-KR1", 0.5, confidence=9, weight=3),
        at("O1-KR2", None, confidence=5, weight=1),
        at("O1-KR3", 1, weight=1),
    )
    found = view(company(o("O1"), *rows))
    assert objective(found, "O1")["confidence"] == pytest.approx(8)
    assert unit(found, "Acme")["confidence"] == pytest.approx(8)
    assert mean_of(at("O1-KR1", None, confidence=9))["confidence"] == 9  # at planning


@pytest.mark.parametrize(
    ("day", "rows", "status"),
    (
        (TODAY, (at("O1-KR1", 0.5),), "On track"),
        (TODAY, (at("O1-KR1", 0.3),), "At risk"),
        (TODAY, (at("O1-KR1", 0.1),), "Off track"),
        (TODAY, (at("O1-KR1", 1),), "Done"),
        (TODAY, (at("O1-KR1", 1, measure="At least"),), "On track"),  # held, not won, before the end
        (TODAY, (at("O1-KR1", 1), at("O1-KR2", None)), "Done"),
        (ENDS, (at("O1-KR1", 1, measure="At least"),), "Done"),
        (ENDS, (at("O1-KR1", 0.95),), "On track"),
        (ENDS + timedelta(days=1), (at("O1-KR1", 0.5),), "Off track"),
        (STARTS + timedelta(days=6), (at("O1-KR1", None),), "Not started"),
        (STARTS + timedelta(days=7), (at("O1-KR1", None),), "No data"),
    ),
)
def test_the_status_of_objectives_and_units_follows_the_bands(day, rows, status):
    rows = tuple(row._replace(last_check_in=day) for row in rows)
    found = view(company(o("O1"), *rows), as_of=day)
    assert objective(found, "O1")["status"] == status
    assert unit(found, "Acme")["status"] == status


def test_the_weakest_key_results_status_stands_beside_the_objectives():
    rows = (at("O1-KR1", 1), at("O1-KR2", 0.45), at("O1-KR3", 0.3), at("O1-KR4", 1, status="Paused"))
    assert mean_of(*rows)["weakest_status"] == "At risk"
    assert mean_of(*rows, at("O1-KR5", 0.5, last_check_in=STARTS))["weakest_status"] == "Outdated"
    assert mean_of(*rows, at("O1-KR5", 0))["weakest_status"] == "Off track"
    assert mean_of(*rows, at("O1-KR5", 0, measure="KPI"))["weakest_status"] == "At risk"
    assert mean_of(rows[3])["weakest_status"] == ""


# --- contributors -----------------------------------------------------------------------------------


def two_levels(
    own: float | None, *theirs: float | None, weights: tuple[Any, ...] = (None, None)
) -> list[TeamSheet]:
    """A company's objective with one key result, and one aligned objective of a team for each score."""
    teams = [
        team(f"Team {n}", o(f"T{n}", aligned_to="O1", weight=weight), at(f"T{n}-KR1", score))
        for n, (score, weight) in enumerate(zip(theirs, weights, strict=False))
    ]
    return [company(o("O1"), at("O1-KR1", own)), *teams]


@pytest.mark.parametrize(
    ("mode", "own", "score", "as_if_zero", "basis"),
    (
        ("own-then-contributors", 0.8, 0.8, 0.8, "own"),
        ("own-then-contributors", None, 0.3, 0.3, "contributors"),
        ("own", 0.8, 0.8, 0.8, "own"),
        ("own", None, None, 0, ""),
        ("contributors", 0.8, 0.3, 0.3, "contributors"),
        ("contributors", None, 0.3, 0.3, "contributors"),
        ("pooled", 0.9, 0.5, 0.5, "pooled"),
        ("pooled", None, 0.3, 0.2, "pooled"),
    ),
)
def test_the_four_modes_of_rolling_up(mode, own, score, as_if_zero, basis):
    found = objective(view(*two_levels(own, 0.2, 0.4), scoring=Scoring(roll_up=RollUp(mode))), "O1")
    assert found["score"] == pytest.approx(math.nan if score is None else score, nan_ok=True)
    assert (found["as_if_zero"], found["basis"]) == (pytest.approx(as_if_zero), basis)


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_concerns_only_objectives_that_others_are_aligned_to(mode):
    found = view(*two_levels(0.8, 0.2, 0.4), scoring=Scoring(roll_up=mode))
    assert objective(found, "T0")["score"] == 0.2
    assert objective(found, "T0")["basis"] == "own"


def test_contributors_count_by_their_weight_and_missing_ones_are_left_out():
    assert objective(view(*two_levels(None, 0.2, 0.4, weights=(1, 3))), "O1")["score"] == pytest.approx(0.35)
    assert objective(view(*two_levels(None, 0.2, 0.4, weights=(None, 3))), "O1")["score"] == pytest.approx(
        0.35
    )
    assert objective(view(*two_levels(None, 0.2, 0.4, weights=(0, 3))), "O1")["score"] == 0.4
    found = objective(view(*two_levels(None, 0.2, None)), "O1")
    assert (found["score"], found["as_if_zero"]) == (0.2, 0.1)


@pytest.mark.parametrize("bad", (-1, ERROR))
def test_a_contributor_whose_weight_cannot_be_used_is_left_out(bad):
    assert objective(view(*two_levels(None, 0.2, 0.4, weights=(1, bad))), "O1")["score"] == 0.2


def test_own_key_results_with_bad_weights_are_not_silently_replaced_by_contributors():
    sheets = two_levels(0.8, 0.2, 0.4)
    sheets[0] = company(o("O1"), at("O1-KR1", 0.8, weight=1), at("O1-KR2", 0.8))
    for mode in (RollUp.OWN, RollUp.OWN_THEN_CONTRIBUTORS, RollUp.POOLED):
        assert objective(view(*sheets, scoring=Scoring(roll_up=mode)), "O1")["score"] == NAN
    assert objective(view(*sheets, scoring=Scoring(roll_up=RollUp.CONTRIBUTORS)), "O1")[
        "score"
    ] == pytest.approx(0.3)


def test_contributors_rise_level_by_level_also_to_several_parents():
    found = view(
        company(o("C1"), o("C2")),
        team("Growth", o("G1", aligned_to="C1"), o("G2", aligned_to="C1; C2"), level="Department"),
        team("Web", o("W1", aligned_to="G1"), at("W1-KR1", 0.2), parent="Growth"),
        team("App", o("A1", aligned_to="G1\nG2"), at("A1-KR1", 0.6), parent="Growth"),
    )
    scores = {row_id: objective(found, row_id)["score"] for row_id in ("G1", "G2", "C1", "C2")}
    assert scores == pytest.approx({"G1": 0.4, "G2": 0.6, "C1": 0.5, "C2": 0.6})


def test_a_paused_contributor_is_left_out():
    sheets = two_levels(None, 0.2, 0.4)
    sheets[1] = team("Team 0", o("T0", aligned_to="O1", status="Paused"), at("T0-KR1", 0.2))
    found = objective(view(*sheets), "O1")
    assert (found["score"], found["as_if_zero"]) == (0.4, 0.4)


def test_an_objective_aligned_twice_to_the_same_parent_counts_once():
    sheets = [*two_levels(None, 0.2), team("Team 1", o("T1", aligned_to="O1; O1"), at("T1-KR1", 0.4))]
    assert objective(view(*sheets), "O1")["score"] == pytest.approx(0.3)


def test_a_loop_of_alignments_is_broken_and_everything_is_scored():
    found = view(
        company(
            o("O1", aligned_to="O2"), o("O2", aligned_to="O3"), o("O3", aligned_to="O1"), at("O1-KR1", 0.4)
        )
    )
    assert [objective(found, row_id)["score"] for row_id in ("O1", "O2", "O3")] == [0.4, 0.4, 0.4]
    assert sorted(found.portfolio.alignments["state"]) == ["loop", "ok", "ok"]


def contributed(*scores: float | None, **fields: Any) -> View:
    """A company's key result measured by Contributors, and objectives of teams aligned to it."""
    teams = [
        team(f"Team {n}", o(f"T{n}", aligned_to="O1-KR1"), at(f"T{n}-KR1", score))
        for n, score in enumerate(scores)
    ]
    row = kr("O1-KR1", measure="Contributors", **({"current": 0.9} | fields))
    return view(company(o("O1"), row, at("O1-KR2", 1)), *teams)


def test_a_key_result_measured_by_contributors_is_their_weighted_mean():
    found = contributed(0.2, 0.4, None)
    row = found.scores.key_results.iloc[0]
    assert (row["score"], row["progress"]) == (pytest.approx(0.3), pytest.approx(0.3))
    assert (row["as_if_zero"], row["unscored"], row["value"]) == (pytest.approx(0.2), "", NAN)
    assert row["status"] == "At risk"
    top = objective(found, "O1")
    assert (top["score"], top["as_if_zero"]) == (pytest.approx(0.65), pytest.approx(0.6))
    assert top["basis"] == "own"


def test_contributors_without_a_score_leave_the_key_result_without_one():
    for found in (contributed(), contributed(None)):
        row = found.scores.key_results.iloc[0]
        assert (row["score"], row["as_if_zero"], row["status"]) == (NAN, 0, "No data")
        assert row["unscored"] == "no contributor with a score"
        assert objective(found, "O1")["as_if_zero"] == 0.5
    assert contributed(0.2, status="Paused").scores.key_results["score"].iloc[0] == NAN


def test_done_by_contributors_means_that_they_are_done():
    assert contributed(1, 1).scores.key_results["status"].iloc[0] == "Done"
    held = view(
        company(o("O1"), kr("O1-KR1", measure="Contributors")),
        team("Team", o("T1", aligned_to="O1-KR1"), at("T1-KR1", 1, measure="At least")),
    )
    assert held.scores.key_results["status"].iloc[0] == "On track"
    assert objective(held, "O1")["status"] == "On track"


# --- units ------------------------------------------------------------------------------------------


def tree(*, growth: Any = None, web: Any = None, app: Any = None) -> View:
    """Acme (0.8) over Growth (no objectives) over Web (0.2) and App (0.4), with those weights."""
    return view(
        company(o("O1"), at("O1-KR1", 0.8)),
        team("Growth", level="Department", weight=growth),
        team("Web", o("W1"), at("W1-KR1", 0.2), parent="Growth", weight=web),
        team("App", o("A1", aligned_to="O1"), at("A1-KR1", 0.4), parent="Growth", weight=app),
    )


@pytest.mark.parametrize(
    ("weights", "growth", "acme"),
    (
        ({}, 0.3, 0.55),
        ({"web": 3}, 0.25, 0.525),
        ({"web": 0}, 0.4, 0.6),
        ({"web": -1}, 0.4, 0.6),  # Q213: left out
        ({"web": ERROR}, 0.4, 0.6),
        ({"web": 0, "app": 0}, None, 0.8),
        ({"growth": 3}, 0.3, 0.425),
        ({"growth": "50%"}, 0.3, (0.8 + 0.15) / 1.5),
        ({"growth": 0}, 0.3, 0.8),
    ),
)
def test_a_unit_rolls_up_its_own_score_and_its_child_units(weights, growth, acme):
    found = tree(**weights)
    assert unit(found, "Growth")["own_score"] == NAN
    assert unit(found, "Growth")["roll_up"] == pytest.approx(
        math.nan if growth is None else growth, nan_ok=True
    )
    assert (unit(found, "Acme")["own_score"], unit(found, "Acme")["roll_up"]) == (0.8, pytest.approx(acme))
    assert unit(found, "Web")["roll_up"] == 0.2


def test_own_score_weighs_objectives_and_refuses_weights_that_say_nothing_clear():
    def own(*weights: Any) -> pd.Series[Any]:
        rows = [o(f"O{n}", weight=w) for n, w in enumerate(weights)]
        scores = [at(f"O{n}-KR1", 0.2 + 0.4 * n) for n in range(len(weights))]
        return unit(view(company(*rows, *scores)), "Acme")

    assert own(None, None)["own_score"] == pytest.approx(0.4)
    assert own(3, 1)["own_score"] == pytest.approx(0.3)
    assert own(0, 1)["own_score"] == pytest.approx(0.6)
    for bad in ((1, None), (1, -1), (0, 0), (1, ERROR)):
        found = own(*bad)
        assert (found["own_score"], found["own_as_if_zero"], found["roll_up"]) == (NAN, 0, NAN)


def test_as_if_zero_stands_beside_every_roll_up():
    found = view(
        company(o("O1"), at("O1-KR1", 0.8)),
        team("Web", o("W1"), o("W2"), at("W1-KR1", 0.4), at("W1-KR2", None), at("W2-KR1", None)),
        team("Idle"),
    )
    web, top = unit(found, "Web"), unit(found, "Acme")
    assert (web["own_score"], web["own_as_if_zero"]) == (0.4, 0.1)
    assert (top["roll_up"], top["roll_up_as_if_zero"]) == (pytest.approx(0.6), pytest.approx(0.45))
    assert unit(found, "Idle")["roll_up_as_if_zero"] == NAN


def test_a_parent_without_a_sheet_rolls_up_its_children():
    found = view(
        company(o("O1"), at("O1-KR1", 0.8)),
        team("Web", o("W1"), at("W1-KR1", 0.2), parent="Growth"),
        team("App", o("A1"), at("A1-KR1", 0.4), parent="Growth"),
    )
    growth = unit(found, "Growth")
    assert (growth["roll_up"], growth["status"], growth["scored_krs"]) == (pytest.approx(0.3), "At risk", 2)


def test_rates_are_counted_over_the_whole_subtree():
    found = view(
        company(o("O1"), at("O1-KR1", 0.8), at("O1-KR2", 1, measure="KPI")),
        team("Growth", o("G1", aligned_to="O1"), at("G1-KR1", None), at("G1-KR2", 0.1, status="Paused")),
        team(
            "Web",
            o("W1", aligned_to="G1"), o("W2", aligned_to="nowhere"), o("W3", status="Dropped"),
            at("W1-KR1", 0.2), at("W1-KR2", 0.3, last_check_in=STARTS), at("W1-KR3", 1),
            kr("W2-KR1", start=1, target=1, current=1),
            parent="Growth",
        ),
        states={"Web": "stale", "Growth": "held"},
    )  # fmt: skip
    names = ["scored_krs", "scorable_krs", "aligned", "alignable", "checked_krs", "due_krs", "stale_sources"]
    assert unit(found, "Web")[names].tolist() == [3, 3, 1, 2, 2, 3, 1]
    assert unit(found, "Growth")[names].tolist() == [3, 4, 2, 3, 3, 4, 2]
    assert unit(found, "Acme")[names].tolist() == [4, 5, 2, 3, 4, 5, 2]
    rates = unit(found, "Acme")[["coverage", "alignment", "check_in_rate"]].tolist()
    assert rates == pytest.approx([4 / 5, 2 / 3, 4 / 5])
    alone = unit(view(company()), "Acme")
    assert alone[["coverage", "alignment", "check_in_rate"]].isna().all()


def test_sums_follow_the_tree_and_never_the_beginning_of_a_name():
    found = view(
        company(o("O1"), at("O1-KR1", 1)),
        team("Ex", o("E1"), at("E1-KR1", 0.2)),
        team("Expenses", o("X1"), at("X1-KR1", 0.6)),
        team("ex", o("E2"), at("E2-KR1", 0.9)),
        team("Ex*", o("E3"), at("E3-KR1", 0)),
    )
    assert unit(found, "Ex")["roll_up"] == 0.2
    assert unit(found, "Ex")["scored_krs"] == 1


def test_a_loop_of_parents_is_scored_without_the_loop():
    found = view(
        team("A", o("A1"), at("A1-KR1", 0.2), parent="B"),
        team("B", o("B1"), at("B1-KR1", 0.4), parent="A"),
        team("C", o("C1"), at("C1-KR1", 0.6), parent="A"),
    )
    assert [unit(found, name)["roll_up"] for name in "ABC"] == pytest.approx([0.4, 0.4, 0.6])


def test_a_tall_tree_and_a_tall_alignment_are_no_problem():
    tall = 200
    sheets = [
        team(
            f"U{n:03}",
            o(f"U{n:03}", aligned_to=f"U{n - 1:03}"),
            *((at(f"U{n:03}-KR1", 0.25),) if n == tall - 1 else ()),
            parent=f"U{n - 1:03}" if n else "",
        )
        for n in range(tall)
    ]
    found = view(*sheets)
    assert (found.scores.objectives["score"] == 0.25).all()
    assert (found.scores.units["roll_up"] == 0.25).all()
    assert unit(found, "U000")["scored_krs"] == 1


def test_an_organisation_without_anything_has_empty_scores():
    scores = view().scores
    assert [len(frame) for frame in (scores.key_results, scores.objectives, scores.units)] == [0, 0, 0]


# --- the calendar -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected", "status", "grade"),
    (
        (STARTS - timedelta(days=10), 0, "On track", ""),
        (STARTS, 0, "On track", ""),
        (date(2026, 11, 15), 45 / 91, "At risk", ""),
        (ENDS - timedelta(days=1), 90 / 91, "Off track", ""),
        (ENDS, 1, "Off track", "red"),
        (ENDS + timedelta(days=30), 1, "Off track", "red"),
    ),
)
def test_the_same_company_through_the_calendar(day, expected, status, grade):
    found = view(
        company(o("O1"), at("O1-KR1", 0.3, last_check_in=None)),
        team("Web", o("W1", aligned_to="O1"), at("W1-KR1", 0.3, last_check_in=None)),
        as_of=day,
    )
    for result in (objective(found, "O1"), unit(found, "Acme"), unit(found, "Web")):
        assert result["expected"] == pytest.approx(expected)
        assert (result["status"], result["grade"]) == (status, grade)


# --- means ------------------------------------------------------------------------------------------

WEIGHT = st.one_of(st.integers(0, 5).map(float), st.floats(0, 1.7e308), st.just(math.nan))
VALUE = st.one_of(st.floats(0, 1), st.just(math.nan))
MEMBERS = st.lists(st.tuples(st.integers(0, 3), WEIGHT, VALUE), max_size=40)


def means(members: list[tuple[int, float, float]]) -> np.ndarray[Any, Any]:
    group, weight, value = (
        (np.array(column) for column in zip(*members, strict=True)) if members else ([], [], [])
    )
    return weighted_means(np.array(group, np.int64), np.array(weight, float), [np.array(value, float)], 4)[0]


@given(MEMBERS, st.randoms())
def test_trust_11_a_mean_does_not_depend_on_order_and_lies_between_its_members(members, random):
    found = means(members)
    shuffled = random.sample(members, len(members))
    assert found.tobytes() == means(shuffled).tobytes()
    for group, mean in enumerate(found):
        counted = [
            value for g, weight, value in members if g == group and weight > 0 and not math.isnan(value)
        ]
        assert math.isnan(mean) == (not counted)
        if counted:
            assert min(counted) <= mean <= max(counted)


@given(st.lists(st.tuples(st.floats(0.001, 1000), st.floats(0, 1)), min_size=1, max_size=30))
def test_a_mean_is_the_exactly_summed_one(members):
    exact = math.fsum(w * x for w, x in members) / math.fsum(w for w, _ in members)
    assert means([(0, w, x) for w, x in members])[0] == pytest.approx(exact, rel=1e-12, abs=1e-15)

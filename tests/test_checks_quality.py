"""The Q rules: each with sheets that have the finding and sheets that must not have it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync.core.model import Amount, Gone, Was
from sync.core.policy import Checks, RollUp, Scoring
from tests.sheets import TODAY, company, found, kr, o, team, two, view

ERROR = Amount(None, Was.ERROR, "#REF!")
MIXED = "The weights of the 2 key results of objective CO-O1 mix percents and plain numbers."
INFINITE = Amount(float("inf"), Was.NUMBER, "1E999")


def messages(problems):
    return [problem.message for problem in problems]


def test_a_tidy_company_has_no_findings():
    assert (
        found(
            company(o("CO-O1"), *two("CO-O1")),
            team("Marketing", o("MKT-O1", aligned_to="CO-O1"), *two("MKT-O1")),
            team("Sales", o("SAL-O1", aligned_to="CO-O1"), *two("SAL-O1")),
        )
        == []
    )


def test_q201_objective_without_key_results():
    sheet = company(o("CO-O1"), o("CO-O2", "Delight {everyone} 100%"), *two("CO-O1"))
    (problem,) = found(sheet, code="Q201")
    assert problem.message == "Objective CO-O2 has no key results."
    assert (problem.source, problem.unit, problem.tab, problem.cell) == (
        "Acme.xlsx",
        "Acme",
        "Objectives",
        "A3",
    )
    assert (problem.row_id, problem.value, problem.severity) == (
        "CO-O2",
        "Delight {everyone} 100%",
        "warning",
    )


def test_q201_is_silent_on_dropped_objectives_and_on_those_that_others_contribute_to():
    quiet = (
        company(o("CO-O1"), o("CO-O2", status="Dropped"), *two("CO-O1"), o("CO-O3")),
        team("Marketing", o("MKT-O1", aligned_to="CO-O3"), *two("MKT-O1")),
    )
    assert found(*quiet, code="Q201") == []
    own = Scoring(roll_up=RollUp.OWN)
    assert [p.row_id for p in found(*quiet, code="Q201", scoring=own)] == ["CO-O3"]


def test_q201_is_silent_where_all_key_results_were_dropped():
    sheet = company(o("CO-O1"), kr("CO-O1-KR1", status="Dropped"))
    assert found(sheet, code="Q201") == []
    assert messages(found(sheet, code="Q208")) == [
        "Objective CO-O1 has no key results; 2 to 5 measure an objective well."
    ]


def test_q201_is_silent_where_the_key_results_tab_was_not_found():
    sheet = company(o("CO-O1"))
    bindings = {name: binding for name, binding in sheet.bindings.items() if name != "key_results"}
    assert len(found(sheet, code="Q201")) == 1
    assert found(sheet._replace(bindings=bindings), code="Q201") == []


@pytest.mark.parametrize(
    ("fields", "message", "cell"),
    (
        ({"measure": "Increase", "current": 3}, "Increase needs a Start and a Target", "G2"),
        ({"measure": "Decrease", "start": 9, "current": 3}, "Decrease needs a Target", "H2"),
        ({"measure": "At least", "current": 3}, "At least needs a Target", "H2"),
        ({"measure": "Between", "target": 9, "current": 3}, "Between needs a Start", "G2"),
        ({"measure": "Milestone", "current": 1}, "Milestone needs its stages in Milestones", "T2"),
        (
            {"target": 9, "current": 3},
            "its Measure is blank and cannot be inferred without a Start",
            "G2",
        ),
    ),
)
def test_q202_names_what_the_measure_needs(fields, message, cell):
    (problem,) = found(company(o("CO-O1"), kr("CO-O1-KR1", **fields), kr("CO-O1-KR2")), code="Q202")
    assert problem.message == f"CO-O1-KR1 cannot be scored: {message}."
    assert (problem.tab, problem.cell) == ("Key Results", cell)


@pytest.mark.parametrize(
    "fields",
    (
        {"measure": "Yes/No"},
        {"measure": "Contributors"},
        {"measure": "KPI", "current": 3},
        {"measure": "At most", "target": 9, "current": 3},
        {"measure": "At most", "target": 0, "current": 0},
        {"measure": "Increase", "status": "Dropped"},
        {"milestones": "Design; Build", "current": "Design"},
    ),
)
def test_q202_is_silent_where_nothing_is_lacking(fields):
    assert found(company(o("CO-O1"), kr("CO-O1-KR1", **fields), kr("CO-O1-KR2")), code="Q202") == []


def test_q202_asks_an_unmet_level_of_zero_for_its_start():
    incidents: dict[str, Any] = {"measure": "At most", "target": 0, "current": 2}
    (problem,) = found(company(o("CO-O1"), kr("CO-O1-KR1", **incidents), kr("CO-O1-KR2")), code="Q202")
    assert problem.message == "CO-O1-KR1 scores 0 until its target of 0 is met, because it has no Start."
    with_start = kr("CO-O1-KR1", **incidents, start=5)
    assert found(company(o("CO-O1"), with_start, kr("CO-O1-KR2")), code="Q202") == []


def test_q203_start_equals_target():
    sheet = company(
        o("CO-O1"),
        kr("CO-O1-KR1", start=7, target=7, current=7),
        kr("CO-O1-KR2", measure="Between", start=7, target=7, current=7),
        kr("CO-O1-KR3", measure="At least", start=7, target=7, current=7),
    )
    (problem,) = found(sheet, code="Q203")
    assert problem.message == "CO-O1-KR1 starts at its target of 7, so there is no way to go and no score."
    assert (problem.severity, problem.cell, problem.value) == ("error", "H2", "7")


def test_q207_more_objectives_than_the_limit_of_the_level():
    def objectives(prefix, count):
        return [
            row
            for n in range(1, count + 1)
            for row in (o(f"{prefix}-O{n}", aligned_to="CO-O1"), *two(f"{prefix}-O{n}"))
        ]

    sheets = (
        company(*objectives("CO", 5)),
        team("Marketing", *objectives("MKT", 4)),
        team("Sales", *objectives("SAL", 3)),
    )
    (problem,) = found(*sheets, code="Q207")
    assert problem.message == "Marketing has 4 objectives; more than 3 blur the focus."
    assert (problem.tab, problem.cell) == ("Team", "B4")
    strict = Checks(max_objectives_company=4, max_objectives=9)
    assert messages(found(*sheets, code="Q207", checks=strict)) == [
        "Acme has 5 objectives; more than 4 blur the focus."
    ]


def test_q207_does_not_count_paused_and_dropped_objectives():
    rows = [o(f"MKT-O{n}", status="Paused" if n > 3 else "") for n in range(1, 6)]
    assert found(team("Marketing", *rows), code="Q207") == []


def test_q208_too_few_and_too_many_key_results():
    def with_krs(count, **fields):
        return company(o("CO-O1"), *(kr(f"CO-O1-KR{n}", **fields) for n in range(1, count + 1)))

    assert messages(found(with_krs(1), code="Q208")) == [
        "Objective CO-O1 has 1 key result; 2 to 5 measure an objective well."
    ]
    assert messages(found(with_krs(6), code="Q208")) == [
        "Objective CO-O1 has 6 key results; 2 to 5 measure an objective well."
    ]
    assert found(with_krs(2), code="Q208") == found(with_krs(5), code="Q208") == []
    assert found(with_krs(0), code="Q208") == []  # that is Q201
    assert found(with_krs(1, measure="Contributors"), code="Q208") == []
    assert len(found(with_krs(2), code="Q208", checks=Checks(min_key_results=3))) == 1


def test_q208_does_not_count_kpis():
    watched = [kr(f"CO-O1-KR{n}", measure="KPI", start=1, target=9, current=5) for n in range(3, 9)]
    assert found(company(o("CO-O1"), *two("CO-O1"), *watched), code="Q208") == []


def test_q209_no_owner():
    sheet = company(
        o("CO-O1", owner=""), *two("CO-O1"), o("CO-O2"), kr("CO-O2-KR1", owner=""), kr("CO-O2-KR2")
    )
    assert messages(found(sheet, code="Q209")) == ["CO-O2-KR1 has no owner.", "Objective CO-O1 has no owner."]


def test_q209_is_silent_where_a_team_names_owners_for_its_objectives_alone():
    sheet = company(o("CO-O1"), kr("CO-O1-KR1", owner=""), kr("CO-O1-KR2", owner=""))
    assert found(sheet, code="Q209") == []


def test_q211_dates_outside_the_cycle():
    sheet = company(
        o("CO-O1"),
        kr("CO-O1-KR1", due=date(2027, 2, 1)),
        kr("CO-O1-KR2", starts=date(2026, 9, 1), due=date(2026, 12, 31)),
        kr("CO-O1-KR3", starts=date(2026, 12, 1), due=date(2026, 11, 30)),
        kr("CO-O1-KR4", starts=date(2026, 10, 1), due=date(2026, 12, 1)),
        kr("CO-O1-KR5", starts=date(2027, 1, 4), due=date(2026, 12, 31)),
    )
    assert messages(found(sheet, code="Q211")) == [
        "CO-O1-KR1 has its Due on 2027-02-01, after the cycle ends (2026-12-31).",
        "CO-O1-KR2 has its Starts on 2026-09-01, before the cycle starts (2026-10-01).",
        "CO-O1-KR3 has its Starts on 2026-12-01, after its Due (2026-11-30).",
        "CO-O1-KR5 has its Starts on 2027-01-04, after the cycle ends (2026-12-31).",
    ]


def test_q211_a_cycle_that_reaches_beyond_the_parents():
    dates: dict[str, Any] = {"starts": date(2026, 10, 1), "ends": date(2027, 1, 15)}
    sheets = (
        company(),
        team("Marketing", **dates),
        team("Sales", starts=date(2026, 10, 12), ends=date(2026, 12, 4)),
    )
    (problem,) = found(*sheets, code="Q211")
    assert problem.message == (
        "Marketing has its Ends on 2027-01-15, after the cycle of its parent ends (2026-12-31)."
    )
    assert (problem.unit, problem.tab, problem.cell) == ("Marketing", "Team", "B10")


@pytest.mark.parametrize(
    ("measure", "start", "target", "said"),
    (
        ("Increase", 10, 5, "but goes from 10 to 5"),
        ("Decrease", 5, 10, "but goes from 5 to 10"),
        ("Between", 10, 5, "but its lower bound 10 lies above its upper bound 5"),
    ),
)
def test_q212_measure_contradicts_start_and_target(measure, start, target, said):
    rows = kr("CO-O1-KR1", measure=measure, start=start, target=target, current=7), kr("CO-O1-KR2")
    (problem,) = found(company(o("CO-O1"), *rows), code="Q212")
    assert problem.message == f"CO-O1-KR1 says {measure}, {said}."
    other_way = rows[0]._replace(start=rows[0].target, target=rows[0].start)
    assert found(company(o("CO-O1"), other_way, rows[1]), code="Q212") == []
    assert found(company(o("CO-O1"), rows[0]._replace(measure=""), rows[1]), code="Q212") == []
    assert found(company(o("CO-O1"), rows[0]._replace(status="Dropped"), rows[1]), code="Q212") == []


def test_q212_is_silent_on_percents_beside_plain_numbers():
    mixed = kr("CO-O1-KR1", measure="Increase", start=30, target="60%", current="40%")
    assert found(company(o("CO-O1"), mixed, kr("CO-O1-KR2")), code="Q212") == []  # that is S114


def test_q213_negative_partly_given_and_all_zero():
    def weighted(*weights):
        return company(o("CO-O1"), *(kr(f"CO-O1-KR{n}", weight=w) for n, w in enumerate(weights, 1)))

    (negative,) = found(weighted(1, -2), code="Q213")
    assert negative.message == "CO-O1-KR2 has the negative weight -2."
    assert (negative.severity, negative.cell, negative.value) == ("error", "P3", "-2")
    (partly,) = found(weighted(1, None, 3), code="Q213")
    assert partly.message == "1 of the 3 key results of objective CO-O1 has no weight."
    assert partly.cell == "P3"
    (nothing,) = found(weighted(0, 0), code="Q213")
    assert nothing.message == "All weights of the 2 key results of objective CO-O1 are 0."
    (mixture,) = found(weighted("50%", 50), code="Q213")
    assert (
        mixture.message
        == "The weights of the 2 key results of objective CO-O1 mix percents and plain numbers."
    )
    assert found(weighted(0, 2), code="Q213") == found(weighted(None, None), code="Q213") == []


@pytest.mark.parametrize(
    ("weights", "said"),
    (
        (
            ("50%", 50),
            [MIXED],
        ),
        ((1, True), ["CO-O1-KR2 has the weight TRUE, which is no number."]),
        ((False, None), ["CO-O1-KR1 has the weight FALSE, which is no number."]),
        ((ERROR, 1), ["CO-O1-KR1 has the weight #REF!, which is no number."]),
        ((INFINITE, 1), ["CO-O1-KR1 has the weight 1E999, which is no number."]),
        (("-5%", 5), ["CO-O1-KR1 has the negative weight -5%."]),
        (("0%", 5), [MIXED]),
        ((0, "5%"), []),
        (("40%", "60%"), []),
    ),
)
def test_q213_speaks_whenever_scoring_refuses_the_weights_of_a_group(weights, said):
    rows = [kr(f"CO-O1-KR{n}", weight=weight) for n, weight in enumerate(weights, 1)]
    sheet = company(o("CO-O1"), *rows)
    refused = view(sheet).scores.key_results["weight_used"].isna().any()
    assert messages(found(sheet, code="Q213")) == said
    assert refused == bool(said)
    of_objectives = company(*(o(f"CO-O{n}", weight=weight) for n, weight in enumerate(weights, 1)))
    assert len(found(of_objectives, code="Q213")) == len(said)


@pytest.mark.parametrize(
    ("weights", "used"),
    (
        # two rows that are there, then one that has gone
        ((None, None, 1), (1, 1, 1)),
        ((2, 1, 1), (2, 1, 1)),
        ((0, 1, 5), (0, 1, 5)),
        ((2, 1, None), (2, 1, 0)),
        ((2, 1, -1), (2, 1, 0)),
        ((2, 1, True), (2, 1, 0)),
        ((2, 1, "50%"), (2, 1, 0)),
        (("60%", "40%", 1), (0.6, 0.4, 0)),
        (("60%", "40%", "50%"), (0.6, 0.4, 0.5)),
    ),
)
@pytest.mark.parametrize("table", ("key_results", "objectives"))
def test_q213_rows_that_have_gone_do_not_spoil_the_weights_of_the_others(table, weights, used):
    *_, gone = rows = [f"CO-O1-KR{n}" if table == "key_results" else f"CO-O{n}" for n in (1, 2, 3)]
    made = kr if table == "key_results" else o
    more = [o("CO-O1")] if table == "key_results" else []
    sheet = company(*more, *(made(row, weight=weight) for row, weight in zip(rows, weights, strict=True)))
    late = sheet._replace(gone=(Gone(table, gone, (TODAY,)),))
    assert getattr(view(late).scores, table)["weight_used"].tolist() == pytest.approx(used)
    assert found(late, code="Q213") == []


def test_q213_a_row_deleted_and_the_weight_of_the_other_cleared_leave_the_objective_its_score():
    half, none = kr("CO-O1-KR1"), kr("CO-O1-KR2", start=0, target=10, current=0, weight=1)
    sheet = company(o("CO-O1"), half, none)._replace(gone=(Gone("key_results", "CO-O1-KR2", (TODAY,)),))
    assert view(sheet).scores.objectives["score"].tolist() == [0.25]
    partly = company(o("CO-O1"), half, kr("CO-O1-KR3", weight=1), none)
    (problem,) = found(partly._replace(gone=sheet.gone), code="Q213")
    assert problem.message == "1 of the 2 key results of objective CO-O1 has no weight."
    assert view(partly._replace(gone=sheet.gone)).scores.key_results["weight_used"].isna().all()


def test_q213_objectives_units_and_milestones():
    sheets = (
        company(o("CO-O1", weight=2), o("CO-O2"), o("CO-O3", status="Dropped"), *two("CO-O1"), *two("CO-O2")),
        team("Marketing", weight=-1),
        team(
            "Sales",
            o("SAL-O1"),
            kr("SAL-O1-KR1", measure="Milestone", milestones="Design 20%; Build 60%", current=1),
            kr("SAL-O1-KR2", measure="Milestone", milestones="Design 40%; Build 60%", current=1),
            kr("SAL-O1-KR3", measure="KPI", weight=3, start=1, target=2, current=1),
        ),
    )
    assert messages(found(*sheets, code="Q213")) == [
        "1 of the 2 objectives of Acme has no weight.",
        "Marketing has the negative weight -1.",
        "The weights of the milestones of SAL-O1-KR1 are not 100 % in sum.",
    ]

"""The A rules: each with sheets that have the finding and sheets that must not have it."""

from __future__ import annotations

import pytest

from sync.core.policy import Organisation
from tests.sheets import company, found, kr, o, team, two


def messages(problems):
    return [problem.message for problem in problems]


ACME = company(o("CO-O1", "Loved by customers"), *two("CO-O1"))
# Acme > Growth > Marketing
GROWTH = team("Growth", o("GRO-O1", aligned_to="CO-O1"), *two("GRO-O1"), level="Department")


def marketing(aligned_to, **fields):
    return team("Marketing", o("MKT-O1", aligned_to=aligned_to, **fields), *two("MKT-O1"), parent="Growth")


def test_a301_objective_without_a_parent():
    (problem,) = found(ACME, GROWTH, marketing(""), code="A301")
    assert problem.message == "Objective MKT-O1 of Marketing is aligned to nothing."
    assert problem.hint == "Put the objective of Growth that it helps into Aligned to, as `ID · text`."
    assert (problem.severity, problem.tab, problem.cell) == ("warning", "Objectives", "J2")
    assert found(ACME, GROWTH, marketing("GRO-O1"), code="A301") == []
    assert found(ACME, GROWTH, marketing("", status="Paused"), code="A301") == []


@pytest.mark.parametrize(
    ("raw", "hint"),
    (
        ("GRO-01", 'Did you mean "GRO-O1"?'),
        ("Loved by costumers", 'Did you mean "Loved by customers"?'),
        ("{0.__class__} %s 100%", "Choose one from the list in the cell, or clear it."),
    ),
)
def test_a302_parent_not_found(raw, hint):
    (problem,) = found(ACME, GROWTH, marketing(raw), code="A302")
    assert problem.message == f'Objective MKT-O1 is aligned to "{raw}", which is no objective of any unit.'
    assert (problem.hint, problem.value, problem.severity) == (hint, raw, "error")


@pytest.mark.parametrize(
    "raw", ("GRO-O1", "GRO-O1 · whatever it says", "Loved by customers", "CO-O1; GRO-O1", "GRO-O1\nCO-O1", "")
)
def test_a302_is_silent_on_ids_and_exact_texts(raw):
    assert found(ACME, GROWTH, marketing(raw), code="A302") == []


def test_a302_is_silent_on_dropped_objectives():
    assert found(ACME, GROWTH, marketing("GRO-01", status="Dropped"), code="A302") == []


def test_a302_is_silent_while_a_sheet_above_is_missing():
    assert found(marketing("GRO-O1"), code="A302") == []  # `okrsync check marketing.xlsx`
    assert found(ACME, marketing("GRO-O1"), code="A302") == []


def test_a302_an_id_of_several_units():
    twins = [team(name, o("X-O1"), *two("X-O1")) for name in ("Sales", "Support")]
    (problem,) = found(ACME, *twins, team("Legal", o("LEG-O1", aligned_to="X-O1")), code="A302")
    assert problem.message == 'Objective LEG-O1 is aligned to "X-O1", which stands in several units.'


def test_a302_a_key_result_that_takes_no_contributors():
    (problem,) = found(ACME, GROWTH, marketing("CO-O1-KR1"), code="A302")
    assert problem.message == (
        'Objective MKT-O1 is aligned to "CO-O1-KR1", a key result that is not measured by Contributors.'
    )
    assert problem.hint == ("Align to its objective CO-O1, or let that key result's Measure be Contributors.")
    taking = company(o("CO-O1"), kr("CO-O1-KR1", measure="Contributors"), kr("CO-O1-KR2"))
    assert found(taking, GROWTH, marketing("CO-O1-KR1"), code="A302") == []


def test_a302_suggests_no_text_of_a_private_unit():
    private = Organisation(private_units=("Acme",))
    (problem,) = found(ACME, GROWTH, marketing("Loved by costumers"), code="A302", organisation=private)
    assert "Loved by customers" not in problem.hint


def test_a303_a_circle_is_reported_once_with_the_way_round():
    sheets = (
        ACME,
        team("Alpha", o("A-O1", aligned_to="B-O1"), *two("A-O1")),
        team("Beta", o("B-O1", aligned_to="C-O1"), *two("B-O1")),
        team("Gamma", o("C-O1", aligned_to="A-O1"), *two("C-O1")),
    )
    (problem,) = found(*sheets, code="A303")
    assert problem.message == "The alignment goes round in a circle: C-O1 → A-O1 → B-O1 → C-O1."
    assert (problem.unit, problem.cell, problem.value, problem.severity) == ("Gamma", "J2", "A-O1", "error")
    assert found(*sheets[:2], team("Beta", o("B-O1", aligned_to="CO-O1"), *two("B-O1")), code="A303") == []


def test_a304_level_skipped():
    (problem,) = found(ACME, GROWTH, marketing("CO-O1"), code="A304")
    assert problem.message == "Objective MKT-O1 is aligned to CO-O1, past the objectives of Growth."
    assert problem.severity == "note"


def test_a304_is_silent_when_the_level_between_has_no_objectives_or_is_also_named():
    idle = team("Growth", level="Department")
    assert found(ACME, idle, marketing("CO-O1"), code="A304") == []
    assert found(ACME, GROWTH, marketing("CO-O1; GRO-O1"), code="A304") == []
    assert found(ACME, GROWTH, marketing("GRO-O1"), code="A304") == []
    assert found(ACME, team("Sales", o("SAL-O1", aligned_to="GRO-O1")), GROWTH, code="A304") == []


def test_a305_nobody_contributes():
    acme = company(
        o("CO-O1"),
        *two("CO-O1"),
        o("CO-O2"),
        kr("CO-O2-KR1", measure="Contributors"),
        o("CO-O3"),
        *two("CO-O3"),
    )
    assert messages(found(acme, GROWTH, code="A305")) == [
        "No objective is aligned to CO-O2-KR1, a key result measured by Contributors.",
        "No objective is aligned to CO-O3, an objective of the company.",
    ]
    fed = team("Sales", o("S-O1", aligned_to="CO-O2-KR1"), o("S-O2", aligned_to="CO-O3"), *two("S-O1"))
    assert found(acme, GROWTH, fed, code="A305") == []
    dropped = fed._replace(objectives=tuple(row._replace(status="Dropped") for row in fed.objectives))
    assert len(found(acme, GROWTH, dropped, code="A305")) == 2


def test_a305_looks_at_each_objective_by_itself():
    shared = kr("CO-O1-KR1"), kr("CO-O1-KR2", measure="Contributors")
    acme = company(o("CO-O1"), *shared, o("CO-O2"), *two("CO-O2"))
    sales = team("Sales", o("SAL-O1", aligned_to="CO-O1-KR2"), *two("SAL-O1"))
    assert [problem.row_id for problem in found(acme, sales, code="A305")] == ["CO-O2"]


def test_a305_is_silent_on_the_companys_sheet_alone():
    assert found(company(o("CO-O1"), kr("CO-O1-KR1", measure="Contributors")), code="A305") == []


def test_a309_siloed_unit():
    alone = team("Legal", o("LEG-O1"), *two("LEG-O1"))
    (problem,) = found(ACME, GROWTH, alone, code="A309")
    assert problem.message == "Legal stands alone: no alignment and no dependency joins it to another unit."
    assert (problem.severity, problem.tab, problem.cell) == ("note", "Team", "B4")
    assert found(alone, code="A309") == []
    needing = team("Legal", o("LEG-O1"), kr("LEG-O1-KR1", depends_on="Growth"))
    assert found(ACME, GROWTH, needing, code="A309") == []
    needed = team("Growth", o("GRO-O1", aligned_to="CO-O1"), kr("GRO-O1-KR1", depends_on="LEG-O1-KR1"))
    assert found(ACME, needed, alone, code="A309") == []
    mistyped = team("Legal", o("LEG-O1", aligned_to="GRO-01"), *two("LEG-O1"))
    assert found(ACME, GROWTH, mistyped, code="A309") == []  # that is A302


def test_a310_parent_of_another_cycle():
    (problem,) = found(ACME, GROWTH, marketing("GRO-O9"), code="A310", other_cycle_ids=("GRO-O9",))
    assert problem.message == (
        'Objective MKT-O1 is aligned to "GRO-O9", which stands in a sheet of another cycle.'
    )
    assert found(ACME, GROWTH, marketing("GRO-O9"), code="A302", other_cycle_ids=("GRO-O9",)) == []


def test_a311_unit_without_a_parent():
    (problem,) = found(ACME, team("Legal", parent=""), code="A311")
    assert problem.message == "Legal is of level Team and has no Parent."
    assert (problem.unit, problem.tab, problem.cell, problem.severity) == ("Legal", "Team", "B6", "error")
    assert found(ACME, team("Legal"), code="A311") == []


def test_a311_a_named_parent_without_a_sheet_that_splits_the_tree():
    sheets = (ACME, GROWTH, marketing(""), team("Sales", parent="Growht"))
    (problem,) = found(*sheets, code="A311")
    assert problem.message == "Growht is named as a parent by Sales, but has no sheet of this cycle."
    assert problem.hint == 'Did you mean "Growth"?'
    assert (problem.source, problem.unit, problem.cell, problem.value) == (
        "Sales.xlsx",
        "Sales",
        "B6",
        "Growht",
    )


def test_a311_is_silent_on_a_parent_whose_sheets_are_held():
    sheets = (ACME, team("Sales", parent="Growth"))
    assert len(found(*sheets, code="A311")) == 1
    assert found(*sheets, code="A311", held_units=frozenset({"Growth"})) == []


def test_a311_is_silent_when_the_missing_parent_is_above_everything():
    assert found(team("Sales"), team("Legal"), code="A311") == []


def test_a311_a_circle_in_the_unit_tree():
    sheets = (
        ACME,
        team("Sales", parent="Legal"),
        team("Legal", parent="Sales"),
        team("Field", parent="Sales"),
    )
    (problem,) = found(*sheets, code="A311")
    assert problem.message == "Legal is above itself in the unit tree: Legal → Sales → Legal."
    assert problem.unit == "Legal"
    (own,) = found(ACME, team("Sales", parent="Sales"), code="A311")
    assert own.message == "Sales is above itself in the unit tree: Sales → Sales."


def test_a312_aligned_to_itself():
    (problem,) = found(ACME, GROWTH, marketing("MKT-O1"), code="A312")
    assert problem.message == "Objective MKT-O1 is aligned to itself."
    assert problem.severity == "error"


def test_rows_that_have_gone_from_their_sheet_are_not_reported():
    from datetime import date

    from sync.core.model import Gone

    sheet = marketing("")
    gone = (Gone("objectives", "MKT-O1", (date(2026, 11, 17),)),)
    assert len(found(ACME, GROWTH, sheet, code="A301")) == 1
    assert found(ACME, GROWTH, sheet._replace(gone=gone), code="A301") == []


@pytest.mark.parametrize("needs", ("B-O1-KR1", "B-O1", "Bees"))
@pytest.mark.parametrize(
    ("in_return", "confirmed"),
    (("A-O1-KR1", True), ("A-O1", True), ("Ants", True), ("A-O1-KR2", False), ("CO-O1", False), ("", False)),
)
def test_a306_a_dependency_is_confirmed_by_naming_it_in_return(needs, in_return, confirmed):
    ants = team("Ants", o("A-O1"), kr("A-O1-KR1", depends_on=needs), kr("A-O1-KR2"))
    bees = team("Bees", o("B-O1"), kr("B-O1-KR1", depends_on=in_return), kr("B-O1-KR2"))
    told = [problem for problem in found(ACME, ants, bees, code="A306") if problem.unit == "Ants"]
    assert bool(told) != confirmed
    for problem in told:
        assert problem.message == (
            f'A-O1-KR1 depends on "{needs}" of Bees, where no Depends on names it in return.'
        )
        assert problem.hint == "Talk to Bees; whoever agrees there names A-O1-KR1 in Depends on, too."
        assert (problem.severity, problem.tab, problem.cell) == ("warning", "Key Results", "U2")


def test_a306_another_key_result_of_theirs_confirms_nothing():
    ants = team("Ants", o("A-O1"), kr("A-O1-KR1", depends_on="B-O1-KR1"))
    bees = team("Bees", o("B-O1"), kr("B-O1-KR1"), kr("B-O1-KR2", depends_on="Ants"))
    assert [problem.row_id for problem in found(ants, bees, code="A306")] == ["A-O1-KR1", "B-O1-KR2"]


@pytest.mark.parametrize(
    "row",
    (
        kr("A-O1-KR1", depends_on="A-O1-KR2"),  # inside the unit
        kr("A-O1-KR1", depends_on="Ants"),
        kr("A-O1-KR1", depends_on="nobody knows what"),
        kr("A-O1-KR1", depends_on="CO-O1-KR1", status="Dropped"),
        kr("A-O1-KR1"),
    ),
)
def test_a306_is_silent_within_a_unit_and_on_what_is_not_at_work(row):
    assert found(ACME, team("Ants", o("A-O1"), row, kr("A-O1-KR2")), code="A306") == []

"""The S rules that look across tables and sheets: each with a finding and with none."""

from __future__ import annotations

import pytest

from sync.core.model import Gone, Person
from tests.sheets import THIS_WEEK, check_in, company, found, initiative, kr, o, team, two, view

PEOPLE = (
    Person(2, "Kim Larsen", "kim@example.org"),
    Person(3, "Zoë  Müller", "zoe@example.org"),
)


def messages(problems):
    return [problem.message for problem in problems]


def test_s104_a_yes_where_a_number_should_be_and_the_other_way_round():
    sheet = company(
        o("CO-O1"),
        kr("CO-O1-KR1", start=0, target=10, current=True),
        kr("CO-O1-KR2", measure="Yes/No", current=0.5),
        kr("CO-O1-KR3", measure="Yes/No", current=True),
        kr("CO-O1-KR4", start=0, target=10, current=1),
        check_in(THIS_WEEK.replace(day=17), "CO-O1-KR4", True),
    )
    assert messages(found(sheet, code="S104")) == [
        'Value in Check-ins!C2 says "TRUE", which is not a number.',
        'Current in Key Results!I2 says "TRUE", which is not a number.',
        'Current in Key Results!I3 says "0.5", which is neither yes nor no.',
    ]


def test_s104_points_at_the_check_in_that_counts():
    days = [check_in(THIS_WEEK.replace(day=day), "CO-O1-KR1", True) for day in (2, 9, 17)]
    assert [p.cell for p in found(company(o("CO-O1"), kr("CO-O1-KR1"), *days), code="S104")] == ["C4"]


def test_s108_id_known_in_another_unit():
    sheets = [team(name, o("T-O1"), *two("T-O1")) for name in ("Sales", "Support")]
    problems = found(*sheets, code="S108")
    assert len(problems) == 6
    assert problems[-1].message == 'The id "T-O1" in Objectives!A2 is already used by Sales in this cycle.'
    assert (problems[-1].source, problems[-1].unit, problems[-1].severity) == (
        "Support.xlsx",
        "Support",
        "error",
    )
    assert found(sheets[0], team("Support", o("", "T-O1"), o("", "Same text")), code="S108") == []


def test_s108_is_silent_on_an_id_that_stands_twice_in_one_unit():
    assert found(company(o("CO-O1"), o("CO-O1", "A copy")), code="S108") == []  # that is S107


def test_s108_names_three_units_and_counts_the_rest():
    sheets = [team(name, o("O1")) for name in ("A", "B", "C", "D", "E", "F")]
    first, *_, last = found(*sheets, code="S108")
    assert (
        first.message == 'The id "O1" in Objectives!A2 is already used by B, C, D and 2 more in this cycle.'
    )
    assert last.message == 'The id "O1" in Objectives!A2 is already used by A, B, C and 2 more in this cycle.'


@pytest.mark.parametrize(
    ("fields", "message"),
    (
        (
            {"start": "30%", "target": "60%", "current": 45},
            '"45" in Key Results!I2 is a plain number, but Target is the percentage 60%.',
        ),
        (
            {"start": "30%", "target": 60, "current": 45},
            '"30%" in Key Results!G2 is a percentage, but Target is the plain number 60.',
        ),
        (
            {"start": "60%", "target": 0, "current": 45},
            '"45" in Key Results!I2 is a plain number, but Start is the percentage 60%.',
        ),
        (
            {"measure": "Milestone", "milestones": "Design; Build", "current": "Launch"},
            '"Launch" in Key Results!I2 is no stage of its milestones.',
        ),
        (
            {"measure": "Between", "start": "40%", "target": "60%", "current": 45},
            '"45" in Key Results!I2 is a plain number, but Target is the percentage 60%.',
        ),
    ),
)
def test_s114_values_that_do_not_go_together(fields, message):
    (problem,) = found(company(o("CO-O1"), kr("CO-O1-KR1", **fields)), code="S114")
    assert problem.message == message
    assert problem.severity == "error"


def test_s114_points_at_the_check_in_that_counts():
    sheet = company(
        o("CO-O1"),
        kr("CO-O1-KR1", start="0%", target="60%", current="5%"),
        check_in(THIS_WEEK.replace(day=17), "CO-O1-KR1", 45),
    )
    (problem,) = found(sheet, code="S114")
    assert (problem.tab, problem.cell, problem.row_id) == ("Check-ins", "C2", "CO-O1-KR1")
    assert problem.hint == "If 45 percent is meant, type 45%; if not, type Target as a plain number."


@pytest.mark.parametrize(
    "fields",
    (
        {"start": 0, "target": "60%", "current": "45%"},
        {"start": "30%", "target": "60%", "current": "45%"},
        {"start": 30, "target": 60, "current": 45},
        {"measure": "Milestone", "milestones": "Design; Build", "current": "Design"},
    ),
)
def test_s114_is_silent_on_values_that_go_together(fields):
    assert found(company(o("CO-O1"), kr("CO-O1-KR1", **fields)), code="S114") == []


@pytest.mark.parametrize(
    "owner",
    (
        "Kim Larsen",
        "kim larsen ",
        "KIM@example.org",
        "Kim Larsen <kim@example.org>",
        "Zoë Müller; Kim Larsen",
        "",
    ),
)
def test_s115_knows_names_and_addresses(owner):
    assert found(company(o("CO-O1", owner=owner)), code="S115", people=PEOPLE) == []


@pytest.mark.parametrize(
    ("owner", "hint"),
    (
        ("Kim Larson", 'Did you mean "Kim Larsen"?'),
        ("Kim", 'Did you mean "Kim Larsen"?'),
        ("kim.larsen@example.com", 'Did you mean "Kim Larsen"?'),
        ("Nobody", "Write the name as in the people list, or add the person to it."),
    ),
)
def test_s115_unknown_owner(owner, hint):
    sheet = company(o("CO-O1", owner=f"Kim Larsen; {owner}"))
    (problem,) = found(sheet, code="S115", people=PEOPLE)
    assert problem.message == f'"{owner}" in Objectives!C2 is not in the people list.'
    assert (problem.hint, problem.value, problem.severity) == (hint, owner, "warning")
    assert found(sheet, code="S115") == []  # without a people list nobody is unknown


def test_s118_key_result_without_a_known_objective():
    sheet = company(
        o("CO-O1"),
        o("CO-O2"),
        kr("X", objective_id="CO-01"),
        kr("Y", objective_id=""),
        kr("Z", objective_id="CO-O2"),
    )
    first, second = found(sheet, code="S118")
    assert (
        first.message == 'Objective ID in Key Results!B2 says "CO-01", which is no objective of this sheet.'
    )
    assert (first.hint, first.value, first.row_id) == ('Did you mean "CO-O1"?', "CO-01", "X")
    assert second.message == "Objective ID in Key Results!B3 is blank."
    assert found(company(o("CO-O1"), kr("Y", objective_id="")), code="S118") == []
    (alone,) = found(company(kr("CO-O1-KR1")), code="S118")
    assert alone.hint == "Write the objective on the Objectives tab, with that id."


def test_s119_unknown_key_result_in_check_ins_and_initiatives():
    sheet = company(
        o("CO-O1"),
        *two("CO-O1"),
        check_in(THIS_WEEK, "CO-O1-KR2", 1),
        check_in(THIS_WEEK, "CO-O1-KR7", 1),
        initiative("Ask everyone", "CO-O1-KR1"),
        initiative("Ask again"),
    )
    first, second = found(sheet, code="S119")
    assert first.message == 'KR ID in Check-ins!B3 says "CO-O1-KR7", which is no key result of this sheet.'
    assert first.hint == 'Did you mean "CO-O1-KR1"?'
    assert second.message == "KR ID in Initiatives!B3 is blank."
    assert (second.row_id, second.severity) == ("Ask again", "warning")


def test_s119_a_text_of_two_key_results_names_neither_and_an_id_wins_over_a_text():
    rows = (
        kr("CO-O1-KR1", "Visits"),
        kr("CO-O1-KR2", "Visits"),
        kr("CO-O1-KR3", "CO-O1-KR2"),
        kr("CO-O1-KR4", "Calls"),
    )
    said = [check_in(THIS_WEEK, name, 1) for name in ("Visits", "CO-O1-KR2", "Calls")]
    sheet = company(o("CO-O1"), *rows, *said, initiative("Ask everyone", "Visits"))
    assert view(sheet).column("check_ins", "kr_key").tolist() == [-1, 1, 3]
    assert messages(found(sheet, code="S119")) == [
        'KR ID in Check-ins!B2 says "Visits", which is the text of 2 key results of this sheet.',
        'KR ID in Initiatives!B2 says "Visits", which is the text of 2 key results of this sheet.',
    ]
    gone = sheet._replace(gone=(Gone("key_results", "CO-O1-KR1", (THIS_WEEK,)),))
    assert view(gone).column("check_ins", "kr_key").tolist() == [1, 1, 3]  # one of the two is left


def test_s119_reports_an_id_once_with_the_number_of_its_rows():
    lost = [check_in(THIS_WEEK.replace(day=day), "CO-O1-KR7", 1) for day in (2, 9, 16)]
    (problem,) = found(company(o("CO-O1"), *two("CO-O1"), *lost), code="S119")
    assert problem.cell == "B2"
    assert problem.message == (
        'KR ID in Check-ins!B2 says "CO-O1-KR7" (and in 2 more rows), which is no key result of this sheet.'
    )

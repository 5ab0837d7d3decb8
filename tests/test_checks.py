"""The rule table as a whole: what is in it, how settings change it, and what its pages say."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sync.core import checks
from sync.core.checks.finding import CHECKS, finds
from sync.core.checks.pages import pages, render_page
from sync.core.checks.structure import S101, S102
from sync.core.checks.wording import nearest, some
from sync.core.policy import Checks, Organisation
from sync.core.problems import RULES, declare, in_order
from tests.sheets import company, found, kr, o, team, two

DOCS = Path(__file__).parents[1] / "docs" / "rules"
DUE = (
    *(f"S{n}" for n in range(101, 121)),
    *("Q201", "Q202", "Q203", "Q207", "Q208", "Q209", "Q211", "Q212", "Q213"),
    *("A301", "A302", "A303", "A304", "A305", "A309", "A310", "A311", "A312"),
    *("B401", "B402", "B403", "B405", "B406", "B409", "B410"),
)
ERRORS = {
    *("S101", "S102", "S103", "S104", "S105", "S106", "S107", "S108", "S110", "S111", "S114", "S117", "S118"),
    *("S120", "Q203", "Q213", "A302", "A303", "A311", "A312", "B410"),
}
NOTES = {"S116", "A304", "A309"}


def test_every_rule_that_is_due_is_in_the_table_with_its_severity():
    assert set(DUE) <= set(RULES)
    for code in DUE:
        wanted = "error" if code in ERRORS else "note" if code in NOTES else "warning"
        assert RULES[code].severity == wanted, code


def test_every_rule_that_no_reader_finds_has_a_finder():
    assert {code for code in DUE if code[0] != "S"} <= set(CHECKS) <= set(RULES)


def test_a_code_is_declared_once_and_has_one_finder():
    with pytest.raises(ValueError, match="S101 is declared twice"):
        declare(S101)
    with pytest.raises(ValueError, match="Q201 has two finders"):
        finds(RULES["Q201"])(CHECKS["Q201"])


@pytest.mark.parametrize("code", DUE)
def test_messages_hints_and_abouts_are_sentences(code):
    rule = RULES[code]
    for text in (rule.message, rule.hint, rule.about):
        assert re.search(r"([.?]|\}\"?)$", text), text
        assert "  " not in text
    assert not rule.title.endswith(".")
    assert "\n\n" in rule.about


# --- settings -------------------------------------------------------------------------------------

SHEET = company(o("CO-O1", owner=""), o("CO-O2"), *two("CO-O1"))  # Q201 and Q209


def codes(problems):
    return sorted({problem.code for problem in problems})


@pytest.mark.parametrize(
    ("settings", "left"),
    (
        (Checks(), ["Q201", "Q209"]),
        (Checks(ignore=("Q201",)), ["Q209"]),
        (Checks(select=("Q201",)), ["Q201"]),
        (Checks(select=("Q",), ignore=("Q20",)), []),
        (Checks(select=("A", "B")), []),
    ),
)
def test_select_and_ignore_take_codes_and_their_beginnings(settings, left):
    assert codes(found(SHEET, checks=settings)) == left


def test_severity_of_the_most_exact_setting_counts_and_the_loudest_come_first():
    settings = Checks(severity={"Q": "note", "Q209": "error"})
    assert [(p.code, p.severity) for p in found(SHEET, checks=settings)] == [
        ("Q209", "error"),
        ("Q201", "note"),
    ]


def test_settings_hold_for_problems_found_elsewhere():
    problems = [S101.problem(source="a.xlsx", what="tab", name="Team", where="it", suggestion="Add it."),
                S102.problem(source="a.xlsx", name="x", other="B1", outcome="y", suggestion="z")]  # fmt: skip
    kept = checks.apply_policy(problems, Checks(ignore=("S101",), severity={"S": "note"}))
    assert [(p.code, p.severity) for p in kept] == [("S102", "note")]
    assert checks.apply_policy(problems, Checks()) == in_order(problems)


def test_findings_do_not_depend_on_the_order_of_the_sheets():
    sheets = [
        company(o("CO-O1", owner=""), *two("CO-O1"), o("CO-O2"), kr("CO-O2-KR1", measure="Contributors")),
        team("Alpha", o("A-O1", aligned_to="B-O1"), *two("A-O1")),
        team("Beta", o("B-O1", aligned_to="A-O1; nowhere"), kr("B-O1-KR1", start=1, target=1)),
        team("Gamma", o("A-O1"), *two("A-O1"), parent="Delta"),
        team("Legal", parent="Lagel"),
    ]
    expected = found(*sheets)
    assert len(codes(expected)) >= 8
    for seed in range(3):
        random.Random(seed).shuffle(sheets)  # noqa: S311  # an order, no secret
        assert found(*sheets) == expected


# --- texts from sheets (TRUST 28) -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ("{name.__class__}", "{}", "{0}", "%s %(x)d", "<b>&amp;</b>", "[bold]x[/bold]", '=HYPERLINK("x")', "}{"),
)
def test_trust_28_text_from_a_sheet_is_no_format_string(text):
    sheets = (
        company(o("CO-O1", owner=text), *two("CO-O1")),
        team("Sales", o("", text, aligned_to=text, owner=""), kr("", text, objective_id=text, status="Done")),
    )
    problems = found(*sheets)
    assert {"A302", "Q208", "Q209", "B405"} <= {problem.code for problem in problems}
    assert f'Objective "{text}" has no owner.' in [problem.message for problem in problems]


def test_long_and_broken_texts_stay_on_one_line_of_a_message():
    (problem,) = found(company(o("", "Delight\n" + "everyone " * 40, owner=""), *two("")), code="Q209")
    assert "\n" not in problem.message
    assert len(problem.message) < 120
    assert problem.row_id.startswith("Delight\neveryone")


def test_trust_24_texts_of_private_units_stay_at_home():
    secret = company(o("", "Buy Initech", aligned_to="Sell"), *two(""), unit="Board")
    sales = team("Sales", o("", "Sell", aligned_to="Buy Initech"), *two(""))
    elsewhere = [p for p in found(secret, sales, organisation=Organisation(private_units=("Board",)))
                 if p.unit != "Board" and p.code != "A302"]  # fmt: skip
    assert elsewhere
    assert not [p for p in elsewhere if "Initech" in p.message + p.hint and p.value != "Buy Initech"]
    (circle,) = [p for p in elsewhere if p.code == "A303"]
    assert circle.message.endswith('circle: "Sell" → an objective of Board → "Sell".')


# --- pages --------------------------------------------------------------------------------------------


def test_the_pages_are_those_of_the_table():
    """`okrsync rules --docs docs/rules` writes them."""
    written = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    assert written == pages()


def test_a_page_shows_no_bare_placeholder():
    for rule in RULES.values():
        page = render_page(rule)
        assert "{" not in page.replace("{name}", ""), rule.code
        assert page.startswith(f"# {rule.code}: {rule.title}\n")
        assert rule.about in page


def test_the_rules_are_listed_without_pandas():
    code = (
        "import sys, sync.core.checks.pages as p; p.pages(); "
        "print('pandas' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


# --- words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "near"),
    (
        ("MKT-01", "MKT-O1"),
        ("CO-O1", ""),
        ("larsen", "Kim Larsen"),
        ("Kim Larson", "Kim Larsen"),
        ("%", ""),
        ("", ""),
    ),
)
def test_nearest_name(text, near):
    assert nearest(text, ["Zoë Müller", "MKT-O1", "Kim Larsen"]) == near


def test_some_names_and_how_many_more():
    assert some(["a"]) == "a"
    assert some(["a", "b"]) == "a and b"
    assert some(["a", "b", "c"]) == "a, b and c"
    assert some(["a", "b", "c", "d"]) == "a, b, c and 1 more"
    assert some(["a", "b", "c"], 9) == "a, b, c and 6 more"

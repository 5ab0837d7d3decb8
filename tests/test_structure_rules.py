"""The S rules as their readers meet them: every message, hint and page is whole sentences."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from sync.core.checks import structure
from sync.core.problems import Rule, Severity

RULES = [value for value in vars(structure).values() if isinstance(value, Rule)]
TITLES = {
    "S101": "E required tab or column missing",
    "S102": "E column found twice",
    "S103": "E cell error",
    "S104": "E not a number, or ambiguous",
    "S105": "E impossible or ambiguous date",
    "S106": "E formula never calculated",
    "S107": "E id found twice",
    "S108": "E id known in another unit",
    "S109": "W unknown choice",
    "S110": "E unreadable file",
    "S111": "E source empty or shrunk (held)",
    "S112": "W source stale",
    "S113": "W text cut",
    "S114": "E percent and plain numbers mixed",
    "S115": "W unknown owner",
    "S116": "N template older than this release",
    "S117": "E two sources for one unit and cycle (both held)",
    "S118": "E key result without a known objective",
    "S119": "W unknown key result id",
    "S120": "E team tab: field blank, twice or impossible",
}


def test_the_rules_are_those_of_the_specification() -> None:
    letters = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.NOTE: "N"}
    assert {rule.code: f"{letters[rule.severity]} {rule.title.lower()}" for rule in RULES} == TITLES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.code))
def test_trust_33_message_and_hint_are_sentences_whatever_fills_them(rule: Rule) -> None:
    places = {"tab": "Key Results", "cell": "I12", "row_id": "K1", "unit": "Marketing", "value": "4o"}
    needed = {name for part in (rule.message, rule.hint) for _, name, _, _ in Formatter().parse(part) if name}
    sentence = "Write it down."
    filling = {
        name: sentence if name in ("suggestion", "cause", "mend", "outcome") else "x" for name in needed
    }
    problem = rule.problem(**{**filling, **{name: places[name] for name in needed & places.keys()}})
    for words in (problem.message, problem.hint):
        assert words.endswith(".")
        assert "  " not in words
        assert "{" not in words


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.code))
def test_the_page_has_two_paragraphs_of_whole_sentences(rule: Rule) -> None:
    paragraphs = rule.about.split("\n\n")
    assert len(paragraphs) == 2
    for paragraph in paragraphs:
        assert paragraph.endswith(".")
        assert not re.search(r"  |[a-z][.,;][A-Za-z]|\n", paragraph)

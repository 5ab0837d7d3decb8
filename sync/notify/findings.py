"""The champions' weekly findings: what is new in their units' sheets, what is still open, how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sync.core.model import CellRef, Person
from sync.core.problems import Problem
from sync.notify.facts import Facts
from sync.notify.links import Way
from sync.notify.message import Message
from sync.notify.plain import harmless
from sync.notify.render import render
from sync.notify.words import Words

NEW_SHOWN, OPEN_SHOWN = 15, 15


class Finding(NamedTuple):
    """A finding for a reader."""

    severity: str
    code: str
    unit: str
    message: str
    hint: str
    since: date
    way: Way


class Findings(NamedTuple):
    """What one champion is told; both lists with the loudest first."""

    person: Person
    week: str
    new: Sequence[tuple[Problem, date]]
    open: Sequence[tuple[Problem, date]]


def findings_key(person: Person, week: str) -> tuple[str, str, str]:
    """What is sent once: the findings of a champion and week."""
    return person.email.casefold(), "findings", week


def findings(
    found: Findings, facts: Facts, words: Words, *, organisation: str, may_answer: bool = False
) -> Message:
    """The message of one champion and week."""
    count = len(found.new)
    title = (
        words.of("{n} new finding in your sheets", "{n} new findings in your sheets", count)
        if count
        else words.of("{n} open finding in your sheets", "{n} open findings in your sheets", len(found.open))
    )
    given = {
        "title": title,
        "name": harmless(found.person.name, 60),
        "organisation": harmless(organisation, 80),
        "new": [_finding(one, facts) for one in found.new[:NEW_SHOWN]],
        "open": [_finding(one, facts) for one in found.open[:OPEN_SHOWN]],
        "more_new": max(0, count - NEW_SHOWN),
        "more_open": max(0, len(found.open) - OPEN_SHOWN),
        "may_answer": may_answer,
    }
    parts = render("findings", words, given)
    _, kind, period = findings_key(found.person, found.week)
    return Message(
        name=found.person.name,
        address=found.person.email,
        kind=kind,
        period=period,
        subject=title,
        text=parts.text,
        html=parts.html,
        language=words.language,
    )


def _finding(one: tuple[Problem, date], facts: Facts) -> Finding:
    problem, since = one
    return Finding(
        str(problem.severity),
        problem.code,
        harmless(problem.unit, 80),
        harmless(problem.message, 400),
        harmless(problem.hint, 300),
        since,
        facts.way(CellRef(problem.source, problem.tab, problem.cell)),
    )

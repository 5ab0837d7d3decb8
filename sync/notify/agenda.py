"""Agendas as Markdown, made of the same figures as everything else, the least certain key results first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sync.core.model import Person
from sync.notify.digest import in_a_week
from sync.notify.facts import KeyResult
from sync.notify.message import Message
from sync.notify.plain import harmless, one_line
from sync.notify.render import render_html, render_text
from sync.notify.words import Words


class Kind(StrEnum):
    """The meetings of a cycle."""

    WEEKLY = "weekly"
    ONE_ON_ONE = "one-on-one"
    TEAM_REVIEW = "team-review"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    RETROSPECTIVE = "retrospective"


class Aim(NamedTuple):
    """An objective with its score and grade ("" before the end)."""

    text: str
    unit: str
    score: float | None
    status: str
    grade: str


class Learned(NamedTuple):
    """A row of Retrospective."""

    type: str
    about: str
    happened: str
    learned: str
    next: str


class Rows(NamedTuple):
    """The key results of a meeting: all, those without a check-in, new risks, wins."""

    all: Sequence[KeyResult]
    silent: Sequence[KeyResult] = ()
    risks: Sequence[KeyResult] = ()
    wins: Sequence[KeyResult] = ()


class Matter(NamedTuple):
    """What a meeting is about: a unit's or a person's."""

    name: str
    cycle: str
    as_of: date
    roll_up: float | None
    change: float | None
    expected: float | None
    rows: Rows
    dependencies: Sequence[str] = ()
    aims: Sequence[Aim] = ()
    retrospective: Sequence[Learned] = ()


def agenda(kind: Kind, matter: Matter, words: Words) -> str:
    """The agenda as Markdown."""
    text = render_text("agenda.md", words, _given(kind, matter, words) | {"md": markdown})
    return _even(text)


def agenda_mail(
    kind: Kind, matter: Matter, reader: Person, words: Words, *, organisation: str, may_answer: bool
) -> Message:
    """The agenda as a message: the Markdown as its text, a page beside it."""
    given = _given(kind, matter, words)
    text = _even(render_text("agenda.md", words, given))
    title = one_line(text.partition("\n")[0].removeprefix("# "))
    more = {"title": title, "organisation": harmless(organisation, 80), "may_answer": may_answer}
    _, name, period = agenda_key(kind, matter, reader)
    return Message(
        name=reader.name,
        address=reader.email,
        kind=name,
        period=period,
        subject=title,
        text=text,
        html=render_html("agenda", words, given | more),
        language=words.language,
    )


def agenda_key(kind: Kind, matter: Matter, reader: Person) -> tuple[str, str, str]:
    """What is sent once: the agenda of a meeting, reader and day."""
    return reader.email.casefold(), "agenda", f"{matter.as_of} {kind} {matter.name}"


def _given(kind: Kind, matter: Matter, words: Words) -> dict[str, Any]:
    ordered = matter.rows._replace(all=sorted(matter.rows.all, key=_least_certain_first))
    return {
        "kind": str(kind),
        "matter": matter,
        "of": ordered,
        "md": harmless,
        "change": in_a_week(matter.change, words),
    }


def _even(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _least_certain_first(kr: KeyResult) -> tuple[float, float, str]:
    """Without a confidence comes before a low one: nobody has said anything."""
    return (
        -1 if kr.confidence is None else kr.confidence,
        -1 if kr.score is None else kr.score,
        kr.name,
    )


def markdown(text: str) -> str:
    """The text as Markdown shows it literally: no cell makes a heading, a link or a picture."""
    return re.sub(r"([\\`*_\[\]<>#|~]|^[-+])", r"\\\1", harmless(text, 400))

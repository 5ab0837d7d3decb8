"""Agendas as Markdown, made of the same figures as everything else, the least certain key results first."""

from __future__ import annotations

import re
from typing import Any

from sync.core.agenda import Kind, Matter, least_certain_first
from sync.core.model import Person
from sync.notify.digest import in_a_week
from sync.notify.message import Message
from sync.notify.plain import harmless, one_line
from sync.notify.render import render_html, render_text
from sync.notify.words import Words


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
    ordered = matter.rows._replace(all=sorted(matter.rows.all, key=least_certain_first))
    return {
        "kind": str(kind),
        "matter": matter,
        "of": ordered,
        "md": harmless,
        "change": in_a_week(matter.change, words),
    }


def _even(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def markdown(text: str) -> str:
    """The text as Markdown shows it literally: no cell makes a heading, a link or a picture."""
    return re.sub(r"([\\`*_\[\]<>#|~]|^[-+])", r"\\\1", harmless(text, 400))

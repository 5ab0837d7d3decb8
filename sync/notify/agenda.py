"""Agendas as Markdown, made of the same figures as everything else, the least certain key results first."""

from __future__ import annotations

import re

from sync.core.agenda import Kind, Matter, least_certain_first
from sync.notify.digest import in_a_week
from sync.notify.plain import harmless
from sync.notify.render import render_text
from sync.notify.words import Words


def agenda(kind: Kind, matter: Matter, words: Words) -> str:
    """The agenda as Markdown."""
    ordered = matter.rows._replace(all=sorted(matter.rows.all, key=least_certain_first))
    given = {
        "kind": str(kind),
        "matter": matter,
        "of": ordered,
        "md": markdown,
        "change": in_a_week(matter.change, words),
    }
    text = render_text("agenda.md", words, given)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def markdown(text: str) -> str:
    """The text as Markdown shows it literally: no cell makes a heading, a link or a picture."""
    return re.sub(r"([\\`*_\[\]<>#|~]|^[-+])", r"\\\1", harmless(text, 400))

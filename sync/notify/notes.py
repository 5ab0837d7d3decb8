"""Short messages, each sent once: a win, a new dependency, the beginning of a cycle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sync.core.model import Person
from sync.notify.facts import KeyResult
from sync.notify.message import Message
from sync.notify.plain import harmless
from sync.notify.render import render
from sync.notify.words import Words


class Part(NamedTuple):
    """A heading with lines and key results below it."""

    heading: str
    lines: Sequence[str] = ()
    key_results: Sequence[KeyResult] = ()


class Note(NamedTuple):
    """What a short message says, in the reader's language."""

    title: str
    words: Sequence[str]
    parts: Sequence[Part]
    why: str


def win(kr: KeyResult, words: Words) -> Note:
    """A key result that has reached its target."""
    return Note(
        words("Done: {name}").format(name=kr.name),
        [words("It has reached its target. Congratulations to {who}!").format(who=kr.owner or kr.unit)],
        [Part("", key_results=[kr])],
        words("This is said once, to everybody it concerns."),
    )


def dependency(kr: KeyResult, on: str, words: Words) -> Note:
    """Somebody else's key result that depends on the reader."""
    return Note(
        words("{unit} depends on you").format(unit=kr.unit),
        [
            words(
                "This key result needs “{what}”. Talk about it; to confirm, name it in Depends on, too."
            ).format(what=on)
        ],
        [Part("", key_results=[kr])],
        words("This is said once, when the dependency is new."),
    )


def cycle_start(
    cycle: str,
    ends: date,
    company: Sequence[str],
    unit: tuple[str, Sequence[str]],
    own: Sequence[KeyResult],
    words: Words,
) -> Note:
    """The beginning of a cycle: what the company and one's unit are after, and what one owns."""
    parts = [Part(words("What all of us are after"), company)] if company else []
    if unit[1]:
        parts.append(Part(words("What {unit} is after").format(unit=unit[0]), unit[1]))
    if own:
        parts.append(
            Part(
                words("Yours"),
                [words("Please confirm that these are yours: check in once, or correct the owner.")],
                own,
            )
        )
    return Note(
        words("{cycle} has begun").format(cycle=cycle),
        [words("It runs until {day}.").format(day=words.day(ends))],
        parts,
        words("This is said once, at the beginning of a cycle."),
    )


def note(
    found: Note,
    person: Person,
    key: tuple[str, str, str],
    words: Words,
    *,
    organisation: str,
    may_answer: bool,
) -> Message:
    """The message to one person."""
    given = {
        "title": harmless(found.title, 120),
        "name": harmless(person.name, 60),
        "organisation": harmless(organisation, 80),
        "note": found,
        "may_answer": may_answer,
    }
    parts = render("note", words, given)
    return Message(
        name=person.name,
        address=person.email,
        kind=key[1],
        period=key[2],
        subject=str(given["title"]),
        text=parts.text,
        html=parts.html,
        language=words.language,
    )

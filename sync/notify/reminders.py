"""The reminder: one message per person and day with everything that is owed, each with its cell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from sync.core.owed import Line, Owed, Reminder
from sync.core.policy import Role
from sync.notify.facts import Facts, KeyResult
from sync.notify.message import Message
from sync.notify.plain import harmless
from sync.notify.render import render
from sync.notify.words import Words


class Item(NamedTuple):
    """One key result that waits, for the templates."""

    kr: KeyResult
    due: date
    days: int
    owners: str
    unknown: bool


class Group(NamedTuple):
    """What somebody is told in one role."""

    role: str
    items: Sequence[Item]


def reminder(
    found: Reminder, facts: Facts, words: Words, *, organisation: str, may_answer: bool = False
) -> Message:
    """The message of one person and day."""
    groups = [
        Group(str(role), [_item(line, facts) for line in lines])
        for role, lines in groupby(found.lines, key=_role_of)
    ]
    own = sum(line.role is Role.OWNER for line in found.lines)
    title = _title(words, own, len(found.lines))
    given = {
        "title": title,
        "name": harmless(found.person.name, 60),
        "organisation": harmless(organisation, 80),
        "groups": groups,
        "own": own,
        "past": [facts.key_result(key) for key in found.past],
        "on": found.on,
        "may_answer": may_answer,
    }
    parts = render("reminder", words, given)
    _, kind, period = reminder_key(found)
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


def reminder_key(found: Reminder) -> tuple[str, str, str]:
    """What is sent once: one reminder per person and day."""
    return found.person.email.casefold(), "reminder", found.on.isoformat()


def _role_of(line: Line) -> Role:
    return line.role


def _title(words: Words, own: int, all_: int) -> str:
    if own:
        return words.of("{n} key result waits for you", "{n} key results wait for you", own)
    return words.of(
        "Nobody has checked in on {n} key result", "Nobody has checked in on {n} key results", all_
    )


def _item(line: Line, facts: Facts) -> Item:
    owed: Owed = line.owed
    inside = line.role is not Role.SPONSOR
    owners = owed.told[Role.OWNER]
    kr = facts.key_result(owed.key, inside=inside)
    names = ", ".join(harmless(person.name, 60) for person in owners) or kr.owner
    return Item(kr, owed.due, owed.days, names if inside or kr.text else "", owed.unknown)

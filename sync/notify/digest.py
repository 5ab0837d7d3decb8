"""The managers' weekly digest: where their units stand, what changed, what needs them. Figures of one run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sync.core.model import Person
from sync.notify.chart import MOST, Course, chart
from sync.notify.facts import KeyResult
from sync.notify.message import Message
from sync.notify.plain import harmless, one_line
from sync.notify.render import render
from sync.notify.words import Words, round_half_up

CHART = "roll-up"
SHOWN = 8  # of each list; the master has them all


class UnitLine(NamedTuple):
    """One unit's figures, as the master's sheet `Roll-up` has them; None where there is none."""

    name: str
    depth: int
    roll_up: float | None
    before: float | None
    expected: float | None
    status: str
    check_in_rate: float | None
    stale: bool

    @property
    def change(self) -> float | None:
        """The roll-up's change since the week before."""
        return None if self.roll_up is None or self.before is None else self.roll_up - self.before


class Silent(NamedTuple):
    """A key result nobody has checked in for so many working days."""

    kr: KeyResult
    days: int
    owners: str


class Said(NamedTuple):
    """A unit and what was said of it."""

    unit: str
    text: str


class Digest(NamedTuple):
    """Everything one manager is told; `units` in the order of the tree, the manager's own first."""

    person: Person
    week: str
    as_of: date
    cycle: str
    days_left: int
    units: Sequence[UnitLine]
    courses: Sequence[Course]
    silent: Sequence[Silent] = ()
    risks: Sequence[KeyResult] = ()
    wins: Sequence[KeyResult] = ()
    dependencies: Sequence[Said] = ()
    lessons: Sequence[Said] = ()
    sources: Sequence[Said] = ()
    compared_with: date | None = None


def digest_key(person: Person, week: str) -> tuple[str, str, str]:
    """What is sent once: one digest per manager and week."""
    return person.email.casefold(), "digest", week


def digest(
    found: Digest, words: Words, *, organisation: str, master: str = "", may_answer: bool = False
) -> Message:
    """The message of one manager and week."""
    first = found.units[0]
    title = _title(first, words)
    drawn = [
        course for course in found.courses if len([1 for _, value in course.points if value is not None]) > 1
    ]
    images = {CHART: chart(drawn[:MOST])} if drawn else {}
    given = {
        "title": title,
        "name": harmless(found.person.name, 60),
        "organisation": harmless(organisation, 80),
        "digest": found,
        "first": first,
        "chart": CHART if images else "",
        "courses": ", ".join(harmless(course.name, 40) for course in drawn[:MOST]),
        "points": points,
        "shown": SHOWN,
        "master": one_line(master, 300),
        "may_answer": may_answer,
    }
    parts = render("digest", words, given)
    _, kind, period = digest_key(found.person, found.week)
    return Message(
        name=found.person.name,
        address=found.person.email,
        kind=kind,
        period=period,
        subject=title,
        text=parts.text,
        html=parts.html,
        language=words.language,
        images=images,
    )


def _title(first: UnitLine, words: Words) -> str:
    name, score = harmless(first.name, 60), words.share(first.roll_up)
    if first.change is None:
        return f"{name}: {score}"
    return words("{unit}: {score}, {points} points in a week").format(
        unit=name, score=score, points=points(first.change)
    )


def _drawable(course: Course) -> bool:
    """Whether there are two points to draw a line between."""
    return sum(value is not None for _, value in course.points) > 1


def points(value: float | None) -> str:
    """A change in points: `+4`, `−2`, `±0`, "" for none."""
    if value is None:
        return ""
    whole = round_half_up(value * 100)
    return "±0" if not whole else f"+{whole}" if whole > 0 else f"−{-whole}"

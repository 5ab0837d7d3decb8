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
_NAMED = 3  # units in a title
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


class Behind(NamedTuple):
    """A sheet whose last good rows are shown, and since when."""

    unit: str
    name: str
    state: str
    since: date | None


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
    sources: Sequence[Behind] = ()
    compared_with: date | None = None


def digest_key(person: Person, week: str) -> tuple[str, str, str]:
    """What is sent once: one digest per manager and week."""
    return person.email.casefold(), "digest", week


def digest(
    found: Digest, words: Words, *, organisation: str, master: str = "", may_answer: bool = False
) -> Message:
    """The message of one manager and week."""
    tops = [unit for unit in found.units if not unit.depth]
    title = _title(tops, words)
    drawn = list(filter(_drawable, found.courses))
    images = {CHART: chart(drawn[:MOST])} if drawn else {}
    given = {
        "title": title,
        "name": harmless(found.person.name, 60),
        "organisation": harmless(organisation, 80),
        "digest": found,
        "only": tops[0] if len(tops) == 1 else None,
        "change": in_a_week(tops[0].change, words),
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


def _title(tops: Sequence[UnitLine], words: Words) -> str:
    """One unit with its change, or several with their scores."""
    if len(tops) == 1:
        change = in_a_week(tops[0].change, words)
        return f"{harmless(tops[0].name, 60)}: {words.share(tops[0].roll_up)}{', ' if change else ''}{change}"
    named = [f"{harmless(top.name, 40)} {words.share(top.roll_up)}" for top in tops[:_NAMED]]
    return ", ".join(named) + (" …" if len(tops) > _NAMED else "")


def in_a_week(change: float | None, words: Words) -> str:
    """`+4 points in a week`, "" for none."""
    if change is None:
        return ""
    many = abs(round_half_up(change * 100))
    return words.of("{points} point in a week", "{points} points in a week", many).format(
        points=points(change)
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

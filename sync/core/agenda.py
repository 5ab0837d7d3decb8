"""What a meeting is about: a unit's or a person's key results, the least certain first. Pure.

The agenda of `okrsync agenda` (Markdown, in the reader's language) and the add-in's (a tab) are made of this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol

from sync.core.arrays import flags, keys
from sync.core.assess import Assessment


class Kind(StrEnum):
    """The meetings of a cycle."""

    WEEKLY = "weekly"
    ONE_ON_ONE = "one-on-one"
    TEAM_REVIEW = "team-review"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    RETROSPECTIVE = "retrospective"


class KeyLine(Protocol):
    """A key result as an agenda shows it; None and "" where there is nothing to show."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def owner(self) -> str:
        """Who owns it, as its row says."""

    @property
    def status(self) -> str:
        """Its status in words."""

    @property
    def value(self) -> str:
        """Its value as the sheet shows it."""

    @property
    def target(self) -> str:
        """Its target as the sheet shows it."""

    @property
    def score(self) -> float | None:
        """Its score as a fraction."""

    @property
    def confidence(self) -> float | None:
        """0 to 10."""


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

    all: Sequence[KeyLine]
    silent: Sequence[KeyLine] = ()
    risks: Sequence[KeyLine] = ()
    wins: Sequence[KeyLine] = ()


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


def active(assessment: Assessment) -> list[int]:
    """The key results that are at work: those that a meeting talks about."""
    frame = assessment.portfolio.key_results
    rows: list[int] = (flags(frame, "active") & ~flags(frame, "gone")).nonzero()[0].tolist()
    return rows


def least_certain_first(line: KeyLine) -> tuple[float, float, str]:
    """Sorts key results; without a confidence comes before a low one: nobody has said anything."""
    return (
        -1 if line.confidence is None else line.confidence,
        -1 if line.score is None else line.score,
        line.name,
    )


def of_unit(
    assessment: Assessment,
    unit: int,
    rows: Rows,
    *,
    before: float | None = None,
    plain: Callable[[str, int], str] = lambda text, _most: text,
) -> Matter:
    """The matter of a unit's meeting; `before` is its earlier roll-up. `plain` (text, limit) shows a text."""
    p, scores = assessment.portfolio, assessment.scores
    name = str(p.units["unit"].iloc[unit])
    row = scores.units.iloc[unit]
    roll_up = _or_none(row["roll_up"])
    source = next((sheet for sheet in p.sheets if sheet.team.unit == name), None)
    return Matter(
        name=name,
        cycle=assessment.selection.cycle.name,
        as_of=assessment.as_of,
        roll_up=roll_up,
        change=roll_up - before if before is not None and roll_up is not None else None,
        expected=_or_none(row["expected"]),
        aims=_aims(assessment, unit, name, plain),
        dependencies=[one.message for one in assessment.problems if one.code == "A306" and one.unit == name],
        retrospective=[Learned(*row[1:]) for row in source.retrospective] if source else [],
        rows=rows,
    )


def of_person(assessment: Assessment, name: str, rows: Rows) -> Matter:
    """The matter of a meeting with one person."""
    cycle = assessment.selection.cycle.name
    return Matter(name, cycle, assessment.as_of, roll_up=None, change=None, expected=None, rows=rows)


def _aims(assessment: Assessment, unit: int, name: str, plain: Callable[[str, int], str]) -> list[Aim]:
    p, scores = assessment.portfolio.objectives, assessment.scores.objectives
    columns = (p["objective"].tolist(), *(scores[column].tolist() for column in ("score", "status", "grade")))
    return [
        Aim(plain(text, 200), plain(name, 80), _or_none(score), status, grade)
        for at, text, score, status, grade in zip(keys(p, "unit_key").tolist(), *columns, strict=True)
        if at == unit
    ]


def _or_none(value: float) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124  # NaN

"""What the master is made of: everything `layout.build` needs, handed in by the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sync.core.portfolio import Portfolio
from sync.core.problems import Problem
from sync.master.notes import NO_NOTES, Notes

if TYPE_CHECKING:
    from sync.core.rollup import Scores


class Change(NamedTuple):
    """One row of `Changes`: what differs from the last sync. Texts as a person would read them."""

    on: date
    unit: str
    kind: str
    row_id: str
    text: str
    field: str
    before: str
    after: str


class Point(NamedTuple):
    """One week of a unit's trend."""

    on: date
    roll_up: float | None


class Owing(NamedTuple):
    """One row of `Who owes what`: a row of key_results, since when and how many working days it waits.

    Names are as the people list has them, "" for nobody; `step` is how far up the ladder it has come.
    """

    key: int
    due: date
    days: int
    owners: str
    champion: str
    manager: str
    sponsors: str
    step: str


@dataclass(frozen=True)
class MasterInput:
    """One run's results. Unit names key `trend` and `previous`; `folder` is the master's (absolute).

    `previous` holds each unit's roll-up at the last sync (or last week) and `previous_on` says in a few
    words which; `generated` is the moment of the run in words. `other_cycles` are (source, unit, cycle) of
    sheets that are not scored. `live_key_results` is the number of key results up to which scores are live
    formulas: their sums look through whole columns, so their cost grows with the square of the rows. Of
    `private_units` the master shows figures, no texts.
    """

    portfolio: Portfolio
    scores: Scores
    problems: Sequence[Problem]
    organisation: str
    cycle: str
    starts: date
    ends: date
    as_of: date
    generated: str
    run_id: str
    version: str
    folder: str
    trend: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    previous: Mapping[str, float | None] = field(default_factory=dict)
    previous_on: str = "last week"
    changes: Sequence[Change] = ()
    owing: Sequence[Owing] = ()
    notes: Notes = NO_NOTES
    settings: Sequence[tuple[str, str]] = ()
    private_units: Sequence[str] = ()
    other_cycles: Sequence[tuple[str, str, str]] = ()
    live_key_results: int = 10_000

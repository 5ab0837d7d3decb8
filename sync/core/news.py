"""What is new between two assessments of the organisation: risks, wins, lessons, dependencies. Pure.

Choices made here, where the specification leaves one:
- A risk is a key result that is At risk, Off track or Missed; a new one was not, or was not there. Silence
  (Outdated, No data) is no risk: the reminders deal with it.
- A win is a key result that is Done; a new one was there and was not. What was never seen undone is no news.
- Lessons are the rows of Retrospective that say what was learned and did not stand there before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sync.core.arrays import flags, keys
from sync.core.assess import Assessment
from sync.core.model import RetrospectiveRow, Status
from sync.core.ties import RowKey

RISKS = (Status.AT_RISK, Status.OFF_TRACK, Status.MISSED)


class Lesson(NamedTuple):
    """A row of Retrospective that is new: the unit (its row in the portfolio) and what it says."""

    unit_key: int
    row: RetrospectiveRow


class News(NamedTuple):
    """Rows of key_results and dependencies of the later portfolio, and the new lessons."""

    risks: tuple[int, ...]
    wins: tuple[int, ...]
    dependencies: tuple[int, ...]
    lessons: tuple[Lesson, ...]


def news(now: Assessment, before: Assessment) -> News:
    """What the later assessment says that the earlier one did not."""
    was = dict(zip(row_keys(before), before.scores.key_results["status"].tolist(), strict=True))
    risks, wins = [], []
    active = flags(now.portfolio.key_results, "active") & ~flags(now.portfolio.key_results, "gone")
    statuses = now.scores.key_results["status"].tolist()
    for key, (row, status, counts) in enumerate(zip(row_keys(now), statuses, active.tolist(), strict=True)):
        if counts and status in RISKS and was.get(row) not in RISKS:
            risks.append(key)
        if counts and status == Status.DONE and was.get(row, Status.DONE) != Status.DONE:
            wins.append(key)
    known = set(_dependencies(before))
    fresh = [at for at, one in enumerate(_dependencies(now)) if one not in known]
    return News(tuple(risks), tuple(wins), tuple(fresh), tuple(_lessons(now, before)))


def row_keys(assessment: Assessment) -> list[RowKey]:
    """(unit, cycle, identity) of every key result."""
    p = assessment.portfolio
    units, cycles = p.units["unit"].tolist(), p.units["cycle"].tolist()
    pairs = zip(keys(p.key_results, "unit_key").tolist(), p.key_results["identity"].tolist(), strict=True)
    return [(units[at], cycles[at], identity) for at, identity in pairs]


def _dependencies(assessment: Assessment) -> list[tuple[RowKey, str]]:
    rows, links = row_keys(assessment), assessment.portfolio.dependencies
    return [
        (rows[key], raw) for key, raw in zip(links["kr_key"].tolist(), links["raw"].tolist(), strict=True)
    ]


def _lessons(now: Assessment, before: Assessment) -> Iterator[Lesson]:
    known = {(sheet.team.unit, *row[1:]) for sheet in before.portfolio.sheets for row in sheet.retrospective}
    units = keys(now.portfolio.sources, "unit_key").tolist()
    for unit_key, sheet in zip(units, now.portfolio.sheets, strict=True):
        for row in sheet.retrospective:
            if row.what_we_learned and (sheet.team.unit, *row[1:]) not in known:
                yield Lesson(unit_key, row)

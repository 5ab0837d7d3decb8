"""Cycles: the quarter, half, year or custom period that a set of OKRs belongs to.

Choices made here: a fiscal year is named after the calendar year in which it begins (with
`fiscal_year_start = 4`, `2026-Q1` runs from April to June 2026); planning ends on the day the cycle
begins, the retrospective begins on the day after its last.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from sync.core.policy import Organisation


class Cycle(NamedTuple):
    """A cycle and its first and last day, both inclusive."""

    name: str
    starts: date
    ends: date


class Phase(StrEnum):
    """Where a cycle stands on a day."""

    PLANNING = "planning"
    EXECUTION = "execution"
    RETROSPECTIVE = "retrospective"


_PARTS = {"Q": 4, "H": 2}
_YEAR_FIRST = re.compile(
    r"(?:FY\s*)?(?P<year>\d{4})(?:[\s/_-]*(?P<part>[QH][1-4]))?", re.ASCII | re.IGNORECASE
)
_PART_FIRST = re.compile(r"(?P<part>[QH][1-4])[\s/_-]*(?:FY\s*)?(?P<year>\d{4})", re.ASCII | re.IGNORECASE)


def resolve(name: str, starts: date | None, ends: date | None, fiscal_year_start: int) -> Cycle | None:
    """The cycle of that name with its days, or None when they cannot be known.

    `2026-Q4`, `2026-H2`, `2026` (also `Q4 2026`, `FY2026 Q4`; they get the first spelling) need no
    dates; any other name needs both. Dates that are given win over the name's.
    """
    plain = _plain(name, fiscal_year_start)
    first = starts or (plain.starts if plain else None)
    last = ends or (plain.ends if plain else None)
    if first is None or last is None or last < first:
        return None
    return Cycle(name_of(name), first, last)


def name_of(text: str) -> str:
    """The cycle's name however it is spelled: `2026-Q4` for `Q4 2026`, white space folded in any other."""
    plain = _plain(text, 1)  # the fiscal year's start moves the days of a cycle, never its name
    return plain.name if plain else " ".join(text.split())


def current(organisation: Organisation, as_of: date, known: Iterable[Cycle] = ()) -> Cycle:
    """The cycle that is worked on: the configured one, else the one that holds the day.

    `known` are the cycles of the sheets, repeats included: a configured custom name takes its dates
    from them, and without a configured name the one that most sheets have (of those that hold the
    day; the shorter and then the earlier when they tie) comes before the calendar quarter.
    A configured custom name that no sheet dates gets the quarter's days; no sheet is in it anyway.
    """
    quarter = _quarter_of(as_of, organisation.fiscal_year_start)
    if not organisation.cycle.strip():
        return _commonest(c for c in known if c.starts <= as_of <= c.ends) or quarter
    plain = _plain(organisation.cycle, organisation.fiscal_year_start)
    name = name_of(organisation.cycle)
    return _commonest(c for c in known if c.name == name) or plain or quarter._replace(name=name)


def phase(cycle: Cycle, as_of: date) -> Phase:
    """The phase of the cycle on a day."""
    if as_of < cycle.starts:
        return Phase.PLANNING
    return Phase.EXECUTION if as_of <= cycle.ends else Phase.RETROSPECTIVE


@lru_cache(maxsize=1024)  # ten thousand sheets name a handful
def _plain(name: str, fiscal_year_start: int) -> Cycle | None:
    text = name.strip()
    match = _YEAR_FIRST.fullmatch(text) or _PART_FIRST.fullmatch(text)
    if match is None or not 1 <= int(match["year"]) < date.max.year:
        return None
    part = (match["part"] or "").upper()
    parts = _PARTS[part[0]] if part else 1
    number = int(part[1]) if part else 1
    if number > parts:
        return None
    return _span(int(match["year"]), part, number - 1, 12 // parts, fiscal_year_start)


def _span(year: int, part: str, index: int, months: int, fiscal_year_start: int) -> Cycle:
    first = year * 12 + fiscal_year_start - 1 + index * months
    last_year, last_month = divmod(first + months - 1, 12)
    last_day = monthrange(last_year, last_month + 1)[1]
    return Cycle(
        f"{year:04d}-{part}" if part else f"{year:04d}",
        date(first // 12, first % 12 + 1, 1),
        date(last_year, last_month + 1, last_day),
    )


def _quarter_of(day: date, fiscal_year_start: int) -> Cycle:
    year, month = divmod(day.year * 12 + day.month - fiscal_year_start, 12)
    return _span(year, f"Q{month // 3 + 1}", month // 3, 3, fiscal_year_start)


def _commonest(cycles: Iterable[Cycle]) -> Cycle | None:
    counts = Counter(cycles)
    return min(counts, key=lambda c: (-counts[c], c.ends - c.starts, c), default=None)

"""A team's workbook from the template, and somebody who presses the add-in's buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sheet_templates.team import TeamDefaults, build_team
from sheet_templates.values import Percent

NOW = datetime(2026, 11, 18, 9, 30)  # noqa: DTZ001  # the person's own clock
TODAY = NOW.date()
EARLIER = date(2026, 11, 11)
TEAM = TeamDefaults(
    unit="Marketing", level="Company", cycle="2026-Q4", champion="Kim", number_format="1,234.5"
)
OBJECTIVES = (
    {"id": "MKT-O1", "objective": "Customers tell their friends about us", "owner": "Kim"},
    {"id": "MKT-O2", "objective": "A name that everybody knows", "owner": "Ada"},
)
Row = Mapping[str, Any]


def kr(number: int, **fields: Any) -> Row:
    """A tidy key result of MKT-O1, on its way from 0 to 10."""
    tidy = {
        "id": f"MKT-O1-KR{number}",
        "objective_id": "MKT-O1",
        "key_result": f"Key result number {number}",
        "owner": "Kim",
        "measure": "Increase",
        "start": 0.0,
        "target": 10.0,
        "current": 5.0,
        "confidence": 7.0,
    }
    return tidy | fields


def percent(share: float) -> Percent:
    """A number that is shown as a percentage."""
    return Percent(share)


def make(
    path: Path,
    key_results: Sequence[Row],
    check_ins: Sequence[Row] = (),
    objectives: Sequence[Row] = OBJECTIVES,
    team: TeamDefaults = TEAM,
) -> Path:
    """A team's workbook with those rows; they stand from row 4."""
    build_team(
        path,
        team,
        prefill={"objectives": objectives, "key_results": key_results, "check_ins": check_ins},
    )
    return path


class Person:
    """Presses buttons, answers yes (or what is asked for), and remembers what was said."""

    def __init__(self, *, yes: bool = True, name: str = "", now: datetime = NOW) -> None:
        self.yes, self.name, self.clock = yes, name, now
        self.asked: list[str] = []
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.yes

    def now(self) -> datetime:
        return self.clock

    def who(self) -> str:
        return self.name


def rows(book: Any, tab: str, first: int = 4, *, columns: int = 22) -> list[list[Any]]:
    """The rows of a tab from `first` on that hold something, as xlwings gives them."""
    used = book.sheets[tab].used_range
    last = used.row + used.shape[0] - 1
    if last < first:
        return []
    found = book.sheets[tab].range((first, 1), (last, columns)).options(ndim=2).value
    while found and not any(value is not None for value in found[-1]):
        found.pop()
    return list(found)

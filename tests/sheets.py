"""Team sheets in a few words, for tests that need a portfolio and no workbook.

    team("Marketing", o("MKT-O1"), kr("MKT-O1-KR1", start=0, target=10, current=5))

Rows stand below each other from row 2 in the order they are given, in the template's columns; what is
not said is as a tidy team would have it: one owner, checked in this week, aligned by whoever calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sync.core import checks
from sync.core.checks.view import View
from sync.core.columns import Columns
from sync.core.gather import gather
from sync.core.model import (
    NOTHING,
    Amount,
    Binding,
    CheckInRow,
    InitiativeRow,
    KeyResultRow,
    ObjectiveRow,
    Person,
    Team,
    TeamSheet,
    Was,
)
from sync.core.policy import Checks, Organisation, Scoring
from sync.core.portfolio import Origin
from sync.core.problems import Problem
from sync.core.rollup import evaluate
from sync.core.schema import TABLES, TEAM

CYCLE = "2026-Q4"
STARTS, ENDS = date(2026, 10, 1), date(2026, 12, 31)
TODAY = date(2026, 11, 18)  # a Wednesday; the last check-in was due on Friday the 13th
THIS_WEEK = date(2026, 11, 16)

Row = ObjectiveRow | KeyResultRow | CheckInRow | InitiativeRow
_TABLE_OF: dict[type[Row], str] = {
    ObjectiveRow: "objectives",
    KeyResultRow: "key_results",
    CheckInRow: "check_ins",
    InitiativeRow: "initiatives",
}
_AMOUNTS = ("start", "target", "current", "confidence", "weight", "final_grade", "value")


def amount(said: Any) -> Amount:
    """The Amount of a cell: None, a number, True, "45%" or other text."""
    match said:
        case None:
            return NOTHING
        case Amount():
            return said
        case bool():
            return Amount(float(said), Was.BOOL, str(said).upper())
        case float() | int():
            return Amount(float(said), Was.NUMBER, f"{said:g}")
        case _ if said.endswith("%"):
            return Amount(float(said[:-1]) / 100, Was.PERCENT, said)
        case _:
            return Amount(None, Was.TEXT, said)


def _row(kind: Callable[..., Any], fields: dict[str, Any]) -> Any:
    amounts = {name: amount(value) for name, value in fields.items() if name in _AMOUNTS}
    return kind(**{"row": 0, **fields, **amounts})


def o(row_id: str, text: str = "", **fields: Any) -> ObjectiveRow:
    """An objective with an owner; its text is `Objective ID` unless it is given."""
    row: ObjectiveRow = _row(
        ObjectiveRow,
        {"id": row_id, "objective": text or f"Objective {row_id}", "owner": "Kim Larsen", **fields},
    )
    return row


def kr(row_id: str, text: str = "", **fields: Any) -> KeyResultRow:
    """A key result on its way from 0 over 5 to 10, half way in half the time, checked in this week.

    Its objective is what stands before `-KR` in the id. Start, target and current count together: once one
    of them is given, the others are blank unless they are given, too.
    """
    tidy: dict[str, Any] = {
        "id": row_id,
        "objective_id": row_id.partition("-KR")[0],
        "key_result": text or f"Key result {row_id}",
        "owner": "Kim Larsen",
        "last_check_in": THIS_WEEK,
    }
    if not {"start", "target", "current"} & set(fields):
        tidy |= {"start": 0, "target": 10, "current": 5}
    row: KeyResultRow = _row(KeyResultRow, tidy | fields)
    return row


def two(objective_id: str) -> tuple[KeyResultRow, KeyResultRow]:
    """Two tidy key results of an objective."""
    return kr(f"{objective_id}-KR1"), kr(f"{objective_id}-KR2")


def check_in(on: date | None, kr_id: str, value: Any = None, **fields: Any) -> CheckInRow:
    """A row of Check-ins."""
    row: CheckInRow = _row(CheckInRow, {"date": on, "kr_id": kr_id, "value": value, **fields})
    return row


def initiative(text: str, kr_id: str = "", **fields: Any) -> InitiativeRow:
    """A row of Initiatives."""
    return InitiativeRow(row=0, initiative=text, kr_id=kr_id, **fields)


def team(unit: str, *rows: Row, level: str = "Team", parent: str = "Acme", **fields: Any) -> TeamSheet:
    """The sheet of a team of Acme."""
    said: dict[str, Any] = {
        name: amount(value) if name == "weight" else value for name, value in fields.items()
    }
    tables: dict[str, Any] = {
        name: tuple(
            row._replace(row=at) for at, row in enumerate((r for r in rows if isinstance(r, kind)), start=2)
        )
        for kind, name in _TABLE_OF.items()
    }
    tables["check_ins"] = Columns.of(CheckInRow, tables["check_ins"])
    return TeamSheet(
        source=f"{unit}.xlsx",
        team=Team(unit=unit, level=level, parent=parent, cycle=CYCLE)._replace(**said),
        bindings=_BINDINGS,
        team_rows={column.field: at for at, column in enumerate(TEAM.columns, start=4)},
        **tables,
    )


def company(*rows: Row, unit: str = "Acme", **fields: Any) -> TeamSheet:
    """The sheet of the company."""
    return team(unit, *rows, level="Company", parent="", **fields)


_BINDINGS = {
    "team": Binding("Team", 3, {"field": 1, "value": 2}),
    **{
        tab.key: Binding(tab.title, 1, {column.field: at for at, column in enumerate(tab.columns, start=1)})
        for tab in TABLES
    },
}


def view(
    *sheets: TeamSheet,
    as_of: date = TODAY,
    checks: Checks | None = None,
    scoring: Scoring | None = None,
    organisation: Organisation | None = None,
    people: Sequence[Person] = (),
    states: dict[str, str] | None = None,
    held_units: frozenset[str] = frozenset(),
    **gathered: Any,
) -> View:
    """The View of some sheets; `states` are those of sources that are not "ok", by unit."""
    checks, scoring = checks or Checks(), scoring or Scoring()
    organisation = organisation or Organisation()
    origins = [
        Origin(sheet.source, sheet.source, "", (states or {}).get(sheet.team.unit, "ok")) for sheet in sheets
    ]
    portfolio = gather(sheets, origins, organisation=organisation, as_of=as_of, people=people, **gathered)
    scores = evaluate(portfolio, scoring, checks, as_of)
    return View(portfolio, scores, checks, scoring, organisation, as_of, held_units)


def found(*sheets: TeamSheet, code: str = "", **settings: Any) -> list[Problem]:
    """What the rules find in some sheets: everything, or what has that code."""
    chosen = settings.pop("checks", None) or Checks()
    if code:
        chosen = replace(chosen, select=(code,))
    return checks.run(view(*sheets, checks=chosen, **settings))

"""What the tests of history share: small sheets, one run after the other into a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sync.core.identity import resolve
from sync.core.model import Amount, KeyResultRow, ObjectiveRow, Team, TeamSheet, Was
from sync.core.standing import Known
from sync.history.records import Figure, RollUp, Run, RunResult, SourceRecord, Update, scope_of
from sync.history.store import Store
from tests.places import InFile

DAY = [date(2026, 10, 5) + timedelta(days=n) for n in range(60)]


def number(value: float) -> Amount:
    return Amount(value, Was.NUMBER, f"{value:g}")


def team(
    *rows: KeyResultRow, unit: str = "Ops", cycle: str = "2026-Q4", known: Sequence[Known] = ()
) -> TeamSheet:
    """A sheet with one objective, O1, and these key results; named after its unit."""
    objectives = (ObjectiveRow(5, "O1", "Be great", owner="Ada Moreau"),)
    return resolve(TeamSheet(f"{unit}.xlsx", Team(unit, cycle=cycle), objectives, rows), known).sheet


def kr(id_: str, current: float | Amount, **fields: Any) -> KeyResultRow:
    amount = current if isinstance(current, Amount) else number(current)
    plain = {"key_result": f"text of {id_}", "owner": "Kim Larsen", "target": number(100.0)} | fields
    return KeyResultRow(5, id_, "O1", current=amount, **plain)


def reading(sheet: TeamSheet, key: str = "", **more: Any) -> Update:
    """An accepted reading; `more` goes into the update or its record."""
    update = {name: more.pop(name) for name in ("renames", "dropped", "judged") if name in more}
    record = SourceRecord(key or f"/teams/{sheet.source}", sheet.source, sheet=sheet)
    return Update(record._replace(**more), accepted=True, **update)


def result(day: date, *updates: Update, score: float = 0.5, **more: Any) -> RunResult:
    """A run with figures and roll-ups of the updated sheets."""
    sheets = [update.record.sheet for update in updates if update.record.sheet]
    figures = [
        Figure("key_results", sheet.team.unit, sheet.team.cycle, row.identity, score, score)
        for sheet in sheets
        for row in sheet.key_results
    ]
    roll_ups = [RollUp(sheet.team.unit, sheet.team.cycle, own_score=score, roll_up=score) for sheet in sheets]
    run = more.pop("run", None) or Run(datetime(day.year, day.month, day.day, 9), day)  # noqa: DTZ001  # any time
    parts: dict[str, Any] = {"figures": figures, "roll_ups": roll_ups} | more
    return RunResult(run, updates, **parts)


def sync(store: Store, day: date, *updates: Update, **more: Any) -> int:
    done = result(day, *updates, **more)
    store.begin_run(done.run.started, day)
    return store.commit_run(done)


def opened(folder: Path) -> Store:
    """The history in a file in that folder; a new one is a copy of one made before, which is quicker."""
    return InFile(folder).open()


def known(store: Store, sheet: TeamSheet, key: str = "") -> tuple[Known, ...]:
    scope = scope_of(store.load_sources().get(key or f"/teams/{sheet.source}"), sheet)
    return store.known([scope])[scope]

"""Gather, score, roll up and check a whole organisation: seconds, memory, growth.

`python -m benchmarks.portfolio UNITS` measures one size in a process of its own and prints JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from datetime import date, timedelta

from sync.core.columns import Columns
from sync.core.model import Amount, Binding, CheckInRow, KeyResultRow, ObjectiveRow, Team, TeamSheet, Was

AS_OF = date(2026, 11, 20)
OBJECTIVES, KEY_RESULTS, CHECK_INS = 4, 17, 100
"""For each unit: 10,000 units make 170,000 key results and a million check-ins."""

_MEASURES = ("Increase", "Decrease", "At least", "Between", "Milestone", "Yes/No", "Increase", "", "At most")


def organisation(units: int) -> list[TeamSheet]:
    """Team sheets of a tree of units: one company, departments of 20, teams below."""
    return [_sheet(number, units) for number in range(units)]


def _sheet(number: int, units: int) -> TeamSheet:
    departments = max(1, units // 20)
    parent = "" if number == 0 else "U0" if number <= departments else f"U{1 + number % departments}"
    level = "Company" if number == 0 else "Department" if number <= departments else "Team"
    team = Team(unit=f"U{number}", level=level, parent=parent, cycle="2026-Q4")
    return TeamSheet(
        source=f"u{number}.xlsx",
        team=team,
        objectives=tuple(_objective(number, at, parent) for at in range(OBJECTIVES)),
        key_results=tuple(_key_result(number, at) for at in range(KEY_RESULTS)),
        check_ins=Columns.of(CheckInRow, (_check_in(number, at) for at in range(CHECK_INS))),
        bindings=_BINDINGS,
        team_rows={"unit": 2, "parent": 4},
    )


_BINDINGS = {
    "team": Binding("Team", 1, {"value": 2}),
    "objectives": Binding("Objectives", 1, {name: at for at, name in enumerate(ObjectiveRow._fields, 1)}),
    "key_results": Binding("Key Results", 1, {name: at for at, name in enumerate(KeyResultRow._fields, 1)}),
    "check_ins": Binding("Check-ins", 1, {name: at for at, name in enumerate(CheckInRow._fields, 1)}),
}


def _objective(unit: int, at: int, parent: str) -> ObjectiveRow:
    aligned = f"{parent}-O{at}" if parent else ""
    row_id = f"U{unit}-O{at}"
    return ObjectiveRow(
        at + 2, row_id, f"Objective {at} of {unit}", "Kim", aligned_to=aligned, identity=row_id
    )


def _key_result(unit: int, at: int) -> KeyResultRow:
    measure = _measure(unit, at)
    row_id = f"U{unit}-KR{at}"
    start, target = (100.0, 10.0) if measure == "Decrease" else (0.0, 100.0)
    return KeyResultRow(
        row=at + 2,
        id=row_id,
        objective_id=f"U{unit}-O{at % OBJECTIVES}",
        key_result=f"Key result {at} of {unit}",
        owner="Kim",
        measure=measure,
        start=_number(start),
        target=_number(target),
        current=_value(measure, (unit * 7 + at * 13) % 120),
        confidence=_number(at % 10),
        last_check_in=AS_OF - timedelta(days=at % 20),
        milestones="Design 20%; Build 60%; Launch 20%" if measure == "Milestone" else "",
        identity=row_id,
    )


def _check_in(unit: int, at: int) -> CheckInRow:
    day = AS_OF - timedelta(days=7 * (at // KEY_RESULTS))
    value = _value(_measure(unit, at % KEY_RESULTS), (unit + at) % 110)
    return CheckInRow(at + 2, day, f"U{unit}-KR{at % KEY_RESULTS}", value, _number(at % 10), by="Kim")


def _measure(unit: int, at: int) -> str:
    return _MEASURES[(unit + at) % len(_MEASURES)]


def _value(measure: str, number: float) -> Amount:
    """A value as the measure takes it."""
    if measure == "Yes/No":
        return Amount(1.0, Was.BOOL, "yes")
    return Amount(None, Was.TEXT, "Build") if measure == "Milestone" else _number(number)


def _number(value: float) -> Amount:
    return Amount(float(value), Was.NUMBER, f"{value:g}")


def measure(units: int) -> dict[str, float]:
    """Seconds of each step, peak memory in MiB, counts."""
    from sync.core import checks
    from sync.core.checks.view import View
    from sync.core.gather import gather
    from sync.core.policy import Policies
    from sync.core.portfolio import Origin
    from sync.core.rollup import evaluate

    policies = Policies()
    sheets = organisation(units)
    origins = [Origin(sheet.source, sheet.source, "") for sheet in sheets]
    marks = [time.perf_counter()]
    portfolio = gather(sheets, origins, organisation=policies.organisation, as_of=AS_OF)
    marks.append(time.perf_counter())
    scores = evaluate(portfolio, policies.scoring, policies.checks, AS_OF)
    marks.append(time.perf_counter())
    view = View(portfolio, scores, policies.checks, policies.scoring, policies.organisation, AS_OF)
    problems = checks.run(view)
    marks.append(time.perf_counter())
    return {
        "units": len(portfolio.units),
        "key_results": len(portfolio.key_results),
        "check_ins": len(portfolio.check_ins),
        "findings": len(problems),
        "gather": marks[1] - marks[0],
        "score": marks[2] - marks[1],
        "check": marks[3] - marks[2],
        "seconds": marks[3] - marks[0],
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def apart(units: int) -> dict[str, float]:
    """The same, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.portfolio", str(units)], capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

"""Promise 13: a company with faults, and its twin without, agree once the faults have stopped.

Teams edit their sheets, faults come and go, runs happen on advancing days. In the end all faults are
mended, both companies are synced on two dates (what a sheet lacks is believed on the second), and then
every score, every row in use and every state is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync.outcome import Done
from tests.company import Company, codes, plain_master, scores

HEADERS = "ID | Objective ID | Key result | Start | Target | Current\n"
UNITS: dict[str, dict[str, Any]] = {
    "Acme": {"objectives": "ID | Objective\nO1 | Customers tell us"},
    "Sales": {"objectives": "ID | Objective | Aligned to\nS1 | Sell | O1", "level": "Team", "parent": "Acme"},
}
SHEETS: dict[str, str] = {
    "as it began": "K1 | | NPS | 0 | 10 | 4\nK2 | | Leads | 0 | 10 | 8\nK3 | | Calls | 0 | 10 | 1",
    "a new value": "K1 | | NPS | 0 | 10 | 7\nK2 | | Leads | 0 | 10 | 8\nK3 | | Calls | 0 | 10 | 1",
    "a row less": "K1 | | NPS | 0 | 10 | 4\nK2 | | Leads | 0 | 10 | 8",
    "a row more": "K0 | | Press | 0 | 10 | 5\nK1 | | NPS | 0 | 10 | 4\nK2 | | Leads | 0 | 10 | 8",
    "another text": "K1 | | Net promoters | 0 | 10 | 4\nK2 | | Leads | 0 | 20 | 8",
    "blank ids": " | | NPS | 0 | 10 | 4\n | | Leads | 0 | 10 | 8\n | | Calls | 0 | 10 | 2",
    "other ids": "N1 | | NPS | 0 | 10 | 4\nN2 | | Leads | 0 | 10 | 9\nN3 | | Calls | 0 | 10 | 1",
    "no rows": "",
    "a cell error": "K1 | | NPS | 0 | 10 | #REF!\nK2 | | Leads | 0 | 10 | 8\nK3 | | Calls | 0 | 10 | 1",
    "an id twice": "K1 | | NPS | 0 | 10 | 4\nK1 | | NPS copied | 0 | 10 | 9\nK2 | | Leads | 0 | 10 | 8",
}


def copied(path: Path) -> None:
    path.with_name(f"Copy of {path.name}").write_bytes(path.read_bytes())


FAULTS: dict[str, Callable[[Path], Any]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:3000]),
    "deleted": lambda path: path.unlink(missing_ok=True),
    "a web page": lambda path: path.write_text("<html>"),
    "copied": copied,
}


class Twins(RuleBasedStateMachine):
    """`real` suffers the faults, `twin` does not; both teams always type the same."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(plain_master())
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.real, self.twin = Company(folder / "real"), Company(folder / "twin")
        self.day = date(2026, 10, 5)
        self.said = dict.fromkeys(UNITS, "as it began")
        self.faulty: set[str] = set()

    @initialize()
    def begin(self) -> None:
        for unit in UNITS:
            self.write(self.twin, unit)
            self.write(self.real, unit)
        self.sync_both()

    def write(self, company: Company, unit: str) -> None:
        company.team(unit, key_results=HEADERS + SHEETS[self.said[unit]], **UNITS[unit])

    def sync_both(self) -> tuple[Done, Done]:
        return self.real.sync(self.day.isoformat()), self.twin.sync(self.day.isoformat())

    @rule(unit=st.sampled_from(sorted(UNITS)), sheet=st.sampled_from(sorted(SHEETS)))
    def edit(self, unit: str, sheet: str) -> None:
        self.said[unit] = sheet
        self.write(self.twin, unit)
        if unit not in self.faulty:
            self.write(self.real, unit)

    @rule(unit=st.sampled_from(sorted(UNITS)), fault=st.sampled_from(sorted(FAULTS)))
    def break_(self, unit: str, fault: str) -> None:
        if unit not in self.faulty:
            FAULTS[fault](self.real.teams / f"{unit}.xlsx")
            self.faulty.add(unit)

    @precondition(lambda self: self.faulty)
    @rule()
    def mend(self) -> None:
        for unit in self.faulty:
            self.write(self.real, unit)
            (self.real.teams / f"Copy of {unit}.xlsx").unlink(missing_ok=True)
        self.faulty.clear()

    @rule(days=st.integers(0, 3))
    def sync(self, days: int) -> None:
        self.day += timedelta(days)
        self.sync_both()

    def teardown(self) -> None:
        try:
            self.mend()
            for _ in range(2):
                self.day += timedelta(1)
                real, twin = self.sync_both()
            assert scores(real) == scores(twin)
            assert codes(real) == codes(twin)
            for unit in UNITS:
                assert self.rows_in_use(self.real, unit) == self.rows_in_use(self.twin, unit)
        finally:
            self.stack.close()

    def rows_in_use(self, company: Company, unit: str) -> tuple[Any, ...]:
        record = company.record(f"{unit}.xlsx")
        return (record.state, record.sheet, record.held.kind, record.problems)


@pytest.mark.slow
def test_trust_13_after_the_faults_everything_is_as_if_there_had_been_none() -> None:
    few = settings(max_examples=4, stateful_step_count=7, derandomize=True)
    run_state_machine_as_test(Twins, settings=few)

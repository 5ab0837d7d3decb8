"""The order of everything in the master, and the place of every list, decided once for all sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sync.core.arrays import Floats, Ints, Texts, keys, numbers, texts
from sync.core.model import Level
from sync.master.given import MasterInput
from sync.master.look import TABLE_TOP
from sync.master.notes import IDENTITY, MANAGER_NOTE
from sync.master.places import Place, woven

ROLL_UP, OBJECTIVES, KEY_RESULTS, TREND = "Roll-up", "Objectives", "Key results", "Trend"
KEY = "okrsync key"
OBJECTIVE_KEY = "okrsync objective"
UNIT_KEY = "okrsync unit"
WEIGHT = "okrsync weight"
COUNTED = "okrsync counted"
POINTS = "okrsync points"
ZERO_COUNTED = "okrsync counted as if zero"
ZERO_POINTS = "okrsync points as if zero"
OWN_ZERO = "okrsync own as if zero"
BEFORE = "okrsync before"

ROLL_UP_HEADERS = (
    "Unit", "Level", "Own score", "Roll-up", "As if zero", "Status", "Change", "Trend", "Coverage",
    "Alignment", "Check-in rate", "Findings", "Stale since", MANAGER_NOTE,
)  # fmt: skip
OBJECTIVE_HEADERS = (
    "ID", "Unit", "Objective", "Owner", "Ambition", "Priority", "Weight", "Aligned to", "Score", "As if zero",
    "Expected", "Status", "Grade", "Final grade", "Source", MANAGER_NOTE,
)  # fmt: skip
KEY_RESULT_HEADERS = (
    "ID", "Unit", "Objective ID", "Key result", "Owner", "Measure", "Unit of measure", "Start", "Target",
    "Current", "Weight", "Progress", "Score", "Expected", "Gap", "Status", "Confidence", "Due",
    "Last check-in", "Forecast", "Final grade", "Source", MANAGER_NOTE,
)  # fmt: skip
FOR_FORMULAS = {
    ROLL_UP: (KEY, WEIGHT, COUNTED, POINTS, OWN_ZERO, ZERO_COUNTED, ZERO_POINTS, BEFORE),
    OBJECTIVES: (KEY, UNIT_KEY, WEIGHT, COUNTED, POINTS, ZERO_COUNTED, ZERO_POINTS),
    KEY_RESULTS: (KEY, OBJECTIVE_KEY, WEIGHT, COUNTED, POINTS, ZERO_COUNTED, ZERO_POINTS),
}
ROLL_UP_TOP = 8
TREND_TOP = 24
TREND_DATES = 26


@dataclass(frozen=True)
class Plan:
    """Row orders (row numbers of the portfolio's frames) and places; everything that formulas name."""

    given: MasterInput
    units: Ints
    objectives: Ints
    key_results: Ints
    depth: Ints

    @property
    def live(self) -> bool:
        """Whether scores are formulas: beyond some number of rows their sums would take minutes."""
        return len(self.key_results) <= self.given.live_key_results

    @cached_property
    def roll_up(self) -> Place:
        """The place of the unit tree."""
        return self._place(ROLL_UP, ROLL_UP_TOP, len(self.units), ROLL_UP_HEADERS)

    @cached_property
    def objective_list(self) -> Place:
        """The place of the objectives."""
        return self._place(OBJECTIVES, TABLE_TOP, len(self.objectives), OBJECTIVE_HEADERS)

    @cached_property
    def key_result_list(self) -> Place:
        """The place of the key results."""
        return self._place(KEY_RESULTS, TABLE_TOP, len(self.key_results), KEY_RESULT_HEADERS)

    @cached_property
    def unit_row(self) -> Ints:
        """The row in the unit tree of each unit of the portfolio."""
        return _inverse(self.units)

    @cached_property
    def unit_names(self) -> Texts:
        """The unit's name by its key."""
        return texts(self.given.portfolio.units, "unit")

    def _place(self, sheet: str, top: int, rows: int, headers: Sequence[str]) -> Place:
        ours = (*headers, *(FOR_FORMULAS[sheet] if self.live else ()), IDENTITY)
        return Place(sheet, top, rows, woven(ours, self.given.notes.columns.get(sheet, ())))


def plan(given: MasterInput) -> Plan:
    """The orders: the unit tree from the top, objectives as their units, key results as their objectives."""
    p = given.portfolio
    units, depth = tree(keys(p.units, "parent_key"), _unit_sort(p.units))
    unit_row = _inverse(units)
    objectives = _by(unit_row[keys(p.objectives, "unit_key")], numbers(p.objectives, "row"))
    objective_row = np.append(_inverse(objectives), len(objectives))  # -1 finds the last: no objective
    key_results = _by(
        unit_row[keys(p.key_results, "unit_key")],
        objective_row[keys(p.key_results, "objective_key")],
        numbers(p.key_results, "row"),
    )
    return Plan(given, units, objectives, key_results, depth)


def tree(parent: Ints, siblings: Sequence[tuple[object, ...]]) -> tuple[Ints, Ints]:
    """The nodes depth first, children in the order of `siblings`, and the depth of each (in that order)."""
    children: dict[int, list[int]] = {}
    for node, above in enumerate(parent.tolist()):
        children.setdefault(above, []).append(node)
    for group in children.values():
        group.sort(key=lambda node: siblings[node], reverse=True)
    order: list[int] = []
    depths: list[int] = []
    waiting = [(node, 0) for node in children.get(-1, [])]
    while waiting:
        node, depth = waiting.pop()
        order.append(node)
        depths.append(depth)
        waiting += [(child, depth + 1) for child in children.get(node, [])]
    return np.array(order, dtype=np.int64), np.array(depths, dtype=np.int64)


def _unit_sort(units: pd.DataFrame) -> list[tuple[object, ...]]:
    levels = {str(level): level.rank for level in Level}
    return [
        (levels.get(level, len(levels)), name.casefold(), name)
        for level, name in zip(units["level"], units["unit"], strict=True)
    ]


def _inverse(order: Ints) -> Ints:
    found = np.full(len(order), -1, dtype=np.int64)
    found[order] = np.arange(len(order))
    return found


def _by(*sorting: Ints | Floats) -> Ints:
    return np.lexsort(tuple(reversed(sorting))).astype(np.int64)

"""What a check function sees: the portfolio, its scores and the settings, as columns and row names.

Hits are found with boolean masks over whole columns; only the rows that were hit are looked at one by
one, through plain lists that are made once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sync.core import pace
from sync.core.grid import display
from sync.core.measures import Unscored
from sync.core.model import Ambition, CellRef, Was
from sync.core.policy import Checks, Organisation, Scoring
from sync.core.portfolio import Portfolio
from sync.core.problems import shorten
from sync.core.rollup import Scores

Column = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_TEXT_OF = {
    "units": "unit",
    "objectives": "objective",
    "key_results": "key_result",
    "check_ins": "kr_id",
    "initiatives": "initiative",
}
_ID_OF = {"objectives": "id", "key_results": "id", "check_ins": "kr_id", "initiatives": "kr_id"}


class _Places(NamedTuple):
    """Where each row of a table came from, as plain lists."""

    sources: list[int]
    rows: list[int]
    units: list[int]
    ids: list[str]


@dataclass(frozen=True)
class View:
    """All that a rule may look at. `column` and `rows` also know what scoring added to a table.

    `held_units` have sheets that are left out and reported already (S117), so they are not missing.
    """

    portfolio: Portfolio
    scores: Scores
    checks: Checks
    scoring: Scoring
    organisation: Organisation
    as_of: date
    held_units: frozenset[str] = frozenset()

    def column(self, table: str, name: str) -> Column:
        """One column, one element a row: of the table, or (where it has no such column) of its scores."""
        known = ("column", table, name)
        if known not in self._memory:
            frame: pd.DataFrame = getattr(self.portfolio, table)
            if name not in frame.columns:
                frame = getattr(self.scores, table)
            self._memory[known] = frame[name].to_numpy()
        column: Column = self._memory[known]
        return column

    def rows(self, table: str, mask: Mask, *names: str) -> Iterator[tuple[Any, ...]]:
        """(row number, the columns' values …) of each row in the mask, as plain values; NaT is None."""
        keys = np.flatnonzero(mask)
        columns = [self.column(table, name)[keys].tolist() for name in names]
        return zip(keys.tolist(), *columns, strict=True)

    def present(self, table: str) -> Mask:
        """Rows that their sheet has now; a missing one is kept for a while, but has no cell to point at."""
        present: Mask = ~self.column(table, "gone").astype(np.bool_)
        return present

    def at_work(self, table: str) -> Mask:
        """Objectives or key results that count now: present, valid, neither Paused nor Dropped."""
        at_work: Mask = self.present(table) & self.column(table, "active").astype(np.bool_)
        return at_work

    def unscored(self, why: str) -> Mask:
        """Key results at work without a score for that reason, a name of `Unscored`."""
        unscored: Mask = self.column("key_results", "unscored") == Unscored[why]
        return self.at_work("key_results") & unscored

    def repeated(self, table: str, name: str, mask: Mask) -> Mask:
        """Rows of the mask whose text in that column is not blank and stands in another of its rows, too."""
        texts = self.column(table, name)
        among = mask & (texts != "")
        repeated = self.none(table)
        repeated[among] = pd.Index(texts[among]).duplicated(keep=False)
        return repeated

    def given(self, table: str, name: str) -> Mask:
        """Rows that have a number or a date in that column."""
        given: Mask = ~pd.isna(self.column(table, name))
        return given

    def grades_of(self, table: str, name: str) -> Column:
        """The grade (red, amber, green, "" for none) that each number of a column would be for its row."""
        committed = self.column(table, "ambition") == Ambition.COMMITTED
        numbers = self.column(table, name)
        return pace.grades(numbers, committed, ~np.isnan(numbers), self.scoring)

    def bound(self, table: str, field: str = "") -> Mask:
        """Rows whose sheet has the column of `field` in their tab (without a field: the tab itself)."""
        bound: Mask = self._sheets_with(table, field)[self.column(table, "source_key")]
        return bound

    def sheet_has(self, rows_of: str, tab: str) -> Mask:
        """Rows of a table whose sheet has the tab of key `tab`."""
        has: Mask = self._sheets_with(tab, "")[self.column(rows_of, "source_key")]
        return has

    def current(self, table: str) -> Mask:
        """Rows whose source was read, or is unchanged; the others show the last good rows (S111, S112)."""
        state = self.portfolio.sources["state"].to_numpy()
        current: Mask = ((state == "ok") | (state == "unchanged"))[self.column(table, "source_key")]
        return current

    @staticmethod
    def spread(mask: Mask, keys: Column) -> Mask:
        """The mask's entry for each key, False where the key is -1."""
        spread: Mask = np.append(mask, False)[keys]
        return spread

    def count(self, table: str, key_column: str, mask: Mask, groups: str) -> npt.NDArray[np.int64]:
        """How many rows of the mask belong to each row of `groups`; -1 in the key column is nobody's."""
        keys = self.column(table, key_column)[mask]
        return np.bincount(keys[keys >= 0], minlength=len(getattr(self.portfolio, groups)))

    @staticmethod
    def moment(on: date) -> np.datetime64:
        """A day in the form of the tables' date columns, to compare with."""
        return np.datetime64(on, "s")

    def none(self, table: str) -> Mask:
        """A mask of a table's rows in which nothing is marked yet."""
        return np.zeros(len(getattr(self.portfolio, table)), dtype=np.bool_)

    def tops(self) -> npt.NDArray[np.int64]:
        """The topmost ancestor of every unit, itself if it has no parent."""
        parent = self.column("units", "parent_key")
        top = np.where(parent < 0, np.arange(len(parent)), parent)
        while not np.array_equal(top, top[top]):
            top = top[top]
        return top

    def contributed_to(self) -> tuple[Mask, Mask]:
        """(objectives, key results) that objectives at work are aligned to; also a key result's objective."""
        links = self.portfolio.alignments
        state = links["state"].to_numpy()
        counting = (state == "ok") | (state == "loop")
        counting = counting & self.at_work("objectives")[links["child_key"].to_numpy()]
        to_kr = counting & (links["target"].to_numpy() == "key_result")
        target = links["target_key"].to_numpy()
        objectives, key_results = self.none("objectives"), self.none("key_results")
        key_results[target[to_kr]] = True
        objectives[target[counting & ~to_kr]] = True
        objectives[self.column("key_results", "objective_key")[key_results]] = True
        return objectives, key_results

    def name(self, table: str, key: int) -> str:
        """What people call a row: a unit's name, an id, or the quoted beginning of the text."""
        words = self._texts(table)[key]
        if table == "units":
            return words
        return self._places(table).ids[key] or f'"{shorten(words)}"'

    def name_abroad(self, table: str, key: int) -> str:
        """The name of a row for readers of other sheets: texts of private units stay at home (TRUST 24)."""
        unit = self.unit_of(table, key)
        if self._places(table).ids[key] or unit not in self.organisation.private_units:
            return self.name(table, key)
        return f"an objective of {unit}" if table == "objectives" else f"a key result of {unit}"

    def unit_of(self, table: str, key: int) -> str:
        """The name of the unit a row belongs to."""
        return self._texts("units")[self._places(table).units[key]]

    def shown(self, key: int, value: float) -> str:
        """A value of key result `key` as its sheet would show it: in percent where its target is."""
        return display(value, percent=self.column("key_results", "target_was")[key] == Was.PERCENT)

    def place(self, table: str, key: int, field: str) -> tuple[CellRef, str, str]:
        """(cell, unit, row id) of a field of a row; the cell is blank for a unit without a sheet.

        The row id of a row without one is its text, as in the problems that the parser finds.
        """
        places = self._places(table)
        unit = self._texts("units")[places.units[key]]
        source = places.sources[key]
        if source < 0:
            return CellRef("", "", ""), unit, ""
        if table == "units":
            return self.portfolio.sheets[source].ref("team", 0, field), unit, ""
        row_id = places.ids[key] or self._texts(table)[key]
        return self.portfolio.sheets[source].ref(table, places.rows[key], field), unit, row_id

    @cached_property
    def _memory(self) -> dict[tuple[str, ...], Any]:
        return {}

    def _texts(self, table: str) -> list[str]:
        known = ("text", table)
        if known not in self._memory:
            self._memory[known] = self.column(table, _TEXT_OF[table]).tolist()
        texts: list[str] = self._memory[known]
        return texts

    def _places(self, table: str) -> _Places:
        known = ("place", table)
        if known not in self._memory:
            self._memory[known] = self._read_places(table)
        places: _Places = self._memory[known]
        return places

    def _read_places(self, table: str) -> _Places:
        sources = self.column(table, "source_key").tolist()
        if table == "units":
            return _Places(sources, [0] * len(sources), list(range(len(sources))), [""] * len(sources))
        rows, units = (self.column(table, name).tolist() for name in ("row", "unit_key"))
        return _Places(sources, rows, units, self.column(table, _ID_OF[table]).tolist())

    def _sheets_with(self, tab: str, field: str) -> Mask:
        known = ("bound", tab, field)
        if known not in self._memory:
            bindings = [sheet.bindings.get(tab) for sheet in self.portfolio.sheets]
            has = [bool(binding and (not field or field in binding.columns)) for binding in bindings]
            self._memory[known] = np.array(has, dtype=bool)
        mask: Mask = self._memory[known]
        return mask

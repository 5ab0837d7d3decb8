"""What messages say of key results: where one stands, in whose sheet, and the way to its cell."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sync.core.arrays import keys
from sync.core.assess import Assessment
from sync.core.grid import display
from sync.core.model import CellRef, Was
from sync.notify.links import Links, Way
from sync.notify.plain import harmless


class KeyResult(NamedTuple):
    """A key result for a reader. `text` is "" where the reader may not know it; `score` None for none.

    `value` and `target` are as the sheet shows them (no value for a yes or no); `checked_on` None when nobody
    ever checked in.
    """

    id: str
    text: str
    unit: str
    objective: str
    owner: str
    status: str
    score: float | None
    confidence: float | None
    value: str
    target: str
    checked_on: date | None
    way: Way

    @property
    def name(self) -> str:
        """What people call it: its text, else its id and unit."""
        return self.text or f"{self.id} ({self.unit})"


class Facts:
    """An assessment's rows, made for readers. Texts of `private_units` go to people of that unit alone."""

    def __init__(self, assessment: Assessment, links: Links, private_units: Collection[str] = ()) -> None:
        p, scores = assessment.portfolio, assessment.scores
        self.portfolio, self.assessment, self._links = p, assessment, links
        self.private = frozenset(private_units)
        self._units = p.units["unit"].tolist()
        krs = p.key_results
        self._unit_of, self._source_of, self._row, self._objective_of = (
            keys(krs, name).tolist() for name in ("unit_key", "source_key", "row", "objective_key")
        )
        self._columns = {
            name: krs[name].tolist()
            for name in ("id", "key_result", "owner", "target", "target_was", "target_raw")
        }
        self._scores = {
            name: scores.key_results[name].tolist()
            for name in ("status", "score", "confidence", "value", "value_was", "value_raw", "checked_on")
        }
        self._sources = {name: at for at, name in enumerate(p.sources["name"].tolist())}
        self._objectives = p.objectives["objective"].tolist()

    def unit_of(self, key: int) -> int:
        """The unit of a key result, as its row in the portfolio."""
        return int(self._unit_of[key])

    def way(self, ref: CellRef) -> Way:
        """The way to a cell of the source that is called so."""
        return self._links.to(self._sources.get(ref.source, -1), ref)

    def key_result(self, key: int, *, inside: bool = True, field: str = "current") -> KeyResult:
        """Row `key`; `inside`: the reader belongs to its unit. `field` is the cell that is opened."""
        unit = self._units[self._unit_of[key]]
        shown = inside or unit not in self.private
        source, objective = self._source_of[key], self._objective_of[key]
        said = {name: column[key] for name, column in self._columns.items()}
        found = {name: column[key] for name, column in self._scores.items()}
        percent = said["target_was"] == Was.PERCENT
        yes_no = found["value_was"] == Was.BOOL  # the status says it
        checked = found["checked_on"]
        ref = self.portfolio.sheets[source].ref("key_results", self._row[key], field)
        return KeyResult(
            id=harmless(said["id"], 60),
            text=harmless(said["key_result"]) if shown else "",
            unit=harmless(unit, 80),
            objective=harmless(self._objectives[objective]) if shown and objective >= 0 else "",
            owner=harmless(said["owner"], 80) if shown else "",
            status=found["status"],
            score=_or_none(found["score"]),
            confidence=_or_none(found["confidence"]),
            value=_shown(found["value"], found["value_raw"], percent=percent) if shown and not yes_no else "",
            target=_shown(said["target"], said["target_raw"], percent=percent) if shown else "",
            checked_on=None if checked != checked else checked.date(),  # noqa: PLR0124  # NaT is not itself
            way=self._links.to(source, ref) if shown else Way("", ""),
        )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _shown(value: float, raw: str, *, percent: bool) -> str:
    return harmless(raw, 40) if math.isnan(value) else display(value, percent=percent)

"""What the drop-downs of each unit's sheet offer: the objectives above it, the people, the units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from sync.core.lists import Lists
from sync.core.model import Measure
from sync.core.portfolio import Portfolio


class Offers:
    """The lists of every unit. Texts of private units stay at home, and no address is given (TRUST 24)."""

    def __init__(self, portfolio: Portfolio, private_units: Collection[str] = ()) -> None:
        self._parents: list[int] = portfolio.units["parent_key"].to_list()
        self._units: list[str] = portfolio.units["unit"].to_list()
        self._private = frozenset(private_units)
        self._people = tuple(sorted({person.name for person in portfolio.people if person.name}))
        self._aligned_to = _by_unit(portfolio)

    def of(self, unit: int) -> Lists:
        """What the sheet of a unit (its row in `portfolio.units`) offers."""
        above = [at for at in self._above(unit) if self._units[at] not in self._private]
        aligned_to = tuple(words for at in above for words in self._aligned_to[at])
        return Lists(aligned_to, self._people, tuple(sorted(self._units)))

    def _above(self, unit: int) -> Iterator[int]:
        """The units above, the nearest first. The chain has no loop: gathering breaks them."""
        at = self._parents[unit] if unit >= 0 else -1
        while at >= 0:
            yield at
            at = self._parents[at]


def _by_unit(portfolio: Portfolio) -> dict[int, list[str]]:
    """What others may align to, by unit: each objective, and after it its Contributors key results."""
    contributed: dict[int, list[str]] = defaultdict(list)
    frame = portfolio.key_results
    wanted = frame[(frame["measure"] == str(Measure.CONTRIBUTORS)) & frame["valid"] & ~frame["gone"]]
    for objective, row_id, text in wanted[["objective_key", "id", "key_result"]].itertuples(index=False):
        contributed[objective].append(_words(row_id, text))
    found: dict[int, list[str]] = defaultdict(list)
    frame = portfolio.objectives
    wanted = frame[frame["valid"] & ~frame["gone"]]
    for at, unit, row_id, text in wanted[["unit_key", "id", "objective"]].itertuples():
        found[unit] += [_words(row_id, text), *contributed[at]]
    return found


def _words(row_id: str, text: str) -> str:
    return f"{row_id} · {text}" if row_id else text

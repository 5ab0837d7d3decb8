"""Who is tied to a key result: its owners, champion, manager, and the owner of the parent objective."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sync.core.arrays import keys
from sync.core.model import Person, split_several
from sync.core.people import Directory, nearest
from sync.core.policy import Role
from sync.core.portfolio import Portfolio

RowKey = tuple[str, str, str]
"""(unit, cycle, identity): one key result in the whole organisation."""


class Ties:
    """The people behind a portfolio's rows, found by their names in the people list."""

    def __init__(self, p: Portfolio) -> None:
        self.people = Directory(p.people)
        self._parents = keys(p.units, "parent_key").tolist()
        self._units, self._cycles, self._champions, self._managers = (
            p.units[name].tolist() for name in ("unit", "cycle", "champion", "manager")
        )
        krs, objectives = p.key_results, p.objectives
        self._unit_of, self._objective_of = (
            keys(krs, name).tolist() for name in ("unit_key", "objective_key")
        )
        self._owner_of, self._identity = (krs[name].tolist() for name in ("owner", "identity"))
        self._objective_owner = objectives["owner"].tolist()
        self._sponsors = _parents_of(p, self._objective_of)

    def unit(self, key: int) -> str:
        """The name of a key result's unit."""
        return str(self._units[self._unit_of[key]])

    def row_key(self, key: int) -> RowKey:
        """What names the key result in history."""
        at = self._unit_of[key]
        return self._units[at], self._cycles[at], self._identity[key]

    def owners(self, key: int) -> tuple[Person, ...]:
        """The known owners of a key result; of its objective when it has none of its own."""
        return self.people.all_in(self._owner_text(key))

    def any_unknown(self, key: int) -> bool:
        """Whether somebody named as the owner is not known (or nobody is named)."""
        named = split_several(self._owner_text(key))
        return not named or any(self.people.find(one) is None for one in named)

    def _owner_text(self, key: int) -> str:
        objective = self._objective_of[key]
        return str(self._owner_of[key] or (self._objective_owner[objective] if objective >= 0 else ""))

    def champion(self, unit: int) -> Person | None:
        """The champion of a unit, or of the nearest unit above that names one."""
        return self.people.find(nearest(unit, self._parents, self._champions))

    def manager(self, unit: int) -> Person | None:
        """The manager of a unit, or of the nearest unit above that names one."""
        return self.people.find(nearest(unit, self._parents, self._managers))

    def told(self, key: int, owners: tuple[Person, ...]) -> dict[Role, tuple[Person, ...]]:
        """The people of each role, nobody in two of them."""
        unit = self._unit_of[key]
        manager = self.manager(unit)
        if manager is None or manager in owners:
            manager = self.people.find(owners[0].manager) if owners else None
        sponsors = [
            person
            for at in self._sponsors.get(key, ())
            for person in self.people.all_in(self._objective_owner[at])
        ]
        champion = self.champion(unit)
        wanted = {
            Role.OWNER: owners,
            Role.CHAMPION: (champion,) if champion else (),
            Role.MANAGER: (manager,) if manager else (),
            Role.SPONSOR: tuple(dict.fromkeys(sponsors)),
        }
        taken: set[Person] = set()
        told = {}
        for role, people in wanted.items():
            told[role] = tuple(person for person in people if person not in taken)
            taken.update(people)
        return told


def _parents_of(p: Portfolio, objective_of: Sequence[int]) -> dict[int, list[int]]:
    """The parent objectives of each key result's objective: what it is aligned to."""
    links = p.alignments[p.alignments["state"] == "ok"]
    above: dict[int, list[int]] = defaultdict(list)
    for child, target, at in zip(
        links["child_key"].tolist(), links["target"].tolist(), links["target_key"].tolist(), strict=True
    ):
        above[child].append(objective_of[at] if target == "key_result" else at)
    return {key: above[objective] for key, objective in enumerate(objective_of) if objective in above}

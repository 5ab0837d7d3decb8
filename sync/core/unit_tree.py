"""Units' scores and counts up the unit tree (OKR.md §4)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sync.core.arrays import Floats, Ints, keys, kinds, numbers
from sync.core.means import Marks, joined, mean_marks, single_weights
from sync.core.portfolio import Portfolio


def child_weights(p: Portfolio) -> Floats:
    """Each unit's weight in its parent's roll-up; NaN (left out) when it cannot be used."""
    return single_weights(numbers(p.units, "weight"), kinds(p.units, "weight_was"))


def roll_up(p: Portfolio, own: Marks) -> Marks:
    """The marks of every unit's roll-up: its own (weight 1, if any) and its child units' roll-ups."""
    weight = child_weights(p)
    found = Marks(*(column.copy() for column in own))
    for parents, children in _bottom_up(keys(p.units, "parent_key")):
        at, group = np.unique(parents, return_inverse=True)
        means = mean_marks(
            np.concatenate([np.arange(len(at)), group]),
            np.concatenate([np.ones(len(at)), weight[children]]),
            joined(own.take(at), found.take(children)),
            len(at),
        )
        found.put(at, means)
    return found


def subtree_sums(p: Portfolio, own: Ints) -> Ints:
    """The sum of a count over every unit and all units below it."""
    total = own.copy()
    for parents, children in _bottom_up(keys(p.units, "parent_key")):
        np.add.at(total, parents, total[children])
    return total


def _bottom_up(parent: Ints) -> Iterator[tuple[Ints, Ints]]:
    """(parents, children), edge by edge of the tree: the deepest children first."""
    depth = _depths(parent)
    for level in range(int(depth.max(initial=0)), 0, -1):
        children = np.flatnonzero(depth == level)
        yield parent[children], children


def _depths(parent: Ints) -> Ints:
    """How many ancestors each unit has. The portfolio has cut loops, so no chain is longer than all units."""
    depth = np.zeros(len(parent), dtype=np.int64)
    above = parent
    for _ in range(len(parent)):
        there = above >= 0
        if not there.any():
            break
        depth += there
        above = np.where(there, parent[above], -1)
    return depth

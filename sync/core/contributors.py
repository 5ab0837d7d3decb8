"""Objectives' scores up the alignment: own key results and the objectives aligned to them (OKR.md §4).

Objectives are taken level by level: one that nobody is aligned to is on level 0, any other one above all
of its contributors. So every mean is taken once, over whole levels at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sync.core.arrays import Bools, Floats, Ints, flags, keys, kinds, numbers, texts
from sync.core.means import Marks, joined, mean_marks, no_marks, single_weights, sums
from sync.core.model import Measure
from sync.core.policy import RollUp
from sync.core.portfolio import Portfolio

BASES = ("", "own", "contributors", "pooled")
_NOTHING, _OWN, _CONTRIBUTORS, _POOLED = range(len(BASES))


class Edges(NamedTuple):
    """Alignments that count: the child objective, the objective above it, and the key result of that
    objective which it is aligned to (-1 when it is aligned to the objective itself).
    """

    child: Ints
    parent: Ints
    key_result: Ints

    def take(self, at: Ints | Bools) -> Edges:
        """Some of the edges."""
        return Edges(self.child[at], self.parent[at], self.key_result[at])


class Climb(NamedTuple):
    """What came up: marks of objectives, marks of key results (Contributors filled in), and what each
    objective's score is made of (positions in BASES).
    """

    objectives: Marks
    key_results: Marks
    basis: Ints


class _Members(NamedTuple):
    """Own key results of some objectives: row, objective, weight."""

    key: Ints
    objective: Ints
    weight: Floats


def climb(p: Portfolio, key_results: Marks, weights: Floats, mode: RollUp) -> Climb:
    """All objectives' marks; `weights` are the key results' within their objectives."""
    count = len(p.objectives)
    edges = _edges(p)
    level = _levels(edges, count)
    owner = keys(p.key_results, "objective_key")
    own = np.flatnonzero(flags(p.key_results, "active") & (owner >= 0))
    members = _Members(own, owner[own], weights[own])
    single = single_weights(numbers(p.objectives, "weight"), kinds(p.objectives, "weight_was"))
    done = Climb(
        no_marks(count), Marks(*(column.copy() for column in key_results)), np.zeros(count, np.int64)
    )
    active = flags(p.objectives, "active")
    for height in range(int(level.max(initial=-1)) + 1):
        at = np.flatnonzero((level == height) & active)
        below = edges.take(level[edges.parent] == height)
        here = np.flatnonzero(level[members.objective] == height)
        part = _Members(members.key[here], members.objective[here], members.weight[here])
        _climb_level(done, at, part, below, single, mode)
    return done


def _climb_level(
    done: Climb, at: Ints, members: _Members, edges: Edges, single: Floats, mode: RollUp
) -> None:
    """Fills in the marks of the objectives `at`, whose contributors all have theirs."""
    _fill_contributors(done, edges.take(edges.key_result >= 0), single)
    count = len(done.basis)
    own_marks = done.key_results.take(members.key)
    own = mean_marks(members.objective, members.weight, own_marks, count)
    above = edges.take(edges.key_result < 0)
    child_marks, child_weight = done.objectives.take(above.child), single[above.child]
    contributed = mean_marks(above.parent, child_weight, child_marks, count)
    pooled = own
    if mode is RollUp.POOLED:
        group, weight = (
            np.concatenate([members.objective, above.parent]),
            np.concatenate([members.weight, child_weight]),
        )
        unweighable = sums(members.objective, np.isnan(members.weight), count) > 0
        pooled = no_marks(count).where(
            unweighable, mean_marks(group, weight, joined(own_marks, child_marks), count)
        )
    scored = ~np.isnan(own_marks.score) & (members.weight != 0)
    basis = _bases(
        mode, sums(above.parent, above.parent >= 0, count) > 0, sums(members.objective, scored, count) > 0
    )
    marks = own.where(basis == _OWN, contributed.where(basis == _CONTRIBUTORS, pooled))
    done.objectives.put(at, _settled(marks, own).take(at))
    done.basis[at] = np.where(np.isnan(marks.score), _NOTHING, basis)[at]


def _settled(marks: Marks, own: Marks) -> Marks:
    """The marks with as-if-zero 0 where there is no score, and the own confidence where no other counts."""
    nothing = np.isnan(marks.score)
    return marks._replace(
        as_if_zero=np.where(nothing, 0.0, marks.as_if_zero),
        confidence=np.where(np.isnan(marks.confidence), own.confidence, marks.confidence),
    )


def _bases(mode: RollUp, aligned: Bools, own_scored: Bools) -> Ints:
    """What each objective's score is to be made of."""
    with_contributors = {
        RollUp.OWN: np.full(len(aligned), _OWN),
        RollUp.CONTRIBUTORS: np.full(len(aligned), _CONTRIBUTORS),
        RollUp.POOLED: np.full(len(aligned), _POOLED),
        RollUp.OWN_THEN_CONTRIBUTORS: np.where(own_scored, _OWN, _CONTRIBUTORS),
    }
    return np.where(aligned, with_contributors[mode], _OWN)


def _fill_contributors(done: Climb, edges: Edges, single: Floats) -> None:
    """Scores of the key results measured by Contributors, from the objectives aligned to them."""
    if not edges.child.size:
        return
    target, group = np.unique(edges.key_result, return_inverse=True)
    marks = mean_marks(group, single[edges.child], done.objectives.take(edges.child), len(target))
    whole = (marks.score >= 1) & (marks.done == 1)
    done.key_results.score[target] = marks.score
    done.key_results.as_if_zero[target] = np.where(np.isnan(marks.score), 0.0, marks.as_if_zero)
    done.key_results.done[target] = whole


def _edges(p: Portfolio) -> Edges:
    """The alignments between objectives at work, repeats taken out, in an order of their own."""
    frame = p.alignments
    target, to = texts(frame, "target"), keys(frame, "target_key")
    to_key_result = target == "key_result"
    at = np.flatnonzero((texts(frame, "state") == "ok") & ((target == "objective") | to_key_result))
    child, key_result = keys(frame, "child_key")[at], np.where(to_key_result[at], to[at], -1)
    parent = to[at].copy()
    aligned = key_result >= 0
    parent[aligned] = keys(p.key_results, "objective_key")[key_result[aligned]]
    working = flags(p.objectives, "active")
    counts = working[child] & (parent >= 0) & working[parent] & _takes(p, key_result)
    found = np.unique(np.stack([parent[counts], key_result[counts], child[counts]]), axis=1)
    return Edges(found[2], found[0], found[1])


def _takes(p: Portfolio, key_result: Ints) -> Bools:
    """Whether each aligned-to key result is at work and measured by Contributors (-1: nothing to ask)."""
    takes = flags(p.key_results, "active") & (texts(p.key_results, "measure") == Measure.CONTRIBUTORS)
    asked = np.flatnonzero(key_result >= 0)
    answer = np.ones(len(key_result), dtype=np.bool_)
    answer[asked] = takes[key_result[asked]]
    return answer


def _levels(edges: Edges, count: int) -> Ints:
    """The level of every objective; a loop that nobody broke would only leave its objectives for last."""
    level = np.full(count, -1)
    waiting = np.bincount(edges.parent, minlength=count)
    ready, height, rest = np.flatnonzero(waiting == 0), 0, edges
    while ready.size:
        level[ready] = height
        settled = level[rest.child] >= 0
        parents = rest.parent[settled]
        np.subtract.at(waiting, parents, 1)
        rest = rest.take(~settled)
        ready = np.unique(parents[waiting[parents] == 0])
        height += 1
    level[level < 0] = height
    return level

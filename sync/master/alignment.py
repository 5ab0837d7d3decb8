"""The sheet `Alignment`: objectives as a tree along `Aligned to`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sync.core import palette
from sync.core.arrays import Ints, keys, texts
from sync.core.model import Level
from sync.master import look
from sync.master.cells import Bar, Column, Formula, Sheet, Style, Table, Tinted, Value
from sync.master.columns import Taken, row_identity, weave
from sync.master.notes import IDENTITY
from sync.master.places import Place, woven
from sync.master.plan import KEY, Plan

NAME = "Alignment"
TROUBLES = {
    "unknown": "is not known",
    "self": "is the objective itself",
    "other_cycle": "belongs to another cycle",
    "ambiguous": "stands in several units",
    "not_contributors": "is a key result that is not measured by Contributors",
    "loop": "would close a loop",
}


class Leaf(NamedTuple):
    """One line of the tree: an objective below the one above it."""

    objective: int
    depth: int
    note: str


def alignment_sheet(plan: Plan, scores: Sequence[Value], as_of: str) -> Sheet:
    """The tree; `scores` are the cells of the sheet `Objectives`, which it looks up."""
    given = plan.given
    leaves = _leaves(plan)
    at = np.array([leaf.objective for leaf in leaves], dtype=np.int64)
    said, found = Taken(given.portfolio.objectives, at), Taken(given.scores.objectives, at)
    ours = _columns(plan, leaves, said, found)
    headers = (*(column.header for column in ours[:4]), "Score", *(c.header for c in ours[4:]), IDENTITY)
    place = Place(NAME, look.TABLE_TOP, len(leaves), woven(headers, given.notes.columns.get(NAME, ())))
    ours.append(_scores(plan, leaves, scores))
    units = plan.unit_names[said.keys("unit_key")]
    rows = [
        row_identity(unit, name, str(leaf.depth))
        for unit, name, leaf in zip(units, said.texts("identity"), leaves, strict=True)
    ]
    loose = sum(leaf.depth == 0 and bool(leaf.note) for leaf in leaves)
    words = (
        f"{given.cycle} · {len(leaves):,} lines, {loose:,} objectives below company level without a parent"
    )
    return Sheet(
        NAME,
        placed=look.band(f"{given.organisation} · who contributes to what", words, as_of),
        table=Table(place.top, weave(place, ours, rows, given.notes), outline=[x.depth for x in leaves]),
        accents=(Bar("Score"), Tinted("Status", palette.STATUS)),
        freeze=(place.top, 1),
        heights={1: 28, place.top: 30},
        tab=palette.BRAND_BRIGHT,
    )


def _columns(plan: Plan, leaves: Sequence[Leaf], said: Taken, found: Taken) -> list[Column]:
    units = said.keys("unit_key")
    levels = texts(plan.given.portfolio.units, "level")[units]
    looks = [_style(leaf.depth) for leaf in leaves]
    return [
        Column("Objective", said.texts("objective"), look.WRAPPED, looks, width=64, title=look.HEADER),
        Column("ID", said.texts("id"), look.ID, width=13, title=look.HEADER),
        Column("Unit", list(plan.unit_names[units]), look.TEXT, width=18, title=look.HEADER),
        Column("Level", list(levels), look.MUTED, width=12, title=look.HEADER),
        Column("Status", found.texts("status"), look.PILL, width=12, title=look.HEADER_CENTRED),
        Column("Owner", said.texts("owner"), look.TEXT, width=17, title=look.HEADER),
        Column("Alignment note", [leaf.note for leaf in leaves], look.NOTE_TEXT, width=46, title=look.HEADER),
    ]


@functools.cache
def _style(depth: int) -> Style:
    style = look.WRAPPED._replace(indent=min(depth, 7) * 3, bold=depth == 0)
    return style._replace(ink=palette.BRAND) if depth == 0 else style


def _scores(plan: Plan, leaves: Sequence[Leaf], scores: Sequence[Value]) -> Column:
    """Each objective's score, live where the one in `Objectives` is there to be looked up."""
    rows, place = _inverse(plan.objectives), plan.objective_list
    return Column(
        "Score",
        [_score(plan, place, scores[rows[leaf.objective]], leaf.objective) for leaf in leaves],
        look.SCORE,
        width=10,
        title=look.HEADER_CENTRED,
    )


def _score(plan: Plan, place: Place, cell: Value, objective: int) -> Value:
    """A blank cell would be looked up as 0, so what is blank is not looked up."""
    if cell is None or not plan.live:
        return cell
    value = cell.value if isinstance(cell, Formula) else cell
    if not isinstance(value, float | str):
        return value
    found = f'INDEX({place.column("Score")},MATCH("o{objective:06d}",{place.column(KEY)},0))'
    return Formula(found, value)


def _inverse(order: Ints) -> list[int]:
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order))
    return [int(row) for row in found]


# ---------------------------------------------------------------- the tree


def _leaves(plan: Plan) -> list[Leaf]:
    """Depth first: company objectives, then others that have contributors, then those alone."""
    children, notes, has_parent = _edges(plan)
    levels = texts(plan.given.portfolio.units, "level")[keys(plan.given.portfolio.objectives, "unit_key")]
    order = [int(objective) for objective in plan.objectives]
    roots = [objective for objective in order if objective not in has_parent]
    roots.sort(key=lambda o: (levels[o] != Level.COMPANY, not children.get(o)))
    found: list[Leaf] = []
    seen: set[int] = set()
    waiting = [(root, 0, _root_note(levels[root], notes.get(root, ""))) for root in reversed(roots)]
    while waiting:
        objective, depth, note = waiting.pop()
        if objective in seen:
            found.append(
                Leaf(objective, depth, "also contributes here; its own contributors are shown above")
            )
            continue
        seen.add(objective)
        found.append(Leaf(objective, depth, note))
        below = children.get(objective, [])
        waiting += [(child, depth + 1, _joined(via, notes.get(child, ""))) for child, via in reversed(below)]
    return found


def _root_note(level: str, trouble: str) -> str:
    return trouble or ("" if level == Level.COMPANY else "not aligned to anything above")


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _edges(plan: Plan) -> tuple[dict[int, list[tuple[int, str]]], dict[int, str], set[int]]:
    """Children by parent (with the key result they go through), troubles by child, who has a parent."""
    p = plan.given.portfolio
    of_kr, ids = keys(p.key_results, "objective_key"), texts(p.key_results, "id")
    rank = _inverse(plan.objectives)
    children: dict[int, list[tuple[int, str]]] = {}
    notes: dict[int, str] = {}
    has_parent: set[int] = set()
    for child, raw, target, key, state in zip(
        keys(p.alignments, "child_key").tolist(),
        p.alignments["raw"],
        p.alignments["target"],
        keys(p.alignments, "target_key").tolist(),
        p.alignments["state"],
        strict=True,
    ):
        parent = int(of_kr[key]) if target == "key_result" and key >= 0 else key
        if state != "ok" or parent < 0:
            notes[child] = _joined(notes.get(child, ""), f"“{raw}” {TROUBLES.get(state, state)}")
            continue
        via = f"through {ids[key]}" if target == "key_result" else ""
        children.setdefault(parent, []).append((child, via))
        has_parent.add(child)
    for below in children.values():
        below.sort(key=lambda pair: rank[pair[0]])
    return children, notes, has_parent

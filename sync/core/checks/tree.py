"""The A rules of the unit tree: units that stand alone, and units without a place in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sync.core.checks.finding import Hit, finds
from sync.core.checks.wording import did_you_mean, some
from sync.core.model import Level
from sync.core.problems import Rule, Severity, declare

if TYPE_CHECKING:
    from sync.core.checks.view import Mask, View


@finds(
    declare(
        Rule(
            code="A309",
            severity=Severity.NOTE,
            title="Siloed unit",
            message="{name} stands alone: no alignment and no dependency joins it to another unit.",
            hint="See whether one of its objectives helps, or needs, somebody else's; Aligned to and Depends "
            "on say so.",
            about="Units that are joined to no other one often do work that nobody asked for, or depend on "
            "others without having said so.\n\n"
            "Alignments and dependencies count in both directions, also those that could not be followed. "
            "Companies, units without objectives, and a portfolio of one unit are not reported.",
        )
    )
)
def siloed(view: View) -> Iterator[Hit]:
    """Units with objectives at work that nothing joins to another unit."""
    busy = view.count("objectives", "unit_key", view.at_work("objectives"), "units") > 0
    if busy.sum() < 2:
        return
    alone = busy & (view.column("units", "level") != Level.COMPANY) & ~_joined(view)
    for key, unit in view.rows("units", alone, "unit"):
        yield Hit("units", key, "unit", unit, {"name": unit})


def _joined(view: View) -> Mask:
    """Units that an alignment or a dependency joins, or was meant to join, to another unit."""
    joined = view.none("units")
    unit_of = {table: view.column(table, "unit_key") for table in ("objectives", "key_results")}
    tables = {"objective": unit_of["objectives"], "key_result": unit_of["key_results"]}
    for links, key_column, table in (
        ("alignments", "child_key", "objectives"),
        ("dependencies", "kr_key", "key_results"),
    ):
        everything = view.column(links, "state") != "self"
        for _, key, target, target_key in view.rows(links, everything, key_column, "target", "target_key"):
            here = unit_of[table][key]
            there = tables[target][target_key] if target in tables else target_key
            if there != here:
                joined[here] = True
                joined[there if there >= 0 else here] = True
    return joined


@finds(
    declare(
        Rule(
            code="A311",
            severity=Severity.ERROR,
            title="Unit without a parent, or a circle in the unit tree (left out of the roll-up above)",
            message="{name} {reason}.",
            example="Growht is named as a parent by Sales, but has no sheet of this cycle.",
            hint="{mend}",
            about="Roll-ups run along Parent on the Team tabs. A unit that is not a company and has no "
            "parent, whose parent has no sheet, or that is its own ancestor, is missing from everything "
            "above it. Its own score and that of the units below it are computed as usual.\n\n"
            "A parent without a sheet stands in the roll-up as a grouping unit. It is reported, at the first "
            "unit that names it, only where other units stand outside its branch: then the tree is in "
            "pieces. A circle is reported once; the units on it count as tops of the tree.",
        )
    )
)
def without_place(view: View) -> Iterator[Hit]:
    """Units without a parent, missing parents that split the tree, and one unit of each circle."""
    yield from _orphans(view)
    yield from _missing_parents(view)
    yield from _circles(view)


def _orphans(view: View) -> Iterator[Hit]:
    level = view.column("units", "level")
    orphan = (view.column("units", "parent") == "") & ~view.column("units", "grouping").astype(bool)
    for key, unit, what in view.rows(
        "units", orphan & (level != Level.COMPANY) & (level != ""), "unit", "level"
    ):
        mend = "Write the name of the unit above into Parent, spelled as in that unit's own sheet."
        params = {"name": unit, "reason": f"is of level {what} and has no Parent", "mend": mend}
        yield Hit("units", key, "parent", "", params)


def _missing_parents(view: View) -> Iterator[Hit]:
    grouping = view.column("units", "grouping").astype(bool)
    parent_key = view.column("units", "parent_key")
    if (parent_key < 0).sum() < 2:
        return
    children: dict[str, list[int]] = defaultdict(list)
    for key, parent in view.rows("units", view.spread(grouping, parent_key), "parent"):
        children[parent].append(key)
    known = [name for _, name in view.rows("units", ~grouping, "unit")]
    missing = [name for _, name in view.rows("units", grouping, "unit") if name not in view.held_units]
    for name in missing:
        first, *_ = keys = sorted(children[name], key=lambda key: view.name("units", key))
        named_by = some([view.name("units", key) for key in keys])
        others = [unit for unit in known if unit not in {view.name("units", key) for key in keys}]
        params = {
            "name": name,
            "reason": f"is named as a parent by {named_by}, but has no sheet of this cycle",
            "mend": did_you_mean(
                name, others, "Add its sheet, or correct the Parent of the units that name it."
            ),
        }
        yield Hit("units", first, "parent", name, params)


def _circles(view: View) -> Iterator[Hit]:
    in_loop = view.column("units", "in_loop").astype(bool)
    parent = {unit: above for _, unit, above in view.rows("units", in_loop, "unit", "parent")}
    keys = {unit: key for key, unit in view.rows("units", in_loop, "unit")}
    for circle in _each_circle(parent):
        path = " → ".join([*circle, circle[0]])
        reason = f"is above itself in the unit tree: {path}"
        mend = "Correct the Parent of one of them; a company has none."
        params = {"name": circle[0], "reason": reason, "mend": mend}
        yield Hit("units", keys[circle[0]], "parent", parent[circle[0]], params)


def _each_circle(parent: Mapping[str, str]) -> Iterator[Sequence[str]]:
    """Each circle of the mapping once, beginning with its first name by the alphabet."""
    seen: set[str] = set()
    for start in sorted(parent):
        if start in seen:
            continue
        circle = [start]
        while parent[circle[-1]] != start:
            circle.append(parent[circle[-1]])
        seen.update(circle)
        yield circle

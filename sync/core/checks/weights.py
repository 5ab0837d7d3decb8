"""Q213: weights that cannot be weighed, in units, objectives, key results and milestones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sync.core.checks.finding import Hit, finds
from sync.core.checks.wording import counted
from sync.core.model import Was
from sync.core.problems import Rule, Severity, declare

if TYPE_CHECKING:
    from sync.core.checks.view import View


@finds(
    declare(
        Rule(
            code="Q213",
            severity=Severity.ERROR,
            title="Weights negative, all zero, or partly given (no mean)",
            message="{what}.",
            example="2 of the 4 key results of objective MKT-O1 have no weight.",
            hint="{mend}",
            about="Weights say how much each member counts in a mean. Blank everywhere means that all count "
            "alike, 0 leaves a member out. With some given and some blank nobody can tell how much the blank "
            "ones should count, and a negative weight, one that is no number, percents beside plain numbers, "
            "or nothing but zeros make no mean.\n\n"
            "The mean in question is not computed until the weights are mended. For milestones the weights "
            "of the stages must all be given and be 100 % in sum, or all be left out; otherwise the key "
            "result has no score. Paused and dropped rows and KPIs are not looked at; a unit's own Weight "
            "may be blank, which is 1.",
        )
    )
)
def unweighable(view: View) -> Iterator[Hit]:
    """Weights of which scoring could make no mean, and stages that are not 100 % in sum."""
    for group in _groups(view, "units", "unit"):
        yield from _unreadable("units", group)
    for table, key_column, groups in (
        ("objectives", "unit_key", "units"),
        ("key_results", "objective_key", "objectives"),
    ):
        for group in _groups(view, table, key_column):
            owner = f"objective {group.owner}" if groups == "objectives" else group.owner
            yield from _unreadable(table, group)
            yield from _unfitting(table, group, owner)
    yield from _stages(view)


class _Weight(NamedTuple):
    """One weight of a group."""

    key: int
    name: str
    was: str
    value: float
    raw: str


class _Group(NamedTuple):
    """Weights that belong together and make no mean."""

    owner: str
    weights: list[_Weight]


def _groups(view: View, table: str, key_column: str) -> Iterator[_Group]:
    """The groups that scoring could not weigh, of rows in their sheet; a unit's weight is a group of one."""
    weightless = ~view.given(table, "weight_used")
    if table != "units":
        weightless &= view.present(table)
    groups: dict[int, list[_Weight]] = defaultdict(list)
    columns = ("weight_was", "weight", "weight_raw")
    for key, owner, was, value, raw in view.rows(table, weightless, key_column, *columns):
        groups[owner].append(_Weight(key, view.name(table, key), was, value, raw))
    names = "units" if table == "objectives" else "objectives"
    for owner, weights in groups.items():
        yield _Group(view.name(names, owner) if table != "units" else "", weights)


def _unreadable(table: str, group: _Group) -> Iterator[Hit]:
    """A hit for each weight that is no number of 0 or more."""
    for weight in group.weights:
        whole = f"Objective {weight.name}" if table == "objectives" else weight.name
        if not _readable(weight):
            kind, more = ("negative weight", "") if weight.value < 0 else ("weight", ", which is no number")
            what = f"{whole} has the {kind} {weight.raw}{more}"
            yield _hit(table, weight, what, "Give it a weight of 0 or more, or clear the cell.")


def _unfitting(table: str, group: _Group, owner: str) -> Iterator[Hit]:
    """One hit for a group whose weights are readable one by one, but not together, at its first odd row."""
    given = [weight for weight in group.weights if weight.was != Was.MISSING]
    if not all(map(_readable, group.weights)):
        return
    blank = [weight for weight in group.weights if weight.was == Was.MISSING]
    members = (
        f"{counted(len(group.weights), 'objective' if table == 'objectives' else 'key result')} of {owner}"
    )
    plain = [weight for weight in given if weight.was == Was.NUMBER and weight.value]
    if blank:
        odd, what = blank, f"{len(blank)} of the {members} {'has' if len(blank) == 1 else 'have'} no weight"
        mend = "Fill in all weights of the group (0 leaves a row out), or clear all of them."
    elif plain:
        odd, what = plain, f"The weights of the {members} mix percents and plain numbers"
        mend = "Write all weights of the group as percents, or all as plain numbers."
    else:
        odd, what = given, f"All weights of the {members} are 0"
        mend = "Give those that count a weight above 0, or clear all of them: then they count alike."
    yield _hit(table, odd[0], what, mend)


def _readable(weight: _Weight) -> bool:
    """Whether a weight is blank or of a kind that can be used; NaN is not 0 or more."""
    return weight.was == Was.MISSING or (weight.was in (Was.NUMBER, Was.PERCENT) and weight.value >= 0)


def _stages(view: View) -> Iterator[Hit]:
    for key, text in view.rows("key_results", view.unscored("STAGE_WEIGHTS"), "milestones"):
        what = f"The weights of the milestones of {view.name('key_results', key)} are not 100 % in sum"
        mend = "Give every stage a weight, 100 % in sum, as in `Design 20%; Build 60%; Launch 20%`, or none."
        yield Hit("key_results", key, "milestones", text, {"what": what, "mend": mend})


def _hit(table: str, weight: _Weight, what: str, mend: str) -> Hit:
    return Hit(table, weight.key, "weight", weight.raw, {"what": what, "mend": mend})

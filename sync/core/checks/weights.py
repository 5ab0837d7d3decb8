"""Q213: weights that cannot be weighed, in units, objectives, key results and milestones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sync.core.checks.finding import Hit, finds
from sync.core.checks.wording import counted
from sync.core.model import Measure, Was
from sync.core.problems import Rule, Severity, declare

if TYPE_CHECKING:
    from sync.core.checks.view import Mask, View


@finds(
    declare(
        Rule(
            code="Q213",
            severity=Severity.ERROR,
            title="Weights negative, all zero, or partly given (no mean)",
            message="{what}.",
            hint="{mend}",
            about="Weights say how much each member counts in a mean. Blank everywhere means that all count "
            "alike, 0 leaves a member out. With some given and some blank nobody can tell how much the blank "
            "ones should count, and a negative weight, or nothing but zeros, makes no mean.\n\n"
            "The mean in question is not computed until the weights are mended. For milestones the weights "
            "of the stages must all be given and be 100 % in sum, or all be left out; otherwise the key "
            "result has no score. Paused and dropped rows and KPIs are not looked at; a unit's own Weight "
            "may be blank, which is 1.",
        )
    )
)
def unweighable(view: View) -> Iterator[Hit]:
    """Negative weights, groups with all or some weights missing or zero, stages that are not 100 %."""
    key_results = view.at_work("key_results") & (view.column("key_results", "measure") != Measure.KPI)
    yield from _negative(view, "units", ~view.column("units", "grouping").astype(bool))
    yield from _negative(view, "objectives", view.at_work("objectives"))
    yield from _negative(view, "key_results", key_results)
    yield from _in_groups(view, "objectives", "unit_key", "units", view.at_work("objectives"))
    yield from _in_groups(view, "key_results", "objective_key", "objectives", key_results)
    yield from _stages(view)


def _negative(view: View, table: str, mask: Mask) -> Iterator[Hit]:
    below = view.column(table, "weight") < 0
    for key, raw in view.rows(table, mask & below, "weight_raw"):
        what = f"{_member(view, table, key)} has the negative weight {raw}"
        yield _hit(table, key, raw, what, "Give it a weight of 0 or more, or clear the cell.")


def _in_groups(view: View, table: str, key_column: str, groups: str, members: Mask) -> Iterator[Hit]:
    """One hit for each group with some weights blank or all of them zero, at its first such row."""
    given = view.column(table, "weight_was") != Was.MISSING
    zero = given & (view.column(table, "weight") == 0)
    sizes, filled, zeros = (
        view.count(table, key_column, members & mask, groups) for mask in (members, given, zero)
    )
    noun = "objective" if table == "objectives" else "key result"
    partly = (filled > 0) & (filled < sizes)
    nothing = (sizes > 0) & (zeros == sizes)
    reported: set[int] = set()
    group_of = view.column(table, key_column)
    suspects = members & ((view.spread(partly, group_of) & ~given) | (view.spread(nothing, group_of) & zero))
    for key, group in view.rows(table, suspects, key_column):
        if group in reported:
            continue
        reported.add(group)
        owner = _member(view, groups, group)
        if nothing[group]:
            what = f"All weights of the {counted(int(sizes[group]), noun)} of {owner} are 0"
            mend = "Give those that count a weight above 0, or clear all of them: then they count alike."
        else:
            blank = int(sizes[group] - filled[group])
            what = f"{blank} of the {counted(int(sizes[group]), noun)} of {owner} have no weight"
            what = what.replace("have no", "has no") if blank == 1 else what
            mend = "Fill in all weights of the group (0 leaves a row out), or clear all of them."
        yield _hit(table, key, "0" if nothing[group] else "", what, mend)


def _stages(view: View) -> Iterator[Hit]:
    for key, text in view.rows("key_results", view.unscored("STAGE_WEIGHTS"), "milestones"):
        what = f"The weights of the milestones of {view.name('key_results', key)} are not 100 % in sum"
        mend = "Give every stage a weight, 100 % in sum, as in `Design 20%; Build 60%; Launch 20%`, or none."
        yield Hit("key_results", key, "milestones", text, {"what": what, "mend": mend})


def _member(view: View, table: str, key: int) -> str:
    name = view.name(table, key)
    return f"objective {name}" if table == "objectives" else name


def _hit(table: str, key: int, value: str, what: str, mend: str) -> Hit:
    return Hit(table, key, "weight", value, {"what": what[0].upper() + what[1:], "mend": mend})

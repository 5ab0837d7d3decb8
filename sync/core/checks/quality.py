"""The Q rules: how well the objectives and key results are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sync.core.checks.finding import Hit, finds
from sync.core.checks.wording import counted, day, together
from sync.core.model import Level, Measure, Was
from sync.core.policy import RollUp
from sync.core.problems import Rule, Severity, declare

if TYPE_CHECKING:
    from sync.core.checks.view import Column, Mask, View


@finds(
    declare(
        Rule(
            code="Q201",
            severity=Severity.WARNING,
            title="Objective without key results",
            message="Objective {name} has no key results.",
            hint="Add two to five key results with {name} as their Objective ID, or set the objective to "
            "Dropped.",
            about="Without a key result nobody can tell when the objective is reached, and it has no score: "
            "it is left out of the unit's score and counts as 0 in the as-if-zero figure.\n\n"
            "Paused and dropped objectives are not reported, and neither is one whose score comes from "
            "objectives of other units that are aligned to it.",
        )
    )
)
def without_key_results(view: View) -> Iterator[Hit]:
    """Objectives at work that no key result names and nothing contributes to."""
    own = view.count("key_results", "objective_key", view.present("key_results"), "objectives")
    readable = view.sheet_has("objectives", "key_results")
    helped, _ = view.contributed_to()
    borrowed = helped if view.scoring.roll_up != RollUp.OWN else view.none("objectives")
    lonely = view.at_work("objectives") & readable & (own == 0) & ~borrowed
    for key, text in view.rows("objectives", lonely, "objective"):
        yield Hit("objectives", key, "id", text, {"name": view.name("objectives", key)})


# --- Q202, Q203, Q212: Start, Target and the measure ------------------------------------------------

_NEEDS = {
    Measure.INCREASE: ("start", "target"),
    Measure.DECREASE: ("start", "target"),
    Measure.AT_LEAST: ("target",),
    Measure.AT_MOST: ("target",),
    Measure.BETWEEN: ("start", "target"),
    Measure.MILESTONE: ("milestones",),
}
_FIELD_NAMES = {"start": "a Start", "target": "a Target", "milestones": "its stages in Milestones"}


@finds(
    declare(
        Rule(
            code="Q202",
            severity=Severity.WARNING,
            title="Key result lacks what its measure needs",
            message="{name} {lack}.",
            example="MKT-O1-KR2 cannot be scored: Increase needs a Start and a Target.",
            hint="{mend}",
            about="Increase, Decrease and Between need a Start and a Target, At least and At most a Target, "
            "Milestone its stages. A blank Measure is inferred from Start and Target, and cannot be without "
            "them. Until then the key result cannot be scored: it is left out of means and of the as-if-zero "
            "figures too, because it is the definition that is missing, not the value.\n\n"
            "A level whose target is 0 or below is simply met or not, unless a Start says where it came "
            "from; while it is not met, this rule asks for one. KPIs, Yes/No and Contributors need nothing. "
            "Cells that hold something unreadable are reported by S103, S104 and S106 instead.",
        )
    )
)
def lacking(view: View) -> Iterator[Hit]:
    """Key results at work with a blank in a cell that their measure needs."""
    yield from _unmeasurable(view)
    measure = view.column("key_results", "measure")
    blank = {
        "start": view.column("key_results", "start_was") == Was.MISSING,
        "target": view.column("key_results", "target_was") == Was.MISSING,
        "milestones": view.column("key_results", "milestones") == "",
    }
    at_work = view.at_work("key_results")
    for kind, needs in _NEEDS.items():
        incomplete = at_work & (measure == kind) & sum(blank[field] for field in needs).astype(bool)
        for (key,) in view.rows("key_results", incomplete):
            missing = [field for field in needs if blank[field][key]]
            wanted = together([_FIELD_NAMES[field] for field in missing])
            lack = f"cannot be scored: {kind} needs {wanted}"
            yield _lack(view, key, missing[0], lack, f"Fill in {wanted}, or choose another Measure.")
    yield from _unmet_without_start(view, at_work & blank["start"])


def _unmeasurable(view: View) -> Iterator[Hit]:
    """Key results whose blank Measure cannot be inferred because Start or Target is blank."""
    none = (view.column("key_results", "measure") == "") & (view.column("key_results", "measure_typed") == "")
    start, target = (
        view.column("key_results", f"{field}_was") == Was.MISSING for field in ("start", "target")
    )
    for (key,) in view.rows("key_results", view.at_work("key_results") & none & (start | target)):
        missing = [field for field, blank in (("start", start), ("target", target)) if blank[key]]
        wanted = together([_FIELD_NAMES[field] for field in missing])
        lack = f"cannot be scored: its Measure is blank and cannot be inferred without {wanted}"
        yield _lack(view, key, missing[0], lack, f"Choose a Measure, or fill in {wanted}.")


def _unmet_without_start(view: View, without_start: Mask) -> Iterator[Hit]:
    """Levels with a target of 0 or below that are not met and have no Start to come from."""
    unmet = without_start & view.column("key_results", "give_start")
    for key, target in view.rows("key_results", unmet, "target_raw"):
        lack = f"scores 0 until its target of {target} is met, because it has no Start"
        mend = "Fill in a Start, so that the way from there to the target is counted."
        yield _lack(view, key, "start", lack, mend)


def _lack(view: View, key: int, field: str, lack: str, mend: str) -> Hit:
    params = {"name": view.name("key_results", key), "lack": lack, "mend": mend}
    return Hit("key_results", key, field, "", params)


@finds(
    declare(
        Rule(
            code="Q203",
            severity=Severity.ERROR,
            title="Start equals target (no score)",
            message="{name} starts at its target of {value}, so there is no way to go and no score.",
            hint="Put the value at the start of the cycle into Start and the value to reach into Target; for "
            "a level to hold choose At least or At most.",
            about="Progress is the share of the way from Start to Target; with both the same that share is 0 "
            "/ 0. The key result has no score: it is left out of means and of the as-if-zero figures.\n\n"
            "Only Increase, Decrease and a blank Measure are reported. Between may have equal bounds.",
        )
    )
)
def start_is_target(view: View) -> Iterator[Hit]:
    """Increases and Decreases at work that go from a number to the same number."""
    hits = view.unscored("START_IS_TARGET")
    for key, target in view.rows("key_results", hits, "target_raw"):
        yield Hit("key_results", key, "target", target, {"name": view.name("key_results", key)})


@finds(
    declare(
        Rule(
            code="Q212",
            severity=Severity.WARNING,
            title="Measure contradicts start and target",
            message="{name} says {measure}, but {contradiction}.",
            example="MKT-O1-KR2 says Decrease, but goes from 31 to 45.",
            hint="{mend}",
            about="The formula is the same for Increase and Decrease, so the score is computed from Start "
            "and Target as they stand. But one of the three cells says something that was not meant, and "
            "people who read only the Measure are misled. Between scores nothing while its lower bound lies "
            "above its upper bound, and a KPI is neither in nor out of band.\n\n"
            "A blank Measure is inferred and cannot contradict.",
        )
    )
)
def contradicted(view: View) -> Iterator[Hit]:
    """Key results at work whose typed measure points the other way than their numbers."""
    typed = view.column("key_results", "measure_typed")
    start, target = view.column("key_results", "start"), view.column("key_results", "target")
    falls, rises = start > target, start < target
    band = (typed == Measure.BETWEEN) | (typed == Measure.KPI)
    wrong = (((typed == Measure.INCREASE) | band) & falls) | ((typed == Measure.DECREASE) & rises)
    hits = view.at_work("key_results") & wrong & ~view.unscored("MIXED")
    for key, measure, low, high in view.rows("key_results", hits, "measure_typed", "start_raw", "target_raw"):
        params = {
            "name": view.name("key_results", key),
            "measure": measure,
            **_contradiction(measure, low, high),
        }
        yield Hit("key_results", key, "measure", measure, params)


def _contradiction(measure: str, start: str, target: str) -> dict[str, str]:
    if measure in (Measure.BETWEEN, Measure.KPI):
        return {
            "contradiction": f"its lower bound {start} lies above its upper bound {target}",
            "mend": "Put the lower bound into Start and the upper bound into Target.",
        }
    other = Measure.DECREASE if measure == Measure.INCREASE else Measure.INCREASE
    return {
        "contradiction": f"goes from {start} to {target}",
        "mend": f"Choose {other} as its Measure, or correct Start and Target.",
    }


# --- Q207, Q208, Q209: how many, and whose ----------------------------------------------------------


@finds(
    declare(
        Rule(
            code="Q207",
            severity=Severity.WARNING,
            title="Too many objectives",
            message="{name} has {count} objectives; more than {limit} blur the focus.",
            hint="Keep the {limit} that matter most and set the others to Paused or Dropped.",
            about="Objectives are what a unit concentrates on; with many of them it concentrates on none. "
            "All of them are scored as usual.\n\n"
            "Paused and dropped objectives do not count. `[checks] max_objectives` sets the limit (3), "
            "`max_objectives_company` the one of a company (5).",
        )
    )
)
def too_many_objectives(view: View) -> Iterator[Hit]:
    """Units with more objectives at work than their level should have."""
    counts = view.count("objectives", "unit_key", view.at_work("objectives"), "units")
    company = view.column("units", "level") == Level.COMPANY
    usual, for_company = view.checks.max_objectives, view.checks.max_objectives_company
    too_many = (company & (counts > for_company)) | (~company & (counts > usual))
    for key, unit, level in view.rows("units", too_many, "unit", "level"):
        limit = for_company if level == Level.COMPANY else usual
        yield Hit("units", key, "unit", unit, {"name": unit, "count": int(counts[key]), "limit": limit})


@finds(
    declare(
        Rule(
            code="Q208",
            severity=Severity.WARNING,
            title="Too few or too many key results",
            message="Objective {name} has {count}; {low} to {high} measure an objective well.",
            hint="{mend}",
            about="One key result rarely proves that an objective was reached, and more than a handful hide "
            "what matters. All of them are scored as usual.\n\n"
            "KPIs and paused or dropped key results do not count, and a single key result measured by its "
            "Contributors is enough. An objective without any is Q201. `[checks] min_key_results` (2) and "
            "`max_key_results` (5) set the limits.",
        )
    )
)
def odd_number_of_key_results(view: View) -> Iterator[Hit]:
    """Objectives at work that have key results, but too few or too many that count."""
    measure = view.column("key_results", "measure")
    counting = view.at_work("key_results") & (measure != Measure.KPI)
    counts = view.count("key_results", "objective_key", counting, "objectives")
    written = view.count("key_results", "objective_key", view.present("key_results"), "objectives")
    shared = counting & (measure == Measure.CONTRIBUTORS)
    by_others = view.count("key_results", "objective_key", shared, "objectives") > 0
    low, high = view.checks.min_key_results, view.checks.max_key_results
    few = (written > 0) & (counts < low) & ~by_others
    for key, text in view.rows(
        "objectives", view.at_work("objectives") & (few | (counts > high)), "objective"
    ):
        mend = (
            "Add a key result that would prove it from another side."
            if few[key]
            else "Keep those that would prove it; the others may be KPIs or initiatives."
        )
        count = counted(int(counts[key]), "key result")
        params = {
            "name": view.name("objectives", key),
            "count": count,
            "low": low,
            "high": high,
            "mend": mend,
        }
        yield Hit("objectives", key, "id", text, params)


@finds(
    declare(
        Rule(
            code="Q209",
            severity=Severity.WARNING,
            title="No owner",
            message="{name} has no owner.",
            hint="Write the name of one person into Owner, as in the people list.",
            about="What belongs to everybody belongs to nobody, and reminders need somebody to go to.\n\n"
            "The owner of an objective stands in for its key results. So a key result without an owner is "
            "reported only where other key results of the same sheet have one: there it was forgotten, "
            "elsewhere the team names owners for its objectives alone. Paused and dropped rows, and KPIs, "
            "are not reported.",
        )
    )
)
def without_owner(view: View) -> Iterator[Hit]:
    """Objectives without an owner, and key results without one in sheets that name them."""
    nobody = view.column("objectives", "owner") == ""
    for (key,) in view.rows("objectives", view.at_work("objectives") & nobody):
        yield Hit("objectives", key, "owner", "", {"name": f"Objective {view.name('objectives', key)}"})
    at_work = view.at_work("key_results") & (view.column("key_results", "measure") != Measure.KPI)
    nobody = view.column("key_results", "owner") == ""
    named = view.count("key_results", "unit_key", at_work & ~nobody, "units") > 0
    forgotten = at_work & nobody & named[view.column("key_results", "unit_key")]
    for (key,) in view.rows("key_results", forgotten):
        yield Hit("key_results", key, "owner", "", {"name": view.name("key_results", key)})


# --- Q211: dates --------------------------------------------------------------------------------------


@finds(
    declare(
        Rule(
            code="Q211",
            severity=Severity.WARNING,
            title="Dates outside the cycle or the parent's",
            message="{name} has its {field} on {value}, {reason}.",
            example="MKT-O1-KR2 has its Due on 2027-02-01, after the cycle ends (2026-12-31).",
            hint="Correct the date; for work that goes on after the cycle, carry the key result over into "
            "the next one.",
            about="Expected progress runs from the first to the last day of a key result. A Due after the "
            "end of the cycle makes it look better than it is, a Starts after its Due leaves it no time at "
            "all.\n\n"
            "The dates are used as they stand. The dates of a cycle come from its name, or from Starts and "
            "Ends on the Team tab; those are compared with the cycle of the parent unit.",
        )
    )
)
def dates_astray(view: View) -> Iterator[Hit]:
    """Typed Starts and Due outside the cycle or in the wrong order, and cycles outside the parent's."""
    unit = view.column("key_results", "unit_key")
    opens, closes = (view.column("units", name)[unit] for name in ("starts", "ends"))
    starts, due = (view.column("key_results", name) for name in ("starts_typed", "due_typed"))
    at_work = view.at_work("key_results")
    early, late = "before the cycle starts ({})", "after the cycle ends ({})"
    for field, dates in (("starts", starts), ("due", due)):
        yield from _astray(view, "key_results", at_work & (dates < opens), field, opens, early)
        yield from _astray(view, "key_results", at_work & (dates > closes), field, closes, late)
    inside = (starts >= opens) & (starts <= closes)
    yield from _astray(
        view, "key_results", at_work & inside & (starts > due), "starts", due, "after its Due ({})"
    )
    yield from _cycles_astray(view)


def _cycles_astray(view: View) -> Iterator[Hit]:
    parent = view.column("units", "parent_key")
    grouping = view.column("units", "grouping").astype(bool)
    comparable = (parent >= 0) & ~grouping & ~grouping[parent]
    starts, ends = view.column("units", "starts"), view.column("units", "ends")
    early, late = "before the cycle of its parent starts ({})", "after the cycle of its parent ends ({})"
    yield from _astray(view, "units", comparable & (starts < starts[parent]), "starts", starts[parent], early)
    yield from _astray(view, "units", comparable & (ends > ends[parent]), "ends", ends[parent], late)


def _astray(view: View, table: str, mask: Mask, field: str, limit: Column, reason: str) -> Iterator[Hit]:
    """One hit for each row of the mask, quoting its date in `field` and the limit it lies beyond."""
    column = f"{field}_typed" if table == "key_results" else field
    for key, moment in view.rows(table, mask, column):
        params = {
            "name": view.name(table, key),
            "field": field.capitalize(),
            "reason": reason.format(day(limit[key].item())),
        }
        yield Hit(table, key, field, day(moment), params)

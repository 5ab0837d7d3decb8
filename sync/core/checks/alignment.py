"""The A rules of objectives: how they hang together. Those of the unit tree are in `tree`."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sync.core.checks.finding import Hit, finds
from sync.core.checks.wording import did_you_mean, some
from sync.core.model import Level, Measure
from sync.core.problems import Rule, Severity, declare

if TYPE_CHECKING:
    from sync.core.checks.view import Mask, View

_TABLES = {"objective": "objectives", "key_result": "key_results"}


class Entry(NamedTuple):
    """One entry of Aligned to: the objective that says it, its text, its state, where it leads (or -1)."""

    child: int
    raw: str
    state: str
    target: str
    target_key: int


def entries(view: View, mask: Mask) -> Iterator[Entry]:
    """The entries of the mask whose objective is at work."""
    mask = mask & view.at_work("objectives")[view.column("alignments", "child_key")]
    rows = view.rows("alignments", mask, "child_key", "raw", "state", "target", "target_key")
    return (Entry(*row[1:]) for row in rows)


@finds(
    declare(
        Rule(
            code="A301",
            severity=Severity.WARNING,
            title="Objective without a parent below company level",
            message="Objective {name} of {unit} is aligned to nothing.",
            hint="Put the objective {above} that it helps into Aligned to, as `ID · text`.",
            about="An objective that helps no other one either should not be there, or helps one that nobody "
            "named. It is scored and counts in its unit's roll-up as usual; it lowers the alignment "
            "rate.\n\n"
            "Objectives of a company, and paused or dropped ones, are not reported.",
        )
    )
)
def without_parent(view: View) -> Iterator[Hit]:
    """Objectives at work below company level with a blank Aligned to."""
    level, parent = view.column("units", "level"), view.column("units", "parent")
    below = ((level != Level.COMPANY) & (level != ""))[view.column("objectives", "unit_key")]
    blank = view.column("objectives", "aligned_to") == ""
    for key, unit in view.rows("objectives", view.at_work("objectives") & below & blank, "unit_key"):
        above = f"of {parent[unit]}" if parent[unit] else "of the unit above"
        yield Hit("objectives", key, "aligned_to", "", {"name": view.name("objectives", key), "above": above})


# --- A302, A310, A312: entries that lead nowhere --------------------------------------------------------


@finds(
    declare(
        Rule(
            code="A302",
            severity=Severity.ERROR,
            title="Parent objective not found",
            message='Objective {name} is aligned to "{value}", {reason}.',
            example='Objective MKT-O1 is aligned to "GRO-01", which is no objective of any unit.',
            hint="{mend}",
            about="Aligned to takes the id or the exact text of an objective, or of a key result measured by "
            "Contributors; several are split by `;`. Another case or the beginning of an id does not match: "
            "that would be a guess. The entry does not count until it is mended; the objective's own score "
            "is not touched.\n\n"
            "Where a unit above has no sheet here (only one workbook is checked, or a sheet is missing), ids "
            "that are not found are not reported, because they may stand in it. A311 names the missing "
            "sheet.",
        )
    )
)
def parent_not_found(view: View) -> Iterator[Hit]:
    """Entries that name nothing, several rows, or a key result that takes no contributors."""
    state = view.column("alignments", "state")
    child_unit = view.column("objectives", "unit_key")[view.column("alignments", "child_key")]
    unknown = (state == "unknown") & ~_below_missing_sheet(view)[child_unit]
    above = _NamesAbove(view)
    for entry in entries(view, unknown | (state == "ambiguous") | (state == "not_contributors")):
        params = {"name": view.name("objectives", entry.child), **_why_not_found(view, entry, above)}
        yield Hit("objectives", entry.child, "aligned_to", entry.raw, params)


def _why_not_found(view: View, entry: Entry, above: _NamesAbove) -> dict[str, str]:
    if entry.state == "ambiguous":
        return {
            "reason": "which stands in several units",
            "mend": "Write `ID · text` with the text of the one that is meant, or give those rows own ids.",
        }
    if entry.state == "not_contributors":
        owner = int(view.column("key_results", "objective_key")[entry.target_key])
        instead = f"its objective {view.name_abroad('objectives', owner)}" if owner >= 0 else "its objective"
        return {
            "reason": "a key result that is not measured by Contributors",
            "mend": f"Align to {instead}, or let that key result's Measure be Contributors.",
        }
    otherwise = "Choose one from the list in the cell, or clear it."
    return {
        "reason": "which is no objective of any unit",
        "mend": did_you_mean(entry.raw, above.names(entry.child), otherwise),
    }


class _NamesAbove:
    """What an objective could have meant: ids and texts of objectives and Contributors KRs of units above."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._by_unit: dict[int, list[str]] | None = None

    def names(self, child: int) -> list[str]:
        """The ids and texts that stand in the ancestors of an objective's unit."""
        parent = self._view.column("units", "parent_key")
        unit = int(parent[self._view.column("objectives", "unit_key")[child]])
        found: list[str] = []
        while unit >= 0:
            found += self._read().get(unit, [])
            unit = int(parent[unit])
        return found

    def _read(self) -> Mapping[int, list[str]]:
        if self._by_unit is None:
            view, self._by_unit = self._view, defaultdict(list)
            private = set(view.organisation.private_units)
            shared = view.column("key_results", "measure") == Measure.CONTRIBUTORS
            masks = {
                "objectives": view.at_work("objectives"),
                "key_results": view.at_work("key_results") & shared,
            }
            for (table, mask), text in zip(masks.items(), ("objective", "key_result"), strict=True):
                for _, unit, row_id, words in view.rows(table, mask, "unit_key", "id", text):
                    open_words = [] if view.name("units", unit) in private else [words]
                    self._by_unit[unit] += [name for name in (row_id, *open_words) if name]
        return self._by_unit


def _below_missing_sheet(view: View) -> Mask:
    """Units whose topmost ancestor has no sheet here."""
    below: Mask = view.column("units", "grouping").astype(bool)[view.tops()]
    return below


@finds(
    declare(
        Rule(
            code="A310",
            severity=Severity.WARNING,
            title="Parent of another cycle",
            message='Objective {name} is aligned to "{value}", which stands in a sheet of another cycle.',
            hint="Align it to an objective of this cycle; if the parent goes on, its unit copies it into "
            "this cycle.",
            about="Sheets of another cycle are listed but not scored. This mostly happens after last "
            "quarter's workbook was copied, and Aligned to was not gone through.\n\n"
            "The entry does not count; the objective's own score is not touched.",
        )
    )
)
def parent_of_another_cycle(view: View) -> Iterator[Hit]:
    """Entries that name an id of a sheet that is not scored now."""
    for entry in entries(view, view.column("alignments", "state") == "other_cycle"):
        yield Hit(
            "objectives", entry.child, "aligned_to", entry.raw, {"name": view.name("objectives", entry.child)}
        )


@finds(
    declare(
        Rule(
            code="A312",
            severity=Severity.ERROR,
            title="Aligned to itself",
            message="Objective {name} is aligned to itself.",
            hint="Put the objective of the unit above that it helps into Aligned to, or clear the cell.",
            about="An objective cannot be one of its own contributors, and neither can it contribute to one "
            "of its own key results.\n\n"
            "The entry does not count; the objective's own score is not touched.",
        )
    )
)
def own_parent(view: View) -> Iterator[Hit]:
    """Entries that name the very objective they stand beside, or a key result of it."""
    for entry in entries(view, view.column("alignments", "state") == "self"):
        yield Hit(
            "objectives", entry.child, "aligned_to", entry.raw, {"name": view.name("objectives", entry.child)}
        )


# --- A303, A304: entries that lead astray -----------------------------------------------------------------


@finds(
    declare(
        Rule(
            code="A303",
            severity=Severity.ERROR,
            title="Alignment goes round in a circle (broken at one step)",
            message="The alignment goes round in a circle: {path}.",
            hint="Clear one of these steps in Aligned to; until then the one from {name} to {value} does not "
            "count.",
            about="Each of these objectives would be made of the others' scores, and so of its own. The "
            "circle is reported once, at the step that is left out: that of the child with the largest "
            "id.\n\n"
            "All other steps count, so every score can be computed, and the order of the sheets changes "
            "nothing.",
        )
    )
)
def circles(view: View) -> Iterator[Hit]:
    """The entries at which circles are broken, each with the way round."""
    loops = list(entries(view, view.column("alignments", "state") == "loop"))
    if not loops:
        return
    steps: dict[int, list[int]] = defaultdict(list)
    for entry in entries(view, view.column("alignments", "state") == "ok"):
        steps[entry.child].append(_parent_of(view, entry))
    for entry in loops:
        way = [entry.child, *_way(steps, _parent_of(view, entry), entry.child)]
        path = " → ".join(view.name_abroad("objectives", key) for key in way)
        params = {"name": view.name("objectives", entry.child), "path": path}
        yield Hit("objectives", entry.child, "aligned_to", entry.raw, params)


def _parent_of(view: View, entry: Entry) -> int:
    """The objective an entry leads to; that of the key result if it names one."""
    if entry.target == "objective":
        return entry.target_key
    return int(view.column("key_results", "objective_key")[entry.target_key])


def _way(steps: Mapping[int, Sequence[int]], start: int, end: int) -> list[int]:
    """A shortest way from one objective up to another along the steps."""
    came_from = {start: start}
    waiting = deque([start])
    while waiting and end not in came_from:
        at = waiting.popleft()
        for parent in steps.get(at, ()):
            if parent not in came_from:
                came_from[parent] = at
                waiting.append(parent)
    way = [end]
    while way[-1] != start:
        way.append(came_from.get(way[-1], start))
    return way[::-1]


@finds(
    declare(
        Rule(
            code="A304",
            severity=Severity.NOTE,
            title="Level skipped",
            message="Objective {name} is aligned to {value}, past the objectives of {between}.",
            hint="See whether an objective of {between} would be the nearer parent; if not, leave it.",
            about="Alignment past the unit in between often means that this unit does not know of the work, "
            "or lacks an objective that others are working on.\n\n"
            "The alignment counts. Units in between that have no objectives of their own are no level, and "
            "an objective that is also aligned to the unit directly above is not reported.",
        )
    )
)
def level_skipped(view: View) -> Iterator[Hit]:
    """Entries that lead to a unit further up than the nearest one that has objectives."""
    parent = view.column("units", "parent_key").tolist()
    unit_of = view.column("objectives", "unit_key").tolist()
    busy = (view.count("objectives", "unit_key", view.at_work("objectives"), "units") > 0).tolist()
    reached: dict[int, set[int]] = defaultdict(set)
    far: list[tuple[Entry, list[int]]] = []
    for entry in entries(view, view.column("alignments", "state") == "ok"):
        target = unit_of[_parent_of(view, entry)]
        reached[entry.child].add(target)
        between = [unit for unit in _between(parent, unit_of[entry.child], target) if busy[unit]]
        if between:
            far.append((entry, between))
    for entry, between in far:
        if not reached[entry.child].intersection(between):
            params = {
                "name": view.name("objectives", entry.child),
                "between": some([view.name("units", unit) for unit in between]),
            }
            yield Hit("objectives", entry.child, "aligned_to", entry.raw, params)


def _between(parent: Sequence[int], unit: int, ancestor: int) -> list[int]:
    """The units strictly between a unit and its ancestor; none when it is no ancestor."""
    way = []
    at = parent[unit]
    while at >= 0 and at != ancestor:
        way.append(at)
        at = parent[at]
    return way if at == ancestor else []


# --- A305: nobody contributes -----------------------------------------------------------------------------


@finds(
    declare(
        Rule(
            code="A305",
            severity=Severity.WARNING,
            title="Company objective or key result nobody contributes to",
            message="No objective is aligned to {name}, {what}.",
            example="No objective is aligned to CO-O2, an objective of the company.",
            hint="Ask who works on it; they put it into Aligned to. If nobody does, {otherwise}.",
            about="An objective of the company that no other unit works on is a wish. A key result measured "
            "by Contributors has no value of its own, so without contributors it has no score.\n\n"
            "An alignment to one of its key results counts for an objective. An objective is not reported "
            "beside a key result of its own, and nothing is where only one unit has objectives.",
        )
    )
)
def nobody_contributes(view: View) -> Iterator[Hit]:
    """Company objectives, and Contributors key results of any unit, that no counting entry leads to."""
    at_work = view.at_work("objectives")
    if (view.count("objectives", "unit_key", at_work, "units") > 0).sum() < 2:
        return
    helped, fed = view.contributed_to()
    shared = view.column("key_results", "measure") == Measure.CONTRIBUTORS
    unfed = view.at_work("key_results") & shared & ~fed
    for (key,) in view.rows("key_results", unfed):
        yield _unhelped(view, "key_results", key)
    reported = view.count("key_results", "objective_key", unfed, "objectives") > 0
    company = (view.column("units", "level") == Level.COMPANY)[view.column("objectives", "unit_key")]
    for (key,) in view.rows("objectives", at_work & company & ~helped & ~reported):
        yield _unhelped(view, "objectives", key)


def _unhelped(view: View, table: str, key: int) -> Hit:
    if table == "objectives":
        what, otherwise = "an objective of the company", "drop it"
    else:
        what, otherwise = "a key result measured by Contributors", "choose another Measure"
    params = {"name": view.name(table, key), "what": what, "otherwise": otherwise}
    return Hit(table, key, "id", view.name(table, key), params)

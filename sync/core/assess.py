"""From team sheets to numbers and findings: select, gather, score, roll up, check. Pure.

The service, the command line and the add-in all come through here, the one way there;
so a number or a finding is the
same wherever it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sync.core import checks
from sync.core.checks.view import View
from sync.core.collector import no_collector
from sync.core.gather import gather
from sync.core.model import Person, TeamSheet
from sync.core.policy import Policies
from sync.core.portfolio import Origin, Portfolio, Seen
from sync.core.problems import Problem
from sync.core.rollup import Scores, evaluate
from sync.core.selection import Selection, contested, select


@dataclass(frozen=True)
class Assessment:
    """What one set of sheets says on one day. `problems` are in order, with the settings' severities.

    `others` are the sheets of another cycle, which are not scored.
    """

    as_of: date
    selection: Selection
    portfolio: Portfolio
    scores: Scores
    problems: tuple[Problem, ...]
    others: tuple[TeamSheet, ...] = ()


@no_collector()
def assess(
    sheets: Sequence[TeamSheet],
    origins: Sequence[Origin],
    found: Sequence[Problem],
    *,
    policies: Policies,
    as_of: date,
    people: Sequence[Person] = (),
    seen: Mapping[tuple[str, str, str], Seen] | None = None,
    held_units: Collection[str] = (),
) -> Assessment:
    """The Assessment of the sheets of the current cycle; `found` are the reader's problems of all sheets.

    Sheets that contest a unit (S117) are left out here; the caller decides what stands in for them, and
    names in `held_units` the units that have a sheet although none of their rows count.
    """
    selection = select(sheets, policies.organisation, as_of)
    portfolio = gather(
        [sheets[at] for at in selection.scored],
        [origins[at] for at in selection.scored],
        organisation=policies.organisation,
        as_of=as_of,
        people=people,
        seen=seen,
        other_cycle_ids=_ids([sheets[at] for at in selection.other_cycle]),
    )
    scores = evaluate(portfolio, policies.scoring, policies.checks, as_of)
    contest = frozenset(sheets[group[0]].team.unit for group in selection.rivals)
    view = View(
        portfolio,
        scores,
        policies.checks,
        policies.scoring,
        policies.organisation,
        as_of,
        held_units=contest | frozenset(held_units),
    )
    elsewhere = [*found, *contested(sheets, selection)]
    problems = checks.run(view, elsewhere)
    others = tuple(sheets[at] for at in selection.other_cycle)
    return Assessment(as_of, selection, portfolio, scores, tuple(problems), others)


def _ids(sheets: Sequence[TeamSheet]) -> frozenset[str]:
    objectives = {row.id for sheet in sheets for row in sheet.objectives}
    key_results = {row.id for sheet in sheets for row in sheet.key_results}
    return frozenset(objectives | key_results) - {""}

"""Which sheets count now: those of the current cycle, and no two of one unit (OKR.md §1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sync.core.checks.structure import S117
from sync.core.cycle import Cycle, current, resolve
from sync.core.model import TeamSheet
from sync.core.policy import Organisation
from sync.core.problems import Problem


class Selection(NamedTuple):
    """Row numbers of the sheets given: `scored` ones, those of another cycle, and rivals for one unit."""

    cycle: Cycle
    scored: tuple[int, ...]
    other_cycle: tuple[int, ...]
    rivals: tuple[tuple[int, ...], ...]


def select(sheets: Sequence[TeamSheet], organisation: Organisation, as_of: date) -> Selection:
    """The sheets to score. A sheet whose cycle cannot be read (S120) is taken for the current one."""
    cycles = [_cycle_of(sheet, organisation) for sheet in sheets]
    now = current_cycle([cycle for cycle in cycles if cycle], organisation, as_of)
    mine = [at for at, cycle in enumerate(cycles) if cycle is None or cycle.name == now.name]
    by_unit: dict[str, list[int]] = defaultdict(list)
    for at in mine:
        by_unit[sheets[at].team.unit].append(at)
    rivals = tuple(tuple(group) for _, group in sorted(by_unit.items()) if len(group) > 1)
    contested = {at for group in rivals for at in group}
    chosen = set(mine)
    return Selection(
        cycle=now,
        scored=tuple(at for at in mine if at not in contested),
        other_cycle=tuple(at for at in range(len(sheets)) if at not in chosen),
        rivals=rivals,
    )


def contested(sheets: Sequence[TeamSheet], selection: Selection) -> list[Problem]:
    """One S117 for each of several sheets that claim the same unit and cycle, naming the others."""
    problems = []
    for rivals in selection.rivals:
        for at in rivals:
            others = ", ".join(sheets[other].source for other in rivals if other != at)
            team = sheets[at].team
            ref = sheets[at].ref("team", 0, "unit")
            problems.append(
                S117.problem(
                    source=ref.source,
                    unit=team.unit,
                    tab=ref.tab,
                    cell=ref.cell,
                    value=team.unit,
                    other=others,
                    cycle=team.cycle,
                )
            )
    return problems


def current_cycle(cycles: Sequence[Cycle], organisation: Organisation, as_of: date) -> Cycle:
    """The cycle worked on (`sync.core.cycle.current`); between two cycles, the one that began last.

    So a folder that nobody has touched since the quarter ended still shows how that quarter ended.
    """
    cycle = current(organisation, as_of, cycles)
    if organisation.cycle or not cycles or any(known.name == cycle.name for known in cycles):
        return cycle
    begun = [known for known in cycles if known.starts <= as_of]
    return max(begun, key=lambda known: known[1:]) if begun else min(cycles, key=lambda known: known[1:])


def _cycle_of(sheet: TeamSheet, organisation: Organisation) -> Cycle | None:
    team = sheet.team
    return resolve(team.cycle, team.starts, team.ends, organisation.fiscal_year_start)

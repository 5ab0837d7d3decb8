"""One workbook scored and checked, as `okrsync check` and `okrsync score` do it on a bare file."""

from __future__ import annotations

from datetime import date

from addin.checking_in import plan
from addin.opening import Seen
from sync.core.assess import Assessment, assess
from sync.core.columns import Columns
from sync.core.model import CheckInRow, ObjectiveRow, TeamSheet
from sync.core.policy import Organisation, Policies
from sync.core.portfolio import Origin
from sync.core.problems import Problem


def assessed(seen: Seen, today: date) -> Assessment:
    """The Assessment of the workbook alone: no people list, no other teams, no history."""
    name = seen.sheet.source
    return assess([seen.sheet], [Origin(name, name, "")], seen.problems, policies=Policies(), as_of=today)


def foreseen(seen: Seen, today: date) -> Assessment:
    """The Assessment after the next sync, which takes what changed since the last check-in as of today."""
    found = plan(seen.sheet, (*seen.problems, *misfits(seen.sheet, today)), today)
    new = {entry.kr_row for entry in found.entries}
    rows = tuple(
        row._replace(last_check_in=today) if row.row in new else row for row in seen.sheet.key_results
    )
    return assessed(seen._replace(sheet=seen.sheet._replace(key_results=rows)), today)


def misfits(sheet: TeamSheet, today: date) -> tuple[Problem, ...]:
    """What would be found if each Current were of today: also in rows of which another value counts now.

    Their objectives, statuses and cycle, for which a row may not be scored, make no difference.
    """
    objective = ObjectiveRow(0, "O", "O", identity="O")
    rows = tuple(
        row._replace(objective_id=objective.id, status="", last_check_in=today) for row in sheet.key_results
    )
    trial = sheet._replace(
        objectives=(objective,), key_results=rows, check_ins=Columns.of(CheckInRow, ()), initiatives=()
    )
    policies = Policies(organisation=Organisation(cycle=sheet.team.cycle))
    origin = Origin(sheet.source, sheet.source, "")
    return assess([trial], [origin], (), policies=policies, as_of=today).problems

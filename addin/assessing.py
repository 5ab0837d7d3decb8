"""One workbook scored and checked, as `okrsync check` and `okrsync score` do it on a bare file."""

from __future__ import annotations

from datetime import date

from addin.opening import Seen
from sync.core.assess import Assessment, assess
from sync.core.policy import Policies
from sync.core.portfolio import Origin


def assessed(seen: Seen, today: date) -> Assessment:
    """The Assessment of the workbook alone: no people list, no other teams, no history."""
    name = seen.sheet.source
    return assess([seen.sheet], [Origin(name, name, "")], seen.problems, policies=Policies(), as_of=today)

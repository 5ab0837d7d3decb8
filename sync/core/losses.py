"""Tabs and columns that a sheet no longer has although something stood in them: inputs lost at one stroke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sync.core.model import Amount, TeamSheet, Was
from sync.core.schema import TABLES, TabSchema

INPUTS: Mapping[str, Sequence[str]] = {
    "objectives": ("weight",),
    "key_results": ("objective_id", "measure", "start", "target", "current", "weight", "milestones"),
    "check_ins": ("date", "kr_id", "value"),
}
"""By tab, the columns from which scores are made."""


def lost(new: TeamSheet, last: TeamSheet) -> str:
    """A clause that names every filled tab and input column of `last` that `new` lacks; "" for none."""
    found = [what for tab in TABLES for what in _lost_of(tab, new, last)]
    if len(found) < 2:
        return found[0] if found else ""
    return f"{', '.join(found[:-1])} and {found[-1]}"


def _lost_of(tab: TabSchema, new: TeamSheet, last: TeamSheet) -> Iterator[str]:
    before, now = last.bindings.get(tab.key), new.bindings.get(tab.key)
    rows = getattr(last, tab.key)
    if before is None or not rows:
        return
    if now is None:
        yield f"the tab {before.title} is gone or has lost its header"
        return
    for field in INPUTS.get(tab.key, ()):
        if field in before.columns and field not in now.columns and any(_filled(row, field) for row in rows):
            yield f"the column {tab.by_field[field].name} of {now.title} is gone or stands twice"


def _filled(row: object, field: str) -> bool:
    value = getattr(row, field)
    return value.was != Was.MISSING if isinstance(value, Amount) else bool(value)

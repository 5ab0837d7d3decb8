"""The hidden tab `Lists`: the choices behind the drop-downs, one list per column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.core import schema

LIST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Lists:
    """The choices that differ from unit to unit; names and texts only, never an address (TRUST 24).

    `aligned_to`: the ancestors' objectives and Contributors key results as `ID · text`.
    """

    aligned_to: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


def list_columns(lists: Lists) -> Mapping[str, tuple[str, ...]]:
    """Header of each column of the tab -> its values, in order, cut to the rows that drop-downs look at."""
    columns = {
        "Level": schema.TEAM.column("Level").choices,
        "Number format": schema.TEAM.column("Number format").choices,
        "Status": schema.STATUS_CHOICES,
        "Ambition": schema.OBJECTIVES.column("Ambition").choices,
        "Measure": schema.KEY_RESULTS.column("Measure").choices,
        "Type": schema.RETROSPECTIVE.column("Type").choices,
        "Aligned to": lists.aligned_to,
        "People": lists.people,
        "Units": lists.units,
    }
    return {name: values[: LIST_ROWS - 1] for name, values in columns.items()}

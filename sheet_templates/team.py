"""One unit's workbook, built from the schema."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import xlsxwriter

from sheet_templates.choices import define_names
from sheet_templates.look import Book, Look
from sheet_templates.pages import add_lists_tab, add_start_here, add_status_tab, add_team_tab
from sheet_templates.tables import Row, add_table_tab
from sheet_templates.values import Value, done
from sheet_templates.worksheet import TemplateSheet
from sync.core import schema
from sync.core.lists import Lists
from sync.core.schema import Tab

CREATED = datetime(2026, 1, 1)  # noqa: DTZ001  # a fixed stamp: the same input gives the same bytes
NO_LISTS = Lists()


@dataclass(frozen=True, slots=True)
class TeamDefaults:
    """What is known of a unit before its workbook exists; "" and None stay blank.

    `book_id` names the workbook for good; blank gives one made from unit and cycle.
    """

    unit: str = ""
    level: str = ""
    parent: str = ""
    weight: float | None = None
    cycle: str = ""
    starts: date | None = None
    ends: date | None = None
    champion: str = ""
    manager: str = ""
    time_zone: str = ""
    number_format: str = ""
    book_id: str = ""


def build_team(
    target: str | Path | BinaryIO,
    team: TeamDefaults,
    lists: Lists = NO_LISTS,
    prefill: Mapping[str, Sequence[Row]] | None = None,
) -> None:
    """Writes the workbook of one unit; the same arguments give the same bytes.

    `prefill` holds rows by tab key ("objectives", "key_results", …), each a mapping of schema field to
    value: str, float, bool, date, `Percent`, `Formula` or None (left empty).
    """
    rows = prefill or {}
    destination = str(target) if isinstance(target, Path) else target
    workbook = xlsxwriter.Workbook(destination, {"in_memory": True})
    look = Look(workbook)
    workbook.set_properties({"title": f"OKRs {team.unit}".strip(), "author": "okrsync", "created": CREATED})
    sheets = {tab: workbook.add_worksheet(str(tab), TemplateSheet) for tab in _TAB_ORDER}
    subtitle = " · ".join(part for part in (team.unit, team.cycle) if part) or "For any team, any cycle"
    add_start_here(sheets[Tab.START_HERE], "Our OKRs, in ten lines", subtitle, look)
    add_team_tab(sheets[Tab.TEAM], _team_values(team), look)
    for tab in schema.TABLES:
        add_table_tab(sheets[Tab(tab.title)], tab, rows.get(tab.key, ()), look)
    add_status_tab(sheets[Tab.SYNC_STATUS], look)
    add_lists_tab(sheets[Tab.LISTS], lists, look)
    define_names(workbook)
    _set_book_id(workbook, team)
    sheets[Tab.START_HERE].activate()
    workbook.close()


_TAB_ORDER = (
    Tab.START_HERE,
    Tab.TEAM,
    Tab.OBJECTIVES,
    Tab.KEY_RESULTS,
    Tab.CHECK_INS,
    Tab.INITIATIVES,
    Tab.RETROSPECTIVE,
    Tab.SYNC_STATUS,
    Tab.LISTS,
)


def _team_values(team: TeamDefaults) -> dict[str, Value]:
    fields = (column.field for column in schema.TEAM.columns if column.field != "template_version")
    values: dict[str, Value] = {name: getattr(team, name) for name in fields}
    return values | {"template_version": schema.TEMPLATE_VERSION}


def _set_book_id(workbook: Book, team: TeamDefaults) -> None:
    made = uuid.uuid5(uuid.NAMESPACE_URL, f"okrsync:{team.unit}:{team.cycle}")
    done(workbook.define_name(schema.BOOK_ID_NAME, f'="{team.book_id or made}"'))
    workbook.defined_names[-1][3] = True  # define_name has no option for a hidden name

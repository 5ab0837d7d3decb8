"""One unit's workbook, built from the schema."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from sheet_templates.choices import define_lists
from sheet_templates.look import Book, Look
from sheet_templates.pages import add_lists_tab, add_start_here, add_status_tab, add_team_tab
from sheet_templates.tables import Row, add_table_tab
from sheet_templates.values import Value
from sheet_templates.worksheet import TemplateBook
from sync.core import schema
from sync.core.lists import Lists
from sync.core.schema import Tab

Rows = Mapping[str, Sequence[Row]]
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
    prefill: Rows | None = None,
) -> None:
    """Writes the workbook of one unit; the same arguments give the same bytes.

    `prefill` holds rows by tab key ("objectives", "key_results", …), each a mapping of schema field to
    value: str, float, bool, date, `Percent`, `Formula` or None (left empty).
    """
    workbook = TemplateBook(target, f"OKRs {team.unit}".strip())
    fill_team(workbook, team, lists, prefill or {})
    workbook.close()


def fill_team(book: Book, team: TeamDefaults, lists: Lists, prefill: Rows) -> None:
    """Fills an empty book of either kind, `TemplateBook` or `GoogleBook`, with all tabs of one unit."""
    look = Look(book)
    sheets = {tab: book.add_tab(str(tab)) for tab in schema.TEMPLATE_TABS}
    subtitle = " · ".join(part for part in (team.unit, team.cycle) if part) or "For any team, any cycle"
    add_start_here(sheets[Tab.START_HERE], "Our OKRs, in ten lines", subtitle, look)
    add_team_tab(sheets[Tab.TEAM], _team_values(team), look)
    for tab in schema.TABLES:
        add_table_tab(sheets[Tab(tab.title)], tab, prefill.get(tab.key, ()), look)
    add_status_tab(sheets[Tab.SYNC_STATUS], look)
    add_lists_tab(sheets[Tab.LISTS], lists, look)
    define_lists(book)
    book.identify(book_id(team))
    sheets[Tab.START_HERE].activate()


def book_id(team: TeamDefaults) -> str:
    """What names the unit's workbook for good: the given id, or one made from unit and cycle."""
    return team.book_id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"okrsync:{team.unit}:{team.cycle}"))


def _team_values(team: TeamDefaults) -> dict[str, Value]:
    fields = (column.field for column in schema.TEAM.columns if column.field != "template_version")
    values: dict[str, Value] = {name: getattr(team, name) for name in fields}
    return values | {"template_version": schema.TEMPLATE_VERSION}

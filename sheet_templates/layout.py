"""Where things stand on a data tab, for everything that points at its cells."""

from __future__ import annotations

from functools import cache

from sync.core import schema
from sync.core.grid import column_letters
from sync.core.schema import TabSchema

HEADER_ROW = 3  # counted from 1: the title and a hint stand above
# How far down formulas, drop-downs and conditional formats look, by tab key.
LAST_ROWS = {
    "objectives": 500,
    "key_results": 1_000,
    "check_ins": 3_000,
    "initiatives": 1_000,
    "retrospective": 500,
    "people": 10_000,
}


def letters_of(tab: TabSchema, name: str) -> str:
    """The letters of a column of a tab: `Key result` of Key Results -> C."""
    return column_letters(tab.columns.index(tab.column(name)) + 1)


@cache
def column_range(title: str, name: str) -> str:
    """Where the values of a column of a data tab stand: `'Key Results'!$B$4:$B$1000`."""
    tab = next(tab for tab in schema.TABLES if tab.title == title)
    letters = letters_of(tab, name)
    return f"'{title}'!${letters}${HEADER_ROW + 1}:${letters}${LAST_ROWS[tab.key]}"

"""Where things stand on a data tab, for everything that points at its cells."""

from __future__ import annotations

from sync.core import schema
from sync.core.grid import column_letters
from sync.core.schema import TabSchema

HEADER_ROW = 3  # counted from 1: the title and a hint stand above
FORMATTED_ROWS = 1_000  # conditional formats, drop-downs and formulas look this far down


def letters_of(tab: TabSchema, name: str) -> str:
    """The letters of a column of a tab: `Key result` of Key Results -> C."""
    return column_letters(tab.columns.index(tab.column(name)) + 1)


def column_range(title: str, name: str) -> str:
    """Where the values of a column of a data tab stand: `'Key Results'!$B$4:$B$1003`."""
    tab = next(tab for tab in schema.TABLES if tab.title == title)
    letters = letters_of(tab, name)
    return f"'{title}'!${letters}${HEADER_ROW + 1}:${letters}${HEADER_ROW + FORMATTED_ROWS}"

"""Managers' own things in the master: read back from it, kept by row identity, given to the next one.

Every row of the master carries its identity in a hidden column (`IDENTITY`), so a note finds its row
again wherever a manager sorted it to, and whatever columns they inserted. What a manager wrote beside a
row that has left the master stays in `Notes` and comes back with the row: nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sync.master.cells import Formula, Value

MANAGER_NOTE = "Manager note"
IDENTITY = "okrsync row"


class NoteCell(NamedTuple):
    """A cell that a manager wrote: its value (a date as ISO text), its kind and number style, its formula.

    `row` is where the formula stood, so that its own row's cells can be followed to the new one.
    """

    value: str | float | bool | None
    kind: str = "text"
    style: str = "plain"
    formula: str = ""
    row: int = 0

    def at(self, row: int) -> Value:
        """The cell as it is written in a row, its formula following its own row's cells."""
        value = _as_date(self.value) if self.kind == "date" and isinstance(self.value, str) else self.value
        if not self.formula:
            return value
        result = value if isinstance(value, float | str) else ""
        return Formula(moved(self.formula, self.row, row), result)


class AddedColumn(NamedTuple):
    """A column a manager added: its header, and the header of the column to its left ("" = first)."""

    header: str
    after: str


class AddedSheet(NamedTuple):
    """A sheet a manager added: its cells by row and column, from 1."""

    name: str
    rows: Mapping[int, Mapping[int, NoteCell]]
    hidden: bool = False


@dataclass(frozen=True)
class Notes:
    """All that managers added: `cells[sheet][row identity][header]`, columns by sheet, whole sheets."""

    cells: Mapping[str, Mapping[str, Mapping[str, NoteCell]]] = field(default_factory=dict)
    columns: Mapping[str, tuple[AddedColumn, ...]] = field(default_factory=dict)
    sheets: tuple[AddedSheet, ...] = ()


NO_NOTES = Notes()

_CELL = re.compile(r"""(?<![A-Za-z0-9_.!'$])(\$?[A-Z]{1,3})([1-9]\d*)(?![A-Za-z0-9_.(!])|"[^"]*"|'[^']*'""")


def moved(formula: str, from_row: int, to_row: int) -> str:
    """The formula with its relative references to its own row pointing to its new row."""

    def follow(found: re.Match[str]) -> str:
        if found.group(2) == str(from_row):
            return f"{found.group(1)}{to_row}"
        return found.group()

    return _CELL.sub(follow, formula)


def _as_date(text: str) -> date | str:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return text

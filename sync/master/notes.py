"""Managers' own things in the master: read back from it, kept by row identity, given to the next one.

Every row of the master carries its identity in a hidden column (`IDENTITY`), so a note finds its row
again wherever a manager sorted it to, and whatever columns they inserted. What a manager wrote beside a
row that has left the master stays in `Notes` and comes back with the row: nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

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

"""Managers' own things in the master: read back from it, kept by row identity, given to the next one.

Every row of the master carries its identity in a hidden column (`IDENTITY`), so a note finds its row
again wherever a manager sorted it to, and whatever columns they inserted. Above it, in the same column,
stands which headers are ours (`marker`); every other one is a manager's. What a manager wrote beside a
row that has left the master stays in `Notes` and comes back with the row: nothing is lost.

A formula is at home in the master it was written in, Excel's or Google's; the other one shows its value:
the two programs' formulas are no more than alike, and Excel opens no file that holds one it cannot read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from sync.master.cells import Formula, Table, Value, Workbook

MANAGER_NOTE = "Manager note"
IDENTITY = "okrsync row"
EXCEL, GOOGLE = "excel", "google"
EPOCH = date(1899, 12, 30)


class NoteCell(NamedTuple):
    """A cell that a manager wrote: its value (a date as ISO text), its kind and number style, its formula.

    `row` is where the formula stood, so that its own row's cells can be followed to the new one; `home`
    is the master in which it did.
    """

    value: str | float | bool | None
    kind: str = "text"
    style: str = "plain"
    formula: str = ""
    row: int = 0
    home: str = EXCEL

    def at(self, row: int) -> Value:
        """The cell as it is written in a row, its formula following its own row's cells."""
        if not self.formula:
            return self._plain()
        return Formula(moved(self.formula, self.row, row), self._result(), self.home)

    def _plain(self) -> str | float | bool | date | None:
        return _as_date(self.value) if self.kind == "date" and isinstance(self.value, str) else self.value

    def _result(self) -> float | str:
        """What the formula shows; a date as its number, which the format shows as a date."""
        match self._plain():
            case date() as day:
                return float((day - EPOCH).days)
            case None:
                return ""
            case value:
                return value


class AddedColumn(NamedTuple):
    """A column a manager added: its header, and the header of the column to its left ("" = first)."""

    header: str
    after: str


class AddedSheet(NamedTuple):
    """A sheet a manager added: its cells by row and column, from 1."""

    name: str
    rows: Mapping[int, Mapping[int, NoteCell]]
    hidden: bool = False


Cells = Mapping[str, Mapping[str, Mapping[str, NoteCell]]]


@dataclass(frozen=True)
class Notes:
    """All that managers added: `cells[sheet][row identity][header]`, columns by sheet, whole sheets."""

    cells: Cells = field(default_factory=dict)
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


def at_home(workbook: Workbook, home: str) -> Workbook:
    """The workbook with the values of those formulas that managers wrote in another master than this."""
    sheets = (
        replace(sheet, table=_at_home(sheet.table, home))
        if sheet.table and _foreign(sheet.table, home)
        else sheet
        for sheet in workbook.sheets
    )
    return replace(workbook, sheets=tuple(sheets))


def _foreign(table: Table, home: str) -> set[str]:
    """The columns with formulas of another master; only managers' columns may have any."""
    return {
        column.header
        for column in table.columns
        if column.theirs
        and any(isinstance(value, Formula) and value.home not in ("", home) for value in column.values)
    }


def _at_home(table: Table, home: str) -> Table:
    foreign = _foreign(table, home)
    columns = (
        replace(column, values=[_shown(value, home) for value in column.values])
        if column.header in foreign
        else column
        for column in table.columns
    )
    return replace(table, columns=tuple(columns))


def _shown(value: Value, home: str) -> Value:
    return value.value if isinstance(value, Formula) and value.home not in ("", home) else value


# ---------------------------------------------------------------- what belongs to whom


def marker(headers: Iterable[str]) -> str:
    """The text above the hidden identities that tells which headers of a sheet are ours."""
    return json.dumps(list(headers), ensure_ascii=True)


def marked(text: object) -> frozenset[str] | None:
    """The headers named by a marker, None for any other text."""
    if not isinstance(text, str) or not text.startswith("["):
        return None
    try:
        headers = json.loads(text)
    except ValueError:
        return None
    return frozenset(header for header in headers if isinstance(header, str)) - {MANAGER_NOTE}


def renamed(notes: Notes, renames: Mapping[str, str]) -> Notes:
    """The notes with rows under their new identities, where no note stands there yet."""
    cells = {
        sheet: {
            **{renames.get(row, row): cells for row, cells in rows.items()},
            **{row: cells for row, cells in rows.items() if row not in renames and cells},
        }
        for sheet, rows in notes.cells.items()
    }
    return replace(notes, cells=cells)


# ---------------------------------------------------------------- kept in history


def to_json(notes: Notes) -> str:
    """The notes as JSON; rows beside which nothing was written are left out."""
    content = {
        "cells": {
            sheet: {
                row: {header: list(cell) for header, cell in cells.items()}
                for row, cells in rows.items()
                if cells
            }
            for sheet, rows in notes.cells.items()
        },
        "columns": {sheet: [list(column) for column in columns] for sheet, columns in notes.columns.items()},
        "sheets": [[sheet.name, sheet.hidden, _flat(sheet)] for sheet in notes.sheets],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _flat(sheet: AddedSheet) -> list[list[Any]]:
    return [[row, column, *cell] for row, cells in sheet.rows.items() for column, cell in cells.items()]


def from_json(text: str) -> Notes:
    """The notes that `to_json` wrote."""
    content = json.loads(text)
    return Notes(
        cells={
            sheet: {
                row: {header: NoteCell(*cell) for header, cell in cells.items()}
                for row, cells in rows.items()
            }
            for sheet, rows in content["cells"].items()
        },
        columns={
            sheet: tuple(AddedColumn(*column) for column in columns)
            for sheet, columns in content["columns"].items()
        },
        sheets=tuple(AddedSheet(name, _by_row(flat), hidden) for name, hidden, flat in content["sheets"]),
    )


def _by_row(flat: Sequence[Sequence[Any]]) -> dict[int, dict[int, NoteCell]]:
    rows: dict[int, dict[int, NoteCell]] = {}
    for row, column, *cell in flat:
        rows.setdefault(row, {})[column] = NoteCell(*cell)
    return rows

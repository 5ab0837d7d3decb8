"""Drop-downs and input messages. They offer and ask, they never block: people may know better."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sheet_templates.layout import column_range
from sheet_templates.look import Book, Sheet
from sheet_templates.values import done
from sync.core.grid import column_letters
from sync.core.lists import LIST_ROWS, Lists, list_columns
from sync.core.schema import Column, Tab, Type

_FIRST_DATE = date(2000, 1, 1)
_LISTS_TAB = str(Tab.LISTS)

# Lists that grow: the name ends where the last value stands, so that no drop-down trails off blank.
NAMED: Mapping[str, str] = {
    "okrsync_aligned_to": "Aligned to",
    "okrsync_people": "People",
    "okrsync_units": "Units",
}
OWN_IDS: Mapping[str, tuple[str, str]] = {
    "okrsync_objective_ids": ("Objectives", "ID"),
    "okrsync_key_result_ids": ("Key Results", "ID"),
}
_OFFERED: Mapping[str, str] = {
    "aligned_to": "okrsync_aligned_to",
    "owner": "okrsync_people",
    "by": "okrsync_people",
    "champion": "okrsync_people",
    "manager": "okrsync_people",
    "parent": "okrsync_units",
    "depends_on": "okrsync_units",
    "objective_id": "okrsync_objective_ids",
    "kr_id": "okrsync_key_result_ids",
}


def define_lists(book: Book) -> None:
    """Names the ranges behind the drop-downs whose lists grow."""
    headers = list(list_columns(Lists()))
    for name, header in NAMED.items():
        letters = column_letters(headers.index(header) + 1)
        values = f"{_LISTS_TAB}!${letters}$2:${letters}${LIST_ROWS}"
        book.define_list(name, values, f"COUNTA({values})")
    for name, (title, column) in OWN_IDS.items():
        values = column_range(title, column)
        first = values.split(":")[0]
        last = f'SUMPRODUCT(MAX(({values}<>"")*(ROW({values})-ROW({first})+1)))'
        book.define_list(name, values, last)


def add_validation(sheet: Sheet, rows: tuple[int, int], at: int, column: Column) -> None:
    """The drop-down and the input message of a column, in the rows first to last (from 0)."""
    options = {"validate": "any", **_allowed(column), **_prompt(column)}
    if len(options) > 1:
        done(sheet.data_validation(rows[0], at, rows[1], at, options))


def _prompt(column: Column) -> dict[str, Any]:
    if not column.help:
        return {}
    example = f"\nFor example: {column.example}" if column.example else ""
    return {"input_title": column.name, "input_message": column.help + example}


def _allowed(column: Column) -> dict[str, Any]:
    """What the cell is expected to hold; anything else is asked about once, never blocked."""
    if column.choices:
        return _fixed_list(column) | _ask(column.name, "Please choose from the list. Or keep what you typed.")
    if column.field in _OFFERED:
        return {"validate": "list", "source": f"={_OFFERED[column.field]}", "show_error": False}
    if column.field == "confidence":
        rule = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 10}
        return rule | _ask(column.name, "Confidence is a number from 0 to 10.")
    if column.type is Type.DATE:
        rule = {"validate": "date", "criteria": ">=", "value": _FIRST_DATE}
        return rule | _ask(column.name, "Please type a date such as 2026-10-09.")
    return {}


def _fixed_list(column: Column) -> dict[str, Any]:
    headers = list_columns(Lists())
    letters = column_letters(list(headers).index(column.name) + 1)
    return {"validate": "list", "source": f"={_LISTS_TAB}!${letters}$2:${letters}${len(column.choices) + 1}"}


def _ask(title: str, message: str) -> dict[str, Any]:
    return {"error_type": "warning", "error_title": title, "error_message": message}

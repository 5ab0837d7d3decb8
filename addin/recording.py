"""The check-ins of a plan written into the workbook: first the rows of Check-ins, then the dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from addin.checking_in import Entry
from addin.opening import Seen
from addin.writing import Column, Value, Writer
from sync.core.cells import is_blank
from sync.core.grid import Kind

_FIELDS = {
    "kr_id": "kr_id",
    "value": "value",
    "confidence": "confidence",
    "status": "status",
    "comment": "what_changed",
    "by": "by",
}
"""A field of an entry -> its column in Check-ins."""


def fields_of(entries: Iterable[Entry]) -> list[str]:
    """The columns of Check-ins without which something of the entries would be lost."""
    told = {field for one in entries for field in _FIELDS if getattr(one, field) not in (None, "")}
    return [column for field, column in _FIELDS.items() if field in told and field != "by"]


def record(seen: Seen, entries: Sequence[Entry], today: date) -> int:
    """Writes the check-ins and dates their rows; the first new row of Check-ins, 0 when none is new.

    All or nothing: what was written is taken back when a later write fails.
    """
    first = _below(seen)
    new = [entry for entry in entries if not entry.row]
    rows = {entry.kr_row: entry.row for entry in entries if entry.row}
    rows |= {entry.kr_row: at for at, entry in enumerate(new, first)}
    binding = seen.sheet.bindings["check_ins"]
    with Writer(seen.pages) as writer:
        header = (binding.header_row, binding.columns["kr_id"])
        writer.reach(binding.title, header, max(rows.values()))
        writer.put([*_columns(seen, entries, rows)])
        writer.date(binding.title, binding.columns["date"], list(rows.values()), today)
        _stamp(seen, writer, entries, today)
        writer.check()
    return first if new else 0


def _below(seen: Seen) -> int:
    """The row below the last one of Check-ins that holds anything in a column of ours, hidden or not."""
    binding = seen.sheet.bindings["check_ins"]
    sheet = seen.pages.grid.sheet(binding.title)
    columns = set(binding.columns.values())
    used = [
        row
        for row, cells in (sheet.rows if sheet else {}).items()
        if any(at in columns and (cell.formula or not is_blank(cell)) for at, cell in cells.items())
    ]
    return max([binding.header_row, *used]) + 1


def _columns(seen: Seen, entries: Sequence[Entry], rows: dict[int, int]) -> list[Column]:
    """What goes into each column of Check-ins that is there."""
    binding = seen.sheet.bindings["check_ins"]
    made = []
    for field, column in _FIELDS.items():
        if column in binding.columns:
            values: dict[int, Value] = {rows[entry.kr_row]: getattr(entry, field) for entry in entries}
            codes = {
                rows[one.kr_row]: _percent(seen, one) for one in entries if field == "value" and one.percent
            }
            made.append(Column(binding.title, binding.columns[column], values, codes))
    return made


def _percent(seen: Seen, entry: Entry) -> str:
    """The format that Current has, so that the value is a percentage there too."""
    binding = seen.sheet.bindings["key_results"]
    codes = seen.pages.codes.get(binding.title, {})
    return codes.get((entry.kr_row, binding.columns["current"]), "0%")


def _stamp(seen: Seen, writer: Writer, entries: Sequence[Entry], today: date) -> None:
    """Dates the rows of Key Results; a formula in Last check-in is the team's and stays."""
    binding = seen.sheet.bindings["key_results"]
    column = binding.columns.get("last_check_in")
    sheet = seen.pages.grid.sheet(binding.title)
    if column is None or sheet is None:
        return
    rows = [entry.kr_row for entry in entries if not sheet.cell(entry.kr_row, column).formula]
    between = range(min(rows, default=1), max(rows, default=0) + 1)
    dated = [row for row in between if row in rows or _is_today(seen, row, column, today)]
    writer.date(binding.title, column, dated, today)


def _is_today(seen: Seen, row: int, column: int, today: date) -> bool:
    """Whether a cell holds today's date already, so that writing it again changes nothing."""
    sheet = seen.pages.grid.sheet(seen.sheet.bindings["key_results"].title)
    cell = sheet.cell(row, column) if sheet else None
    return bool(cell and cell.kind is Kind.DATE and not cell.formula and cell.value == today)

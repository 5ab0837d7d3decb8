"""Rows as high as their wrapped texts: neither Excel nor LibreOffice works that out when it opens a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sync.master.cells import Column, Sheet

LINE_HEIGHT = 13.0
PADDING = 5.0
MOST_LINES = 8


def fitted(sheet: Sheet) -> Sheet:
    """The sheet with the height of every row whose texts need more than one line."""
    lines: dict[int, int] = {}
    for row, wanted in (*_in_table(sheet), *_placed(sheet)):
        lines[row] = max(lines.get(row, 1), wanted)
    heights = {row: min(count, MOST_LINES) * LINE_HEIGHT + PADDING for row, count in lines.items()}
    return replace(sheet, heights={**heights, **sheet.heights})


def _in_table(sheet: Sheet) -> Iterator[tuple[int, int]]:
    if sheet.table is None:
        return
    for column in sheet.table.columns:
        if column.style.wrap and not column.hidden:
            yield from _in_column(column, sheet.table.top)


def _in_column(column: Column, top: int) -> Iterator[tuple[int, int]]:
    for row, value in enumerate(column.values, top + 1):
        if isinstance(value, str) and (len(value) > column.width or "\n" in value):
            indent = 0 if column.styles is None else column.styles[row - top - 1].indent
            yield row, _lines(value, column.width - indent)


def _placed(sheet: Sheet) -> Iterator[tuple[int, int]]:
    for cell in sheet.placed:
        if cell.style.wrap and isinstance(cell.value, str):
            yield cell.row, _lines(cell.value, sheet.widths.get(cell.column, 8))


def _lines(text: str, width: float) -> int:
    """How many lines a text takes, by the rule of thumb that a letter is nearly as wide as a digit."""
    letters = max(width * 1.05, 4)
    return sum(max(1, -int(-len(part) // letters)) for part in text.split("\n"))

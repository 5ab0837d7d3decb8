"""Rows as high as their wrapped texts: neither Excel nor LibreOffice works that out when it opens a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from sync.core.row_height import height_of, lines, surely_fits
from sync.master.cells import Column, Sheet


def fitted(sheet: Sheet) -> Sheet:
    """The sheet with the height of every row whose texts need more than one line."""
    most: dict[int, int] = {}
    for row, count in chain(_in_table(sheet), _placed(sheet)):
        if count > most.get(row, 1):
            most[row] = count
    height = {count: height_of(count) for count in set(most.values())}
    heights = {row: height[count] for row, count in most.items()}
    return replace(sheet, heights={**heights, **sheet.heights})


def _in_table(sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Row and number of lines of the texts that may need more than one."""
    if sheet.table:
        for column in sheet.table.columns:
            if column.style.wrap and not column.hidden:
                yield from _in_column(column, sheet.table.top)


def _in_column(column: Column, top: int) -> Iterator[tuple[int, int]]:
    looks = () if column.styles is None else {id(style): style for style in column.styles}.values()
    deepest = max((style.indent for style in looks), default=0)
    fitting = surely_fits(column.width - deepest)
    styles = column.styles if deepest else None
    for at, value in enumerate(column.values):
        if isinstance(value, str) and (len(value) > fitting or "\n" in value):
            room = fitting if styles is None else surely_fits(column.width - styles[at].indent)
            yield top + 1 + at, lines(value, room)


def _placed(sheet: Sheet) -> Iterator[tuple[int, int]]:
    for cell in sheet.placed:
        if cell.style.wrap and isinstance(cell.value, str):
            yield cell.row, lines(cell.value, surely_fits(sheet.widths.get(cell.column, 8)))

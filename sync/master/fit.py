"""Rows as high as their wrapped texts: neither Excel nor LibreOffice works that out when it opens a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from sync.core.row_height import ONE_LINE, row_height, surely_fits
from sync.master.cells import Column, Sheet


def fitted(sheet: Sheet) -> Sheet:
    """The sheet with the height of every row whose texts need more than one line."""
    wrapped: defaultdict[int, list[tuple[str, float]]] = defaultdict(list)
    for row, text, width in (*_in_table(sheet), *_placed(sheet)):
        wrapped[row].append((text, width))
    heights = {row: row_height(texts) for row, texts in wrapped.items()}
    high = {row: height for row, height in heights.items() if height > ONE_LINE}
    return replace(sheet, heights={**high, **sheet.heights})


def _in_table(sheet: Sheet) -> Iterator[tuple[int, str, float]]:
    if sheet.table:
        for column in sheet.table.columns:
            if column.style.wrap and not column.hidden:
                yield from _in_column(column, sheet.table.top)


def _in_column(column: Column, top: int) -> Iterator[tuple[int, str, float]]:
    """The texts that may need more than one line."""
    looks = () if column.styles is None else {id(style): style for style in column.styles}.values()
    fitting = surely_fits(column.width - max((style.indent for style in looks), default=0))
    for row, value in enumerate(column.values, top + 1):
        if isinstance(value, str) and (len(value) > fitting or "\n" in value):
            indent = 0 if column.styles is None else column.styles[row - top - 1].indent
            yield row, value, column.width - indent


def _placed(sheet: Sheet) -> Iterator[tuple[int, str, float]]:
    for cell in sheet.placed:
        if cell.style.wrap and isinstance(cell.value, str):
            yield cell.row, cell.value, sheet.widths.get(cell.column, 8)

"""Rows of a worksheet rendered as XML in bulk: three times as fast as XlsxWriter cell by cell.

XlsxWriter keeps everything that is no cell (columns, links, tables, conditional formats, charts); only
the inside of `<sheetData>` is ours. That needs three of its private names (`_write_sheet_data`, `fh`,
`_get_xf_index`), so `sync.master.render` compares both ways on a small workbook before it trusts this
one, and else writes cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import repeat
from typing import cast

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sync.core.grid import column_letters
from sync.master.cells import Column, Formula, Placed, Sheet, Style, Table, Value, text_for_cell

EPOCH = date(1899, 12, 30)
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LITERAL_ESCAPE = re.compile(r"_(x[0-9a-fA-F]{4}_)")
_SURELY_FITS = 8_000
BLOCK = 2_000
"""Rows rendered at a time: few enough to stay in the processor's cache."""

XfIndex = Callable[[Style], int]


class BulkWorksheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """A worksheet whose rows are rendered by `rows` when the workbook is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.plain_values: Sheet | None = None
        self.formats: Callable[[Style], Format] = _no_formats

    def _write_sheet_data(self) -> None:
        if self.plain_values is None:
            super()._write_sheet_data()
            return
        known: dict[Style, int] = {}

        def xf(style: Style) -> int:
            if style not in known:
                known[style] = self.formats(style)._get_xf_index()  # noqa: SLF001  # see the module's head
            return known[style]

        self.fh.write("<sheetData>")
        self.fh.writelines(rows(self.plain_values, xf))
        self.fh.write("</sheetData>")


def _no_formats(style: Style) -> Format:
    raise LookupError(f"No formats were given for {style}.")


def rows(sheet: Sheet, xf: XfIndex) -> Iterator[str]:
    """The `<row>` elements of a sheet, top to bottom, many to a text."""
    placed = _by_row(sheet.placed, xf)
    table = sheet.table
    top, below = (table.top, table.top + table.rows + 1) if table else (0, 0)
    lone = sorted(row for row in placed.keys() | sheet.heights.keys() if not top <= row < below)
    yield from (_row(row, placed.get(row, ""), sheet.heights) for row in lone if row < top)
    if table:
        yield from _table_rows(sheet, table, placed, xf)
    yield from (_row(row, placed.get(row, ""), sheet.heights) for row in lone if row >= top)


def _table_rows(sheet: Sheet, table: Table, placed: Mapping[int, str], xf: XfIndex) -> Iterator[str]:
    places = [(column_letters(at), column) for at, column in enumerate(table.columns, 1)]
    header = [_cell(f"{letters}{table.top}", c.header, xf(c.title or c.style)) for letters, c in places]
    yield _row(table.top, "".join(header) + placed.get(table.top, ""), sheet.heights)
    levels = levelled_rows(table)
    special = placed.keys() | sheet.heights.keys() | levels.keys()
    for start in range(0, table.rows, BLOCK):
        first = table.top + 1 + start
        columns = [_block(column, letters, first, start, xf) for letters, column in places]
        yield "".join(
            [
                _row(row, "".join(cells) + placed.get(row, ""), sheet.heights, levels.get(row, 0))
                if row in special
                else f'<row r="{row}">{"".join(cells)}</row>'
                for row, cells in enumerate(zip(*columns, strict=True), first)
            ]
        )


def _block(column: Column, letters: str, first: int, start: int, xf: XfIndex) -> list[str]:
    """The `<c>` elements of some rows of a column. This is the innermost loop of the master."""
    values = column.values[start : start + BLOCK]
    styles = None if column.styles is None else column.styles[start : start + BLOCK]
    indexes = repeat(xf(column.style), len(values)) if styles is None else map(xf, styles)
    rows_ = range(first, first + len(values))
    kinds = set(map(type, values))
    if kinds == {float}:
        return [
            f'<c r="{letters}{row}" s="{index}"><v>{value!r}</v></c>'
            for row, index, value in zip(rows_, indexes, values, strict=True)
        ]
    if kinds == {str}:
        return [
            f'<c r="{letters}{row}" s="{index}" t="inlineStr"><is>{_inline(cast("str", value))}</is></c>'
            for row, index, value in zip(rows_, indexes, values, strict=True)
        ]
    return [
        _cell(f"{letters}{row}", value, index)
        for row, index, value in zip(rows_, indexes, values, strict=True)
    ]


def _row(row: int, cells: str, heights: Mapping[int, float], level: int = 0) -> str:
    attributes = f' r="{row}"'
    if row in heights:
        attributes += f' ht="{heights[row]:g}" customHeight="1"'
    if level:
        attributes += f' outlineLevel="{level}"'
    return f"<row{attributes}>{cells}</row>"


def levelled_rows(table: Table) -> dict[int, int]:
    """The outline level of every row that has one; Excel knows seven below the top."""
    return {table.top + 1 + at: min(7, level) for at, level in enumerate(table.outline) if level}


def _by_row(placed: Sequence[Placed], xf: XfIndex) -> dict[int, str]:
    found: dict[int, str] = {}
    for cell in sorted(placed, key=lambda cell: (cell.row, cell.column)):
        text = _cell(f"{column_letters(cell.column)}{cell.row}", cell.value, xf(cell.style))
        found[cell.row] = found.get(cell.row, "") + text
    return found


def _cell(place: str, value: Value, index: int) -> str:
    match value:
        case None:
            return f'<c r="{place}" s="{index}"/>'
        case Formula(text, result):
            kind = ' t="str"' if isinstance(result, str) else ""
            shown = _escaped(result) if isinstance(result, str) else repr(result)
            return f'<c r="{place}" s="{index}"{kind}><f>{_escaped(text)}</f><v>{shown}</v></c>'
        case bool():
            return f'<c r="{place}" s="{index}" t="b"><v>{int(value)}</v></c>'
        case str():
            return f'<c r="{place}" s="{index}" t="inlineStr"><is>{_inline(value)}</is></c>'
        case date():
            return f'<c r="{place}" s="{index}"><v>{(value - EPOCH).days}</v></c>'
        case _:
            return f'<c r="{place}" s="{index}"><v>{value!r}</v></c>'


def _inline(text: str) -> str:
    """The `<t>` element of a text; nearly all texts need no care, which a few cheap looks tell."""
    if (
        len(text) < _SURELY_FITS
        and text.isprintable()
        and not ("&" in text or "<" in text or ">" in text or "_x" in text)
        and text.strip(" ") == text
    ):
        return f"<t>{text}</t>"
    return f'<t xml:space="preserve">{_escaped(text_for_cell(text))}</t>'


def _escaped(text: str) -> str:
    """The text as XML, with what XML cannot hold written `_xHHHH_`, as Excel does (ECMA-376, ST_Xstring)."""
    text = _LITERAL_ESCAPE.sub(r"_x005F_\1", text)
    text = _UNSAFE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

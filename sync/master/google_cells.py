"""Cells of the master as Google Sheets takes them: what they hold, and how they look.

A formula of ours has the same text in both masters but for the sign between arguments: sheets whose
language writes 0,5 take `;`, and everybody takes it, so English ones alone are given the comma. A formula
of a manager is written as it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from sync.core import palette
from sync.core import sheets_api as api
from sync.core.sheets_api import Json
from sync.master.cells import Formula, Sheet, Style, Value, text_for_cell

VALUES = "userEnteredValue,textFormatRuns"
"""What every publishing writes of a cell."""
LOOKS = "userEnteredFormat"
"""What is written where the layout changed."""

_QUOTED_OR_COMMA = re.compile(r"""("[^"]*"|'[^']*')|,""")
_REFERENCE = re.compile(
    r"""(?<![A-Za-z0-9_.$])(?P<column>\$?[A-Z]{1,3})(?P<fixed>\$?)(?P<row>[1-9]\d*)(?![A-Za-z0-9_.(])"""
    r"""|"[^"]*"|'[^']*'"""
)
_INDENT = 9
_PADDING = {"top": 2, "right": 3, "bottom": 2, "left": 3}
_ALIGNED = {"left": "LEFT", "center": "CENTER", "right": "RIGHT"}


def separator(locale: str) -> str:
    """What stands between the arguments of a function in spreadsheets of that locale."""
    return "," if locale.startswith("en") else ";"


def held(value: Value, link: str, between: str) -> Json:
    """The CellData of a value: a text is a text, whatever it begins with, and carries its link."""
    match value:
        case None | "":
            return {}
        case Formula(text, _, home):
            return {"userEnteredValue": api.formula(text if home else _separated(text, between))}
        case str():
            found: Json = {"userEnteredValue": {"stringValue": text_for_cell(value)}}
        case _:
            return {"userEnteredValue": api.value(value)}
    if link:
        found["textFormatRuns"] = [{"format": {"link": {"uri": link}}}]
    return found


def _separated(formula: str, between: str) -> str:
    if between == ",":
        return formula
    return _QUOTED_OR_COMMA.sub(lambda found: found[1] or between, formula)


class Values(NamedTuple):
    """What a tab holds: its RowData from the first cell on, and the formulas that go down a column."""

    rows: list[Json]
    fills: list[Fill]


class Fill(NamedTuple):
    """The same formula in rows `top` to before `bottom` of a column, from 0: each looks into its own row."""

    column: int
    top: int
    bottom: int
    cell: Json


def values(sheet: Sheet, between: str) -> Values:
    """What the tab holds; blank rows and cells at the ends are left out."""
    rows: dict[int, dict[int, Json]] = {}
    fills: list[Fill] = []

    def put(row: int, column: int, value: Value, link: str = "") -> None:
        if value not in (None, ""):
            rows.setdefault(row, {})[column] = held(value, link, between)

    for cell in sheet.placed:
        put(cell.row, cell.column, cell.value, cell.link)
    if sheet.table:
        top = sheet.table.top
        for at, column in enumerate(sheet.table.columns, 1):
            put(top, at, column.header)
            filled = set[int]()
            for start, end in _alike(column.values, top + 1):
                fills.append(Fill(at - 1, top + start, top + end, held(column.values[start], "", between)))
                filled.update(range(start, end))
            for row, value in enumerate(column.values):
                if row not in filled:
                    put(top + 1 + row, at, value, column.links.get(row, ""))
    return Values([_row(rows.get(row, {})) for row in range(1, max(rows, default=0) + 1)], fills)


def _alike(values: Sequence[Value], first: int) -> Iterator[tuple[int, int]]:
    """Neighbours (from, to before) that hold one formula of ours, save that each looks into its own row."""
    start = 0
    forms = (_form(value, row) for row, value in enumerate(values, first))
    for form, same in groupby(forms):
        end = start + sum(1 for _ in same)
        if form and end - start > 1:
            yield start, end
        start = end


def _form(value: Value, row: int) -> str:
    """A formula without the number of its row; "" where it looks into others, since those would move too."""
    if not isinstance(value, Formula) or value.home:
        return ""
    others = False

    def without_row(found: re.Match[str]) -> str:
        nonlocal others
        if not found["row"] or found["fixed"]:
            return found.group()
        others = others or found["row"] != str(row)
        return f"{found['column']}#"

    form = _REFERENCE.sub(without_row, value.text)
    return "" if others else form


def _row(cells: dict[int, Json]) -> Json:
    return {"values": [cells.get(column, {}) for column in range(1, max(cells, default=0) + 1)]}


@lru_cache(maxsize=2_000)
def look(style: Style) -> Json:
    """The CellFormat of a style; what it shares with others must not be changed."""
    found: Json = {
        "textFormat": _font(style),
        "verticalAlignment": "MIDDLE",
        "numberFormat": api.number_format(style.number or ("@" if style.text else "")),
        "horizontalAlignment": _ALIGNED.get(style.align, ""),
        "wrapStrategy": "WRAP" if style.wrap else "",
        "padding": _padding(style),
    }
    if style.fill:
        found["backgroundColorStyle"] = api.colour(style.fill)
    if style.line:
        found["borders"] = {"bottom": {"style": "SOLID", "colorStyle": api.colour(style.line)}}
    return {name: value for name, value in found.items() if value}


def _font(style: Style) -> Json:
    marks = {"bold": style.bold, "italic": style.italic, "underline": style.underline}
    return {
        "fontFamily": palette.FONT,
        "fontSize": round(style.size),
        "foregroundColorStyle": api.colour(style.ink),
        **{name: True for name, there in marks.items() if there},
    }


def _padding(style: Style) -> dict[str, Any]:
    """Google knows no indent; room on the side where the text begins looks the same."""
    if not style.indent:
        return {}
    side = "right" if style.align == "right" else "left"
    return _PADDING | {side: _PADDING[side] + _INDENT * style.indent}

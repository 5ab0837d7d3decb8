"""Cells of the master as Google Sheets takes them: what they hold, and how they look.

A formula of ours has the same text in both masters but for the sign between arguments: sheets whose
language writes 0,5 take `;`, and everybody takes it, so English ones alone are given the comma. A formula
of a manager is written as it was read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sync.core import palette
from sync.core import sheets_api as api
from sync.core.sheets_api import Json
from sync.master.cells import Formula, Sheet, Style, Value, text_for_cell

VALUES = "userEnteredValue,textFormatRuns"
"""What every publishing writes of a cell."""
LOOKS = "userEnteredFormat"
"""What is written where the layout changed."""

_QUOTED_OR_COMMA = re.compile(r"""("[^"]*"|'[^']*')|,""")
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


def values(sheet: Sheet, between: str) -> list[Json]:
    """The RowData of a whole tab from its first cell on; blank rows and cells at the ends are left out."""
    rows: dict[int, dict[int, Json]] = {}

    def put(row: int, column: int, value: Value, link: str = "") -> None:
        if value not in (None, ""):
            rows.setdefault(row, {})[column] = held(value, link, between)

    for cell in sheet.placed:
        put(cell.row, cell.column, cell.value, cell.link)
    if sheet.table:
        top = sheet.table.top
        for at, column in enumerate(sheet.table.columns, 1):
            put(top, at, column.header)
            for row, value in enumerate(column.values):
                put(top + 1 + row, at, value, column.links.get(row, ""))
    return [_row(rows.get(row, {})) for row in range(1, max(rows, default=0) + 1)]


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

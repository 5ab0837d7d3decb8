"""Colours by content, outline, filter buttons and the chart of a tab, as Google Sheets has them.

Excel's bars become a fill that deepens from 0 on. Limits are written as fractions: a condition is read as if
it were typed, and `0.25` is no number where people write `0,25`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from sync.core import palette
from sync.core import sheets_api as api
from sync.core.sheets_api import Json
from sync.master.accents import LINE_COLOURS
from sync.master.bulk import levelled_rows
from sync.master.cells import Above, Accent, Bar, Chart, Sheet, Table, Tinted
from sync.master.google_ids import chart_id, sheet_id
from sync.master.google_layout import pixels


def rules(sheet: Sheet) -> list[Json]:
    """The ConditionalFormatRules of a tab."""
    table = sheet.table
    if not table or not table.rows:
        return []
    return [
        {"ranges": [_body(table, accent.header, sheet_id(sheet.name))], **rule}
        for accent in sheet.accents
        for rule in _rules(accent)
    ]


def _body(table: Table, header: str, id_: int) -> Json:
    at = table.at(header)
    return api.grid_range(id_, top=table.top, bottom=table.top + table.rows, left=at - 1, right=at)


def _rules(accent: Accent) -> Iterator[Json]:
    match accent:
        case Tinted(_, tints):
            for text, tint in tints.items():
                look = _inked(tint.ink) | {"backgroundColorStyle": api.colour(tint.fill)}
                yield _condition("TEXT_EQ", text, look)
        case Above(_, limit, ink, below):
            kind = "NUMBER_LESS_THAN_EQ" if below else "NUMBER_GREATER_THAN_EQ"
            exact = Fraction(repr(limit))
            yield _condition(kind, f"={exact.numerator}/{exact.denominator}", _inked(ink))
        case Bar(_, colour, full):
            most: Json = {"type": "MAX"} if full is None else {"type": "NUMBER", "value": f"{full:g}"}
            least = {"type": "NUMBER", "value": "0", "colorStyle": api.colour(palette.PAPER)}
            yield {"gradientRule": {"minpoint": least, "maxpoint": most | {"colorStyle": api.colour(colour)}}}


def _inked(ink: str) -> Json:
    return {"textFormat": {"foregroundColorStyle": api.colour(ink)}}


def _condition(kind: str, value: str, look: Json) -> Json:
    condition = {"type": kind, "values": [{"userEnteredValue": value}]}
    return {"booleanRule": {"condition": condition, "format": look}}


# ---------------------------------------------------------------- outline and filter


class Group(NamedTuple):
    """Rows that fold together: from `start` to before `end`, counted from 0; `depth` 1 is the outermost."""

    depth: int
    start: int
    end: int


def outline(sheet: Sheet) -> frozenset[Group]:
    """The groups of rows that a list's levels make."""
    levels = levelled_rows(sheet.table) if sheet.table else {}
    deepest = max(levels.values(), default=0)
    return frozenset(
        Group(depth, start, end)
        for depth in range(1, deepest + 1)
        for start, end in _stretches(sorted(row for row, level in levels.items() if level >= depth))
    )


def _stretches(rows: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring rows (from 1), each stretch as its first and the one after its last, from 0."""
    start = 0
    for at, row in enumerate(rows):
        if at + 1 == len(rows) or rows[at + 1] != row + 1:
            yield rows[start] - 1, row
            start = at + 1


def grouped(id_: int, group: Group, *, add: bool) -> Json:
    """The request that makes or undoes a group."""
    rows = {"sheetId": id_, "dimension": "ROWS", "startIndex": group.start, "endIndex": group.end}
    return {"addDimensionGroup" if add else "deleteDimensionGroup": {"range": rows}}


def filtered(sheet: Sheet) -> Json | None:
    """The range of the filter buttons, None for a list without."""
    table = sheet.table
    if not table or not table.name or not table.rows:
        return None
    right = len(table.columns)
    return api.grid_range(
        sheet_id(sheet.name), top=table.top - 1, bottom=table.top + table.rows, left=0, right=right
    )


# ---------------------------------------------------------------- the chart


def chart(sheet: Sheet) -> Json | None:
    """The EmbeddedChart of a tab, None where there is nothing to draw."""
    drawn = sheet.chart
    if not drawn or not drawn.lines:
        return None
    anchor = {"sheetId": sheet_id(sheet.name), "rowIndex": drawn.row - 1, "columnIndex": drawn.column - 1}
    place = {"anchorCell": anchor, "widthPixels": _width(sheet, drawn), "heightPixels": drawn.height}
    spec = {"title": drawn.title, "fontName": palette.FONT, "basicChart": _lines(sheet, drawn)}
    return {"chartId": chart_id(sheet.name), "spec": spec, "position": {"overlayPosition": place}}


def _width(sheet: Sheet, drawn: Chart) -> int:
    """As wide as wished, and as the numbers that lie under it."""
    columns = sheet.table.columns[: len(drawn.lines[0].dates_now) + 1] if sheet.table else ()
    return max(drawn.width, sum(pixels(column.width) for column in columns if not column.hidden))


def _lines(sheet: Sheet, drawn: Chart) -> Json:
    """Dates along, a line for each row of `google_fit.chart_data`, from 0 to 100 %."""
    window = {"viewWindowMin": 0, "viewWindowMax": 1, "viewWindowMode": "EXPLICIT"}
    return {
        "chartType": "LINE",
        "legendPosition": "RIGHT_LEGEND",
        "headerCount": 1,
        "interpolateNulls": True,
        "axis": [{"position": "BOTTOM_AXIS"}, {"position": "LEFT_AXIS", "viewWindowOptions": window}],
        "domains": [{"domain": _row(sheet, drawn, 0)}],
        "series": [
            {
                "series": _row(sheet, drawn, at),
                "targetAxis": "LEFT_AXIS",
                "colorStyle": api.colour(LINE_COLOURS[(at - 1) % len(LINE_COLOURS)]),
                "lineStyle": {"width": 3 if at == 1 else 2},
            }
            for at in range(1, len(drawn.lines) + 1)
        ],
    }


def _row(sheet: Sheet, drawn: Chart, at: int) -> Json:
    top, left = drawn.row - 1 + at, drawn.column - 1
    right = left + len(drawn.lines[0].dates_now) + 1
    area = api.grid_range(sheet_id(sheet.name), top=top, bottom=top + 1, left=left, right=right)
    return {"sourceRange": {"sources": [area]}}

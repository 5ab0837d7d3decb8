"""Small literal workbooks for tests: what you see in the table is what stands in the cells.

    table("Key Results", '''
        ID  | Key result | Target | Due
        K1  | Grow       | 45     | 2026-12-31
    ''')

The first line is row 1, its first cell column A. Numbers, `45%` (a percent-formatted number), ISO dates,
TRUE and FALSE, error texts and `=` (a formula that was never calculated) become what they look like;
`=5` is a formula with that value, `'45` a text, `''` an empty text. An empty place is no cell.
"""

from __future__ import annotations

import re
from datetime import date
from textwrap import dedent

from sync.core.grid import Cell, Grid, Kind, Sheet, Style

ERRORS = ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#ERROR!")

TEAM = """
    Field         | Value
    Unit          | Marketing
    Level         | Team
    Parent        | Growth
    Cycle         | 2026-Q4
"""
OBJECTIVES = """
    ID     | Objective         | Owner | Progress | Status | Aligned to
    MKT-O1 | Customers tell us | Kim   | =0.5     |        | GRO-O1
    MKT-O2 | A name they know  | Ada   | =0.1     | Paused |
"""
KEY_RESULTS = """
  ID         | Objective ID | Key result | Owner | Measure  | Start | Target | Current | Progress | Confidence
  MKT-O1-KR1 | MKT-O1       | NPS        | Kim   | Increase | 31    | 45     | 38      | =0.5     | 7
  MKT-O1-KR2 | MKT-O1       | Campaign   | Ada   | Yes/No   |       |        | no      | =0       | 5
  MKT-O2-KR1 | MKT-O2       | Churn      | Ada   | Decrease | 5%    | 2%     | 4.1%    | =0.3     | 2
"""


def cell(place: str) -> Cell | None:
    """The cell that a place of a literal table stands for."""
    if place in ("TRUE", "FALSE"):
        return Cell(Kind.BOOL, place == "TRUE")
    if place in ERRORS:
        return Cell(Kind.ERROR, place)
    if place == "=":
        return Cell(Kind.UNCALCULATED, None, formula=True)
    if place.startswith("="):
        computed = cell(place[1:])
        return computed and computed._replace(formula=True)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", place):
        return Cell(Kind.DATE, date.fromisoformat(place), Style.DATE)
    if re.fullmatch(r"-?\d+(\.\d+)?%", place):
        return Cell(Kind.NUMBER, float(place[:-1] + "e-2"), Style.PERCENT)
    if re.fullmatch(r"-?\d+(\.\d+)?", place):
        return Cell(Kind.NUMBER, float(place))
    return Cell(Kind.TEXT, place.removeprefix("'")) if place else None


def table(name: str, text: str, *, top: int = 1, merged: tuple[str, ...] = ()) -> Sheet:
    """A tab from a literal table; `top` is the row in which it begins."""
    rows: dict[int, dict[int, Cell]] = {}
    for row, line in enumerate(dedent(text).strip("\n").splitlines(), start=top):
        found = {column: cell(place.strip()) for column, place in enumerate(line.split("|"), start=1)}
        rows[row] = {column: here for column, here in found.items() if here is not None}
    return Sheet(name, rows, merged=merged)


def text(value: str) -> Cell:
    """A text cell of exactly that text."""
    return Cell(Kind.TEXT, value)


def number(value: float, style: Style = Style.PLAIN) -> Cell:
    """A number cell."""
    return Cell(Kind.NUMBER, value, style)


def workbook(
    *more: Sheet,
    team: str | Sheet | None = TEAM,
    objectives: str | Sheet | None = OBJECTIVES,
    key_results: str | Sheet | None = KEY_RESULTS,
) -> Grid:
    """A team's workbook with the usual three tabs, each replaceable, and any others."""
    usual = (("Team", team), ("Objectives", objectives), ("Key Results", key_results))
    sheets = [table(name, content) if isinstance(content, str) else content for name, content in usual]
    return Grid((*(sheet for sheet in sheets if sheet is not None), *more))


def with_cell(sheet: Sheet, row: int, column: int, value: Cell) -> Sheet:
    """The tab with one cell replaced."""
    rows = {**sheet.rows, row: {**sheet.rows.get(row, {}), column: value}}
    return sheet._replace(rows=rows)

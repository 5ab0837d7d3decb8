"""The master as Google Sheets can show it: what Excel draws by other means becomes cells.

- Small lines are `SPARKLINE` formulas. Bars have no like in Google, so numbers get a colour that grows
  with them (`google_accents`).
- The chart's lines need name and numbers side by side, so a copy of both stands under the chart.
- A link to a file leads nowhere from Google, so its text stands without one.
- A manager's formula stays in the master it was written in; the other shows its value.
- Sheets that managers added to the Excel master stay there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.core import palette
from sync.master import look
from sync.master.cells import Chart, Column, Formula, Placed, Sheet, Spark, Style, Table, Value, Workbook
from sync.master.notes import GOOGLE, at_home
from sync.master.reading import OURS

_SMALL = Style(ink=palette.MUTED, size=8, text=True)
_OPTIONS = (
    ("charttype", '"column"'),
    ("ymin", "0"),
    ("ymax", "1"),
    ("empty", '"ignore"'),
    ("color", f'"{palette.BAR}"'),
    ("lastcolor", f'"{palette.BRAND}"'),
)


def for_google(workbook: Workbook) -> Workbook:
    """The workbook's own sheets as Google shows them."""
    ours = (_sheet(sheet) for sheet in at_home(workbook, GOOGLE).sheets if sheet.name in OURS)
    return replace(workbook, sheets=tuple(ours))


def _sheet(sheet: Sheet) -> Sheet:
    placed = tuple(_placed(cell) for cell in sheet.placed)
    if sheet.chart and sheet.chart.lines:
        placed += chart_data(sheet.chart)
    return replace(sheet, placed=placed, table=sheet.table and _table(sheet.table, sheet.sparks), sparks=())


def _placed(cell: Placed) -> Placed:
    link = cell.link if _leads_somewhere(cell.link) else ""
    return cell._replace(link=link, style=_unlinked(cell.style, link))


def _table(table: Table, sparks: tuple[Spark, ...]) -> Table:
    drawn = {spark.header: [Formula(sparkline(cells), "") for cells in spark.ranges] for spark in sparks}
    columns = tuple(
        replace(column, values=drawn[column.header], style=column.style._replace(text=False))
        if column.header in drawn
        else _linked(column)
        for column in table.columns
    )
    return replace(table, columns=columns)


def sparkline(cells: str) -> str:
    """The formula of one small chart; its options are stacked, since `{…}` differs between languages."""
    pairs = ",".join(f'HSTACK("{name}",{value})' for name, value in _OPTIONS)
    return f"SPARKLINE({cells},VSTACK({pairs}))"


# ---------------------------------------------------------------- links


def _linked(column: Column) -> Column:
    links = {row: link for row, link in column.links.items() if _leads_somewhere(link)}
    if not column.style.underline:
        return replace(column, links=links)
    styles = [_unlinked(column.style, links.get(row, "")) for row in range(len(column.values))]
    return replace(column, links=links, styles=styles)


def _leads_somewhere(link: str) -> bool:
    return link.startswith(("https://", "http://"))


def _unlinked(style: Style, link: str) -> Style:
    return style if link or not style.underline else style._replace(underline=False, ink=palette.INK)


# ---------------------------------------------------------------- the chart's numbers


def chart_data(chart: Chart) -> tuple[Placed, ...]:
    """A row of dates and a row for each line, in the chart's own corner."""
    found = [_small(chart, 0, at, day) for at, day in enumerate(chart.lines[0].dates_now, 1)]
    for row, line in enumerate(chart.lines, 1):
        numbers: Mapping[int, Value] = dict(enumerate(line.values_now, 1))
        found.append(_small(chart, row, 0, line.name))
        found += [_small(chart, row, at, value) for at, value in numbers.items()]
    return tuple(found)


def _small(chart: Chart, row: int, column: int, value: Value) -> Placed:
    style = _SMALL if isinstance(value, str) else _SMALL._replace(text=False, number=look.PERCENT)
    return Placed(chart.row + row, chart.column + column, value, style)

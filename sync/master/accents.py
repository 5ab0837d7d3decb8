"""Colours, bars, small lines and charts of a sheet, by range: never a format per cell."""

from __future__ import annotations

from collections.abc import Callable

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sync.core import palette
from sync.core.errors import PublishError
from sync.core.grid import a1
from sync.master.cells import Above, Accent, Bar, Chart, Line, Sheet, Spark, Table, Tinted

LINE_COLOURS = (palette.BRAND, "#D9822B", "#2E8B57", "#8E5EA2", "#C0392B", "#16808D", "#7A7A7A", "#B7950B")

Tint = Callable[..., Format]


def accentuate(book: xlsxwriter.Workbook, page: Worksheet, sheet: Sheet, tint: Tint) -> None:
    """Adds a sheet's accents to its page. Raises PublishError when XlsxWriter refuses one."""
    if sheet.table and sheet.table.rows:
        for accent in sheet.accents:
            for options in _options(accent, tint):
                done(page.conditional_format(*_range(sheet.table, accent.header), options), accent.header)
        for spark in sheet.sparks:
            _spark(page, sheet.table, spark)
    if sheet.chart and sheet.chart.lines:
        page.insert_chart(sheet.chart.row - 1, sheet.chart.column - 1, _chart(book, sheet.chart))


def done(code: object, where: str) -> None:
    """Raises PublishError unless XlsxWriter said that it did what it was asked (0, or nothing to say)."""
    if code not in (0, None):
        raise PublishError(f"The master workbook could not be built: XlsxWriter answered {code} for {where}.")


def _range(table: Table, header: str) -> tuple[int, int, int, int]:
    column = table.at(header) - 1
    return table.top, column, table.top + table.rows - 1, column


def _options(accent: Accent, tint: Tint) -> list[dict[str, object]]:
    match accent:
        case Tinted(_, tints):
            return [_tinted(text, colours, tint) for text, colours in tints.items()]
        case Bar():
            return [_bar(accent)]
        case Above(_, limit, ink, below):
            look = {"type": "cell", "format": tint(font_color=ink)}
            if below:  # a lower bound, since a blank cell counts as 0
                return [look | {"criteria": "between", "minimum": -1e9, "maximum": limit}]
            # an upper bound, since Excel takes any text for larger than any number
            return [look | {"criteria": "between", "minimum": limit, "maximum": 1e9}]


def _tinted(text: str, colours: palette.Tint, tint: Tint) -> dict[str, object]:
    look = tint(font_color=colours.ink, bg_color=colours.fill)
    return {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": look}


def _bar(bar: Bar) -> dict[str, object]:
    limits: dict[str, object] = {"min_type": "num", "min_value": 0}
    if bar.full is not None:
        limits |= {"max_type": "num", "max_value": bar.full}
    look = {"bar_solid": True, "bar_color": bar.colour, "bar_no_border": True, "data_bar_2010": True}
    return {"type": "data_bar", **limits, **look}


def _spark(page: Worksheet, table: Table, spark: Spark) -> None:
    column = table.at(spark.header)
    places = [a1(table.top + 1 + at, column) for at in range(table.rows)]
    options = {
        "location": places,
        "range": list(spark.ranges),
        "type": "column",
        "series_color": palette.BAR,
        "last_point": True,
        "last_color": palette.BRAND,
        "min": 0,
        "max": 1,
    }
    done(page.add_sparkline(table.top, column - 1, options), spark.header)


def _chart(book: xlsxwriter.Workbook, chart: Chart) -> object:
    drawn = book.add_chart({"type": "line"})
    for at, line in enumerate(chart.lines):
        done(drawn.add_series(_series(line, LINE_COLOURS[at % len(LINE_COLOURS)], bold=at == 0)), chart.title)
    font = {"name": palette.FONT, "size": 9, "color": palette.MUTED}
    grid = {"visible": True, "line": {"color": palette.LINE, "width": 0.75}}
    plain = {"none": True}
    drawn.set_title(
        {
            "name": chart.title,
            "name_font": {"name": palette.FONT, "size": 12, "color": palette.INK},
            "overlay": False,
        }
    )
    drawn.set_y_axis(
        {"min": 0, "max": 1, "num_format": "0%", "num_font": font, "major_gridlines": grid, "line": plain}
    )
    drawn.set_x_axis({"num_font": font, "line": {"color": palette.LINE}, "text_axis": True})
    drawn.set_legend({"position": "right", "font": font})
    drawn.set_chartarea({"border": plain})
    drawn.set_size({"width": chart.width, "height": chart.height})
    drawn.show_blanks_as("span")
    return drawn


def _series(line: Line, colour: str, *, bold: bool) -> dict[str, object]:
    return {
        "name": f"={line.names}",
        "categories": f"={line.dates}",
        "values": f"={line.values}",
        "categories_data": list(line.dates_now),
        "values_data": ["" if value is None else value for value in line.values_now],
        "line": {"color": colour, "width": 3 if bold else 1.75},
        "marker": {"type": "none"},
    }

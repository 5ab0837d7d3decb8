"""The sheet `Trend`: each unit's roll-up week by week, with a chart of the highest levels."""

from __future__ import annotations

from datetime import date

from sync.core import palette
from sync.master import look
from sync.master.cells import Chart, Column, Line, Sheet, Table, Value
from sync.master.columns import Taken, row_identity, weave
from sync.master.notes import IDENTITY
from sync.master.places import Place, woven
from sync.master.plan import TREND, TREND_DATES, TREND_TOP, Plan

MOST_LINES = 8


def trend_dates(plan: Plan) -> list[date]:
    """The newest dates on which any unit has a roll-up, oldest first."""
    found = {point.on for points in plan.given.trend.values() for point in points}
    return sorted(found)[-TREND_DATES:]


def trend_place(plan: Plan, dates: list[date]) -> Place:
    """Where the table stands; the small lines of `Roll-up` look at it."""
    headers = ("Unit", "Level", *map(look.day, dates), IDENTITY)
    return Place(TREND, TREND_TOP, len(plan.units), woven(headers, plan.given.notes.columns.get(TREND, ())))


def spark_ranges(place: Place, dates: list[date]) -> list[str]:
    """Each row's cells from the first date to the last; nothing to draw before there are two dates."""
    if len(dates) < 2:
        return []
    first, last = look.day(dates[0]), look.day(dates[-1])
    return [f"{place.there(first, row)}:{place.cell(last, row)}" for row in range(place.rows)]


def trend_sheet(plan: Plan, as_of: str) -> Sheet:
    """A chart of the first two levels over the table of all units."""
    given, dates = plan.given, trend_dates(plan)
    place = trend_place(plan, dates)
    units = Taken(given.portfolio.units, plan.units)
    names = units.texts("unit")
    values = [_values(plan, name, dates) for name in names]
    ours = [
        Column("Unit", names, look.TEXT, width=34, title=look.HEADER),
        Column("Level", units.texts("level"), look.MUTED, width=12, title=look.HEADER),
        *(
            Column(look.day(on), [row[at] for row in values], look.RATIO, width=12, title=look.HEADER_CENTRED)
            for at, on in enumerate(dates)
        ),
    ]
    words = f"{given.cycle} · roll-up on {len(dates)} dates"
    return Sheet(
        TREND,
        placed=look.band(f"{given.organisation} · how it moved", words, as_of),
        table=Table(TREND_TOP, weave(place, ours, [row_identity(n) for n in names], given.notes)),
        chart=_chart(plan, place, dates, names, values),
        freeze=(0, 1),
        heights={1: 28, TREND_TOP: 30},
        tab=palette.BRAND_BRIGHT,
    )


def _values(plan: Plan, name: str, dates: list[date]) -> list[Value]:
    by_date = {point.on: point.roll_up for point in plan.given.trend.get(name, ())}
    return [by_date.get(on) for on in dates]


def _chart(
    plan: Plan, place: Place, dates: list[date], names: list[str], values: list[list[Value]]
) -> Chart | None:
    if len(dates) < 2:
        return None
    first, last = look.day(dates[0]), look.day(dates[-1])
    rows = [row for row, depth in enumerate(plan.depth.tolist()) if depth < 2][:MOST_LINES]
    weeks = f"'{TREND}'!${place.letters[first]}${place.top}:${place.letters[last]}${place.top}"
    lines = tuple(
        Line(
            name=names[row],
            names=f"'{TREND}'!${place.letters['Unit']}${place.top + 1 + row}",
            dates=weeks,
            values=weeks.replace(f"${place.top}", f"${place.top + 1 + row}"),
            dates_now=tuple(map(look.day, dates)),
            values_now=tuple(value if isinstance(value, float) else None for value in values[row]),
        )
        for row in rows
    )
    return Chart(5, 1, "Roll-up by week", lines, width=1080, height=350)

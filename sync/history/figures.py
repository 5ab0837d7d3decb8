"""What was computed, into the tables and out again: rows' figures and units' roll-ups, changes only."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from sync.history import tables as t
from sync.history.batch import Ids, add_rows, columns_of
from sync.history.records import Figure, RollUp, Scope
from sync.history.scopes import ensure_scopes

_FIGURES = RollUp._fields[2:-2]  # all but unit, cycle, as_of and week


def write_figures(connection: Connection, figures: Sequence[Figure], run: int, as_of: date) -> None:
    """Adds the figures that differ from the last ones recorded."""
    if not figures:
        return
    series, recorded = _series(connection), _last_figures(connection)
    ids = Ids(connection, t.figure)
    new = []
    for table, unit, cycle, identity, value, other in figures:
        id_ = series.get((unit, cycle), {}).get((table, identity))
        if id_ is not None and recorded.get(id_, _NO_FIGURES) != (value, other):
            now = (_finite(value), _finite(other))  # NaN equals nothing, and is none
            if recorded.get(id_, _NO_FIGURES) != now:
                new.append((ids.next(), id_, run, as_of, *now))
    add_rows(connection, t.figure, ("id", "series_id", "run_id", "as_of", "value", "other"), new)


def _series(connection: Connection) -> dict[Scope, dict[tuple[str, str], int]]:
    """The id of every series by scope, then by (table, identity)."""
    scopes = connection.execute(select(t.scope.c.id, t.scope.c.unit, t.scope.c.cycle)).all()
    in_scope: dict[int, dict[tuple[str, str], int]] = {row.id: {} for row in scopes}
    s = t.series
    columns = columns_of(connection, select(s.c.scope_id, s.c.tab, s.c.identity, s.c.id))
    for scope, table, identity, id_ in zip(*columns, strict=True):
        in_scope[scope][table, identity] = id_
    return {(row.unit, row.cycle): in_scope[row.id] for row in scopes}


_NO_FIGURES = (None, None)


def _last_figures(connection: Connection) -> dict[int, tuple[float | None, float | None]]:
    """The newest figures of every series."""
    f = t.figure
    newest = select(func.max(f.c.id)).group_by(f.c.series_id)
    query = select(f.c.series_id, f.c.value, f.c.other).where(f.c.id.in_(newest))
    series, value, other = columns_of(connection, query)
    return dict(zip(series, zip(value, other, strict=True), strict=True))


def write_roll_ups(connection: Connection, roll_ups: Sequence[RollUp], run: int, as_of: date) -> None:
    """Adds the roll-ups that differ from the unit's last ones."""
    if not roll_ups:
        return
    scopes = ensure_scopes(connection, [(roll_up.unit, roll_up.cycle) for roll_up in roll_ups])
    recorded = _last_roll_ups(connection)
    ids, week = Ids(connection, t.roll_up), week_of(as_of)
    new = []
    for unit, cycle, *figures in roll_ups:
        scope = scopes[unit, cycle]
        now = tuple(map(_plain, figures[: len(_FIGURES)]))
        if recorded.get(scope) != now:
            new.append((ids.next(), scope, run, as_of, week, *now))
    add_rows(connection, t.roll_up, ("id", "scope_id", "run_id", "as_of", "week", *_FIGURES), new)


def _last_roll_ups(connection: Connection) -> dict[int, tuple[Any, ...]]:
    """The newest roll-up figures of every scope."""
    r = t.roll_up
    newest = select(func.max(r.c.id)).group_by(r.c.scope_id)
    query = select(r.c.scope_id, *(r.c[name] for name in _FIGURES)).where(r.c.id.in_(newest))
    scopes, *figures = columns_of(connection, query)
    return dict(zip(scopes, zip(*figures, strict=True), strict=True))


def trend(
    connection: Connection, *, units: Collection[str] | None, weeks: int, until: date | None
) -> dict[str, tuple[RollUp, ...]]:
    """Each unit's roll-ups by week, oldest first: the newest of each week in which a run took place.

    A unit that was not computed anew since keeps its last figures. `until` leaves later dates out.
    """
    ran = _weeks(connection, weeks, until)
    by_unit: dict[str, dict[str, RollUp]] = {}
    wanted = None if units is None else frozenset(units)
    r = t.roll_up
    query = select(t.scope.c.unit, t.scope.c.cycle, *(r.c[name] for name in RollUp._fields[2:])).join(t.scope)
    if until is not None:
        query = query.where(r.c.as_of <= until)
    for roll_up in map(RollUp, *columns_of(connection, query.order_by(r.c.as_of, r.c.id))):
        if wanted is None or roll_up.unit in wanted:
            by_unit.setdefault(roll_up.unit, {})[roll_up.week] = roll_up
    return {unit: _by_week(found, ran) for unit, found in by_unit.items()}


def week_of(day: date) -> str:
    """The ISO week, such as "2026-W41"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _weeks(connection: Connection, count: int, until: date | None) -> dict[str, date]:
    """The last weeks in which a run took place, each with the date of its last run."""
    query = select(t.run.c.as_of).where(t.run.c.state != "failed").distinct()
    days = sorted(day for (day,) in connection.execute(query) if until is None or day <= until)
    return dict(list({week_of(day): day for day in days}.items())[-count:])


def _by_week(found: dict[str, RollUp], weeks: Mapping[str, date]) -> tuple[RollUp, ...]:
    """The newest figures up to each week, under that week's name and the date of its last run.

    So all units have the same dates, also one whose figures stood still.
    """
    upto = {week: max((known for known in found if known <= week), default="") for week in weeks}
    return tuple(found[known]._replace(week=week, as_of=weeks[week]) for week, known in upto.items() if known)


def _plain(value: Any) -> object:  # noqa: ANN401  # a figure of any type
    """A figure as the database gives it back: text, whole number, finite number or None."""
    return str(value) if isinstance(value, str) else _finite(value)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None

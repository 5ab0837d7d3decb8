"""What history tells people: changes since a date, the past of a row or unit, the state, past runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select

from sync.core.errors import UsageError
from sync.history import tables as t
from sync.history.batch import columns_of, where_in
from sync.history.figures import trend
from sync.history.payload import people_of, sheet_of
from sync.history.published import published
from sync.history.reading import by_name, load_sources, run_of, run_query, runs
from sync.history.records import Change, Past, Point, Rebuilt, RowKey, Run, SourceRecord, Status

HEALTHY = ("ok", "findings")


def changes(connection: Connection, since: date, count: int | None = None) -> list[Change]:
    """What changed in rows after that date: the state then beside the newest, field by field.

    In the order of units, tables and ids; `count`: only the first so many, and no others are looked up.
    """
    found: list[_Told] = []
    units = iter(sorted(set(connection.scalars(select(t.scope.c.unit)))))
    while (piece := list(islice(units, _UNITS))) and (count is None or len(found) < count):
        found += sorted(chain(_moved(connection, since, piece), _dropped(connection, since, piece)))
    return [
        Change(dated, table, unit, cycle, identity, id_, text, field, old, new)
        for unit, table, id_, identity, field, cycle, text, dated, old, new in found[:count]
    ]


_UNITS = 500  # looked at in one go
_Told = tuple[str, str, str, str, str, str, str, date, str, str]
"""A change as it is sorted: unit, table, id, identity, field, cycle, text, dated, old, new."""


def _moved(connection: Connection, since: date, units: Sequence[str]) -> Iterator[_Told]:
    """New rows, most of a first week, of which no state is looked up, and the fields of known ones."""
    s, p = t.series, t.point
    newest = select(func.max(p.c.id)).where(p.c.series_id == s.c.id)
    before = newest.where(p.c.dated <= since).scalar_subquery().label("before")
    after = newest.scalar_subquery().label("after")
    query = _rows(units, s.c.newest, before, after).where(s.c.newest > since)
    moved = list(zip(*columns_of(connection, query), strict=True))
    states = {id_ for row in moved if row[-2] is not None for id_ in row[-2:]}
    texts = {row.id: row.texts for row in where_in(connection, select(p.c.id, p.c.texts), p.c.id, states)}
    for *place, cycle, text, dated, old, new in moved:
        if old is None:
            yield (*place, "new", cycle, text, dated, "", text)
        else:
            for field, *both in _differences(json.loads(texts[old]), json.loads(texts[new])):
                yield (*place, field, cycle, text, dated, *both)


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for field in dict.fromkeys((*old, *new)):
        if old.get(field, "") != new.get(field, ""):
            yield field, old.get(field, ""), new.get(field, "")


def _dropped(connection: Connection, since: date, units: Sequence[str]) -> Iterator[_Told]:
    dropped_on = t.series.c.dropped_on
    columns = columns_of(connection, _rows(units, dropped_on).where(dropped_on > since))
    for *place, cycle, text, dated in zip(*columns, strict=True):
        yield (*place, "dropped", cycle, text, dated, text, "")


def _rows(units: Sequence[str], *more: ColumnElement[Any]) -> Select[Any]:
    """Unit, table, id, identity, cycle and text of the rows of these units, and what is asked for besides."""
    s, unit = t.series, t.scope.c.unit
    place = (unit, s.c.tab, s.c.row_id, s.c.identity, t.scope.c.cycle, s.c.text)
    return select(*place, *more).join(t.scope, s.c.scope_id == t.scope.c.id).where(unit.in_(units))


def _points() -> Select[Any]:
    s, p = t.series, t.point
    named = (t.scope.c.unit, t.scope.c.cycle, s.c.tab, s.c.identity)
    points = (p.c.run_id, p.c.dated, p.c.texts, p.c.value, p.c.checked_in)
    return (
        select(*named, *points).join(s, p.c.series_id == s.c.id).join(t.scope, s.c.scope_id == t.scope.c.id)
    )


def history_of(connection: Connection, word: str) -> Past:
    """The past of the unit of that name, and of the rows with that id (or identity, or text)."""
    s = t.series
    named = or_(s.c.row_id == word, s.c.identity == word, s.c.text == word)
    roll_ups = trend(connection, units={word}, weeks=10_000, until=None).get(word, ())
    points = [*_said(connection, named), *_computed(connection, named)]
    return Past(roll_ups, tuple(sorted(points, key=_in_order)))


def _in_order(point: Point) -> tuple[str, str, int, str, str]:
    return point.table, point.identity, point.run, point.unit, point.cycle


def _said(connection: Connection, named: ColumnElement[bool]) -> Iterator[Point]:
    for row in connection.execute(_points().where(named).order_by(t.point.c.id)).mappings():
        texts = json.loads(row["texts"])
        yield Point(row["dated"], *_place(row), texts=texts, value=row["value"], checked_in=row["checked_in"])


def _computed(connection: Connection, named: ColumnElement[bool]) -> Iterator[Point]:
    s, f = t.series, t.figure
    query = select(t.scope.c.unit, t.scope.c.cycle, s.c.tab, s.c.identity, f).join(s, f.c.series_id == s.c.id)
    query = query.join(t.scope, s.c.scope_id == t.scope.c.id).where(named).order_by(f.c.id)
    for row in connection.execute(query).mappings():
        yield Point(row["as_of"], *_place(row), score=row["value"], other=row["other"])


def _place(row: Mapping[Any, Any]) -> tuple[int, str, str, str, str]:
    return row["run_id"], row["tab"], row["unit"], row["cycle"], row["identity"]


def status(connection: Connection) -> Status:
    """How the service is: healthy, or since when not; what is held and stale."""
    sources = load_sources(connection).values()
    newest = runs(connection, count=1)
    healthy = _first(connection, t.run.c.state.in_(HEALTHY), newest_first=True)
    broken = _first(connection, t.run.c.id > (healthy.id if healthy else 0), newest_first=False)
    computed = _first(connection, ~t.run.c.idle & (t.run.c.state != "failed"), newest_first=True)
    return Status(
        healthy=broken is None and healthy is not None,
        since=broken.started if broken else None,
        last=newest[0] if newest else None,
        last_healthy=healthy,
        unpublished=computed is not None and not published(computed.master_digest).whole,
        sources=len(sources),
        held=tuple(source for source in sources if source.state == "held"),
        stale=tuple(source for source in sources if source.state == "stale"),
        permitted=tuple(source.key for source in sources if source.allowed),
    )


def _first(connection: Connection, where: ColumnElement[bool], *, newest_first: bool) -> Run | None:
    order = t.run.c.id.desc() if newest_first else t.run.c.id
    row = connection.execute(run_query().where(where).order_by(order).limit(1)).mappings().first()
    return run_of(row) if row else None


def rebuild(connection: Connection, run_id: int) -> Rebuilt:
    """Everything that run computed from: the rows of its sources, settings, people and dates seen."""
    row = connection.execute(run_query().where(t.run.c.id == run_id)).mappings().first()
    if row is None:
        raise UsageError(f"History has no run {run_id}.")
    data = connection.scalar(select(t.document.c.data).where(t.document.c.id == row["people_id"]))
    run = run_of(row)
    sources = tuple(_sources_then(connection, run_id))
    return Rebuilt(run, sources, people_of(data) if data else (), _seen_then(connection, run))


def _sources_then(connection: Connection, run_id: int) -> Iterator[SourceRecord]:
    p = t.source_period
    query = (
        select(t.source.c.key, t.source.c.name, t.source.c.url, p.c.state, p.c.since, p.c.cause, t.document)
        .join(p, p.c.source_id == t.source.c.id)
        .outerjoin(t.document, p.c.sheet_id == t.document.c.id)
        .where(p.c.from_run <= run_id, or_(p.c.to_run.is_(None), p.c.to_run > run_id))
    )
    for row in sorted(connection.execute(query).mappings(), key=by_name):
        sheet = sheet_of(row["data"]) if row["data"] else None
        unit, cycle = (sheet.team.unit, sheet.team.cycle) if sheet else ("", "")
        plain = {name: row[name] for name in ("key", "name", "url", "state", "since", "cause")}
        yield SourceRecord(**plain, sheet=sheet, digest=row["digest"] or "", unit=unit, cycle=cycle)


def _seen_then(connection: Connection, run: Run) -> dict[RowKey, tuple[date | None, date | None]]:
    """(value seen, changed on) of every key result as that run knew them, under the names of that run."""
    p, s = t.point, t.series
    newest = [func.max(case((flag, p.c.dated))) for flag in (p.c.new_value, p.c.checked_in)]
    query = (
        select(s.c.id, s.c.scope_id, s.c.identity, *newest)
        .join(p, p.c.series_id == s.c.id)
        .where(p.c.run_id <= run.id, s.c.tab == "key_results")
        .group_by(s.c.id, s.c.scope_id, s.c.identity)
    )
    units, identities = _names_then(connection, run.id)
    cycles = {row.id: (row.unit, row.cycle) for row in connection.execute(select(t.scope))}
    seen: dict[RowKey, tuple[date | None, date | None]] = {}
    for series, scope, identity, value, checked in connection.execute(query):
        unit, cycle = cycles[scope]
        seen[units.get(scope, unit), cycle, identities.get(series, identity)] = (
            value and min(value, run.as_of),
            checked and min(checked, run.as_of),
        )
    return seen


def _names_then(connection: Connection, run_id: int) -> tuple[dict[int, str], dict[int, str]]:
    """The names that scopes and series had in a run, where they were renamed since."""
    units: dict[int, str] = {}
    identities: dict[int, str] = {}
    query = select(t.rename).where(t.rename.c.run_id > run_id).order_by(t.rename.c.id.desc())
    for row in connection.execute(query):
        if row.series_id is None:
            units[row.scope_id] = row.old
        else:
            identities[row.series_id] = row.old
    return units, identities

"""What the pipeline needs from history before a run: sources, people, known rows, runs, notes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, case, select

from sync.core.collector import no_collector
from sync.core.model import Person
from sync.core.standing import Known
from sync.history import tables as t
from sync.history.batch import columns_of, where_in
from sync.history.payload import held_of, people_of, problems_of, sheet_of, text_of
from sync.history.records import Glance, Note, RowKey, Run, Scope, SeenDates, SourceRecord

if TYPE_CHECKING:
    from sync.history.shelf import Shelf

_LIGHT = [
    t.source.c[name]
    for name in SourceRecord._fields
    if name not in {"digest", "sheet", "held", "problems", "allowed"}
]


def load_sources(connection: Connection) -> dict[str, SourceRecord]:
    """Every listed source by key, without what is heavy: rows, those that are held, and findings."""
    allowed = set(
        connection.scalars(select(t.permission.c.source_id).where(t.permission.c.used_run.is_(None)))
    )
    query = select(t.source.c.id, t.document.c.digest, t.source.c.held, *_LIGHT)
    query = query.outerjoin(t.document, t.source.c.sheet_id == t.document.c.id).where(t.source.c.listed)
    rows = sorted(connection.execute(query).mappings(), key=by_name)
    return {row["key"]: _record(row, row["id"] in allowed) for row in rows}


def by_name(row: Mapping[Any, Any]) -> tuple[str, str]:
    """The order of sources, by name and key: sorted here, since databases sort as their own language does."""
    return row["name"], row["key"]


def glance(connection: Connection) -> dict[str, Glance]:
    """What tells at a glance whether a source has moved since the last run, of every listed source by key.

    Read as plain columns: ten thousand records take ten times as long.
    """
    s, p = t.source, t.permission
    allowed = select(p.c.source_id).where(p.c.used_run.is_(None))
    never_read = (s.c.state == "stale") & (s.c.unit == "")
    query = select(
        s.c.key,
        s.c.token,
        case((never_read, "unreadable"), else_=s.c.state),
        s.c.own_token == s.c.token,
        s.c.cause,
        s.c.id.in_(allowed),
    ).where(s.c.listed)
    key, *columns = columns_of(connection, query)
    return dict(zip(key, map(Glance, *columns), strict=True))


def _record(row: Mapping[Any, Any], allowed: bool) -> SourceRecord:  # noqa: FBT001  # private
    plain = {column.name: row[column.name] for column in _LIGHT}
    held = held_of(row["held"], None)
    return SourceRecord(**plain, digest=row["digest"] or "", held=held, allowed=allowed)


def with_rows(
    connection: Connection, records: Mapping[str, SourceRecord], shelf: Shelf | None = None
) -> dict[str, SourceRecord]:
    """The records of `load_sources` with sheet, held state and findings; the shelf's sheets are used."""
    if shelf and not _has_all(connection, shelf.places.keys() - {one.digest for one in records.values()}):
        shelf = None  # it holds what was forgotten
    sheet, pending, problems = (t.document.alias(name) for name in ("sheet", "pending", "problems"))
    query = (
        select(t.source.c.key, t.source.c.held, sheet.c.data, pending.c.data, problems.c.data)
        .outerjoin(sheet, t.source.c.sheet_id == sheet.c.id)
        .outerjoin(pending, t.source.c.pending_id == pending.c.id)
        .outerjoin(problems, t.source.c.problems_id == problems.c.id)
        .where(t.source.c.listed)
    )
    full = dict(records)
    with no_collector():
        for key, held, rows, waiting, found in connection.execute(query):
            if key in full:
                known = shelf.sheet(full[key].digest, rows) if shelf and rows else None
                full[key] = full[key]._replace(
                    sheet=known or (sheet_of(rows) if rows else None),
                    held=held_of(held, sheet_of(waiting) if waiting else None),
                    problems=problems_of(found) if found else (),
                )
    return full


def _has_all(connection: Connection, digests: AbstractSet[str]) -> bool:
    """Whether history still has these documents."""
    query = select(t.document.c.digest)
    return digests <= {row.digest for row in where_in(connection, query, t.document.c.digest, digests)}


def people(connection: Connection) -> tuple[Person, ...]:
    """The people list of the newest run."""
    query = select(t.document.c.data).join(t.run, t.run.c.people_id == t.document.c.id)
    data = connection.scalar(query.order_by(t.run.c.id.desc()).limit(1))
    return people_of(data) if data else ()


def known(connection: Connection, scopes: Collection[Scope]) -> dict[Scope, tuple[Known, ...]]:
    """The rows that history knows in each scope, gone ones too."""
    s = t.series
    query = select(t.scope.c.unit, t.scope.c.cycle, s.c.tab, s.c.identity, s.c.row_id, s.c.text)
    query = query.join(s, s.c.scope_id == t.scope.c.id)
    found: dict[Scope, list[Known]] = {scope: [] for scope in scopes}
    for row in where_in(connection, query, t.scope.c.unit, {unit for unit, _ in scopes}):
        if (row.unit, row.cycle) in found:
            found[row.unit, row.cycle].append(Known(row.tab, row.identity, row.row_id, row.text))
    return {scope: tuple(sorted(rows)) for scope, rows in found.items()}


def seen_dates(connection: Connection) -> dict[RowKey, SeenDates]:
    """(value seen, changed on) of every key result."""
    s = t.series
    query = select(t.scope.c.unit, t.scope.c.cycle, s.c.identity, s.c.value_seen, s.c.changed_on)
    query = query.join(s, s.c.scope_id == t.scope.c.id).where(s.c.tab == "key_results")
    unit, cycle, identity, value, changed = columns_of(connection, query)
    return dict(zip(zip(unit, cycle, identity, strict=True), zip(value, changed, strict=True), strict=True))


def notes(connection: Connection) -> list[Note]:
    """Every manager's note."""
    return sorted(Note(*row) for row in connection.execute(select(t.note)))


def runs(connection: Connection, *, count: int | None = None, failed: bool = True) -> list[Run]:
    """The newest runs, newest first."""
    query = run_query().order_by(t.run.c.id.desc()).limit(count)
    if not failed:
        query = query.where(t.run.c.state != "failed")
    return [run_of(row) for row in connection.execute(query).mappings()]


def run_by(connection: Connection, day: date) -> Run | None:
    """The newest run of that day or before that did not fail."""
    query = run_query().where(t.run.c.as_of <= day, t.run.c.state != "failed")
    row = connection.execute(query.order_by(t.run.c.id.desc()).limit(1)).mappings().first()
    return run_of(row) if row else None


def run_query() -> Select[Any]:
    """Runs with their settings."""
    return select(t.run, t.document.c.data).join(t.document, t.run.c.settings_id == t.document.c.id)


def run_of(row: Mapping[Any, Any]) -> Run:
    """The run of a row of `run_query`."""
    parts = {name: row[name] for name in Run._fields if name not in {"started", "settings", "counts"}}
    return Run(
        **parts,
        started=datetime.fromisoformat(row["started"]),
        settings=text_of(row["data"]),
        counts=json.loads(row["counts"]),
    )

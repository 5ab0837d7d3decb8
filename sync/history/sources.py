"""Sources into the tables: the newest record, the period for which its rows were used, permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from sync.history import tables as t
from sync.history.batch import Ids, add, change, where_in
from sync.history.documents import store_documents
from sync.history.payload import Document, held_text, problems_document, sheet_document
from sync.history.records import Scope, SourceRecord, Update

_PERIOD = ("sheet_id", "state", "since", "cause")


def move(connection: Connection, moved: Mapping[str, str], run: int) -> None:
    """Gives sources their new keys; a source that had such a key (it never had rows) steps back."""
    for old, new in moved.items():
        for id_ in connection.scalars(select(t.source.c.id).where(t.source.c.key == new)).all():
            _end_periods(connection, [id_], run)
            gone = {"key": f"{new}#{id_}", "listed": False}
            connection.execute(update(t.source).where(t.source.c.id == id_).values(gone))
        connection.execute(update(t.source).where(t.source.c.key == old).values(key=new))


def retire(connection: Connection, keys: Sequence[str], run: int) -> None:
    """Takes sources off the list; their past stays."""
    query = select(t.source.c.id, t.source.c.key)
    ids = [row.id for row in where_in(connection, query, t.source.c.key, keys) if row.key in set(keys)]
    change(connection, t.source, [{"id": id_, "listed": False} for id_ in ids])
    _end_periods(connection, ids, run)


def _end_periods(connection: Connection, sources: Sequence[int], run: int) -> None:
    period = t.source_period
    query = select(period.c.id, period.c.source_id).where(period.c.to_run.is_(None))
    wanted = set(sources)
    open_ = [
        row.id for row in where_in(connection, query, period.c.source_id, sources) if row.source_id in wanted
    ]
    change(connection, period, [{"id": id_, "to_run": run} for id_ in open_])


def scopes_of(connection: Connection, keys: Sequence[str]) -> dict[str, Scope]:
    """The (unit, cycle) of the sources' rows, by key; sources without rows are left out."""
    query = select(t.source.c.key, t.source.c.unit, t.source.c.cycle)
    rows = where_in(connection, query, t.source.c.key, keys)
    return {row.key: (row.unit, row.cycle) for row in rows if row.unit}


def write_sources(connection: Connection, updates: Sequence[Update], run: int) -> None:
    """The next record of every updated source, and what each gives from this run on."""
    if not updates:
        return
    query = select(t.source)
    before = {
        row.key: row for row in where_in(connection, query, t.source.c.key, [u.record.key for u in updates])
    }
    documents = {update.record.key: _documents(update) for update in updates}
    ids = store_documents(connection, (doc for docs in documents.values() for doc in docs.values()))
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    periods: list[dict[str, Any]] = []
    source_ids = Ids(connection, t.source)
    for entry in updates:
        old = before.get(entry.record.key)
        row = _source_row(
            entry.record, {name: ids[doc.digest] for name, doc in documents[entry.record.key].items()}
        )
        row["id"] = old.id if old else source_ids.next()
        (changed if old else fresh).append(row)
        if old is None or not old.listed or any(getattr(old, name) != row[name] for name in _PERIOD):
            periods.append(row)
    add(connection, t.source, fresh)
    change(connection, t.source, changed)
    _write_periods(connection, periods, run)
    _use_permissions(
        connection, [before[u.record.key].id for u in updates if u.judged and u.record.key in before], run
    )


def _documents(entry: Update) -> dict[str, Document]:
    """What of a record is stored once per content, by column."""
    record, made = entry.record, entry.made
    documents = {"problems_id": problems_document(record.problems)} if record.problems else {}
    for column, sheet in (("sheet_id", record.sheet), ("pending_id", record.held.pending)):
        if sheet is not None:
            ready = made is not None and made.sheet is sheet
            documents[column] = made.document if made and ready else sheet_document(sheet)
    return documents


def _source_row(record: SourceRecord, documents: Mapping[str, int]) -> dict[str, Any]:
    sheet = record.sheet
    plain = ("key", "name", "url", "token", "content_hash", "state", "since", "cause", "read_at")
    own = ("feedback_digest", "own_token", "own_hash")
    return {
        **{name: getattr(record, name) for name in (*plain, *own)},
        **{name: documents.get(name) for name in ("sheet_id", "pending_id", "problems_id")},
        "unit": sheet.team.unit if sheet else "",
        "cycle": sheet.team.cycle if sheet else "",
        "held": held_text(record.held),
        "waiting": bool(record.held.kind) or bool(sheet and sheet.gone),
        "listed": True,
    }


def _write_periods(connection: Connection, sources: Sequence[Mapping[str, Any]], run: int) -> None:
    _end_periods(connection, [row["id"] for row in sources], run)
    ids = Ids(connection, t.source_period)
    rows = [
        {"id": ids.next(), "source_id": row["id"], "from_run": run, **{name: row[name] for name in _PERIOD}}
        for row in sources
    ]
    add(connection, t.source_period, rows)


def _use_permissions(connection: Connection, sources: Sequence[int], run: int) -> None:
    permission = t.permission
    query = select(permission.c.id, permission.c.source_id).where(permission.c.used_run.is_(None))
    wanted = set(sources)
    given = [
        row.id
        for row in where_in(connection, query, permission.c.source_id, sources)
        if row.source_id in wanted
    ]
    change(connection, permission, [{"id": id_, "used_run": run} for id_ in given])

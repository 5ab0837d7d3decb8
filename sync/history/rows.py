"""Rows of accepted readings into the tables: series, points, renames, tombstones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from sync.core.model import KeyResultRow, ObjectiveRow, TeamSheet
from sync.core.standing import TABLES, AnyRow, is_invalid
from sync.history import tables as t
from sync.history.batch import Ids, add, add_rows, change, where_in
from sync.history.observe import LastSeen, Observation, dates_of, observe, texts_of
from sync.history.records import RowKey, Scope, SeenDates, Update
from sync.history.scopes import ensure_scopes, find_scopes, rename_unit

_SEEN = [t.series.c[name] for name in LastSeen._fields]


class Known(NamedTuple):
    """A series: its id and what was last seen of it."""

    id: int
    seen: LastSeen


SeriesOf = dict[tuple[str, str], Known]
"""The series of one scope by (table, identity)."""


def load_series(connection: Connection, scopes: Sequence[int]) -> dict[int, SeriesOf]:
    """The series of each of these scopes."""
    s = t.series
    query = select(s.c.id, s.c.scope_id, s.c.tab, s.c.identity, *_SEEN)
    found: dict[int, SeriesOf] = {scope: {} for scope in scopes}
    for row in where_in(connection, query, s.c.scope_id, scopes):
        if row.scope_id in found:
            found[row.scope_id][row.tab, row.identity] = Known(row.id, LastSeen(*row[4:]))
    return found


def write_rows(
    connection: Connection, updates: Sequence[Update], before: Mapping[str, Scope], run: int, as_of: date
) -> None:
    """Compares every accepted reading with what is recorded. `before`: the sources' scopes until now."""
    accepted = [update for update in updates if update.accepted and update.record.sheet is not None]
    for update in accepted:
        old, new = scope_before(update, before), _scope(update)
        if old != new:
            rename_unit(connection, old, new, run)
    scopes = ensure_scopes(connection, [_scope(update) for update in accepted])
    series = load_series(connection, list(scopes.values()))
    writer = _Writer(connection, run)
    for update in accepted:
        scope = scopes[_scope(update)]
        writer.rename(update, scope, series[scope])
        writer.observe(update, scope, series[scope], as_of)
        writer.bury(update, series[scope], as_of)
    writer.flush()


def seen_in(
    connection: Connection, updates: Sequence[Update], before: Mapping[str, Scope], as_of: date
) -> Iterator[tuple[RowKey, SeenDates]]:
    """(value seen, changed on) of the key results of accepted readings, as once they are committed."""
    accepted = [update for update in updates if update.accepted and update.record.sheet is not None]
    scopes = find_scopes(connection, {scope_before(update, before) for update in accepted})
    series = load_series(connection, list(scopes.values()))
    for update in accepted:
        known = series.get(scopes.get(scope_before(update, before), 0), {})
        known = known | {
            (name.table, name.new): known[name.table, name.old]
            for name in update.renames
            if (name.table, name.old) in known
        }
        scope = _scope(update)
        for row, gone in _key_results(update.record.sheet):
            found = known.get(("key_results", row.identity))
            if not gone:
                yield (*scope, row.identity), dates_of(row, found.seen if found else None, as_of)
            elif found:
                yield (*scope, row.identity), (found.seen.value_seen, found.seen.changed_on)


def scope_before(update: Update, before: Mapping[str, Scope]) -> Scope:
    """The scope that holds the reading's past: the old name when only the unit's name changed."""
    now = _scope(update)
    old = before.get(update.record.key, now)
    return old if old[1] == now[1] else now


def _scope(update: Update) -> Scope:
    team = update.record.sheet.team if update.record.sheet else None
    return (team.unit, team.cycle) if team else ("", "")


def _key_results(sheet: TeamSheet | None) -> Iterator[tuple[KeyResultRow, bool]]:
    """(row, gone) of every key result that can be told apart."""
    gone = {row.identity for row in sheet.gone if row.table == "key_results"} if sheet else set()
    for row in sheet.key_results if sheet else ():
        if not is_invalid(row.identity):
            yield row, row.identity in gone


def _rows(sheet: TeamSheet | None) -> Iterator[tuple[str, AnyRow, str]]:
    """(table, row, its texts) of every row that the reading has and that can be told apart."""
    if sheet is None:
        return
    gone = {(row.table, row.identity) for row in sheet.gone}
    for table, row_type in zip(TABLES, (ObjectiveRow, KeyResultRow), strict=True):
        rows = getattr(sheet, table)
        for row, texts in zip(rows, texts_of(row_type, rows), strict=True):
            if not is_invalid(row.identity) and (table, row.identity) not in gone:
                yield table, row, texts


_SERIES = ("id", "scope_id", "tab", "identity", *LastSeen._fields)
_NUMBERS = ("was", "value", "start", "target", "confidence")
_POINT = ("id", "series_id", "run_id", "dated", "texts", "new_value", "checked_in", "weight", *_NUMBERS)


class _Writer:
    """Collects rows for the tables, so that a whole organisation goes in by a few batches."""

    def __init__(self, connection: Connection, run: int) -> None:
        self.connection, self.run = connection, run
        self.ids = {table: Ids(connection, table) for table in (t.series, t.point, t.rename, t.tombstone)}
        self.series: list[tuple[Any, ...]] = []
        self.points: list[tuple[Any, ...]] = []
        self.added: dict[Any, list[dict[str, Any]]] = {t.rename: [], t.tombstone: []}
        self.changed: list[dict[str, Any]] = []
        self.renamed: list[dict[str, Any]] = []
        self.dropped: list[dict[str, Any]] = []

    def rename(self, update: Update, scope: int, series: SeriesOf) -> None:
        """Lets series go on under their first ids."""
        for table, old, new in update.renames:
            if (table, old) not in series or (table, new) in series:
                continue
            known = series[table, new] = series.pop((table, old))
            self.renamed.append({"id": known.id, "identity": new})
            self._add(t.rename, scope_id=scope, series_id=known.id, old=old, new=new)

    def observe(self, update: Update, scope: int, series: SeriesOf, as_of: date) -> None:
        """Records what changed in the rows that the reading has."""
        for table, row, texts in _rows(update.record.sheet):
            known = series.get((table, row.identity))
            observed = observe(row, texts, known.seen if known else None, as_of)
            if known is None:
                id_ = self.ids[t.series].next()
                self.series.append((id_, scope, table, row.identity, *observed.seen))
            else:
                id_ = known.id
                if observed.seen != known.seen:
                    self.changed.append({"id": id_, **observed.seen._asdict()})
            series[table, row.identity] = Known(id_, observed.seen)
            if observed.changed:
                self._add_point(id_, row, observed)

    def bury(self, update: Update, series: SeriesOf, as_of: date) -> None:
        """Records rows that are believed to be gone; their history stays."""
        for gone in update.dropped:
            known = series.get((gone.table, gone.identity))
            if known is None or known.seen.dropped_on is not None:
                continue
            dates = " ".join(day.isoformat() for day in gone.dates)
            self._add(t.tombstone, series_id=known.id, dates=dates)
            self.dropped.append({"id": known.id, "dropped_on": max(as_of, known.seen.newest or as_of)})

    def flush(self) -> None:
        """Writes what was collected, owners before their points."""
        change(self.connection, t.series, self.renamed)
        change(self.connection, t.series, self.changed)
        for table, names, rows in ((t.series, _SERIES, self.series), (t.point, _POINT, self.points)):
            add_rows(self.connection, table, names, rows)
        for table, entries in self.added.items():
            add(self.connection, table, entries)
        change(self.connection, t.series, self.dropped)

    def _add(self, table: Any, **values: object) -> None:  # noqa: ANN401  # one of our tables
        self.added[table].append({"id": self.ids[table].next(), "run_id": self.run, **values})

    def _add_point(self, series: int, row: AnyRow, observed: Observation) -> None:
        values: tuple[object, ...] = ("", None, None, None, None)
        if isinstance(row, KeyResultRow):
            numbers = (row.current.value, row.start.value, row.target.value, row.confidence.value)
            values = (str(row.current.was), *numbers)
        what = (observed.seen.newest, observed.texts, observed.new_value, observed.checked_in)
        self.points.append((self.ids[t.point].next(), series, self.run, *what, row.weight.value, *values))

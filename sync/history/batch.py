"""Rows in and out in batches: ids given by us, long lists of keys in pieces."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from sync.history.postgresql import copy_in
from sync.history.stored import from_store, to_store

_PIECE = 500  # values in one IN (…); every database takes that many
_ALL = 40 * _PIECE  # beyond so many keys, reading the whole table is quicker than asking piece by piece

Value = TypeVar("Value", int, str)


class Ids:
    """The next ids of a table; valid inside one write transaction."""

    def __init__(self, connection: Connection, table: Table) -> None:
        self.last = connection.scalar(select(func.max(table.c.id))) or 0

    def next(self) -> int:
        """An id that no row has yet."""
        self.last += 1
        return self.last


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the rows, all with the same columns."""
    if rows:
        names = list(rows[0])
        add_rows(connection, table, names, [tuple(row[name] for name in names) for row in rows])


def add_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Inserts the rows, the values of these columns.

    The statement is the library's; the values go to the driver as they are stored, a column at a time,
    because the library's own way costs three times as much per row, and a first sync inserts a million.
    """
    if not rows:
        return
    dialect = connection.dialect
    given = zip(names, zip(*rows, strict=True), strict=True)
    stored = {name: to_store(table.c[name].type, dialect, values) for name, values in given}
    if dialect.name == "postgresql":
        copy_in(connection, table, stored)
        return
    compiled = insert(table).compile(dialect=dialect, column_keys=list(names))
    places = compiled.positiontup or ()
    values: list[Any] = list(zip(*(stored[place] for place in places), strict=True))
    connection.exec_driver_sql(str(compiled), values)


def columns_of(connection: Connection, query: Select[Any]) -> list[Sequence[Any]]:
    """The columns of a query that answers with very many rows."""
    result = connection.execute(query)
    codes = [about[1] for about in result.cursor.description]
    rows = result.cursor.fetchall()
    result.close()
    given = list(zip(*rows, strict=True)) if rows else [()] * len(codes)
    types = [column.type for column in query.selected_columns]
    return [
        from_store(kind, connection.dialect, code, values)
        for kind, code, values in zip(types, codes, given, strict=True)
    ]


def change(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Updates rows by their `id`, all with the same columns."""
    if rows:
        columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
        statement = update(table).where(table.c.id == bindparam("old_id")).values(columns)
        connection.execute(statement, [_bound(row) for row in rows])


def where_in(
    connection: Connection, query: Select[Any], column: Column[Any], keys: Collection[Value]
) -> Iterator[Row[Any]]:
    """The query's rows whose column is one of the keys (and others, too, when there are very many keys)."""
    if len(keys) > _ALL:
        yield from connection.execute(query)
        return
    rest = iter(keys)
    while piece := list(islice(rest, _PIECE)):
        yield from connection.execute(query.where(column.in_(piece)))


def _bound(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"old_id" if name == "id" else f"new_{name}": value for name, value in row.items()}

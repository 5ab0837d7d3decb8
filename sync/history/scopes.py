"""Scopes: a unit in a cycle, the owner of rows and roll-ups. A renamed unit keeps its scope."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from sync.history import tables as t
from sync.history.batch import Ids, add, where_in
from sync.history.records import Scope


def find_scopes(connection: Connection, wanted: Collection[Scope]) -> dict[Scope, int]:
    """The ids of those scopes that history knows."""
    units = {unit for unit, _ in wanted}
    query = select(t.scope.c.unit, t.scope.c.cycle, t.scope.c.id)
    found = {(row.unit, row.cycle): row.id for row in where_in(connection, query, t.scope.c.unit, units)}
    return {scope: found[scope] for scope in wanted if scope in found}


def ensure_scopes(connection: Connection, wanted: Collection[Scope]) -> dict[Scope, int]:
    """The ids of the scopes; those that are not there yet are added."""
    found = find_scopes(connection, set(wanted))
    ids = Ids(connection, t.scope)
    new = {scope: ids.next() for scope in dict.fromkeys(wanted) if scope not in found}
    add(
        connection, t.scope, [{"id": id_, "unit": unit, "cycle": cycle} for (unit, cycle), id_ in new.items()]
    )
    return found | new


def rename_unit(connection: Connection, old: Scope, new: Scope, run: int) -> None:
    """Lets the scope go on under the unit's new name, unless that name has a history of its own."""
    known = find_scopes(connection, {old, new})
    if old not in known or new in known:
        return
    scope = known[old]
    connection.execute(update(t.scope).where(t.scope.c.id == scope).values(unit=new[0]))
    entry = {"id": Ids(connection, t.rename).next(), "run_id": run, "scope_id": scope, "series_id": None}
    add(connection, t.rename, [{**entry, "old": old[0], "new": new[0]}])

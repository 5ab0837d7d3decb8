"""Documents in the database: each content is stored once, under its digest."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from sync.history import tables as t
from sync.history.batch import Ids, add, where_in
from sync.history.payload import Document


def store_documents(connection: Connection, documents: Iterable[Document]) -> dict[str, int]:
    """The ids of the documents by digest; those that are not there yet are added."""
    wanted = {document.digest: document for document in documents}
    query = select(t.document.c.digest, t.document.c.id)
    found = {row.digest: row.id for row in where_in(connection, query, t.document.c.digest, list(wanted))}
    ids = Ids(connection, t.document)
    new = [{"id": ids.next(), **doc._asdict()} for digest, doc in wanted.items() if digest not in found]
    add(connection, t.document, new)
    return found | {row["digest"]: row["id"] for row in new}

"""A run's result into the tables, inside one transaction: run, sources, rows, figures, roll-ups, findings.

Each part compares with what is there and adds only what changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from sync.core.model import Person
from sync.history import tables as t
from sync.history.documents import store_documents
from sync.history.figures import write_figures, write_roll_ups
from sync.history.findings import write_problems
from sync.history.payload import of_text, people_document
from sync.history.records import Note, Run, RunResult
from sync.history.rows import write_rows
from sync.history.sources import move, retire, scopes_of, write_sources


def write_result(connection: Connection, result: RunResult) -> int:
    """Everything of a run; returns its id."""
    as_of = result.run.as_of
    run = write_run(connection, result.run, result.people)
    move(connection, result.moved, run)
    retire(connection, result.retired, run)
    before = scopes_of(connection, [update.record.key for update in result.updates])
    write_sources(connection, result.updates, run)
    write_rows(connection, result.updates, before, run, as_of)
    write_figures(connection, result.figures, run, as_of)
    write_roll_ups(connection, result.roll_ups, run, as_of)
    write_problems(connection, result.problems, run, as_of)
    write_notes(connection, result.notes)
    return run


def write_run(connection: Connection, run: Run, people: Sequence[Person] | None = None) -> int:
    """The run's own row; returns its id."""
    last = connection.execute(
        select(t.run.c.id, t.run.c.people_id).order_by(t.run.c.id.desc()).limit(1)
    ).first()
    documents = [of_text("settings", run.settings)]
    documents += [people_document(people)] if people is not None else []
    ids = store_documents(connection, documents)
    row = {
        "id": last.id + 1 if last else 1,
        "started": run.started.isoformat(),
        "settings_id": ids[documents[0].digest],
        "people_id": ids[documents[-1].digest] if people is not None else (last.people_id if last else None),
        "counts": json.dumps(dict(run.counts)),
        **{
            name: getattr(run, name)
            for name in (
                "as_of",
                "seconds",
                "state",
                "idle",
                "cause",
                "code_version",
                "inputs",
                "master_digest",
            )
        },
    }
    connection.execute(insert(t.run), row)
    return int(row["id"])


def write_notes(connection: Connection, notes: Sequence[Note]) -> None:
    """Writes notes in the place of those with the same key; a blank one goes."""
    for note in notes:
        key = {"sheet": note.sheet, "row_key": note.row_key, "header": note.column}
        place = [t.note.c[name] == value for name, value in key.items()]
        connection.execute(delete(t.note).where(*place))
        if note.text:
            connection.execute(insert(t.note).values(**key, text=note.text))

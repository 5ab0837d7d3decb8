"""The ways in which history forgets: a person becomes a pseudonym everywhere, old runs leave.

Names of files stay: they name what is there today, and tie a source to its past.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, delete, func, or_, select, update

from sync.core.errors import UsageError
from sync.core.identity import normalised
from sync.core.model import Person
from sync.history import tables as t
from sync.history.documents import store_documents
from sync.history.observe import FORGOTTEN
from sync.history.outbox import COMMENT
from sync.history.payload import of_text, people_of, text_of
from sync.history.records import Forgotten

_FILE_NAMES = {(t.source.name, name) for name in ("key", "name", "url", "token", "own_token")} | {
    (t.problem.name, "source")
}
_JSON = {(t.note.name, "text"), (t.point.name, "texts"), (t.source.name, "held")}
_DOCUMENTS = [
    (table, column)
    for table in t.metadata.sorted_tables
    for column in table.columns
    if any(key.column is t.document.c.id for key in column.foreign_keys)
]

_ACCENTS = "\u0300-\u036f"  # combining marks: no letters to `re`, yet part of the word before them

Replace = Callable[[str], str]


def forget(connection: Connection, word: str) -> Forgotten:
    """Replaces a person's name and e-mail address by a pseudonym in every row and document."""
    terms = _terms(connection, word)
    pseudonym = f"person-{secrets.token_hex(4)}"
    pattern = re.compile("|".join(map(_pattern, terms)), re.IGNORECASE)
    rows: Counter[str] = Counter()

    def replace(text: str) -> str:
        return pattern.sub(pseudonym, text)

    changed = _replace_documents(connection, replace)
    rows[t.document.name] = len(changed)
    named = _sources_of(connection, changed)
    for table in t.metadata.sorted_tables:
        rows[table.name] += _replace_words(connection, table, replace)
    if rows[t.outbox.name]:  # messages that may be sent again name people inside
        connection.execute(update(t.outbox).values(data=None))
    named_in = select(t.point.c.series_id).where(t.point.c.texts.contains(pseudonym))
    connection.execute(update(t.series).where(t.series.c.id.in_(named_in)).values(comment_key=FORGOTTEN))
    return Forgotten(pseudonym, {name: count for name, count in rows.items() if count}, named)


def prune(connection: Connection, before: date) -> int:
    """Removes runs dated before that day, what only they needed, and older slots; returns how many runs."""
    connection.execute(delete(t.slot).where(t.slot.c.due < before.isoformat()))
    first = connection.scalar(select(func.min(t.run.c.id)).where(t.run.c.as_of >= before))
    if first is None:
        return 0
    for table in (t.source_period, t.problem):
        connection.execute(delete(table).where(table.c.to_run <= first))
        connection.execute(update(table).where(table.c.from_run < first).values(from_run=first))
    for table, of in (
        (t.point, t.point.c.series_id),
        (t.figure, t.figure.c.series_id),
        (t.roll_up, t.roll_up.c.scope_id),
    ):
        _thin(connection, table, of, first)
    for table in (t.tombstone, t.rename):
        connection.execute(delete(table).where(table.c.run_id < first))
    # A finding that lasts was commented on long ago: its comment must not be forgotten and made again.
    settled = (t.outbox.c.state != "claimed") & (t.outbox.c.kind != COMMENT)
    connection.execute(delete(t.outbox).where(settled, t.outbox.c.claimed_at < before.isoformat()))
    removed = connection.execute(delete(t.run).where(t.run.c.id < first)).rowcount
    _drop_documents(connection)
    return removed


def _terms(connection: Connection, word: str) -> list[str]:
    """The person's names and addresses, as far as the people lists of all runs tell."""
    plain = normalised(word)
    if len(plain) < 3:
        raise UsageError(f'"{word}" is too short to be forgotten; give the whole name or e-mail address.')
    same = [person for person in _everybody(connection) if plain.casefold() in _names(person)]
    addresses = {person.email.strip().casefold() for person in same if person.email.strip()}
    if "@" not in plain and len(addresses) > 1:
        found = ", ".join(sorted(addresses))
        raise UsageError(f'Several people are called "{plain}" ({found}). Give the e-mail address.')
    terms = {plain, *(person.name for person in same), *(person.email for person in same)}
    return sorted({normalised(term) for term in terms if term.strip()}, key=len, reverse=True)


def _everybody(connection: Connection) -> list[Person]:
    query = select(t.document.c.data).where(t.document.c.kind == "people")
    return [person for data in connection.scalars(query) for person in people_of(data)]


def _names(person: Person) -> set[str]:
    return {normalised(person.name).casefold(), normalised(person.email).casefold()} - {""}


def _pattern(term: str) -> str:
    """The term as a whole word, however its words are spaced and its accents are written."""
    words = [
        "(?:" + "|".join(re.escape(unicodedata.normalize(form, word)) for form in ("NFC", "NFD")) + ")"
        for word in term.split()
    ]
    return r"(?<!\w)" + r"\s+".join(words) + f"(?![\\w{_ACCENTS}])"


def _replace_documents(connection: Connection, replace: Replace) -> set[int]:
    """The ids of documents that named the person; each is replaced by one that does not."""
    found = {}
    for id_, kind, data in connection.execute(select(t.document.c.id, t.document.c.kind, t.document.c.data)):
        text = text_of(data)
        content = json.loads(text)
        cleaned = _cleaned(content, replace, keep={"source"} if kind == "sheet" else set())
        if cleaned != content:
            dumped = json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))
            found[id_] = of_text(kind, dumped)
    ids = store_documents(connection, found.values())
    for id_, document in found.items():
        for table, column in _DOCUMENTS:
            connection.execute(update(table).where(column == id_).values({column.name: ids[document.digest]}))
        connection.execute(delete(t.document).where(t.document.c.id == id_))
    return {ids[document.digest] for document in found.values()}


def _cleaned(content: Any, replace: Replace, keep: set[str], *, keys: bool = False) -> Any:  # noqa: ANN401  # any JSON
    """The content with its texts replaced; with `keys`, the names of its parts too (people chose them)."""
    if isinstance(content, str):
        return replace(content)
    if isinstance(content, list):
        return [_cleaned(part, replace, set(), keys=keys) for part in content]
    if isinstance(content, dict):
        return {
            replace(name) if keys else name: part
            if name in keep
            else _cleaned(part, replace, set(), keys=keys)
            for name, part in content.items()
        }
    return content


def _in_json(text: str, replace: Replace, *, keys: bool) -> str:
    """The text with its words replaced, inside of its texts where it is JSON: there, words are escaped."""
    try:
        content = json.loads(text)
    except ValueError:
        return replace(text)
    cleaned = _cleaned(content, replace, set(), keys=keys)
    return text if cleaned == content else json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))


def _sources_of(connection: Connection, documents: set[int]) -> tuple[str, ...]:
    """The names of listed sources whose last reading is among the documents."""
    query = select(t.source.c.name, t.source.c.sheet_id, t.source.c.pending_id).where(t.source.c.listed)
    return tuple(
        sorted(row.name for row in connection.execute(query) if {row.sheet_id, row.pending_id} & documents)
    )


def _replace_words(connection: Connection, table: Table, replace: Replace) -> int:
    """Replaces in every text column of a table; returns how many rows changed."""
    columns = [
        c for c in table.columns if isinstance(c.type, t.Words) and (table.name, c.name) not in _FILE_NAMES
    ]
    if not columns:
        return 0
    keys = list(table.primary_key)
    changed = 0
    for row in connection.execute(select(*keys, *columns)).all():
        texts = dict(zip((c.name for c in columns), row[len(keys) :], strict=True))
        replaced = {
            name: _in_json(text, replace, keys=table is t.note)
            if (table.name, name) in _JSON
            else replace(text)
            for name, text in texts.items()
            if text
        }
        new = {name: text for name, text in replaced.items() if text != texts[name]}
        if new:
            place = [key == value for key, value in zip(keys, row[: len(keys)], strict=True)]
            connection.execute(update(table).where(*place).values(new))
            changed += 1
    return changed


def _thin(connection: Connection, table: Table, of: Any, first: int) -> None:  # noqa: ANN401  # a column
    """Removes old states, but for the newest one that still held when the first kept run began."""
    flags = [table.c[name] for name in ("new_value", "checked_in") if name in table.c]
    old = table.c.run_id < first
    newest = [
        select(func.max(table.c.id)).where(old, *flag).group_by(of) for flag in ([], *([f] for f in flags))
    ]
    kept = or_(*(table.c.id.in_(query) for query in newest))
    connection.execute(delete(table).where(old, ~kept))
    connection.execute(update(table).where(old).values(run_id=first))


def _drop_documents(connection: Connection) -> None:
    """Removes the documents that nothing refers to any more."""
    used: set[int] = set()
    for _, column in _DOCUMENTS:
        used.update(id_ for id_ in connection.scalars(select(column).distinct()) if id_ is not None)
    for id_ in connection.scalars(select(t.document.c.id)).all():
        if id_ not in used:
            connection.execute(delete(t.document).where(t.document.c.id == id_))

"""The tables of history, one schema for SQLite and PostgreSQL.

meta           the generation of this database
document       sheets, settings, people, findings: compressed JSON, stored once per content
run            every run
source         one row per workbook: its newest reading and state
source_period  which rows it gave to which runs
permission     what `accept` allowed
scope          a unit in a cycle
series         an objective or key result in a scope, with what was last seen of it
point          what a row said, stored when it changed
figure         what was computed for it, stored when it changed
tombstone      a row that was believed to be gone
rename         a unit or a row that went on under another name
roll_up        a unit's figures, stored when they changed
problem        a finding, from the run that found it to the run that did not
note           managers' notes
outbox         every message, once: claimed before it goes, and what became of it
lease          which service works on this database, and its heartbeat; one row
slot           an occurrence of a job: due, at work, done or missed

A `to_run` is exclusive and NULL while the row still holds. Numbers pass `Number`, texts `Words`. People may
type a text as long as a cell, which a tree of PostgreSQL refuses: there, the migrations keep such texts
unique, and find them, by their hash.
"""

from __future__ import annotations

import math
import re
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

REVISION = "0003"  # the newest migration: a database that carries it is up to date
APPLICATION = 0x4F4B5253  # "OKRS" in the header of an SQLite file of ours

ESCAPE = "\x1b"
_UNSTORABLE = re.compile("[\x00\x1b\ud800-\udfff]")
ESCAPED = re.compile("\x1b([0-9a-f]{4})")


class Number(TypeDecorator[float]):
    """A float; NaN and infinity are stored as NULL: no such number leaves a computation (TRUST 11).

    Zero has no sign, because it has none in a file of SQLite.
    """

    impl = Float(53)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:  # noqa: ARG002  # the library's signature
        """The number, None when it is not finite."""
        return float(value) + 0.0 if value is not None and math.isfinite(value) else None


class Words(TypeDecorator[str]):
    """A text of any content. No database stores NUL or lone surrogates, so they are escaped, reversibly."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # the library's signature
        """The text as it is stored."""
        return None if value is None else storable(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002  # as above
        """The text as it was given."""
        return None if value is None else restored(value)


def storable(text: str) -> str:
    """The text with NUL, escape and lone surrogates written as escape + four hex digits."""
    if text.isprintable():
        return text
    return _UNSTORABLE.sub(lambda found: f"{ESCAPE}{ord(found[0]):04x}", text)


def restored(text: str) -> str:
    """The text that `storable` was given."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if ESCAPE in text else text


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


Whole = BigInteger().with_variant(Integer(), "sqlite")
"""An id, of 64 bits on both: SQLite's own key of a row has that size, under the shorter name only."""


def _id() -> Column[int]:
    return Column("id", Whole, primary_key=True, autoincrement=False)


def _words(name: str) -> Column[str]:
    return Column(name, Words, nullable=False)


def _code(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


def _to(name: str, column: str, *, needed: bool = True) -> Column[int]:
    return Column(name, Whole, ForeignKey(column), nullable=not needed)


meta = Table(
    "meta", metadata, Column("name", String, primary_key=True), Column("value", String, nullable=False)
)

document = Table(
    "document",
    metadata,
    _id(),
    Column("digest", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

run = Table(
    "run",
    metadata,
    _id(),
    _code("started"),
    Column("as_of", Date, nullable=False),
    Column("seconds", Number),
    _code("state"),
    Column("idle", Boolean, nullable=False),
    _words("cause"),
    _code("code_version"),
    _to("settings_id", "document.id"),
    _to("people_id", "document.id", needed=False),
    _words("inputs"),
    _code("counts"),
    _code("master_digest"),
)

source = Table(
    "source",
    metadata,
    _id(),
    Column("key", Words, nullable=False, unique=True),
    _words("name"),
    _words("url"),
    _words("token"),
    _code("content_hash"),
    _words("unit"),
    _words("cycle"),
    _to("sheet_id", "document.id", needed=False),
    _to("pending_id", "document.id", needed=False),
    _to("problems_id", "document.id", needed=False),
    _words("held"),
    _code("state"),
    Column("since", Date),
    _words("cause"),
    Column("read_at", Date),
    Column("waiting", Boolean, nullable=False),
    _code("feedback_digest"),
    _words("own_token"),
    _code("own_hash"),
    Column("listed", Boolean, nullable=False),
)

source_period = Table(
    "source_period",
    metadata,
    _id(),
    _to("source_id", "source.id"),
    _to("sheet_id", "document.id", needed=False),
    _code("state"),
    Column("since", Date),
    _words("cause"),
    _to("from_run", "run.id"),
    Column("to_run", Whole),
    Index(None, "source_id", "to_run"),
)

permission = Table(
    "permission",
    metadata,
    _id(),
    _to("source_id", "source.id"),
    _code("given_at"),
    Column("used_run", Whole),
)

scope = Table(
    "scope",
    metadata,
    _id(),
    _words("unit"),
    _words("cycle"),
    UniqueConstraint("unit", "cycle"),
)

series = Table(
    "series",
    metadata,
    _id(),
    _to("scope_id", "scope.id"),
    _code("tab"),
    _words("identity"),
    _words("row_id"),
    _words("text"),
    Column("current_key", Words),
    Column("confidence_key", Words),
    _words("status"),
    _code("comment_key"),
    _code("mark"),
    Column("value_seen", Date),
    Column("changed_on", Date),
    Column("newest", Date),
    Column("dropped_on", Date),
    UniqueConstraint("scope_id", "tab", "identity"),
)

point = Table(
    "point",
    metadata,
    _id(),
    _to("series_id", "series.id"),
    _to("run_id", "run.id"),
    Column("dated", Date, nullable=False),
    _words("texts"),
    _code("was"),
    Column("value", Number),
    Column("start", Number),
    Column("target", Number),
    Column("confidence", Number),
    Column("weight", Number),
    Column("new_value", Boolean, nullable=False),
    Column("checked_in", Boolean, nullable=False),
    Index(None, "series_id", "id"),
    Index(None, "run_id"),
)

figure = Table(
    "figure",
    metadata,
    _id(),
    _to("series_id", "series.id"),
    _to("run_id", "run.id"),
    Column("as_of", Date, nullable=False),
    Column("value", Number),
    Column("other", Number),
    Index(None, "series_id", "id"),
    Index(None, "run_id"),
)

tombstone = Table(
    "tombstone",
    metadata,
    _id(),
    _to("series_id", "series.id"),
    _to("run_id", "run.id"),
    _code("dates"),
)

rename = Table(
    "rename",
    metadata,
    _id(),
    _to("run_id", "run.id"),
    _to("scope_id", "scope.id"),
    _to("series_id", "series.id", needed=False),
    _words("old"),
    _words("new"),
)

roll_up = Table(
    "roll_up",
    metadata,
    _id(),
    _to("run_id", "run.id"),
    _to("scope_id", "scope.id"),
    Column("as_of", Date, nullable=False),
    _code("week"),
    Column("own_score", Number),
    Column("own_as_if_zero", Number),
    Column("roll_up", Number),
    Column("roll_up_as_if_zero", Number),
    Column("expected", Number),
    Column("confidence", Number),
    Column("coverage", Number),
    Column("alignment", Number),
    Column("check_in_rate", Number),
    Column("scored_krs", Integer, nullable=False),
    Column("scorable_krs", Integer, nullable=False),
    _code("status"),
    _code("grade"),
    Index(None, "scope_id", "week", "id"),
)

problem = Table(
    "problem",
    metadata,
    _id(),
    _code("key"),
    _code("code"),
    _code("severity"),
    _words("source"),
    _words("unit"),
    _words("tab"),
    _code("cell"),
    _words("row_id"),
    _words("value"),
    _words("message"),
    _words("hint"),
    Column("first_seen", Date, nullable=False),
    _to("from_run", "run.id"),
    Column("to_run", Whole),
    Index(None, "to_run", "key"),
)

note = Table(
    "note",
    metadata,
    Column("sheet", Words, primary_key=True),
    Column("row_key", Words, primary_key=True),
    Column("header", Words, primary_key=True),
    _words("text"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _words("person"),
    _code("kind"),
    _words("period"),
    _code("state"),
    _code("message_id"),
    _words("subject"),
    _code("claimed_at"),
    _words("answer"),
    Column("data", LargeBinary),
    UniqueConstraint("person", "kind", "period"),
    Index(None, "kind", "period"),
    Index(None, "state"),
)

lease = Table(
    "lease",
    metadata,
    _id(),
    Column("token", Integer, nullable=False),
    _words("holder"),
    _code("since"),
    _code("beat"),
    _code("expires"),
    _code("looked"),
    _code("job"),
    _code("job_since"),
)

slot = Table(
    "slot",
    metadata,
    _id(),
    _code("job"),
    _code("local"),
    _code("zone"),
    _code("due"),
    _code("state"),
    Column("covers", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    _code("started"),
    _code("finished"),
    Column("code", Integer),
    _words("said"),
    UniqueConstraint("job", "local", "zone"),
    Index(None, "state"),
)

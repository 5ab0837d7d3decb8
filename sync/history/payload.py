"""Sheets, people and findings as compact JSON documents, and back, exactly.

A document is UTF-8 JSON (lone surrogates let through, so that every text survives) under zlib. A table is
stored by columns under their field names, an amount as four columns, each packed (`sync.core.packed`): so a
later release, which has more fields, reads it, and ten thousand sheets with a million check-ins load in
seconds.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sync.core.columns import Columns, Row, plan
from sync.core.model import (
    Binding,
    CheckInRow,
    Gone,
    InitiativeRow,
    KeyResultRow,
    ObjectiveRow,
    Person,
    RetrospectiveRow,
    Team,
    TeamSheet,
    Was,
)
from sync.core.packed import Packed
from sync.core.problems import Problem, Severity
from sync.core.standing import HeldState, Rename

TABLES: tuple[tuple[str, type[Any]], ...] = (
    ("objectives", ObjectiveRow),
    ("key_results", KeyResultRow),
    ("check_ins", CheckInRow),
    ("initiatives", InitiativeRow),
    ("retrospective", RetrospectiveRow),
)


class Document(NamedTuple):
    """Something to store once: `digest` names its content."""

    digest: str
    kind: str
    data: bytes


class Made(NamedTuple):
    """A sheet and the document of it, made ahead of the commit: in the process that has read the workbook.

    The document is used for this very sheet, as an object; any other one, however alike, gets one of its own.
    """

    sheet: TeamSheet
    document: Document

    def __reduce__(self) -> tuple[Any, ...]:
        """As the document alone, which is the sheet in few objects."""
        return _made_of, (self.document,)


def document(kind: str, content: object) -> Document:
    """The document of a JSON-able content (dates become ISO texts; NaN and infinity are not JSON)."""
    return of_text(kind, dumps(content))


def of_text(kind: str, text: str) -> Document:
    """The document of a JSON text."""
    plain = text.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(kind.encode() + b"\0" + plain).hexdigest()
    return Document(digest, kind, zlib.compress(plain, 1))


def text_of(data: bytes) -> str:
    """The JSON text of a stored document."""
    return zlib.decompress(data).decode("utf-8", "surrogatepass")


def sheet_document(sheet: TeamSheet) -> Document:
    """The document of a team's sheet; its digest is the sheet's semantic digest (a re-save keeps it)."""
    content = {
        "source": sheet.source,
        "team": columns_for(Team, (sheet.team,)),
        **{name: columns_for(row, rows) for name, row in TABLES if (rows := getattr(sheet, name))},
        "bindings": sheet.bindings,
        "team_rows": sheet.team_rows,
        "book_id": sheet.book_id,
        "gone": sheet.gone,
    }
    return document("sheet", content)


def made(sheet: TeamSheet) -> Made:
    """The sheet with its document."""
    return Made(sheet, sheet_document(sheet))


def _made_of(document: Document) -> Made:
    return Made(sheet_of(document.data), document)


def sheet_of(data: bytes) -> TeamSheet:
    """The team's sheet that a document holds."""
    content = json.loads(text_of(data))
    tables = {name: table_in(row, content[name]) for name, row in TABLES if name in content}
    return TeamSheet(
        source=content["source"],
        team=table_in(Team, content["team"])[0],
        bindings={key: Binding(*binding) for key, binding in content["bindings"].items()},
        team_rows=content["team_rows"],
        book_id=content["book_id"],
        gone=gone_of(content["gone"]),
        **tables,
    )


def people_document(people: Sequence[Person]) -> Document:
    """The document of a people list."""
    return document("people", columns_for(Person, people) if people else {})


def people_of(data: bytes) -> tuple[Person, ...]:
    """The people list that a document holds."""
    content = json.loads(text_of(data))
    return table_in(Person, content).rows if content else ()


def problems_document(problems: Iterable[Problem]) -> Document:
    """The document of the findings of one reading."""
    return document("problems", [list(problem) for problem in problems])


def problems_of(data: bytes) -> tuple[Problem, ...]:
    """The findings that a document holds."""
    return tuple(
        Problem(code, Severity(severity), *texts) for code, severity, *texts in json.loads(text_of(data))
    )


def held_text(held: HeldState) -> str:
    """A held state as JSON text without the pending sheet (a document of its own); "" when not held."""
    return dumps(held._replace(pending=None)._asdict()) if held.kind else ""


def held_of(text: str, pending: TeamSheet | None) -> HeldState:
    """The held state of its JSON text and its pending sheet."""
    if not text:
        return HeldState()
    content = json.loads(text)
    return HeldState(
        kind=content["kind"],
        since=_date(content["since"]),
        what=content["what"],
        pending=pending,
        renames=tuple(Rename(*rename) for rename in content["renames"]),
        missing=gone_of(content["missing"]),
        dates=tuple(map(date.fromisoformat, content["dates"])),
    )


dumps: Callable[[object], str] = json.JSONEncoder(
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,
    sort_keys=True,
    separators=(",", ":"),
    default=date.isoformat,
).encode


@lru_cache(maxsize=10_000)
def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def gone_of(rows: Sequence[Any]) -> tuple[Gone, ...]:
    """The rows that were missing, of a document's list of them."""
    return tuple(
        Gone(table, identity, tuple(map(date.fromisoformat, dates))) for table, identity, dates in rows
    )


def columns_for(row: type[Row], rows: Sequence[Row]) -> dict[str, Any]:
    """The rows by field, as documents have them; "" is how many they are."""
    columns = _finite(Columns.of(row, rows))
    rest = iter(columns.packed)
    named = {
        field: next(rest) if blank is None else list(islice(rest, len(blank))) for field, blank in plan(row)
    }
    return {"": len(columns), **named}


def _finite(columns: Columns[Row]) -> Columns[Row]:
    """The columns with every amount that is not finite as an unreadable one."""
    parts = list(columns.parts)
    at = 0
    for _, blank in plan(columns.row):
        if blank is not None and not math.isfinite(sum(filter(None, parts[at]))):
            good = [value is None or math.isfinite(value) for value in parts[at]]
            parts[at] = tuple(value if sound else None for value, sound in zip(parts[at], good, strict=True))
            parts[at + 1] = tuple(
                was if sound else Was.ERROR for was, sound in zip(parts[at + 1], good, strict=True)
            )
        at += 1 if blank is None else len(blank)
    return columns if tuple(parts) == columns.parts else Columns(columns.row, tuple(parts))


def table_in(row: type[Row], columns: Mapping[str, Any]) -> Columns[Row]:
    """The rows of a table's columns; one not known here is left out, a missing one is blank."""
    packed: list[Packed] = []
    for field, blank in plan(row):
        column = columns.get(field)
        if blank is not None:
            packed += [{"": part} for part in blank] if column is None else column
        elif column is None:
            packed.append({"": row._field_defaults[field] or ""})  # type: ignore[attr-defined]  # named tuples
        else:  # in older documents a missing date is null
            packed.append({"": ""} if column == {"": None} else column)
    return Columns(row, packed=tuple(packed), count=columns[""])

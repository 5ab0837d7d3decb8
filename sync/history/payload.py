"""Sheets, people and findings as compact JSON documents, and back, exactly.

A document is UTF-8 JSON (lone surrogates let through, so that every text survives) under zlib. A table is
stored by columns under their field names, an amount as four columns; a column that holds one and the same
value everywhere is stored once. So a later release, which has more fields, reads it, and ten thousand sheets
with a million check-ins load in seconds.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import islice
from typing import Any, NamedTuple, get_type_hints

from sync.core.columns import Columns, Parts, Row, parts_of, plan, rows_of
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
from sync.core.problems import Problem, Severity
from sync.core.standing import HeldState, Rename

_ROWS: Mapping[str, type[Any]] = {
    "objectives": ObjectiveRow,
    "key_results": KeyResultRow,
    "initiatives": InitiativeRow,
    "retrospective": RetrospectiveRow,
}
_TABLES: tuple[tuple[str, type[Any]], ...] = (*_ROWS.items(), ("check_ins", CheckInRow))


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


def document(kind: str, content: object) -> Document:
    """The document of a JSON-able content (dates become ISO texts; NaN and infinity are not JSON)."""
    return of_text(kind, _dumps(content))


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
        "team": _columns(Team, (sheet.team,)),
        **{name: _columns(row, rows) for name, row in _TABLES if (rows := getattr(sheet, name))},
        "bindings": sheet.bindings,
        "team_rows": sheet.team_rows,
        "book_id": sheet.book_id,
        "gone": sheet.gone,
    }
    return document("sheet", content)


def made(sheet: TeamSheet) -> Made:
    """The sheet with its document."""
    return Made(sheet, sheet_document(sheet))


def sheet_of(data: bytes) -> TeamSheet:
    """The team's sheet that a document holds."""
    content = json.loads(text_of(data))
    tables = {name: _rows(row, content[name]) for name, row in _ROWS.items() if name in content}
    log = content.get("check_ins")
    return TeamSheet(
        source=content["source"],
        team=_rows(Team, content["team"])[0],
        check_ins=Columns(CheckInRow, _parts(CheckInRow, log)) if log else Columns.of(CheckInRow),
        bindings={key: Binding(*binding) for key, binding in content["bindings"].items()},
        team_rows=content["team_rows"],
        book_id=content["book_id"],
        gone=_gone(content["gone"]),
        **tables,
    )


def people_document(people: Sequence[Person]) -> Document:
    """The document of a people list."""
    return document("people", _columns(Person, people) if people else {})


def people_of(data: bytes) -> tuple[Person, ...]:
    """The people list that a document holds."""
    content = json.loads(text_of(data))
    return _rows(Person, content) if content else ()


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
    return _dumps(held._replace(pending=None)._asdict()) if held.kind else ""


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
        missing=_gone(content["missing"]),
        dates=tuple(map(date.fromisoformat, content["dates"])),
    )


_dumps = json.JSONEncoder(
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


def _gone(rows: Sequence[Any]) -> tuple[Gone, ...]:
    return tuple(
        Gone(table, identity, tuple(map(date.fromisoformat, dates))) for table, identity, dates in rows
    )


def _columns(row: type[Row], rows: Sequence[Row]) -> dict[str, Any]:
    """The rows by field; "" is how many they are."""
    rest = iter(parts_of(row, rows))
    columns: dict[str, Any] = {"": len(rows)}
    for field, blank in plan(row):
        if blank is None:
            columns[field] = _packed(next(rest))
        else:
            value, was, *others = islice(rest, len(blank))
            columns[field] = [_packed(part) for part in (*_finite(value, was), *others)]
    return columns


def _packed(column: tuple[Any, ...]) -> object:
    """The column, or {"": value} when it holds one value everywhere (0.0 and -0.0 are not the same)."""
    first = column[0]
    return {"": first} if not isinstance(first, float) and column.count(first) == len(column) else column


def _finite(values: tuple[float | None, ...], was: tuple[str, ...]) -> Parts:
    """The numbers of amounts and what they were; one that is not finite becomes unreadable."""
    if math.isfinite(sum(filter(None, values))):  # then each of them is
        return values, was
    kept = [value is None or math.isfinite(value) for value in values]
    return (
        tuple(value if good else None for value, good in zip(values, kept, strict=True)),
        tuple(word if good else Was.ERROR for word, good in zip(was, kept, strict=True)),
    )


def _parts(row: type[Row], columns: Mapping[str, Any]) -> Parts:
    """The parts of a table's columns; one not known here is left out, a missing one is blank."""
    count, dates = columns[""], _date_fields(row)
    parts: list[tuple[Any, ...]] = []
    for field, blank in plan(row):
        column = columns.get(field)
        if column is None:
            default = row._field_defaults[field]  # type: ignore[attr-defined]  # rows are named tuples
            parts += [(part,) * count for part in ((default,) if blank is None else blank)]
        elif blank is None:
            plain = _unpacked(column, count)
            parts.append(tuple(map(_date, plain)) if field in dates else plain)
        else:
            parts += [_unpacked(part, count) for part in column]
    return tuple(parts)


def _rows(row: type[Row], columns: Mapping[str, Any]) -> tuple[Row, ...]:
    return rows_of(row, _parts(row, columns))


def _unpacked(column: Any, count: int) -> tuple[Any, ...]:  # noqa: ANN401  # JSON
    return (column[""],) * count if isinstance(column, dict) else tuple(column)


@cache
def _date_fields(row: type[Any]) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(row).items() if hint == date | None)

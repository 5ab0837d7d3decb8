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
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, TypeVar, get_type_hints

from sync.core.model import (
    Amount,
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

Row = TypeVar("Row", bound=tuple[Any, ...])

_ROWS: Mapping[str, type[Any]] = {
    "objectives": ObjectiveRow,
    "key_results": KeyResultRow,
    "check_ins": CheckInRow,
    "initiatives": InitiativeRow,
    "retrospective": RetrospectiveRow,
}


class Document(NamedTuple):
    """Something to store once: `digest` names its content."""

    digest: str
    kind: str
    data: bytes


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
        "team": _columns((sheet.team,)),
        **{name: _columns(rows) for name in _ROWS if (rows := getattr(sheet, name))},
        "bindings": sheet.bindings,
        "team_rows": sheet.team_rows,
        "book_id": sheet.book_id,
        "gone": sheet.gone,
    }
    return document("sheet", content)


def sheet_of(data: bytes) -> TeamSheet:
    """The team's sheet that a document holds."""
    content = json.loads(text_of(data))
    tables = {name: _rows(row, content[name]) for name, row in _ROWS.items() if name in content}
    return TeamSheet(
        source=content["source"],
        team=_rows(Team, content["team"])[0],
        bindings={key: Binding(*binding) for key, binding in content["bindings"].items()},
        team_rows=content["team_rows"],
        book_id=content["book_id"],
        gone=_gone(content["gone"]),
        **tables,
    )


def people_document(people: Sequence[Person]) -> Document:
    """The document of a people list."""
    return document("people", _columns(people) if people else {})


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


def _dumps(content: object) -> str:
    return json.dumps(
        content,
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
        default=date.isoformat,
    )


@lru_cache(maxsize=10_000)
def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _gone(rows: Sequence[Any]) -> tuple[Gone, ...]:
    return tuple(
        Gone(table, identity, tuple(map(date.fromisoformat, dates))) for table, identity, dates in rows
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """The rows by field; "" is how many they are."""
    fields: tuple[str, ...] = rows[0]._fields  # type: ignore[attr-defined]  # rows are named tuples
    amounts = _amount_fields(type(rows[0]))
    columns: dict[str, Any] = {"": len(rows)}
    for field, column in zip(fields, zip(*rows, strict=True), strict=True):
        if field in amounts:
            columns[field] = [_packed(part) for part in zip(*map(_finite, column), strict=True)]
        else:
            columns[field] = _packed(column)
    return columns


def _packed(column: tuple[Any, ...]) -> object:
    """The column, or {"": value} when it holds one value everywhere (0.0 and -0.0 are not the same)."""
    first = column[0]
    return {"": first} if not isinstance(first, float) and column.count(first) == len(column) else column


def _finite(amount: Amount) -> Amount:
    """The amount; one that is not finite becomes unreadable, its raw text kept."""
    if amount.value is None or math.isfinite(amount.value):
        return amount
    return amount._replace(value=None, was=Was.ERROR)


def _rows(row: type[Row], columns: Mapping[str, Any]) -> tuple[Row, ...]:
    """The rows of their columns; a column this release does not know is left out, a missing one is blank."""
    count = columns[""]
    fields: tuple[str, ...] = row._fields  # type: ignore[attr-defined]  # bound to named tuples
    defaults: dict[str, Any] = row._field_defaults  # type: ignore[attr-defined]  # as above
    amounts, dates = _amount_fields(row), _date_fields(row)
    whole = []
    for field in fields:
        column = columns.get(field)
        if column is None:
            whole.append([defaults[field]] * count)
        elif field in amounts:
            whole.append(_amounts(column, count))
        else:
            plain = _unpacked(column, count)
            whole.append(list(map(_date, plain)) if field in dates else plain)
    return tuple(map(_maker(row), zip(*whole, strict=True)))


def _amounts(parts: list[Any], count: int) -> list[Amount]:
    if all(isinstance(part, dict) for part in parts):
        return [Amount(*(part[""] for part in parts))] * count
    return list(map(_maker(Amount), zip(*(_unpacked(part, count) for part in parts), strict=True)))


def _maker(row: type[Row]) -> Callable[[Iterable[Any]], Row]:
    """`row._make` without its check of the length, which `zip` has seen to: it is called a million times."""
    return partial(tuple.__new__, row)


def _unpacked(column: Any, count: int) -> list[Any]:  # noqa: ANN401  # JSON
    return [column[""]] * count if isinstance(column, dict) else column


@cache
def _amount_fields(row: type[Any]) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(row).items() if hint is Amount)


@cache
def _date_fields(row: type[Any]) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(row).items() if hint == date | None)

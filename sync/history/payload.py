"""Sheets, people and findings as compact JSON documents, and back, exactly.

A document is UTF-8 JSON (lone surrogates let through, so that every text survives) under zlib. Rows are
arrays; the field names stand once per document, so that a later release with more fields reads it.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar, get_type_hints

from sync.core.model import (
    NOTHING,
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
        "team": _team(sheet.team),
        "fields": {name: row._fields for name, row in _ROWS.items() if getattr(sheet, name)},
        **{name: getattr(sheet, name) for name in _ROWS if getattr(sheet, name)},
        "bindings": {key: sheet.bindings[key] for key in sorted(sheet.bindings)},
        "team_rows": sheet.team_rows,
        "book_id": sheet.book_id,
        "gone": sheet.gone,
    }
    try:
        return document("sheet", content)
    except ValueError:  # a number that is not finite: rare, so only then is each one looked at
        return document("sheet", {**content, "team": _finite(content["team"]), **_finite_tables(sheet)})


def sheet_of(data: bytes) -> TeamSheet:
    """The team's sheet that a document holds."""
    content = json.loads(text_of(data))
    tables = {
        name: tuple(_rows(row, content["fields"][name], content[name]))
        for name, row in _ROWS.items()
        if name in content
    }
    return TeamSheet(
        source=content["source"],
        team=next(_rows(Team, list(content["team"]), [list(content["team"].values())])),
        bindings={key: Binding(*binding) for key, binding in content["bindings"].items()},
        team_rows=content["team_rows"],
        book_id=content["book_id"],
        gone=_gone(content["gone"]),
        **tables,
    )


def people_document(people: Iterable[Person]) -> Document:
    """The document of a people list."""
    return document("people", {"fields": Person._fields, "rows": list(people)})


def people_of(data: bytes) -> tuple[Person, ...]:
    """The people list that a document holds."""
    content = json.loads(text_of(data))
    return tuple(_rows(Person, content["fields"], content["rows"]))


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
        content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=date.isoformat
    )


def _team(team: Team) -> dict[str, Any]:
    return team._asdict()


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _gone(rows: Sequence[Any]) -> tuple[Gone, ...]:
    return tuple(
        Gone(table, identity, tuple(map(date.fromisoformat, dates))) for table, identity, dates in rows
    )


def _amount(parts: list[Any]) -> Amount:
    return Amount(*parts) if parts != _NOTHING else NOTHING


_NOTHING = list(NOTHING)


def _converters(row: type[Any], fields: Sequence[str]) -> list[tuple[int, Callable[[Any], Any]]]:
    """(place, how to read it) of the fields that JSON cannot hold as they are."""
    hints = get_type_hints(row)
    by_type: dict[object, Callable[[Any], Any]] = {Amount: _amount, date | None: _date}
    return [(place, by_type[hints[name]]) for place, name in enumerate(fields) if hints.get(name) in by_type]


def _rows(row: type[Row], fields: Sequence[str], stored: Iterable[list[Any]]) -> Iterator[Row]:
    """The rows of their arrays; a field this release does not know is left out, a new one is blank."""
    converters = _converters(row, fields)
    same = tuple(fields) == row._fields  # type: ignore[attr-defined]  # bound to named tuples
    for parts in stored:
        for place, convert in converters:
            parts[place] = convert(parts[place])
        if same:
            yield row._make(parts)  # type: ignore[attr-defined]  # as above
        else:
            known = {n: p for n, p in zip(fields, parts, strict=True) if n in row._fields}  # type: ignore[attr-defined]  # as above
            yield row(**known)


def _finite_tables(sheet: TeamSheet) -> dict[str, list[Any]]:
    return {name: [_finite(row) for row in getattr(sheet, name)] for name in _ROWS if getattr(sheet, name)}


def _finite(row: Any) -> Any:  # noqa: ANN401  # a row of any table, or the team's fields
    """The row with amounts that are not finite turned into unreadable ones, their raw text kept."""
    if isinstance(row, dict):
        return {name: _finite_cell(cell) for name, cell in row.items()}
    return row._make(map(_finite_cell, row))


def _finite_cell(cell: Any) -> Any:  # noqa: ANN401  # a cell of any type
    if isinstance(cell, Amount) and cell.value is not None and not math.isfinite(cell.value):
        return cell._replace(value=None, was=Was.ERROR)
    return cell

"""What a reading says of a row beside what history last saw of it: a new value, a check-in, any change."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, NamedTuple

from sync.core.grid import number_text
from sync.core.model import Amount, KeyResultRow, Was
from sync.core.standing import AnyRow

FORGOTTEN = "?"  # the comment_key of a row from which a person was removed: its next comment is no check-in
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_UNTRACKED = {"row", "identity"}


class LastSeen(NamedTuple):
    """What history keeps of one row between runs (the columns of `series` of the same names).

    `current_key` and `confidence_key` name the last readable content of these cells, None if there was none.
    """

    row_id: str = ""
    text: str = ""
    current_key: str | None = None
    confidence_key: str | None = None
    status: str = ""
    comment_key: str = ""
    mark: str = ""
    value_seen: date | None = None
    changed_on: date | None = None
    newest: date | None = None
    dropped_on: date | None = None


class Observation(NamedTuple):
    """The next state of a row, and what happened. `changed`: a point is due, dated `seen.newest`."""

    seen: LastSeen
    changed: bool
    new_value: bool
    checked_in: bool
    texts: str


def observe(row: AnyRow, before: LastSeen | None, as_of: date) -> Observation:
    """What a row, seen in a run of that date, adds to what was seen of it before."""
    texts = _encode(texts_of(row))
    mark = _digest(texts)
    changed = before is None or mark != before.mark or before.dropped_on is not None
    if isinstance(row, KeyResultRow):
        seen, new_value, checked_in = look_at(row, before, as_of)
    else:
        seen, new_value, checked_in = LastSeen(row.id, row.objective, status=row.status), False, False
    newest = _not_before(as_of, before) if changed else before and before.newest
    return Observation(seen._replace(mark=mark, newest=newest), changed, new_value, checked_in, texts)


def look_at(row: KeyResultRow, before: LastSeen | None, as_of: date) -> tuple[LastSeen, bool, bool]:
    """(what is now last seen of a key result, whether its value is new, whether that is a check-in)."""
    last = before or LastSeen()
    dated = _not_before(as_of, before)
    current = _key(row.current, last.current_key)
    confidence = _key(row.confidence, last.confidence_key)
    comment = _digest(row.comment) if row.comment else ""
    new_value = current is not None and current != last.current_key
    checked_in = before is not None and (
        (new_value and last.current_key is not None and not row.current.formula)
        or (last.confidence_key is not None and confidence != last.confidence_key)
        or row.status != last.status
        or last.comment_key not in {comment, FORGOTTEN}
    )
    value_seen = dated if new_value else last.value_seen
    changed_on = dated if checked_in else last.changed_on
    seen = LastSeen(
        row.id, row.key_result, current, confidence, row.status, comment, "", value_seen, changed_on
    )
    return seen, new_value, checked_in


def _not_before(as_of: date, last: LastSeen | None) -> date:
    """The date of what a run sees: its own, but never before the newest that the row already has."""
    return max(as_of, last.newest) if last and last.newest else as_of


def texts_of(row: AnyRow) -> dict[str, str]:
    """Every cell of a row that is not blank, as text."""
    cells = zip(row._fields, map(_text, row), strict=True)
    return {name: text for name, text in cells if text and name not in _UNTRACKED}


def _key(amount: Amount, before: str | None) -> str | None:
    """What makes two contents of a cell the same; an error leaves what was there before it."""
    if amount.was == Was.ERROR:
        return before
    return (
        f"{amount.was} {float(amount.value)!r}" if amount.value is not None else f"{amount.was} {amount.raw}"
    )


def _text(cell: Any) -> str:  # noqa: ANN401  # a cell of any type
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Amount):
        return cell.raw or (number_text(cell.value) if cell.value is not None else "")
    return cell.isoformat() if isinstance(cell, date) else ""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

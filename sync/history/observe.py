"""What a reading says of a row beside what history last saw of it: a new value, a check-in, any change."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, NamedTuple

from sync.core.grid import number_text
from sync.core.model import Amount, KeyResultRow, Was
from sync.core.standing import AnyRow, text_of

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
    """The next state of a row; `changed` says whether a point is due, dated `seen.newest`."""

    seen: LastSeen
    changed: bool
    new_value: bool
    checked_in: bool
    texts: str


def observe(row: AnyRow, before: LastSeen | None, as_of: date) -> Observation:
    """What a row, seen in a run of that date, adds to what was seen of it before."""
    texts = json.dumps(texts_of(row), ensure_ascii=False, separators=(",", ":"))
    last = before or LastSeen()
    dated = max(as_of, last.newest or as_of)
    now = last._replace(
        row_id=row.id, text=text_of(row), status=row.status, mark=_digest(texts), newest=dated
    )
    now = now._replace(dropped_on=None)
    new_value = checked_in = False
    if isinstance(row, KeyResultRow):
        now = now._replace(
            current_key=_key(row.current, last.current_key),
            confidence_key=_key(row.confidence, last.confidence_key),
            comment_key=_digest(row.comment) if row.comment else "",
        )
        new_value = now.current_key is not None and now.current_key != last.current_key
        checked_in = before is not None and _checked_in(row, last, now)
        now = now._replace(
            value_seen=dated if new_value else last.value_seen,
            changed_on=dated if checked_in else last.changed_on,
        )
    changed = before is None or now.mark != last.mark or last.dropped_on is not None
    if not changed:
        now = now._replace(newest=last.newest)
    return Observation(now, changed, new_value, checked_in, texts)


def texts_of(row: AnyRow) -> dict[str, str]:
    """Every cell of a row that is not blank, as text."""
    cells = ((name, _text(cell)) for name, cell in row._asdict().items() if name not in _UNTRACKED)
    return {name: text for name, text in cells if text}


def _checked_in(row: KeyResultRow, last: LastSeen, now: LastSeen) -> bool:
    """Whether Current, Confidence, Status or Comment changed; a formula's new value is no check-in."""
    current = last.current_key is not None and now.current_key != last.current_key and not row.current.formula
    confidence = last.confidence_key is not None and now.confidence_key != last.confidence_key
    words = (now.status, now.comment_key) != (last.status, last.comment_key)
    return current or confidence or words


def _key(amount: Amount, before: str | None) -> str | None:
    """What makes two contents of a cell the same; an error leaves what was there before it."""
    if amount.was == Was.ERROR:
        return before
    return f"{amount.was} {amount.value!r}" if amount.value is not None else f"{amount.was} {amount.raw}"


def _text(cell: Any) -> str:  # noqa: ANN401  # a cell of any type
    if isinstance(cell, Amount):
        return cell.raw or (number_text(cell.value) if cell.value is not None else "")
    return cell.isoformat() if isinstance(cell, date) else cell or ""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

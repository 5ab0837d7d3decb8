"""What a reading says of a row beside what history last saw of it: a new value, a check-in, any change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice, repeat
from json.encoder import encode_basestring
from typing import NamedTuple

from sync.core.columns import Row, parts_of, plan
from sync.core.grid import number_text
from sync.core.model import Amount, KeyResultRow, Was
from sync.core.standing import AnyRow

FORGOTTEN = "?"  # the comment_key of a row from which a person was removed: its next comment is no check-in
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


def observe(row: AnyRow, texts: str, before: LastSeen | None, as_of: date) -> Observation:
    """What a row (and its `texts_of`), seen in a run of that date, adds to what was seen of it before."""
    mark = _digest(texts)
    changed = before is None or mark != before.mark or before.dropped_on is not None
    newest = _not_before(as_of, before) if changed else before and before.newest
    if isinstance(row, KeyResultRow):
        seen, new_value, checked_in = look_at(row, before, as_of, mark, newest)
    else:
        seen = LastSeen(row.id, row.objective, status=row.status, mark=mark, newest=newest)
        new_value = checked_in = False
    return Observation(seen, changed, new_value, checked_in, texts)


def look_at(
    row: KeyResultRow, before: LastSeen | None, as_of: date, mark: str = "", newest: date | None = None
) -> tuple[LastSeen, bool, bool]:
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
        row.id, row.key_result, current, confidence, row.status, comment, mark, value_seen, changed_on, newest
    )
    return seen, new_value, checked_in


def dates_of(row: KeyResultRow, before: LastSeen | None, as_of: date) -> tuple[date | None, date | None]:
    """(value seen, changed on) of a key result once this reading of it is recorded."""
    if before is None:
        return (None if row.current.was == Was.ERROR else as_of), None
    seen, _, _ = look_at(row, before, as_of)
    return seen.value_seen, seen.changed_on


def _not_before(as_of: date, last: LastSeen | None) -> date:
    """The date of what a run sees: its own, but never before the newest that the row already has."""
    return max(as_of, last.newest) if last and last.newest else as_of


def texts_of(row: type[Row], rows: Sequence[Row]) -> Iterator[str]:
    """For each row of a table its cells that are not blank, as texts in a JSON object."""
    filled = {name: column for name, column in _texts(row, rows) if any(column)}
    names = [f"{encode_basestring(name)}:" for name in filled]
    for cells in zip(*filled.values(), strict=True) if filled else repeat((), len(rows)):
        pairs = zip(names, cells, strict=True)
        yield f"{{{','.join([name + encode_basestring(text) for name, text in pairs if text])}}}"


def _texts(row: type[Row], rows: Sequence[Row]) -> Iterator[tuple[str, Sequence[str]]]:
    """The columns of a table as texts, by field."""
    rest = iter(parts_of(row, rows))
    for name, blank in plan(row):
        if blank is not None:
            value, _, raw, _ = islice(rest, len(blank))
            yield name, raw if all(raw) else list(map(_shown, value, raw))
        elif name in _UNTRACKED:
            next(rest)
        else:
            yield name, [cell.isoformat() if isinstance(cell, date) else cell for cell in next(rest)]


def _shown(value: float | None, raw: str) -> str:
    """The text of an amount."""
    return raw or (number_text(value) if value is not None else "")


def _key(amount: Amount, before: str | None) -> str | None:
    """What makes two contents of a cell the same; an error leaves what was there before it."""
    if amount.was == Was.ERROR:
        return before
    return (
        f"{amount.was} {float(amount.value)!r}" if amount.value is not None else f"{amount.was} {amount.raw}"
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

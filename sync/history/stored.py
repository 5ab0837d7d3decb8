"""Whole columns as they are stored, and back: what the types of `tables` do one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Date, Dialect, Integer
from sqlalchemy.types import TypeEngine

from sync.history.tables import ESCAPE, Number, Words, restored, storable


def to_store(kind: TypeEngine[Any], dialect: Dialect, values: Sequence[Any]) -> Sequence[Any]:
    """What the driver is given for the values of a column."""
    if isinstance(kind, Words):
        return [text if text is None else storable(text) for text in values]
    if isinstance(kind, Number):
        return [float(n) + 0.0 if n is not None and math.isfinite(n) else None for n in values]
    if isinstance(kind, Integer):  # a count may come as 3.0
        return [None if n is None else int(n) for n in values]
    return _converted(kind, kind.dialect_impl(dialect).bind_processor(dialect), values)


def from_store(kind: TypeEngine[Any], dialect: Dialect, code: object, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column that the driver gave; `code` is the driver's own name of its type."""
    if isinstance(kind, Words):
        return [text and restored(text) for text in values] if _escaped(values) else values
    return _converted(kind, kind.dialect_impl(dialect).result_processor(dialect, code), values)


def _escaped(values: Sequence[str | None]) -> bool:
    """Whether any of many texts is stored otherwise than it was given, which hardly any is."""
    return ESCAPE in "".join(filter(None, values))


def _converted(
    kind: TypeEngine[Any], convert: Callable[[Any], Any] | None, values: Sequence[Any]
) -> Sequence[Any]:
    if convert is None:
        return values
    if isinstance(kind, Date):  # many rows, few days
        known = {day: convert(day) for day in set(values)}
        return [known[day] for day in values]
    return list(map(convert, values))

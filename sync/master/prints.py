"""Fingerprints of a table's rows, block by block: equal values and looks, and nothing else, give equal ones.

They tell whether the master would look different at all (`cells.digest`), and which blocks of rows can be
taken from the master before (`kept`). A million cells are looked at in each run, so whole columns go
through one call each wherever their values allow it.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

BLOCK = 256
"""Rows in a block: few enough that one changed row makes few others be written again."""


class Print(NamedTuple):
    """A block's fingerprint, and its own styles in the order of their first row (see `Columnar.styles`)."""

    digest: bytes
    styles: tuple[Any, ...]


class Columnar(Protocol):
    """What is looked at of a column."""

    @property
    def values(self) -> Sequence[Any]:
        """Its cells."""

    @property
    def styles(self) -> Sequence[Any] | None:
        """Its cells' own looks, None where the column has one for all."""


def of_blocks(columns: Sequence[Columnar]) -> tuple[Print, ...]:
    """The fingerprints of every BLOCK rows of these columns."""
    rows = len(columns[0].values) if columns else 0
    return tuple(_of_block(columns, start, start + BLOCK) for start in range(0, rows, BLOCK))


def _of_block(columns: Sequence[Columnar], start: int, stop: int) -> Print:
    found, numbered = hashlib.sha256(), dict[Hashable, int]()
    for column in columns:
        parts = [of_values(column.values[start:stop])]
        if column.styles is not None:
            parts.append(marshal.dumps(_numbers(column.styles[start:stop], numbered), 2))
        for part in parts:
            found.update(b"%d:" % len(part))
            found.update(part)
    found.update(repr(list(numbered)).encode())
    return Print(found.digest(), tuple(numbered))


def _numbers(styles: Sequence[Any], numbered: dict[Hashable, int]) -> list[int]:
    """Each style's number; they are told apart by identity first, since comparing them takes longer."""
    ids = list(map(id, styles))
    distinct = dict(zip(ids, styles, strict=True))
    known = {at: numbered.setdefault(style, len(numbered)) for at, style in distinct.items()}
    return list(map(known.__getitem__, ids))


def of_values(values: Sequence[Any]) -> bytes:
    """The values as bytes that no other values have: 1.0, 1, True and "1" differ, -0.0 and 0.0 too."""
    try:
        joined = "\0".join(values)
    except TypeError:
        return _marshalled(values)
    if joined.count("\0") == len(values) - 1:
        return b"t" + joined.encode("utf-8", "surrogatepass")
    return _marshalled(values)


def _marshalled(values: Sequence[Any]) -> bytes:
    """Version 2 is the last that looks at nothing but the values (later ones at who else holds them)."""
    try:
        return b"m" + marshal.dumps(list(values), 2)
    except ValueError:  # dates and formulas are none of marshal's types
        pass
    if set(map(type, values)) <= {date, type(None)}:
        days = {day: day and day.toordinal() for day in set(values)}
        return b"d" + marshal.dumps(list(map(days.__getitem__, values)), 2)
    return b"p" + marshal.dumps([_plain(value) for value in values], 2)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return (type(value).__name__, *value)
    return value if value is None or type(value) in {str, float, int, bool} else (str(value),)

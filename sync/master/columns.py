"""Columns of the portfolio's frames as plain values, and managers' columns between ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring_ascii

import numpy as np
import pandas as pd

from sync.core.arrays import Bools, Floats, Ints, Texts, flags, keys, numbers, texts
from sync.core.model import Was
from sync.master.cells import Column, Formula, Style, Value
from sync.master.look import (
    AMOUNT,
    HEADER,
    HEADER_THEIRS,
    NOTE,
    RAW,
    STAGE,
    TECHNICAL,
    YES_NO,
    note,
    number_style,
    percent_style,
)
from sync.master.notes import IDENTITY, MANAGER_NOTE, NoteCell, Notes
from sync.master.places import Place

_YES_NO = AMOUNT._replace(number=YES_NO, align="center")


class Taken:
    """A frame's columns in the order of a sheet."""

    def __init__(self, frame: pd.DataFrame, order: Ints) -> None:
        self._frame, self._order = frame, order

    def numbers(self, column: str) -> Floats:
        """A number column, NaN where there is none."""
        return numbers(self._frame, column)[self._order]

    def shown(self, column: str) -> list[Value]:
        """A number column's cells."""
        return [*finite_or_none(self.numbers(column))]

    def keys(self, column: str) -> Ints:
        """A column of row numbers of another frame."""
        return keys(self._frame, column)[self._order]

    def flags(self, column: str) -> Bools:
        """A column of booleans."""
        return flags(self._frame, column)[self._order]

    def texts(self, column: str) -> list[str]:
        """A text column."""
        return [*self._column(column).tolist()]

    def days(self, column: str) -> list[Value]:
        """A date column's cells, None where there is none."""
        moments = self._frame[column].to_numpy(dtype="datetime64[s]")[self._order]
        return [*moments.astype("datetime64[D]").tolist()]

    def amounts(self, field: str, was: str = "", raw: str = "") -> tuple[list[Value], list[Style]]:
        """The cells and styles of an Amount field's columns."""
        kinds, raws = self._column(was or f"{field}_was"), self._column(raw or f"{field}_raw")
        return amounts(self.numbers(field), kinds, raws)

    def _column(self, column: str) -> Texts:
        found: Texts = texts(self._frame, column)[self._order]
        return found


def finite_or_none(values: Floats) -> list[float | None]:
    """The numbers, None for NaN and infinite ones."""
    found = values.astype(np.object_)
    found[~np.isfinite(values)] = None
    return [*found.tolist()]


def amounts(values: Floats, was: Texts, raw: Texts) -> tuple[list[Value], list[Style]]:
    """Value cells as they were: percents as percents, yes and no as words, what is no number as its text."""
    cells: list[Value] = [*finite_or_none(values)]
    looks: list[Style] = [AMOUNT, _YES_NO, STAGE, RAW]
    at = np.zeros(len(values), dtype=np.int64)
    there, percent, yes_no = np.isfinite(values), was == Was.PERCENT, was == Was.BOOL
    at[there & yes_no] = looks.index(_YES_NO)
    for style_of, rows in ((percent_style, percent), (number_style, ~percent & ~yes_no)):
        distinct, which = np.unique(values[there & rows], return_inverse=True)
        at[there & rows] = len(looks) + which
        looks += map(style_of, distinct.tolist())
    for kind, look in ((Was.TEXT, STAGE), (Was.ERROR, RAW)):
        for row in np.flatnonzero(~there & (was == kind) & (raw != "")).tolist():
            cells[row], at[row] = raw[row], looks.index(look)
    return cells, [looks[look] for look in at.tolist()]


def identities(rows: Taken, units: pd.DataFrame) -> list[str]:
    """What each row is known by across runs: unit, cycle and identity, as JSON."""
    begun = [row_identity(*pair)[:-1] for pair in zip(units["unit"], units["cycle"], strict=True)]
    pairs = zip(rows.keys("unit_key").tolist(), rows.texts("identity"), strict=True)
    return [f"{begun[unit]},{encode_basestring_ascii(identity)}]" for unit, identity in pairs]


def row_identity(*parts: str) -> str:
    """The parts as one text that no content can confuse with another: a JSON list in ASCII."""
    return f"[{','.join(map(encode_basestring_ascii, parts))}]"


def weave(place: Place, ours: Sequence[Column], rows: Sequence[str], notes: Notes) -> tuple[Column, ...]:
    """All columns in the place's order: ours, `Manager note`, the managers' own, the hidden identity."""
    made = {column.header: column for column in ours}
    rows = rows if len(set(rows)) == len(rows) else _unlike(rows)
    made[IDENTITY] = Column(IDENTITY, rows, TECHNICAL, hidden=True, title=TECHNICAL)
    written = notes.cells.get(place.sheet, {})
    for header in place.headers:
        if header not in made:
            title = HEADER if header == MANAGER_NOTE else HEADER_THEIRS
            made[header] = _theirs(header, rows, written, place, title)
    return tuple(made[header] for header in place.headers)


def _unlike(rows: Sequence[str]) -> list[str]:
    """The identities, numbered where one stands several times, so that each row keeps its own notes."""
    seen: Counter[str] = Counter()
    found = []
    for row in rows:
        seen[row] += 1
        found.append(row if seen[row] == 1 else f'{row[:-1]},"#{seen[row]}"]')
    return found


def _theirs(
    header: str,
    rows: Sequence[str],
    written: Mapping[str, Mapping[str, NoteCell]],
    place: Place,
    title: Style,
) -> Column:
    values: list[Value] = [None] * len(rows)
    styles = [NOTE] * len(rows)
    for at, row in enumerate(rows):
        if row in written and header in written[row]:
            cell = written[row][header]
            values[at], styles[at] = cell.at(place.top + 1 + at), note(cell.style)
    width = 30 if header == MANAGER_NOTE else 18
    return Column(header, values, NOTE, styles, width=width, title=title, theirs=True)


def hidden(header: str, values: Sequence[Value]) -> Column:
    """A column for formulas only."""
    return Column(header, values, TECHNICAL, hidden=True, title=TECHNICAL)


def made_keys(letter: str, at: Sequence[int]) -> list[Value]:
    """Keys made by us, which no text of a team can equal: k000123; "" for -1."""
    return [f"{letter}{key:06d}" if key >= 0 else "" for key in at]


def live_or_plain(live: Sequence[bool], formulas: Iterable[str | None], values: Floats) -> list[Value]:
    """The formula where it is live and there is one, with the value it has now; the plain value elsewhere."""
    if not any(live):
        return [*finite_or_none(values)]
    return [
        Formula(text, "" if value is None else value) if there and text else value
        for there, text, value in zip(live, formulas, finite_or_none(values), strict=True)
    ]

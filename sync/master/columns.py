"""Columns of the portfolio's frames as plain values, and managers' columns between ours."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from sync.core.arrays import Bools, Floats, Ints, flags, keys, numbers, texts
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
        return list(texts(self._frame, column)[self._order])

    def days(self, column: str) -> list[Value]:
        """A date column's cells, None where there is none."""
        moments = self._frame[column].to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
        return [*moments[self._order].tolist()]

    def amounts(self, field: str, was: str = "", raw: str = "") -> tuple[list[Value], list[Style]]:
        """The cells and styles of an Amount field's columns."""
        kinds = self.texts(was or f"{field}_was")
        return amounts(self.numbers(field), kinds, self.texts(raw or f"{field}_raw"))


def finite_or_none(values: Floats) -> list[float | None]:
    """The numbers, None for NaN and infinite ones."""
    finite = np.isfinite(values).tolist()
    return [value if there else None for value, there in zip(values.tolist(), finite, strict=True)]


def amounts(values: Floats, was: Sequence[str], raw: Sequence[str]) -> tuple[list[Value], list[Style]]:
    """Value cells as they were: percents as percents, yes and no as words, what is no number as its text."""
    found = [_amount(value, kind, text) for value, kind, text in zip(values.tolist(), was, raw, strict=True)]
    return [value for value, _ in found], [style for _, style in found]


def _amount(value: float, kind: str, text: str) -> tuple[Value, Style]:
    if not math.isfinite(value):
        look = {Was.TEXT: STAGE, Was.ERROR: RAW}.get(Was(kind))
        return (text, look) if text and look else (None, AMOUNT)
    if kind == Was.BOOL:
        return value, _YES_NO
    return value, percent_style(value) if kind == Was.PERCENT else number_style(value)


def identities(rows: Taken, units: pd.DataFrame) -> list[str]:
    """What each row is known by across runs: unit, cycle and identity, as JSON."""
    names, cycles = units["unit"].tolist(), units["cycle"].tolist()
    pairs = zip(rows.keys("unit_key").tolist(), rows.texts("identity"), strict=True)
    return [row_identity(names[unit], cycles[unit], identity) for unit, identity in pairs]


def row_identity(*parts: str) -> str:
    """The parts as one text that no content can confuse with another."""
    return json.dumps(parts, ensure_ascii=True, separators=(",", ":"))


def weave(place: Place, ours: Sequence[Column], rows: Sequence[str], notes: Notes) -> tuple[Column, ...]:
    """All columns in the place's order: ours, `Manager note`, the managers' own, the hidden identity."""
    made = {column.header: column for column in ours}
    rows = _unlike(rows)
    made[IDENTITY] = Column(IDENTITY, list(rows), TECHNICAL, hidden=True, title=TECHNICAL)
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
    cells = [written.get(row, {}).get(header) for row in rows]
    values = [None if cell is None else cell.at(place.top + 1 + at) for at, cell in enumerate(cells)]
    styles = [NOTE if cell is None else note(cell.style) for cell in cells]
    return Column(header, values, NOTE, styles, width=30 if header == MANAGER_NOTE else 18, title=title)


def hidden(header: str, values: Sequence[Value]) -> Column:
    """A column for formulas only."""
    return Column(header, values, TECHNICAL, hidden=True, title=TECHNICAL)


def made_keys(letter: str, at: Sequence[int]) -> list[Value]:
    """Keys made by us, which no text of a team can equal: k000123; "" for -1."""
    return [f"{letter}{key:06d}" if key >= 0 else "" for key in at]


def live_or_plain(live: Sequence[bool], formulas: Iterable[str | None], values: Floats) -> list[Value]:
    """The formula where it is live and there is one, with the value it has now; the plain value elsewhere."""
    return [
        Formula(text, "" if value is None else value) if there and text else value
        for there, text, value in zip(live, formulas, finite_or_none(values), strict=True)
    ]

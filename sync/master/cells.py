"""A workbook to be written, as plain values: what `layout` makes and `excel` writes.

Rows and columns are counted from 1, as in the Grid. A text is always a text: only a `Formula` becomes a
formula, only a `link` becomes a link. Values are plain Python (never NaN, never numpy), so that a
workbook can be compared, hashed and written without looking at anything else.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sync.core import palette
from sync.core.grid import a1, column_letters
from sync.master.prints import Print, of_blocks


class Formula(NamedTuple):
    """A live cell: its text without `=`, and the value it has now ("" shows nothing).

    `home`: the only master that it is a formula in (a manager wrote it there), "" for one of ours.
    """

    text: str
    value: float | str
    home: str = ""


Value = str | float | bool | date | Formula | None


class Style(NamedTuple):
    """How a cell looks. `number` is an Excel number format, `line` the colour of a hairline below.

    `text`: what is typed over it stays a text, also when it begins with `=`.
    """

    number: str = ""
    bold: bool = False
    italic: bool = False
    underline: bool = False
    size: float = palette.FONT_SIZE
    ink: str = palette.INK
    fill: str = ""
    align: str = ""
    indent: int = 0
    wrap: bool = False
    line: str = ""
    text: bool = False


PLAIN = Style()


class Placed(NamedTuple):
    """One cell outside a table. `volatile`: says when or how we ran, not what we found."""

    row: int
    column: int
    value: Value
    style: Style = PLAIN
    link: str = ""
    volatile: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. `styles` overrides `style` row by row; `links` go by row, from 0.

    `theirs`: managers write in it.
    """

    header: str
    values: Sequence[Value]
    style: Style = PLAIN
    styles: Sequence[Style] | None = None
    width: float = 12
    hidden: bool = False
    links: Mapping[int, str] = field(default_factory=dict)
    title: Style | None = None
    theirs: bool = False


@dataclass(frozen=True)
class Table:
    """Columns under a header row. `outline`: each row's level (0 = top), empty for a flat list.

    `name` makes it an Excel table with filter buttons; "" leaves it plain.
    """

    top: int
    columns: tuple[Column, ...]
    name: str = ""
    outline: Sequence[int] = ()

    @property
    def rows(self) -> int:
        """How many rows stand below the header."""
        return len(self.columns[0].values) if self.columns else 0

    @cached_property
    def prints(self) -> tuple[Print, ...]:
        """The fingerprint of every block of rows."""
        return of_blocks(self.columns)

    def at(self, header: str) -> int:
        """The column (from 1) that carries that header."""
        return next(at for at, column in enumerate(self.columns, 1) if column.header == header)


class Tinted(NamedTuple):
    """Cells of a column that hold one of these texts take its colours."""

    header: str
    tints: Mapping[str, palette.Tint]


class Bar(NamedTuple):
    """Cells of a column show a bar from 0 to `full`, None = the largest value."""

    header: str
    colour: str = palette.BAR
    full: float | None = 1.0


class Above(NamedTuple):
    """Numbers of a column beyond a limit take a colour; `below` looks the other way."""

    header: str
    limit: float
    ink: str
    below: bool = False


Accent = Tinted | Bar | Above


class Spark(NamedTuple):
    """Small charts in a column: one row of `ranges` (`'Trend'!C5:N5`) for each row of the table."""

    header: str
    ranges: tuple[str, ...]


class Line(NamedTuple):
    """One line of a chart: where its name, dates and values stand, and what stands there."""

    name: str
    names: str
    dates: str
    values: str
    dates_now: tuple[str, ...]
    values_now: tuple[float | None, ...]


class Chart(NamedTuple):
    """A line chart with its upper left corner in a cell; sizes in pixels."""

    row: int
    column: int
    title: str
    lines: tuple[Line, ...]
    width: int = 900
    height: int = 300


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `freeze`: how many rows and columns stay in view; `heights` in points by row."""

    name: str
    placed: tuple[Placed, ...] = ()
    table: Table | None = None
    accents: tuple[Accent, ...] = ()
    sparks: tuple[Spark, ...] = ()
    chart: Chart | None = None
    freeze: tuple[int, int] = (0, 0)
    heights: Mapping[int, float] = field(default_factory=dict)
    widths: Mapping[int, float] = field(default_factory=dict)
    tab: str = ""
    portrait: bool = False
    hidden: bool = False
    gridlines: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """The master: its title and the date it shows, its sheets in order."""

    title: str
    created: date
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name."""
        return next(sheet for sheet in self.sheets if sheet.name == name)


def address(row: int, column: int) -> str:
    """An absolute A1 address: (12, 9) -> $I$12."""
    return f"${column_letters(column)}${row}"


def quoted(sheet: str) -> str:
    """A sheet's name as it stands before `!` in a formula or a link."""
    return "'" + sheet.replace("'", "''") + "'"


LONGEST_TEXT = 32_767
CUT = " … (cut here, S113: Excel holds 32,767 characters in a cell; the whole text stands in its source)"
_SURROGATE = re.compile("[\ud800-\udfff]")


def text_for_cell(text: str) -> str:
    """The text as a cell can hold it: lone surrogates replaced, cut at Excel's limit with a note."""
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    if len(text) * 2 > LONGEST_TEXT and len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        room = (LONGEST_TEXT - len(CUT)) * 2
        text = text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + CUT
    return text


def finite(value: float | None) -> float | None:
    """The number, or None where there is none: no NaN or infinity reaches a workbook (TRUST 11)."""
    return None if value is None or not math.isfinite(value) else float(value)


def digest(workbook: Workbook) -> str:
    """The sha256 of everything a reader of the workbook sees, save when and by which run it was made."""
    found = hashlib.sha256()
    for part in _parts(workbook):
        found.update(part.encode("utf-8", "surrogatepass"))
        found.update(b"\0")
    return found.hexdigest()


def _parts(workbook: Workbook) -> Iterator[str]:
    for sheet in workbook.sheets:
        yield repr((sheet.name, sheet.freeze, dict(sheet.heights), dict(sheet.widths), sheet.hidden))
        yield repr([cell for cell in sheet.placed if not cell.volatile])
        yield repr((sheet.accents, sheet.sparks, sheet.chart))
        if sheet.table:
            yield repr((sheet.table.top, sheet.table.name, list(sheet.table.outline)))
            for column in sheet.table.columns:
                yield repr((column.header, column.style, column.width, column.hidden, dict(column.links)))
            yield repr([found.digest for found in sheet.table.prints])


__all__ = [
    "PLAIN",
    "Above",
    "Accent",
    "Bar",
    "Chart",
    "Column",
    "Formula",
    "Line",
    "Placed",
    "Sheet",
    "Spark",
    "Style",
    "Table",
    "Tinted",
    "Value",
    "Workbook",
    "a1",
    "address",
    "digest",
    "finite",
    "quoted",
    "text_for_cell",
]

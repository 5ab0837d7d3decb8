"""A workbook as values: what every source (Excel, Google, memory) hands to the parser.

Only cells that hold something are stored. A styled but empty cell is no cell; a formula that
gave an empty text *is* one (kind TEXT, value ""), because empty, white space, 0 and missing are
four different things from end to end (TRUST 6). Rows and columns are counted from 1.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

CellValue = str | int | float | bool | date | datetime | time | timedelta | None


class Kind(StrEnum):
    """What a cell holds; an ERROR's value is its text (`#REF!`), an UNCALCULATED one's is None."""

    BLANK = "blank"
    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    DATE = "date"
    TIME = "time"
    DURATION = "duration"
    ERROR = "error"
    UNCALCULATED = "uncalculated"


class Style(StrEnum):
    """The class of a cell's number format; the value itself is never rounded by it."""

    PLAIN = "plain"
    PERCENT = "percent"
    DATE = "date"
    CURRENCY = "currency"
    TEXT = "text"


class Cell(NamedTuple):
    """One cell. `value` by kind: str, float, bool, date/datetime, time, timedelta, error text, None."""

    kind: Kind
    value: CellValue
    style: Style = Style.PLAIN
    formula: bool = False

    @property
    def text(self) -> str:
        """The cell's content as a person would quote it, unrounded (`0.625`, `62.5%`, `2026-10-01`)."""
        return display(self.value, percent=self.style is Style.PERCENT)


BLANK = Cell(Kind.BLANK, None)


class Sheet(NamedTuple):
    """One tab: `rows[row][column] -> Cell`, sparse, both counted from 1. `gid`: its id in Google."""

    name: str
    rows: dict[int, dict[int, Cell]]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[str, ...] = ()
    gid: str = ""

    def cell(self, row: int, column: int) -> Cell:
        """The cell at a place, BLANK where nothing is stored."""
        return self.rows.get(row, {}).get(column, BLANK)


class Grid(NamedTuple):
    """A whole workbook. `names` are its defined names (name -> text of the reference)."""

    sheets: tuple[Sheet, ...]
    names: dict[str, str] = {}  # noqa: RUF012  # a NamedTuple default; never written to

    def sheet(self, name: str) -> Sheet | None:
        """The tab of exactly that name, or None."""
        return next((s for s in self.sheets if s.name == name), None)


def display(value: CellValue, *, percent: bool = False) -> str:
    """The text of a cell value: whole floats without `.0`, dates in ISO form, booleans as TRUE/FALSE."""
    if isinstance(value, str):  # first, because most cells are texts
        return value
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() | int():
            return number_text(value * 100) + "%" if percent else number_text(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def number_text(value: float) -> str:
    """The shortest text that names the number to 15 digits, as Excel shows it: `7`, `0.59`, `1E+20`."""
    text = f"{value:.15g}"
    return text.upper() if "e" in text else text


def column_letters(column: int) -> str:
    """A1 letters of a column counted from 1: 1 -> A, 27 -> AA, 16384 -> XFD."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """A column counted from 1 by its A1 letters: A -> 1, AA -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def a1(row: int, column: int) -> str:
    """The A1 address of a place: (12, 9) -> I12."""
    return f"{column_letters(column)}{row}"

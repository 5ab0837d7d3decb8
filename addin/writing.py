"""Writes into an open workbook that are taken back when a later one fails.

What a cell held before was read with the workbook, so nothing is asked for twice. A text stays the text that
it is: Excel takes a text that is put into a cell for typing (`=1+1`, `3-4`, `007`), so such a cell gets the
format Text first. After the last write the cells are read back; where they differ (a merged area took
nothing), everything is taken back too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from addin.reading import Box, Pages, Place, at, formats
from addin.trouble import Halt
from sync.core.grid import a1
from sync.core.number_formats import classify

if TYPE_CHECKING:
    import xlwings as xw

Value = str | float | bool | None
TEXT = "@"
GENERAL = "General"
_WORDS = re.compile(r"[^\W\d_]")
_LOGICAL = frozenset({"true", "false", "wahr", "falsch", "vrai", "faux"})
_LONGEST_DATE = 30  # characters; a longer text is not taken for a date


class Column(NamedTuple):
    """Cells of one column to write: row -> value. `codes` are the formats that values need, by row."""

    title: str
    column: int
    values: Mapping[int, Value]
    codes: Mapping[int, str] = {}


class Writer:
    """One command's writes. Used as a context: leaving it with an error takes them all back."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._undo: list[Callable[[], None]] = []
        self._expected: list[Column] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self.take_back()

    @property
    def wrote(self) -> bool:
        """Whether anything was written."""
        return bool(self._undo)

    def put(self, columns: Sequence[Column]) -> None:
        """Writes columns of one tab; those side by side with the same rows go in one call."""
        for column in columns:
            self._format(column)
        for group in _side_by_side(columns):
            for first, last in runs(group[0].values):
                rows = [[_raw(one.values[row]) for one in group] for row in range(first, last + 1)]
                box = (first, group[0].column, last - first + 1, len(group))
                area = self._remember(group[0].title, box)
                area.raw_value = rows
        self._expected += columns

    def date(self, title: str, column: int, rows: Sequence[int], day: date) -> None:
        """Writes one day into rows of a column, one call for each run of rows."""
        moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # a day in a sheet has no zone
        for first, last in runs(dict.fromkeys(rows)):
            area = self._remember(title, (first, column, last - first + 1, 1))
            area.value = moment

    def check(self) -> None:
        """Raises Halt when a cell does not hold what was written into it."""
        for group in _side_by_side(self._expected):
            rows = sorted(group[0].values)
            box = (rows[0], group[0].column, rows[-1] - rows[0] + 1, len(group))
            seen = at(self._pages.tabs[group[0].title], box).options(ndim=2, err_to_str=True).value
            for row in rows:
                for place, one in enumerate(group):
                    if not _same(seen[row - rows[0]][place], one.values[row]):
                        raise Halt(_refused(one.title, a1(row, one.column)))

    def take_back(self) -> None:
        """Undoes all writes, the last one first; a cell that cannot be restored does not stop the others."""
        while self._undo:
            with suppress(Exception):
                self._undo.pop()()

    def _remember(self, title: str, box: Box) -> xw.Range:
        """The range, whose content is kept until now and put back on `take_back`."""
        area = at(self._pages.tabs[title], box)
        held = self._pages.formulas.get(title, {})
        row, column, rows, columns = box
        before = [[held.get((row + r, column + c), "") for c in range(columns)] for r in range(rows)]
        self._undo.append(lambda: _restore(area, before))
        return area

    def _format(self, column: Column) -> None:
        """Gives cells the formats that their values need, if they have others."""
        wanted = {
            row: code
            for row, value in column.values.items()
            if (code := column.codes.get(row) or _text_code(value))
        }
        plain = {
            row for row, value in column.values.items() if isinstance(value, float) and row not in wanted
        }
        rows = wanted.keys() | plain
        if not rows:
            return
        sheet = self._pages.tabs[column.title]
        now = formats(sheet, {(row, column.column) for row in rows})
        needed = {
            row: wanted.get(row, GENERAL)
            for row in rows
            if not _fits(now[row, column.column], wanted.get(row, ""))
        }
        for code in dict.fromkeys(needed.values()):
            for first, last in runs({row: None for row in needed if needed[row] == code}):
                self._set_code(sheet, (first, column.column, last - first + 1, 1), code, now)

    def _set_code(self, sheet: xw.Sheet, box: Box, code: str, now: Mapping[Place, str]) -> None:
        before = {row: now[row, box[1]] for row in range(box[0], box[0] + box[2])}

        def back() -> None:
            for row, old in before.items():
                at(sheet, (row, box[1], 1, 1)).number_format = old

        self._undo.append(back)
        at(sheet, box).number_format = code


def runs(rows: Mapping[int, object]) -> list[tuple[int, int]]:
    """The rows as (first, last) of those that follow each other."""
    found: list[tuple[int, int]] = []
    for row in sorted(rows):
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def _side_by_side(columns: Sequence[Column]) -> list[list[Column]]:
    groups: list[list[Column]] = []
    for one in sorted(columns, key=lambda column: (column.title, column.column)):
        last = groups[-1][-1] if groups else None
        if (
            last
            and (last.title, last.column + 1) == (one.title, one.column)
            and last.values.keys() == one.values.keys()
        ):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _text_code(value: Value) -> str:
    """Text where Excel might take a text for something else when it is typed."""
    if not isinstance(value, str) or not value:
        return ""
    may_be_a_date = len(value) <= _LONGEST_DATE and any(map(str.isdigit, value))
    plain = _WORDS.match(value) and not may_be_a_date and value.lower() not in _LOGICAL
    return "" if plain else TEXT


def _fits(code: str, wanted: str) -> bool:
    """Whether a cell of that format shows the value as it is meant; "" wants a plain number."""
    if not wanted:
        return classify(code).style not in (
            classify("0%").style,
            classify(TEXT).style,
            classify("yyyy").style,
        )
    return code == wanted if wanted == TEXT else classify(code) == classify(wanted)


def _raw(value: Value) -> Value:
    """What is handed over: a text's first apostrophe would be taken for the sign that a text follows."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith("'") else value


def _restore(area: xw.Range, before: list[list[str]]) -> None:
    area.formula = before if any(map(any, before)) else ""


def _same(seen: object, written: Value) -> bool:
    if written in (None, ""):
        return seen in (None, "")
    return seen == written


def _refused(title: str, cell: str) -> str:
    return (
        f"Nothing was written, because cell {cell} of {title} did not take its value. "
        "It may belong to merged cells: unmerge them, then press the button again."
    )

"""The cell reader: the bytes of an Excel workbook as a Grid, exact and sparse.

Why it is our own: no library gives value and error and "formula never calculated" and number format
and address; most make an empty cell of each of them. It costs what the cells cost that hold something:
one stray cell at XFD1048576 costs nothing.

What is refused is refused as a whole and by name (SourceUnreadable). A file that contradicts itself
(a cell twice, a cell in another's row, a style or text that does not exist) is damaged: any reading
of it would be a guess.
"""

from __future__ import annotations

import re

from sync.core.grid import Cell, Grid, Sheet, a1
from sync.core.policy import Limits
from sync.sources.package import Attributes, Package, in_main, is_true, whole
from sync.sources.refusals import damaged, too_much
from sync.sources.values import Book, cell
from sync.sources.workbook import SheetEntry, TextRuns, contents

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384

_LETTERS = re.compile(r"[A-Za-z]{1,3}")
_DIGITS = "0123456789"


def read(data: bytes, limits: Limits) -> Grid:
    """The cells of a workbook (.xlsx, .xlsm) that hold something, tab by tab in the workbook's order.

    Hidden tabs, rows and columns are read and recorded as hidden; rows and columns only where the tab
    holds something in them. Raises SourceUnreadable for anything that is no whole, honest workbook
    within the limits.
    """
    package = Package(data, limits)
    found = contents(package, limits)
    room = _Room(limits)
    sheets = tuple(_read_sheet(package, entry, found.book, room) for entry in found.sheets)
    return Grid(sheets, found.names)


def _read_sheet(package: Package, entry: SheetEntry, book: Book, room: _Room) -> Sheet:
    reader = _SheetReader(entry.name, book, room)
    package.parse(entry.part, in_main(reader.starts), in_main(reader.ends), reader.text)
    if not reader.is_worksheet:
        raise damaged(f"its part {entry.part} is no worksheet")
    return Sheet(
        name=entry.name,
        rows=reader.rows,
        hidden=entry.hidden,
        hidden_rows=frozenset(reader.hidden_rows),
        hidden_columns=reader.hidden_columns(),
        merged=tuple(reader.merged),
    )


class _Room:
    """What is left of the cap on cells, for all tabs of a workbook together."""

    __slots__ = ("_cap", "_left")

    def __init__(self, limits: Limits) -> None:
        self._cap = self._left = limits.cells

    def take(self) -> None:
        if self._left == 0:
            raise too_much(f"it holds more than {self._cap:,} cells")
        self._left -= 1


class _SheetReader:
    """Gathers the cells of one worksheet from its XML events.

    A cell's place is its reference; without one it follows its left neighbour, as a row without a
    number follows the row above.
    """

    __slots__ = (
        "_book",
        "_cells",
        "_collecting",
        "_column",
        "_columns",
        "_formula",
        "_hidden_ranges",
        "_kind",
        "_room",
        "_row",
        "_row_hidden",
        "_row_text",
        "_runs",
        "_sheet",
        "_style",
        "_value",
        "ends",
        "hidden_rows",
        "is_worksheet",
        "merged",
        "rows",
        "starts",
    )

    def __init__(self, sheet: str, book: Book, room: _Room) -> None:
        self.is_worksheet = False
        self.rows: dict[int, dict[int, Cell]] = {}
        self.hidden_rows: set[int] = set()
        self.merged: list[str] = []
        self._hidden_ranges: list[tuple[int, int]] = []
        self._sheet, self._book, self._room = sheet, book, room
        self._runs = TextRuns()
        self._columns: dict[str, int] = {}  # letters seen so far
        self._cells: dict[int, Cell] = {}
        self._row, self._row_text, self._row_hidden = 0, "0", False
        self._column = 0
        self._kind, self._formula = "n", False
        self._style: str | None = None
        self._value: list[str] | None = None
        self._collecting = False
        self.starts = {
            "worksheet": self._root,
            "col": self._column_start,
            "row": self._row_start,
            "c": self._cell_start,
            "v": self._value_start,
            "f": self._formula_start,
            "is": self._inline_start,
            "mergeCell": self._merge,
            **self._runs.starts,
        }
        self.ends = {"c": self._cell_end, "v": self._value_end, "is": self._inline_end, **self._runs.ends}

    def text(self, text: str) -> None:
        """Takes character data: of a value, or of a run of inline text."""
        if self._collecting and self._value is not None:
            self._value.append(text)
        else:
            self._runs.text(text)

    def hidden_columns(self) -> frozenset[int]:
        """The hidden columns in which the tab holds something."""
        hidden = bytearray(LAST_COLUMN + 1)
        for first, last in self._hidden_ranges:
            hidden[first : last + 1] = b"\1" * (last + 1 - first)
        used = {column for cells in self.rows.values() for column in cells}
        return frozenset(column for column in used if hidden[column])

    def _root(self, _: Attributes) -> None:
        self.is_worksheet = True

    def _column_start(self, attributes: Attributes) -> None:
        if is_true(attributes.get("hidden")):
            first = whole(attributes.get("min", ""), "the first of a range of columns")
            last = whole(attributes.get("max", ""), "the last of a range of columns")
            if not 1 <= first <= last <= LAST_COLUMN or len(self._hidden_ranges) >= LAST_COLUMN:
                raise damaged(f"the columns of the tab {self._sheet} are described in an impossible way")
            self._hidden_ranges.append((first, last))

    def _row_start(self, attributes: Attributes) -> None:
        text = attributes.get("r")
        if text is None:
            text = str(self._row + 1)
        self._row, self._row_text = whole(text, f"a row number of the tab {self._sheet}"), text
        if not 1 <= self._row <= LAST_ROW:
            raise damaged(f"the tab {self._sheet} has a row {text}, and the last is {LAST_ROW}")
        self._row_hidden = is_true(attributes.get("hidden"))
        self._column = 0
        self._cells = self.rows.get(self._row, {})

    def _cell_start(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        self._column = self._next_column() if reference is None else self._column_of(reference)
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s")
        self._formula = False
        self._value = None

    def _next_column(self) -> int:
        if self._column == LAST_COLUMN:
            raise damaged(f"the row {self._row} of the tab {self._sheet} goes on behind column XFD")
        return self._column + 1

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip(_DIGITS)
        row = reference[len(letters) :]
        if row != self._row_text and whole(row, "a cell reference") != self._row:
            raise damaged(f"the cell {reference[:20]} of the tab {self._sheet} stands in row {self._row}")
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = self._column_number(letters)
        return column

    def _column_number(self, letters: str) -> int:
        number = 0
        if _LETTERS.fullmatch(letters):
            for letter in letters.upper():
                number = number * 26 + ord(letter) - 64
        if not 1 <= number <= LAST_COLUMN:
            raise damaged(f"the tab {self._sheet} has a column {letters[:20]}, and the last is XFD")
        return number

    def _value_start(self, _: Attributes) -> None:
        self._value = []
        self._collecting = True

    def _value_end(self) -> None:
        self._collecting = False

    def _formula_start(self, _: Attributes) -> None:
        self._formula = True

    def _inline_start(self, _: Attributes) -> None:
        self._runs.clear()

    def _inline_end(self) -> None:
        self._value = [self._runs.joined()]

    def _cell_end(self) -> None:
        raw = None if self._value is None else "".join(self._value)
        if raw is None and not self._formula and self._kind != "e":
            return  # styled only; the usual case in formatted sheets
        read = cell(self._kind, raw, self._book.format(self._style), self._book, formula=self._formula)
        if read is not None:
            self._store(read)

    def _store(self, read: Cell) -> None:
        self._room.take()
        cells = self._cells
        if not cells:
            if not self._row:
                raise damaged(f"the tab {self._sheet} has cells outside its rows")
            self.rows[self._row] = cells
            if self._row_hidden:
                self.hidden_rows.add(self._row)
        elif self._column in cells:
            raise damaged(f"the cell {a1(self._row, self._column)} of the tab {self._sheet} stands twice")
        cells[self._column] = read

    def _merge(self, attributes: Attributes) -> None:
        if len(self.merged) >= LAST_ROW:
            raise damaged(f"the tab {self._sheet} has more than {LAST_ROW} merged ranges")
        self.merged.append(attributes.get("ref", ""))

"""A worksheet's cells by its XML events, whatever the spelling: the way that takes everything.

A file that contradicts itself (a cell twice, a cell in another's row, a style or text that does not exist)
is damaged: any reading of it would be a guess. Cells that hold nothing are passed over unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Sheet, a1
from sync.core.policy import Limits
from sync.sources.package import Package
from sync.sources.refusals import damaged, too_much
from sync.sources.values import Book, cell, said
from sync.sources.workbook import SheetEntry, TextRuns
from sync.sources.xml_events import Attributes, in_main, is_true, places_in_main, whole

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384

PLACES = places_in_main(
    {
        "worksheet": ("",),
        "cols": ("worksheet",),
        "col": ("cols",),
        "sheetData": ("worksheet",),
        "row": ("sheetData",),
        "c": ("row",),
        "f": ("c",),
        "v": ("c",),
        "is": ("c",),
        "r": ("is",),
        "rPh": ("is",),
        "t": ("is", "r", "rPh"),
        "mergeCells": ("worksheet",),
        "mergeCell": ("mergeCells",),
    }
)
"""Where the elements of a worksheet stand (ECMA-376 part 1, 18.3)."""

_LETTERS = re.compile(r"[A-Za-z]{1,3}")
_DIGITS = "0123456789"


def column_number(letters: str) -> int:
    """The column of A1 letters, from 1; 0 for what is no column of a worksheet."""
    number = 0
    if _LETTERS.fullmatch(letters):
        for letter in letters.upper():
            number = number * 26 + ord(letter) - 64
    return number if number <= LAST_COLUMN else 0


def read_by_events(package: Package, entry: SheetEntry, book: Book, room: Room) -> Sheet:
    """The tab. Raises SourceUnreadable for a part that is no worksheet or contradicts itself."""
    reader, around = _Rows(entry.name, book, room), Surroundings(entry.name)
    starts = {**around.handlers, **reader.starts}
    package.parse(entry.part, in_main(starts), in_main(reader.ends), reader.text, places=PLACES)
    return around.sheet(entry, reader.rows, reader.hidden_rows)


class Surroundings:
    """What stands around the rows of a tab: hidden columns as ranges, merged cells."""

    __slots__ = ("_sheet", "handlers", "hidden", "is_worksheet", "merged")

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self.is_worksheet = False
        self.hidden: list[tuple[int, int]] = []
        self.merged: list[str] = []
        self.handlers = {"worksheet": self._root, "col": self._column, "mergeCell": self._merge}

    def sheet(self, entry: SheetEntry, rows: dict[int, dict[int, Cell]], hidden_rows: Iterable[int]) -> Sheet:
        """The tab with its rows."""
        if not self.is_worksheet:
            raise damaged(f"its part {entry.part} is no worksheet")
        hidden_columns = self._hidden_columns(rows)
        return Sheet(
            entry.name, rows, entry.hidden, frozenset(hidden_rows), hidden_columns, tuple(self.merged)
        )

    def _hidden_columns(self, rows: dict[int, dict[int, Cell]]) -> frozenset[int]:
        """The hidden columns in which the tab holds something."""
        if not self.hidden:
            return frozenset()
        hidden = bytearray(LAST_COLUMN + 1)
        for first, last in self.hidden:
            hidden[first : last + 1] = b"\1" * (last + 1 - first)
        return frozenset(column for column in set().union(*rows.values()) if hidden[column])

    def _root(self, _: Attributes) -> None:
        self.is_worksheet = True

    def _column(self, attributes: Attributes) -> None:
        if is_true(attributes.get("hidden")):
            first = whole(attributes.get("min", ""), "the first of a range of columns")
            last = whole(attributes.get("max", ""), "the last of a range of columns")
            if not 1 <= first <= last <= LAST_COLUMN or len(self.hidden) >= LAST_COLUMN:
                raise damaged(f"the columns of the tab {self._sheet} are described in an impossible way")
            self.hidden.append((first, last))

    def _merge(self, attributes: Attributes) -> None:
        if len(self.merged) >= LAST_ROW:
            raise damaged(f"the tab {self._sheet} has more than {LAST_ROW} merged ranges")
        self.merged.append(attributes.get("ref", ""))


class Room:
    """What is left of the cap on cells, for all tabs of a workbook together."""

    __slots__ = ("_cap", "left")

    def __init__(self, limits: Limits) -> None:
        self._cap = self.left = limits.cells

    def take(self, cells: int = 1) -> None:
        """Takes room for cells; raises SourceUnreadable when there is none left."""
        self.left -= cells
        if self.left < 0:
            raise too_much(f"it holds more than {self._cap:,} cells")


class _Rows:
    """Gathers the cells of one worksheet from its XML events.

    A cell's place is its reference; without one it follows its left neighbour, as a row without a
    number follows the row above.
    """

    __slots__ = (
        "_astray",
        "_book",
        "_cells",
        "_collecting",
        "_column",
        "_columns",
        "_formula",
        "_kind",
        "_pieces",
        "_room",
        "_row",
        "_row_hidden",
        "_row_text",
        "_runs",
        "_sheet",
        "_style",
        "_tables",
        "_value",
        "ends",
        "hidden_rows",
        "rows",
        "starts",
    )

    def __init__(self, sheet: str, book: Book, room: Room) -> None:
        self.rows: dict[int, dict[int, Cell]] = {}
        self.hidden_rows: set[int] = set()
        self._sheet, self._book, self._room = sheet, book, room
        self._runs = TextRuns()
        self._columns: dict[str, int] = {}  # letters seen so far
        self._cells: dict[int, Cell] = {}
        self._row, self._row_text, self._row_hidden = 0, "0", False
        self._column = 0
        self._astray: str | None = None  # a reference that is no cell of this row
        self._tables = 0
        self._kind, self._formula = "n", False
        self._style: str | None = None
        self._value: str | None = None
        self._pieces: list[str] = []  # of a value
        self._collecting = False
        self.starts = {
            "sheetData": self._table,
            "row": self._row_start,
            "c": self._cell_start,
            "v": self._value_start,
            "f": self._formula_start,
            "is": self._inline_start,
            **self._runs.starts,
        }
        self.ends = {"c": self._cell_end, "v": self._value_end, "is": self._inline_end, **self._runs.ends}

    def text(self, text: str) -> None:
        """Takes character data: of a value, or of a run of inline text."""
        if self._collecting:
            self._pieces.append(text)
        else:
            self._runs.text(text)

    def _table(self, _: Attributes) -> None:
        self._tables += 1
        if self._tables > 1:
            raise damaged(f"the tab {self._sheet} has two tables of cells")

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
        if reference is None:
            self._next_column()
        else:
            self._astray = None if self._place(reference) else reference
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s")
        self._formula = False
        self._value = None

    def _next_column(self) -> None:
        if self._astray is not None:
            raise self._not_here()
        if self._column == LAST_COLUMN:
            raise damaged(f"the row {self._row} of the tab {self._sheet} goes on behind column XFD")
        self._column += 1

    def _place(self, reference: str) -> bool:
        """Moves to the column of a reference, and says whether it is a cell of this row."""
        letters = reference.rstrip(_DIGITS)
        row = reference[len(letters) :]
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_number(letters)
        self._column = column
        return column > 0 and (row == self._row_text or (row.isdecimal() and int(row[-8:]) == self._row))

    def _not_here(self) -> SourceUnreadable:
        return damaged(
            f"the cell {str(self._astray)[:20]} of the tab {self._sheet} stands in row {self._row}"
        )

    def _value_start(self, _: Attributes) -> None:
        self._once()
        self._pieces.clear()
        self._collecting = True

    def _value_end(self) -> None:
        self._value = said(self._kind, "".join(self._pieces))
        self._collecting = False

    def _formula_start(self, _: Attributes) -> None:
        self._formula = True

    def _inline_start(self, _: Attributes) -> None:
        self._once()
        self._runs.clear()

    def _once(self) -> None:
        if self._value is not None:
            raise damaged(f"the cell {a1(self._row, self._column)} of the tab {self._sheet} has two values")

    def _inline_end(self) -> None:
        self._value = self._runs.joined()

    def _cell_end(self) -> None:
        raw = self._value
        if raw is None and not self._formula and self._kind != "e":
            return  # styled only; the usual case in formatted sheets
        read = cell(self._kind, raw, self._book.format(self._style), self._book, formula=self._formula)
        if read is not None:
            self._store(read)

    def _store(self, read: Cell) -> None:
        if self._astray is not None:
            raise self._not_here()
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

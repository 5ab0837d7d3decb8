"""Where everything will stand: the rows of each list in order, and the cells of its columns.

Formulas name cells, so the places of all sheets are decided before the first cell is made. Managers'
own columns keep their place between ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sync.core.grid import column_letters
from sync.master.cells import quoted
from sync.master.notes import AddedColumn


@dataclass(frozen=True)
class Place:
    """A list's place: its sheet, header row, number of rows and headers in order, managers' included."""

    sheet: str
    top: int
    rows: int
    headers: tuple[str, ...]

    @cached_property
    def letters(self) -> dict[str, str]:
        """The column letters by header."""
        return {header: column_letters(at) for at, header in enumerate(self.headers, 1)}

    def cell(self, header: str, at: int) -> str:
        """A cell as its own sheet names it; rows are counted from 0."""
        return f"{self.letters[header]}{self.top + 1 + at}"

    def there(self, header: str, at: int) -> str:
        """A cell as other sheets name it."""
        return f"{quoted(self.sheet)}!{self.cell(header, at)}"

    def column(self, header: str) -> str:
        """All cells of a column, from anywhere; one row at least, so that it is a range."""
        letters, first = self.letters[header], self.top + 1
        last = first + max(self.rows, 1) - 1
        return f"{quoted(self.sheet)}!${letters}${first}:${letters}${last}"


def woven(ours: Sequence[str], theirs: Sequence[AddedColumn]) -> tuple[str, ...]:
    """Our headers with managers' columns where they were inserted, at the end if their neighbour is gone."""
    headers = list(ours)
    for column in theirs:
        at = headers.index(column.after) + 1 if column.after in headers else len(headers)
        headers.insert(at if column.after else 0, column.header)
    return tuple(headers)

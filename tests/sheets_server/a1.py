"""A1 notation and areas of cells: half-open, counted from zero, None where an end is open."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

_END = r"\$?([A-Za-z]{1,3})?\$?([1-9]\d{0,7})?"
_CELLS = re.compile(rf"^{_END}(?::{_END})?$")
_PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_LIKE_CELL = re.compile(r"^(?:[A-Za-z]{1,3}\d+|R\d*C\d*|[A-Za-z]{1,3}|TRUE|FALSE)$", re.IGNORECASE)


@dataclass(frozen=True)
class Area:
    """A rectangle on the sheet with that id."""

    sheet: int
    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None

    def clipped(self, rows: int, columns: int) -> Area:
        """The same with closed ends, inside a grid of that size."""
        return replace(
            self,
            bottom=rows if self.bottom is None else min(self.bottom, rows),
            right=columns if self.right is None else min(self.right, columns),
        )

    @property
    def height(self) -> int:
        return (self.bottom or 0) - self.top

    @property
    def width(self) -> int:
        return (self.right or 0) - self.left

    def meets(self, other: Area) -> bool:
        """Whether the two share a cell."""
        return (
            self.sheet == other.sheet
            and (other.bottom is None or self.top < other.bottom)
            and (self.bottom is None or other.top < self.bottom)
            and (other.right is None or self.left < other.right)
            and (self.right is None or other.left < self.right)
        )

    def contains(self, row: int, column: int) -> bool:
        return (
            self.top <= row
            and (self.bottom is None or row < self.bottom)
            and self.left <= column
            and (self.right is None or column < self.right)
        )

    def cells(self) -> list[tuple[int, int]]:
        """All places of a closed area, row by row."""
        assert self.bottom is not None
        assert self.right is not None
        return [(r, c) for r in range(self.top, self.bottom) for c in range(self.left, self.right)]

    def to_grid(self) -> dict[str, int]:
        """Google's GridRange. A sheet id of 0 is left out, as Google does."""
        grid = {"sheetId": self.sheet} if self.sheet else {}
        grid |= {"startRowIndex": self.top}
        if self.bottom is not None:
            grid |= {"endRowIndex": self.bottom}
        grid |= {"startColumnIndex": self.left}
        if self.right is not None:
            grid |= {"endColumnIndex": self.right}
        return grid

    @staticmethod
    def from_grid(grid: dict[str, Any]) -> Area:
        return Area(
            grid.get("sheetId", 0),
            grid.get("startRowIndex", 0),
            grid.get("startColumnIndex", 0),
            grid.get("endRowIndex"),
            grid.get("endColumnIndex"),
        )


def letters(column: int) -> str:
    """0 → A, 26 → AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(text: str) -> int:
    """A → 0, AA → 26."""
    value = 0
    for letter in text.upper():
        value = value * 26 + ord(letter) - 64
    return value - 1


def quoted(title: str) -> str:
    """A sheet's title as Google writes it before `!`: in quotes unless it is a plain word that is no cell."""
    if _PLAIN.match(title) and not _LIKE_CELL.match(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def split(text: str) -> tuple[str | None, str | None]:
    """Title and cells of `'My tab'!A1:B2`. A quoted title alone has no cells, an unquoted word no title."""
    if text.startswith("'"):
        found = re.match(r"^'((?:[^']|'')*)'(?:!(.*))?$", text, re.DOTALL)
        if not found:
            return None, text
        return found[1].replace("''", "'"), found[2]
    if "!" in text:
        title, _, cells = text.rpartition("!")
        return title, cells
    return None, text


def cells(text: str, sheet: int) -> Area | None:
    """The area of `A1`, `A1:B2`, `A:C`, `3:5`, `A2:2`, `B3:B`, with swapped ends, too; or None."""
    found = _CELLS.match(text)
    if not found or not text:
        return None
    column1, row1, column2, row2 = found.groups()
    if ":" not in text:
        if not (column1 and row1):
            return None
        column2, row2 = column1, row1
    elif not (column1 or row1) or not (column2 or row2):
        return None
    tops = [int(row) - 1 for row in (row1, row2) if row]
    lefts = [number(column) for column in (column1, column2) if column]
    return Area(
        sheet,
        min(tops, default=0),
        min(lefts, default=0),
        max(tops) + 1 if len(tops) == 2 else None,
        max(lefts) + 1 if len(lefts) == 2 else None,
    )


def written(area: Area, title: str) -> str:
    """The A1 text of a closed area, as Google answers: one cell without a colon."""
    assert area.bottom is not None
    assert area.right is not None
    start = f"{letters(area.left)}{area.top + 1}"
    end = f"{letters(area.right - 1)}{area.bottom}"
    return f"{quoted(title)}!{start}" + ("" if start == end else f":{end}")

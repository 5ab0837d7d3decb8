"""How tall a row must be for its wrapped texts: an estimate, for programs that do not fit rows on opening."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

ONE_LINE = 15.0
_EACH_LINE = 13.0
_TALLEST = 409.0


def surely_fits(width: float) -> float:
    """How many characters without a line break fit on one line of a column of this width."""
    # A width counts digits of the default font: letters are narrower, indent and word breaks take some.
    return max(width * 1.2 - 3, 4)


def row_height(cells: Iterable[tuple[str, float]]) -> float:
    """Points for a row of (text, column width in characters); 15 where every text fits on one line."""
    return height_of(max((lines(text, surely_fits(width)) for text, width in cells), default=1))


def height_of(count: int) -> float:
    """Points for a row of so many lines."""
    return ONE_LINE if count == 1 else min(count * _EACH_LINE + 3, _TALLEST)


def lines(text: str, fitting: float) -> int:
    """How many lines a text takes where so many characters fit on one."""
    if "\n" not in text:
        return ceil(len(text) / fitting) or 1
    return sum(ceil(len(line) / fitting) or 1 for line in text.split("\n"))

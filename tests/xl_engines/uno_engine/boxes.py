"""Boxes of cells (row, column, rows, columns, from 1), their addresses, and runs of filled cells."""

from __future__ import annotations

import re
from itertools import pairwise

CORNER = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)", re.IGNORECASE)
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
DIRECTIONS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
Box = tuple[int, int, int, int]


def box_of(text: str) -> Box | None:
    """Row, column, rows and columns of an address such as B2:C4, B:C or 2:4."""
    first, _, last = text.strip().partition(":")
    last = last or first
    if first.isdigit() and last.isdigit():
        return (int(first), 1, int(last) - int(first) + 1, LAST_COLUMN)
    if re.fullmatch(r"\$?[A-Z]{1,3}", first, re.IGNORECASE) and ":" in text:
        return around((1, column_number(first), 1, 1), (LAST_ROW, column_number(last), 1, 1))
    corners = [CORNER.fullmatch(corner) for corner in (first, last)]
    if corners[0] is None or corners[1] is None:
        return None
    ends = [(int(found[2]), column_number(found[1]), 1, 1) for found in corners if found]
    return around(ends[0], ends[1])


def column_number(letters: str) -> int:
    number = 0
    for letter in letters.strip("$").upper():
        number = number * 26 + ord(letter) - 64
    return number


def around(one: Box, other: Box) -> Box:
    """The smallest box that holds both."""
    top, left = min(one[0], other[0]), min(one[1], other[1])
    bottom = max(one[0] + one[2], other[0] + other[2])
    right = max(one[1] + one[3], other[1] + other[3])
    return (top, left, bottom - top, right - left)


def gaps(visible: list[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """What lies between the visible stretches."""
    edges = [(0, 0), *sorted(visible), (last + 1, last + 1)]
    return [(a[1] + 1, b[0] - 1) for a, b in pairwise(edges) if b[0] - a[1] > 1]


def run_end(place: int, step: int, last: int, filled: set[int], hidden: list[tuple[int, int]]) -> int:
    """Where a run of filled (or empty) cells ends, the hidden ones left out."""
    veiled = {number for start, end in hidden for number in range(start, end + 1)}
    ahead = [n for n in sorted(filled - veiled, reverse=step < 0) if (n - place) * step > 0]
    edge = last if step > 0 else 1
    if not ahead:
        return edge
    follows = place + step
    while follows in veiled:
        follows += step
    if place not in filled or ahead[0] != follows:
        return ahead[0]
    for one, other in pairwise(ahead):
        between = set(range(min(one, other) + 1, max(one, other)))
        if between - veiled:
            return one
    return ahead[-1]

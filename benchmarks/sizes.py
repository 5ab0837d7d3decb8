"""How much is measured: in full, or little of everything to try the benchmarks out."""

from __future__ import annotations

from typing import NamedTuple


class Sizes(NamedTuple):
    """Numbers of workbooks, rows, units and rounds."""

    rounds: int
    books: int
    """Different workbooks that are read one by one."""
    company: int
    changed: int
    script: tuple[int, int]
    """What the usual script is measured on; from two sizes follow its fixed and its growing cost."""
    growth: tuple[int, ...]
    """Each twice the one before."""
    hostile: int
    """Blank rows of one; the other hostile files follow from it."""
    units: int
    master_rows: int
    sheets: int
    """Sheets in Google that are made from the template."""
    many_sheets: int
    messages: int
    quick: bool


FULL = Sizes(
    rounds=7,
    books=5,
    company=10_000,
    changed=100,
    script=(50, 200),
    growth=(500, 1_000, 2_000),
    hostile=1_000_000,
    units=10_000,
    master_rows=100_000,
    sheets=60,
    many_sheets=1_000,
    messages=5_000,
    quick=False,
)
QUICK = Sizes(
    rounds=3,
    books=2,
    company=200,
    changed=5,
    script=(10, 40),
    growth=(50, 100),
    hostile=20_000,
    units=400,
    master_rows=2_000,
    sheets=6,
    many_sheets=30,
    messages=100,
    quick=True,
)

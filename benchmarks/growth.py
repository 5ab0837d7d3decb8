"""What twice as many workbooks cost in a first sync."""

from __future__ import annotations

from itertools import pairwise

from benchmarks import okrsync
from benchmarks.company import company
from benchmarks.figures import Figure, shown
from benchmarks.sizes import Sizes


def figures(sizes: Sizes) -> list[Figure]:
    """The cost of each doubling."""
    ran = {}
    for units in sizes.growth:
        with company(units) as made:
            ran[units] = okrsync.sync(made, f"Sources: {units} ok")
    return [
        Figure(
            f"first sync of {more:,} workbooks instead of {fewer:,}",
            f"{ran[more].seconds / ran[fewer].seconds:.2f} × (CPU: {ran[more].cpu / ran[fewer].cpu:.2f} ×)",
            f"{shown(ran[fewer].seconds)} and {shown(ran[more].seconds)}",
            "≤ 2.1 ×",
            "once each",
        )
        for fewer, more in pairwise(sizes.growth)
    ]

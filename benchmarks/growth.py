"""What twice as many workbooks cost in a first sync."""

from __future__ import annotations

from itertools import pairwise

from benchmarks import okrsync
from benchmarks.company import company
from benchmarks.figures import Figure, shown
from benchmarks.sizes import Sizes


def figures(sizes: Sizes) -> list[Figure]:
    """The cost of each doubling."""
    seconds = {}
    for units in sizes.growth:
        with company(units) as made:
            seconds[units] = okrsync.sync(made, f"Sources: {units} ok").seconds
    return [
        Figure(
            f"first sync of {more:,} workbooks instead of {fewer:,}",
            f"{seconds[more] / seconds[fewer]:.2f} ×",
            f"{shown(seconds[fewer])} and {shown(seconds[more])}",
            "≤ 2.1 ×",
            "once each",
        )
        for fewer, more in pairwise(sizes.growth)
    ]

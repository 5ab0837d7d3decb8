"""A few workbooks have changed since the last sync: the whole process, the whole master written anew."""

from __future__ import annotations

import statistics

from benchmarks import okrsync
from benchmarks.company import Company
from benchmarks.figures import Figure, shown
from benchmarks.sizes import Sizes

_MOST_ROUNDS = 3  # each takes seconds


def figures(made: Company, sizes: Sizes) -> list[Figure]:
    """A sync after each of some rounds of changes, on a company that has been synced."""
    chosen = range(1, made.units, made.units // sizes.changed)[: sizes.changed]
    rounds = min(_MOST_ROUNDS, sizes.rounds)
    runs = []
    for version in range(1, rounds + 1):
        before = made.master.read_bytes()
        made.change(chosen, version)
        runs.append(okrsync.sync(made, f"Sources: {len(chosen)} ok"))
        assert made.master.read_bytes() != before
    seconds = statistics.median(ran.seconds for ran in runs)
    cpu = statistics.median(ran.cpu for ran in runs)
    peak = max(ran.peak for ran in runs)
    work = f"{len(chosen)} of {made.units:,} workbooks changed, the full master written anew"
    return [
        Figure(work, f"{shown(seconds)} ({shown(cpu)} of CPU)", "", "≤ 8 s", f"{rounds} rounds"),
        Figure("… peak memory of the largest process", f"{peak / 1024:.2f} GiB", runs=f"{rounds} rounds"),
    ]

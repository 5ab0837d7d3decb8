"""What a benchmark gives: figures, each with its peers beside it, and the table made of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the table. `runs` says how it was measured: "7 rounds", "once"."""

    work: str
    measured: str
    peers: str = ""
    target: str = ""
    runs: str = ""


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    head = Figure("Work", "okrsync", "Beside it", "Target", "Measured")
    rows = [head, Figure("---", "---", "---", "---", "---"), *figures]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def medians(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """CPU seconds of each way in this process: medians of rounds in which each has its turn."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            taken[name].append(cpu_seconds(way))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def cpu_seconds(way: Callable[[], object]) -> float:
    """CPU seconds of one call in this process; other processes on the machine disturb them least."""
    began = time.process_time()
    way()
    return time.process_time() - began


def shown(seconds: float) -> str:
    """A duration with its unit: `3.62 ms`, `12.4 s`, `14 min`."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 60:.0f} min"

"""What it costs to start the command at all."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.figures import Figure, shown
from benchmarks.sizes import Sizes


def figures(sizes: Sizes) -> list[Figure]:
    """`okrsync --help` against a bare Python; medians of interleaved rounds."""
    bare, ours = [], []
    for _ in range(sizes.rounds):
        bare.append(_seconds("-c", "pass"))
        ours.append(_seconds("-m", "sync", "--help"))
    before, taken = statistics.median(bare), statistics.median(ours)
    ratio = f"{taken / before:.1f} × its time"
    work = "`okrsync --help` against `python -c pass`"
    return [Figure(work, ratio, shown(before), "≤ 15 ×", f"{sizes.rounds} rounds")]


def _seconds(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - began

"""Nothing has changed since the last sync: the look at the files, and the whole process that finds that out.

`python -m benchmarks.unchanged CONFIG ROUNDS` measures the look in a process of its own and prints JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

from benchmarks import okrsync, process
from benchmarks.company import Company
from benchmarks.figures import Figure, medians, shown
from benchmarks.sizes import Sizes


def figures(made: Company, sizes: Sizes) -> list[Figure]:
    """The look and the process, on a company that has been synced."""
    seconds = json.loads(process.run(["-m", "benchmarks.unchanged", str(made.config), str(sizes.rounds)]).out)
    runs = [okrsync.sync(made, "Nothing has changed") for _ in range(sizes.rounds)]
    wall, peak = statistics.median(ran.seconds for ran in runs), max(ran.peak for ran in runs)
    rounds = f"{sizes.rounds} rounds"
    return [
        Figure(
            f"nothing changed in {made.units:,} workbooks: scan, state, compare",
            f"{seconds['ours'] / seconds['stat']:.1f} × a bare stat ({shown(seconds['ours'])})",
            f"{shown(seconds['stat'])} for scandir and stat",
            "≤ 6 ×",
            rounds,
        ),
        Figure("… the whole `okrsync sync` process", shown(wall), "", "≤ 0.8 s", rounds),
        Figure("… its peak memory", f"{peak:.0f} MiB", "", "≤ 120 MiB", rounds),
    ]


def look(config: Path, rounds: int) -> dict[str, float]:
    """CPU seconds of our look at the sources and of a bare stat of the same files."""
    from sync import intake
    from sync.config import load
    from sync.moves import moves
    from sync.pipeline import history

    settings = load(config, {})
    teams = config.parent / "teams"
    with history(settings, dry_run=True) as store:

        def ours() -> int:
            found = intake.list_all(intake.configured(settings, None), settings)
            assert not moves(found, store.glance())
            return len(found.listings)

        assert ours() == bare_stat(teams)
        return medians({"ours": ours, "stat": lambda: bare_stat(teams)}, rounds)


def bare_stat(folder: Path) -> int:
    """How many files there are below, each looked at with nothing but scandir and stat."""
    count, pending = 0, [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    pending.append(entry.path)
                else:
                    entry.stat()
                    count += 1
    return count


if __name__ == "__main__":
    print(json.dumps(look(Path(sys.argv[1]), int(sys.argv[2]))))

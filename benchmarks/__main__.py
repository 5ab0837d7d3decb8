"""`make bench`: measures everything in one run and prints one table.

make bench                          all of it, which takes half an hour
make bench ARGS="--only hostile"    one part (also several times)
make bench ARGS=--quick             little of everything, to try it out
make bench ARGS=--write             keeps the table in RESULTS.md
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    changed,
    first_sync,
    google,
    growth,
    hostile,
    large,
    okrsync,
    reading,
    sending,
    start_up,
    unchanged,
)
from benchmarks.company import company
from benchmarks.figures import Figure, table
from benchmarks.sizes import FULL, QUICK, Sizes

RESULTS = Path(__file__).with_name("RESULTS.md")


def syncs(sizes: Sizes) -> list[Figure]:
    """The life of one company: its first sync, one without changes, one with a few."""
    with company(sizes.company) as made:
        ran = okrsync.sync(made, f"Sources: {sizes.company} ok")
        after = [*unchanged.figures(made, sizes), *changed.figures(made, sizes)]
    return [*first_sync.figures(ran, sizes), *after]


PARTS: dict[str, Callable[[Sizes], list[Figure]]] = {
    "reading": lambda sizes: reading.figures(books=sizes.books, rounds=sizes.rounds),
    "syncs": syncs,
    "growth": growth.figures,
    "hostile": hostile.figures,
    "portfolio": large.portfolio_figures,
    "master": large.master_figures,
    "whole master": large.whole_master_figures,
    "start-up": start_up.figures,
    "google": google.figures,
    "sending": sending.figures,
}


def main(arguments: Sequence[str]) -> None:
    """Measures, prints the table, and keeps it where that is asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measures speed and memory.")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="little of everything, to try it out")
    parser.add_argument("--write", action="store_true", help="keep the table in benchmarks/RESULTS.md")
    asked = parser.parse_args(arguments)
    if asked.write and (asked.only or asked.quick):
        parser.error("--write keeps a whole table; leave --only and --quick out.")
    # A signal that ends Python at once would leave the companies in the temporary folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sizes = QUICK if asked.quick else FULL
    figures = []
    for name in asked.only or PARTS:
        print(f"Measuring {name} …", file=sys.stderr)
        figures += PARTS[name](sizes)
    text = f"{machine(sizes)}\n\n{table(figures)}"
    print(text)
    if asked.write:
        RESULTS.write_text(f"# Measured with `make bench`\n\n{text}\n", encoding="utf-8")


def machine(sizes: Sizes) -> str:
    """What it was measured on, and whether these are figures or only a try."""
    on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    return f"{'Quick try with small sizes; no measurement. ' if sizes.quick else ''}{on}."


if __name__ == "__main__":
    main(sys.argv[1:])

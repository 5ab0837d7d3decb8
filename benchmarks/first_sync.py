"""The first sync of a company, master written, against the usual script that does the same.

The script is measured on two small companies. From them follow what it costs at all and what it costs a
workbook, and so what it would take for as many workbooks as we read. Its share of check-ins written is the
same in each, so that its cost is a straight line.
"""

from __future__ import annotations

import json
import math
import warnings
from typing import NamedTuple

from benchmarks import okrsync, process
from benchmarks.company import Company, company
from benchmarks.figures import Figure, shown
from benchmarks.process import Ran
from benchmarks.sizes import Sizes

CHECK_INS_IN_MASTER = 50_000 / 10_000
"""Newest check-ins that the script writes for each workbook: 50,000 for ten thousand."""
_CALLS = {"one": "one read_excel call a workbook", "four": "four calls a workbook"}


class Line(NamedTuple):
    """A cost that grows evenly: seconds at all, and for each workbook."""

    fixed: float
    each: float

    def at(self, workbooks: int) -> float:
        """The cost of that many."""
        return self.fixed + self.each * workbooks


class Cost(NamedTuple):
    """What the script costs, in wall and in CPU seconds."""

    wall: Line
    cpu: Line


def figures(ran: Ran, sizes: Sizes) -> list[Figure]:
    """A first sync that has been run, and the script beside it."""
    count = f"{sizes.company:,} workbooks"
    tree = "" if ran.tree is None else f"; {ran.tree / 1024:.2f} GiB in all its processes together"
    found = [
        Figure(
            f"first sync of {count} on two cores, master written",
            f"{shown(ran.seconds)} ({shown(ran.cpu)} of CPU)",
            runs="once",
        ),
        Figure("… peak memory of the largest process", f"{ran.peak / 1024:.2f} GiB{tree}", runs="once"),
    ]
    for calls, cost in script(sizes.script).items():
        wall, cpu = cost.wall.at(sizes.company), cost.cpu.at(sizes.company)
        each = f"{cost.wall.fixed:.1f} s + {cost.wall.each * 1000:.0f} ms a workbook"
        found.append(
            Figure(
                f"… against the usual pandas + openpyxl script, {_CALLS[calls]}",
                f"{wall / ran.seconds:.1f} × faster (CPU: {cpu / ran.cpu:.1f} ×)",
                f"{shown(wall)}, {shown(cpu)} of CPU (extrapolated: {each})",
                "≥ 20 ×",
                f"script once on {sizes.script[0]} and {sizes.script[1]} workbooks",
            )
        )
    return found


def script(sizes: tuple[int, int]) -> dict[str, Cost]:
    """The cost of the script in both its variants; fails where its roll-ups are not ours."""
    runs: dict[str, list[Ran]] = {calls: [] for calls in _CALLS}
    for size in sizes:
        with company(size) as made:
            for calls, each in runs.items():
                each.append(_run_script(made, calls))
            if size == max(sizes):
                _same_roll_ups(made)
    return {
        calls: Cost(_line(sizes, less.seconds, more.seconds), _line(sizes, less.cpu, more.cpu))
        for calls, (less, more) in runs.items()
    }


def _line(sizes: tuple[int, int], less: float, more: float) -> Line:
    """The line through the seconds for both sizes."""
    each = (more - less) / (sizes[1] - sizes[0])
    return Line(less - each * sizes[0], each)


def _run_script(made: Company, calls: str) -> Ran:
    """The script as a process."""
    newest = str(round(CHECK_INS_IN_MASTER * made.units))
    arguments = [str(made.teams), str(made.folder / "usual.xlsx"), calls, newest]
    ran = process.run(["-m", "benchmarks.usual_script", *arguments], cores=okrsync.CORES)
    assert json.loads(ran.out)["write"] > 0
    return ran


def _same_roll_ups(made: Company) -> None:
    """Fails unless the script's master has our roll-up for every unit."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pd.read_excel(made.folder / "usual.xlsx", sheet_name="Roll-up", engine="openpyxl")
    ours = okrsync.roll_ups(made)
    assert len(ours) == len(theirs) == made.units
    for unit, value in zip(theirs["Unit"], theirs["Roll-up"], strict=True):
        assert math.isclose(ours[unit], value, rel_tol=1e-9), f"{unit}: {ours[unit]} is not {value}"

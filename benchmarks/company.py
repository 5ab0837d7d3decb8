"""A company of any size on disk: one workbook a unit, no two alike, in the product's own template.

One company, departments of 20, teams below; objectives aligned upwards. Some tens of variants are built
for real, the rest is copied from them with other units, parents and values (`benchmarks.stamp`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import Process
from pathlib import Path
from typing import NamedTuple

from benchmarks import team_book
from benchmarks.stamp import Stamp
from benchmarks.team_book import CYCLE, KEY_RESULTS, WEEKS, gauge, newest, number_mark
from sync.core.model import Measure

DEPARTMENT = 20
VARIANTS = 30
_AREAS = (
    "Payments",
    "Logistics",
    "Onboarding",
    "Retail",
    "Research",
    "Support",
    "Field Service",
    "Data & AI",
)
_CONFIG = f"""\
[organisation]
name = "Unit 0 of Everything"
cycle = "{CYCLE}"
number_format = "1,234.5"

[[sources.excel]]
paths = ["teams"]

[master]
excel = "master.xlsx"
"""


class Company(NamedTuple):
    """A company in a folder: config.toml and teams/, one folder a department."""

    folder: Path
    units: int

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "config.toml"

    @property
    def teams(self) -> Path:
        """The folder of the workbooks."""
        return self.folder / "teams"

    @property
    def master(self) -> Path:
        """Where a sync writes the master."""
        return self.folder / "master.xlsx"

    def path(self, unit: int) -> Path:
        """A unit's workbook."""
        head = _head(unit, self.units)
        return self.teams / f"{head:05}" / f"{_name(unit)}.xlsx"

    def change(self, units: Iterable[int], version: int) -> None:
        """Gives the newest values of those units' workbooks other numbers, and the files a new time."""
        for unit in units:
            path = self.path(unit)
            before = path.stat().st_mtime_ns
            path.write_bytes(workbook(unit, self.units, version))
            # Some file systems tell times apart by no less than seconds.
            os.utime(path, ns=(before + version * 10**10, before + version * 10**10))


@contextmanager
def company(units: int) -> Iterator[Company]:
    """A company of that many units in the system's temporary folder, removed when it is left."""
    with tempfile.TemporaryDirectory(prefix="okrsync-bench-") as folder:
        made = Company(Path(folder), units)
        made.config.write_text(_CONFIG, encoding="utf-8")
        for head in range(_departments(units) + 1):
            made.path(min(head, units - 1)).parent.mkdir(parents=True, exist_ok=True)
        _write_all(made)
        yield made


def workbook(unit: int, units: int, version: int = 0) -> bytes:
    """The bytes of a unit's workbook in a company of that size."""
    parent = _parent(unit, units)
    level = _level(unit, units)
    variant = unit % VARIANTS if level == "Team" else unit % 4
    values = {
        team_book.UNIT: _name(unit).replace("&", "&amp;").encode(),
        team_book.PARENT: b"" if parent is None else _name(parent).replace("&", "&amp;").encode(),
        team_book.UNIT_ID: f"U{unit}".encode(),
        team_book.PARENT_ID: f"U{parent}".encode(),
        team_book.BOOK_ID: hashlib.sha256(f"{unit}/{units}".encode()).hexdigest()[:32].encode(),
    }
    for key_result in range(KEY_RESULTS):
        for week in range(WEEKS):
            revised = version if week == newest(key_result) else 0
            values[number_mark(key_result, week)] = _number(unit, variant, key_result, week, revised)
    return _stamp(variant, level).copy(values)


@lru_cache(maxsize=VARIANTS + 8)
def _stamp(variant: int, level: str) -> Stamp:
    return Stamp(team_book.build(variant, level), team_book.MARKS)


def _number(unit: int, variant: int, key_result: int, week: int, version: int) -> bytes:
    """A measured number, as the cell holds it: from a little below the start to a little above the target."""
    how = gauge(variant, key_result)
    share = (unit * 7919 + key_result * 104_729 + week * 211 + version * 997) % 1200 / 1000 - 0.05
    start, target = how.start or 0.0, how.target or 0.0
    if how.measure in (Measure.AT_LEAST, Measure.AT_MOST):
        start = target / 2
    if how.measure == Measure.KPI:
        start = 0.0
    return repr(round(start + (target - start) * share, 4)).encode()


def _write_all(made: Company) -> None:
    """Every workbook, on two cores where that pays."""
    if made.units < 4 * VARIANTS:
        _write(made, 0, 1)
        return
    # Every other unit each: both get all variants and as many departments.
    halves = [Process(target=_write, args=(made, first, 2)) for first in range(2)]
    try:
        for half in halves:
            half.start()
        for half in halves:
            half.join()
    finally:
        for half in halves:
            half.kill()  # when we are stopped ourselves, nobody wants the rest
            half.join()
    if any(half.exitcode for half in halves):
        raise RuntimeError("Not every workbook of the company could be written.")


def _write(made: Company, first: int, step: int) -> None:
    for unit in range(first, made.units, step):
        made.path(unit).write_bytes(workbook(unit, made.units))


def _name(unit: int) -> str:
    return f"{_AREAS[unit % len(_AREAS)]} {unit:05}"


def _departments(units: int) -> int:
    return max(1, units // DEPARTMENT)


def _level(unit: int, units: int) -> str:
    return "Company" if unit == 0 else "Department" if unit <= _departments(units) else "Team"


def _parent(unit: int, units: int) -> int | None:
    """The unit above; None for the company."""
    if unit == 0:
        return None
    departments = _departments(units)
    return 0 if unit <= departments else 1 + unit % departments


def _head(unit: int, units: int) -> int:
    """The department that a unit is or belongs to; 0 for the company."""
    return (_parent(unit, units) or 0) if _level(unit, units) == "Team" else unit

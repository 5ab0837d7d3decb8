"""The command as people run it, `okrsync sync`, as a whole process on two cores."""

from __future__ import annotations

import json

from benchmarks import process
from benchmarks.company import Company
from benchmarks.process import Ran
from benchmarks.team_book import AS_OF

CORES = 2
_FINDINGS = 1  # the exit code of a run that found errors in sheets


def sync(company: Company, says: str) -> Ran:
    """One sync. RuntimeError unless it ran through, said that, and there is a master."""
    ran = process.run(_command(company, "sync"), cores=CORES, codes=(0, _FINDINGS))
    if says not in ran.out or not company.master.exists():
        raise RuntimeError(f"A sync that should say {says!r} and have a master:\n{ran.out}{ran.err}")
    return ran


def roll_ups(company: Company) -> dict[str, float]:
    """The roll-up of every unit, as `okrsync score` tells it."""
    ran = process.run([*_command(company, "score"), "--format", "json"], codes=(0, _FINDINGS))
    return {unit["unit"]: unit["roll_up"] for unit in json.loads(ran.out)["units"]}


def _command(company: Company, name: str) -> list[str]:
    return ["-m", "sync", name, "--config", str(company.config), "--as-of", AS_OF.isoformat()]

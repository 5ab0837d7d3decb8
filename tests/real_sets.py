"""Real companies' OKRs poured into our template: `python -m tests.real_sets FOLDER` makes the workbooks.

The data lie in `../shared/data/okr` beside the checkout (origin and licences in the README there).
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sheet_templates.team import TeamDefaults, build_team

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "okr"
IPFS = DATA / "ipfs_okrs_2019_derived.csv"
SOURCED = DATA / "srcd_okrs_2018_derived.csv"
GRADES = ("mid_q_actual", "mid_q_projection", "end_q")

Row = dict[str, Any]


def read(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def cluster_book(path: Path, grade: str, *, objectives: bool) -> None:
    """The IPFS Cluster group with one graded column as Current (from 0 to 1), under its objectives or one."""
    lines = [
        line for line in read(IPFS) if line["working_group"] == "Cluster" and line["objective"] != "TOTAL"
    ]
    names = list(dict.fromkeys(line["objective"] for line in lines)) if objectives else ["All of it"]
    ids = {name: f"CL-O{number}" for number, name in enumerate(names, 1)}
    key_results = [
        {
            "id": f"CL-KR{number}",
            "objective_id": ids[line["objective"]] if objectives else "CL-O1",
            "key_result": line["key_result"],
            "owner": line["owner"],
            "measure": "Increase",
            "start": 0.0,
            "target": 1.0,
            "current": float(line[grade]) if line[grade] else None,
        }
        for number, line in enumerate(lines, 1)
    ]
    team = TeamDefaults(unit="Cluster", level="Team", parent="", cycle="2019-Q2", number_format="1,234.5")
    build_team(path, team, prefill={"objectives": _objectives(ids), "key_results": key_results})


def sourced_books(folder: Path, quarter: str) -> dict[str, float]:
    """source{d}'s quarter as two workbooks, and each team objective's share of ticked boxes by its id."""
    lines = [line for line in read(SOURCED) if line["quarter"] == quarter]
    company = dict.fromkeys(line["company_objective"] for line in lines)
    above = {name: f"SRCD-O{number}" for number, name in enumerate(company, 1)}
    teams: dict[str, str] = {}
    for line in lines:
        teams.setdefault(line["team_objective"], line["company_objective"])
    ids = {name: f"T-O{number}" for number, name in enumerate(teams, 1)}
    key_results = [
        {
            "id": f"T-KR{number}",
            "objective_id": ids[line["team_objective"]],
            "key_result": line["key_result"],
            "measure": "Yes/No",
            "current": line["done"],
        }
        for number, line in enumerate(lines, 1)
    ]
    cycle = quarter
    build_team(
        folder / "source{d}.xlsx",
        TeamDefaults(unit="source{d}", level="Company", cycle=cycle),
        prefill={"objectives": _objectives(above)},
    )
    aligned = [row | {"aligned_to": above[teams[row["objective"]]]} for row in _objectives(ids)]
    build_team(
        folder / "Teams.xlsx",
        TeamDefaults(unit="Teams", level="Team", parent="source{d}", cycle=cycle),
        prefill={"objectives": aligned, "key_results": key_results},
    )
    return {
        row_id: _share(line["done"] for line in lines if line["team_objective"] == name)
        for name, row_id in ids.items()
    }


def _objectives(ids: dict[str, str]) -> list[Row]:
    return [{"id": row_id, "objective": name} for name, row_id in ids.items()]


def _share(boxes: Iterable[str]) -> float:
    ticked: Sequence[bool] = [box == "yes" for box in boxes]
    return sum(ticked) / len(ticked)


def last_day(quarter: str) -> date:
    """The last day of a 2018 quarter of source{d}."""
    return {"2018-Q3": date(2018, 9, 30), "2018-Q4": date(2018, 12, 31)}[quarter]


def main(folder: Path) -> None:
    """Makes every workbook in a folder."""
    for grade in GRADES:
        for objectives in (False, True):
            name = f"cluster {grade} {'four objectives' if objectives else 'one objective'}"
            (folder / name).mkdir(parents=True, exist_ok=True)
            cluster_book(folder / name / "Cluster.xlsx", grade, objectives=objectives)
    for quarter in ("2018-Q3", "2018-Q4"):
        (folder / quarter).mkdir(parents=True, exist_ok=True)
        sourced_books(folder / quarter, quarter)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

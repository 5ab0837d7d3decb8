"""What somebody in the office who knows pandas would write: every workbook read, scored, one master written.

It stands for the code that okrsync replaces, and shares nothing with it. It reads four tabs of each
workbook, puts the frames together, computes progress, objective scores and the roll-up over the units,
looks for a few mistakes, and writes one workbook with `to_excel`. Sheets that are not well-formed stop it.

    python -m benchmarks.usual_script FOLDER MASTER.xlsx one|four NEWEST

"one" calls read_excel once a workbook, "four" once a tab; NEWEST is how many check-ins the master gets.
Prints the seconds of its steps as JSON.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

TABS = ["Team", "Objectives", "Key Results", "Check-ins"]
HEADER = 2  # the template's title and hint stand above
Frames = dict[str, pd.DataFrame]


def main(folder: Path, target: Path, calls: str, newest: int) -> dict[str, float]:
    """Reads the folder, writes the master; seconds of each step."""
    began = time.perf_counter()
    frames = read_all(folder, calls)
    read = time.perf_counter()
    key_results = score(frames["Key Results"], frames["Check-ins"])
    objectives = score_objectives(frames["Objectives"], key_results)
    units = roll_up(frames["Team"], objectives)
    issues = validate(units, objectives, key_results, frames["Check-ins"])
    computed = time.perf_counter()
    with pd.ExcelWriter(target, engine="openpyxl") as writer:
        units.to_excel(writer, sheet_name="Roll-up", index=False)
        objectives.to_excel(writer, sheet_name="Objectives", index=False)
        key_results.to_excel(writer, sheet_name="Key results", index=False)
        by_date = frames["Check-ins"].sort_values("Date", ascending=False)
        by_date.head(newest).to_excel(writer, sheet_name="Check-ins", index=False)
        issues.to_excel(writer, sheet_name="Issues", index=False)
    return {"read": read - began, "compute": computed - read, "write": time.perf_counter() - computed}


def read_all(folder: Path, calls: str) -> Frames:
    """The four tabs of all workbooks, each as one frame."""
    read: dict[str, list[pd.DataFrame]] = {tab: [] for tab in TABS}
    for path in sorted(folder.rglob("*.xlsx")):
        if calls == "one":
            tabs = pd.read_excel(path, sheet_name=TABS, header=HEADER, engine="openpyxl")
        else:
            tabs = {
                tab: pd.read_excel(path, sheet_name=tab, header=HEADER, engine="openpyxl") for tab in TABS
            }
        team = dict(zip(tabs["Team"].iloc[:, 0], tabs["Team"].iloc[:, 1], strict=True))
        read["Team"].append(pd.DataFrame([team]).assign(File=path.name))
        for tab in TABS[1:]:
            filled = tabs[tab][tabs[tab].iloc[:, 1].notna()]  # the template holds prepared rows
            read[tab].append(filled.assign(Unit=team["Unit"], File=path.name))
    return {tab: pd.concat(frames, ignore_index=True) for tab, frames in read.items()}


def score(key_results: pd.DataFrame, check_ins: pd.DataFrame) -> pd.DataFrame:
    """The key results with Progress, clamped to 0 … 1."""
    kr = key_results.copy()
    start, target = pd.to_numeric(kr["Start"]), pd.to_numeric(kr["Target"])
    current = pd.to_numeric(kr["Current"], errors="coerce")
    kind = kr["Measure"]
    progress = (current - start) / (target - start)
    progress = progress.mask(kind == "At least", current / target)
    progress = progress.mask(kind == "At most", 2 - current / target)
    progress = progress.mask(kind == "Yes/No", kr["Current"].isin([True]).astype(float))
    progress = progress.mask(kind == "Between", _share_in_band(kr, check_ins))
    stages = kind == "Milestone"
    done = [_stages_done(*row) for row in kr.loc[stages, ["Milestones", "Current"]].itertuples(index=False)]
    progress[stages] = done
    kr["Progress"] = progress.clip(0, 1).mask(kind == "KPI")
    return kr


def _share_in_band(kr: pd.DataFrame, check_ins: pd.DataFrame) -> pd.Series[float]:
    """The share of each key result's check-ins that lie between its Start and Target."""
    bounds = kr[kr["Measure"] == "Between"].set_index("ID")[["Start", "Target"]]
    rows = check_ins.join(bounds, on="KR ID", how="inner")
    value = pd.to_numeric(rows["Value"])
    inside = (value >= pd.to_numeric(rows["Start"])) & (value <= pd.to_numeric(rows["Target"]))
    return kr["ID"].map(inside.groupby(rows["KR ID"]).mean())


def _stages_done(plan: str, current: str) -> float:
    """`Design 20%; Build 60%; Launch 20%` and "Build" make 0.8."""
    total = 0.0
    for stage in plan.split(";"):
        name, _, weight = stage.strip().rpartition(" ")
        total += float(weight.rstrip("%")) / 100
        if name == current:
            break
    return total


def score_objectives(objectives: pd.DataFrame, key_results: pd.DataFrame) -> pd.DataFrame:
    """The objectives with Score, the weighted mean of their key results."""
    scored = objectives.copy()
    scored["Score"] = scored["ID"].map(_means(key_results, "Objective ID", "Progress"))
    return scored


def _means(rows: pd.DataFrame, group: str, value: str) -> pd.Series[float]:
    """The weighted mean of each group; a blank weight is 1, a missing value does not count."""
    rows = rows[rows[value].notna()]
    weight = pd.to_numeric(rows["Weight"]).fillna(1.0)
    return (rows[value] * weight).groupby(rows[group]).sum() / weight.groupby(rows[group]).sum()


def roll_up(teams: pd.DataFrame, objectives: pd.DataFrame) -> pd.DataFrame:
    """The units with Own score and Roll-up, the mean of it and of the roll-ups below."""
    units = teams.copy()
    units["Own score"] = units["Unit"].map(_means(objectives, "Unit", "Score"))
    own: dict[str, float] = dict(zip(units["Unit"], units["Own score"], strict=True))
    weight: dict[str, float] = dict(
        zip(units["Unit"], pd.to_numeric(units["Weight"]).fillna(1.0), strict=True)
    )
    children: dict[str, list[str]] = {}
    for unit, parent in zip(units["Unit"], units["Parent"], strict=True):
        children.setdefault(parent, []).append(unit)

    def rolled(unit: str) -> float:
        total, of = own[unit], 1.0
        for child in children.get(unit, []):
            total += weight[child] * rolled(child)
            of += weight[child]
        return total / of

    units["Roll-up"] = [rolled(unit) for unit in units["Unit"]]
    return units


def validate(
    units: pd.DataFrame, objectives: pd.DataFrame, key_results: pd.DataFrame, check_ins: pd.DataFrame
) -> pd.DataFrame:
    """A few mistakes people make, one row each."""
    aligned = objectives["Aligned to"].notna() & ~objectives["Aligned to"].isin(objectives["ID"])
    counts = key_results.groupby("Objective ID")["ID"].count()
    many = objectives[objectives["ID"].map(counts).fillna(0) > 5]
    found: list[tuple[str, pd.DataFrame]] = [
        ("no owner", key_results[key_results["Owner"].isna()]),
        ("no current value", key_results[key_results["Current"].isna()]),
        ("no such objective", key_results[~key_results["Objective ID"].isin(objectives["ID"])]),
        ("the same id twice", key_results[key_results["ID"].duplicated(keep=False)]),
        ("low confidence", key_results[pd.to_numeric(key_results["Confidence"]) < 4]),
        ("aligned to nothing", objectives[aligned]),
        ("more than five key results", many),
        ("check-in of an unknown key result", check_ins[~check_ins["KR ID"].isin(key_results["ID"])]),
        ("unknown parent", units[units["Parent"].notna() & ~units["Parent"].isin(units["Unit"])]),
    ]
    issues: list[Any] = [
        rows.reindex(columns=["Unit", "File", "ID"]).assign(Issue=issue) for issue, rows in found if len(rows)
    ]
    return pd.concat(issues) if issues else pd.DataFrame(columns=["Unit", "File", "ID", "Issue"])


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # openpyxl says of each workbook what it drops
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))

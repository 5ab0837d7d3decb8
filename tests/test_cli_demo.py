"""`okrsync demo`: what it leaves, what it says, and what a user does next (DESIGN.md, The demo's folder)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.company import Answer, loaded, okrsync

AS_OF = "2026-11-21"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    folder = tmp_path_factory.mktemp("made") / "demo"
    return folder, okrsync("demo", str(folder), "--as-of", AS_OF)


def command(demo: tuple[Path, Answer], *arguments: str) -> Answer:
    return okrsync(*arguments, "--config", str(demo[0] / "config.toml"))


def told(demo: tuple[Path, Answer], *arguments: str) -> Any:
    return json.loads(command(demo, *arguments, "--format", "json").out)


def test_the_demo_ends_well_and_leaves_what_the_design_names(demo: tuple[Path, Answer]) -> None:
    folder, answer = demo
    assert answer.code == 0  # findings or not
    assert answer.err == "Replaying ten weeks of check-ins: 10\n"
    for part in (
        str(folder / "master.xlsx"),
        "okrsync sync --config",
        "Fjell Bikes",
        "ERROR",
        "All together:",
    ):
        assert part in answer.out
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"config.toml", "people.xlsx", "master.xlsx", "state/history.db"} <= files
    assert [name for name in files if "master" in name and name.endswith(".xlsx")] == ["master.xlsx"]
    assert {name.partition("/")[0] for name in files} == {
        *("config.toml", "people.xlsx", "master.xlsx", "state", "teams")
    }


def test_the_same_day_again_is_idle_and_the_next_day_is_not(demo: tuple[Path, Answer]) -> None:
    before = (demo[0] / "master.xlsx").read_bytes()
    again = told(demo, "sync", "--as-of", AS_OF)
    assert (again["state"], again["written"]) == ("unchanged", [])
    assert (demo[0] / "master.xlsx").read_bytes() == before
    plan = told(demo, "sync", "--dry-run", "--as-of", "2026-11-22")["plan"]
    assert any(step["action"] == "publish the master" for step in plan)


def test_the_demo_company_is_what_the_issue_asks_for(demo: tuple[Path, Answer]) -> None:
    seen = told(demo, "score", "--as-of", AS_OF)
    levels = [unit["level"] for unit in seen["units"]]
    assert [levels.count(level) for level in ("Company", "Department", "Team", "Individual")] == [1, 3, 8, 3]
    assert sum(unit["parent"] is None for unit in seen["units"]) == 1
    scores = [row["score"] for row in seen["key_results"] if row["score"] is not None]
    assert len(scores) > 40
    assert all(0 <= score <= 1 for score in scores)


def test_ten_weeks_of_syncs_make_a_trend(demo: tuple[Path, Answer]) -> None:
    runs = told(demo, "history")["history"]
    assert sum(not run["idle"] for run in runs) == 10
    weeks = told(demo, "history", "Fjell Bikes")["history"]
    assert len(weeks) == 10
    assert [week["as_of"] for week in weeks] == sorted(week["as_of"] for week in weeks)
    assert weeks[-1]["roll_up"] > weeks[0]["roll_up"]


def test_the_defects_of_real_sheets_are_found(demo: tuple[Path, Answer]) -> None:
    sheet = loaded(demo[0] / "master.xlsx")["Issues"]
    rows = list(sheet.values)
    top = next(at for at, row in enumerate(rows) if "Code" in row)
    codes = {row[rows[top].index("Code")] for row in rows[top + 1 :]}
    wanted = {"S103", "S104", "S105", "S107", "S111", "S115", "A302", "B401", "B410", "Q213"}
    assert sorted(wanted - codes) == []


def test_findings_stand_in_the_teams_own_sheets(demo: tuple[Path, Answer]) -> None:
    tab = loaded(demo[0] / "teams" / "Bike Design.xlsx")["Sync status"]
    cells = {cell for row in tab.values for cell in row}
    assert {"S103", "Mend the formula, or type the value in its place."} <= cells


def test_the_demo_takes_no_folder_that_holds_something(demo: tuple[Path, Answer], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    answer = okrsync("demo", str(tmp_path))
    assert (answer.code, [path.name for path in tmp_path.iterdir()]) == (2, ["mine.txt"])

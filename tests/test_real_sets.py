"""Real OKR sets, poured into templates and scored, give the figures that their owners' numbers imply."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import real_sets

pytestmark = pytest.mark.skipif(
    not real_sets.DATA.exists(),
    reason="the recorded OKR sets (../shared/data/okr) are not beside this checkout",
)

CLUSTER = (
    # graded column, all key results under one objective, under the group's four objectives
    ("mid_q_actual", 0.3444, 0.3161),
    ("mid_q_projection", 0.5682, 0.4875),
    ("end_q", 0.3571, 0.2979),
)


def score(folder: Path, as_of: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "sync", "score", str(folder), "--as-of", as_of, "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("grade", "one", "four"), CLUSTER)
def test_the_ipfs_cluster_group_rolls_up_to_its_grades(
    tmp_path: Path, grade: str, one: float, four: float
) -> None:
    for objectives, expected in ((False, one), (True, four)):
        folder = tmp_path / str(objectives)
        folder.mkdir()
        real_sets.cluster_book(folder / "Cluster.xlsx", grade, objectives=objectives)
        (unit,) = score(folder, "2019-06-30")["units"]
        assert round(unit["own_score"], 4) == expected
        assert unit["roll_up"] == unit["own_score"]


@pytest.mark.parametrize("quarter", ("2018-Q3", "2018-Q4"))
def test_sourced_objectives_score_their_share_of_ticked_boxes(tmp_path: Path, quarter: str) -> None:
    shares = real_sets.sourced_books(tmp_path, quarter)
    found = score(tmp_path, real_sets.last_day(quarter).isoformat())
    scores = {row["id"]: row["score"] for row in found["objectives"] if row["unit"] == "Teams"}
    assert len(shares) > 30
    assert scores == pytest.approx(shares, abs=1e-12)

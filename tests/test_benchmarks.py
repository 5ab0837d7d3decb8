"""The benchmarks run, on tiny sizes: figures come out, and both sides compute the same. No clock is asked."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import company, hostile, process
from benchmarks.figures import Figure, table
from benchmarks.sizes import Sizes
from benchmarks.team_book import CHECK_INS, KEY_RESULTS, OBJECTIVES
from sync.core.model import TeamSheet
from sync.core.parse import parse
from sync.core.policy import Limits
from sync.sources import xlsx

TINY = Sizes(
    rounds=1,
    books=1,
    company=6,
    changed=2,
    script=(2, 4),
    growth=(2, 4),
    hostile=1_000,
    units=40,
    master_rows=50,
    sheets=4,
    many_sheets=6,
    messages=10,
    quick=True,
)


def sheet(unit: int, version: int = 0) -> TeamSheet:
    """A unit's workbook in a company of 200, as okrsync understands it."""
    grid = xlsx.read(company.workbook(unit, 200, version), Limits())
    parsed = parse("x.xlsx", grid)
    assert parsed.sheet is not None
    assert [problem for problem in parsed.problems if problem.severity == "error"] == []
    return parsed.sheet


@pytest.mark.parametrize("part", bench.PARTS)
@pytest.mark.slow
def test_every_part_gives_figures(part: str) -> None:
    figures = bench.PARTS[part](TINY)
    assert figures
    for figure in figures:
        assert figure.work
        assert figure.measured
        assert "nan" not in figure.measured


def test_every_workbook_of_the_company_is_whole_and_differs() -> None:
    for unit in (0, 1, 10, 11, 41, 199):
        made = sheet(unit)
        assert (len(made.objectives), len(made.key_results)) == (OBJECTIVES, KEY_RESULTS)
        assert len(made.check_ins) == CHECK_INS
        assert {row.id for row in made.key_results} == {f"U{unit}-KR{at}" for at in range(KEY_RESULTS)}
    same_variant = sheet(11), sheet(41)
    assert same_variant[0].team.unit != same_variant[1].team.unit
    assert [row.current for row in same_variant[0].key_results] != [
        row.current for row in same_variant[1].key_results
    ]


def test_the_company_is_a_tree_of_departments_with_objectives_aligned_upwards() -> None:
    top, department, team = sheet(0), sheet(1), sheet(30)
    assert [one.team.level for one in (top, department, team)] == ["Company", "Department", "Team"]
    assert (top.team.parent, department.team.parent) == ("", top.team.unit)
    assert team.team.parent == department.team.unit
    assert [row.aligned_to for row in team.objectives] == [row.id for row in department.objectives]


def test_a_change_moves_the_newest_values_and_nothing_else() -> None:
    before, after = sheet(30), sheet(30, version=1)
    assert before.objectives == after.objectives
    old = {(row.kr_id, row.date): row.value for row in before.check_ins}
    new = {(row.kr_id, row.date): row.value for row in after.check_ins}
    newest = {(row.id, row.last_check_in) for row in before.key_results}
    moved = {key for key in old if old[key] != new[key]}
    assert moved
    assert moved <= newest
    assert {row.id: row.current.value for row in after.key_results if row.current.was == "number"} == {
        key_result: value.value for (key_result, day), value in new.items()
        if (key_result, day) in newest and value.was == "number"
    }  # fmt: skip


def test_a_copy_is_a_whole_zip() -> None:
    with zipfile.ZipFile(io.BytesIO(company.workbook(7, 200))) as archive:
        assert archive.testzip() is None


def test_hostile_files_are_what_they_are_called(tmp_path: Path) -> None:
    path = tmp_path / "hostile.xlsx"
    found = {}
    for name, make in hostile.shapes(2_000).items():
        make(path)
        found[name] = hostile.outcome(path)
    bomb = "refused, its part xl/worksheets/sheet1.xml unpacks to more than 100 times its size."
    assert found == {
        "a stray cell at XFD1048576": "read, 2 cells",
        "2,000 styled blank rows": "read, 0 cells",
        "a bomb of 1 MiB": bomb,
        "4 sheets": "read, 4 cells",
    }


def test_the_table_has_a_row_a_figure() -> None:
    lines = table([Figure("reading", "3 ms", "30 ms", "≥ 10 ×", "7 rounds"), Figure("x", "1 s")]).split("\n")
    assert lines[2:] == ["| reading | 3 ms | 30 ms | ≥ 10 × | 7 rounds |", "| x | 1 s |  |  |  |"]


def test_a_process_tells_its_own_memory_and_not_its_starters() -> None:
    ballast = bytearray(300 * 1024 * 1024)
    ran = process.run(["-c", "print('here')"])
    assert ran.out == "here\n"
    assert ran.peak < len(ballast) / 2**20 / 2


def test_a_failed_process_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="ended with 3:\nwrong"):
        process.run(["-c", "import sys; print('wrong', file=sys.stderr); sys.exit(3)"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_an_interrupted_run_leaves_no_company_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--only", "growth"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as running:
        while not list(tmp_path.glob("okrsync-bench-*/teams/*/*.xlsx")):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
    assert running.returncode == 143
    assert list(tmp_path.iterdir()) == []

"""The menu in Google Sheets says what Python says: thousands of rows and texts through both.

The script's own tests (`tests/apps_script/*.test.js`) are run from here, too.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.apps_script import CHECKED, GENERATED, HERE, ROOMS, generated, script, write_bundle
from addin.registry import COMMANDS
from sync.core import cells
from sync.core.assess import assess
from sync.core.cycle import resolve as resolve_cycle
from sync.core.findings import Findings
from sync.core.grid import Cell, Grid, Kind, number_text
from sync.core.identity import resolve
from sync.core.numerals import known_format, readings
from sync.core.parse import parse
from sync.core.policy import Checks, Policies
from sync.core.portfolio import Origin
from sync.core.problems import RULES, Problem, in_order
from sync.core.schema import NUMBER_FORMATS
from tests.apps_script_cases import TODAY, as_json, books, date_texts, texts_of

ROOT = Path(__file__).parents[1]
SCRIPT_TESTS = ROOT / "tests" / "apps_script"
BOOKS = 300


@pytest.fixture(scope="session")
def node() -> str:
    """The program node, 18 or newer."""
    found = shutil.which("node")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout if found else ""
    if not found or int(said[1:].split(".")[0]) < 18:
        if os.environ.get("CI") == "true":
            pytest.fail("Node 18 or newer is missing.")
        pytest.skip("Node 18 or newer is missing.")
    return found


def twin(node: str, kind: str, cases: list[Any]) -> list[Any]:
    """What the script makes of each case."""
    answer = subprocess.run(
        [node, SCRIPT_TESTS / "twin.js"],
        input=json.dumps({"kind": kind, "cases": cases}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found: list[Any] = json.loads(answer.stdout)
    assert len(found) == len(cases)
    return found


# --- texts ------------------------------------------------------------------------------------------


def text_cell(text: str) -> Cell:
    return Cell(Kind.TEXT, text)


def trouble_of(trouble: cells.Trouble | None) -> Any:
    return trouble and [trouble.rule.code, trouble.value, trouble.reason, trouble.suggestion]


def their_trouble(trouble: dict[str, Any] | None) -> Any:
    return trouble and [trouble[name] for name in ("code", "value", "reason", "suggestion")]


def test_numbers_typed_as_text_are_read_alike(node: str) -> None:
    words = list(cells.Words)
    spelled = {cells.Words.NONE: "none", cells.Words.YES_NO: "yes or no", cells.Words.STAGES: "stages"}
    asked = [
        (text, number_format, words[at % 3])
        for at, text in enumerate(texts_of(1500, 7))
        for number_format in ("", *NUMBER_FORMATS)
    ]
    said = [{"text": text, "format": form, "words": spelled[word]} for text, form, word in asked]
    for (text, form, word), (amount, trouble) in zip(asked, twin(node, "numbers", said), strict=True):
        wanted, complaint = cells.amount(text_cell(text), form, word)
        found = [amount["value"], amount["was"], amount["raw"], amount["formula"]]
        assert [found, their_trouble(trouble)] == [list(wanted), trouble_of(complaint)], (text, form, word)


def test_days_typed_as_text_are_read_alike(node: str) -> None:
    texts = date_texts(3000, 8)
    for text, (day, trouble) in zip(texts, twin(node, "days", [{"text": t} for t in texts]), strict=True):
        wanted, complaint = cells.day(text_cell(text))
        assert [day, their_trouble(trouble)] == [wanted and wanted.isoformat(), trouble_of(complaint)], text


def test_other_texts_are_read_alike(node: str) -> None:
    texts = texts_of(300, 9)
    found = twin(node, "readings", [{"text": text} for text in texts])
    assert found == [[[n.value, n.percent] for n in readings(text)] for text in texts]
    formats = ["1,234.5", "1.234,50", "1 234,5", "1'234.5", "", " ", "1;234.5", "1234", "1,234,5"]
    assert twin(node, "formats", [{"text": text} for text in formats]) == list(map(known_format, formats))
    numbers = [0.1 + 0.2, 1e20, 1.5e-7, 123456789012345.6, 1 / 3, 1e15, 999999999999999.9, 0.00001234, -2.5, 100]
    assert twin(node, "shown", [{"value": value} for value in numbers]) == list(map(number_text, numbers))
    names = ["Key-Result ", "ＫＲ ID", "Straße", "No.", "%", "Größe", "  ", "Σίσυφος"]
    assert twin(node, "folded", [{"text": text} for text in names]) == list(map(cells.fold, names))
    cycles = ["2026-Q4", "q4 2026", "FY2026 H2", "2026", "2026-H3", "Autumn", "2026/Q1", "0000"]
    answers = twin(node, "cycles", [{"text": text} for text in cycles])
    wanted = [resolve_cycle(text, None, None, 1) for text in cycles]
    assert answers == [c and [c.name, c.starts.isoformat(), c.ends.isoformat()] for c in wanted]
    near = [("Curent", 0.7), ("Targt", 0.8), ("Objectiv", 0.7), ("Nothing like it", 0.7), ("on trak", 0.7)]
    known = ["Current", "Target", "Objective", "Objective ID", "On track", "Off track"]
    answers = twin(node, "nearest", [{"text": t, "names": known, "cutoff": c} for t, c in near])
    assert answers == [cells.nearest(text, known, cutoff=cutoff) for text, cutoff in near]


# --- whole sheets -------------------------------------------------------------------------------------


class Ours:
    """What Python says of a sheet alone, without a history, people or other units."""

    def __init__(self, grid: Grid) -> None:
        parsed = parse("", grid)
        self.problems: list[Problem] = list(parsed.problems)
        self.key_results: list[dict[str, Any]] = []
        self.objectives: list[float | None] = []
        self.unit: float | None = None
        if parsed.sheet is not None:
            self._assess(parsed.sheet)

    def _assess(self, sheet: Any) -> None:
        resolved = resolve(sheet)
        found = assess(
            [resolved.sheet],
            [Origin("", "", "", "ok")],
            [*self.problems, *resolved.problems],
            policies=Policies(checks=Checks(select=CHECKED)),
            as_of=TODAY,
        )
        assert found.selection.scored == (0,)
        self.problems = list(found.problems)
        rows, scores = found.portfolio.key_results, found.scores.key_results
        for (_, row), (_, score) in zip(rows.iterrows(), scores.iterrows(), strict=True):
            self.key_results.append(
                {
                    "row": row["row"], "measure": row["measure"], "progress": score["progress"],
                    "score": score["score"], "why": score["unscored"], "value": score["value"],
                    "sure": score["confidence"], "expected": score["expected"], "gap": score["gap"],
                    "status": score["status"],
                }  # fmt: skip
            )
        self.objectives = found.scores.objectives["score"].tolist()
        self.unit = found.scores.units["own_score"].tolist()[0]


def differences(ours: Any, theirs: Any) -> Iterator[str]:
    """Where two figures, texts or rows of them are not the same; 1e-12 is."""
    if isinstance(ours, dict):
        for name in ours:
            yield from (f"{name}: {text}" for text in differences(ours[name], theirs[name]))
    elif isinstance(ours, float):
        missing = math.isnan(ours)
        if missing != (theirs is None) or not (missing or math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)):
            yield f"{ours} is {theirs}"
    elif ours != theirs:
        yield f"{ours} is {theirs}"


@pytest.fixture(scope="module")
def both(node: str) -> list[tuple[Ours, dict[str, Any]]]:
    """Made-up sheets as Python and as the script see them."""
    grids = list(books(BOOKS, 11))
    cases = [{"grid": as_json(grid), "today": TODAY.isoformat()} for grid in grids]
    return list(zip(map(Ours, grids), twin(node, "books", cases), strict=True))


@pytest.mark.slow
def test_key_results_are_scored_alike(both: list[tuple[Ours, dict[str, Any]]]) -> None:
    count, reasons, measures = 0, set(), set()
    for at, (ours, theirs) in enumerate(both):
        for one, other in zip(ours.key_results, theirs["keyResults"], strict=True):
            assert list(differences(one, other)) == [], (at, one, other)
            count += 1
            reasons.add(one["why"])
            measures.add((one["measure"], math.isnan(one["score"])))
    assert count > 3000
    assert len(reasons) > 18
    assert len(measures) == 18  # each of nine and a blank one with and without a score, but KPI and the blank


@pytest.mark.slow
def test_objectives_and_units_are_scored_alike(both: list[tuple[Ours, dict[str, Any]]]) -> None:
    for at, (ours, theirs) in enumerate(both):
        pairs = zip([*ours.objectives, ours.unit], [*theirs["objectives"], theirs["unit"]], strict=True)
        wrong = [text for one, other in pairs for text in differences(math.nan if one is None else one, other)]
        assert wrong == [], at


def spoken(problem: Problem) -> list[str]:
    """A finding without the words that differ on purpose: what S118 and S119 suggest (see docs/google.md)."""
    hint = "" if problem.code in ("S118", "S119") else problem.hint
    return [
        problem.code, problem.severity, problem.tab, problem.cell, problem.row_id, problem.value, problem.message, hint,
    ]  # fmt: skip


@pytest.mark.slow
def test_findings_are_the_same(both: list[tuple[Ours, dict[str, Any]]]) -> None:
    seen = set()
    for at, (ours, theirs) in enumerate(both):
        wanted = [spoken(problem) for problem in in_order(p for p in ours.problems if p.code in CHECKED)]
        found = [
            spoken(Problem(source="", unit="", **{**finding}))
            for finding in theirs["findings"]
        ]
        assert found == wanted, at
        seen |= {code for code, *_ in wanted}
    assert seen == set(CHECKED) - {"S113"}

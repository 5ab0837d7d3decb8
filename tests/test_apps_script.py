"""The menu in Google Sheets says what Python says: thousands of rows and texts through both.

The script's own tests (`tests/apps_script/*.test.js`) are run from here, too.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from addin.apps_script import CHECKED, GENERATED, HERE, ROOMS, generated, script, write_bundle
from addin.registry import COMMANDS
from sheet_templates.team import TeamDefaults, build_team
from sheet_templates.values import Value
from sync.core import cells
from sync.core.assess import assess
from sync.core.cycle import resolve as resolve_cycle
from sync.core.grid import Cell, Grid, Kind, Sheet, number_text
from sync.core.identity import resolve
from sync.core.numerals import known_format, readings
from sync.core.parse import parse
from sync.core.policy import Checks, Limits, Policies
from sync.core.portfolio import Origin
from sync.core.problems import RULES, Problem, in_order
from sync.core.schema import NUMBER_FORMATS
from sync.sources.xlsx import read
from tests.apps_script_cases import TODAY, as_json, books, date_texts, texts_of
from tests.apps_script_picture import _FORM, browse, page
from tests.company import okrsync
from tests.grids import KEY_RESULTS, table, workbook

ROOT = Path(__file__).parents[1]
SCRIPT_TESTS = ROOT / "tests" / "apps_script"
BOOKS = 300


@pytest.fixture(scope="session")
def node() -> str:
    """The program node, 18 or newer."""
    found = shutil.which("node")
    said = (
        subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if found
        else ""
    )
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


def cells_of(texts: list[str]) -> dict[int, Cell]:
    return {at: text_cell(text) for at, text in enumerate(texts, 1) if text}


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
    numbers = [
        0.1 + 0.2,
        1e20,
        1.5e-7,
        123456789012345.6,
        1 / 3,
        1e15,
        999999999999999.9,
        0.00001234,
        -2.5,
        100,
    ]
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


_FIGURES = {
    "progress": "progress", "score": "score", "why": "unscored", "value": "value", "sure": "confidence",
    "expected": "expected", "gap": "gap", "status": "status",
}  # fmt: skip


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
            figures = {name: score[theirs] for name, theirs in _FIGURES.items()}
            self.key_results.append({"row": row["row"], "measure": row["measure"], **figures})
        self.objectives = found.scores.objectives["score"].tolist()
        self.unit = found.scores.units["own_score"].tolist()[0]


def differences(ours: Any, theirs: Any) -> Iterator[str]:
    """Where two figures, texts or rows of them are not the same; 1e-12 is."""
    if isinstance(ours, dict):
        for name in ours:
            yield from (f"{name}: {text}" for text in differences(ours[name], theirs[name]))
    elif isinstance(ours, float):
        missing = math.isnan(ours)
        if missing != (theirs is None) or not (
            missing or math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)
        ):
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
        wrong = [
            text for one, other in pairs for text in differences(math.nan if one is None else one, other)
        ]
        assert wrong == [], at


def spoken(problem: Problem) -> list[str]:
    """A finding without the words that differ on purpose: what S118 and S119 suggest (see docs/google.md)."""
    hint = "" if problem.code in ("S118", "S119") else problem.hint
    return [*problem._replace(hint=hint)]


@pytest.mark.slow
def test_findings_are_the_same(both: list[tuple[Ours, dict[str, Any]]]) -> None:
    seen = set()
    for at, (ours, theirs) in enumerate(both):
        said = in_order(p._replace(unit="") for p in ours.problems if p.code in CHECKED)
        wanted = [spoken(problem) for problem in said]
        found = [spoken(Problem(source="", unit="", **finding)) for finding in theirs["findings"]]
        assert found == wanted, at
        seen |= {code for code, *_ in wanted}
    assert seen == set(CHECKED) - {"S113"}


EDGES = (
    """
        ID | Objective | Aligned to
        O1 | One       | O2
        O2 | Two       | O1
        O3 | Three     |
    """,
    """
        ID | Objective ID | Key result | Start | Target | Current | Starts     | Due        | Weight | Comment
        K1 | O1           | A          | 0     | 10     | 3       | 2026-11-08 | 2026-12-03 |        |
        K2 | O3           | B          | 0     | 10     | 5       |            |            | 50%    |
        K3 | O3           | C          | 0     | 10     | 9       |            |            | 2      |
           |              |            |       |        |         |            |            |        | =5
    """,
)


def test_edges_that_chance_seldom_meets(node: str) -> None:
    """A gap of 0.4 − 0.3, a circle broken at one step, mixed weights, a row of nothing but a formula."""
    grid = workbook(objectives=EDGES[0], key_results=EDGES[1])
    ours = Ours(grid)
    [theirs] = twin(node, "books", [{"grid": as_json(grid), "today": TODAY.isoformat()}])
    assert [one["status"] for one in theirs["keyResults"]] == ["On track", "Outdated", "Outdated"]
    assert theirs["objectives"] == [0.3, 0.3, None]
    pairs = zip(ours.key_results, theirs["keyResults"], strict=True)
    assert [text for one, other in pairs for text in differences(one, other)] == []
    scores = zip(ours.objectives, theirs["objectives"], strict=True)
    assert [text for one, other in scores for text in differences(one, other)] == []
    found = {one["code"]: one["message"] for one in theirs["findings"]}
    assert found["Q213"] == "The weights of the 2 key results of objective O3 mix percents and plain numbers."
    assert sorted(found) == sorted({one.code for one in ours.problems})


# --- the command line says the same -------------------------------------------------------------------


def test_validate_says_what_okrsync_check_says(node: str, tmp_path: Path) -> None:
    """A start that is the target, `€3k`, an unknown objective and one that nobody owns, in a workbook."""
    team = TeamDefaults(unit="Marketing", level="Team", parent="Growth", cycle="2026-Q4")
    nps: dict[str, Value] = {"id": "K1", "objective_id": "O1", "key_result": "NPS"}
    calls: dict[str, Value] = {"id": "K2", "objective_id": "O9", "key_result": "Calls"}
    rows: dict[str, list[dict[str, Value]]] = {
        "objectives": [{"id": "O1", "objective": "Grow"}, {"id": "O2", "objective": "Learn", "owner": "Kim"}],
        "key_results": [nps | {"start": 3.0, "target": 3.0}, calls | {"start": 1.0, "current": "€3k"}],
    }
    book = tmp_path / "team.xlsx"
    build_team(book, team, prefill=rows)
    answer = okrsync("check", str(book), "--as-of", TODAY.isoformat(), "--format", "json")
    [source] = json.loads(answer.out)["sources"]
    wanted = [p for p in source["problems"] if p["code"] in CHECKED]
    grid = read(book.read_bytes(), Limits())
    [theirs] = twin(node, "books", [{"grid": as_json(grid), "today": TODAY.isoformat()}])
    names = ("code", "severity", "tab", "cell", "message")
    found = [[one[name] for name in names] for one in theirs["findings"]]
    assert found == [[one[name] for name in names] for one in wanted]
    assert {p["code"] for p in wanted} >= {"S104", "S118", "Q203", "Q209"}


# --- what is made of Python, and what is shipped ------------------------------------------------------


def test_generated_js_is_what_python_says_now() -> None:
    assert GENERATED.read_text(encoding="utf-8") == generated(), "run `python -m addin.apps_script`"


def test_the_page_says_which_rules_are_not_checked() -> None:
    page = (ROOT / "docs" / "google.md").read_text(encoding="utf-8")
    [line] = re.findall(r"^- rules that need other sheets.*$", page, re.MULTILINE)
    left = {code for code in RULES if code[0] in "SQ"} - set(CHECKED)
    assert set(re.findall(r"[SQAB]\d{3}", line)) == left
    assert [one.label for one in COMMANDS if one.in_google and one.label not in page] == []


def test_the_menu_has_the_commands_that_need_no_python() -> None:
    text = (HERE / "shell.js").read_text(encoding="utf-8")
    names = [one.name for one in COMMANDS if one.in_google]
    assert re.findall(r"^function okr_(\w+)\(\)", text, re.MULTILINE) == names


def test_the_rights_are_the_narrowest() -> None:
    manifest = json.loads((HERE / "appsscript.json").read_text(encoding="utf-8"))
    scopes = [scope.rpartition("/")[2] for scope in manifest["oauthScopes"]]
    assert scopes == ["spreadsheets.currentonly", "script.container.ui"]
    assert manifest["runtimeVersion"] == "V8"
    services = set(re.findall(r"\b([A-Z]\w+(?:Service|App))\.", script()))
    assert services == {"SpreadsheetApp", "HtmlService", "LockService"}


def test_no_text_of_a_sheet_becomes_html() -> None:
    page = (HERE / "Sidebar.html").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", page)
    assert not re.search(r"""(src|href)=["']|https?:""", page), "nothing is loaded from elsewhere"
    assert re.findall(r"<\?.*?\?>", page) == ["<?= JSON.stringify(OKR.menu) ?>"]
    labelled = set(re.findall(r'for="(\w+)"', page))
    assert labelled == set(re.findall(r'<(?:input|select|textarea) id="(\w+)"', page))


def test_three_files_to_paste(tmp_path: Path, node: str) -> None:
    made = write_bundle(tmp_path / "okr-menu")
    assert [path.name for path in made] == ["Code.gs", "Sidebar.html", "appsscript.json"]
    code = made[0].read_text(encoding="utf-8")
    assert [name for name in ROOMS if (HERE / f"{name}.js").read_text(encoding="utf-8") not in code] == []
    (tmp_path / "code.js").write_text(code, encoding="utf-8")
    subprocess.run([node, "--check", tmp_path / "code.js"], check=True)


def test_the_package_has_every_file() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["setuptools"]["package-data"]["addin"] == ["apps_script/*"]
    assert {path.stem for path in HERE.glob("*.js")} == set(ROOMS)


def test_the_scripts_own_tests(node: str) -> None:
    tests = sorted(SCRIPT_TESTS.glob("*.test.js"))
    answer = subprocess.run([node, "--test", *tests], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout
    assert int(re.search(r"^# pass (\d+)", answer.stdout, re.MULTILINE)[1]) > 40  # type: ignore[index]


def test_an_agenda_is_not_taken_for_a_table(node: str) -> None:
    """A Key Results tab that was renamed is still found by its columns when an agenda stands beside it."""
    renamed = table("Our results", KEY_RESULTS)
    grid = workbook(key_results=renamed)
    [pages] = twin(node, "agendas", [{"grid": as_json(grid), "today": TODAY.isoformat(), "owner": "Kim"}])
    more = [Sheet(page["title"], dict(enumerate(map(cells_of, page["rows"]), 1))) for page in pages]
    assert len(more) == 2
    assert parse("", Grid((*grid.sheets, *more))) == parse("", grid)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium shows the sidebar")
def test_the_sidebar_is_300_wide_and_shows_a_sheets_text_as_text() -> None:
    """A comment of `<img …>` stays a text, and nothing is loaded."""
    evil = '<img src=x onerror="document.title = 1"><script src="x"></script>'
    form = {**_FORM, "comment": evil, "name": evil, "text": evil}
    shown = browse(page(form), "--dump-dom")
    assert "<title>0 300</title>" in shown
    assert "Did you mean 3000?" in shown

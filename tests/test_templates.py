"""What a team gets to fill in: the workbook made from the schema, and the figures it computes itself."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from sheet_templates.build import FOLDER, build_all
from sheet_templates.layout import column_range
from sheet_templates.people import build_people
from sheet_templates.tables import _for_table
from sheet_templates.team import TeamDefaults, build_team
from sheet_templates.values import Formula, NotWritten, Percent, Value
from sync.core import formulas, schema
from sync.core.assess import Assessment, assess
from sync.core.grid import Kind, Style
from sync.core.lists import Lists
from sync.core.model import TeamSheet
from sync.core.parse import parse, parse_people
from sync.core.policy import Limits, Policies
from sync.core.portfolio import Origin
from sync.core.problems import Problem
from sync.core.status_tab import Feedback
from sync.feedback.content import compose
from sync.feedback.excel import patched
from sync.sources import xlsx
from tests.office import column, grid_of, resaved

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")

MARKETING = TeamDefaults(unit="Marketing", level="Team", parent="Growth", cycle="2024-Q4", book_id="b-1")
IN_THE_CYCLE = date(2024, 11, 20)
Row = dict[str, Value]


def made(prefill: dict[str, list[Row]] | None = None, team: TeamDefaults = MARKETING) -> bytes:
    buffer = io.BytesIO()
    build_team(buffer, team, Lists(("GRO-O1 · Grow",), ("Kim Larsen",), ("Growth",)), prefill)
    return buffer.getvalue()


def parsed(workbook: bytes) -> tuple[TeamSheet, tuple[Problem, ...]]:
    sheet, problems = parse("marketing.xlsx", xlsx.read(workbook, Limits()))
    assert sheet is not None
    return sheet, problems


def opened(workbook: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook))


def test_a_fresh_template_has_every_tab_and_column_where_the_schema_says():
    sheet = parsed(made())[0]
    for tab in schema.TABLES:
        binding = sheet.bindings[tab.key]
        owned = {column.field for column in tab.columns if column.type is schema.Type.OWNED}
        expected = {c.field: at for at, c in enumerate(tab.columns, 1) if c.field not in owned}
        assert {field: at for field, at in binding.columns.items() if field not in owned} == expected
    assert sheet.team.unit == "Marketing"
    assert sheet.team.parent == "Growth"
    assert sheet.team.template_version == schema.TEMPLATE_VERSION
    assert sheet.book_id == "b-1"
    assert (*sheet.objectives, *sheet.key_results, *sheet.check_ins) == ()


def test_a_fresh_template_has_no_problem_of_its_own():
    assert [p for p in parsed(made())[1] if p.tab not in ("Objectives", "Key Results")] == []


def test_all_tabs_stand_in_order_and_lists_is_hidden():
    grid = xlsx.read(made(), Limits())
    titles = ["Start here", "Team", "Objectives", "Key Results", "Check-ins", "Initiatives", "Retrospective"]
    assert [sheet.name for sheet in grid.sheets] == [*titles, "Sync status", "Lists"]
    assert [sheet.name for sheet in grid.sheets if sheet.hidden] == ["Lists"]


def test_what_is_filled_in_is_read_back_as_it_was_given():
    rows: dict[str, list[Row]] = {
        "objectives": [{"id": "007", "objective": "=1+1 and more", "weight": 2.0}],
        "key_results": [
            {
                "id": "1E5",
                "objective_id": "007",
                "key_result": "@SUM(A1)",
                "start": Percent(0.1),
                "target": Percent(0.625),
                "current": "12,5 %",
                "last_check_in": date(2024, 11, 1),
            },
            {
                "key_result": "A formula",
                "current": Formula("=1+1", 2.0),
                "target": Formula("=#REF!", "#REF!"),
            },
            {"key_result": "Never calculated", "current": Formula("=1+1")},
            {"key_result": "Yes", "current": True},
        ],
    }
    workbook = made(rows)
    sheet = parsed(workbook)[0]
    assert (sheet.objectives[0].id, sheet.objectives[0].objective) == ("007", "=1+1 and more")
    first = sheet.key_results[0]
    assert (first.id, first.key_result, first.last_check_in) == ("1E5", "@SUM(A1)", date(2024, 11, 1))
    assert (first.target.value, first.target.was, first.current.raw) == (0.625, "percent", "12,5 %")
    tab = xlsx.read(workbook, Limits()).sheet("Key Results")
    assert tab is not None
    assert tab.cell(5, 9).formula
    assert tab.cell(5, 8).kind is Kind.ERROR
    assert tab.cell(6, 9).kind is Kind.UNCALCULATED
    assert tab.cell(7, 9).kind is Kind.BOOL
    assert tab.cell(4, 8).style is Style.PERCENT


def test_more_rows_than_prepared_make_the_table_longer_with_its_formulas():
    rows: list[Row] = [{"id": f"K{n}", "key_result": f"Result {n}"} for n in range(60)]
    sheet = opened(made({"key_results": rows}))["Key Results"]
    assert sheet.tables["KeyResults"].ref == "A3:V63"
    assert str(sheet["J63"].value).startswith("=IF(")
    assert sheet["J64"].value is None
    assert opened(made())["Objectives"].tables["Objectives"].ref == "A3:L13"


def test_no_number_that_is_none_is_written():
    with pytest.raises(NotWritten):
        made({"key_results": [{"key_result": "x", "current": float("nan")}]})


def test_drop_downs_and_messages_warn_and_never_block():
    workbook = opened(made())
    for tab in schema.TABLES:
        rules = workbook[tab.title].data_validations.dataValidation
        assert rules
        for rule in rules:
            assert rule.errorStyle in (None, "warning", "information")
            assert rule.errorStyle or not rule.showErrorMessage or rule.type is None
            assert len(rule.prompt or "") <= 255
            assert len(rule.promptTitle or "") <= 32
        explained = {str(rule.sqref).split(":")[0].rstrip("0123456789") for rule in rules if rule.prompt}
        letters = {get_column_letter(at) for at, c in enumerate(tab.columns, 1) if c.help}
        assert explained == letters


def test_choices_come_from_the_lists_tab():
    workbook = opened(made())
    lists = workbook["Lists"]
    for tab in schema.TABLES:
        rules = {str(rule.sqref): rule for rule in workbook[tab.title].data_validations.dataValidation}
        for at, col in enumerate(tab.columns, 1):
            if col.choices:
                letter = get_column_letter(at)
                source = next(r.formula1 for place, r in rules.items() if re.match(rf"{letter}\d", place))
                cells = lists[source.partition("!")[2].replace("$", "")]
                assert tuple(cell.value for (cell,) in cells) == col.choices


def test_id_and_text_columns_are_text_and_dates_cannot_be_mistaken():
    workbook = opened(made())
    for tab in schema.TABLES:
        dimensions = workbook[tab.title].column_dimensions
        for at, col in enumerate(tab.columns, 1):
            grouped = next(
                d for d in dimensions.values() if d.min <= at <= (d.max or d.min)
            )  # openpyxl joins neighbours that look alike
            expected = {"id": "@", "text": "@", "date": "yyyy-mm-dd", "amount": "General"}.get(col.type)
            if expected:
                assert grouped.number_format == expected, col.name


def test_colours_are_ranges_not_thousands_of_formatted_cells():
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        for number in range(3, 8):
            xml = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            assert xml.count("<c ") < 160
    sheet = opened(made())["Key Results"]
    assert all(":" in str(area.sqref) for area in sheet.conditional_formatting)


def test_rows_fit_their_texts_and_grow_when_somebody_types():
    rows: list[Row] = [{"objective": "Customers tell their friends about us " * 3}, {"objective": "Short"}]
    with zipfile.ZipFile(io.BytesIO(made({"objectives": rows}))) as archive:
        xml = archive.read("xl/worksheets/sheet3.xml").decode()
    tall, low = re.findall(r'<row r="[45]"[^>]*>', xml)
    assert 'ht="' in tall
    assert 'ht="' not in low
    assert "customHeight" not in tall + low


def test_the_folded_columns_are_grouped_and_collapsed():
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        xml = archive.read("xl/worksheets/sheet4.xml").decode()
    folded = re.findall(r'<col min="(\d+)" max="(\d+)"[^>]*hidden="1"[^>]*outlineLevel="1"', xml)
    places = [place for first, last in folded for place in range(int(first), int(last) + 1)]
    expected = [at for at, c in enumerate(schema.KEY_RESULTS.columns, 1) if c.collapsed]
    assert places == expected
    assert re.search(rf'<col min="{expected[-1] + 1}"[^>]*collapsed="1"', xml)


def test_the_book_id_is_a_hidden_name():
    name = opened(made()).defined_names[schema.BOOK_ID_NAME]
    assert name.hidden
    assert name.attr_text == '"b-1"'


def test_the_same_arguments_give_the_same_bytes():
    assert made() == made()
    assert made() != made(team=TeamDefaults(unit="Sales"))


def test_the_built_files_are_what_the_schema_says_today(tmp_path: Path):
    """Renew them with `python -m sheet_templates.build`."""
    for fresh in build_all(tmp_path):
        with zipfile.ZipFile(fresh) as new, zipfile.ZipFile(FOLDER / fresh.name) as built:
            assert new.namelist() == built.namelist()
            assert [n for n in new.namelist() if new.read(n) != built.read(n)] == []


def test_the_people_workbook_is_read_back():
    buffer = io.BytesIO()
    build_people(buffer, [{"name": "Kim Larsen", "email": "kim@example.org", "starts": date(2024, 1, 2)}])
    people, problems = parse_people("people.xlsx", xlsx.read(buffer.getvalue(), Limits()))
    assert [(p.name, p.email, p.starts) for p in people] == [
        ("Kim Larsen", "kim@example.org", date(2024, 1, 2))
    ]
    assert problems == ()


# --- formulas -----------------------------------------------------------------------------------

FORMULAS = [
    (tab, col) for tab in (schema.OBJECTIVES, schema.KEY_RESULTS) for col in tab.columns if col.formula
]
LOGIC = {"AND", "IF", "IFERROR", "ISLOGICAL", "ISNUMBER", "N", "OR"}
TEXT = {"CHAR", "EXACT", "LEFT", "LEN", "LOWER", "SUBSTITUTE", "TRIM"}
EVERYWHERE = LOGIC | TEXT | {"INDEX", "INDIRECT", "MAX", "ROW", "SUMPRODUCT", "TODAY"}


@pytest.mark.parametrize(("tab", "col"), FORMULAS, ids=[f"{tab.title} {col.name}" for tab, col in FORMULAS])
def test_formulas_use_only_functions_of_excel_2016_sheets_and_libreoffice(tab, col):
    bare = re.sub(r'"[^"]*"', "", col.formula)
    assert set(re.findall(r"([A-Z][A-Z0-9.]*)\(", bare)) <= EVERYWHERE
    for text in (
        _for_table(col.formula, "KeyResults"),
        formulas.render(col.formula, lambda _: "$AA1000", column_range),
    ):
        assert len(text) < 8_192  # what Excel takes
        assert text.count("(") == text.count(")")
        assert "{" not in re.sub(r'\{("[^"]*",?)+\}', "", text)


@pytest.mark.parametrize(("tab", "col"), FORMULAS, ids=[f"{tab.title} {col.name}" for tab, col in FORMULAS])
def test_no_formula_looks_at_a_range_that_holds_its_own_column(tab, col):
    looked_at = set(re.findall(r"\{([A-Z][^{}!\"]*)!([^{}!\"]+)\}", col.formula))
    assert (tab.title, col.name) not in looked_at
    assert not {(t, c) for t, c in looked_at if t == "Objectives" and c == "Progress"}


# id · objective · weight · status
LIVE_OBJECTIVES = """
O1 | Plain mean
O2 | Weighted
O3 | Nothing scored yet
O4 | Partly weighted
O5 | Weighted nought
O6 | Given up | | Dropped
a* | Wildcards mean themselves
A* | Upper case is another id
O7 | Copied rows
   | Known by its text
"""
# id · objective · measure · start · target · current · weight · status   (50% is a percent cell)
LIVE_KEY_RESULTS = """
inc    | O1 | Increase | 31  | 45   | 38
dec    | O1 | Decrease | 90  | 60   | 81
over   | O1 | Increase | 0   | 10   | 13
below  | O1 | Increase | 10  | 20   | 5
equal  | O1 | Increase | 5   | 5    | 5
blank  | O1 | Increase | 5   | 10   |
open   | O1 |          | 10  | 0    | 4.1
perc   | O1 | Increase | 10% | 30%  | 17.5%
paused | O1 | Increase | 0   | 10   | 1 | | Paused
kpi    | O1 | KPI      | 0   | 10   | 1
least  | O2 | At least |     | 95%  | 81%  | 2
most   | O2 | At most  |     | 15   | 22.5 | 1
most2  | O2 | At most  |     | 15   | 0    | 0
least0 | O2 | At least |     | 0    | -3   | 3
least1 | O2 | At least | -10 | 0    | -3   | 3
least2 | O2 | At least | 10  | 0    | -3   | 3
most0  | O2 | At most  |     | 0    | 0    | 0.5
most1  | O2 | At most  | 8   | 0    | 2    | 0.25
none1  | O3 | Increase | 0   | 10   |
none2  | O3 | Increase |     | 10   | 4
mixed1 | O4 | Increase | 0   | 10   | 4    | 1
mixed2 | O4 | Increase | 0   | 10   | 6
nil1   | O5 | Increase | 0   | 10   | 4    | 0
gone1  | O6 | Increase | 0   | 10   | 4
star1  | a* | Yes/No   |     |      | yes
star2  | a* | Yes/No   |     |      | TRUE
star3  | A* | Yes/No   |     |      | no
star4  | A* | Yes/No   |     |      | 1
text1  | Known by its text | Increase | 0 | 3 | 1
text2  | O1 · Plain mean   | Increase | 0 | 7 | 1
orphan | O9 | Increase | 0   | 10   | 4
stage  | O3 | Milestone |    |      | Design
words  | O3 | Increase | 0   | 10   | 4 apples
later  | O3 | Increase | 0   | 10   | 4
twin   | O7 | Increase | 0   | 10   | 4
twin   | O7 | Increase | 0   | 10   | 5
"""
AT_NEXT_SYNC = {"stage", "words", "later", "twin"}


def split(table: str, *names: str) -> list[dict[str, str]]:
    lines = [line.split("|") for line in table.strip("\n").splitlines()]
    return [
        dict(zip(names, [cell.strip() for cell in line] + [""] * len(names), strict=False)) for line in lines
    ]


def typed(text: str) -> Value:
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    try:
        return Percent(float(text[:-1]) / 100) if text.endswith("%") else float(text)
    except ValueError:
        return text


def live_rows() -> dict[str, list[Row]]:
    objectives: list[Row] = [
        dict(row) for row in split(LIVE_OBJECTIVES, "id", "objective", "weight", "status")
    ]
    fields = ("id", "objective_id", "measure", "start", "target", "current", "weight", "status")
    key_results: list[Row] = []
    for number, row in enumerate(split(LIVE_KEY_RESULTS, *fields)):
        numbers = {name: typed(row[name]) for name in ("start", "target", "current", "weight")}
        key_results.append({**row, **numbers, "key_result": f"{row['id']} {number}", "milestones": ""})
        if row["measure"] == "Milestone":
            key_results[-1]["milestones"] = "Design 20%; Build 60%; Launch 20%"
    check_ins: list[Row] = [{"date": date(2024, 11, 4), "kr_id": "later", "value": 9.0}]
    return {"objectives": objectives, "key_results": key_results, "check_ins": check_ins}


def assessed(sheet: TeamSheet, problems: tuple[Problem, ...]) -> Assessment:
    origin = Origin("marketing.xlsx", "marketing.xlsx", "")
    return assess([sheet], [origin], problems, policies=Policies(), as_of=IN_THE_CYCLE)


def feedback_for(sheet: TeamSheet, assessment: Assessment) -> Feedback:
    progress: dict[tuple[str, int], float | None] = {}
    for table, scores in (
        ("objectives", assessment.scores.objectives["score"]),
        ("key_results", assessment.scores.key_results["progress"]),
    ):
        rows = getattr(assessment.portfolio, table)["row"]
        progress |= {(table, int(row)): float(p) for row, p in zip(rows, scores, strict=True)}
    return compose(sheet, assessment.problems, progress, as_of="2024-11-20")


@pytest.fixture(scope="module")
def live(soffice, tmp_path_factory) -> dict[str, Any]:
    """The same workbook before and after its first feedback, recalculated, and what Python computed."""
    folder = tmp_path_factory.mktemp("live")
    workbook = made(live_rows())
    sheet, problems = parsed(workbook)
    assessment = assessed(sheet, problems)
    (folder / "before.xlsx").write_bytes(workbook)
    (folder / "after.xlsx").write_bytes(patched(workbook, feedback_for(sheet, assessment)))
    saved = resaved(soffice, folder, folder / "before.xlsx", folder / "after.xlsx")
    before, after = map(grid_of, saved)
    return {"before": before, "after": after, "assessment": assessment}


def python_figures(assessment: Assessment, table: str, name: str, key: str) -> dict[str, float | None]:
    figures = getattr(assessment.scores, table)[name]
    texts = getattr(assessment.portfolio, table)[key]
    return {text: None if p != p else float(p) for text, p in zip(texts, figures, strict=True)}  # noqa: PLR0124


@pytest.mark.slow
def test_progress_is_live_before_any_sync_and_equals_the_scoring(live):
    computed = python_figures(live["assessment"], "key_results", "progress", "key_result")
    shown = column(live["before"], "Key Results", "Progress", "Key result")
    assert len(shown) == len(computed) == 36
    for text, value in shown.items():
        row_id = text.split()[0]
        if row_id in AT_NEXT_SYNC:
            assert value == "at next sync", text
        elif row_id == "kpi":
            assert value == "at next sync"
        elif computed[text] is None:
            assert value in ("", None), text
        else:
            assert value == pytest.approx(computed[text], abs=1e-9), text


@pytest.mark.slow
def test_objectives_progress_is_live_and_equals_the_scoring(live):
    computed = python_figures(live["assessment"], "objectives", "score", "objective")
    shown = column(live["before"], "Objectives", "Progress", "Objective")
    live_now = {
        "Plain mean",
        "Weighted",
        "Wildcards mean themselves",
        "Upper case is another id",
        "Known by its text",
    }
    assert {text for text, value in shown.items() if isinstance(value, float)} == live_now
    for text in live_now:
        assert shown[text] == pytest.approx(computed[text], abs=1e-9), text
    assert shown["Given up"] in ("", None)
    unknown = ("Nothing scored yet", "Partly weighted", "Weighted nought", "Copied rows")
    assert {shown[text] for text in unknown} == {"at next sync"}


@pytest.mark.slow
def test_after_a_sync_every_figure_is_the_services(live):
    for tab, table, name, key, header in (
        ("Key Results", "key_results", "progress", "key_result", "Key result"),
        ("Objectives", "objectives", "score", "objective", "Objective"),
    ):
        computed = python_figures(live["assessment"], table, name, key)
        shown = column(live["after"], tab, "Progress", header)
        for text, value in shown.items():
            if text.startswith("twin"):
                assert value == "–"  # of two equal ids, which one counts is for history to say
            elif computed[text] is None:
                assert value in ("", None, "–"), text
            else:
                assert value == pytest.approx(computed[text], abs=1e-9), text
    assert column(live["after"], "Key Results", "Progress", "ID")["stage"] == pytest.approx(0.2)
    assert column(live["after"], "Key Results", "Progress", "ID")["later"] == pytest.approx(0.9)


@pytest.mark.slow
def test_issues_say_not_checked_yet_and_then_what_was_found(live):
    before = column(live["before"], "Key Results", "Issues", "Key result")
    assert set(before.values()) == {"not checked yet"}
    after = column(live["after"], "Key Results", "Issues", "ID")
    assert str(after["equal"]).startswith("Error Q203: ")
    assert str(after["words"]).startswith("Error S104: ")
    assert "not checked yet" not in after.values()
    blank_rows = [live["before"].sheet("Key Results").cell(43, at).value for at in (10, 15)]
    assert all(value in ("", None) for value in blank_rows)

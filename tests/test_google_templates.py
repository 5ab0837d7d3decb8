"""The template in Google Sheets: the workbook's own builders, as requests that fill an empty spreadsheet."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheet_templates.google_look import Format
from sheet_templates.google_sheet import rectangles
from sheet_templates.google_team import google_requests
from sheet_templates.layout import HEADER_ROW
from sheet_templates.tables import Row
from sheet_templates.team import Rows, TeamDefaults, book_id, build_team
from sheet_templates.values import Formula, Percent
from sync.core import palette, schema
from sync.core import sheets_api as api
from sync.core.errors import UsageError
from sync.core.lists import Lists
from sync.core.schema import OWNED_TABS, SHEET_IDS, TABLES, TEMPLATE_TABS
from sync.core.sheets_api import EPOCH, Json
from tests.google_requests import Paper, asked
from tests.sheets_server.discovery import mismatches

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")

MARKETING = TeamDefaults(
    unit="Marketing", level="Team", parent="Growth", weight=2.0, cycle="2024-Q4", starts=date(2024, 10, 1)
)
LISTS = Lists(("GRO-O1 · Grow",), ("Kim Larsen",), ("Growth",))
FRESH: list[Json] = [{"sheetId": 0, "title": "Tabellenblatt1", "index": 0}]
ROWS: Rows = {
    "objectives": [{"id": "007", "objective": "=1+1 and more", "weight": 2.0}],
    "key_results": [
        {"id": "1E5", "key_result": "@SUM(A1)", "start": Percent(0.1), "last_check_in": date(2024, 11, 1)},
        {"key_result": "Formulas", "current": Formula("=1+1", 2.0), "target": Formula("=#REF!", "#REF!")},
        {"key_result": "Yes", "current": True, "comment": "two\nlines"},
    ],
    "check_ins": [{"date": date(2024, 11, 4), "kr_id": "1E5", "value": 9.0}],
}


def made(
    prefill: Rows | None = None, existing: list[Json] = FRESH, editor: str = "bot@example.org"
) -> list[Json]:
    return google_requests(MARKETING, LISTS, prefill, existing=existing, editor=editor)


@pytest.fixture(scope="module")
def requests() -> list[Json]:
    return made(ROWS)


@pytest.fixture(scope="module")
def workbook() -> Any:
    buffer = io.BytesIO()
    build_team(buffer, MARKETING, LISTS, ROWS)
    return openpyxl.load_workbook(buffer)


def test_every_request_is_one_that_the_api_describes(requests: list[Json]) -> None:
    assert mismatches("sheets", "BatchUpdateSpreadsheetRequest", {"requests": requests}) == []


def test_the_tabs_hold_what_the_workbooks_hold_cell_by_cell(requests: list[Json], workbook: Any) -> None:
    paper = Paper(requests)
    assert list(paper.values) == workbook.sheetnames
    for title, values in paper.values.items():
        assert values == {
            (cell.row, cell.column): as_in_google(cell.value)
            for row in workbook[title].iter_rows()
            for cell in row
            if cell.value is not None
        }


def as_in_google(value: Any) -> object:
    return (value.date() - EPOCH).days if hasattr(value, "date") else value


def test_formulas_formats_and_drop_downs_end_with_the_prepared_rows(requests: list[Json]) -> None:
    paper = Paper(requests)
    rules = asked(requests, "setDataValidation")
    for tab in TABLES:
        last = HEADER_ROW + schema.PREPARED_ROWS[tab.key]
        values, formats = paper.values[tab.title], paper.formats[tab.title]
        for at, column in enumerate(tab.columns, 1):
            if column.formula:
                assert f"${'C' if tab.key == 'key_results' else 'B'}{last}" in values[last, at]
            kind = formats[last, at].get("numberFormat", {}).get("type")
            assert kind == {"id": "TEXT", "text": "TEXT", "date": "DATE"}.get(
                column.type, "PERCENT" if column.field == "progress" else None
            )
        assert max(formats)[0] == last
        sheet_id = SHEET_IDS[tab.title]
        ends = {r["range"]["endRowIndex"] for r in rules if r["range"]["sheetId"] == sheet_id}
        assert ends == {last}


def test_more_rows_than_prepared_are_all_written() -> None:
    rows: list[Row] = [{"date": date(2024, 11, 1), "kr_id": f"K{n}", "value": float(n)} for n in range(900)]
    values = Paper(made({"check_ins": rows})).values["Check-ins"]
    assert [values[HEADER_ROW + n, 2] for n in range(1, 901)] == [f"K{n}" for n in range(900)]


def test_a_text_is_never_a_formula_and_keeps_its_text_format(requests: list[Json]) -> None:
    cells = [
        cell["userEnteredValue"]
        for update in asked(requests, "updateCells")
        for row in update["rows"]
        for cell in row["values"]
        if cell
    ]
    assert {"stringValue": "=1+1 and more"} in cells
    assert {"stringValue": "007"} in cells
    formats = Paper(requests).formats
    assert formats["Objectives"][4, 1]["numberFormat"] == {"type": "TEXT"}
    assert formats["Key Results"][4, 7]["numberFormat"] == {"type": "PERCENT", "pattern": "0.0%"}
    assert formats["Team"][9, 2]["numberFormat"]["type"] == "DATE"


def test_drop_downs_and_messages_are_the_workbooks_and_warn_only(requests: list[Json], workbook: Any) -> None:
    rules = asked(requests, "setDataValidation")
    assert not any(rule["rule"]["strict"] for rule in rules)
    counted = Counter(rule["range"]["sheetId"] for rule in rules)
    for title, sheet_id in SHEET_IDS.items():
        theirs = workbook[title].data_validations.dataValidation
        assert counted[sheet_id] == sum(len(rule.sqref.ranges) for rule in theirs)
        messages = [
            rule["rule"].get("inputMessage") for rule in rules if rule["range"]["sheetId"] == sheet_id
        ]
        assert Counter(filter(None, messages)) == Counter(
            rule.prompt.replace("_x000A_", "\n") for rule in theirs if rule.prompt for _ in rule.sqref.ranges
        )


def test_drop_downs_look_at_plain_ranges(requests: list[Json]) -> None:
    sources = {
        rule["rule"]["condition"]["values"][0]["userEnteredValue"]
        for rule in asked(requests, "setDataValidation")
        if rule["rule"]["condition"]["type"] == "ONE_OF_RANGE"
    }
    assert "=Lists!$H$2:$H$2000" in sources
    assert "='Key Results'!$A$4:$A$1000" in sources
    assert all(re.fullmatch(r"=[^!]+!\$[A-Z]\$\d+:\$[A-Z]\$\d+", source) for source in sources)


def test_nothing_looks_beyond_the_edge_of_a_tab(requests: list[Json]) -> None:
    sizes = {
        sheet["properties"]["title"]: sheet["properties"]["gridProperties"]["rowCount"]
        for sheet in asked(requests, "addSheet")
    }
    named = re.findall(r"'?([A-Z][A-Za-z -]+)'?!\$[A-Z]+\$\d+:\$[A-Z]+\$(\d+)", json.dumps(requests))
    assert {title for title, _ in named} >= {"Lists", "Sync status", "Objectives", "Key Results", "Check-ins"}
    assert [(title, row) for title, row in named if int(row) > sizes[title]] == []
    ranges = re.findall(r'"sheetId": (\d+)[^{}]*"endRowIndex": (\d+)', json.dumps(requests))
    titles = {str(sheet_id): title for title, sheet_id in SHEET_IDS.items()}
    assert [pair for pair in ranges if int(pair[1]) > sizes[titles[pair[0]]]] == []


def test_no_list_in_braces_is_compared_outside_sumproduct(requests: list[Json]) -> None:
    formulas = [value for tab in Paper(requests).values.values() for value in tab.values()]
    braces = [found for text in formulas for found in re.findall(r"(\w+)\([^{}\"]*=\{", str(text))]
    assert braces
    assert not re.search(r"\bOR\((?:[A-Z]+\()*\$?[A-Z]+\d+\)*=\{", "\n".join(map(str, formulas)))


def test_colours_by_rule_are_the_workbooks_with_a_gradient_for_its_bars(
    requests: list[Json], workbook: Any
) -> None:
    rules = asked(requests, "addConditionalFormatRule")
    counted = Counter(rule["rule"]["ranges"][0]["sheetId"] for rule in rules)
    for title, sheet_id in SHEET_IDS.items():
        areas = workbook[title].conditional_formatting
        assert counted[sheet_id] == sum(len(area.rules) for area in areas)
        indexes = [r["index"] for r in rules if r["rule"]["ranges"][0]["sheetId"] == sheet_id]
        assert indexes == list(range(len(indexes)))
    gradients = [rule["rule"]["gradientRule"] for rule in rules if "gradientRule" in rule["rule"]]
    assert [g["maxpoint"]["colorStyle"] for g in gradients] == [api.colour(palette.BAR)] * 2
    for rule in rules:
        looks = rule["rule"].get("booleanRule", {}).get("format", {})
        assert set(looks) <= {"textFormat", "backgroundColorStyle"}  # a rule can set nothing else


def test_the_folded_columns_are_one_closed_group_and_the_key_block_is_hidden(requests: list[Json]) -> None:
    [group] = asked(requests, "updateDimensionGroup")
    folded = [at for at, c in enumerate(schema.KEY_RESULTS.columns) if c.collapsed]
    ends = group["dimensionGroup"]["range"]
    assert (ends["startIndex"], ends["endIndex"]) == (folded[0], folded[-1] + 1)
    assert group["dimensionGroup"]["collapsed"]
    hidden = [
        size["range"]
        for size in asked(requests, "updateDimensionProperties")
        if size["properties"].get("hiddenByUser")
    ]
    assert [(one["sheetId"], one["startIndex"], one["endIndex"]) for one in hidden] == [(108, 9, 13)]


def test_a_title_band_is_as_high_and_a_column_as_wide_as_in_excel(requests: list[Json]) -> None:
    sizes = {
        (size["range"]["sheetId"], size["range"]["dimension"], at): size["properties"]["pixelSize"]
        for size in asked(requests, "updateDimensionProperties")
        for at in range(size["range"]["startIndex"], size["range"]["endIndex"])
    }
    assert sizes[SHEET_IDS["Objectives"], "ROWS", 0] == 43  # 32 points
    assert sizes[SHEET_IDS["Objectives"], "COLUMNS", 1] == 327  # 46 characters
    assert (SHEET_IDS["Objectives"], "ROWS", 4) not in sizes  # rows of people fit themselves


def test_okrsyncs_own_tabs_are_closed_and_what_is_computed_asks_first(requests: list[Json]) -> None:
    ranges = [one["protectedRange"] for one in asked(requests, "addProtectedRange")]
    closed = [one for one in ranges if not one["warningOnly"]]
    assert [one["range"] for one in closed] == [{"sheetId": SHEET_IDS[tab]} for tab in OWNED_TABS]
    assert {tuple(one["editors"]["users"]) for one in closed} == {("bot@example.org",)}
    asks = {
        (one["range"]["sheetId"], one["range"]["startColumnIndex"]) for one in ranges if one["warningOnly"]
    }
    computed = {
        (SHEET_IDS[tab.title], at)
        for tab in TABLES
        for at, column in enumerate(tab.columns)
        if column.type is schema.Type.OWNED
    }
    assert asks == computed | {(SHEET_IDS[tab.title], 0) for tab in TABLES}
    assert not any("editors" in one for one in ranges if one["warningOnly"])  # Google refuses both together
    assert "editors" not in json.dumps(made(editor=""))


def test_version_and_book_id_come_last_as_metadata(requests: list[Json]) -> None:
    marks = [request["createDeveloperMetadata"]["developerMetadata"] for request in requests[-2:]]
    assert {mark["metadataKey"]: mark["metadataValue"] for mark in marks} == {
        "okrsync_template_version": schema.TEMPLATE_VERSION,
        "okrsync_book_id": book_id(MARKETING),
    }
    assert all(mark["location"] == {"spreadsheet": True} for mark in marks)
    assert all(mark["visibility"] == "DOCUMENT" for mark in marks)


def test_the_tabs_come_first_in_order_with_ids_of_their_own(requests: list[Json]) -> None:
    tabs = [request["addSheet"]["properties"] for request in requests[: len(TEMPLATE_TABS)]]
    assert [(tab["title"], tab["index"]) for tab in tabs] == [(t, at) for at, t in enumerate(TEMPLATE_TABS)]
    assert {tab["title"]: tab["sheetId"] for tab in tabs} == SHEET_IDS
    assert 0 not in SHEET_IDS.values()  # a new spreadsheet's own tab has it
    assert [tab["title"] for tab in tabs if tab.get("hidden")] == ["Lists"]


def test_the_one_empty_tab_goes_and_several_stay() -> None:
    assert asked(made(), "deleteSheet") == [{"sheetId": 0}]
    assert asked(made(existing=[*FRESH, {"sheetId": 5, "title": "Mine"}]), "deleteSheet") == []


def test_a_tab_of_the_same_name_is_a_sentence() -> None:
    with pytest.raises(UsageError, match="has a tab “Team” already"):
        made(existing=[{"sheetId": 7, "title": "TEAM"}])


def test_everything_goes_in_one_batch_and_a_large_one_makes_its_tabs_first(requests: list[Json]) -> None:
    assert [len(batch) for batch in api.batches(requests)] == [len(requests)]
    parts = list(api.batches(requests, limit=60_000))
    assert len(parts) > 2
    assert [request for part in parts for request in part] == requests
    assert sum("addSheet" in request for request in parts[0]) == len(TEMPLATE_TABS)
    assert all(len(json.dumps(part)) < 62_000 for part in parts if len(part) > 1)


def test_one_definition_serves_both(requests: list[Json], workbook: Any) -> None:
    named = {one["namedRange"]["name"] for one in asked(requests, "addNamedRange")}
    assert named == set(workbook.defined_names) - {schema.BOOK_ID_NAME}


@given(
    st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.sampled_from("ab"), max_size=40),
)
def test_rectangles_cover_each_cell_once_with_its_own_look(cells: dict[tuple[int, int], str]) -> None:
    looks = {name: Format({"font_size": size}) for size, name in enumerate("ab", 8)}
    covered: list[tuple[tuple[int, int], Format]] = []
    for area, look in rectangles({place: looks[name] for place, name in cells.items()}):
        covered += [
            ((row, column), look)
            for row in range(area.top, area.bottom)
            for column in range(area.left, area.right)
        ]
    assert len(covered) == len(cells)
    assert dict(covered) == {place: looks[name] for place, name in cells.items()}

"""Tabs and columns are found by name, wherever they stand (TRUST 10, and the structure faults)."""

from __future__ import annotations

import pytest

from sync.core.grid import Grid, Sheet
from sync.core.headers import Header, bind, find_tabs, merged_areas, names_of
from sync.core.schema import CHECK_INS, KEY_RESULTS, OBJECTIVES, PEOPLE, TABLES, TEAM
from tests.grids import table, workbook

KR = names_of(KEY_RESULTS)


def bound(sheet: Sheet) -> Header:
    header = bind(sheet, KR)
    assert header is not None
    return header


def test_names_bind_in_any_order_and_case_and_extra_columns_are_free() -> None:
    header = bound(table("KRs", "TARGET | Our own | id | key RESULT | Current "))
    assert header.columns == {"target": 1, "id": 3, "key_result": 4, "current": 5}
    assert header.free == {2: "Our own"}
    assert (header.twice, header.missing) == ({}, ())


@pytest.mark.parametrize("rows_above", (0, 1, 7, 300))
def test_trust_10_any_number_of_rows_stands_above_the_header(rows_above: int) -> None:
    banner = {
        row: table("", "Marketing OKRs | Owner: Kim | 2026").rows[1] for row in range(1, rows_above + 1)
    }
    header_row = table("", "ID | Key result | Target", top=rows_above + 1).rows
    assert bound(Sheet("KRs", {**banner, **header_row})).row == rows_above + 1


def test_the_template_s_own_name_wins_over_an_alias() -> None:
    header = bound(table("KRs", "Value | Current | Key result"))
    assert (header.columns["current"], header.free) == (2, {1: "Value"})


def test_an_alias_binds_when_the_name_is_absent() -> None:
    header = bound(table("KRs", "Nr | Objective | Result | Baseline | Goal | Actual | Deadline"))
    assert list(header.columns) == ["id", "objective_id", "key_result", "start", "target", "current", "due"]


def test_one_header_binds_to_one_column_only() -> None:
    """`Objective ID` is an alias of the Objectives' ID, and `Objective` the text."""
    header = bind(table("Objectives", "Objective ID | Objective | Owner"), names_of(OBJECTIVES))
    assert header is not None
    assert header.columns == {"id": 1, "objective": 2, "owner": 3}


@pytest.mark.parametrize(
    ("headers", "places"),
    (
        ("Key result | Target | Target", (2, 3)),
        ("Key result | Goal | To", (2, 3)),
        ("Key result | Goal | goal ", (2, 3)),
    ),
)
def test_a_name_that_stands_twice_binds_to_neither(headers: str, places: tuple[int, ...]) -> None:
    header = bound(table("KRs", headers))
    assert header.twice == {"target": places}
    assert "target" not in header.columns


def test_a_header_in_two_rows_is_one_header() -> None:
    header = bound(
        table(
            "KRs",
            """
            ID | Key result | Values |        |         | Owner
               |            | Start  | Target | Current |
            K1 | Grow       | 1      | 2      | 1.5     | Kim
            """,
        )
    )
    assert header.row == 2
    assert header.columns == {"id": 1, "key_result": 2, "start": 3, "target": 4, "current": 5, "owner": 6}


def test_the_row_that_binds_most_is_the_header() -> None:
    header = bound(
        table(
            "KRs",
            """
            Key result | are what we measure
            Owner      | see below
            ID         | Key result | Owner | Target
            """,
        )
    )
    assert header.row == 3


def test_without_a_required_column_the_missing_one_is_named() -> None:
    header = bound(table("KRs", "ID | Key reslt | Target"))
    assert [column.name for column in header.missing] == ["Key result"]
    assert header.free == {2: "Key reslt"}
    assert bind(table("KRs", "nothing | of ours"), KR) is None
    assert bind(Sheet("empty", {}), KR) is None


def test_a_mapping_adds_names_that_count_like_the_template_s() -> None:
    mapping = {"Key Results": {"Target": ["Ziel"], "Key result": ["Ergebnis"]}}
    header = bind(table("KRs", "Ziel | Goal | Ergebnis"), names_of(KEY_RESULTS, mapping))
    assert header is not None
    assert (header.columns, header.free) == ({"target": 1, "key_result": 3}, {2: "Goal"})


# --- tabs -------------------------------------------------------------------------------------------

ALL = [names_of(tab) for tab in (TEAM, *TABLES)]


def titles(grid: Grid) -> dict[str, str]:
    return {key: sheet.name for key, sheet in find_tabs(grid, ALL).items()}


def test_tabs_are_found_by_title_or_alias_whatever_the_case_and_order() -> None:
    grid = workbook(table("check ins", "Date | KR ID | Value"))
    renamed = [
        s._replace(name={"Objectives": " GOALS", "Key Results": "krs"}.get(s.name, s.name))
        for s in grid.sheets
    ]
    assert titles(Grid(tuple(reversed(renamed)))) == {
        "team": "Team",
        "objectives": " GOALS",
        "key_results": "krs",
        "check_ins": "check ins",
    }


def test_a_renamed_tab_is_known_by_its_columns() -> None:
    grid = workbook()
    renamed = [
        s._replace(name={"Objectives": "Why", "Key Results": "Q4"}.get(s.name, s.name)) for s in grid.sheets
    ]
    assert titles(Grid(tuple(renamed))) == {"team": "Team", "objectives": "Why", "key_results": "Q4"}


def test_two_sheets_that_could_be_the_tab_are_no_choice_of_ours() -> None:
    grid = workbook()
    team, objectives, key_results = grid.sheets
    copies = (team, objectives, key_results._replace(name="Q3"), key_results._replace(name="Q4"))
    assert "key_results" not in titles(Grid(copies))


def test_a_copied_tab_does_not_disturb_the_one_with_the_title() -> None:
    grid = workbook(table("Key Results (2)", "ID | Key result | Target | Current"))
    assert titles(grid)["key_results"] == "Key Results"


def test_of_two_aliases_the_tab_with_the_columns_is_taken() -> None:
    usable = table("KR", "ID | Key result | Target")
    assert titles(Grid((table("KRs", "nothing here"), usable)))["key_results"] == "KR"
    assert "key_results" not in titles(Grid((usable, usable._replace(name="KRs"))))


def test_tabs_that_okrsync_owns_are_never_taken_for_a_team_s() -> None:
    owned = table("Sync status", "ID | Objective ID | Key result | Target | Current")
    assert titles(Grid((owned, owned._replace(name="Lists"), owned._replace(name="Start here")))) == {}


def test_people_are_found_by_columns_too() -> None:
    sheet = table("Everybody", "Name | Email | Unit | Manager")
    assert find_tabs(Grid((sheet, table("notes", "x"))), [names_of(PEOPLE)]) == {"people": sheet}


def test_a_check_ins_tab_is_not_taken_for_key_results() -> None:
    sheet = table("Log", "Date | KR ID | Value | Confidence | By")
    assert find_tabs(Grid((sheet,)), ALL) == {CHECK_INS.key: sheet}


def test_merged_areas_are_read_from_their_references() -> None:
    assert merged_areas(Sheet("x", {}, merged=("A2:A5", "$AA$1:$AB$1", "nonsense"))) == [
        (2, 1, 5, 1),
        (1, 27, 1, 28),
    ]

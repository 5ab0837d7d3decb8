"""A workbook becomes a TeamSheet: which rows there are, what they say, and what is wrong with them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.grid import Cell, Grid, Kind, Sheet, a1
from sync.core.model import Amount, CellRef, Person, TeamSheet, Was
from sync.core.parse import parse, parse_people
from sync.core.problems import Problem
from tests.grids import ERRORS, KEY_RESULTS, OBJECTIVES, table, text, with_cell, workbook


def read(grid: Grid) -> TeamSheet:
    sheet = parse("mkt.xlsx", grid).sheet
    assert sheet is not None
    return sheet


def found(grid: Grid, *codes: str) -> list[Problem]:
    """The problems of those codes, all when none is named."""
    return [p for p in parse("mkt.xlsx", grid).problems if not codes or p.code in codes]


def lines(grid: Grid) -> list[tuple[str, str, str]]:
    return [(p.code, f"{p.tab}!{p.cell}", p.message) for p in found(grid)]


# --- the usual workbook -----------------------------------------------------------------------------


def test_a_whole_workbook_is_read_without_problems() -> None:
    grid = workbook(
        table("Check-ins", "Date | KR ID | Value | By\n2026-10-09 | MKT-O1-KR1 · NPS | 35 | Kim"),
        table("Initiatives", "Initiative | KR ID | Status\nAsk for reviews | MKT-O1-KR1 | on track"),
        table("Retrospective", "Type | About | What happened\nwin | NPS | We asked"),
    )._replace(names={"okrsync_book_id": '="b-17"'})
    parsed = parse("mkt.xlsx", grid)
    assert parsed.problems == ()
    sheet = read(grid)
    assert (sheet.source, sheet.book_id) == ("mkt.xlsx", "b-17")
    assert sheet.team[:5] == ("Marketing", "Team", "Growth", Amount(), "2026-Q4")
    assert [row[:4] for row in sheet.objectives] == [
        (2, "MKT-O1", "Customers tell us", "Kim"),
        (3, "MKT-O2", "A name they know", "Ada"),
    ]
    assert [(row.id, row.objective_id, row.measure) for row in sheet.key_results] == [
        ("MKT-O1-KR1", "MKT-O1", "Increase"),
        ("MKT-O1-KR2", "MKT-O1", "Yes/No"),
        ("MKT-O2-KR1", "MKT-O2", "Decrease"),
    ]
    assert [row.current for row in sheet.key_results] == [
        Amount(38.0, Was.NUMBER, "38"),
        Amount(0.0, Was.BOOL, "no"),
        Amount(0.041, Was.PERCENT, "4.1%"),
    ]
    assert sheet.check_ins[0][:4] == (2, date(2026, 10, 9), "MKT-O1-KR1", Amount(35.0, Was.NUMBER, "35"))
    assert sheet.initiatives[0][:5] == (2, "Ask for reviews", "MKT-O1-KR1", "", "On track")
    assert sheet.retrospective[0][:4] == (2, "Win", "NPS", "We asked")


def test_every_value_can_be_traced_to_its_cell() -> None:
    sheet = read(workbook())
    assert sheet.ref("key_results", 3, "current") == CellRef("mkt.xlsx", "Key Results", "H3")
    assert sheet.ref("team", 0, "level") == CellRef("mkt.xlsx", "Team", "B3")


def test_columns_that_okrsync_owns_are_never_read() -> None:
    broken = KEY_RESULTS.replace("=0.5 ", "#REF!").replace("=0.3", "=")
    assert "#REF!" in broken
    assert parse("mkt.xlsx", workbook(key_results=broken)) == parse("mkt.xlsx", workbook())


# --- TRUST 10: metamorphic --------------------------------------------------------------------------

ALIASES = {
    "ID": "KR ID",
    "Objective ID": "Parent objective",
    "Key result": "Title",
    "Owner": "responsible",
    "Measure": "Metric type",
    "Start": "Baseline",
    "Target": "Goal",
    "Current": "Actual",
    "Confidence": "confidence (0-10)",
}


@st.composite
def disguises(draw: st.DrawFn) -> Sheet:
    """The usual Key Results tab with everything changed that must not matter."""
    sheet = table("Key Results", KEY_RESULTS)
    header, *data = [sheet.rows[row] for row in sorted(sheet.rows)]
    width = max(header)
    order = draw(st.permutations(range(1, width + 4)))
    renamed = draw(st.sets(st.sampled_from(sorted(ALIASES))))
    header = {
        at: text(ALIASES[str(cell.value)]) if cell.value in renamed else cell for at, cell in header.items()
    } | {width + 1: text("Our own")}
    data = draw(st.permutations([{**row, width + 1: text("mine")} for row in data]))
    banner = [{1: text("OKRs of Marketing")}, {}, {2: text("Please fill in by Friday")}]
    above = draw(st.lists(st.sampled_from(banner), max_size=5))
    gaps = draw(st.lists(st.integers(1, 3), min_size=3, max_size=3))
    rows = dict(enumerate(above, start=1)) | {len(above) + 1: header}
    for cells_of_row, gap in zip(data, gaps, strict=True):
        rows[max(rows) + gap] = cells_of_row
    moved = {
        row: {order[at - 1]: cell for at, cell in cells_of_row.items()} for row, cells_of_row in rows.items()
    }
    hidden = draw(st.sets(st.sampled_from(sorted(moved))))
    columns = draw(st.sets(st.integers(1, width)))
    title = draw(st.sampled_from(("Key Results", "key results ", "KRs", "What we measure")))
    return Sheet(title, moved, draw(st.booleans()), frozenset(hidden), frozenset(columns))


@given(disguises())
def test_trust_10_order_place_names_and_hiding_change_nothing(sheet: Sheet) -> None:
    plain = {row._replace(row=0) for row in read(workbook()).key_results}
    parsed = parse("mkt.xlsx", workbook(key_results=sheet))
    assert parsed.problems == ()
    assert parsed.sheet is not None
    assert {row._replace(row=0) for row in parsed.sheet.key_results} == plain


@given(disguises(), st.sampled_from(ERRORS))
def test_trust_33_a_problem_names_the_cell_wherever_it_moved(sheet: Sheet, error: str) -> None:
    header = read(workbook(key_results=sheet)).bindings["key_results"]
    row = max(sheet.rows)
    place = (row, header.columns["target"])
    problems = found(workbook(key_results=with_cell(sheet, *place, Cell(Kind.ERROR, error))))
    assert [(p.code, p.cell, p.value) for p in problems] == [("S103", a1(*place), error)]


# --- which rows there are ---------------------------------------------------------------------------


def key_results(rows: str, **more: tuple[str, ...]) -> Grid:
    head = "ID | Objective ID | Key result | Owner | Measure | Target | Current | Weight | Status"
    body = "\n".join(line.strip() for line in rows.strip().splitlines())
    return workbook(key_results=table("Key Results", f"{head}\n{body}", merged=more.get("merged", ())))


def test_rows_far_below_and_blank_rows_between_are_read() -> None:
    sheet = table("Key Results", KEY_RESULTS)
    far = {5000: {1: text("X"), 2: text("MKT-O1"), 3: text("Far below")}}
    rows = read(workbook(key_results=sheet._replace(rows={**sheet.rows, **far}))).key_results
    assert [row.row for row in rows] == [2, 3, 4, 5000]


def test_choices_weights_and_formulas_filled_down_make_no_row() -> None:
    grid = key_results("""
        K1   | MKT-O1 | Grow |     | Increase | 10 | 5       | 1 | On track
             |        |      |     | Increase |    | =0      | 1 | Not started
        =K3  | =MKT-O1|      |     |          |    | =#DIV/0!|   |
             |        |      |     |          |    | =       |   |
    """)
    assert [row.id for row in read(grid).key_results] == ["K1"]
    assert found(grid) == []


def test_white_space_makes_no_row() -> None:
    sheet = with_cell(table("Key Results", KEY_RESULTS), 9, 3, text(" \u00a0\n"))
    assert read(workbook(key_results=sheet)) == read(workbook())


def test_a_row_with_an_id_but_no_text_is_kept_and_named() -> None:
    grid = key_results("K9 | MKT-O1 |  | Kim | Increase | 10 | 5")
    assert [(row.id, row.key_result) for row in read(grid).key_results] == [("K9", "")]
    assert lines(grid) == [
        ("S101", "Key Results!C2", 'The entry "Key result" is missing in row 2 of tab Key Results.')
    ]


def test_a_row_with_a_broken_id_and_no_text_is_nobody() -> None:
    grid = key_results("#REF! | MKT-O1 |  | Kim | Increase | 10 | 5")
    assert read(grid).key_results == ()
    assert [p.code for p in found(grid)] == ["S101"]


def test_numbers_without_an_id_or_a_text_are_no_key_result_and_are_named() -> None:
    grid = key_results("""
        K1 | MKT-O1 | Grow | Kim | Increase | 10 | 5
           |        |      |     |          | 10 | 5
    """)
    assert [row.id for row in read(grid).key_results] == ["K1"]
    [problem] = found(grid)
    assert (problem.code, problem.cell) == ("S101", "C3")
    assert problem.hint == "Fill it in, or clear the row; it is not read."


@pytest.mark.parametrize("label", ("Total", "TOTAL:", "Grand total", "Average", "Summe"))
def test_a_subtotal_row_is_not_counted_and_is_named(label: str) -> None:
    grid = key_results(f"""
        K1      | MKT-O1 | Grow    | Kim | Increase | 10 | 5
                |        | {label} |     |          | 10 | 5
        {label} |        |         |     |          | 10 | =5
    """)
    assert [row.id for row in read(grid).key_results] == ["K1"]
    assert [(p.code, p.cell) for p in found(grid)] == [("S101", "C3"), ("S101", "C4")]
    assert found(grid)[0].message.endswith("in row 3 of tab Key Results, which only sums up.")


def test_a_key_result_about_a_total_is_one() -> None:
    grid = key_results("""
        K1 | MKT-O1 | Total         | Kim | Increase | 10 | 5
           | MKT-O1 | Total revenue |     |          | 10 | 5
    """)
    assert [row.key_result for row in read(grid).key_results] == ["Total", "Total revenue"]
    assert found(grid) == []


def test_a_repeated_header_is_passed_over() -> None:
    grid = key_results("""
        K1 | MKT-O1       | Grow       | Kim   | Increase | 10     | 5
        ID | Objective ID | Key result | Owner | Measure  | Target | Current
        K2 | MKT-O1       | Keep       | Kim   | Increase | 10     | 6
    """)
    assert [row.id for row in read(grid).key_results] == ["K1", "K2"]
    assert found(grid) == []


def test_rows_below_a_second_header_of_another_order_are_not_misread() -> None:
    grid = key_results("""
        K1 | MKT-O1       | Grow       | Kim   | Increase | 10      | 5
        ID | Objective ID | Key result | Owner | Measure  | Current | Target
        K2 | MKT-O1       | Keep       | Kim   | Increase | 6       | 10
    """)
    assert [row.id for row in read(grid).key_results] == ["K1"]
    [(code, place, message)] = lines(grid)
    assert (code, place) == ("S102", "Key Results!A3")
    assert message == (
        "A header row stands twice in Key Results, at A1 and at A3; the rows below the second are not read."
    )


def test_a_merged_title_between_rows_is_no_row_and_a_merged_objective_holds_for_all() -> None:
    grid = key_results(
        """
        Our first objective |
        K1 | MKT-O1 | Grow  | Kim | Increase | 10 | 5
        K2 |        | Keep  |     | Increase | 10 | 6
        K3 |        | Shine | Ada | Increase | 10 | 7
        """,
        merged=("A2:I2", "B3:B5", "D3:D4"),
    )
    assert [(row.id, row.objective_id, row.owner) for row in read(grid).key_results] == [
        ("K1", "MKT-O1", "Kim"),
        ("K2", "MKT-O1", "Kim"),
        ("K3", "MKT-O1", "Ada"),
    ]
    assert found(grid) == []


def test_trust_09_copied_rows_are_both_handed_on() -> None:
    """Which of them keeps the id is decided against history, not here."""
    grid = key_results("""
        K1 | MKT-O1 | Grow | Kim | Increase | 10 | 5
        K1 | MKT-O1 | Grow | Kim | Increase | 10 | 5
    """)
    assert [(row.row, row.id) for row in read(grid).key_results] == [(2, "K1"), (3, "K1")]


# --- what cells say ---------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS)
def test_trust_05_an_error_leaves_its_text_and_the_rest_of_the_row(error: str) -> None:
    grid = key_results(f"K1 | {error} | Grow | {error} | {error} | {error} | 5 | {error} | {error}")
    [row] = read(grid).key_results
    assert row[:6] == (2, "K1", error, "Grow", error, error)
    assert (row.target, row.current.value) == (Amount(None, Was.ERROR, error), 5.0)
    assert {p.code for p in found(grid)} == {"S103"}
    assert found(grid)[0].message == f"Objective ID in Key Results!B2 holds the error {error}."


def test_trust_05_a_broken_id_leaves_the_row_to_its_text() -> None:
    grid = key_results("#REF! | MKT-O1 | Grow | Kim | Increase | 10 | 5")
    assert [(row.id, row.key_result) for row in read(grid).key_results] == [("", "Grow")]
    assert [(p.code, p.row_id) for p in found(grid)] == [("S103", "Grow")]


def test_trust_05_uncalculated_formulas_are_named_one_by_one() -> None:
    grid = key_results("K1 | MKT-O1 | Grow | = | Increase | = | =")
    [row] = read(grid).key_results
    assert row.target == row.current == Amount(None, Was.ERROR, "", formula=True)
    assert [(p.code, p.cell) for p in found(grid)] == [("S106", "D2"), ("S106", "F2"), ("S106", "G2")]


def test_trust_33_a_message_says_where_and_what_and_how_to_mend_it() -> None:
    grid = key_results("K1 | MKT-O1 | Grow | Kim | Increase | 10 | 4o")
    [problem] = found(grid)
    assert problem == Problem(
        code="S104",
        severity=problem.severity,
        source="mkt.xlsx",
        unit="Marketing",
        tab="Key Results",
        cell="G2",
        row_id="K1",
        value="4o",
        message='Current in Key Results!G2 says "4o", which is not a number.',
        hint="Did you mean 4? Write the number alone, without signs or units.",
    )


@pytest.mark.parametrize("typed", ("{0.__class__}", "{row_id}", "%s", "=HYPERLINK(1)", "{", "<b>"))
def test_trust_28_text_from_a_sheet_is_no_template(typed: str) -> None:
    sheet = with_cell(table("Key Results", KEY_RESULTS), 2, 8, text(typed))
    [problem] = found(workbook(key_results=sheet))
    assert f'says "{typed}", which' in problem.message


@pytest.mark.parametrize(
    ("measure", "current", "was", "code"),
    (
        ("Yes/No", "done", Was.BOOL, None),
        ("Yes/No", "1", Was.NUMBER, None),
        ("Yes/No", "almost", Was.ERROR, "S104"),
        ("Milestone", "Build", Was.TEXT, None),
        ("Milestone", "60%", Was.PERCENT, None),
        ("Increase", "done", Was.ERROR, "S104"),
        ("Increase", "TRUE", Was.BOOL, None),
        ("KPI", "good", Was.ERROR, "S104"),
    ),
)
def test_the_measure_says_which_words_a_value_may_be(
    measure: str, current: str, was: str, code: str | None
) -> None:
    grid = key_results(f"K1 | MKT-O1 | Grow | Kim | {measure} | | {current}")
    assert read(grid).key_results[0].current.was == was
    assert [p.code for p in found(grid)] == [code] * (code is not None)


def test_without_a_measure_yes_counts_only_when_nothing_was_to_be_reached() -> None:
    grid = key_results("""
        K1 | MKT-O1 | Launch | Kim | |    | yes
        K2 | MKT-O1 | Grow   | Kim | | 10 | yes
    """)
    assert [row.current.was for row in read(grid).key_results] == [Was.BOOL, Was.ERROR]
    assert [p.row_id for p in found(grid)] == ["K2"]


def test_a_check_in_may_say_what_its_key_result_may() -> None:
    grid = workbook(
        table(
            "Check-ins",
            """
            Date       | KR ID      | Value | Confidence
            2026-10-02 | MKT-O1-KR2 | yes   | 7
            2026-10-02 | Campaign   | no    | 7
            2026-10-02 | MKT-O1-KR1 | yes   | 7
            2026-10-02 | unknown    | yes   | 7
            """,
        )
    )
    assert [row.value.was for row in read(grid).check_ins] == [Was.BOOL, Was.BOOL, Was.ERROR, Was.TEXT]
    assert [(p.code, p.cell, p.row_id) for p in found(grid)] == [("S104", "C4", "MKT-O1-KR1")]


def test_a_check_in_without_a_day_is_kept_and_named() -> None:
    """One without a key result is the portfolio's to name (S119)."""
    grid = workbook(
        table(
            "Check-ins",
            "Date | KR ID | Value\n | MKT-O1-KR1 | 5\n2026-10-02 | | 5\n31.02.2026 | MKT-O1-KR1 | 5",
        )
    )
    assert [(row.row, row.date) for row in read(grid).check_ins] == [
        (2, None),
        (3, date(2026, 10, 2)),
        (4, None),
    ]
    assert [(p.code, p.cell) for p in found(grid)] == [("S101", "A2"), ("S105", "A4")]


@pytest.mark.parametrize(
    ("written", "value", "trouble"),
    (("7", 7.0, []), ("0", 0.0, []), ("70%", None, ["S104"]), ("70", None, ["S104"]), ("-1", None, ["S104"])),
)
def test_confidence_is_from_0_to_10_and_no_other_scale(
    written: str, value: float | None, trouble: list[str]
) -> None:
    sheet = KEY_RESULTS.replace("| 7\n", f"| {written}\n")
    grid = workbook(key_results=sheet)
    assert read(grid).key_results[0].confidence.value == value
    assert [p.code for p in found(grid)] == trouble


def test_unknown_choices_are_named_and_say_what_they_count_as() -> None:
    grid = key_results("K1 | MKT-O1 | Grow | Kim | Increse | 10 | 5 | | on trak")
    [row] = read(grid).key_results
    assert (row.measure, row.status) == ("Increse", "")
    assert [(p.code, p.message, p.hint[:28]) for p in found(grid)] == [
        (
            "S109",
            'Measure in Key Results!E2 says "Increse", which is none of its choices; no score is computed.',
            'Did you mean "Increase"? Its',
        ),
        (
            "S109",
            'Status in Key Results!I2 says "on trak", which is none of its choices; it counts as blank.',
            'Did you mean "On track"? Its',
        ),
    ]


def test_trust_08_ids_and_team_names_survive() -> None:
    grid = workbook(
        team="Unit | NA\nLevel | Team\nCycle | 2026-Q4",
        objectives="ID | Objective\n'007 | Ids are text\n'1E5 | So is this\nNA | This too\n7 | And a number",
        key_results="ID | O ID | Key result\nnull | '007 | None\n'12345678901234567890 | NA | nan",
    )
    sheet = read(grid)
    assert sheet.team.unit == "NA"
    assert [row.id for row in sheet.objectives] == ["007", "1E5", "NA", "7"]
    assert [row[1:4] for row in sheet.key_results] == [
        ("null", "007", "None"),
        ("12345678901234567890", "NA", "nan"),
    ]
    assert found(grid) == []


# --- tabs and columns that are missing ----------------------------------------------------------------


def test_without_a_team_tab_nobody_knows_whose_sheet_it_is() -> None:
    parsed = parse("mkt.xlsx", workbook(team=None))
    assert parsed.sheet is None
    [problem] = parsed.problems
    assert (problem.code, problem.message) == ("S101", 'The tab "Team" is missing in this workbook.')


def test_a_missing_tab_is_named_with_what_comes_nearest_and_the_others_are_read() -> None:
    grid = workbook(table("Key Reslts", "nothing | useful"), key_results=None)
    sheet = read(grid)
    assert len(sheet.objectives) == 2
    assert "key_results" not in sheet.bindings
    [problem] = found(grid)
    assert problem.message == 'The tab "Key Results" is missing in this workbook.'
    assert problem.hint == 'Did you mean the tab "Key Reslts"? Rename it to "Key Results".'


def test_optional_tabs_may_be_missing() -> None:
    assert found(workbook()) == []


def test_a_missing_required_column_is_named_with_what_comes_nearest() -> None:
    grid = workbook(objectives=OBJECTIVES.replace("| Objective ", "| Objektiv "))
    assert read(grid).objectives == ()
    assert len(read(grid).key_results) == 3
    [problem] = found(grid)
    assert problem.message == 'The column "Objective" is missing in tab Objectives.'
    assert problem.hint == 'Did you mean the column "Objektiv"? Rename it to "Objective".'


def test_a_header_that_nearly_says_a_column_s_name_is_named() -> None:
    grid = workbook(key_results=KEY_RESULTS.replace("Target", "Tarjet"))
    [problem] = found(grid)
    assert (problem.code, problem.cell, problem.value) == ("S101", "G1", "Tarjet")
    assert problem.hint == 'Did you mean the column "Tarjet"? Rename it to "Target".'


@pytest.mark.parametrize(
    ("name", "renamed", "place"),
    (
        ("Current", "Stand heute", "H1 (Stand heute)"),
        ("Current", "", "H1 (no header)"),
        ("Target", "Ziel", "G1 (Ziel)"),
        ("Start", "Ausgangslage", "F1 (Ausgangslage)"),
        ("Measure", "Wie", "E1 (Wie)"),
    ),
)
def test_a_column_that_scores_need_is_told_missing_when_its_values_stand_below_another_header(
    name: str, renamed: str, place: str
) -> None:
    sheet = table("Key Results", KEY_RESULTS)
    grid = workbook(key_results=with_cell(sheet, 1, _column(sheet, name), text(renamed)))
    assert len(read(grid).key_results) == 3
    [problem] = found(grid)
    assert (problem.code, problem.severity, problem.cell) == ("S101", "error", place.partition(" ")[0])
    assert problem.message == f'The column "{name}" is missing in tab Key Results.'
    assert problem.hint == (
        f'If it is the one below {place}, call that "{name}", or give its header in `mapping` in '
        "config.toml; if you keep none, add an empty column of that name, or put S101 into `[checks] ignore`."
    )


def test_a_column_that_nobody_keeps_is_not_missed() -> None:
    grid = workbook(
        key_results="""
        ID | Objective ID | Key result | Target | Current | Region | Asked
        K1 | MKT-O1       | NPS        | 45     | 38      | North  | 2026-10-09
    """
    )
    assert found(grid) == []


def test_an_empty_column_of_its_name_or_a_mapping_says_that_none_is_missing() -> None:
    rows = """
        ID | Objective ID | Key result | Target | Current | Budget {more}
        K1 | MKT-O1       | NPS        | 45     | 38      | 5000
    """
    assert [p.code for p in found(workbook(key_results=rows.format(more="")))] == ["S101"]
    assert found(workbook(key_results=rows.format(more="| Start"))) == []
    mapped = parse(
        "mkt.xlsx",
        workbook(key_results=rows.format(more="")),
        mapping={"Key Results": {"Start": ["Budget"]}},
    )
    assert mapped.problems == ()


def _column(sheet: Sheet, name: str) -> int:
    return next(at for at, cell in sheet.rows[1].items() if cell.value == name)


def test_a_tab_without_any_header_says_so() -> None:
    grid = workbook(objectives=Sheet("Objectives", {}))
    [problem] = found(grid)
    assert (problem.code, problem.cell) == ("S101", "")
    assert problem.hint == 'Write "Objective" into the header row, above what it is.'


def test_a_column_that_stands_twice_is_not_read() -> None:
    grid = workbook(key_results=KEY_RESULTS.replace("| Start ", "| target"))
    assert [row.target for row in read(grid).key_results] == [Amount()] * 3
    [problem] = found(grid)
    assert (problem.code, problem.cell) == ("S102", "G1")
    assert problem.message == (
        'The column "Target" stands twice in Key Results, at F1 and at G1; neither is read.'
    )


def test_a_required_column_that_stands_twice_closes_the_tab_only() -> None:
    grid = workbook(objectives="ID | Objective | Objective\nMKT-O1 | One | Two")
    assert read(grid).objectives == ()
    assert len(read(grid).key_results) == 3
    assert [p.code for p in found(grid)] == ["S102"]


def test_problems_come_in_a_stable_order_whatever_the_order_of_tabs() -> None:
    grid = key_results("K1 | MKT-O1 | Grow | Kim | Increase | x | y | | on trak\nK2 | | Keep | | | z")
    reversed_grid = Grid(tuple(reversed(grid.sheets)))
    assert [p.cell for p in found(grid)] == ["F2", "G2", "F3", "I2"]
    assert parse("mkt.xlsx", reversed_grid) == parse("mkt.xlsx", grid)


def test_trust_15_a_bad_row_changes_nothing_in_the_others() -> None:
    sheet = table("Key Results", KEY_RESULTS)
    broken = with_cell(with_cell(sheet, 3, 5, text("???")), 3, 8, Cell(Kind.ERROR, "#REF!"))
    before, after = read(workbook()).key_results, read(workbook(key_results=broken)).key_results
    assert (before[0], before[2]) == (after[0], after[2])


# --- people -----------------------------------------------------------------------------------------

PEOPLE = """
    Name       | E-mail            | Team      | Manager    | Country | Since
    Kim Larsen | kim@example.org   | Marketing | Ada Moreau | DK      | 2026-01-05
    Ada Moreau | ada@example.org   | NA        |            | FR      | 03/04/2026
"""


@pytest.mark.parametrize("title", ("People", "people", "Sheet1"))
def test_people_are_read(title: str) -> None:
    people, problems = parse_people("people.xlsx", Grid((table(title, PEOPLE),)))
    assert people == (
        Person(2, "Kim Larsen", "kim@example.org", "Marketing", "Ada Moreau", "", "DK", date(2026, 1, 5)),
        Person(3, "Ada Moreau", "ada@example.org", "NA", "", "", "FR", None),
    )
    assert [(p.code, p.source, p.cell) for p in problems] == [("S105", "people.xlsx", "F3")]


def test_a_workbook_without_people_says_so() -> None:
    people, problems = parse_people("people.xlsx", workbook())
    assert people == ()
    assert [p.message for p in problems] == ['The tab "People" is missing in this workbook.']

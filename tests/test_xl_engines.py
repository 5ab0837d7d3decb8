"""The programs that stand in for Excel do what the buttons count on (`addin.contract`), as Excel does."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.table import Table

from addin import contract
from tests.xl_engines.contract import Excel
from tests.xl_engines.entering import Entered, entered

# No button makes a table or hides a row, so that the workbook in memory does without.
LACKS = {"openpyxl": ("tables grow", "rows are added below hidden ones")}


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch.xlsx"
    Workbook().save(path)
    return path


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.name.replace(" ", "-"))
def test_the_program_does_what_the_buttons_count_on(
    excel: Excel,
    scratch: Path,
    check: contract.Check,
) -> None:
    if (check.computes and not excel.recalculates) or check.name in LACKS.get(excel.name, ()):
        pytest.skip(f"{excel.name} has nothing for this")
    assert contract.seen(excel.open(scratch), check) == ""


@pytest.fixture
def calc(scratch: Path) -> Any:
    """LibreOffice with a workbook."""
    from tests.xl_engines import uno_engine

    program = uno_engine.program()
    try:
        yield program, program.open(scratch)
    finally:
        program.close()


def test_a_check_that_stops_is_a_sentence_and_its_tab_goes(calc: Any) -> None:
    def breaks(_sheet: Any) -> str:
        raise ValueError("two\n lines")

    _program, book = calc
    assert contract.seen(book, contract.Check("x", breaks)) == "It stopped with ValueError: two lines"
    assert len(book.sheets) == 1


@pytest.mark.parametrize(
    ("typed", "stands"),
    (
        ("=1+1", Entered("=1+1", formula=True)),
        ("'=1+1", Entered("=1+1")),
        ("007", Entered(7.0)),
        ("45 %", Entered(0.45, style="0%")),
        ("2026-01-31", Entered(46053.0, style="m/d/yyyy")),
        ("true", Entered(True)),
        ("-x", Entered("=-x", formula=True)),
        ("plain", Entered("plain")),
        (None, Entered("")),
        (datetime(2026, 1, 31, 12), Entered(46053.5, style="m/d/yyyy h:mm")),  # noqa: DTZ001
    ),
)
def test_a_value_put_into_a_cell_is_typed(typed: object, stands: Entered) -> None:
    assert entered(typed, as_text=False) == stands


def test_a_protected_tab_refuses_values_and_colours(calc: Any) -> None:
    _program, book = calc
    book.sheets[0].impl._uno.protect("")
    with pytest.raises(Exception, match="protected"):
        book.sheets[0].range("A1").value = 1
    with pytest.raises(Exception, match="protected"):
        book.sheets[0].range("A1").color = (1, 2, 3)


def test_the_end_of_a_column_skips_hidden_rows(calc: Any) -> None:
    sheet = calc[1].sheets[0]
    sheet.range("A1:A6").value = [["x"], ["x"], ["x"], [None], ["x"], ["x"]]
    assert sheet.range("A1").end("down").row == 3
    assert sheet.range("A4").end("down").row == 5
    assert sheet.range("A1048576").end("up").row == 6
    sheet.range("A6").row_height = 0
    assert sheet.range("A1048576").end("up").row == 5


def test_the_inner_cells_of_a_merged_area_take_nothing(calc: Any) -> None:
    sheet = calc[1].sheets[0]
    sheet.range("B2:B3").merge()
    sheet.range("A2:B4").value = [["a", "b"], ["c", "lost"], ["d", "e"]]
    sheet.range("B3").value = "lost too"
    assert sheet.range("A2:B4").value == [["a", "b"], ["c", None], ["d", "e"]]


def test_a_workbook_survives_with_its_tables_and_names(calc: Any, tmp_path: Path) -> None:
    made = Workbook()
    sheet_made = made.worksheets[0]
    sheet_made.append(["ID", "Text"])
    sheet_made.append(["a", "b"])
    sheet_made.add_table(Table(displayName="Things", ref="A1:B2"))
    made.save(tmp_path / "made.xlsx")
    program, _book = calc
    book = program.open(tmp_path / "made.xlsx")
    sheet = book.sheets[0]
    assert [table.name for table in sheet.tables] == ["Things"]
    assert sheet.tables["Things"].data_body_range.address == "$A$2:$B$2"
    sheet.range("D1").value = "=COUNTA(A1:A2)"
    program.save(book, tmp_path / "kept.xlsx")
    kept = load_workbook(tmp_path / "kept.xlsx").worksheets[0]
    assert kept["D1"].value == "=COUNTA(A1:A2)"
    assert "Things" in kept.tables
    assert load_workbook(tmp_path / "kept.xlsx", data_only=True).worksheets[0]["D1"].value == 2


def test_calls_are_counted_and_questions_answered(calc: Any) -> None:
    program, book = calc
    program.calls.reset()
    book.sheets[0].range("A1:C40").value = [["x"] * 3] * 40
    assert program.calls.names["Range.raw_value="] == 1
    assert program.calls.names["Range.raw_value"] == 0
    program.answers.append("no")
    assert book.app.alert("Really?", buttons="yes_no") == "no"
    assert program.told == ["Really?"]

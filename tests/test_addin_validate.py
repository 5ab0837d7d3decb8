"""The buttons Validate, Score preview and Fill ids, on every program that stands in for Excel."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest

from addin.colouring import TITLE
from addin.commands import fill_ids, score_preview, team_review, validate
from addin.trouble import Halt
from sync.config import Settings
from sync.core.palette import SEVERITY
from sync.looking import look
from tests.addin_office import OBJECTIVES, TODAY, Person, Row, make, percent, rows
from tests.addin_office import kr as bare_kr
from tests.xl_engines.contract import Excel

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")


def kr(number: int, **fields: Any) -> Row:
    """A tidy key result that was checked in this week."""
    return bare_kr(number, **{"last_check_in": date(2026, 11, 16)} | fields)


FAULTY = (
    kr(1, current="about six"),
    kr(2, owner=None),
    kr(3, start=percent(0.1), target=percent(0.5), current=percent(0.3)),
    kr(4, target=0.0, status="Fine"),
)
YELLOW = (255, 255, 0)


def fill(code: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(SEVERITY[code].fill.lstrip("#")))


def test_a_finding_reads_as_on_the_command_line(excel: Excel, tmp_path: Path) -> None:
    """Every column of the list in Sync status is what `okrsync check` says of the saved file."""
    path = make(tmp_path / "marketing.xlsx", FAULTY)
    seen = look([str(path)], Settings.model_validate({}), TODAY, progress=lambda *_: lambda: None)
    book = excel.open(path)
    result = validate(book, Person())
    listed = rows(book, "Sync status", 7, columns=7)
    assert [tuple(row[at] or "" for at in (0, 1, 2, 4, 5, 6)) for row in listed] == [
        (p.severity.capitalize(), p.code, p.tab, p.row_id, p.message, p.hint)
        for p in seen.assessment.problems
    ]
    assert len(listed) > 4
    assert "are listed in the tab Sync status" in result.message
    links = [excel.formula(book, "Sync status", f"D{row}") for row in range(7, 7 + len(listed))]
    assert """=HYPERLINK("#'Key Results'!I4","I4")""" in links


def test_texts_merged_over_rows_hold_for_each_of_them(excel: Excel, tmp_path: Path) -> None:
    """Objective ID of the first two rows is one merged cell: neither row is without an objective."""
    path = make(tmp_path / "marketing.xlsx", [kr(1), kr(2, objective_id=None), kr(3)])
    workbook = openpyxl.load_workbook(path)
    workbook["Key Results"].merge_cells("B4:B5")
    workbook["Key Results"].merge_cells("G20:I21")
    workbook.save(path)
    seen = look([str(path)], Settings.model_validate({}), TODAY, progress=lambda *_: lambda: None)
    book = excel.open(path)
    validate(book, Person())
    said = [row[5] for row in rows(book, "Sync status", 7, columns=7)]
    assert said == [problem.message for problem in seen.assessment.problems]


def test_faulty_cells_are_coloured_and_get_their_colour_back(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", FAULTY))
    tab = book.sheets["Key Results"]
    tab.range("I4").color = YELLOW
    validate(book, Person())
    assert tab.range("I4").color == fill("error")
    assert tab.range("I5").color is None
    assert not book.sheets[TITLE].visible
    tab.range("I4").value = 6
    validate(book, Person())
    assert tab.range("I4").color == YELLOW


@pytest.mark.slow
def test_colours_are_found_again_after_sorting_and_saving(excel: Excel, tmp_path: Path) -> None:
    """The rows are turned round with their colours, the faults mended, the file saved and opened again."""
    path = make(tmp_path / "marketing.xlsx", FAULTY)
    book = excel.open(path)
    validate(book, Person())
    turned = tmp_path / "turned.xlsx"
    excel.save(book, turned)
    workbook = openpyxl.load_workbook(turned)
    sheet = workbook["Key Results"]
    for column in range(1, 23):
        one, other = (cast("Any", sheet.cell(row, column)) for row in (4, 9))
        one.value, other.value = other.value, one.value
        one._style, other._style = other._style, one._style
    sheet["I9"] = 6
    workbook.save(turned)
    book = excel.open(turned)
    validate(book, Person())
    assert book.sheets["Key Results"].range("I9").color is None


def test_colours_are_found_again_where_a_column_was_moved(excel: Excel, tmp_path: Path) -> None:
    """Unit and Current have changed places, with their colours: the mended Current has its own again."""
    path = make(tmp_path / "marketing.xlsx", FAULTY)
    book = excel.open(path)
    book.sheets["Key Results"].range("I4").color = YELLOW
    validate(book, Person())
    moved = tmp_path / "moved.xlsx"
    excel.save(book, moved)
    workbook = openpyxl.load_workbook(moved)
    sheet = workbook["Key Results"]
    for row in range(3, 8):
        one, other = (cast("Any", sheet.cell(row, column)) for column in (6, 9))
        one.value, other.value = other.value, one.value
        one._style, other._style = other._style, one._style
    sheet["F4"] = 6
    workbook.save(moved)
    book = excel.open(moved)
    validate(book, Person())
    assert book.sheets["Key Results"].range("F4").color == YELLOW


def test_a_colour_that_could_not_be_given_back_is_given_back_later(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", FAULTY))
    cell = book.sheets["Key Results"].range("I4")
    cell.color = YELLOW
    validate(book, Person())
    cell.value = 6
    excel.calls.reset()
    excel.calls.fail("Range.set_colors", OSError("lost"))
    with pytest.raises(OSError, match="lost"):
        validate(book, Person())
    validate(book, Person())
    assert cell.color == YELLOW


def test_a_persons_own_colour_stays(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", FAULTY))
    validate(book, Person())
    cell = book.sheets["Key Results"].range("I4")
    cell.color = YELLOW
    validate(book, Person())
    assert cell.color == YELLOW
    cell.value = 6
    validate(book, Person())
    assert cell.color == YELLOW


def test_a_protected_tab_is_not_coloured_and_the_findings_are_listed(excel: Excel, tmp_path: Path) -> None:
    path = make(tmp_path / "marketing.xlsx", FAULTY)
    workbook = openpyxl.load_workbook(path)
    workbook["Key Results"].protection.sheet = True
    workbook.save(path)
    book = excel.open(path)
    result = validate(book, Person())
    assert "no cell is coloured, because a sheet is protected. They are listed in" in result.message
    assert len(rows(book, "Sync status", 7, columns=7)) > 4
    assert book.sheets["Key Results"].range("I4").color is None


def test_a_missing_tab_is_named_and_not_scored(excel: Excel, tmp_path: Path) -> None:
    path = make(tmp_path / "marketing.xlsx", [kr(1)])
    workbook = openpyxl.load_workbook(path)
    del workbook["Key Results"]
    workbook.save(path)
    book = excel.open(path)
    for button in (score_preview, team_review):
        with pytest.raises(Halt, match='The tab "Key Results" is missing'):
            button(book, Person())


def test_the_preview_takes_what_has_just_been_changed_as_the_next_sync_will(
    excel: Excel, tmp_path: Path
) -> None:
    """Current says 8, the newest row of Check-ins 5, and no date tells that 8 is newer."""
    known = [{"date": date(2026, 11, 11), "kr_id": "MKT-O1-KR1", "value": 5.0, "confidence": 7.0}]
    row = bare_kr(1, current=8.0, last_check_in=None)
    book = excel.open(make(tmp_path / "marketing.xlsx", [row], check_ins=known))
    lines = score_preview(book, Person()).message.splitlines()
    assert lines[-1] == "MKT-O1-KR1 Key result number 1: 80 %, On track"


def test_the_preview_says_that_there_is_more_to_see(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", FAULTY))
    lines = score_preview(book, Person()).message.splitlines()
    assert lines[1] == "Something is wrong in 2 cells: press Validate to see what."


def test_nothing_but_colours_and_our_own_tab_is_written(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", FAULTY))
    before = {tab: _formulas(book, tab) for tab in ("Team", "Objectives", "Key Results", "Check-ins")}
    status = _formulas(book, "Sync status")
    validate(book, Person())
    assert {tab: _formulas(book, tab) for tab in before} == before
    assert _formulas(book, "Sync status")[:5] == status[:5]
    assert [row[9:] for row in _formulas(book, "Sync status")[:9]] == [row[9:] for row in status[:9]]


def test_a_shorter_list_leaves_nothing_of_the_longer(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", FAULTY))
    validate(book, Person())
    many = len(rows(book, "Sync status", 7, columns=7))
    book.sheets["Key Results"].range("I4").value = 6
    validate(book, Person())
    assert len(rows(book, "Sync status", 7, columns=7)) < many


@pytest.mark.slow
def test_two_hundred_rows_take_sixty_calls_at_most(excel: Excel, tmp_path: Path) -> None:
    many = [
        kr(n, current="about six" if n % 20 == 0 else 5.0, owner=None if n % 30 == 0 else "Kim")
        for n in range(200)
    ]
    book = excel.open(make(tmp_path / "marketing.xlsx", many))
    for _ in range(2):
        excel.calls.reset()
        validate(book, Person())
        assert excel.calls.count <= 60, excel.calls.names


def test_the_preview_says_what_is_scored_and_writes_nothing(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", [kr(1, current=2.0), kr(2, current=8.0)]))
    excel.calls.reset()
    result = score_preview(book, Person())
    assert not [name for name in excel.calls.names if name.endswith("=")]
    lines = result.message.splitlines()
    assert lines[0] == "Marketing: 50 %, 53 % expected, On track."
    assert "MKT-O1 Customers tell their friends about us: 50 %, On track" in lines
    assert lines[-3:] == [
        "Key results, the worst first:",
        "MKT-O1-KR1 Key result number 1: 20 %, Off track",
        "MKT-O1-KR2 Key result number 2: 80 %, On track",
    ]


def test_rows_without_an_id_get_one(excel: Excel, tmp_path: Path) -> None:
    objectives = [*OBJECTIVES, {"objective": "A third one", "owner": "Kim"}]
    krs = [
        kr(1),
        kr(2, id=None),
        kr(3, id=None, objective_id="A third one"),
        kr(4, id=None, objective_id=None),
    ]
    book = excel.open(make(tmp_path / "marketing.xlsx", krs, objectives=objectives))
    result = fill_ids(book, Person())
    assert [row[0] for row in rows(book, "Objectives", columns=2)] == ["MKT-O1", "MKT-O2", "MKT-O3"]
    assert [row[0] for row in rows(book, "Key Results")] == ["MKT-O1-KR1", "MKT-O1-KR2", "MKT-O3-KR1", None]
    assert "fill in Objective ID in row 7 of Key Results" in result.message
    book.sheets["Key Results"].range("B7").value = "MKT-O2"
    fill_ids(book, Person())
    assert fill_ids(book, Person()) == ("Every row has an ID.", False)


def _formulas(book: Any, tab: str) -> list[Any]:
    return [list(row) for row in book.sheets[tab].range("A1:Y60").formula]

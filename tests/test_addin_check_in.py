"""The button Check in, on every program that stands in for Excel."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from addin.assessing import misfits
from addin.checking_in import left_out, plan
from addin.commands import check_in
from addin.opening import see
from addin.trouble import Halt
from tests.addin_office import EARLIER, NOW, TODAY, Person, kr, make, percent, rows
from tests.xl_engines.contract import Excel

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")
DAY = datetime(TODAY.year, TODAY.month, TODAY.day)  # noqa: DTZ001  # a day in a sheet has no zone
STAMP, COMMENT, CURRENT = 14, 13, 9  # columns of Key Results


def opened(excel: Excel, folder: Path, *key_results: Any, check_ins: Any = ()) -> Any:
    """A team's workbook with these rows, open."""
    return excel.open(make(folder / "marketing.xlsx", key_results, check_ins))


def test_what_changed_becomes_check_ins(excel: Excel, tmp_path: Path) -> None:
    """KR1 has a new value, KR2 says what it said, KR3 was never checked in and has no value."""
    known = [{"date": EARLIER, "kr_id": f"MKT-O1-KR{n}", "value": 5.0, "confidence": 7.0} for n in (1, 2)]
    book = opened(
        excel,
        tmp_path,
        kr(1, current=6.5, status="At risk", comment="Slower than hoped"),
        kr(2),
        kr(3, current=None),
        check_ins=known,
    )
    person = Person(name="Ada")
    result = check_in(book, person)
    assert result.changed
    assert result.message == "1 check-in is in the tab Check-ins from row 6, with today's date."
    assert rows(book, "Check-ins", 6, columns=9) == [
        [DAY, "MKT-O1-KR1", 6.5, 7, "At risk", "Slower than hoped", None, None, "Ada"]
    ]
    assert [row[STAMP - 1] for row in rows(book, "Key Results")] == [DAY, None, None]
    assert person.asked[0].splitlines() == [
        "Check in 1 key result for 18 November 2026?",
        "",
        "MKT-O1-KR1 Key result number 1: 6.5 (was 5), confidence 7, At risk",
    ]


def test_a_second_press_takes_the_place_of_the_first(excel: Excel, tmp_path: Path) -> None:
    book = opened(excel, tmp_path, kr(1), kr(2))
    check_in(book, Person())
    nothing = check_in(book, Person())
    assert not nothing.changed
    assert nothing.message.startswith("There is nothing to check in")
    book.sheets["Key Results"].range("I4").value = 8
    book.sheets["Check-ins"].range("G4").value = "my blocker"
    again = check_in(book, Person())
    assert again.message == "1 check-in is in the tab Check-ins, with today's date."
    found = rows(book, "Check-ins", columns=9)
    assert [row[1:3] for row in found] == [["MKT-O1-KR1", 8], ["MKT-O1-KR2", 5]]
    assert found[0][6] == "my blocker"


def test_the_day_after_it_is_a_new_row(excel: Excel, tmp_path: Path) -> None:
    book = opened(excel, tmp_path, kr(1))
    check_in(book, Person())
    book.sheets["Key Results"].range("I4").value = 8
    check_in(book, Person(now=NOW.replace(day=19)))
    assert [row[2] for row in rows(book, "Check-ins", columns=3)] == [5, 8]


def test_only_valid_rows_are_taken_and_the_others_are_told(excel: Excel, tmp_path: Path) -> None:
    book = opened(
        excel,
        tmp_path,
        kr(1),
        kr(2, current="about six"),
        kr(3, confidence=11.0),
        kr(4, id=None),
        kr(5, status="Fine"),
    )
    person = Person()
    check_in(book, person)
    assert [row[1] for row in rows(book, "Check-ins", columns=2)] == ["MKT-O1-KR1"]
    question = person.asked[0]
    assert "Left out:" in question
    for words in (
        "Row 5 (Key result number 2): ",
        "about six",
        "Row 6",
        "from 0 to 10",
        "It has no ID",
        "Fine",
    ):
        assert words in question
    assert [row[STAMP - 1] for row in rows(book, "Key Results")] == [DAY, None, None, None, None]


def test_values_that_do_not_fit_are_left_out(excel: Excel, tmp_path: Path) -> None:
    """As `okrsync check` says it, also where another value counts today or the row is not scored."""
    later = {"date": TODAY, "value": 0.2}
    book = opened(
        excel,
        tmp_path,
        kr(1),
        kr(2, start=percent(0.1), target=percent(0.5), current=45.0),
        kr(3, current=percent(0.45)),
        kr(4, measure="Yes/No", start=None, target=None, current=7.0),
        kr(5, measure="Milestone", start=None, target=None, current="Built", milestones="Design; Build"),
        kr(6, current="yes"),
        kr(7, current=percent(0.45), objective_id="MKT-O9", status="Paused"),
        kr(8, current=percent(0.45)),
        check_ins=[later | {"kr_id": "MKT-O1-KR8"}],
    )
    seen = see(book)
    found = plan(seen.sheet, (*seen.problems, *misfits(seen.sheet, TODAY)), TODAY)
    check_in(book, Person())
    assert [row[1] for row in rows(book, "Check-ins", columns=2)] == ["MKT-O1-KR8", "MKT-O1-KR1"]
    text = "\n".join(left_out(found, 9_999))
    for words in (
        'Row 5 (Key result number 2): "45" in Key Results!I5 is a plain number, but Target is the percentage',
        "Row 6 (Key result number 3): ",
        "neither yes nor no",
        "is no stage of its milestones",
        "which is not a number",
        "Row 10 (Key result number 7): ",
        "Row 11 (Key result number 8): ",
    ):
        assert words in text


def test_a_newer_value_that_was_logged_by_hand_is_not_overridden(excel: Excel, tmp_path: Path) -> None:
    """Current is what was checked in on the 11th; somebody has logged 9 on the 16th."""
    known = [
        {"date": EARLIER, "kr_id": "MKT-O1-KR1", "value": 5.0, "confidence": 7.0},
        {"date": datetime(2026, 11, 16), "kr_id": "MKT-O1-KR1", "value": 9.0},  # noqa: DTZ001  # a day in a sheet has no zone
    ]
    book = opened(excel, tmp_path, kr(1, last_check_in=EARLIER, comment="New"), check_ins=known)
    person = Person()
    result = check_in(book, person)
    assert not person.asked
    assert not result.changed
    assert "Row 4 (Key result number 1): Check-ins has a newer value, 9 of 2026-11-16;" in result.message
    assert len(rows(book, "Check-ins", columns=2)) == 2
    book.sheets["Key Results"].range("N4").value = DAY
    check_in(book, Person())
    assert [row[2] for row in rows(book, "Check-ins", columns=3)] == [5, 9, 5]


@pytest.mark.parametrize(
    ("tab", "column", "words"),
    (
        ("Key Results", "Current", 'The column "Current" is missing in tab Key Results.'),
        ("Check-ins", "Value", 'The tab Check-ins has no column "Value". Add one, then'),
        ("Check-ins", "Confidence", 'The tab Check-ins has no column "Confidence". Add one, then'),
    ),
)
def test_a_missing_column_is_named_and_nothing_is_written(
    excel: Excel, tmp_path: Path, tab: str, column: str, words: str
) -> None:
    """A check-in without its value would be one more row that says nothing."""
    path = make(tmp_path / "marketing.xlsx", [kr(1)])
    workbook = openpyxl.load_workbook(path)
    (header,) = [cell for cell in workbook[tab][3] if cell.value == column]
    header.value = "Zahl"
    workbook.save(path)
    book = excel.open(path)
    person = Person()
    with pytest.raises(Halt, match=words):
        check_in(book, person)
    assert not person.asked
    assert rows(book, "Check-ins", columns=9) == []


def test_a_column_that_nobody_fills_in_need_not_be_there(excel: Excel, tmp_path: Path) -> None:
    path = make(tmp_path / "marketing.xlsx", [kr(1)])
    workbook = openpyxl.load_workbook(path)
    (header,) = [cell for cell in workbook["Check-ins"][3] if cell.value == "Status"]
    header.value = "Zahl"
    workbook.save(path)
    assert check_in(excel.open(path), Person()).changed


def test_no_means_no(excel: Excel, tmp_path: Path) -> None:
    book = opened(excel, tmp_path, kr(1))
    result = check_in(book, Person(yes=False))
    assert result == ("Nothing was checked in.", False)
    assert rows(book, "Check-ins", columns=9) == []


@pytest.mark.parametrize(
    "text", ("=1+1", "+49 30 123", "-5", "@home", "'quoted", "007", "3-4", "Jan 5", "TRUE")
)
def test_a_text_stays_the_text_it_is(excel: Excel, tmp_path: Path, text: str) -> None:
    book = opened(excel, tmp_path, kr(1, comment=text))
    assert rows(book, "Key Results")[0][COMMENT - 1] in (
        text,
        None,
    )  # None: xlwings' word for an error's text
    book.sheets["Check-ins"].range("F4:F9").number_format = "General"
    check_in(book, Person())
    assert excel.formula(book, "Check-ins", "F4") == text


def test_percentages_and_words_are_read_back_as_they_are(excel: Excel, tmp_path: Path) -> None:
    book = opened(
        excel,
        tmp_path,
        kr(1, start=percent(0.1), target=percent(0.5), current=percent(0.45)),
        kr(2, measure="Yes/No", start=None, target=None, current="yes"),
        kr(3),
    )
    check_in(book, Person())
    assert [row[2] for row in rows(book, "Check-ins", columns=3)] == [0.45, "yes", 5]
    cells = [book.sheets["Check-ins"].range(f"C{row}") for row in (4, 5, 6)]
    assert "%" in cells[0].number_format
    assert "%" not in cells[2].number_format
    assert not check_in(book, Person()).changed


def test_formulas_of_the_team_stay(excel: Excel, tmp_path: Path) -> None:
    """A formula in Current is checked in for its news in Comment; one in Last check-in is not replaced."""
    book = opened(excel, tmp_path, kr(1, comment="New"), kr(2))
    book.sheets["Key Results"].range("N4").formula = "=DATE(2026,10,1)"
    before = {cell: excel.formula(book, "Key Results", cell) for cell in ("J4", "O4", "J5", "O5")}
    check_in(book, Person())
    assert excel.formula(book, "Key Results", "N4").startswith("=DATE")
    assert {cell: excel.formula(book, "Key Results", cell) for cell in before} == before
    assert rows(book, "Key Results")[1][STAMP - 1] == DAY


def test_rows_are_appended_below_the_last_one_even_if_it_is_hidden(excel: Excel, tmp_path: Path) -> None:
    known = [{"date": EARLIER, "kr_id": "MKT-O1-KR9", "value": float(n)} for n in range(5)]
    path = make(tmp_path / "marketing.xlsx", [kr(1)], known)
    workbook = openpyxl.load_workbook(path)
    for row in range(5, 9):
        workbook["Check-ins"].row_dimensions[row].hidden = True
    workbook.save(path)
    book = excel.open(path)
    check_in(book, Person())
    assert [row[1] for row in rows(book, "Check-ins", columns=2)] == ["MKT-O1-KR9"] * 5 + ["MKT-O1-KR1"]


def test_a_full_table_grows_and_shrinks_again_when_that_fails(excel: Excel, tmp_path: Path) -> None:
    """The table of Check-ins has 200 rows, all of them filled: the next one stands below, in the table."""
    known = [{"date": EARLIER, "kr_id": "MKT-O1-KR9", "value": 1.0} for _ in range(200)]
    book = opened(excel, tmp_path, kr(1), check_ins=known)
    table = book.sheets["Check-ins"].range("B3").table
    excel.calls.fail("Range.raw_value=", OSError("lost"), at=2)
    with pytest.raises(OSError, match="lost"):
        check_in(book, Person())
    excel.calls.reset()
    assert table.range.shape[0] == 201
    check_in(book, Person())
    assert table.range.shape[0] == 202
    assert book.sheets["Check-ins"].range("B204").value == "MKT-O1-KR1"


def test_twenty_rows_take_forty_calls_at_most(excel: Excel, tmp_path: Path) -> None:
    book = opened(excel, tmp_path, *(kr(n) for n in range(1, 21)))
    excel.calls.reset()
    check_in(book, Person())
    assert len(rows(book, "Check-ins", columns=2)) == 20
    assert excel.calls.count <= 40, excel.calls.names


def test_twenty_scattered_rows_take_one_more_for_each_run(excel: Excel, tmp_path: Path) -> None:
    """A run of dates is one call; xlwings takes some thirty to write dates and blanks as one block."""
    book = opened(excel, tmp_path, *(kr(n, current=5.0 if n % 2 else None) for n in range(1, 41)))
    excel.calls.reset()
    check_in(book, Person())
    assert excel.calls.count <= 52, excel.calls.names


def test_the_cells_between_scattered_rows_stay_as_they_are(excel: Excel, tmp_path: Path) -> None:
    """A day, a formula, a text, a time and a blank between the dated rows of Last check-in."""
    between = ["2026-11-11", "=DATE(2026,10,1)", "'soon", "2026-11-11 09:30", None]
    book = opened(excel, tmp_path, *(kr(n, current=5.0 if n % 2 else None) for n in range(1, 12)))
    tab = book.sheets["Key Results"]
    for row, said in zip(range(5, 15, 2), between, strict=True):
        tab.range((row, STAMP)).formula = said or ""
        tab.range((row, STAMP)).number_format = "d mmm yyyy"
    cells = [f"N{row}" for row in range(5, 15, 2)]
    before = [(excel.formula(book, "Key Results", cell), tab.range(cell).value) for cell in cells]
    formats = [tab.range(cell).number_format for cell in cells]
    check_in(book, Person())
    assert [(excel.formula(book, "Key Results", cell), tab.range(cell).value) for cell in cells] == before
    assert [tab.range(cell).number_format for cell in cells] == formats
    assert [tab.range(f"N{row}").value for row in range(4, 15, 2)] == [DAY] * 6


@pytest.mark.parametrize("name", ("Range.raw_value=", "Range.raw_value", "Range.number_format="))
def test_a_write_that_fails_leaves_nothing_half_written(excel: Excel, tmp_path: Path, name: str) -> None:
    """Whichever call fails, the workbook is as before; once none does, the check-in is whole."""
    shares = {"start": percent(0.1), "target": percent(0.5), "current": percent(0.45)}
    key_results = kr(1, comment="=boo", **shares), kr(2, current=None), kr(3, comment="Well")
    book = opened(excel, tmp_path, *key_results)
    before = rows(book, "Key Results"), rows(book, "Check-ins", columns=9)
    failed = 0
    for at in range(1, 30):
        excel.calls.reset()
        excel.calls.fail(name, OSError("lost"), at=at)
        try:
            check_in(book, Person())
        except OSError:
            failed += 1
            excel.calls.reset()
            assert (rows(book, "Key Results"), rows(book, "Check-ins", columns=9)) == before, at
        else:
            break
    excel.calls.reset()
    assert failed
    assert len(rows(book, "Check-ins", columns=9)) == 2


def test_merged_cells_take_nothing_and_so_nothing_is_written(excel: Excel, tmp_path: Path) -> None:
    book = opened(excel, tmp_path, kr(1), kr(2))
    path = tmp_path / "merged.xlsx"
    excel.save(book, path)

    workbook = openpyxl.load_workbook(path)
    workbook["Check-ins"].merge_cells("B4:B5")
    workbook.save(path)
    book = excel.open(path)
    with pytest.raises(Halt, match="cell B5 of Check-ins did not take its value"):
        check_in(book, Person())
    assert rows(book, "Check-ins", columns=9) == []
    assert [row[STAMP - 1] for row in rows(book, "Key Results")] == [None, None]

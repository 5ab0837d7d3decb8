"""Managers' own things in the master survive every sync and follow their rows (DESIGN.md).

A manager is played by openpyxl (it loses sparklines, which are no manager's) and by hand on our cells.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet as Page

from sync.core.errors import SourceUnreadable
from sync.core.policy import Limits
from sync.master.cells import Formula, Value, Workbook
from sync.master.layout import build
from sync.master.notes import (
    IDENTITY,
    NO_NOTES,
    AddedColumn,
    AddedSheet,
    NoteCell,
    Notes,
    from_json,
    moved,
    renamed,
    to_json,
)
from sync.master.reading import OURS, read_back
from sync.master.render import render
from sync.sources import xlsx
from sync.sources.formula_texts import formula_texts
from tests.master_company import given, sheets

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl knows no sparklines


def back(data: bytes, known: Notes = NO_NOTES) -> Notes:
    return read_back(data, Limits(), known, read=xlsx.read, formulas=formula_texts)


def by_manager(data: bytes, edit: Callable[[Book], None]) -> bytes:
    """The master as a manager saves it."""
    book = load_workbook(BytesIO(data))
    edit(book)
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def header_row(page: Page) -> int:
    return next(row for row in range(1, 40) if any(cell.value == IDENTITY for cell in page[row]))


def column_of(page: Page, header: str) -> int:
    return next(int(cell.column or 0) for cell in page[header_row(page)] if cell.value == header)


def row_of(page: Page, row_id: str) -> int:
    return next(row for row in range(header_row(page) + 1, 80) if page.cell(row, 1).value == row_id)


def cells(workbook: Workbook, sheet: str, header: str) -> dict[str, Value]:
    """What stands in a column, by the text in the first column; blank cells left out."""
    table = workbook.sheet(sheet).table
    assert table is not None
    keys, values = table.columns[0].values, table.columns[table.at(header) - 1].values
    return {str(key): value for key, value in zip(keys, values, strict=True) if value is not None}


MASTER = render(build(given()), bulk=True).data


def test_an_untouched_master_has_nothing_of_managers() -> None:
    read = back(MASTER)
    assert read.columns == {name: () for name in OURS if name != "About"}
    assert read.sheets == ()
    assert not any(cells for rows in read.cells.values() for cells in rows.values())
    assert [sheet.name for sheet in build(given()).sheets] == list(OURS)


def test_a_manager_note_comes_back_beside_its_row() -> None:
    def write(book: Book) -> None:
        page = book["Key results"]
        page.cell(row_of(page, "MKT-O1-KR2"), column_of(page, "Manager note"), "Ask the agency")
        page = book["Roll-up"]
        page.cell(row_of(page, "Design"), column_of(page, "Manager note"), "Short of people")

    workbook = build(given(notes=back(by_manager(MASTER, write))))
    assert cells(workbook, "Key results", "Manager note") == {"MKT-O1-KR2": "Ask the agency"}
    assert cells(workbook, "Roll-up", "Manager note") == {"Design": "Short of people"}


def test_notes_follow_ids_when_a_manager_sorted_the_sheet() -> None:
    def sort_upside_down(book: Book) -> None:
        page = book["Objectives"]
        note = column_of(page, "Manager note")
        top = header_row(page)
        for row in range(top + 1, page.max_row + 1):
            page.cell(row, note, f"about {page.cell(row, 1).value}")
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=top + 1)]
        for at, values in enumerate(reversed(rows), top + 1):
            for column, value in enumerate(values, 1):
                page.cell(at, column).value = value

    workbook = build(given(notes=back(by_manager(MASTER, sort_upside_down))))
    found = cells(workbook, "Objectives", "Manager note")
    assert len(found) == 10
    assert all(note == f"about {key}" for key, note in found.items())


def test_columns_inserted_between_ours_stay_there_with_values_formats_and_formulas() -> None:
    def insert(book: Book) -> None:
        page = book["Key results"]
        page.insert_cols(5)
        top = header_row(page)
        page.cell(top, 5, "Priority of the board")
        row = row_of(page, "SLS-O1-KR1")
        page.cell(row, 5, 0.25).number_format = "0%"
        page.cell(row_of(page, "KIM-O1-KR1"), 5, date(2026, 12, 24)).number_format = "yyyy-mm-dd"
        last = page.max_column + 1
        page.cell(top, last, "Twice")
        page.cell(row, last, f'=H{row}*2&" of $H$3, H{row}"')

    notes = back(by_manager(MASTER, insert))
    assert notes.columns["Key results"] == (
        AddedColumn("Priority of the board", "Key result"),
        AddedColumn("Twice", IDENTITY),
    )
    fewer = [sheet for sheet in sheets() if sheet.team.unit != "Acme"]  # all rows move up
    workbook = build(given(*fewer, notes=notes))
    table = workbook.sheet("Key results").table
    assert table is not None
    assert [column.header for column in table.columns][3:6] == [
        "Key result",
        "Priority of the board",
        "Owner",
    ]
    assert cells(workbook, "Key results", "Priority of the board") == {
        "SLS-O1-KR1": 0.25,
        "KIM-O1-KR1": date(2026, 12, 24),
    }
    row = table.top + 1 + list(table.columns[0].values).index("SLS-O1-KR1")
    assert cells(workbook, "Key results", "Twice") == {
        "SLS-O1-KR1": Formula(f'H{row}*2&" of $H$3, H{row}"'.replace(f", H{row}", ", H17"), "", "excel")
    }


def test_our_formulas_follow_our_columns_around_managers_columns() -> None:
    added = Notes(columns={"Key results": (AddedColumn("Mine", "ID"),)})
    workbook = build(given(notes=added))
    table = workbook.sheet("Key results").table
    assert table is not None
    live = next(
        value for value in table.columns[table.at("Progress") - 1].values if isinstance(value, Formula)
    )
    assert "I6" in live.text  # Start stands in I once Mine is B
    assert [table.columns[1].header, table.at("Start")] == ["Mine", 9]


def test_sheets_that_managers_add_survive_with_texts_that_look_like_formulas() -> None:
    def add(book: Book) -> None:
        page = book.create_sheet("Board")
        page["B2"] = "Our view"
        page["B3"] = "='Roll-up'!D9"
        page["B4"] = "=not a formula"
        page["B4"].data_type = "s"
        page["B5"] = datetime(2026, 11, 18, 9, 30)  # noqa: DTZ001  # a workbook knows no time zones
        page["B6"] = True

    notes = back(by_manager(MASTER, add))
    (sheet,) = notes.sheets
    assert sheet.name == "Board"
    page = load_workbook(BytesIO(render(build(given(notes=notes)), bulk=True).data))["Board"]
    assert [page.cell(row, 2).value for row in range(2, 7)] == [
        "Our view", "='Roll-up'!D9", "=not a formula", datetime(2026, 11, 18, 9, 30), True,  # noqa: DTZ001  # as above
    ]  # fmt: skip
    assert [page["B3"].data_type, page["B4"].data_type] == ["f", "s"]


def test_what_was_written_beside_a_row_that_left_comes_back_with_it() -> None:
    def write(book: Book) -> None:
        page = book["Key results"]
        page.cell(row_of(page, "KIM-O1-KR1"), column_of(page, "Manager note"), "Keep an eye on this")

    notes = back(by_manager(MASTER, write))
    without_kim = [sheet for sheet in sheets() if sheet.team.unit != "Kim"]
    smaller = render(build(given(*without_kim, notes=notes)), bulk=True).data
    later = back(smaller, from_json(to_json(notes)))
    assert cells(build(given(notes=later)), "Key results", "Manager note") == {
        "KIM-O1-KR1": "Keep an eye on this"
    }


def test_a_note_that_was_cleared_is_gone_and_a_deleted_column_too() -> None:
    def write(book: Book) -> None:
        page = book["Objectives"]
        page.cell(row_of(page, "KIM-O1"), column_of(page, "Manager note"), "first")
        page.cell(header_row(page), page.max_column + 1, "Extra")
        page.cell(row_of(page, "KIM-O1"), page.max_column, "more")

    def clear(book: Book) -> None:
        page = book["Objectives"]
        page.cell(row_of(page, "KIM-O1"), column_of(page, "Manager note")).value = None
        page.delete_cols(column_of(page, "Extra"))

    first = back(by_manager(MASTER, write))
    assert cells(build(given(notes=first)), "Objectives", "Extra") == {"KIM-O1": "more"}
    second = back(by_manager(render(build(given(notes=first)), bulk=True).data, clear), first)
    assert second.columns["Objectives"] == ()
    assert second.cells["Objectives"]['["Kim","2026-Q4","KIM-O1"]'] == {}


def test_a_copied_row_loses_neither_note() -> None:
    def copy(book: Book) -> None:
        page = book["Objectives"]
        note, row, last = column_of(page, "Manager note"), row_of(page, "KIM-O1"), page.max_row + 1
        for column in range(1, page.max_column + 1):
            page.cell(last, column).value = page.cell(row, column).value
        page.cell(row, note, "one")
        page.cell(last, note, "two")

    workbook = build(given(notes=back(by_manager(MASTER, copy))))
    assert cells(workbook, "Objectives", "Manager note") == {"KIM-O1": "one\ntwo"}


def test_rows_that_managers_wrote_below_a_list_move_to_a_sheet_of_their_own() -> None:
    def add_total(book: Book) -> None:
        page = book["Objectives"]
        page.cell(page.max_row + 2, 2, "Best of all")
        page.cell(page.max_row, 9, "=MAX(I6:I15)")

    first = back(by_manager(MASTER, add_total))
    (kept,) = first.sheets
    assert kept.name == "Objectives (kept)"
    assert [cell.value for cell in kept.rows[17].values() if not cell.formula] == ["Best of all"]
    assert kept.rows[17][9].formula == "MAX(I6:I15)"
    again = back(render(build(given(notes=first)), bulk=True).data, first)
    assert [sheet.name for sheet in again.sheets] == ["Objectives (kept)"]


@pytest.mark.parametrize("what", ("the hidden column", "the mark above it"))
def test_a_master_without_our_marks_is_not_readable(what: str) -> None:
    def spoil(book: Book) -> None:
        page = book["Key results"]
        column = column_of(page, IDENTITY)
        if what == "the hidden column":
            page.delete_cols(column)
        else:
            page.cell(1, column).value = None

    with pytest.raises(SourceUnreadable, match=r"in the sheet Key results, .* gone"):
        back(by_manager(MASTER, spoil))


def test_a_renamed_row_takes_its_notes_along() -> None:
    notes = Notes(cells={"Objectives": {"old": {"Manager note": NoteCell("kept")}, "else": {}}})
    assert renamed(notes, {"old": "new"}).cells["Objectives"]["new"] == {"Manager note": NoteCell("kept")}


def test_a_hostile_note_stays_text(tmp_path: Path) -> None:
    notes = Notes(cells={"Roll-up": {'["Kim"]': {"Manager note": NoteCell('=HYPERLINK("http://x","y")')}}})
    page = load_workbook(BytesIO(render(build(given(notes=notes)), bulk=True).data))["Roll-up"]
    cell = page.cell(row_of(page, "Kim"), column_of(page, "Manager note"))
    assert [cell.value, cell.data_type] == ['=HYPERLINK("http://x","y")', "s"]


@pytest.mark.parametrize(
    ("formula", "there"),
    (
        ("A5+$B5+C$5+AA5", "A9+$B9+C$5+AA9"),
        ("SUM(A5:C5)", "SUM(A9:C9)"),
        ("A50+A15+LOG5(2)", "A50+A15+LOG5(2)"),
        ("'Roll-up'!D5+Sheet!A5", "'Roll-up'!D5+Sheet!A5"),
        ('"A5"&A5', '"A5"&A9'),
    ),
)
def test_a_formula_follows_its_own_row(formula: str, there: str) -> None:
    assert moved(formula, 5, 9) == there


texts = st.text(max_size=20)
note_cells = st.builds(
    NoteCell,
    st.one_of(st.none(), texts, st.booleans(), st.floats(allow_nan=False, allow_infinity=False)),
    st.sampled_from(["value", "date"]),
    st.sampled_from(["plain", "percent"]),
    texts,
    st.integers(0, 2000),
)


@drawn(
    st.dictionaries(
        texts, st.dictionaries(texts, st.dictionaries(texts, note_cells, min_size=1), max_size=3)
    ),
    st.dictionaries(texts, st.lists(st.builds(AddedColumn, texts, texts), max_size=3).map(tuple)),
    st.lists(
        st.builds(
            AddedSheet,
            texts,
            st.dictionaries(
                st.integers(1, 99), st.dictionaries(st.integers(1, 9), note_cells, min_size=1), max_size=3
            ),
            st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
)
def test_notes_survive_history(rows: object, columns: object, added: object) -> None:
    notes = Notes(rows, columns, added)  # type: ignore[arg-type]  # drawn as the types say
    assert from_json(to_json(notes)) == notes

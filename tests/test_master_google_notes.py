"""Managers' own things in the Google master survive every sync and follow their rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest

from sync.core.errors import PublishError
from sync.core.model import TeamSheet
from sync.master import google
from sync.master.google_ids import sheet_id
from sync.master.google_tabs import NAMES
from sync.master.layout import build
from sync.master.notes import (
    GOOGLE,
    IDENTITY,
    MANAGER_NOTE,
    NO_NOTES,
    AddedColumn,
    NoteCell,
    Notes,
    from_json,
    to_json,
)
from sync.master.together import together
from tests.google_book import Book, Tab, grid_of
from tests.master_company import given, sheets

ID = "1MaStEr"


class Synced(NamedTuple):
    """What is known after a sync, and what each list shows by the text in its first column."""

    notes: Notes
    book: Book

    def column(self, sheet: str, header: str) -> dict[object, object]:
        tab = self.book.tab(sheet)
        at = column_of(tab, header)
        rows = range(top_of(tab) + 1, tab.size[0] + 1)
        return {tab.shown(row, 1): tab.shown(row, at) for row in rows if tab.shown(row, at) not in (None, "")}


def sync(book: Book, known: Notes = NO_NOTES, *teams: TeamSheet) -> Synced:
    """One sync of these sheets (else the company's); notes go through history."""
    now = google.look_at(book, ID, grid_of, published=book.tabs.keys() > {0})
    notes = from_json(to_json(together(known, known, now.notes, GOOGLE)))
    google.publish(book, ID, build(given(*teams, notes=notes)), now)
    return Synced(notes, book)


@pytest.fixture
def book() -> Book:
    book = Book()
    sync(book)
    return book


def top_of(tab: Tab) -> int:
    return next(row for row in range(1, 40) if any(tab.shown(row, at) == IDENTITY for at in range(1, 60)))


def column_of(tab: Tab, header: str) -> int:
    return next(at for at in range(1, tab.size[1] + 1) if tab.shown(top_of(tab), at) == header)


def row_of(tab: Tab, row_id: str) -> int:
    return next(row for row in range(top_of(tab) + 1, tab.size[0] + 1) if tab.shown(row, 1) == row_id)


def note(book: Book, sheet: str, row_id: str, text: object, header: str = MANAGER_NOTE) -> None:
    tab = book.tab(sheet)
    tab.write(row_of(tab, row_id), column_of(tab, header), text)


def insert_column(tab: Tab, at: int, header: str) -> None:
    """As a manager does it, before column `at`."""
    tab.properties["gridProperties"]["columnCount"] += 1
    tab.move(lambda row, column: (row, column + (column >= at - 1)))
    tab.write(top_of(tab), at, header)


def test_an_untouched_master_has_nothing_of_managers(book: Book) -> None:
    notes = sync(book).notes
    assert not any(cells for rows in notes.cells.values() for cells in rows.values())
    assert not any(notes.columns.values())
    assert [tab.title for tab in book.tabs.values() if tab.properties["sheetId"] not in NAMES] == ["Sheet1"]


def test_a_note_stays_beside_its_row_when_rows_move(book: Book) -> None:
    note(book, "Key results", "SLS-O1-KR2", "Ask the bank")
    tree = book.tab("Roll-up")
    place = row_of(tree, "Design") - 1, column_of(tree, MANAGER_NOTE) - 1
    tree.cells[place]["userEnteredValue"] = {"stringValue": "=1+1 is no formula"}
    fewer = [sheet for sheet in sheets() if sheet.team.unit != "Acme"]  # all rows move up
    synced = sync(book, NO_NOTES, *fewer)
    assert synced.column("Key results", MANAGER_NOTE) == {"SLS-O1-KR2": "Ask the bank"}
    cell = tree.cells[row_of(tree, "Design") - 1, column_of(tree, MANAGER_NOTE) - 1]
    assert cell["userEnteredValue"] == {"stringValue": "=1+1 is no formula"}


def test_notes_follow_ids_when_a_manager_sorted_the_list_and_the_list_looks_as_before(book: Book) -> None:
    tab = book.tab("Key results")
    before = {at: cell.get("userEnteredFormat") for at, cell in tab.cells.items()}
    top, last = top_of(tab), max(row for row, _ in tab.cells) + 1
    for row in range(top + 1, last + 1):
        tab.write(row, column_of(tab, MANAGER_NOTE), f"about {tab.shown(row, 1)}")
    tab.move(lambda row, column: (top + last - 1 - row if row >= top else row, column))
    moved = {at: cell.get("userEnteredFormat") for at, cell in tab.cells.items()}
    assert moved != before  # the rows differ in their number formats
    found = sync(book).column("Key results", MANAGER_NOTE)
    assert len(found) == 21
    assert all(text == f"about {key}" for key, text in found.items())
    assert {at: cell.get("userEnteredFormat") for at, cell in tab.cells.items()} == before


def test_columns_inserted_between_ours_stay_there_with_values_formats_and_formulas(book: Book) -> None:
    tab = book.tab("Key results")
    insert_column(tab, 5, "Priority of the board")
    row = row_of(tab, "SLS-O1-KR1")
    tab.write(row, 5, 0.25, "PERCENT")
    tab.write(row_of(tab, "KIM-O1-KR1"), 5, 46380, "DATE")
    last = tab.size[1]
    tab.write(top_of(tab), last, "Twice")
    tab.write(row, last, f"=ARRAYFORMULA(I{row}*2)+I$3")
    fewer = [sheet for sheet in sheets() if sheet.team.unit != "Acme"]
    synced = sync(book, NO_NOTES, *fewer)
    assert synced.notes.columns["Key results"] == (
        AddedColumn("Priority of the board", "Key result"),
        AddedColumn("Twice", IDENTITY),
    )
    assert column_of(tab, "Priority of the board") == 5
    assert synced.column("Key results", "Priority of the board") == {"SLS-O1-KR1": 0.25, "KIM-O1-KR1": 46380}
    new = row_of(tab, "SLS-O1-KR1")
    assert new == row - 4
    assert tab.cells[new - 1, 4]["userEnteredFormat"]["numberFormat"]["type"] == "PERCENT"
    assert tab.cells[row_of(tab, "KIM-O1-KR1") - 1, 4]["userEnteredFormat"]["numberFormat"]["type"] == "DATE"
    assert synced.column("Key results", "Twice") == {"SLS-O1-KR1": f"=ARRAYFORMULA(I{new}*2)+I$3"}
    assert str(tab.shown(new, column_of(tab, "Progress"))).startswith(f"=IF(COUNT(I{new},")


def test_in_a_language_with_decimal_commas_managers_formulas_stay_as_they_are() -> None:
    book = Book("de_DE")
    sync(book)
    note(book, "Objectives", "KIM-O1", "=SUMME(1,5;2,5)")
    assert sync(book).column("Objectives", MANAGER_NOTE) == {"KIM-O1": "=SUMME(1,5;2,5)"}


def test_rows_that_managers_inserted_or_wrote_below_a_list_move_to_a_tab_of_their_own(book: Book) -> None:
    tab = book.tab("Objectives")
    total = row_of(tab, "KIM-O1") + 3
    tab.properties["gridProperties"]["rowCount"] = 60
    tab.write(total, 2, "Best of all")
    tab.write(total, 9, "=MAX(I6:I15)")
    sync(book)
    kept = book.tab("Objectives (kept)")
    assert (kept.shown(1, 2), kept.shown(1, 9)) == ("Best of all", "=MAX(I6:I15)")
    assert tab.shown(total, 2) is None
    tab.write(total, 2, "And one more")
    sync(book)
    assert [kept.shown(row, 2) for row in (1, 2)] == ["Best of all", "And one more"]
    tab.move(lambda row, column: (row + (row >= 7), column))
    tab.write(8, 1, "between")
    sync(book)
    assert [kept.shown(row, at) for row, at in ((1, 2), (2, 2), (3, 1))] == [
        "Best of all",
        "And one more",
        "between",
    ]


def test_a_lost_reply_keeps_left_over_rows_once(book: Book) -> None:
    tab = book.tab("Objectives")
    tab.properties["gridProperties"]["rowCount"] = 60
    tab.write(40, 2, "Best of all")
    book.lost = 1
    sync(book)
    assert [cell for cell in book.tab("Objectives (kept)").cells if cell[0] > 0] == []


def test_what_was_written_beside_a_row_that_left_comes_back_with_it(book: Book) -> None:
    note(book, "Key results", "KIM-O1-KR1", "Keep an eye on this")
    without_kim = [sheet for sheet in sheets() if sheet.team.unit != "Kim"]
    away = sync(book, NO_NOTES, *without_kim)
    assert away.column("Key results", MANAGER_NOTE) == {}
    assert sync(book, away.notes).column("Key results", MANAGER_NOTE) == {"KIM-O1-KR1": "Keep an eye on this"}


def test_a_note_that_was_cleared_is_gone_and_a_deleted_column_too(book: Book) -> None:
    note(book, "Objectives", "KIM-O1", "first")
    tab = book.tab("Objectives")
    insert_column(tab, 3, "Extra")
    note(book, "Objectives", "KIM-O1", "more", "Extra")
    first = sync(book)
    assert first.column("Objectives", "Extra") == {"KIM-O1": "more"}
    note(book, "Objectives", "KIM-O1", None)
    tab.move(lambda row, column: None if column == 2 else (row, column - (column > 2)))
    second = sync(book, first.notes)
    assert second.notes.columns["Objectives"] == ()
    assert second.column("Objectives", MANAGER_NOTE) == {}


def test_a_tab_that_was_emptied_or_deleted_is_made_anew_with_the_notes_of_the_last_sync(book: Book) -> None:
    note(book, "Objectives", "KIM-O1", "kept")
    first = sync(book)
    book.tab("Objectives").cells.clear()
    assert sync(book, first.notes).column("Objectives", MANAGER_NOTE) == {"KIM-O1": "kept"}
    del book.tabs[sheet_id("Objectives")]
    book.order.remove(sheet_id("Objectives"))
    book.marks = {id_: mark for id_, mark in book.marks.items() if mark["location"]["sheetId"] in book.tabs}
    assert sync(book, first.notes).column("Objectives", MANAGER_NOTE) == {"KIM-O1": "kept"}


def _without_column(tab: Tab) -> None:
    gone = column_of(tab, IDENTITY) - 1
    tab.move(lambda row, column: None if column == gone else (row, column))


def _without_mark(tab: Tab) -> None:
    del tab.cells[0, column_of(tab, IDENTITY) - 1]


@pytest.mark.parametrize("spoil", (_without_column, _without_mark))
def test_a_master_without_our_marks_is_never_overwritten(book: Book, spoil: Callable[[Tab], None]) -> None:
    spoil(book.tab("Key results"))
    before = book.state()
    with pytest.raises(
        PublishError, match=r"so it is not overwritten: in the sheet Key results, .* gone, .* Version"
    ):
        sync(book)
    assert book.state() == before


def test_a_managers_own_tab_stays_with_its_formulas(book: Book) -> None:
    own = book.tabs[0]
    own.write(1, 1, "='Roll-up'!D9")
    before = dict(own.cells)
    sync(book, NO_NOTES, *sheets()[:4])
    assert own.cells == before
    assert book.tab("Roll-up").shown(9, 4) is not None


# ---------------------------------------------------------------- brought together


def cell(text: str | float | date | None, formula: str = "", home: str = GOOGLE) -> NoteCell:
    return NoteCell(text if not isinstance(text, date) else text.isoformat(), formula=formula, home=home)


def notes(**texts: NoteCell) -> Notes:
    return Notes(cells={"Roll-up": {"Kim": texts}})


@pytest.mark.parametrize(
    ("base", "known", "read", "found"),
    (
        ("old", "old", "new", "new"),  # changed here
        ("old", "new", "old", "new"),  # changed in the other master
        ("old", "one", "two", "one\ntwo"),  # changed in both
        ("old", "same", "same", "same"),
        ("old", "old", None, None),  # cleared here
        ("old", "new", None, "new"),  # cleared here, changed there: the text stays
        ("old", None, "new", "new"),
        ("old", None, "old", None),  # cleared there
        (None, None, "new", "new"),
        (None, "one", "two", "one\ntwo"),
    ),
)
def test_a_change_wins_and_two_are_kept_one_below_the_other(
    base: str | None, known: str | None, read: str | None, found: str | None
) -> None:
    was, now, there = (notes(**({"Mine": cell(text)} if text else {})) for text in (base, known, read))
    expected = {"Mine": found} if found else {}
    result = together(was, now, there, GOOGLE).cells["Roll-up"]["Kim"]
    assert {header: one.value for header, one in result.items()} == expected


def test_a_formula_of_the_other_master_stays_while_its_value_is_untouched() -> None:
    excels = cell(2.0, "A5*2", "excel")
    shown = cell(2.0)
    assert together(notes(Mine=excels), notes(Mine=excels), notes(Mine=shown), GOOGLE) == notes(Mine=excels)
    typed = cell(3.0)
    assert together(notes(Mine=excels), notes(Mine=excels), notes(Mine=typed), GOOGLE) == notes(Mine=typed)


def test_a_formula_that_only_moved_with_its_row_did_not_change() -> None:
    before = NoteCell(2.0, formula="A5*2", row=5, home=GOOGLE)
    after = NoteCell(7.0, formula="A9 * 2", row=9, home=GOOGLE)
    changed = cell("by the other master")
    assert together(notes(Mine=before), notes(Mine=changed), notes(Mine=after), GOOGLE) == notes(Mine=changed)


def test_columns_of_both_masters_are_kept_and_a_deleted_one_goes() -> None:
    def columns(*headers: str) -> Notes:
        return Notes(columns={"Issues": tuple(AddedColumn(header, "Code") for header in headers)})

    found = together(columns("a", "b"), columns("b", "c"), columns("d", "a"), GOOGLE)
    assert [column.header for column in found.columns["Issues"]] == ["d", "c"]

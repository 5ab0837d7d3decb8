"""A sync with a master in Google, alone or beside the workbook: what is read, written, recorded and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sync.core.errors import SourceUnreadable
from sync.history.published import Published, published
from sync.master.notes import IDENTITY
from tests.company import CONFIG, TODAY, Company
from tests.google_book import Book
from tests.test_master_google_notes import column_of, insert_column, note

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl knows no sparklines

ID = "1MaStErOfAcme"
URL = f"https://docs.google.com/spreadsheets/d/{ID}/edit"
BOTH = CONFIG + f'google = "{URL}#gid=0"\n'
ALONE = BOTH.replace("master.xlsx", "")
LATER = "2026-12-18"


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Book:
    """The spreadsheet, in the place of Google."""
    book = Book()

    class Connection:
        def clients(self) -> list[Book]:
            return [book]

        def calls(self) -> dict[str, int]:
            return {"sheets_reads": len(book.reads), "sheets_writes": len(book.writes)}

    monkeypatch.setattr("sync.intake.google", lambda *_: nullcontext(Connection()))
    return book


@pytest.fixture
def both(tmp_path: Path) -> Company:
    company = Company(tmp_path, BOTH)
    company.team()
    return company


def test_both_masters_are_published_and_named(both: Company, book: Book) -> None:
    done = both.sync(TODAY)
    assert done.written == [URL, str(both.master)]
    assert done.json()["api_calls"]["sheets_writes"] == 1
    workbook = load_workbook(BytesIO(both.master.read_bytes()))
    for title in ("Objectives", "Key results", "Sources"):
        cells = {
            (int(cell.row or 0), int(cell.column or 0)): cell
            for row in workbook[title].iter_rows()
            for cell in row
        }
        texts = {at: cell.value for at, cell in cells.items() if isinstance(cell.value, str) and cell.value}
        assert {at: book.tab(title).shown(*at) for at in texts} == texts


def test_trust_12_nothing_changed_is_no_call_at_all(both: Company, book: Book) -> None:
    both.sync(TODAY)
    book.reads.clear()
    book.writes.clear()
    assert both.sync(TODAY).state == "unchanged"
    both.team()  # the same content, saved anew
    both.sync(TODAY)
    assert (book.reads, book.writes) == ([], [])


def test_a_run_that_computes_the_same_master_asks_nothing_of_google(both: Company, book: Book) -> None:
    both.sync(TODAY)
    book.reads.clear()
    both.config.write_text(both.config.read_text() + "\n[engine]\nprocesses = 2\n")
    assert both.sync(TODAY).state != "unchanged"
    assert (book.reads, len(book.writes)) == ([], 1)


def test_a_change_is_one_read_and_one_write(both: Company, book: Book) -> None:
    both.sync(TODAY)
    book.reads.clear()
    book.writes.clear()
    both.sync(LATER)
    assert (len(book.reads), len(book.writes)) == (1, 1)


def test_without_a_workbook_there_is_none(tmp_path: Path, book: Book) -> None:
    company = Company(tmp_path, ALONE)
    company.team()
    assert company.sync(TODAY).written == [URL]
    assert not company.master.exists()
    assert company.sync(TODAY).state == "unchanged"


def test_the_plan_names_both(both: Company, book: Book) -> None:
    plan = [(step["target"], step["reason"]) for step in both.sync(TODAY, dry_run=True).plan[1:3]]
    assert plan == [(str(both.master), "there is none yet"), (URL, "it is not there yet")]
    assert (book.reads, book.writes) == ([], [])


# ---------------------------------------------------------------- managers


def edit(company: Company, change: Callable[[Any], None]) -> None:
    """A manager edits the workbook."""
    workbook = load_workbook(company.master)
    change(workbook)
    workbook.save(company.master)


def in_excel(company: Company, sheet: str, header: str) -> dict[object, object]:
    """A column of the workbook by the text in its first column."""
    page = load_workbook(company.master)[sheet]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    top = next(at for at, row in enumerate(rows) if IDENTITY in row)
    at = rows[top].index(header)
    return {row[0]: row[at] for row in rows[top + 1 :] if row[at] is not None}


def in_google(book: Book, sheet: str, header: str) -> dict[object, object]:
    tab = book.tab(sheet)
    at = column_of(tab, header)
    return {tab.shown(row, 1): tab.shown(row, at) for row in range(6, 60) if tab.shown(row, at) is not None}


def write(sheet: str, row_id: str, header: str, value: object) -> Callable[[Any], None]:
    def change(workbook: Any) -> None:
        page = workbook[sheet]
        rows = [[cell.value for cell in row] for row in page.iter_rows()]
        top = next(at for at, row in enumerate(rows) if IDENTITY in row)
        if header not in rows[top]:
            page.cell(top + 1, len(rows[top]) + 1, header)
            rows[top].append(header)
        row = next(at for at, row in enumerate(rows) if row[0] == row_id)
        page.cell(row + 1, rows[top].index(header) + 1, value)

    return change


def first_id(book: Book) -> str:
    return str(book.tab("Key results").shown(6, 1))


def test_texts_and_columns_of_one_master_appear_in_the_other(both: Company, book: Book) -> None:
    both.sync(TODAY)
    row = first_id(book)
    note(book, "Key results", row, "from Google")
    insert_column(book.tab("Key results"), 3, "Board")
    note(book, "Key results", row, 0.5, "Board")
    edit(both, write("Objectives", str(book.tab("Objectives").shown(6, 1)), "Manager note", "from Excel"))
    edit(both, write("Key results", row, "Risk", "high"))
    both.sync(LATER)
    for shown in (in_excel, in_google):
        place: Any = both if shown is in_excel else book
        assert shown(place, "Key results", "Manager note") == {row: "from Google"}
        assert shown(place, "Key results", "Board") == {row: 0.5}
        assert shown(place, "Key results", "Risk") == {row: "high"}
        assert list(shown(place, "Objectives", "Manager note").values()) == ["from Excel"]


def test_a_text_changed_in_both_is_kept_twice_and_only_once_more(both: Company, book: Book) -> None:
    both.sync(TODAY)
    row = first_id(book)
    note(book, "Key results", row, "from Google")
    edit(both, write("Key results", row, "Manager note", "from Excel"))
    for day in (LATER, "2026-12-19"):
        both.sync(day)
        assert in_excel(both, "Key results", "Manager note") == {row: "from Excel\nfrom Google"}
        assert in_google(book, "Key results", "Manager note") == {row: "from Excel\nfrom Google"}


def test_a_formula_stays_at_home_and_shows_its_value_elsewhere(both: Company, book: Book) -> None:
    both.sync(TODAY)
    row = first_id(book)
    note(book, "Key results", row, "=QUERY(A6)")
    book.results["=QUERY(A6)"] = 42.0
    edit(both, write("Key results", row, "Twice", "=J6*2"))
    for day in (LATER, "2026-12-19"):
        both.sync(day)
        assert in_google(book, "Key results", "Manager note") == {row: "=QUERY(A6)"}
        assert in_excel(both, "Key results", "Manager note") == {row: 42}
        assert in_excel(both, "Key results", "Twice") == {row: "=J6*2"}
        assert "Twice" in [book.tab("Key results").shown(5, at) for at in range(1, 40)]


def test_a_workbook_that_was_open_loses_nothing_of_either(both: Company, book: Book) -> None:
    both.sync(TODAY)
    row = first_id(book)
    lock = both.master.with_name(f"~${both.master.name}")
    lock.touch()
    note(book, "Key results", row, "from Google")
    done = both.sync(LATER)
    assert done.written[0] == URL
    lock.unlink()
    edit(both, write("Objectives", str(book.tab("Objectives").shown(6, 1)), "Manager note", "from Excel"))
    both.sync("2026-12-19")
    assert in_excel(both, "Key results", "Manager note") == {row: "from Google"}
    assert list(in_google(book, "Objectives", "Manager note").values()) == ["from Excel"]


def test_a_note_follows_a_unit_that_is_renamed_in_this_very_run(both: Company, book: Book) -> None:
    both.sync(TODAY)
    note(book, "Roll-up", "Acme", "ours")
    both.team("Acme Corp", file="Acme.xlsx")
    both.sync(LATER)
    assert "ours" in in_google(book, "Roll-up", "Manager note").values()


# ---------------------------------------------------------------- faults


def test_google_out_of_reach_is_said_and_the_workbook_is_published(both: Company, book: Book) -> None:
    book.broken = SourceUnreadable("Google does not answer.", "The next run asks again.", passing=True)
    done = both.sync(TODAY)
    assert (done.exit_code, done.written) == (4, [str(both.master)])
    (message,) = done.messages
    assert message == (
        f"The master {URL} could not be written: Google does not answer. The next run asks again. "
        "History and managers' notes are safe; the next sync tries again."
    )
    again = both.sync(TODAY)
    assert (again.exit_code, again.written) == (0, [URL])
    assert both.sync(TODAY).state == "unchanged"


def test_a_master_that_cannot_be_told_apart_is_not_overwritten(both: Company, book: Book) -> None:
    both.sync(TODAY)
    tab = book.tab("Key results")
    del tab.cells[4, column_of(tab, IDENTITY) - 1]
    before = book.state()
    done = both.sync(LATER)
    assert done.exit_code == 4
    assert "so it is not overwritten: in the sheet Key results" in done.messages[0]
    assert book.state() == before
    assert done.written == [str(both.master)]


def test_what_was_read_from_google_is_in_history_before_it_is_overwritten(both: Company, book: Book) -> None:
    both.sync(TODAY)
    row = first_id(book)
    note(book, "Key results", row, "precious")

    @contextmanager
    def killed() -> Iterator[None]:
        write_whole = book.batch_update
        book.batch_update = _killed  # type: ignore[method-assign,assignment]
        yield
        book.batch_update = write_whole  # type: ignore[method-assign]

    with killed(), pytest.raises(KeyboardInterrupt):
        both.sync(LATER)
    for tab in book.tabs.values():
        tab.cells.clear()
    both.sync("2026-12-19")
    assert in_google(book, "Key results", "Manager note") == {row: "precious"}


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "what",
    (
        Published(("D", "H")),
        Published(None, ("D", "1abc")),
        Published(("D", "H"), ("E", "1abc")),
        Published(("D", "H"), None, whole=False),
    ),
)
def test_what_was_published_is_recorded_as_it_was(what: Published) -> None:
    assert published(what.text()) == what


def test_nothing_published_is_nothing_whole() -> None:
    assert Published(whole=False).text() == ""
    assert not published("").whole
    assert published("digest hash") == Published(("digest", "hash"))

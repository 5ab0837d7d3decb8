"""The master in Google: the same cells as Excel's, in one step, and nothing sent that need not be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from sync.core.errors import PublishError, SourceUnreadable
from sync.core.sheets_api import Json
from sync.master import google
from sync.master.cells import Formula, Sheet, Value, Workbook, text_for_cell
from sync.master.google_cells import _form
from sync.master.google_fit import for_google
from sync.master.google_ids import chart_id, sheet_id
from sync.master.google_requests import batches
from sync.master.google_tabs import Standing
from sync.master.layout import build
from sync.master.reading import OURS
from tests.google_book import Book, Tab, grid_of
from tests.master_company import given, sheets
from tests.sheets import kr, o, team
from tests.sheets_server.discovery import mismatches

ID = "1MaStEr"
EPOCH = date(1899, 12, 30)
MASTER = build(given())


def publish(book: Book, workbook: Workbook = MASTER, **more: int) -> google.Published:
    """As a sync does it: read, then write."""
    now = google.look_at(book, ID, grid_of, published=book.tabs.keys() > {0})
    return google.publish(book, ID, workbook, now, **more)


@pytest.fixture
def book() -> Book:
    """A spreadsheet with the master in it, published once."""
    book = Book()
    publish(book)
    book.reads.clear()
    book.writes.clear()
    return book


def kinds(book: Book) -> set[str]:
    """Which kinds of requests were sent."""
    return {name for requests in book.writes for request in requests for name in request}


# ---------------------------------------------------------------- values


def cells(sheet: Sheet) -> Iterator[tuple[int, int, Value]]:
    """Every cell of a sheet of the workbook: row, column and value, from 1."""
    yield from ((cell.row, cell.column, cell.value) for cell in sheet.placed)
    if sheet.table:
        for at, column in enumerate(sheet.table.columns, 1):
            yield sheet.table.top, at, column.header
            yield from ((row, at, value) for row, value in enumerate(column.values, sheet.table.top + 1))


def as_google(value: Value) -> object:
    match value:
        case Formula(text, _, _):
            return f"={text}"
        case None | "":
            return None
        case str():
            return text_for_cell(value)
        case date():
            return (value - EPOCH).days
        case _:
            return value


def unlike(workbook: Workbook, book: Book) -> list[object]:
    """Cells that do not show in Google what they show in Excel, save small lines and the chart's numbers."""
    found: list[object] = []
    for sheet in workbook.sheets:
        tab = book.tab(sheet.name)
        drawn = {spark.header for spark in sheet.sparks}
        lines = {sheet.table.at(header) for header in drawn} if sheet.table else set()
        expected = {(row, column): as_google(value) for row, column, value in cells(sheet)}
        places = {(row + 1, column + 1) for row, column in tab.cells} | expected.keys()
        found += [
            (sheet.name, place, tab.shown(*place), expected.get(place))
            for place in sorted(places)
            if tab.shown(*place) != expected.get(place)
            and not (place[1] in lines and place[0] > 5)
            and not (sheet.chart and sheet.chart.row <= place[0] < 20)
        ]
    return found


def test_every_cell_shows_what_it_shows_in_excel(book: Book) -> None:
    assert unlike(MASTER, book) == []
    assert [book.tabs[id_].title for id_ in book.order] == [*OURS, "Sheet1"]


units = st.lists(
    st.tuples(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=12),
        st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from(["12%", "=1+1", "n/a", "#REF!"])),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=8)
@drawn(units)
def test_in_any_company_every_cell_shows_what_it_shows_in_excel(found: list[tuple[str, Any]]) -> None:
    teams = [
        team(
            f"Unit {at}", o(f"U{at}-O1", text), kr(f"U{at}-O1-KR1", text, start=0, target=9, current=current)
        )
        for at, (text, current) in enumerate(found)
    ]
    workbook, book = build(given(*teams)), Book()
    publish(book, MASTER)  # what was there before leaves nothing behind
    publish(book, workbook)
    assert unlike(workbook, book) == []


def test_trust_28_a_text_that_begins_like_a_formula_stays_a_text(book: Book) -> None:
    hostile = [
        (request["updateCells"]["range"]["sheetId"], cell["userEnteredValue"])
        for requests in [batch.requests for batch in batches(for_google(MASTER), _nothing())]
        for request in requests
        if "updateCells" in request
        for row in request["updateCells"]["rows"]
        for cell in row["values"]
        if "=1+1 is how" in json.dumps(cell)
    ]
    assert len(hostile) >= 2
    assert all(value == {"stringValue": "=1+1 is how a hostile objective begins"} for _, value in hostile)


def _nothing() -> Standing:
    return google.look_at(Book(), ID, grid_of, published=False)


FUNCTIONS = {"IF", "OR", "COUNT", "MAX", "MIN", "N", "SUM", "SUMIFS", "INDEX", "MATCH"}
DRAWN = {"SPARKLINE", "HSTACK", "VSTACK"}


def test_formulas_use_only_functions_and_references_that_google_has(book: Book) -> None:
    formulas = [
        cell["userEnteredValue"]["formulaValue"]
        for tab in book.tabs.values()
        for cell in tab.cells.values()
        if "formulaValue" in cell.get("userEnteredValue", {})
    ]
    assert len(formulas) > 200
    for formula in formulas:
        bare = re.sub(r'"[^"]*"', '""', formula)
        assert set(re.findall(r"([A-Z]+)\(", bare)) <= FUNCTIONS | DRAWN
        assert not set(bare) & set("[]{}#@;\\"), formula
        assert set(re.findall(r"'([^']*)'!", bare)) <= set(OURS)


def test_where_people_write_0_5_with_a_comma_a_semicolon_stands_between_arguments() -> None:
    book = Book("de_DE")
    publish(book)
    formula = str(book.tab("Key results").shown(6, 12))
    assert formula.startswith('=IF(COUNT(H6;I6;J6)<3;"";')
    assert "," not in formula


def test_a_link_leads_to_a_page_and_a_file_of_somebodys_disk_is_plain_text() -> None:
    workbook = build(given())
    list_ = workbook.sheet("Objectives")
    assert list_.table
    source = list_.table.columns[list_.table.at("Source") - 1]
    links = {0: "https://docs.google.com/spreadsheets/d/abc/edit", 1: "external:teams/a.xlsx#'x'!A1"}
    columns = tuple(
        replace(source, links=links) if column is source else column for column in list_.table.columns
    )
    linked = replace(list_, table=replace(list_.table, columns=columns))
    book = Book()
    publish(
        book,
        replace(workbook, sheets=tuple(linked if one is list_ else one for one in workbook.sheets)),
    )
    tab, at = book.tab("Objectives"), list_.table.at("Source") - 1
    first, second = tab.cells[5, at], tab.cells[6, at]
    assert first["textFormatRuns"] == [{"format": {"link": {"uri": links[0]}}}]
    assert first["userEnteredFormat"]["textFormat"]["underline"] is True
    assert "textFormatRuns" not in second
    assert "underline" not in second["userEnteredFormat"]["textFormat"]


# ---------------------------------------------------------------- what Excel draws by other means


def test_small_lines_are_formulas_over_the_same_cells(book: Book) -> None:
    tree = MASTER.sheet("Roll-up")
    at = tree.table.at("Trend") if tree.table else 0
    shown = [str(book.tab("Roll-up").shown(9 + row, at)) for row in range(len(tree.sparks[0].ranges))]
    assert [text.partition(",")[0] for text in shown] == [
        f"=SPARKLINE({cells}" for cells in tree.sparks[0].ranges
    ]


def test_the_chart_is_drawn_from_names_and_numbers_side_by_side(book: Book) -> None:
    chart = book.charts[chart_id("Trend")]
    lines = chart["spec"]["basicChart"]["series"]
    drawn = MASTER.sheet("Trend").chart
    assert drawn
    assert len(lines) == len(drawn.lines)
    tab = book.tab("Trend")
    for line, expected in zip(lines, drawn.lines, strict=True):
        [area] = line["series"]["sourceRange"]["sources"]
        row, left, right = area["startRowIndex"] + 1, area["startColumnIndex"] + 1, area["endColumnIndex"]
        shown = [tab.shown(row, column) for column in range(left, right + 1)]
        assert shown == [expected.name, *expected.values_now]


def test_outline_filter_freeze_hidden_columns_and_colours_are_there(book: Book) -> None:
    tree = book.tab("Roll-up")
    assert next((group["depth"], group["range"]["startIndex"]) for group in tree.groups()) == (1, 9)
    assert max(group["depth"] for group in tree.groups()) == 3
    grid = tree.properties["gridProperties"]
    assert (grid["frozenRowCount"], grid["frozenColumnCount"], grid["hideGridlines"]) == (8, 1, True)
    issues = MASTER.sheet("Issues").table
    assert issues
    assert book.tab("Issues").filter == {
        "sheetId": sheet_id("Issues"),
        "startRowIndex": 4,
        "endRowIndex": 5 + issues.rows,
        "startColumnIndex": 0,
        "endColumnIndex": len(issues.columns),
    }
    hidden = {at for (kind, at), size in book.tab("Issues").sizes.items() if size.get("hiddenByUser")}
    assert hidden == {issues.at("okrsync row") - 1}
    conditions = [rule["booleanRule"]["condition"] for rule in tree.rules if "booleanRule" in rule]
    assert {"type": "TEXT_EQ", "values": [{"userEnteredValue": "On track"}]} in conditions
    assert {"type": "NUMBER_GREATER_THAN_EQ", "values": [{"userEnteredValue": "=1/1000000000"}]} in conditions
    assert sum("gradientRule" in rule for rule in tree.rules) == 5


def test_a_number_is_shown_as_excel_shows_it(book: Book) -> None:
    tab, table = book.tab("Key results"), MASTER.sheet("Key results").table
    assert table
    churn = [*table.columns[0].values].index("GRW-O1-KR1")
    look = tab.cells[table.top + churn, table.at("Target") - 1]["userEnteredFormat"]
    assert look["numberFormat"] == {"type": "PERCENT", "pattern": "0%"}
    look = tab.cells[table.top + churn, table.at("Current") - 1]["userEnteredFormat"]
    assert look["numberFormat"] == {"type": "PERCENT", "pattern": "0.0%"}


def test_every_request_is_one_of_googles_own_description() -> None:
    requests = [request for batch in batches(for_google(MASTER), _nothing()) for request in batch.requests]
    assert len(requests) > 200
    assert mismatches("sheets", "BatchUpdateSpreadsheetRequest", {"requests": requests}) == []


# ---------------------------------------------------------------- no more than is needed


def test_it_takes_one_read_and_one_write(book: Book) -> None:
    publish(book, build(given(generated="an hour later")))
    assert (len(book.reads), len(book.writes)) == (1, 1)


def test_the_same_layout_is_not_sent_again(book: Book) -> None:
    later = sheets()
    [first, *rest] = later[0].key_results
    later[0] = later[0]._replace(
        key_results=(first._replace(key_result="Net promoter score up to 50"), *rest)
    )
    workbook = build(given(*later, generated="an hour later"))
    publish(book, workbook)
    assert unlike(workbook, book) == []
    assert kinds(book) == {"updateCells", "repeatCell"}
    fields = [body["fields"] for request in book.writes[0] for body in request.values()]
    assert fields.count("userEnteredValue,textFormatRuns") == len(OURS)
    assert set(fields) == {"userEnteredValue,textFormatRuns", "userEnteredValue"}


def test_a_changed_column_alone_is_painted_again(book: Book) -> None:
    later = sheets()
    sales = next(at for at, sheet in enumerate(later) if sheet.team.unit == "Sales")
    [first, *rest] = later[sales].key_results
    later[sales] = later[sales]._replace(
        key_results=(first._replace(current=first.current._replace(value=42.25)), *rest)
    )
    publish(book, build(given(*later)))
    painted = {
        request["repeatCell"]["range"]["startColumnIndex"]
        for request in book.writes[0]
        if "repeatCell" in request
        and "userEnteredFormat" in request["repeatCell"]["fields"]
        and request["repeatCell"]["range"]["sheetId"] == sheet_id("Key results")
    }
    table = MASTER.sheet("Key results").table
    assert table
    assert table.at("Current") - 1 in painted
    assert len(painted) <= 2
    look = book.tab("Key results").cells
    assert {"type": "NUMBER", "pattern": "#,##0.00"} in [
        cell.get("userEnteredFormat", {}).get("numberFormat") for cell in look.values()
    ]


def test_a_large_master_goes_in_several_batches_and_never_half_a_tab() -> None:
    book = Book()
    published = publish(book, most_bytes=100_000)
    assert published.writes == len(book.writes) > 3
    written = [
        [request["updateCells"]["range"]["sheetId"] for request in requests if _whole(request)]
        for requests in book.writes
    ]
    assert [id_ for ids in written for id_ in ids] == [sheet_id(name) for name in OURS]
    assert all("addSheet" not in request for requests in book.writes[1:] for request in requests)
    once = Book()
    publish(once)
    assert book.state() == once.state()


def test_a_tab_too_large_for_one_request_goes_in_pieces_that_leave_no_gap(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = build(given(*sheets()[:5]))
    monkeypatch.setattr("sync.master.google_requests.MOST_AT_ONCE", 20_000)
    publish(book, fewer, most_bytes=30_000)
    assert unlike(fewer, book) == []
    pieces = [
        request["updateCells"]["range"]
        for requests in book.writes
        for request in requests
        if _whole(request) and request["updateCells"]["range"]["sheetId"] == sheet_id("Key results")
    ]
    assert len(pieces) > 1
    ends = [0, *(piece.get("endRowIndex") for piece in pieces)]
    assert [piece.get("startRowIndex", 0) for piece in pieces] == ends[:-1]
    assert ends[-1] is None


def _whole(request: Json) -> bool:
    return "updateCells" in request and "userEnteredValue" in request["updateCells"]["fields"]


def test_a_formula_that_goes_down_a_column_is_sent_once(book: Book) -> None:
    publish(book)
    table = MASTER.sheet("Key results").table
    assert table
    column = table.columns[table.at("okrsync counted") - 1]
    assert all(isinstance(value, Formula) for value in column.values)
    sent = [
        body["cell"]["userEnteredValue"]["formulaValue"]
        for request in book.writes[0]
        for name, body in request.items()
        if name == "repeatCell"
        and body["range"]["startColumnIndex"] == table.at("okrsync counted") - 1
        and body["range"]["sheetId"] == sheet_id("Key results")
    ]
    assert sent == [as_google(column.values[0])]


@pytest.mark.parametrize(
    ("text", "form"),
    (
        ('IF(L6="",0,N($Z6)*$A$9)', 'IF(L#="",0,N($Z#)*$A$9)'),
        ("SUM(L6:L7)", ""),
        ("'Roll-up'!D6&\"L7\"&LOG10(Q6)", "'Roll-up'!D#&\"L7\"&LOG10(Q#)"),
        ("'Roll-up'!D7", ""),
        ("1+1", "1+1"),
    ),
)
def test_only_a_formula_that_looks_into_its_own_row_goes_down_a_column(text: str, form: str) -> None:
    assert _form(Formula(text, 0.0), 6) == form
    assert _form(Formula(text, 0.0, "google"), 6) == ""


# ---------------------------------------------------------------- smaller, larger, renamed, deleted


def test_a_list_that_shrinks_leaves_no_row_of_before(book: Book) -> None:
    fewer = build(given(*sheets()[:3]))
    publish(book, fewer)
    assert unlike(fewer, book) == []
    table = fewer.sheet("Key results").table
    assert table
    assert max(row for row, _ in book.tab("Key results").cells) < table.top + table.rows


def test_a_list_that_grows_gets_more_rows_and_columns(book: Book) -> None:
    for tab in book.tabs.values():
        tab.properties["gridProperties"] |= {"rowCount": 70, "columnCount": 34}
    many = [team(f"Team {at}", o(f"T{at}-O1", "More"), kr(f"T{at}-O1-KR1", "More")) for at in range(90)]
    larger = build(given(*many))
    publish(book, larger)
    assert unlike(larger, book) == []
    assert book.tab("Key results").size == (96, 34)


def test_a_grid_is_never_made_smaller(book: Book) -> None:
    book.tab("Issues").properties["gridProperties"]["rowCount"] = 5000
    publish(book, build(given(*sheets()[:3])))
    assert book.tab("Issues").size[0] == 5000


def test_a_tab_that_was_renamed_or_deleted_is_ours_again(book: Book) -> None:
    before = book.state()
    book.tab("Objectives").properties["title"] = "Ziele"
    gone = sheet_id("Trend")
    del book.tabs[gone], book.charts[chart_id("Trend")]
    book.order.remove(gone)
    book.marks = {id_: mark for id_, mark in book.marks.items() if mark["location"]["sheetId"] != gone}
    publish(book)
    assert book.state() == before


def test_a_chart_that_a_manager_moved_stays_where_it_is(book: Book) -> None:
    place = book.charts[chart_id("Trend")]["position"]["overlayPosition"]["anchorCell"]
    place["sheetId"] = 0
    publish(book, build(given(organisation="Acme Inc.")))
    assert place["sheetId"] == 0
    assert len(book.charts) == 1


def test_groups_and_colours_that_managers_changed_are_set_right(book: Book) -> None:
    before = book.state()
    tree = book.tab("Roll-up")
    tree.depths[9] += 1
    tree.rules.append(tree.rules[0])
    publish(book)
    assert _without_marks(book.state()) == _without_marks(before)


def _without_marks(state: Any) -> object:
    return state[:3]


def test_other_tabs_are_neither_written_nor_asked_for(book: Book) -> None:
    book.tabs[0].write(1, 1, "Ours")
    publish(book)
    assert book.tabs[0].shown(1, 1) == "Ours"
    assert book.reads == [[f"'{name}'" for name in OURS]]
    touched = json.dumps(book.writes)
    assert '"sheetId": 0' not in touched


def test_a_tab_of_somebody_else_with_one_of_our_names_is_not_touched() -> None:
    book = Book()
    book.tabs[7] = Tab(7, "key results")
    book.order.append(7)
    with pytest.raises(PublishError, match="has tabs of its own called key results, which are not touched"):
        publish(book)
    assert book.writes == []


# ---------------------------------------------------------------- faults


Change = Callable[[Book], Workbook]


def _new(book: Book) -> Workbook:
    return MASTER


def _restored(book: Book) -> Workbook:
    book.tab("Roll-up").depths[9] += 1
    return MASTER


def _smaller(book: Book) -> Workbook:
    return build(given(*sheets()[:4]))


@pytest.mark.parametrize("change", (_new, _restored, _smaller))
@pytest.mark.parametrize("most_bytes", (2_000_000, 100_000))
def test_a_lost_reply_and_the_same_sent_again_change_nothing_more(change: Change, most_bytes: int) -> None:
    states = []
    for lost in (0, 99):
        book = Book()
        if change is not _new:
            publish(book)
        workbook = change(book)
        book.lost = lost
        publish(book, workbook, most_bytes=most_bytes)
        states.append(book.state())
    assert states[0] == states[1]


def test_a_fault_is_a_sentence_and_leaves_the_old_master(book: Book) -> None:
    before = book.state()
    now = google.look_at(book, ID, grid_of, published=True)
    book.broken = SourceUnreadable("Google is over its quota.", "Wait a minute.", passing=True)
    with pytest.raises(
        PublishError, match=r"master https://docs.*1MaStEr/edit could not be written: Google is over"
    ):
        google.publish(book, ID, build(given(*sheets()[:3])), now)
    assert book.state() == before


def test_a_spreadsheet_that_may_not_be_read_is_said(book: Book) -> None:
    book.broken = SourceUnreadable("okrsync@example.com may not open it.", "Share it.", passing=True)
    with pytest.raises(
        PublishError, match=r"could not be written: okrsync@example.com may not open it. Share it."
    ):
        publish(book)

"""The master workbook as a manager opens it: its sheets, headers, links, texts and looks."""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook as Book

from sync.core.model import CellRef
from sync.core.policy import Limits
from sync.master import selfcheck
from sync.master.cells import (
    CUT,
    LONGEST_TEXT,
    Column,
    Formula,
    Placed,
    Sheet,
    Style,
    Table,
    Workbook,
    digest,
)
from sync.master.columns import amounts
from sync.master.layout import build
from sync.master.notes import IDENTITY, MANAGER_NOTE
from sync.master.origins import MOST_LINKS, Origins, loudest
from sync.master.render import render
from sync.sources import xlsx
from tests.master_company import given, sheets
from tests.sheets import TODAY, check_in, company, kr, o, team

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl knows no sparklines

HEADERS = {
    "Roll-up": "Unit · Level · Own score · Roll-up · As if zero · Status · Change · Trend · Coverage"
    " · Alignment · Check-in rate · Findings · Stale since · Manager note",
    "Objectives": "ID · Unit · Objective · Owner · Ambition · Priority · Weight · Aligned to · Score"
    " · As if zero · Expected · Status · Grade · Final grade · Source · Manager note",
    "Key results": "ID · Unit · Objective ID · Key result · Owner · Measure · Unit of measure · Start"
    " · Target · Current · Weight · Progress · Score · Expected · Gap · Status · Confidence · Due"
    " · Last check-in · Forecast · Final grade · Source · Manager note",
    "Issues": "Severity · Code · Unit · Source · Tab · Cell · Row ID · Message · How to mend it",
}


def opened(workbook: Workbook, **options: Any) -> Book:
    return load_workbook(BytesIO(render(workbook, bulk=True).data), **options)


@pytest.fixture(scope="module")
def book() -> Book:
    """The company's master as openpyxl reads it, with the values that formulas have."""
    with pytest.warns(UserWarning, match="extension is not supported"):
        return opened(build(given()), data_only=True)


def table(book: Book, sheet: str) -> tuple[int, dict[str, int]]:
    """Header row and columns by header."""
    page = book[sheet]
    top = next(row for row in range(1, 40) if any(cell.value == IDENTITY for cell in page[row]))
    return top, {str(cell.value): int(cell.column or 0) for cell in page[top] if cell.value}


def rows(book: Book, sheet: str) -> list[dict[str, Any]]:
    """The rows of a list as header -> value."""
    top, columns = table(book, sheet)
    page = book[sheet]
    return [
        {header: page.cell(row, column).value for header, column in columns.items()}
        for row in range(top + 1, page.max_row + 1)
        if page.cell(row, columns[IDENTITY]).value
    ]


@pytest.mark.parametrize("sheet", HEADERS)
def test_headers_are_the_promised_ones_and_stand_nowhere_above(book: Book, sheet: str) -> None:
    top, columns = table(book, sheet)
    hidden = [found for found in book[sheet].column_dimensions.values() if found.hidden]
    visible = [
        header
        for header, column in columns.items()
        if not any(int(found.min or 0) <= column <= int(found.max or 0) for found in hidden)
    ]
    assert " · ".join(visible) == HEADERS[sheet]
    above = {cell.value for row in book[sheet].iter_rows(max_row=top - 1) for cell in row}
    assert above & set(columns) == set()


def test_the_unit_tree_is_an_outline_with_the_scores_of_python(book: Book) -> None:
    top, columns = table(book, "Roll-up")
    page = book["Roll-up"]
    tree = [
        (page.row_dimensions[row].outlineLevel, page.cell(row, columns["Unit"]).value)
        for row in range(top + 1, page.max_row + 1)
    ]
    assert tree == [
        (0, "Acme"), (1, "Growth"), (2, "Marketing"), (2, "Sales"), (1, "Product"), (2, "Design"), (3, "Kim"),
        (0, "Operations"), (1, "Support"),
    ]  # fmt: skip
    frame = given().scores.units.assign(unit=given().portfolio.units["unit"]).set_index("unit")
    for row in rows(book, "Roll-up"):
        computed = frame.loc[row["Unit"]]
        for header, name in (
            ("Roll-up", "roll_up"),
            ("Own score", "own_score"),
            ("As if zero", "roll_up_as_if_zero"),
        ):
            assert (row[header] or 0) == pytest.approx(0 if math.isnan(computed[name]) else computed[name])


def test_missing_is_blank_and_never_zero(book: Book) -> None:
    found = {row["ID"]: row for row in rows(book, "Key results")}
    assert found["MKT-O2-KR1"]["Score"] in {None, ""}
    assert found["ACME-O2-KR2"]["Score"] == 0
    assert found["DSG-O1-KR3"]["Current"] == "#REF!"
    assert {row["ID"]: row["Score"] for row in rows(book, "Objectives")}["SLS-O1"] in {None, ""}


def test_every_row_links_to_its_source_cell(book: Book) -> None:
    top, columns = table(book, "Key results")
    page = book["Key results"]
    links = {
        page.cell(row, columns["ID"]).value: page.cell(row, columns["Source"])
        for row in range(top + 1, page.max_row + 1)
    }
    cell = links["MKT-O1-KR2"]
    assert cell.value == "Marketing.xlsx › Key Results!I3"
    assert cell.hyperlink is not None
    assert (cell.hyperlink.target, cell.hyperlink.location) == (
        "teams/Marketing.xlsx",
        "'Key Results'!I3",
    )
    assert all(cell.hyperlink for cell in links.values())


def test_links_lead_from_the_masters_folder_to_odd_file_names() -> None:
    p = given().portfolio
    strange = p.sources.assign(
        key=[f"/srv/teams/50 % [new] #{at}/ä b.xlsx" for at in range(len(p.sources))],
        url=[""] * len(p.sources),
    )
    workbook = build(given(portfolio=replace(p, sources=strange), folder="/srv/out"))
    page = opened(workbook)["Sources"]
    assert page["A6"].hyperlink.target == "../teams/50%20%25%20%5Bnew%5D%20%230/ä%20b.xlsx"


def test_findings_are_listed_loudest_first_with_the_way_to_mend_them(book: Book) -> None:
    found = rows(book, "Issues")
    order = ["error", "warning", "note"]
    assert [row["Severity"] for row in found] == sorted((r["Severity"] for r in found), key=order.index)
    assert len(found) == len(given().problems)
    assert all(row["Message"] and row["How to mend it"] for row in found)


def test_the_alignment_tree_shows_parents_troubles_and_key_results_between(book: Book) -> None:
    top, columns = table(book, "Alignment")
    page = book["Alignment"]
    tree = [
        (
            page.row_dimensions[row].outlineLevel,
            page.cell(row, columns["ID"]).value,
            page.cell(row, columns["Alignment note"]).value,
        )
        for row in range(top + 1, page.max_row + 1)
    ]
    assert tree == [
        (0, "ACME-O1", ""),
        (1, "GRW-O1", "through ACME-O1-KR2"),
        (2, "MKT-O1", ""),
        (2, "MKT-O2", "“NOBODY-O9” is not known"),
        (2, "SLS-O1", ""),
        (1, "PRD-O1", ""),
        (0, "ACME-O2", ""),
        (1, "SUP-O1", ""),
        (0, "DSG-O1", "not aligned to anything above"),
        (1, "KIM-O1", ""),
    ]


def test_an_objective_below_two_parents_is_shown_whole_once() -> None:
    workbook = build(
        given(
            company(o("A-O1"), o("A-O2")),
            team("T", o("T-O1", aligned_to="A-O1; A-O2")),
            team("U", o("U-O1", aligned_to="T-O1"), parent="T"),
        )
    )
    found = workbook.sheet("Alignment").table
    assert found is not None
    ids, notes = found.columns[1].values, found.columns[found.at("Alignment note") - 1].values
    assert list(zip(ids, found.outline, strict=True)) == [
        ("A-O1", 0), ("T-O1", 1), ("U-O1", 2), ("A-O2", 0), ("T-O1", 1),
    ]  # fmt: skip
    assert str(notes[4]).startswith("also contributes here")


def test_check_ins_are_listed_newest_first_each_with_its_own_words() -> None:
    days = [TODAY - timedelta(days=back) for back in range(5)]
    books = [
        team("Ops", kr("OPS-KR1"), *(check_in(days[at], "OPS-KR1", at, by=f"Ops {at}") for at in (3, 0))),
        team("None", kr("NO-KR1")),
        team(
            "Sales", kr("SLS-KR1"), *(check_in(days[at], "SLS-KR1", at, by=f"Sales {at}") for at in (1, 4, 2))
        ),
    ]
    listed = rows(opened(build(given(company(), *books))), "Check-ins")
    assert [row["By"] for row in listed] == ["Ops 0", "Sales 1", "Sales 2", "Ops 3", "Sales 4"]
    assert [row["Value"] for row in listed] == [0, 1, 2, 3, 4]


def test_dependencies_are_a_list_and_a_matrix_of_units(book: Book) -> None:
    found = [
        (row["KR ID"], row["Needed by"], row["Provided by"], row["State"])
        for row in rows(book, "Dependencies")
    ]
    assert sorted(found) == [
        ("DSG-O1-KR1", "Design", "Product", "found"),
        ("MKT-O1-KR1", "Marketing", "Design", "found"),
    ]
    texts = [[cell.value for cell in row] for row in book["Dependencies"].iter_rows(min_row=5, max_row=7)]
    assert [row[10:13] for row in texts] == [
        ["needs ↓ from →", "▸ Product", "▸ Design"],
        ["Marketing ▸", None, 1],
        ["Design ▸", 1, None],
    ]


def test_a_stale_source_is_said_at_its_unit_and_above(book: Book) -> None:
    stale = {row["Unit"]: row["Stale since"] for row in rows(book, "Roll-up")}
    assert stale["Sales"] == "stale"
    assert stale["Growth"] == stale["Acme"] == "1 below"
    assert stale["Design"] in {None, ""}
    assert {row["Source"]: row["State"] for row in rows(book, "Sources")}["Sales.xlsx"] == "stale"


def test_trust_28_texts_that_look_like_formulas_stay_texts() -> None:
    hostile = (
        "=cmd|'/c calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "{=1}",
        "http://evil",
        "=HYPERLINK(1)",
        "mailto:x@y",
    )
    rows_ = [kr(f"A-O1-KR{at}", text, owner=text, comment=text) for at, text in enumerate(hostile)]
    workbook = build(given(company(o("A-O1", hostile[0], owner=hostile[1]), *rows_, unit=hostile[0])))
    for bulk in (True, False):
        page = load_workbook(BytesIO(render(workbook, bulk=bulk).data))["Key results"]
        cells = [page.cell(row, 4) for row in range(6, 6 + len(hostile))]
        assert [cell.value for cell in cells] == list(hostile)
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.quotePrefix and cell.hyperlink is None for cell in cells)


def test_trust_06_and_08_texts_survive_byte_for_byte() -> None:
    plain = ("007", "1E5", "NA", " padded ", "a\nb", "tab\there", "]]>&<'\"", "ü 🎯")
    odd = ("\x02\x1f", "_x0041_", "\u202ex", "\ufeffbom", "\ufffe", "cr\rlf")
    texts = (*plain, *odd)
    workbook = build(given(company(o("A-O1"), *(kr(text, text, objective_id="A-O1") for text in texts))))
    for bulk in (True, False):
        page = xlsx.read(render(workbook, bulk=bulk).data, Limits()).sheet("Key results")
        assert page is not None
        assert {page.cell(row, 1).value for row in range(6, 6 + len(texts))} == set(texts)


def test_trust_24_of_private_units_the_master_shows_figures_only() -> None:
    secret = [
        team(
            "Board",
            o("BRD-O1", "Sell the company", owner="Ida Hansen", aligned_to="A-O1; Project Sale"),
            kr("BRD-O1-KR1", "Bids above a billion", comment="hush", unit_of_measure="bids"),
            kr("BRD-O1-KR2", "Talks", measure="Milestone", milestones="Teaser;Signed", current="Teaser"),
            kr("", "A row without an id", objective_id="BRD-O1", identity="~A row without an id"),
            check_in(TODAY, "BRD-O1-KR1", 6, what_changed="Met in Oslo", by="Ida Hansen"),
            check_in(TODAY, "A row without an id", 6),
        )
    ]
    open_, closed = (
        render(build(given(company(o("A-O1")), *secret, private_units=private))).data
        for private in ((), ("Board",))
    )
    words = ("Sell the", "Ida Hansen", "Project Sale", "Bids above", "bids", "Teaser", "row without", "Oslo")
    assert [word for word in words if word not in _texts(open_)] == []
    assert [word for word in words if word in _texts(closed)] == []
    found = {row["ID"]: row for row in rows(load_workbook(BytesIO(closed), data_only=True), "Key results")}
    assert found["BRD-O1-KR1"]["Score"] == 0.6
    assert found["BRD-O1-KR2"]["Score"] == 0.5


def _texts(data: bytes) -> str:
    """All texts of all parts of the file."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        return " ".join(package.read(name).decode("utf-8") for name in package.namelist())


def test_a_text_too_long_for_a_cell_is_cut_with_a_note() -> None:
    long, emoji = "x" * 40_000, "🎯" * 20_000
    for bulk in (True, False):
        workbook = Workbook("t", date(2026, 1, 1), (_one(long, emoji, "\ud800 alone"),))
        page = load_workbook(BytesIO(render(workbook, bulk=bulk).data))["One"]
        assert page["A1"].value == "x" * (LONGEST_TEXT - len(CUT)) + CUT
        assert page["B1"].value.endswith(CUT)
        assert len(page["B1"].value.encode("utf-16-le")) // 2 <= LONGEST_TEXT
        assert page["C1"].value == "\ufffd alone"


def _one(*texts: str) -> Sheet:
    return Sheet("One", placed=tuple(Placed(1, at, text, Style()) for at, text in enumerate(texts, 1)))


def test_a_web_address_leads_to_its_page_and_a_row_that_is_gone_nowhere() -> None:
    p = given().portfolio
    sources = p.sources.assign(
        url=["https://docs/x", "", "https://docs/" + "y" * 2_000, *p.sources["url"][3:]]
    )
    long = sources.assign(key=["", "", "", "/srv/okr/" + "z" * 1_970 + ".xlsx", *sources["key"][4:]])
    origins = Origins(replace(p, sources=long), "/srv/okr")
    at, rows = np.array([0, 1, 2, 3, 4, 5, -1, 4]), np.array([7, 7, 7, 7, 7, 7, 7, 0])
    gone = np.array([False] * 5 + [True, False, False])
    names = list(long["name"])
    assert origins.cells("key_results", "current", at, rows, gone) == (
        [*(f"{name} › Key Results!I7" for name in names[:5]), f"{names[5]} › row removed", "", names[4]],
        ["https://docs/x", "", "", "", f"external:teams/{names[4]}#'Key Results'!I7", "", "",
         f"external:teams/{names[4]}"],
    )  # fmt: skip


def test_a_sheet_in_google_is_opened_at_the_very_cell() -> None:
    p = given().portfolio
    sheet = p.sheets[0]
    bindings = {key: place._replace(gid="7") for key, place in sheet.bindings.items()}
    url = "https://docs.google.com/spreadsheets/d/abc/edit"
    p = replace(
        p,
        sheets=(sheet._replace(bindings=bindings), *p.sheets[1:]),
        sources=p.sources.assign(url=[url, *p.sources["url"][1:]]),
    )
    origins = Origins(p, "/srv")
    refs = origins.cells("key_results", "current", np.array([0]), np.array([7]))
    assert refs.links == [f"{url}#gid=7&range=I7"]
    assert origins.link(0, CellRef("x", "Key Results", "B3")) == f"{url}#gid=7&range=B3"
    assert origins.link(0, CellRef("x", "Renamed since", "B3")) == url


def test_amounts_look_as_they_were_typed() -> None:
    values = np.array([0.125, 12.0, 1.0, 1e-7, 0.5, np.nan, np.nan, np.nan, np.nan, np.inf])
    was = ["percent", "number", "bool", "number", "number", "text", "error", "text", "", "number"]
    raw = ["12.5%", "12", "yes", "1e-7", "0.5", "R2", "#REF!", "", "", ""]
    cells, looks = amounts(values, np.array(was, dtype=np.object_), np.array(raw, dtype=np.object_))
    assert cells == [0.125, 12.0, 1.0, 1e-7, 0.5, "R2", "#REF!", None, None, None]
    assert [style.number for style in looks] == [
        "0.0%", "#,##0", '"Yes";"Yes";"No"', "0.00E+00", "#,##0.0", "", "", *["#,##0"] * 3,
    ]  # fmt: skip
    assert [style.italic for style in looks] == [False] * 6 + [True] + [False] * 3


def test_the_loudest_rows_keep_their_links_when_there_are_too_many() -> None:
    links = [f"external:{at}.xlsx" for at in range(MOST_LINKS + 10)]
    loudness = np.array([float(at >= MOST_LINKS) for at in range(len(links))])
    found = loudest(links, loudness)
    assert len(found) == MOST_LINKS
    assert {MOST_LINKS, MOST_LINKS + 9} <= set(found)
    assert MOST_LINKS - 1 not in found


# ---------------------------------------------------------------- both ways of writing, and the digest


def test_rows_written_in_bulk_are_the_rows_written_cell_by_cell() -> None:
    workbook = build(given())
    fast, slow = (load_workbook(BytesIO(render(workbook, bulk=bulk).data)) for bulk in (True, False))
    assert fast.sheetnames == slow.sheetnames
    for sheet in fast.sheetnames:
        one, other = fast[sheet], slow[sheet]
        assert one.dimensions == other.dimensions
        for row, twin in zip(one.iter_rows(), other.iter_rows(), strict=True):
            assert [_seen(cell) for cell in row] == [_seen(cell) for cell in twin]
        assert {key: d.outlineLevel for key, d in one.row_dimensions.items()} == {
            key: d.outlineLevel for key, d in other.row_dimensions.items()
        }


def _seen(cell: Any) -> tuple[object, ...]:
    value = pytest.approx(cell.value, rel=1e-14) if isinstance(cell.value, float) else cell.value
    link = cell.hyperlink and (cell.hyperlink.target, cell.hyperlink.location)
    return (
        value,
        cell.data_type,
        cell.number_format,
        cell.font.b,
        cell.fill.fgColor.rgb,
        cell.alignment.indent,
        link,
    )


def test_writing_in_bulk_is_trusted_with_the_pinned_xlsxwriter_only_when_both_ways_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    selfcheck.bulk_works.cache_clear()
    assert selfcheck.bulk_works()
    selfcheck.bulk_works.cache_clear()
    with monkeypatch.context() as moved:
        moved.setattr("sync.master.bulk._cell", lambda *_: b"<c/>")
        assert not selfcheck.bulk_works()
    selfcheck.bulk_works.cache_clear()


def test_numbers_keep_every_bit() -> None:
    numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0]
    sheet = Sheet("S", table=Table(1, (Column("N", numbers),)))
    page = opened(Workbook("t", date(2026, 1, 1), (sheet,)))["S"]
    assert [page.cell(row, 1).value for row in range(2, 7)] == numbers


def test_trust_11_no_nan_or_infinity_reaches_the_workbook() -> None:
    for sheet in build(given()).sheets:
        for column in sheet.table.columns if sheet.table else ():
            for value in column.values:
                number = value.value if isinstance(value, Formula) else value
                assert not isinstance(number, float) or math.isfinite(number)


def test_the_digest_leaves_out_when_and_by_which_run_it_was_made() -> None:
    workbook = build(given())
    later = build(given(generated="tomorrow", run_id="run-8"))
    assert digest(later) == digest(workbook)
    assert render(later).data != render(workbook).data
    assert digest(build(given(version="9.9"))) != digest(workbook)
    changed = [sheet._replace(objectives=sheet.objectives[:1]) for sheet in sheets()]
    assert digest(build(given(*changed))) != digest(workbook)


def test_the_order_of_sheets_changes_nothing() -> None:
    assert render(build(given(*reversed(sheets())))).data == render(build(given(*sheets()))).data


def test_an_organisation_without_anything_has_a_master_too() -> None:
    book = opened(build(given(company())))
    assert rows(book, "Key results") == []
    assert [row["Unit"] for row in rows(book, "Roll-up")] == ["Acme"]


def test_rows_that_are_alike_have_identities_of_their_own() -> None:
    twice = check_in(TODAY, "A-O1-KR1", 6)
    found = build(given(company(o("A-O1"), kr("A-O1-KR1"), twice, twice), problems=()))
    for sheet in found.sheets[:-1]:
        assert sheet.table is not None
        keys = [str(key) for key in sheet.table.columns[sheet.table.at(IDENTITY) - 1].values]
        assert len(set(keys)) == len(keys)
        assert all(isinstance(json.loads(key), list) for key in keys)
    problem = given().problems[0]
    alike = build(given(problems=[problem, problem._replace(message="x")])).sheet("Issues").table
    assert alike is not None
    assert [json.loads(str(key))[4:] for key in alike.columns[-1].values] == [[], ["#2"]]


def test_manager_note_stands_in_the_three_lists_that_people_talk_about(book: Book) -> None:
    assert [name for name in book.sheetnames[:-1] if MANAGER_NOTE in table(book, name)[1]] == [
        "Roll-up",
        "Objectives",
        "Key results",
    ]

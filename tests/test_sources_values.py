"""What single cells say: kinds, number formats, dates, texts (TRUST 5, 6, 8)."""

# Sheets know no zones; hypothesis hands arguments in by place.
# ruff: noqa: DTZ001, FBT001

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.errors import SourceUnreadable
from sync.core.grid import BLANK, Cell, Grid, Kind, Sheet, Style
from sync.core.number_formats import Shape, classify, from_serial
from sync.core.policy import Limits
from sync.sources.values import unescaped
from sync.sources.xlsx import read
from tests.raw_workbooks import MAIN, parts, workbook, zipped


def grid(*rows: str, **options: object) -> Grid:
    return read(workbook(*rows, **options), Limits())


def tab(rows: str, **options: object) -> Sheet:
    return grid(rows, **options).sheets[0]


def one(cell: str, **options: object) -> Cell:
    """The cell A1 of a workbook that holds it."""
    return tab(f'<row r="1">{cell}</row>', **options).cell(1, 1)


@pytest.mark.parametrize(
    ("xml", "expected"),
    (
        ('<c r="A1"><v>0</v></c>', Cell(Kind.NUMBER, 0.0)),
        ('<c r="A1"><v>-0</v></c>', Cell(Kind.NUMBER, 0.0)),
        ('<c r="A1" t="n"><v> 5.9 </v></c>', Cell(Kind.NUMBER, 5.9)),
        ('<c r="A1"><v>1E5</v></c>', Cell(Kind.NUMBER, 100_000.0)),
        ('<c r="A1"><v>0.1</v></c>', Cell(Kind.NUMBER, 0.1)),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', Cell(Kind.NUMBER, 2.0, formula=True)),
        ('<c r="A1" t="b"><v>1</v></c>', Cell(Kind.BOOL, True)),
        ('<c r="A1" t="b"><v>false</v></c>', Cell(Kind.BOOL, False)),
        ('<c r="A1" t="str"><f>""</f><v></v></c>', Cell(Kind.TEXT, "", formula=True)),
        ('<c r="A1" t="str"><v>007</v></c>', Cell(Kind.TEXT, "007")),
        ('<c r="A1" t="inlineStr"><is><t xml:space="preserve">  </t></is></c>', Cell(Kind.TEXT, "  ")),
        ('<c r="A1" t="inlineStr"><is><t></t></is></c>', Cell(Kind.TEXT, "")),
        ('<c r="A1" t="s"><v>0</v></c>', Cell(Kind.TEXT, "NA")),
        ('<c r="A1" t="d"><v>2026-10-09</v></c>', Cell(Kind.DATE, date(2026, 10, 9), Style.DATE)),
        ('<c r="A1" t="d"><v>2026-10-09T00:00:00Z</v></c>', Cell(Kind.DATE, date(2026, 10, 9), Style.DATE)),
        (
            '<c r="A1" t="d"><v>2026-10-09T08:30:00.000</v></c>',
            Cell(Kind.DATE, datetime(2026, 10, 9, 8, 30), Style.DATE),
        ),
        (
            '<c r="A1" t="d"><v>2026-10-09T08:30:00Z</v></c>',
            Cell(Kind.DATE, datetime(2026, 10, 9, 8, 30), Style.DATE),
        ),
        ('<c r="A1" t="d"><v>08:30:00</v></c>', Cell(Kind.TIME, time(8, 30), Style.DATE)),
    ),
)
def test_a_cell_is_what_its_type_says(xml: str, expected: Cell) -> None:
    assert one(xml, texts=("<t>NA</t>",)) == expected


def test_minus_zero_is_zero() -> None:
    assert one('<c r="A1"><v>-0</v></c>').text == "0"


def test_inline_texts_do_not_run_into_each_other() -> None:
    cells = '<c t="inlineStr"><is><t>a</t></is></c><c t="inlineStr"><is><t>b</t></is></c><c t="inlineStr"/>'
    assert [cell.value for cell in tab(f"<row>{cells}</row>").rows[1].values()] == ["a", "b"]


ERRORS = ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
          "#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#ERROR!"]  # fmt: skip


@pytest.mark.parametrize("text", ERRORS)
def test_trust_05_a_cell_error_keeps_its_text(text: str) -> None:
    assert one(f'<c r="A1" t="e"><v>{text}</v></c>') == Cell(Kind.ERROR, text)
    assert one(f'<c r="A1" t="e"><f>1</f><v>{text}</v></c>') == Cell(Kind.ERROR, text, formula=True)


@pytest.mark.parametrize(
    "xml",
    (
        '<c r="A1"><v>nan</v></c>',
        '<c r="A1"><v>inf</v></c>',
        '<c r="A1"><v>1e999</v></c>',
        '<c r="A1"><v>1_000</v></c>',
        '<c r="A1"><v>1,5</v></c>',
        '<c r="A1"><v>٣</v></c>',
        '<c r="A1" t="b"><v>2</v></c>',
        '<c r="A1" t="d"><v>2026-02-30</v></c>',
        '<c r="A1" t="x"><v>5</v></c>',
    ),
)
def test_trust_05_a_value_that_its_type_does_not_allow_is_an_error_with_its_text(xml: str) -> None:
    cell = one(xml)
    assert cell.kind is Kind.ERROR
    assert f"<v>{cell.value}</v>" in xml


def test_trust_05_an_error_without_text_is_still_an_error() -> None:
    assert one('<c r="A1" t="e"/>') == Cell(Kind.ERROR, "")


@pytest.mark.parametrize(
    "xml",
    (
        '<c r="A1"><f>SUM(B1:B9)</f></c>',
        '<c r="A1"><f>SUM(B1:B9)</f><v></v></c>',
        '<c r="A1"><f>SUM(B1:B9)</f><v/></c>',
        '<c r="A1"><f t="shared" si="0"/></c>',
        '<c r="A1" t="str"><f>B1</f></c>',
        '<c r="A1" t="e"><f>B1</f></c>',
        '<c r="A1" t="b"><f>B1</f><v> </v></c>',
    ),
)
def test_trust_05_a_formula_without_a_value_was_never_calculated(xml: str) -> None:
    assert one(xml) == Cell(Kind.UNCALCULATED, None, formula=True)


def test_trust_05_a_zero_that_its_writer_did_not_calculate_is_no_zero() -> None:
    """XlsxWriter stores 0 for every formula, and asks that the workbook be calculated when opened."""
    asks = {"after": '<calcPr calcId="124519" fullCalcOnLoad="1"/>'}
    assert one('<c r="A1"><f>B1</f><v>0</v></c>', **asks).kind is Kind.UNCALCULATED
    assert one('<c r="A1"><f>B1</f><v>3</v></c>', **asks) == Cell(Kind.NUMBER, 3.0, formula=True)
    assert one('<c r="A1"><v>0</v></c>', **asks) == Cell(Kind.NUMBER, 0.0)
    assert one('<c r="A1"><f>B1</f><v>0</v></c>') == Cell(Kind.NUMBER, 0.0, formula=True)


@pytest.mark.parametrize(
    "xml",
    ('<c r="A1" s="0"/>', '<c r="A1"><v></v></c>', '<c r="A1" t="s"><v/></c>', '<c r="A1" t="b"/>'),
)
def test_trust_06_a_styled_cell_that_holds_nothing_is_no_cell(xml: str) -> None:
    assert tab(f'<row r="1">{xml}</row>', texts=()).rows == {}


def test_trust_06_empty_white_space_zero_and_missing_are_four_things() -> None:
    row = tab(
        '<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1" t="str"><v> </v></c>'
        '<c r="C1"><v>0</v></c><c r="D1" s="0"/></row>'
    )
    assert [row.cell(1, column) for column in (1, 2, 3, 4)] == [
        Cell(Kind.TEXT, "", formula=True),
        Cell(Kind.TEXT, " "),
        Cell(Kind.NUMBER, 0.0),
        BLANK,
    ]


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("xml", "expected"),
    (
        ("<t>plain</t>", "plain"),
        ("<r><t>Cus</t></r><r><rPr><b/></rPr><t>tomers</t></r>", "Customers"),
        ('<t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh><phoneticPr fontId="1"/>', "課"),
        ("<t>a_x000D_b</t>", "a\rb"),
        ("<t>_x005F_x000D_</t>", "_x000D_"),
        ("<t>_x0000__x0007_</t>", "\0\a"),
        ("<t>_xD83D__xDE00_</t>", "😀"),
        ("<t>half _xD83D_</t>", "half \ufffd"),
        ("<r><t>a _x</t></r><r><t>0041_</t></r>", "a _x0041_"),
        ("<r><t>_x0041</t></r><r><t>_x0042_</t></r>", "_x0041B"),
        ("<t>_x00e9_ _x12_ _xZZZZ_</t>", "é _x12_ _xZZZZ_"),
        ("<t>1\u00a0234 \u202f \u200b \u202etfel 😀</t>", "1\u00a0234 \u202f \u200b \u202etfel 😀"),
        ("<t>&lt;b&gt; &amp;amp; &#x41;</t>", "<b> &amp; A"),
        ("<t/>", ""),
        ("", ""),
        (f"<t>{'x' * 40_000}</t>", "x" * 40_000),
    ),
)
def test_trust_08_texts_survive_as_they_are(xml: str, expected: str) -> None:
    assert one('<c r="A1" t="s"><v>0</v></c>', texts=(xml,)) == Cell(Kind.TEXT, expected)
    assert one(f'<c r="A1" t="inlineStr"><is>{xml}</is></c>') == Cell(Kind.TEXT, expected)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_text_that_was_escaped_reads_back(text: str) -> None:
    escaped = "".join(f"_x{ord(c):04X}_" if c < " " or c == "_" else c for c in text)
    assert unescaped(escaped) == text


@given(st.text("_xD80cF5 ", max_size=30))
def test_unescaped_text_can_always_be_stored(text: str) -> None:
    unescaped(text).encode()


# ---------------------------------------------------------------- number formats


@pytest.mark.parametrize(
    ("code", "style", "shape"),
    (
        ("General", Style.PLAIN, Shape.NUMBER),
        ("0.00", Style.PLAIN, Shape.NUMBER),
        ("#,##0;[Red]-#,##0", Style.PLAIN, Shape.NUMBER),
        ("0.00E+00", Style.PLAIN, Shape.NUMBER),
        ("##0.0E-0", Style.PLAIN, Shape.NUMBER),
        ("Standard", Style.PLAIN, Shape.NUMBER),
        ('0.0" days"', Style.PLAIN, Shape.NUMBER),
        (r"0\d", Style.PLAIN, Shape.NUMBER),
        ("0%", Style.PERCENT, Shape.NUMBER),
        ("0.0 %;[Red]-0.0 %", Style.PERCENT, Shape.NUMBER),
        ('0.0"%"', Style.PLAIN, Shape.NUMBER),
        (r"0.0\%", Style.PLAIN, Shape.NUMBER),
        ("0_%", Style.PLAIN, Shape.NUMBER),
        ('"a%', Style.PLAIN, Shape.NUMBER),
        ("@", Style.TEXT, Shape.NUMBER),
        ('#,##0.00 "€"', Style.CURRENCY, Shape.NUMBER),
        ("[$€-407] #,##0", Style.CURRENCY, Shape.NUMBER),
        ("[$CHF] 0", Style.CURRENCY, Shape.NUMBER),
        ("[$-409]0.0", Style.PLAIN, Shape.NUMBER),
        ("yyyy-mm-dd", Style.DATE, Shape.DATE),
        ("[$-407]d. mmmm yyyy;@", Style.DATE, Shape.DATE),
        ("mmm", Style.DATE, Shape.DATE),
        ("mm", Style.DATE, Shape.DATE),
        ('yyyy"年"m"月"', Style.DATE, Shape.DATE),
        ("ggge", Style.DATE, Shape.DATE),
        ("dd/mm/yyyy hh:mm", Style.DATE, Shape.DATE),
        ("hh:mm", Style.DATE, Shape.TIME),
        ("h:mm AM/PM", Style.DATE, Shape.TIME),
        ("mm:ss.0", Style.DATE, Shape.TIME),
        ("[h]:mm:ss", Style.DATE, Shape.DURATION),
        ("[MM]", Style.DATE, Shape.DURATION),
    ),
)
def test_a_format_code_is_classified(code: str, style: Style, shape: Shape) -> None:
    assert classify(code) == (style, shape)


@pytest.mark.parametrize(
    ("number", "expected"),
    (
        ("0", Cell(Kind.NUMBER, 45.0)),
        ("9", Cell(Kind.NUMBER, 45.0, Style.PERCENT)),
        ("10", Cell(Kind.NUMBER, 45.0, Style.PERCENT)),
        ("44", Cell(Kind.NUMBER, 45.0, Style.CURRENCY)),
        ("37", Cell(Kind.NUMBER, 45.0)),
        ("49", Cell(Kind.NUMBER, 45.0, Style.TEXT)),
        ("14", Cell(Kind.DATE, date(1900, 2, 14), Style.DATE)),
        ("22", Cell(Kind.DATE, date(1900, 2, 14), Style.DATE)),
        ("57", Cell(Kind.DATE, date(1900, 2, 14), Style.DATE)),
        ("46", Cell(Kind.DURATION, timedelta(45), Style.DATE)),
    ),
)
def test_built_in_formats_are_known(number: str, expected: Cell) -> None:
    assert one('<c r="A1" s="1"><v>45</v></c>', formats=(number,)) == expected


def test_a_cell_that_names_no_style_has_the_workbooks_normal_style() -> None:
    """| cellXfs: 9 (0%), 0 | A1 without s |: whoever makes percent the Normal style writes no s."""
    made = parts('<row r="1"><c r="A1"><v>0.5</v></c><c r="B1" s="1"><v>0.5</v></c></row>', formats=("0",))
    made["xl/styles.xml"] = made["xl/styles.xml"].replace(
        '<cellXfs><xf numFmtId="0"/>', '<cellXfs><xf numFmtId="9"/>'
    )
    found = read(zipped(made), Limits()).sheets[0].rows[1]
    assert [cell.text for cell in found.values()] == ["50%", "0.5"]


@given(st.text(max_size=30))
def test_any_format_code_has_a_class(code: str) -> None:
    assert classify(code).style in Style


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("serial", "shape", "date1904", "expected"),
    (
        (46_304, Shape.DATE, False, (Kind.DATE, date(2026, 10, 9))),
        (46_304.5, Shape.DATE, False, (Kind.DATE, datetime(2026, 10, 9, 12))),
        (44_842, Shape.DATE, True, (Kind.DATE, date(2026, 10, 9))),
        (1, Shape.DATE, False, (Kind.DATE, date(1900, 1, 1))),
        (59, Shape.DATE, False, (Kind.DATE, date(1900, 2, 28))),
        (60, Shape.DATE, False, None),
        (60.5, Shape.DATE, False, None),
        (61, Shape.DATE, False, (Kind.DATE, date(1900, 3, 1))),
        (60, Shape.DATE, True, (Kind.DATE, date(1904, 3, 1))),
        (0, Shape.DATE, True, (Kind.DATE, date(1904, 1, 1))),
        (0, Shape.DATE, False, None),
        (0.5, Shape.DATE, False, None),
        (-1, Shape.DATE, False, None),
        (-1, Shape.DATE, True, None),
        (2_958_465, Shape.DATE, False, (Kind.DATE, date(9999, 12, 31))),
        (2_958_465.9999999999, Shape.DATE, False, None),
        (2_957_003, Shape.DATE, True, (Kind.DATE, date(9999, 12, 31))),
        (2_957_004, Shape.DATE, True, None),
        (1e300, Shape.DATE, False, None),
        (46_304.99999999999, Shape.DATE, False, (Kind.DATE, date(2026, 10, 10))),
        (0, Shape.TIME, False, (Kind.TIME, time(0))),
        (0.354166666666667, Shape.TIME, False, (Kind.TIME, time(8, 30))),
        (0.99999999999, Shape.TIME, False, (Kind.TIME, time(23, 59, 59, 999_000))),
        (-0.25, Shape.TIME, False, None),
        (1.5, Shape.TIME, False, (Kind.DURATION, timedelta(hours=36))),
        (46_304.25, Shape.TIME, False, (Kind.DATE, datetime(2026, 10, 9, 6))),
        (1.5, Shape.DURATION, False, (Kind.DURATION, timedelta(hours=36))),
        (-0.25, Shape.DURATION, False, (Kind.DURATION, timedelta(hours=-6))),
        (1e12, Shape.DURATION, False, None),
    ),
)
def test_a_serial_is_its_day_or_none(serial: float, shape: Shape, date1904: bool, expected: object) -> None:
    assert from_serial(serial, shape, date1904=date1904) == expected


@pytest.mark.parametrize("serial", ("60", "-3", "0", "2958466"))
def test_a_number_that_is_no_day_stays_a_number_in_a_date_format(serial: str) -> None:
    cell = one(f'<c r="A1" s="1"><v>{serial}</v></c>', formats=("yyyy-mm-dd",))
    assert cell == Cell(Kind.NUMBER, float(serial), Style.DATE)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(Shape), st.booleans())
def test_no_serial_breaks_the_calendar(serial: float, shape: Shape, date1904: bool) -> None:
    found = from_serial(serial, shape, date1904=date1904)
    assert found is None or found[0] in (Kind.DATE, Kind.TIME, Kind.DURATION)


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)), st.booleans())
def test_a_date_reads_back_from_its_serial(moment: datetime, date1904: bool) -> None:
    moment = moment.replace(microsecond=0)
    epoch = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)
    if moment >= epoch:
        serial = (moment - epoch) / timedelta(days=1)
        expected = moment if moment.time() != time(0) else moment.date()
        assert from_serial(serial, Shape.DATE, date1904=date1904) == (Kind.DATE, expected)


def test_the_1904_system_is_the_workbooks_choice() -> None:
    cell = '<c r="A1" s="1"><v>44842</v></c>'
    both = [one(cell, formats=("14",), properties=p).value for p in ("", '<workbookPr date1904="1"/>')]
    assert both == [date(2022, 10, 8), date(2026, 10, 9)]


@pytest.mark.parametrize(
    ("code", "raw", "expected"),
    (
        ("hh:mm", "1899-12-30T08:30:00.000", (Kind.TIME, time(8, 30))),
        ("[h]:mm", "1899-12-31T12:00:00", (Kind.DURATION, timedelta(hours=36))),
        ("yyyy-mm-dd", "1899-12-30T00:00:00", (Kind.NUMBER, 0.0)),
        ("yyyy-mm-dd", "2026-10-09T00:00:00", (Kind.DATE, date(2026, 10, 9))),
    ),
)
def test_strict_workbooks_write_times_as_days_of_1899(code: str, raw: str, expected: object) -> None:
    cell = one(f'<c r="A1" s="1" t="d"><v>{raw}</v></c>', formats=(code,), strict=True)
    assert (cell.kind, cell.value) == expected


# ---------------------------------------------------------------- places, tabs, names


def test_cells_and_rows_without_references_follow_each_other() -> None:
    rows = tab(
        '<row><c><v>1</v></c><c/><c><v>3</v></c></row><row r="5"><c r="C5"><v>4</v></c><c><v>5</v></c></row>'
        "<row><c><v>6</v></c></row>"
    ).rows
    values = {(row, column): cell.value for row, cells in rows.items() for column, cell in cells.items()}
    assert values == {(1, 1): 1.0, (1, 3): 3.0, (5, 3): 4.0, (5, 4): 5.0, (6, 1): 6.0}


def test_a_stray_cell_in_the_last_corner_is_one_cell() -> None:
    rows = tab('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>').rows
    assert rows == {1_048_576: {16_384: Cell(Kind.NUMBER, 1.0)}}


def test_what_is_hidden_or_merged_is_recorded_where_something_stands() -> None:
    made = parts('<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>1</v></c></row>')
    made["xl/worksheets/Tab1.xml"] = (
        f'<worksheet xmlns="{MAIN}"><cols><col min="2" max="16384" hidden="1"/></cols><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>1</v></c></row><row r="2" hidden="1"/>'
        '<row r="3" hidden="1"><c r="A3"><v>1</v></c></row></sheetData>'
        '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells></worksheet>'
    )
    sheet = read(zipped(made), Limits()).sheets[0]
    assert (set(sheet.hidden_rows), set(sheet.hidden_columns), sheet.merged) == ({3}, {3}, ("A1:B2",))


def test_hidden_tabs_are_read_and_recorded() -> None:
    made = parts("", "", "")
    xml = made["xl/workbook.xml"]
    xml = xml.replace('name="Tab2"', 'name="Tab2" state="hidden"')
    made["xl/workbook.xml"] = xml.replace('name="Tab3"', 'name="Tab3" state="veryHidden"')
    assert [s.hidden for s in read(zipped(made), Limits()).sheets] == [False, True, True]


def test_defined_names_of_the_whole_workbook_are_kept() -> None:
    names = (
        '<definedNames><definedName name="okrsync_book_id" hidden="1">"b-1 &amp; 2"</definedName>'
        '<definedName name="_xlnm._FilterDatabase" localSheetId="0">Tab1!$A$1</definedName></definedNames>'
    )
    assert grid("", after=names).names == {"okrsync_book_id": '"b-1 & 2"'}


def test_chart_sheets_hold_no_cells_and_are_left_out() -> None:
    made = parts("", "")
    links = made["xl/_rels/workbook.xml.rels"]
    made["xl/_rels/workbook.xml.rels"] = links.replace(
        'worksheet" Target="worksheets/Tab2', 'chartsheet" Target="worksheets/Tab2'
    )
    assert [s.name for s in read(zipped(made), Limits()).sheets] == ["Tab1"]


@pytest.mark.parametrize(
    "rows",
    (
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="0"><c><v>1</v></c></row>',
        '<row r="1048577"><c><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c r="XFD1"><v>1</v></c><c><v>1</v></c></row>',
        '<row r="1"><c r="1"><v>1</v></c></row>',
        '<row r="1"><c r="A"><v>1</v></c></row>',
        '<row r="1"><c r="A-1"><v>1</v></c></row>',
        '<row r="1"><c r="ÄA1"><v>1</v></c></row>',
        '<row r="one"><c><v>1</v></c></row>',
        '<c r="A0"><v>1</v></c>',
        '<row r="1"><c r="A1" t="s"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>٠</v></c></row>',
        '<row r="1"><c r="A1" s="7"><v>1</v></c></row>',
        '<row r="1"><c r="A1" s=""><v>1</v></c></row>',
        '<row r="1"><c r="A1" s="²"><v>1</v></c></row>',
    ),
)
def test_a_workbook_that_contradicts_itself_is_damaged(rows: str) -> None:
    with pytest.raises(SourceUnreadable, match="the file is damaged: "):
        tab(rows, texts=("<t>only</t>",), formats=("0",))

"""Our cell reader against openpyxl, an independent one, on workbooks that XlsxWriter makes."""

# ruff: noqa: DTZ001  # sheets know no zones

from __future__ import annotations

import warnings
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import openpyxl.utils.datetime
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.grid import Cell, Kind
from sync.core.policy import Limits
from sync.sources.xlsx import read

FORMATS = (
    "General", "0.00", "#,##0", "0%", "0.0 %", "@", "dd.mm.yyyy", "yyyy-mm-dd hh:mm:ss", "mmm yy",
    "[$€-407] #,##0.00", '0" h"', "[Red]0;[Blue]-0",
)  # fmt: skip
NUMBERS = st.floats(-1e12, 1e12).map(lambda x: float(f"{x:.15g}")) | st.integers(-(10**14), 10**14)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=30)
WRITTEN = st.one_of(NUMBERS, TEXTS, st.booleans(), st.datetimes(datetime(1900, 3, 1), datetime(9999, 1, 1)))


def made(cells: dict[tuple[int, int], Any], codes: list[str]) -> bytes:
    """A workbook with these values; each takes the next of the format codes."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    tab = book.add_worksheet("Tab")
    styles = [book.add_format({"num_format": code}) for code in codes]
    stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
    for index, ((row, column), value) in enumerate(cells.items()):
        style = styles[index % len(styles)]
        if isinstance(value, str):
            tab.write_string(row, column, value, style)
        elif isinstance(value, bool):
            tab.write_boolean(row, column, value, style)
        elif isinstance(value, datetime):
            tab.write_datetime(row, column, value.replace(microsecond=0), stamp)
        else:
            tab.write_number(row, column, value, style)
    book.close()
    return buffer.getvalue()


def same(ours: Cell, theirs: Any) -> bool:
    """Whether both read the same. openpyxl knows dates only as datetime, and takes a serial that is no
    day of the calendar for a time or for nothing; there ours must be a number in a date format.
    """
    value = ours.value
    if ours.kind is Kind.NUMBER and not isinstance(theirs, int | float):
        return not 1 <= float(value) < 2_958_466  # type: ignore[arg-type]  # a NUMBER's value is a float
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime) and isinstance(theirs, datetime):
        return abs(value - theirs) <= timedelta(milliseconds=1)
    return bool(type(value) is type(theirs) or not isinstance(theirs, bool)) and value == theirs


@settings(max_examples=60)
@given(
    st.dictionaries(st.tuples(st.integers(0, 40), st.integers(0, 30)), WRITTEN, max_size=12),
    st.lists(st.sampled_from(FORMATS), min_size=1, max_size=4),
)
def test_every_cell_reads_as_in_openpyxl(cells: dict[tuple[int, int], Any], codes: list[str]) -> None:
    data = made(cells, codes)
    ours = read(data, Limits()).sheets[0]
    with warnings.catch_warnings(action="ignore"):  # openpyxl warns of serials that are no day
        theirs = openpyxl.load_workbook(BytesIO(data), data_only=True).active
    assert theirs is not None
    assert {(row - 1, column - 1) for row, found in ours.rows.items() for column in found} == set(cells)
    for (row, column), written in cells.items():
        mine, other = ours.cell(row + 1, column + 1), theirs.cell(row + 1, column + 1).value
        # openpyxl leaves `_xHHHH_` as it stands in the file; of a text, what was written is the truth.
        assert same(mine, written if isinstance(written, str) else other), (mine, other)


@given(TEXTS)
def test_a_written_text_reads_back(text: str) -> None:
    assert read(made({(0, 0): text}, ["@"]), Limits()).sheets[0].cell(1, 1).value == text


@given(NUMBERS)
def test_a_written_number_reads_back(number: float) -> None:
    cell = read(made({(0, 0): number}, ["0.00"]), Limits()).sheets[0].cell(1, 1)
    assert cell == Cell(Kind.NUMBER, float(f"{number:.16g}"))


def test_formulas_that_openpyxl_saved_have_lost_their_values() -> None:
    """| A1 | =1+1, calculated to 2 by its writer, then opened and saved by openpyxl |"""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet("Tab").write_formula("A1", "=1+1", None, 2)
    book.close()
    saved = BytesIO()
    openpyxl.load_workbook(buffer).save(saved)
    before, after = (read(data.getvalue(), Limits()).sheets[0].cell(1, 1) for data in (buffer, saved))
    assert before == Cell(Kind.NUMBER, 2.0, formula=True)
    assert after == Cell(Kind.UNCALCULATED, None, formula=True)


def test_openpyxls_own_workbooks_read_alike() -> None:
    """Dates in the 1904 system, times, durations, rich and hidden things as openpyxl writes them."""
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    tab = book.active
    assert tab is not None
    moment = datetime(2026, 10, 9, 8, 30)
    tab.append([moment.date(), moment, moment.time(), timedelta(hours=36), True, "x", 5])
    tab.column_dimensions["E"].hidden = True
    tab.merge_cells("F1:F3")
    book.create_sheet("Lists").sheet_state = "hidden"
    book["Lists"]["A1"] = "y"
    saved = BytesIO()
    book.save(saved)
    found = read(saved.getvalue(), Limits())
    values = [cell.value for cell in found.sheets[0].rows[1].values()]
    assert values == [moment.date(), moment, moment.time(), timedelta(hours=36), True, "x", 5.0]
    assert (found.sheets[0].hidden_columns, found.sheets[0].merged) == (frozenset({5}), ("F1:F3",))
    assert [tab.hidden for tab in found.sheets] == [False, True]

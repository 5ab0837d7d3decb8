"""What okrsync reads, as Google gives it: locales, errors, dates that are computed, hidden tabs, no sheet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sync.core.errors import AccountUnusable, SourceUnreadable
from sync.core.grid import Cell, Kind, Style
from sync.doctor.accounts import _NOWHERE
from sync.google.refusals import NOT_THERE
from tests.real_google.lab import Lab, Note

TYPED = (
    # locale, a number, a fraction, a date as people there type them
    ("en_US", "1,234.5", "7%", "11/21/2026"),
    ("en_GB", "1,234.5", "7%", "21/11/2026"),
    ("de_DE", "1.234,5", "7%", "21.11.2026"),
    ("fr_FR", "1\u202f234,5", "7%", "21/11/2026"),
    ("de_CH", "1’234.5", "7%", "21.11.2026"),
    ("sv_SE", "1\u00a0234,5", "7%", "2026-11-21"),
)
PLAYED = ("en_US", "en_GB", "de_DE", "fr_FR")


@pytest.mark.parametrize(("locale", "number", "fraction", "day"), TYPED, ids=[row[0] for row in TYPED])
def test_what_is_typed_in_a_locale_is_a_typed_value(
    lab: Lab, note: Note, locale: str, number: str, fraction: str, day: str
) -> None:
    if not lab.is_google and locale not in PLAYED:
        pytest.skip("the test server does not know this locale")
    book = lab.book(f"locale {locale}", locale, [[number, fraction, day]])
    row = book.grid().sheets[0].rows.get(1, {})
    found = [row.get(column) for column in (1, 2, 3)]
    note("1234.5, 0.07 as a percent, and 21 November 2026 as a date, whatever the locale", found)
    assert found == [
        Cell(Kind.NUMBER, 1234.5, Style.PLAIN),
        Cell(Kind.NUMBER, 0.07, Style.PERCENT),
        Cell(Kind.DATE, date(2026, 11, 21), Style.DATE),
    ]


ERRORS = {
    "=1/0": "#DIV/0!",
    "=NA()": "#N/A",
    "=SQRT(-1)": "#NUM!",
    "=NOSUCHFUNCTION()": "#NAME?",
    '="a"+1': "#VALUE!",
    '=INDIRECT("nowhere!A1")': "#REF!",
}


def test_errors_have_the_types_that_are_told_apart(lab: Lab, note: Note) -> None:
    book = lab.book("errors", rows=[[formula] for formula in ERRORS])
    rows = book.grid().sheets[0].rows
    cells = [rows.get(row, {}).get(1) for row in range(1, len(ERRORS) + 1)]
    found = {formula: cell and cell.value for formula, cell in zip(ERRORS, cells, strict=True)}
    note("each error is an error value of its own type", found)
    lab.judged_by_google_alone("the test server knows few functions")
    assert found == ERRORS
    assert {cell.kind for cell in cells if cell} == {Kind.ERROR}


def test_a_date_that_is_computed_shows_by_its_effective_format(lab: Lab, note: Note) -> None:
    book = lab.book("today", rows=[["=TODAY()"]])
    [data] = book.data(
        "Data!A1", "effectiveValue,effectiveFormat.numberFormat,userEnteredFormat.numberFormat"
    )
    note("effectiveFormat says DATE although nobody has set a format", data)
    cell = book.cell(1)
    assert cell is not None
    assert cell.kind is Kind.DATE
    assert isinstance(cell.value, date)
    assert abs(cell.value - datetime.now(UTC).date()) < timedelta(days=2)


def test_a_hidden_tab_is_told_as_hidden(lab: Lab, note: Note) -> None:
    book = lab.book("hidden tab")
    book.do({"addSheet": {"properties": {"title": "Out of sight", "hidden": True}}})
    found = {sheet.name: sheet.hidden for sheet in book.grid().sheets}
    note("properties.hidden is true for it, and for no other", found)
    assert found == {"Data": False, "Out of sight": True}


def test_indirect_finds_the_tab_that_okrsync_keeps_large_enough(lab: Lab, note: Note) -> None:
    far = '=COUNTA(INDIRECT("Data!$A$1:$A${}"))'
    book = lab.book("indirect", rows=[["x", far.format(20)], ["y", far.format(200)]])
    within, beyond = book.cell(1, 2), book.cell(2, 2)
    note(
        "within the grid it counts; beyond it okrsync expects nothing, and keeps its tab at the full height",
        {"within": within, "beyond": beyond},
    )
    lab.judged_by_google_alone("the test server knows few functions")
    assert within is not None
    assert within.value == 2


def test_a_sheet_that_does_not_exist_is_told_from_one_right_that_is_missing(lab: Lab, note: Note) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        lab.client.spreadsheet(_NOWHERE, fields="spreadsheetId")
    note("404, so that `okrsync doctor` can tell that reading is allowed", str(caught.value))
    assert caught.value.cause.startswith(NOT_THERE)
    assert not isinstance(caught.value, AccountUnusable)

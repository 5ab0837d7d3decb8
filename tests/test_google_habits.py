"""Beside what gspread's own ways give: each case a sheet where they are wrong, silently, and we are right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sync.core.model import KeyResultRow
from tests.google_company import GoogleCompany
from tests.sheets_server.clients import gspread_client
from tests.sheets_server.server import SheetsServer

HEADER = "ID | Objective ID | Key result | Owner | Start | Target | Current | Last check-in"


@pytest.fixture
def company(tmp_path: Path, sheets_server: SheetsServer) -> GoogleCompany:
    return GoogleCompany(tmp_path, sheets_server, feedback=False)


def rows_of(company: GoogleCompany, book: str) -> Sequence[KeyResultRow]:
    company.sync()
    sheet = company.record_of(book).sheet
    assert sheet is not None
    return sheet.key_results


def records_of(company: GoogleCompany, book: str) -> list[dict[str, Any]]:
    """What `get_all_records` says."""
    client = gspread_client(company.server.url, company.server.credentials.bearer())
    found: list[dict[str, Any]] = client.open_by_key(book).worksheet("Key Results").get_all_records()
    return found


def sheet(company: GoogleCompany, row: str, **how: Any) -> str:
    return company.plain_sheet("Acme", key_results=f"{HEADER}\n{row}", **how)


def test_an_id_with_leading_zeros_stays_a_text(company: GoogleCompany) -> None:
    book = sheet(company, "'0042 | O1 | NPS | Kim | 0 | 10 | 4 | 2026-11-17")
    assert records_of(company, book)[0]["ID"] == 42
    assert rows_of(company, book)[0].id == "0042"


def test_a_comma_decimal_in_a_text_is_half_and_not_five(company: GoogleCompany) -> None:
    book = sheet(company, "KR1 | O1 | NPS | Kim | 0 | 10 | '0,5 | 2026-11-17")
    company.person(book).type("Team!B5", "'1.234,5")
    assert records_of(company, book)[0]["Current"] == 5
    assert rows_of(company, book)[0].current.value == 0.5


def test_a_number_shown_with_commas_of_its_locale_keeps_its_value(company: GoogleCompany) -> None:
    book = sheet(company, "KR1 | O1 | NPS | Kim | 0 | 10000 | 1234,5 | 2026-11-17", locale="de_DE")
    shown = company.person(book).shown("Key Results!G2")[0][0]
    assert records_of(company, book)[0]["Current"] != 1234.5
    assert (shown, rows_of(company, book)[0].current.value) == ("1234,5", 1234.5)


def test_a_percentage_is_a_number(company: GoogleCompany) -> None:
    book = sheet(company, "KR1 | O1 | Churn | Kim | 12% | 3% | 7% | 2026-11-17")
    assert records_of(company, book)[0]["Current"] == "7%"
    assert rows_of(company, book)[0].current.value == 0.07


def test_an_error_is_told_with_its_cell_and_is_no_text(company: GoogleCompany) -> None:
    book = sheet(company, "KR1 | O1 | NPS | Kim | 0 | 10 | =1/0 | 2026-11-17")
    assert records_of(company, book)[0]["Current"] == "#DIV/0!"
    done = company.sync()
    [told] = [problem for problem in done.problems if problem.code == "S103"]
    assert (told.tab, told.cell, told.value) == ("Key Results", "G2", "#DIV/0!")


def test_a_date_is_a_day_whatever_it_looks_like(company: GoogleCompany) -> None:
    book = sheet(company, "KR1 | O1 | NPS | Kim | 0 | 10 | 4 | 11/17/2026")
    assert records_of(company, book)[0]["Last check-in"] == "11/17/2026"
    assert str(rows_of(company, book)[0].last_check_in) == "2026-11-17"


def test_two_columns_of_one_name_are_a_finding_and_no_exception(company: GoogleCompany) -> None:
    from gspread.exceptions import GSpreadException

    book = company.plain_sheet(
        "Acme", key_results=f"{HEADER} | Target\nKR1 | O1 | NPS | Kim | 0 | 10 | 4 | 2026-11-17 | 20"
    )
    with pytest.raises(GSpreadException):
        records_of(company, book)
    done = company.sync()
    assert [problem.code for problem in done.problems if problem.tab == "Key Results"]
    assert "Target" in str(done.problems)


def test_a_blank_header_is_the_teams_own_column(company: GoogleCompany) -> None:
    book = company.plain_sheet(
        "Acme", key_results=f"{HEADER} | | \nKR1 | O1 | NPS | Kim | 0 | 10 | 4 | 2026-11-17 | a | b"
    )
    assert rows_of(company, book)[0].current.value == 4

"""Values as the Google Sheets API writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sync.core import sheets_api as api


@pytest.mark.parametrize(
    ("content", "written"),
    (
        ("=1+1", {"stringValue": "=1+1"}),
        ("", {"stringValue": ""}),
        (0, {"numberValue": 0}),
        (True, {"boolValue": True}),
        (date(2026, 11, 25), {"numberValue": 46351.0}),
        (datetime(2026, 11, 25, 12, tzinfo=UTC), {"numberValue": 46351.5}),
        (None, {}),
    ),
)
def test_a_value_keeps_its_kind_and_a_text_is_never_a_formula(content: api.Plain, written: api.Json) -> None:
    assert api.value(content) == written


def test_trust_11_no_infinity_reaches_a_cell() -> None:
    with pytest.raises(ValueError, match="no number that a cell can hold"):
        api.value(float("inf"))


@pytest.mark.parametrize(
    ("excel", "kind"),
    (
        ("0.0%", "PERCENT"),
        ("yyyy-mm-dd", "DATE"),
        ("0.00", "NUMBER"),
        ('0 "days"', "NUMBER"),
        ("@", "TEXT"),
        ("yyyy-mm-dd hh:mm", "DATE_TIME"),
        ("hh:mm", "TIME"),
        ("[h]:mm", "TIME"),
        ("[Red]0", "NUMBER"),
    ),
)
def test_number_formats_have_the_kind_that_they_show(excel: str, kind: str) -> None:
    assert api.number_format(excel)["type"] == kind


def test_signs_that_are_no_code_of_a_number_format_are_quoted() -> None:
    assert api.number_format('▲ 0.0%;▼ 0.0%;"–"')["pattern"] == '"▲" 0.0%;"▼" 0.0%;"–"'


def test_a_colour_is_three_fractions() -> None:
    assert api.colour("#FF8000") == {"rgbColor": {"red": 1.0, "green": 128 / 255, "blue": 0.0}}


def test_a_range_names_only_its_ends() -> None:
    assert api.grid_range(7, top=3, bottom=5) == {"sheetId": 7, "startRowIndex": 3, "endRowIndex": 5}


def test_a_tab_is_quoted_as_the_api_wants_it() -> None:
    assert api.quoted("Kim's tab") == "'Kim''s tab'"

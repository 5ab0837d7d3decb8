"""What Google says of a cell, as the Grid has it: the same as an Excel workbook with the same content."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Kind, Style
from sync.sources.google_cells import grid_of


def number(value: float, kind: str = "", *, formula: str = "") -> dict[str, Any]:
    """The CellData of a number in a format of that type."""
    data: dict[str, Any] = {"effectiveValue": {"numberValue": value}}
    if kind:
        data["effectiveFormat"] = {"numberFormat": {"type": kind}}
    if formula:
        data["userEnteredValue"] = {"formulaValue": formula}
    return data


def reply(*rows: list[dict[str, Any]], title: str = "Objectives", **more: Any) -> dict[str, Any]:
    block = {"rowData": [{"values": row} for row in rows], **more}
    return {"sheets": [{"properties": {"sheetId": 7, "title": title}, "data": [block]}]}


DAY = 46351  # 2026-11-25


@pytest.mark.parametrize(
    ("data", "cell"),
    (
        (number(0.5), Cell(Kind.NUMBER, 0.5)),
        (number(0), Cell(Kind.NUMBER, 0.0)),
        (number(0.07, "PERCENT"), Cell(Kind.NUMBER, 0.07, Style.PERCENT)),
        (number(3, "CURRENCY"), Cell(Kind.NUMBER, 3.0, Style.CURRENCY)),
        (number(DAY, "DATE"), Cell(Kind.DATE, date(2026, 11, 25), Style.DATE)),
        (number(DAY + 0.5, "DATE_TIME"), Cell(Kind.DATE, datetime(2026, 11, 25, 12), Style.DATE)),  # noqa: DTZ001  # sheets know no zones
        (number(60, "DATE"), Cell(Kind.DATE, date(1900, 2, 28), Style.DATE)),  # Google knows no 29th
        (number(-1, "DATE"), Cell(Kind.DATE, date(1899, 12, 29), Style.DATE)),
        (number(1e12, "DATE"), Cell(Kind.NUMBER, 1e12, Style.DATE)),  # no day of the calendar
        (number(0.75, "TIME"), Cell(Kind.TIME, time(18), Style.DATE)),
        (number(1.5, "TIME"), Cell(Kind.DURATION, timedelta(hours=36), Style.DATE)),
        (number(2, formula="=1+1"), Cell(Kind.NUMBER, 2.0, Style.PLAIN, formula=True)),
        ({"effectiveValue": {"stringValue": "0042"}}, Cell(Kind.TEXT, "0042")),
        ({"effectiveValue": {"stringValue": "0,5"}}, Cell(Kind.TEXT, "0,5")),
        ({"effectiveValue": {"stringValue": "NA"}}, Cell(Kind.TEXT, "NA")),
        ({"effectiveValue": {"boolValue": False}}, Cell(Kind.BOOL, value=False)),
        (
            {"effectiveValue": {"stringValue": ""}, "userEnteredValue": {"formulaValue": '=""'}},
            Cell(Kind.TEXT, "", Style.PLAIN, formula=True),
        ),
        ({"userEnteredValue": {"formulaValue": "=SLOW()"}}, Cell(Kind.UNCALCULATED, None, formula=True)),
        (
            {
                "effectiveValue": {"errorValue": {"type": "LOADING"}},
                "userEnteredValue": {"formulaValue": "=IMPORTRANGE()"},
            },
            Cell(Kind.UNCALCULATED, None, formula=True),
        ),
        ({"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}, None),
        ({}, None),
    ),
)
def test_typed_values_are_read_and_never_what_is_shown(data: dict[str, Any], cell: Cell | None) -> None:
    grid = grid_of(reply([data]), 100)
    assert grid.sheets[0].rows.get(1, {}).get(1) == cell


@pytest.mark.parametrize(
    ("kind", "text"),
    (
        ("DIVIDE_BY_ZERO", "#DIV/0!"),
        ("N_A", "#N/A"),
        ("NAME", "#NAME?"),
        ("NULL_VALUE", "#NULL!"),
        ("NUM", "#NUM!"),
        ("REF", "#REF!"),
        ("VALUE", "#VALUE!"),
        ("ERROR", "#ERROR!"),
        ("SOMETHING_NEW", "#ERROR!"),
    ),
)
def test_trust_5_an_error_stays_an_error_by_its_name(kind: str, text: str) -> None:
    grid = grid_of(reply([{"effectiveValue": {"errorValue": {"type": kind, "message": "…"}}}]), 100)
    assert grid.sheets[0].cell(1, 1) == Cell(Kind.ERROR, text)


def test_cells_stand_where_their_block_begins() -> None:
    grid = grid_of(reply([{}, number(5)], startRow=9, startColumn=2), 100)
    assert grid.sheets[0].rows == {10: {4: Cell(Kind.NUMBER, 5.0)}}


def test_of_our_own_tabs_nothing_is_read_but_their_ids() -> None:
    sheet = grid_of(reply([number(5)], title="Sync status"), 0).sheets[0]
    assert (sheet.rows, sheet.gid) == ({}, "7")


def test_a_sheet_with_too_many_cells_is_refused_by_name_of_the_limit() -> None:
    with pytest.raises(SourceUnreadable, match="more than 2 cells"):
        grid_of(reply([number(1), number(2), number(3)]), 2)


def test_merged_areas_and_hidden_tabs_are_noted() -> None:
    content = reply([number(1)])
    content["sheets"][0] |= {
        "merges": [{"sheetId": 7, "startRowIndex": 2, "endRowIndex": 4, "endColumnIndex": 3}],
        "properties": {"sheetId": 7, "title": "T", "hidden": True},
    }
    sheet = grid_of(content, 10).sheets[0]
    assert (sheet.merged, sheet.hidden) == (("A3:C4",), True)


def test_the_books_id_comes_from_its_metadata() -> None:
    content = reply([]) | {
        "developerMetadata": [
            {"metadataKey": "someone_elses", "metadataValue": "x"},
            {"metadataKey": "okrsync_book_id", "metadataValue": "abc"},
        ]
    }
    assert grid_of(content, 10).names == {"okrsync_book_id": "abc"}

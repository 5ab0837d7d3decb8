"""Rows held by columns are the same rows, to the last bit; so is a sheet that came from another process."""

from __future__ import annotations

import json
import pickle
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.columns import Columns, dates_of, parts_of, rows_of
from sync.core.model import Amount, CheckInRow, KeyResultRow, TeamSheet, Was
from sync.core.packed import Packed, together, unpack
from sync.history.payload import made, sheet_document
from tests.test_history_payload import SHEETS
from tests.test_history_payload import rows_of as any_rows

Rows = tuple[CheckInRow, ...]
CHECK_INS: st.SearchStrategy[Rows] = any_rows(CheckInRow)


@given(CHECK_INS)
def test_rows_come_back_from_their_columns_as_they_were(rows: Rows) -> None:
    held = Columns.of(CheckInRow, rows)
    assert repr(tuple(held)) == repr(rows)  # in a text, 0.0 is not -0.0 and 1 not True
    assert repr([held[at] for at in range(len(held))]) == repr(list(rows))
    assert (len(held), bool(held)) == (len(rows), bool(rows))
    assert all(type(row) is CheckInRow and type(row.value) is Amount for row in held)


@given(CHECK_INS, CHECK_INS)
def test_two_are_equal_when_their_rows_are(one: Rows, other: Rows) -> None:
    held, beside = Columns.of(CheckInRow, one), Columns.of(CheckInRow, other)
    assert (held == beside) == (one == other)
    assert tuple(held + beside) == one + other
    assert tuple(held[1:]) == one[1:]
    assert hash(held[:]) == hash(held)
    assert held == one  # however they are held
    assert one == held
    assert (held == other) == (one == other)


@given(st.data())
def test_some_of_the_rows_by_a_mask(data: st.DataObject) -> None:
    rows = data.draw(CHECK_INS)
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    chosen = Columns.of(CheckInRow, rows).where(keep)
    assert tuple(chosen) == tuple(row for row, kept in zip(rows, keep, strict=True) if kept)


@given(any_rows(KeyResultRow))
def test_any_table_turns_into_columns_and_back(rows: tuple[KeyResultRow, ...]) -> None:
    assert repr(rows_of(KeyResultRow, parts_of(KeyResultRow, rows))) == repr(rows)


def test_a_column_is_found_behind_the_parts_of_an_amount() -> None:
    """A check-in's Value and Confidence are four columns each, By stands behind them."""
    row = CheckInRow(5, date(2026, 10, 9), "K1", Amount(3.0, Was.NUMBER, "3"), status="On track", by="Kim")
    held = Columns.of(CheckInRow, [row, row._replace(kr_id="K2", by="Ada")])
    assert [held.column(name) for name in ("kr_id", "status", "by")] == [
        ("K1", "K2"),
        ("On track", "On track"),
        ("Kim", "Ada"),
    ]
    assert repr(held[:1]) == f"({row!r},)"


def test_what_is_no_row_is_found_in_none() -> None:
    held = Columns.of(CheckInRow, [CheckInRow(5)])
    assert CheckInRow(5) in held
    assert CheckInRow(6) not in held
    with pytest.raises(IndexError):
        held[1]


@given(any_rows(KeyResultRow))
def test_packed_columns_are_the_same_rows(rows: tuple[KeyResultRow, ...]) -> None:
    held = Columns.of(KeyResultRow, rows)
    packed = tuple(json.loads(json.dumps(held.packed, ensure_ascii=False)))
    back = Columns(KeyResultRow, packed=packed, count=len(rows))
    assert (len(back), bool(back)) == (len(rows), bool(rows))
    if rows:
        assert back.column("due") == held.column("due")
        assert repr(tuple(back)) == repr(rows)


@given(st.lists(any_rows(KeyResultRow), max_size=4))
def test_packed_columns_of_many_tables_are_those_of_all_their_rows(tables: list[tuple[KeyResultRow, ...]]):
    held = [Columns.of(KeyResultRow, rows) for rows in tables if rows]
    whole = Columns.of(KeyResultRow, [row for rows in tables for row in rows])
    dated = dates_of(KeyResultRow)
    for at, parts in enumerate(zip(*(each.packed for each in held), strict=True)):
        expected = [d.isoformat() if d else "" for d in whole.parts[at]] if at in dated else whole.parts[at]
        assert repr(list(together(parts, list(map(len, held))))) == repr(list(expected))


def test_a_text_that_holds_the_sign_between_texts_stays_one() -> None:
    rows = [CheckInRow(5, by="Kim\x7fAda"), CheckInRow(6, by=""), CheckInRow(7, by="Eva")]
    held = Columns.of(CheckInRow, rows)
    back = Columns(CheckInRow, packed=held.packed, count=3)
    assert back.column("by") == ("Kim\x7fAda", "", "Eva")
    assert list(together([held.packed[-1], "A\x7fB"], [3, 2])) == ["Kim\x7fAda", "", "Eva", "A", "B"]


@pytest.mark.parametrize("packed", ("Kim\x7fAda", ["Kim", "Ada"]))
def test_a_packed_column_of_another_length_is_an_error_and_shifts_no_row(packed: Packed) -> None:
    with pytest.raises(ValueError, match="2 cells for 3 rows"):
        unpack(packed, 3)
    with pytest.raises(ValueError, match="cells for"):
        list(together([packed, "Eva\x7fOmar"], [3, 2]))


@settings(max_examples=40)
@given(SHEETS)
def test_a_sheet_comes_back_from_another_process_as_it_was(sheet: TeamSheet) -> None:
    back = pickle.loads(pickle.dumps(sheet, protocol=5))  # noqa: S301  # our own
    assert type(back) is TeamSheet
    assert repr(back) == repr(sheet)
    travelled = pickle.loads(pickle.dumps(made(sheet), protocol=5))  # noqa: S301  # as above
    assert travelled.sheet == sheet
    assert repr(travelled.sheet[1:7]) == repr(sheet[1:7])  # names may stand in another order
    assert travelled.document == sheet_document(travelled.sheet)

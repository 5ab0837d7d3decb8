"""What history does a column at a time is what it would do one by one."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, Integer, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from sync.core.grid import number_text
from sync.core.model import Amount, KeyResultRow, ObjectiveRow
from sync.core.standing import AnyRow
from sync.history.observe import dates_of, look_at, texts_of
from sync.history.stored import from_store, to_store
from sync.history.tables import Number, Words
from tests.test_history_payload import ANY_TEXT
from tests.test_history_payload import rows_of as any_rows

COLUMNS: tuple[tuple[TypeEngine[Any], st.SearchStrategy[Any]], ...] = (
    (Words(), ANY_TEXT),
    (Number(), st.one_of(st.floats(), st.integers(-9, 9))),
    (Date(), st.dates()),
    (Integer(), st.integers()),
    (String(), st.text()),
    (Boolean(), st.booleans()),
)


def texts_of_row(row: AnyRow) -> str:
    """The texts of one row, cell by cell, as the first release wrote them."""
    texts = {}
    for name, cell in zip(row._fields, row, strict=True):
        text = cell.isoformat() if isinstance(cell, date) else cell
        if isinstance(text, Amount):
            text = text.raw or (number_text(text.value) if text.value is not None else "")
        if text and name not in {"row", "identity"}:
            texts[name] = text
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


@given(any_rows(KeyResultRow), any_rows(ObjectiveRow))
def test_the_texts_of_a_table_are_those_of_its_rows(
    key_results: tuple[KeyResultRow, ...], objectives: tuple[ObjectiveRow, ...]
) -> None:
    """To the byte: a row is unchanged when its texts have the mark that an earlier release gave them."""
    assert list(texts_of(KeyResultRow, key_results)) == list(map(texts_of_row, key_results))
    assert list(texts_of(ObjectiveRow, objectives)) == list(map(texts_of_row, objectives))


def test_rows_without_any_text_have_texts() -> None:
    assert list(texts_of(ObjectiveRow, [ObjectiveRow(2), ObjectiveRow(3)])) == ["{}", "{}"]


@given(any_rows(KeyResultRow))
def test_the_dates_of_a_row_are_those_that_its_first_reading_records(rows: tuple[KeyResultRow, ...]) -> None:
    for row in rows:
        seen, _, _ = look_at(row, None, date(2026, 10, 9))
        assert dates_of(row, None, date(2026, 10, 9)) == (seen.value_seen, seen.changed_on)


@pytest.mark.parametrize("dialect", (sqlite.dialect(), postgresql.dialect()), ids=("sqlite", "postgresql"))
@given(data=st.data())
def test_columns_are_stored_and_restored_as_their_type_does_one_by_one(dialect: Any, data: Any) -> None:
    kind, values = data.draw(st.sampled_from(COLUMNS))
    column = data.draw(st.lists(st.one_of(st.none(), values), max_size=4))
    bind = kind.dialect_impl(dialect).bind_processor(dialect) or (lambda value: value)
    stored = list(to_store(kind, dialect, column))
    assert repr(stored) == repr([bind(value) for value in column])
    code = 701 if isinstance(kind, Number) else None  # as PostgreSQL names a column of floats
    result = kind.dialect_impl(dialect).result_processor(dialect, code) or (lambda value: value)
    assert repr(list(from_store(kind, dialect, code, stored))) == repr([result(value) for value in stored])
    assert not any(isinstance(value, float) and not math.isfinite(value) for value in stored)

"""One table of many sheets, its columns laid end to end; and such columns of values that come otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice, repeat
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sync.core.arrays import Texts
from sync.core.columns import Columns, parts_of, plan
from sync.core.model import TeamSheet
from sync.core.packed import Packed, together
from sync.core.stack import CHECK_IN_WORDS, TABLES, beside

_DATES = frozenset({"date", "last_check_in", "starts", "due"})
_EPOCH = date(1970, 1, 1).toordinal()
_NO_DATE = np.iinfo(np.int64).min  # how numpy stores NaT


def table_of(sheets: Sequence[TeamSheet], table: str) -> dict[str, Any]:
    """The columns of one table of all sheets; source_key and unit_key are the same number here."""
    tables = [Columns.of(TABLES[table], getattr(sheet, table)) for sheet in sheets]
    source = np.repeat(np.arange(len(sheets), dtype=np.int64), list(map(len, tables)))
    fresh = [rows for rows in tables if rows.kept is None]
    columns = _laid(fresh, table)
    if len(fresh) < len(tables):
        columns = beside(columns, tables, table)
    named = {name: texts(c) if c.dtype == np.object_ else c for name, c in columns.items()}
    return {"unit_key": source, "source_key": source.copy(), **named}


def _laid(tables: Sequence[Columns[Any]], table: str) -> dict[str, npt.NDArray[Any]]:
    counts = [len(rows) for rows in tables if rows]
    nothing = repeat((), len(parts_of(TABLES[table], ())))  # without any row there are columns, too
    parts = zip(*(rows.packed for rows in tables if rows), strict=True) if counts else nothing
    found: dict[str, npt.NDArray[Any]] = {}
    for name, blank in plan(TABLES[table]):
        packed = list(islice(parts, 1 if blank is None else len(blank)))
        if table == "check_ins" and name in CHECK_IN_WORDS:
            continue
        used = packed if name == "current" else packed[:3]  # only of `current` a rule asks for formulas
        whole = [_joined(part, counts) for part in used]
        found |= {name: _typed(name, *whole)} if blank is None else _amount(name, *whole)
    return found


def _joined(packed: Sequence[Packed], counts: Sequence[int]) -> Texts:
    """One column of all sheets."""
    same = [part[""] for part in packed if isinstance(part, dict)]
    if len(same) == len(packed):
        return np.repeat(cells(same), np.array(counts, dtype=np.int64))
    return cells(together(packed, counts), sum(counts))


def cells(values: Iterable[Any], count: int = -1) -> Texts:
    """The values as an array."""
    return np.fromiter(values, dtype=np.object_, count=count)


def part(rows: Sequence[Any], at: int) -> list[Any]:
    """One part of every row."""
    return list(map(itemgetter(at), rows))


def _typed(name: str, column: Texts) -> npt.NDArray[Any]:
    if name in _DATES:
        day_of = {text: date.fromisoformat(text).toordinal() if text else 0 for text in set(column)}
        return _moments(map(day_of.__getitem__, column), len(column))
    return column.astype(np.int64) if name == "row" else column


def _amount(name: str, value: Texts, was: Texts, raw: Texts, *formula: Texts) -> dict[str, npt.NDArray[Any]]:
    numbers = value.astype(np.float64)  # None becomes NaN
    numbers[~np.isfinite(numbers)] = np.nan
    columns = {name: numbers, f"{name}_was": was, f"{name}_raw": raw}
    if name == "current":
        columns["current_formula"] = formula[0].astype(np.bool_)
    return columns


def amount(name: str, value: Texts, was: Texts, raw: Texts, *formula: Texts) -> dict[str, Any]:
    """An Amount column as three: the number, what it was, its own text (and whether Current is a formula)."""
    columns = _amount(name, value, was, raw, *formula)
    return {named: texts(c) if c.dtype == np.object_ else c for named, c in columns.items()}


def dates(column: Sequence[date | None] | Texts) -> npt.NDArray[Any]:
    """The column as datetime64[s]."""
    return _moments((0 if day is None else day.toordinal() for day in column), len(column))


def _moments(ordinals: Iterable[int], count: int) -> npt.NDArray[Any]:
    days = np.fromiter(ordinals, np.int64, count)
    return np.where(days == 0, _NO_DATE, (days - _EPOCH) * 86_400).view("datetime64[s]")


def texts(column: Sequence[str] | Texts) -> pd.Series[Any]:
    """The column as an object column."""
    return pd.Series(column, dtype=object, copy=False)

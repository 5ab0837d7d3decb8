"""Columns of the portfolio's frames as numpy arrays, in the few forms that the arithmetic needs.

A day is a whole number (days since 1970-01-01), `UNKNOWN` where there is none: it is older than any.
A kind is the position of a cell's `Was` in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sync.core.model import Was

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

UNKNOWN = -(10**9)
KINDS = tuple(map(str, Was))
MISSING, NUMBER, PERCENT, BOOL, TEXT, ERROR = range(len(KINDS))
_EPOCH = date(1970, 1, 1).toordinal()


def numbers(frame: pd.DataFrame, column: str) -> Floats:
    """The column as floats, NaN where there is none."""
    return frame[column].to_numpy(dtype=np.float64)


def keys(frame: pd.DataFrame, column: str) -> Ints:
    """The column as row numbers of another frame, -1 where there is none."""
    return frame[column].to_numpy(dtype=np.int64)


def flags(frame: pd.DataFrame, column: str) -> Bools:
    """The column as booleans."""
    return frame[column].to_numpy(dtype=np.bool_)


def texts(frame: pd.DataFrame, column: str) -> Texts:
    """The column as texts."""
    return frame[column].to_numpy(dtype=np.object_)


def kinds(frame: pd.DataFrame, column: str) -> Ints:
    """What each cell of an amount's `…_was` column held, as positions in KINDS."""
    return positions(frame[column], KINDS)


def positions(values: pd.Series | Texts, options: Sequence[str]) -> Ints:
    """For each text its position among the options, -1 when it is none of them."""
    asked = pd.Index(np.asarray(values, dtype=np.object_), dtype="object")
    return _index(tuple(options)).get_indexer(asked).astype(np.int64)


def named(at: Ints, options: Sequence[str]) -> Texts:
    """The texts at those positions."""
    return np.array(options, dtype=np.object_)[at]


def column(values: Texts) -> pd.Series[Any]:
    """Texts as an object column, as the portfolio keeps them."""
    return pd.Series(values, dtype="object")


def days(frame: pd.DataFrame, column: str) -> Ints:
    """The column's dates as day numbers."""
    moments = frame[column].to_numpy(dtype="datetime64[s]")
    return np.where(np.isnat(moments), UNKNOWN, moments.astype("datetime64[D]").astype(np.int64))


def day_number(day: date) -> int:
    """The day's number."""
    return day.toordinal() - _EPOCH


def dates(numbered: Ints) -> npt.NDArray[np.datetime64]:
    """Day numbers as datetime64[s], NaT where unknown."""
    known = numbered != UNKNOWN
    moments = np.where(known, numbered, 0).astype("datetime64[D]").astype("datetime64[s]")
    moments[~known] = np.datetime64("NaT")
    return moments


@cache
def _index(options: tuple[str, ...]) -> pd.Index[Any]:
    return pd.Index(np.array(options, dtype=np.object_), dtype="object")

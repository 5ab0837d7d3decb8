"""What may stand in a prefilled cell, and how it is written: text is text, whatever it begins with."""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

from sheet_templates.look import Look, Sheet


class Percent(NamedTuple):
    """A number in a percent-formatted cell: `Percent(0.625)` shows 62.5%."""

    value: float


class Formula(NamedTuple):
    """A formula with its cached result; `None` for one that was never calculated."""

    text: str
    value: float | str | bool | None = None


Value = str | float | bool | date | Percent | Formula | None


class NotWritten(Exception):
    """XlsxWriter refused something; it only *returns* a code, which nobody would see."""


def done(code: object) -> None:
    """Nothing when XlsxWriter's return code says it worked; NotWritten otherwise."""
    if isinstance(code, int) and code != 0:
        raise NotWritten(f"XlsxWriter returned {code}")


def write(sheet: Sheet, row: int, column: int, value: Value, style: str, look: Look) -> None:
    """Writes one cell (row and column from 0) in a style of the look; None and "" leave it empty."""
    match value:
        case None | "":
            return
        case bool():
            done(sheet.write_boolean(row, column, value, look[style]))
        case str():
            done(sheet.write_string(row, column, value, look[style]))
        case Percent():
            done(sheet.write_number(row, column, value.value, look["amount percent"]))
        case Formula():
            cached = "" if value.value is None else value.value
            done(sheet.write_formula(row, column, value.text, look[style], cached))
        case date():
            done(sheet.write_datetime(row, column, value, look["date" if style == "amount" else style]))
        case _:
            if not math.isfinite(value):
                raise NotWritten(f"{value} is no number that a cell can hold")
            done(sheet.write_number(row, column, value, look[style]))

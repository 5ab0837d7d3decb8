"""Number formats: what a format code makes of a number, and the date or time behind a serial number.

Source: ECMA-376 part 1, 18.8.30 (numFmt) and 18.17.4 (dates and times).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from sync.core.grid import Kind, Style


class Shape(StrEnum):
    """What a format shows a number as."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    DURATION = "duration"


class NumberFormat(NamedTuple):
    """The class of a number format: how the cell is styled, and as what its number is shown."""

    style: Style
    shape: Shape = Shape.NUMBER


PLAIN = NumberFormat(Style.PLAIN)
PERCENT = NumberFormat(Style.PERCENT)
CURRENCY = NumberFormat(Style.CURRENCY)
TEXT = NumberFormat(Style.TEXT)
DATE = NumberFormat(Style.DATE, Shape.DATE)
TIME = NumberFormat(Style.DATE, Shape.TIME)
DURATION = NumberFormat(Style.DATE, Shape.DURATION)

# 27-36 and 50-58 are dates of East Asian Excel; 32-35, 55 and 56 are a time in one language and a
# date in another, which the time rule below tells apart by the size of the number.
BUILT_IN: dict[int, NumberFormat] = {
    **dict.fromkeys((5, 6, 7, 8, 42, 44), CURRENCY),
    **dict.fromkeys((9, 10), PERCENT),
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58), DATE),
    **dict.fromkeys((18, 19, 20, 21, *range(32, 36), 45, 47, 55, 56), TIME),
    46: DURATION,
    49: TEXT,
}

# Quoted text, an escaped character, a space as wide as a character, a repeated character.
_LITERAL = re.compile(r'"[^"]*(?:"|$)|[\\_*].?', re.DOTALL)
_BRACKETED = re.compile(r"\[([^\]]*)\]")
_ELAPSED = re.compile(r"h+|m+|s+")
_NOON = re.compile(r"am/pm|a/p")
_NO_DATE = re.compile(r"general|e[+-]")
_DATE_LETTERS = frozenset("ymdhsgeba")

_DAY = 86_400_000  # milliseconds: the precision that Excel keeps
_LAST_SERIAL = 2_958_466  # the day after 9999-12-31
_PHANTOM = 60  # 1900-02-29, a day that never was


@lru_cache(maxsize=512)
def classify(code: str) -> NumberFormat:
    """The class of a custom format code such as `0.0%`, `[$€-407] #,##0` or `dd.mm.yyyy`.

    Percent is any code with a % that is neither quoted nor escaped, in any of its sections.
    """
    bare = _LITERAL.sub("", code)
    brackets = _BRACKETED.findall(bare)
    bare = _BRACKETED.sub("", bare).lower()
    if "%" in bare:
        return PERCENT
    if bare.strip() == "@":
        return TEXT
    if any(_ELAPSED.fullmatch(inside.lower()) for inside in brackets):
        return DURATION
    dated = _dated(bare)
    if dated is not None:
        return dated
    return CURRENCY if _names_currency(code, brackets) else PLAIN


def _dated(bare: str) -> NumberFormat | None:
    codes = _NO_DATE.sub("", bare)
    noon = _NOON.search(codes) is not None
    letters = {char for char in _NOON.sub("", codes) if char.isalpha()}
    # A letter that is no date code means text that its writer forgot to quote ("Standard"): no date.
    if not (letters or noon) or not letters <= _DATE_LETTERS:
        return None
    clock = noon or not letters.isdisjoint("hs")
    month = "m" in letters and (not clock or "mmm" in codes)
    return DATE if month or not letters.isdisjoint("ydgeba") else TIME


def _names_currency(code: str, brackets: list[str]) -> bool:
    if any(inside.startswith("$") and inside[1:].split("-")[0] for inside in brackets):
        return True
    return any(unicodedata.category(char) == "Sc" for char in _BRACKETED.sub("", code))


@lru_cache(maxsize=4096)
def from_serial(
    serial: float, shape: Shape, *, date1904: bool
) -> tuple[Kind, date | time | timedelta] | None:
    """The date, time or duration that a serial number is, or None where the calendar has none.

    None are: the phantom 29 February 1900 (serial 60), day 0 and negative days, days after 9999, and
    negative times. A caller keeps those as numbers in a date format; they never become another date.
    A whole day comes back as date, any other as datetime, to the millisecond. A format that shows the
    time alone on a number of 61 days and more shows part of a date; on 1 to 61 days, of a duration.
    """
    if not -_LAST_SERIAL < serial < _LAST_SERIAL:
        return None
    if shape is Shape.TIME and serial < 61:
        if serial < 0:
            return None
        if serial < 1:
            return Kind.TIME, _time(min(round(serial * _DAY), _DAY - 1))
        shape = Shape.DURATION
    if shape is Shape.DURATION:
        return Kind.DURATION, timedelta(milliseconds=round(serial * _DAY))
    moment = _moment(serial, date1904=date1904)
    return None if moment is None else (Kind.DATE, moment)


def _moment(serial: float, *, date1904: bool) -> date | None:
    days, rest = divmod(round(serial * _DAY), _DAY)
    if date1904:
        day = date(1904, 1, 1) if days >= 0 else None
    elif days in {0, _PHANTOM} or days < 0:
        day = None
    else:
        # Excel counts 1900 as a leap year, so serials below the phantom day are one day off.
        day = date(1899, 12, 31) if days < _PHANTOM else date(1899, 12, 30)
    if day is None or days > (date.max - day).days:
        return None
    day += timedelta(days=days)
    return datetime.combine(day, _time(rest)) if rest else day


def _time(milliseconds: int) -> time:
    return (datetime.min + timedelta(milliseconds=milliseconds)).time()  # noqa: DTZ901  # a time of day has no zone

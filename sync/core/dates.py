"""Dates typed as text: read when they can mean one day only.

Year first (`2026-10-09`), dotted (`09.10.2026`: day first everywhere it is in use), and with the month's
name in either order. With slashes or hyphens and the year last, the order is known only when one number
is above twelve or both are equal.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

FIRST_YEAR, LAST_YEAR = 1990, 2100

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = r"(?P<month>[A-Za-z]{3,9})\.?"
_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?P<year>[0-9]{2}|[0-9]{4})"
_TIME = r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})([-/.])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})" + _TIME)
_DOTTED = re.compile(rf"{_DAY}\.\s?(?P<month>[0-9]{{1,2}})\.\s?{_YEAR}{_TIME}")
_NAMED = (
    re.compile(rf"{_DAY}(?:st|nd|rd|th|\.)?[\s-]*{_MONTH},?[\s-]*{_YEAR}"),
    re.compile(rf"{_MONTH}\s*{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}"),
)
_EITHER = re.compile(rf"(?P<one>[0-9]{{1,2}})([-/])(?P<two>[0-9]{{1,2}})\2{_YEAR}{_TIME}")


def possible(text: str) -> list[date]:
    """The days that a text can mean, earliest first: none, one, or two when the order is ambiguous.

    A two-digit year is read as this century's; `whole_year` tells whether it was written in full.
    """
    text = text.strip()
    for pattern in (_YEAR_FIRST, _DOTTED):
        if match := pattern.fullmatch(text):
            return _days((match["year"], match["month"], match["day"]))
    for pattern in _NAMED:
        if match := pattern.fullmatch(text):
            return _days((match["year"], _month_number(match["month"]), match["day"]))
    if match := _EITHER.fullmatch(text):
        one, two, year = match["one"], match["two"], match["year"]
        return _days((year, one, two), (year, two, one))
    return []


def looks_like_date(text: str) -> bool:
    """Whether a text has the form of a date, possible or not (`31.02.2026`)."""
    patterns = (_YEAR_FIRST, _DOTTED, *_NAMED, _EITHER)
    return any(pattern.fullmatch(text.strip()) for pattern in patterns)


def whole_year(text: str) -> bool:
    """Whether the year is written with four digits."""
    return re.search(r"(?<![0-9])[0-9]{4}(?![0-9])", text) is not None


def in_range(day: date) -> bool:
    """Whether a date can belong to an OKR cycle; others are typing errors or unformatted numbers."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def from_serial(number: float) -> date | None:
    """The day of a spreadsheet's serial number (1900 system, after its phantom leap day), or None."""
    if not 61 <= number < 2_958_466:
        return None
    return date(1899, 12, 30) + timedelta(days=int(number))


def _month_number(name: str) -> str:
    name = name.lower()
    if name == "sept":
        return "9"
    hits = [i for i, month in enumerate(_MONTHS, start=1) if name in (month, month[:3])]
    return str(hits[0]) if hits else "0"


def _days(*parts: tuple[str, str, str]) -> list[date]:
    days = set()
    for year, month, day in parts:
        full = int(year) + (2000 if len(year) == 2 else 0)
        try:
            days.add(date(full, int(month), int(day)))
        except ValueError:
            continue  # no day of the calendar in this order
    return sorted(days)

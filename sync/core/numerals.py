"""Numbers typed as text: read under a declared number format, or only when they can mean one number.

A format (a key of `schema.NUMBER_FORMATS`) is strict: its group separator stands before every three
digits or nowhere, and no other separator stands anywhere. So `0,5` under `1,234.5` is no number, rather
than 5. Without a declared format a text is read under all of them and is a number when they agree.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from sync.core.grid import number_text
from sync.core.schema import NUMBER_FORMATS

_BLANKS = " \u00a0\u202f"
_MINUS = "\u2212"
_GROUPED_BY_BLANK = re.compile(rf"[0-9][{_BLANKS}][0-9]")
_FORMAT_EXAMPLE = re.compile(r"1(\D)234(\D)[0-9]+")
_INSIDE = re.compile(rf"[+\-{_MINUS}]?[0-9](?:[0-9.,'’{_BLANKS}]*[0-9])?[{_BLANKS}]?(?:%|[A-Za-z]*)")
_MULTIPLES = {"k": 1e3, "m": 1e6, "mio": 1e6, "mn": 1e6, "bn": 1e9, "mrd": 1e9}
_QUOTIENT = re.compile(r"([0-9]{1,9})\s*[/\u2044]\s*([0-9]{1,9})")


class Numeral(NamedTuple):
    """A number read from text; `percent` tells that it was written with %, `value` is the fraction then."""

    value: float
    percent: bool

    def written(self, number_format: str) -> str:
        """The number as text under a format, without grouping (with `.` when none is declared)."""
        shown = number_text(self.value * 100) if self.percent else number_text(self.value)
        return shown.replace(".", _decimal(number_format)) + ("%" if self.percent else "")


def known_format(text: str) -> str | None:
    """The number format that a text names (`1,234.50` is `1,234.5`), "" for a blank one, None if unknown."""
    if not text.strip():
        return ""
    example = _FORMAT_EXAMPLE.fullmatch(text.strip())
    if example is None:
        return None
    group, decimal = example.groups()
    for name, (groups, separator) in NUMBER_FORMATS.items():
        if group in groups and decimal == separator:
            return name
    return None


def read(text: str, number_format: str) -> Numeral | None:
    """The number that a text is under a format ("" = none declared), None when it is none or ambiguous."""
    text = text.strip()
    if number_format:
        return _under(text, number_format)
    found = readings(text)
    return found[0] if len(found) == 1 and not _GROUPED_BY_BLANK.search(text) else None


def readings(text: str) -> list[Numeral]:
    """Every number that the text is under any of the formats, smallest first."""
    found = {_under(text.strip(), name) for name in NUMBER_FORMATS}
    return sorted(numeral for numeral in found if numeral is not None)


def meant(text: str, number_format: str) -> list[Numeral]:
    """What somebody may have meant by a text that is no number: `€3k` 3000, `½` 0.5, `12/5` 2.4.

    Only ever used to suggest, never to compute.
    """
    found = readings(text) or _fraction(text)
    if found:
        return found
    inside = _INSIDE.findall(text)
    return _with_multiple(inside[0], number_format) if len(inside) == 1 else []


def write(value: float, number_format: str, *, decimals: int | None = None) -> str:
    """A number as text with group separators under a format; all its decimals unless told how many."""
    groups, decimal = NUMBER_FORMATS[number_format]
    plain = f"{value:,.{decimals}f}" if decimals is not None else f"{value:,}"
    return plain.replace(",", "\0").replace(".", decimal).replace("\0", groups[0])


def _decimal(number_format: str) -> str:
    return NUMBER_FORMATS[number_format][1] if number_format else "."


@lru_cache
def _pattern(number_format: str) -> re.Pattern[str]:
    groups, decimal = NUMBER_FORMATS[number_format]
    grouped = rf"[1-9][0-9]{{0,2}}(?P<group>[{groups}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*"
    return re.compile(
        rf"(?P<sign>[+\-{_MINUS}]?)(?P<whole>{grouped}|[0-9]*)"
        rf"(?:{re.escape(decimal)}(?P<fraction>[0-9]+))?"
        rf"(?:[eE](?P<exponent>[+-]?[0-9]{{1,4}}))?(?P<percent>[{_BLANKS}]?%)?"
    )


def _under(text: str, number_format: str) -> Numeral | None:
    match = _pattern(number_format).fullmatch(text)
    if match is None or not (match["whole"] or match["fraction"]):
        return None
    if match["group"] and match["exponent"]:
        return None
    percent = match["percent"] is not None
    sign = "-" if match["sign"] in ("-", _MINUS) else ""
    digits = re.sub(r"\D", "", match["whole"])
    fraction = match["fraction"] or ""
    # The shift by two places happens in the text, so that 5.9 % is the very double of 0.059.
    exponent = int(match["exponent"] or 0) - (2 if percent else 0)
    value = float(f"{sign}{digits or '0'}.{fraction or '0'}e{exponent}")
    if not math.isfinite(value) or (value == 0 and (digits + fraction).strip("0")):
        return None
    return Numeral(value + 0.0, percent)  # + 0.0 makes zero of minus zero


def _fraction(text: str) -> list[Numeral]:
    text = text.strip()
    if len(text) == 1 and unicodedata.category(text) == "No":
        return [Numeral(unicodedata.numeric(text), percent=False)]
    match = _QUOTIENT.fullmatch(text)
    if match is None or not int(match[2]):
        return []
    return [Numeral(int(match[1]) / int(match[2]), percent=False)]


def _with_multiple(inside: str, number_format: str) -> list[Numeral]:
    letters = re.sub(r"[^A-Za-z]", "", inside)
    digits = inside[: len(inside) - len(letters)].strip()
    multiple = _MULTIPLES.get(letters.lower(), 1.0)
    own = read(digits, number_format)
    found = [own] if own else readings(digits)
    return [Numeral(numeral.value * multiple, numeral.percent) for numeral in found]

"""One cell as the value a column wants: a text, an id, an amount, a date or one of its choices.

Each reader returns the value and, when something is wrong, a Trouble: the rule and the words that fill
its templates, without the place, which only the caller knows. An error or an unreadable text is never
read as blank, zero or the last value (TRUST 5): amounts keep it as `Was.ERROR` with its raw text, text
columns keep the error's own text, and a date counts as not given and says so.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from sync.core import dates, numerals
from sync.core.checks.structure import S103, S104, S105, S106, S109, S113
from sync.core.grid import Cell, Kind, Style, display
from sync.core.model import NOTHING, Amount, Was
from sync.core.problems import Rule

LONGEST_TEXT = 32_767  # characters in a cell of Excel
# Looked up once: a look into an Enum costs as much as the rest of a short text's way.
_BLANK, _TEXT, _NUMBER, _ERROR = Kind.BLANK, Kind.TEXT, Kind.NUMBER, Kind.ERROR
_UNCALCULATED, _AS_DATE, _AS_PERCENT = Kind.UNCALCULATED, Style.DATE, Style.PERCENT
# English, and the commonest words of the larger European languages; ticks and crosses of any.
_YES = frozenset(
    {"yes", "y", "true", "done", "x", "✓", "✔", "☑", "ja", "wahr", "erledigt", "oui", "vrai", "fait", "si"}
    | {"sí", "sì", "hecho", "fatto", "sim", "feito", "klaar", "tak"}
)
_NO = frozenset(
    {"no", "n", "false", "not done", "✗", "✘", "☐", "nein", "falsch", "non", "faux", "não", "falso"}
    | {"nee", "nie"}
)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Words(Enum):
    """Which words may stand in an amount's cell besides numbers; the row's Measure decides."""

    NONE = "none"
    YES_NO = "yes or no"
    STAGES = "any text: the last milestone done"


class Trouble(NamedTuple):
    """What is wrong with one cell: the rule, and what its templates need besides the place."""

    rule: Rule
    value: str = ""
    reason: str = ""
    suggestion: str = ""
    outcome: str = ""
    length: int = 0


def text(cell: Cell) -> tuple[str, Trouble | None]:
    """(text, trouble): outer white space stripped, numbers and dates as a person would quote them."""
    said = str(cell.value) if cell.kind is _TEXT else ""
    if said and len(said) <= LONGEST_TEXT and said.isprintable():  # nearly every cell, at once
        return said.strip(), None
    if trouble := _no_value(cell):
        return trouble.value, trouble
    words = writable(cell.text).strip()
    if len(words) > LONGEST_TEXT:
        return words[:LONGEST_TEXT], Trouble(S113, words, length=len(words))
    return words, None


def identifier(cell: Cell) -> tuple[str, Trouble | None]:
    """(id, trouble): text byte for byte but for outer white space; a number cell 7 is the id `7`.

    A date is a typed id that the spreadsheet took for a date (`3-4`); its text is kept and reported.
    """
    if cell.kind in (Kind.DATE, Kind.TIME, Kind.DURATION):
        return cell.text, Trouble(
            S105,
            cell.text,
            reason="which is a date where an ID is expected",
            suggestion="Format the column as text, then type the ID again; it was turned into a date.",
        )
    return text(cell)


def amount(cell: Cell, number_format: str, words: Words = Words.NONE) -> tuple[Amount, Trouble | None]:
    """(amount, trouble) under a number format ("" = none declared); `words` may stand there besides.

    A percent-formatted number and a text with % are fractions (`Was.PERCENT`); a text of white space is
    missing and keeps its raw text; TRUE and FALSE cells are `Was.BOOL` under every measure.
    """
    if cell.kind is _BLANK:
        return NOTHING, None
    if trouble := _no_value(cell):
        return _unreadable(cell, trouble.value), trouble
    match cell.value:
        case bool() as answer:
            return Amount(float(answer), Was.BOOL, cell.text, cell.formula), None
        case float() | int() as number if cell.style is not _AS_DATE:  # a day that no calendar has
            return _number(cell, float(number))
        case str() as typed:
            return _typed(cell, writable(typed), number_format, words)
        case _:
            trouble = Trouble(S104, cell.text, "which is a date or a time, not a number", _FORMAT_AS_NUMBER)
            return _unreadable(cell, cell.text), trouble


def day(cell: Cell) -> tuple[date | None, Trouble | None]:
    """(date, trouble): a date cell's day, its time left out, or a text that can mean one day only."""
    if trouble := _no_value(cell):
        return None, trouble
    match cell.value:
        case datetime() as moment:
            return _in_range(moment.date(), cell.text)
        case date() as found:
            return _in_range(found, cell.text)
        case str() as typed:
            return _typed_day(writable(typed).strip())
        case None:
            return None, None
        case _:
            return None, Trouble(S105, cell.text, "which is not a date", _date_suggestion(cell))


def choice(cell: Cell, choices: Sequence[str]) -> tuple[str, Trouble | None]:
    """(one of the choices, trouble): case, blanks and hyphens do not matter; an unknown word is kept."""
    word, trouble = text(cell)
    if trouble or not word:
        return word, trouble
    if word in choices:
        return word, None
    known = next((option for option in choices if fold(option) == fold(word)), None)
    if known is not None:
        return known, None
    return word, Trouble(
        S109, word, suggestion=f"{did_you_mean(word, choices)}Its choices are: {', '.join(choices)}."
    )


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """A name as it is compared: letters and digits only, case folded (`Key-Result ` is `keyresult`)."""
    if name.isascii():  # the same in a tenth of the time
        plain = name.lower()
        return plain.translate(_ASCII_SIGNS) or plain.strip()
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(filter(str.isalnum, plain)) or plain.strip()


_ASCII_SIGNS = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.7) -> str:
    """The known name that a misspelled one comes closest to, "" if none is as near as the cutoff (0 to 1)."""
    by_fold = {fold(option): option for option in known}
    close = get_close_matches(fold(name), by_fold, n=1, cutoff=cutoff)
    return by_fold[close[0]] if close else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean "On track"? ` with a blank at its end, or "" when no known name is near."""
    close = nearest(name, known)
    return f'Did you mean "{close}"? ' if close else ""


def writable(words: str) -> str:
    """The text with � for what no workbook or database holds: NUL, control signs, half surrogates."""
    return words if words.isprintable() else _UNWRITABLE.sub("\ufffd", words)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that a person would see."""
    kind = cell.kind
    return kind is _BLANK or (kind is _TEXT and not str(cell.value).strip())


# --- what a cell may hold instead of a value ------------------------------------------------------

_FORMAT_AS_NUMBER = "Format the cell as a number and type the value again."


def _no_value(cell: Cell) -> Trouble | None:
    kind = cell.kind
    if kind is _ERROR:
        return Trouble(S103, str(cell.value))
    return Trouble(S106) if kind is _UNCALCULATED else None


def _unreadable(cell: Cell, raw: str) -> Amount:
    return Amount(None, Was.ERROR, raw, cell.formula)


# --- numbers --------------------------------------------------------------------------------------


def _number(cell: Cell, number: float) -> tuple[Amount, Trouble | None]:
    if not math.isfinite(number):
        trouble = Trouble(S104, cell.text, "which is not a number", _FORMAT_AS_NUMBER)
        return _unreadable(cell, cell.text), trouble
    was = Was.PERCENT if cell.style is _AS_PERCENT else Was.NUMBER
    return Amount(number + 0.0, was, cell.text, cell.formula), None  # + 0.0 makes zero of minus zero


def _typed(cell: Cell, typed: str, number_format: str, words: Words) -> tuple[Amount, Trouble | None]:
    if not typed.strip():
        return Amount(None, Was.MISSING, typed, cell.formula), None
    numeral = numerals.read(typed, number_format)
    if numeral is not None:
        was = Was.PERCENT if numeral.percent else Was.NUMBER
        return Amount(numeral.value, was, typed, cell.formula), None
    answer = _answer(typed)
    if words is Words.YES_NO and answer is not None:
        return Amount(answer, Was.BOOL, typed, cell.formula), None
    if words is Words.STAGES:
        return Amount(None, Was.TEXT, typed, cell.formula), None
    reason, suggestion = _not_a_number(typed, number_format, words)
    return _unreadable(cell, typed), Trouble(S104, typed, reason, suggestion)


def _answer(typed: str) -> float | None:
    word = " ".join(typed.split()).casefold()
    return 1.0 if word in _YES else 0.0 if word in _NO else None


def _not_a_number(typed: str, number_format: str, words: Words) -> tuple[str, str]:
    """(reason, suggestion) for a text that is no number under the format."""
    if words is Words.YES_NO and not any(map(str.isdigit, typed)):
        return "which is neither a number nor yes or no", "Write yes or no, or the number alone."
    if not number_format and (found := numerals.readings(typed)):
        return _open(found), (
            'Type it into a cell formatted as a number, or choose the "Number format" on the Team tab.'
        )
    reason = "which is not a number" + (f" in the format {number_format}" if number_format else "")
    meant = [numeral.written(number_format) for numeral in numerals.meant(typed, number_format)]
    if not meant:
        example = numerals.Numeral(12.5, percent=False).written(number_format)
        return reason, f"Write the number alone, for example 12 or {example}."
    return reason, f"Did you mean {' or '.join(meant)}? Write the number alone, without signs or units."


def _open(readings: Sequence[numerals.Numeral]) -> str:
    could = " or ".join(numeral.written("") for numeral in readings)
    return (
        f"which could be {could}" if len(readings) > 1 else f"which is {could} only if a blank groups digits"
    )


# --- dates ----------------------------------------------------------------------------------------


def _in_range(found: date, raw: str) -> tuple[date | None, Trouble | None]:
    if dates.in_range(found):
        return found, None
    span = f"which is not between {dates.FIRST_YEAR} and {dates.LAST_YEAR}"
    return None, Trouble(S105, raw, span, "Write the day that is meant, for example 2026-10-09.")


def _typed_day(typed: str) -> tuple[date | None, Trouble | None]:
    if not typed:
        return None, None
    possible = dates.possible(typed)
    if len(possible) == 1 and dates.whole_year(typed):
        return _in_range(possible[0], typed)
    if possible:
        either = " or ".join(found.isoformat() for found in possible)
        return None, Trouble(S105, typed, f"which could be {either}", f"Write {either}, whichever is meant.")
    impossible = dates.looks_like_date(typed)
    reason = "which is no day of the calendar" if impossible else "which is not a date"
    return None, Trouble(S105, typed, reason, "Write it as year-month-day, for example 2026-10-09.")


def _date_suggestion(cell: Cell) -> str:
    if cell.kind is Kind.NUMBER and isinstance(cell.value, float | int):
        found = dates.from_serial(float(cell.value))
        if found and dates.in_range(found):
            return f"Format the cell as a date; it then shows {display(found)}, if that is the day you mean."
    return "Write it as year-month-day, for example 2026-10-09."

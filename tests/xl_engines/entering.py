"""What Excel makes of a text that is put into a cell: `Range.value = text` is typing it, not storing it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import NamedTuple

ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
NUMBER = re.compile(r"[+-]?\$?(\d[\d,]*\.?\d*|\.\d+)(E[+-]?\d+)?\s?%?", re.IGNORECASE)
DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d-%b-%Y", "%d-%b-%y")
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a day in a sheet has no zone


class Entered(NamedTuple):
    """What stands in the cell then; `style` is the number format that a General cell takes on."""

    value: float | str | bool
    formula: bool = False
    style: str = ""


def entered(value: object, *, as_text: bool) -> Entered:
    """What a value becomes in a cell; `as_text` says that the cell has the format Text."""
    if isinstance(value, bool):
        return Entered(value)
    if isinstance(value, (date, datetime)):
        return Entered(serial(value), style="m/d/yyyy" if _is_day(value) else "m/d/yyyy h:mm")
    if isinstance(value, (int, float)):
        return Entered(float(value))
    text = "" if value is None else str(value)
    if text.startswith("'"):
        return Entered(text[1:])
    return Entered(text) if as_text else _typed(text)


def serial(moment: date | datetime) -> float:
    """Days since the beginning of Excel's calendar."""
    whole = datetime(*moment.timetuple()[:6])  # noqa: DTZ001 - as above
    return (whole - EPOCH).total_seconds() / 86400


def moment(value: float) -> datetime:
    """The time that a number means in a cell with a date's format, to the second."""
    return datetime.fromtimestamp(round((value - 25569) * 86400), tz=UTC).replace(tzinfo=None)


def _is_day(value: date | datetime) -> bool:
    return not isinstance(value, datetime) or (value.hour, value.minute, value.second) == (0, 0, 0)


def _typed(text: str) -> Entered:
    if text[:1] == "=" and len(text) > 1:
        return Entered(text, formula=True)
    if text.upper() in {"TRUE", "FALSE"}:
        return Entered(text.upper() == "TRUE")
    if text.upper() in ERRORS:
        return Entered("=NA()" if text.upper() == "#N/A" else f"={text}", formula=True)
    if NUMBER.fullmatch(text.strip()):
        return _number(text.strip())
    for pattern in DAYS:
        try:
            return Entered(serial(datetime.strptime(text.strip(), pattern)), style="m/d/yyyy")  # noqa: DTZ007
        except ValueError:
            continue
    if text[:1] in ("+", "-", "@") and len(text) > 1:
        return Entered("=" + text.lstrip("@"), formula=True)
    return Entered(text)


def _number(text: str) -> Entered:
    percent = text.endswith("%")
    number = float(re.sub(r"[,$%\s]", "", text))
    return Entered(number / 100 if percent else number, style="0%" if percent else "")

"""What becomes of a value that is typed into a cell (USER_ENTERED) or stored as it is (RAW)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.locales import Locale
from tests.sheets_server.model import TEXT_LIMIT, Cell

EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's serial numbers have no time zone
_TIME = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp][Mm]))?$")
_ISO = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$")
_PARTS = re.compile(r"^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})$")


def plain(number: float) -> int | float:
    """A whole number without its fraction, as JSON of Google writes it."""
    return int(number) if float(number).is_integer() and abs(number) < 1e15 else number


def serial(moment: dt.datetime) -> float:
    """Days since 30 December 1899."""
    passed = moment - EPOCH
    return plain(passed.days + passed.seconds / 86400)


def raw(value: Any) -> Json | None:
    """The ExtendedValue of a value that is not to be read as if typed; None for an empty one."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": plain(value)}
    if isinstance(value, str):
        return {"stringValue": value} if value else None
    raise invalid(f"Invalid values: a cell holds text, a number or a boolean, not {type(value).__name__}")


def typed(value: Any, locale: Locale) -> tuple[Json | None, Json | None]:
    """The ExtendedValue and the number format that typing gives: `7%` is 0.07 shown as percent."""
    if not isinstance(value, str):
        return raw(value), None
    text = value.strip()
    if value.startswith("'"):
        return raw(value[1:]), None
    if text.startswith("=") and len(text) > 1:
        return {"formulaValue": text}, None
    if text.upper() in ("TRUE", "FALSE"):
        return {"boolValue": text.upper() == "TRUE"}, None
    for reading in (_number, _moment):
        found = reading(text, locale)
        if found is not None:
            return {"numberValue": plain(found[0])}, found[1]
    return raw(value), None


def _number(text: str, locale: Locale) -> tuple[float, Json | None] | None:
    symbol = next((sign for sign in locale.symbols if sign in text), "")
    percent = text.endswith("%")
    bare = text.replace(symbol, "").strip() if symbol else text
    bare = bare[:-1].strip() if percent else bare
    group, decimal = re.escape(locale.group), re.escape(locale.decimal)
    found = re.fullmatch(
        rf"([-+]?)(\d{{1,3}}(?:{group}\d{{3}})+|\d+)?(?:{decimal}(\d*))?(?:[eE]([-+]?\d{{1,3}}))?", bare
    )
    if not found or not (found[2] or found[3]) or (percent and symbol):
        return None
    whole = (found[2] or "0").replace(locale.group, "")
    number = float(f"{found[1]}{whole}.{found[3] or '0'}e{found[4] or 0}")
    fraction = ".00" if found[3] else ""
    if percent:
        return _rounded(number), {"type": "PERCENT", "pattern": f"0{fraction}%"}
    if symbol:
        return number, {
            "type": "CURRENCY",
            "pattern": locale.currency if fraction else locale.currency.replace(".00", ""),
        }
    if found[4]:
        return number, {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    if found[2] and locale.group in found[2]:
        return number, {"type": "NUMBER", "pattern": f"#,##0{fraction}"}
    return number, None


def _rounded(percent: float) -> float:
    """A hundredth, without the noise that dividing adds: 7 → 0.07."""
    return float(f"{percent / 100:.15g}")


def _moment(text: str, locale: Locale) -> tuple[float, Json | None] | None:
    day_text, _, time_text = text.partition(" ")
    day = _day(day_text, locale)
    if day is None:
        time = _time(text)
        if time is None:
            return None
        return time, {"type": "TIME", "pattern": "h:mm:ss" if text.count(":") == 2 else "h:mm"}
    number, pattern = day
    if not time_text:
        return number, {"type": "DATE", "pattern": pattern}
    time = _time(time_text)
    if time is None:
        return None
    return number + time, {"type": "DATE_TIME", "pattern": f"{pattern} H:mm:ss"}


def _time(text: str) -> float | None:
    found = _TIME.match(text)
    if not found or int(found[2]) > 59 or int(found[3] or 0) > 59 or int(found[1]) > 23:
        return None
    hours = int(found[1])
    if found[4]:
        hours = hours % 12 + (12 if found[4].lower() == "pm" else 0)
    return (hours * 3600 + int(found[2]) * 60 + int(found[3] or 0)) / 86400


def _day(text: str, locale: Locale) -> tuple[float, str] | None:
    """Serial number and pattern of a date in ISO or the locale's order."""
    iso = _ISO.match(text)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
        return _serial_of(year, month, day, "yyyy-mm-dd")
    parts = _PARTS.match(text)
    if not parts or (parts[2] == "." and locale.decimal == "."):
        return None
    first, second, year = int(parts[1]), int(parts[3]), int(parts[4])
    if len(parts[4]) == 2:
        year += 2000 if year < 50 else 1900
    month, day = (first, second) if locale.order == "mdy" else (second, first)
    return _serial_of(year, month, day, locale.date)


def _serial_of(year: int, month: int, day: int, pattern: str) -> tuple[float, str] | None:
    try:
        return serial(dt.datetime(year, month, day)), pattern  # noqa: DTZ001 - as above
    except ValueError:
        return None


def written(cell: Cell, value: Any, locale: Locale, *, as_typed: bool) -> Cell:
    """The cell after `value` is written into it; formats, notes and validation stay."""
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        raise invalid(
            f"Your input contains more than the maximum of {TEXT_LIMIT} characters in a single cell."
        )
    kept = {name: part for name, part in cell.items() if name not in ("userEnteredValue", "textFormatRuns")}
    number_format = cell.get("userEnteredFormat", {}).get("numberFormat")
    is_text = bool(number_format) and number_format.get("type") == "TEXT"
    stored, shown = (raw(value), None) if is_text or not as_typed else typed(value, locale)
    if stored is not None:
        kept["userEnteredValue"] = stored
    if shown is not None and number_format is None:
        kept["userEnteredFormat"] = kept.get("userEnteredFormat", {}) | {"numberFormat": shown}
    return kept

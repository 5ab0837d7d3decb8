"""The text a cell shows: a value under a number format and a locale."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from tests.sheets_server.entered import EPOCH
from tests.sheets_server.errors import Json
from tests.sheets_server.locales import Locale

_DATE_TYPES = ("DATE", "TIME", "DATE_TIME")
_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|AM/PM|am/pm|a/p|yyyy|yy|y|[mM]+|d+|[hH]+|s+|.', re.DOTALL
)
_NUMBER = re.compile(r"[#0?][#0?,]*(?:\.([#0?]*))?(E\+0+)?|\.([#0?]+)")
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.')


def text_of(value: Json, number_format: Json | None, locale: Locale) -> str:
    """The formattedValue of an ExtendedValue."""
    if "errorValue" in value:
        return error_text(value["errorValue"]["type"])
    if "boolValue" in value:
        return "TRUE" if value["boolValue"] else "FALSE"
    if "stringValue" in value:
        return str(value["stringValue"])
    if "numberValue" in value:
        return number_text(value["numberValue"], number_format, locale)
    return ""


def error_text(kind: str) -> str:
    """The text of an error value's type."""
    names = {
        "DIVIDE_BY_ZERO": "#DIV/0!",
        "N_A": "#N/A",
        "ERROR": "#ERROR!",
        "NULL_VALUE": "#NULL!",
        "LOADING": "Loading...",
    }
    return names.get(kind, f"#{kind}!" if kind != "NAME" else "#NAME?")


def number_text(number: float, number_format: Json | None, locale: Locale) -> str:
    """A number under a format; without one as Google's automatic format shows it."""
    kind = (number_format or {}).get("type", "")
    pattern = (number_format or {}).get("pattern") or _default(kind, locale)
    if not pattern or kind == "TEXT" or pattern in ("General", "@"):
        return _automatic(number, locale)
    if kind in _DATE_TYPES:
        return _moment_text(number, pattern)
    return _patterned(number, pattern, locale)


def _default(kind: str, locale: Locale) -> str:
    return {
        "NUMBER": "#,##0.00",
        "PERCENT": "0.00%",
        "CURRENCY": locale.currency,
        "DATE": locale.date,
        "TIME": locale.time,
        "DATE_TIME": locale.date_time,
        "SCIENTIFIC": "0.00E+00",
    }.get(kind, "")


def _automatic(number: float, locale: Locale) -> str:
    """Ten significant digits; very large and very small ones in powers of ten."""
    if number == 0:
        return "0"
    if isinstance(number, int) and abs(number) < 10**15:
        return str(number)
    if abs(number) >= 1e15 or abs(number) < 1e-9:
        mantissa, _, exponent = f"{number:.5E}".partition("E")
        text = mantissa.rstrip("0").rstrip(".")
        return f"{text}E{exponent[0]}{exponent[1:].zfill(2)}".replace(".", locale.decimal)
    whole_digits = len(str(int(abs(number)))) if abs(number) >= 1 else 0
    decimals = max(0, 10 - whole_digits) if whole_digits else 10
    text = f"{number:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", locale.decimal)


def _sections(pattern: str) -> list[str]:
    """The parts of a pattern between semicolons that stand outside of quotes."""
    return re.findall(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])+', pattern) or [pattern]


def _patterned(number: float, pattern: str, locale: Locale) -> str:
    sections = _sections(pattern)
    minus = number < 0
    if number < 0 and len(sections) > 1:
        section, minus = sections[1], False
    elif number == 0 and len(sections) > 2:
        section = sections[2]
    else:
        section = sections[0]
    literals: list[str] = []

    def keep(found: re.Match[str]) -> str:
        literals.append(found[1] or found[2] or found[3] or "")
        return chr(0xE000 + len(literals) - 1)

    bare = _LITERAL.sub(keep, section)
    value = abs(number) * 100 ** bare.count("%")
    found = _NUMBER.search(bare)
    if found:
        bare = bare[: found.start()] + _digits(value, found[0], locale) + bare[found.end() :]
    for index, literal in enumerate(literals):
        bare = bare.replace(chr(0xE000 + index), literal)
    return ("-" if minus and any(digit in bare for digit in "123456789") else "") + bare


def _digits(value: float, part: str, locale: Locale) -> str:
    """A number that is not negative under the digits of a pattern: `#,##0.00`, `0.##`, `0.00E+00`."""
    mantissa, _, exponent = part.partition("E+")
    whole, _, fraction = mantissa.partition(".")
    if exponent:
        text = f"{value:.{len(fraction)}E}"
        digits, _, power = text.partition("E")
        return f"{digits}E{power[0]}{power[1:].lstrip('0').zfill(len(exponent))}".replace(".", locale.decimal)
    text = f"{_half_up(value, len(fraction)):.{len(fraction)}f}"
    before, _, after = text.partition(".")
    while after and after[-1] == "0" and fraction[len(after) - 1] in "#?":
        after = after[:-1]
    before = before.zfill(sum(sign == "0" for sign in whole))
    if before == "0" and "0" not in whole:
        before = ""
    if "," in whole:
        before = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", locale.group, before)
    return before + (locale.decimal + after if after else "")


def _half_up(value: float, places: int) -> float:
    """Rounded as people do, on the decimal spelling of the number."""
    import decimal

    step = decimal.Decimal(1).scaleb(-places)
    return float(decimal.Decimal(f"{value:.15g}").quantize(step, decimal.ROUND_HALF_UP))


def _moment_text(number: float, pattern: str) -> str:
    moment = EPOCH + dt.timedelta(seconds=round(number * 86400))
    tokens = [(found[0], found[1]) for found in _TOKEN.finditer(pattern)]
    twelve = any(token.lower() in ("am/pm", "a/p") for token, _ in tokens)
    text = ""
    last = ""
    for index, (token, currency) in enumerate(tokens):
        letter = token[0].lower()
        following = next((t[0].lower() for t, _ in tokens[index + 1 :] if t[0].isalpha()), "")
        text += _piece(token, currency, moment, minutes=last == "h" or following == "s", twelve=twelve)
        if token[0].isalpha():
            last = letter
    return text


def _piece(token: str, currency: str | None, moment: dt.datetime, *, minutes: bool, twelve: bool) -> str:
    size, letter = len(token), token[0].lower()
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    months = {3: f"{moment:%b}", 4: f"{moment:%B}", 5: f"{moment:%B}"[0]}
    days = {3: f"{moment:%a}", 4: f"{moment:%A}"}
    pieces: dict[str, Any] = {
        "y": lambda: f"{moment.year:04d}" if size > 2 else f"{moment.year % 100:02d}",
        "d": lambda: days.get(size) or f"{moment.day:0{size}d}",
        "m": lambda: (
            f"{moment.minute:0{size}d}" if minutes else months.get(size) or f"{moment.month:0{size}d}"
        ),
        "h": lambda: f"{hour:0{size}d}",
        "s": lambda: f"{moment.second:0{size}d}",
        "a": lambda: f"{moment:%p}" if size > 3 else f"{moment:%p}"[0],
        '"': lambda: token[1:-1],
        "\\": lambda: token[1:],
        "[": lambda: currency or "",
    }
    if letter in "ydmhsa" and not re.fullmatch(r"y+|d+|[mM]+|[hH]+|s+|AM/PM|am/pm|a/p", token):
        return token
    return str(pieces.get(letter, lambda: token)())

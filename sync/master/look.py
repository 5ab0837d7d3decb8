"""How the master looks: the styles of its cells and the band above each list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sync.core import palette
from sync.core.grid import number_text
from sync.master.cells import Placed, Style, Value

PERCENT = "0%"
PERCENT_FINE = "0.0%"
DAY = "d mmm yyyy"
POINTS = "▲ 0.0%;▼ 0.0%;–"
YES_NO = '"Yes";"Yes";"No"'

_CELL = Style(line=palette.LINE)
TEXT = _CELL._replace(text=True)
WRAPPED = TEXT._replace(wrap=True)
MUTED = TEXT._replace(ink=palette.MUTED)
ID = _CELL._replace(number="@")
LINK = TEXT._replace(ink=palette.BRAND_BRIGHT, underline=True)
PILL = TEXT._replace(align="center")
RATIO = _CELL._replace(number=PERCENT, align="center")
SCORE = RATIO._replace(bold=True)
CHANGE = _CELL._replace(number=POINTS, align="center")
COUNT = _CELL._replace(number="#,##0", align="center")
AMOUNT = COUNT._replace(align="right", indent=1)
CONFIDENCE = _CELL._replace(number="0.#", align="center")
DATE = _CELL._replace(number=DAY, align="center")
NOTE_TEXT = MUTED._replace(wrap=True)
STALE = TEXT._replace(ink=palette.AMBER.ink)
NOTE = _CELL._replace(wrap=True, fill=palette.HINT)
TECHNICAL = Style(ink=palette.MUTED)
STAGE = TEXT._replace(align="right", indent=1)
RAW = STAGE._replace(ink=palette.RED.ink, italic=True)
GONE = TEXT._replace(ink=palette.MUTED, italic=True)

HEADER = Style(
    bold=True, ink=palette.PAPER, fill=palette.BRAND, wrap=True, align="left", line=palette.BRAND, text=True
)
HEADER_CENTRED = HEADER._replace(align="center")
HEADER_RIGHT = HEADER._replace(align="right", indent=1)
HEADER_THEIRS = HEADER._replace(ink=palette.INK, fill=palette.HINT)

TITLE = Style(bold=True, size=18, ink=palette.BRAND, text=True)
SUBTITLE = Style(ink=palette.MUTED, text=True)
SECTION = Style(bold=True, size=12, ink=palette.BRAND, text=True)
TILE = Style(
    bold=True, size=18, ink=palette.BRAND, fill=palette.BRAND_SOFT, align="left", number=PERCENT, indent=1
)
TILE_LABEL = Style(size=9, ink=palette.MUTED, fill=palette.BRAND_SOFT, text=True, indent=1)
TILE_ROOM = Style(fill=palette.BRAND_SOFT)

TABLE_TOP = 5
"""Where a list's header stands: title, what it shows, two rows of room or figures above it."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(when: date | None) -> str:
    """The date in words that nobody mistakes: 14 Nov 2026."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}" if when else ""


def band(title: str, words: str, as_of: str) -> tuple[Placed, ...]:
    """Title and subtitle of a sheet; `as_of` follows the words and does not make the sheet differ."""
    return (
        Placed(1, 1, title, TITLE),
        Placed(2, 1, words, SUBTITLE),
        Placed(3, 1, as_of, SUBTITLE, volatile=True),
    )


def tiles(row: int, width: int, figures: Sequence[tuple[int, str, Value, str]]) -> tuple[Placed, ...]:
    """Figures on a tinted strip with their captions below, each (column, caption, value, number format)."""
    taken = {column for column, *_ in figures}
    strip = [
        Placed(line, column, None, TILE_ROOM)
        for line in (row, row + 1)
        for column in range(1, width + 1)
        if column not in taken
    ]
    return (
        *strip,
        *(Placed(row, column, value, TILE._replace(number=number)) for column, _, value, number in figures),
        *(Placed(row + 1, column, caption, TILE_LABEL) for column, caption, *_ in figures),
    )


_DECIMALS = ("", ".0", ".00", ".000", ".0000")
_NUMBERS = tuple(AMOUNT._replace(number=f"#,##0{decimals}") for decimals in _DECIMALS)
_PERCENTS = tuple(AMOUNT._replace(number=f"0{decimals}%") for decimals in _DECIMALS[:3])
_SCIENTIFIC = AMOUNT._replace(number="0.00E+00")


def number_style(value: float) -> Style:
    """The style of an amount: with the decimals it has, at most four, and no sooner than it needs them."""
    digits = number_text(value)
    return _SCIENTIFIC if "E" in digits else _NUMBERS[min(len(digits.partition(".")[2]), 4)]


def percent_style(value: float) -> Style:
    """The style of a percent: whole ones without decimals."""
    return _PERCENTS[min(len(number_text(value * 100).partition(".")[2]), 2)]


_FORMATS = {
    "percent": "0.##%",
    "date": DAY,
    "moment": "yyyy-mm-dd hh:mm",
    "time": "hh:mm",
    "duration": "[h]:mm",
    "currency": "#,##0.00",
    "text": "@",
}


def note(style: str) -> Style:
    """How a manager's cell beside a row of ours looks, by the class of number format it had."""
    return NOTE._replace(number=_FORMATS.get(style, ""))


def plain(style: str) -> Style:
    """How a cell of a manager's own sheet looks."""
    return Style(number=_FORMATS.get(style, ""))

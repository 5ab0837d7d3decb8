"""How the master looks: the styles of its cells and the band above each list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sync.core import palette
from sync.master.cells import Placed, Style, Value

PERCENT = "0%"
PERCENT_FINE = "0.0%"
NUMBER = "#,##0.##########"
DAY = "d mmm yyyy"
POINTS = "[Color10]▲ 0.0%;[Red]▼ 0.0%;–"
YES_NO = '"Yes";"Yes";"No"'

_CELL = Style(line=palette.LINE)
TEXT = _CELL._replace(text=True)
WRAPPED = TEXT._replace(wrap=True)
MUTED = TEXT._replace(ink=palette.MUTED)
ID = _CELL._replace(number="@")
LINK = TEXT._replace(ink=palette.BRAND_BRIGHT, underline=True)
PILL = TEXT._replace(align="center")
RATIO = _CELL._replace(number=PERCENT, align="right")
SCORE = RATIO._replace(bold=True)
CHANGE = _CELL._replace(number=POINTS, align="right")
COUNT = _CELL._replace(number="#,##0", align="right")
AMOUNT = _CELL._replace(number=NUMBER, align="right")
CONFIDENCE = _CELL._replace(number="0.#", align="center")
DATE = _CELL._replace(number=DAY, align="center")
NOTE_TEXT = MUTED._replace(wrap=True)
STALE = TEXT._replace(ink=palette.AMBER.ink)
NOTE = _CELL._replace(wrap=True, fill=palette.HINT)
TECHNICAL = Style(ink=palette.MUTED)
RAW = TEXT._replace(ink=palette.RED.ink, italic=True, align="right")
GONE = TEXT._replace(ink=palette.MUTED, italic=True)

HEADER = Style(
    bold=True, ink=palette.PAPER, fill=palette.BRAND, wrap=True, align="left", line=palette.BRAND, text=True
)
HEADER_CENTRED = HEADER._replace(align="center")
HEADER_RIGHT = HEADER._replace(align="right")
HEADER_THEIRS = HEADER._replace(ink=palette.INK, fill=palette.HINT)

TITLE = Style(bold=True, size=18, ink=palette.BRAND, text=True)
SUBTITLE = Style(ink=palette.MUTED, text=True)
SECTION = Style(bold=True, size=12, ink=palette.BRAND, text=True)
TILE = Style(bold=True, size=16, ink=palette.INK, align="left", number=PERCENT)
TILE_LABEL = Style(size=9, ink=palette.MUTED, text=True)

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


def tiles(row: int, figures: Sequence[tuple[int, str, Value, str]]) -> tuple[Placed, ...]:
    """Figures with their captions below, each at (column, caption, value, number format)."""
    return tuple(
        cell
        for column, caption, value, number in figures
        for cell in (
            Placed(row, column, value, TILE._replace(number=number)),
            Placed(row + 1, column, caption, TILE_LABEL),
        )
    )


_FORMATS = {"percent": PERCENT, "date": DAY, "currency": "#,##0.00", "text": "@"}


def note(style: str) -> Style:
    """How a manager's cell beside a row of ours looks, by the class of number format it had."""
    return NOTE._replace(number=_FORMATS.get(style, ""))


def plain(style: str) -> Style:
    """How a cell of a manager's own sheet looks."""
    return Style(number=_FORMATS.get(style, ""))

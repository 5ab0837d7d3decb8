"""The words of the messages in each language, by gettext; dates and shares as people write them there.

`python -m tests.test_notify_words` renews the catalogues beside this file.
"""

from __future__ import annotations

import gettext
from datetime import date
from functools import lru_cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = ("en", "de")


def _noted(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is used."""
    return text


_DAYS = (
    _noted("Monday"),
    _noted("Tuesday"),
    _noted("Wednesday"),
    _noted("Thursday"),
    _noted("Friday"),
    _noted("Saturday"),
    _noted("Sunday"),
)
_MONTHS = (
    _noted("January"),
    _noted("February"),
    _noted("March"),
    _noted("April"),
    _noted("May"),
    _noted("June"),
    _noted("July"),
    _noted("August"),
    _noted("September"),
    _noted("October"),
    _noted("November"),
    _noted("December"),
)
_STATUSES = (
    _noted("Not started"),
    _noted("On track"),
    _noted("At risk"),
    _noted("Off track"),
    _noted("Done"),
    _noted("Paused"),
    _noted("Dropped"),
    _noted("Missed"),
    _noted("No data"),
    _noted("Outdated"),
)


_STATES = (_noted("held"), _noted("stale"))
_GRADES = (_noted("red"), _noted("amber"), _noted("green"))
_SEVERITIES = (_noted("error"), _noted("warning"), _noted("note"))


class Words:
    """One language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.translations = gettext.translation("okrsync", LOCALE, [language], fallback=language == "en")

    def __call__(self, text: str) -> str:
        """The text in this language."""
        return self.translations.gettext(text) if text else ""

    def of(self, one: str, many: str, count: int) -> str:
        """The text for that many, with `{n}` filled."""
        return self.translations.ngettext(one, many, count).replace("{n}", f"{count:,}")

    def day(self, day: date | None) -> str:
        """`Friday, 13 November`, "" for none."""
        if day is None:
            return ""
        return self(_noted("{weekday}, {day} {month}")).format(
            weekday=self(_DAYS[day.weekday()]), day=day.day, month=self(_MONTHS[day.month - 1])
        )

    def share(self, value: float | None) -> str:
        """`69 %` as whole points, `–` for none."""
        return "–" if value is None else self(_noted("{n} %")).format(n=round_half_up(value * 100))


def round_half_up(value: float) -> int:
    """The nearest whole number as workbooks show it: halves away from zero, nearly halves too."""
    return int(abs(value) + 0.5 + 1e-9) * (1 if value >= 0 else -1)


@lru_cache
def words(language: str) -> Words:
    """The words of that language, read once."""
    return Words(language)

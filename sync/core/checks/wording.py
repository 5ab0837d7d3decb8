"""Small words that messages share: counts, dates, lists, and the name that was probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

NEAR = 75.0  # of 100, as a whole: `MKT-01` finds `MKT-O1`, `CO-O1` does not find `MKT-O1`
NEAR_IN_PART = 85.0  # `Kim` finds `Kim Larsen`


def counted(count: int, noun: str) -> str:
    """`1 key result`, `3 key results`, `no key results`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def day(moment: datetime | date) -> str:
    """The day as `2026-10-16`."""
    return f"{moment:%Y-%m-%d}"


def together(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def some(names: Sequence[str], count: int = 0) -> str:
    """The first three names and how many there are besides, of `count` in all: `a, b, c and 4 more`."""
    rest = max(count, len(names)) - 3
    return together(names) if rest <= 0 else f"{', '.join(names[:3])} and {rest} more"


def nearest(text: str, names: Sequence[str]) -> str:
    """The name that is most like the text as a whole, else in part; "" when none is near (RapidFuzz)."""
    from rapidfuzz import fuzz, process, utils  # noqa: PLC0415  # listing rules starts without it

    for scorer, cutoff in ((fuzz.ratio, NEAR), (fuzz.WRatio, NEAR_IN_PART)):
        found = process.extractOne(
            text, names, scorer=scorer, processor=utils.default_process, score_cutoff=cutoff
        )
        if found:
            return found[0]
    return ""


def did_you_mean(text: str, names: Sequence[str], otherwise: str) -> str:
    """`Did you mean "…"?`, or the other sentence when no name is near."""
    near = nearest(text, names)
    return f'Did you mean "{near}"?' if near else otherwise

"""Text from a cell as a message may carry it: one line, no controls, and nothing that becomes a link.

Mail programs make links of whatever looks like an address, also in plain text. So such words get an
invisible sign after each dot, at-sign and colon: they read the same, and nobody can be sent anywhere by a
cell (TRUST 28).
"""

from __future__ import annotations

import re
import unicodedata

BREAK = "\u2060"  # WORD JOINER: no width, no line break, and no part of an address
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:|www\.|//)\S+|[^\s@]*@[^\s@]+|(?:[\w-]+\.)+[^\W\d_]{2,}", re.IGNORECASE
)
_STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, overrides of direction, lone surrogates
_JOINERS = "\u200c\u200d" + BREAK  # parts of words in some scripts, and of emoji; and our own sign


def one_line(text: str, limit: int = 200) -> str:
    """The text as one line without signs that steer, cut with an ellipsis."""
    kept = (char if char in _JOINERS or unicodedata.category(char) not in _STEERING else " " for char in text)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def harmless(text: str, limit: int = 200) -> str:
    """The text as one line in which nothing is taken for a link or an address; twice is as once."""
    return _LINK.sub(lambda found: re.sub(rf"(?<=[.:@/])(?!{BREAK})", BREAK, found[0]), one_line(text, limit))

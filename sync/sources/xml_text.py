"""Character data of XML as it stands between two tags, read without an XML parser where that is plain."""

from __future__ import annotations

import re
from typing import NoReturn


class Unusual(Exception):
    """A spelling that only the XML parser should judge; whoever meets it starts again with that."""


UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|]]>")
"""What well-formed character data cannot hold, and the carriage return, which a parser rewrites."""

_CONTROLS = bytes([*range(9), *range(0x0B, 0x20)])
_REFUSED = (b"]]>", "\ufffe".encode(), "\uffff".encode())
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*encoding *= *[\"']([^\"']*)")
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def sound(xml: bytes) -> bool:
    """Whether no character of this UTF-8 is one that `plain` refuses: one look at many texts."""
    return len(xml.translate(None, _CONTROLS)) == len(xml) and not any(map(xml.__contains__, _REFUSED))


def plain(text: str) -> str:
    """The text with its character references resolved. Raises Unusual where it is no well-formed XML."""
    if UNREADABLE.search(text):
        raise Unusual
    if "&" not in text:
        return text
    resolved, found = _REFERENCE.subn(_character, text)
    if found != text.count("&"):
        raise Unusual
    return resolved


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _NAMED[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    legal = number in {9, 10, 13} or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or number >= 0x10000
    if not legal or number > 0x10FFFF:
        raise Unusual
    return chr(number)


def utf8(xml: bytes) -> str:
    """The text of an XML part that is written in UTF-8 and says nothing else. Raises Unusual for others."""
    declared = _ENCODING.match(xml)
    if declared and declared[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise Unusual
    try:
        return xml.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusual from error


def unusual(*_: object) -> NoReturn:
    """Raises Unusual, wherever a function is called for."""
    raise Unusual

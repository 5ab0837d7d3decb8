"""The XML of a part past handlers, without surprises: no DOCTYPE (so no entity can ever be expanded)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from xml.parsers import expat

from sync.core.errors import SourceUnreadable
from sync.sources.refusals import SAVE_AS_XLSX, damaged

T = TypeVar("T")
Attributes = Mapping[str, str]
Start = Callable[[Attributes], None]
End = Callable[[], None]

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
RELATION_IDS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)

_WHOLE = re.compile(r"[0-9]{1,10}")


def parse(
    part: str,
    chunks: Iterable[bytes],
    starts: Mapping[str, Start],
    ends: Mapping[str, End],
    text: Callable[[str], None] | None = None,
    *,
    places: Mapping[str, frozenset[str]] | None = None,
) -> None:
    """Runs XML past the handlers of elements; `part` is what a refusal calls it.

    `places` gives the parents that elements may have; one that stands elsewhere is refused, because a reader
    that goes by names would take it for what it is not.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    start_of, end_of = starts.get, ends.get
    allowed = places or {}
    path = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        if name in allowed and path[-1] not in allowed[name]:
            raise damaged(f"in its part {part} an element {name.rpartition(' ')[2]} is out of its place")
        path.append(name)
        handler = start_of(name)
        if handler is not None:
            handler(attributes)

    def end(name: str) -> None:
        path.pop()
        handler = end_of(name)
        if handler is not None:
            handler()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_unknown_encoding
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise damaged(f"its part {part} is no XML ({error})") from error


def in_main(handlers: Mapping[str, T]) -> dict[str, T]:
    """The handlers of spreadsheet elements under both of their namespaces, transitional and strict."""
    return {f"{space} {local}": handler for space in MAIN for local, handler in handlers.items()}


def places_in_main(places: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """The parents of spreadsheet elements under both of their namespaces, for `parse`; "" is the document."""
    return {
        f"{space} {local}": frozenset(f"{space} {parent}" if parent else "" for parent in parents)
        for space in MAIN
        for local, parents in places.items()
    }


def whole(text: str, what: str) -> int:
    """The whole number in an attribute; anything else is damage to `what`."""
    if not _WHOLE.fullmatch(text):
        raise damaged(f"{what} is “{text[:20]}”, which is no whole number")
    return int(text)


def is_true(text: str | None) -> bool:
    """Whether an attribute says yes, in either spelling that XML Schema knows."""
    return text in {"1", "true"}


def _refuse_doctype(*_: object) -> None:
    raise SourceUnreadable(
        "its XML holds a DOCTYPE, which no spreadsheet program writes and attacks are made of.",
        "Do not trust this file; ask its sender for the original.",
    )


def _refuse_unknown_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    """Expat knows UTF-8, UTF-16, Latin-1 and ASCII itself and Python lends it any 8-bit encoding."""
    if encoding is None or encoding.lower() in {"utf-8", "utf-16", "iso-8859-1", "us-ascii"}:
        return
    try:
        known = len(bytes(range(256)).decode(encoding, "replace")) == 256
    except (LookupError, UnicodeError):
        known = False
    if not known:
        raise SourceUnreadable(f"its XML is written in the encoding {encoding[:20]}.", SAVE_AS_XLSX)

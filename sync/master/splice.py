"""The master's file from what XlsxWriter made (everything but rows and links) and the rows and links.

The parts are cut into pieces that are compressed each for itself, so that those a file before had too are
taken from it as they are (`kept`): whether they were or not, the same workbook gives the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from io import BytesIO
from itertools import islice
from typing import NamedTuple

from sync.core.errors import PublishError
from sync.master import bulk
from sync.master.cells import Sheet
from sync.master.links import links
from sync.master.package import Deflater, Part, Piece, zipped

_DATA = re.compile(rb"<sheetData(?:/>|>.*?</sheetData>)", re.DOTALL)
_BEHIND_LINKS = re.compile(rb"<printOptions|<pageMargins")
_NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)
_LINKS_AT_ONCE = 2_000

Kept = Mapping[bytes, Piece]


class Place(NamedTuple):
    """Where a piece stands in a file, how long it is, and the CRC and size of its text."""

    at: int
    length: int
    crc: int
    size: int


class Rendered(NamedTuple):
    """The file's bytes, and where each piece stands in it, by its key."""

    data: bytes
    places: dict[bytes, Place]


class Text(NamedTuple):
    """Some text of a part, made when it is called for; a key that no other text has."""

    key: bytes
    make: Callable[[], bytes]


def spliced(
    made: bytes, sheets: Mapping[str, Sheet], xf: bulk.XfIndex, *, level: int, kept: Kept
) -> Rendered:
    """What XlsxWriter made, with the rows and links of these sheets (by the name of their part) put in."""
    with Deflater(level) as deflater:
        waiting = [
            (name, [(text.key, _piece(text, kept, deflater)) for text in texts])
            for name, texts in _texts(made, sheets, xf)
        ]
        keyed = [(name, [(key, piece()) for key, piece in pieces]) for name, pieces in waiting]
    data, starts = zipped(Part(name, [piece for _, piece in pieces]) for name, pieces in keyed)
    return Rendered(data, dict(_places(keyed, starts)))


def _piece(text: Text, kept: Kept, deflater: Deflater) -> Callable[[], Piece]:
    found = kept.get(text.key)
    return deflater.piece(text.make()) if found is None else lambda: found


def _places(
    keyed: Iterable[tuple[str, Iterable[tuple[bytes, Piece]]]], starts: Mapping[str, int]
) -> Iterator[tuple[bytes, Place]]:
    for name, pieces in keyed:
        at = starts[name]
        for key, piece in pieces:
            yield key, Place(at, len(piece.data), piece.crc, piece.size)
            at += len(piece.data)


# ---------------------------------------------------------------- the texts of each part


def _texts(
    made: bytes, sheets: Mapping[str, Sheet], xf: bulk.XfIndex
) -> Iterator[tuple[str, Iterator[Text]]]:
    """The parts in XlsxWriter's order, and the relationships that sheets have only for their links."""
    with zipfile.ZipFile(BytesIO(made)) as package:
        names = package.namelist()
        of_sheets = {_relationships_of(name): sheet for name, sheet in sheets.items()}
        found = {name: package.read(name) if name in names else _NO_RELATIONSHIPS for name in of_sheets}
        added = {name: links(sheet, _next_id(found[name])) for name, sheet in of_sheets.items()}
        for name in names:
            if name in sheets:
                elements = added[_relationships_of(name)].elements
                yield name, _sheet_texts(package.read(name), sheets[name], xf, elements)
            elif name not in of_sheets:
                yield name, iter((_text(package.read(name)),))
        for name, own in added.items():
            if own.relationships or name in names:
                yield name, _relationship_texts(found[name], own.relationships)


def _relationships_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"


def _next_id(relationships: bytes) -> int:
    return 1 + relationships.count(b"<Relationship ")


def _sheet_texts(made: bytes, sheet: Sheet, xf: bulk.XfIndex, elements: tuple[str, ...]) -> Iterator[Text]:
    data, behind = _DATA.search(made), _BEHIND_LINKS.search(made)
    if data is None or behind is None or behind.start() < data.end():
        raise PublishError(
            "The master workbook could not be built: XlsxWriter writes its sheets differently."
        )
    yield _text(made[: data.start()] + b"<sheetData>")
    yield from (Text(rows.key, rows.xml) if rows.key else _text(rows.xml()) for rows in bulk.rows(sheet, xf))
    yield _text(b"</sheetData>" + made[data.end() : behind.start()] + (b"<hyperlinks>" if elements else b""))
    yield from _together(elements)
    yield _text((b"</hyperlinks>" if elements else b"") + made[behind.start() :])


def _relationship_texts(made: bytes, elements: tuple[str, ...]) -> Iterator[Text]:
    head, end, rest = made.rpartition(b"</Relationships>")
    yield _text(head)
    yield from _together(elements)
    yield _text(end + rest)


def _together(elements: Iterable[str]) -> Iterator[Text]:
    rest = iter(elements)
    while some := list(islice(rest, _LINKS_AT_ONCE)):
        yield _text("".join(some).encode())


def _text(content: bytes) -> Text:
    return Text(hashlib.sha256(content).digest(), partial(bytes, content))

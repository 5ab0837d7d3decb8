"""The zip and XML side of a workbook: its parts, inflated under limits and parsed without surprises.

Nothing here trusts what the file says about itself: bytes are counted while they are inflated, XML
with a DOCTYPE is refused (so that no entity can ever be expanded), and each foreign error leaves
through one door as SourceUnreadable.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple, TypeVar
from xml.parsers import expat

from sync.core.errors import SourceUnreadable
from sync.core.policy import Limits
from sync.sources.refusals import (
    DOWNLOAD_AGAIN,
    SAVE_AS_XLSX,
    damaged,
    missing_part,
    not_a_workbook,
    not_a_zip,
    password,
    too_much,
)

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

_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_FIRST_CHUNK = 256 * 1024
_CENTRAL_HEADER = b"PK\x01\x02"
_WHOLE = re.compile(r"[0-9]{1,10}")


class Relation(NamedTuple):
    """A part that another part points to: what it is for (`worksheet`, `styles`) and its name."""

    kind: str
    part: str


class Package:
    """The parts of a workbook. Raises SourceUnreadable when the bytes are no package within the limits."""

    __slots__ = ("_archive", "_inflated", "_limits", "_parts", "_size")

    def __init__(self, data: bytes, limits: Limits) -> None:
        if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            raise not_a_zip(data)
        # Counted in the bytes, because opening an archive makes an object of every entry it lists.
        if data.count(_CENTRAL_HEADER) > limits.entries:
            raise too_much(f"it consists of more than {limits.entries:,} parts")
        with _zip_errors():
            self._archive = zipfile.ZipFile(BytesIO(data))
        self._limits = limits
        self._size = len(data)
        self._inflated = 0
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            self._enter(entry)

    def _enter(self, entry: zipfile.ZipInfo) -> None:
        name = _folded(entry.filename)
        if name in self._parts:
            raise damaged(f"it holds the part {entry.filename} twice")
        self._parts[name] = entry

    def main_part(self) -> str:
        """The name of the workbook part, `xl/workbook.xml` in nearly every file."""
        if "_rels/.rels" not in self._parts or "xl/workbook.bin" in self._parts:
            raise not_a_workbook(self._parts)
        relations = self.relations("").values()
        name = next((r.part for r in relations if r.kind == "officeDocument"), "")
        if not name.endswith(".xml") or name.startswith(("word/", "ppt/")):
            raise not_a_workbook(self._parts)
        return name

    def relations(self, part: str) -> dict[str, Relation]:
        """What a part points to inside the package, by relation id; "" is the package as a whole."""
        folder, name = posixpath.split(part)
        found: dict[str, Relation] = {}

        def enter(attributes: Attributes) -> None:
            if attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
                found[attributes.get("Id", "")] = Relation(kind, posixpath.normpath(target).lstrip("/"))

        self.parse(posixpath.join(folder, "_rels", name + ".rels"), {_RELATIONSHIP: enter}, {})
        return found

    def chunks(self, part: str) -> Iterator[bytes]:
        """The inflated bytes of a part, piece by piece, each piece counted before it is handed out.

        Pieces grow by doubling: expat reads an unfinished token again with each piece, which pieces of
        one size would let a hostile file turn into quadratic work.
        """
        entry = self._parts.get(_folded(part))
        if entry is None:
            raise missing_part(part)
        _refuse_unusual(entry)
        allowed = max(self._limits.ratio_free, self._limits.ratio * min(entry.compress_size, self._size))
        size, inflated = _FIRST_CHUNK, 0
        with _zip_errors(), self._archive.open(entry) as stream:
            while chunk := stream.read(min(size, allowed - inflated + 1)):
                size, inflated = size * 2, inflated + len(chunk)
                self._count(part, len(chunk), inflated, allowed)
                yield chunk

    def _count(self, part: str, more: int, inflated: int, allowed: int) -> None:
        self._inflated += more
        if inflated > allowed:
            raise too_much(f"its part {part} unpacks to more than {self._limits.ratio} times its size")
        if self._inflated > self._limits.inflated:
            raise too_much(f"it unpacks to more than {self._limits.inflated // 2**20:,} MiB")

    def parse(
        self,
        part: str,
        starts: Mapping[str, Start],
        ends: Mapping[str, End],
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Runs the XML of a part past the handlers of the elements named `{namespace} {local name}`."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        start_of, end_of = starts.get, ends.get

        def start(name: str, attributes: dict[str, str]) -> None:
            handler = start_of(name)
            if handler is not None:
                handler(attributes)

        def end(name: str) -> None:
            handler = end_of(name)
            if handler is not None:
                handler()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.XmlDeclHandler = _refuse_unknown_encoding
        try:
            for chunk in self.chunks(part):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise damaged(f"its part {part} is no XML ({error})") from error


def in_main(handlers: Mapping[str, T]) -> dict[str, T]:
    """The handlers of spreadsheet elements under both of their namespaces, transitional and strict."""
    return {f"{space} {local}": handler for space in MAIN for local, handler in handlers.items()}


def whole(text: str, what: str) -> int:
    """The whole number in an attribute; anything else is damage to `what`."""
    if not _WHOLE.fullmatch(text):
        raise damaged(f"{what} is “{text[:20]}”, which is no whole number")
    return int(text)


def is_true(text: str | None) -> bool:
    """Whether an attribute says yes, in either spelling that XML Schema knows."""
    return text in {"1", "true"}


def _folded(name: str) -> str:
    # Part names ignore case; some writers on Windows store backslashes.
    return name.replace("\\", "/").lstrip("/").lower()


def _refuse_unusual(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise password()
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise SourceUnreadable("it is packed in an unusual way.", SAVE_AS_XLSX)


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


@contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        OverflowError,
        struct.error,
        ValueError,  # an offset before the file's beginning, a name that is no text
    ) as error:
        raise SourceUnreadable(f"the file is cut short or damaged ({error}).", DOWNLOAD_AGAIN) from error

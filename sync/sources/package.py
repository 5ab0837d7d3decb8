"""The zip side of a workbook: its parts, inflated under limits.

Nothing here trusts what the file says about itself: bytes are counted while they are inflated, checksums
and sizes are compared, and each foreign error leaves through one door as SourceUnreadable.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

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
from sync.sources.xml_events import Attributes, End, Start, parse

_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_FIRST_CHUNK = 256 * 1024
_SMALL, _SMALL_PACKED = 16 * 1024, 64 * 1024
_CENTRAL_HEADER = b"PK\x01\x02"
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, then behind the sizes the lengths of name and extra


class Relation(NamedTuple):
    """A part that another part points to: what it is for (`worksheet`, `styles`) and its name."""

    kind: str
    part: str


class Package:
    """The parts of a workbook. Raises SourceUnreadable when the bytes are no package within the limits.

    `inflated` counts the bytes that were unpacked so far; whoever reads a part a second time, because the
    first way of reading did not take it, may set the count back.
    """

    __slots__ = ("_data", "_limits", "_parts", "inflated")

    def __init__(self, data: bytes, limits: Limits) -> None:
        if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            raise not_a_zip(data)
        # Counted in the bytes, because opening an archive makes an object of every entry it lists.
        if data.count(_CENTRAL_HEADER) > limits.entries:
            raise too_much(f"it consists of more than {limits.entries:,} parts")
        with _zip_errors(), zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
        self._data = data
        self._limits = limits
        self.inflated = 0
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
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

    def relations(self, part: str) -> Mapping[str, Relation]:
        """What a part points to inside the package, by relation id; "" is the package as a whole."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", name + ".rels")
        if self.size(relations) > _SMALL:
            return _relations(folder, relations, self.chunks(relations))
        return _known_relations(folder, relations, self.whole(relations))

    def chunks(self, part: str, *, growing: bool = True) -> Iterator[bytes]:
        """The inflated bytes of a part, piece by piece, each piece counted before it is handed out.

        Pieces grow by doubling unless told otherwise: expat reads an unfinished token again with each piece,
        which pieces of one size would let a hostile file turn into quadratic work.
        """
        entry = self._parts.get(_folded(part))
        if entry is None:
            raise missing_part(part)
        _refuse_unusual(entry)
        with _zip_errors():
            packed = self._packed(entry)
            allowed = max(self._limits.ratio_free, self._limits.ratio * len(packed))
            inflated, checksum, held_back = 0, 0, b""
            for chunk in _unpacked(entry, packed, allowed, growing=growing):
                inflated, checksum = inflated + len(chunk), zlib.crc32(chunk, checksum)
                self._count(part, len(chunk), inflated, allowed)
                if held_back:
                    yield held_back
                held_back = chunk
            if (checksum, inflated) != (entry.CRC, entry.file_size):
                raise zipfile.BadZipFile(f"{entry.filename} is not what its checksum and size say")
            yield held_back  # the last piece only once the whole is known to be sound

    def size(self, part: str) -> int:
        """How many bytes a part says it has, unpacked; 0 for one that is not there."""
        entry = self._parts.get(_folded(part))
        return entry.file_size if entry else 0

    def whole(self, part: str) -> bytes:
        """All bytes of a part, unpacked."""
        return b"".join(self.chunks(part))

    def _packed(self, entry: zipfile.ZipInfo) -> bytes:
        """The bytes of a part as they are packed in the archive."""
        start = entry.header_offset
        signature, name, extra = _LOCAL_HEADER.unpack_from(self._data, start)
        start += _LOCAL_HEADER.size
        written = self._data[start : start + name]
        if signature != b"PK\x03\x04" or written != entry.orig_filename.encode(_encoding(entry)):
            raise zipfile.BadZipFile(f"{entry.filename} is not where the list of parts says")
        start += name + extra
        packed = self._data[start : start + entry.compress_size]
        if len(packed) != entry.compress_size:
            raise EOFError(f"{entry.filename} ends too early")
        return packed

    def _count(self, part: str, more: int, inflated: int, allowed: int) -> None:
        self.inflated += more
        if inflated > allowed:
            raise too_much(f"its part {part} unpacks to more than {self._limits.ratio} times its size")
        if self.inflated > self._limits.inflated:
            raise too_much(f"it unpacks to more than {self._limits.inflated // 2**20:,} MiB")

    def parse(
        self,
        part: str,
        starts: Mapping[str, Start],
        ends: Mapping[str, End],
        text: Callable[[str], None] | None = None,
        *,
        places: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Runs the XML of a part past the handlers of the elements named `{namespace} {local name}`."""
        parse(part, self.chunks(part), starts, ends, text, places=places)


@lru_cache(maxsize=64)
def _known_relations(folder: str, part: str, xml: bytes) -> Mapping[str, Relation]:
    """The same of workbooks made from one template, which have one and the same part; never written to."""
    return _relations(folder, part, [xml])


def _relations(folder: str, part: str, chunks: Iterable[bytes]) -> Mapping[str, Relation]:
    found: dict[str, Relation] = {}

    def enter(attributes: Attributes) -> None:
        if attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
            found[attributes.get("Id", "")] = Relation(kind, posixpath.normpath(target).lstrip("/"))

    parse(part, chunks, {_RELATIONSHIP: enter}, {})
    return found


def _unpacked(entry: zipfile.ZipInfo, packed: bytes, allowed: int, *, growing: bool) -> Iterator[bytes]:
    """The pieces of a part; what goes beyond `allowed` ends with the piece that goes there."""
    if entry.compress_type == zipfile.ZIP_STORED:
        yield packed
    elif len(packed) <= _SMALL_PACKED and entry.file_size <= allowed:
        # Into one buffer of its size, in half the time; even a liar's takes at most 1,032 times its bytes.
        yield zlib.decompress(packed, -15, entry.file_size + 1)
    else:
        inflater, size, inflated = zlib.decompressobj(-15), _FIRST_CHUNK, 0
        while not inflater.eof:
            chunk = inflater.decompress(packed, min(size, allowed - inflated + 1))
            if not chunk and not inflater.eof:
                raise EOFError(f"{entry.filename} ends too early")
            packed, inflated = inflater.unconsumed_tail, inflated + len(chunk)
            size = size * 2 if growing else size
            yield chunk


def _folded(name: str) -> str:
    # Part names ignore case; some writers on Windows store backslashes.
    return name.replace("\\", "/").lstrip("/").lower()


def _encoding(entry: zipfile.ZipInfo) -> str:
    return "utf-8" if entry.flag_bits & 0x800 else "cp437"


def _refuse_unusual(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise password()
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise SourceUnreadable("it is packed in an unusual way.", SAVE_AS_XLSX)


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

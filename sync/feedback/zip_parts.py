"""A zip with some of its parts replaced and every other byte of content kept as it was.

Python's zipfile can only write what it has compressed itself, so the records are put together here.
Layout: PKWARE APPNOTE.TXT 4.3, local header (4.3.7), central record (4.3.12), end record (4.3.16).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import NamedTuple

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_UTF8_NAME = 0x0800
_ENCRYPTED = 0x0001
_DEFLATED = 8


class Unfit(Exception):
    """This workbook is left alone until it changes; its text completes "not written, because …"."""


class Busy(Unfit):
    """Left alone this time: the next run may find it free."""


class _Record(NamedTuple):
    """One part: its central record as bytes, and where its local record begins and ends."""

    name: str
    central: bytes
    starts: int
    ends: int


def read_parts(data: bytes) -> zipfile.ZipFile:
    """The zip opened for reading. Raises Unfit for what is no plain zip or has encrypted parts."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise Unfit("it is not an .xlsx file, or is damaged") from error
    if any(info.flag_bits & _ENCRYPTED for info in archive.infolist()):
        raise Unfit("it is encrypted")
    return archive


def replace_parts(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The zip's bytes with those parts replaced; the others are copied still compressed, in the same order.

    Raises Unfit when a part is missing or stored in a way (zip64, doubled names) that is not copied here.
    """
    records, comment = _records(data)
    missing = set(parts) - {record.name for record in records}
    if missing:
        raise Unfit(f"it has no part {min(missing)}")
    out, centrals = bytearray(), {}
    for record in sorted(records, key=lambda record: record.starts):
        offset = len(out)
        if record.name in parts:
            local, central = _replaced(record, parts[record.name], offset)
        else:
            local = data[record.starts : record.ends]
            central = record.central[:42] + struct.pack("<I", offset) + record.central[46:]
        out += local
        centrals[record.name] = central
    directory = b"".join(centrals[record.name] for record in records)
    count = len(records)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(out), len(comment))
    result = bytes(out) + directory + end + comment
    _verify(data, result, parts)
    return result


def _records(data: bytes) -> tuple[list[_Record], bytes]:
    """Every part in the directory's order, and the zip's comment."""
    end_at = data.rfind(b"PK\x05\x06")
    if end_at < 0 or len(data) < end_at + _END.size:
        raise Unfit("it is not an .xlsx file, or is damaged")
    *_, count, size, starts, comment_size = _END.unpack_from(data, end_at)
    if 0xFFFFFFFF in {size, starts} or count == 0xFFFF or starts + size != end_at:
        raise Unfit("its zip layout (zip64, or data before the zip) is not one that okrsync rewrites")
    centrals = _central_records(data, starts, count)
    offsets = [struct.unpack_from("<I", central, 42)[0] for central in centrals]
    following = sorted({*offsets, starts})
    names = [info.filename for info in read_parts(data).infolist()]
    if len(set(names)) != count or len(set(offsets)) != count:
        raise Unfit("it holds two parts of the same name")
    ends = {at: following[index + 1] for index, at in enumerate(following[:-1])}
    records = [
        _Record(name, central, at, ends[at])
        for name, central, at in zip(names, centrals, offsets, strict=True)
    ]
    return records, data[end_at + _END.size :][:comment_size]


def _central_records(data: bytes, at: int, count: int) -> list[bytes]:
    records = []
    for _ in range(count):
        fields = _CENTRAL.unpack_from(data, at)
        length = _CENTRAL.size + sum(fields[10:13])
        records.append(data[at : at + length])
        at += length
    return records


def _replaced(record: _Record, content: bytes, offset: int) -> tuple[bytes, bytes]:
    """New local and central records of a part: deflated, its name, flags for the name and stamp as before."""
    fields = _CENTRAL.unpack_from(record.central)
    name = record.central[_CENTRAL.size : _CENTRAL.size + fields[10]]
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(content) + deflate.flush()
    flags = fields[3] & _UTF8_NAME
    stamp = fields[5:7]
    sizes = (zlib.crc32(content), len(packed), len(content))
    local = _LOCAL.pack(b"PK\x03\x04", 20, flags, _DEFLATED, *stamp, *sizes, len(name), 0) + name + packed
    made_by, attributes = fields[1], fields[14:16]
    central = _CENTRAL.pack(
        b"PK\x01\x02", made_by, 20, flags, _DEFLATED, *stamp, *sizes, len(name), 0, 0, 0, *attributes, offset
    )
    return local, central + name


def _verify(before: bytes, after: bytes, parts: Mapping[str, bytes]) -> None:
    """Reads the result back: every CRC, the same names in the same order, the new parts as given."""
    old, new = zipfile.ZipFile(io.BytesIO(before)), zipfile.ZipFile(io.BytesIO(after))
    damaged = new.testzip()
    same = {i.filename: (i.CRC, i.file_size) for i in old.infolist() if i.filename not in parts}
    kept = {i.filename: (i.CRC, i.file_size) for i in new.infolist() if i.filename not in parts}
    if damaged or same != kept or any(new.read(name) != content for name, content in parts.items()):
        raise Unfit("the new file did not read back as it was meant; nothing was changed")

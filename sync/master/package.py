"""The master's zip, put together from pieces that are compressed each for itself, in helper threads.

A piece is deflated from a blank window and ends at a byte (RFC 1951, 3.2.4: an empty stored block), so that
pieces can be joined to a part in any order, and taken over from another file as they are. zipfile can only
write what it compresses itself. Layout: PKWARE APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore
from types import TracebackType
from typing import NamedTuple, Self

THREADS = 2
WAITING = 32
"""Texts that wait to be compressed, at most: each holds some hundred kilobytes."""

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_NEEDED, _DEFLATED = 20, 8
_UNIX = 3 << 8
_DAY = 0x21  # 1 January 1980, as XlsxWriter stamps its parts
_OWNER_ONLY = 0o600 << 16
_END_OF_PART = b"\x03\x00"
_POLYNOMIAL = 0xEDB88320


class Piece(NamedTuple):
    """A text, deflated; `crc` and `size` are the text's."""

    data: bytes | memoryview
    crc: int
    size: int


class Part(NamedTuple):
    """A part of the zip: its name, and its pieces one after the other."""

    name: str
    pieces: Sequence[Piece]


class Deflater:
    """Compresses texts while its owner makes the next ones: zlib lets other threads of Python run."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="deflate")
        self._room = BoundedSemaphore(WAITING)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def piece(self, text: bytes) -> Callable[[], Piece]:
        """The text's piece, to be called for once it is needed; waits where too many are on their way."""
        self._room.acquire()
        made = self._pool.submit(deflated, text, self._level)
        made.add_done_callback(self._leave)
        return made.result

    def _leave(self, _: Future[Piece]) -> None:
        self._room.release()


def deflated(text: bytes, level: int) -> Piece:
    """The text as a piece: the same text at the same level gives the same bytes."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
    return Piece(data, zlib.crc32(text), len(text))


def zipped(parts: Iterable[Part]) -> tuple[bytes, dict[str, int]]:
    """The zip's bytes, and by part where its first piece begins."""
    out: list[bytes | memoryview] = []
    directory, starts, at = bytearray(), {}, 0
    for part in parts:
        name = part.name.encode("ascii")
        sizes = (
            _crc(part.pieces),
            sum(len(p.data) for p in part.pieces) + 2,
            sum(p.size for p in part.pieces),
        )
        common = (_NEEDED, 0, _DEFLATED, 0, _DAY, *sizes, len(name), 0)
        out += [
            _LOCAL.pack(b"PK\x03\x04", *common) + name,
            *(piece.data for piece in part.pieces),
            _END_OF_PART,
        ]
        directory += _CENTRAL.pack(b"PK\x01\x02", _UNIX | _NEEDED, *common, 0, 0, 0, _OWNER_ONLY, at) + name
        starts[part.name] = at + _LOCAL.size + len(name)
        at = starts[part.name] + sizes[1]
    end = _END.pack(b"PK\x05\x06", 0, 0, len(starts), len(starts), len(directory), at, 0)
    return b"".join([*out, directory, end]), starts


# ---------------------------------------------------------------- CRCs of joined texts


def _crc(pieces: Sequence[Piece]) -> int:
    """The CRC of the joined texts, from those of each: zlib's crc32_combine, which Python does not have."""
    found = 0
    for piece in pieces:
        found = _times(_shift(piece.size), found) ^ piece.crc
    return found


@cache
def _shift(size: int) -> int:
    """X to the power of 8 × size, modulo the CRC's polynomial."""
    found = 1 << 31
    for bit, power in enumerate(_powers()):
        if size >> bit & 1:
            found = _times(power, found)
    return found


@cache
def _powers() -> tuple[int, ...]:
    """X to the powers of 8, 16, 32 …: for every bit that a part's size can have."""
    found = [1 << 23]
    for _ in range(31):
        found.append(_times(found[-1], found[-1]))
    return tuple(found)


def _times(a: int, b: int) -> int:
    """The product of two polynomials modulo the CRC's; the highest bit is x to the power of 0."""
    found, bit = 0, 1 << 31
    while bit:
        if a & bit:
            found ^= b
        bit >>= 1
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return found

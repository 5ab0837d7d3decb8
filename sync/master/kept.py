"""What the master on disk is made of, remembered beside the history, so that the next one can take it over.

Only fingerprints and places are remembered; the pieces themselves are taken from the master. A list that is
missing, damaged, of another master or of another okrsync is none: then everything is made anew, which gives
the same bytes and takes longer.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from sync.master.package import Piece
from sync.master.selfcheck import sample_rows
from sync.master.splice import Place

_ENTRY = struct.Struct("<32sQ3I")
_SEAL = hashlib.sha256().digest_size


def remembered(path: Path | None, master: bytes, level: int) -> dict[bytes, Piece]:
    """The pieces of that master by their keys, as far as they would be made alike today."""
    try:
        data = path.read_bytes() if path else b""
    except OSError:
        return {}
    body, head = data[:-_SEAL], _head(master, level)
    entries = body[len(head) :]
    if not body.startswith(head) or data[-_SEAL:] != _sealed(body) or len(entries) % _ENTRY.size:
        return {}
    view = memoryview(master)
    return {
        key: Piece(view[at : at + length], crc, size)
        for key, at, length, crc, size in _ENTRY.iter_unpack(entries)
    }


def remember(path: Path | None, master: bytes, level: int, places: Mapping[bytes, Place]) -> None:
    """Writes the list; where it cannot be written there is none."""
    if path is None:
        return
    body = _head(master, level) + b"".join(_ENTRY.pack(key, *place) for key, place in places.items())
    binary = getattr(os, "O_BINARY", 0)
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | binary, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(body + _sealed(body))


def _head(master: bytes, level: int) -> bytes:
    return _manner(level) + hashlib.sha256(master).digest()


@cache
def _manner(level: int) -> bytes:
    """How texts become pieces here: by which okrsync, which zlib, at which level."""
    found = (version("okrsync"), sample_rows(), zlib.ZLIB_RUNTIME_VERSION, level)
    return b"okrsync pieces 1\n" + hashlib.sha256(repr(found).encode()).digest()


def _sealed(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()

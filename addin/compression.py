"""Bytes as VBA projects hold them: the compressed container of [MS-OVBA] 2.4.1."""

from __future__ import annotations

from collections.abc import Iterator

CHUNK = 4_096
_SHORTEST = 3  # bytes that a reference to earlier text is worth
_TRIES = 64  # earlier places that are looked at: more gain nothing in source text


def compress(data: bytes) -> bytes:
    """The container that holds the data; the same data gives the same bytes."""
    chunks = (_chunk(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK))
    return b"\x01" + b"".join(chunks)


def _chunk(piece: bytes) -> bytes:
    """One chunk with its header: compressed, or as it is where that would be longer."""
    packed = b"".join(_groups(_tokens(piece)))
    if len(packed) < CHUNK:
        return (0xB000 | len(packed) - 1).to_bytes(2, "little") + packed
    if len(piece) < CHUNK:
        raise ValueError(f"{len(piece)} bytes at the end can neither be compressed nor fill a chunk.")
    return 0x3FFF.to_bytes(2, "little") + piece


def _groups(tokens: Iterator[bytes]) -> Iterator[bytes]:
    """Eight tokens at a time behind a byte whose bits say which of them are references."""
    group: list[bytes] = []
    for token in tokens:
        group.append(token)
        if len(group) == 8:
            yield _flagged(group)
            group = []
    if group:
        yield _flagged(group)


def _flagged(group: list[bytes]) -> bytes:
    flags = sum(1 << bit for bit, token in enumerate(group) if len(token) == 2)
    return bytes([flags]) + b"".join(group)


def _tokens(piece: bytes) -> Iterator[bytes]:
    """Single bytes, and references (two bytes) to text that came before in this chunk."""
    seen: dict[bytes, list[int]] = {}
    at = 0
    while at < len(piece):
        length_bits = 16 - max((at - 1).bit_length(), 4)
        start, length = _longest(piece, at, seen, (1 << length_bits) - 1 + _SHORTEST)
        if length:
            yield ((at - start - 1) << length_bits | length - _SHORTEST).to_bytes(2, "little")
        else:
            yield piece[at : at + 1]
        for passed in range(at, at + max(length, 1)):
            seen.setdefault(piece[passed : passed + _SHORTEST], []).append(passed)
        at += max(length, 1)


def _longest(piece: bytes, at: int, seen: dict[bytes, list[int]], most: int) -> tuple[int, int]:
    """Where the longest repetition of what stands at that place begins, and its length; 0, 0 for none."""
    best = (0, 0)
    for start in reversed(seen.get(piece[at : at + _SHORTEST], [])[-_TRIES:]):
        length = 0
        while length < most and at + length < len(piece) and piece[start + length] == piece[at + length]:
            length += 1
        if length > best[1]:
            best = (start, length)
    return best if best[1] >= _SHORTEST else (0, 0)

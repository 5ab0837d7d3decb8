"""A compound file, in which Office keeps macros like files in folders: [MS-CFB], version 3, without times."""

from __future__ import annotations

import struct
from collections.abc import Mapping

SECTOR, SMALL_SECTOR, CUTOFF = 512, 64, 4_096
_FREE, _END, _FAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1

Folder = Mapping[str, "bytes | Folder"]


def compound_file(root: Folder) -> bytes:
    """The file that holds these streams and folders; the same content gives the same bytes."""
    entries = _entries(root)
    body, small = _Sectors(SECTOR), _Sectors(SMALL_SECTOR)
    for entry in entries:
        if entry.kind == _STREAM:
            entry.start = (small if entry.size < CUTOFF else body).add(entry.data)
    entries[0].start, entries[0].size = body.add(small.joined()), len(small.joined())
    small_table = body.add(small.table())
    directory = body.add(b"".join(entry.line() for entry in entries), filler=_Entry("", 0).line())
    return _with_header(body, directory, small_table)


def _with_header(body: _Sectors, directory: int, small_table: int) -> bytes:
    """The sectors behind their table and the header that says where everything begins."""
    count = 1
    while (len(body.next) + count) * 4 > count * SECTOR:
        count += 1
    if count > 109:
        raise ValueError("That is more than a compound file holds without a second table.")
    first = len(body.next)
    table = _filled(_numbers([*body.next, *[_FAT] * count]), SECTOR, _numbers([_FREE]))
    small_count = body.length(small_table) if small_table != _END else 0
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        bytes.fromhex("D0CF11E0A1B11AE1"),
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, count, directory, 0, CUTOFF, small_table, small_count, _END, 0, first),
    )
    places = _numbers([first + at for at in range(1, count)])
    return _filled(header + places, SECTOR, _numbers([_FREE])) + body.joined() + table


class _Sectors:
    """Sectors of one size, chained: `next` says for each which one follows."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.next: list[int] = []
        self._parts: list[bytes] = []

    def add(self, data: bytes, filler: bytes = b"\0") -> int:
        """The first sector of the data, which is kept behind what is there."""
        if not data:
            return _END
        start = len(self.next)
        padded = _filled(data, self.size, filler)
        self._parts.append(padded)
        after = range(start + 1, start + len(padded) // self.size)
        self.next += [*after, _END]
        return start

    def length(self, start: int) -> int:
        """How many sectors the chain has that begins there."""
        return self.next.index(_END, start) - start + 1

    def joined(self) -> bytes:
        return b"".join(self._parts)

    def table(self) -> bytes:
        return _filled(_numbers(self.next), SECTOR, _numbers([_FREE])) if self.next else b""


class _Entry:
    """A line of the directory."""

    def __init__(self, name: str, kind: int, data: bytes = b"") -> None:
        self.name, self.kind, self.data, self.size = name, kind, data, len(data)
        self.colour = _BLACK
        self.left = self.right = self.child = _NONE
        self.start = 0

    def line(self) -> bytes:
        name = self.name.encode("utf-16-le")
        return struct.pack(
            "<64sHBBIII16xI16xIQ",
            *(name, len(name) + 2 if name else 0, self.kind, self.colour),
            *(self.left, self.right, self.child, 0, self.start, self.size),
        )


def _entries(root: Folder) -> list[_Entry]:
    """The directory: the root first, then every folder's members, which form a search tree."""
    entries = [_Entry("Root Entry", _ROOT)]
    _add_members(entries, 0, root)
    return entries


def _add_members(entries: list[_Entry], folder: int, members: Folder) -> None:
    numbers = []
    for name, content in sorted(members.items(), key=lambda pair: (len(pair[0]), pair[0].upper())):
        numbers.append(len(entries))
        if isinstance(content, bytes):
            entries.append(_Entry(name, _STREAM, content))
        else:
            entries.append(_Entry(name, _STORAGE))
            _add_members(entries, numbers[-1], content)
    entries[folder].child = _tree(entries, numbers, len(numbers).bit_length() - 1)


def _tree(entries: list[_Entry], numbers: list[int], depth: int) -> int:
    """The root of a balanced tree over the entries; those on its last, unfinished level are red."""
    if not numbers:
        return _NONE
    middle = len(numbers) // 2
    entry = entries[numbers[middle]]
    entry.left = _tree(entries, numbers[:middle], depth - 1)
    entry.right = _tree(entries, numbers[middle + 1 :], depth - 1)
    entry.colour = _RED if depth == 0 else _BLACK
    return numbers[middle]


def _numbers(values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _filled(data: bytes, size: int, filler: bytes) -> bytes:
    """The data, filled up to a whole number of sectors."""
    return data + filler * (-len(data) % size // len(filler))

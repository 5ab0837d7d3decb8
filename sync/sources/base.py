"""What a source is: something that lists workbooks with a cheap token each, and reads one into a Grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from sync.core.grid import Grid
from sync.core.problems import Problem

IN_THE_BIN = "the sheet lies in the bin."


class Listing(NamedTuple):
    """One workbook that exists. `name` is what people see; `key` is stable across runs (a path, a file id).

    `token` changes whenever the content may have changed (path, mtime_ns, size, inode; Drive version).
    `url` opens it. `number_format` is the source's declared one ("" = none). `edited`: somebody has it open,
    so what is read may not be the last word. `writable`: our account may write into it, as far as is known.
    """

    name: str
    key: str
    token: str
    url: str
    number_format: str = ""
    edited: bool = False
    writable: bool = True


class Reading(NamedTuple):
    """A workbook read: its cells and the sha256 of the bytes (or of Google's canonical reply)."""

    grid: Grid
    content_hash: str


class Listed(NamedTuple):
    """What a source holds now, in name order, and what is wrong with the rest (locks, links, folders).

    `failed`: why nobody can tell what it holds, "" when it could be asked; then nothing is taken for gone.
    `gone`: why, by key, of what is known to be out of use (it lies in the bin).
    """

    listings: tuple[Listing, ...]
    problems: tuple[Problem, ...]
    failed: str = ""
    gone: Mapping[str, str] = {}  # a NamedTuple default; never written to


class Source(Protocol):
    """One place where workbooks live."""

    def list(self) -> Listed:
        """Everything that is there now; never opens a workbook."""
        ...

    def read(self, listing: Listing) -> Reading:
        """The workbook's cells. Raises SourceUnreadable with a cause and a remedy."""
        ...

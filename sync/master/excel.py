"""The master on disk: written beside, fsynced, renamed; never over a file that is open or was not read.

publish(workbook, path, *, expected_hash, zlib_level=6) -> Published
    expected_hash: sha256 of the file at `path` when its notes were read (`notes.read_back`),
    "" when there was none. A file that differs by then, or is open, is left alone, and
    the new master is written beside it under a dated name (`beside` is True, `message` says why).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sync.master.cells import Workbook


class Published(NamedTuple):
    """Where the master was written, the sha256 of its bytes, and what the user should know ("" = nothing)."""

    path: Path
    hash: str
    beside: bool
    message: str


def publish(workbook: Workbook, path: Path, *, expected_hash: str, zlib_level: int = 6) -> Published:
    """The master, written. Raises PublishError; the old file is whole in every case."""
    raise NotImplementedError

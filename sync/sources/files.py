"""The bytes of one file, whole: read under a size limit, and not while somebody writes it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from sync.core.errors import SourceUnreadable
from sync.core.policy import Limits

TRIES = 3
"""How often a file is read that changes while it is read."""

_IN_THE_CLOUD = 0x400000  # FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS: opening it would download it
_OPEN_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0)
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")  # not each system has each
)


def whole_file(path: str, limits: Limits) -> bytes:
    """The bytes of a regular file that stayed the same while they were read. Raises SourceUnreadable."""
    with _file_errors():
        for _ in range(TRIES):
            data = _snapshot(path, limits)
            if data is not None:
                return data
    raise SourceUnreadable(
        "it was being changed while it was read.", "The next sync reads it again.", passing=True
    )


def mark(status: os.stat_result) -> tuple[int, int, int]:
    """What changes with every save of a file: (mtime in ns, size in bytes, inode)."""
    return status.st_mtime_ns, status.st_size, status.st_ino


def refuse_irregular(status: os.stat_result) -> None:
    """Raises SourceUnreadable for whatever is no regular file: reading it could wait for ever."""
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise SourceUnreadable("it is a folder that is named like a workbook.", "Rename the folder.")
    raise SourceUnreadable("it is a pipe, device or socket, no file.", "Delete it, or rename it.")


def _snapshot(path: str, limits: Limits) -> bytes | None:
    """The bytes of the file, or None when it changed under our hands."""
    before = os.stat(path)  # noqa: PTH116  # keys of sources are text paths
    _refuse_unfit(before, limits)
    with open(path, "rb", opener=_open_without_waiting) as stream:
        opened = os.fstat(stream.fileno())
        refuse_irregular(opened)
        data = stream.read(before.st_size + 1)  # no more: what is asked for is reserved
    after = os.stat(path)  # noqa: PTH116  # as above
    unchanged = mark(before) == mark(opened) == mark(after) and len(data) == before.st_size
    return data if unchanged else None


def _refuse_unfit(status: os.stat_result, limits: Limits) -> None:
    """Raises SourceUnreadable for what must not even be opened."""
    refuse_irregular(status)
    if getattr(status, "st_file_attributes", 0) & _IN_THE_CLOUD:
        raise SourceUnreadable(
            "it lies in the cloud only, and opening it would download it.",
            "In its context menu choose “Always keep on this device”.",
            passing=True,
        )
    if status.st_size > limits.file_size:
        raise SourceUnreadable(
            f"it has {status.st_size:,} bytes, and the limit is {limits.file_size:,}.",
            "Remove pictures and tabs that are not needed; `[limits]` sets the limit.",
        )


def _open_without_waiting(path: str, _flags: int) -> int:
    # A pipe put in the file's place since it was looked at must not hold us.
    return os.open(path, _OPEN_FLAGS)


@contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SourceUnreadable(
            "the file is gone.", "Put it back, or correct the path in the settings.", passing=True
        ) from error
    except PermissionError as error:
        raise SourceUnreadable(
            f"the system does not allow it ({error.strerror}).",
            "Close it where it is open, and give okrsync's account the right to read it.",
            passing=True,
        ) from error
    except OSError as error:
        raise SourceUnreadable(
            f"the system reports an error ({error.strerror}).",
            "Check the disk or the network, and try again.",
            passing=True,
        ) from error

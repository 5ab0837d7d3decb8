"""One file put in another's place, so that an edit made meanwhile is never lost (TRUST 18, 27).

Beside, fsync, swap, fsync the folder. On Linux the two files are exchanged in one step and what came
out is compared with what was read: had somebody saved in between, they are exchanged back. Elsewhere
the last look and `os.replace` are two steps, and an edit saved between them (well under a
millisecond) would be overwritten.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import NamedTuple

from sync.core.locks import lock_names
from sync.feedback.zip_parts import Busy, Unfit

_SUFFIX = ".okrsync-tmp"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_SUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})
_RECALL_ON_DATA_ACCESS = 0x400000  # a OneDrive placeholder: reading it would download it


class Seen(NamedTuple):
    """A file as it was when it was read: its real path, its content, its stat."""

    path: Path
    content: bytes
    stat: os.stat_result


def content_hash(content: bytes) -> str:
    """The sha256 of a file's bytes, as the sources compute it."""
    return hashlib.sha256(content).hexdigest()


def look(path: Path, expected_hash: str) -> Seen:
    """The file, if it may be replaced. Raises Unfit when not, OSError when it cannot be read."""
    real = path.resolve(strict=True)
    _refuse_locked(real)
    before = real.stat()
    if not stat.S_ISREG(before.st_mode):
        raise Unfit("it is not a regular file")
    if getattr(before, "st_file_attributes", 0) & _RECALL_ON_DATA_ACCESS:
        raise Busy("it lies in the cloud and is not downloaded here")
    if not before.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(real, os.W_OK):
        raise Unfit("it is read-only")
    if before.st_nlink > 1:
        raise Unfit("it has several names (hard links), which a new file would part")
    content = real.read_bytes()
    if content_hash(content) != expected_hash:
        raise Busy("it was changed since it was read; the next run takes the change in")
    return Seen(real, content, before)


def swap(seen: Seen, content: bytes) -> os.stat_result:
    """Puts the content in the file's place and gives the new file's stat.

    Raises Unfit when the file was locked or changed meanwhile, or its owner cannot be kept; OSError when
    the system refuses. In each case the file is what it was.
    """
    beside = _write_beside(seen, content)
    try:
        _refuse_locked(seen.path)
        written = beside.stat()
        if not _exchanged(beside, seen, content):
            _refuse_changed(seen)
            beside.replace(seen.path)
    except BaseException:
        _remove_ours(beside, seen, content)
        raise
    beside.unlink(missing_ok=True)
    _sync_folder(seen.path.parent)
    return written


def clear(seen: Seen, ours: Callable[[bytes], bool]) -> None:
    """Removes what killed runs left beside the file, but nothing that may be an edit's only copy."""
    for left in seen.path.parent.glob(f".{escape(seen.path.name)}.*{_SUFFIX}"):
        with suppress(OSError):  # it is in nobody's way
            if ours(left.read_bytes()):
                left.unlink()


def _refuse_locked(path: Path) -> None:
    locks = list(map(path.with_name, lock_names(path.name)))
    if any(os.path.lexists(lock) for lock in locks):
        raise Busy("somebody has it open; the next run tries again")


def _refuse_changed(seen: Seen) -> None:
    if content_hash(seen.path.read_bytes()) != content_hash(seen.content):
        raise Busy("it was saved by somebody while okrsync wrote; the next run takes the change in")


def _write_beside(seen: Seen, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{seen.path.name}.", suffix=_SUFFIX, dir=seen.path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            _keep_owner(file.fileno(), seen.stat)
            shutil.copystat(seen.path, beside)  # the mode and, on Linux, extended attributes
            os.utime(beside)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _keep_owner(handle: int, wanted: os.stat_result) -> None:
    """Gives the new file the old one's owner and group; refuses where that is not allowed."""
    if sys.platform == "win32":
        return
    made = os.fstat(handle)
    if (made.st_uid, made.st_gid) == (wanted.st_uid, wanted.st_gid):
        return
    try:
        os.fchown(handle, wanted.st_uid, wanted.st_gid)
    except PermissionError as error:
        raise Unfit("it belongs to somebody else, and okrsync may not keep it so") from error


def _exchanged(beside: Path, seen: Seen, content: bytes) -> bool:
    """True when the files were exchanged and the old one was as read; False where that is not supported."""
    if not _exchange(beside, seen.path):
        return False
    if beside.read_bytes() == seen.content:
        return True
    _exchange(beside, seen.path)
    if beside.read_bytes() != content:
        raise Unfit(
            f"it was saved twice while okrsync wrote; one of the two versions is kept as {beside.name}"
        )
    raise Busy("it was saved by somebody while okrsync wrote; the next run takes the change in")


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two files in one step (renameat2, Linux); False where system or file system cannot."""
    if sys.platform != "linux":
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # a C library older than 2018
        return False
    names = os.fsencode(one), os.fsencode(other)
    if renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_SUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _remove_ours(beside: Path, seen: Seen, content: bytes) -> None:
    """Removes the file beside unless it has become the only copy of somebody's edit."""
    try:
        ours = beside.read_bytes() in {content, seen.content}
    except OSError:
        return
    if ours:
        beside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

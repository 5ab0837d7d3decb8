"""The master on disk: written beside, fsynced, renamed; never over a file that is open or was not read.

publish(workbook, path, *, expected_hash, zlib_level=5, pieces=None) -> Published
    expected_hash: sha256 of the file at `path` when its notes were read (`reading.read_back`),
    "" when there was none. A file that differs by then, or is open, is left alone, and
    the new master is written beside it under a dated name (`beside` is True, `message` says why).
    pieces: where the list of the master's pieces lies (`kept`); without it, all of it is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import zipfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from sync.core.errors import PublishError
from sync.core.locks import lock_names
from sync.master.cells import Workbook
from sync.master.kept import remember, remembered
from sync.master.notes import EXCEL, at_home
from sync.master.render import ZLIB_LEVEL, render
from sync.master.selfcheck import bulk_works

_CORE = "docProps/core.xml"


class Published(NamedTuple):
    """Where the master was written, the sha256 of its bytes, and what the user should know ("" = nothing)."""

    path: Path
    hash: str
    beside: bool
    message: str


def publish(
    workbook: Workbook,
    path: Path,
    *,
    expected_hash: str,
    zlib_level: int = ZLIB_LEVEL,
    pieces: Path | None = None,
) -> Published:
    """The master, written. Raises PublishError; the old file is whole in every case."""
    path = Path(os.path.realpath(path))
    kept = remembered(pieces, _bytes(path), zlib_level)
    data, places = render(at_home(workbook, EXCEL), zlib_level=zlib_level, bulk=bulk_works(), kept=kept)
    reason = _why_not(path, expected_hash)
    if not reason:
        try:
            _replace(path, data)
        except PermissionError:  # Windows keeps an open file from being replaced
            reason = f"The master {path.name} is open or may not be written"
        else:
            remember(pieces, data, zlib_level, places)
            return Published(path, _hash(data), beside=False, message="")
    other = _free_name(path, workbook.created.isoformat(), data)
    _replace_or_say(other, data)
    message = f"{reason}; the new one was written beside it as {other.name}."
    return Published(other, _hash(data), beside=True, message=message)


def _bytes(path: Path) -> bytes:
    """The file's bytes, none where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


# ---------------------------------------------------------------- may it be written?


def _why_not(path: Path, expected_hash: str) -> str:
    """The first half of a sentence that says why the file must be left alone, "" when it may be replaced."""
    locks = [lock for lock in lock_files(path) if lock.exists()]
    if locks:
        remedy = f"if nobody has it open, delete {locks[0].name}"
        return f"The master {path.name} is open in another program ({remedy})"
    try:
        found = _hash(path.read_bytes())
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"The master {path.name} could not be read back ({error.strerror})"
    if found == expected_hash:
        return ""
    if expected_hash:
        return f"The master {path.name} was changed while this sync ran, or could not be read"
    return f"A file {path.name} appeared while this sync ran"


def lock_files(path: Path) -> tuple[Path, Path]:
    """The files that Excel and LibreOffice keep beside a workbook while it is open."""
    excel, office = map(path.with_name, lock_names(path.name))
    return excel, office


def _free_name(path: Path, day: str, data: bytes) -> Path:
    """The dated name beside the master; one of the same day is replaced if nobody has saved it since."""
    number = 1
    while True:
        suffix = f" ({number})" if number > 1 else ""
        other = path.with_name(f"{path.stem} {day}{suffix}{path.suffix}")
        locked = any(lock.exists() for lock in lock_files(other))
        if not locked and (not other.exists() or _untouched(other, data)):
            return other
        number += 1


def _untouched(other: Path, data: bytes) -> bool:
    """Whether a master is as we wrote it: every spreadsheet program that saves it rewrites this part."""
    try:
        with zipfile.ZipFile(other) as theirs, zipfile.ZipFile(BytesIO(data)) as ours:
            return theirs.read(_CORE) == ours.read(_CORE)
    except (OSError, KeyError, zipfile.BadZipFile):
        return False


# ---------------------------------------------------------------- written whole or not at all


def _replace_or_say(path: Path, data: bytes) -> None:
    try:
        _replace(path, data)
    except PermissionError as error:
        raise _unwritten(path, error) from error


def _replace(path: Path, data: bytes) -> None:
    """The file, whole: written beside, fsynced, renamed, its folder fsynced.

    Raises PermissionError when it may not be replaced, PublishError for any other trouble.
    """
    beside = path.with_name(f".{path.name}.okrsync-new")
    try:
        _write(beside, data, _mode(path))
        beside.replace(path)
        _sync_folder(path.parent)
    except PermissionError:
        _discard(beside)
        raise
    except OSError as error:
        _discard(beside)
        raise _unwritten(path, error) from error


def _write(path: Path, data: bytes, mode: int | None) -> None:
    _discard(path)  # what a killed run left behind, or a link that somebody put there
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(handle, "wb") as file:
        if mode is not None:
            path.chmod(mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _mode(path: Path) -> int | None:
    """The permissions of the file that is replaced, None when there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folders
        return
    with contextlib.suppress(
        OSError
    ):  # some network shares cannot; the new file is in its place all the same
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _unwritten(path: Path, error: OSError) -> PublishError:
    return PublishError(
        f"The master {path} could not be written: {error.strerror or error}. "
        "The one from before is untouched; mend that, and the next sync writes it."
    )


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

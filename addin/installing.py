"""Puts the add-in where Excel finds it, and takes exactly that away again.

A record holds the fingerprint of each file that was put somewhere. A file with another fingerprint is
somebody else's, or was changed: it is named and kept unless the person insists. The record is written first,
so that whatever happens on the way, `uninstall` knows what may lie there.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from addin.places import WINDOWS, Places
from addin.settings import ENCODING, SPOOL, SYNC
from sync.core.errors import UsageError


class Piece(NamedTuple):
    """A file to put somewhere."""

    path: Path
    content: bytes
    what: str


class Done(NamedTuple):
    """What happened to a file: a sentence, and whether it is as it was meant to be."""

    said: str
    ok: bool = True


class Unfit(UsageError):
    """A value that cannot stand in okr.conf: the sentence says why."""


def plan(
    places: Places,
    *,
    interpreter: str,
    addin: bytes,
    script: bytes | None,
    spool: Path | None = None,
    sync: str = "",
) -> tuple[Piece, ...]:
    """The files to put there: add-in, settings, and on a Mac the script. Raises Unfit."""
    pieces = [
        Piece(places.conf, settings(places.system, interpreter, spool, sync), "the settings"),
        Piece(places.addin, addin, "the add-in"),
    ]
    if places.script and script is not None:
        pieces.append(Piece(places.script, script, "the script that lets Excel start Python"))
    return tuple(pieces)


def settings(system: str, interpreter: str, spool: Path | None = None, sync: str = "") -> bytes:
    """The content of okr.conf: a key and a value per line, in quotes, as VBA's `Input #` reads them."""
    known = {
        "INTERPRETER_WIN" if system == WINDOWS else "INTERPRETER_MAC": interpreter,
        SPOOL: str(spool or ""),
        SYNC: sync,
    }
    rows = [(key, value) for key, value in known.items() if value]
    ending = "\r\n" if system == WINDOWS else "\n"
    try:
        return "".join(f'"{key}","{_clean(value)}"{ending}' for key, value in rows).encode(ENCODING)
    except UnicodeEncodeError as error:
        raise Unfit(
            f"A path has a letter that macros cannot read here: {error.object}. Put Python (or the "
            "service's folder) where the path has plain letters only."
        ) from None


def _clean(value: str) -> str:
    if '"' in value or not value.isprintable():
        raise Unfit(f"A path with quotes or line breaks cannot stand in okr.conf: {value!r}.")
    return value


def install(places: Places, pieces: Sequence[Piece], *, force: bool = False) -> Iterator[Done]:
    """Puts the pieces there, each at once or not at all, and says so one by one."""
    known = recorded(places)
    ours = [piece for piece in pieces if _becomes_ours(piece, known, force=force)]
    _record(places, known | {str(p.path): (*known.get(str(p.path), ()), _mark(p.content)) for p in ours})
    for piece in pieces:
        yield _put(piece, known, force=force)
    now = {str(p.path): (_mark(p.content),) for p in ours if _content(p.path) == p.content}
    _record(places, known | now)


def _put(piece: Piece, known: dict[str, tuple[str, ...]], *, force: bool) -> Done:
    found = _content(piece.path)
    if found == piece.content:
        return Done(f"{piece.path} is there already.")
    if found is not None and not force and _mark(found) not in known.get(str(piece.path), ()):
        return Done(
            f"{piece.path} is not from okrsync, or was changed since; it was kept. "
            "`okrsync addin install --force` writes over it.",
            ok=False,
        )
    try:
        write(piece.path, piece.content)
    except PermissionError:
        return Done(f"{piece.path} cannot be written. Close Excel and run the command again.", ok=False)
    return Done(f"{piece.path} written: {piece.what}.")


def uninstall(places: Places, *, force: bool = False) -> Iterator[Done]:
    """Removes what `install` put there, and nothing else; what was changed stays unless forced."""
    left = {}
    for name, marks in recorded(places).items():
        done = _remove(Path(name), marks, force=force)
        if not done.ok:
            left[name] = marks
        yield done
    if left:
        _record(places, left)
        return
    places.record.unlink(missing_ok=True)
    with suppress(OSError):  # a folder with something else in it stays
        places.record.parent.rmdir()


def _remove(path: Path, marks: tuple[str, ...], *, force: bool) -> Done:
    found = _content(path)
    if found is None:
        return Done(f"{path} is gone already.")
    if not force and _mark(found) not in marks:
        return Done(
            f"{path} was changed since it was installed; it was kept. "
            "`okrsync addin uninstall --force` removes it.",
            ok=False,
        )
    try:
        path.unlink()
    except PermissionError:
        return Done(f"{path} is in use. Close Excel and run the command again.", ok=False)
    return Done(f"{path} removed.")


def recorded(places: Places) -> dict[str, tuple[str, ...]]:
    """The files that were installed, each with the fingerprints it may have; empty where nothing is known."""
    try:
        kept = json.loads(places.record.read_text(encoding="utf-8"))
        return {str(path): tuple(map(str, marks)) for path, marks in kept["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _record(places: Places, files: dict[str, tuple[str, ...]]) -> None:
    text = json.dumps({"files": files}, indent=1, sort_keys=True)
    write(places.record, text.encode())


def _becomes_ours(piece: Piece, known: dict[str, tuple[str, ...]], *, force: bool) -> bool:
    """Whether `uninstall` may remove it one day. The same file, there before us, stays somebody else's."""
    found = _content(piece.path)
    if found is None or _mark(found) in known.get(str(piece.path), ()):
        return True
    return force and found != piece.content


def write(path: Path, content: bytes) -> None:
    """Writes beside and renames, so that a reader finds the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=".okr-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

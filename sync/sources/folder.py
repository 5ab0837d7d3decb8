"""What lies in the configured folders: workbooks and what only looks like one. Nothing is opened here."""

# Text paths throughout: ten thousand Path objects cost more than the look at the files.
# ruff: noqa: PTH100, PTH112, PTH114, PTH116, PTH118, PTH119, PTH120, PTH207

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from sync.core.errors import SourceUnreadable
from sync.core.locks import lock_names
from sync.sources.files import refuse_irregular
from sync.sources.refusals import OTHER_FORMATS, other_format

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
CORRECT_PATHS = "Create it, or correct the paths under [[sources.excel]]."

_LOOKED_AT = WORKBOOKS | frozenset(OTHER_FORMATS)
_SKIPPED = (".", "~$")  # hidden files and LibreOffice's locks (.~lock.NAME#), Excel's locks (~$NAME)


class Found(NamedTuple):
    """A workbook file: its absolute path, its path below the configured root, and that root.

    `edited`: the lock of a program lies beside it, which has it open.
    """

    path: str
    name: str
    root: str
    stat: os.stat_result
    edited: bool


class Refused(NamedTuple):
    """A path that should have been a workbook, and why it is none."""

    name: str
    error: SourceUnreadable


class Scan(NamedTuple):
    """One look at the folders, in name order."""

    found: tuple[Found, ...]
    refused: tuple[Refused, ...]


class _Candidate(NamedTuple):
    path: str
    root: str
    real: str
    linked: bool
    edited: bool


_LINKS_LAST, _BY_NAME = attrgetter("linked", "path"), attrgetter("name", "path")


class Roots:
    """The configured folders, files and glob patterns, and what may be reached from them."""

    def __init__(
        self, paths: Sequence[Path | str], *, base: Path, recursive: bool, exclude: Iterable[Path]
    ) -> None:
        self._paths = [os.path.normpath(os.path.abspath(base / path)) for path in paths]
        self._recursive = recursive
        self._excluded = {spelling for path in exclude for spelling in _spellings(str(base / path))}

    def real(self) -> tuple[str, ...]:
        """The folders and files themselves, their links resolved, as they are now."""
        return tuple(map(os.path.realpath, map(_root_of, self._paths)))

    def holds(self, real: str) -> bool:
        """Whether a path, its links resolved, is one of the roots or lies inside one."""
        return is_inside(real, self.real())

    def scan(self) -> Scan:
        """Everything that is there now. A file reached by two ways is found once, never by its link."""
        seen = list(self._look())
        refused = [one for one in seen if isinstance(one, Refused)]
        candidates = sorted((one for one in seen if isinstance(one, _Candidate)), key=_LINKS_LAST)
        excluded, found = self._excluded, dict[str, Found]()
        for candidate in candidates:
            if candidate.real in found or candidate.path in excluded or candidate.real in excluded:
                continue
            try:
                workbook = self._examine(candidate)
            except SourceUnreadable as error:
                refused.append(Refused(_relative(candidate.path, candidate.root), error))
                continue
            if workbook is not None:
                found[candidate.real] = workbook
        once = {(one.name, one.error.cause): one for one in refused}
        return Scan(
            tuple(sorted(found.values(), key=_BY_NAME)),
            tuple(once[key] for key in sorted(once)),
        )

    def _look(self) -> Iterator[_Candidate | Refused]:
        for path in self._paths:
            if os.path.isdir(path):
                yield from self._walk(path, path)
            elif os.path.lexists(path):
                edited = _is_locked(path)
                yield _Candidate(
                    path, os.path.dirname(path), os.path.realpath(path), linked=False, edited=edited
                )
            elif _root_of(path) != path:
                yield from self._matches(path)
            else:
                yield Refused(_text(path), SourceUnreadable("it does not exist.", CORRECT_PATHS))

    def _matches(self, pattern: str) -> Iterator[_Candidate | Refused]:
        root = _root_of(pattern)
        matches = sorted(glob(os.path.relpath(pattern, root), root_dir=root, recursive=True))
        if not matches:
            error = SourceUnreadable("no file matches this pattern.", CORRECT_PATHS)
            yield Refused(_text(pattern), error)
        for match in matches:
            path = os.path.join(root, match)
            if _extension(path) in _LOOKED_AT:
                if not os.path.basename(path).startswith(_SKIPPED):
                    real = os.path.realpath(path)
                    unlinked = os.path.join(os.path.realpath(root), match)
                    yield _Candidate(path, root, real, linked=real != unlinked, edited=_is_locked(path))
            elif os.path.isdir(path):
                yield from self._walk(path, root)

    def _walk(self, folder: str, root: str) -> Iterator[_Candidate | Refused]:
        if not self.holds(os.path.realpath(folder)):
            yield Refused(_relative(folder, root), leads_outside("folder"))
            return
        pending = [folder]
        while pending:
            here = pending.pop()
            try:
                with os.scandir(here) as entries:
                    everything = list(entries)
            except OSError as error:
                yield Refused(_relative(here, root), _unopened(error))
                continue
            real = os.path.realpath(here)
            straight = real == here  # no link on the way: a file's path is its real one
            listed = [entry for entry in everything if not entry.name.startswith(_SKIPPED)]
            locked = {_locked_by(entry.name) for entry in everything} if len(listed) < len(everything) else ()
            for entry in listed:
                if _extension(entry.name) in _LOOKED_AT:
                    linked = entry.is_symlink()
                    target = entry.path if straight else os.path.join(real, entry.name)
                    target = os.path.realpath(entry.path) if linked else target
                    yield _Candidate(entry.path, root, target, linked, edited=entry.name in locked)
                elif self._recursive and _is_folder(entry):
                    yield from self._enter(entry, root, pending)

    def _enter(self, entry: os.DirEntry[str], root: str, pending: list[str]) -> Iterator[Refused]:
        """Goes into a folder; into a linked one never, since what is inside the roots is found there."""
        if not entry.is_symlink():
            pending.append(entry.path)
        elif not self.holds(os.path.realpath(entry.path)):
            yield Refused(_relative(entry.path, root), leads_outside("folder"))

    def _examine(self, candidate: _Candidate) -> Found | None:
        """The workbook at a path; None where it vanished meanwhile."""
        extension = _extension(candidate.path)
        if extension in OTHER_FORMATS:
            raise other_format(extension)
        if extension not in WORKBOOKS:
            raise SourceUnreadable("its name does not end in .xlsx or .xlsm.", "Name an Excel workbook.")
        path = candidate.path
        if not path.isascii() and _text(path) != path.replace(os.sep, "/"):
            raise SourceUnreadable("its name holds bytes that are no text.", "Rename the file.")
        if candidate.linked and not self.holds(candidate.real):
            raise leads_outside("file")
        status = _status(candidate)
        if status is None:
            return None
        refuse_irregular(status)
        return Found(path, _relative(path, candidate.root), candidate.root, status, candidate.edited)


def is_inside(real: str, roots: Iterable[str]) -> bool:
    """Whether a path is one of these, or lies inside one; links are resolved in all of them."""
    return any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _locked_by(name: str) -> str:
    """The workbook whose lock a file of that name is, "" for any other file."""
    if name.startswith(".~lock.") and name.endswith("#"):
        return name[len(".~lock.") : -1]
    return name[2:] if name.startswith("~$") else ""


def _is_locked(path: str) -> bool:
    folder, name = os.path.split(path)
    return any(os.path.lexists(os.path.join(folder, lock)) for lock in lock_names(name))


def _status(candidate: _Candidate) -> os.stat_result | None:
    try:
        return os.stat(candidate.path)
    except FileNotFoundError as error:
        if os.path.islink(candidate.path):
            raise SourceUnreadable("it is a link that leads nowhere.", "Delete the link.") from error
        return None
    except OSError as error:
        raise SourceUnreadable(
            f"the system does not let us look at it ({error.strerror}).",
            "Give okrsync's account the right to read it; delete it if it is a link to itself.",
        ) from error


def leads_outside(what: str) -> SourceUnreadable:
    """The refusal of a link out of the configured folders."""
    return SourceUnreadable(
        f"it is a link to a {what} outside the configured folders.",
        f"Move the {what} itself here, or add its folder to the paths under [[sources.excel]].",
    )


def _unopened(error: OSError) -> SourceUnreadable:
    return SourceUnreadable(
        f"the folder could not be opened ({error.strerror}).", "Give okrsync's account the right to read it."
    )


def _root_of(path: str) -> str:
    """The path itself; of a glob pattern, the folder that its wildcards stand in."""
    root = path
    while not os.path.lexists(root):
        root = os.path.dirname(root)
    return root if has_magic(path[len(root) :]) else path


def _spellings(path: str) -> tuple[str, str]:
    absolute = os.path.normpath(os.path.abspath(path))
    return absolute, os.path.realpath(absolute)


def _extension(path: str) -> str:
    name = path[path.rfind(os.sep) + 1 :]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return True  # what is wrong with it is found, and told, on going in


def _relative(path: str, root: str) -> str:
    return _text(path.removeprefix(root).lstrip(os.sep) or path)


def _text(path: str) -> str:
    """The path with forward slashes, and U+FFFD for bytes that are no text in this system's encoding."""
    text = path if path.isascii() else os.fsencode(path).decode("utf-8", "replace")
    return text if os.sep == "/" else text.replace(os.sep, "/")

"""Excel workbooks in folders: which there are, whether they may have changed, and their cells."""

from __future__ import annotations

import builtins
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote_from_bytes

from sync.core.policy import Limits
from sync.core.problems import Problem
from sync.sources.base import Listed, Listing, Reading
from sync.sources.files import mark, whole_file
from sync.sources.folder import Found, Refused, Roots, is_inside, leads_outside


class ExcelFolder:
    """The workbooks (.xlsx, .xlsm) in folders, glob patterns and single files; implements Source.

    Relative paths start at `base`. Hidden files, lock files and `exclude` are skipped. Links are
    followed to files inside the configured paths only.
    """

    def __init__(
        self,
        paths: Sequence[Path | str],
        *,
        base: Path = Path(),
        recursive: bool = True,
        number_format: str = "",
        limits: Limits,
        exclude: Iterable[Path] = (),
    ) -> None:
        self._roots = Roots(paths, base=base, recursive=recursive, exclude=exclude)
        self._number_format = number_format
        self._limits = limits

    def list(self) -> Listed:
        """Every workbook that is there now, none of them opened, and S110 for what cannot be one.

        A name is the path below the configured folder; where two folders hold the same one, the
        folder's name, or all of the path, comes before it.
        """
        scan = self._roots.scan()
        listings = [
            Listing(name, found.path, _token(found), uri, self._number_format, found.edited)
            for name, uri, found in zip(_names(scan.found), _uris(scan.found), scan.found, strict=True)
        ]
        return Listed(tuple(sorted(listings)), tuple(map(_problem, scan.refused)))

    def read(self, listing: Listing) -> Reading:
        """The workbook's cells and the sha256 of its bytes. Raises SourceUnreadable."""
        from sync.sources import xlsx  # noqa: PLC0415  # most looks at a folder end without reading

        data = file_within(listing.key, self.roots(), self._limits)
        return Reading(xlsx.read(data, self._limits), hashlib.sha256(data).hexdigest())

    def stop(self) -> None:
        """Nothing: whoever waits for a file is a process that ends by itself."""

    def roots(self) -> tuple[str, ...]:
        """What a workbook has to lie in when it is read, for `file_within`."""
        return self._roots.real()


def _problem(refused: Refused) -> Problem:
    from sync.core.checks.structure import S110  # noqa: PLC0415  # as above: rarely is anything refused

    return S110.problem(source=refused.name, cause=refused.error.cause, mend=refused.error.hint)


def file_within(path: str, roots: Iterable[str], limits: Limits) -> bytes:
    """The bytes of a file, if it still lies where it may, links resolved. Raises SourceUnreadable."""
    if not is_inside(os.path.realpath(path), roots):
        raise leads_outside("file")
    return whole_file(path, limits)


def _names(found: Sequence[Found]) -> builtins.list[str]:
    short = Counter(workbook.name for workbook in found)
    names = [f"{Path(f.root).name}/{f.name}" if short[f.name] > 1 else f.name for f in found]
    taken = Counter(names)
    return [
        Path(f.path).as_posix() if taken[name] > 1 else name for name, f in zip(names, found, strict=True)
    ]


def _token(found: Found) -> str:
    time, size, inode = mark(found.stat)
    return f"{found.path}|{time}|{size}|{inode}"


def _uris(found: Sequence[Found]) -> Iterator[str]:
    """The files' addresses; the names, which hold no slash, are quoted in one go."""
    split = [each.path.rpartition(os.sep) for each in found]
    quoted = quote_from_bytes(b"/".join(os.fsencode(name) for _, _, name in split)).split("/")
    return (f"{_folder_uri(folder)}/{name}" for (folder, _, _), name in zip(split, quoted, strict=False))


@lru_cache(maxsize=1024)
def _folder_uri(folder: str) -> str:
    return Path(folder).as_uri().rstrip("/")

"""Where a row came from, as words and as a link to the very cell."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit
from urllib.request import url2pathname

from sync.core.arrays import Floats
from sync.core.model import CellRef
from sync.core.portfolio import Portfolio
from sync.master.cells import quoted

MOST_LINKS = 65_530
LONGEST_LINK = 2_000
_PATH_ESCAPES = str.maketrans({sign: f"%{ord(sign):02X}" for sign in '%"<>[]^`{}# '})


class Origins:
    """The sources of a portfolio, by their number: names, and links relative to the master's folder."""

    def __init__(self, p: Portfolio, folder: str) -> None:
        self._sheets = p.sheets
        self._names: list[str] = p.sources["name"].tolist()
        keys, urls = p.sources["key"].tolist(), p.sources["url"].tolist()
        self._links = [_file_link(key, url, folder) for key, url in zip(keys, urls, strict=True)]
        self._by_name = {name: at for at, name in enumerate(self._names)}

    def cell(self, source: int, table: str, row: int, field: str = "") -> CellRef:
        """The cell of a field in a row of a table, "" parts for what has no source."""
        return self._sheets[source].ref(table, row, field) if source >= 0 else CellRef("", "", "")

    def words(self, source: int, ref: CellRef, *, gone: bool = False) -> str:
        """What people read: `marketing.xlsx › Key Results!I12`."""
        if source < 0:
            return ""
        if gone:
            return f"{self._names[source]} › row removed"
        return f"{self._names[source]} › {ref.tab}!{ref.cell}" if ref.cell else self._names[source]

    def link(self, source: int, ref: CellRef) -> str:
        """The link to a cell, "" where none can be made."""
        if source < 0 or not self._links[source]:
            return ""
        if not ref.cell or self._links[source].startswith("http"):
            return self._links[source]
        link = f"{self._links[source]}#{quoted(ref.tab)}!{ref.cell}"
        return link if len(link) <= LONGEST_LINK else ""

    def number(self, name: str) -> int:
        """The source of that name, -1 when there is none."""
        return self._by_name.get(name, -1)


def loudest(links: Iterable[str], loudness: Floats | None = None) -> Mapping[int, str]:
    """The links by row; when a sheet cannot hold them all, those of the loudest rows (else the first)."""
    found = {row: link for row, link in enumerate(links) if link}
    if len(found) <= MOST_LINKS:
        return found
    rows = sorted(found, key=lambda row: (0.0 if loudness is None else -loudness[row], row))
    return {row: found[row] for row in sorted(rows[:MOST_LINKS])}


def _file_link(key: str, url: str, folder: str) -> str:
    if url.startswith(("https://", "http://")):
        return url if len(url) <= LONGEST_LINK else ""
    path = url2pathname(urlsplit(url).path) if url.startswith("file:") else key
    if not path:
        return ""
    try:
        path = os.path.relpath(path, folder)
    except ValueError:  # another drive
        path = os.path.normpath(path)
    return "external:" + path.replace("\\", "/").translate(_PATH_ESCAPES)

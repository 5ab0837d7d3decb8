"""Where a row came from, as words and as a link to the very cell."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np

from sync.core.arrays import Bools, Floats, Ints
from sync.core.model import CellRef
from sync.core.portfolio import Portfolio
from sync.master.cells import quoted

MOST_LINKS = 65_530
LONGEST_LINK = 2_000
_LONGEST_ROW = len("1048576")
_PATH_ESCAPES = str.maketrans({sign: f"%{ord(sign):02X}" for sign in '%"<>[]^`{}# '})


class Refs(NamedTuple):
    """What people read of cells (`marketing.xlsx › Key Results!I12`), and the links to them, "" for none."""

    words: list[str]
    links: list[str]


class _Way(NamedTuple):
    """To a column of a source: `words` and `link` as far as the row's number; `name` and `base` mean it all.

    A web address of which no tab's id is known leads to no cell: then it stands in `page` alone.
    """

    name: str = ""
    base: str = ""
    words: str = ""
    link: str = ""
    page: str = ""

    def words_to(self, row: int) -> str:
        return f"{self.words}{row}" if self.words and row else self.name

    def link_to(self, row: int) -> str:
        if not self.words or not row:
            return self.base
        return f"{self.link}{row}" if self.link else self.page


class Origins:
    """The sources of a portfolio, by their number: names, and links relative to the master's folder."""

    def __init__(self, p: Portfolio, folder: str) -> None:
        self._sheets = p.sheets
        self._names: list[str] = p.sources["name"].tolist()
        keys, urls = p.sources["key"].tolist(), p.sources["url"].tolist()
        self._links = [_file_link(key, url, folder) for key, url in zip(keys, urls, strict=True)]
        self._gids = [{b.title: b.gid for b in sheet.bindings.values() if b.gid} for sheet in p.sheets]
        self._by_name = {name: at for at, name in enumerate(self._names)}

    def cells(self, table: str, field: str, sources: Ints, rows: Ints, gone: Bools | None = None) -> Refs:
        """A field's cell in each of these rows of a table, each in its own source; `gone` rows have none."""
        ways = {source: self._way(source, table, field) for source in set(sources.tolist())}
        at = [ways[source] for source in sources.tolist()]
        numbers = rows.tolist()
        found = Refs([*map(_Way.words_to, at, numbers)], [*map(_Way.link_to, at, numbers)])
        for out in () if gone is None else np.flatnonzero(gone).tolist():
            found.words[out], found.links[out] = f"{at[out].name} › row removed" if at[out].name else "", ""
        return found

    def _way(self, source: int, table: str, field: str) -> _Way:
        if source < 0:
            return _Way()
        name, base = self._names[source], self._links[source]
        ref = self._sheets[source].ref(table, 1, field)
        if not ref.cell:
            return _Way(name, base)
        words = f"{name} › {ref.tab}!{ref.cell[:-1]}"
        if base.startswith("http"):
            gid = self._gids[source].get(ref.tab, "")
            return _Way(name, base, words, f"{base}#gid={gid}&range={ref.cell[:-1]}" if gid else "", base)
        link = f"{base}#{quoted(ref.tab)}!{ref.cell[:-1]}" if base else ""
        return _Way(name, base, words, link if len(link) + _LONGEST_ROW <= LONGEST_LINK else "")

    def link(self, source: int, ref: CellRef) -> str:
        """The link to a cell, "" where none can be made."""
        if source < 0 or not self._links[source]:
            return ""
        if not ref.cell or self._links[source].startswith("http"):
            gid = self._gids[source].get(ref.tab, "") if ref.cell else ""
            return self._links[source] + (f"#gid={gid}&range={ref.cell}" if gid else "")
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
    rows = np.fromiter(found, dtype=np.int64, count=len(found))
    if loudness is not None:
        rows = rows[np.argsort(-loudness[rows], kind="stable")]
    return {row: found[row] for row in np.sort(rows[:MOST_LINKS]).tolist()}


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

"""Where a cell is opened: its address in Google, a workbook's in the browser, or the path to read.

An address comes from Google's own listing or from the settings, never from a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import NamedTuple
from urllib.parse import quote

from sync.core.model import CellRef
from sync.core.portfolio import Portfolio
from sync.core.schema import IN_GOOGLE
from sync.notify.plain import harmless, one_line


class Way(NamedTuple):
    """How somebody gets to a cell: `url` ("" when there is none), and the words for it."""

    url: str
    words: str


class Links:
    """The cells of a portfolio's sources; `folders` are web addresses by folder."""

    def __init__(self, p: Portfolio, folders: Mapping[str, str]) -> None:
        self._keys, self._urls, self._names = (p.sources[name].tolist() for name in ("key", "url", "name"))
        self._gids = [{b.title: b.gid for b in sheet.bindings.values() if b.gid} for sheet in p.sheets]
        self._folders = sorted(folders.items(), key=lambda pair: -len(pair[0]))

    def to(self, source: int, ref: CellRef) -> Way:
        """The way to a cell of that source."""
        if source < 0:
            return Way("", "")
        where = f" › {harmless(ref.tab, 40)}!{ref.cell}" if ref.cell else ""
        key = self._keys[source]
        if key.startswith(IN_GOOGLE):
            gid = self._gids[source].get(ref.tab, "") if ref.cell else ""
            range_ = f"#gid={quote(gid)}&range={quote(ref.cell)}" if gid else ""
            return Way(self._urls[source] + range_, f"{harmless(self._names[source], 100)}{where}")
        path = PurePath(key)
        url, name = self._in_browser(path), f"{harmless(path.stem, 100)}{path.suffix}"
        return Way(url, f"{name if url else one_line(str(path.parent / name), 400)}{where}")

    def _in_browser(self, path: PurePath) -> str:
        for folder, address in self._folders:
            if path.is_relative_to(folder):
                rest = "/".join(quote(part, safe="") for part in path.relative_to(folder).parts)
                return f"{address.rstrip('/')}/{rest}".rstrip("/")
        return ""

"""Workbooks in memory: the source that tests and the contract of all sources use."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Mapping

from sync.core.errors import SourceUnreadable
from sync.core.grid import Grid
from sync.core.policy import Limits
from sync.sources import xlsx
from sync.sources.base import Listed, Listing, Reading


class MemorySource:
    """Workbooks by name, each as the bytes of a file or as a Grid; implements Source."""

    def __init__(
        self,
        workbooks: Mapping[str, bytes | Grid] | None = None,
        *,
        number_format: str = "",
        limits: Limits | None = None,
    ) -> None:
        self._workbooks: dict[str, bytes | Grid] = dict(workbooks or {})
        self._number_format = number_format
        self._limits = limits or Limits()

    def put(self, name: str, workbook: bytes | Grid) -> None:
        """Adds the workbook, or replaces the one of that name."""
        self._workbooks[name] = workbook

    def remove(self, name: str) -> None:
        """Takes the workbook away."""
        del self._workbooks[name]

    def list(self) -> Listed:
        """Every workbook; its token is the hash of its content."""
        return Listed(tuple(self._listings()), ())

    def read(self, listing: Listing) -> Reading:
        """The workbook's cells. Raises SourceUnreadable as a file would."""
        workbook = self._workbooks.get(listing.key)
        if workbook is None:
            raise SourceUnreadable("the file is gone.", "Put it back.")
        grid = xlsx.read(workbook, self._limits) if isinstance(workbook, bytes) else workbook
        return Reading(grid, _hash(workbook))

    def _listings(self) -> builtins.list[Listing]:
        return [
            Listing(name, name, _hash(workbook), f"memory:{name}", self._number_format)
            for name, workbook in sorted(self._workbooks.items())
        ]


def _hash(workbook: bytes | Grid) -> str:
    data = workbook if isinstance(workbook, bytes) else repr(workbook).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()

"""How many calls a run made, by what Google counts them as."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from enum import StrEnum


class Use(StrEnum):
    """What a call counts as at Google; Drive has a quota of its own."""

    DRIVE = "drive"
    READ = "sheets_reads"
    WRITE = "sheets_writes"


_READING_POSTS = re.compile(r":getByDataFilter$|:batchGetByDataFilter$|/developerMetadata:search$")


def use_of(method: str, path: str) -> Use:
    """What a call to that path (without its query) counts as."""
    if "/drive/" in path:
        return Use.DRIVE
    reads = method.upper() == "GET" or _READING_POSTS.search(path)
    return Use.READ if reads else Use.WRITE


class Calls:
    """A counter that several threads may use. `retries` are among the calls, not beside them."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys((*map(str, Use), "retries"), 0)
        self._turn = threading.Lock()

    def count(self, use: Use, *, again: bool) -> None:
        """Notes one call that is about to be made; `again`: it is a repeated one."""
        with self._turn:
            self._counts[use] += 1
            self._counts["retries"] += again

    def as_dict(self) -> dict[str, int]:
        """The counts, as `okrsync sync --format json` shows them."""
        with self._turn:
            return dict(self._counts)


def total(calls: Iterable[Calls]) -> dict[str, int]:
    """The counts of several counters together."""
    whole = Calls().as_dict()
    for one in calls:
        for name, count in one.as_dict().items():
            whole[name] += count
    return whole

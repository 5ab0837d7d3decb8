"""Every call the server answered or refused, in order."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """`status` is 0 when no answer was sent."""

    time: float
    identity: str
    method: str
    path: str
    query: str
    kind: str
    status: int


@dataclass
class Log:
    """`kind` of a call: drive, read, write, token or other."""

    entries: list[Entry] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, entry: Entry) -> None:
        with self.lock:
            self.entries.append(entry)

    def clear(self) -> None:
        with self.lock:
            self.entries.clear()

    def count(self, kind: str = "", status: int | None = None) -> int:
        """How many calls there were of a kind and with a status; of all, when none is named."""
        with self.lock:
            return sum(kind in ("", entry.kind) and status in (None, entry.status) for entry in self.entries)

    def counts(self) -> Counter[str]:
        """Calls by kind."""
        with self.lock:
            return Counter(entry.kind for entry in self.entries)

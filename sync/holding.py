"""Who may work: the lease of the service, taken, kept, watched while another has it (TRUST 26)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime

from sync.core.errors import LeaseLost
from sync.history.desk import Desk, Lease


class Holding:
    """This process and the lease. `monotonic` counts seconds that no clock change touches."""

    def __init__(self, desk: Desk, *, seconds: int, monotonic: Callable[[], float]) -> None:
        self._desk, self._seconds, self._monotonic = desk, seconds, monotonic
        self._me = f"{socket.gethostname()}, process {os.getpid()}"
        self._next_beat = 0.0
        self._watched: Lease | None = None
        self._watched_since = 0.0
        self._next_try = 0.0

    def get(self, now: datetime) -> Lease | None:
        """None once the lease is ours, else that of the one who has it."""
        if self._watched is not None and self._monotonic() < self._next_try:
            return self._watched
        self._next_try = self._monotonic() + self._seconds / 8
        lease = self._desk.take(self._me, now, self._seconds, stale=self._silent())
        if self._desk.token is not None:
            self._watched = None
            self._next_beat = self._monotonic() + self._seconds / 4
            return None
        if self._watched is None or (lease.token, lease.beat) != (self._watched.token, self._watched.beat):
            self._watched, self._watched_since = lease, self._monotonic()
        return lease

    def keep(self, now: datetime) -> bool:
        """Whether the lease is still ours; it is renewed four times in its length."""
        try:
            if self._monotonic() >= self._next_beat:
                self._desk.beat(now, self._seconds)
                self._next_beat = self._monotonic() + self._seconds / 4
        except LeaseLost:
            self._desk.lose()
            return False
        return True

    def _silent(self) -> Lease | None:
        """The lease whose holder has not been heard of for its whole length, by our own seconds."""
        silent = self._monotonic() - self._watched_since >= self._seconds
        return self._watched if silent else None

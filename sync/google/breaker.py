"""A fuse: when Google does not answer at all, one sheet after the other must not wait for it in vain."""

from __future__ import annotations

import threading

from sync.core.errors import AccountUnusable
from sync.google.pace import Clock
from sync.google.refusals import NEXT_TIME

FAILURES = 5
REST = 60.0


class Breaker:
    """Opens after five calls in a row that failed for good; after a minute it lets calls through again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._opened = float("-inf")
        self._cause = ""
        self._turn = threading.Lock()

    def check(self) -> None:
        """Nothing when calls may be made. Raises AccountUnusable while the fuse is blown."""
        with self._turn:
            if self._failures >= FAILURES and self._clock.now() - self._opened < REST:
                raise AccountUnusable(
                    f"Google failed {self._failures} times in a row, so it was not asked: {self._cause}",
                    NEXT_TIME,
                    passing=True,
                )

    def worked(self) -> None:
        """Notes a call that was answered, whatever the answer."""
        with self._turn:
            self._failures = 0

    def failed(self, cause: str) -> None:
        """Notes a call that failed through all its tries."""
        with self._turn:
            self._failures += 1
            self._opened = self._clock.now()
            self._cause = cause

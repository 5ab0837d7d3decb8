"""Quotas: never more calls in a minute than a credential is granted, whichever threads make them.

Google counts calls in minutes whose beginning nobody is told. So it is not enough to grant tokens at a
steady rate with a reserve of a minute's worth: both sides of a minute's border could then see twice the
quota. The bucket here remembers when the last calls were made, and lets a call wait until fewer than
the quota lie within the last minute.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

MINUTE = 61.0
"""Seconds in which the quota may be used once; one is spare, for calls that travel at different speeds."""


class Clock(NamedTuple):
    """Seconds that only ever grow, and a way to let them pass."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


CLOCK = Clock(time.monotonic, time.sleep)


class Bucket:
    """Lets `per_minute` calls pass in any minute; the others wait for their turn, one behind the other."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._room = per_minute
        self._clock = clock
        self._made: deque[float] = deque()
        self._turn = threading.Lock()

    def take(self) -> None:
        """Returns when one more call may be made."""
        with self._turn:
            while (now := self._clock.now()) < (due := self._due(now)):
                self._clock.sleep(due - now)
            self._made.append(now)

    def _due(self, now: float) -> float:
        """The moment of the next call, and no remainder: that may be too small to move a clock."""
        while self._made and self._made[0] + MINUTE <= now:
            self._made.popleft()
        return self._made[0] + MINUTE if len(self._made) >= self._room else now

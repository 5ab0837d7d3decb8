"""The server's clock: real unless a test sets it, and then it moves only when told."""

from __future__ import annotations

import datetime as dt
import threading
import time


class Clock:
    """Seconds since 1970. `virtual` given: time stands still until `advance`."""

    def __init__(self, virtual: float | None = None) -> None:
        self._virtual = virtual
        self._lock = threading.Lock()

    @property
    def is_virtual(self) -> bool:
        return self._virtual is not None

    def now(self) -> float:
        with self._lock:
            return time.time() if self._virtual is None else self._virtual

    def advance(self, seconds: float) -> None:
        """Moves virtual time forward; may be handed to the product as its `sleep`."""
        with self._lock:
            if self._virtual is None:
                message = "The clock is real; give the server a virtual one to move it."
                raise RuntimeError(message)
            self._virtual += max(0.0, seconds)

    def moment(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.now(), dt.UTC)


def rfc3339(seconds: float) -> str:
    """The time as Drive writes it, with milliseconds."""
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

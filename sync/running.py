"""A job at work: its process, seen from the service that started it (see `sync.errand`)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from typing import IO, Protocol

from sync.errand import STOPPED, Answer, Order
from sync.outcome import NOTHING

STOPS_WITHIN = 20.0
"""Seconds for the step under way to be rolled back."""


class AtWork(Protocol):
    """What the service knows of a job at work; tests have jobs without a process."""

    def answer(self) -> Answer | None:
        """What came of it; None while it is at work. STOPPED is the code of one that was cut short."""
        ...

    def stop(self) -> None:
        """Ends it: what is under way is rolled back."""
        ...


class Ended:
    """A job that has come to its end."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def answer(self) -> Answer:
        """What came of it."""
        return self._answer

    def stop(self) -> None:
        """Nothing is left to end."""


class Running:
    """The process of one job. It dies with this one, since it reads from it."""

    def __init__(self, order: Order, *, seconds: float) -> None:
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._ended: Answer | None = None
        self._answer: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # a pipe would have to be read meanwhile
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sync.errand"],
            stdin=subprocess.PIPE,
            stdout=self._answer,
            start_new_session=os.name == "posix",  # Ctrl-C is for the service, which stops it in good order
        )
        with suppress(OSError):  # it died at once: its answer says so
            self._stdin.write(order.text().encode())
            self._stdin.flush()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101  # a pipe was asked for
        return self._process.stdin

    def answer(self) -> Answer | None:
        """What came of it; None while it is at work. A process that takes too long is ended here."""
        if self._ended is None and self._process.poll() is not None:
            self._ended = self._told(self._process.returncode)
        if self._ended is None and time.monotonic() >= self._until:
            self.stop()
            if self._process.returncode:  # else it came to its end at this very moment
                minutes = f"{self._seconds / 60:g} minutes"
                self._ended = Answer(NOTHING, f"It took longer than {minutes} and was ended.")
        return self._ended

    def stop(self) -> None:
        """Ends the process: first it is asked to roll back, after a while it is killed."""
        with suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._ended = self._ended or self._told(self._process.returncode)

    def _told(self, code: int) -> Answer:
        """What the process has answered; nothing of it is kept open."""
        with suppress(OSError):
            self._stdin.close()
        with self._answer:
            self._answer.seek(0)
            told = self._answer.read()
        with suppress(ValueError, TypeError):
            return Answer(**json.loads(told))
        if code == STOPPED:
            return Answer(STOPPED, "It was stopped.")
        return Answer(NOTHING, f"Its process died ({_cause(code)}).")


def _cause(code: int) -> str:
    """What the system says of the end of a process."""
    with suppress(ValueError):
        if code < 0:
            return signal.Signals(-code).name
    return f"exit code {code}"

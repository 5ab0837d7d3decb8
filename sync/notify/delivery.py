"""Letters to a mail server over several connections at once.

A letter that takes longer than its time loses its connection and delays no other (TRUST 17).
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread

from sync.notify.smtp import Desk, Letter, Line, Misses, Outcome, Server

_LOOK = 0.1  # seconds between two looks at what takes too long
_PATIENCE = 0.2  # seconds between two looks at whether something has failed


@dataclass
class Delivery:
    """What became of all letters: how many of each outcome, and the answers of those that did not go."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    answers: list[tuple[str, Outcome, str]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, letter: Letter, outcome: Outcome, answer: str) -> None:
        """Counts one letter."""
        with self._lock:
            self.counts[outcome] += 1
            if outcome not in {Outcome.SENT, Outcome.ALREADY}:
                self.answers.append((letter.address, outcome, answer))

    def join(self, other: Delivery) -> None:
        """Adds what became of other letters."""
        self.counts += other.counts
        self.answers += other.answers


def deliver(letters: Iterable[Letter], server: Server, desk: Desk, *, connections: int) -> Delivery:
    """Hands every letter in; made one by one as there is room, so that memory stays as it is.

    What the desk raises (the database cannot be written) ends everything, before another letter goes.
    """
    lines = _Lines(server, desk, connections)
    try:
        lines.put(letters)
    finally:
        lines.end()
    if lines.failures:
        raise lines.failures[0]
    return lines.done


class _Lines:
    """The connections, each in a thread, and one more thread that looks at the clock."""

    def __init__(self, server: Server, desk: Desk, connections: int) -> None:
        self.done, self.failures = Delivery(), list[Exception]()
        self._desk, self._over = desk, Event()
        self._waiting: Queue[Letter | None] = Queue(connections * 2)
        misses = Misses(2 * connections)
        self._lines = [Line(server, misses) for _ in range(connections)]
        self._threads = [Thread(target=self._work, args=(line,), daemon=True) for line in self._lines]
        for thread in (*self._threads, Thread(target=self._watch, daemon=True)):
            thread.start()

    def put(self, letters: Iterable[Letter | None]) -> None:
        """Puts them into the queue as there is room, until something has failed."""
        for letter in letters:
            while not self.failures:
                with contextlib.suppress(Full):
                    self._waiting.put(letter, timeout=_PATIENCE)
                    break
            if self.failures:
                return

    def end(self) -> None:
        """Waits until all of them have gone, or until the first failure has ended every line."""
        self.put([None] * len(self._lines))
        for thread in self._threads:
            thread.join()
        self._over.set()

    def _work(self, line: Line) -> None:
        try:
            while not self.failures:
                with contextlib.suppress(Empty):
                    letter = self._waiting.get(timeout=_PATIENCE)
                    if letter is None:
                        break
                    self.done.add(letter, *line.hand_in(letter, self._desk))
        except Exception as error:  # noqa: BLE001  # raised again in the caller's thread
            self.failures.append(error)
        finally:
            line.close()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK):
            for line in self._lines:
                line.end_if_late()

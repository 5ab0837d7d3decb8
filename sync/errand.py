"""The life of a job's process: what to do comes on standard input, what came of it goes to standard output.

The process belongs to its parent: when standard input ends, because the parent wants it to stop or is dead,
it stops as it would at a SIGTERM. It rolls back the step under way; what was committed is safe.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from sync.config import load
from sync.core.errors import (
    Busy,
    HistoryAway,
    HistoryUnusable,
    LeaseLost,
    OkrsyncError,
    PublishError,
    UsageError,
)
from sync.jobs import Errand, perform
from sync.outcome import NOTHING, PARTIAL, USAGE

STOPPED = 75
"""The exit status of a process that was told to stop."""

_FAULT = "This is a fault of okrsync itself ({kind}: {text}); nothing half-done was published."


class Order(NamedTuple):
    """What a job's process is told, as JSON: the settings' file ("" for none), and what an Errand holds."""

    job: str
    config: str = ""
    local: str = ""
    zone: str = ""
    token: int | None = None
    books: tuple[str, ...] = ()

    def text(self) -> str:
        """The order on one line."""
        return json.dumps(self._asdict()) + "\n"


class Answer(NamedTuple):
    """What came of it: the exit code, a sentence, what else there is; `busy`: it could not begin yet."""

    code: int
    said: str
    more: Mapping[str, Any] = {}  # a NamedTuple default; never written to
    busy: bool = False


def answer_to(order: Order) -> Answer:
    """Performs the job; whatever goes wrong is a sentence in the answer."""
    try:
        report = perform(order.job, _errand(order))
    except (Busy, HistoryAway) as error:
        return Answer(USAGE, str(error), busy=True)
    except Exception as error:  # noqa: BLE001  # the last door: a fault of ours becomes a sentence
        return Answer(*_sentence(error))
    return Answer(report.code, report.said, report.more)


def _sentence(error: Exception) -> tuple[int, str]:
    match error:
        case UsageError():
            return USAGE, " ".join(error.problems)
        case HistoryUnusable() | PublishError() | LeaseLost():
            return NOTHING, str(error)
        case OkrsyncError():
            return PARTIAL, str(error)
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return NOTHING, f"{place}{error.strerror or error}. Nothing half-done was left."
        case _:
            return NOTHING, _FAULT.format(kind=type(error).__name__, text=error)


def _errand(order: Order) -> Errand:
    settings = load(Path(order.config) if order.config else None, os.environ)
    now = datetime.now(UTC).astimezone(ZoneInfo(settings.organisation.time_zone))
    local = datetime.fromisoformat(order.local) if order.local else None
    return Errand(settings, now, local, order.zone, order.token, tuple(order.books))


def main() -> None:
    """Performs one order and answers it."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    order = Order(**json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    json.dump(answer_to(order)._asdict(), answers)
    answers.flush()


def _stop_with_parent() -> None:
    """Waits for the end of standard input, by its number: a thread must not hold the file's lock at exit."""
    while os.read(0, 1):
        pass
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGTERM)
    else:  # wakes the main thread, whatever it waits for
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(STOPPED)


if __name__ == "__main__":
    main()

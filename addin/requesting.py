"""A request to the service to read one workbook now, and its answer: small files in its spool folder.

The form is that of `sync.spool`: NAME.json holds {"path", "requested_by"}, written beside and renamed, and
NAME.answer.json is the answer. The name is made here, of nothing but random signs; the path is a text that
the service compares with those of its workbooks.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from addin.settings import Settings

PATIENCE = 20.0
"""Seconds in which an answer is waited for."""
_PAUSE = 0.5
_MOST_BYTES = 65_536


class Clock(NamedTuple):
    """How time passes."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


CLOCK = Clock()


def request(path: str, who: str, settings: Settings, clock: Clock = CLOCK) -> str:
    """What the service says, or when it will read the workbook by itself."""
    if settings.spool is None:
        return f"The workbook is saved. No sync service is set up on this computer.{_later(settings)}"
    name = secrets.token_hex(8)
    try:
        _leave(settings.spool, name, {"path": path, "requested_by": who})
    except OSError:
        return (
            f"The workbook is saved. The sync service's folder cannot be reached from here.{_later(settings)}"
        )
    answer = _wait(settings.spool / f"{name}.answer.json", clock)
    if answer is None:
        return f"The workbook is saved and the service is asked; it has not answered yet.{_later(settings)}"
    return f"The workbook is saved. {answer}"


def _leave(spool: Path, name: str, content: dict[str, str]) -> None:
    """Leaves the request whole or not at all. Raises OSError."""
    new = spool / f"{name}.new"
    try:
        with new.open("x", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(spool / f"{name}.json")
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _wait(place: Path, clock: Clock) -> str | None:
    """The answer's message; None when there is none in time."""
    until = clock.monotonic() + PATIENCE
    while True:
        with suppress(OSError, ValueError, RecursionError):
            answer = json.loads(place.read_bytes()[:_MOST_BYTES])
            if isinstance(answer, dict):
                with suppress(OSError):
                    place.unlink()
                return _told(answer)
        if clock.monotonic() >= until:
            return None
        clock.sleep(_PAUSE)


def _told(answer: dict[str, object]) -> str:
    message = " ".join(str(answer.get("message") or "").split())
    words = {"done": "The sync is done.", "refused": "The service refused:", "failed": "The sync failed:"}
    return f"{words.get(str(answer.get('state')), 'The service says:')} {message}".strip()


def _later(settings: Settings) -> str:
    if settings.sync:
        return f" The service reads all workbooks by itself: {settings.sync}."
    return " It is read at the service's next sync."

"""The jobs that send messages, each by hand or at its slot: what is due is made, judged and sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sync import messages
from sync.config import Settings
from sync.health import existing
from sync.messages import Due, Scene
from sync.outcome import FINE, PARTIAL


@dataclass
class Told:
    """What a job did. `due` messages were due; sentences say the rest."""

    due: int = 0
    sent: int = 0
    written: int = 0
    notes: tuple[str, ...] = ()
    failed: bool = False
    folder: Path | None = None
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """FINE, or PARTIAL when something that was due did not go."""
        return PARTIAL if self.failed else FINE

    def lines(self) -> list[str]:
        """The result for people."""
        messages_ = "1 message" if self.due == 1 else f"{self.due} messages"
        lines = [
            f"{messages_} due; nothing was sent." if self.dry_run else f"{messages_} due, {self.sent} sent."
        ]
        if self.folder and self.written:
            lines.append(f"Written to {self.folder}: {self.written} files.")
        return [*lines, *self.notes]


def _reminders(here: Scene, *, force: bool) -> Due:
    return messages.reminders(here, force=force)


JOBS: Mapping[str, Callable[..., Due]] = {"reminders": _reminders}
"""What each job makes of a scene."""


def tell(
    job: str,
    settings: Settings,
    moment: datetime,
    *,
    dry_run: bool,
    out: Path | None = None,
    force: bool = False,
) -> Told:
    """One job at a moment. With `dry_run` nothing is sent; `out` gets the messages for looking at."""
    with existing(settings) as store:
        here = messages.scene(store, settings, moment)
        due = JOBS[job](here, force=force)
        told = Told(len(due.messages), notes=due.notes, folder=out, dry_run=dry_run)
        if out:
            told.written = len(messages.write_out(due, out, settings, moment, store.generation))
        return told

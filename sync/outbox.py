"""The outbox by hand: what was sent, one message again, and leave for what is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.config import Settings
from sync.core.errors import UsageError
from sync.history.outbox import COMMENT, Outbox
from sync.notify.delivery import deliver
from sync.notify.message import sender_of
from sync.notify.smtp import Letter, Outcome
from sync.opening import existing
from sync.post import WORDS, can_send, mail_server


def listed(settings: Settings) -> list[str]:
    """The newest messages and what became of them, and what is held."""
    with existing(settings) as store:
        entries, held = store.outbox.entries(), store.outbox.held
    lines = [
        f"{one.id}  {one.claimed_at}  {one.kind} {one.period}  {one.person}  "
        f"{'result unknown' if one.state == Outcome.UNKNOWN else one.state}"
        f"{f' ({one.answer})' if one.answer and one.state != Outcome.SENT else ''}"
        for one in entries
    ]
    return [*(lines or ["The outbox is empty."]), *([held] if held else [])]


def resend(id_: int, settings: Settings, moment: datetime) -> str:
    """Sends a message again whose result is unknown; says what became of it."""
    with existing(settings) as store:
        entry, data = store.outbox.unknown(id_)
        if entry.kind == COMMENT:
            raise UsageError(
                f"Message {id_} is a comment in {entry.person}; look there, and write it by hand."
            )
        can_send(settings)
        if not data.startswith(b"From: "):
            raise UsageError(f"Message {id_} was for a chat channel; look there, and post it by hand.")
        store.outbox.reclaim(entry, moment)
        sender = sender_of(settings.mail.sender, settings.mail.reply_to, store.generation)
        letter = Letter(
            (entry.person, entry.kind, entry.period),
            entry.message_id,
            entry.subject,
            sender.address,
            entry.person,
            data,
        )
        server = mail_server(settings)
        store.outbox.step()
        done = deliver([letter], server, _Again(store.outbox, id_), connections=1)
        store.outbox.step()
    [outcome] = done.counts
    answer = f": {done.answers[0][2]}" if done.answers else ""
    words = "its result is unknown" if outcome is Outcome.UNKNOWN else f"it was {WORDS[outcome]}"
    return f"Message {id_} to {entry.person}: {words}{answer}."


@dataclass
class _Again:
    """The desk for a message that is claimed already."""

    outbox: Outbox
    id_: int

    def claim(self, letter: Letter) -> int:  # noqa: ARG002  # a desk is asked so
        return self.id_

    def finish(self, number: int, outcome: Outcome, answer: str) -> None:
        self.outbox.finish([(number, str(outcome), answer)])

    def turn_away(self, letter: Letter, outcome: Outcome, answer: str) -> None:
        """It stays one of which nobody knows: the first try may have arrived."""


def release(settings: Settings, moment: datetime) -> str:
    """Lets the next sending run go, whatever it is held for."""
    with existing(settings) as store:
        store.outbox.release(moment)
    return "The next run sends what is due, once, without asking."

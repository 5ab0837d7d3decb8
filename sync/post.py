"""The jobs that send messages, by hand or at their slots: what is due is made, judged, claimed and sent.

`tell` is what the service calls for the jobs `reminders`, `findings` and `digest`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from sync import daily, messages, weekly
from sync.clerk import Clerk
from sync.config import Settings
from sync.core.errors import UsageError
from sync.history.outbox import Outbox
from sync.history.store import Store
from sync.messages import Draft, Due, channel_of
from sync.notify import chat
from sync.notify.delivery import Delivery, deliver
from sync.notify.message import Sender, mail, message_id, sender_of
from sync.notify.smtp import Letter, Outcome, Server
from sync.opening import existing
from sync.outcome import FINE, PARTIAL
from sync.secret import secret


@dataclass
class Told:
    """What a job did. `due` messages were due, `before` of them had gone already; sentences say the rest.

    `held`: nothing went, because somebody should look first.
    """

    due: int = 0
    before: int = 0
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    held: str = ""
    written: int = 0
    folder: Path | None = None
    dry_run: bool = False

    @property
    def failed(self) -> bool:
        """Whether something that was due did not go."""
        return bool(self.held or any(self.counts.get(bad) for bad in _BAD))

    @property
    def exit_code(self) -> int:
        """FINE, or PARTIAL when something that was due did not go."""
        return PARTIAL if self.failed and not self.dry_run else FINE

    def lines(self) -> list[str]:
        """The result for people."""
        due = "1 message" if self.due == 1 else f"{self.due} messages"
        if self.dry_run:
            lines = [f"{due} due; nothing was sent."]
        else:
            told = [f"{self.counts[one]} {words}" for one, words in WORDS.items() if self.counts.get(one)]
            told += [f"{self.before} sent before"] if self.before else []
            lines = [f"{due} due: {', '.join(told)}." if told else f"{due} due."]
        if self.folder and self.written:
            lines.append(f"Written to {self.folder}: {self.written} files.")
        return [*lines, *([self.held] if self.held else []), *self.notes]


_BAD = (Outcome.REFUSED, Outcome.DEFERRED, Outcome.UNKNOWN)
WORDS = {
    Outcome.SENT: "sent",
    Outcome.REFUSED: "refused",
    Outcome.DEFERRED: "put off",
    Outcome.UNKNOWN: "of which nobody knows whether they went",
    Outcome.ALREADY: "sent by another okrsync",
}
_SHOWN = 20  # answers of the server that are repeated


def _news(store: Store, settings: Settings, moment: datetime, *, force: bool) -> Due:
    """The news, and what is said once a week as far as it was put off this week: it has no other slot."""
    due = daily.newsflashes(store, settings, moment, force=force)
    put_off = {(one.person, one.kind, one.period) for one in store.outbox.entries(Outcome.DEFERRED)}
    if not {kind for _, kind, _ in put_off} & {"digest", "findings"}:
        return due
    weekly_ones = (weekly.digests, weekly.champions)
    drafts = [draft for made in weekly_ones for draft in made(store, settings, moment).drafts]
    return due._replace(drafts=(*due.drafts, *(draft for draft in drafts if draft.key in put_off)))


def _reminders(store: Store, settings: Settings, moment: datetime, *, force: bool) -> Due:
    here = messages.scene(store, settings, moment)
    went = {zone: store.outbox.days(_went("reminders", zone)) for zone in here.zones}
    sent_on = {zone: [date.fromisoformat(day) for day in days] for zone, days in went.items()}
    return messages.reminders(here, sent_on=sent_on, force=force)


def _went(job: str, zone: str) -> str:
    """The name under which the outbox keeps the days on which a job went in a zone."""
    return f"{job} {zone}".replace(" ", "_")


JOBS: Mapping[str, Callable[..., Due]] = {
    "reminders": _reminders,
    "digest": weekly.digests,
    "findings": weekly.champions,
    "news": _news,
}
"""What is due for each job."""


def tell(
    job: str,
    settings: Settings,
    moment: datetime,
    *,
    dry_run: bool = False,
    out: Path | None = None,
    force: bool = False,
    zones: Collection[str] | None = None,
    fence: int | None = None,
) -> Told:
    """One job at a moment, for the people in these time zones (None: all).

    With `dry_run` nothing is sent; `out` gets the messages for looking at. `fence`: the token of the
    service's lease; once another service has it, nothing more is claimed and so nothing goes (TRUST 26).
    """
    if not dry_run:
        can_send(settings)
    with existing(settings, fence=fence) as store:
        due = JOBS[job](store, settings, moment, force=force)
        if zones is not None:
            due = due._replace(drafts=tuple(draft for draft in due.drafts if draft.zone in zones))
        told = handed_in(job, due, store, settings, moment, dry_run=dry_run, out=out)
        if not dry_run:
            _remember(told, job, store, settings, moment, zones)
        return told


def handed_in(
    job: str,
    due: Due,
    store: Store,
    settings: Settings,
    moment: datetime,
    *,
    dry_run: bool = False,
    out: Path | None = None,
) -> Told:
    """What became of messages that are due: looked at, or judged, claimed and sent."""
    told = Told(len(due.drafts), notes=due.notes, folder=out, dry_run=dry_run)
    if out:
        told.written = len(messages.write_out(due, out, settings, moment, store.generation))
    if not dry_run:
        _send(told, job, due, store, settings, moment)
    return told


def _remember(
    told: Told, job: str, store: Store, settings: Settings, moment: datetime, zones: Collection[str] | None
) -> None:
    """Records the day in each zone, unless something waits: then the next time takes these steps, too."""
    if told.held or told.counts.get(Outcome.DEFERRED):
        return
    for zone in zones_in(store, settings) if zones is None else zones:
        local = moment.astimezone(ZoneInfo(zone)).date()
        store.outbox.add_day(_went(job, zone), local.isoformat())


def zones_of(settings: Settings) -> Collection[str]:
    """The time zones in which somebody is to be written to: each has a slot of its own."""
    with existing(settings) as store:
        return zones_in(store, settings)


def zones_in(store: Store, settings: Settings) -> Collection[str]:
    """The same, of an open history."""
    named = {person.time_zone for person in store.people()}
    named |= {record.sheet.team.time_zone for record in store.load_sources().values() if record.sheet}
    return sorted({settings.organisation.time_zone, *(named & available_timezones())})


def can_send(settings: Settings) -> None:
    """Raises UsageError when there is no way to send anything."""
    if not settings.mail.host and not settings.chat.channels:
        raise UsageError(
            "[mail] host is not set, so nothing can be sent; --dry-run --out DIR shows what would be."
        )


def _send(told: Told, job: str, due: Due, store: Store, settings: Settings, moment: datetime) -> None:
    """Sends what was not sent yet, unless it is held."""
    outbox = store.outbox
    fresh = _not_sent(due.drafts, outbox)
    told.before = len(due.drafts) - len(fresh)
    told.held = _why_held(job, fresh, outbox, settings)
    if told.held:
        outbox.hold(told.held)
        return
    if fresh:
        done = _deliver(fresh, store, settings, moment)
        told.counts = done.counts
        told.notes = [*told.notes, *_answers(done)]


def _not_sent(drafts: Sequence[Draft], outbox: Outbox) -> list[Draft]:
    settled = set()
    for kind in {draft.key[1] for draft in drafts}:
        settled |= outbox.settled(kind, {draft.key[2] for draft in drafts if draft.key[1] == kind})
    return [draft for draft in drafts if draft.key not in settled]


def _why_held(job: str, fresh: Sequence[Draft], outbox: Outbox, settings: Settings) -> str:
    """A sentence when somebody should look before these go, "" when they may (TRUST 23)."""
    if not fresh or outbox.released:
        return ""
    reason = outbox.suspicion()
    if not reason:
        periods = {draft.key[2] for draft in fresh}
        usual = max((outbox.usual(kind, periods) for kind in {draft.key[1] for draft in fresh}), default=0)
        if not usual or len(fresh) <= settings.mail.storm_ratio * usual:
            return ""
        reason = f"usually there are {usual:g}"
    wait = "1 message is" if len(fresh) == 1 else f"{len(fresh)} messages are"
    return (
        f"{wait} held: {reason}. Look with `okrsync {_COMMANDS[job]} --dry-run --out DIR`, then let the next "
        "run go with `okrsync outbox release`."
    )


_COMMANDS = {
    "reminders": "remind",
    "digest": "digest",
    "findings": "digest --findings",
    "news": "remind --news",
    "agenda": "agenda",
}


def letters(drafts: Sequence[Draft], sender: Sender, moment: datetime) -> Iterator[Letter]:
    """The messages as they go out, each made when its turn comes."""
    for draft in drafts:
        message = draft.make()
        yield Letter(
            message.key,
            message_id(message, sender),
            message.subject,
            sender.address,
            message.address,
            mail(message, sender, moment).as_bytes(),
        )


def _deliver(fresh: Sequence[Draft], store: Store, settings: Settings, moment: datetime) -> Delivery:
    """Sends them all: by mail, or into the channel that their reader (or unit) is routed to."""
    sender = sender_of(settings.mail.sender, settings.mail.reply_to, store.generation)
    routed = [(name, draft) for draft in fresh if (name := channel_of(draft, settings))]
    mailed = [draft for draft in fresh if not channel_of(draft, settings)]
    server = mail_server(settings) if mailed else None
    channels = {name: _channel(name, settings) for name in {name for name, _ in routed}}
    store.outbox.begin()
    with Clerk(store.outbox, moment) as clerk:
        done = chat.deliver(_posts(routed, sender), channels, clerk)
        if server:
            mails = letters(mailed, sender, moment)
            done.join(deliver(mails, server, clerk, connections=settings.mail.connections))
    store.outbox.step()
    return done


def _channel(name: str, settings: Settings) -> chat.Channel:
    place = settings.chat.channels[name]
    address = secret(place, name, os.environ, what="[chat] channels")
    return chat.Channel(name, address, settings.chat.inside)


def _posts(routed: Sequence[tuple[str, Draft]], sender: Sender) -> Iterator[tuple[str, Letter]]:
    for name, draft in routed:
        message = draft.make()
        data = message.text.encode()
        identity = message_id(message, sender)
        yield name, Letter(draft.key, identity, message.subject, sender.address, draft.key[0], data)


def mail_server(settings: Settings) -> Server:
    """The mail server with its password. UsageError when there is none."""
    given = settings.mail
    if not given.host:
        raise UsageError("[mail] host is not set, and not everybody is routed to a chat channel.")
    password = secret(given.credential, given.user, os.environ) if given.user else ""
    return Server(given.host, given.port, given.security, given.user, password, given.seconds)


def _answers(done: Delivery) -> list[str]:
    """What the server said of those that did not go."""
    lines = [
        f"{address}: {WORDS[outcome] if outcome is not Outcome.UNKNOWN else 'result unknown'} ({answer})."
        for address, outcome, answer in done.answers[:_SHOWN]
    ]
    more = len(done.answers) - _SHOWN
    return [*lines, f"… and {more} more; `okrsync outbox list` has them all."] if more > 0 else lines

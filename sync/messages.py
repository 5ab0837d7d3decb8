"""What would be said to whom now, from history alone, so that it agrees with the last run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sync.config import Settings
from sync.core.assess import Assessment
from sync.core.errors import UsageError
from sync.core.model import Person
from sync.core.owed import Calendar, Reminder, Reminders, remind
from sync.core.people import Places, Reach
from sync.history.store import Store
from sync.intake import Found
from sync.notify.facts import Facts
from sync.notify.links import Links
from sync.notify.message import Message
from sync.notify.reminders import reminder, reminder_key
from sync.notify.words import Words, words
from sync.owing import holidays_around, places_of
from sync.receiving import Listed, standing
from sync.working import survey

SentOn = Mapping[str, Collection[date]]
"""By time zone: the days on which its people were reminded."""


class Draft(NamedTuple):
    """A message that is due: which it is, its reader's time zone, and how it is made once it is needed."""

    key: tuple[str, str, str]
    zone: str
    make: Callable[[], Message]


def channel_of(draft: Draft, settings: Settings) -> str:
    """The chat channel that a message goes into, "" for one that is mailed."""
    person = draft.key[0]
    if person.startswith(CHANNEL):
        return person.removeprefix(CHANNEL)
    routes = {address.casefold(): name for address, name in settings.routing.people.items()}
    return routes.get(person, "")


CHANNEL = "#"
"""What the person of a message to a channel begins with; no address does."""


class Due(NamedTuple):
    """The messages that are due, and sentences about what cannot be sent and why."""

    drafts: tuple[Draft, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scene:
    """All that messages are made from, at one moment."""

    settings: Settings
    store: Store
    moment: datetime
    as_of: date
    assessment: Assessment

    @cached_property
    def facts(self) -> Facts:
        """The rows, made for readers."""
        links = Links(self.assessment.portfolio, self.settings.mail.links)
        return Facts(self.assessment, links, self.settings.privacy.private_units)

    @cached_property
    def places(self) -> Places:
        """Where people work."""
        return places_of(self.assessment.portfolio, self.settings)

    @cached_property
    def reach(self) -> Reach:
        """Who may be written to."""
        return Reach(self.settings.mail.allowed_domains, self.settings.routing.suppressed)

    @cached_property
    def units(self) -> list[str]:
        """The names of the units, in the order of the portfolio."""
        names: list[str] = self.assessment.portfolio.units["unit"].tolist()
        return names

    @property
    def people(self) -> Sequence[Person]:
        """The people list."""
        return self.assessment.portfolio.people

    @property
    def may_answer(self) -> bool:
        """Whether somebody reads what is answered."""
        return bool(self.settings.mail.sender)

    def zone_of(self, person: Person) -> str:
        """The time zone somebody works in."""
        return self.places.of(person).zone

    @cached_property
    def zones(self) -> list[str]:
        """The time zones of all people, the organisation's included."""
        return sorted({self.settings.organisation.time_zone, *map(self.zone_of, self.people)})

    def day_in(self, zone: str) -> date:
        """The day that it is in a time zone."""
        return self.moment.astimezone(ZoneInfo(zone)).date()

    def words_for(self, person: Person) -> Words:
        """The language of somebody's country, else the organisation's."""
        country = self.places.of(person).country.partition("-")[0]
        return words(self.settings.mail.languages.get(country, self.settings.mail.language))

    def notes(self) -> list[str]:
        """What is missing before anything can be sent."""
        if self.people:
            return []
        return ["There is no people list ([people] path), so there is nobody to write to."]


def scene(store: Store, settings: Settings, moment: datetime, as_of: date | None = None) -> Scene:
    """The organisation as history has it; UsageError when no run ever read anything."""
    if store.latest_run() is None:
        raise UsageError("No run yet, so there is nothing to tell; `okrsync sync` makes the first.")
    day = as_of or moment.date()
    records = store.load_sources()
    reception = standing(records, settings.policies(), day)
    found = survey(store, Listed(Found((), ()), records, frozenset()), reception, settings, day)
    return Scene(settings, store, moment, day, found.assessment)


def reminders(
    here: Scene, *, sent_on: Mapping[str, Collection[date]] | None = None, force: bool = False
) -> Due:
    """The reminders of this moment; `force` takes everything owed, due to be told or not."""
    found = owed_now(here, sent_on=sent_on, force=force)
    drafts = tuple(
        Draft(reminder_key(one), here.zone_of(one.person), partial(_reminder, here, one))
        for one in found.messages
    )
    return Due(drafts, (*here.notes(), *found.unreached, *_nobody(found)))


def owed_now(
    here: Scene, *, sent_on: Mapping[str, Collection[date]] | None = None, force: bool = False
) -> Reminders:
    """Who owes what, and who is told of it."""
    holidays, unknown = holidays_around(here.as_of, here.assessment.portfolio, here.places, here.settings)
    found = remind(
        here.assessment,
        here.settings.checks_policy(),
        calendar=Calendar(here.day_in, holidays, sent_on or {}),
        places=here.places,
        reach=here.reach,
        ladder=here.settings.ladder(),
        since=here.store.owned_since(),
        whatever_day=force,
    )
    return found._replace(unreached=(*unknown, *found.unreached))


def _reminder(here: Scene, one: Reminder) -> Message:
    return reminder(
        one,
        here.facts,
        here.words_for(one.person),
        organisation=here.settings.organisation.name,
        may_answer=here.may_answer,
    )


def _nobody(found: Reminders) -> list[str]:
    """A sentence about key results whose owners the people list does not know."""
    count = sum(owed.unknown for owed in found.owed)
    if not count:
        return []
    rows = "1 overdue key result has an owner" if count == 1 else f"{count} overdue key results have owners"
    return [f"{rows} whom the people list does not know; the champions hear of it (rules S115 and Q209)."]


def write_out(due: Due, folder: Path, settings: Settings, moment: datetime, generation: str) -> list[Path]:
    """Every message as .eml and as .html for looking at; returns the files."""
    from sync.notify.message import file_name, mail, page, sender_of  # noqa: PLC0415  # only for looking

    folder.mkdir(parents=True, exist_ok=True)
    sender = sender_of(settings.mail.sender, settings.mail.reply_to, generation)
    written = []
    for draft in due.drafts:
        message = draft.make()
        name = file_name(message)
        whole = mail(message, sender, moment).as_bytes() if not channel_of(draft, settings) else b""
        text = ("eml", whole) if whole else ("txt", message.text.encode())
        for ending, data in (text, ("html", page(message))):
            path = folder / f"{name}.{ending}"
            path.write_bytes(data)
            written.append(path)
    return written

"""Agendas and the calendar of meetings, from the newest run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import NamedTuple

from sync.config import Settings
from sync.config_words import nearest
from sync.core.agenda import Kind, Matter, Rows, active, of_person, of_unit
from sync.core.errors import UsageError
from sync.core.model import Person
from sync.core.news import News, news
from sync.core.ties import Ties
from sync.messages import Draft, Due, Scene, owed_now
from sync.notify.agenda import agenda, agenda_key, agenda_mail
from sync.notify.calendar import cadence, ics
from sync.notify.plain import harmless
from sync.notify.words import words
from sync.opening import existing
from sync.post import Told, can_send, handed_in
from sync.weekly import newest, previous, roll_ups


class Meeting(NamedTuple):
    """Which meeting: a unit's or a person's; `kind` None for the usual one."""

    unit: str
    person: str
    kind: Kind | None

    @property
    def chosen(self) -> Kind:
        """The kind that is meant."""
        return self.kind or (Kind.ONE_ON_ONE if self.person else Kind.WEEKLY)


def agenda_of(settings: Settings, moment: datetime, meeting: Meeting) -> str:
    """The agenda of a meeting, as Markdown."""
    with existing(settings) as store:
        matter = _matter(newest(store, settings, moment), meeting)
    return agenda(meeting.chosen, matter, words(settings.mail.language))


def mail_agenda(settings: Settings, moment: datetime, meeting: Meeting, *, dry_run: bool = False) -> Told:
    """What became of the agenda's mails to those who meet, each once a day."""
    if not dry_run:
        can_send(settings)
    with existing(settings) as store:
        here = newest(store, settings, moment)
        matter, drafts, notes = _matter(here, meeting), [], here.notes()
        for person in _who_meets(here, meeting):
            if why := here.reach.why_not(person):
                notes.append(f"{person.name or person.email} {why}, so no agenda goes there.")
                continue
            make = partial(
                agenda_mail,
                meeting.chosen,
                matter,
                person,
                here.words_for(person),
                organisation=settings.organisation.name,
                may_answer=here.may_answer,
            )
            drafts.append(Draft(agenda_key(meeting.chosen, matter, person), here.zone_of(person), make))
        return handed_in("agenda", Due(tuple(drafts), tuple(notes)), store, settings, moment, dry_run=dry_run)


def _matter(here: Scene, meeting: Meeting) -> Matter:
    before = previous(here)
    found = news(here.assessment, before) if before else News((), (), (), ())
    return _of_person(here, meeting.person, found) if meeting.person else _of_unit(here, meeting.unit, found)


def _who_meets(here: Scene, meeting: Meeting) -> Iterable[Person]:
    """A person and their manager (unless something is private); a unit's owners, champion and manager."""
    ties, facts = Ties(here.assessment.portfolio), here.facts
    if meeting.person:
        one = ties.people.find(meeting.person)
        rows = [key for key in active(here.assessment) if one in ties.owners(key)]
        hidden = any(here.units[facts.unit_of(key)] in facts.private for key in rows)
        found = [one, None if hidden or one is None else ties.people.find(one.manager)]
    else:
        unit = here.units.index(meeting.unit)
        owners = [ties.owners(key) for key in active(here.assessment) if facts.unit_of(key) == unit]
        found = [*chain.from_iterable(owners), ties.champion(unit), ties.manager(unit)]
    return dict.fromkeys(person for person in found if person)


def calendar_of(settings: Settings, moment: datetime, link: str) -> str:
    """The cadence of the current cycle as an iCalendar file."""
    if link and not re.fullmatch(r"https://[^\s<>\"]+", link):
        raise UsageError(f'--link "{link}" is no https address.')
    with existing(settings) as store:
        cycle = newest(store, settings, moment).assessment.selection.cycle
    events = cadence(cycle, settings.checks.check_in_due_weekday, words(settings.mail.language))
    return ics(cycle, events, organisation=settings.organisation.name, link=link, moment=moment)


def _of_unit(here: Scene, name: str, found: News) -> Matter:
    if name not in here.units:
        raise UsageError(f'No unit is called "{name}"{nearest(name, here.units)}')
    unit = here.units.index(name)
    mine = [key for key in active(here.assessment) if here.facts.unit_of(key) == unit]
    points_ = roll_ups(here).get(name, [])
    earlier = [value for on, value in points_ if on < here.as_of and value is not None]
    before = earlier[-1] if earlier else None
    return of_unit(here.assessment, unit, _rows(here, mine, found), before=before, plain=harmless)


def _of_person(here: Scene, who: str, found: News) -> Matter:
    ties = Ties(here.assessment.portfolio)
    person = ties.people.find(who)
    if person is None:
        near = nearest(who, [word for one in here.people for word in (one.email, one.name) if word])
        raise UsageError(f'Nobody in the people list is called "{who}"{near}')
    mine = [key for key in active(here.assessment) if person in ties.owners(key)]
    return of_person(here.assessment, person.name or person.email, _rows(here, mine, found))


def _rows(here: Scene, mine: Sequence[int], found: News) -> Rows:
    known = set(mine)
    owed = [one.key for one in owed_now(here).owed if one.key in known]
    risks, wins = ([key for key in keys_ if key in known] for keys_ in (found.risks, found.wins))
    made = ([here.facts.key_result(key) for key in keys_] for keys_ in (mine, owed, risks, wins))
    return Rows(*made)

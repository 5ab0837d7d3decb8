"""Agendas and the calendar of meetings, from the newest run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sync.config import Settings
from sync.config_words import nearest
from sync.core.agenda import Kind, Matter, Rows, active, of_person, of_unit
from sync.core.errors import UsageError
from sync.core.news import News, news
from sync.core.ties import Ties
from sync.messages import Scene, owed_now
from sync.notify.agenda import agenda
from sync.notify.calendar import cadence, ics
from sync.notify.plain import harmless
from sync.notify.words import words
from sync.opening import existing
from sync.weekly import newest, previous, roll_ups


def agenda_of(settings: Settings, moment: datetime, *, unit: str, person: str, kind: Kind | None) -> str:
    """The agenda of a unit's or a person's meeting, as Markdown."""
    with existing(settings) as store:
        here = newest(store, settings, moment)
        before = previous(here)
        found = news(here.assessment, before) if before else News((), (), (), ())
        matter = _of_person(here, person, found) if person else _of_unit(here, unit, found)
    chosen = kind or (Kind.ONE_ON_ONE if person else Kind.WEEKLY)
    return agenda(chosen, matter, words(settings.mail.language))


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

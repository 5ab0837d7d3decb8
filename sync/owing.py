"""Who owes what on a day, by the settings: for the reminders, and for the master's sheet of that name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import available_timezones

from sync.config import Settings
from sync.core.assess import Assessment
from sync.core.owed import Calendar, Owed, owing
from sync.core.people import Place, Places
from sync.core.portfolio import Portfolio
from sync.core.ties import RowKey
from sync.notify.public_holidays import public_holidays


def places_of(p: Portfolio, settings: Settings) -> Places:
    """Where people work."""
    names = p.units["unit"].tolist()
    return Places(
        Place(settings.organisation.time_zone, settings.reminders.country),
        dict(zip(names, p.units["parent"].tolist(), strict=True)),
        dict(zip(names, p.units["time_zone"].tolist(), strict=True)),
        settings.reminders.countries,
        available_timezones(),
    )


def holidays_around(
    day: date, p: Portfolio, places: Places, settings: Settings
) -> tuple[Mapping[str, frozenset[date]], list[str]]:
    """The public holidays that count, by country, and sentences about countries nobody knows."""
    countries = {places.of(person).country for person in p.people}
    countries |= {*settings.reminders.countries.values(), settings.reminders.country}
    return public_holidays(countries, range(day.year - 1, day.year + 2))


def owed_on(
    day: date, assessment: Assessment, settings: Settings, since: Mapping[RowKey, date]
) -> tuple[Owed, ...]:
    """Everything owed on that day, wherever people work: what a run says of the day it is about."""
    places = places_of(assessment.portfolio, settings)
    holidays, _ = holidays_around(day, assessment.portfolio, places, settings)
    return tuple(
        owing(
            assessment,
            settings.checks_policy(),
            calendar=Calendar(lambda _zone: day, holidays),
            places=places,
            ladder=settings.ladder(),
            since=since,
        )
    )

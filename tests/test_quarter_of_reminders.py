"""A quarter of reminders at full speed: 200 people in nine zones, thirteen weeks, every working day.

Nobody gets two messages a day, each step of the ladder is taken once, nothing comes on a day off.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo, available_timezones

import pytest

from sync.core.assess import Assessment, assess
from sync.core.model import Person, TeamSheet
from sync.core.owed import Calendar, remind
from sync.core.people import Place, Places, Reach
from sync.core.policy import Checks, Ladder, Organisation, Policies, Role
from sync.core.portfolio import Origin
from sync.core.working_days import is_working
from sync.notify.public_holidays import public_holidays
from tests.sheets import CYCLE, ENDS, STARTS, kr, o, team

ZONES = {
    "Europe/Berlin": "DE",
    "America/New_York": "US",
    "Asia/Kolkata": "IN",
    "Asia/Tokyo": "JP",
    "Australia/Lord_Howe": "AU",
    "America/Sao_Paulo": "BR",
    "Pacific/Auckland": "NZ",
    "Africa/Cairo": "EG",
    "Pacific/Honolulu": "US",
}
PEOPLE, TEAMS = 200, 40


def people() -> list[Person]:
    zones = list(ZONES)
    return [
        Person(
            at + 2,
            f"P{at}",
            f"p{at}@example.org",
            f"Team {at % TEAMS}",
            f"P{at % 7}",
            zones[at % len(zones)],
            ZONES[zones[at % len(zones)]],
        )
        for at in range(PEOPLE)
    ]


def organisation(checked: dict[str, date | None]) -> list[TeamSheet]:
    """A company and its teams; five key results a team, each owned by another of its people."""
    sheets = [team("Acme", o("CO-O1", owner="P199"), level="Company", parent="", manager="P0", champion="P1")]
    for at in range(TEAMS):
        rows = []
        for row in range(5):
            key = f"T{at}-O1-KR{row}"
            rows.append(kr(key, owner=f"P{at + row * TEAMS}", last_check_in=checked.get(key)))
        names = {"champion": f"P{at}", "manager": f"P{(at + 1) % TEAMS}"}
        sheets.append(team(f"Team {at}", o(f"T{at}-O1", aligned_to="CO-O1", owner=f"P{at}"), *rows, **names))
    return sheets


def assessed(checked: dict[str, date | None], on: date) -> Assessment:
    sheets = organisation(checked)
    origins = [Origin(sheet.source, sheet.source, "") for sheet in sheets]
    policies = Policies(Organisation(cycle=CYCLE))
    return assess(sheets, origins, (), policies=policies, as_of=on, people=people())


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


@pytest.mark.slow
def test_thirteen_weeks_for_two_hundred_people_in_nine_zones() -> None:
    dice = random.Random(26)  # noqa: S311  # the same quarter each time
    holidays, unknown = public_holidays(ZONES.values(), [2026, 2027])
    assert unknown == []
    places = Places(Place("UTC", ""), known_zones=available_timezones())
    checked: dict[str, date | None] = {}
    sent: dict[date, Counter[str]] = defaultdict(Counter)
    steps: Counter[tuple[str, int]] = Counter()
    ran: dict[str, list[date]] = defaultdict(list)
    day = STARTS
    while day <= ENDS:
        for key in [f"T{team_}-O1-KR{row}" for team_ in range(TEAMS) for row in range(5)]:
            if dice.random() < 0.13:  # about half of them check in each week
                checked[key] = day
        found = assessed(checked, day)
        for zone in ZONES:
            moment = datetime.combine(day, time(9), ZoneInfo(zone)).astimezone(UTC)
            reminders = remind(
                found,
                Checks(),
                calendar=Calendar(partial(local_day, moment), holidays, ran),
                places=places,
                reach=Reach(),
                ladder=Ladder(),
            )
            ran[zone].append(day)
            for message in reminders.messages:
                if message.person.time_zone != zone:
                    continue  # the slot of that zone reaches its own people
                assert message.on == day
                assert is_working(day, holidays[message.person.country])
                sent[day][message.person.email] += 1
                for line in message.lines:
                    steps[str(line.role), line.owed.days] += 1
                    if line.role is not Role.OWNER:
                        assert line.owed.days >= Ladder().steps(line.role)[0]
        day += timedelta(days=1)
    assert max(count for counts in sent.values() for count in counts.values()) == 1
    by_role = Counter[str]()
    for (role, _), count in steps.items():
        by_role[role] += count
    assert set(by_role) == {"owner", "champion", "manager", "sponsor"}
    total, most = sum(map(Counter.total, sent.values())), max(map(len, sent.values()))
    print(f"{total} messages on {len(sent)} days, at most {most} a day; {dict(by_role)}")  # noqa: T201  # totals

"""A quarter of reminders at full speed: 200 people in nine zones, thirteen weeks, every working day.

Nobody gets two reminders a day, every slot runs once, nothing comes on a day off.
`make figures` prints the totals.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo, available_timezones

import pytest

from sync.core.assess import Assessment, assess
from sync.core.cadence import Slot, due, rule
from sync.core.model import Person, TeamSheet
from sync.core.owed import Calendar, Reminder, remind
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
DAY = timedelta(days=1)


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


class Quarter:
    """The quarter as the service goes through it: every half hour it looks which zones' slots are due."""

    def __init__(self) -> None:
        self._dice = random.Random(26)  # noqa: S311  # the same quarter each time
        self.holidays, unknown = public_holidays(ZONES.values(), [2026, 2027])
        assert unknown == []
        self._places = Places(Place("UTC", ""), known_zones=available_timezones())
        self._checked: dict[str, date | None] = {}
        self._day, self._found = STARTS - DAY, assessed({}, STARTS)
        self.ran: dict[str, list[date]] = defaultdict(list)
        self.sent: dict[date, Counter[str]] = defaultdict(Counter)
        self.steps: Counter[Role] = Counter()

    def run(self) -> None:
        """All of its days, in every zone."""
        slots = [Slot.of("reminders", rule("daily 09:00"), zone, timedelta(hours=6)) for zone in ZONES]
        now = datetime.combine(STARTS - DAY, time(12), UTC)
        looked = dict.fromkeys(ZONES, now)
        while now.date() <= ENDS + DAY:
            for slot in slots:
                found = due(slot, looked[slot.zone], now)
                assert not found.missed
                looked[slot.zone] = now
                if found.run and STARTS <= found.run.local.date() <= ENDS:
                    self.slot(slot.zone, found.run.local.date(), now)
            now += timedelta(minutes=30)

    def slot(self, zone: str, day: date, moment: datetime) -> None:
        """One slot: the reminders of the people in its zone."""
        self.ran[zone].append(day)
        reminders = remind(
            self.known_on(day),
            Checks(),
            calendar=Calendar(partial(local_day, moment), self.holidays, self.ran),
            places=self._places,
            reach=Reach(),
            ladder=Ladder(),
        )
        for message in reminders.messages:
            if message.person.time_zone == zone:
                assert message.on == day
                self.note(message)

    def known_on(self, day: date) -> Assessment:
        """What is known on a day: about half of the key results are checked in each week."""
        if day > self._day:
            self._day = day
            for key in [f"T{at}-O1-KR{row}" for at in range(TEAMS) for row in range(5)]:
                if self._dice.random() < 0.13:
                    self._checked[key] = day
            self._found = assessed(self._checked, day)
        return self._found

    def note(self, message: Reminder) -> None:
        """Takes one message that went."""
        assert is_working(message.on, self.holidays[message.person.country])
        self.sent[message.on][message.person.email] += 1
        for line in message.lines:
            self.steps[line.role] += 1
            if line.role is not Role.OWNER:
                assert line.owed.days >= Ladder().steps(line.role)[0]

    def totals(self) -> str:
        """The quarter in one line."""
        total, most = sum(map(Counter.total, self.sent.values())), max(map(len, self.sent.values()))
        lines = ", ".join(f"{role} {self.steps[role]}" for role in Role)
        return (
            f"{sum(map(len, self.ran.values()))} slots in {len(self.ran)} zones, each once; {total} messages "
            f"on {len(self.sent)} days, at most {most} a day and 1 a person; lines by role: {lines}"
        )


@pytest.mark.slow
def test_thirteen_weeks_for_two_hundred_people_in_nine_zones() -> None:
    quarter = Quarter()
    quarter.run()
    days = [STARTS + at * DAY for at in range((ENDS - STARTS).days + 1)]
    assert quarter.ran == dict.fromkeys(ZONES, days)  # every slot once, through all changes of clocks
    assert max(count for counts in quarter.sent.values() for count in counts.values()) == 1
    assert all(quarter.steps[role] for role in Role)
    print(quarter.totals())  # noqa: T201  # totals

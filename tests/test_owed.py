"""Who owes a check-in and who is told of it, day by day (OKR.md §7).

The cycle runs from 1 October to 31 December 2026. Friday 13 November is a due day; check-ins from Sunday
the 8th on count for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.assess import Assessment, assess
from sync.core.model import Person
from sync.core.owed import Calendar, Reminders, remind
from sync.core.people import Directory, Place, Places, Reach
from sync.core.policy import Checks, Ladder, Organisation, Policies, Role
from sync.core.portfolio import Origin
from sync.core.working_days import between, is_working, last_before
from tests.sheets import CYCLE, kr, o, team

DUE = date(2026, 11, 13)
MONDAY = date(2026, 11, 16)
MISSED = date(2026, 11, 3)  # a Tuesday: that check-in counted for the 6th, the one of the 13th is missing
EVERYWHERE = Places(Place("UTC", "XX"))


def person(name: str, **fields: Any) -> Person:
    return Person(row=2, **({"name": name, "email": f"{name.lower()}@example.org"} | fields))


PEOPLE = (
    person("Kim", manager="Max"),
    person("Ada"),
    person("Cleo"),
    person("Max"),
    person("Sia"),
)


def sheets(*rows: Any, **fields: Any) -> tuple[Any, ...]:
    """A company whose objective Sia owns, and a team of Cleo's and Max's aligned to it."""
    company = team("Acme", o("CO-O1", owner="Sia"), level="Company", parent="")
    mine = rows or (kr("MKT-O1-KR1", owner="Kim", last_check_in=MISSED),)
    tidy = {"champion": "Cleo", "manager": "Max"} | fields
    return company, team("Marketing", o("MKT-O1", owner="Kim", aligned_to="CO-O1"), *mine, **tidy)


def assessed(on: date, given_sheets: Sequence[Any], people: Sequence[Person] = PEOPLE) -> Assessment:
    origins = [Origin(sheet.source, sheet.source, "") for sheet in given_sheets]
    policies = Policies(Organisation(cycle=CYCLE))
    return assess(given_sheets, origins, (), policies=policies, as_of=on, people=people)


def reminded(
    on: date,
    *rows: Any,
    people: Sequence[Person] = PEOPLE,
    holidays: Sequence[date] = (),
    sent_on: Sequence[date] = (),
    **more: Any,
) -> Reminders:
    """The reminders of that day."""
    usual: dict[str, Any] = {"places": EVERYWHERE, "reach": Reach(), "ladder": Ladder()}
    calendar = Calendar(lambda _zone: on, {"XX": frozenset(holidays)}, {"UTC": sent_on})
    found = assessed(on, sheets(*rows), people)
    return remind(found, Checks(), calendar=calendar, **(usual | more))


def told(found: Reminders) -> dict[str, list[str]]:
    """The roles in which each person is told something."""
    return {message.person.name: [str(line.role) for line in message.lines] for message in found.messages}


# ---------------------------------------------------------------- the ladder


@pytest.mark.parametrize(
    ("on", "expected"),
    (
        ("2026-11-13", {}),  # the due day itself: there is time until it is over
        ("2026-11-14", {}),  # Saturday: it is owed, and nobody works
        ("2026-11-16", {"Kim": ["owner"]}),  # day 0
        ("2026-11-17", {"Kim": ["owner"]}),  # day 1
        ("2026-11-18", {}),
        ("2026-11-19", {"Cleo": ["champion"]}),  # day 3
        ("2026-11-20", {}),
        ("2026-11-25", {"Max": ["manager"]}),  # day 7
        ("2026-12-04", {"Sia": ["sponsor"]}),  # day 14
        ("2026-12-07", {}),
    ),
)
def test_the_ladder_is_climbed_on_its_days(on: str, expected: dict[str, list[str]]) -> None:
    assert told(reminded(date.fromisoformat(on))) == expected


def test_holidays_of_the_owner_do_not_count() -> None:
    off = [MONDAY, date(2026, 11, 18)]
    days = [MONDAY + timedelta(days=at) for at in range(6)]
    assert [told(reminded(on, holidays=off)) for on in days] == [
        {},
        {"Kim": ["owner"]},
        {},
        {"Kim": ["owner"]},
        {},
        {},  # Saturday
    ]
    assert told(reminded(date(2026, 11, 23), holidays=off)) == {"Cleo": ["champion"]}


def test_a_step_on_which_no_reminders_were_sent_is_taken_on_the_next_day() -> None:
    wednesday = date(2026, 11, 18)
    assert told(reminded(wednesday)) == {}
    assert told(reminded(wednesday, sent_on=[DUE])) == {"Kim": ["owner"]}
    assert told(reminded(date(2026, 11, 20), sent_on=[DUE, wednesday])) == {"Cleo": ["champion"]}


def test_once_there_is_news_everything_owed_is_listed() -> None:
    late = kr("MKT-O1-KR1", owner="Kim", last_check_in=date(2026, 10, 27))  # missing since 6 November
    fresh = kr("MKT-O1-KR2", owner="Kim", last_check_in=MISSED)
    [message] = reminded(MONDAY, fresh, late).messages
    assert [(line.owed.due, line.owed.days) for line in message.lines] == [(date(2026, 11, 6), 5), (DUE, 0)]


def test_who_owes_and_watches_gets_one_message_in_that_order() -> None:
    mine = kr("MKT-O1-KR1", owner="Cleo", last_check_in=date(2026, 10, 27))
    theirs = kr("MKT-O1-KR2", owner="Kim", last_check_in=date(2026, 10, 27))
    found = reminded(date(2026, 11, 12), mine, theirs)  # day 3 of both
    assert told(found) == {"Cleo": ["owner", "champion"]}


def test_an_owner_who_is_the_manager_is_the_managers_managers_business() -> None:
    mine = kr("MKT-O1-KR1", owner="Max", last_check_in=MISSED)
    people = [*PEOPLE[:3], person("Max", manager="Ada"), PEOPLE[4]]
    assert told(reminded(date(2026, 11, 25), mine, people=people)) == {"Ada": ["manager"]}


def test_champion_and_manager_are_those_of_the_unit_above_when_none_is_named() -> None:
    company = team("Acme", o("CO-O1", owner="Sia"), level="Company", parent="", champion="Ada", manager="Sia")
    mine = team("Marketing", o("MKT-O1"), kr("MKT-O1-KR1", owner="Kim", last_check_in=MISSED))
    for on, expected in (
        (date(2026, 11, 19), {"Ada": ["champion"]}),
        (date(2026, 11, 25), {"Sia": ["manager"]}),
    ):
        calendar = Calendar(partial(lambda day, _zone: day, on))
        found = remind(
            assessed(on, (company, mine)),
            Checks(),
            calendar=calendar,
            places=EVERYWHERE,
            reach=Reach(),
            ladder=Ladder(),
        )
        assert told(found) == expected


@pytest.mark.parametrize(
    ("since", "expected"),
    (
        (None, DUE),
        (date(2026, 11, 11), DUE),  # Wednesday: two working days until it was due
        (date(2026, 11, 12), None),  # Thursday: one; the next is due on the 20th
        (MONDAY, None),
    ),
)
def test_somebody_new_gets_two_working_days_and_no_backlog(since: date | None, expected: date | None) -> None:
    row = kr("MKT-O1-KR1", owner="Kim", last_check_in=MISSED)
    found = assessed(MONDAY, sheets(row))
    key = found.portfolio.key_results["identity"].iloc[0]
    by_history = reminded(MONDAY, row, since={("Marketing", CYCLE, key): since} if since else {})
    by_list = reminded(MONDAY, row, people=[person("Kim", starts=since), *PEOPLE[1:]])
    for result in (by_history, by_list):
        assert [owed.due for owed in result.owed] == ([expected] if expected else [])


def test_a_row_that_has_just_been_written_owes_nothing_from_before() -> None:
    new = kr("MKT-O1-KR1", owner="Kim", last_check_in=None)
    key = assessed(MONDAY, sheets(new)).portfolio.key_results["identity"].iloc[0]
    row = ("Marketing", CYCLE, key)
    assert reminded(MONDAY, new).owed[0].due == date(2026, 10, 2)
    assert reminded(MONDAY, new, since={row: MONDAY}).owed == ()
    assert reminded(date(2026, 11, 23), new, since={row: MONDAY}).owed[0].due == date(2026, 11, 20)


# ---------------------------------------------------------------- who is meant, and where they are


def test_an_unknown_owner_gets_nothing_and_the_champion_hears_of_it() -> None:
    row = kr("MKT-O1-KR1", owner="Kimm", last_check_in=MISSED)
    assert told(reminded(MONDAY, row)) == {}
    found = reminded(date(2026, 11, 19), row)
    assert told(found) == {"Cleo": ["champion"]}
    assert found.owed[0].unknown


@pytest.mark.parametrize(
    ("words", "meant"),
    (
        ("kim", "kim@example.org"),
        (" Kim ", "kim@example.org"),
        ("KIM@Example.org", "kim@example.org"),
        ("Kim <kim@example.org>", "kim@example.org"),
        ("Kim <mallory@evil.example>", "kim@example.org"),  # the address is the list's, never the cell's
        ("Mallory <mallory@evil.example>", None),
        ("mallory@evil.example", None),
        ("Kimm", None),
        ("", None),
        ("Bo", None),  # two people are called so
        ("bo.2@example.org", "bo.2@example.org"),
    ),
)
def test_a_name_means_one_person_of_the_list_or_nobody(words: str, meant: str | None) -> None:
    twins = (person("Bo", email="bo.1@example.org"), person("Bo", email="bo.2@example.org"))
    found = Directory((*PEOPLE, *twins)).find(words)
    assert (found.email if found else None) == meant


@pytest.mark.parametrize(
    ("email", "reason"),
    (
        ("kim@example.org", ""),
        ("kim@EXAMPLE.ORG", ""),
        ("kim@example.org.evil.example", "allowed_domains"),
        ("kim@evil.example", "allowed_domains"),
        ("", "no e-mail address"),
        ("kim", "no usable"),
        ("kim@example.org\nBcc: all@evil.example", "no usable"),
        ("kim@example.org, all@evil.example", "no usable"),
        ("Kim <kim@example.org>", "no usable"),
        ("gone@example.org", "suppressed"),
    ),
)
def test_trust_24_mail_goes_to_allowed_addresses_only(email: str, reason: str) -> None:
    reach = Reach(["example.org"], ["Gone@example.org"])
    found = reminded(MONDAY, people=[person("Kim", email=email)], reach=reach)
    assert [message.person.email for message in found.messages] == ([] if reason else [email])
    assert reason in "".join(found.unreached)
    assert len(found.unreached) == (1 if reason else 0)


def test_zone_and_country_come_from_the_person_then_the_units_then_the_organisation() -> None:
    places = Places(
        Place("UTC", "NO"),
        parents={"Web": "Product", "Product": "Acme", "Loop": "Loop"},
        zones={"Product": "Europe/Berlin", "Loop": "Moon/Crater"},
        countries={"Web": "AT", "Acme": "CH"},
        known_zones={"UTC", "Europe/Berlin", "Asia/Kolkata"},
    )
    at = {
        name: places.of(person("Kim", **fields))
        for name, fields in {
            "own": {"unit": "Web", "time_zone": "Asia/Kolkata", "country": "in"},
            "of the unit": {"unit": "Web"},
            "of the unit above": {"unit": "Product", "time_zone": "Asia/Nowhere"},
            "of nobody": {"unit": "Loop"},
        }.items()
    }
    assert at == {
        "own": ("Asia/Kolkata", "IN"),
        "of the unit": ("Europe/Berlin", "AT"),
        "of the unit above": ("Europe/Berlin", "CH"),
        "of nobody": ("UTC", "NO"),
    }


def test_a_day_is_over_where_its_owner_works() -> None:
    zones = {"Pacific/Auckland": date(2026, 11, 14), "UTC": DUE}
    people = [person("Kim", time_zone="Pacific/Auckland"), person("Ada")]
    rows = [kr(f"MKT-O1-KR{at}", owner=who, last_check_in=MISSED) for at, who in enumerate(("Kim", "Ada"), 1)]
    found = remind(
        assessed(DUE, sheets(*rows), people),
        Checks(),
        calendar=Calendar(zones.__getitem__),
        places=Places(Place("UTC", ""), known_zones=zones),
        reach=Reach(),
        ladder=Ladder(),
    )
    assert [owed.told[Role.OWNER][0].name for owed in found.owed] == ["Kim"]


# ---------------------------------------------------------------- properties


dates = st.dates(date(2026, 10, 1), date(2026, 12, 31))
optional = st.none() | dates


@st.composite
def key_results(draw: Any) -> list[Any]:
    status = st.sampled_from(("", "Paused", "Dropped", "Done", "On track"))
    measure = st.sampled_from(("", "At least", "KPI"))
    return [
        kr(
            f"MKT-O1-KR{at}",
            owner=draw(st.sampled_from(("Kim", "Ada", "Nobody", "", "Kim; Ada"))),
            last_check_in=draw(optional),
            starts=draw(optional),
            due=draw(optional),
            status=draw(status),
            measure=draw(measure),
        )
        for at in range(draw(st.integers(1, 4)))
    ]


@settings(max_examples=50)
@given(key_results(), dates)
def test_without_history_exactly_what_b401_and_b402_report_is_owed(rows: list[Any], on: date) -> None:
    found = assessed(on, sheets(*rows))
    reported = {p.row_id for p in found.problems if p.code in {"B401", "B402"}}
    calendar = Calendar(lambda _zone: on)
    result = remind(
        found,
        Checks(),
        calendar=calendar,
        places=EVERYWHERE,
        reach=Reach(),
        ladder=Ladder(),
        whatever_day=True,
    )
    ids = found.portfolio.key_results["id"].tolist()
    assert {ids[owed.key] for owed in result.owed} == reported


@lru_cache
def late_team(on: date) -> Assessment:
    """The team whose only check-in is missing since the 13th, as it stands on a day."""
    return assessed(on, sheets())


@settings(max_examples=25)
@given(st.sets(st.integers(0, 40), max_size=12), st.sets(st.integers(0, 40), max_size=12))
def test_every_step_is_taken_once_whatever_days_are_holidays_or_missed(off: set[int], down: set[int]) -> None:
    start = DUE + timedelta(days=1)
    holidays = frozenset(start + timedelta(days=at) for at in off)
    seen: Counter[str] = Counter()
    sent_on = [DUE]
    for at in range(45):
        on = start + timedelta(days=at)
        if at in down:
            continue
        calendar = Calendar(partial(lambda day, _zone: day, on), {"XX": holidays}, {"UTC": sent_on})
        found = remind(
            late_team(on), Checks(), calendar=calendar, places=EVERYWHERE, reach=Reach(), ladder=Ladder()
        )
        for message in found.messages:
            assert is_working(on, holidays)
            seen[message.person.name] += 1
        sent_on.append(on)
    assert [seen[name] for name in ("Cleo", "Max", "Sia")] == [1, 1, 1]
    assert seen["Kim"] in {1, 2}  # both of the owner's steps may fall on days on which nothing went


CHRISTMAS = {date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}  # Friday, Saturday, Friday


@pytest.mark.parametrize(
    ("after", "before", "days"),
    (
        ("2026-12-21", "2026-12-21", 0),
        ("2026-12-21", "2026-12-23", 1),
        ("2026-12-24", "2026-12-29", 1),  # Thursday to Tuesday over Christmas
        ("2026-12-24", "2027-01-05", 5),
        ("2026-12-28", "2026-12-24", 0),
    ),
)
def test_working_days_leave_out_weekends_and_holidays(after: str, before: str, days: int) -> None:
    assert between(date.fromisoformat(after), date.fromisoformat(before), CHRISTMAS) == days


@given(dates, dates, st.sets(dates, max_size=20))
def test_working_days_between_two_days_are_those_one_counts(one: date, other: date, off: set[date]) -> None:
    inside = [one + timedelta(days=at) for at in range(1, (other - one).days)]
    assert between(one, other, off) == sum(is_working(day, off) for day in inside)
    earlier = last_before(one, off)
    assert earlier < one
    assert is_working(earlier, off)
    assert between(earlier, one, off) == 0


def test_two_people_at_one_address_get_one_message_with_everything_in_it() -> None:
    pair = (person("Kim", email="desk@example.org"), person("Ada", email="Desk@example.org"))
    rows = [
        kr(f"MKT-O1-KR{at}", owner=name, last_check_in=MISSED) for at, name in enumerate(("Kim", "Ada"), 1)
    ]
    [message] = reminded(MONDAY, *rows, people=pair).messages
    assert [line.owed.key for line in message.lines] == [0, 1]


def test_what_is_past_due_is_listed_in_the_owners_reminders_as_b403_finds_it() -> None:
    rows = (
        kr("MKT-O1-KR1", owner="Kim", last_check_in=MISSED),
        kr("MKT-O1-KR2", owner="Kim", due=date(2026, 11, 10)),
        kr("MKT-O1-KR3", owner="Kim", due=date(2026, 11, 10), status="Done"),
        kr("MKT-O1-KR4", owner="Kim", due=date(2026, 11, 10), status="Dropped"),
        kr("MKT-O1-KR5", owner="Ada", due=date(2026, 11, 10)),
        kr("MKT-O1-KR6", owner="Kim", due=date(2026, 11, 10), start=0, target=10, current=10),
    )
    [message] = reminded(MONDAY, *rows).messages  # Ada owes no check-in, so nothing goes to her
    found = [problem.row_id for problem in assessed(MONDAY, sheets(*rows)).problems if problem.code == "B403"]
    assert found == ["MKT-O1-KR2", "MKT-O1-KR5"]
    assert (message.person.name, message.past) == ("Kim", (1,))

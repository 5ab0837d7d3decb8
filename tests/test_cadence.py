"""When jobs are due (promise 25): gaps, folds, catching up, clocks that step.

The twin walks through time minute by minute and looks at the clock on the wall, as a person would.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.cadence import Slot, due, moment_of, rule, upcoming

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Africa/Casablanca",  # changes its clocks for Ramadan, and changed its rules in 2018
    "Europe/Istanbul",  # stopped changing them in 2016
    "Asia/Kathmandu",  # 5:45 ahead
    "Pacific/Apia",  # had no 30 December 2011
)
CHANGES = {
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "Africa/Casablanca": ["2026-02-15T02:00", "2026-03-22T02:00", "2018-10-28T02:00"],
    "Europe/Istanbul": ["2015-11-08T01:00", "2016-03-27T01:00", "2016-09-07T00:00"],
    "Pacific/Apia": ["2011-12-30T10:00", "2011-09-24T14:00"],
}
"""Moments in UTC at which the clocks of a zone are set, or are nearly."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slot(words: str, zone: str = "Europe/Berlin", grace: timedelta = 12 * HOUR) -> Slot:
    return Slot.of("job", rule(words), zone, grace)


def told(words: str, zone: str, since: str, now: str) -> tuple[str, list[str]]:
    """The local time that is to be run now ("" for none), and those that were missed."""
    found = due(slot(words, zone), utc(since), utc(now))
    run = f"{found.run.local:%d. %H:%M}" if found.run else ""
    return run, [f"{one.local:%d. %H:%M}" for one in found.missed]


# ---------------------------------------------------------------- rules in words


@pytest.mark.parametrize(
    ("words", "days", "times"),
    (
        ("never", "", ""),
        ("daily 02:00", "0123456", "02:00"),
        ("Weekdays  9:05", "01234", "09:05"),
        ("Monday 06:00", "0", "06:00"),
        ("Thursday, monday 8:00", "03", "08:00"),
        ("every 8 hours", "0123456", "00:00 08:00 16:00"),
        ("every 720 minutes", "0123456", "00:00 12:00"),
    ),
)
def test_rules_are_read_in_words(words: str, days: str, times: str) -> None:
    found = rule(words)
    assert "".join(map(str, found.days)) == days
    assert " ".join(f"{at:%H:%M}" for at in found.times) == times
    assert len(rule("every hour").times) == 24


@pytest.mark.parametrize(
    ("words", "sentence"),
    (
        ("", 'give a time such as "every hour"'),
        ("daily 24:00", "give a time"),
        ("daily", "give a time"),
        ("Mnday 06:00", '"mnday" is no day'),
        ("every 7 hours", "divide a day evenly"),
        ("every 0 minutes", "divide a day evenly"),
        ("every 2000 minutes", "divide a day evenly"),
    ),
)
def test_a_wrong_rule_is_a_sentence(words: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        rule(words)


# ---------------------------------------------------------------- moments


@pytest.mark.parametrize(
    ("local", "zone", "moment"),
    (
        ("2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00"),  # 02:00 to 03:00 is left out
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),  # comes twice
        ("2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30"),  # 02:00 to 02:30 is left out
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45"),  # comes twice
        ("2011-12-30T09:00", "Pacific/Apia", "2011-12-30T10:00"),  # the whole day is left out
        ("2026-02-15T02:30", "Africa/Casablanca", "2026-02-15T01:30"),  # Ramadan begins: comes twice
        ("2026-03-22T02:30", "Africa/Casablanca", "2026-03-22T02:00"),  # it ends: is left out
        ("2015-12-01T09:00", "Europe/Istanbul", "2015-12-01T07:00"),
        ("2016-12-01T09:00", "Europe/Istanbul", "2016-12-01T06:00"),  # summer time for ever
    ),
)
def test_trust_25_a_local_time_means_one_moment(local: str, zone: str, moment: str) -> None:
    assert moment_of(datetime.fromisoformat(local), zone) == utc(moment)


def seen_on_the_wall(local: datetime, zone: str) -> datetime:
    """The first minute at which the clock shows that time or a later one, by looking at it all the time."""
    moment = local.replace(tzinfo=UTC) - 40 * HOUR
    while moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < local:
        moment += timedelta(minutes=1)
    return moment


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone, and a moment within two days of a change of its clocks (of any, where there is none)."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(CHANGES.get(zone, ["2026-03-29T01:00"])))
    return zone, utc(change) + timedelta(minutes=draw(st.integers(-2880, 2880)))


@given(near_a_change())
def test_trust_25_a_local_time_means_the_moment_at_which_the_wall_clock_reaches_it(place) -> None:
    zone, moment = place
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    assert moment_of(local, zone) == seen_on_the_wall(local, zone)
    assert moment_of(local, zone) <= moment_of(local + timedelta(minutes=1), zone)


# ---------------------------------------------------------------- what is due


@pytest.mark.parametrize(
    ("words", "zone", "since", "now", "run", "missed"),
    (
        # 08:00 in Berlin is 07:00 UTC in winter
        ("daily 08:00", "Europe/Berlin", "2026-11-21T06:59", "2026-11-21T07:00", "21. 08:00", []),
        ("daily 08:00", "Europe/Berlin", "2026-11-21T07:00", "2026-11-21T07:01", "", []),
        # down from Friday to Sunday noon: one catch-up
        (
            "daily 08:00",
            "Europe/Berlin",
            "2026-11-20T12:00",
            "2026-11-22T11:00",
            "22. 08:00",
            ["21. 08:00"],
        ),
        # … and beyond the grace of twelve hours none
        (
            "daily 08:00",
            "Europe/Berlin",
            "2026-11-20T12:00",
            "2026-11-22T20:00",
            "",
            ["21. 08:00", "22. 08:00"],
        ),
        # the gap: once after it; the fold: once
        ("daily 02:30", "Europe/Berlin", "2026-03-29T00:59", "2026-03-29T01:00", "29. 02:30", []),
        ("daily 02:30", "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T23:00", "", []),
        ("daily 02:30", "Europe/Berlin", "2026-10-25T00:31", "2026-10-25T23:00", "", []),
        ("Friday 09:00", "Pacific/Apia", "2011-12-30T09:59", "2011-12-30T10:00", "30. 09:00", []),
        # every hour is every hour, also while the clocks of the zone are set back
        ("every hour", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T01:00", "25. 01:00", []),
        ("never", "Europe/Berlin", "2026-10-25T00:30", "2026-11-25T01:00", "", []),
    ),
)
def test_trust_25_what_is_due(words, zone, since, now, run, missed) -> None:
    assert told(words, zone, since, now) == (run, missed)


def test_a_first_look_catches_up_and_has_missed_nothing() -> None:
    now = utc("2026-11-21T10:30")
    run, missed = due(slot("every hour", grace=3 * HOUR), None, now)
    assert run is not None
    assert run.moment == utc("2026-11-21T10:00")
    assert missed == ()
    assert due(slot("daily 08:00", "UTC", HOUR), None, now) == (None, ())


def test_a_clock_that_was_wrong_by_decades_is_not_counted_hour_by_hour() -> None:
    found = due(slot("every hour"), datetime(1970, 1, 1, tzinfo=UTC), utc("2026-11-21T10:30"))
    assert found.run is not None
    assert len(found.missed) == 366 * 24 - 1


def test_the_next_occurrence() -> None:
    found = upcoming(slot("Monday 06:00"), utc("2026-11-23T05:00"))  # Monday, 06:00 in Berlin
    assert found is not None
    assert found.local.isoformat() == "2026-11-30T06:00:00"
    assert upcoming(slot("never"), utc("2026-11-23T05:00")) is None


RULES = st.sampled_from(
    ("every hour", "every 15 minutes", "daily 02:30", "daily 00:00", "weekdays 09:00", "Sunday 02:00")
)


@given(near_a_change(), RULES, st.lists(st.integers(0, 3000), min_size=1, max_size=12))
def test_trust_25_each_occurrence_is_told_once_however_often_one_looks(place, words, steps) -> None:
    """Looks at any distances tell the same occurrences as one look at all of the time."""
    zone, begin = place
    one = slot(words, zone, grace=30 * DAY)
    end = begin + timedelta(minutes=sum(steps))
    told_in_steps, since = [], begin
    for step in steps:
        now = since + timedelta(minutes=step)
        found = due(one, since, now)
        told_in_steps += [*found.missed, *([found.run] if found.run else [])]
        since = now
    whole = due(one, begin, end)
    assert told_in_steps == [*whole.missed, *([whole.run] if whole.run else [])]
    assert len({occurrence.local for occurrence in told_in_steps}) == len(told_in_steps)


@given(near_a_change(), st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))
def test_trust_25_a_daily_job_runs_once_on_every_date(place, hour, minute) -> None:
    zone, begin = place
    one = slot(f"daily {hour}:{minute:02}", zone, grace=30 * DAY)
    found = due(one, begin, begin + 6 * DAY)
    dates = [occurrence.local.date() for occurrence in (*found.missed, *([found.run] if found.run else []))]
    assert dates == [dates[0] + n * DAY for n in range(len(dates))]
    assert 5 <= len(dates) <= 7
    assert {occurrence.local.time() for occurrence in found.missed} <= {time(hour, minute)}

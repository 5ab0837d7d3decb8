"""Cycles and check-in periods: OKR.md §1 and §7."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.cadence import Period, period
from sync.core.cycle import Cycle, Phase, current, phase, resolve
from sync.core.policy import Checks, Organisation

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def plain(name: str, fiscal: int = 1) -> Cycle:
    cycle = resolve(name, None, None, fiscal)
    assert cycle is not None
    return cycle


@pytest.mark.parametrize(
    ("name", "fiscal", "expected"),
    (
        ("2026-Q4", 1, ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))),
        ("2026-Q1", 1, ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31))),
        ("2026-H2", 1, ("2026-H2", date(2026, 7, 1), date(2026, 12, 31))),
        ("2026", 1, ("2026", date(2026, 1, 1), date(2026, 12, 31))),
        ("2024-Q1", 2, ("2024-Q1", date(2024, 2, 1), date(2024, 4, 30))),
        ("2026-Q4", 4, ("2026-Q4", date(2027, 1, 1), date(2027, 3, 31))),
        ("2027-H1", 9, ("2027-H1", date(2027, 9, 1), date(2028, 2, 29))),
        ("2026", 7, ("2026", date(2026, 7, 1), date(2027, 6, 30))),
        (" q4 2026 ", 1, ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))),
        ("2026q4", 1, ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))),
        ("2026/Q4", 1, ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))),
        ("FY2026 Q4", 1, ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))),
    ),
)
def test_a_plain_cycle_has_its_dates(name, fiscal, expected):
    assert plain(name, fiscal) == Cycle(*expected)


@pytest.mark.parametrize(
    "name", ("", "Autumn", "2026-Q5", "2026-H3", "2026-Q0", "0000-Q1", "9999", "26-Q4", "2026-Q٤", "2026-10")
)
def test_a_name_that_is_no_plain_cycle_needs_dates(name):
    starts, ends = date(2026, 9, 7), date(2026, 12, 6)
    assert resolve(name, None, None, 1) is None
    assert resolve(name, starts, None, 1) is None
    assert resolve(f" {name} ", starts, ends, 1) == Cycle(name, starts, ends)


def test_dates_that_are_given_win_over_the_names():
    assert resolve("2026-Q4", date(2026, 10, 5), None, 1) == Cycle(
        "2026-Q4", date(2026, 10, 5), date(2026, 12, 31)
    )
    assert resolve("2026-Q4", date(2027, 10, 5), None, 1) is None
    assert resolve("X", date(2026, 10, 5), date(2026, 10, 4), 1) is None
    assert resolve("X", date(2026, 10, 5), date(2026, 10, 5), 1) is not None


@given(DAYS, st.integers(1, 12))
def test_every_day_lies_in_the_quarter_that_is_current(day, fiscal):
    cycle = current(Organisation(fiscal_year_start=fiscal), day)
    assert cycle.starts <= day <= cycle.ends
    assert cycle == plain(cycle.name, fiscal)


@given(st.integers(2000, 2100), st.integers(1, 12))
def test_the_quarters_of_a_year_follow_each_other(year, fiscal):
    quarters = [plain(f"{year}-Q{n}", fiscal) for n in range(1, 5)]
    whole = plain(str(year), fiscal)
    halves = [plain(f"{year}-H{n}", fiscal) for n in (1, 2)]
    assert [q.starts for q in quarters[1:]] == [q.ends + timedelta(days=1) for q in quarters[:-1]]
    assert (quarters[0].starts, quarters[3].ends) == (whole.starts, whole.ends)
    assert [(h.starts, h.ends) for h in halves] == [
        (quarters[0].starts, quarters[1].ends),
        (quarters[2].starts, quarters[3].ends),
    ]


def test_the_current_cycle_is_the_configured_one_or_that_of_most_sheets():
    day = date(2026, 11, 18)
    autumn = Cycle("Autumn", date(2026, 9, 7), date(2026, 12, 6))
    longer = Cycle("2026-H2", date(2026, 7, 1), date(2026, 12, 31))
    old = Cycle("2026-Q3", date(2026, 7, 1), date(2026, 9, 30))
    assert current(Organisation(), day).name == "2026-Q4"
    assert current(Organisation(), day, [old, old, autumn, autumn, longer]) == autumn
    assert current(Organisation(), day, [longer, autumn]) == autumn
    assert current(Organisation(), day, [old]).name == "2026-Q4"
    assert current(Organisation(cycle="q3 2026"), day, [autumn]) == old
    assert current(Organisation(cycle="Autumn"), day, [longer, longer, autumn]) == autumn
    moved = old._replace(starts=date(2026, 7, 6))
    assert current(Organisation(cycle="2026-Q3"), day, [moved, moved, old]) == moved
    assert current(Organisation(cycle="Winter"), day, [autumn]).name == "Winter"


def test_the_order_of_sheets_does_not_choose_the_current_cycle():
    day = date(2026, 11, 18)
    known = [Cycle(name, date(2026, 10, 1), date(2026, 12, 31)) for name in ("B", "A", "C")]
    assert {current(Organisation(), day, order).name for order in (known, known[::-1])} == {"A"}


@pytest.mark.parametrize(
    ("day", "expected"),
    (
        (date(2026, 9, 30), Phase.PLANNING),
        (date(2026, 10, 1), Phase.EXECUTION),
        (date(2026, 12, 31), Phase.EXECUTION),
        (date(2027, 1, 1), Phase.RETROSPECTIVE),
    ),
)
def test_phases_of_a_cycle(day, expected):
    assert phase(Cycle("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)), day) is expected


@pytest.mark.parametrize(
    ("day", "opens", "due"),
    (
        (date(2026, 11, 20), date(2026, 11, 15), date(2026, 11, 20)),  # Friday, the due day
        (date(2026, 11, 21), date(2026, 11, 15), date(2026, 11, 20)),  # Saturday: still last week's
        (date(2026, 11, 22), date(2026, 11, 22), date(2026, 11, 27)),  # Sunday: the next one has opened
        (date(2026, 11, 18), date(2026, 11, 15), date(2026, 11, 20)),
    ),
)
def test_the_check_in_period_is_due_on_friday_and_opens_five_days_before(day, opens, due):
    assert period(day, Checks()) == Period(opens, due)


@given(DAYS, st.integers(0, 6), st.integers(-3, 20))
def test_the_period_that_counts_is_the_newest_that_has_opened(day, weekday, window):
    found = period(day, Checks(check_in_due_weekday=weekday, check_in_window_days=window))
    week = timedelta(days=7)
    assert found.due.weekday() == weekday
    assert found.opens <= day < found.opens + week
    assert found.opens <= found.due < found.opens + week

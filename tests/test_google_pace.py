"""Quotas and fuses of the door to Google, on a clock that the test moves."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.core.errors import AccountUnusable
from sync.google.breaker import FAILURES, REST, Breaker
from sync.google.calls import Calls, Use, use_of
from sync.google.pace import MINUTE, Bucket, Clock


class Moved:
    """A clock that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.clock = Clock(lambda: self.time, self.sleep)

    def sleep(self, seconds: float) -> None:
        assert self.time + seconds > self.time  # or the wait would never end
        self.time += seconds


@example(quota=2, pauses=[0.1, 0.0, 0.0])  # a remainder that is smaller than the clock's last digit
@given(
    quota=st.integers(1, 20),
    pauses=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=120),
)
def test_no_minute_ever_sees_more_calls_than_the_quota_wherever_it_begins(
    quota: int, pauses: list[float]
) -> None:
    moved = Moved()
    bucket = Bucket(quota, moved.clock)
    made = []
    for pause in pauses:
        moved.time += pause
        bucket.take()
        made.append(moved.time)
    for first in made:
        assert sum(first <= at < first + 60 for at in made) <= quota


def test_calls_are_made_at_once_while_the_quota_lasts_and_then_as_early_as_it_allows() -> None:
    moved = Moved()
    bucket = Bucket(60, moved.clock)
    for _ in range(200):
        bucket.take()
    assert moved.time == pytest.approx(1000 + 3 * MINUTE)  # 60 + 60 + 60 + 20


def test_threads_share_one_quota() -> None:
    moved = Moved()
    bucket = Bucket(5, moved.clock)

    def five() -> None:
        for _ in range(5):
            bucket.take()

    threads = [threading.Thread(target=five) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert moved.time == pytest.approx(1000 + 3 * MINUTE)


@pytest.mark.parametrize(
    ("method", "path", "use"),
    (
        ("get", "/drive/v3/files", Use.DRIVE),
        ("post", "/drive/v3/files", Use.DRIVE),
        ("get", "/v4/spreadsheets/abc", Use.READ),
        ("post", "/v4/spreadsheets/abc:getByDataFilter", Use.READ),
        ("post", "/v4/spreadsheets/abc/values:batchGetByDataFilter", Use.READ),
        ("post", "/v4/spreadsheets/abc/developerMetadata:search", Use.READ),
        ("post", "/v4/spreadsheets/abc:batchUpdate", Use.WRITE),
        ("post", "/v4/spreadsheets/abc/values:batchUpdateByDataFilter", Use.WRITE),
        ("put", "/v4/spreadsheets/abc/values/A1", Use.WRITE),
    ),
)
def test_a_call_is_counted_as_google_counts_it(method: str, path: str, use: Use) -> None:
    assert use_of(method, path) is use


def test_retries_are_among_the_calls() -> None:
    calls = Calls()
    calls.count(Use.READ, again=False)
    calls.count(Use.READ, again=True)
    assert calls.as_dict() == {"drive": 0, "sheets_reads": 2, "sheets_writes": 0, "retries": 1}


def test_the_fuse_blows_after_failures_in_a_row_and_lets_calls_through_again_after_a_minute() -> None:
    moved = Moved()
    fuse = Breaker(moved.clock)
    for _ in range(FAILURES - 1):
        fuse.failed("Google answered with an error of its own (503).")
    fuse.worked()
    for _ in range(FAILURES):
        fuse.check()
        fuse.failed("Google answered with an error of its own (503).")
    with pytest.raises(AccountUnusable, match=r"failed 5 times in a row, so it was not asked: .*\(503\)"):
        fuse.check()
    moved.time += REST
    fuse.check()


def test_the_real_clock_only_grows() -> None:
    from sync.google.pace import CLOCK

    before = CLOCK.now()
    CLOCK.sleep(0.001)
    assert before < CLOCK.now() <= time.monotonic()

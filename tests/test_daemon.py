"""The service with its clock in our hands: jobs without processes, seconds that pass at once.

`Days` is a service whose jobs end when the test says so. Real processes: test_daemon_processes.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, patch

import pytest
import time_machine
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync.asking import known
from sync.config import load
from sync.core.cadence import moment_of
from sync.core.errors import Busy, HistoryAway, HistoryUnusable
from sync.daemon import Service
from sync.errand import STOPPED, Answer, Order
from sync.history.desk import Desk
from sync.history.sqlite import _connect
from sync.jobs import JOBS, Job, Report
from sync.outcome import FINDINGS, FINE, NOTHING, PARTIAL
from tests.company import Company, empty_history

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)  # a Saturday
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Task:
    """A job at work that ends when the test gives it an answer."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.given: Answer | None = None

    def answer(self) -> Answer | None:
        return self.given

    def stop(self) -> None:
        self.given = self.given or Answer(STOPPED, "It was stopped.")


def _quick(path: Path) -> Any:
    """A connection that does not wait for the disk."""
    connection = _connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    return connection


class Days:
    """A service on a history of its own, and the time in which it works."""

    def __init__(self, folder: Path, config: str = "", *, jobs: dict[str, Job] | None = None) -> None:
        self.folder = folder
        self.state = folder / "state"
        if not self.state.exists():
            self.state.mkdir()
            (self.state / "history.db").write_bytes(empty_history())
        (folder / "config.toml").write_text(config, encoding="utf-8")
        self.settings = load(folder / "config.toml", {})
        self.jobs = jobs or JOBS
        self.tasks: list[Task] = []
        self.said: list[str] = []
        self.seconds = 0.0
        self.now = NOON
        self.start()

    def start(self) -> None:
        """A new process begins."""
        with patch("sync.history.sqlite._connect", _quick):
            self.desk = Desk.open("", self.state)
        self.service = Service(
            self.settings,
            self.desk,
            start=self._begin,
            say=self.said.append,
            jobs=self.jobs,
            monotonic=lambda: self.seconds,
        )

    def _begin(self, order: Order) -> Task:
        self.tasks.append(Task(order))
        return self.tasks[-1]

    def die(self) -> None:
        """The process is killed: it writes nothing any more."""
        self.desk.close()

    def end(self) -> None:
        """The process is told to stop."""
        with self.clock():
            self.service._end()
        self.desk.close()

    @contextmanager
    def clock(self) -> Iterator[None]:
        with time_machine.travel(self.now, tick=False):
            yield

    def turn(self, passed: timedelta = timedelta(), *, stepped: timedelta = timedelta()) -> None:
        """One turn after some time; `stepped`: what the clock was set by besides."""
        self.now += passed + stepped
        self.seconds += passed.total_seconds()
        with self.clock():
            self.service._safe_turn()

    def finish(self, code: int = FINE, said: str = "well", **more: Any) -> None:
        """The job at work ends."""
        self.tasks[-1].given = Answer(code, said, **more)
        self.turn()

    def rows(self) -> list[str]:
        found = self.desk.recent(NOON - timedelta(days=1000))
        return [f"{one.job} {one.local:%d. %H:%M} {one.state}" for one in found]

    def status(self) -> Any:
        from sync.pulse import pulse

        return pulse(self.settings, self.now)


HOURLY = '[schedule]\nweekly = "never"\nsweep = "never"\nbackup = "never"\nprune = "never"\n'
"""Only the sync is left, every hour."""


# ---------------------------------------------------------------- slots in their order


def test_a_new_service_syncs_at_once_and_then_every_hour(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    days.turn()
    assert days.tasks[0].order == Order("sync", "", "2026-11-21T12:00", "UTC", 1)
    days.finish()
    for _ in range(3 * 60):
        days.turn(MINUTE)
        if days.tasks[-1].given is None:
            days.finish()
    assert days.rows() == [f"sync 21. {hour}:00 done" for hour in (12, 13, 14, 15)]
    assert days.said[1] == "2026-11-21 12:00:30 sync of 2026-11-21 12:00: well"


def test_jobs_take_turns_and_one_that_fails_starves_no_other(tmp_path: Path) -> None:
    days = Days(tmp_path)
    days.turn()
    done = []
    while days.tasks[-1].given is None:
        done.append(days.tasks[-1].order.job)
        days.finish(NOTHING, "The disk is full.")
    assert sorted(done) == ["backup", "sweep", "sync"]  # the night is within the grace of twelve hours
    days.turn(HOUR)
    assert days.tasks[-1].order.local == "2026-11-21T13:00"
    days.finish()
    assert [(one.job, one.said) for one in days.status().failed] == [
        ("backup", "The disk is full."),
        ("sweep", "The disk is full."),
    ]
    assert not days.status().healthy


@pytest.mark.parametrize(
    ("code", "state"), ((FINE, "done"), (FINDINGS, "done"), (PARTIAL, "done"), (2, "failed"), (4, "failed"))
)
def test_what_becomes_of_an_occurrence(tmp_path: Path, code: int, state: str) -> None:
    days = Days(tmp_path, HOURLY)
    days.turn()
    days.finish(code)
    assert days.rows() == [f"sync 21. 12:00 {state}"]


def test_when_another_run_is_at_work_the_occurrence_waits_and_other_jobs_go_on(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY.replace('backup = "never"', 'backup = "daily 12:00"'))
    days.turn()
    busy: dict[str, Any] = {"code": 2, "said": "Another okrsync run is at work.", "busy": True}
    jobs = []
    for _ in range(3):
        days.turn(11 * timedelta(seconds=1))
        jobs.append(days.tasks[-1].order.job)
        days.finish(**busy if jobs[-1] == "sync" else {})
        days.turn()
    assert jobs == ["backup", "sync", "sync"]
    assert len([line for line in days.said if "Another okrsync run" in line]) == 1
    days.turn(MINUTE)
    days.finish()
    assert days.rows() == ["backup 21. 12:00 done", "sync 21. 12:00 done"]


def test_trust_25_the_ticker_goes_on_when_the_clock_is_set_back(tmp_path: Path) -> None:
    """`schedule` alone would wait until the clock shows again what it showed."""
    days = Days(tmp_path, HOURLY)
    days.turn()
    days.finish()
    days.turn(timedelta(seconds=10), stepped=-5 * HOUR)
    for _ in range(5):
        days.turn(20 * MINUTE)
        if days.tasks[-1].given is None:
            days.finish()
    assert [row for row in days.rows() if "08:00" in row] == ["sync 21. 08:00 done"]


# ---------------------------------------------------------------- stopping and taking over


def test_trust_21_a_stopped_service_leaves_its_slot_to_the_next(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    days.turn()
    days.end()
    days.start()
    assert days.rows() == ["sync 21. 12:00 cut"]
    assert days.desk.lease().holder == ""
    days.turn(MINUTE)
    assert len(days.tasks) == 2
    days.finish()
    assert days.rows() == ["sync 21. 12:00 done"]


def test_trust_25_after_a_kill_the_next_service_catches_up_once(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    days.turn()
    days.die()
    days.start()
    days.turn(30 * timedelta(seconds=1))
    assert len(days.tasks) == 1  # the lease is not over yet
    days.turn(MINUTE)
    days.finish()
    days.turn(MINUTE)
    assert [task.order.local for task in days.tasks] == ["2026-11-21T12:00"] * 2
    assert days.rows() == ["sync 21. 12:00 done"]


def test_trust_26_the_other_service_says_who_holds_the_lease(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    days.turn()
    days.start()
    days.turn(timedelta(seconds=9))
    days.turn(timedelta(seconds=9))
    said = days.said[1:]
    assert len(said) == 1
    assert (
        f"process {os.getpid()} has been at work on this history since 2026-11-21 12:00:30. This one"
        in said[0]
    )
    with days.clock(), pytest.raises(Busy, match="has been at work on this history since"):
        days.service.once()


def test_trust_26_a_holder_that_was_paused_gives_way_and_ends_its_job(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    days.turn()
    paused = days.service
    days.start()
    days.turn()
    days.turn(61 * timedelta(seconds=1))
    assert len(days.tasks) == 2
    with days.clock():
        paused._safe_turn()
    assert days.tasks[0].given == Answer(STOPPED, "It was stopped.")
    assert "Another service has taken over the work; this one stands by." in days.said[-1 - 1]
    days.finish()
    assert days.rows() == ["sync 21. 12:00 done"]


def test_a_database_in_use_is_waited_for_and_one_that_stays_unusable_ends_the_service(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    days.turn()
    days.finish()
    with patch.object(days.desk, "beat", side_effect=HistoryAway("It is in use.")):
        for _ in range(5):
            days.turn(MINUTE)
    assert [line[20:] for line in days.said].count("It is in use.") == 1
    days.turn(MINUTE)
    with patch.object(days.desk, "beat", side_effect=HistoryUnusable("It is damaged.")):
        days.turn(20 * timedelta(seconds=1))
        days.turn(20 * timedelta(seconds=1))
        assert [line[20:] for line in days.said].count("It is damaged.") == 1
        with pytest.raises(HistoryUnusable):
            days.turn(50 * timedelta(seconds=1))
    days.turn(MINUTE)
    assert days.status().state == "alive"


def test_a_job_that_cannot_be_started_has_failed_and_the_service_goes_on(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    with patch.object(days.service, "_start", side_effect=OSError(28, "No space left on device")):
        days.turn()
        days.turn()
    assert days.rows() == ["sync 21. 12:00 failed"]
    assert "It could not be started: No space left on device." in days.said[-1]
    days.turn(HOUR)
    days.finish()
    assert days.rows()[-1] == "sync 21. 13:00 done"


def test_trust_25_a_claim_whose_confirmation_was_lost_is_made_up(tmp_path: Path) -> None:
    """A server may keep a change and vanish before it says so: then nobody is at what is "running"."""
    days = Days(tmp_path, HOURLY)
    claim = days.desk.start

    def lost(*given: Any) -> None:
        claim(*given)
        raise HistoryAway("The connection was lost.")

    with patch.object(days.desk, "start", lost):
        days.turn()
    assert days.rows() == ["sync 21. 12:00 running"]
    days.turn(MINUTE)
    days.finish()
    assert days.rows() == ["sync 21. 12:00 done"]
    assert len(days.tasks) == 1


def test_a_log_that_cannot_be_written_does_not_end_the_service(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    days.service._hear = Mock(side_effect=OSError(28, "No space left on device"))
    days.turn()
    days.finish()
    assert days.rows() == ["sync 21. 12:00 done"]


def test_a_spool_that_cannot_be_made_is_told_and_the_service_works(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    (days.state / "spool").write_text("somebody's file")
    days.turn()
    days.finish()
    assert "spool could not be made" in days.said[1]
    assert days.rows() == ["sync 21. 12:00 done"]


# ---------------------------------------------------------------- once, for cron


def test_once_does_what_is_due_and_ends_with_the_code_of_the_run(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    answers = {"sync": Answer(PARTIAL, "some are held")}

    def start(order: Order) -> Any:
        days.tasks.append(Task(order))
        return SimpleNamespace(answer=lambda: answers[order.job], stop=lambda: None)

    for hours, code, count in ((0, PARTIAL, 1), (0, FINE, 1), (5, PARTIAL, 2)):
        days.now += hours * HOUR
        service = Service(days.settings, days.desk, start=start, say=days.said.append, jobs=JOBS)
        with days.clock(), patch("time.sleep"):
            assert service.once() == code
        assert len(days.tasks) == count
    assert days.rows()[-2:] == ["sync 21. 16:00 missed", "sync 21. 17:00 done"]
    assert days.status().healthy
    assert days.status().state == "stopped"


def test_once_waits_while_the_database_is_in_use_for_a_while_but_not_for_ever(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY + "lease_seconds = 8\n")
    away = HistoryAway("It is in use.")
    beat = days.desk.beat

    def once(beats: list[Any]) -> int:
        def sleep(seconds: float) -> None:
            days.seconds += 10 * seconds
            if not beats:
                days.tasks[-1].given = Answer(FINE, "well")

        def beaten(*given: Any) -> None:
            if beats and beats.pop():
                raise away
            beat(*given)

        days.service.stopping = False
        with days.clock(), patch("time.sleep", sleep), patch.object(days.desk, "beat", beaten):
            return days.service.once()

    assert once([away, away]) == FINE
    days.now += HOUR
    with pytest.raises(HistoryAway):
        once([away] * 99)
    assert days.rows() == ["sync 21. 12:00 done", "sync 21. 13:00 cut"]


def test_once_that_lost_its_lease_does_not_end_as_if_all_were_well(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)

    def sleep(_seconds: float) -> None:
        days.seconds += 3600
        with Desk.open("", days.state) as other:
            other.take("the one after", days.now + HOUR, 60)

    with days.clock(), patch("time.sleep", sleep):
        assert days.service.once() == NOTHING


# ---------------------------------------------------------------- status


def test_trust_32_status_tells_alive_silent_stopped_and_overdue(tmp_path: Path) -> None:
    days = Days(tmp_path, HOURLY)
    assert (days.status().state, days.status().healthy, days.status().lines(UTC)) == (
        "never started",
        True,
        [],
    )
    days.turn()
    alive = days.status()
    assert (alive.state, alive.healthy, alive.since) == ("alive", True, None)
    assert alive.json()["at_work"] == {"job": "sync", "since": "2026-11-21T12:00:30+00:00"}
    assert alive.json()["next"] == [{"job": "sync", "local": "2026-11-21T13:00", "zone": "UTC"}]
    assert "at work on sync" in alive.lines(UTC)[0]
    assert alive.lines(UTC)[1] == "      next: sync at 2026-11-21 13:00 (UTC)."
    days.now += 3 * MINUTE
    silent = days.status()
    assert (silent.state, silent.healthy, silent.since) == ("silent", False, NOON)
    days.end()
    assert (days.status().state, days.status().healthy) == ("stopped", True)
    days.now += 14 * HOUR
    late = days.status()
    assert (late.healthy, late.since) == (False, datetime(2026, 11, 21, 13, tzinfo=UTC))
    assert late.json()["overdue"] == [{"job": "sync", "local": "2026-11-21T13:00", "zone": "UTC"}]
    retired = days.settings.schedule.model_copy(update={"expected": False})
    days.settings = days.settings.model_copy(update={"schedule": retired})
    assert days.status().healthy


# ---------------------------------------------------------------- the state machine

ZONES = ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Istanbul")
BEGINNINGS = (  # moments shortly before clocks change in one of them
    datetime(2026, 3, 28, 20, tzinfo=UTC),
    datetime(2026, 10, 24, 20, tzinfo=UTC),
    datetime(2026, 4, 4, 10, tzinfo=UTC),
    datetime(2026, 10, 3, 10, tzinfo=UTC),
    datetime(2026, 2, 14, 20, tzinfo=UTC),
    datetime(2016, 9, 6, 18, tzinfo=UTC),
)
EVERYWHERE = {
    "nightly": Job(
        lambda _: Report(FINE, ""), lambda _: "daily 02:15", lambda _: ZONES, grace=timedelta(hours=2)
    ),
    "hourly": Job(lambda _: Report(FINE, ""), lambda _: "every hour", grace=timedelta(hours=5)),
}


class Services(RuleBasedStateMachine):
    """Time passes, clocks are set, services die and start again: no occurrence is ever run twice to its end.

    And what was looked at in time, with the clock going on as it should, was run.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.days = Days(Path(self.folder.name), jobs=EVERYWHERE)
        self.ended: Counter[tuple[str, str, str]] = Counter()
        self.begun: Counter[tuple[str, str, str]] = Counter()
        self.alive = True

    @initialize(beginning=st.sampled_from(BEGINNINGS))
    def begin(self, beginning: datetime) -> None:
        self.days.now = beginning
        self.days.turn()
        self._settle()

    def _settle(self) -> None:
        """Every job that is at work or waits comes to its end."""
        while (task := self._at_work()) is not None:
            place = (task.order.job, task.order.local, task.order.zone)
            self.ended[place] += 1
            self.days.finish()

    def _at_work(self) -> Task | None:
        last = self.days.tasks[-1] if self.days.tasks else None
        return last if last and last.given is None and self.days.service._work else None

    @precondition(lambda self: self.alive)
    @rule(minutes=st.integers(1, 90), count=st.integers(1, 6))
    def time_passes(self, minutes: int, count: int) -> None:
        for _ in range(count):
            self.days.turn(minutes * MINUTE)
            self._settle()

    @precondition(lambda self: self.alive)
    @rule(minutes=st.integers(1, 400))
    def a_job_takes_long(self, minutes: int) -> None:
        self.days.turn(MINUTE)
        for _ in range(4):
            self.days.turn(minutes * MINUTE / 4)
        self._settle()

    @precondition(lambda self: self.alive)
    @rule(minutes=st.integers(-600, 600))
    def the_clock_is_set(self, minutes: int) -> None:
        self.days.turn(MINUTE, stepped=minutes * MINUTE)
        self._settle()

    @precondition(lambda self: self.alive)
    @rule(kill=st.booleans(), passed=st.integers(0, 5))
    def the_service_ends(self, passed: int, *, kill: bool) -> None:
        self.days.turn(passed * MINUTE)
        if kill:
            self.days.die()
        else:
            self.days.end()
        self.alive = False

    @precondition(lambda self: not self.alive)
    @rule(minutes=st.integers(1, 2000))
    def another_one_begins(self, minutes: int) -> None:
        self.days.now += minutes * MINUTE
        self.days.seconds += 60.0 * minutes
        self.days.start()
        self.alive = True
        for _ in range(3):
            self.days.turn(MINUTE)
            self._settle()

    @precondition(lambda self: self.alive)
    @rule()
    def two_quiet_days(self) -> None:
        """The clock goes on as it should: each night is run once in each zone, and every hour."""
        self.days.turn(MINUTE)
        self._settle()
        begin, known = self.days.now, set(self.ended)
        for _ in range(48):
            self.days.turn(HOUR)
            self._settle()
        new = set(self.ended) - known
        already = {place for place in known if self._moment(place) > begin}  # of a clock that was ahead
        for zone in ZONES:
            nights = {place for place in new | already if place[0] == "nightly" and place[2] == zone}
            nights = {place for place in nights if begin < self._moment(place) <= self.days.now}
            assert len(nights) == 2, (zone, nights)
        hours = {place for place in new | already if place[0] == "hourly"}
        assert len([place for place in hours if begin < self._moment(place) <= self.days.now]) == 48

    @staticmethod
    def _moment(place: tuple[str, str, str]) -> datetime:
        return moment_of(datetime.fromisoformat(place[1]), place[2])

    @invariant()
    def nothing_ran_twice(self) -> None:
        assert [place for place, count in self.ended.items() if count > 1] == []

    def teardown(self) -> None:
        self.days.desk.close()
        self.folder.cleanup()


TestServices = pytest.mark.slow(Services.TestCase)
TestServices.settings = hypothesis_settings(max_examples=10, stateful_step_count=12)


# ---------------------------------------------------------------- those who ask


@pytest.fixture
def asking_days(tmp_path: Path) -> Days:
    """A service whose company has the workbooks Acme and Sales, after its first sync."""
    company = Company(tmp_path)
    company.team()
    company.team("Sales")
    days = Days(tmp_path, HOURLY)
    days.turn()
    days.finish()
    return days


def asked(days: Days, name: str = "a", **request: Any) -> Path:
    """A request as the add-in leaves it; the place of its answer."""
    spool = days.state / "spool"
    new = spool / f"{name}.new"
    new.write_text(json.dumps(request), encoding="utf-8")
    os.utime(new, (days.now.timestamp(),) * 2)
    new.rename(spool / f"{name}.json")
    return spool / f"{name}.answer.json"


def told(place: Path) -> Any:
    return json.loads(place.read_text(encoding="utf-8"))


def test_those_who_ask_for_a_workbook_get_it_synced_and_an_answer(asking_days: Days) -> None:
    days = asking_days
    acme, sales = (str(days.folder / "teams" / f"{unit}.xlsx") for unit in ("Acme", "Sales"))
    answers = [asked(days, "1", path=acme, requested_by="Kim\n\x1b[31m"), asked(days, "2", path=sales)]
    days.turn()
    assert days.tasks[-1].order == Order("sync", token=1, books=(acme, sales))
    assert days.desk.lease().job == "sync"
    book = {"source": "Acme.xlsx", "unit": "Acme", "state": "ok", "problems": []}
    days.finish(FINDINGS, "Run 2.", more={"run_id": 2, "books": {acme: book, sales: None}})
    assert told(answers[0]) == {"state": "done", "code": 1, "message": "Run 2.", "run_id": 2, "book": book}
    assert told(answers[1])["book"] is None
    assert sorted(path.name for path in (days.state / "spool").iterdir()) == [
        "1.answer.json",
        "2.answer.json",
    ]
    assert days.said[-1].endswith("sync for Kim[31m: Run 2.")
    assert days.desk.lease().job == ""


HOSTILE = {
    "another file": "/etc/passwd",
    "a file that is not there": "/nowhere/at/all.xlsx",
    "the settings": "{folder}/config.toml",
    "the master": "{folder}/master.xlsx",
    "out and in again": "{folder}/teams/../state/history.db",
    "a share on another machine": "\\\\evil.example.org\\share\\Acme.xlsx",
    "a name alone": "Acme.xlsx",
    "a pattern": "{folder}/teams/*.xlsx",
    "the nul": "{folder}/teams/Acme.xlsx\0",
    "half a letter": "\ud800",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_trust_31_a_request_reaches_no_other_file(asking_days: Days, what: str) -> None:
    path = HOSTILE[what].replace("{folder}", str(asking_days.folder))
    assert known([path], asking_days.settings) == {}


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX systems")
def test_a_workbook_is_known_by_all_ways_to_write_its_path(asking_days: Days) -> None:
    teams = asking_days.folder / "teams"
    (asking_days.folder / "elsewhere").symlink_to(teams)
    acme = str(teams / "Acme.xlsx")
    ways = [acme, f"{teams}//./Acme.xlsx", f"{teams}/../teams/Acme.xlsx"]
    assert known([*ways, str(teams / "Nobody.xlsx")], asking_days.settings) == dict.fromkeys(ways, acme)


def test_trust_31_what_is_none_of_ours_is_refused_in_the_same_words(asking_days: Days) -> None:
    answers = [
        asked(asking_days, "1", path="/etc/passwd"),
        asked(asking_days, "2", path="/nowhere/at/all.xlsx"),
    ]
    asking_days.turn()
    asking_days.finish(FINE, "None.", more={"books": {}})
    assert told(answers[0]) == told(answers[1])
    assert told(answers[0])["message"].startswith("That is no workbook that okrsync reads.")


@pytest.mark.parametrize(
    "content", (b"", b"{", b"[]", b'{"path": 4}', b'{"path": ""}', b"[" * 4000, b'{"path": "' + b"x" * 5000)
)
def test_a_malformed_request_is_refused(asking_days: Days, content: bytes) -> None:
    place = asking_days.state / "spool" / "a.json"
    place.write_bytes(content)
    os.utime(place, (asking_days.now.timestamp(),) * 2)
    asking_days.turn()
    assert told(place.with_name("a.answer.json"))["message"].startswith("A request is")
    assert not place.exists()


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX systems")
def test_links_pipes_and_strange_names_in_the_spool_are_not_opened(asking_days: Days) -> None:
    spool = asking_days.state / "spool"
    acme = str(asking_days.folder / "teams" / "Acme.xlsx")
    (asking_days.folder / "elsewhere.json").write_text(json.dumps({"path": acme}), encoding="utf-8")
    (spool / "link.json").symlink_to(asking_days.folder / "elsewhere.json")
    os.mkfifo(spool / "pipe.json")
    os.utime(spool / "pipe.json", (asking_days.now.timestamp(),) * 2)
    (spool / "two words.json").write_text(json.dumps({"path": acme}), encoding="utf-8")
    asking_days.turn()
    assert len(asking_days.tasks) == 1
    assert told(spool / "pipe.answer.json")["state"] == "refused"
    assert told(spool / "link.answer.json")["state"] in {"refused", "expired"}
    assert (asking_days.folder / "elsewhere.json").exists()
    assert (spool / "two words.json").exists()


def test_an_old_request_expires_and_old_answers_are_removed(asking_days: Days) -> None:
    answer = asked(asking_days, path=str(asking_days.folder / "teams" / "Acme.xlsx"))
    asking_days.now += 16 * MINUTE
    asking_days.turn()
    assert told(answer)["state"] == "expired"
    assert len(asking_days.tasks) == 1
    os.utime(answer, (asking_days.now.timestamp(),) * 2)
    asking_days.turn(timedelta(days=2))
    assert not answer.exists()


def test_however_much_is_asked_for_slots_have_their_turn(asking_days: Days) -> None:
    path = str(asking_days.folder / "teams" / "Acme.xlsx")
    asked(asking_days, "a", path=path)
    asking_days.turn()
    begun = []
    for name in "bcd":
        asking_days.turn(HOUR)  # an occurrence is due meanwhile
        asked(asking_days, name, path=path)
        asking_days.finish()
        begun.append(asking_days.tasks[-1].order.books)
    assert begun == [(), (path,), ()]


def test_a_request_waits_while_another_run_is_at_work(asking_days: Days) -> None:
    answer = asked(asking_days, path=str(asking_days.folder / "teams" / "Acme.xlsx"))
    asking_days.turn()
    asking_days.finish(2, "Another okrsync run is at work.", busy=True)
    asking_days.turn(timedelta(seconds=1))
    assert len(asking_days.tasks) == 2
    asking_days.turn(timedelta(seconds=11))
    assert len(asking_days.tasks) == 3
    assert not answer.exists()


def test_an_answer_that_cannot_be_written_is_told_and_not_tried_for_ever(asking_days: Days) -> None:
    acme = str(asking_days.folder / "teams" / "Acme.xlsx")
    asked(asking_days, path=acme)
    asking_days.turn()
    with patch("sync.spool.tempfile.mkstemp", side_effect=OSError(28, "No space left on device")):
        asking_days.finish(FINE, "Run 2.")
    assert "could not be written: No space left on device." in asking_days.said[-2]
    asking_days.turn(MINUTE)
    assert len(asking_days.tasks) == 2

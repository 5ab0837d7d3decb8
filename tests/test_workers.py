"""Promise 16: whatever a task does to its process is that task's affair, and is told."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import workers
from sync.workers import Allowed, Outcome, Workers
from tests import tasks

PLENTY = Allowed(memory=512 * 2**20, seconds=60)
SCARCE = Allowed(memory=512 * 2**20, seconds=1)
linux = pytest.mark.skipif(sys.platform != "linux", reason="the system's limits are those of Linux")


@pytest.fixture
def one() -> Iterator[Workers]:
    with Workers(PLENTY, processes=1, modules=("tests.tasks",)) as made:
        yield made


def test_all_that_a_task_yields_comes_back_in_order(one: Workers) -> None:
    futures = [one.submit(tasks.doubled, number) for number in range(100)]
    assert [future.result() for future in futures] == [Outcome((n, 2 * n)) for n in range(100)]


@pytest.mark.parametrize(
    ("how", "cause"),
    (
        pytest.param("abort", "the process that read it crashed (exit status -6).", marks=linux),
        ("exit", "the process that read it crashed (exit status 7)."),
        pytest.param("killed", "the system ended the process that read it", marks=linux),
        ("quit", "okrsync's own reader failed on it (SystemExit: 3)."),
        ("fault", "okrsync's own reader failed on it (KeyError: 'row')."),
        ("panic", "okrsync's own reader failed on it (_Panic: a library's own)."),
        pytest.param("memory", "reading it takes more than 512 MiB of memory.", marks=linux),
        pytest.param("recursion", "", marks=linux),
    ),
)
def test_trust_16_a_task_that_does_not_come_to_its_end_is_told_and_harms_no_other(
    one: Workers, how: str, cause: str
) -> None:
    before, death, after = (
        one.submit(tasks.doubled, 1),
        one.submit(tasks.dies, how),
        one.submit(tasks.doubled, 2),
    )
    assert before.result() == Outcome((1, 2))
    assert death.result().values == ("begun",)  # what it said before is not lost
    assert death.result().cause.startswith(cause)
    assert death.result().cause.endswith(".")
    assert after.result() == Outcome((2, 4))


@linux
def test_a_process_that_cannot_answer_says_nothing_about_its_task(one: Workers) -> None:
    outcome = one.submit(tasks.dies, "speechless").result()
    assert (outcome.values, outcome.passing) == (("begun",), True)
    assert one.submit(tasks.doubled, 2).result() == Outcome((2, 4))


@linux
def test_a_task_is_tried_once_more_before_its_content_is_blamed(one: Workers, tmp_path: Path) -> None:
    before, once = one.submit(tasks.doubled, 1), one.submit(tasks.dies_once, str(tmp_path / "mark"))
    after = one.submit(tasks.doubled, 2)
    assert [future.result() for future in (before, once, after)] == [
        Outcome((1, 2)),
        Outcome(("done",)),
        Outcome((2, 4)),
    ]


@linux
@pytest.mark.parametrize(
    ("how", "cause"),
    (
        ("sleeps", "reading it takes more than 1 seconds."),
        ("computes", "reading it takes more than 1 seconds"),
    ),
)
def test_trust_16_a_task_that_takes_too_long_is_ended_and_the_next_goes_on(how: str, cause: str) -> None:
    with Workers(SCARCE, processes=1, modules=("tests.tasks",)) as slow:
        endless, after = slow.submit(tasks.dies, how), slow.submit(tasks.doubled, 2)
        assert endless.result().values == ("begun",)
        assert endless.result().cause.startswith(cause)
        assert after.result() == Outcome((2, 4))


def test_trust_17_one_slow_task_does_not_hold_the_others_back() -> None:
    with Workers(SCARCE, processes=2, modules=("tests.tasks",)) as both:
        slow = both.submit(tasks.dies, "sleeps")
        others = [both.submit(tasks.doubled, number) for number in range(100)]
        assert [future.result().values[0] for future in others[-8:]] == list(range(92, 100))
        assert slow.result().cause


def test_few_tasks_are_done_by_one_process_and_many_by_all(one: Workers) -> None:
    with Workers(PLENTY, processes=2, modules=("tests.tasks",)) as pair:
        few = {pair.submit(tasks.process).result().values for _ in range(5)}
        many = {future.result().values for future in [pair.submit(tasks.process) for _ in range(400)]}
    assert len(few) == 1
    assert len(many) == 2


def test_a_process_is_replaced_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "RECYCLED_AFTER", 10)
    with Workers(PLENTY, processes=1, modules=("tests.tasks",)) as made:
        numbers = [made.submit(tasks.process).result().values for _ in range(30)]
    assert len(set(numbers)) == 3


def test_trust_30_no_secret_of_the_settings_reaches_a_process_that_opens_strangers_files(
    one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRSYNC_MAIL__PASSWORD", "canary")
    monkeypatch.setenv("PGPASSWORD", "canary")
    monkeypatch.setenv("HARMLESS", "word")
    assert one.submit(tasks.environment, "PGPASSWORD").result().values == (None,)
    assert one.submit(tasks.environment, "OKRSYNC_MAIL__PASSWORD").result().values == (None,)
    assert one.submit(tasks.environment, "HARMLESS").result().values == ("word",)


def test_an_error_ends_the_work_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="stop"):
        _stopped_while_it_sleeps()
    assert time.monotonic() - began < 30  # it would sleep for ten minutes


def _stopped_while_it_sleeps() -> None:
    with Workers(PLENTY, processes=1, modules=("tests.tasks",)) as made:
        made.submit(tasks.dies, "sleeps")
        raise RuntimeError("stop")


def test_a_process_that_cannot_start_is_told_to_whoever_asked() -> None:
    with Workers(PLENTY, processes=1, modules=("no.such.module",)) as made:
        future = made.submit(tasks.doubled, 1)
        assert future.result().cause.startswith("no process could be started to read it")
        assert future.result().passing


def test_a_process_that_cannot_be_replaced_leaves_no_task_unsettled(
    one: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert one.submit(tasks.doubled, 1).result() == Outcome((1, 2))
    with monkeypatch.context() as scarce:
        scarce.setattr("sync.workers.subprocess.Popen", _no_process)
        assert one.submit(tasks.dies, "exit").result().passing
        assert one.submit(tasks.doubled, 2).result().passing
    assert one.submit(tasks.doubled, 3).result() == Outcome((3, 6))


def _no_process(*_: object, **__: object) -> None:
    raise BlockingIOError(11, "Resource temporarily unavailable")

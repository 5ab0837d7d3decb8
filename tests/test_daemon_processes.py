"""Services as real processes: two on one database, paused, stopped and killed in the middle of their work."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from sync.errand import Answer, Order
from sync.history.desk import Desk
from sync.outcome import FINDINGS, FINE, NOTHING, USAGE
from sync.running import Running
from tests.company import CONFIG, Company, empty_history
from tests.conftest import ROOT
from tests.postgres import Server

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems"),
    pytest.mark.slow,
]

SCHEDULE = """
[schedule]
sync = "every hour"
weekly = "never"
sweep = "never"
backup = "never"
prune = "never"
lease_seconds = 4
"""
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PATIENCE = 90.0  # seconds that a busy machine may take for anything


def wait_for(what: Callable[[], Any]) -> Any:
    """What it gives, as soon as it gives something."""
    until = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)
    return found


class Services:
    """A company and the services that work for it."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.company = Company(folder, CONFIG + SCHEDULE + more)
        self.company.database.parent.mkdir(mode=0o700)
        self.company.database.write_bytes(empty_history())
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """A service; what it says is found in `said`."""
        with self._log(len(self.processes)).open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "sync", "run", "--config", str(self.company.config), *options],
                    cwd=ROOT,
                    stderr=log,
                )
            )
        return self.processes[-1]

    def _log(self, number: int) -> Path:
        return self.company.folder / f"service{number}.log"

    def said(self, number: int) -> str:
        return self._log(number).read_text(encoding="utf-8")

    def query(self, sql: str) -> list[Any]:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(self.company.database)) as database:
            return database.execute(sql).fetchall()
        return []

    def slots(self) -> list[tuple[str, int]]:
        """The state of every occurrence, and how often it was tried."""
        return self.query("select state, tries from slot order by id")

    def job(self, service: subprocess.Popen[bytes]) -> int:
        """The process of the job that a service is at; 0 for none."""
        tasks = Path(f"/proc/{service.pid}/task/{service.pid}/children")
        children = tasks.read_text().split()
        return int(children[0]) if children else 0

    def much_to_read(self) -> None:
        """So many workbooks that a sync takes seconds. Most are of one unit, which is held in the end."""
        self.company.team("Sales")
        content = self.company.team().read_bytes()
        for number in range(400):
            (self.company.teams / f"{number:03}.xlsx").write_bytes(content)

    def reading(self, service: subprocess.Popen[bytes]) -> int:
        """Waits until a service is in the middle of a sync; the process of the job."""
        wait_for(lambda: self.query("select 1 from lease where job = 'sync'"))
        wait_for((self.company.database.parent / "run.lock").exists)
        time.sleep(0.5)
        return self.job(service)

    def pause(self, service: subprocess.Popen[bytes]) -> None:
        """Stops a service where it holds no lock of the database, which nobody could then use."""
        while True:
            service.send_signal(signal.SIGSTOP)
            time.sleep(0.1)
            database = sqlite3.connect(self.company.database, timeout=1, isolation_level=None)
            with closing(database), suppress(sqlite3.OperationalError):
                database.execute("begin immediate")
                return
            service.send_signal(signal.SIGCONT)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()


class OnServer(Services):
    """The same, with the history on a PostgreSQL server."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._server, self._name = server, server.database()
        super().__init__(folder, f'[history]\nurl = "{server.url(self._name)}"\n')

    def query(self, sql: str) -> list[Any]:
        with suppress(psycopg.Error):
            return self._server.ask(sql, self._name)
        return []


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = Services(tmp_path)
    yield made
    made.end()


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


linux = pytest.mark.skipif(sys.platform != "linux", reason="finds processes as Linux shows them")


def test_trust_26_two_services_one_works_and_takes_turns_with_the_other(services: Services) -> None:
    services.company.team()
    first = services.start()
    wait_for(lambda: services.slots() == [("done", 1)])
    second = services.start()
    wait_for(lambda: "has been at work on this history since" in services.said(1))
    assert f"process {first.pid} has been" in services.said(1)
    services.pause(first)
    wait_for(lambda: "This service is at work." in services.said(1))
    (token,) = services.query("select token, holder from lease")
    assert token[0] == 2
    assert str(second.pid) in token[1]
    first.send_signal(signal.SIGCONT)
    wait_for(lambda: "Another service has taken over the work" in services.said(0))
    assert services.query("select token from lease") == [(2,)]
    assert services.slots() == [("done", 1)]
    for process in (first, second):
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert services.query("select holder from lease") == [("",)]


def test_trust_26_a_job_under_a_lease_that_was_lost_writes_nothing(services: Services) -> None:
    services.company.team()
    settings = services.company.settings()
    with Desk.open(settings.history.url, settings.state_folder()) as desk:
        token = desk.take("the one before", NOW, 60).token
        desk.release(NOW)
        desk.take("the one after", NOW, 3600)
    answer = performed(services, Order("sync", token=token))
    assert answer.code == NOTHING
    assert "the one after has taken over the work" in answer.said
    assert services.company.run_count() == 0
    assert not services.company.master.exists()


@linux
def test_trust_26_a_service_paused_in_the_middle_of_a_sync_wakes_and_writes_nothing(services) -> None:
    services.much_to_read()
    first = services.start()
    job = services.reading(first)
    for process in (first.pid, job):
        os.kill(process, signal.SIGSTOP)
    services.start()
    wait_for(lambda: "Another okrsync run is at work" in services.said(1))  # the paused one holds its lock
    for process in (job, first.pid):
        os.kill(process, signal.SIGCONT)
    wait_for(lambda: "Another service has taken over the work" in services.said(0))
    wait_for(lambda: gone(job))
    assert services.company.run_count() == 0
    wait_for(lambda: services.slots() == [("done", 2)])  # the other one tries again within a minute
    assert services.query("select token from lease") == [(2,)]
    assert services.company.run_count() == 1


@linux
def test_trust_26_on_a_server_a_service_paused_in_the_middle_of_a_sync_writes_nothing(
    tmp_path: Path, postgres: Server
) -> None:
    services = OnServer(tmp_path, postgres)
    try:
        services.much_to_read()
        first = services.start()
        job = services.reading(first)
        for process in (first.pid, job):
            os.kill(process, signal.SIGSTOP)
        second = services.start()
        wait_for(lambda: "This service is at work." in services.said(1))
        for process in (job, first.pid):
            os.kill(process, signal.SIGCONT)
        wait_for(lambda: "Another service has taken over the work" in services.said(0))
        wait_for(lambda: gone(job))
        wait_for(lambda: services.slots() == [("done", 2)])
        assert services.query("select token from lease") == [(2,)]
        assert services.query("select count(*) from run") == [(1,)]
        second.kill()  # its lease runs out, and the first takes turns again
        second.wait()
        wait_for(lambda: services.query("select token from lease") == [(3,)])
        assert services.slots()[0] == ("done", 2)
    finally:
        services.end()


@linux
def test_trust_21_sigterm_during_a_sync_rolls_back_and_the_next_service_makes_it_up(services) -> None:
    services.much_to_read()
    service = services.start()
    job = services.reading(service)
    service.send_signal(signal.SIGTERM)
    assert service.wait(PATIENCE) == 0
    assert gone(job)
    assert services.slots() == [("cut", 1)]
    assert services.company.run_count() == 0
    services.start()
    wait_for(lambda: services.slots() == [("done", 2)])
    assert services.company.run_count() == 1


@linux
def test_trust_25_after_a_kill_during_a_sync_the_next_service_catches_up_once(services: Services) -> None:
    services.much_to_read()
    service = services.start()
    job = services.reading(service)
    service.kill()
    service.wait()
    wait_for(lambda: gone(job))  # the job does not outlive its service
    assert services.company.run_count() == 0
    services.start()
    wait_for(lambda: services.slots() == [("done", 2)])
    time.sleep(2)
    assert services.slots() == [("done", 2)]
    assert services.company.run_count() == 1


@linux
def test_a_job_that_crashes_is_named_in_status_and_the_service_goes_on(services: Services) -> None:
    services.much_to_read()
    service = services.start()
    os.kill(services.reading(service), signal.SIGKILL)
    wait_for(lambda: services.slots() == [("failed", 1)])
    assert service.poll() is None
    status = services.company.command("status")
    assert status.code == 3
    assert "Its process died (SIGKILL)." in status.out
    request(services, "again", "000.xlsx")
    answer = wait_for(lambda: answered(services, "again"))
    assert answer["state"] == "done"
    assert answer["book"]["state"] == "held"


def request(services: Services, name: str, book: str) -> None:
    spool = services.company.database.parent / "spool"
    new = spool / f"{name}.new"
    new.write_text(json.dumps({"path": str(services.company.teams / book), "requested_by": "Kim"}))
    new.rename(spool / f"{name}.json")


def answered(services: Services, name: str) -> Any:
    place = services.company.database.parent / "spool" / f"{name}.answer.json"
    return json.loads(place.read_text(encoding="utf-8")) if place.exists() else None


def test_a_workbook_that_somebody_asks_for_is_synced_within_seconds(services: Services) -> None:
    services.company.team()
    services.start()
    wait_for(lambda: services.slots() == [("done", 1)])
    services.company.team(key_results="ID | Objective ID | Key result | Current\nKR1 | O1 | Revenue | #REF!")
    request(services, "a", "Acme.xlsx")
    answer = wait_for(lambda: answered(services, "a"))
    assert (answer["state"], answer["code"], answer["run_id"]) == ("done", FINDINGS, 2)
    request(services, "b", "../config.toml")
    assert wait_for(lambda: answered(services, "b"))["state"] == "refused"
    assert services.company.run_count() == 2
    assert "S104" in {problem["code"] for problem in answer["book"]["problems"]}


def test_once_ends_with_the_code_of_the_run_and_does_nothing_twice(services: Services) -> None:
    services.company.team(key_results="ID | Objective ID | Key result | Current\nKR1 | O1 | Revenue | #REF!")
    assert services.start("--once").wait(PATIENCE) == FINDINGS
    assert services.start("--once").wait(PATIENCE) == FINE
    assert services.company.run_count() == 1
    assert services.query("select holder from lease") == [("",)]


# ---------------------------------------------------------------- jobs by themselves


def performed(services: Services, order: Order, *, seconds: float = 90.0) -> Answer:
    """What came of a job in a process of its own."""
    order = order._replace(config=str(services.company.config))
    answer: Answer = wait_for(Running(order, seconds=seconds).answer)
    return answer


def test_a_job_that_takes_too_long_is_ended(services: Services) -> None:
    services.much_to_read()
    answer = performed(services, Order("sync"), seconds=1.2)
    assert answer == Answer(NOTHING, "It took longer than 0.02 minutes and was ended.")
    assert services.company.run_count() == 0


def test_a_job_that_ends_while_it_is_being_ended_has_done_its_work() -> None:
    ending = [sys.executable, "-c", """import sys; sys.stdin.read(); print('{"code": 0, "said": "well"}')"""]
    popen = subprocess.Popen
    with patch("sync.running.subprocess.Popen", lambda _, **options: popen(ending, **options)):
        assert Running(Order("sync"), seconds=0).answer() == Answer(FINE, "well")


def test_what_stops_a_job_is_a_sentence(services: Services) -> None:
    assert performed(services, Order("lunch")) == Answer(
        USAGE,
        'There is no job "lunch"; known are sync, weekly, sweep, backup, prune, reminders, news, findings, '
        "digest.",
    )
    services.company.config.write_text("[organisation]\nnam = 1\n")
    assert 'there is no "nam"' in performed(services, Order("sync")).said


def test_the_other_jobs_copy_and_prune_the_history(services: Services) -> None:
    services.company.team()
    today = datetime.now(UTC).date()  # as the jobs' processes have it
    for days in (300, 0):
        services.company.sync((today - timedelta(days=days)).isoformat())
    state = services.company.database.parent
    assert performed(services, Order("prune")).said == "Nothing was removed: [history] keep is 0."
    assert performed(services, Order("backup")).said.startswith("The history was copied to ")
    assert len(list((state / "backup").iterdir())) == 1
    services.company.config.write_text(CONFIG + "[history]\nkeep = 100\nbackup = 0\n")
    assert performed(services, Order("backup")).said == "No copy was made: [history] backup is 0."
    assert performed(services, Order("prune")).said.startswith("1 runs from before ")
    assert services.company.run_count() == 1

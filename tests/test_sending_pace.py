"""5,000 reminders rendered and sent to a server on this machine: how fast, and in how much memory."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from sync.clerk import Clerk
from sync.config import load
from sync.history.outbox import SENT
from sync.messages import Scene, reminders
from sync.notify.delivery import deliver
from sync.notify.message import Sender
from sync.notify.smtp import Outcome, Server
from sync.post import _letters
from tests.past import opened
from tests.sheets import kr, o, team
from tests.test_owed import MONDAY, assessed, person
from tests.test_sending import MOMENT

COUNT = 5_000
PER_TEAM = 10


@contextmanager
def sink() -> Iterator[int]:
    """A mail server in a process of its own that throws everything away; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink"]
    with subprocess.Popen([*command, "-l", f"127.0.0.1:{port}"]) as running:
        for _ in range(200):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
        running.terminate()


@pytest.mark.slow
def test_five_thousand_reminders_go_at_a_hundred_a_second_in_flat_memory(tmp_path: Path) -> None:
    late = MONDAY - timedelta(days=13)
    people = [person(f"P{at}") for at in range(COUNT)]
    teams = []
    for at in range(0, COUNT, PER_TEAM):
        rows = [kr(f"T{at}-O1-KR{row}", owner=f"P{at + row}", last_check_in=late) for row in range(PER_TEAM)]
        teams.append(team(f"Team {at}", o(f"T{at}-O1", owner=f"P{at}"), *rows))
    with opened(tmp_path / "state") as store, sink() as port:
        settings = load(None, {})
        here = Scene(settings, store, MOMENT, MONDAY, assessed(date(2026, 11, 16), teams, people))
        drafts = reminders(here).drafts
        assert len(drafts) == COUNT
        drafts[0].make()  # templates and libraries are loaded once
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, worked = time.perf_counter(), time.process_time()
        letters = _letters(drafts, Sender("OKR", "okr@example.org"), MOMENT)
        with Clerk(store.outbox, MOMENT) as clerk:
            done = deliver(letters, Server("127.0.0.1", port, "none"), clerk, connections=4)
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert done.counts == {Outcome.SENT: COUNT}
        assert store.outbox.usual("reminder") == COUNT
        assert len(store.outbox.entries(SENT)) == COUNT
    pace = f"{COUNT / seconds:.0f} messages a second, {COUNT / worked:.0f} a second of processor time"
    print(f"{pace}, {grown:.0f} MiB more")  # noqa: T201  # the figures
    assert grown < 60
    assert COUNT / worked > 100  # by the clock, it depends on who else is at work on this machine

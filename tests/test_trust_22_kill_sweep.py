"""Promise 22: a reminder run that is killed at any system call, or refused a write, doubles no message.

strace strikes a real `python -m sync remind` that sends to a real SMTP server. Whatever the moment, each
person has got at most one message after the next run; who got none is listed as unknown, or gets it then.
The same while a second service sends from the same history. `KILL_SWEEP_EVERY=1 pytest -s` on this file
strikes every call and prints the totals; that takes most of an hour.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.company import Company
from tests.conftest import ROOT
from tests.mail_server import Post, mail_server
from tests.test_sending import MONDAY, company

CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,rename,unlink,sendto"
EACH = int(os.environ.get("KILL_SWEEP_EVERY", "9"))
"""Every ninth call is struck: enough to meet each kind between the claim and the answer of some message."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 if EACH > 1 else 7200)]


class Call(NamedTuple):
    """The `ordinal`-th call of that name in its thread."""

    process: int
    name: str
    ordinal: int


def calls_in(trace: Path) -> list[Call]:
    """The calls about the state folder or the mail server, in order."""
    counted: Counter[tuple[str, str]] = Counter()
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        call = re.match(r"(\d+) +(\w+)\(", line)
        if call:
            process, name = call.groups()
            counted[process, name] += 1
            if "/state/" in line or name == "sendto":
                found.append(Call(int(process), name, counted[process, name]))
    return found


class Ground:
    """A company whose two reminders are due, to be struck again and again."""

    def __init__(self, folder: Path, post: Post, strace: str) -> None:
        self.strace, self.post, self.trace = strace, post, folder / "trace"
        self.company: Company = company(folder, post.port, mail="connections = 1\nseconds = 5.0")
        assert self.company.command("outbox", "release").code == 0
        self.fresh = Path(shutil.copytree(self.company.folder, folder / "fresh"))

    def restore(self) -> None:
        shutil.rmtree(self.company.folder)
        shutil.copytree(self.fresh, self.company.folder)
        self.post.envelopes.clear()

    @property
    def command(self) -> list[str]:
        """A real run of the reminders."""
        return [
            *(sys.executable, "-m", "sync", "remind", "--config", str(self.company.config)),
            "--as-of",
            MONDAY,
        ]

    @contextmanager
    def rival(self, *, racing: bool) -> Iterator[None]:
        """Another service at the same work meanwhile, which nobody strikes."""
        if not racing:
            yield
            return
        with subprocess.Popen(
            self.command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as other:
            yield
            other.wait(timeout=60)

    def remind(self, strike: str = "", call: Call | None = None) -> int:
        """The exit code of a real run, struck at that call."""
        watched = [self.strace, "-f", "-y", "--seccomp-bpf", "-o", str(self.trace), "-e", f"trace={CALLS}"]
        if call:
            effect = "delay_enter=15s" if strike == "KILL" else f"error={strike}"
            watched += ["-e", f"inject={call.name}:{effect}:when={call.ordinal}"]
        self.trace.write_text("")
        with subprocess.Popen(
            [*watched, *self.command],
            cwd=ROOT,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as running:
            while strike == "KILL" and running.poll() is None:
                reached = {(one.name, one.ordinal): one.process for one in calls_in(self.trace)}
                if call and (call.name, call.ordinal) in reached:
                    with suppress(ProcessLookupError):
                        os.kill(reached[call.name, call.ordinal], signal.SIGKILL)
                    running.kill()
                    break
                time.sleep(0.02)
            running.wait(timeout=60)
        return running.returncode

    def states(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.company.database)) as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)
            return dict(database.execute("select person, state from outbox").fetchall())


@pytest.mark.parametrize("services", (1, 2))
@pytest.mark.parametrize("strike", ("KILL", "ENOSPC"))
def test_a_run_that_is_struck_at_any_call_doubles_no_message(
    tmp_path: Path, strace: str, strike: str, services: int
) -> None:
    with mail_server() as post:
        ground = Ground(tmp_path, post, strace)
        assert ground.remind() == 0
        calls = [call for call in calls_in(ground.trace) if strike == "KILL" or call.name != "sendto"]
        assert len(calls) > 30
        outcomes: Counter[str] = Counter()
        sparing = EACH * (2 if strike == "ENOSPC" else 1) * services
        struck = calls[:: sparing if EACH > 1 else 1]
        for call in struck:
            ground.restore()
            with ground.rival(racing=services > 1):
                ground.remind(strike, call)
            time.sleep(0.3 if strike == "KILL" else 0)  # what the server had got, it keeps
            outcomes.update(settled(ground, f"{strike} at {call}"))
        print(f"{strike}, {services} services: {len(struck)} of {len(calls)} calls struck, {dict(outcomes)}")  # noqa: T201  # a figure


def settled(ground: Ground, when: str) -> list[str]:
    """What became of both messages after the next run, each sent once at most and none lost unseen."""
    ground.company.command("outbox", "release")
    again = ground.company.command("remind", "--as-of", MONDAY)
    got, states = Counter(ground.post.recipients), ground.states()
    for person in ("ada@example.org", "kim@example.org"):
        assert got[person] <= 1, f"{when}: doubled"
        assert got[person] == 1 or states.get(person) == "claimed", f"{when}: lost"
    unknown = [person for person, state in states.items() if state == "claimed"]
    status = ground.company.command("status").out
    assert all(person in status for person in unknown), f"{when}: not listed"
    assert again.code == 0, again
    return list(states.values())

"""Reminders rendered and sent to a mail server on this machine: messages a second, and memory.

`python -m benchmarks.sending MESSAGES` measures it in a process of its own and prints JSON. Beside it stands
the script that people write themselves: a text for each person by smtplib, one after the other, of which
nothing is kept, so that a second run would send everything again.
"""

from __future__ import annotations

import json
import resource
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.sizes import Sizes
from sync.clerk import Clerk
from sync.config import load
from sync.core.assess import Assessment
from sync.core.model import Person
from sync.messages import Scene, reminders
from sync.notify.delivery import deliver
from sync.notify.message import Sender
from sync.notify.smtp import Outcome, Server
from sync.post import letters
from tests.past import opened
from tests.sheets import kr, o, team
from tests.test_owed import assessed

MOMENT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
PER_TEAM = 10
CONNECTIONS = 4


def figures(sizes: Sizes) -> list[Figure]:
    """How many reminders go in a second, beside the script that people write themselves."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sending", str(sizes.messages)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return [
        Figure(
            f"{sizes.messages:,} reminders rendered, recorded and sent",
            f"{found['pace']:.0f} a second ({found['pace_of_cpu']:.0f} a second of our CPU)",
            f"{found['script']:.0f} a second: plain texts by smtplib, nothing recorded",
            "≥ 100 a second",
            "once",
        ),
        Figure("… memory more than before the first", f"{found['mib']:.0f} MiB", "", "flat", "once"),
    ]


@contextmanager
def sink() -> Iterator[int]:
    """The port of a mail server in a process of its own that throws everything away."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink"]
    with subprocess.Popen([*command, "-l", f"127.0.0.1:{port}"]) as running:
        try:
            _wait_for(port)
            yield port
        finally:
            running.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"No mail server came up on port {port}.")


def send(count: int, folder: Path, port: int) -> dict[str, float]:
    """Sends a reminder to each of so many people; its pace, and how memory grew after the first."""
    with opened(folder) as store:
        here = Scene(load(None, {}), store, MOMENT, MOMENT.date(), _company(count))
        drafts = reminders(here).drafts
        drafts[0].make()  # templates and libraries are loaded once
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, worked = time.perf_counter(), time.process_time()
        made = letters(drafts, Sender("OKR", "okr@example.org"), MOMENT)
        with Clerk(store.outbox, MOMENT) as clerk:
            done = deliver(made, Server("127.0.0.1", port, "none"), clerk, connections=CONNECTIONS)
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        assert done.counts == {Outcome.SENT: count}
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"pace": count / seconds, "pace_of_cpu": count / worked, "mib": more}


def _company(count: int) -> Assessment:
    late = date(2026, 11, 3)
    people = [Person(2, f"P{at}", f"p{at}@example.org") for at in range(count)]
    teams = []
    for at in range(0, count, PER_TEAM):
        rows = [kr(f"T{at}-O1-KR{row}", owner=f"P{at + row}", last_check_in=late) for row in range(PER_TEAM)]
        teams.append(team(f"Team {at}", o(f"T{at}-O1", owner=f"P{at}"), *rows))
    return assessed(MOMENT.date(), teams, people)


def script(count: int, port: int) -> float:
    """Messages a second of a loop with smtplib."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for at in range(count):
            message = EmailMessage()
            message["From"], message["To"] = "okr@example.org", f"p{at}@example.org"
            message["Subject"] = "Your check-in is missing"
            message.set_content(f"Hello P{at},\n\nplease check in T{at}-O1-KR1.\n")
            server.send_message(message)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    number = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as made_in, sink() as where:
        print(json.dumps({"script": script(number // 10, where), **send(number, Path(made_in), where)}))

"""A stop does not wait for Google (promise 21): calls under way are cut, and the next run loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sync import googling
from sync.core.errors import SourceUnreadable
from tests.company import scores
from tests.google_company import GoogleCompany
from tests.sheets_server.server import SheetsServer
from tests.test_google_faults import HALF, team_rows


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGTERM that a process could hear")
@pytest.mark.parametrize("fault", ("silent", "drip", "delay"))
def test_trust_21_a_stop_ends_calls_under_way(
    tmp_path: Path, sheets_server: SheetsServer, fault: str
) -> None:
    company = GoogleCompany(tmp_path, sheets_server, feedback=False)
    company.plain_sheet("Acme")
    sales = company.plain_sheet("Sales", **team_rows("S"))
    asked = threading.Event()
    sheets_server.faults.add("before", kind="read", spreadsheet=sales, hook=lambda _: asked.set())
    sheets_server.faults.add(fault, kind="read", spreadsheet=sales, seconds=25)
    command = [sys.executable, "-m", "sync", "sync", "--config", str(company.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert asked.wait(30)
        time.sleep(0.5)
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        _, told = running.communicate(timeout=60)
        assert time.monotonic() - began < 5
    assert (running.returncode, "Stopped." in told, "Traceback" in told) == (0, True, False)
    sheets_server.faults.clear()
    assert scores(company.sync())["Sales"] == HALF


def test_nothing_is_asked_after_a_stop(tmp_path: Path, sheets_server: SheetsServer) -> None:
    company = GoogleCompany(tmp_path, sheets_server, feedback=False)
    book = company.plain_sheet("Acme")
    with googling.connect(company.settings()) as connection:
        [client] = connection.clients()
        assert client.spreadsheet(book, fields="spreadsheetId")
        company.calls()
        connection.stop()
        with pytest.raises(SourceUnreadable, match="stopped"):
            client.spreadsheet(book, fields="spreadsheetId")
        assert company.calls()["read"] == 0

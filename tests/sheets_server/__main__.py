"""The test server for hand use: `python -m tests.sheets_server --port 8123`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from tests.sheets_server.credentials import ACCOUNT
from tests.sheets_server.seeds import Tabs
from tests.sheets_server.server import SheetsServer

_EXAMPLE: Tabs = {
    "OKRs": [
        ["Objective", "Key result", "Start", "Target", "Current"],
        ["Customers stay", "Churn falls", "7%", "3%", "5.5%"],
        ["", "Answers come within hours", 24, 4, "=C3/2"],
    ],
    "Notes": [["Written by hand, as everything here may be."]],
}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.sheets_server",
        description="Plays Google Sheets, Drive and the token endpoint on this computer, in memory.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port; 0 takes a free one")
    parser.add_argument(
        "--credentials",
        type=Path,
        default=Path("../okrsync-test-account.json"),
        help="where to write the service-account file (default: beside the current folder)",
    )
    parser.add_argument("--folder", default="OKR sheets", help="the title of the shared folder")
    parser.add_argument("--sheets", type=int, default=3, help="how many example spreadsheets to begin with")
    parser.add_argument("--reads", type=int, default=60, help="reads a minute for each user; 0 for no limit")
    parser.add_argument(
        "--writes", type=int, default=60, help="writes a minute for each user; 0 for no limit"
    )
    parser.add_argument("--version-lag", type=float, default=0.0, help="seconds until Drive lists a change")
    parser.add_argument("--seconds", type=float, help="end by itself after so many seconds")
    return parser.parse_args()


def main() -> None:
    """Runs until it is told to end."""
    chosen = options()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server = SheetsServer(port=chosen.port, version_lag=chosen.version_lag)
    server.quota.reads_per_user, server.quota.writes_per_user = chosen.reads or None, chosen.writes or None
    server.quota.reads_per_project = 5 * chosen.reads or None
    server.quota.writes_per_project = 5 * chosen.writes or None
    folder = server.seeds.demo_folder()
    server.world.files[folder].rename(chosen.folder)
    names = [f"Team {number + 1}" for number in range(chosen.sheets)]
    books = [server.seeds.spreadsheet(name, _EXAMPLE, folder=folder) for name in names]
    path = server.credentials.service_account_file(chosen.credentials)
    with server:
        lines = [
            f"endpoint     {server.url}",
            f"credentials  {path.resolve()} ({ACCOUNT})",
            f"folder       {folder} ({chosen.folder}, in a shared drive; the account may create files there)",
            *(f"spreadsheet  {book} ({name})" for name, book in zip(names, books, strict=True)),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        ended.wait(chosen.seconds)
    sys.stdout.write(f"ended after {server.log.count()} calls\n")


if __name__ == "__main__":
    main()

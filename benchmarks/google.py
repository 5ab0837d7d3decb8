"""Sheets in Google: calls, seconds and quota, against the test server and beside what people do with gspread.

The server is the one of the tests: in this process, on loopback, so that only calls and waiting are
compared, not Google's speed. Each sheet is made from the template; where many are needed, by hand.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, shown
from benchmarks.sizes import Sizes
from tests.company import Company
from tests.google_company import GoogleCompany
from tests.sheets_server.clients import gspread_client
from tests.sheets_server.server import SheetsServer

NOW = 1_780_000_000.0
TABS = ("Objectives", "Key Results")
LATENCY = 0.15
MINUTE = 60


def figures(sizes: Sizes) -> list[Figure]:
    """All of the table."""
    return [*_of_templates(sizes.sheets), _idle(sizes.many_sheets), _under_quota(sizes.sheets * 10 // 3)]


def rows(letter: str) -> dict[str, Any]:
    """A team below Acme with ids of its own: one objective, two key results."""
    return {
        "level": "Team",
        "parent": "Acme",
        "objectives": f"ID | Objective | Owner | Aligned to\n{letter} | Shine {letter} | Kim | O1",
        "key_results": "ID | Objective ID | Key result | Owner | Start | Target | Current | Last check-in\n"
        f"{letter}K1 | {letter} | Deals | Kim | 0 | 10 | 4 | 2026-11-17\n"
        f"{letter}K2 | {letter} | Regions | Ada | 100 | 200 | 180 | 2026-11-17",
    }


@contextlib.contextmanager
def _company(
    count: int, *, made_by_hand: bool, feedback: bool = True, google: str = ""
) -> Iterator[tuple[GoogleCompany, list[str]]]:
    """A company of so many sheets on a server of its own."""
    with (
        SheetsServer(now=NOW) as server,
        tempfile.TemporaryDirectory(prefix="okrsync-bench-") as folder,
    ):
        company = GoogleCompany(Path(folder), server, feedback=feedback, google=google)
        make = company.plain_sheet if made_by_hand else company.sheet_of
        books = [make("Acme"), *(make(f"Team {at}", **rows(f"T{at}x")) for at in range(1, count))]
        company.calls()
        yield company, books


def _of_templates(count: int) -> Iterator[Figure]:
    """A first sync, one with three changes, and the same sheets read by habit, with and without latency."""
    with _company(count, made_by_hand=False) as (company, books):
        assert company.sync().state == "ok"
        first = company.calls()
        yield Figure(
            f"full first sync of {count} sheets", _told(first), "", f"1 Drive call + {count} reads", ""
        )
        company.server.clock.advance(MINUTE)  # each run has a minute's quota to itself
        company.sync()  # our own writes are new versions: read once more
        company.calls()
        company.server.clock.advance(MINUTE)
        for book in books[1:4]:
            company.person(book).type("Key Results!M4", "all is well")
        company.sync()
        yield Figure(
            f"3 of {count} changed (comments)",
            _told(company.calls()),
            "",
            "1 + 3 reads + changed feedback",
            "",
        )
        yield from _beside_habits(company, books, first["read"])


def _beside_habits(company: GoogleCompany, books: Sequence[str], own_reads: int) -> Iterator[Figure]:
    server = company.server
    _unlimited(server)
    ways = {"gspread's habit": _by_gspread, "gspread-dataframe": _by_dataframe}
    reads = {}
    for name, way in ways.items():
        company.calls()
        way(company, books)
        reads[name] = company.calls()["read"]
    for name, count in reads.items():
        target = f"≤ 1/4 of {count}"
        yield Figure(f"reads of a full sync, beside {name}", str(own_reads), f"{count} reads", target, "")
    server.faults.add("delay", seconds=LATENCY, kind="read")
    habit = _seconds(lambda: _by_gspread(company, books))
    okrsync = _seconds(lambda: _all_again(company, len(books)))
    server.faults.clear()
    measured = f"{shown(okrsync)}: {habit / okrsync:.1f} ×"
    note = "whole sync; the server shares our processor"
    yield Figure(
        f"{LATENCY * 1000:.0f} ms latency, {len(books)} sheets", measured, shown(habit), "≥ 10 ×", note
    )


def _all_again(company: GoogleCompany, count: int) -> None:
    """Reads every sheet anew, in real time."""
    names = ("Acme", *(f"Team {at}" for at in range(1, count)))
    done = Company.sync(company, force=names)
    assert done.api_calls["sheets_reads"] == count, done.api_calls


def _unlimited(server: SheetsServer) -> None:
    """For what is measured in seconds: by habit nobody would come to an end within the quota."""
    quota = server.quota
    quota.reads_per_user = quota.reads_per_project = None
    quota.writes_per_user = quota.writes_per_project = None


def _idle(count: int) -> Figure:
    with _company(count, made_by_hand=True, feedback=False, google="reads_per_minute = 100000") as (
        company,
        _,
    ):
        _unlimited(company.server)
        assert company.sync().exit_code == 0
        company.calls()
        seconds = _seconds(lambda: _unchanged(company))
        measured = f"{_told(company.calls())}; {shown(seconds)}"
        return Figure(
            f"nothing changed in {count:,} sheets", measured, "", "1 Drive call, 0, 0", "in one process"
        )


def _unchanged(company: GoogleCompany) -> None:
    assert company.sync().state == "unchanged"


def _under_quota(count: int) -> Figure:
    """Virtual time: sixty reads a minute, and every tenth call fails."""
    # One thread: time jumps when one sleeps, and the calls of others would seem to have been made later.
    with _company(count, made_by_hand=True, feedback=False, google="threads = 1") as (company, _):
        server = company.server
        server.faults.add("status", kind="read", code=429, every=20)
        server.faults.add("status", kind="read", code=500, every=10)
        began = server.clock.now()
        done = company.sync()
        took = server.clock.now() - began
        assert done.sources["ok"] == count, done.sources
        at = [entry.time for entry in server.log.entries if entry.kind == "read"]
        most = max(sum(first <= other < first + MINUTE for other in at) for first in at)
        bound = (len(at) - 1) // MINUTE * MINUTE
        measured = (
            f"{took:.0f} s = {took / bound if bound else 0:.2f} ×; at most {most} in a minute, none lost"
        )
        note = f"{len(at)} reads, {done.api_calls['retries']} of them again"
        return Figure(
            f"60 a minute, {count} sheets, every tenth fails", measured, f"{bound} s", "≤ 1.3 ×, ≤ 60", note
        )


def _by_gspread(company: GoogleCompany, books: Sequence[str]) -> None:
    """Each sheet opened, each tab asked for by name, its records taken: what tutorials show."""
    client = gspread_client(company.server.url, company.server.credentials.bearer())
    for book in books:
        opened = client.open_by_key(book)
        for tab in TABS:
            assert opened.worksheet(tab).get_all_records(head=3)


def _by_dataframe(company: GoogleCompany, books: Sequence[str]) -> None:
    from gspread_dataframe import get_as_dataframe

    client = gspread_client(company.server.url, company.server.credentials.bearer())
    for book in books:
        opened = client.open_by_key(book)
        for tab in TABS:
            with warnings.catch_warnings(action="ignore"):
                assert len(get_as_dataframe(opened.worksheet(tab), header=2))


def _told(calls: dict[str, int]) -> str:
    return f"{calls['drive']} Drive, {calls['read']} reads, {calls['write']} writes"


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

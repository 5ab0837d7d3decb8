"""The test server on the wire: quota, tokens, scopes, every fault, the call log, its life as a command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sheets_server.clients import Api
from tests.sheets_server.credentials import ACCOUNT, PERSON
from tests.sheets_server.faults import KINDS
from tests.sheets_server.server import SheetsServer

ROOT = Path(__file__).parents[1]
READONLY = "https://www.googleapis.com/auth/spreadsheets.readonly"


@pytest.fixture
def book(sheets_server: SheetsServer) -> str:
    return sheets_server.seeds.spreadsheet("Team A", {"A": [["x"], ["y" * 2000]]}, share={ACCOUNT: "writer"})


@pytest.fixture
def api(sheets_server: SheetsServer) -> Iterator[Api]:
    with Api(sheets_server.url, sheets_server.credentials.bearer(), timeout=0.5) as opened:
        yield opened


def read(api: Api, book: str) -> requests.Response:
    return api.call("GET", f"/v4/spreadsheets/{book}/values/A")


def write(api: Api, book: str, text: str) -> requests.Response:
    path = f"/v4/spreadsheets/{book}/values/A!A1"
    return api.call("PUT", path, {"values": [[text]]}, valueInputOption="RAW")


def test_sixty_reads_and_sixty_writes_a_minute_and_no_more(sheets_server, book, api):
    assert [read(api, book).status_code for _ in range(61)] == [200] * 60 + [429]
    assert [write(api, book, "z").status_code for _ in range(61)] == [200] * 60 + [429]
    sheets_server.clock.advance(60)
    assert read(api, book).status_code == 200
    assert write(api, book, "z").status_code == 200
    assert sheets_server.quota.refused == 2


def test_a_429_is_googles(sheets_server, book, api):
    sheets_server.quota.reads_per_user = 0
    answer = read(api, book)
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["message"] == (
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of "
        "service 'sheets.googleapis.com' for consumer 'project_number:123456789012'."
    )
    assert error["details"][0]["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert "Retry-After" not in answer.headers
    sheets_server.quota.retry_after = 7
    assert read(api, book).headers["Retry-After"] == "7"


def test_users_share_the_projects_quota(sheets_server, book, api):
    sheets_server.quota.reads_per_project = 3
    with Api(sheets_server.url, sheets_server.credentials.bearer(PERSON)) as other:
        statuses = [read(one, book).status_code for one in (api, other, api, other, api)]
    assert statuses == [200, 200, 200, 429, 429]


def test_drive_has_no_part_in_the_sheets_quota(sheets_server, book, api):
    sheets_server.quota.reads_per_user = 0
    assert api.call("GET", "/drive/v3/files").status_code == 200


def test_an_old_token_is_refused_and_so_is_none(sheets_server, book, api):
    assert read(api, book).status_code == 200
    sheets_server.clock.advance(3600)
    answer = read(api, book)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert requests.get(f"{sheets_server.url}/v4/spreadsheets/{book}", timeout=5).status_code == 401


def test_a_call_needs_a_scope_that_covers_it(sheets_server, book):
    with Api(sheets_server.url, sheets_server.credentials.bearer(ACCOUNT, READONLY)) as narrow:
        assert read(narrow, book).status_code == 200
        for answer in (write(narrow, book, "z"), narrow.call("GET", "/drive/v3/files")):
            error = answer.json()["error"]
            assert answer.status_code == 403
            assert error["message"] == "Request had insufficient authentication scopes."
            assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
            assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


# Each fault: how it is ordered, what the client sees of a write, and whether the write took place.
SEEN: tuple[tuple[str, dict[str, Any], Any, bool], ...] = (
    ("delay", {"seconds": 0.05}, 200, True),
    ("reset", {}, requests.ConnectionError, False),
    ("reset_in_body", {}, requests.RequestException, True),
    ("silent", {"seconds": 1.0}, requests.Timeout, False),
    ("html", {}, 502, False),
    ("status", {"code": 500}, 500, False),
    ("status", {"code": 503, "retry_after": 3}, 503, False),
    ("status", {"code": 429}, 429, False),
    ("rate_limit_403", {}, 403, False),
    ("permission_403", {}, 403, False),
    ("not_found", {}, 404, False),
    ("truncated", {}, requests.RequestException, True),
    ("cut_json", {}, requests.JSONDecodeError, True),
    ("drip", {"seconds": 0.2}, 200, True),
    ("lost", {}, requests.ConnectionError, True),
    ("expire_tokens", {}, 401, False),
    ("before", {"hook": lambda _: None}, 200, True),
    ("after", {"hook": lambda _: None}, 200, True),
)


@pytest.mark.parametrize(("name", "marks", "expected", "applied"), SEEN, ids=[one[0] for one in SEEN])
def test_each_fault_looks_as_it_does_in_life(sheets_server, book, api, name, marks, expected, applied):
    sheets_server.faults.add(name, kind="write", times=1, **marks)
    if isinstance(expected, int):
        assert write(api, book, "written").status_code == expected
    else:
        with pytest.raises(expected):
            write(api, book, "written").json()
    shown = sheets_server.person(book).shown("A!A1")
    assert shown == [["written" if applied else "x"]]
    if name != "expire_tokens":
        assert write(api, book, "again").status_code == 200


def test_every_fault_is_tried_above():
    assert {one[0] for one in SEEN} == set(KINDS)


def test_a_fault_that_nobody_knows_is_no_order(sheets_server):
    with pytest.raises(ValueError, match="There is no fault 'earthquake'; known are delay, reset"):
        sheets_server.faults.add("earthquake")


def test_faults_strike_the_nth_every_kth_a_path_a_book_or_by_chance(sheets_server, book, api):
    other = sheets_server.seeds.spreadsheet("Team B", {"A": [["x"]]}, share={ACCOUNT: "writer"})
    faults = sheets_server.faults
    faults.add("status", code=500, nth=2, kind="read")
    assert [read(api, book).status_code for _ in range(4)] == [200, 500, 200, 200]
    faults.clear()
    faults.add("status", code=503, every=3)
    assert [read(api, book).status_code for _ in range(6)] == [200, 200, 503, 200, 200, 503]
    faults.clear()
    faults.add("not_found", spreadsheet=other)
    faults.add("status", code=500, path=r"/values/A!A1$", method="PUT")
    assert [read(api, one).status_code for one in (book, other)] == [200, 404]
    assert write(api, book, "z").status_code == 500
    faults.clear()
    fault = faults.add("status", code=503, probability=0.5)
    statuses = [read(api, book).status_code for _ in range(20)]
    assert 0 < statuses.count(503) == fault.struck < 20


def test_people_work_between_the_calls_of_a_program(sheets_server, book, api):
    person = sheets_server.person(book)
    sheets_server.faults.add("after", hook=lambda _: person.insert_rows("A", 1), kind="read", times=1)
    sheets_server.faults.add("before", hook=lambda _: person.rename_tab("A", "B"), kind="write", times=1)
    assert read(api, book).json()["values"][0] == ["x"]
    assert write(api, book, "z").json()["error"]["message"] == "Unable to parse range: A!A1"
    assert person.shown("B!A1:A2") == [[], ["x"]]


def test_every_call_is_in_the_log(sheets_server, book, api):
    read(api, book)
    write(api, book, "z")
    api.call("GET", "/drive/v3/files", pageSize=5)
    sheets_server.faults.add("lost", times=1)
    with pytest.raises(requests.ConnectionError):
        read(api, book)
    seen = [(one.kind, one.method, one.status, one.identity) for one in sheets_server.log.entries]
    assert seen == [
        ("read", "GET", 200, ACCOUNT),
        ("write", "PUT", 200, ACCOUNT),
        ("drive", "GET", 200, ACCOUNT),
        ("read", "GET", 0, ACCOUNT),
    ]
    assert sheets_server.log.counts() == {"read": 2, "write": 1, "drive": 1}
    assert sheets_server.log.entries[2].query == "pageSize=5"
    sheets_server.log.clear()
    assert sheets_server.log.count() == 0


def test_an_address_alone_is_enough_to_start(sheets_server):
    facts = requests.get(sheets_server.url, timeout=5).json()
    assert facts["endpoint"] == sheets_server.url
    found = requests.get(sheets_server.url + "/.well-known/okrsync-test-credentials", timeout=5).json()
    assert found["token_uri"] == sheets_server.url + "/token"
    assert sheets_server.world.files[found["folder_id"]].drive is not None
    assert requests.get(sheets_server.url + "/nothing", timeout=5).status_code == 404


def test_an_installed_app_gets_a_code_and_a_refresh_token(sheets_server):
    secrets = sheets_server.credentials.installed_app()["installed"]
    query = {"redirect_uri": "http://localhost:1/", "state": "a b", "scope": READONLY, "login_hint": PERSON}
    sent = requests.get(secrets["auth_uri"], params=query, allow_redirects=False, timeout=5)
    assert sent.status_code == 302
    back = urlsplit(sent.headers["Location"])
    values = parse_qs(back.query)
    assert values["state"] == ["a b"]
    form = {"grant_type": "authorization_code", "code": values["code"][0]}
    answer = requests.post(secrets["token_uri"], data=form, timeout=5).json()
    assert answer["scope"] == READONLY
    assert answer["refresh_token"]
    assert requests.post(secrets["token_uri"], data=form, timeout=5).json()["error"] == "invalid_grant"


def test_a_waiting_answer_does_not_hold_up_the_servers_end():
    with SheetsServer() as server:
        book_id = server.seeds.spreadsheet("Team A", share={ACCOUNT: "writer"})
        server.faults.add("silent", seconds=60)
        with (
            Api(server.url, server.credentials.bearer(), timeout=0.2) as api,
            pytest.raises(requests.Timeout),
        ):
            api.call("GET", f"/v4/spreadsheets/{book_id}")
        begun = time.monotonic()
    assert time.monotonic() - begun < 5


@pytest.mark.slow
@pytest.mark.parametrize("ending", ("signal", "seconds"))
def test_the_command_prints_what_one_needs_and_ends_when_told(tmp_path, ending):
    key = tmp_path / "key.json"
    command = [sys.executable, "-m", "tests.sheets_server", "--credentials", str(key), "--reads", "5"]
    command += ["--seconds", "2" if ending == "seconds" else "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        endpoint = process.stdout.readline().split()[1]
        assert requests.get(endpoint, timeout=5).json()["endpoint"] == endpoint
        assert json.loads(key.read_text())["token_uri"] == endpoint + "/token"
        if os.name == "posix":
            assert key.stat().st_mode & 0o077 == 0
        if ending == "signal":
            if os.name == "nt":
                pytest.skip("Windows ends a process without telling it")
            process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert "OKR sheets" in rest
    assert "ended after 1 calls" in rest

"""What Drive tells, how late, and what a quota that is used up looks like."""

from __future__ import annotations

import json
import time
from contextlib import closing
from functools import partial

import pytest
from google.auth.transport.requests import AuthorizedSession

from sync.google.calls import Use
from sync.google.client import DRIVE, SHEETS
from sync.google.refusals import Passing, refusal
from tests.real_google.lab import PREFIX, Lab, Note


def test_drive_notices_an_edit_after_some_minutes(lab: Lab, note: Note) -> None:
    book = lab.book("lag", rows=[["before"]])
    settled = lab.wait(lambda: lab.listed(book.id) is not None, minutes=5)
    before = lab.listed(book.id)
    assert before, "the list of the folder does not show a new spreadsheet within five minutes"
    book.type("Data!A1", [["after"]])
    minutes = float(lab.option("LAG") or 10)
    seconds = lab.wait(lambda: lab.listed(book.id) != before, minutes=minutes)
    note(
        "the version in the list moves within ten minutes; until then an edit is not seen",
        {"listed after": settled, "seconds until the version moved": seconds},
    )
    assert seconds is not None, f"not within {minutes:g} minutes: the nightly sweep would find it"


def test_a_sheet_in_the_bin_stays_in_the_list_and_says_so(lab: Lab, note: Note) -> None:
    spreadsheet = lab.empty("bin")
    lab.trash(spreadsheet)
    seconds = lab.wait(lambda: (lab.listed(spreadsheet) or {}).get("trashed") is True, minutes=3)
    note("files.list has it with `trashed`: true, so that okrsync knows why it is gone", seconds)
    assert seconds is not None


def test_drive_says_who_may_edit(lab: Lab, note: Note) -> None:
    spreadsheet = lab.empty("rights")
    lab.wait(lambda: lab.listed(spreadsheet) is not None, minutes=5)
    found = lab.listed(spreadsheet, "id,mimeType,modifiedTime,version,capabilities/canEdit")
    note("the list tells capabilities/canEdit of each file, with the narrow right", found)
    assert found is not None
    assert found["capabilities"]["canEdit"] is True


def test_comments_can_be_made(lab: Lab, note: Note) -> None:
    book = lab.book("comments", rows=[["a finding is about this"]])
    gid = int(book.ask("sheets.properties.sheetId")["sheets"][0]["properties"].get("sheetId", 0))
    place = {"sheetId": gid, "rowIndex": 0, "columnIndex": 0}
    text = "okrsync S104: a comment with an address that calls nobody, kim (at) example.org"
    reply = lab.client.insert_comments(book.id, [{"insertComment": {"content": text, "coordinate": place}}])
    thread = reply["replies"][0]["insertComment"]["commentThread"]
    found = (reply.get("commentUpdateState"), thread["headPost"])
    note("a comment is made at a cell with the right to edit sheets alone, and its text stays text", found)
    assert found[0] == "ALL_SAVED"
    assert thread["headPost"]["content"] == text
    assert "assigneeEmail" not in thread["headPost"]


def test_answers_carry_a_date(lab: Lab, note: Note) -> None:
    answer = lab.client.request("get", f"{DRIVE}/drive/v3/about", params={"fields": "user(emailAddress)"})
    note(
        "`okrsync doctor` compares the clocks by it",
        {"Date": answer.headers.get("Date"), "user": answer.json()},
    )
    assert "GMT" in answer.headers["Date"]
    assert "@" in answer.json()["user"]["emailAddress"]


def test_a_quota_that_is_used_up_is_a_refusal_that_passes(lab: Lab, note: Note) -> None:
    if lab.option("QUOTA") != "1":
        pytest.skip(f"uses up a minute's reads: set {PREFIX}QUOTA=1")
    spreadsheet = lab.empty("quota")
    base = lab.option("ENDPOINT") or SHEETS
    with closing(AuthorizedSession(lab.client.auth)) as session:  # past okrsync's own bucket
        ask = partial(session.get, f"{base}/v4/spreadsheets/{spreadsheet}?fields=spreadsheetId", timeout=30)
        answers = [ask()]
        while answers[-1].status_code == 200 and len(answers) < 700:
            answers.append(ask())
    answer = answers[-1]
    error = refusal(
        answer.status_code, answer.headers, answer.content, account="us", use=Use.READ, now=time.time()
    )
    note(
        "429 with RESOURCE_EXHAUSTED in JSON; whether it names a time to wait is measured",
        {
            "calls": len(answers),
            "status": answer.status_code,
            "type": answer.headers.get("Content-Type"),
            "Retry-After": answer.headers.get("Retry-After"),
            "quota headers": {
                k: v for k, v in answer.headers.items() if "quota" in k.lower() or "rate" in k.lower()
            },
            "body": _short(answer.text),
        },
    )
    assert answer.status_code in (403, 429)
    assert isinstance(error, Passing)


def _short(text: str) -> object:
    """A JSON body as it is, the beginning of any other."""
    try:
        return json.loads(text)
    except ValueError:
        return text[:300]

"""Drive on the test server: lists, searches, late versions, roles, and where accounts may create files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sheets_server.clients import Api
from tests.sheets_server.credentials import ACCOUNT, PERSON
from tests.sheets_server.server import SheetsServer
from tests.sheets_server.world import FOLDER_TYPE, SHEET_TYPE

LISTING = "nextPageToken,files(id,name,version,modifiedTime,trashed,capabilities/canEdit)"
SHARED = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


@pytest.fixture
def api(sheets_server: SheetsServer) -> Iterator[Api]:
    with Api(sheets_server.url, sheets_server.credentials.bearer()) as opened:
        yield opened


@pytest.fixture
def person_api(sheets_server: SheetsServer) -> Iterator[Api]:
    with Api(sheets_server.url, sheets_server.credentials.bearer(PERSON)) as opened:
        yield opened


def names(api: Api, **query: str) -> list[str]:
    return sorted(file["name"] for file in api.get("/drive/v3/files", **query)["files"])


def test_a_thousand_sheets_are_listed_in_one_call_and_more_page_by_page(sheets_server, api):
    first = sheets_server.seeds.spreadsheet("Sheet", share={ACCOUNT: "writer"})
    sheets_server.seeds.copies(first, [f"Sheet {number}" for number in range(1, 1003)])
    answer = api.get("/drive/v3/files", pageSize=1000, fields=LISTING)
    assert len(answer["files"]) == 1000
    assert set(answer["files"][0]) == {"id", "name", "version", "modifiedTime", "trashed", "capabilities"}
    rest = api.get("/drive/v3/files", pageSize=1000, fields=LISTING, pageToken=answer["nextPageToken"])
    assert len(rest["files"]) == 3
    assert "nextPageToken" not in rest
    ids = {file["id"] for file in answer["files"] + rest["files"]}
    assert len(ids) == 1003
    assert api.refused("GET", "/drive/v3/files", pageSize=1001)[0] == 400


def test_searches_are_understood(sheets_server, api):
    folder = sheets_server.seeds.folder("Folder", share={ACCOUNT: "reader"})
    sheets_server.seeds.spreadsheet("Bob's OKRs", folder=folder)
    old = sheets_server.seeds.spreadsheet("Old plan", share={ACCOUNT: "writer"})
    sheets_server.person(old).trash()
    sheets_server.clock.advance(1800)
    sheets_server.seeds.spreadsheet("New plan", share={ACCOUNT: "writer"})
    assert names(api) == ["Bob's OKRs", "Folder", "New plan", "Old plan"]
    assert names(api, q=f"mimeType = '{SHEET_TYPE}' and trashed = false") == ["Bob's OKRs", "New plan"]
    assert names(api, q=f"'{folder}' in parents") == ["Bob's OKRs"]
    assert names(api, q=r"name = 'Bob\'s OKRs'") == ["Bob's OKRs"]
    assert names(api, q="name contains 'plan' and not trashed = true") == ["New plan"]
    assert names(api, q=f"(name != 'Folder' and mimeType != '{FOLDER_TYPE}') or trashed=true") == [
        "Bob's OKRs",
        "New plan",
        "Old plan",
    ]
    assert names(api, q="modifiedTime > '2026-05-28T20:30:00'") == ["New plan"]
    assert api.refused("GET", "/drive/v3/files", q="name like 'x'") == (400, "Invalid Value")


def test_the_version_grows_with_every_change_and_is_listed_late(sheets_server, api):
    book = sheets_server.seeds.spreadsheet("Team A", share={ACCOUNT: "writer"})
    sheets_server.world.version_lag = 180

    def listed() -> tuple[int, str]:
        (file,) = api.get("/drive/v3/files", fields=LISTING)["files"]
        return int(file["version"]), file["modifiedTime"]

    before = listed()
    sheets_server.clock.advance(1000)
    sheets_server.person(book).type("Sheet1!A1", "x")
    sheets_server.clock.advance(100)
    path = f"/v4/spreadsheets/{book}/values/Sheet1!A2"
    api.put(path, {"values": [["our own write"]]}, valueInputOption="RAW")
    assert listed() == before
    sheets_server.clock.advance(80)
    assert listed()[0] == before[0] + 1
    sheets_server.clock.advance(100)
    assert listed()[0] == before[0] + 2
    assert listed()[1] > before[1]
    api.get(f"/v4/spreadsheets/{book}")
    assert listed()[0] == before[0] + 2


def test_a_service_account_owns_nothing_but_may_fill_a_shared_drive(sheets_server, api, person_api):
    body = {"name": "Mine", "mimeType": SHEET_TYPE}
    answer = api.call("POST", "/drive/v3/files", body)
    assert answer.status_code == 403
    assert answer.json()["error"]["errors"][0]["reason"] == "storageQuotaExceeded"
    assert api.refused("POST", "/v4/spreadsheets", {"properties": {"title": "x"}})[0] == 403
    folder = sheets_server.seeds.demo_folder()
    made = api.post("/drive/v3/files", body | {"parents": [folder]}, **SHARED, fields="id,driveId,parents")
    assert made["parents"] == [folder]
    assert sheets_server.world.files[made["id"]].owner is None
    assert names(api) == []
    assert names(api, **SHARED) == ["Mine", "OKR sheets"]
    assert names(api, **SHARED, corpora="drive", driveId=made["driveId"], q="name='Mine'") == ["Mine"]
    assert api.refused("GET", f"/drive/v3/files/{made['id']}")[0] == 404
    assert person_api.post("/drive/v3/files", body, fields="ownedByMe") == {"ownedByMe": True}
    drives = api.get("/drive/v3/drives")["drives"]
    assert [drive["name"] for drive in drives] == ["Demo company"]
    assert api.get(f"/drive/v3/drives/{drives[0]['id']}", fields="name") == {"name": "Demo company"}


def test_roles_decide_what_is_seen_read_and_written(sheets_server, api, person_api):
    """
    role     Drive  Sheets read  Sheets write
    none     404    403          403
    reader   200    200          403
    writer   200    200          200
    """
    book = sheets_server.seeds.spreadsheet("Team A", {"A": [["x"]]})
    drive, sheet = f"/drive/v3/files/{book}", f"/v4/spreadsheets/{book}"
    seen: list[tuple[int, int, int]] = []
    for role in ("", "reader", "writer", ""):
        if role:
            body = {"type": "user", "role": role, "emailAddress": ACCOUNT}
            person_api.post(drive + "/permissions", body)
        elif seen:
            found = person_api.get(drive + "/permissions", fields="permissions(id,emailAddress)")[
                "permissions"
            ]
            (key,) = [one["id"] for one in found if one["emailAddress"] == ACCOUNT]
            assert person_api.call("DELETE", f"{drive}/permissions/{key}").status_code == 204
        write = {"values": [["y"]]}
        seen.append(
            (
                api.call("GET", drive).status_code,
                api.call("GET", sheet).status_code,
                api.call("PUT", sheet + "/values/A!A2", write, valueInputOption="RAW").status_code,
            )
        )
    assert seen == [(404, 403, 403), (200, 200, 403), (200, 200, 200), (404, 403, 403)]
    assert api.refused("GET", sheet) == (403, "The caller does not have permission")
    assert api.refused("GET", "/v4/spreadsheets/nothing") == (404, "Requested entity was not found.")


def test_a_trashed_sheet_is_still_read_and_a_deleted_one_is_gone(sheets_server, api):
    book = sheets_server.seeds.spreadsheet("Team A", {"A": [["x"]]}, share={ACCOUNT: "reader"})
    sheets_server.person(book).trash()
    assert api.get(f"/drive/v3/files/{book}", fields="trashed") == {"trashed": True}
    assert api.get(f"/v4/spreadsheets/{book}/values/A!A1")["values"] == [["x"]]
    sheets_server.person(book).trash(restore=True)
    assert api.get(f"/drive/v3/files/{book}", fields="trashed") == {"trashed": False}
    sheets_server.person(book).delete()
    assert api.refused("GET", f"/drive/v3/files/{book}")[1] == f"File not found: {book}."
    assert api.refused("GET", f"/v4/spreadsheets/{book}")[0] == 404


def test_files_are_renamed_moved_copied_and_trashed(sheets_server, person_api):
    book = sheets_server.seeds.spreadsheet("Team A", {"A": [["x", "=A1&1"]]})
    folder = sheets_server.seeds.folder("Folder")
    path = f"/drive/v3/files/{book}"
    changed = person_api.call(
        "PATCH", path, {"name": "Team B"}, addParents=folder, fields="name,parents"
    ).json()
    assert changed == {"name": "Team B", "parents": [folder]}
    assert person_api.get(f"/v4/spreadsheets/{book}", fields="properties.title") == {
        "properties": {"title": "Team B"}
    }
    copied = person_api.post(path + "/copy", {})
    assert copied["name"] == "Copy of Team B"
    sheets_server.person(book).type("A!A1", "changed")
    assert sheets_server.person(copied["id"]).shown("A!A1:B1") == [["x", "x1"]]
    assert person_api.call("PATCH", path, {"trashed": True}, removeParents=folder).status_code == 200
    assert person_api.get(path, fields="trashed,parents") == {"trashed": True, "parents": []}


def test_comments_of_drive_are_kept(sheets_server, person_api):
    book = sheets_server.seeds.spreadsheet("Team A")
    path = f"/drive/v3/files/{book}/comments"
    made = person_api.post(path, {"content": "Please look"}, fields="id,content")
    assert person_api.get(path, fields="comments(id,content)") == {"comments": [made]}
    assert person_api.refused("GET", path)[0] == 400


def test_who_is_asking_is_answered(api, person_api):
    assert api.get("/drive/v3/about", fields="user(emailAddress),storageQuota(limit)") == {
        "user": {"emailAddress": ACCOUNT},
        "storageQuota": {"limit": "0"},
    }
    assert person_api.get("/drive/v3/about", fields="user(me)") == {"user": {"me": True}}
    assert api.refused("GET", "/drive/v3/about")[0] == 400


def test_what_drive_is_not_asked_here_is_a_clear_501(sheets_server, person_api):
    book = sheets_server.seeds.spreadsheet("Team A")
    status, message = person_api.refused("GET", f"/drive/v3/files/{book}/export", mimeType="application/pdf")
    assert (status, message.split(";")[0]) == (
        501,
        "The test server does not play the export to application/pdf",
    )
    status, message = person_api.refused("POST", f"/drive/v3/files/{book}/watch", {})
    assert (status, message.split(";")[0]) == (
        501,
        "The test server does not play the method drive.files.watch",
    )

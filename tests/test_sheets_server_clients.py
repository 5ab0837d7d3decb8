"""Foreign clients run unmodified against the test server; only the host they talk to is another."""

from __future__ import annotations

import gspread
import pandas as pd
import pytest
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials as UserCredentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]  # it ships no types
from gspread.exceptions import APIError, SpreadsheetNotFound, WorksheetNotFound
from gspread_dataframe import get_as_dataframe, set_with_dataframe

from tests.sheets_server.clients import gspread_client
from tests.sheets_server.credentials import ACCOUNT, PERSON
from tests.sheets_server.server import SheetsServer

SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]
TABS = {
    "OKRs": [["Objective", "Progress", "Done"], ["Grow", "7%", True], ["Broken", "=1/0", False]],
    "Notes": [["Hello"]],
}


@pytest.fixture
def client(sheets_server: SheetsServer) -> gspread.Client:
    return gspread_client(sheets_server.url, sheets_server.credentials.bearer())


def test_gspread_creates_writes_reads_formats_and_sorts(sheets_server, client):
    folder = sheets_server.seeds.demo_folder()
    book = client.create("From gspread", folder_id=folder)
    sheet = book.sheet1
    sheet.update([["name", "value"], ["b", 2], ["a", 1], ["c", "=B2+B3"]], "A1", raw=False)
    assert sheet.get_all_records() == [
        {"name": "b", "value": 2},
        {"name": "a", "value": 1},
        {"name": "c", "value": 3},
    ]
    sheet.format("A1:B1", {"textFormat": {"bold": True}, "backgroundColor": {"red": 0.9}})
    person = sheets_server.person(book.id)
    assert person.cell("Sheet1!B1")["effectiveFormat"]["textFormat"]["bold"] is True
    assert person.cell("Sheet1!A1")["userEnteredFormat"]["backgroundColorStyle"] == {"rgbColor": {"red": 0.9}}
    sheet.sort((1, "asc"), range="A2:B3")
    assert sheet.col_values(1) == ["name", "a", "b", "c"]
    sheet.batch_update([{"range": "A6", "values": [["x"]]}, {"range": "B6", "values": [["y"]]}])
    assert sheet.batch_get(["A6:B6", "A1"]) == [[["x", "y"]], [["name"]]]
    sheet.insert_note("A1", "a note")
    assert sheet.get_note("A1") == "a note"
    added = book.add_worksheet("More", 5, 5)
    added.append_rows([[1, 2], [3, 4]])
    assert added.get_values() == [["1", "2"], ["3", "4"]]
    book.del_worksheet(added)
    with pytest.raises(WorksheetNotFound):
        book.worksheet("More")


def test_gspread_opens_by_key_title_and_address_and_sees_only_what_is_shared(sheets_server, client):
    shared = sheets_server.seeds.spreadsheet("Team A", TABS, share={ACCOUNT: "writer"})
    hidden = sheets_server.seeds.spreadsheet("Team B", TABS)
    assert client.open_by_key(shared).worksheet("OKRs").acell("B2").value == "7%"
    assert client.open("Team A").id == shared
    assert client.open_by_url(f"https://docs.google.com/spreadsheets/d/{shared}/edit#gid=0").title == "Team A"
    assert [one["name"] for one in client.list_spreadsheet_files()] == ["Team A"]
    with pytest.raises(PermissionError):
        client.open_by_key(hidden)
    with pytest.raises(SpreadsheetNotFound):
        client.open("Team B")
    with pytest.raises(SpreadsheetNotFound):
        client.open_by_key("nobody-has-this")


def test_gspread_shares_copies_and_exports(sheets_server):
    client = gspread_client(sheets_server.url, sheets_server.credentials.bearer(PERSON))
    book = client.create("Mine")
    book.sheet1.update([["a", "b"], ["1,5", ""]], "A1")
    book.share(ACCOUNT, perm_type="user", role="reader", notify=False)
    assert {one["role"] for one in book.list_permissions()} == {"owner", "reader"}
    other = gspread_client(sheets_server.url, sheets_server.credentials.bearer())
    with pytest.raises(APIError, match="does not have permission"):
        other.open_by_key(book.id).sheet1.update([["x"]], "A1")
    copied = client.copy(book.id, title="Copied", copy_comments=False)
    assert copied.sheet1.get_values() == [["a", "b"], ["1,5", ""]]
    assert client.export(book.id, gspread.utils.ExportFormat.CSV) == b'a,b\r\n"1,5",'
    client.import_csv(book.id, "x,y\n1,2\n")
    assert client.open_by_key(book.id).sheet1.get_values() == [["x", "y"], ["1", "2"]]
    book.remove_permissions(ACCOUNT)
    with pytest.raises(PermissionError):
        other.open_by_key(book.id)


def test_gspreads_backoff_client_gets_through_errors(sheets_server, monkeypatch):
    monkeypatch.setattr("gspread.http_client.time.sleep", sheets_server.clock.advance)
    book_id = sheets_server.seeds.spreadsheet("Team A", TABS, share={ACCOUNT: "writer"})
    client = gspread_client(sheets_server.url, sheets_server.credentials.bearer(), back_off=True)
    sheets_server.faults.add("status", code=503, kind="read", every=2, times=3)
    sheets_server.faults.add("status", code=429, kind="read", nth=1)
    assert client.open_by_key(book_id).worksheet("OKRs").acell("A2").value == "Grow"
    assert sheets_server.log.count("read", 503) == 2 or sheets_server.log.count("read", 429) == 1


def test_a_service_account_file_goes_through_the_real_token_flow(sheets_server, tmp_path):
    path = sheets_server.credentials.service_account_file(tmp_path / "key.json")
    assert path.stat().st_mode & 0o077 == 0
    book_id = sheets_server.seeds.spreadsheet("Team A", TABS, share={ACCOUNT: "reader"})
    credentials = service_account.Credentials.from_service_account_file(str(path), scopes=SCOPES)
    client = gspread_client(sheets_server.url, credentials)
    assert client.open_by_key(book_id).worksheet("Notes").acell("A1").value == "Hello"
    sheets_server.tokens.expire_all()
    assert client.open_by_key(book_id).title == "Team A"
    assert sheets_server.log.count("token") == 2
    assert sheets_server.log.count("read", 401) == 1
    sheets_server.tokens.expire_all()
    sheets_server.tokens.refusal = "invalid_grant"
    with pytest.raises(RefreshError, match="invalid_grant"):
        client.open_by_key(book_id)


def test_a_persons_refresh_token_gives_access(sheets_server):
    info = sheets_server.credentials.authorized_user()
    # The library's own reader of such files ignores their token_uri: it always asks Google.
    kept = {name: info[name] for name in ("refresh_token", "token_uri", "client_id", "client_secret")}
    credentials = UserCredentials(None, **kept)
    client = gspread_client(sheets_server.url, credentials)
    book = client.create("Own sheet")
    assert sheets_server.world.files[book.id].owner == PERSON


def test_googles_own_client_creates_reads_and_writes(sheets_server):
    options = {"api_endpoint": sheets_server.url}
    credentials = sheets_server.credentials.bearer(PERSON)
    with (
        build(
            "sheets", "v4", credentials=credentials, static_discovery=True, client_options=options
        ) as sheets,
        build(
            "drive",
            "v3",
            credentials=credentials,
            static_discovery=True,
            client_options={"api_endpoint": sheets_server.url + "/drive/v3"},
        ) as drive,
    ):
        made = sheets.spreadsheets().create(body={"properties": {"title": "From Google's client"}}).execute()
        book_id = made["spreadsheetId"]
        values = sheets.spreadsheets().values()
        body = {"values": [["1,234.5", "2026-01-31", "=A1*2"]]}
        values.update(
            spreadsheetId=book_id, range="Sheet1!A1", valueInputOption="USER_ENTERED", body=body
        ).execute()
        read = values.get(spreadsheetId=book_id, range="Sheet1", valueRenderOption="UNFORMATTED_VALUE")
        assert read.execute()["values"] == [[1234.5, 46053, 2469]]
        rule = {"addSheet": {"properties": {"title": "Second"}}}
        replies = (
            sheets.spreadsheets().batchUpdate(spreadsheetId=book_id, body={"requests": [rule]}).execute()
        )
        assert replies["replies"][0]["addSheet"]["properties"]["title"] == "Second"
        listed = drive.files().list(fields="files(id,name,version,capabilities/canEdit)").execute()["files"]
        assert listed == [
            {"id": book_id, "name": "From Google's client", "version": "3", "capabilities": {"canEdit": True}}
        ]
        assert drive.about().get(fields="user/emailAddress").execute() == {"user": {"emailAddress": PERSON}}


def test_gspread_dataframe_writes_a_frame_and_reads_it_back(sheets_server, client):
    book_id = sheets_server.seeds.spreadsheet("Frames", share={ACCOUNT: "writer"})
    sheet = client.open_by_key(book_id).sheet1
    frame = pd.DataFrame({"name": ["a", "b"], "value": [1.5, 2.25], "text": ["0042", "7%"]})
    set_with_dataframe(sheet, frame, resize=True)
    back = get_as_dataframe(sheet, evaluate_formulas=True)
    assert back["name"].tolist() == ["a", "b"]
    assert back["value"].tolist() == [1.5, 2.25]
    assert (sheet.row_count, sheet.col_count) == (3, 3)

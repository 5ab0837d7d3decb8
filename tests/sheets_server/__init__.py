"""Google Sheets, Drive and the token endpoint on a loopback port, in memory, for tests and for hand use.

    from tests.sheets_server.clients import gspread_client
    from tests.sheets_server.credentials import ACCOUNT

    def test_something(sheets_server):                # the fixture comes from tests/conftest.py
        tabs = {"OKRs": [["Objective", "Progress"], ["Grow", "7%"], ["Broken", "=1/0"]]}
        book_id = sheets_server.seeds.spreadsheet("Team A", tabs, share={ACCOUNT: "writer"})
        client = gspread_client(sheets_server.url, sheets_server.credentials.bearer())
        assert client.open_by_key(book_id).worksheet("OKRs").acell("B2").value == "7%"

        person = sheets_server.person(book_id)        # somebody at the sheet
        person.insert_rows("OKRs", before=2)
        person.type("OKRs!B3", "50%")
        sheets_server.faults.add("status", code=503, kind="read", times=2)
        sheets_server.clock.advance(60)               # a new minute of quota; time stands still otherwise
        sheets_server.log.count("read")               # calls by kind: drive, read, write, token, other

`sheets_server.url` is the endpoint; `sheets_server.credentials.service_account_file(path)` writes a key file
whose token_uri is the server. Rooms: `model` and `world` hold things, `edit` is one caller's hand on a book,
`kinds_*` and `batch` play batchUpdate, `values`, `reading`, `sheets_api` and `drive_api` answer, `app`
routes, `server` speaks HTTP.
"""

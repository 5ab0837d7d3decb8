"""Team sheets in Google through the whole run, over HTTP: the same job as for Excel, with few calls."""

from __future__ import annotations

from pathlib import Path

from tests.company import NEXT_DAY, codes, scores
from tests.google_company import GoogleCompany
from tests.sheets_server.server import SheetsServer


def test_a_sheet_in_google_is_scored_as_a_workbook_is(tmp_path: Path, sheets_server: SheetsServer) -> None:
    company = GoogleCompany(tmp_path, sheets_server)
    company.sheet_of("Acme")
    done = company.sync()
    assert (done.exit_code, done.state, codes(done)) == (0, "ok", [])
    assert scores(done) == {"KR1": 0.4, "KR2": 0.8, "O1": 0.6000000000000001, "Acme": 0.6000000000000001}
    assert company.calls() == {"drive": 1, "read": 1, "write": 1}
    assert done.api_calls == {"drive": 1, "sheets_reads": 1, "sheets_writes": 1, "retries": 0}
    # our own writing is a new version at Drive: the sheet is read once more, and found to be the same
    assert company.sync().state == "unchanged"
    assert company.calls() == {"drive": 1, "read": 1, "write": 0}
    assert company.sync().state == "unchanged"
    assert company.calls() == {"drive": 1, "read": 0, "write": 0}
    company.sync(NEXT_DAY)
    assert company.calls() == {"drive": 1, "read": 0, "write": 0}

"""The demo on a Google test server says what the demo on disk says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sync.core.errors import UsageError
from sync.demo.build import build
from sync.demo.google import GoogleShelf
from sync.outcome import Done
from tests.company import quietly
from tests.sheets_server.server import SheetsServer

DAY = date(2026, 11, 21)


def told(done: Done) -> list[tuple[str, str, str, str]]:
    """Findings without what differs by place: the names of files."""
    return sorted(
        (problem.code, problem.unit, problem.tab, problem.cell)
        for problem in done.problems
        if problem.code != "S117"
    )


@pytest.mark.slow
def test_the_demo_in_google_finds_and_scores_what_the_demo_on_disk_does(
    tmp_path: Path, sheets_server: SheetsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.demo.build.WEEKS", 3)  # the server is slow with formulas
    sheets_server.quota.lift()
    with GoogleShelf(tmp_path / "google", sheets_server.url) as shelf:
        google = build(tmp_path / "google", DAY, progress=quietly, shelf=shelf).done
    disk = build(tmp_path / "disk", DAY, progress=quietly).done
    assert told(google) == told(disk)
    assert google.exit_code == disk.exit_code
    assert google.assessment is not None
    assert disk.assessment is not None
    for table in ("units", "objectives", "key_results"):
        one, other = getattr(google.assessment.scores, table), getattr(disk.assessment.scores, table)
        assert one.equals(other), table
    assert google.api_calls["sheets_writes"] == 16  # findings into each sheet, last season's too


def test_a_demo_is_never_built_at_google_or_over_something(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a test server on this machine"):
        GoogleShelf(tmp_path / "a", "https://sheets.googleapis.com")
    with pytest.raises(UsageError, match="No test server answers at"):
        GoogleShelf(tmp_path / "b", "http://127.0.0.1:9")
    (tmp_path / "something").write_text("here")
    with pytest.raises(UsageError, match="is not empty"):
        GoogleShelf(tmp_path, "http://127.0.0.1:9")

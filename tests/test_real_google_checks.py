"""The checks of tests/real_google are checked themselves: they run against the test server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real_google.lab import PREFIX
from tests.sheets_server.server import SheetsServer

ROOT = Path(__file__).parents[1]
OTHER = "other@okrsync-test.iam.gserviceaccount.com"


def checks(*options: str, **environ: str) -> str:
    """What pytest says of the checks."""
    command = [sys.executable, "-m", "pytest", "tests/real_google", "-p", "no:cacheprovider", *options]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    inherited.pop("CI", None)
    told = inherited | {PREFIX + name: value for name, value in environ.items()}
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-1_000:]
    return done.stdout


def test_without_an_account_all_are_skipped_with_the_reason() -> None:
    said = checks("-q")
    assert "needs OKRSYNC_REAL_GOOGLE_KEY and OKRSYNC_REAL_GOOGLE_FOLDER" in said
    assert re.search(r"\d\d skipped", said)
    assert "passed" not in said


@pytest.mark.slow
def test_they_run_and_say_what_they_measured(tmp_path: Path) -> None:
    with SheetsServer() as server:
        server.quota.reads_per_user = server.quota.writes_per_user = 250
        folder = server.seeds.demo_folder()
        key = server.credentials.service_account_file(tmp_path / "key.json")
        other = server.credentials.service_account_file(tmp_path / "other.json", OTHER)
        with server.still() as world:
            world.share(world.files[folder], OTHER, "writer")
        said = checks(
            "-s",
            KEY=str(key),
            OTHER_KEY=str(other),
            FOLDER=folder,
            ENDPOINT=server.url,
            QUOTA="1",
            LAG="1",
        )
        left = [file.name for file in server.world.files.values() if file.book and not file.trashed]
    assert said.count("EXPECTED") == said.count("MEASURED") > 15
    assert left == [], "spreadsheets were left behind"
    skipped = [line for line in said.splitlines() if line.startswith("SKIPPED")]
    assert [
        line for line in skipped if "measured, not judged" not in line and "this locale" not in line
    ] == []

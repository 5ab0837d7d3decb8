"""Very many messages take no more memory than a few; how fast they go is measured by `make bench`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_thousand_reminders_go_in_flat_memory() -> None:
    """In a process of its own: in this one, memory that other tests have left would be used again."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sending", "1000"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )
    assert json.loads(done.stdout)["mib"] < 25  # a message and its picture are some 20 KiB

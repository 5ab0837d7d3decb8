"""The pytest fixture, which the conftest imports for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sheets_server.server import SheetsServer

NOW = 1_780_000_000.0  # 28 May 2026: where virtual time begins


@pytest.fixture
def sheets_server() -> Iterator[SheetsServer]:
    """A server with virtual time and Google's quota. Answers that Google's description contradicts fail."""
    with SheetsServer(now=NOW, check=True) as server:
        yield server
    assert server.app.checked == [], "answers contradict the discovery documents, or the server has a mistake"

"""Checks that only Google itself can pass: skipped unless a person gives them a credential and a folder.

    OKRSYNC_REAL_GOOGLE_KEY        a service account's key, or a consent made by `okrsync login --create`
    OKRSYNC_REAL_GOOGLE_FOLDER     a folder where that account may add files, by address or id
    OKRSYNC_REAL_GOOGLE_OTHER_KEY  a second account that may edit in the folder
    OKRSYNC_REAL_GOOGLE_QUOTA      1: use up a minute's quota to see how it is refused
    OKRSYNC_REAL_GOOGLE_LAG        minutes to wait for Drive to notice an edit
    OKRSYNC_REAL_GOOGLE_ENDPOINT   the test server instead, to try the checks themselves

docs/real-google.md says how to run them and how to read what they print (`-s`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_google.lab import PREFIX, Lab, Note

_LAST = "test_a_quota_that_is_used_up_is_a_refusal_that_passes"  # the others would have to wait for a minute
_NEEDED = (f"{PREFIX}KEY", f"{PREFIX}FOLDER")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks all of this folder's tests, and skips them where nobody has said with which account to ask."""
    items.sort(key=lambda item: item.name == _LAST)
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real_google)
            if missing:
                item.add_marker(
                    pytest.mark.skip(reason=f"needs {' and '.join(missing)} (docs/real-google.md)")
                )


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The account and the folder. All spreadsheets that a test makes go into the bin in the end."""
    with Lab.from_environment(os.environ) as found:
        yield found


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """A function that prints what is counted on and what was measured, whatever comes of it."""

    def say(expected: str, measured: object) -> None:
        name = request.node.name.removeprefix("test_").replace("_", " ")
        print(  # noqa: T201  # what was measured is what the person came for
            f"\n{name}\n  EXPECTED  {expected}\n  MEASURED  {measured}"
        )

    return say

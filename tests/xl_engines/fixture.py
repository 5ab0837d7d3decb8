"""The fixture `excel`: the suite of the add-in runs on each program that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec

import pytest

from tests.xl_engines.contract import Excel

# Each module has `program() -> Excel`, which skips the test by `absent` where its program is not installed.
ENGINES = tuple(name for name in ("openpyxl", "uno") if find_spec(f"tests.xl_engines.{name}_engine"))


@pytest.fixture(params=ENGINES)
def excel(request: pytest.FixtureRequest) -> Iterator[Excel]:
    """A program without a workbook, closed at the end of the test; xlwings speaks to it meanwhile."""
    import xlwings as xw

    program: Callable[[], Excel] = import_module(f"tests.xl_engines.{request.param}_engine").program
    before, active = list(xw.engines), xw.engines.active
    made = program()
    try:
        yield made
    finally:
        made.close()
        if "_mock_caller" in vars(xw.Book):
            delattr(xw.Book, "_mock_caller")
        xw.engines.engines[:] = before
        xw.engines.active = active

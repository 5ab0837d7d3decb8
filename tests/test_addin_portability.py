"""What the add-in asks of xlwings works on Windows and on the Mac: each attribute that xlwings touches
on an engine that stands in for Excel is one that xlwings' own engines have.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from addin import contract
from addin.entry import press
from addin.registry import COMMANDS
from addin.trouble import NOT_KNOWN
from tests.addin_office import kr, make
from tests.xl_engines import tracing
from tests.xl_engines.contract import Excel
from tests.xl_engines.tracing import MAC, WINDOWS, Touch, missing

# The workbook in memory (openpyxl) says what it cannot keep of the template; nothing here is about that.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")


def on_excel(touched: set[Touch]) -> dict[str, list[str]]:
    return {engine: missing(touched, engine) for engine in (WINDOWS, MAC)}


@pytest.fixture
def touched(excel: Excel) -> Iterator[set[Touch]]:
    with tracing.traced() as seen:
        yield seen


def test_what_the_contract_touches_is_there_on_windows_and_mac(
    excel: Excel,
    touched: set[Touch],
    tmp_path: Path,
) -> None:
    Workbook().save(tmp_path / "scratch.xlsx")
    list(contract.run(excel.open(tmp_path / "scratch.xlsx"), computes=excel.recalculates))
    assert {str(touch) for touch in touched} >= {"Range.raw_value=", "Range.color", "Sheets.add", "Names.add"}
    assert on_excel(touched) == {WINDOWS: [], MAC: []}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log of the buttons and their settings, for this test alone."""
    path = tmp_path / "addin.log"
    monkeypatch.setattr("addin.settings.log_file", lambda: path)
    monkeypatch.setattr("addin.settings.conf_file", lambda: tmp_path / "okr.conf")
    yield path
    logger = logging.getLogger("okrsync.addin")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_what_a_button_touches_is_there_on_windows_and_mac(
    excel: Excel,
    touched: set[Touch],
    tmp_path: Path,
    log: Path,
    name: str,
) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", [kr(1), kr(2, id="", current="wrong")]))
    book.sheets["Key Results"].activate()
    book.sheets["Key Results"].range("C4").select()
    book.set_mock_caller()
    press(name)
    assert Touch("App", "alert") in touched, log.read_text()
    assert NOT_KNOWN not in excel.told[-1]
    assert on_excel(touched) == {WINDOWS: [], MAC: []}


@pytest.mark.parametrize(
    ("touch", "lacking"),
    (
        (Touch("Range", "raw_value", is_set=True), []),
        (Touch("Range", "options", is_set=True), []),
        (Touch("Books", "app"), []),
        (Touch("Names", "snapshot"), []),
        (Touch("Book", "json"), [WINDOWS, MAC]),
        (Touch("Range", "get_async_pipeline_overrides"), [WINDOWS, MAC]),
        (Touch("Range", "no_such_thing"), [WINDOWS, MAC]),
        (Touch("Book", "name", is_set=True), [WINDOWS, MAC]),
        (Touch("Nothing", "name"), [WINDOWS, MAC]),
    ),
    ids=str,
)
def test_the_gate_knows_what_an_engine_lacks(touch: Touch, lacking: list[str]) -> None:
    assert [engine for engine, lost in on_excel({touch}).items() if lost] == lacking


def test_only_what_xlwings_itself_touches_is_traced(touched: set[Touch], excel: Excel) -> None:
    engine: Any = excel
    assert engine.app.pid
    assert touched == set()

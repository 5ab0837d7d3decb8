"""Private units in the master: no word of theirs stands anywhere in it (promise 24)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from sync.core.model import TeamSheet
from sync.core.problems import Problem, Severity
from sync.master.given import Change, MasterInput
from sync.master.privacy import WITHHELD, without_private_words
from tests.master_company import given
from tests.sheets import TODAY, check_in, company, kr, o, team

BOARD = team(
    "Board",
    o("BRD-O1", "Sell the company", priority="before Acme hears", aligned_to="A-O1"),
    o("", "Buy the rival", identity="~1"),
    kr("BRD-O1-KR1", "Bids", measure="Auction", start=None, target=None, priority="hush"),
    check_in(TODAY, "BRD-O1-KR1", 6, status="Met in Oslo"),
)
OPEN = team(
    "Sales",
    o("SLS-O1", "Close faster", aligned_to="BRD-O1 · Sell the company; A-O1 · Be great; Buy the rival"),
    o("SLS-O2", "Nobody waits", aligned_to="A-O1 · Be great;\nand more"),
    kr("SLS-O1-KR1", "Offers", depends_on="BRD-O1-KR1 · Bids"),
)


def masked(*sheets: TeamSheet, **fields: object) -> MasterInput:
    """The input of a master of these sheets, of whose units Board is private."""
    told = given(company(o("A-O1", "Be great")), *sheets)
    return without_private_words(replace(told, private_units=("Board",), **fields))  # type: ignore[arg-type]  # as many as a test needs


def test_trust_24_priorities_measures_and_statuses_that_people_made_up_are_words() -> None:
    p = masked(BOARD).portfolio
    mine = p.objectives[p.objectives["id"] == "BRD-O1"].iloc[0]
    assert mine["priority"] == WITHHELD
    (key_result,) = p.key_results.to_dict("records")
    assert (key_result["priority"], key_result["measure_typed"]) == (WITHHELD, WITHHELD)
    assert p.check_ins["status"].to_list() == [WITHHELD]


def test_trust_24_the_words_of_a_private_check_in_are_withheld_wherever_they_are_asked_for() -> None:
    board = team("Board", o("BRD-O1"), kr("BRD-O1-KR1"), check_in(TODAY, "BRD-O1-KR1", 6, by="Kim"))
    sales = team("Sales", o("S-O1"), kr("S-O1-KR1"), check_in(TODAY, "S-O1-KR1", 6, by="Ada"))
    p = masked(board, sales).portfolio
    rows = np.arange(len(p.check_ins))
    assert p.words("by", rows) == [WITHHELD, "Ada"]
    assert p.words("blockers", rows) == ["", ""]
    assert "Kim" not in repr([sheet.check_ins for sheet in p.sheets])


def test_trust_24_other_units_rows_name_private_rows_by_their_ids() -> None:
    p = masked(BOARD, OPEN).portfolio
    cells = dict(zip(p.objectives["id"], p.objectives["aligned_to"], strict=True))
    assert cells["SLS-O1"] == f"BRD-O1; A-O1 · Be great; {WITHHELD}"
    assert cells["SLS-O2"] == "A-O1 · Be great;\nand more"
    raws = [*p.alignments["raw"], *p.dependencies["raw"]]
    assert [raw for raw in raws if "Sell" in raw or "Buy" in raw or "Bids" in raw] == []
    assert p.dependencies["raw"].to_list() == ["BRD-O1-KR1"]


def problem(**fields: str) -> Problem:
    """A finding that quotes a text."""
    told = {"source": "Sales.xlsx", "unit": "Sales", "value": "", "row_id": "SLS-O1", **fields}
    quoted = f"It says {told['value']}."
    return Problem("A307", Severity.WARNING, tab="Objectives", cell="J5", message=quoted, hint=quoted, **told)


@pytest.mark.parametrize(
    ("found", "row_id"),
    (
        (problem(unit="Board", value="Sell the company", row_id="BRD-O1"), "BRD-O1"),
        (problem(unit="Board", value="Buy", row_id="Buy the rival"), ""),
        (problem(unit="", source="Board.xlsx", value="Sell the company", row_id=""), ""),
        (problem(value="A-O1; BRD-O1 · Sell the company"), "SLS-O1"),
    ),
)
def test_trust_24_findings_about_private_words_say_rule_and_place(found: Problem, row_id: str) -> None:
    (told,) = masked(BOARD, OPEN, problems=[found]).problems
    assert "Sell" not in " ".join(told)
    assert "Buy" not in " ".join(told)
    assert (told.code, told.cell, told.row_id) == (found.code, found.cell, row_id)
    assert told.message


@pytest.mark.parametrize("value", ("A-O1 · Be great", "Sell · it", "BRD-O1"))
def test_findings_that_quote_no_private_row_keep_their_words(value: str) -> None:
    found = problem(value=value)
    assert list(masked(BOARD, OPEN, problems=[found]).problems) == [found]


def told(unit: str, row_id: str, field: str, *values: str) -> Change:
    """A change of a row whose text is secret."""
    return Change(TODAY, unit, "Key result", row_id, "Bids", field, *values)


@pytest.mark.parametrize(
    ("change", "shown"),
    (
        (told("Board", "B-KR1", "current", "4", "12 %"), ("B-KR1", WITHHELD, "4", "12 %")),
        (told("Board", "B-KR1", "status", "", "At risk"), ("B-KR1", WITHHELD, "", "At risk")),
        (told("Board", "B-KR1", "due", "2026-10-01", ""), ("B-KR1", WITHHELD, "2026-10-01", "")),
        (told("Board", "B-KR1", "current", "", "Signed"), ("B-KR1", WITHHELD, "", WITHHELD)),
        (told("Board", "B-KR1", "comment", "555 0199", ""), ("B-KR1", WITHHELD, WITHHELD, "")),
        (
            told("Sales", "S-O1", "aligned to", "", "BRD-O1 · Sell it; A-O1 · Be"),
            ("S-O1", "Bids", "", "BRD-O1; A-O1 · Be"),
        ),
    ),
)
def test_trust_24_changes_of_private_units_are_figures(change: Change, shown: Sequence[str]) -> None:
    (said,) = masked(BOARD, changes=[change]).changes
    assert (said.row_id, said.text, said.before, said.after) == shown


def test_a_provisional_identity_of_a_private_row_tells_nothing() -> None:
    (said,) = masked(BOARD, changes=[told("Board", "~abc", "new", "", "")]).changes
    assert said.row_id.startswith("~")
    assert said.row_id != "~abc"

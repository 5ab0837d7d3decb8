"""Ids for rows that have none: free, numbered on, and never a guess."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.core.cells import fold
from sync.core.new_ids import new_ids, prefix
from tests.sheets import kr, o, team


def test_rows_without_an_id_get_the_next_number_of_their_unit() -> None:
    sheet = team(
        "Marketing",
        o("MKT-O1"),
        o("MKT-O7"),
        o("", text="Friends tell friends"),
        kr("MKT-O1-KR1", objective_id="MKT-O1"),
        kr("", objective_id="mkt-o1", text="Score of 45"),
        kr("", objective_id="Friends tell friends", text="Half of all buyers"),
        kr("", objective_id="nobody's", text="Lost"),
    )
    assert [(one.table, one.id, one.text) for one in new_ids(sheet)] == [
        ("objectives", "MKT-O8", "Friends tell friends"),
        ("key_results", "MKT-O1-KR2", "Score of 45"),
        ("key_results", "MKT-O8-KR1", "Half of all buyers"),
    ]


def test_a_unit_without_any_id_is_known_by_letters_of_its_name() -> None:
    assert (prefix((), "Marketing"), prefix((), "Web Shop"), prefix((), "2026")) == ("MAR", "WS", "OKR")


@given(st.lists(st.sampled_from(["", "A-O1", "A-O2", "a-o3", "A-O01", "A-O1-KR1", "X"]), max_size=8))
def test_no_new_id_is_taken_already(ids: list[str]) -> None:
    rows = [o(row_id, text=f"Goal {at}") for at, row_id in enumerate(ids)]
    below = [kr(row_id, objective_id="Goal 0", text=f"KR {at}") for at, row_id in enumerate(ids)]
    sheet = team("Acme", *rows, *below)
    made = [fold(one.id) for one in new_ids(sheet)]
    assert len(set(made)) == len(made)
    assert set(made).isdisjoint(map(fold, ids))

"""Documents: a sheet comes back as it was, whatever a cell held; no number that is not one is stored."""

from __future__ import annotations

import json
import math
import zlib
from datetime import date
from typing import Any, get_type_hints

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.columns import Columns
from sync.core.identity import resolve
from sync.core.model import (
    Amount,
    Binding,
    CheckInRow,
    Gone,
    InitiativeRow,
    KeyResultRow,
    ObjectiveRow,
    Person,
    RetrospectiveRow,
    Team,
    TeamSheet,
    Was,
)
from sync.core.problems import Problem, Severity
from sync.core.standing import HeldState, Rename
from sync.history.payload import (
    held_of,
    held_text,
    people_document,
    people_of,
    problems_document,
    problems_of,
    sheet_document,
    sheet_of,
    text_of,
)
from sync.history.tables import restored, storable
from tests.sheets import kr, o, team, view

ODD = [
    "",
    " ",
    "=1+1",
    "NA",
    "None",
    "null",
    "007",
    "1E5",
    "\x00",
    "\x1b0000",
    "\ud800",
    "\ud83d\ude00",
    "😀",
    "\u202e",
    '"\\',
    "a\nb",
    "\udfff\ud800",
    "\x7f",
    "a\x7fb",
]
ANY_TEXT = st.one_of(st.sampled_from(ODD), st.text(st.characters(), max_size=8))
TEXTS = st.sampled_from(ODD)
DATES = st.one_of(st.none(), st.dates())
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
AMOUNTS = st.builds(Amount, NUMBERS, st.sampled_from([str(was) for was in Was]), TEXTS, st.booleans())
ROWS = st.integers(1, 10**6)


def rows_of(row: type[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some rows of a table, every cell of them from the strategies for its type."""
    by_type = {str: TEXTS, Amount: AMOUNTS, int: ROWS, date | None: DATES}
    fields = {name: by_type[hint] for name, hint in get_type_hints(row).items()}
    return st.lists(st.builds(row, **fields), max_size=2).map(tuple)


SHEETS = st.builds(
    TeamSheet,
    source=TEXTS,
    team=st.builds(Team, TEXTS, TEXTS, TEXTS, AMOUNTS, TEXTS, DATES, DATES),
    objectives=rows_of(ObjectiveRow),
    key_results=rows_of(KeyResultRow),
    check_ins=rows_of(CheckInRow).map(lambda rows: Columns.of(CheckInRow, rows)),
    initiatives=rows_of(InitiativeRow),
    retrospective=rows_of(RetrospectiveRow),
    bindings=st.dictionaries(
        TEXTS, st.builds(Binding, TEXTS, ROWS, st.dictionaries(TEXTS, ROWS, max_size=2)), max_size=2
    ),
    team_rows=st.dictionaries(TEXTS, ROWS, max_size=2),
    book_id=TEXTS,
    gone=st.lists(st.builds(Gone, TEXTS, TEXTS, st.lists(st.dates(), max_size=2).map(tuple)), max_size=2).map(
        tuple
    ),
)


@settings(max_examples=40)
@given(SHEETS)
def test_trust_06_and_08_any_sheet_comes_back_as_it_was(sheet: TeamSheet) -> None:
    document = sheet_document(sheet)
    back = sheet_of(document.data)
    assert back == sheet
    assert repr(back[1:7]) == repr(sheet[1:7])  # in a text, 0.0 is not -0.0 and 1 not True
    assert sheet_document(back).digest == document.digest


def test_zero_and_minus_zero_in_one_column_stay_apart() -> None:
    rows = tuple(KeyResultRow(5, current=Amount(value, Was.NUMBER, "0")) for value in (0.0, -0.0))
    back = sheet_of(sheet_document(TeamSheet("a.xlsx", Team("A"), key_results=rows)).data)
    assert [repr(row.current.value) for row in back.key_results] == ["0.0", "-0.0"]


def test_the_digest_tells_different_sheets_apart_and_nothing_else() -> None:
    one = TeamSheet("a.xlsx", Team("A"), bindings={"x": Binding("X", 1, {}), "y": Binding("Y", 1, {})})
    same = one._replace(bindings=dict(reversed(one.bindings.items())))
    assert sheet_document(one).digest == sheet_document(same).digest
    assert sheet_document(one).digest != sheet_document(one._replace(book_id="1")).digest


@pytest.mark.parametrize("value", (math.nan, math.inf, -math.inf))
def test_trust_11_a_number_that_is_not_finite_becomes_unreadable_and_keeps_its_text(value: float) -> None:
    row = KeyResultRow(5, "A", current=Amount(value, Was.NUMBER, "1E999"))
    document = sheet_document(TeamSheet("a.xlsx", Team("A"), key_results=(row,)))
    json.loads(text_of(document.data), parse_constant=pytest.fail)
    assert sheet_of(document.data).key_results[0].current == Amount(None, Was.ERROR, "1E999")


def test_a_column_of_a_later_release_is_left_out_and_a_missing_one_is_blank() -> None:
    sheet = resolve(TeamSheet("a.xlsx", Team("A"), key_results=(KeyResultRow(5, "A", comment="well"),))).sheet
    content = json.loads(text_of(sheet_document(sheet).data))
    content["key_results"]["mood"] = ["good"]
    del content["key_results"]["comment"]
    data = json.dumps(content).encode()
    assert sheet_of(zlib.compress(data)) == sheet._replace(
        key_results=(sheet.key_results[0]._replace(comment=""),)
    )


def test_people_findings_and_held_states_come_back() -> None:
    people = (Person(2, "Kim \ud800", "kim@example.org", starts=date(2026, 1, 2)), Person(3, "Ada"))
    assert people_of(people_document(people).data) == people
    assert people_of(people_document(()).data) == ()
    problems = (Problem("S104", Severity.ERROR, "a", "u", "t", "C4", "K1", "1.2.3", "no number", "mend"),)
    assert problems_of(problems_document(problems).data) == problems
    pending = TeamSheet("a.xlsx", Team("A"))
    held = HeldState(
        "shrunk",
        date(2026, 10, 5),
        "9 of 10",
        pending,
        (Rename("key_results", "~1", "K1"),),
        (Gone("key_results", "K2", (date(2026, 10, 5),)),),
        (date(2026, 10, 5),),
    )
    assert held_of(held_text(held), pending) == held
    assert held_of(held_text(HeldState()), None) == HeldState()


@given(ANY_TEXT)
def test_trust_08_any_text_can_be_stored_and_comes_back(text: str) -> None:
    stored = storable(text)
    stored.encode("utf-8")
    assert "\x00" not in stored
    assert restored(stored) == text


def test_a_document_from_before_columns_were_packed_is_read_and_joined_with_new_ones() -> None:
    """There a column was a list, or one value for all of it, and a missing date was null."""
    said = team("Ops", o("A-O1"), kr("A-O1-KR1"), kr("A-O1-KR2", due=date(2026, 10, 1)))
    content = json.loads(text_of(sheet_document(said).data))
    rows = content["key_results"]
    rows["id"], rows["due"], rows["starts"] = ["A-O1-KR1", "A-O1-KR2"], [None, "2026-10-01"], {"": None}
    old = sheet_of(zlib.compress(json.dumps(content).encode()))
    assert old == said
    new = team("Sales", o("S-O1"), kr("S-O1-KR1", starts=date(2026, 10, 2)), kr("S-O1-KR2"))
    joined, expected = (view(first, new).portfolio.key_results for first in (old, said))
    pd.testing.assert_frame_equal(joined, expected)

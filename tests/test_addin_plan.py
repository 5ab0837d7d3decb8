"""Which rows are check-ins of today: the pure plan, by examples and by a machine's inventions."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.checking_in import Plan, plan, question
from addin.reading import cell_of
from addin.trouble import NOT_KNOWN, sentence
from addin.writing import runs
from sync.core.columns import Columns
from sync.core.identity import resolve
from sync.core.model import Amount, CheckInRow, KeyResultRow, Was
from tests.sheets import TODAY, amount, check_in, kr, o, team

ADDIN = Path(__file__).parents[1] / "addin"
YESTERDAY = TODAY - timedelta(days=1)


def planned(*rows: KeyResultRow | CheckInRow, who: str = "") -> Plan:
    """The plan of a sheet of one objective with these rows."""
    sheet = resolve(team("Marketing", o("M-O1"), *rows)).sheet
    return plan(sheet, (), TODAY, who)


@pytest.mark.parametrize(
    ("row", "before", "new"),
    (
        ({}, None, True),
        ({"current": None}, None, False),
        ({"current": None, "confidence": 3}, None, False),
        ({}, {"value": 5}, False),
        ({"current": 6}, {"value": 5}, True),
        ({"current": Amount(6.0, Was.NUMBER, "6", formula=True)}, {"value": 5}, False),
        ({"current": Amount(6.0, Was.NUMBER, "6", formula=True), "comment": "New"}, {"value": 5}, True),
        ({"current": None}, {"value": 5}, False),
        ({"confidence": 3}, {"value": 5, "confidence": 3}, False),
        ({"confidence": 4}, {"value": 5, "confidence": 3}, True),
        ({"status": "At risk"}, {"value": 5, "status": "At risk"}, False),
        ({"status": ""}, {"value": 5, "status": "At risk"}, False),
        ({"status": "Done"}, {"value": 5, "status": "At risk"}, True),
        ({"comment": "Well"}, {"value": 5, "what_changed": "Well"}, False),
        ({"comment": "Well"}, {"value": 5}, True),
        ({"current": "Build"}, {"value": "Design"}, True),
        ({"current": "Build"}, {"value": "Build"}, False),
        ({"current": "45%"}, {"value": 0.45}, False),
    ),
)
def test_what_is_new(row: dict[str, Any], before: dict[str, Any] | None, new: bool) -> None:  # noqa: FBT001  # a column of the table
    known = [check_in(YESTERDAY, "M-O1-KR1", **before)] if before is not None else []
    assert bool(planned(kr("M-O1-KR1", **{"current": 5, **row}), *known).entries) is new


def test_the_newest_word_on_each_field_counts() -> None:
    """A later row that says nothing of confidence does not make an old confidence news."""
    rows = [
        check_in(YESTERDAY, "M-O1-KR1", 5),
        check_in(YESTERDAY - timedelta(days=7), "M-O1-KR1", 4, confidence=7),
        check_in(TODAY + timedelta(days=3), "M-O1-KR1", 9),
    ]
    assert planned(kr("M-O1-KR1", current=5, confidence=7), *rows).entries == ()


WEEK_AGO = YESTERDAY - timedelta(days=7)


@pytest.mark.parametrize(
    ("row", "new", "behind"),
    (
        ({"current": 4}, False, True),
        ({"current": 4, "last_check_in": None}, True, False),
        ({"current": 4, "last_check_in": YESTERDAY}, True, False),
        ({"current": 5}, False, False),
        ({"current": 6}, True, False),
        ({"current": None, "confidence": 7}, False, False),
        ({"current": 5, "confidence": 7}, False, False),
        ({"current": 5, "confidence": 3}, False, False),
        ({"current": 5, "confidence": 8}, True, False),
        ({"current": 5, "status": "On track", "comment": "Well"}, False, False),
        ({"current": 5, "status": "Off track"}, True, False),
        ({"current": 4, "comment": "Quite new"}, False, True),
        ({"current": Amount(4.0, Was.NUMBER, "4", formula=True)}, False, False),
    ),
)
def test_a_row_older_than_the_log_is_no_news(row: dict[str, Any], new: bool, behind: bool) -> None:  # noqa: FBT001  # columns of the table
    """The row was checked in a week ago; yesterday somebody logged another value by hand."""
    first = {"confidence": 7, "status": "On track", "what_changed": "Well"}
    second = {"confidence": 3, "status": "At risk", "what_changed": "Less well"}
    log = [
        check_in(WEEK_AGO, "M-O1-KR1", 4, **first),
        check_in(YESTERDAY, "M-O1-KR1", 5, **second),
    ]
    found = planned(kr("M-O1-KR1", **{"last_check_in": WEEK_AGO, **row}), *log)
    assert (bool(found.entries), bool(found.left)) == (new, behind)
    assert all("newer value, 5 of 2026-11-17; Current still says 4." in left.why for left in found.left)


def test_only_rows_that_changed_are_left_out() -> None:
    """Two rows of one ID: the one that says what Check-ins says needs no word."""
    log = check_in(YESTERDAY, "M-O1-KR1", 5)
    found = planned(kr("M-O1-KR1", "One", current=5), kr("M-O1-KR1", "Other", current=6), log)
    assert [left.kr_row for left in found.left] == [3]


def test_what_is_blank_stays_as_the_first_check_in_of_the_day_has_it() -> None:
    first = check_in(TODAY, "M-O1-KR1", 5, confidence=7, status="On track", what_changed="Well")
    (entry,) = planned(kr("M-O1-KR1", current=6), first).entries
    assert (entry.row, entry.value, entry.confidence, entry.status, entry.comment) == (
        2,
        6,
        7,
        "On track",
        "Well",
    )


@pytest.mark.parametrize(
    ("account", "by"),
    (
        ("kim.larsen", "Kim Larsen"),
        ("KimLarsen@acme.example", "Kim Larsen"),
        ("ada", "ada"),
        ("kim", "kim"),
        ("---", "---"),
        ("", "Kim Larsen; Ada Lee"),
    ),
)
def test_who_checks_in_is_called_as_the_sheet_calls_them(account: str, by: str) -> None:
    """An account that spells no owner stays as it is: the owner has not pressed the button."""
    (entry,) = planned(kr("M-O1-KR1", owner="Kim Larsen; Ada Lee", current=5), who=account).entries
    assert entry.by == by


def test_two_rows_of_one_id_are_left_out() -> None:
    found = planned(kr("M-O1-KR1", "One"), kr("M-O1-KR1", "Other"))
    assert not found.entries
    assert [left.kr_row for left in found.left] == [2, 3]


amounts = st.one_of(
    st.none(), st.floats(-1e9, 1e9), st.booleans(), st.sampled_from(["45%", "Build", "Design"])
)
statuses = st.sampled_from(["", "On track", "At risk", "Done"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8).map(str.strip)
changes = st.tuples(amounts, st.none() | st.integers(0, 10), statuses, texts)


@given(st.lists(changes, min_size=1, max_size=4), st.booleans())
def test_a_check_in_is_made_once_and_says_what_the_row_says(
    news: list[tuple[object, ...]],
    next_day: bool,  # noqa: FBT001  # drawn
) -> None:
    """A row is changed and checked in again and again, on one day or day after day.

    Each press leaves nothing to check in, one row a day, and its newest row says what the row says.
    """
    history: list[CheckInRow] = []
    day = TODAY
    for at, (current, confidence, status, comment) in enumerate(news):
        row = kr("M-O1-KR1", current=current, confidence=confidence, status=status, comment=comment)
        day = TODAY + timedelta(days=at if next_day else 0)
        (found, after) = _press(row, history, day)
        assert _press(row, after, day)[0].entries == ()
        assert len(after) - len(history) in (0, 1)
        for entry in found.entries:
            written = next(one for one in after if one.row == (entry.row or len(after) + 1))
            assert written.date == day
            assert amount(current).was == Was.MISSING or written.value.value == amount(current).value
            assert comment in ("", written.what_changed)
        history = after
    days = [row.date for row in history]
    assert len(days) == len(set(days))


def _press(row: KeyResultRow, history: list[CheckInRow], day: date) -> tuple[Plan, list[CheckInRow]]:
    """The plan for a sheet of one row, and the check-ins once it is written."""
    sheet = resolve(team("Marketing", o("M-O1"), row)).sheet
    sheet = sheet._replace(check_ins=Columns.of(CheckInRow, tuple(history)))
    found = plan(sheet, (), day)
    after = {one.row: one for one in history}
    for entry in found.entries:
        at = entry.row or len(after) + 2
        value = Amount(entry.value, Was.PERCENT, "") if entry.percent else amount(entry.value)  # type: ignore[arg-type]  # a number then
        after[at] = CheckInRow(
            at, day, entry.kr_id, value, amount(entry.confidence), entry.status, entry.comment
        )
    return found, list(after.values())


@pytest.mark.parametrize(
    ("value", "formula", "computed"),
    (
        ("=1+1", "=1+1", False),
        (2.0, "=1+1", True),
        (None, '=""', True),
        ("x", '="x"', True),
        (2.0, "2", False),
    ),
)
def test_a_text_that_looks_like_a_formula_is_none(value: object, formula: str, computed: bool) -> None:  # noqa: FBT001  # a column of the table
    assert cell_of(value, formula).formula is computed


@given(st.sets(st.integers(1, 60)))
def test_runs_are_the_rows_again(rows: set[int]) -> None:
    found = runs(dict.fromkeys(rows))
    assert [row for first, last in found for row in range(first, last + 1)] == sorted(rows)
    assert all(one[1] + 1 < other[0] for one, other in pairwise(found))


def test_a_question_stays_short() -> None:
    """A message box cuts what is longer than 1,000 characters; nobody is to agree to what they cannot see."""
    many = [kr(f"M-O1-KR{n}", "Text " * 30, comment="Word " * 30) for n in range(60)]
    twice = [kr("M-O1-KR99", f"{n} " + "Text " * 30) for n in range(60)]
    text = question(planned(*many, *twice), TODAY)
    taken, left = text.split("Left out:")
    assert len(text) <= 1000
    for part in (taken, left):
        shown = sum("KR" in line or "Row" in line for line in part.splitlines())
        assert f"… and {60 - shown} more." in part
        assert shown > 1


def test_an_unknown_error_has_no_sentence_of_its_own() -> None:
    assert sentence(ValueError("boo")) == ""
    assert "nothing was left half done" in NOT_KNOWN


# --- what the add-in may use ----------------------------------------------------------------------


def test_loading_the_commands_loads_nothing_heavy() -> None:
    """xlwings brings pandas and more along; a command loads them when it runs."""
    heavy = [
        "pandas",
        "numpy",
        "xlwings",
        "matplotlib",
        "networkx",
        "sqlalchemy",
        "rapidfuzz",
        "jinja2",
        "pydantic",
    ]
    code = f"import addin.commands, addin.entry, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ADDIN.parent
    )
    assert done.stdout.strip() == "[]"


INSTALLER = {"installing.py", "machine.py", "diagnosis.py"}  # run by a command line, never by a button
BUTTONS = sorted(path for path in ADDIN.glob("*.py") if path.name not in INSTALLER)


@pytest.mark.parametrize("path", BUTTONS, ids=lambda path: path.name)
def test_the_public_words_of_xlwings_are_enough(path: Path) -> None:
    """No .api, no .impl, nothing of xlwings.pro: what works on one system only, or has another licence."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not names & {"api", "impl", "xl", "eval", "exec", "system", "Popen"}
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in imported if name.startswith("xlwings.") or name == "subprocess"]
    assert not {f"addin.{name.removesuffix('.py')}" for name in INSTALLER} & set(imported)

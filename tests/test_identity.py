"""Identity: OKR.md §1 and promises 8 and 9. A row is written as "id | text"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.identity import (
    Known,
    Rename,
    Resolved,
    base_identity,
    is_invalid,
    known_rows,
    provisional,
    resolve,
)
from sync.core.model import Binding, KeyResultRow, ObjectiveRow, Team, TeamSheet

FIRST = 5


def sheet(*key_results: str, objectives: tuple[str, ...] = ()) -> TeamSheet:
    def cells(line: str) -> tuple[str, str]:
        id_, _, text = line.partition("|")
        return id_.strip(), text.strip(" ")

    return TeamSheet(
        "ops.xlsx",
        Team("Ops", cycle="2026-Q4"),
        objectives=tuple(
            ObjectiveRow(row, id=cells(line)[0], objective=cells(line)[1])
            for row, line in enumerate(objectives, FIRST)
        ),
        key_results=tuple(
            KeyResultRow(row, id=cells(line)[0], key_result=cells(line)[1])
            for row, line in enumerate(key_results, FIRST)
        ),
        bindings={
            "objectives": Binding("Objectives", 4, {"id": 1, "objective": 2}),
            "key_results": Binding("Key Results", 4, {"id": 1, "key_result": 3}),
        },
    )


def identities(resolved: Resolved) -> list[str]:
    return [row.identity for row in resolved.sheet.key_results]


def known(*lines: str) -> list[Known]:
    return list(known_rows(resolve(sheet(*lines)).sheet))


def test_an_id_is_the_identity_and_a_blank_one_comes_from_the_text() -> None:
    resolved = resolve(sheet("KR1 | Ship it", " | Grow"))
    assert identities(resolved) == ["KR1", provisional("Grow")]
    assert not resolved.problems


@pytest.mark.parametrize("id_", ("007", "7", "1E5", "NA", "None", "12345678901234567890"))
def test_trust_08_ids_stay_byte_for_byte(id_: str) -> None:
    assert identities(resolve(sheet(f"{id_} | Ship it"))) == [id_]


def test_trust_08_two_spellings_of_a_number_are_two_ids() -> None:
    assert identities(resolve(sheet("007 | a", "7 | b"))) == ["007", "7"]


@pytest.mark.parametrize("id_", ("~0123456789ab", "!7:KR1", "'x"))
def test_no_id_can_pass_for_a_mark_of_ours(id_: str) -> None:
    resolved = resolve(sheet(f"{id_} | Ship it"))
    assert identities(resolved) == ["'" + id_]


def test_white_space_and_accents_spelled_differently_are_the_same_text() -> None:
    assert provisional("Cafe\u0301 \n  opens") == provisional("Café opens") != provisional("café opens")


def test_a_cleared_id_is_found_again_by_the_text() -> None:
    resolved = resolve(sheet("| Ship it"), known("KR1 | Ship it"))
    assert identities(resolved) == ["KR1"]
    assert not resolved.renames


def test_a_cleared_id_is_not_given_twice() -> None:
    resolved = resolve(sheet("KR1 | Else", "| Ship it"), known("KR1 | Ship it"))
    assert identities(resolved) == ["KR1", provisional("Ship it")]


def test_a_first_id_is_a_rename_and_keeps_its_history() -> None:
    resolved = resolve(sheet("KR1 | Ship it", "KR2 | New"), known("| Ship it"))
    assert resolved.renames == (Rename("key_results", provisional("Ship it"), "KR1"),)


def test_another_id_on_a_row_that_had_one_is_no_rename() -> None:
    assert not resolve(sheet("KR9 | Ship it"), known("KR1 | Ship it")).renames


def test_a_first_id_that_two_rows_claim_is_no_rename() -> None:
    assert not resolve(sheet("KR1 | Ship it", "KR2 | Ship it"), known("| Ship it")).renames


def test_a_first_id_is_no_rename_while_the_row_without_an_id_is_still_there() -> None:
    assert not resolve(sheet("| Ship it", "KR2 | Ship it"), known("| Ship it")).renames


def test_trust_09_a_copied_row_is_named_with_both_addresses_and_neither_wins() -> None:
    resolved = resolve(sheet("KR1 | Ship it", "KR2 | Grow", "KR1 | Ship it"), known("KR1 | Ship it"))
    assert identities(resolved) == ["!5:KR1", "KR2", "!7:KR1"]
    assert [(p.code, p.cell, p.value) for p in resolved.problems] == [
        ("S107", "A5", "KR1"),
        ("S107", "A7", "KR1"),
    ]
    assert "A7" in resolved.problems[0].message
    assert "A5" in resolved.problems[1].message
    assert base_identity("!5:KR1") == "KR1"


def test_trust_09_the_row_with_the_known_text_keeps_the_id_and_the_other_counts_as_blank() -> None:
    resolved = resolve(sheet("KR1 | Other", "KR1 | Ship  it"), known("KR1 | Ship it"))
    assert identities(resolved) == [provisional("Other"), "KR1"]
    (problem,) = resolved.problems
    assert (problem.code, problem.cell) == ("S107", "A5")
    assert "A6" in problem.message


def test_trust_09_when_no_row_has_the_known_text_neither_wins() -> None:
    assert identities(resolve(sheet("KR1 | a", "KR1 | b"), known("KR1 | c"))) == ["!5:KR1", "!6:KR1"]
    assert identities(resolve(sheet("KR1 | a", "KR1 | b"))) == ["!5:KR1", "!6:KR1"]


def test_two_rows_without_ids_and_with_one_text_cannot_be_told_apart() -> None:
    resolved = resolve(sheet("| Ship it", "| Ship it"))
    assert all(map(is_invalid, identities(resolved)))
    assert all("A6" in p.message and "A5" in p.message for p in resolved.problems)
    assert {p.code for p in resolved.problems} == {"S107"}


def test_an_objective_and_a_key_result_may_have_the_same_id() -> None:
    resolved = resolve(sheet("X1 | Ship it", objectives=("X1 | Be great",)))
    assert not resolved.problems
    assert resolved.sheet.objectives[0].identity == "X1"


def test_rows_that_cannot_be_told_apart_are_not_learnt() -> None:
    assert known("KR1 | a", "KR1 | b", "KR2 | c") == [Known("key_results", "KR2", "KR2", "c")]


LINES = st.lists(
    st.builds(
        "{} | {}".format,
        st.sampled_from(["", "A", "B", "~x", "!5:A"]),
        st.sampled_from(["", "p", "q q", "r"]),
    ),
    max_size=7,
)


@given(LINES, LINES)
def test_every_row_gets_one_identity_that_no_other_row_has(before: list[str], now: list[str]) -> None:
    resolved = resolve(sheet(*now), known(*before))
    found = identities(resolved)
    assert all(found)
    assert len(set(found)) == len(found)


@given(LINES, LINES)
def test_reading_the_same_sheet_again_gives_the_same_identities(before: list[str], now: list[str]) -> None:
    """A second look, with what the first one taught, renames nothing and moves nobody."""
    first = resolve(sheet(*now), known(*before))
    renamed = {(r.table, r.old): r.new for r in first.renames}
    learnt = {k.identity: k for k in known(*before) if (k.table, k.identity) not in renamed}
    learnt |= {k.identity: k for k in known_rows(first.sheet)}
    second = resolve(sheet(*now), list(learnt.values()))
    assert identities(second) == identities(first)
    assert not second.renames


@given(LINES, LINES, LINES)
def test_a_sheet_that_has_its_identities_stays_itself_and_others_are_overwritten(
    before: list[str], then: list[str], now: list[str]
) -> None:
    """The process that reads a workbook does not know its past; it may resolve the sheet all the same."""
    ahead = resolve(sheet(*now), known(*then)).sheet
    resolved = resolve(ahead, known(*before))
    assert resolved == resolve(sheet(*now), known(*before))
    assert resolve(resolved.sheet, known(*before)).sheet is resolved.sheet

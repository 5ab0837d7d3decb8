"""Promises 1-3 end to end: what a source suddenly lacks is held back, or leaves slowly, never at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.company import NEXT_DAY, THIRD_DAY, TODAY, Company, codes, loaded, plain_master, problem, scores

HEADERS = "ID | Objective ID | Key result | Start | Target | Current"
SEVEN = "\n".join(
    [HEADERS, *(f"KR{n} | O1 | Result {n} | 0 | 10 | {n}" for n in range(1, 8))]
)  # with the objective eight rows, of which a sheet may lose four
FIVE_OF_SEVEN = "\n".join(SEVEN.splitlines()[:6])
TWO_OF_SEVEN = "\n".join(SEVEN.splitlines()[:3])
ALL_ELSE = "\n".join([HEADERS, *(f"KR{n} | O1 | Another text {n} | 0 | 50 | {n}" for n in range(1, 8))])


@pytest.fixture(autouse=True)
def _no_master() -> Iterator[None]:
    with plain_master():
        yield


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def test_trust_01_an_emptied_source_keeps_its_rows_until_it_was_seen_on_two_dates(
    company: Company,
) -> None:
    company.team()
    before = scores(company.sync(TODAY))
    company.team(objectives="ID | Objective", key_results=HEADERS)

    held = company.sync(NEXT_DAY)
    assert (held.state, held.exit_code, held.sources["held"]) == ("partial", 3, 1)
    assert scores(held) == before
    assert "okrsync accept" in problem(held, "S111", "Acme.xlsx").hint
    again = company.sync(NEXT_DAY)
    assert (again.exit_code, again.state) == (3, "unchanged")  # the same date counts once

    believed = company.sync(THIRD_DAY)  # its token is unchanged: the look counts as seeing it
    assert "S111" not in codes(believed)
    assert scores(believed) == {"Acme": None}
    assert believed.sources["held"] == 0


def test_trust_01_an_emptied_source_that_is_filled_again_is_never_believed_empty(company: Company) -> None:
    company.team()
    before = scores(company.sync(TODAY))
    company.team(objectives="ID | Objective", key_results=HEADERS)
    assert company.sync(NEXT_DAY).exit_code == 3
    company.team()
    restored = company.sync(THIRD_DAY)
    assert (restored.exit_code, scores(restored)) == (0, before)


def test_trust_02_a_shrunk_source_is_held_with_count_ratio_and_command(company: Company) -> None:
    company.team(key_results=SEVEN)
    before = scores(company.sync(TODAY))
    company.team(key_results=TWO_OF_SEVEN)

    held = company.sync(NEXT_DAY)
    found = problem(held, "S111")
    assert "5 of 8 known rows are gone (62%)" in found.message
    assert TODAY in found.message  # whose rows are used instead
    assert 'okrsync accept "Acme.xlsx"' in found.hint
    assert scores(held) == before


def test_trust_02_all_rows_changed_at_once_is_held(company: Company) -> None:
    company.team(key_results=SEVEN)
    before = scores(company.sync(TODAY))
    company.team(key_results=ALL_ELSE)
    held = company.sync(NEXT_DAY)
    assert "all 7 rows changed at once" in problem(held, "S111").message
    assert scores(held) == before
    believed = company.sync(THIRD_DAY)
    assert "S111" not in codes(believed)
    assert scores(believed)["KR7"] == 0.14


def test_trust_02_new_values_in_all_rows_are_no_change_of_the_rows(company: Company) -> None:
    company.team(key_results=SEVEN)
    company.sync(TODAY)
    company.team(key_results=SEVEN.replace("| 10 | ", "| 10 | 1"))
    done = company.sync(NEXT_DAY)
    assert (codes(done).count("S111"), scores(done)["KR2"]) == (0, 1.0)  # 12 of 10


def test_trust_02_another_teams_sheet_saved_over_this_one_is_held(company: Company) -> None:
    company.team()
    company.team("Sales", parent="Acme", level="Team", objectives="ID | Objective\nS1 | Sell", key_results="""
        ID  | Objective ID | Key result | Start | Target | Current
        SK1 | S1           | Deals      | 0     | 8      | 2
    """)  # fmt: skip
    before = scores(company.sync(TODAY))
    (company.teams / "Acme.xlsx").write_bytes((company.teams / "Sales.xlsx").read_bytes())
    held = company.sync(NEXT_DAY)
    assert "S111" in codes(held, "Acme.xlsx")
    assert scores(held) == before


def change(path: Path, edit: Callable[[Any], None]) -> None:
    """Opens a workbook in another program, as it were, and saves it."""
    book = loaded(path)
    edit(book)
    book.save(path)


def without_check_ins(book: Any) -> None:
    del book["Check-ins"]


def with_current_renamed(book: Any) -> None:
    sheet = book["Key Results"]
    (cell,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "Current"]
    cell.value = "Wie weit"


@pytest.mark.parametrize(
    ("edit", "what", "told"),
    (
        (without_check_ins, "the tab Check-ins is gone", []),
        (with_current_renamed, "the column Current of Key Results is gone", ["S101"]),
    ),
)
def test_trust_02_a_lost_input_is_held_and_told(
    company: Company, edit: Callable[[Any], None], what: str, told: list[str]
) -> None:
    path = company.team(check_ins="Date | KR ID | Value\n2026-11-18 | KR1 | 9")
    before = scores(company.sync(TODAY))
    assert before["KR1"] == 0.9
    change(path, edit)
    held = company.sync(NEXT_DAY)
    assert what in problem(held, "S111", "Acme.xlsx").message
    assert [code for code in codes(held) if code == "S101"] == told
    assert (held.exit_code, scores(held)) == (3, before)
    believed = company.sync(THIRD_DAY)
    assert "S111" not in codes(believed)
    assert scores(believed) != before


@pytest.mark.parametrize("same_day", (True, False), ids=["on the same day", "on the next day"])
def test_trust_02_accept_believes_a_held_source_once(company: Company, *, same_day: bool) -> None:
    company.team(key_results=SEVEN)
    company.sync(TODAY)
    company.team(key_results=TWO_OF_SEVEN)
    assert company.sync(NEXT_DAY).exit_code == 3

    answer = company.command("accept", "Acme.xlsx")
    assert (answer.code, answer.err) == (0, "")
    accepted = company.sync(NEXT_DAY if same_day else THIRD_DAY)
    assert "S111" not in codes(accepted)
    assert set(scores(accepted)) == {"KR1", "KR2", "O1", "Acme"}

    company.team(key_results=SEVEN)
    company.sync("2026-11-23")
    company.team(key_results=TWO_OF_SEVEN)
    assert "S111" in codes(company.sync("2026-11-24"))  # the permission is used up


def test_trust_02_a_new_cycle_is_a_new_baseline(company: Company) -> None:
    company.team(key_results=SEVEN)
    company.sync(TODAY)
    company.config.write_text(company.config.read_text().replace("2026-Q4", "2027-Q1"))
    company.team(cycle="2027-Q1", objectives="ID | Objective\nN1 | New start", key_results=HEADERS)
    done = company.sync("2027-01-04")
    assert "S111" not in codes(done)
    assert set(scores(done)) == {"N1", "Acme"}


def test_trust_02_another_spelling_of_the_cycle_is_no_other_cycle(company: Company) -> None:
    company.team(key_results=SEVEN)
    before = scores(company.sync(TODAY))
    company.team(key_results=SEVEN.replace("| 7", "| 8"), cycle="Q4 2026")
    done = company.sync(NEXT_DAY)
    assert "S111" not in codes(done)
    with company.store() as store:
        past = store.history_of("KR1")
        weeks = store.trend(["Acme"], weeks=13, until=date(2026, 11, 19))["Acme"]
    assert {point.cycle for point in past.points} | {week.cycle for week in weeks} == {"2026-Q4"}
    company.team(objectives="ID | Objective", key_results=HEADERS, cycle="FY2026 Q4")
    held = company.sync(THIRD_DAY)
    assert "S111" in codes(held)
    assert scores(held) == before | scores(done)


def test_trust_03_a_deleted_row_leaves_the_master_after_two_dates_and_stays_in_history(
    company: Company,
) -> None:
    company.team(key_results=SEVEN)
    before = scores(company.sync(TODAY))
    company.team(key_results=FIVE_OF_SEVEN)

    missed_once = company.sync(NEXT_DAY)
    assert scores(missed_once) == before
    missed_twice = company.sync(THIRD_DAY)
    assert set(before) - set(scores(missed_twice)) == {"KR6", "KR7"}
    assert missed_twice.sources["held"] == 0
    with company.store() as store:
        assert [point.score for point in store.history_of("KR7").points if not point.texts] == [0.7]


def test_trust_03_a_row_that_comes_back_is_as_if_it_had_never_been_away(company: Company) -> None:
    company.team(key_results=SEVEN)
    before = scores(company.sync(TODAY))
    company.team(key_results=FIVE_OF_SEVEN)
    company.sync(NEXT_DAY)
    company.team(key_results=SEVEN)
    assert scores(company.sync(NEXT_DAY)) == before
    company.team(key_results=FIVE_OF_SEVEN)
    assert "KR7" in scores(company.sync(THIRD_DAY))  # counted anew: missed on one date

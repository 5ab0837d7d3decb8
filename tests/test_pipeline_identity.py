"""Who is who, end to end: copies, renames, ids that look like something else (OKR.md §1, TRUST 8 and 9)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.company import (
    KEY_RESULTS,
    NEXT_DAY,
    THIRD_DAY,
    TODAY,
    Company,
    codes,
    loaded,
    plain_master,
    problem,
    scores,
)

LATER = KEY_RESULTS.replace("| 4       |", "| 7       |")
"""KR1 stands at 7 now: 0.7."""


@pytest.fixture(autouse=True)
def _no_master() -> Iterator[None]:
    with plain_master():
        yield


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def past_scores(company: Company, word: str) -> list[float | None]:
    """Every score that history has of a row, oldest first."""
    with company.store() as store:
        return [point.score for point in store.history_of(word).points if not point.texts]


# --- one unit, two workbooks (S117) --------------------------------------------------------------------


def test_a_copied_workbook_and_its_original_are_both_held_and_named(company: Company) -> None:
    company.team()
    before = scores(company.sync(TODAY))
    company.team(file="Acme (conflicted copy).xlsx", key_results=LATER)

    done = company.sync(NEXT_DAY)
    assert (done.exit_code, done.sources["held"]) == (3, 2)
    assert codes(done) == ["S117", "S117"]
    assert "Acme (conflicted copy).xlsx" in problem(done, "S117", "Acme.xlsx").message
    assert "Acme.xlsx" in problem(done, "S117", "Acme (conflicted copy).xlsx").message
    assert scores(done) == before  # the original's rows of yesterday

    company.team(key_results=LATER.replace("7 ", "9 "))
    assert scores(company.sync(THIRD_DAY)) == before  # held is held, whatever they type

    (company.teams / "Acme (conflicted copy).xlsx").unlink()
    done = company.sync(THIRD_DAY)
    assert (done.exit_code, codes(done)) == (0, [])
    assert done.sources == {"ok": 1, "unchanged": 0, "held": 0, "stale": 0, "unreadable": 0}
    assert scores(done)["KR1"] == 0.9


def test_two_workbooks_for_one_unit_from_the_first_run_on_are_both_held(company: Company) -> None:
    company.team()
    company.team(file="Copy.xlsx")
    sell = {"objectives": "ID | Objective\nS1 | Sell", "key_results": ""}
    company.team("Sales", level="Team", parent="Acme", **sell)
    done = company.sync(TODAY)
    assert (done.exit_code, done.sources["held"], codes(done).count("S117")) == (3, 2, 2)
    assert set(scores(done)) == {"S1", "Sales", "Acme"}  # Acme only groups
    assert company.sync(TODAY).state == "unchanged"
    (company.teams / "Acme.xlsx").unlink()
    done = company.sync(TODAY)
    assert ("KR1" in scores(done), done.sources["held"], done.sources["stale"]) == (True, 0, 0)


def test_an_original_that_was_renamed_beside_its_copy_still_keeps_its_rows(company: Company) -> None:
    path = company.team()
    before = scores(company.sync(TODAY))
    path.rename(company.teams / "Acme old.xlsx")
    company.team(file="Acme new.xlsx", key_results=LATER)
    done = company.sync(NEXT_DAY)
    assert (codes(done), scores(done)) == (["S117", "S117"], before)


def test_a_copy_made_over_into_another_unit_is_no_rival(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    company.team("Sales", level="Team", parent="Acme")  # the same ids: a copied workbook
    done = company.sync(NEXT_DAY)
    assert "S117" not in codes(done)
    assert codes(done).count("S108") == 6  # O1, KR1 and KR2, in both sheets
    assert 'The id "KR1"' in "".join(p.message for p in done.problems)


# --- names that change ---------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ("Acme 2026.xlsx", "archive/Acme.xlsx"))
def test_a_workbook_that_was_renamed_or_moved_keeps_its_history(company: Company, place: str) -> None:
    path = company.team()
    company.sync(TODAY)
    (company.teams / place).parent.mkdir(exist_ok=True)
    path.rename(company.teams / place)
    done = company.sync(TODAY)
    assert (done.exit_code, done.sources["stale"], codes(done)) == (0, 0, [])
    company.team(file=place, key_results=LATER)
    company.sync(NEXT_DAY)
    assert past_scores(company, "KR1") == [0.4, 0.7]
    assert company.command("status").out.count("Sources: 1.") == 1


def test_a_workbook_that_was_moved_and_edited_meanwhile_keeps_its_history(company: Company) -> None:
    path = company.team()
    company.sync(TODAY)
    path.unlink()
    company.team(file="New name.xlsx", key_results=LATER)
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, codes(done)) == (0, [])
    assert past_scores(company, "KR1") == [0.4, 0.7]


def test_a_unit_renamed_in_the_same_workbook_keeps_its_history(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    company.team("Acme International", file="Acme.xlsx", key_results=LATER)
    done = company.sync(NEXT_DAY)
    assert (done.exit_code, codes(done)) == (0, [])
    assert past_scores(company, "KR1") == [0.4, 0.7]
    with company.store() as store:
        assert [point.roll_up for point in store.history_of("Acme International").roll_ups] == [
            pytest.approx(0.75)
        ]
        changed = {
            (change.unit, change.id, change.field) for change in store.changes(date.fromisoformat(TODAY))
        }
    assert ("Acme International", "KR1", "current") in changed
    assert not {change for change in changed if change[2] in {"new", "dropped"}}


# --- the current cycle and others ----------------------------------------------------------------------


def test_a_last_quarters_copy_in_the_folder_is_listed_and_not_scored(company: Company) -> None:
    company.team()
    company.team(file="archive/Acme 2026-Q3.xlsx", cycle="2026-Q3", key_results=LATER)
    done = company.sync(TODAY)
    assert (done.exit_code, codes(done)) == (0, [])
    assert scores(done)["KR1"] == 0.4
    assert done.sources["ok"] == 2
    assert done.assessment is not None
    assert len(done.assessment.selection.other_cycle) == 1
    listed = json.loads(company.command("check", "--format", "json", "--as-of", TODAY).out)["sources"]
    assert [(source["source"], source["state"]) for source in listed] == [
        ("Acme.xlsx", "ok"),
        ("archive/Acme 2026-Q3.xlsx", "ok"),
    ]


def test_the_status_tab_of_last_quarters_copy_shows_none_of_this_quarters_scores(company: Company) -> None:
    company.config.write_text(company.config.read_text() + "\n[feedback]\nexcel = true\n")
    now, past = company.team(), company.team(file="Acme 2026-Q3.xlsx", cycle="2026-Q3", key_results=LATER)
    assert set(company.sync(TODAY).written) >= {str(now), str(past)}
    told = {
        path: [cell for row in loaded(path)["Sync status"].values for cell in row] for path in (now, past)
    }
    assert "2026-Q3: not the current cycle, so it is not scored" in told[past]
    assert ("Own score" in told[now], "Own score" in told[past]) == (True, False)


# --- rows ----------------------------------------------------------------------------------------------


def test_rows_that_get_their_first_ids_keep_their_history(company: Company) -> None:
    company.team(
        objectives="ID | Objective\n | Customers tell us",
        key_results="""
            ID | Objective ID | Key result | Start | Target | Current
               |              | NPS        | 0     | 10     | 4
        """,
    )
    company.sync(TODAY)
    company.team(
        objectives="ID | Objective\nO1 | Customers tell us",
        key_results="""
            ID  | Objective ID | Key result | Start | Target | Current
            KR1 | O1           | NPS        | 0     | 10     | 7
        """,
    )
    done = company.sync(NEXT_DAY)
    assert (scores(done)["KR1"], "S111" in codes(done)) == (0.7, False)
    assert past_scores(company, "KR1") == [0.4, 0.7]
    later = company.sync(THIRD_DAY)
    assert [n for n in scores(later) if n not in {"KR1", "O1", "Acme"}] == []  # no ghost of the blank ids


def test_trust_09_a_copied_row_is_named_and_the_known_one_keeps_the_id(company: Company) -> None:
    company.team()
    company.sync(TODAY)
    company.team(key_results=KEY_RESULTS + "    KR1 | O1 | NPS of partners | Kim | 0 | 10 | 9 | 2026-11-17\n")
    done = company.sync(NEXT_DAY)
    found = problem(done, "S107")
    assert (found.cell, "A4 keeps it" in found.message) == ("A6", True)
    assert scores(done)["KR2"] == 0.8
    assert done.assessment is not None
    frame = done.assessment.portfolio.key_results
    assert frame.loc[frame["identity"] == "KR1", "key_result"].tolist() == ["NPS"]


def test_trust_09_a_row_copied_before_history_knew_it_leaves_both_without_a_score(company: Company) -> None:
    company.team(key_results=KEY_RESULTS + "    KR1 | O1 | NPS | Kim | 0 | 10 | 9 | 2026-11-17\n")
    done = company.sync(TODAY)
    assert codes(done).count("S107") == 2
    assert done.assessment is not None
    both = done.assessment.portfolio.key_results["id"] == "KR1"
    assert done.assessment.scores.key_results.loc[both, "score"].isna().all()
    assert scores(done)["O1"] == 0.8


def test_trust_09_a_copied_objective_is_not_called_unknown(company: Company) -> None:
    company.team(objectives="ID | Objective\nO1 | Customers tell us\nO1 | Customers tell us")
    done = company.sync(TODAY)
    told = [found.message for found in done.problems if found.code == "S118"]
    assert len(told) == 2
    assert all("which several objectives of this sheet are called" in message for message in told)


ODD_IDS = (
    "007",
    "1E5",
    "NA",
    "None",
    "TRUE",
    "20261118202611182026",
    "nan",
    "=1+1",
    "-5",
    "~x",
    "!3:KR1",
    "@x",
)


def test_trust_08_ids_and_names_survive_byte_for_byte(company: Company) -> None:
    company.team(
        "NA",
        objectives="\n".join(["ID | Objective", *(f"'{odd} | NA" for odd in ODD_IDS)]),
        key_results="\n".join(
            ["ID | Objective ID | Key result | Start | Target | Current"]
            + [f"'{odd} | '{odd} | None | 0 | 10 | 5" for odd in ODD_IDS]
        ),
    )
    none = "ID | Objective ID | Key result | Start | Target | Current\n'0123 | '00 | NULL | 0 | 10 | 5"
    company.team("None", level="Team", parent="NA", objectives="ID | Objective\n'00 | nan", key_results=none)
    company.sync(TODAY)

    answer = json.loads(company.command("score", "--format", "json", "--as-of", TODAY).out)
    told = [(kr["id"], kr["objective_id"], kr["unit"], kr["score"]) for kr in answer["key_results"]]
    assert told == [*((odd, odd, "NA", 0.5) for odd in ODD_IDS), ("0123", "00", "None", 0.5)]
    assert [(unit["unit"], unit["parent"]) for unit in answer["units"]] == [("NA", None), ("None", "NA")]
    with company.store() as store:
        for row_id in (*ODD_IDS, "0123"):
            points = [p for p in store.history_of(row_id).points if p.table == "key_results"]
            assert points[-1].score == 0.5, row_id
        assert [point.roll_up for point in store.history_of("None").roll_ups] == [0.5]

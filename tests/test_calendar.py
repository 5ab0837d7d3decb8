"""The states a calendar brings: one company as of any day, from before its cycle to after its end."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.company import Company

# The cycle is 2026-Q4, 1 October to 31 December: 92 days.
OBJECTIVES = """
    ID | Objective         | Owner | Ambition
    O1 | Customers tell us | Kim   |
    O2 | Nobody waits      | Kim   | Committed
"""
KEY_RESULTS = """
    ID | Objective ID | Key result | Owner | Measure  | Start | Target | Confidence | Due
    A  | O1           | NPS        | Kim   | Increase | 0     | 10     | 5          |
    B  | O1           | Leads      | Ada   | Increase | 0     | 100    | 5          | 2026-11-15
    C  | O2           | Uptime     | Kim   | At least |       | 99     | 5          |
    D  | O2           | Contract   | Ada   | Yes/No   |       |        | 9          |
"""
CHECK_INS = """
    Date       | KR ID | Value
    2026-10-07 | A     | 1
    2026-10-07 | B     | 10
    2026-10-07 | C     | 98
    2026-10-07 | D     | no
    2026-11-11 | A     | 6
    2026-11-11 | B     | 60
    2026-11-11 | C     | 99
    2026-12-30 | A     | 9
    2026-12-30 | D     | yes
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.team(objectives=OBJECTIVES, key_results=KEY_RESULTS, check_ins=CHECK_INS)
    return company


def as_of(company: Company, day: str) -> dict[str, Any]:
    """What `okrsync score` says on that day: key results and objectives by id, and the findings' codes."""
    told = json.loads(company.command("score", "--format", "json", "--as-of", day).out)
    rows = {row["id"]: row for row in (*told["key_results"], *told["objectives"])}
    codes = sorted({problem["code"] for problem in told["problems"]} - {"B410"})
    return {**rows, "unit": told["units"][0], "codes": codes}


def told(seen: dict[str, Any], figure: str, ids: str = "ABCD") -> list[Any]:
    return [seen[row][figure] for row in ids]


def test_before_the_start_nothing_is_expected_and_nothing_owed(company: Company) -> None:
    seen = as_of(company, "2026-09-15")
    assert told(seen, "status") == ["Not started"] * 4
    assert told(seen, "expected", "AB") == [0, 0]
    assert told(seen, "score") == [None] * 4  # check-ins of days to come do not count
    assert told(seen, "grade") == [None] * 4
    assert (seen["unit"]["roll_up"], seen["unit"]["check_in_rate"]) == (None, None)
    assert seen["codes"] == []


def test_on_the_first_day_expected_is_zero(company: Company) -> None:
    seen = as_of(company, "2026-10-01")
    assert told(seen, "expected", "AB") == [0, 0]
    assert told(seen, "status") == ["Not started"] * 4
    assert seen["codes"] == []


def test_a_week_in_what_has_no_value_is_no_data(company: Company) -> None:
    company.team(objectives=OBJECTIVES, key_results=KEY_RESULTS)
    assert told(as_of(company, "2026-10-07"), "status") == ["Not started"] * 4
    assert told(as_of(company, "2026-10-09"), "status") == ["No data"] * 4
    assert as_of(company, "2026-10-02")["codes"] == []  # the first Friday is due today, not overdue
    assert "B402" in as_of(company, "2026-10-10")["codes"]


def test_in_the_middle_pace_decides(company: Company) -> None:
    seen = as_of(company, "2026-11-12")
    assert told(seen, "score") == [0.6, 0.6, 1.0, 0.0]
    assert told(seen, "expected", "AB") == [42 / 91, 42 / 45]
    assert told(seen, "gap", "AB") == [42 / 91 - 0.6, 42 / 45 - 0.6]
    # C is met, yet a level counts as done only at its end; D has no pace, and confidence 9 is high;
    # but its newest check-in is five weeks old, and silence is never green.
    assert told(seen, "status") == ["On track", "Off track", "On track", "Outdated"]
    assert told(seen, "grade") == [None] * 4
    assert (seen["O1"]["score"], seen["O1"]["status"]) == (0.6, "On track")
    assert seen["codes"] == ["B401"]


def test_past_its_own_due_day_a_key_result_is_missed_and_owes_nothing_more(company: Company) -> None:
    on_the_day, after = as_of(company, "2026-11-15"), as_of(company, "2026-11-16")
    assert (on_the_day["B"]["status"], on_the_day["B"]["expected"]) == ("Off track", 1)
    assert (after["B"]["status"], after["B"]["expected"]) == ("Missed", 1)
    assert "B403" in after["codes"]


def test_silence_is_never_green(company: Company) -> None:
    seen = as_of(company, "2026-11-26")
    assert told(seen, "status") == ["Outdated", "Missed", "Outdated", "Outdated"]


def test_on_the_last_day_everything_is_expected_and_graded(company: Company) -> None:
    assert told(as_of(company, "2026-12-30"), "grade") == [None] * 4
    seen = as_of(company, "2026-12-31")
    assert told(seen, "expected", "AB") == [1, 1]
    assert told(seen, "score") == [0.9, 0.6, 1.0, 1.0]
    assert told(seen, "status")[0::3] == ["On track", "Done"]
    assert (told(seen, "grade"), seen["O1"]["grade"]) == (["green", "amber", "green", "green"], "green")


@pytest.mark.parametrize("day", ("2027-01-01", "2027-02-15"))
def test_after_the_end_it_is_graded_and_nobody_is_reminded(company: Company, day: str) -> None:
    seen = as_of(company, day)
    assert told(seen, "status") == ["Missed", "Missed", "Done", "Done"]
    # O1 is aspirational (green from 0.7), O2 committed (green from 1 only)
    assert told(seen, "grade") == ["green", "amber", "green", "green"]
    assert (seen["O1"]["score"], seen["O1"]["grade"]) == (0.75, "green")
    assert (seen["O2"]["score"], seen["O2"]["grade"]) == (1.0, "green")
    assert (seen["unit"]["roll_up"], seen["unit"]["check_in_rate"]) == (0.875, None)
    assert {"B401", "B402"} & set(seen["codes"]) == set()
    assert "B403" in seen["codes"]


def test_a_sync_after_the_end_shows_the_ended_cycle_until_the_next_begins(company: Company) -> None:
    company.config.write_text(company.config.read_text().replace('cycle = "2026-Q4"\n', ""))
    company.sync("2026-12-31")
    ended = company.sync("2027-01-04")  # nobody has a sheet for 2027-Q1 yet
    assert ended.assessment is not None
    assert ended.assessment.selection.cycle.name == "2026-Q4"
    company.team(cycle="2027-Q1", file="Acme 2027-Q1.xlsx")
    begun = company.sync("2027-01-05")
    assert begun.assessment is not None
    assert begun.assessment.selection.cycle.name == "2027-Q1"
    assert len(begun.assessment.selection.other_cycle) == 1
    assert "S117" not in {problem.code for problem in begun.problems}


def test_a_custom_cycle_of_thirteen_weeks_follows_its_own_days(company: Company) -> None:
    company.config.write_text(company.config.read_text().replace("2026-Q4", "Season 3"))
    tables = {"objectives": OBJECTIVES, "key_results": KEY_RESULTS, "check_ins": CHECK_INS}
    company.team(cycle="Season 3", starts=date(2026, 9, 7), ends=date(2026, 12, 6), **tables)
    seen = as_of(company, "2026-11-12")
    assert seen["A"]["expected"] == 66 / 90
    assert as_of(company, "2026-12-07")["A"]["grade"] == "amber"

"""The B rules: each with sheets that have the finding and sheets that must not have it.

Check-ins are due on Fridays and count from the Sunday before; today is Wednesday, 2026-11-18.
"""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.policy import Checks
from sync.core.portfolio import Seen
from tests.sheets import CYCLE, TODAY, check_in, company, found, kr, o


def messages(problems):
    return [problem.message for problem in problems]


def acme(*rows, **fields):
    return company(o("CO-O1"), kr("CO-O1-KR1", **fields), kr("CO-O1-KR2"), *rows)


def test_b401_check_in_overdue():
    (problem,) = found(acme(last_check_in=date(2026, 11, 2)), code="B401")
    assert problem.message == (
        "CO-O1-KR1 was last checked in on 2026-11-02; the check-in due on 2026-11-13 is missing."
    )
    assert (problem.severity, problem.tab, problem.cell, problem.value) == (
        "warning", "Key Results", "N2", "2026-11-02"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "rows"),
    (
        ({"last_check_in": date(2026, 11, 8)}, ()),  # the window has opened
        ({"last_check_in": date(2026, 11, 2)}, (check_in(date(2026, 11, 12), "CO-O1-KR1", 4),)),
        ({"last_check_in": date(2026, 11, 2), "status": "Paused"}, ()),
        ({"last_check_in": date(2026, 11, 2), "status": "Done"}, ()),
        ({"last_check_in": date(2026, 11, 2), "start": 0, "target": 10, "current": 10}, ()),
        ({"last_check_in": date(2026, 11, 2), "measure": "KPI"}, ()),
        ({"last_check_in": date(2026, 11, 2), "measure": "Contributors"}, ()),
        ({"last_check_in": date(2026, 11, 2), "due": date(2026, 11, 17)}, ()),
        ({"last_check_in": None, "starts": date(2026, 11, 16)}, ()),
        ({"last_check_in": None, "starts": date(2026, 11, 13)}, ()),  # the due day itself
    ),
)
def test_b401_and_b402_are_silent_where_nothing_is_owed(fields, rows):
    sheet = acme(*rows, **fields)
    assert found(sheet, code="B401") == found(sheet, code="B402") == []


def test_b401_on_and_after_the_due_day():
    sheet = acme(last_check_in=date(2026, 11, 10))
    friday, saturday = date(2026, 11, 20), date(2026, 11, 21)
    assert found(sheet, code="B401", as_of=friday) == []
    (problem,) = found(sheet, code="B401", as_of=saturday)[:1]
    assert "due on 2026-11-20" in problem.message


def test_b401_follows_the_settings_and_what_syncs_saw():
    sheet = acme(last_check_in=date(2026, 11, 2))
    tuesdays = Checks(check_in_due_weekday=1)
    assert "due on 2026-11-17" in found(sheet, code="B401", checks=tuesdays)[0].message
    seen = {("Acme", CYCLE, "CO-O1-KR1"): Seen(date(2026, 11, 1), date(2026, 11, 11))}
    assert found(sheet, code="B401", seen=seen) == []


def test_b401_and_b402_are_silent_on_sources_that_could_not_be_read():
    sheet = acme(last_check_in=date(2026, 11, 2))
    assert len(found(sheet, code="B401", states={"Acme": "unchanged"})) == 1
    assert found(sheet, code="B401", states={"Acme": "stale"}) == []
    assert found(acme(last_check_in=None), code="B402", states={"Acme": "held"}) == []


def test_b401_is_silent_after_the_end_of_the_cycle():
    assert found(acme(last_check_in=date(2026, 11, 2)), code="B401", as_of=date(2027, 1, 4)) == []


def test_b402_never_checked_in_and_then_not_overdue_too():
    sheet = acme(last_check_in=None, start=0, target=10)
    (problem,) = found(sheet, code="B402")
    assert problem.message == "CO-O1-KR1 was never checked in; the check-in due on 2026-11-13 is missing."
    assert found(sheet, code="B401") == []
    undated = found(acme(last_check_in=None), code="B402")
    assert messages(undated) == [
        "CO-O1-KR1 stands at 5, but of which day is not known; the check-in due on 2026-11-13 is missing."
    ]


def test_b402_waits_for_the_first_due_day():
    sheet = company(o("CO-O1"), kr("CO-O1-KR1", last_check_in=None))
    assert found(sheet, code="B402", as_of=date(2026, 10, 2)) == []  # Friday, the second day of the cycle
    assert len(found(sheet, code="B402", as_of=date(2026, 10, 3))) == 1


def test_b403_past_due_not_done():
    sheet = acme(due=date(2026, 11, 10))
    (problem,) = found(sheet, code="B403")
    assert problem.message == "CO-O1-KR1 was due on 2026-11-10 and has reached 50% of its target."
    assert (problem.cell, problem.value) == ("S2", "2026-11-10")
    done = acme(due=date(2026, 11, 10), start=0, target=10, current=10)
    assert found(done, code="B403") == []
    assert found(acme(due=TODAY), code="B403") == []


def test_b403_at_the_end_of_the_cycle_spares_what_was_graded_green():
    sheet = company(
        o("CO-O1"),
        kr("CO-O1-KR1", start=0, target=10, current=7),
        kr("CO-O1-KR2", start=0, target=10, current=6.9),
        kr("CO-O1-KR3", start=0, target=10, current=None),
    )
    assert messages(found(sheet, code="B403", as_of=date(2027, 1, 2))) == [
        "CO-O1-KR2 was due on 2026-12-31 and has reached 69% of its target.",
        "CO-O1-KR3 was due on 2026-12-31 and has no score.",
    ]


def test_b403_names_the_end_of_the_cycle_where_due_lies_beyond():
    (problem,) = found(acme(due=date(2027, 2, 1)), code="B403", as_of=date(2027, 1, 2))[:1]
    assert problem.message == "CO-O1-KR1 was due on 2026-12-31 and has reached 50% of its target."


@pytest.mark.parametrize(
    ("status", "current", "said"),
    (
        ("On track", 3, "it is 23 points behind: 30% done, 53% expected"),
        ("Off track", 6, "it is not behind: 60% done, 53% expected"),
        ("At risk", 10, "it has reached its target"),
        ("Done", 9, "it has reached 90% of its target"),
        ("Not started", 3, "it has moved: its score is 30%"),
    ),
)
def test_b405_typed_status_contradicts_the_data(status, current, said):
    (problem,) = found(acme(start=0, target=10, current=current, status=status), code="B405")
    assert problem.message == f"CO-O1-KR1 says {status}, but {said}."
    assert (problem.cell, problem.value, problem.severity) == ("L2", status, "warning")


@pytest.mark.parametrize(
    ("status", "fields"),
    (
        ("On track", {"current": 5}),
        ("At risk", {"current": 6}),  # foresight
        ("Off track", {"current": 2}),
        ("Done", {"current": 10}),
        ("Done", {"measure": "At least", "start": None, "current": 11}),
        ("Not started", {"current": 0}),
        ("Not started", {"current": None}),
        ("On track", {"measure": "Yes/No", "start": None, "target": None, "current": False}),
        ("On track", {"current": None}),
        ("Not started", {"measure": "At least", "start": None, "current": 9}),
        ("Nonsense", {"current": 1}),
    ),
)
def test_b405_is_silent_where_the_status_fits(status, fields):
    fields = {"start": 0, "target": 10, **fields}
    assert found(acme(status=status, **fields), code="B405") == []


def test_b405_a_later_check_in_says_something_else():
    sheet = acme(check_in(date(2026, 11, 17), "CO-O1-KR1", 3, status="At risk"), status="On track")
    assert found(sheet, code="B405") == []


def test_b405_done_with_a_green_grade_at_the_end():
    sheet = acme(start=0, target=10, current=8, status="Done")
    assert len(found(sheet, code="B405")) == 1
    assert found(sheet, code="B405", as_of=date(2027, 1, 2)) == []


def test_b405_looks_at_objectives_too():
    sheet = company(o("CO-O1", status="Done"), kr("CO-O1-KR1"), kr("CO-O1-KR2"))
    (problem,) = found(sheet, code="B405")
    assert problem.message == "Objective CO-O1 says Done, but it has reached 50% of its target."


def test_b406_written_grade_contradicts_the_values():
    sheet = company(
        o("CO-O1", final_grade=0.9),
        kr("CO-O1-KR1", final_grade="20%"),
        kr("CO-O1-KR2", start=0, target=100, current=68, final_grade=0.7),
        kr("CO-O1-KR3", final_grade=0.45),
    )
    after = date(2027, 1, 2)
    assert messages(found(sheet, code="B406", as_of=after)) == [
        "CO-O1-KR1 has the final grade 20%, which is red, but its score is 0.50, which is amber.",
        "Objective CO-O1 has the final grade 0.9, which is green, but its score is 0.56, which is amber.",
    ]
    assert found(sheet, code="B406") == []  # there is no grade before the end


def test_b406_a_grade_on_another_scale():
    (problem,) = found(acme(final_grade=7), code="B406")
    assert problem.message == "CO-O1-KR1 has the final grade 7, which is not from 0 to 1."


def test_b409_on_the_wrong_side_of_the_start():
    (problem,) = found(acme(start=10, target=20, current=8), code="B409")
    assert problem.message == "CO-O1-KR1 moved the wrong way: from 10 to 8, with a target of 20."
    assert (problem.cell, problem.value, problem.severity) == ("I2", "8", "warning")
    for fields in (
        {"start": 20, "target": 10, "current": 12},
        {"start": 10, "target": 20, "current": 10},
        {"measure": "At most", "target": 10, "current": 30},
    ):
        assert found(acme(**fields), code="B409") == []


def test_b409_points_at_the_check_in_that_counts():
    sheet = acme(check_in(date(2026, 11, 17), "CO-O1-KR1", "-1%"), start="0%", target="50%", current="5%")
    (problem,) = found(sheet, code="B409")
    assert (problem.tab, problem.cell, problem.value) == ("Check-ins", "C2", "-1%")


def test_b410_check_in_in_the_future():
    sheet = acme(
        check_in(date(2026, 11, 18), "CO-O1-KR1", 4),
        check_in(date(2027, 11, 17), "CO-O1-KR1", 9),
        last_check_in=date(2026, 11, 19),
    )
    assert messages(found(sheet, code="B410")) == [
        "CO-O1-KR1 has a check-in dated 2027-11-17, after 2026-11-18.",
        "CO-O1-KR1 has a check-in dated 2026-11-19, after 2026-11-18.",
    ]
    (first, second) = found(sheet, code="B410")
    assert [(p.tab, p.cell, p.severity) for p in (first, second)] == [
        ("Check-ins", "A3", "error"),
        ("Key Results", "N2", "error"),
    ]
    assert found(acme(), code="B410") == []

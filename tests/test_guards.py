"""Guards: promises 1, 2, 3 and 13. A sheet is written as the ids of its key results, under objective O."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.core.columns import Columns
from sync.core.guards import Verdict, judge, look_again, without_gone
from sync.core.identity import Known, known_rows, resolve
from sync.core.model import Amount, Binding, CheckInRow, KeyResultRow, ObjectiveRow, Team, TeamSheet, Was
from sync.core.policy import Guards
from sync.core.schema import TABLES
from sync.core.standing import NOT_HELD, HeldState

GUARDS = Guards()
DAY = [date(2026, 10, 5) + timedelta(days=n) for n in range(40)]
TEN = "A B C D E F G H I J"


def number(value: float) -> Amount:
    return Amount(value, Was.NUMBER, str(value))


def sheet(
    ids: str, *, cycle: str = "2026-Q4", unit: str = "Ops", objective: str = "O", **fields: Any
) -> TeamSheet:
    rows = []
    for row, id_ in enumerate(ids.split(), 5):
        plain = {"objective_id": objective, "key_result": f"text of {id_}", "target": number(10.0)} | fields
        rows.append(KeyResultRow(row, id=id_, **plain))
    objectives = (ObjectiveRow(5, objective, "Be great"),) if objective else ()
    return resolve(TeamSheet("ops.xlsx", Team(unit, cycle=cycle), objectives, tuple(rows))).sheet


def empty() -> TeamSheet:
    return sheet("", objective="")


def ids(found: TeamSheet) -> str:
    return " ".join(row.id for row in found.key_results)


class Service:
    """The pipeline's part: remembers the sheet in use and the held state from one look to the next."""

    def __init__(self, first: TeamSheet) -> None:
        self.sheet, self.held = first, NOT_HELD
        self.known: dict[tuple[str, str], Known] = {}
        self.learn()

    def learn(self) -> None:
        self.known |= {(row.table, row.identity): row for row in known_rows(self.sheet)}

    def read(self, new: TeamSheet, day: date, *, allowed: bool = False) -> Verdict:
        found = resolve(new, list(self.known.values()))
        return self.take(
            judge(found.sheet, self.sheet, self.held, GUARDS, day, allowed=allowed, renames=found.renames)
        )

    def unchanged(self, day: date, *, allowed: bool = False) -> Verdict:
        return self.take(look_again(self.sheet, self.held, GUARDS, day, allowed=allowed))

    def take(self, verdict: Verdict) -> Verdict:
        self.sheet, self.held = verdict.sheet, verdict.held
        self.learn()
        return verdict


def test_trust_01_zero_rows_never_replace_the_last_good_ones() -> None:
    service = Service(sheet("A B"))
    verdict = service.read(empty(), DAY[0])
    assert not verdict.accept
    assert ids(service.sheet) == "A B"
    assert verdict.problem is not None
    assert verdict.problem.code == "S111"
    assert 'okrsync accept "ops.xlsx"' in verdict.problem.hint


def test_trust_01_zero_rows_are_believed_on_the_second_date() -> None:
    service = Service(sheet("A B"))
    assert not service.read(empty(), DAY[0]).accept
    assert not service.read(empty(), DAY[0]).accept
    verdict = service.read(empty(), DAY[1])
    assert verdict.accept
    assert verdict.sheet.key_results == ()
    assert {(gone.identity, gone.dates) for gone in verdict.dropped if gone.table == "key_results"} == {
        ("A", (DAY[0], DAY[1])),
        ("B", (DAY[0], DAY[1])),
    }


def test_trust_01_an_unchanged_token_counts_as_seeing_it() -> None:
    service = Service(sheet("A B"))
    service.read(empty(), DAY[0])
    assert not service.unchanged(DAY[0]).accept
    assert service.unchanged(DAY[1]).accept
    assert ids(service.sheet) == ""


def test_trust_01_time_that_runs_backwards_is_no_second_date() -> None:
    service = Service(sheet("A B"))
    service.read(empty(), DAY[5])
    assert not service.read(empty(), DAY[4]).accept
    assert service.read(empty(), DAY[6]).accept


def test_trust_01_rows_that_come_back_start_the_count_anew() -> None:
    service = Service(sheet("A B"))
    service.read(empty(), DAY[0])
    assert service.read(sheet("A B"), DAY[1]).held == NOT_HELD
    assert not service.read(empty(), DAY[2]).accept


def test_trust_01_a_tab_that_lost_all_its_rows_counts_alone() -> None:
    service = Service(sheet("A B"))
    assert not service.read(sheet(""), DAY[0]).accept
    assert ids(service.sheet) == "A B"


def test_trust_01_and_02_accept_works_once() -> None:
    service = Service(sheet("A B"))
    service.read(empty(), DAY[0])
    assert service.unchanged(DAY[0], allowed=True).accept
    assert ids(service.sheet) == ""
    service.read(sheet("A B"), DAY[0])
    assert not service.read(empty(), DAY[0]).accept


def test_a_first_reading_is_believed_whatever_it_says() -> None:
    assert judge(empty(), None, NOT_HELD, GUARDS, DAY[0]).accept


@pytest.mark.parametrize(
    ("left", "accepted"),
    (
        ("A B C D E F G H I", True),
        ("A B C D E", True),  # 5 of 11 known rows are gone (the objective is one)
        ("A B C D", False),  # 6 of 11
        ("A", False),
    ),
)
def test_trust_02_more_than_half_of_the_known_rows_gone_is_held(left: str, *, accepted: bool) -> None:
    verdict = Service(sheet(TEN)).read(sheet(left), DAY[0])
    assert verdict.accept is accepted
    assert ids(verdict.sheet).split() == (
        left.split() + [i for i in TEN.split() if i not in left] if accepted else TEN.split()
    )


def test_trust_02_the_message_has_count_ratio_and_command() -> None:
    problem = Service(sheet(TEN)).read(sheet("A"), DAY[0]).problem
    assert problem is not None
    assert "9 of 11 known rows are gone (82%)" in problem.message
    assert 'okrsync accept "ops.xlsx"' in problem.hint


def test_trust_02_a_command_quotes_what_a_shell_would_read() -> None:
    service = Service(sheet("A B")._replace(source="it's $HOME.xlsx"))
    problem = service.read(empty(), DAY[0]).problem
    assert problem is not None
    assert """okrsync accept 'it'"'"'s $HOME.xlsx'""" in problem.hint


def test_trust_02_below_six_known_rows_nothing_is_held_for_shrinking() -> None:
    assert Service(sheet("A B C D")).read(sheet("A"), DAY[0]).accept
    assert not Service(sheet("A B C D E")).read(sheet("A"), DAY[0]).accept


def test_trust_02_a_shrunk_sheet_is_believed_once_each_row_was_missed_on_two_dates() -> None:
    service = Service(sheet(TEN))
    assert not service.read(sheet("A"), DAY[0]).accept
    assert service.read(sheet("A"), DAY[1]).accept
    assert ids(service.sheet) == "A"


CHANGES: list[dict[str, Any]] = [
    {"key_result": "something else"},
    {"measure": "Decrease"},
    {"start": number(3.0)},
    {"target": number(99.0)},
    {"target": Amount(None, Was.ERROR, "#REF!")},
    {"objective_id": "another"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_trust_02_all_rows_changed_at_once_are_held(change: dict[str, Any]) -> None:
    service = Service(sheet(TEN))
    verdict = service.read(sheet(TEN, **change), DAY[0])
    assert not verdict.accept
    assert verdict.problem is not None
    assert "all 10 rows changed at once" in verdict.problem.message
    assert service.unchanged(DAY[1]).accept


def test_trust_02_all_ids_cleared_at_once_are_held() -> None:
    service = Service(sheet(TEN))
    now = sheet(TEN)
    blank = now._replace(key_results=tuple(row._replace(id="", identity="") for row in now.key_results))
    assert service.read(blank, DAY[0]).held.kind == "changed"


def test_trust_02_a_row_that_stayed_the_same_lets_the_others_change() -> None:
    now = sheet(TEN, target=number(99.0))
    same = (now.key_results[0]._replace(target=number(10.0)), *now.key_results[1:])
    assert Service(sheet(TEN)).read(now._replace(key_results=same), DAY[0]).accept


@pytest.mark.parametrize(
    "check_in",
    (
        {"current": number(7.0)},
        {"confidence": number(3.0)},
        {"status": "At risk"},
        {"comment": "well"},
        {"last_check_in": DAY[3]},
    ),
)
def test_trust_02_check_in_columns_are_never_a_reason(check_in: dict[str, Any]) -> None:
    assert Service(sheet(TEN)).read(sheet(TEN, **check_in), DAY[0]).accept


def bound(found: TeamSheet, **lacking: str) -> TeamSheet:
    """The sheet as read from the template's tabs; `lacking` names fields without a column, * for no tab."""
    columns = {tab.key: {c.field: at for at, c in enumerate(tab.columns, 1)} for tab in TABLES}
    for key, fields in lacking.items():
        for field in fields.split():
            columns[key].pop(field, None)
    titles = {tab.key: tab.title for tab in TABLES}
    return found._replace(
        bindings={
            key: Binding(titles[key], 1, places) for key, places in columns.items() if lacking.get(key) != "*"
        }
    )


FULL: dict[str, Any] = {
    "measure": "Milestone",
    "milestones": "Design; Build",
    "start": number(0.0),
    "current": number(5.0),
    "weight": number(1.0),
}
LOG = Columns.of(CheckInRow, [CheckInRow(5, DAY[0], "B", number(3.0))])
NO_LOG = Columns.of(CheckInRow)


@pytest.mark.parametrize(
    ("tab", "fields", "what"),
    (
        ("key_results", "current", "the column Current of Key Results is gone"),
        ("key_results", "target", "the column Target of Key Results is gone"),
        ("key_results", "start", "the column Start of Key Results is gone"),
        ("key_results", "measure", "the column Measure of Key Results is gone"),
        ("key_results", "objective_id", "the column Objective ID of Key Results is gone"),
        ("key_results", "milestones", "the column Milestones of Key Results is gone"),
        ("key_results", "weight", "the column Weight of Key Results is gone"),
        ("check_ins", "value", "the column Value of Check-ins is gone"),
        ("check_ins", "*", "the tab Check-ins is gone"),
    ),
)
@pytest.mark.parametrize("rows", ("A B", TEN))
def test_trust_02_a_filled_tab_or_column_that_is_gone_is_held(
    rows: str, tab: str, fields: str, what: str
) -> None:
    before = bound(sheet(rows, **FULL)._replace(check_ins=LOG))
    blank = {field: KeyResultRow._field_defaults[field] for field in fields.split() if tab == "key_results"}
    now = sheet(rows, **(FULL | blank))._replace(check_ins=NO_LOG if fields == "*" else LOG)
    now = bound(now, **{tab: fields})
    service = Service(before)
    verdict = service.read(now, DAY[0])
    assert not verdict.accept
    assert verdict.problem is not None
    assert what in verdict.problem.message
    assert service.sheet == before
    assert not service.unchanged(DAY[0]).accept
    assert service.unchanged(DAY[1]).accept
    assert service.sheet == now
    assert service.read(now, DAY[2]).accept


def test_trust_02_a_lost_column_can_be_accepted_and_a_restored_one_starts_anew() -> None:
    service = Service(bound(sheet("A B", **FULL)))
    lacking = bound(sheet("A B", **FULL, confidence=number(5.0)), key_results="current")
    service.read(lacking, DAY[0])
    assert service.read(bound(sheet("A B", **FULL)), DAY[0]).accept
    assert not service.read(lacking, DAY[1]).accept
    assert service.unchanged(DAY[1], allowed=True).accept


def test_trust_02_two_losses_are_told_together_and_the_second_is_seen_on_dates_of_its_own() -> None:
    service = Service(bound(sheet("A B", **FULL)._replace(check_ins=LOG)))
    service.read(bound(sheet("A B", **FULL)._replace(check_ins=LOG), key_results="current"), DAY[0])
    both = bound(sheet("A B", **FULL), key_results="current", check_ins="*")
    verdict = service.read(both, DAY[1])
    assert verdict.held.what == (
        "the column Current of Key Results is gone or stands twice "
        "and the tab Check-ins is gone or has lost its header"
    )
    assert service.unchanged(DAY[2]).accept


def test_trust_02_an_empty_tab_or_column_may_go() -> None:
    before = bound(sheet("A B"))
    now = bound(sheet("A B"), key_results="current start measure weight milestones", check_ins="*")
    assert Service(before).read(now, DAY[0]).accept
    assert Service(now).read(before, DAY[0]).accept


def test_trust_02_another_cycle_is_a_new_baseline() -> None:
    service = Service(sheet(TEN))
    verdict = service.read(sheet("X Y", cycle="2027-Q1"), DAY[0])
    assert verdict.accept
    assert verdict.sheet.gone == ()
    assert service.read(sheet("", cycle="2027-Q2", objective=""), DAY[0]).accept


def test_trust_02_a_blanked_cycle_is_no_other_cycle() -> None:
    assert not Service(sheet(TEN)).read(empty()._replace(team=Team("Ops")), DAY[0]).accept


def test_a_swapped_workbook_is_held_however_small() -> None:
    service = Service(sheet("A"))
    verdict = service.read(sheet("Z", unit="Sales", objective="P"), DAY[0])
    assert verdict.held.kind == "swapped"
    assert ids(verdict.sheet) == "A"


def test_a_renamed_unit_is_not_held() -> None:
    verdict = Service(sheet(TEN)).read(sheet(TEN, unit="Operations"), DAY[0])
    assert verdict.accept
    assert verdict.sheet.team.unit == "Operations"


def test_filling_ids_is_neither_a_loss_nor_a_change() -> None:
    before = sheet(TEN, objective_id="")
    blank = before._replace(
        objectives=tuple(row._replace(id="") for row in before.objectives),
        key_results=tuple(row._replace(id="") for row in before.key_results),
    )
    service = Service(resolve(blank).sheet)
    verdict = service.read(sheet(TEN), DAY[0])
    assert verdict.accept
    assert verdict.sheet.gone == ()
    assert len(verdict.renames) == 11


def test_naming_the_same_objective_by_its_text_is_no_change() -> None:
    assert Service(sheet(TEN)).read(sheet(TEN, objective_id="Be great"), DAY[0]).accept


def test_trust_03_small_deletions_leave_on_the_second_date() -> None:
    service = Service(sheet(TEN))
    assert service.read(sheet("A B C D E F G H I"), DAY[0]).accept
    assert ids(service.sheet) == TEN
    assert [(g.identity, g.dates) for g in service.sheet.gone] == [("J", (DAY[0],))]
    assert not service.unchanged(DAY[0]).dropped
    verdict = service.unchanged(DAY[1])
    assert [(g.identity, g.dates) for g in verdict.dropped] == [("J", (DAY[0], DAY[1]))]
    assert ids(service.sheet) == "A B C D E F G H I"
    assert service.sheet.gone == ()


def test_trust_03_a_row_that_comes_back_is_gone_no_more() -> None:
    service = Service(sheet(TEN))
    service.read(sheet("A B C D E F G H I"), DAY[0])
    assert service.read(sheet(TEN), DAY[1]).sheet.gone == ()
    service.read(sheet("A B C D E F G H I"), DAY[2])
    assert ids(service.sheet) == TEN


def test_trust_03_check_ins_stay_as_long_as_their_row() -> None:
    service = Service(sheet("A B")._replace(check_ins=LOG))
    assert service.read(sheet("A"), DAY[0]).sheet.check_ins == LOG
    assert service.read(sheet("A"), DAY[1]).sheet.check_ins == NO_LOG


def test_trust_03_rows_kept_count_towards_a_loss_on_the_same_date() -> None:
    """4 of 11 rows gone, and 2 more later that day: together more than half."""
    service = Service(sheet(TEN))
    assert service.read(sheet("A B C D E F"), DAY[0]).accept
    assert not service.read(sheet("A B C D"), DAY[0]).accept


def test_a_copied_row_is_not_a_missing_one() -> None:
    service = Service(sheet("A B C"))
    copied = sheet("A B C")
    row = copied.key_results[0]
    verdict = service.read(copied._replace(key_results=(*copied.key_results, row._replace(row=9))), DAY[0])
    assert verdict.accept
    assert verdict.sheet.gone == ()
    assert [r.identity for r in verdict.sheet.key_results] == ["!5:A", "B", "C", "!9:A"]
    after = service.read(sheet("A B C"), DAY[1])
    assert after.sheet == sheet("A B C")


READINGS = st.lists(
    st.tuples(
        st.sampled_from(["", "A", "A B", "C D E", "A B C D E F G H", "X", TEN]),  # what the sheet says
        st.sampled_from([0, 0, 1, 1, 3]),  # days later
        st.booleans(),  # whether the token is unchanged instead
    ),
    max_size=8,
)


@given(READINGS)
@example([("", 0, False), ("X", 1, False), (TEN[:15], 0, False), ("X", 0, False), ("A", 1, False)])
def test_trust_01_to_03_no_row_leaves_before_it_was_missed_on_two_dates(
    readings: list[tuple[str, int, bool]],
) -> None:
    """A machine invents the history; beside it the dates on which each row was missed are counted simply."""
    service = Service(sheet(TEN))
    day, says = DAY[0], sheet(TEN)
    missed: dict[str, set[date]] = {}
    for line, later, same in readings:
        day += timedelta(days=later)
        says = says if same else sheet(line, objective="O" if line else "")
        before = ids(service.sheet).split()
        verdict = service.unchanged(day) if same else service.read(says, day)
        there = ids(says).split()
        missed = {i: missed.get(i, set()) | {day} for i in {*before, *missed} if i not in there}
        for row in before:
            if row not in ids(service.sheet).split():
                assert len(missed[row]) >= GUARDS.seen_dates, (row, day)
        if verdict.accept:
            assert set(there) <= set(ids(service.sheet).split())
            assert without_gone(service.sheet) == without_gone(says)
        else:
            assert service.held.pending is not None
            assert ids(service.held.pending) == ids(says)


@given(READINGS)
def test_trust_13_one_run_after_the_faults_gives_the_state_of_a_run_without_them(
    readings: list[tuple[str, int, bool]],
) -> None:
    service = Service(sheet(TEN))
    day = DAY[0]
    for line, later, _ in readings:
        day += timedelta(days=later)
        service.read(sheet(line, objective="O" if line else ""), day)
    service.read(sheet(TEN), day)
    still_there = {gone.identity for gone in service.sheet.gone}
    assert still_there <= {"X"}  # a row that appeared during the faults leaves as every row does
    assert without_gone(service.sheet) == sheet(TEN)
    assert service.held == NOT_HELD


@given(READINGS)
def test_a_held_source_is_used_by_the_second_date_when_it_stays_as_it_is(
    readings: list[tuple[str, int, bool]],
) -> None:
    service = Service(sheet(TEN))
    day = DAY[0]
    for line, later, _ in readings:
        day += timedelta(days=later)
        service.read(sheet(line, objective="O" if line else ""), day)
    service.unchanged(day + timedelta(days=1))
    assert service.held == HeldState()

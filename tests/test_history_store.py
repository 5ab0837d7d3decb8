"""History: what it learns from readings, and that any past run can be told again (promises 3, 11, 12, 14)."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.core.errors import HistoryUnusable, UsageError
from sync.core.guards import look_again
from sync.core.identity import resolve
from sync.core.model import Amount, Gone, Person, Was
from sync.core.policy import Guards
from sync.core.problems import Problem, Severity
from sync.core.standing import HeldState
from sync.history.payload import made, sheet_document
from sync.history.records import Figure, Note, RollUp, Run, RunResult, SourceRecord, Update
from sync.history.store import Store
from tests.past import DAY, known, kr, number, reading, result, sync, team
from tests.places import MakePlace, Place, counts

A = ("Ops", "2026-Q4", "A")


@pytest.fixture
def store(place: Place):
    with place.open() as store:
        yield store


# What a reading teaches: (what is read on day 0, 3, 5; when the value was first seen; the newest check-in)
LOOKS = {
    "nothing changes": (kr("A", 1), kr("A", 1), kr("A", 1), DAY[0], None),
    "a new value": (kr("A", 1), kr("A", 2), kr("A", 2), DAY[3], DAY[3]),
    "two new values": (kr("A", 1), kr("A", 2), kr("A", 3), DAY[5], DAY[5]),
    "there and back": (kr("A", 1), kr("A", 2), kr("A", 1), DAY[5], DAY[5]),
    "a comment": (kr("A", 1), kr("A", 1, comment="x"), kr("A", 1, comment="x"), DAY[0], DAY[3]),
    "a status": (kr("A", 1), kr("A", 1), kr("A", 1, status="Done"), DAY[0], DAY[5]),
    "a confidence": (
        kr("A", 1),
        kr("A", 1, confidence=number(3)),
        kr("A", 1, confidence=number(3)),
        DAY[0],
        DAY[3],
    ),
    "a target is no check-in": (kr("A", 1), kr("A", 1, target=number(7)), kr("A", 1), DAY[0], None),
    "a formula's value is no check-in": (
        kr("A", Amount(1.0, Was.NUMBER, "1", formula=True)),
        kr("A", Amount(2.0, Was.NUMBER, "2", formula=True)),
        kr("A", Amount(2.0, Was.NUMBER, "2", formula=True)),
        DAY[3],
        None,
    ),
    "an error, mended": (kr("A", 1), kr("A", Amount(None, Was.ERROR, "#REF!")), kr("A", 1), DAY[0], None),
    "an error, then another value": (
        kr("A", 1),
        kr("A", Amount(None, Was.ERROR, "#REF!")),
        kr("A", 2),
        DAY[5],
        DAY[5],
    ),
    "an error at first": (kr("A", Amount(None, Was.ERROR, "#REF!")), kr("A", 1), kr("A", 1), DAY[3], None),
    "another spelling of the same number": (
        kr("A", Amount(1000.0, Was.NUMBER, "1,000")),
        kr("A", 1000),
        kr("A", 1000),
        DAY[0],
        None,
    ),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_changed_row_is_a_check_in(store: Store, look: str) -> None:
    *readings, value_seen, changed_on = LOOKS[look]
    for day, row in zip((DAY[0], DAY[3], DAY[5]), readings, strict=True):
        sync(store, day, reading(team(row)))
    assert store.seen(DAY[9])[A] == (value_seen, changed_on)


def test_a_value_first_seen_in_this_run_is_dated_before_the_commit(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    update = reading(team(kr("A", 2), kr("B", 1)))
    before = store.seen(DAY[3], [update])
    assert before[A] == (DAY[3], DAY[3])
    sync(store, DAY[3], update)
    assert store.seen(DAY[3]) == before


def test_dates_never_go_backwards(store: Store) -> None:
    sync(store, DAY[9], reading(team(kr("A", 1))))
    sync(store, DAY[2], reading(team(kr("A", 2))))
    assert store.seen(DAY[2])[A] == (DAY[2], DAY[2])
    assert store.seen(DAY[20])[A] == (DAY[9], DAY[9])


def test_held_and_stale_sources_touch_no_row(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    held = reading(team(kr("A", 1)), state="held", since=DAY[3])._replace(accepted=False)
    sync(store, DAY[3], held)
    assert store.seen(DAY[3])[A] == (DAY[0], None)
    (record,) = store.load_sources().values()
    assert (record.state, record.since) == ("held", DAY[3])


def test_a_row_that_is_kept_although_missing_is_not_seen_again(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1), kr("B", 1))))
    sheet = team(kr("A", 1), kr("B", 9))._replace(gone=(Gone("key_results", "B", (DAY[3],)),))
    update = reading(sheet)
    assert store.seen(DAY[3], [update])["Ops", "2026-Q4", "B"] == (DAY[0], None)
    sync(store, DAY[3], update)
    assert store.seen(DAY[3])["Ops", "2026-Q4", "B"] == (DAY[0], None)
    assert store.load_sources(rows=False)["/teams/Ops.xlsx"].waiting


def test_trust_03_a_dropped_row_stays_in_history_and_may_come_back(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1), kr("B", 1))))
    gone = Gone("key_results", "B", (DAY[3], DAY[4]))
    sync(store, DAY[4], reading(team(kr("A", 1)), dropped=(gone,)))
    assert [(c.field, c.id, c.as_of) for c in store.changes(DAY[1])] == [("dropped", "B", DAY[4])]
    assert store.history_of("B").points
    sync(store, DAY[6], reading(team(kr("A", 1), kr("B", 1))))
    assert store.seen(DAY[6])["Ops", "2026-Q4", "B"] == (DAY[0], None)
    assert store.changes(DAY[5]) == []


def test_a_first_id_keeps_the_history_of_the_row(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("", 1, key_result="Ship it"))))
    resolved = resolve(team(kr("A", 1, key_result="Ship it")), known(store, team()))
    update = reading(resolved.sheet, renames=resolved.renames)
    assert resolved.renames
    assert store.seen(DAY[3], [update])[A] == (DAY[0], None)
    sync(store, DAY[3], update)
    assert store.seen(DAY[3])[A] == (DAY[0], None)
    assert [point.run for point in store.history_of("A").points if point.texts] == [1, 2]


def test_a_unit_renamed_inside_its_source_keeps_its_history(store: Store) -> None:
    key = "/teams/ops.xlsx"
    sync(store, DAY[0], reading(team(kr("A", 1)), key))
    renamed = reading(team(kr("A", 1), unit="Operations"), key)
    assert store.seen(DAY[3], [renamed])["Operations", "2026-Q4", "A"] == (DAY[0], None)
    assert {row.id for row in known(store, team(unit="Operations"), key)} == {"O1", "A"}
    sync(store, DAY[9], renamed)
    assert store.seen(DAY[9]).keys() == {("Operations", "2026-Q4", "A")}
    assert [point.as_of for point in store.trend()["Operations"]] == [DAY[0], DAY[9]]


def test_a_unit_of_that_name_keeps_its_own_history(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))), reading(team(kr("A", 5), unit="Sales")))
    sync(store, DAY[3], reading(team(kr("A", 9), unit="Sales"), "/teams/Ops.xlsx"))
    assert store.seen(DAY[3])["Sales", "2026-Q4", "A"] == (DAY[3], DAY[3])
    assert store.seen(DAY[3])["Ops", "2026-Q4", "A"] == (DAY[0], None)


def test_another_cycle_has_rows_of_its_own(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    sync(store, DAY[3], reading(team(kr("A", 1), cycle="2027-Q1")))
    assert store.seen(DAY[3])["Ops", "2027-Q1", "A"] == (DAY[3], None)


def test_trust_09_a_copied_row_teaches_nothing_and_the_known_one_is_not_forgotten(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    copied = team(kr("A", 5)._replace(row=5), kr("A", 6)._replace(row=6))
    sync(store, DAY[3], reading(copied))
    assert store.seen(DAY[3]) == {A: (DAY[0], None)}
    assert [row.identity for row in known(store, team()) if row.table == "key_results"] == ["A"]


def test_sources_come_back_as_they_were_committed(store: Store) -> None:
    sheet = team(kr("A", 1), unit="Ops \ud800")
    problem = Problem("S104", Severity.ERROR, "Ops.xlsx", "Ops", "t", "C4", "A", "1.2.3", "no number", "mend")
    update = reading(sheet, problems=(problem,), url="file:///x", content_hash="h", read_at=DAY[0])
    sync(store, DAY[0], update)
    (record,) = store.load_sources().values()
    assert record == update.record._replace(digest=record.digest, unit="Ops \ud800", cycle="2026-Q4")
    (light,) = store.load_sources(rows=False).values()
    assert light == record._replace(sheet=None, problems=())
    assert store.with_rows({light.key: light}) == {record.key: record}


def test_a_document_that_was_made_ahead_is_stored_for_its_own_sheet_alone(store: Store) -> None:
    """A source's sheet, one that waits, and one that only looks like the one the document was made of."""
    sheet, other = team(kr("A", 1)), team(kr("A", 2))
    ready = made(sheet)._replace(document=sheet_document(other))  # so that its use can be seen
    sync(store, DAY[0], reading(sheet)._replace(made=ready))
    held = HeldState("empty", DAY[1], "no key results are left", sheet)
    sync(store, DAY[1], reading(sheet._replace(), key="/held", held=held)._replace(made=ready))
    records = store.load_sources()
    assert records["/teams/Ops.xlsx"].sheet == other
    assert (records["/held"].sheet, records["/held"].held.pending) == (sheet, other)


def test_a_held_reading_is_kept_so_that_a_new_date_needs_no_reading(store: Store) -> None:
    """Promises 1 and 12: the first run of a new date judges what is in history."""
    good = team(kr("A", 1), kr("B", 1))
    sync(store, DAY[0], reading(good))
    verdict = look_again(good, _pending(team()), Guards(), DAY[1])
    record = store.load_sources()["/teams/Ops.xlsx"]._replace(held=verdict.held, state="held", since=DAY[1])
    sync(store, DAY[1], Update(record, judged=True))
    record = store.load_sources()["/teams/Ops.xlsx"]
    assert record.held == verdict.held
    assert record.waiting
    again = look_again(good, record.held, Guards(), DAY[2])
    assert again.accept
    assert again.sheet.key_results == ()


def _pending(sheet):
    return HeldState("empty", DAY[1], "no key results are left", sheet)


def test_trust_12_an_idle_run_adds_one_row(store: Store, place: Place) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))), people=[Person(2, "Kim")])
    before = counts(place)
    newest = store.latest_run()
    assert newest is not None
    store.record_run(newest._replace(idle=True, started=datetime(2026, 10, 5, 12)))  # noqa: DTZ001  # any time
    after = counts(place)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"run": 1}
    assert store.people() == (Person(2, "Kim"),)


def test_a_run_without_changes_adds_no_row_history(store: Store, place: Place) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    before = counts(place)
    sync(store, DAY[0], reading(team(kr("A", 1))))
    after = counts(place)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"run": 1}


def test_trust_11_no_number_that_is_not_finite_gets_in(store: Store, place: Place) -> None:
    figures = [Figure("key_results", *A, math.nan, math.inf)]
    roll_ups = [RollUp("Ops", "2026-Q4", own_score=math.nan, roll_up=-math.inf)]
    row = kr("A", Amount(math.inf, Was.NUMBER, "1E999"))
    sync(store, DAY[0], reading(team(row)), figures=figures, roll_ups=roll_ups)
    for table in ("point", "figure", "roll_up"):
        for found in place.ask(f"SELECT * FROM {table}"):  # noqa: S608  # a literal above
            assert all(math.isfinite(part) for part in found if isinstance(part, float))
    assert store.trend()["Ops"][0].roll_up is None


def test_numbers_of_numpy_are_taken(store: Store) -> None:
    import numpy as np

    roll_ups = [RollUp("Ops", "2026-Q4", own_score=np.float64(0.25), scored_krs=np.int64(3))]  # type: ignore[arg-type]  # what a frame gives
    sync(store, DAY[0], reading(team(kr("A", 1))), roll_ups=roll_ups)
    assert store.trend()["Ops"][0][2:3] == (0.25,)
    assert store.trend()["Ops"][0].scored_krs == 3


def test_the_trend_has_the_newest_run_of_each_week(store: Store) -> None:
    """DAY[0] is a Monday."""
    for day, score in ((0, 0.1), (2, 0.2), (7, 0.3), (21, 0.4)):
        sync(store, DAY[day], reading(team(kr("A", day))), score=score)
    sync(store, DAY[28], reading(team(kr("X", 1), unit="Sales")))
    trend = store.trend()
    assert [(point.week, point.own_score) for point in trend["Ops"]] == [
        ("2026-W41", 0.2),
        ("2026-W42", 0.3),
        ("2026-W44", 0.4),
        ("2026-W45", 0.4),
    ]
    assert [point.week for point in trend["Sales"]] == ["2026-W45"]
    assert [point.own_score for point in store.trend({"Ops"}, weeks=2, until=DAY[27])["Ops"]] == [0.3, 0.4]


def test_changes_name_field_old_and_new(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    sync(store, DAY[3], reading(team(kr("A", 2, comment="x"))))
    sync(store, DAY[5], reading(team(kr("A", 3), kr("B", 1))))
    assert [(c.id, c.field, c.old, c.new) for c in store.changes(DAY[0])] == [
        ("A", "current", "1", "3"),
        ("B", "new", "", "text of B"),
    ]
    assert ("comment", "x", "") in [(c.field, c.old, c.new) for c in store.changes(DAY[3])]


def test_a_finding_keeps_the_date_it_was_first_seen(store: Store) -> None:
    def overdue(days: int, row: str) -> Problem:
        message = f"overdue for {days} days"
        return Problem("B401", Severity.WARNING, "Ops.xlsx", "Ops", "Key Results", "I5", row, "", message, "")

    sync(store, DAY[0], problems=[overdue(1, "A")])
    sync(store, DAY[1], problems=[overdue(2, "A"), overdue(1, "B"), overdue(1, "B")])
    assert sorted((p.row_id, p.message, first) for p, first in store.findings()) == [
        ("A", "overdue for 2 days", DAY[0]),
        ("B", "overdue for 1 days", DAY[1]),
        ("B", "overdue for 1 days", DAY[1]),
    ]
    sync(store, DAY[2], problems=[overdue(2, "B")])
    assert [(p.row_id, first) for p, first in store.findings()] == [("B", DAY[1])]


def test_notes_are_kept_changed_and_deleted(store: Store) -> None:
    sync(
        store,
        DAY[0],
        notes=[Note("Roll-up", "Ops", "Manager note", "well"), Note("Roll-up", "HR", "Mood", "+")],
    )
    sync(
        store,
        DAY[1],
        notes=[Note("Roll-up", "Ops", "Manager note", "better"), Note("Roll-up", "HR", "Mood", "")],
    )
    sync(store, DAY[2])
    assert store.notes() == [Note("Roll-up", "Ops", "Manager note", "better")]


def test_trust_27_our_own_write_becomes_the_sources_token(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    store.record_feedback("/teams/Ops.xlsx", "d1", "our token", "our hash")
    record = store.load_sources(rows=False)["/teams/Ops.xlsx"]
    assert (record.token, record.content_hash, record.feedback_digest) == ("our token", "our hash", "d1")


def test_a_source_may_move_and_may_be_retired(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))))
    sync(store, DAY[1], moved={"/teams/Ops.xlsx": "/new/Ops.xlsx"})
    assert list(store.load_sources()) == ["/new/Ops.xlsx"]
    run = sync(store, DAY[2], retired=["/new/Ops.xlsx"])
    assert store.load_sources() == {}
    assert store.rebuild(run).sources == ()
    assert len(store.rebuild(run - 1).sources) == 1


def test_trust_02_a_permission_is_given_to_what_waits_and_works_once(store: Store) -> None:
    at = datetime(2026, 10, 6, 9)  # noqa: DTZ001  # any time
    sync(store, DAY[0], reading(team(kr("A", 1))))
    with pytest.raises(UsageError, match=r'No held or stale source is called "Ops.xlsx". Waiting: none.'):
        store.accept("Ops.xlsx", at)
    held = reading(team(kr("A", 1)), state="held", since=DAY[1])._replace(accepted=False)
    sync(store, DAY[1], held)
    with pytest.raises(UsageError, match=r'Waiting: "Ops.xlsx"'):
        store.accept("Opps.xlsx", at)
    assert store.accept("Ops.xlsx", at) == store.accept("/teams/Ops.xlsx", at) == ["/teams/Ops.xlsx"]
    assert store.load_sources(rows=False)["/teams/Ops.xlsx"].allowed
    assert store.status().permitted == ("/teams/Ops.xlsx",)
    sync(store, DAY[1], reading(team(kr("A", 1)), judged=True))
    assert not store.load_sources()["/teams/Ops.xlsx"].allowed


def test_trust_26_a_run_that_another_one_overtook_writes_nothing(store: Store, place: Place) -> None:
    slow = result(DAY[0], reading(team(kr("A", 1))))
    store.begin_run(slow.run.started, DAY[0])
    with place.open() as other:
        sync(other, DAY[0], reading(team(kr("A", 2))))
    with pytest.raises(HistoryUnusable, match="this one wrote nothing"):
        store.commit_run(slow)
    assert len(store.runs()) == 1


def test_trust_32_status_says_healthy_or_since_when_not(store: Store) -> None:
    assert not store.status().healthy
    states = ["findings", "partial", "partial", "ok"]
    begun = [datetime(2026, 10, 5 + n, 9) for n in range(4)]  # noqa: DTZ001  # any time
    seen = []
    for state, started in zip(states, begun, strict=True):
        sync(store, started.date(), run=Run(started, started.date(), state=state))
        seen.append((store.status().healthy, store.status().since))
    assert seen == [(True, None), (False, begun[1]), (False, begun[1]), (True, None)]
    store.record_run(Run(begun[3], DAY[9], state="failed", cause="disk full"))
    status = store.status()
    assert (status.healthy, status.since) == (False, begun[3])
    assert status.last is not None
    assert status.last.cause == "disk full"
    assert status.last_healthy == store.latest_run()
    assert status.unpublished
    store.published(4, "digest")
    assert not store.status().unpublished


def test_history_of_a_row_has_what_it_said_and_what_was_computed(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("A", 1))), score=0.1)
    sync(store, DAY[3], reading(team(kr("A", 2, confidence=number(7)))), score=0.2)
    said = [point for point in store.history_of("A").points if point.texts]
    assert [(p.as_of, p.value, p.texts["current"], p.checked_in) for p in said] == [
        (DAY[0], 1.0, "1", False),
        (DAY[3], 2.0, "2", True),
    ]
    assert [p.score for p in store.history_of("A").points if not p.texts] == [0.1, 0.2]
    assert [p.own_score for p in store.history_of("Ops").roll_ups] == [0.2]


def test_an_unknown_run_is_a_sentence(store: Store) -> None:
    with pytest.raises(UsageError, match="History has no run 7"):
        store.rebuild(7)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["Ops", "Ops", "Operations"]),  # the unit's name
        st.lists(st.sampled_from(["A", "B", "", "A"]), min_size=1, max_size=3),  # ids of the rows
        st.sampled_from([1.0, 2.0, 3.0]),  # Current of all of them
        st.sampled_from([0, 1, 4, -2]),  # days later
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_trust_14_every_past_run_can_be_rebuilt(
    new_place: MakePlace, tmp_path_factory: pytest.TempPathFactory, steps
) -> None:
    """Rows, settings, people and dates of each run, under the names of that run, whatever came after it."""
    key = "/teams/ops.xlsx"
    day = DAY[20]
    told = {}
    with new_place(tmp_path_factory.mktemp("state")).open() as store:
        for n, (unit, ids, current, later) in enumerate(steps):
            day += timedelta(days=later)
            raw = team(
                *(
                    kr(id_, current, key_result=f"row {place}")._replace(row=5 + place)
                    for place, id_ in enumerate(ids)
                ),
                unit=unit,
            )
            found = resolve(raw, known(store, raw, key))
            update = reading(found.sheet, key, renames=found.renames)
            seen = store.seen(day, [update])
            people = [Person(2, f"Person {n}")]
            run = Run(datetime(2026, 10, 5), day, settings=f'{{"n":{n}}}')  # noqa: DTZ001  # any time
            told[sync(store, day, update, run=run, people=people)] = (found.sheet, seen, people, run)
            own = {(unit, "2026-Q4", row.identity) for row in found.sheet.key_results}
            after = store.seen(day)
            assert {k: v for k, v in seen.items() if k in own} == {k: v for k, v in after.items() if k in own}
        for id_, (sheet, seen, people, run) in told.items():
            past = store.rebuild(id_)
            assert [source.sheet for source in past.sources] == [sheet]
            assert past.people == tuple(people)
            assert past.run.settings == run.settings
            own = {(sheet.team.unit, "2026-Q4", row.identity) for row in sheet.key_results} & seen.keys()
            assert {key: past.seen[key] for key in own} == {key: tuple(seen[key]) for key in own}


def test_prune_keeps_what_later_runs_need(store: Store) -> None:
    for day in range(0, 30, 3):
        update = reading(team(kr("A", day // 9), kr("B", 1, target=number(day))))
        sync(store, DAY[day], update, score=day / 30)
    kept = [run.id for run in store.runs(99) if run.as_of >= DAY[15]]
    before = {id_: store.rebuild(id_) for id_ in kept}
    changes = store.changes(DAY[20])
    assert store.prune(DAY[15]) == 5
    assert [run.id for run in store.runs(99)] == kept
    assert {id_: store.rebuild(id_) for id_ in kept} == before
    assert store.changes(DAY[20]) == changes
    assert store.seen(DAY[29])["Ops", "2026-Q4", "B"] == (DAY[0], None)


def test_a_source_without_rows_yet_is_kept_with_its_cause(store: Store) -> None:
    record = SourceRecord(
        "/teams/x.xlsx", "x.xlsx", state="stale", since=date(2026, 10, 5), cause="It is locked."
    )
    sync(store, DAY[0], Update(record))
    (found,) = store.load_sources().values()
    assert (found.sheet, found.state, found.cause) == (None, "stale", "It is locked.")
    assert store.status().stale == (found._replace(problems=()),)


def test_an_empty_run_can_be_committed(store: Store) -> None:
    assert store.commit_run(RunResult(Run(datetime(2026, 10, 5), DAY[0]))) == 1  # noqa: DTZ001  # any time


def test_only_so_many_changes_are_told_the_first_in_their_order(store: Store) -> None:
    sync(store, DAY[0], reading(team(kr("B", 1), kr("A", 1, comment="x"))))
    sync(store, DAY[3], reading(team(kr("B", 2), kr("A", 2, comment="y"), kr("C", 1))))
    everything = store.changes(DAY[0])
    assert [(c.id, c.field) for c in everything] == [
        ("A", "comment"),
        ("A", "current"),
        ("B", "current"),
        ("C", "new"),
    ]
    assert store.changes(DAY[0], 3) == everything[:3]


def test_the_trend_of_one_unit_holds_no_other(store: Store) -> None:
    for unit in ("Ops", "Sales"):
        sync(store, DAY[0], reading(team(kr("A", 1), unit=unit), key=unit), score=0.5)
    assert store.trend(["Ops"]).keys() == {"Ops"}


def test_changes_are_the_same_however_many_units_are_looked_at_in_one_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for unit in ("Sales", "Ops", "Ada"):
        sync(store, DAY[0], reading(team(kr("A", 1), kr("B", 1), unit=unit), key=unit))
        sync(store, DAY[3], reading(team(kr("A", 2), kr("C", 1), unit=unit), key=unit))
    whole = store.changes(DAY[0])
    assert [(change.unit, change.id) for change in whole] == [
        (unit, row) for unit in ("Ada", "Ops", "Sales") for row in ("A", "C")
    ]
    monkeypatch.setattr("sync.history.telling._UNITS", 1)
    assert store.changes(DAY[0]) == whole
    assert store.changes(DAY[0], 3) == whole[:3]

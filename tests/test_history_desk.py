"""The lease and the table of slots (promises 25 and 26), and the migration that made them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from alembic import command

from sync.core.cadence import Slot, due, rule
from sync.core.errors import HistoryUnusable, LeaseLost
from sync.history import sqlite
from sync.history.backup import back_up, copies
from sync.history.database import Database
from sync.history.desk import Desk
from sync.history.migrating import alembic_config
from sync.history.store import Store
from tests.past import DAY, kr, opened, reading, result, sync, team
from tests.places import Place

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOURLY = Slot.of("sync", rule("every hour"), "UTC", 3 * HOUR)
DAILY = Slot.of("backup", rule("daily 01:00"), "Europe/Berlin", 12 * HOUR)


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    """The desk of a history, once in a file, once on a server."""
    with another(place) as found:
        yield found


def another(place: Place) -> Desk:
    return Desk.open(place.url, place.folder)


def look(desk: Desk, now: datetime, *slots: Slot, busy: tuple[tuple[str, str], ...] = ()) -> None:
    """One look at what is due, as the service does it."""
    looked = desk.lease().looked
    desk.look(now, [(slot, due(slot, looked, now)) for slot in slots], busy)


def rows(desk: Desk) -> list[str]:
    """All occurrences in words: `sync 09:00 missed 2`."""
    return [
        f"{one.job} {one.local:%H:%M} {one.state}" + (f" {one.covers}" if one.covers > 1 else "")
        for one in desk.recent(NOON - timedelta(days=400))
    ]


# ---------------------------------------------------------------- the lease


def test_trust_26_one_holder_at_a_time_and_the_other_learns_who_it_is(desk: Desk, place: Place) -> None:
    assert desk.take("first", NOON, 60).token == desk.token == 1
    with another(place) as second:
        found = second.take("second", NOON + MINUTE - timedelta(seconds=1), 60)
        assert (found.holder, found.since, second.token) == ("first", NOON, None)
        assert second.take("second", NOON + MINUTE, 60).holder == "second"
        assert second.token == 2


def test_trust_26_a_beat_keeps_the_lease_and_a_release_gives_it_back(desk: Desk, place: Place) -> None:
    desk.take("first", NOON, 60)
    desk.beat(NOON + 50 * timedelta(seconds=1), 60)
    with another(place) as second:
        second.take("second", NOON + MINUTE, 60)
        assert second.token is None
        desk.release(NOON + MINUTE)
        assert desk.lease().holder == ""
        second.take("second", NOON + MINUTE, 60)
        assert second.token == 2


def test_trust_26_a_silent_holder_is_replaced_though_the_clock_was_set_back(desk, place: Place) -> None:
    held = desk.take("first", NOON, 60)
    with another(place) as second:
        second.take("second", NOON - HOUR, 60, stale=held._replace(beat=NOON - MINUTE))
        assert second.token is None  # it has beaten since
        second.take("second", NOON - HOUR, 60, stale=held)
        assert second.token == 2


def test_trust_26_whoever_lost_the_lease_writes_nothing_more(desk: Desk, place: Place) -> None:
    desk.take("first", NOON, 60)
    look(desk, NOON, HOURLY)
    (one,) = desk.waiting()
    with another(place) as second:
        second.take("second", NOON + HOUR, 60)
        before = rows(second), second.lease()
        for write in (
            lambda: desk.beat(NOON + HOUR, 60),
            lambda: desk.start(one, NOON + HOUR),
            lambda: desk.finish(one, NOON + HOUR, "done", 0, ""),
            lambda: look(desk, NOON + 2 * HOUR, HOURLY),
            lambda: desk.release(NOON + HOUR),
        ):
            with pytest.raises(LeaseLost, match="second has taken over"):
                write()
        assert (rows(second), second.lease()) == before


def test_trust_26_a_run_under_an_old_token_is_refused_whole(desk: Desk, place: Place) -> None:
    token = desk.take("first", NOON, 60).token
    new = result(DAY[0], reading(team(kr("A", 1))))
    with Store.open(place.url, place.folder, fence=token) as store:
        store.begin_run(new.run.started, DAY[0])
        store.check_lease()
        with another(place) as second:
            second.take("second", NOON + HOUR, 60)
        for write in (
            lambda: store.commit_run(new),
            lambda: store.record_run(new.run),
            lambda: store.published(1, "digest"),
            store.check_lease,
        ):
            with pytest.raises(LeaseLost):
                write()
    with place.open() as store:
        assert store.runs() == []
        assert store.load_sources() == {}
        store.commit_run(new)  # a run by hand needs no lease


# ---------------------------------------------------------------- slots


def test_trust_25_an_occurrence_is_claimed_once(desk: Desk) -> None:
    desk.take("me", NOON, 60)
    look(desk, NOON, HOURLY)
    (one,) = desk.waiting()
    desk.start(one, NOON)
    assert desk.lease().job == "sync"
    look(desk, NOON + MINUTE, HOURLY)
    desk.finish(one, NOON + MINUTE, "done", 0, "fine")
    look(desk, NOON - HOUR + MINUTE, HOURLY)  # the clock is set back …
    look(desk, NOON, HOURLY)  # … and comes to noon again
    assert rows(desk) == ["sync 12:00 done"]
    assert desk.lease().job == ""


def test_trust_25_after_downtime_one_is_caught_up_and_the_others_are_missed(desk: Desk) -> None:
    desk.take("me", NOON, 60)
    look(desk, NOON, HOURLY, DAILY)
    look(desk, NOON + 17.5 * HOUR, HOURLY, DAILY)  # 05:30 UTC
    assert rows(desk) == [
        "sync 12:00 missed",
        "backup 01:00 waiting",
        "sync 04:00 missed 16",
        "sync 05:00 waiting",
    ]
    said = [one.said for one in desk.recent(NOON)]
    assert said[0] == "a later one was run in its place"
    assert said[2] == "its time passed while no service was running (the first: 2026-11-21T13:00)"


def test_trust_25_what_cannot_be_caught_up_in_time_is_missed(desk: Desk) -> None:
    desk.take("me", NOON, 60)
    look(desk, NOON, DAILY)
    look(desk, NOON + 13 * HOUR, DAILY)  # 02:00 in Berlin
    assert rows(desk) == ["backup 01:00 waiting"]
    look(desk, NOON + 25 * HOUR, DAILY)
    assert rows(desk) == ["backup 01:00 missed"]
    assert desk.recent(NOON)[0].said == "other jobs were at work until it was too late"


def test_a_run_longer_than_its_interval_skips_and_says_so(desk: Desk) -> None:
    desk.take("me", NOON, 60)
    look(desk, NOON, HOURLY)
    (one,) = desk.waiting()
    desk.start(one, NOON)
    for hours in (1, 2):
        look(desk, NOON + hours * HOUR, HOURLY, busy=(("sync", "UTC"),))
    desk.finish(one, NOON + 2.5 * HOUR, "done", 0, "")
    look(desk, NOON + 3 * HOUR, HOURLY)
    assert rows(desk) == ["sync 12:00 done", "sync 13:00 missed", "sync 14:00 missed", "sync 15:00 waiting"]
    assert desk.recent(NOON)[1].said == "the run before it was still at work"


def test_what_a_killed_service_left_at_work_is_made_up_once(desk: Desk, place: Place) -> None:
    desk.take("me", NOON, 60)
    look(desk, NOON, HOURLY)
    for at, after in ((NOON, "sync 12:00 waiting"), (NOON + 9 * MINUTE, "sync 12:00 failed")):
        (one,) = desk.waiting()
        desk.start(one, at)
        with another(place) as second:
            second.take("next", at + 2 * MINUTE, 60)
            assert rows(second) == [after]
        desk.take("me", at + 4 * MINUTE, 60)


def test_the_last_end_of_each_job_and_zone_is_known(desk: Desk) -> None:
    desk.take("me", NOON, 60)
    berlin = HOURLY._replace(zone="Europe/Berlin")
    for hours, state in enumerate(("done", "failed", "done", "cut")):
        look(desk, NOON + hours * HOUR, HOURLY, berlin)
        for one in desk.waiting():
            desk.start(one, NOON)
            desk.finish(one, NOON, "failed" if one.zone == "UTC" and hours == 2 else state, 0, "")
    found = [(one.zone, f"{one.due:%H:%M}", one.state) for one in desk.newest()]
    assert sorted(found) == [("Europe/Berlin", "14:00", "done"), ("UTC", "14:00", "failed")]


def test_trust_20_a_desk_that_is_killed_in_the_middle_of_a_look_leaves_all_or_nothing(
    desk: Desk, place: Place
) -> None:
    """What became due and the moment of the look belong together: else a slot is skipped, or told twice."""
    desk.take("me", NOON, 60)
    with patch("sync.history.slots.give_up", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        look(desk, NOON, HOURLY)
    with another(place) as second:
        assert (rows(second), second.lease().looked) == ([], None)
    look(desk, NOON, HOURLY)
    assert rows(desk) == ["sync 12:00 waiting"]


def test_trust_26_of_many_that_knock_at_once_one_gets_the_lease(desk: Desk, place: Place) -> None:
    desks = [another(place) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda one: one.take(f"desk {id(one)}", NOON, 60), desks))
    holders = {one.token for one in desks} - {None}
    assert holders == {1}
    assert len({lease.holder for lease in found}) == 1
    for one in desks:
        one.close()


def test_a_job_that_is_no_longer_scheduled_is_not_run(desk: Desk) -> None:
    desk.take("me", NOON, 60)
    look(desk, NOON, HOURLY)
    look(desk, NOON + MINUTE)
    assert rows(desk) == ["sync 12:00 missed"]


def test_what_was_missed_while_the_clock_was_wrong_is_run_when_its_time_has_come(desk: Desk) -> None:
    slot = HOURLY._replace(grace=MINUTE)
    desk.take("me", NOON, 60)
    look(desk, NOON, slot)
    (one,) = desk.waiting()
    desk.start(one, NOON)
    desk.finish(one, NOON, "done", 0, "")
    look(desk, NOON + 5.5 * HOUR, slot)  # the clock jumps
    look(desk, NOON + MINUTE, slot)  # … and is put right
    for hour in range(1, 6):
        look(desk, NOON + hour * HOUR, slot)
        for waiting in desk.waiting():
            desk.start(waiting, NOON)
            desk.finish(waiting, NOON, "done", 0, "")
    assert [row for row in rows(desk) if "done" in row] == [f"sync {hour}:00 done" for hour in range(12, 18)]


# ---------------------------------------------------------------- the migration, backups, retention


def migrate(to: str, file: Path, way: str) -> None:
    engine = sqlite._engine(file)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        getattr(command, way)(alembic_config(connection), to)
    engine.dispose()


def tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}


def test_the_migration_goes_up_and_down_and_keeps_every_row(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        sync(store, DAY[0], reading(team(kr("A", 1))))
        before = store.load_sources()
    file = tmp_path / "history.db"
    migrate("0001", file, "downgrade")
    assert not {"slot", "lease"} & tables(file)
    made = Database("", tmp_path)  # brings it up to date
    made.close()
    assert {"slot", "lease"} < tables(file)
    with opened(tmp_path) as store:
        assert store.load_sources() == before
        assert len(store.runs()) == 1
    with Desk.open("", tmp_path) as desk:
        assert desk.lease()[:2] == (0, "")


def test_copies_are_whole_and_the_newest_few_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "history.db"
    with opened(tmp_path) as store:
        sync(store, DAY[0], reading(team(kr("A", 1))))
        for day in (3, 1, 2, 2):
            place = back_up(file, date(2026, 10, day), 2)
        assert place.read_bytes()[:16] == b"SQLite format 3\0"
    assert [copy.name for copy in copies(file)] == ["history-2026-10-02.db", "history-2026-10-03.db"]
    restored = tmp_path / "restored"
    restored.mkdir()
    place.rename(restored / "history.db")
    with Store.open("", restored) as store:
        assert len(store.runs()) == 1


def test_a_copy_that_cannot_be_made_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    opened(tmp_path).close()
    file = tmp_path / "history.db"
    data = bytearray(file.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(HistoryUnusable, match="could not be copied"):
        back_up(file, date(2026, 10, 1), 2)
    assert list((tmp_path / "backup").iterdir()) == []


def test_a_history_that_is_not_there_is_not_made_by_copying_it(tmp_path: Path) -> None:
    """An empty file in its place would be no database, and copies of it would push out the good ones."""
    with pytest.raises(HistoryUnusable, match="could not be copied"):
        back_up(tmp_path / "history.db", date(2026, 10, 1), 2)
    assert not (tmp_path / "history.db").exists()
    (tmp_path / "history.db").touch()
    with pytest.raises(HistoryUnusable, match="could not be copied"):
        back_up(tmp_path / "history.db", date(2026, 10, 1), 2)
    assert copies(tmp_path / "history.db") == []


def test_trust_26_a_database_that_is_restored_under_a_service_is_seen_at_once(tmp_path: Path) -> None:
    """Else it would read on in a file that is deleted, and end because that one cannot be written."""
    file = tmp_path / "history.db"
    opened(tmp_path).close()
    with Desk.open("", tmp_path) as desk:
        desk.take("me", NOON, 60)
        copy = back_up(file, date(2026, 11, 21), 2)
        desk.release(NOON)
        desk.take("me", NOON, 60)
        copy.replace(file)
        with pytest.raises(LeaseLost):
            desk.beat(NOON + MINUTE, 60)
        assert desk.lease().token == 1
        file.unlink()
        with pytest.raises(HistoryUnusable, match=r"history\.db is gone"):
            desk.lease()


def test_old_slots_leave_with_old_runs(desk: Desk, place: Place) -> None:
    desk.take("me", NOON, 60)
    look(desk, NOON, HOURLY)
    look(desk, NOON + timedelta(days=2), HOURLY)
    with place.open() as store:
        store.prune(date(2026, 11, 22))
    assert {one.due.date() for one in desk.recent(NOON - timedelta(days=9))} == {date(2026, 11, 23)}

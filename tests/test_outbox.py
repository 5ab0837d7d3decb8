"""The outbox: each message once, whatever happens (promises 22, 23 and 24)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sync.core.errors import UsageError
from sync.core.model import Person
from sync.history.outbox import CLAIMED, DEFERRED, LEFT_OUT, REFUSED, SENT, Claim
from tests.past import opened, reading, result, team

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
KIM = ("kim@example.org", "reminder", "2026-11-16")


def claim(key: tuple[str, str, str] = KIM, data: bytes = b"Hello") -> Claim:
    return Claim(key, f"<{key[0]}>", "2 key results wait for you", AT, data)


def test_trust_22_a_message_is_claimed_once(tmp_path: Path) -> None:
    with opened(tmp_path) as store, opened(tmp_path) as other:
        assert store.outbox.claim([claim()]) == [1]
        assert other.outbox.claim([claim(), claim(("ada@example.org", *KIM[1:]))]) == [0, 2]
        store.outbox.finish([(1, SENT, "250 ok")])
        assert other.outbox.claim([claim()]) == [0]
        assert store.outbox.settled("reminder", ["2026-11-16"]) == {KIM, ("ada@example.org", *KIM[1:])}


@pytest.mark.parametrize(("state", "again"), ((DEFERRED, [1]), (REFUSED, [0]), (SENT, [0]), (CLAIMED, [0])))
def test_trust_22_only_what_certainly_did_not_go_is_claimed_again(
    tmp_path: Path, state: str, again: list[int]
) -> None:
    with opened(tmp_path) as store:
        [id_] = store.outbox.claim([claim()])
        store.outbox.finish([(id_, state, "as the server said")])
        assert store.outbox.claim([claim()]) == again


def test_trust_22_a_claim_without_a_result_is_listed_with_its_text(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.outbox.claim([claim(), claim(("ada@example.org", *KIM[1:]))])
        store.outbox.finish([(2, SENT, "250 ok")])
    with opened(tmp_path) as store:
        [entry] = store.outbox.entries(CLAIMED)
        assert (entry.person, entry.kind, entry.period) == KIM
        assert store.outbox.reopen(1) == (entry, b"Hello")
        for id_, words in ((2, "is sent"), (3, "has no message 3")):
            with pytest.raises(UsageError, match=words):
                store.outbox.reopen(id_)


def test_turned_away_messages_are_recorded_and_a_deferred_one_may_go_later(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        ada = ("ada@example.org", *KIM[1:])
        store.outbox.turn_away([(claim(), DEFERRED, "421 later"), (claim(ada), REFUSED, "550 unknown")])
        store.outbox.turn_away([(claim(), DEFERRED, "421 still later")])
        assert [(e.person, e.state, e.answer) for e in store.outbox.entries()] == [
            ("kim@example.org", DEFERRED, "421 still later"),
            ("ada@example.org", REFUSED, "550 unknown"),
        ]
        assert store.outbox.claim([claim(), claim(ada)]) == [1, 0]


def test_a_history_of_the_release_before_gets_its_outbox_and_keeps_its_rows(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.commit_run(result(date(2026, 11, 16), reading(team())))
    with closing(sqlite3.connect(tmp_path / "history.db")) as connection:
        connection.executescript("drop table outbox; update alembic_version set version_num = '0002'")
    with opened(tmp_path) as store:
        assert [run.as_of for run in store.runs()] == [date(2026, 11, 16)]
        assert store.outbox.claim([claim()]) == [1]


# ---------------------------------------------------------------- restored databases and storms


def send(folder: Path) -> None:
    """A sending run that ends."""
    with opened(folder) as store:
        store.outbox.begin()
        store.outbox.end()


def suspicion(folder: Path) -> str:
    with opened(folder) as store:
        return store.outbox.suspicion()


def test_trust_23_a_first_run_is_suspicious_and_a_second_is_not(tmp_path: Path) -> None:
    assert "nothing was ever sent" in suspicion(tmp_path)
    send(tmp_path)
    assert suspicion(tmp_path) == ""


@pytest.mark.parametrize("when", ("between two runs", "in the middle of a run"))
def test_trust_22_a_restored_database_is_known_by_its_stamp(tmp_path: Path, when: str) -> None:
    state, backup = tmp_path / "state", tmp_path / "backup.db"
    send(state)
    with opened(state) as store:
        if when == "in the middle of a run":
            store.outbox.begin()
        shutil.copyfile(state / "history.db", backup)
        store.outbox.begin()
        store.outbox.end()
    assert suspicion(state) == ""
    shutil.copyfile(backup, state / "history.db")
    assert "restored from a backup" in suspicion(state)
    send(state)  # somebody has looked
    assert suspicion(state) == ""


def test_trust_22_another_database_and_a_lost_stamp_are_noticed(tmp_path: Path) -> None:
    send(tmp_path)
    stamp = tmp_path / "history.sent"
    count = stamp.read_text().split()[1]
    stamp.unlink()
    assert "its stamp history.sent is missing" in suspicion(tmp_path)
    stamp.write_text(f"0123456789abcdef {count}\n")
    assert "belongs to another history" in suspicion(tmp_path)


def test_a_killed_run_is_no_reason_to_doubt(tmp_path: Path) -> None:
    send(tmp_path)
    with opened(tmp_path) as store:
        store.outbox.begin()  # and no end
    assert suspicion(tmp_path) == ""


def test_the_usual_number_is_the_median_of_the_last_periods(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.outbox.usual("reminder") == 0
        for day, count in ((12, 3), (13, 40), (16, 5)):
            ids = store.outbox.claim(
                [claim((f"p{at}@example.org", "reminder", f"2026-11-{day}")) for at in range(count)]
            )
            store.outbox.finish([(id_, SENT, "") for id_ in ids])
        assert store.outbox.usual("reminder") == 5
        assert store.outbox.usual("reminder", ["2026-11-16"]) == 21.5
        assert store.outbox.usual("digest") == 0


def test_a_release_lasts_for_one_run(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.outbox.hold("52 messages wait.")
        store.outbox.release(AT)
        assert (store.outbox.held, store.outbox.released) == ("52 messages wait.", True)
        store.outbox.begin()
        assert (store.outbox.held, store.outbox.released) == ("", False)


def test_the_days_of_a_job_are_kept_for_a_while(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for day in ("2026-11-16", "2026-11-13", "2026-11-16"):
            store.outbox.add_day("reminders", day)
        assert store.outbox.days("reminders") == ["2026-11-13", "2026-11-16"]
        assert store.outbox.days("digest") == []


def test_trust_24_forget_takes_a_person_out_of_the_outbox(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.commit_run(result(date(2026, 11, 16), reading(team()), people=[Person(2, "Kim", KIM[0])]))
        store.outbox.claim([claim(data=b"Dear Kim"), claim(("ada@example.org", *KIM[1:]), b"Kim is late")])
        forgotten = store.forget("kim@example.org")
        assert [e.person for e in store.outbox.entries()] == [forgotten.pseudonym, "ada@example.org"]
        with pytest.raises(UsageError, match="is gone, because somebody in it was forgotten"):
            store.outbox.reopen(2)
    with closing(sqlite3.connect(tmp_path / "history.db")) as connection:
        assert connection.execute("select count(*) from outbox where data is not null").fetchone() == (0,)


def test_prune_removes_old_results_and_keeps_what_is_unknown(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for day in (date(2026, 11, 10), date(2026, 11, 20)):
            store.commit_run(result(day, reading(team())))
        store.outbox.claim([claim(), claim(("ada@example.org", *KIM[1:]))])
        store.outbox.finish([(1, SENT, "")])
        store.prune(date(2026, 11, 19))
        assert [e.id for e in store.outbox.entries()] == [2]


def test_comments_count_their_runs_apart_and_outlive_what_is_pruned(tmp_path: Path) -> None:
    finding = ("https://docs.google.com/spreadsheets/d/1/edit", "comment", "S104-abc")
    with opened(tmp_path) as store:
        store.outbox.hold("3 messages are held.")
        store.comments.begin()
        [id_] = store.comments.claim([claim(finding, b"")])
        store.comments.finish([(id_, SENT, "")])
        store.comments.turn_away(
            [(claim((finding[0], "comment", "S104-def"), b""), LEFT_OUT, "it was there")]
        )
        store.comments.end()
        assert store.comments.suspicion() == ""
        assert store.outbox.suspicion() == "nothing was ever sent from this history"
        assert store.outbox.held == "3 messages are held."
        assert [entry.period for entry in store.outbox.entries()] == ["S104-abc"]
        store.commit_run(result(date(2026, 12, 1), reading(team())))
        store.prune(date(2026, 12, 1))
        assert len(store.comments.settled("comment", ["S104-abc", "S104-def"])) == 2
        store.comments.interrupt()
        assert "restored from a backup" in store.comments.suspicion()

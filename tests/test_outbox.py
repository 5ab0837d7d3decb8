"""The outbox: each message once, whatever happens (promises 22, 23 and 24)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from sync.core.errors import LeaseLost, UsageError
from sync.core.model import Person
from sync.history.desk import Desk
from sync.history.outbox import CLAIMED, DEFERRED, LEFT_OUT, REFUSED, SENT, Claim
from sync.history.store import Store
from tests.past import opened, reading, result, team
from tests.places import InFile, OnServer, Place

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
LATER = AT + timedelta(minutes=10)
KIM = ("kim@example.org", "reminder", "2026-11-16")


def claim(key: tuple[str, str, str] = KIM, data: bytes = b"Hello") -> Claim:
    return Claim(key, f"<{key[0]}>", "2 key results wait for you", AT, data)


def test_trust_22_a_message_is_claimed_once(place: Place) -> None:
    with place.open() as store, place.open() as other:
        assert store.outbox.claim([claim()]) == [1]
        assert other.outbox.claim([claim(), claim(("ada@example.org", *KIM[1:]))]) == [0, 2]
        store.outbox.finish([(1, SENT, "250 ok")])
        assert other.outbox.claim([claim()]) == [0]
        assert store.outbox.settled("reminder", ["2026-11-16"]) == {KIM, ("ada@example.org", *KIM[1:])}


@pytest.mark.parametrize(("state", "again"), ((DEFERRED, [1]), (REFUSED, [0]), (SENT, [0]), (CLAIMED, [0])))
def test_trust_22_only_what_certainly_did_not_go_is_claimed_again(
    place: Place, state: str, again: list[int]
) -> None:
    with place.open() as store:
        [id_] = store.outbox.claim([claim()])
        store.outbox.finish([(id_, state, "as the server said")])
        assert store.outbox.claim([claim()]) == again


def test_trust_22_a_claim_without_a_result_is_listed_with_its_text(place: Place) -> None:
    with place.open() as store:
        store.outbox.claim([claim(), claim(("ada@example.org", *KIM[1:]))])
        store.outbox.finish([(2, SENT, "250 ok")])
    with place.open() as store:
        [entry] = store.outbox.entries(CLAIMED)
        assert (entry.person, entry.kind, entry.period) == KIM
        assert store.outbox.unknown(1) == (entry, b"Hello")
        for id_, words in ((2, "is sent"), (3, "has no message 3")):
            with pytest.raises(UsageError, match=words):
                store.outbox.unknown(id_)


def test_trust_22_what_may_be_on_its_way_is_not_sent_beside_it(place: Place) -> None:
    """Neither by a service that has just claimed it, nor by two people who send it again at once."""
    with place.open() as store:
        store.outbox.claim([claim()])
        seen, _ = store.outbox.unknown(1)
        with pytest.raises(UsageError, match=r"may still be on its way: .* Try again 10 minutes after"):
            store.outbox.reclaim(seen, AT + timedelta(minutes=9))
        store.outbox.reclaim(seen, LATER)
        with pytest.raises(UsageError, match="Somebody else has just begun to send message 1 again"):
            store.outbox.reclaim(seen, LATER)
        with pytest.raises(UsageError, match="Message 1 may still be on its way"):
            store.outbox.reclaim(store.outbox.unknown(1)[0], LATER)
        store.outbox.finish([(1, CLAIMED, "the server said nothing")])
        store.outbox.reclaim(store.outbox.unknown(1)[0], LATER)  # whoever sent it has ended


LONG = "".join(sha256(b"%d" % at).hexdigest() for at in range(500))  # a text that cannot be compressed
PERIODS = (LONG, "a\x00b", "a\ud800b", "")


@pytest.mark.parametrize("period", PERIODS)
def test_trust_22_whatever_people_type_tells_messages_apart(place: Place, period: str) -> None:
    """The period of a news message holds ids and texts of rows, as long as a cell."""
    key, other = ("kim@example.org", "dependency", period), ("kim@example.org", "dependency", period + "x")
    with place.open() as store:
        assert store.outbox.claim([claim(key), claim(other), claim(key)]) == [1, 2, 0]
        assert store.outbox.settled("dependency", [period, "another"]) == {key}
        store.outbox.finish([(1, SENT, "250 \x00\ud800 ok"), (2, REFUSED, "")])
        assert [(e.period, e.answer) for e in store.outbox.entries(SENT)] == [(period, "250 \x00\ud800 ok")]
        assert store.outbox.usual("dependency", [period + "x"]) == 1


def test_trust_24_forget_takes_a_person_out_of_what_names_a_message(place: Place) -> None:
    with place.open() as store:
        store.commit_run(
            result(date(2026, 11, 16), reading(team()), people=[Person(2, "Kim Larsen", KIM[0])])
        )
        store.outbox.claim([claim(("ada@example.org", "dependency", "2026-Q4/Ops/KR1 > ask Kim Larsen"))])
        store.forget("Kim Larsen")
        assert "Kim" not in store.outbox.entries()[0].period


def test_trust_26_nothing_is_claimed_under_a_lease_that_was_lost(place: Place) -> None:
    with Desk.open(place.url, place.folder) as desk:
        token = desk.take("the one before", AT, 60).token
        with Store.open(place.url, place.folder, fence=token) as store:
            assert store.outbox.claim([claim()]) == [1]
            desk.take("the one after", AT + timedelta(hours=1), 60)
            for write in (
                lambda: store.outbox.claim([claim(("ada@example.org", *KIM[1:]))]),
                lambda: store.outbox.finish([(1, SENT, "")]),
                store.outbox.begin,
            ):
                with pytest.raises(LeaseLost, match="the one after has taken over"):
                    write()
            assert [e.state for e in store.outbox.entries()] == [CLAIMED]


def test_turned_away_messages_are_recorded_and_a_deferred_one_may_go_later(place: Place) -> None:
    with place.open() as store:
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


def send(place: Place) -> None:
    """A sending run that ends."""
    with place.open() as store:
        store.outbox.begin()
        store.outbox.step()


def suspicion(place: Place) -> str:
    with place.open() as store:
        return store.outbox.suspicion()


def kept(place: Place) -> Callable[[], object]:
    """What puts the database back as it is now."""
    if isinstance(place, InFile):
        return partial(place.file.write_bytes, place.file.read_bytes())
    assert isinstance(place, OnServer)
    server, name = place.server, place.name
    copy = server.database(template=name)

    def restore() -> None:
        server.ask(f"DROP DATABASE {name}")
        server.database(name, template=copy)

    return restore


def test_trust_23_a_first_run_is_suspicious_and_a_second_is_not(place: Place) -> None:
    assert "nothing was ever sent" in suspicion(place)
    send(place)
    assert suspicion(place) == ""


@pytest.mark.parametrize("when", ("between two runs", "in the middle of a run"))
def test_trust_22_a_restored_database_is_known_by_its_stamp(place: Place, when: str) -> None:
    send(place)
    with place.open() as store:
        if when == "in the middle of a run":
            store.outbox.begin()
    restore = kept(place)
    send(place)
    assert suspicion(place) == ""
    restore()
    assert "restored from a backup" in suspicion(place)
    send(place)  # somebody has looked
    assert suspicion(place) == ""


def test_trust_22_another_database_and_a_lost_stamp_are_noticed(place: Place) -> None:
    send(place)
    stamp = place.folder / "history.sent"
    count = stamp.read_text().split()[1]
    stamp.unlink()
    assert "its stamp history.sent is missing" in suspicion(place)
    stamp.write_text(f"0123456789abcdef {count}\n")
    assert "belongs to another history" in suspicion(place)


def test_a_killed_run_is_no_reason_to_doubt(place: Place) -> None:
    send(place)
    with place.open() as store:
        store.outbox.begin()  # and no end
    assert suspicion(place) == ""


def test_the_usual_number_is_the_median_of_the_last_periods(place: Place) -> None:
    with place.open() as store:
        assert store.outbox.usual("reminder") == 0
        for day, count in ((12, 3), (13, 40), (16, 5)):
            ids = store.outbox.claim(
                [claim((f"p{at}@example.org", "reminder", f"2026-11-{day}")) for at in range(count)]
            )
            store.outbox.finish([(id_, SENT, "") for id_ in ids])
        assert store.outbox.usual("reminder") == 5
        assert store.outbox.usual("reminder", ["2026-11-16"]) == 21.5
        assert store.outbox.usual("digest") == 0


def test_a_release_lasts_for_one_run(place: Place) -> None:
    with place.open() as store:
        store.outbox.hold("52 messages wait.")
        store.outbox.release(AT)
        assert (store.outbox.held, store.outbox.released) == ("52 messages wait.", True)
        store.outbox.step()  # one message again, by hand
        assert (store.outbox.held, store.outbox.released) == ("52 messages wait.", True)
        store.outbox.begin()
        assert (store.outbox.held, store.outbox.released) == ("", False)


def test_the_days_of_a_job_are_kept_for_a_while(place: Place) -> None:
    with place.open() as store:
        for day in ("2026-11-16", "2026-11-13", "2026-11-16"):
            store.outbox.add_day("reminders", day)
        assert store.outbox.days("reminders") == ["2026-11-13", "2026-11-16"]
        assert store.outbox.days("digest") == []


def test_trust_24_forget_takes_a_person_out_of_the_outbox(place: Place) -> None:
    with place.open() as store:
        store.commit_run(result(date(2026, 11, 16), reading(team()), people=[Person(2, "Kim", KIM[0])]))
        store.outbox.claim([claim(data=b"Dear Kim"), claim(("ada@example.org", *KIM[1:]), b"Kim is late")])
        forgotten = store.forget("kim@example.org")
        assert [e.person for e in store.outbox.entries()] == [forgotten.pseudonym, "ada@example.org"]
        with pytest.raises(UsageError, match="is gone, because somebody in it was forgotten"):
            store.outbox.unknown(2)
    assert place.ask("select count(*) from outbox where data is not null") == [(0,)]


def test_prune_removes_old_results_and_keeps_what_is_unknown(place: Place) -> None:
    with place.open() as store:
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
        store.comments.step()
        assert store.comments.suspicion() == ""
        assert store.outbox.suspicion() == "nothing was ever sent from this history"
        assert store.outbox.held == "3 messages are held."
        assert [entry.period for entry in store.outbox.entries()] == ["S104-abc"]
        store.commit_run(result(date(2026, 12, 1), reading(team())))
        store.prune(date(2026, 12, 1))
        assert len(store.comments.settled("comment", ["S104-abc", "S104-def"])) == 2
        store.comments.interrupt()
        assert "restored from a backup" in store.comments.suspicion()

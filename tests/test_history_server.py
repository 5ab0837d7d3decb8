"""History on a PostgreSQL server: reaching it, being alone on it, losing it, and what it says then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, func, select, update

from sync.core.errors import HistoryUnusable, UsageError
from sync.core.model import Person
from sync.history import postgresql, tables
from sync.history.store import Store
from tests.company import CONFIG, TODAY, Company, okrsync
from tests.past import DAY, kr, reading, result, sync, team
from tests.places import OnServer
from tests.postgres import PASSWORD, PROTECTED, Server, running

SOME = result(DAY[1], reading(team(kr("A", 2), kr("B", 3))))


@pytest.fixture
def place(postgres: Server, tmp_path: Path) -> OnServer:
    """A history on the server."""
    return OnServer(postgres, tmp_path / "state")


def refused(url: str, folder: Path) -> str:
    """What is said when the history at that address is opened."""
    with pytest.raises(HistoryUnusable) as caught:
        Store.open(url, folder)
    return str(caught.value)


# ---------------------------------------------------------------- reaching it


def test_a_server_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    said = refused(f"postgresql+psycopg://okr@/okr?host={tmp_path}", tmp_path)
    assert "Check that the server runs, and the host, account and database in [history] url." in said
    said = refused("postgresql+psycopg://okr@127.0.0.1:1/okr", tmp_path)
    assert "onnection refused" in said


def test_a_database_that_is_not_there_is_a_sentence(postgres: Server, tmp_path: Path) -> None:
    assert 'database "nowhere" does not exist' in refused(postgres.url("nowhere"), tmp_path)


@pytest.mark.parametrize("command", ("sync", "status", "history", "accept", "forget"))
def test_every_command_says_that_the_server_does_not_answer_and_exits_with_4(
    tmp_path: Path, command: str
) -> None:
    company = Company(tmp_path, f'[history]\nurl = "postgresql+psycopg://okr@/okr?host={tmp_path}"')
    company.team()
    words = ["Acme.xlsx"] if command in {"accept", "forget"} else []
    answer = company.command(command, *words)
    assert answer.code == 4
    assert "could not be used" in answer.err
    assert "Traceback" not in answer.out + answer.err
    assert not company.master.exists()


@pytest.fixture
def protected(place: OnServer) -> str:
    """The address of a history whose account needs a password."""
    with suppress(psycopg.errors.DuplicateObject):
        place.ask(f"CREATE ROLE {PROTECTED} LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
    return place.server.url(place.name, PROTECTED)


def test_a_missing_and_a_wrong_password_are_sentences_that_do_not_repeat_it(
    protected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    assert "no password supplied" in refused(protected, tmp_path)
    monkeypatch.setenv("PGPASSWORD", "canary-7391")
    said = refused(protected, tmp_path)
    assert "password authentication failed" in said
    assert "PGPASSWORD or the file in PGPASSFILE" in said
    assert "canary-7391" not in said


def test_the_password_comes_from_the_environment_or_from_a_file(
    protected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as environment:
        environment.setenv("PGPASSWORD", PASSWORD)
        Store.open(protected, tmp_path).close()
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:{PROTECTED}:{PASSWORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    Store.open(protected, tmp_path).close()


def test_without_the_driver_a_sentence_names_the_package(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pathlib import Path; from sync.core.errors import UsageError\n"
        "from sync.history.store import Store\n"
        f"try: Store.open('postgresql+psycopg://okr@/okr', Path({str(tmp_path)!r}))\n"
        "except UsageError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'python -m pip install "psycopg[binary]>=3.1"' in done.stdout


def test_a_history_in_a_file_loads_no_driver_of_a_server(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sync.history.store import Store\n"
        f"Store.open('', Path({str(tmp_path)!r})); print('psycopg' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ---------------------------------------------------------------- what is there already


OTHERS: dict[str, tuple[str, str]] = {
    "tables in our places": ("CREATE TABLE run (id integer)", "another program's tables are in its place"),
    "a program that migrates as we do": (
        "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('00a1')",
        "is a database of another program",
    ),
}


@pytest.mark.parametrize("other", OTHERS)
def test_trust_20_another_programs_database_is_refused_and_left_as_it_is(
    postgres: Server, tmp_path: Path, other: str
) -> None:
    made, words = OTHERS[other]
    name = postgres.database()
    postgres.ask(made, name)
    before = postgres.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name)
    assert words in refused(postgres.url(name), tmp_path)
    assert postgres.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == before


def test_a_database_that_cannot_keep_every_text_is_refused(postgres: Server, tmp_path: Path) -> None:
    postgres.ask("CREATE DATABASE narrow TEMPLATE template0 ENCODING LATIN1 LOCALE_PROVIDER libc LOCALE 'C'")
    assert "keeps texts as LATIN1" in refused(postgres.url("narrow"), tmp_path)


def test_an_account_without_rights_gets_a_sentence(place: OnServer) -> None:
    place.ask(f"DROP ROLE IF EXISTS guest_{place.name}")
    place.ask(f"CREATE ROLE guest_{place.name} LOGIN")
    said = refused(place.server.url(place.name, f"guest_{place.name}"), place.folder)
    assert "refuses this account (permission denied for table alembic_version)" in said
    empty = place.server.database()
    said = refused(place.server.url(empty, f"guest_{place.name}"), place.folder)
    assert "refuses this account (permission denied for schema public)" in said


def test_an_account_that_owns_its_database_needs_nothing_more_and_a_dump_restores_it(
    postgres: Server, tmp_path: Path
) -> None:
    """As docs/operators.md sets it up and backs it up."""
    postgres.ask("CREATE ROLE okrsync LOGIN")
    for name in ("okr", "again"):
        postgres.run("createdb", "-h", postgres.folder, "-U", "okr", "-O", "okrsync", "-T", "template0", name)
    with Store.open(postgres.url("okr", "okrsync"), tmp_path) as store, store.alone():
        sync(store, DAY[0], reading(team(kr("A", 1))), people=[Person(2, "Kim Larsen")])
        assert store.forget("Kim Larsen").rows
        before = store.rebuild(1)
    dump, account = postgres.folder / "okr.dump", ("-h", postgres.folder, "-U", "okrsync")
    postgres.run("pg_dump", *account, "--format", "custom", "--file", dump, "--dbname", "okr")
    postgres.run("pg_restore", *account, "--dbname", "again", dump)
    with Store.open(postgres.url("again", "okrsync"), tmp_path) as store:
        assert store.rebuild(1) == before
        sync(store, DAY[1], reading(team(kr("A", 2))))


def test_a_server_that_only_reads_is_a_sentence(place: OnServer) -> None:
    place.ask(f"ALTER DATABASE {place.name} SET default_transaction_read_only = on")
    with place.open() as store:
        assert store.runs() == []
        with pytest.raises(HistoryUnusable, match="can only be read there"):
            store.record_run(SOME.run)


def test_trust_20_a_table_that_was_dropped_is_damage(place: OnServer) -> None:
    place.ask("DROP TABLE note")
    with place.open() as store, pytest.raises(HistoryUnusable, match=r"is damaged: it lacks a table .*note"):
        store.notes()


def test_trust_20_damaged_pages_are_a_sentence(place: OnServer) -> None:
    with place.open() as store:
        sync(store, DAY[0], reading(team(kr("A", 1))))
    ((file,),) = place.ask("SELECT pg_relation_filepath('series')")
    place.ask("CHECKPOINT")
    place.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    path = place.server.data / file
    path.write_bytes(b"\xff" * path.stat().st_size)
    place.server.stop()
    place.server.start()
    with place.open() as store, pytest.raises(HistoryUnusable, match=r"is damaged \(invalid page"):
        store.known([("Ops", "2026-Q4")])


# ---------------------------------------------------------------- alone


def test_trust_26_one_run_at_a_time_from_whatever_machine(place: OnServer, tmp_path: Path) -> None:
    """The other one has another state folder, as on another machine: no file is locked."""
    with place.open() as store, Store.open(place.url, tmp_path / "elsewhere") as other:
        with store.alone():
            with (
                pytest.raises(UsageError, match="Another okrsync run is at work on postgresql"),
                other.alone(),
            ):
                pass
            sync(store, DAY[0], reading(team(kr("A", 1))))
        with other.alone():
            sync(other, DAY[1], reading(team(kr("A", 2))))
        assert len(store.runs()) == 2


def test_a_run_on_another_machine_is_told_by_the_command(place: OnServer, tmp_path: Path) -> None:
    company = Company(tmp_path / "here", f'[history]\nurl = "{place.url}"')
    company.team()
    with place.open() as other, other.alone():
        answer = company.command("sync")
        assert answer.code == 2
        assert "Another okrsync run is at work on" in answer.err
        assert company.command("sync", "--dry-run").code != 2
    assert company.command("sync").code < 2
    assert sorted(path.name for path in (company.folder / "state").iterdir()) == [
        "master-pieces",
        "run.lock",
        "shelf",
    ]


def test_two_histories_in_one_database_do_not_wait_for_each_other(place: OnServer) -> None:
    place.ask("CREATE SCHEMA second")
    url = place.url + "&options=-csearch_path%3Dsecond"
    assert not Store.exists(url, place.folder)
    with place.open() as store, Store.open(url, place.folder) as other, store.alone(), other.alone():
        sync(store, DAY[0], reading(team(kr("A", 1))))
        assert other.runs() == []


def test_the_lock_of_a_run_that_was_killed_is_gone(place: OnServer) -> None:
    ready, held = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with place.open() as store, store.alone():
                os.write(held, b"!")
                time.sleep(60)
        finally:
            os._exit(0)
    os.read(ready, 1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with place.open() as store:
        until(lambda: _is_alone(store))


def _is_alone(store: Store) -> bool:
    try:
        with store.alone():
            return True
    except UsageError:
        return False


def until(done: Callable[[], bool], *, seconds: int = 10) -> None:
    """Waits for what happens on the server in a moment."""
    for _ in range(seconds * 100):
        if done():
            return
        time.sleep(0.01)
    pytest.fail(f"it did not happen within {seconds} seconds")


def cut(place: OnServer) -> None:
    """Ends all connections of okrsync, as an administrator or a firewall does."""
    place.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'okrsync' AND datname = current_database()"
    )


def test_trust_26_a_run_that_lost_its_lock_cannot_write_although_the_server_is_back(place: OnServer) -> None:
    with place.open() as store, store.alone():
        store.begin_run(SOME.run.started, DAY[1])
        cut(place)
        for _ in range(2):
            with pytest.raises(HistoryUnusable, match=r"The connection to the history postgresql.* was lost"):
                store.commit_run(SOME)
        assert store.runs() == []
        with place.open() as other, other.alone():
            sync(other, DAY[0], reading(team(kr("A", 1))))
    with place.open() as store:
        assert len(store.runs()) == 1


def test_outside_of_a_run_a_connection_that_was_cut_is_made_anew(place: OnServer) -> None:
    with place.open() as store:
        assert store.runs() == []
        cut(place)
        sync(store, DAY[0], reading(team(kr("A", 1))))


# ---------------------------------------------------------------- losing it


@pytest.mark.parametrize("statement", range(0, 30, 4))
def test_trust_18_a_connection_cut_in_the_middle_of_a_commit_leaves_the_old_run(
    place: OnServer, statement: int
) -> None:
    with place.open() as store, store.alone():
        sync(store, DAY[0], reading(team(kr("A", 1))))
        seen = iter(range(10_000))

        def strike(*_: object) -> None:
            if next(seen) == statement:
                cut(place)

        event.listen(store._database.engine, "before_cursor_execute", strike)
        with pytest.raises(HistoryUnusable, match="was lost"):
            store.commit_run(SOME)
    with place.open() as store, store.alone():
        assert len(store.runs()) == 1
        store.commit_run(SOME)
        assert len(store.runs()) == 2


def test_trust_18_a_connection_cut_while_rows_are_copied_leaves_the_old_run(
    place: OnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_in = postgresql.copy_in

    def cut_first(connection: Any, table: Any, columns: Any) -> None:
        if table is tables.point:
            cut(place)
        copy_in(connection, table, columns)

    with place.open() as store:
        with monkeypatch.context() as patch:
            patch.setattr("sync.history.batch.copy_in", cut_first)
            with pytest.raises(HistoryUnusable, match="was lost"):
                store.commit_run(SOME)
        assert store.runs() == []
        store.commit_run(SOME)
        assert len(store.runs()) == 1


@pytest.mark.slow
def test_trust_18_a_server_that_crashes_in_the_middle_of_a_commit_comes_back_with_the_old_run(
    postgres: Server, tmp_path: Path
) -> None:
    with running(("full_page_writes=on",)) as server:
        place = OnServer(server, tmp_path)
        with place.open() as store:
            sync(store, DAY[0], reading(team(kr("A", 1))))
            seen = iter(range(10_000))

            def strike(*_: object) -> None:
                if next(seen) == 12:
                    server.stop()

            event.listen(store._database.engine, "before_cursor_execute", strike)
            with pytest.raises(HistoryUnusable, match=r"was lost|could not be used"):
                store.commit_run(SOME)
            with pytest.raises(HistoryUnusable, match="could not be used"):
                store.runs()
            server.start()
            assert len(store.runs()) == 1
            store.commit_run(SOME)


MOMENTS = {
    "when it has the lock": "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted",
    "when it has committed": "SELECT 1 FROM run",
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_trust_19_a_sync_that_is_killed_is_completed_by_the_next(
    place: OnServer, tmp_path: Path, moment: str
) -> None:
    company = Company(tmp_path, f'{CONFIG}\n[history]\nurl = "{place.url}"')
    company.team()
    command = [sys.executable, "-m", "sync", "sync", "--config", str(company.config), "--as-of", TODAY]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        until(lambda: bool(place.ask(MOMENTS[moment])), seconds=60)
        process.kill()
    until(lambda: not place.ask(MOMENTS["when it has the lock"]))
    assert company.sync(TODAY).exit_code == 0
    assert company.master.exists()
    with place.open() as store:
        assert store.status().healthy
        assert not store.status().unpublished


# ---------------------------------------------------------------- others at the same moment


def test_a_writer_waits_for_another_one_and_then_says_so(
    place: OnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.open() as store, place.open() as other:
        with store._database.writing():
            monkeypatch.setattr(postgresql, "_WRITES", postgresql._WRITES.replace("10s", "50ms"))
            with pytest.raises(HistoryUnusable, match=r"is in use by another okrsync\. Run again"):
                other.record_run(SOME.run)
        other.record_run(SOME.run)
        assert len(store.runs()) == 1


def test_writers_queue_so_that_no_id_is_given_twice(place: OnServer) -> None:
    def work() -> None:
        with place.open() as store:
            for _ in range(10):
                store.record_run(SOME.run)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.ask("SELECT count(*), max(id) FROM run") == [(40, 40)]


def test_two_that_open_an_empty_database_at_once_make_one_history(postgres: Server, tmp_path: Path) -> None:
    url = postgres.url(postgres.database())
    found: list[str] = []

    def work() -> None:
        with Store.open(url, tmp_path) as store:
            found.append(store.generation)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_reader_sees_one_state_while_others_write(place: OnServer) -> None:
    with place.open() as store, place.open() as other, store._database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.run)) == 0
        other.record_run(SOME.run)
        assert connection.scalar(select(func.count()).select_from(tables.run)) == 0


def test_numbers_are_whole_whatever_the_server_is_told_to_shorten(place: OnServer) -> None:
    place.ask(f"ALTER DATABASE {place.name} SET extra_float_digits = -10")
    with place.open() as store:
        sync(store, DAY[0], reading(team(kr("A", 1))), score=1 / 3)
        assert store.trend()["Ops"][0].own_score == 1 / 3


def test_a_deadlock_with_somebody_elses_session_is_told_and_nothing_is_kept(place: OnServer) -> None:
    with place.open() as store:
        for day in (0, 1):
            sync(store, DAY[day], people=[Person(2, "Kim")])
        change = "UPDATE run SET cause = 'by hand' WHERE id = "
        with psycopg.connect(host=str(place.server.folder), user="okr", dbname=place.name) as other:
            other.execute("SET deadlock_timeout = '1h'")  # so that we are the one who gives way
            other.execute(change + "2")
            waiting = Thread(target=other.execute, args=(change + "1",))

            def meet_it() -> None:
                ours = update(tables.run).values(cause="ours")
                with store._database.writing() as connection:
                    connection.execute(ours.where(tables.run.c.id == 1))
                    waiting.start()
                    until(lambda: place.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == [(1,)])
                    connection.execute(ours.where(tables.run.c.id == 2))

            with pytest.raises(HistoryUnusable, match=r"was changed at the same moment \(deadlock"):
                meet_it()
            waiting.join()
        assert [run.cause for run in store.runs()] == ["by hand", "by hand"]


def test_status_of_a_history_that_is_not_there_makes_none(postgres: Server, tmp_path: Path) -> None:
    name = postgres.database()
    url = postgres.url(name)
    company = Company(tmp_path, f'[history]\nurl = "{url}"')
    company.team()
    answer = company.command("status")
    assert answer.code == 2
    assert f"There is no history {url} yet" in answer.err
    assert company.command("sync", "--dry-run").code < 2
    assert postgres.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name) == [(0,)]
    assert okrsync("check", str(company.teams)).code < 2

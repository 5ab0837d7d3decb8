"""The database: rights, damage, kills (promises 18, 20, 30), forgetting a person (24)."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import sys
import warnings
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from sync.core.columns import Columns
from sync.core.errors import HistoryUnusable, UsageError
from sync.core.model import CheckInRow, Person
from sync.core.problems import Problem, Severity
from sync.history import sqlite
from sync.history.database import Database
from sync.history.records import Note, Run
from sync.history.store import Store
from sync.master.notes import (
    MANAGER_NOTE,
    AddedColumn,
    AddedSheet,
    NoteCell,
    Notes,
    from_json,
    to_json,
)
from tests.past import DAY, kr, opened, reading, result, sync, team
from tests.places import InFile, OnServer, Place

posix = pytest.mark.skipif(os.name != "posix", reason="rights and signals of POSIX systems")


def fill(place: Place) -> None:
    """One run, recorded."""
    with place.open() as store:
        sync(store, DAY[0], reading(team(kr("A", 1), kr("B", 1))))


def filled(folder: Path) -> Path:
    """A history with one run in it, closed; its file."""
    place = InFile(folder)
    fill(place)
    return place.file


@posix
def test_trust_30_the_file_is_0600_in_a_folder_of_0700(tmp_path: Path) -> None:
    state = tmp_path / "state"
    old = os.umask(0)
    try:
        Store.open("", state).close()
    finally:
        os.umask(old)
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "history.db").stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == ["history.db"]


@posix
def test_trust_30_rights_of_the_file_that_became_wider_are_taken_back(tmp_path: Path) -> None:
    file = filled(tmp_path / "state")
    file.chmod(0o644)
    opened(tmp_path / "state").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@posix
def test_trust_30_a_folder_that_others_use_keeps_its_rights(tmp_path: Path) -> None:
    shared = tmp_path / "okr"
    shared.mkdir()
    shared.chmod(0o775)
    for url, folder in ((f"sqlite:///{shared / 'history.db'}", tmp_path / "state"), ("", shared)):
        Store.open(url, folder).close()
        assert stat.S_IMODE(shared.stat().st_mode) == 0o775
        assert stat.S_IMODE((shared / "history.db").stat().st_mode) == 0o600


def test_an_url_may_name_the_file(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'okr.db'}", tmp_path / "state") as store:
        assert store.generation
    assert (tmp_path / "okr.db").exists()


@pytest.mark.parametrize("url", ("sqlite://", "sqlite:///:memory:", "no url"))
def test_an_url_that_names_no_database_is_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match=r"\[history\] url"):
        Store.open(url, tmp_path)


def _newer(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def _foreign(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.close()


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for place in range(4096, len(data), 512):
        data[place] ^= 0xFF
    file.write_bytes(data)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "emptied": (lambda file: file.write_bytes(b""), "is damaged"),
    "a text file": (lambda file: file.write_bytes(b"My diary\n" * 900), "is damaged"),
    "cut in half": (
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        "is damaged",
    ),
    "cut inside the header": (lambda file: file.write_bytes(file.read_bytes()[:60]), "is damaged"),
    "flipped bits": (_flip, "is damaged"),
    "of a newer release": (_newer, "newer okrsync"),
    "of another program": (_foreign, "another program"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_trust_20_a_history_that_cannot_be_used_stops_with_instructions(tmp_path: Path, damage: str) -> None:
    file = filled(tmp_path)
    harm, words = DAMAGES[damage]
    harm(file)
    before = file.read_bytes()
    with pytest.raises(HistoryUnusable, match=words) as caught:
        opened(tmp_path)
    assert str(file) in str(caught.value)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["history.db"]


def test_trust_20_a_missing_history_whose_journal_is_there_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "history.db-journal").write_bytes(b"hot")
    with pytest.raises(HistoryUnusable, match="is missing, but history"):
        Store.open("", tmp_path)


def test_trust_20_damage_found_later_is_a_sentence_too(tmp_path: Path) -> None:
    file = filled(tmp_path)
    with opened(tmp_path) as store:
        _flip(file)
        store._database.engine.dispose()  # what it has in memory is whole
        with pytest.raises(HistoryUnusable, match="is damaged"):
            store.load_sources()


def test_a_history_in_use_by_another_process_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("sync.history.sqlite._BUSY", 10)
    with opened(tmp_path) as store:
        other = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryUnusable, match="in use by another okrsync"):
            store.record_run(Run(datetime(2026, 10, 5), DAY[0]))  # noqa: DTZ001  # any time
        other.close()


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HistoryUnusable, match="could not be opened"):
        Store.open("", tmp_path)


def in_child(work: Callable[[], object]) -> bool:
    """Whether the work came to its end in a process of its own (or was killed before)."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # forking beside the threads of a parallel test run
        child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, code = os.waitpid(child, 0)
    return not os.WIFSIGNALED(code)


def die_at(database: Database, count: int) -> None:
    """Kills this process before its statement of that number; the last one is the commit."""
    seen = iter(range(10_000))

    def strike(*_: object) -> None:
        if next(seen) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", strike)
    event.listen(database.engine, "commit", strike)


def healthy(place: Place) -> bool:
    """Whether the database says that it is whole (a server sees to that by itself)."""
    return isinstance(place, OnServer) or place.ask("PRAGMA integrity_check") == [("ok",)]


@posix
def test_trust_20_a_kill_at_any_statement_leaves_the_old_run_or_the_new_one(place: Place) -> None:
    fill(place)
    new = result(DAY[1], reading(team(kr("A", 2), kr("B", 3), kr("C", 4))), score=0.9)
    mark = place.folder / "history.running"
    with place.open() as store:
        old_rows = store.load_sources()
    kills = 0
    while True:

        def work(count: int = kills) -> None:
            store = place.open()
            store.begin_run(new.run.started, DAY[1])
            die_at(store._database, count)
            store.commit_run(new)

        if in_child(work):
            break
        kills += 1
        assert healthy(place)
        assert mark.exists()
        with place.open() as store:
            assert len(store.runs()) == 1
            assert store.load_sources() == old_rows
        mark.unlink()
    assert kills > 15
    with place.open() as store:
        assert len(store.runs()) == 2
        assert store.changes(DAY[0])


@posix
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the size of files as Linux does")
def test_trust_18_a_full_disk_in_the_middle_of_a_commit_changes_nothing(tmp_path: Path) -> None:
    import resource

    file = filled(tmp_path)
    many = result(DAY[1], *(reading(team(kr("A", n), unit=f"U{n}")) for n in range(400)))

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = file.stat().st_size + 8192
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with opened(tmp_path) as store:
            try:
                store.commit_run(many)
            except HistoryUnusable as error:
                (tmp_path / "said").write_text(str(error), encoding="utf-8")

    assert in_child(work)
    assert "could not be" in (tmp_path / "said").read_text(encoding="utf-8")
    assert healthy(InFile(tmp_path))
    with opened(tmp_path) as store:
        assert len(store.runs()) == 1
        store.commit_run(many)


@posix
def test_trust_20_a_kill_while_the_history_is_made_leaves_none_or_a_whole_one(tmp_path: Path) -> None:
    for count in (0, 3, 10, 20, 28):

        def make(count: int = count) -> None:
            seen = iter(range(10_000))
            original = sqlite._engine

            def engine(path: Path):
                made = original(path)

                def strike(*_: object) -> None:
                    if next(seen) == count:
                        os.kill(os.getpid(), signal.SIGKILL)

                event.listen(made, "before_cursor_execute", strike)
                return made

            sqlite._engine = engine  # in the child only
            Store.open("", tmp_path / "state")

        assert not in_child(make)
        assert not (tmp_path / "state" / "history.db").exists()
    Store.open("", tmp_path / "state").close()
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["history.db"]


KIM = ("Kim Larsen", "kim.larsen@example.org")


def with_kim(place: Place) -> None:
    check_in = CheckInRow(5, DAY[0], "A", by="Kim Larsen", what_changed="Ask kim  larsen, or Kim Larsens dog")
    sheet = team(kr("A", 1, owner="Kim Larsen", comment="KIM.LARSEN@example.org knows"))
    sheet = sheet._replace(
        check_ins=Columns.of(CheckInRow, [check_in]), team=sheet.team._replace(champion="Kim Larsen")
    )
    problem = Problem("S115", Severity.WARNING, "Ops.xlsx", "Ops", "t", "C4", "A", KIM[0], f"{KIM[0]}?", "")
    people = [Person(2, *KIM), Person(3, "Ada Moreau", "ada@example.org")]
    notes = [Note("Roll-up", "Ops", "Manager note", "Praise Kim Larsen")]
    run = Run(datetime(2026, 10, 5), DAY[0], settings='{"mail":"kim.larsen@example.org"}')  # noqa: DTZ001  # any time
    with place.open() as store:
        sync(store, DAY[0], reading(sheet), problems=[problem], people=people, notes=notes, run=run)
        sync(
            store, DAY[1], reading(team(kr("A", 2, owner="Kim Larsen"), unit="Kim Larsen"), "/teams/kim.xlsx")
        )


def every_byte(place: Place) -> bytes:
    """All files of the database, and what its documents say, in lower case."""
    files = place.files() if isinstance(place, OnServer) else list(place.folder.iterdir())
    raw = b"".join(path.read_bytes() for path in files)
    found = place.ask("SELECT data FROM document")
    plain = b"".join(zlib.decompress(data) for (data,) in found)
    return (raw + plain).lower()


def test_trust_24_a_person_is_forgotten_in_each_cell_of_a_column_and_never_across_two(tmp_path: Path) -> None:
    said = ["Kim Larsen", "seen by kim larsen", "Ask Kim", "Larsen knows", "", "Kim Larsen; Ada"]
    log = [CheckInRow(at, DAY[0], "A", by=text) for at, text in enumerate(said, 5)]
    sheet = team(kr("A", 1))._replace(check_ins=Columns.of(CheckInRow, log))
    with opened(tmp_path) as store:
        sync(store, DAY[0], reading(sheet))
        name = store.forget("Kim Larsen").pseudonym
        (record,) = store.load_sources().values()
        assert record.sheet is not None
        expected = (name, f"seen by {name}", "Ask Kim", "Larsen knows", "", f"{name}; Ada")
        assert record.sheet.check_ins.column("by") == expected


@pytest.mark.parametrize("word", (*KIM, "kim  LARSEN"))
def test_trust_24_a_forgotten_person_leaves_no_trace(place: Place, word: str) -> None:
    with_kim(place)
    assert b"kim larsen" in every_byte(place)
    with place.open() as store:
        before = store.rebuild(1)
        forgotten = store.forget(word)
        after = store.rebuild(1)
        assert forgotten.sources == ("Kim Larsen.xlsx", "Ops.xlsx")
        assert store.people() == (Person(2, forgotten.pseudonym, forgotten.pseudonym), before.people[1])
    left = every_byte(place).replace(b"kim larsen.xlsx", b"").replace(b"kim larsens", b"")
    assert b"kim larsen" not in left
    assert b"kim.larsen" not in left
    assert b"ada moreau" in left
    assert healthy(place)
    (then,), (now,) = before.sources, after.sources
    assert then.sheet is not None
    assert now.sheet is not None
    assert now.sheet.key_results[0].owner == forgotten.pseudonym
    assert now.sheet.key_results[0].current == then.sheet.key_results[0].current
    assert after.seen == before.seen


JOERG = "Jo\u0308rg Mu\u0308ller"  # as macOS writes file names: letters and accents apart


@pytest.mark.parametrize("said", ("Jörg Müller", "JÖRG\nMÜLLER", JOERG))
@pytest.mark.parametrize("asked", ("Jörg Müller", JOERG))
def test_trust_24_forgetting_finds_every_way_to_write_an_accent(place: Place, said: str, asked: str) -> None:
    with place.open() as store:
        sync(store, DAY[0], reading(team(kr("A", 1, owner=said, comment=f"Ask {said}!"))))
        assert store.forget(asked).rows
        found = store.rebuild(1).sources[0].sheet
        assert found is not None
        assert "ller" not in found.key_results[0].owner.casefold()
    assert "ller" not in repr(place.ask("SELECT texts FROM point")).lower()


def test_trust_24_forgetting_half_a_word_spares_the_whole_one(place: Place) -> None:
    with place.open() as store:
        sync(store, DAY[0], reading(team(kr("A", 1, owner="Rene\u0301"))))
        assert not store.forget("Rene").rows


@pytest.mark.parametrize("escaped", (False, True))
@pytest.mark.parametrize("name", ("Jörg Müller", JOERG))
def test_trust_24_forgetting_reaches_what_managers_wrote(place: Place, name: str, *, escaped: bool) -> None:
    cell = NoteCell(f'"{name}" knows')
    notes = Notes(
        {"Roll-up": {"Ops": {MANAGER_NOTE: cell, f"{name} says": cell}}},
        {"Roll-up": (AddedColumn(f"{name} says", "Unit"),)},
        (AddedSheet(name, {1: {1: cell}}),),
    )
    text = to_json(notes)
    if escaped:  # as earlier releases wrote it
        text = json.dumps(json.loads(text))
    with place.open() as store:
        sync(store, DAY[0], notes=[Note("*", "*", "*", text)])
        who = store.forget("Jörg Müller").pseudonym
        (note,) = store.notes()
    renamed = NoteCell(f'"{who}" knows')
    assert from_json(note.text) == Notes(
        {"Roll-up": {"Ops": {MANAGER_NOTE: renamed, f"{who} says": renamed}}},
        {"Roll-up": (AddedColumn(f"{who} says", "Unit"),)},
        (AddedSheet(who, {1: {1: renamed}}),),
    )


def test_trust_24_forgetting_a_name_is_no_check_in(place: Place) -> None:
    with_kim(place)
    with place.open() as store:
        store.forget("Kim Larsen")
        (ops,) = [record for record in store.load_sources().values() if record.key == "/teams/Ops.xlsx"]
        assert ops.sheet is not None
        sync(store, DAY[5], reading(ops.sheet))
        assert store.seen(DAY[5])["Ops", "2026-Q4", "A"] == (DAY[0], None)


def test_trust_24_a_name_of_several_people_asks_for_the_address(place: Place) -> None:
    people = [Person(2, "Kim", "kim@example.org"), Person(3, "Kim", "k@example.org")]
    with place.open() as store:
        sync(store, DAY[0], people=people)
        with pytest.raises(UsageError, match="Give the e-mail address"):
            store.forget("Kim")
        with pytest.raises(UsageError, match="too short"):
            store.forget("K")


def test_status_and_the_idle_path_load_neither_pandas_nor_alembic(tmp_path: Path) -> None:
    import subprocess

    filled(tmp_path)
    code = (
        "import sys; from pathlib import Path; from sync.history.store import Store;"
        f"store = Store.open('', Path({str(tmp_path)!r})); store.status(); store.load_sources(rows=False);"
        "print([name for name in ('pandas', 'alembic', 'rapidfuzz') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

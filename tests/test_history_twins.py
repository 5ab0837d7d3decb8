"""Both kinds of database keep and tell the same, whatever goes in: a machine invents it, both get it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Date, LargeBinary, MetaData, String, Table, select
from sqlalchemy.exc import IntegrityError

from sync.core.identity import resolve
from sync.core.model import Gone, Person
from sync.core.problems import Problem, Severity
from sync.history import tables
from sync.history.batch import add, add_rows, change, columns_of, where_in
from sync.history.records import Note, Run
from sync.history.store import Store
from sync.history.tables import Number, Whole, Words
from tests.company import CONFIG, NEXT_DAY, THIRD_DAY, TODAY, Company
from tests.past import DAY, known, kr, number, reading, sync, team
from tests.places import InFile, OnServer, Place
from tests.postgres import Server
from tests.test_history_payload import ANY_TEXT

shared = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Twins(NamedTuple):
    """Two histories of the same content."""

    file: Place
    server: Place

    def open(self) -> Iterator[Store]:
        for place in self:
            with place.open() as store:
                yield store


@pytest.fixture
def twins(postgres: Server, tmp_path: Path) -> Twins:
    return Twins(InFile(tmp_path / "file"), OnServer(postgres, tmp_path / "server"))


# ---------------------------------------------------------------- values, in and out in bulk


ODD = Table(
    "odd",
    MetaData(),
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("words", Words),
    Column("code", String),
    Column("number", Number),
    Column("day", Date),
    Column("flag", Boolean),
    Column("data", LargeBinary),
)
NAMES = ODD.c.keys()
VALUES = st.tuples(
    st.none() | ANY_TEXT,
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
    st.none() | st.floats() | st.integers(-(2**53), 2**53),
    st.none() | st.dates(),
    st.none() | st.booleans(),
    st.none() | st.binary(max_size=20),
)
IDS = st.integers(1, 2**63 - 1)


@shared
@given(st.dictionaries(IDS, VALUES, max_size=6), st.dictionaries(IDS, VALUES, max_size=3), st.data())
def test_rows_of_any_values_come_back_the_same(
    twins: Twins, given_rows: dict[int, Any], newer: dict[int, Any], data: st.DataObject
) -> None:
    """Added by columns and one by one, changed, read by columns and by rows."""
    rows = [(id_, *values) for id_, values in given_rows.items()]
    single = {id_: values for id_, values in newer.items() if id_ not in given_rows}
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(given_rows)), VALUES)) if given_rows else {}
    told = []
    for store in twins.open():
        with store._database.writing() as connection:
            ODD.create(connection)
            add_rows(connection, ODD, NAMES, rows)
            add(connection, ODD, [dict(zip(NAMES, (id_, *v), strict=True)) for id_, v in single.items()])
            new = [dict(zip(NAMES, (id_, *values), strict=True)) for id_, values in changed.items()]
            change(connection, ODD, new)
            query = select(ODD).order_by(ODD.c.id)
            by_row = [tuple(row) for row in connection.execute(query)]
            by_column = list(zip(*columns_of(connection, query), strict=True))
            assert repr(by_column) == repr(by_row)
            told.append(repr(by_row))
            ODD.drop(connection)
    assert told[0] == told[1]
    words = {id_: values[0] for id_, values in (given_rows | single | changed).items()}
    assert all(repr((id_, text))[1:-1] in told[0] for id_, text in words.items())


@pytest.mark.parametrize("count", (0, 1, 499, 500, 501, 20_001, 70_000))
def test_any_number_of_keys_may_be_asked_for(twins: Twins, count: int) -> None:
    keys = [f"key {n}\0" for n in range(count)]
    for store in twins.open():
        with store._database.writing() as connection:
            ODD.create(connection)
            add_rows(connection, ODD, ("id", "words"), [(n, f"key {n}\0") for n in range(600)])
            rows = where_in(connection, select(ODD.c.words), ODD.c.words, keys)
            assert {row.words for row in rows} & set(keys) == set(keys[:600])


# ---------------------------------------------------------------- what history tells


def everything(store: Store, day: date) -> dict[str, object]:
    """All that a history tells, but for what differs by nature (its generation)."""
    scopes = sorted(store.seen(day))
    names = {unit for unit, _, _ in scopes} | {row for _, _, row in scopes} | {"O1"}
    return {
        "runs": store.runs(99),
        "sources": list(store.load_sources().items()),
        "glance": dict(sorted(store.glance().items())),
        "known": store.known({(unit, cycle) for unit, cycle, _ in scopes}),
        "seen": dict(sorted(store.seen(day).items())),
        "people": store.people(),
        "notes": store.notes(),
        "trend": store.trend(),
        "changes": [store.changes(since) for since in (DAY[0], DAY[10], DAY[20])],
        "findings": store.findings(),
        "past": {name: store.history_of(name) for name in sorted(names)},
        "status": store.status(),
        "rebuilt": [rebuilt._replace(seen=dict(sorted(rebuilt.seen.items()))) for rebuilt in rebuilds(store)],
    }


def rebuilds(store: Store) -> list[Any]:
    return [store.rebuild(run.id) for run in store.runs(99)]


UNITS = ["Ops", "ops", "Zoë", "Ärzte", "a\0b", "\ud800", "x" * 40]
RUNS = st.lists(
    st.tuples(
        st.dictionaries(
            st.sampled_from(UNITS),
            st.lists(
                st.tuples(st.sampled_from(["A", "b", "B", "ä", "", "a\0"]), st.floats(-9, 9), ANY_TEXT),
                max_size=3,
            ),
            max_size=3,
        ),
        st.sampled_from([0, 1, 7, -2]),
        st.sampled_from(["", "retire", "prune", "fail", "accept"]),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RUNS)
@example([({"Ops": [("A", -0.0, "")]}, 0, "")])
def test_whatever_happens_both_tell_the_same(
    postgres: Server, tmp_path_factory: pytest.TempPathFactory, runs: Any
) -> None:
    folder = tmp_path_factory.mktemp("twins")
    twins = Twins(InFile(folder / "file"), OnServer(postgres, folder / "server"))
    told = []
    for store in twins.open():
        day = DAY[15]
        for n, (units, later, then) in enumerate(runs):
            day += timedelta(days=later)
            updates = [_reading(store, unit, rows) for unit, rows in units.items()]
            problems = [
                Problem("S104", Severity.WARNING, unit, unit, "t", f"C{n}", row[0], row[2], row[2], "")
                for unit, rows in units.items()
                for row in rows
            ]
            people = [Person(2, "Kim \ud800", "k@example.org")]
            notes = [Note("Roll-up", unit, "Note", rows[0][2]) for unit, rows in units.items() if rows]
            run = Run(datetime(2026, 10, 5, 9, n, tzinfo=timezone(timedelta(hours=10, minutes=30))), day)
            more: dict[str, Any] = {"problems": problems, "people": people, "notes": notes, "run": run}
            if then == "retire":
                more["retired"] = [f"/teams/{UNITS[0]}.xlsx"]
            sync(store, day, *updates, score=n / 7, **more)
            _then(store, then, day)
        told.append(everything(store, day))
    for part, said in told[0].items():
        assert repr(told[1][part]) == repr(said)


def _reading(store: Store, unit: str, rows: Any) -> Any:
    sheet = team(
        *(kr(id_, number(n), key_result=f"row {id_.lower()}", comment=text) for id_, n, text in rows),
        unit=unit,
    )
    sheet = sheet._replace(
        key_results=tuple(row._replace(row=5 + place) for place, row in enumerate(sheet.key_results))
    )
    found = resolve(sheet, known(store, sheet))
    there = {row.identity for row in found.sheet.key_results}
    before = known(store, sheet)
    gone = [Gone(row.table, row.identity, ()) for row in before if row.identity not in there]
    state = {"state": "held", "cause": "shrunk"} if len(rows) == 3 else {}
    return reading(found.sheet, renames=found.renames, dropped=tuple(gone[:1]), **state)


def _then(store: Store, then: str, day: date) -> None:
    if then == "prune":
        store.prune(day - timedelta(days=3))
    elif then == "fail":
        store.record_run(Run(datetime(2026, 10, 5, tzinfo=UTC), day, state="failed", cause="x\0"))
    elif then == "accept":
        for record in store.load_sources(rows=False).values():
            if record.state == "held":
                store.accept(record.key, datetime(2026, 10, 5, tzinfo=UTC))


def test_texts_as_long_as_a_cell_are_kept_and_found(twins: Twins) -> None:
    """32,767 signs that no compression makes shorter, as an id, a unit, a text."""
    signs = random.Random(5)  # noqa: S311  # any signs will do
    long = "".join(chr(signs.randrange(0x4E00, 0x9FFF)) for _ in range(32_767))
    for store in twins.open():
        for day in (0, 1):
            sheet = team(kr(long, day, key_result=long), unit=long)
            sync(store, DAY[day], reading(sheet, key=f"/teams/{long}"))
        assert store.seen(DAY[1]) == {(long, "2026-Q4", long): (DAY[1], DAY[1])}
        assert [point.run for point in store.history_of(long).points if point.texts] == [1, 2]
        with store._database.reading() as connection:
            twin = {**connection.execute(select(tables.scope)).mappings().one(), "id": 99}
        with pytest.raises(IntegrityError), store._database.writing() as connection:
            add(connection, tables.scope, [twin])


# ---------------------------------------------------------------- a whole company


def test_a_company_on_a_server_has_the_master_that_it_has_in_a_file(postgres: Server, tmp_path: Path) -> None:
    """Three days: a first run, changes with a sheet that is held, and one that comes back."""
    masters: list[list[bytes | str]] = []
    url = postgres.url(postgres.database())
    with ExitStack() as stack:
        for history in ("", f'[history]\nurl = "{url}"\n'):
            folder = tmp_path / "company"
            company = Company(folder, f"{CONFIG}\n{history}")
            masters.append(list(_three_days(company)))
            store = stack.enter_context(company.store())
            masters[-1].append(repr(_timeless(everything(store, date.fromisoformat(THIRD_DAY)))))
            if history:
                assert not company.database.exists()
            else:
                folder.rename(tmp_path / "first")
    in_file, on_server = masters
    assert in_file == on_server


def _three_days(company: Company) -> Iterator[bytes]:
    company.team()
    for unit in ("Sales", "Äpfel", "apples"):
        company.team(unit, level="Team", parent="Acme")
    for day in (TODAY, NEXT_DAY, THIRD_DAY):
        done = company.sync(day)
        assert done.exit_code < 4
        yield company.master.read_bytes()
        if day == TODAY:
            company.team("Sales", level="Team", parent="Acme", key_results="ID | Objective ID | Key result")
        else:
            company.team("Sales", level="Team", parent="Acme")
    shutil.rmtree(company.teams)


def _timeless(told: dict[str, object]) -> dict[str, object]:
    """Without what names the files at the moment, and how long a run took."""
    told["runs"] = [run._replace(seconds=0, settings="", inputs="") for run in told["runs"]]  # type: ignore[attr-defined]  # they are runs
    return {
        name: told[name]
        for name in ("runs", "known", "seen", "notes", "trend", "changes", "findings", "past")
    }

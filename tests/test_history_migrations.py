"""Migrations: up, down, killed half-way, newer than this release; on both kinds of database (promise 20)."""

from __future__ import annotations

import shutil
from unittest.mock import patch

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from sync.core.errors import HistoryUnusable
from sync.history import migrating
from sync.history.database import Database
from sync.history.tables import REVISION, metadata
from tests.places import InFile, OnServer, Place
from tests.test_history_database import die_at, fill, in_child, posix

NEXT = '''
"""What a later release may do: a table, a column, and changes to what is there."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade():
    op.create_table("mood", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("run", sa.Column("mood", sa.Text()))
    op.execute("UPDATE run SET mood = 'well'")
    op.execute("INSERT INTO mood VALUES (1)")


def downgrade():
    op.drop_column("run", "mood")
    op.drop_table("mood")
'''


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """From here on, we are a later release with one more migration."""
    folder = tmp_path_factory.mktemp("later") / "migrations"
    shutil.copytree(migrating.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_mood.py").write_text(NEXT.format(before=REVISION), encoding="utf-8")
    monkeypatch.setattr(migrating, "MIGRATIONS", folder)
    monkeypatch.setattr("sync.history.database.REVISION", "9999")


TABLES: dict[type, str] = {
    InFile: "sqlite_master WHERE type = 'table'",
    OnServer: "pg_tables WHERE schemaname = 'public'",
}
COLUMNS: dict[type, str] = {
    InFile: "pragma_table_info('run') WHERE name = 'mood'",
    OnServer: "information_schema.columns WHERE table_name = 'run' AND column_name = 'mood'",
}


def state(place: Place) -> tuple[str, int, bool]:
    """(revision, how many tables there are, whether the next migration's column is there)."""
    ((revision,),) = place.ask("SELECT version_num FROM alembic_version")
    ((tables,),) = place.ask(f"SELECT count(*) FROM {TABLES[type(place)]}")  # noqa: S608  # our own words
    return revision, tables, bool(place.ask(f"SELECT 1 FROM {COLUMNS[type(place)]}"))  # noqa: S608  # as above


COUNT = len(metadata.tables) + 1  # with alembic's own
OLD, NEW = (REVISION, COUNT, False), ("9999", COUNT + 1, True)


def test_the_migrations_make_the_tables_that_the_code_uses(place: Place) -> None:
    made = Database(place.url, place.folder)
    with made.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, metadata)
        by_hash = {
            "uq_source_key",
            "uq_scope_unit_cycle",
            "uq_series_scope_id_tab_identity",
            "ix_series_scope_id",
            "uq_outbox_person_kind_period",
            "ix_outbox_kind_period",
        }
        other = [found for found in differences if found[1].name not in by_hash]
        assert other == []
        assert (differences == []) is not isinstance(place, OnServer)
        assert context.get_current_revision() == REVISION
    made.close()
    assert ScriptDirectory(str(migrating.MIGRATIONS)).get_current_head() == REVISION


def test_migrations_go_down_to_nothing_and_up_again(place: Place) -> None:
    fill(place)
    with place.open() as store, store._database.writing() as connection:
        command.downgrade(migrating.alembic_config(connection), "base")
    assert place.ask(f"SELECT count(*) FROM {TABLES[type(place)]}") == [(1,)]  # noqa: S608  # alembic's own
    fill(place)
    with place.open() as store:
        assert len(store.runs()) == 1


def test_a_later_release_brings_what_is_there_up_to_date_and_back(place: Place, later: None) -> None:
    with place.open() as store:
        assert store.runs() == []
        assert state(place) == NEW
        with store._database.writing() as connection:
            command.downgrade(migrating.alembic_config(connection), REVISION)
    assert state(place) == OLD


@posix
def test_trust_20_a_kill_at_any_statement_of_a_migration_leaves_the_old_schema_or_the_new(
    place: Place, later: None
) -> None:
    assert state(place) == OLD
    kills = 0
    while True:

        def work(count: int = kills) -> None:
            migrate = Database._migrate_if_due

            def dying(database: Database) -> None:
                die_at(database, count)
                migrate(database)

            patch.object(Database, "_migrate_if_due", dying).start()  # in the child only
            place.open()

        if in_child(work):
            break
        kills += 1
        assert state(place) == OLD
    assert kills > 6
    assert state(place) == NEW


def test_trust_20_a_newer_history_is_refused_and_left_as_it_is(
    place: Place, later: None, monkeypatch
) -> None:
    place.open().close()
    monkeypatch.setattr("sync.history.database.REVISION", REVISION)
    with pytest.raises(HistoryUnusable, match=r"newer okrsync \(revision 9999; this one knows") as caught:
        place.open()
    assert "Nothing was changed." in str(caught.value)
    assert state(place) == NEW

"""The schema of history: which migration a database has seen, and bringing it up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection, insert, inspect, select, text

from sync.history.tables import meta

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def revision_of(connection: Connection) -> str | None:
    """The newest migration that the database has seen, by a plain query: the library for it loads slowly."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT max(version_num) FROM alembic_version"))
    return found


def migrate(connection: Connection) -> None:
    """Brings the schema up to date in the open transaction."""
    from alembic import command  # noqa: PLC0415  # 200 ms, needed once per release

    command.upgrade(alembic_config(connection), "head")
    if connection.scalar(select(meta.c.value).where(meta.c.name == "generation")) is None:
        connection.execute(insert(meta).values(name="generation", value=uuid4().hex))


def alembic_config(connection: Connection) -> Config:
    """What alembic needs to know to run our migrations in that connection's transaction."""
    from alembic.config import Config  # noqa: PLC0415  # as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config

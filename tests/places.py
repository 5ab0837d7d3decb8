"""Where a history can be: in an SQLite file or on a PostgreSQL server. Tests with `place` run on both.

A new place holds a history already, a copy of one made before, which is quicker.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from sync.history.store import Store
from sync.history.tables import metadata
from tests.postgres import Server

KINDS = ("sqlite", "postgresql")
_BLANK = "blank"  # the database on a server that is copied


class Place(Protocol):
    """A history, its state folder, and a look at it past our own code."""

    url: str
    folder: Path

    def open(self) -> Store: ...
    def ask(self, query: str) -> list[tuple[Any, ...]]: ...


class InFile:
    """A file `history.db` in the state folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "history.db"
        self.url = f"sqlite:///{self.file}"
        if not self.file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(_blank())

    def open(self) -> Store:
        return Store.open(self.url, self.folder)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            return connection.execute(query).fetchall()


class OnServer:
    """A database of its own on a server."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        if _BLANK not in server.names:
            Store.open(server.url(server.database(_BLANK)), folder).close()
        self.name = server.database(template=_BLANK)
        self.url = server.url(self.name)

    def open(self) -> Store:
        return Store.open(self.url, self.folder)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.server.ask(query, self.name)

    def files(self) -> list[Path]:
        """The files of the database as they are once everything is written."""
        self.ask("CHECKPOINT")
        (oid,) = self.ask("SELECT oid::text FROM pg_database WHERE datname = current_database()")[0]
        return [path for path in (self.server.data / "base" / oid).iterdir() if path.is_file()]


MakePlace = Callable[[Path], Place]


def counts(place: Place) -> dict[str, int]:
    """How many rows each table has."""
    return {name: place.ask(f'SELECT count(*) FROM "{name}"')[0][0] for name in metadata.tables}  # noqa: S608  # our own names


@cache
def _blank() -> bytes:
    with TemporaryDirectory() as folder:
        Store.open("", Path(folder)).close()
        return (Path(folder) / "history.db").read_bytes()

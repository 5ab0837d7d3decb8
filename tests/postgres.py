"""A real PostgreSQL server for tests: made in a temporary folder, reached by a socket, stopped at the end.

It sorts texts as English people do and not by their bytes, where it can, so that an order we rely on shows.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

PROTECTED = "careful"
"""A role that has to give a password, which is PASSWORD."""
PASSWORD = "canary-4711"  # noqa: S105  # of a server that lives for a minute

_ACCESS = f"local all {PROTECTED} scram-sha-256\nlocal all all trust\n"
_QUICK = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=32MB")
_ACCOUNT = "postgres"  # the server refuses to run as root; Debian's package has this account


def programs() -> Path | None:
    """The folder of the newest server's programs; None when there is none."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    found = sorted((int(folder.parent.name), folder) for folder in folders if (folder / "initdb").exists())
    other = shutil.which("initdb")
    return found[-1][1] if found else Path(other).parent if other else None


class Server:
    """A server. `names` are the databases it was asked for."""

    def __init__(self, bin_: Path, folder: Path, settings: tuple[str, ...] = _QUICK) -> None:
        self.bin, self.folder, self.data = bin_, folder, folder / "data"
        self.settings = settings
        self._numbers = count(1)
        self.names: set[str] = set()
        version = subprocess.run([bin_ / "postgres", "-V"], capture_output=True, text=True, check=True)
        major = int(re.findall(r"\d+", version.stdout)[0])
        english = ["--locale-provider=icu", "--icu-locale=en"] if major >= 15 else []
        self.run(
            "initdb",
            "-D",
            self.data,
            "-U",
            "okr",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
            *english,
        )
        (self.data / "pg_hba.conf").write_text(_ACCESS)

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = [
            f"-c {setting}"
            for setting in (f"unix_socket_directories={self.folder}", "listen_addresses=", *self.settings)
        ]
        self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-o", " ".join(options), "-w", "start")

    def stop(self) -> None:
        """Stops it at once, as a crash would; the next start recovers."""
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def database(self, name: str = "", *, template: str = "template0") -> str:
        """The name of a new database."""
        name = name or f"okr{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        self.names.add(name)
        return name

    def url(self, database: str, user: str = "okr") -> str:
        """What the settings say to use that database."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def ask(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of a query, past our own code."""
        with psycopg.connect(
            host=str(self.folder), user="okr", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def run(self, program: str, *arguments: object) -> None:
        """Runs one of PostgreSQL's own programs."""
        su = ["runuser", "-u", _ACCOUNT, "--"] if os.geteuid() == 0 else []
        command = [*su, str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@contextmanager
def running(settings: tuple[str, ...] = _QUICK) -> Iterator[Server]:
    """A server that runs until the end of the context, or of this process if that is killed in it."""
    programs_ = programs()
    assert programs_ is not None
    folder = Path(tempfile.mkdtemp(prefix="okr-"))  # short: the name of a socket is at most 107 bytes long
    if os.geteuid() == 0:
        shutil.chown(folder, _ACCOUNT)
    watch = subprocess.Popen(["sh", "-c", _WATCH, folder], stdin=subprocess.PIPE, start_new_session=True)
    try:
        server = Server(programs_, folder, settings)
        server.start()
        yield server
    finally:
        watch.communicate()


_WATCH = """
exec 2> /dev/null
cat
kill -QUIT "$(head -n 1 "$0/data/postmaster.pid")"
while kill -0 "$(head -n 1 "$0/data/postmaster.pid")"; do sleep 0.05; done
rm -rf "$0"
"""
"""Waits for the end of its input, which comes with the end of ours, then ends the server at once."""

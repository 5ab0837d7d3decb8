"""A small company on disk: team workbooks made from literal tables, a config.toml, and real runs on them.

    company = Company(tmp_path)
    company.team("Acme", level="Company", key_results='''
        ID  | Objective ID | Key result | Start | Target | Current
        KR1 | O1           | NPS        | 0     | 10     | 4
    ''')
    done = company.sync("2026-11-18")

Headers are the template's. Numbers, `45%`, ISO dates, TRUE and FALSE are what they look like, `'45` is a
text, an empty place an empty cell. `team` writes the whole workbook anew each time it is called.
"""

from __future__ import annotations

import contextlib
import io
import re
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any, NamedTuple
from unittest.mock import patch
from zipfile import ZipFile

import openpyxl

from sheet_templates.team import TeamDefaults, build_team
from sheet_templates.values import Percent, Value
from sync.config import Settings, load
from sync.core.model import TeamSheet
from sync.core.schema import TABLES, TabSchema
from sync.history.records import Run, SourceRecord
from sync.history.store import Store
from sync.outcome import Done
from sync.pipeline import run
from sync.workers import Allowed, Workers

CYCLE = "2026-Q4"
TODAY = "2026-11-18"  # a Wednesday in the middle of the cycle
NEXT_DAY = "2026-11-19"
THIRD_DAY = "2026-11-20"

OBJECTIVES = """
    ID | Objective         | Owner
    O1 | Customers tell us | Kim
"""
KEY_RESULTS = """
    ID  | Objective ID | Key result | Owner | Start | Target | Current | Last check-in
    KR1 | O1           | NPS        | Kim   | 0     | 10     | 4       | 2026-11-17
    KR2 | O1           | Leads      | Ada   | 100   | 200    | 180     | 2026-11-17
"""
"""0.4 and 0.8: the objective stands at 0.6, and on 18 November nothing is wrong with it."""

CONFIG = """
[organisation]
name = "Acme"
cycle = "2026-Q4"
number_format = "1,234.5"

[master]
excel = "master.xlsx"
"""


def quietly(_total: int, _what: str) -> Callable[[], None]:
    """A progress display that shows nothing."""
    return lambda: None


def value(place: str) -> Value:
    """What stands in a cell that looks like this in a literal table."""
    if place in ("TRUE", "FALSE"):
        return place == "TRUE"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", place):
        return date.fromisoformat(place)
    if re.fullmatch(r"-?\d+(\.\d+)?%", place):
        return Percent(float(place[:-1] + "e-2"))
    if re.fullmatch(r"-?\d+(\.\d+)?", place):
        return float(place)
    return place.removeprefix("'") or None


def rows(tab: TabSchema, text: str) -> list[dict[str, Value]]:
    """The rows of a literal table, by schema field; the line of headers alone is an empty table."""
    lines = [
        [place.strip() for place in line.split("|")] for line in dedent(text).splitlines() if line.strip()
    ]
    if not lines:
        return []
    fields = [tab.column(name).field for name in lines[0]]
    return [dict(zip(fields, map(value, line), strict=True)) for line in lines[1:]]


@lru_cache
def workbook(team: TeamDefaults, tables: tuple[tuple[str, str], ...]) -> bytes:
    """The bytes of a team's workbook; making the same one again costs nothing."""
    stream = io.BytesIO()
    texts = dict(tables)
    build_team(stream, team, prefill={tab.key: rows(tab, texts.get(tab.key, "")) for tab in TABLES})
    return stream.getvalue()


@lru_cache
def empty_history() -> bytes:
    """A database as our own code makes it; made once, since its tables take longer than a whole run."""
    with TemporaryDirectory() as folder:
        Store.open("", Path(folder)).close()
        return (Path(folder) / "history.db").read_bytes()


class Answer(NamedTuple):
    """What a command left: its exit code, and what it printed."""

    code: int
    out: str
    err: str


class Company:
    """A folder with settings and team workbooks."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.teams = folder / "teams"
        self.master = folder / "master.xlsx"
        self.database = folder / "state" / "history.db"
        self.teams.mkdir(parents=True, exist_ok=True)
        self.config.write_text(config, encoding="utf-8")

    def team(
        self,
        unit: str = "Acme",
        *,
        file: str = "",
        objectives: str = OBJECTIVES,
        key_results: str = KEY_RESULTS,
        check_ins: str = "",
        initiatives: str = "",
        level: str = "Company",
        parent: str = "",
        cycle: str = CYCLE,
        **team: Any,
    ) -> Path:
        """Writes the unit's workbook, `UNIT.xlsx` unless `file` says otherwise."""
        path = self.teams / (file or f"{unit}.xlsx")
        path.parent.mkdir(parents=True, exist_ok=True)
        tables = {
            "objectives": objectives,
            "key_results": key_results,
            "check_ins": check_ins,
            "initiatives": initiatives,
        }
        defaults = {"number_format": "1,234.5", "level": level, "parent": parent, "cycle": cycle}
        path.write_bytes(workbook(TeamDefaults(unit=unit, **(defaults | team)), tuple(tables.items())))
        return path

    def settings(self, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings as a command reads them."""
        return load(self.config, environ or {})

    def sync(
        self, on: str = TODAY, *, dry_run: bool = False, force: tuple[str, ...] = (), sweep: bool = False
    ) -> Done:
        """One run at nine o'clock of that day. (A first one begins with a copy of an empty history.)"""
        settings = self.settings()
        in_file = settings.history.url.startswith("sqlite:")
        if in_file and not dry_run and not self.database.parent.exists():
            self.database.parent.mkdir(mode=0o700)
            self.database.write_bytes(empty_history())
        moment = datetime.combine(date.fromisoformat(on), time(9), UTC)
        return run(
            settings,
            moment,
            dry_run=dry_run,
            force=force,
            sweep=sweep,
            progress=quietly,
            workers=workers_of(settings),
        )

    def command(self, *arguments: str) -> Answer:
        """The command line's answer, `--config` added."""
        return okrsync(*arguments, "--config", str(self.config))

    def store(self) -> Store:
        """The history; close it, or use `with`."""
        return Store.open(self.settings().history.url, self.settings().state_folder())

    def record(self, name: str = "Acme.xlsx") -> SourceRecord:
        """What history keeps of a source."""
        with self.store() as store:
            return next(record for record in store.load_sources().values() if record.name == name)

    def sheet(self, name: str = "Acme.xlsx") -> TeamSheet:
        """The rows of a source that count."""
        sheet = self.record(name).sheet
        assert sheet is not None
        return sheet

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every file below the folder: its mtime and its bytes. Folders count, too."""
        return {
            str(path.relative_to(self.folder)): (
                path.stat().st_mtime_ns,
                path.read_bytes() if path.is_file() else b"",
            )
            for path in sorted(self.folder.rglob("*"))
        }

    def run_count(self) -> int:
        """How many runs are on record, read without our own code."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            count: int = connection.execute("select count(*) from run").fetchone()[0]
            return count


def workers_of(settings: Settings) -> Workers:
    """Worker processes under the limits of the settings, which all tests in this process share."""
    return _workers(settings.limits.memory, settings.limits.seconds)


@lru_cache
def _workers(memory: int, seconds: float) -> Workers:
    return Workers(Allowed(memory, seconds), processes=1, modules=("sync.reading",))


@contextlib.contextmanager
def plain_master() -> Iterator[None]:
    """Runs publish a small text in the master's place: for tests of many runs that look at no master."""

    def publish(store: Store, settings: Settings, this: Run, done: Done, *_rest: object) -> None:
        assert settings.master.excel
        settings.master.excel.write_text(this.as_of.isoformat())
        store.published(done.run_id, "digest hash")

    with patch("sync.mastering.publish_master", publish):
        yield


def okrsync(*arguments: str) -> Answer:
    """The command line's answer, through its real entry point but in this process."""
    from sync.cli import main

    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch("sys.argv", ["okrsync", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
    return Answer(code, out.getvalue(), err.getvalue())


def loaded(path: Path, *, formulas: bool = False) -> Any:
    """The workbook as openpyxl reads it: the cached values, or (`formulas`) the formulas."""
    with warnings.catch_warnings(action="ignore"):  # it says that it knows no sparklines
        return openpyxl.load_workbook(path, data_only=not formulas)


def retitle(path: Path, title: str, to: str) -> None:
    """Gives a tab of a workbook another title, as people do."""
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    old, new = f'<sheet name="{title}"', f'<sheet name="{to}"'
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(old.encode(), new.encode())
    with ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def scores(done: Done) -> dict[str, float | None]:
    """The scores of all key results, objectives and units (own score), by id or name; None is missing."""
    assert done.assessment is not None
    portfolio, figures = done.assessment.portfolio, done.assessment.scores
    named = [
        *zip(portfolio.key_results["id"], figures.key_results["score"], strict=True),
        *zip(portfolio.objectives["id"], figures.objectives["score"], strict=True),
        *zip(portfolio.units["unit"], figures.units["own_score"], strict=True),
    ]
    return {name: None if isnan(score) else float(score) for name, score in named}


def codes(done: Done, source: str = "") -> list[str]:
    """The codes of the findings of a source (of all), repeats included, in order."""
    return sorted(problem.code for problem in done.problems if source in ("", problem.source))


def problem(done: Done, code: str, source: str = "") -> Any:
    """The one finding of that code."""
    found = [p for p in done.problems if p.code == code and source in ("", p.source)]
    assert len(found) == 1, found
    return found[0]

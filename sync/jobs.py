"""What the service does at its times: the table of jobs.

To add one: a function from an Errand to a Report, a `[schedule]` setting that says when, and a line in JOBS.
A job is performed in a process of its own (`sync.errand`), so it may take memory, hang or crash. It may be
cut short at any point and is then made up once; what it must not do twice, it has to claim in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sync.config import Schedule, Settings
from sync.core.cadence import Slot, rule
from sync.core.errors import UsageError
from sync.history.store import Store
from sync.outcome import FINE, Done
from sync.report import Json, counted, problem_json


class Errand(NamedTuple):
    """What a job is told. `local`: the time of its slot on the wall in `zone`, None when it has no slot.

    `moment` is now, in the organisation's time zone; `token` that of the service's lease, None without a
    service; `books` are paths of workbooks that somebody asks for, a stranger's words.
    """

    settings: Settings
    moment: datetime
    local: datetime | None = None
    zone: str = ""
    token: int | None = None
    books: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """How a job ended: an exit code, a sentence, and what else is worth handing on."""

    code: int
    said: str
    more: Json = field(default_factory=dict)


def _one_zone(settings: Settings) -> Collection[str]:
    return (settings.organisation.time_zone,)


@dataclass(frozen=True)
class Job:
    """A job: what performs it, which setting says when, in which zones, and how late it still makes sense.

    `zones` is asked each minute by the service itself: it has to be quick, and to fail with HistoryAway only,
    after which it is asked again. `grace`: None for
    the one of the settings.
    """

    perform: Callable[[Errand], Report]
    when: Callable[[Schedule], str]
    zones: Callable[[Settings], Collection[str]] = _one_zone
    grace: timedelta | None = None


def slots(jobs: Mapping[str, Job], settings: Settings) -> list[Slot]:
    """The slots of all jobs that are to be done at all."""
    schedule = settings.schedule
    usual = timedelta(hours=schedule.grace_hours)
    made = {
        Slot.of(name, rule(job.when(schedule)), zone, usual if job.grace is None else job.grace)
        for name, job in jobs.items()
        for zone in job.zones(settings)
    }
    return sorted((slot for slot in made if slot.rule.days), key=lambda slot: (slot.job, slot.zone))


# ---------------------------------------------------------------- the jobs


def _sync(errand: Errand) -> Report:
    return _run(errand, sweep=False)


def _sweep(errand: Errand) -> Report:
    return _run(errand, sweep=True)


def _run(errand: Errand, *, sweep: bool) -> Report:
    from sync.asking import known  # noqa: PLC0415  # the service itself only needs the table below
    from sync.pipeline import run  # noqa: PLC0415  # as above

    asked = known(errand.books, errand.settings) if errand.books else {}
    if errand.books and not asked:
        return Report(FINE, "None of the workbooks asked for is one that okrsync reads.", {"books": {}})
    done = run(
        errand.settings,
        errand.moment,
        dry_run=False,
        force=sorted(set(asked.values())),
        sweep=sweep,
        progress=lambda _total, _what: lambda: None,
        fence=errand.token,
    )
    more: Json = {"run_id": done.run_id, "state": done.state}
    if errand.books:
        more["books"] = _books(asked, errand.settings)
    return Report(done.exit_code, _said(done), more)


def _said(done: Done) -> str:
    """A run in one line."""
    sources = counted(done.sources) or "no sources"
    return " ".join((f"Run {done.run_id} ({done.state}): {sources}.", *done.messages))


def _books(asked: Mapping[str, str], settings: Settings) -> Json:
    """How each workbook that was asked for stands now, by the path that was given: its state and findings."""
    with Store.open(settings.history.url, settings.state_folder()) as store:
        records = store.load_sources(rows=False)
        found = [problem for problem, _ in store.findings()]
    return {
        path: {
            "source": record.name,
            "unit": record.unit,
            "state": record.state,
            "problems": [problem_json(problem) for problem in found if problem.source == record.name],
        }
        for path, key in asked.items()
        if (record := records.get(key))
    }


def _back_up(errand: Errand) -> Report:
    from sync.history.backup import back_up  # noqa: PLC0415  # as above

    settings = errand.settings
    keep = settings.history.backup
    if not keep:
        return Report(FINE, "No copy was made: [history] backup is 0.")
    if not settings.history.url.startswith("sqlite"):
        return Report(
            FINE, "No copy was made: a database on a server is backed up by the server's own tools."
        )
    copy = back_up(Path(settings.history.url.removeprefix("sqlite:///")), errand.moment.date(), keep)
    return Report(FINE, f"The history was copied to {copy}.")


def _prune(errand: Errand) -> Report:
    settings = errand.settings
    keep = settings.history.keep
    if not keep:
        return Report(FINE, "Nothing was removed: [history] keep is 0.")
    before = errand.moment.date() - timedelta(days=keep)
    with Store.open(settings.history.url, settings.state_folder(), fence=errand.token) as store:
        removed = store.prune(before)
    return Report(FINE, f"{removed} runs from before {before} were removed from the history.")


def _tell(job: str) -> Callable[[Errand], Report]:
    """The job that sends those messages to the people of its slot's zone."""

    def send(errand: Errand) -> Report:
        from sync.post import tell  # noqa: PLC0415  # as above

        zones = (errand.zone,) if errand.zone else None
        told = tell(job, errand.settings, errand.moment, zones=zones, fence=errand.token)
        return Report(told.exit_code, " ".join(told.lines()))

    return send


def _readers_zones(settings: Settings) -> Collection[str]:
    """The zones in which somebody may be written to; none as long as nothing can be sent."""
    if not settings.mail.host and not settings.chat.channels:
        return ()
    return _zones_now(settings.history.url, datetime.now(UTC).strftime("%Y-%m-%d %H"), settings)


_ZONES: dict[tuple[str, str], Collection[str]] = {}


def _zones_now(url: str, hour: str, settings: Settings) -> Collection[str]:
    """The zones as the history has them, looked up once an hour: that loads every sheet.

    A history that is away is no answer: a zone that counts as gone for a minute loses its slots.
    """
    from sync.post import zones_of  # noqa: PLC0415  # as above

    if (url, hour) not in _ZONES:
        _ZONES.clear()
        try:
            _ZONES[url, hour] = zones_of(settings)
        except UsageError:  # no history yet
            return _one_zone(settings)
    return _ZONES[url, hour]


JOBS: dict[str, Job] = {
    "sync": Job(_sync, lambda schedule: schedule.sync),
    "weekly": Job(_sweep, lambda schedule: schedule.weekly),
    "sweep": Job(_sweep, lambda schedule: schedule.sweep),
    "backup": Job(_back_up, lambda schedule: schedule.backup),
    "prune": Job(_prune, lambda schedule: schedule.prune),
    "reminders": Job(_tell("reminders"), lambda schedule: schedule.reminders, _readers_zones),
    "news": Job(_tell("news"), lambda schedule: schedule.news, _readers_zones),
    "findings": Job(_tell("findings"), lambda schedule: schedule.findings, _readers_zones),
    "digest": Job(_tell("digest"), lambda schedule: schedule.digest, _readers_zones),
}


def perform(name: str, errand: Errand) -> Report:
    """The report of a job. Raises UsageError when there is none of that name."""
    if name not in JOBS:
        raise UsageError(f'There is no job "{name}"; known are {", ".join(JOBS)}.')
    return JOBS[name].perform(errand)

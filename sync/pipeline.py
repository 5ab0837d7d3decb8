"""One run, step by step: list, compare, receive, assess, plan, commit, publish, write back.

The database commits first; the master and the feedback can always be made again from it (TRUST 19).
Nothing changed means the same source tokens, settings, code version, people list and as-of date: then
only the run is recorded (TRUST 12).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from sync import intake
from sync.config import Settings
from sync.config_words import nearest
from sync.core.collector import no_collector
from sync.core.errors import Busy, HistoryUnusable, LeaseLost, UsageError
from sync.core.problems import Problem
from sync.history.published import published
from sync.history.records import Glance, Run, SourceRecord
from sync.history.store import Store
from sync.moves import moves
from sync.outcome import FINDINGS, FINE, NOTHING, PARTIAL, Done, Progress
from sync.sources.base import Listing

if TYPE_CHECKING:
    from sync.google.connection import Connection
    from sync.workers import Workers


@no_collector()
def run(
    settings: Settings,
    moment: datetime,
    *,
    dry_run: bool,
    force: Sequence[str],
    progress: Progress,
    sweep: bool = False,
    workers: Workers | None = None,
    fence: int | None = None,
) -> Done:
    """One whole run at that moment. Raises UsageError, HistoryUnusable, PublishError or LeaseLost.

    `workers` read the workbooks; without them the run has its own. A `sweep` reads every source and renews
    what the drop-downs offer. `fence`: the token of the service's lease, under which everything is written.
    """
    began = time.perf_counter()
    with intake.google(settings) as google:
        done = _run(
            settings,
            moment,
            google,
            dry_run=dry_run,
            force=force,
            sweep=sweep,
            progress=progress,
            workers=workers,
            fence=fence,
        )
        if google is not None:
            done.api_calls = google.calls()
    done.started = moment.isoformat(timespec="seconds")
    done.seconds = time.perf_counter() - began
    return done


def _run(
    settings: Settings,
    moment: datetime,
    google: Connection | None,
    *,
    dry_run: bool,
    force: Sequence[str],
    sweep: bool,
    progress: Progress,
    workers: Workers | None,
    fence: int | None,
) -> Done:
    began = time.perf_counter()
    found = intake.list_all(intake.configured(settings, google), settings)
    with history(settings, dry_run=dry_run, fence=fence) as store:
        latest = store.latest_run()
        this = _this_run(settings, moment, found.problems)
        glances = store.glance()
        same = latest is not None and _is_same(latest, this, glances, settings)
        if latest and same and not force and not sweep and not moves(found, glances):
            done = _idle(store, latest, this, glances, began=began, dry_run=dry_run)
        else:
            # A run that opens nothing is quick.
            from sync.receiving import compare, read, receive  # noqa: PLC0415

            light = store.load_sources(rows=False)
            _check_forced(force, found.listings, light)
            listed = compare(found, light, force, sweep=sweep)
            with _recorded_if_it_fails(store, this, dry_run=dry_run), own_or(workers, settings) as readers:
                with read(listed, settings, readers) as reading:
                    from sync.history import shelf  # noqa: PLC0415  # it loads pandas, while others read

                    records = store.with_rows(light, shelf.fetched(settings.state_folder()))
                    listed = listed._replace(records=records)
                    reception = receive(listed, reading, store, settings, this.as_of, progress=progress)
                if latest and same and not reception.news and not sweep:
                    if not dry_run:
                        store.touch([update.record for update in reception.updates])
                    done = _idle(store, latest, this, glances, began=began, dry_run=dry_run)
                else:
                    from sync.working import work  # noqa: PLC0415  # an idle run never loads pandas

                    done = work(
                        store,
                        listed,
                        reception,
                        settings,
                        this,
                        google,
                        began=began,
                        dry_run=dry_run,
                        sweep=sweep,
                    )
                    if done.assessment and not dry_run:
                        records_now = partial(store.load_sources, rows=False)
                        shelf.put(settings.state_folder(), done.assessment.portfolio, records_now)
    done.being_edited = [listing.name for listing in found.listings if listing.edited]
    return done


def own_or(workers: Workers | None, settings: Settings) -> AbstractContextManager[Workers]:
    """The workers that were given, else ones that end with the context."""
    return intake.readers(settings) if workers is None else nullcontext(workers)


@contextmanager
def _recorded_if_it_fails(store: Store, this: Run, *, dry_run: bool) -> Iterator[None]:
    """Lets no run end without a record (TRUST 32): what stopped it is in `okrsync status`."""
    try:
        yield
    except (HistoryUnusable, LeaseLost):
        raise
    except Exception as error:
        if not dry_run:
            store.record_run(this._replace(state="failed", cause=f"{type(error).__name__}: {error}"))
        raise


def _check_forced(
    force: Sequence[str], listings: Sequence[Listing], records: Mapping[str, SourceRecord]
) -> None:
    places = {word for listing in listings for word in (listing.name, listing.key)}
    known = places | {record.unit for record in records.values()}
    wrong = [name for name in force if name not in known]
    if wrong:
        raise UsageError(
            *(f'--force "{name}": no source is called so{nearest(name, known)}' for name in wrong)
        )


@contextmanager
def history(settings: Settings, *, dry_run: bool, fence: int | None = None) -> Iterator[Store]:
    """The history, for this run alone; a dry run without one gets an empty one that is thrown away."""
    url, state = settings.history.url, settings.state_folder()
    if dry_run and not Store.exists(url, state):
        with TemporaryDirectory() as folder, Store.open("", Path(folder) / "state") as store:
            yield store
        return
    with Store.open(url, state, fence=fence) as store, nullcontext() if dry_run else _alone(store, settings):
        yield store


@contextmanager
def _alone(store: Store, settings: Settings) -> Iterator[None]:
    """A lock that says at once when another run works on the same history, here or on another machine."""
    try:
        with FileLock(settings.state_folder() / "run.lock", timeout=0, mode=0o600), store.alone():
            yield
    except Timeout:
        raise Busy(
            f"Another okrsync run is at work on {settings.folder}; wait for it to end, then try again."
        ) from None


def _this_run(settings: Settings, moment: datetime, refused: Sequence[Problem]) -> Run:
    """The run as it is recorded; its inputs besides the sources are the people list and the files refused."""
    inputs = repr((intake.people_token(settings), refused))
    return Run(
        started=moment,
        as_of=moment.date(),
        code_version=version("okrsync"),
        settings=settings.as_json(),
        inputs=hashlib.sha256(inputs.encode()).hexdigest(),
    )


def _is_same(latest: Run, this: Run, glances: Mapping[str, Glance], settings: Settings) -> bool:
    """Whether everything but the sources is as it was, and the last run did all it had to do."""
    same = ("as_of", "code_version", "settings", "inputs")
    return (
        _stands(latest, settings)
        and latest.state != "failed"
        and all(getattr(latest, name) == getattr(this, name) for name in same)
        and not _feedback_pending(glances, settings)
    )


def _stands(latest: Run, settings: Settings) -> bool:
    """Whether every master that the settings name is what the last run made of it, as far as files tell."""
    done, wanted = published(latest.master_digest), settings.master
    excel = wanted.excel is None or (done.excel is not None and wanted.excel.exists())
    google = not wanted.google or (done.google is not None and done.google[1] == wanted.google)
    return done.whole and excel and google


def _feedback_pending(glances: Mapping[str, Glance], settings: Settings) -> bool:
    """Whether some workbook's findings still wait (it was open, or the run was cut short)."""
    return any(
        source.state == "ok" and not source.written
        for key, source in glances.items()
        if settings.feedback.of(key)
    )


def _idle(
    store: Store, latest: Run, this: Run, glances: Mapping[str, Glance], *, began: float, dry_run: bool
) -> Done:
    """A run that finds nothing new: it is recorded, and as good or bad as the one before it."""
    done = Done(state="unchanged", sources=_counts_of(glances), exit_code=_code_of(latest))
    if not dry_run:
        idle = this._replace(
            idle=True,
            seconds=time.perf_counter() - began,
            state=latest.state,
            counts=latest.counts,
            master_digest=latest.master_digest,
        )
        done.run_id = store.record_run(idle)
    return done


def _code_of(run: Run) -> int:
    """The exit code that the run's state stands for: an idle run is as good as the one before it."""
    return {"findings": FINDINGS, "partial": PARTIAL, "failed": NOTHING}.get(run.state, FINE)


def _counts_of(glances: Mapping[str, Glance]) -> dict[str, int]:
    """How many sources are in which state, when none was read anew."""
    counts = Counter(source.state for source in glances.values())
    kept = {state: counts[state] for state in ("held", "stale", "unreadable")}
    return {"ok": 0, "unchanged": counts["ok"], **kept}

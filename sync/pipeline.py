"""One run, step by step: list, compare, receive, assess, plan, commit, publish, write back.

The database commits first; the master and the feedback can always be made again from it (TRUST 19).
Nothing changed means the same source tokens, settings, code version, people list and as-of date: then
only the run is recorded (TRUST 12).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from sync import intake, report
from sync.config import Settings
from sync.core.errors import PublishError, UsageError
from sync.core.problems import Problem
from sync.history.records import Run, SourceRecord
from sync.history.store import Store
from sync.receiving import Listed, compare

if TYPE_CHECKING:
    from sync.core.assess import Assessment
    from sync.receiving import Received

Progress = Callable[[int, str], Callable[[], None]]
FINE, FINDINGS, _, PARTIAL, NOTHING = range(5)


@dataclass
class Done:
    """What one run did, for the command line. `assessment` is None when nothing had changed."""

    run_id: int = 0
    started: str = ""
    seconds: float = 0.0
    state: str = "ok"
    sources: dict[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    problems: Sequence[Problem] = ()
    plan: list[dict[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    assessment: Assessment | None = None
    exit_code: int = FINE

    def json(self) -> report.Json:
        """The result of `okrsync sync --format json`."""
        return {
            "run_id": self.run_id,
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "state": self.state,
            "sources": self.sources,
            "api_calls": {"drive": 0, "sheets_reads": 0, "sheets_writes": 0, "retries": 0},
            "written": self.written,
            "problems": [report.problem_json(problem, with_source=True) for problem in self.problems],
            "plan": self.plan,
        }

    def lines(self) -> list[str]:
        """The same for people."""
        if self.state == "unchanged":
            return ["Nothing has changed since the last run; it was recorded, nothing was written."]
        counts = ", ".join(f"{count} {state}" for state, count in self.sources.items() if count)
        lines = [f"Sources: {counts or 'none'}."]
        lines += [f"Would {step['action']}: {step['target']} ({step['reason']})." for step in self.plan]
        lines += [f"Written: {path}" for path in self.written]
        lines += self.messages
        loud = [problem for problem in self.problems if problem.code in ("S110", "S111", "S112", "S117")]
        lines += report.problem_lines(loud)
        lines.append(f"Findings: {report.tally(self.problems)}.")
        return lines


def run(
    settings: Settings, moment: datetime, *, dry_run: bool, force: Sequence[str], progress: Progress
) -> Done:
    """One whole run at that moment. Raises UsageError, HistoryUnusable or PublishError."""
    began = time.perf_counter()
    pairs, problems = intake.list_all(intake.configured(settings))
    _check_forced(force, [listing.name for _, listing in pairs], settings)
    with _alone(settings), _open(settings, dry_run=dry_run) as store:
        latest = store.latest_run()
        this = _this_run(settings, moment)
        records = store.load_sources(rows=False)
        listed = compare(pairs, problems, records, force)
        if not dry_run and latest and _is_idle(latest, this, listed, settings):
            done = Done(state="unchanged", sources=_counts_of(records), exit_code=_code_of(latest))
            done.run_id = store.record_run(_idle(latest, this, time.perf_counter() - began))
        else:
            from sync.working import work  # noqa: PLC0415  # an idle run never loads pandas

            listed = compare(pairs, problems, store.load_sources(), force)
            done = work(store, listed, settings, this, began=began, dry_run=dry_run, progress=progress)
    done.started = moment.isoformat(timespec="seconds")
    done.seconds = time.perf_counter() - began
    return done


def _check_forced(force: Sequence[str], names: Sequence[str], settings: Settings) -> None:
    if force and not names:
        raise UsageError(f"--force {force[0]}: no workbook was found in {settings.folder}.")


def _alone(settings: Settings) -> FileLock:
    """A lock that says at once when another run works on the same folder."""
    state = settings.state_folder()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(state / "run.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"Another okrsync run is at work on {settings.folder}; wait for it to end, then try again."
        ) from None
    return lock


def _open(settings: Settings, *, dry_run: bool) -> Store:
    return Store.open(settings.history.url, settings.state_folder(), read_only=dry_run)


def _this_run(settings: Settings, moment: datetime) -> Run:
    people = hashlib.sha256(intake.people_token(settings).encode()).hexdigest()
    return Run(
        started=moment,
        as_of=moment.date(),
        code_version=version("okrsync"),
        settings=settings.as_json(),
        inputs=people,
    )


def _is_idle(latest: Run, this: Run, listed: Listed, settings: Settings) -> bool:
    same = ("as_of", "code_version", "settings", "inputs")
    return (
        not listed.moves
        and bool(latest.master_digest)
        and latest.state != "failed"
        and all(getattr(latest, name) == getattr(this, name) for name in same)
        and settings.master.excel.exists()
        and not _feedback_pending(listed, settings)
    )


def _feedback_pending(listed: Listed, settings: Settings) -> bool:
    """Whether some workbook's findings still wait to be written into it (it was open, or the run was cut short)."""
    if not settings.feedback.excel:
        return False
    return any(record.state == "ok" and record.own_token != record.token for record in listed.records.values())


def _idle(latest: Run, this: Run, seconds: float) -> Run:
    return this._replace(
        idle=True, seconds=seconds, state=latest.state, counts=latest.counts, master_digest=latest.master_digest
    )


def _code_of(run: Run) -> int:
    """The exit code that the run's state stands for: an idle run is as good as the one before it."""
    return {"findings": FINDINGS, "partial": PARTIAL, "failed": NOTHING}.get(run.state, FINE)


def _counts_of(records: Any) -> dict[str, int]:  # noqa: ANN401  # mapping of records
    counts = {"ok": 0, "unchanged": 0, "held": 0, "stale": 0, "unreadable": 0}
    for record in records.values():
        counts["unchanged" if record.state == "ok" else record.state] += 1
    return counts


__all__ = ["Done", "PublishError", "run"]

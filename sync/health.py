"""What history says: how the service is, what was, and the ways out of a hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from sync.config import Settings
from sync.core.errors import UsageError
from sync.core.problems import Problem, shorten
from sync.history.outbox import CLAIMED, COMMENT, Entry
from sync.history.records import Point, RollUp, Run, SourceRecord, Status
from sync.moves import LET_GO
from sync.opening import existing
from sync.pulse import Pulse, pulse
from sync.receiving import RIVAL
from sync.report import Json, counted, of_whole_sources, percent


@dataclass(frozen=True)
class Health:
    """`okrsync status`: answered from the database alone (TRUST 32).

    `findings` are those of the last computed run that tell of whole sources; `service` is how it beats.
    """

    status: Status
    service: Pulse
    zone: ZoneInfo
    findings: Sequence[Problem] = ()
    unknown: Sequence[Entry] = ()
    mail_held: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the last run did all of its work, and the service, where there is one, does its own."""
        return self._run_healthy and self.service.healthy

    @property
    def _run_healthy(self) -> bool:
        return self.status.healthy and not self.status.unpublished

    @property
    def since(self) -> datetime | None:
        """When it stopped being healthy; None while it is, and before the first run."""
        last = self.status.last.started if self.status.last else None
        run = None if self._run_healthy else self.status.since or last
        return min((moment for moment in (run, self.service.since) if moment), default=None)

    def json(self) -> Json:
        """Stable keys; times in ISO form."""
        status = self.status
        return {
            "healthy": self.healthy,
            "since": _iso(self.since),
            "last_run": _run_json(status.last),
            "last_healthy_run": _run_json(status.last_healthy),
            "unpublished": status.unpublished,
            "sources": status.sources,
            "held": [_source_json(record) for record in status.held],
            "stale": [_source_json(record) for record in status.stale],
            "accepted": list(status.permitted),
            "mail_held": self.mail_held or None,
            "mail_unknown": [
                {"id": one.id, "person": one.person, "kind": one.kind, "period": one.period}
                for one in self.unknown
            ],
            "service": self.service.json(),
        }

    def lines(self) -> list[str]:
        """The same for people."""
        status = self.status
        beats = self.service.lines(self.zone)
        if status.last is None:
            return ["No run yet; `okrsync sync` makes the first.", *beats]
        since = f" since {self.since.astimezone(self.zone):%Y-%m-%d %H:%M}" if self.since else ""
        lines = [f"Healthy: {'yes' if self.healthy else 'no' + since}."]
        lines.append(f"Last run: {_run_line(status.last)}")
        for word, records in (("Held", status.held), ("Stale", status.stale)):
            for record in records:
                lines.append(f"{word}: {record.name} since {record.since}.")
                lines += self._told(record)
        if status.unpublished:
            lines.append("The last run's master has not been published; the next run does it.")
        if self.mail_held:
            lines.append(self.mail_held)
        if self.unknown:
            lines += _unknown_lines(self.unknown)
        lines.append(f"Sources: {status.sources}.")
        return lines + beats

    def _told(self, record: SourceRecord) -> list[str]:
        """What the last run said of a source, and the way out."""
        mine = [problem for problem in self.findings if problem.source == record.name]
        lines = [text for problem in mine for text in (problem.message, f"→ {problem.hint}")]
        if record.key in self.status.permitted:
            lines.append("→ It was accepted; the next `okrsync sync` believes it.")
        return [f"      {line}" for line in lines or [record.cause]]


def _unknown_lines(unknown: Sequence[Entry]) -> list[str]:
    """The messages that were on their way when the answer was lost, and the way out."""
    count = "1 message" if len(unknown) == 1 else f"{len(unknown)} messages"
    lines = [f"Nobody knows whether {count} went; ask, or send again with `okrsync outbox resend ID`:"]
    if any(one.kind == COMMENT for one in unknown):
        lines.append("   A comment is never made again by okrsync; look into the sheet.")
    return [
        *lines,
        *(f"      {one.id}  {one.kind} {one.period} to {one.person} at {one.claimed_at}" for one in unknown),
    ]


def health(settings: Settings, now: datetime) -> Health:
    """How okrsync is at that moment."""
    with existing(settings) as store:
        status = store.status()
        findings = of_whole_sources(problem for problem, _ in store.findings())
        unknown, held = store.outbox.entries(CLAIMED), store.outbox.held
    zone = ZoneInfo(settings.organisation.time_zone)
    return Health(status, pulse(settings, now), zone, findings, unknown, held)


def past(what: str | None, settings: Settings) -> list[Json]:
    """Records of the runs, of a unit's weekly figures, or of everything recorded of an id."""
    with existing(settings) as store:
        if what is None:
            return [_run_json(run) or {} for run in store.runs(50)]
        found = store.history_of(what)
    if not found.roll_ups and not found.points:
        raise UsageError(f'History knows no unit and no id called "{what}".')
    return [_roll_up_json(point) for point in found.roll_ups] + _row_records(found.points)


def _roll_up_json(point: RollUp) -> Json:
    return {
        "week": point.week,
        "as_of": _iso(point.as_of),
        "unit": point.unit,
        "own_score": point.own_score,
        "roll_up": point.roll_up,
        "roll_up_as_if_zero": point.roll_up_as_if_zero,
        "status": point.status,
    }


def _row_records(points: Sequence[Point]) -> list[Json]:
    """One record for each run that brought something new of a row: what it said, and what was computed."""
    records: dict[tuple[str, str, str, str, int], Json] = {}
    for point in points:
        key = (point.table, point.unit, point.cycle, point.identity, point.run)
        place = {"as_of": _iso(point.as_of), "unit": point.unit, "cycle": point.cycle, "id": point.identity}
        record = records.setdefault(key, place)
        if point.texts:
            record |= {**point.texts, "value": point.value, "checked_in": point.checked_in}
        else:
            other = "progress" if point.table == "key_results" else "as_if_zero"
            record |= {"score": point.score, other: point.other}
    return list(records.values())


def past_lines(records: list[Json]) -> list[str]:
    """The records as aligned columns, blank ones left out."""
    if not records:
        return ["Nothing is recorded yet."]
    told = [{name: _cell(name, value) for name, value in record.items()} for record in records]
    names = [name for name in dict.fromkeys(chain(*told)) if any(record.get(name) for record in told)]
    rows = [[name.replace("_", " ") for name in names]]
    rows += [[record.get(name, "") for name in names] for record in told]
    widths = [max(len(row[at]) for row in rows) for at in range(len(names))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


_SHARES = {"own_score", "roll_up", "roll_up_as_if_zero", "score", "progress", "as_if_zero"}


def _cell(name: str, value: object) -> str:
    if name in _SHARES:
        return percent(value if isinstance(value, float) else None)
    if isinstance(value, Mapping):  # a run's sources, by state
        return counted(value)
    return "" if value in (None, False) else "yes" if value is True else shorten(str(value), 40)


def accept_source(name: str, settings: Settings) -> str:
    """Allows the next sync to believe a held source, or to forget a missing one, once."""
    with existing(settings) as store:
        meant = [record for record in store.load_sources().values() if name in (record.name, record.key)]
        contested = [record.cause for record in meant if record.held.kind == RIVAL]
        unread = [record.cause for record in meant if record.state == "stale" and record.cause not in LET_GO]
        if contested:
            raise UsageError(
                f'"{name}" is not one to accept: {contested[0]} Move one of the two workbooks out of the '
                "folder, or give it another unit or cycle."
            )
        if unread:
            raise UsageError(f'"{name}" cannot be read, so there is nothing to accept: {unread[0]}')
        store.accept(name, datetime.now(UTC))
    if any(record.cause in LET_GO for record in meant):
        return f"{name} will be let go at the next sync; its history stays. Run `okrsync sync`."
    return f"{name} will be believed at its next sync, once. Run `okrsync sync`."


def forget_person(who: str, settings: Settings) -> str:
    """Replaces a person by a pseudonym in all of history."""
    with existing(settings) as store:
        done = store.forget(who)
    rows = sum(done.rows.values())
    if not rows and not done.sources:
        return f"{who} stands nowhere in the history."
    line = f"{who} is {done.pseudonym} in the history from now on ({rows} rows changed)."
    if done.sources:
        sheets = ", ".join(done.sources)
        line += f" The name still stands in {sheets}: remove it there, or the next sync brings it back."
    return line


def _iso(moment: object) -> str | None:
    return moment.isoformat() if hasattr(moment, "isoformat") else None


def _run_json(run: Run | None) -> Json | None:
    if run is None:
        return None
    return {
        "run": run.id,
        "started": _iso(run.started),
        "as_of": _iso(run.as_of),
        "seconds": round(run.seconds, 3),
        "state": run.state,
        "idle": run.idle,
        "cause": run.cause or None,
        "sources": dict(run.counts),
    }


def _run_line(run: Run) -> str:
    idle = ", nothing had changed" if run.idle else ""
    cause = f" ({run.cause})" if run.cause else ""
    return f"{run.started:%Y-%m-%d %H:%M} for {run.as_of}, {run.state}{cause}{idle}, {run.seconds:.1f} s."


def _source_json(record: SourceRecord) -> Json:
    return {"source": record.name, "unit": record.unit, "since": _iso(record.since), "cause": record.cause}

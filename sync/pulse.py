"""How the service is, for `okrsync status`: alive since when, what comes next, was missed, or has failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sync.config import Settings
from sync.core.cadence import Occurrence, Slot, due, upcoming
from sync.history.desk import Desk, Lease
from sync.history.slots import SlotRecord
from sync.jobs import JOBS, slots
from sync.report import Json

_RECENT = timedelta(days=7)
_SHOWN = 5  # missed slots that the text names


@dataclass(frozen=True)
class Pulse:
    """The service as the database has it. `overdue`: slots that came and went without anybody looking."""

    lease: Lease
    now: datetime
    seconds: int
    expected: bool
    upcoming: Sequence[tuple[Slot, Occurrence]]
    overdue: Sequence[tuple[Slot, Occurrence]]
    missed: Sequence[SlotRecord]
    failed: Sequence[SlotRecord]

    @property
    def state(self) -> str:
        """Alive, silent (it should be alive), stopped (in good order), or never started."""
        if self.lease.beat is None:
            return "never started"
        if not self.lease.holder:
            return "stopped"
        return "alive" if self.now - self.lease.beat <= timedelta(seconds=2 * self.seconds) else "silent"

    @property
    def healthy(self) -> bool:
        """Whether a service that is expected does its work; always, where none was ever started."""
        if not self.expected or self.state == "never started":
            return True
        return self.state != "silent" and not self.overdue and not self.failed

    @property
    def since(self) -> datetime | None:
        """When it stopped being healthy; None while it is."""
        if self.healthy:
            return None
        moments = [occurrence.moment for _, occurrence in self.overdue]
        moments += [one.finished for one in self.failed if one.finished]
        moments += [self.lease.beat] if self.state == "silent" and self.lease.beat else []
        return min(moments, default=self.lease.beat)

    def json(self) -> Json:
        """Stable keys; moments in UTC, slots by job, local time and zone."""
        lease = self.lease
        return {
            "state": self.state,
            "expected": self.expected,
            "holder": lease.holder or None,
            "since": _iso(lease.since),
            "last_beat": _iso(lease.beat),
            "at_work": {"job": lease.job, "since": _iso(lease.job_since)} if lease.job else None,
            "next": [_planned(*one) for one in self.upcoming],
            "overdue": [_planned(*one) for one in self.overdue],
            "missed": [_slot_json(one) | {"slots": one.covers} for one in self.missed],
            "failed": [_slot_json(one) | {"code": one.code} for one in self.failed],
        }

    def lines(self, zone: ZoneInfo) -> list[str]:
        """The same for people; nothing where no service was ever started."""
        if self.state == "never started":
            return []
        lines = [self._state_line(zone)]
        if self.upcoming and self.state == "alive":
            slot, occurrence = min(self.upcoming, key=lambda one: one[1].moment)
            lines.append(f"      next: {slot.job} at {occurrence.local:%Y-%m-%d %H:%M} ({slot.zone}).")
        lines += [
            f"      Overdue: {slot.job} of {occurrence.local:%Y-%m-%d %H:%M}; nobody has looked since."
            for slot, occurrence in self.overdue
        ]
        lines += [f"Failed: {one.job} of {one.local:%Y-%m-%d %H:%M}: {one.said}" for one in self.failed]
        return lines + self._missed_lines()

    def _state_line(self, zone: ZoneInfo) -> str:
        moments = (self.lease.beat, self.lease.since)
        beat, since = (f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else "" for at in moments)
        if self.state == "stopped":
            return f"Service: stopped at {beat}."
        if self.state == "silent":
            return f"Service: {self.lease.holder} has not been heard of since {beat}."
        at_work = f", at work on {self.lease.job}" if self.lease.job else ""
        return f"Service: alive since {since} ({self.lease.holder}), last beat {beat}{at_work}."

    def _missed_lines(self) -> list[str]:
        if not self.missed:
            return []
        count = sum(one.covers for one in self.missed)
        lines = [f"Missed in the last 7 days: {count} slot{'' if count == 1 else 's'}."]
        shown = self.missed[-_SHOWN:]
        return lines + [f"      {one.job} of {one.local:%Y-%m-%d %H:%M}: {one.said}." for one in shown]


def pulse(settings: Settings, now: datetime) -> Pulse:
    """How the service is at that moment."""
    with Desk.open(settings.history.url, settings.state_folder()) as desk:
        lease, recent, newest = desk.lease(), desk.recent(now - _RECENT), desk.newest()
    planned = slots(JOBS, settings)
    names = {(slot.job, slot.zone) for slot in planned}
    return Pulse(
        lease=lease,
        now=now,
        seconds=settings.schedule.lease_seconds,
        expected=settings.schedule.expected,
        upcoming=[(slot, found) for slot in planned if (found := upcoming(slot, now))],
        overdue=_overdue(planned, lease, now),
        missed=[one for one in recent if one.state == "missed"],
        failed=[one for one in newest if one.state == "failed" and (one.job, one.zone) in names],
    )


def _overdue(planned: Sequence[Slot], lease: Lease, now: datetime) -> list[tuple[Slot, Occurrence]]:
    """Slots whose grace is over and that nobody has looked at: the service, or cron, does not run."""
    if lease.looked is None:
        return []
    over = [(slot, due(slot, lease.looked, now - slot.grace)) for slot in planned]
    passed = [(slot, (*found.missed, *([found.run] if found.run else []))) for slot, found in over]
    return [(slot, occurrences[0]) for slot, occurrences in passed if occurrences]


def _planned(slot: Slot, occurrence: Occurrence) -> Json:
    return {"job": slot.job, "local": occurrence.local.isoformat(timespec="minutes"), "zone": slot.zone}


def _slot_json(one: SlotRecord) -> Json:
    place = {"job": one.job, "local": one.local.isoformat(timespec="minutes"), "zone": one.zone}
    return place | {"message": one.said}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None

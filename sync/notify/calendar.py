"""The cadence of a cycle as an iCalendar file (RFC 5545).

Times are local to whoever reads them: a check-in is due on Friday at 17:00 wherever its owner works.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sync.core.cadence import WEEK
from sync.core.cycle import Cycle
from sync.notify.plain import one_line
from sync.notify.words import Words

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FOLD = 73  # octets of a line before it goes on in the next


class Event(NamedTuple):
    """A meeting or a due time; `weeks`: it comes again each so many weeks until the cycle's end (0: once)."""

    name: str
    starts: datetime
    minutes: int
    weeks: int = 0


def cadence(cycle: Cycle, due_weekday: int, words: Words) -> list[Event]:
    """The meetings of a cycle: weekly, every two weeks, monthly, at its end and after it."""
    due = _on_or_after(cycle.starts + timedelta(days=1), due_weekday)
    review = _on_or_after(cycle.starts + timedelta(days=WEEK), (due_weekday + 4) % WEEK)
    ends = _working(cycle.ends)
    return [
        Event(words("OKR check-in is due"), _at(due, 17), 0, weeks=1),
        Event(words("OKR team review"), _at(review, 10), 45, weeks=2),
        *(Event(words("OKR monthly review"), _at(day, 11), 60) for day in _months(cycle)),
        Event(words("OKR quarterly review"), _at(ends, 10), 90),
        Event(words("OKR retrospective"), _at(_working(cycle.ends + timedelta(days=WEEK)), 10), 90),
    ]


def ics(cycle: Cycle, events: Sequence[Event], *, organisation: str, link: str, moment: datetime) -> str:
    """The events as an iCalendar file; `link` is where people meet."""
    stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//okrsync//okrsync//EN", "CALSCALE:GREGORIAN"]
    lines += [f"X-WR-CALNAME:{_text(f'{organisation} OKR {cycle.name}'.strip())}"]
    for event in events:
        lines += _event(event, cycle, organisation, link, stamp)
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _event(event: Event, cycle: Cycle, organisation: str, link: str, stamp: str) -> Iterator[str]:
    name = f"{organisation}\0{cycle.name}\0{event.name}\0{event.starts.isoformat()}"
    yield "BEGIN:VEVENT"
    yield f"UID:{hashlib.sha256(name.encode()).hexdigest()[:32]}@okrsync"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART:{event.starts:%Y%m%dT%H%M%S}"
    yield f"DURATION:PT{event.minutes}M"
    yield f"SUMMARY:{_text(event.name)}"
    if event.weeks:
        until = datetime.combine(cycle.ends, time(23, 59, 59))
        day = _DAYS[event.starts.weekday()]
        yield f"RRULE:FREQ=WEEKLY;INTERVAL={event.weeks};BYDAY={day};UNTIL={until:%Y%m%dT%H%M%S}"
    if link:
        yield f"URL:{link}"
        yield f"LOCATION:{_text(link)}"
    yield "END:VEVENT"


def _months(cycle: Cycle) -> Iterator[date]:
    """The last working day of each month of the cycle but the last."""
    day = cycle.starts.replace(day=1)
    while True:
        day = (day + timedelta(days=32)).replace(day=1)
        last = day - timedelta(days=1)
        if last >= cycle.ends - timedelta(days=WEEK):
            return
        if last > cycle.starts:
            yield _working(last)


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % WEEK)


def _working(day: date) -> date:
    """The day, or the Friday before it when it is a weekend's."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))


def _text(words: str) -> str:
    """The words as a property's value."""
    clean = one_line(words)
    for sign in ("\\", ";", ","):
        clean = clean.replace(sign, f"\\{sign}")
    return clean


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, never in the middle of a sign."""
    piece = ""
    for sign in line:
        if len((piece + sign).encode()) > _FOLD:
            yield piece
            piece = " "
        piece += sign
    yield piece

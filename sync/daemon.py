"""The service: a ticker above the table of slots in the database, one job at a time, each in its own process.

`schedule` keeps no state and loses its times over restarts, clock changes and jobs that raise. So it only
says that a minute has passed; what is due is asked of the database (`sync.history.slots`), and jobs are
processes that this one starts, watches and ends (`sync.running`). While one is at work the lease is renewed
and signals are heard. Nothing here is lost when this process is killed: the next one takes over.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import schedule

from sync.config import Settings
from sync.core.cadence import due
from sync.core.errors import Busy, HistoryAway, HistoryUnusable, LeaseLost
from sync.errand import STOPPED, Answer, Order
from sync.history.desk import Desk, Lease
from sync.history.slots import SlotRecord
from sync.holding import Holding
from sync.jobs import JOBS, Job, slots
from sync.outcome import FINE, NOTHING, USAGE
from sync.running import AtWork, Ended, Running
from sync.spool import Request, Spool, reply, who

PAUSE = 0.5
"""Seconds between two looks at the spool, the job at work and the signals."""

_MINUTE = 61.0  # seconds after which the ticker is wound up again: its clock was set back
_PATIENCE = 10.0  # seconds until a job is tried again that found another run at work

Start = Callable[[Order], AtWork]


class _Work(NamedTuple):
    """A job at work: for an occurrence of its slot, or for those who asked for a workbook."""

    process: AtWork
    slot: SlotRecord | None
    requests: tuple[Request, ...]


class Service:
    """The service of one organisation. `start` begins a job, `say` hears what happens."""

    def __init__(
        self,
        settings: Settings,
        desk: Desk,
        *,
        start: Start,
        say: Callable[[str], None],
        jobs: Mapping[str, Job] = JOBS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._desk, self._start, self._jobs = settings, desk, start, jobs
        self._zone = ZoneInfo(settings.organisation.time_zone)
        self._hear, self._monotonic = say, monotonic
        self._holding = Holding(desk, seconds=settings.schedule.lease_seconds, monotonic=monotonic)
        self._spool = Spool(settings.state_folder(), self._say)
        self._ticker = schedule.Scheduler()
        self._ticked: float | None = None
        self._trouble_since: float | None = None
        self._put_off: dict[str, float] = {}
        self._holder: Lease | None = None
        self._work: _Work | None = None
        self._anything_waiting = self._asked_last = False
        self._codes: list[int] = []
        self.stopping = False

    # its two ways of working

    def serve(self) -> int:
        """Works until it is told to stop; returns the exit code."""
        with _told_to_stop(self):
            try:
                while not self.stopping:
                    self._safe_turn()
                    time.sleep(PAUSE)
            finally:
                self._end()
        return FINE

    def once(self) -> int:
        """Does what is due now; returns the highest exit code of all that was done."""
        with _told_to_stop(self):
            try:
                if not self._ours():
                    raise Busy(self._who())
                self._turn()
                while self._work and not self.stopping:
                    time.sleep(PAUSE)
                    self._safe_turn(patient=False)
            finally:
                self._end()
        return max(self._codes, default=FINE)

    # one turn

    def _safe_turn(self, *, patient: bool = True) -> None:
        """A turn; a database that stays unusable for as long as a lease lasts is a reason to end.

        With `patient`, one that is in use or not to be reached is waited for without end.
        """
        try:
            self._turn()
            self._trouble_since = None
        except LeaseLost:
            self._give_way()
        except HistoryUnusable as error:
            now = self._monotonic()
            if self._trouble_since is None:
                self._trouble_since = now
                self._say(str(error))
            over = now - self._trouble_since > self._settings.schedule.lease_seconds
            if over and not (patient and isinstance(error, HistoryAway)):
                raise

    def _turn(self) -> None:
        if not self._ours():
            return
        self._settle()
        if self._ticked is None or self._monotonic() - self._ticked > _MINUTE:
            self._ticker.clear()
            self._ticker.every().minute.do(self._tick)
            self._tick()
        self._ticker.run_pending()
        if self._work is None:
            self._begin()

    def _ours(self) -> bool:
        """Whether this service may work; another one's lease is watched until its holder is silent."""
        if self._desk.token is not None:
            if self._holding.keep(_now()):
                return True
            self._give_way()
        holder = self._holding.get(_now())
        if holder is None:
            self._say("This service is at work.")
            self._spool.open()
            self._holder = self._ticked = None
            return True
        if self._holder is None or self._holder.token != holder.token:
            self._holder = holder
            self._say(f"{self._who()} This one stands by.")
        return False

    def _who(self) -> str:
        """Who holds the lease, and since when, as a sentence."""
        if self._holder is None or self._holder.since is None:
            return "Another service holds the lease."
        since = self._holder.since.astimezone(self._zone)
        return f"{self._holder.holder} has been at work on this history since {since:%Y-%m-%d %H:%M:%S}."

    def _give_way(self) -> None:
        """Another service has taken over: nothing more can be written, so what is at work ends."""
        self._desk.lose()
        self._say("Another service has taken over the work; this one stands by.")
        if self._work:
            self._work.process.stop()
            self._work = None
            self._codes.append(NOTHING)

    def _tick(self) -> None:
        """Records in the database what has become due since the last look."""
        now = _now()
        looked = self._desk.lease().looked
        found = [(slot, due(slot, looked, now)) for slot in slots(self._jobs, self._settings)]
        at_work = self._work.slot if self._work else None
        self._desk.look(now, found, {(at_work.job, at_work.zone)} if at_work else ())
        self._ticked = self._monotonic()
        self._anything_waiting = True

    def _begin(self) -> None:
        """Starts what somebody asks for or the occurrence that has waited longest; both in turn."""
        first, second = self._begin_asked, self._begin_slot
        if self._asked_last:
            first, second = second, first
        if not first():
            second()

    def _begin_asked(self) -> bool:
        """Whether somebody asked for a workbook, which is now being synced."""
        requests = self._spool.requests(_now()) if self._may_begin("sync") else []
        if requests:
            books = tuple(sorted({request.path for request in requests}))
            self._desk.busy_with("sync", _now())
            process = self._started(Order("sync", token=self._desk.token, books=books))
            self._work = _Work(process, None, tuple(requests))
            self._asked_last = True
        return bool(requests)

    def _begin_slot(self) -> bool:
        """Whether an occurrence waited, which is now at work."""
        if not self._anything_waiting:
            return False
        waiting = self._desk.waiting()
        self._anything_waiting = bool(waiting)
        one = next((one for one in waiting if self._may_begin(one.job)), None)
        if one is None:
            return False
        self._desk.start(one, _now())
        local = one.local.isoformat(timespec="minutes")
        self._work = _Work(self._started(Order(one.job, "", local, one.zone, self._desk.token)), one, ())
        self._asked_last = False
        return True

    def _started(self, order: Order) -> AtWork:
        """The job at work; one whose process could not be made has ended with that."""
        try:
            return self._start(order)
        except OSError as error:
            return Ended(Answer(NOTHING, f"It could not be started: {error.strerror or error}."))

    def _may_begin(self, job: str) -> bool:
        """Whether the job was not put off a moment ago."""
        return self._monotonic() >= self._put_off.get(job, 0.0)

    def _settle(self) -> None:
        """Records what has come of the job at work, once it has ended."""
        answer = self._work.process.answer() if self._work else None
        if self._work is None or answer is None:
            return
        work = self._work
        if work.slot:
            self._desk.finish(work.slot, _now(), self._state(answer), answer.code, answer.said)
        else:
            self._desk.busy_with("", _now())
        self._work = None  # not before its end is recorded
        self._codes.append(answer.code)
        self._anything_waiting = True
        self._tell(work, answer)

    def _tell(self, work: _Work, answer: Answer) -> None:
        """Says what came of a job, here and to those who asked. One that has to wait says so once."""
        job = work.slot.job if work.slot else "sync"
        again = answer.busy and job in self._put_off
        if answer.busy:
            self._put_off[job] = self._monotonic() + _PATIENCE
        else:
            self._put_off.pop(job, None)
            for request in work.requests:
                self._spool.answer(request.name, reply(request, answer))
        if not again:
            of = f"of {work.slot.local:%Y-%m-%d %H:%M}" if work.slot else f"for {who(work.requests)}"
            self._say(f"{job} {of}: {answer.said}")

    def _state(self, answer: Answer) -> str:
        """What becomes of an occurrence whose job has ended so."""
        if answer.busy:
            return "waiting"
        if answer.code == STOPPED and self.stopping:
            return "cut"
        return "failed" if answer.code in (USAGE, NOTHING, STOPPED) else "done"

    def _end(self) -> None:
        """Stops what is at work, which rolls back, and gives the lease back."""
        self.stopping = True
        if self._work:
            self._work.process.stop()
        if self._desk.token is None:
            return
        with suppress(LeaseLost, HistoryUnusable):  # then the lease runs out by itself
            self._settle()
            self._desk.release(_now())
        self._say("This service has stopped.")

    def _say(self, text: str) -> None:
        """Says it, if it can be said: a log on a full disk is no reason to end."""
        with suppress(OSError):
            self._hear(f"{_now().astimezone(self._zone):%Y-%m-%d %H:%M:%S} {text}")


def _now() -> datetime:
    """The clock is read anew for each thing that is done: the service goes on for months."""
    return datetime.now(UTC)


@contextmanager
def _told_to_stop(service: Service) -> Iterator[None]:
    """SIGTERM and Ctrl-C let the service end in good order (TRUST 21)."""

    def stop(_number: int, _frame: object) -> None:
        service.stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def service(settings: Settings, config: Path | None, desk: Desk, say: Callable[[str], None]) -> Service:
    """The service whose jobs are processes of their own, which read that settings file anew."""
    seconds = settings.schedule.longest_minutes * 60.0
    file = str(config.absolute()) if config else ""

    def start(order: Order) -> AtWork:
        return Running(order._replace(config=file), seconds=seconds)

    return Service(settings, desk, start=start, say=say)

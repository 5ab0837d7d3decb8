"""Work in processes of their own: each task under limits, and the death of its process its own affair.

An executor of the standard shape: `submit(function, *arguments)` gives a future Outcome. The function is a
generator at the top of a module. All that it yields comes back, also when it did not reach its end because
its process died: a crash in a library, a limit crossed, a system without memory. Each process has a thread
here that hands it tasks and waits for its answers; one thread more watches the clock. The limits of memory
and of computing time are the system's (Windows has neither, macOS only the latter); the limit of time is
kept by the watch, everywhere. Whoever has few tasks gets one process, since a second takes longer to start.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple

from sync.worker import OUT_OF_MEMORY, SPEECHLESS, End, Function, Value

RECYCLED_AFTER = 2_000
"""Tasks after which a process is replaced, whatever it has gathered."""

WORTH_ANOTHER = 32
"""Waiting tasks for each process that is there, from which on one more is started."""

_AT_ONCE = 8  # tasks handed over together, so that a process need not wait for the next one
_WATCHED_EVERY = 0.2  # seconds
_STARTS_WITHIN = 60.0  # seconds
_SECRET = ("OKRSYNC_", "PG")  # how the names of variables begin that may hold one: ours, and PostgreSQL's
_DIES_WITHIN = 5.0  # seconds
_BROKEN = (EOFError, OSError, pickle.UnpicklingError, AttributeError, ImportError, IndexError, ValueError)


class Outcome(NamedTuple):
    """What a task yielded. `cause`: why it did not reach its end, a sentence about it; "" when it did.

    `passing`: the cause has nothing to do with the task.
    """

    values: tuple[Any, ...]
    cause: str = ""
    passing: bool = False


class Allowed(NamedTuple):
    """What one task may take: bytes of memory, and seconds."""

    memory: int
    seconds: float


class _Task(NamedTuple):
    function: Function
    arguments: tuple[Any, ...]
    future: Future[Outcome]


class Workers(Executor):
    """Up to `processes` processes, in which `modules` are loaded already. Use `with`."""

    def __init__(self, limits: Allowed, *, processes: int, modules: Sequence[str] = ()) -> None:
        self._limits, self._processes, self._modules = limits, processes, modules
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._alive: set[_Process] = set()
        self._closed = threading.Event()

    def submit(self, function: Function, /, *arguments: Any) -> Future[Outcome]:  # type: ignore[override]  # noqa: ANN401  # a generator's outcome; any arguments
        """The future Outcome of `function(*arguments)`."""
        future: Future[Outcome] = Future()
        with self._lock:
            self._tasks.put(_Task(function, arguments, future))
            if not self._threads:
                self._start(self._watch)
            workers = len(self._threads) - 1
            if workers < self._processes and self._tasks.qsize() > WORTH_ANOTHER * workers:
                self._start(self._work)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # the library's signature
        """Ends the processes once the waiting tasks are done; at once when these are cancelled."""
        if cancel_futures:
            self._closed.set()
            with suppress(Empty):
                while task := self._tasks.get_nowait():
                    task.future.cancel()
            for process in tuple(self._alive):
                process.kill()
        self._tasks.put(None)
        if wait:
            for thread in self._threads[1:]:
                thread.join()
        self._closed.set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for the tasks, or cancels them when an error ends the `with`."""
        self.shutdown(cancel_futures=error is not None)

    def _start(self, target: Any) -> None:  # noqa: ANN401  # a method
        thread = threading.Thread(target=target, daemon=True, name="okrsync workers")
        self._threads.append(thread)
        thread.start()

    def _watch(self) -> None:
        while not self._closed.wait(_WATCHED_EVERY):
            now = time.monotonic()
            for process in tuple(self._alive):
                deadline = process.deadline
                if now > deadline:
                    process.overdue = deadline
                    process.kill()

    def _work(self) -> None:
        """One process after the other, until there are no more tasks."""
        process: _Process | None = None
        while tasks := self._next():
            try:
                process = self._perform(tasks, process)
            except Exception as error:  # noqa: BLE001  # whatever it is: somebody waits for each of these tasks
                process = None
                for task in tasks:
                    if not task.future.done():
                        task.future.set_exception(error)
        if process is not None:
            self._end(process)

    def _next(self) -> list[_Task]:
        """The next tasks, a fair share of those that wait; none when the work is over."""
        tasks: list[_Task] = []
        share = min(_AT_ONCE, 1 + self._tasks.qsize() // (2 * self._processes))
        while len(tasks) < share:
            try:
                task = self._tasks.get(block=not tasks)
            except Empty:
                break
            if task is None:
                self._tasks.put(None)  # for the other threads
                break
            if task.future.set_running_or_notify_cancel():
                tasks.append(task)
        return tasks

    def _perform(self, tasks: Sequence[_Task], process: _Process | None) -> _Process | None:
        """Settles the tasks; a process that dies is replaced for the ones behind. Returns the last.

        A task that its process died of is tried once more: the system may have ended the process for want of
        memory that others took.
        """
        settled, tried = 0, -1
        while settled < len(tasks) and not self._closed.is_set():
            try:
                process = process or self._begin()
            except OSError as error:
                cause = f"no process could be started to read it ({error.strerror or error})."
                for task in tasks[settled:]:
                    task.future.set_result(Outcome((), cause, passing=True))
                return None
            for outcome in process.perform(tasks[settled:]):
                if process.crashed and tried < settled:
                    tried = settled
                    break
                tasks[settled].future.set_result(outcome)
                settled += 1
            if process.ended or process.performed >= RECYCLED_AFTER:
                self._end(process)
                process = None
        for task in tasks[settled:]:
            task.future.set_result(Outcome((), "the work was broken off.", passing=True))
        return process

    def _begin(self) -> _Process:
        process = _Process(self._limits, self._modules)
        self._alive.add(process)
        if self._closed.is_set():  # too late: whoever closes may have looked already
            process.kill()
        try:
            process.wait_until_ready()
        except OSError:
            self._end(process)
            raise
        return process

    def _end(self, process: _Process) -> None:
        process.close()
        self._alive.discard(process)


class _Process:
    """One worker process, used by one thread; `overdue` and `kill` are the watch's.

    `crashed`: it ended in the middle of a task, and not for a limit.
    """

    def __init__(self, limits: Allowed, modules: Sequence[str]) -> None:
        self.performed, self.ended, self.crashed = 0, False, False
        self.overdue = float("nan")  # the deadline that the watch found to be over
        self.deadline = time.monotonic() + _STARTS_WITHIN
        self._limits = limits
        path = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100  # texts, as Python keeps them
        code = f"import sys; sys.path[:] = {path!r}; import {', '.join(('sync.worker', *modules))}; "
        code += f"sync.worker.serve({limits.memory}, {limits.seconds})"
        # Secrets come from the environment: a process that opens strangers' files gets none of them.
        environment = {name: text for name, text in os.environ.items() if not name.startswith(_SECRET)}
        self._popen = subprocess.Popen(  # noqa: S603  # our own interpreter and code
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        assert self._popen.stdin  # noqa: S101  # tells the type checker
        assert self._popen.stdout  # noqa: S101  # as above
        self._stdin, self._stdout = self._popen.stdin, self._popen.stdout

    def wait_until_ready(self) -> None:
        """Waits for its first word. Raises OSError when there is none."""
        try:
            pickle.load(self._stdout)  # noqa: S301  # from our own process
        except _BROKEN as error:
            raise OSError(f"a worker process could not be started: {self._death()}") from error
        self.deadline = float("inf")

    def perform(self, tasks: Sequence[_Task]) -> Iterator[Outcome]:
        """The outcomes of the tasks in turn, up to the one in which the process died, if it did."""
        with suppress(OSError):  # it died meanwhile: the first answer will be missing
            pickle.dump([(task.function, task.arguments) for task in tasks], self._stdin, protocol=5)
            self._stdin.flush()
        for _ in tasks:
            self.performed += 1
            self.deadline = time.monotonic() + self._limits.seconds
            outcome = self._outcome()
            self.deadline = float("inf")
            yield outcome
            if self.ended:
                return

    def _outcome(self) -> Outcome:
        values: list[Any] = []
        try:
            while isinstance(answer := pickle.load(self._stdout), Value):  # noqa: S301  # from our own process
                values.append(answer.value)
        except _BROKEN:
            self.ended = True
            cause = self._death()
            return Outcome(tuple(values), cause, passing=self._popen.returncode == SPEECHLESS)
        assert isinstance(answer, End)  # noqa: S101  # there is nothing else
        if answer.cause == OUT_OF_MEMORY:
            self.ended = True
            self.crashed = self.performed > 1  # others may have left something behind; a new process tells
            return Outcome(tuple(values), self._too_large())
        cause = f"okrsync's own reader failed on it ({answer.cause})." if answer.cause else ""
        return Outcome(tuple(values), cause)

    def _death(self) -> str:
        """Why the process ended in the middle of a task."""
        try:
            code = self._popen.wait(timeout=_DIES_WITHIN)  # its own way of ending tells the cause
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._popen.wait()
        seconds = f"{self._limits.seconds:g} seconds"
        if self.overdue == self.deadline:  # of this task, not of the one before
            return f"reading it takes more than {seconds}."
        if sys.platform != "win32" and code == -signal.SIGXCPU:
            return f"reading it takes more than {seconds} of computing."
        self.crashed = True
        if sys.platform != "win32" and code == -signal.SIGKILL:
            return "the system ended the process that read it, perhaps for want of memory."
        return f"the process that read it crashed (exit status {code})."

    def _too_large(self) -> str:
        return f"reading it takes more than {self._limits.memory // 2**20:,} MiB of memory."

    def kill(self) -> None:
        """Ends the process at once, if it has not ended."""
        with suppress(OSError):
            self._popen.kill()

    def close(self) -> None:
        """Lets the process end, and waits for it."""
        with suppress(OSError):
            self._stdin.close()
        try:
            self._popen.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()
            self._popen.wait()
        self._stdout.close()

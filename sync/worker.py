"""The life of a worker process: tasks in, what they yield out, under limits (see `sync.workers`)."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

if sys.platform != "win32":
    import resource

Function = Callable[..., Iterator[Any]]
OUT_OF_MEMORY = "out of memory"
SPEECHLESS = 75
"""The exit status of a process whose answers reach nobody."""


class Value(NamedTuple):
    """Something that a task yielded."""

    value: Any


class End(NamedTuple):
    """A task has ended: as it should (""), out of memory, or by an error of that name and text."""

    cause: str = ""


def serve(memory: int, seconds: float) -> None:
    """Performs the tasks that come on standard input, lists of (function, arguments), until it ends.

    A process that ran out of memory ends: nobody knows what state it is in.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    gc.freeze()
    gc.set_threshold(100_000)  # rows and cells hold no loops; looking for some takes a tenth of the time
    _limit(memory)
    _answer(answers, End())
    while True:
        try:
            tasks = pickle.load(sys.stdin.buffer)  # noqa: S301  # written by our own parent
        except EOFError:
            return
        for function, arguments in tasks:
            _allow(seconds)
            ended = _perform(function, arguments, answers)
            _answer(answers, ended)
            if ended.cause == OUT_OF_MEMORY:
                return


def _perform(function: Function, arguments: tuple[Any, ...], answers: BinaryIO) -> End:
    try:
        for value in function(*arguments):
            _answer(answers, Value(value))
    except MemoryError:
        return End(OUT_OF_MEMORY)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is this task's, and told
        return End(f"{type(error).__name__}: {error}")
    return End()


def _answer(answers: BinaryIO, answer: Value | End) -> None:
    """Gives an answer. A process that cannot ends in its own way: no task is to blame for it."""
    try:
        pickle.dump(answer, answers, protocol=5)
        answers.flush()
    except OSError:
        os._exit(SPEECHLESS)


def _limit(memory: int) -> None:
    """Bounds what this process may take. Windows knows none of these limits, macOS not that of memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    if sys.platform != "win32":
        for limit, most in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
        ):
            with suppress(ValueError, OSError):  # a lower limit that holds already
                resource.setrlimit(limit, (most, most))


def _allow(seconds: float) -> None:
    """Lets the next task take so many seconds of computing; beyond, the system ends this process."""
    if sys.platform != "win32":
        until = int(time.process_time() + seconds) + 1
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))

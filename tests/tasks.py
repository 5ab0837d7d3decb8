"""Tasks for worker processes in tests: one for each way in which a task can end."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn


def doubled(number: int) -> Iterator[int]:
    """The number, then twice the number."""
    yield number
    yield 2 * number


def process() -> Iterator[int]:
    """Which process does this."""
    yield os.getpid()


def environment(name: str) -> Iterator[str | None]:
    """What a variable holds in the process."""
    yield os.environ.get(name)


def dies(how: str) -> Iterator[str]:
    """Says "begun", then does not come to its end."""
    os.write(1, b"noise on standard output")
    yield "begun"
    _WAYS[how]()
    raise AssertionError(how)


def dies_once(mark: str) -> Iterator[str]:
    """Dies as long as there is no folder of that name, which it makes; else says "done"."""
    if not os.path.isdir(mark):  # noqa: PTH112  # a text, as tasks are given
        os.mkdir(mark)  # noqa: PTH102  # as above; to write a file is not allowed
        os.abort()
    yield "done"


class _Panic(BaseException):
    """As the exceptions of extension modules that stop for a fault of their own."""


def _deeper() -> Any:
    sys.setrecursionlimit(10**9)
    return [_deeper()]


def _raise(error: BaseException) -> NoReturn:
    raise error


def _answers() -> int:
    """The file number of the pipe to the parent: the copy of standard output that `serve` made."""
    return max(number for number in range(3, 20) if _is_pipe(number))


def _is_pipe(number: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:
        return False


def _compute() -> NoReturn:
    while True:
        pass


_WAYS: dict[str, Callable[[], Any]] = {
    "abort": os.abort,
    "exit": lambda: os._exit(7),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "quit": lambda: _raise(SystemExit(3)),
    "fault": lambda: _raise(KeyError("row")),
    "panic": lambda: _raise(_Panic("a library's own")),
    "memory": lambda: bytearray(2**31),
    "computes": _compute,
    "speechless": lambda: os.dup2(os.open(os.devnull, os.O_RDONLY), _answers()),
    "sleeps": lambda: time.sleep(600),
    "recursion": _deeper,
}

"""A command as a whole process: wall seconds, peak memory, what it said.

It is started from a small process of its own (this module as a command), for two reasons: on Linux a child
inherits the peak of whatever started it, and whoever is stopped in the middle can end the whole group.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_MIB = 1024 * 1024
_EVERY = 0.2  # seconds between two looks at the process tree


class Ran(NamedTuple):
    """A command that has ended: wall and CPU seconds, memory of its largest process and of all together.

    `peak` and `tree` are MiB of resident memory; `tree` is sampled, counts shared pages once a process,
    and is None where the system has no /proc.
    """

    code: int
    seconds: float
    cpu: float
    peak: float
    tree: float | None
    out: str
    err: str


def run(command: Sequence[str], *, cores: int = 0, codes: Sequence[int] = (0,)) -> Ran:
    """Runs Python with those arguments, on at most that many cores (0: all) where the system can do that.

    Raises RuntimeError when it ends with another code than those.
    """
    helper = [sys.executable, "-m", "benchmarks.process", str(cores), sys.executable, *command]
    with subprocess.Popen(helper, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            told, _ = process.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    ran = Ran(*json.loads(told))
    if ran.code not in codes:
        raise RuntimeError(f"{' '.join(command)} ended with {ran.code}:\n{ran.err[-2000:]}")
    return ran


def _measure(cores: int, command: Sequence[str]) -> Ran:
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    sampled = 0.0
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while True:
            try:
                out, err = process.communicate(timeout=_EVERY)
                break
            except subprocess.TimeoutExpired:
                sampled = max(sampled, _resident(process.pid))
    seconds = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss * unit / _MIB
    tree = max(sampled, peak) if Path("/proc/self/statm").exists() else None
    return Ran(process.returncode, seconds, used.ru_utime + used.ru_stime, peak, tree, out, err)


def _resident(pid: int) -> float:
    """MiB resident in a process and all below it; 0 where there is no /proc."""
    page = resource.getpagesize()
    total, pending = 0, [str(pid)]
    while pending:
        here = Path("/proc", pending.pop())
        with contextlib.suppress(OSError):  # it has ended meanwhile
            total += int((here / "statm").read_text().split()[1]) * page
            for thread in (here / "task").iterdir():
                pending += (thread / "children").read_text().split()
    return total / _MIB


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]), sys.argv[2:])))

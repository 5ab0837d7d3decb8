"""One thing that was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from sync.core.errors import SourceUnreadable
from sync.core.problems import Problem, Severity, sentence


class State(StrEnum):
    """How a thing is; only PROBLEM keeps a sync from doing all of its work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class Check(NamedTuple):
    """What was looked at, where, how it is, in a sentence, and how to mend it ("": nothing is to be done)."""

    area: str
    what: str
    state: State
    message: str
    hint: str = ""


class Examination(NamedTuple):
    """All checks in order, and the calls to Google that they took, by kind."""

    checks: tuple[Check, ...]
    calls: dict[str, int]


def unreadable(area: str, what: str, error: SourceUnreadable) -> Check:
    """The check of something that could not be read."""
    return Check(area, what, State.PROBLEM, sentence(error.cause), error.hint)


def of_problem(area: str, what: str, problem: Problem) -> Check:
    """The check that a finding is."""
    loud = problem.severity is Severity.ERROR
    return Check(area, what, State.PROBLEM if loud else State.WARNING, problem.message, problem.hint)


def ping() -> Iterator[str]:
    """What a worker process yields to show that it works."""
    yield "here"

"""One workbook from its file to a team's sheet: what happens in a worker process.

Kept light: a process loads nothing else. What it gives back are plain values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from sync.core.errors import SourceUnreadable
from sync.core.grid import Grid
from sync.core.headers import Mapped, is_ours
from sync.core.identity import resolve
from sync.core.parse import parse
from sync.core.policy import Limits
from sync.core.problems import Problem
from sync.history.payload import Made, made
from sync.sources import xlsx
from sync.sources.excel import file_within


class Wanted(NamedTuple):
    """Which file is to be read and how; it has to lie in one of the roots.

    `known` is the sha256 of a content that need not be parsed again.
    """

    path: str
    roots: tuple[str, ...]
    name: str
    number_format: str
    organisation_format: str
    mapping: Mapped
    limits: Limits
    known: str = ""


class Read(NamedTuple):
    """What a file says. Without a sheet `cause` and `remedy` tell why, or else the parser's problems.

    `passing`: the same content may be readable next time. The rows have the identities that they have by
    themselves, and the sheet its document, so that whoever waits for many of them has little left to do.
    """

    made: Made | None = None
    problems: tuple[Problem, ...] = ()
    cause: str = ""
    remedy: str = ""
    passing: bool = False


def read_team(wanted: Wanted) -> Iterator[str | Read]:
    """First the sha256 of the file's bytes, then what it says; nothing more when these are known already."""
    try:
        data = file_within(wanted.path, wanted.roots, wanted.limits)
        digest = hashlib.sha256(data).hexdigest()
        yield digest
        if digest == wanted.known:
            return
        grid = xlsx.read(data, wanted.limits, unread=is_ours)
    except SourceUnreadable as error:
        yield Read(cause=error.cause, remedy=error.hint, passing=error.passing)
        return
    yield parsed(
        wanted.name,
        grid,
        number_format=wanted.number_format,
        organisation_format=wanted.organisation_format,
        mapping=wanted.mapping,
    )


def parsed(name: str, grid: Grid, *, number_format: str, organisation_format: str, mapping: Mapped) -> Read:
    """What the cells of a source say."""
    found = parse(
        name,
        grid,
        number_format=number_format,
        organisation_format=organisation_format,
        mapping=mapping,
    )
    return Read(made(resolve(found.sheet).sheet) if found.sheet else None, found.problems)

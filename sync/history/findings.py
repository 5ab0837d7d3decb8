"""Findings over time: a row per finding, open from the run that found it to the run that did not."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from sync.core.problems import Problem, Severity
from sync.history import tables as t
from sync.history.batch import Ids, add_rows, change, columns_of


def write_problems(connection: Connection, problems: Sequence[Problem], run: int, as_of: date) -> None:
    """Opens new findings, closes those that are gone, keeps the first date of the others (text renewed)."""
    open_ = _open(connection)
    now = _by_key(problems)
    ids = Ids(connection, t.problem)
    fresh = [
        (ids.next(), key, as_of, run, *_texts(problem)) for key, problem in now.items() if key not in open_
    ]
    renewed = [
        {"id": open_[key].id, **dict(zip(Problem._fields, _texts(problem), strict=True))}
        for key, problem in now.items()
        if key in open_ and open_[key].problem != problem
    ]
    add_rows(connection, t.problem, ("id", "key", "first_seen", "from_run", *Problem._fields), fresh)
    change(connection, t.problem, renewed)
    closed = [{"id": found.id, "to_run": run} for key, found in open_.items() if key not in now]
    change(connection, t.problem, closed)


def open_findings(connection: Connection) -> list[tuple[Problem, date]]:
    """The findings of the newest run with the date each was first seen, in their stable order."""
    found = [(one.problem, one.first_seen) for one in _open(connection).values()]
    return sorted(found, key=lambda pair: (pair[0].sort_key(), pair))


class _Open(NamedTuple):
    """A finding that the newest run had."""

    id: int
    first_seen: date
    problem: Problem


def _open(connection: Connection) -> dict[str, _Open]:
    """The findings of the newest run by key."""
    p = t.problem
    query = select(p.c.key, p.c.id, p.c.first_seen, *(p.c[name] for name in Problem._fields))
    keys, ids, dates, codes, severities, *texts = columns_of(connection, query.where(p.c.to_run.is_(None)))
    problems = map(Problem, codes, map(Severity, severities), *texts)
    return dict(zip(keys, map(_Open, ids, dates, problems), strict=True))


def _by_key(problems: Sequence[Problem]) -> dict[str, Problem]:
    """The problems by what makes them the same finding tomorrow: rule, source, row; not the wording."""
    count: Counter[tuple[str, ...]] = Counter()
    keyed = {}
    for problem in problems:
        place = (problem.code, problem.source, problem.unit, problem.tab, problem.row_id or problem.cell)
        count[place] += 1
        text = "\0".join((*place, str(count[place])))
        keyed[hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()] = problem
    return keyed


def _texts(problem: Problem) -> tuple[str, ...]:
    code, severity, *texts = problem
    return (code, str(severity), *texts)

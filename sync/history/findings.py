"""Findings over time: a row per finding, open from the run that found it to the run that did not."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, select

from sync.core.problems import Problem, Severity
from sync.history import tables as t
from sync.history.batch import Ids, add, change


def write_problems(connection: Connection, problems: Sequence[Problem], run: int, as_of: date) -> None:
    """Opens new findings, closes those that are gone, keeps the first date of the others (text renewed)."""
    p = t.problem
    open_ = {row["key"]: row for row in connection.execute(_open()).mappings()}
    now = _by_key(problems)
    ids = Ids(connection, p)
    fresh = [
        {"id": ids.next(), "key": key, "first_seen": as_of, "from_run": run, **_texts(problem)}
        for key, problem in now.items()
        if key not in open_
    ]
    renewed = [
        {"id": open_[key]["id"], **_texts(problem)}
        for key, problem in now.items()
        if key in open_ and any(open_[key][name] != text for name, text in _texts(problem).items())
    ]
    add(connection, p, fresh)
    change(connection, p, renewed)
    change(connection, p, [{"id": row["id"], "to_run": run} for key, row in open_.items() if key not in now])


def open_findings(connection: Connection) -> list[tuple[Problem, date]]:
    """The findings of the newest run with the date each was first seen, in their stable order."""
    rows = connection.execute(_open()).mappings()
    found = [(_problem(row), row["first_seen"]) for row in rows]
    return sorted(found, key=lambda pair: pair[0].sort_key())


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


def _texts(problem: Problem) -> dict[str, str]:
    return {**problem._asdict(), "severity": str(problem.severity)}


def _open() -> Select[Any]:
    return select(t.problem).where(t.problem.c.to_run.is_(None))


def _problem(row: Mapping[Any, Any]) -> Problem:
    texts = {name: row[name] for name in Problem._fields}
    return Problem(**{**texts, "severity": Severity(texts["severity"])})

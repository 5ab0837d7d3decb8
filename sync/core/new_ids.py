"""Ids for rows that have none: `MKT-O3` for an objective, `MKT-O3-KR2` for a key result of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

from sync.core.cells import fold
from sync.core.model import TeamSheet

_NUMBERED = re.compile(r"(.+)-O[0-9]+")
_LETTERS = 3


class NewId(NamedTuple):
    """An id for a row of "objectives" or "key_results" that has none; `text` tells which row is meant."""

    table: str
    row: int
    id: str
    text: str


def new_ids(sheet: TeamSheet) -> list[NewId]:
    """An id for every row that has none, free in the whole sheet; key results of no objective get none."""
    lost = {(gone.table, gone.identity) for gone in sheet.gone}
    objectives = [row for row in sheet.objectives if ("objectives", row.identity) not in lost]
    key_results = [row for row in sheet.key_results if ("key_results", row.identity) not in lost]
    used = [*(row.id for row in sheet.objectives), *(row.id for row in sheet.key_results)]
    taken = {fold(row_id) for row_id in used if row_id}
    free = _Free(taken)
    start = prefix((row.id for row in objectives), sheet.team.unit)
    found: list[NewId] = []
    named: dict[str, str] = {}
    for objective in objectives:
        row_id = objective.id or free.next(f"{start}-O")
        if not objective.id:
            found.append(NewId("objectives", objective.row, row_id, objective.objective))
        named.setdefault(fold(objective.objective), row_id)
        named[fold(row_id)] = row_id
    for key_result in key_results:
        above = named.get(fold(key_result.objective_id))
        if not key_result.id and above:
            row_id = free.next(f"{above}-KR")
            found.append(NewId("key_results", key_result.row, row_id, key_result.key_result))
    return found


def prefix(ids: Iterable[str], unit: str) -> str:
    """What a unit's ids begin with: what most of them do, else letters of its name."""
    used = Counter(match[1] for row_id in ids if (match := _NUMBERED.fullmatch(row_id)))
    if used:
        return used.most_common(1)[0][0]
    words = re.findall(r"[^\W\d_]+", unit) or ["OKR"]
    letters = words[0][:_LETTERS] if len(words) == 1 else "".join(word[0] for word in words[:4])
    return letters.upper()


class _Free:
    """Numbers that nobody uses behind a beginning; each is given once."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._numbers: dict[str, Iterator[int]] = {}

    def next(self, start: str) -> str:
        """The beginning with the next number above all that are used behind it."""
        if start not in self._numbers:
            ends = (taken.removeprefix(fold(start)) for taken in self._taken if taken.startswith(fold(start)))
            self._numbers[start] = count(max((int(end) for end in ends if end.isdecimal()), default=0) + 1)
        row_id = f"{start}{next(self._numbers[start])}"
        self._taken.add(fold(row_id))
        return row_id

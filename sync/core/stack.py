"""The columns of all sheets as a run laid them end to end: the next one takes its unchanged sheets from them.

A sheet of which the tables stand here has them as `Columns` that are `kept`: they know their first row here,
and its own columns are loaded only when somebody asks for a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sync.core.arrays import Ints, Texts
from sync.core.columns import Columns, plan
from sync.core.model import CheckInRow, InitiativeRow, KeyResultRow, ObjectiveRow

if TYPE_CHECKING:
    from sync.core.portfolio import Portfolio

TABLES: Mapping[str, type[tuple[Any, ...]]] = {
    "objectives": ObjectiveRow,
    "key_results": KeyResultRow,
    "check_ins": CheckInRow,
    "initiatives": InitiativeRow,
}
CHECK_IN_WORDS = ("what_changed", "blockers", "next_steps", "by")
"""Texts of check-ins that no rule reads: they stay in the sheets until somebody shows some of them."""


class Coded(NamedTuple):
    """A column of texts: the distinct ones, and which of them each row has."""

    code: npt.NDArray[np.int32]
    words: Texts


Held = Coded | npt.NDArray[Any]


@dataclass(frozen=True)
class Stack:
    """By table its columns by name; of CHECK_IN_WORDS those of the rows `listed` (ascending) of check_ins."""

    tables: Mapping[str, Mapping[str, Held]]
    listed: Ints
    words: Mapping[str, Held]


def stack_of(p: Portfolio, listed: Ints) -> Stack:
    """The columns of a portfolio's sheets, with the words of those of its check-ins."""
    tables = {table: _columns(getattr(p, table), table) for table in TABLES}
    words = {name: np.array(p.words(name, listed), dtype=np.object_) for name in CHECK_IN_WORDS}
    return Stack(tables, listed, {name: _held(values) for name, values in words.items()})


def names_of(table: str) -> list[str]:
    """The columns of a table as they are laid end to end."""
    names: list[str] = []
    for name, blank in plan(TABLES[table]):
        if blank is not None:
            names += [name, f"{name}_was", f"{name}_raw"]
        elif table != "check_ins" or name not in CHECK_IN_WORDS:
            names.append(name)
    return [*names, "current_formula"] if table == "key_results" else names


def _columns(frame: pd.DataFrame, table: str) -> dict[str, Held]:
    """What was typed, where the frame has something else under the column's name."""
    typed = {name: f"{name}_typed" if f"{name}_typed" in frame else name for name in names_of(table)}
    return {name: _held(frame[column].to_numpy()) for name, column in typed.items()}


def _held(values: npt.NDArray[Any]) -> Held:
    if values.dtype != np.object_:
        return values
    at, words = pd.factorize(values)
    return Coded(at.astype(np.int32), words)


def beside(
    fresh: Mapping[str, npt.NDArray[Any]], tables: Sequence[Columns[Any]], table: str
) -> dict[str, npt.NDArray[Any]]:
    """The columns of one table of all sheets, from the fresh rows in their order and those that are kept."""
    firsts = _firsts(tables)
    counts = np.fromiter(map(len, tables), np.int64, len(tables))
    first = np.repeat(firsts, counts)
    there = first >= 0
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = (first + within)[there]
    held = _stack(tables).tables[table]
    return {name: _woven(column, _taken(held[name], rows), there) for name, column in fresh.items()}


def _woven(fresh: npt.NDArray[Any], kept: npt.NDArray[Any], there: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    both = np.empty(len(there), dtype=fresh.dtype)
    both[there], both[~there] = kept, fresh
    return both


def words_of(tables: Sequence[Columns[CheckInRow]], field: str, sources: Ints, places: Ints) -> list[str]:
    """One of CHECK_IN_WORDS of check-ins, each in the table of its source at its place."""
    found = np.empty(len(sources), dtype=np.object_)
    firsts = _firsts(tables)[sources]
    there = firsts >= 0
    if there.any():
        stack, rows = _stack(tables), firsts + places
        at = np.searchsorted(stack.listed, rows)
        there &= np.append(stack.listed, -1)[at] == rows
        found[there] = _taken(stack.words[field], at[there])
    own = sources[~there].tolist()
    columns = {source: tables[source].column(field) for source in set(own)}
    found[~there] = [columns[source][at] for source, at in zip(own, places[~there].tolist(), strict=True)]
    return [*found.tolist()]


def _firsts(tables: Sequence[Columns[Any]]) -> Ints:
    """The first row of each table in the stack, -1 where it does not stand there."""
    return np.array([-1 if rows.kept is None else rows.kept.first for rows in tables], dtype=np.int64)


def _stack(tables: Sequence[Columns[Any]]) -> Stack:
    stack: Stack = next(rows.kept.stack for rows in tables if rows.kept)
    return stack


def _taken(column: Held, rows: Ints) -> npt.NDArray[Any]:
    if isinstance(column, Coded):
        return column.words[column.code[rows]]
    return column[rows]

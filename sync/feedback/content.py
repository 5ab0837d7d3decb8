"""What a team's Sync status tab says, from the sheet that was read and what was found in it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sync.core.model import TeamSheet
from sync.core.problems import Problem, in_order, shorten
from sync.core.status_tab import Feedback, RowResult, row_key

_ISSUES_LENGTH = 1_000
_TABLES = {"objectives": "objective", "key_results": "key_result"}


def compose(
    sheet: TeamSheet,
    problems: Iterable[Problem],
    progress: Mapping[tuple[str, int], float | None],
    *,
    as_of: str,
    figures: Sequence[tuple[str, str | float | int | None]] = (),
) -> Feedback:
    """The Feedback for one sheet.

    `problems` are those of this source; they reach a row by tab and row number of their cell. `progress`
    maps (table, row number) of "objectives" and "key_results" to the value that the template shows where
    it cannot compute: a key result's `p`, an objective's score; None or NaN for no score. `figures` are
    the headline: fractions as float, counts as int, None for "no score".
    """
    ordered = in_order(problems)
    found = _by_row(ordered)
    rows = tuple(_row_results(sheet, found, progress))
    return Feedback(as_of, tuple(_figures(figures)), tuple(ordered), rows)


def _by_row(problems: Iterable[Problem]) -> Mapping[tuple[str, str], list[Problem]]:
    found: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        digits = problem.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if digits:
            found[problem.tab, digits].append(problem)
    return found


def _row_results(
    sheet: TeamSheet,
    found: Mapping[tuple[str, str], list[Problem]],
    progress: Mapping[tuple[str, int], float | None],
) -> Iterator[RowResult]:
    lost = {(gone.table, gone.identity) for gone in sheet.gone}
    for table, text_field in _TABLES.items():
        binding = sheet.bindings.get(table)
        for row in getattr(sheet, table):
            if binding is None or (table, row.identity) in lost:
                continue
            key = row_key(table, row.id, getattr(row, text_field))
            issues = issues_text(found.get((binding.title, str(row.row)), ()))
            yield RowResult(key, issues, _number(progress.get((table, row.row))))


def issues_text(problems: Sequence[Problem]) -> str:
    """The findings of one row as its `Issues` cell shows them, the loudest first."""
    texts = [f"{problem.severity.capitalize()} {problem.code}: {problem.message}" for problem in problems]
    return shorten(" | ".join(texts), _ISSUES_LENGTH)


def _figures(
    figures: Iterable[tuple[str, str | float | int | None]],
) -> Iterator[tuple[str, str | float | int]]:
    for label, value in figures:
        missing = value is None or (isinstance(value, float) and not math.isfinite(value))
        yield label, "no score" if missing or value is None else value


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None

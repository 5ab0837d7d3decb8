"""The master's live formulas, and what they would show, computed the same way.

A formula is put where it gives what Python computed and nowhere else: `agrees` compares its twin with
the score, so that a row whose state no formula knows (mixed percents, a cell error, contributors) keeps
its plain value. Sums look up hidden keys made by us (`k000123`), which no wildcard or case can confuse;
a roll-up names the rows of its children, since a sum over its own column would contain itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sync.core.arrays import Bools, Floats, Ints, Texts
from sync.core.model import Measure
from sync.master.places import Place

LONGEST = 8_000
MOST_ARGUMENTS = 250
SAME = 1e-12


def agrees(twin: Floats, computed: Floats) -> Bools:
    """Where both are missing, or equal but for rounding."""
    with np.errstate(invalid="ignore"):
        close = np.abs(twin - computed) <= SAME * np.maximum(1.0, np.abs(computed))
    missing = np.isnan(twin) & np.isnan(computed)
    return close | missing


# ---------------------------------------------------------------- one key result


def progress_text(measure: str, start: str, target: str, current: str) -> str | None:
    """The formula of `p` over three cells (OKR.md §2), None for a measure without closed form."""
    way = f"({current}-{start})/({target}-{start})"
    match measure:
        case Measure.INCREASE | Measure.DECREASE:
            return f'IF(COUNT({start},{target},{current})<3,"",IF({start}={target},"",{way}))'
        case Measure.AT_LEAST:
            return _level(start, target, current, f"{current}/{target}", ">=")
        case Measure.AT_MOST:
            return _level(start, target, current, f"2-{current}/{target}", "<=")
        case Measure.YES_NO:
            return f'IF({current}="","",IF(OR({current}=1,{current}=TRUE,{current}="yes"),1,0))'
        case _:
            return None


def _level(start: str, target: str, current: str, above: str, met: str) -> str:
    way = f"IF(COUNT({start})=0,0,IF({start}{met}{target},0,({current}-{start})/({target}-{start})))"
    below = f"IF({current}{met}{target},1,{way})"
    return f'IF(COUNT({target},{current})<2,"",IF({target}>0,{above},{below}))'


def progress_twin(measure: Texts, start: Floats, target: Floats, current: Floats) -> Floats:
    """What `progress_text` would show, NaN for nothing; a missing start is NaN too."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        way = (current - start) / (target - start)
        none = np.isnan(target) | np.isnan(current)
        at_least = _level_twin(start, target, way, current / target, current >= target, start >= target)
        at_most = _level_twin(start, target, way, 2 - current / target, current <= target, start <= target)
        found = np.select(
            [
                np.isin(measure, [Measure.INCREASE, Measure.DECREASE]),
                measure == Measure.AT_LEAST,
                measure == Measure.AT_MOST,
                measure == Measure.YES_NO,
            ],
            [
                np.where(start == target, np.nan, way),
                np.where(none, np.nan, at_least),
                np.where(none, np.nan, at_most),
                np.where(np.isnan(current), np.nan, (current == 1).astype(np.float64)),
            ],
            np.nan,
        )
    return np.where(np.isfinite(found), found, np.nan)


def _level_twin(
    start: Floats, target: Floats, way: Floats, above: Floats, met: Bools, start_met: Bools
) -> Floats:
    below = np.where(met, 1.0, np.where(np.isnan(start) | start_met, 0.0, way))
    return np.where(target > 0, above, below)


def score_text(progress: str) -> str:
    """Progress between 0 and 1, nothing where there is none."""
    return f'IF({progress}="","",MAX(0,MIN(1,{progress})))'


def gap_text(expected: str, score: str) -> str:
    """Expected less score, nothing where there is no score."""
    return f'IF({score}="","",{expected}-{score})'


# ---------------------------------------------------------------- weighted means


def weight_text(typed: str) -> str:
    """A blank weight is 1."""
    return f'IF({typed}="",1,{typed})'


def counted_text(score: str, weight: str) -> str:
    """The weight of a member that has a score, else 0."""
    return f'IF({score}="",0,N({weight}))'


def points_text(score: str, weight: str) -> str:
    """Weight times score, else 0."""
    return f'IF({score}="",0,N({weight})*{score})'


def mean_text(points: str, weights: str, keys: str, key: str, *, without: str = '""') -> str:
    """The weighted mean of the rows whose hidden key is `key`; `without` where nothing counts."""
    weight = f"SUMIFS({weights},{keys},{key})"
    return f"IF({weight}=0,{without},SUMIFS({points},{keys},{key})/{weight})"


def roll_up_text(own: str, points: Sequence[str], weights: Sequence[str]) -> str | None:
    """The mean of a unit's own score (weight 1) and its children's, None when it is too long for Excel.

    `points` and `weights` are the children's cells, each a cell or a range.
    """
    if not points:
        return f'IF({own}="","",{own})'
    weight = f'({own}<>"")+{_sum(weights)}'
    text = f'IF({weight}=0,"",(N({own})+{_sum(points)})/({weight}))'
    return text if len(text) <= LONGEST else None


def _sum(cells: Sequence[str]) -> str:
    parts = [cells[at : at + MOST_ARGUMENTS] for at in range(0, len(cells), MOST_ARGUMENTS)]
    return "+".join(f"SUM({','.join(part)})" for part in parts)


def ranges(place: Place, header: str, rows: Iterable[int]) -> list[str]:
    """The cells of a column in these rows, neighbours joined to a range."""
    found: list[list[int]] = []
    for row in sorted(rows):
        if found and row == found[-1][1] + 1:
            found[-1][1] = row
        else:
            found.append([row, row])
    return [
        place.cell(header, first)
        if first == last
        else f"{place.cell(header, first)}:{place.cell(header, last)}"
        for first, last in found
    ]


def mean_twin(group: Ints, weight: Floats, score: Floats, count: int) -> Floats:
    """What `mean_text` would show for groups 0 … count-1, NaN for nothing; rows with group -1 are nowhere."""
    there = (group >= 0) & ~np.isnan(score)
    weights = np.bincount(group[there], weights=np.nan_to_num(weight[there]), minlength=count)
    points = np.bincount(group[there], weights=np.nan_to_num(weight[there]) * score[there], minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weights == 0, np.nan, points / weights)

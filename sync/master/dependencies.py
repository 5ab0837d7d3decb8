"""The sheet `Dependencies`: who needs what from whom, as a list and as a matrix of units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sync.core import palette
from sync.core.arrays import Ints, keys, texts
from sync.master import look
from sync.master.cells import Column, Placed, Sheet, Style, Table, Tinted, Value
from sync.master.columns import Taken, finite_or_none, row_identity, weave
from sync.master.notes import IDENTITY
from sync.master.places import Place, woven
from sync.master.plan import Plan

NAME = "Dependencies"
MATRIX_UNITS = 24
STATES = {"ok": "found", "unknown": "not known", "ambiguous": "stands in several units"}
STATE_TINTS = {"found": palette.GREEN, "not known": palette.RED, "stands in several units": palette.AMBER}
_LABEL = Style(ink=palette.INK, text=True, line=palette.LINE)
_ACROSS = look.HEADER_CENTRED


def dependencies_sheet(plan: Plan, as_of: str) -> Sheet:
    """The list on the left, the matrix beside it."""
    given = plan.given
    frame = given.portfolio.dependencies
    needing, providing = _units(plan)
    said = Taken(frame, np.arange(len(frame)))
    ours = _columns(plan, said, needing, providing)
    headers = (*(column.header for column in ours), IDENTITY)
    place = Place(NAME, look.TABLE_TOP, len(frame), woven(headers, given.notes.columns.get(NAME, ())))
    names = plan.unit_names
    rows = [
        row_identity(names[unit], raw, kr)
        for unit, raw, kr in zip(needing.tolist(), said.texts("raw"), ours[0].values, strict=True)
        if isinstance(kr, str)
    ]
    matrix, widths = _matrix(plan, needing, providing, len(place.headers) + 2)
    between = int(((providing >= 0) & (providing != needing)).sum())
    words = f"{given.cycle} · {len(frame):,} dependencies, {between:,} of them on another unit"
    return Sheet(
        NAME,
        placed=(*look.band(f"{given.organisation} · who needs whom", words, as_of), *matrix),
        table=Table(place.top, weave(place, ours, rows, given.notes)),
        accents=(Tinted("State", STATE_TINTS), Tinted("Their status", palette.STATUS)),
        freeze=(place.top, 1),
        heights={1: 28, place.top: 30},
        widths=widths,
        tab=palette.LINE,
    )


def _columns(plan: Plan, said: Taken, needing: Ints, providing: Ints) -> list[Column]:
    p = plan.given.portfolio
    krs = Taken(p.key_results, said.keys("kr_key"))
    names = np.append(plan.unit_names, "")
    status, score = _theirs(plan)
    return [
        Column("KR ID", krs.texts("id"), look.ID, width=15, title=look.HEADER),
        Column("Key result", krs.texts("key_result"), look.WRAPPED, width=46, title=look.HEADER),
        Column("Needed by", list(names[needing]), look.TEXT, width=18, title=look.HEADER),
        Column("Depends on", said.texts("raw"), look.WRAPPED, width=26, title=look.HEADER),
        Column("Provided by", list(names[providing]), look.TEXT, width=18, title=look.HEADER),
        Column(
            "State",
            [STATES.get(state, state) for state in said.texts("state")],
            look.PILL,
            width=16,
            title=look.HEADER_CENTRED,
        ),
        Column("Their score", score, look.RATIO, width=11, title=look.HEADER_CENTRED),
        Column("Their status", status, look.PILL, width=13, title=look.HEADER_CENTRED),
    ]


def _targets(plan: Plan) -> list[tuple[str, int]]:
    frame = plan.given.portfolio.dependencies
    return list(zip(frame["target"].tolist(), keys(frame, "target_key").tolist(), strict=True))


def _units(plan: Plan) -> tuple[Ints, Ints]:
    """The unit that needs and the one that provides, row by row; -1 where nobody is known."""
    p = plan.given.portfolio
    of_kr = keys(p.key_results, "unit_key")
    unit_of = {
        "key_result": of_kr,
        "objective": keys(p.objectives, "unit_key"),
        "unit": np.arange(len(p.units)),
    }
    providing = [int(unit_of[target][key]) if key >= 0 and target else -1 for target, key in _targets(plan)]
    return of_kr[keys(p.dependencies, "kr_key")], np.array(providing, dtype=np.int64)


def _theirs(plan: Plan) -> tuple[list[Value], list[Value]]:
    """Status and score of what is depended on."""
    scores = plan.given.scores
    frames = {
        "key_result": (texts(scores.key_results, "status"), scores.key_results["score"]),
        "objective": (texts(scores.objectives, "status"), scores.objectives["score"]),
        "unit": (texts(scores.units, "status"), scores.units["roll_up"]),
    }
    status: list[Value] = []
    score: list[float] = []
    for target, key in _targets(plan):
        known = key >= 0 and target in frames
        status.append(frames[target][0][key] if known else "")
        score.append(float(frames[target][1].iloc[key]) if known else np.nan)
    return status, [*finite_or_none(np.array(score, dtype=np.float64))]


def _matrix(
    plan: Plan, needing: Ints, providing: Ints, column: int
) -> tuple[tuple[Placed, ...], dict[int, float]]:
    """How often each unit (down) needs each other unit (across); the busiest units only."""
    counts = Counter(
        (needs, gives)
        for needs, gives in zip(needing.tolist(), providing.tolist(), strict=True)
        if gives >= 0 and needs != gives
    )
    if not counts:
        return (), {}
    down = _busiest(plan, [needs for needs, _ in counts.elements()])
    across = _busiest(plan, [gives for _, gives in counts.elements()])
    top, names = look.TABLE_TOP, plan.unit_names
    placed = [Placed(top, column, "needs ↓ from →", look.HEADER)]
    placed += [Placed(top, column + at, f"▸ {names[unit]}", _ACROSS) for at, unit in enumerate(across, 1)]
    for row, unit in enumerate(down, top + 1):
        placed.append(Placed(row, column, f"{names[unit]} ▸", _LABEL))
        placed += [
            Placed(row, column + at, *_count(counts[unit, giver])) for at, giver in enumerate(across, 1)
        ]
    return tuple(placed), {column: 22.0} | {column + at: 13.0 for at in range(1, len(across) + 1)}


def _count(count: int) -> tuple[Value, Style]:
    style = look.COUNT._replace(align="center")
    return (float(count), style._replace(fill=palette.BRAND_SOFT, bold=True)) if count else (None, style)


def _busiest(plan: Plan, units: Sequence[int]) -> list[int]:
    chosen = [unit for unit, _ in Counter(units).most_common(MATRIX_UNITS)]
    return sorted(chosen, key=lambda unit: int(plan.unit_row[unit]))

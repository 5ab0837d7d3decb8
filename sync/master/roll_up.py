"""The sheet `Roll-up`: the unit tree as an outline, the organisation's figures above it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sync.core import palette
from sync.core.arrays import Floats, Ints, keys, numbers
from sync.core.problems import Severity
from sync.master import formulas as live
from sync.master import look
from sync.master.cells import Above, Bar, Column, Formula, Placed, Sheet, Spark, Style, Table, Tinted, Value
from sync.master.columns import Taken, finite_or_none, hidden, live_or_plain, made_keys, row_identity, weave
from sync.master.listed import Listed, always_live, ratio
from sync.master.plan import (
    BEFORE,
    COUNTED,
    KEY,
    OWN_ZERO,
    POINTS,
    ROLL_UP_HEADERS,
    UNIT_KEY,
    WEIGHT,
    ZERO_COUNTED,
    ZERO_POINTS,
    Plan,
)

ACCENTS = (
    Bar("Roll-up"),
    Bar("Coverage", palette.BRAND_SOFT),
    Bar("Alignment", palette.BRAND_SOFT),
    Bar("Check-in rate", palette.BRAND_SOFT),
    Bar("Findings", palette.AMBER.fill, None),
    Tinted("Status", palette.STATUS),
    Above("Change", 1e-9, palette.GREEN.ink),
    Above("Change", -1e-9, palette.RED.ink, below=True),
)


def roll_up_sheet(plan: Plan, trend: Sequence[str], as_of: str) -> Sheet:
    """The unit tree; `trend` are the cells of each row's small line."""
    given, place = plan.given, plan.roll_up
    said, scores = Taken(given.portfolio.units, plan.units), Taken(given.scores.units, plan.units)
    tree = Listed(plan, place, said, scores)
    ours = [*_units(tree), *_scores(tree), *_rates(tree)]
    if plan.live:
        ours += _for_formulas(tree)
    rows = [row_identity(name) for name in tree.said.texts("unit")]
    words = f"OKR master · {given.cycle} · {look.day(given.starts)} – {look.day(given.ends)}"
    return Sheet(
        place.sheet,
        placed=(*look.band(given.organisation or "Our organisation", words, as_of), *_headline(tree)),
        table=Table(place.top, weave(place, ours, rows, given.notes), outline=plan.depth.tolist()),
        accents=ACCENTS,
        sparks=(Spark("Trend", tuple(trend)),) if trend else (),
        freeze=(place.top, 1),
        heights={1: 30, 5: 30, 6: 18, place.top: 30} | {place.top + 1 + row: 19 for row in tree.rows},
        tab=palette.BRAND,
    )


# ---------------------------------------------------------------- the figures above the tree


def _headline(tree: Listed) -> tuple[Placed, ...]:
    """The organisation at a glance, over the first unit's subtree; score live like the tree's."""
    if not tree.rows:
        return ()
    first = {name: finite_or_none(tree.scores.numbers(name)[:1])[0] for name in _FIGURES}
    score: Value = first["roll_up"]
    if tree.plan.live and score is not None:
        score = Formula(tree.plan.roll_up.cell("Roll-up", 0), float(first["roll_up"] or 0))
    loud = Counter(problem.severity for problem in tree.plan.given.problems)
    name = tree.said.texts("unit")[0]
    return look.tiles(
        5,
        len(ROLL_UP_HEADERS),
        (
            (1, f"{name}: score now", _or_dash(score), look.PERCENT),
            (3, "expected by now", _or_dash(first["expected"]), look.PERCENT),
            (5, "if no value counts 0", _or_dash(first["roll_up_as_if_zero"]), look.PERCENT),
            (7, "key results with a score", _or_dash(first["coverage"]), look.PERCENT),
            (9, "checked in this week", _or_dash(first["check_in_rate"]), look.PERCENT),
            (11, "errors to mend", float(loud[Severity.ERROR]), "#,##0"),
            (13, "warnings", float(loud[Severity.WARNING]), "#,##0"),
        ),
    )


_FIGURES = ("roll_up", "expected", "roll_up_as_if_zero", "coverage", "check_in_rate")


def _or_dash(value: Value) -> Value:
    return "–" if value is None else value


# ---------------------------------------------------------------- columns


def _units(tree: Listed) -> list[Column]:
    depth = tree.plan.depth.tolist()
    looks = [_name_style(level, grouping) for level, grouping in zip(depth, _grouping(tree), strict=True)]
    return [
        Column("Unit", tree.said.texts("unit"), look.TEXT, looks, width=34, title=look.HEADER),
        Column("Level", tree.said.texts("level"), look.MUTED, width=12, title=look.HEADER),
    ]


def _grouping(tree: Listed) -> list[bool]:
    found: list[bool] = tree.said.flags("grouping").tolist()
    return found


@functools.cache
def _name_style(depth: int, grouping: bool) -> Style:  # noqa: FBT001  # a row's two facts, mapped over rows
    style = look.TEXT._replace(indent=min(depth, 7) * 2, bold=depth < 2, italic=grouping)
    return style._replace(ink=palette.BRAND) if depth == 0 else style


def _scores(tree: Listed) -> list[Column]:
    centred = look.HEADER_CENTRED
    blank: list[Value] = [None] * len(tree.rows)
    return [
        ratio("Own score", _own(tree, "own_score", POINTS, COUNTED)),
        ratio("Roll-up", _rolled(tree, "Own score", "own_score", "roll_up", POINTS, COUNTED), look.SCORE),
        ratio("As if zero", _zero(tree)),
        Column("Status", tree.scores.texts("status"), look.PILL, width=13, title=centred),
        Column("Change", _change(tree), look.CHANGE, width=10, title=look.HEADER_CENTRED),
        Column("Trend", blank, look.TEXT, width=18, title=centred),
    ]


def _rates(tree: Listed) -> list[Column]:
    counts = Counter(problem.unit for problem in tree.plan.given.problems)
    found: list[Value] = [float(counts[name]) if counts[name] else None for name in tree.said.texts("unit")]
    return [
        ratio("Coverage", tree.scores.shown("coverage")),
        ratio("Alignment", tree.scores.shown("alignment")),
        ratio("Check-in rate", tree.scores.shown("check_in_rate")),
        Column("Findings", found, look.COUNT, width=10, title=look.HEADER_CENTRED),
        Column("Stale since", _stale(tree), look.STALE, width=22, title=look.HEADER),
    ]


def _stale(tree: Listed) -> list[Value]:
    """Since when a unit's own source is stale, else how many below it are."""
    since = dict(_since(tree))
    below = tree.scores.keys("stale_sources").tolist()
    found: list[Value] = []
    for unit, count in zip(tree.plan.units.tolist(), below, strict=True):
        own = since.get(unit, "")
        found.append(own or (f"{count} below" if count else ""))
    return found


def _since(tree: Listed) -> list[tuple[int, str]]:
    sources = tree.plan.given.portfolio.sources
    rows = zip(
        sources["unit_key"].tolist(), sources["state"].tolist(), sources["since"].tolist(), strict=True
    )
    return [(unit, since or state) for unit, state, since in rows if state in {"held", "stale"}]


# ---------------------------------------------------------------- scores, live where they can be


def _own(tree: Listed, name: str, points: str, counted: str) -> list[Value]:
    """The mean of the unit's own objectives."""
    values = tree.scores.numbers(name)
    if not tree.plan.live:
        return [*finite_or_none(values)]
    rows = tree.plan.objective_list
    formulas = [
        live.mean_text(rows.column(points), rows.column(counted), rows.column(UNIT_KEY), key)
        for key in tree.cells(KEY)
    ]
    twin = _mean_of_objectives(tree, "score" if name == "own_score" else "as_if_zero")
    return live_or_plain(live.agrees(twin, values).tolist(), formulas, values)


def _mean_of_objectives(tree: Listed, column: str) -> Floats:
    given = tree.plan.given
    scores, group = given.scores.objectives, keys(given.portfolio.objectives, "unit_key")
    count = len(given.portfolio.units)
    means = live.mean_twin(group, numbers(scores, "weight_used"), numbers(scores, column), count)
    return means[tree.plan.units]


def _rolled(tree: Listed, own_header: str, own: str, name: str, points: str, counted: str) -> list[Value]:
    """The mean of the own score and the children's roll-ups, which the formula names one by one."""
    values = tree.scores.numbers(name)
    if not tree.plan.live:
        return [*finite_or_none(values)]
    place = tree.plan.roll_up
    formulas = [
        live.roll_up_text(
            place.cell(own_header, row),
            live.ranges(place, points, children),
            live.ranges(place, counted, children),
        )
        for row, children in enumerate(_children(tree))
    ]
    twin = _mean_of_children(tree, tree.scores.numbers(own), values)
    return live_or_plain(live.agrees(twin, values).tolist(), formulas, values)


def _children(tree: Listed) -> list[list[int]]:
    """The rows of each row's child units."""
    found: list[list[int]] = [[] for _ in tree.rows]
    for row, parent in enumerate(tree.said.keys("parent_key").tolist()):
        if parent >= 0:
            found[int(tree.plan.unit_row[parent])].append(row)
    return found


def _mean_of_children(tree: Listed, own: Floats, rolled: Floats) -> Floats:
    """The twin of the formula: own with weight 1 and the child rows' values with their weights."""
    parent = tree.said.keys("parent_key")
    group: Ints = np.where(parent >= 0, np.append(tree.plan.unit_row, -1)[parent], -1)
    weight = np.concatenate([np.ones(len(own)), tree.scores.numbers("weight_used")])
    groups = np.concatenate([np.arange(len(own)), group])
    return live.mean_twin(groups, weight, np.concatenate([own, rolled]), len(own))


def _zero(tree: Listed) -> list[Value]:
    names = ("own_as_if_zero", "roll_up_as_if_zero")
    return _rolled(tree, OWN_ZERO if tree.plan.live else "", *names, ZERO_POINTS, ZERO_COUNTED)


def _change(tree: Listed) -> list[Value]:
    """Roll-up now less the one before, in points; live like the roll-up."""
    before, now = _before(tree), tree.scores.numbers("roll_up")
    if not tree.plan.live:
        return [*finite_or_none(now - before)]
    pairs = zip(tree.cells("Roll-up"), tree.cells(BEFORE), strict=True)
    formulas = [f'IF(OR({rolled}="",{earlier}=""),"",{rolled}-{earlier})' for rolled, earlier in pairs]
    return live_or_plain(np.isfinite(before).tolist(), formulas, now - before)


def _before(tree: Listed) -> Floats:
    previous = tree.plan.given.previous
    earlier = [previous.get(name) for name in tree.said.texts("unit")]
    return np.array([np.nan if value is None else value for value in earlier], dtype=np.float64)


def _for_formulas(tree: Listed) -> list[Column]:
    """What a parent's formula names of its children: weights with and without a score."""
    weight = np.nan_to_num(tree.scores.numbers("weight_used"))
    rolled, zero = tree.scores.numbers("roll_up"), tree.scores.numbers("roll_up_as_if_zero")
    counted, in_zero = np.where(np.isnan(rolled), 0.0, weight), np.where(np.isnan(zero), 0.0, weight)
    plain = list(zip(tree.cells("Roll-up"), tree.cells(WEIGHT), strict=True))
    zeros = list(zip(tree.cells("As if zero"), tree.cells(WEIGHT), strict=True))
    return [
        hidden(KEY, made_keys("u", tree.plan.units.tolist())),
        hidden(WEIGHT, [*finite_or_none(weight)]),
        always_live(COUNTED, [live.counted_text(*pair) for pair in plain], counted),
        always_live(POINTS, [live.points_text(*pair) for pair in plain], counted * np.nan_to_num(rolled)),
        hidden(OWN_ZERO, _own(tree, "own_as_if_zero", ZERO_POINTS, ZERO_COUNTED)),
        always_live(ZERO_COUNTED, [live.counted_text(*pair) for pair in zeros], in_zero),
        always_live(ZERO_POINTS, [live.points_text(*pair) for pair in zeros], in_zero * np.nan_to_num(zero)),
        hidden(BEFORE, [*finite_or_none(_before(tree))]),
    ]

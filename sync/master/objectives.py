"""The sheet `Objectives`: every objective with its score, live where its own key results make it up."""

from __future__ import annotations

import numpy as np

from sync.core import palette
from sync.core.arrays import Floats, Ints, keys, numbers
from sync.master import formulas as live
from sync.master import look
from sync.master.cells import Bar, Column, Sheet, Table, Tinted, Value
from sync.master.columns import Taken, hidden, identities, live_or_plain, made_keys, weave
from sync.master.listed import Listed, always_live, ratio, weights, wrapped_styles
from sync.master.origins import Origins, loudest
from sync.master.plan import (
    COUNTED,
    KEY,
    OBJECTIVE_KEY,
    POINTS,
    UNIT_KEY,
    WEIGHT,
    ZERO_COUNTED,
    ZERO_POINTS,
    Plan,
)

ACCENTS = (
    Bar("Score"),
    Tinted("Status", palette.STATUS),
    Tinted("Grade", palette.GRADE),
)


def objectives_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """All objectives, in the order of their units."""
    given, place = plan.given, plan.objective_list
    said = Taken(given.portfolio.objectives, plan.objectives)
    found = Listed(plan, place, said, Taken(given.scores.objectives, plan.objectives))
    scored = int(np.isfinite(found.scores.numbers("score")).sum())
    words = f"{given.cycle} · {len(found.rows):,} objectives, {scored:,} with a score"
    ours = [*_said(found), *_computed(found), _source(found, origins)]
    if plan.live:
        ours += _for_formulas(found)
    rows = identities(found.said, given.portfolio.units)
    return Sheet(
        place.sheet,
        placed=look.band(f"{given.organisation} · every objective", words, as_of),
        table=Table(place.top, weave(place, ours, rows, given.notes), "Objectives"),
        accents=ACCENTS,
        freeze=(place.top, 3),
        heights={1: 28, place.top: 30},
        tab=palette.BRAND_BRIGHT,
    )


def _said(found: Listed) -> list[Column]:
    """What the team wrote; rows gone from their sheet are set apart."""
    said, wrapped = found.said, wrapped_styles(found.said)
    names = found.plan.unit_names[said.keys("unit_key")]
    weights, weight_looks = said.amounts("weight")
    grades, grade_looks = said.amounts("final_grade")
    right = look.HEADER_RIGHT
    return [
        Column("ID", said.texts("id"), look.ID, width=13, title=look.HEADER),
        Column("Unit", list(names), look.TEXT, width=18, title=look.HEADER),
        Column("Objective", said.texts("objective"), look.WRAPPED, wrapped, width=52, title=look.HEADER),
        Column("Owner", said.texts("owner"), look.TEXT, width=17, title=look.HEADER),
        Column("Ambition", said.texts("ambition"), look.TEXT, width=12, title=look.HEADER),
        Column("Priority", said.texts("priority"), look.PILL, width=9, title=look.HEADER_CENTRED),
        Column("Weight", weights, look.AMOUNT, weight_looks, width=9, title=right),
        Column("Aligned to", said.texts("aligned_to"), look.WRAPPED, width=22, title=look.HEADER),
        Column("Final grade", grades, look.AMOUNT, grade_looks, width=9, title=right),
    ]


def _computed(found: Listed) -> list[Column]:
    centred = look.HEADER_CENTRED
    return [
        ratio("Score", _scores(found), look.SCORE),
        ratio("As if zero", _as_if_zero(found)),
        ratio("Expected", found.scores.shown("expected")),
        Column("Status", found.scores.texts("status"), look.PILL, width=12, title=centred),
        Column("Grade", found.scores.texts("grade"), look.PILL, width=9, title=centred),
    ]


def _source(found: Listed, origins: Origins) -> Column:
    said = found.said
    places = said.keys("source_key"), said.keys("row"), said.flags("gone")
    refs = origins.cells("objectives", "objective", *places)
    links = loudest(refs.links)
    return Column("Source", refs.words, look.LINK, width=34, links=links, title=look.HEADER)


# ---------------------------------------------------------------- scores, live where they can be


def _scores(found: Listed) -> list[Value]:
    """Live where the mean of the own key results is what was computed."""
    score = found.scores.numbers("score")
    if not found.plan.live:
        return live_or_plain([False] * len(score), found.cells("Score"), score)
    twin = _mean_of_key_results(found, "score")
    own = np.isin(found.scores.texts("basis"), ("own", ""))
    return live_or_plain(
        (live.agrees(twin, score) & own).tolist(), _means(found, POINTS, COUNTED, '""'), score
    )


def _as_if_zero(found: Listed) -> list[Value]:
    """As `_scores`, with missing scores as 0; no key results at all is 0 too."""
    zero = found.scores.numbers("as_if_zero")
    if not found.plan.live:
        return live_or_plain([False] * len(zero), found.cells("As if zero"), zero)
    twin = np.nan_to_num(_mean_of_key_results(found, "as_if_zero"))
    own = np.isin(found.scores.texts("basis"), ("own", ""))
    formulas = _means(found, ZERO_POINTS, ZERO_COUNTED, "0")
    return live_or_plain((live.agrees(twin, zero) & own).tolist(), formulas, zero)


def _mean_of_key_results(found: Listed, column: str) -> Floats:
    """The twin of the formula: the weighted mean by objective, in the sheet's order."""
    given = found.plan.given
    scores = given.scores.key_results
    group = keys(given.portfolio.key_results, "objective_key")
    count = len(given.portfolio.objectives)
    means = live.mean_twin(group, numbers(scores, "weight_used"), numbers(scores, column), count)
    return means[found.plan.objectives]


def _means(found: Listed, points: str, counted: str, without: str) -> list[str]:
    rows = found.plan.key_result_list
    keyed = rows.column(OBJECTIVE_KEY)
    return [
        live.mean_text(rows.column(points), rows.column(counted), keyed, key, without=without)
        for key in found.cells(KEY)
    ]


# ---------------------------------------------------------------- hidden columns


def _for_formulas(found: Listed) -> list[Column]:
    """What the units' formulas look up: keys, and weights with and without a score."""
    weight, score = np.nan_to_num(found.scores.numbers("weight_used")), found.scores.numbers("score")
    zero = found.scores.numbers("as_if_zero")
    counted, in_zero = np.where(np.isnan(score), 0.0, weight), np.where(np.isnan(zero), 0.0, weight)
    unit: Ints = found.said.keys("unit_key")
    plain = list(zip(found.cells("Score"), found.cells(WEIGHT), strict=True))
    zeros = list(zip(found.cells("As if zero"), found.cells(WEIGHT), strict=True))
    return [
        hidden(KEY, made_keys("o", found.plan.objectives.tolist())),
        hidden(UNIT_KEY, made_keys("u", unit.tolist())),
        hidden(WEIGHT, weights(found)),
        always_live(COUNTED, [live.counted_text(*pair) for pair in plain], counted),
        always_live(POINTS, [live.points_text(*pair) for pair in plain], counted * np.nan_to_num(score)),
        always_live(ZERO_COUNTED, [live.counted_text(*pair) for pair in zeros], in_zero),
        always_live(ZERO_POINTS, [live.points_text(*pair) for pair in zeros], in_zero * np.nan_to_num(zero)),
    ]

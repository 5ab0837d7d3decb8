"""The sheet `Key results`: every key result with the value that counts, its score and its source cell."""

from __future__ import annotations

import numpy as np

from sync.core import palette
from sync.core.arrays import Bools, Floats, Texts, keys, texts
from sync.core.model import Status
from sync.master import formulas as live
from sync.master import look
from sync.master.cells import Above, Bar, Column, Sheet, Style, Table, Tinted, Value
from sync.master.columns import Taken, amounts, hidden, identities, live_or_plain, made_keys, weave
from sync.master.listed import Listed, ratio, weights, wrapped_styles
from sync.master.origins import Origins, Refs, loudest
from sync.master.plan import COUNTED, KEY, OBJECTIVE_KEY, POINTS, WEIGHT, ZERO_COUNTED, ZERO_POINTS, Plan

LOUDEST_FIRST = (Status.MISSED, Status.OFF_TRACK, Status.NO_DATA, Status.OUTDATED, Status.AT_RISK)
ACCENTS = (
    Bar("Progress"),
    Bar("Score"),
    Tinted("Status", palette.STATUS),
    Above("Gap", 0.25, palette.RED.ink),
    Above("Confidence", 3.999, palette.RED.ink, below=True),
)


def key_results_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """All key results, in the order of units and objectives."""
    given, place = plan.given, plan.key_result_list
    said = Taken(given.portfolio.key_results, plan.key_results)
    found = Listed(plan, place, said, Taken(given.scores.key_results, plan.key_results))
    scored = int(np.isfinite(found.scores.numbers("score")).sum())
    words = f"{given.cycle} · {len(found.rows):,} key results, {scored:,} with a score"
    ours = [*_said(found), *_amounts(found), *_computed(found), *_ends(found, origins)]
    if plan.live:
        ours += _for_formulas(found)
    rows = identities(found.said, given.portfolio.units)
    return Sheet(
        place.sheet,
        placed=look.band(f"{given.organisation} · every key result", words, as_of),
        table=Table(place.top, weave(place, ours, rows, given.notes), "KeyResults"),
        accents=ACCENTS,
        freeze=(place.top, 4),
        heights={1: 28, place.top: 30},
        tab=palette.BRAND_BRIGHT,
    )


def _said(found: Listed) -> list[Column]:
    """What the team wrote; rows gone from their sheet are set apart."""
    said, wrapped = found.said, wrapped_styles(found.said)
    names = found.plan.unit_names[said.keys("unit_key")]
    return [
        Column("ID", said.texts("id"), look.ID, width=15, title=look.HEADER),
        Column("Unit", list(names), look.TEXT, width=16, title=look.HEADER),
        Column("Objective ID", _objective_ids(found), look.ID, width=12, title=look.HEADER),
        Column("Key result", said.texts("key_result"), look.WRAPPED, wrapped, width=46, title=look.HEADER),
        Column("Owner", said.texts("owner"), look.TEXT, width=16, title=look.HEADER),
        Column("Measure", _measures(said), look.TEXT, width=12, title=look.HEADER),
        Column("Unit of measure", said.texts("unit_of_measure"), look.TEXT, width=11, title=look.HEADER),
    ]


def _objective_ids(found: Listed) -> list[Value]:
    """The objective's id; what was typed where there is none."""
    ids = found.plan.given.portfolio.objectives["id"].tolist()
    pairs = zip(found.said.keys("objective_key").tolist(), found.said.texts("objective_id"), strict=True)
    return [(ids[key] if key >= 0 else "") or typed for key, typed in pairs]


def _measures(said: Taken) -> list[Value]:
    pairs = zip(said.texts("measure"), said.texts("measure_typed"), strict=True)
    return [measure or typed for measure, typed in pairs]


def _amounts(found: Listed) -> list[Column]:
    counting = found.scores.amounts("value", "value_was", "value_raw")
    return [
        _amount("Start", found.said.amounts("start")),
        _amount("Target", found.said.amounts("target")),
        _amount("Current", counting),
        _amount("Weight", found.said.amounts("weight")),
        _amount("Final grade", found.said.amounts("final_grade")),
        _amount("Forecast", _forecast(found)),
    ]


def _amount(header: str, cells: tuple[list[Value], list[Style]]) -> Column:
    return Column(header, cells[0], look.AMOUNT, cells[1], width=11, title=look.HEADER_RIGHT)


def _forecast(found: Listed) -> tuple[list[Value], list[Style]]:
    """Rounded to three figures, which is more than an extrapolation knows."""
    kinds: Texts = texts(found.plan.given.portfolio.key_results, "target_was")[found.plan.key_results]
    values = [float(f"{value:.3g}") for value in found.scores.numbers("forecast").tolist()]
    return amounts(np.array(values, dtype=np.float64), kinds, np.full(len(kinds), "", dtype=np.object_))


# ---------------------------------------------------------------- scores, live where they can be


def _computed(found: Listed) -> list[Column]:
    progress, score = found.scores.numbers("progress"), found.scores.numbers("score")
    texts = _progress_texts(found)
    is_live = [text is not None for text in texts]
    scores = map(live.score_text, found.cells("Progress"))
    return [
        ratio("Progress", live_or_plain(is_live, texts, progress)),
        ratio("Score", live_or_plain(is_live, scores, score), look.SCORE),
        ratio("Expected", found.scores.shown("expected")),
        ratio("Gap", _gaps(found, score)),
    ]


def _progress_texts(found: Listed) -> list[str | None]:
    """The formula of each row whose closed form, over the cells shown, gives what was computed."""
    if not found.plan.live:
        return [None] * len(found.rows)
    cells = zip(found.cells("Start"), found.cells("Target"), found.cells("Current"), strict=True)
    rows = zip(found.said.texts("measure"), cells, _closed(found).tolist(), strict=True)
    return [live.progress_text(measure, *three) if closed else None for measure, three, closed in rows]


def _closed(found: Listed) -> Bools:
    measure = np.array(found.said.texts("measure"), dtype=np.object_)
    start, target = found.said.numbers("start"), found.said.numbers("target")
    twin = live.progress_twin(measure, start, target, found.scores.numbers("value"))
    same = live.agrees(twin, found.scores.numbers("progress"))
    same &= live.agrees(np.clip(twin, 0, 1), found.scores.numbers("score"))
    closed: Bools = same & found.scores.flags("scorable")
    return closed


def _gaps(found: Listed, score: Floats) -> list[Value]:
    gap = found.scores.numbers("gap")
    follows = live.agrees(found.scores.numbers("expected") - score, gap) & np.isfinite(gap) & found.plan.live
    texts = map(live.gap_text, found.cells("Expected"), found.cells("Score"))
    return live_or_plain(follows.tolist(), texts, gap)


# ---------------------------------------------------------------- state, dates, where it came from


def _ends(found: Listed, origins: Origins) -> list[Column]:
    refs = _sources(found, origins)
    links = loudest(refs.links, _loudness(found))
    centred = look.HEADER_CENTRED
    return [
        Column("Status", found.scores.texts("status"), look.PILL, width=12, title=centred),
        Column("Confidence", found.scores.shown("confidence"), look.CONFIDENCE, width=11, title=centred),
        Column("Due", found.said.days("due"), look.DATE, width=13, title=centred),
        Column("Last check-in", found.scores.days("checked_on"), look.DATE, width=13, title=centred),
        Column("Source", refs.words, look.LINK, width=36, links=links, title=look.HEADER),
    ]


def _sources(found: Listed, origins: Origins) -> Refs:
    """The cell that each value came from: the newest check-in's, else `Current`."""
    sources, check_ins = found.said.keys("source_key"), found.scores.keys("check_in_key")
    gone, listed = found.said.flags("gone"), keys(found.plan.given.portfolio.check_ins, "row")
    refs = origins.cells("key_results", "current", sources, found.said.keys("row"), gone)
    checked = np.flatnonzero((check_ins >= 0) & ~gone)
    newest = origins.cells("check_ins", "value", sources[checked], listed[check_ins[checked]])
    for at, words, link in zip(checked.tolist(), *newest, strict=True):
        refs.words[at], refs.links[at] = words, link
    return refs


def _loudness(found: Listed) -> Floats:
    rank = {str(status): len(LOUDEST_FIRST) - at for at, status in enumerate(LOUDEST_FIRST)}
    return np.array([rank.get(said, 0) for said in found.scores.texts("status")], dtype=np.float64)


# ---------------------------------------------------------------- hidden columns


def _for_formulas(found: Listed) -> list[Column]:
    """What the objectives' formulas look up: keys, and weights with and without a score."""
    weight, score = np.nan_to_num(found.scores.numbers("weight_used")), found.scores.numbers("score")
    zero = found.scores.numbers("as_if_zero")
    counted = np.where(np.isnan(score), 0.0, weight)
    scorable = np.where(np.isnan(zero), 0.0, weight)
    points, zero_points = counted * np.nan_to_num(score), scorable * np.nan_to_num(zero)
    pairs = list(zip(found.cells("Score"), found.cells(WEIGHT), strict=True))
    always, in_zero = [True] * len(found.rows), np.isfinite(zero)
    as_score = (in_zero & (np.nan_to_num(score) == zero)).tolist()
    return [
        hidden(KEY, made_keys("k", found.plan.key_results.tolist())),
        hidden(OBJECTIVE_KEY, made_keys("o", found.said.keys("objective_key").tolist())),
        hidden(WEIGHT, weights(found)),
        hidden(COUNTED, live_or_plain(always, (live.counted_text(*pair) for pair in pairs), counted)),
        hidden(POINTS, live_or_plain(always, (live.points_text(*pair) for pair in pairs), points)),
        hidden(ZERO_COUNTED, live_or_plain(in_zero.tolist(), (f"N({w})" for _, w in pairs), scorable)),
        hidden(ZERO_POINTS, live_or_plain(as_score, found.cells(POINTS), zero_points)),
    ]

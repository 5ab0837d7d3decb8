"""Where a number comes from: every input and its cell, the formula, and the way up the roll-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.core.assess import Assessment
from sync.core.grid import number_text
from sync.core.model import CellRef, Measure, Was

if TYPE_CHECKING:
    import pandas as pd

_FORMULAS: dict[str, str] = {
    Measure.INCREASE: "(current − start) / (target − start)",
    Measure.DECREASE: "(current − start) / (target − start)",
    Measure.AT_LEAST: "current / target",
    Measure.AT_MOST: "2 − current / target",
    Measure.BETWEEN: "check-ins inside the band / check-ins",
    Measure.MILESTONE: "sum of the weights of the stages done",
    Measure.YES_NO: "1 for yes, 0 for no",
    Measure.CONTRIBUTORS: "weighted mean of the scores of the objectives aligned to it",
    Measure.KPI: "watched only, never scored",
}


def explain(what: str, assessment: Assessment) -> list[str]:
    """Lines that explain what has that id, text or unit name; empty when nothing has."""
    portfolio = assessment.portfolio
    lines: list[str] = []
    for table, text, tell in (
        ("key_results", "key_result", _key_result),
        ("objectives", "objective", _objective),
    ):
        frame = getattr(portfolio, table)
        for key in frame.index[(frame["id"] == what) | (frame["identity"] == what) | (frame[text] == what)]:
            lines += ["", *tell(assessment, int(key))] if lines else tell(assessment, int(key))
    for key in portfolio.units.index[portfolio.units["unit"] == what]:
        lines += ["", *_unit(assessment, int(key))] if lines else _unit(assessment, int(key))
    return lines


def _key_result(assessment: Assessment, key: int) -> list[str]:
    portfolio = assessment.portfolio
    row = _row(portfolio.key_results, key)
    scores = _row(assessment.scores.key_results, key)
    measure = row["measure"] or "no measure"
    lines = [f"{row['id'] or row['identity']}: {row['key_result']}", ""]
    for field in ("measure", "start", "target", "current", "milestones", "weight"):
        text = (
            row["measure_typed"]
            if field == "measure"
            else row[field]
            if field == "milestones"
            else row[f"{field}_raw"]
        )
        if text:
            lines.append(_input(assessment, "key_results", key, field, text))
    lines.append(_value_line(assessment, key))
    lines.append(f"  Formula   {measure}: {_FORMULAS.get(row['measure'], 'none')}")
    if row["measure"] in (Measure.INCREASE, Measure.DECREASE) and scores["progress"] == scores["progress"]:
        start, target, value = row["start"], row["target"], scores["value"]
        lines.append(
            f"            = ({number_text(value)} − {number_text(start)})"
            f" / ({number_text(target)} − {number_text(start)})"
        )
    lines += [
        f"  Progress  {_figure(scores['progress'])}",
        f"  Score     {_figure(scores['score'])}{_because(scores['unscored'])}",
        f"  Expected  {_figure(scores['expected'])} on {assessment.as_of.isoformat()}" + _span(row),
        f"  Gap       {_figure(scores['gap'])}",
        f"  Status    {scores['status']}",
    ]
    objective = int(row["objective_key"])
    if objective >= 0:
        weight = _figure(scores["weight_used"])
        lines += [
            "",
            f"It counts with weight {weight} in its objective:",
            *_indent(_objective_up(assessment, objective)),
        ]
    return lines


def _span(row: Any) -> str:  # noqa: ANN401  # a row of a frame
    return f" (from {_day(row['starts'])} to {_day(row['due'])})"


def _value_line(assessment: Assessment, key: int) -> str:
    scores = _row(assessment.scores.key_results, key)
    check_in = int(scores["check_in_key"])
    if scores["value_from"] == "check_in" and check_in >= 0:
        ref = assessment.portfolio.ref("check_ins", check_in, "value")
        return f"  Value     {scores['value_raw']} of {_day(scores['value_date'])}, from {_place(ref)}"
    if scores["value_from"] == "current":
        ref = assessment.portfolio.ref("key_results", key, "current")
        return f"  Value     {scores['value_raw']} of {_day(scores['value_date'])}, from {_place(ref)}"
    return "  Value     none"


def _input(assessment: Assessment, table: str, key: int, field: str, text: str) -> str:
    frame = getattr(assessment.portfolio, table)
    was = f"{field}_was"
    note = " (unreadable)" if was in frame and _row(frame, key)[was] == Was.ERROR else ""
    return f"  {field.capitalize():<9} {text}{note}  [{_place(assessment.portfolio.ref(table, key, field))}]"


def _objective_up(assessment: Assessment, key: int) -> list[str]:
    """The objective in one line, then every objective it contributes to, then its unit's way up."""
    portfolio, scores = assessment.portfolio, assessment.scores.objectives
    row = _row(portfolio.objectives, key)
    place = _place(portfolio.ref("objectives", key, "objective"))
    name = f"{row['id'] or row['identity']} {row['objective']}"
    lines = [f"{name}: score {_figure(_row(scores, key)['score'])}  [{place}]"]
    edges = portfolio.alignments[
        (portfolio.alignments["child_key"] == key) & (portfolio.alignments["state"] == "ok")
    ]
    lines += [f"  aligned to {raw}" for raw in edges["raw"]]
    return lines + _unit_up(assessment, int(row["unit_key"]))


def _unit_up(assessment: Assessment, key: int) -> list[str]:
    units, scores = assessment.portfolio.units, assessment.scores.units
    lines = []
    depth = 1
    while key >= 0:
        own, roll_up = _figure(_row(scores, key)["own_score"]), _figure(_row(scores, key)["roll_up"])
        lines.append(f"{'  ' * depth}↑ {_row(units, key)['unit']}: own score {own}, roll-up {roll_up}")
        key = int(_row(units, key)["parent_key"])
        depth += 1
    return lines


def _objective(assessment: Assessment, key: int) -> list[str]:
    portfolio, scores = assessment.portfolio, assessment.scores
    own = _row(scores.objectives, key)
    lines = _objective_up(assessment, key)
    lines += ["", f"Made of: {own['basis'] or 'nothing that has a score'}"]
    members = portfolio.key_results.index[portfolio.key_results["objective_key"] == key]
    for member in members:
        row, score = _row(portfolio.key_results, member), _row(scores.key_results, member)
        place = _place(portfolio.ref("key_results", int(member), "current"))
        figures = f"weight {_figure(score['weight_used'])}  score {_figure(score['score'])}"
        lines.append(f"  {row['id'] or row['identity']}  {figures}{_because(score['unscored'])}  [{place}]")
    lines.append(
        f"Score {_figure(own['score'])}, as if zero {_figure(own['as_if_zero'])}, status {own['status']}"
    )
    return lines


def _unit(assessment: Assessment, key: int) -> list[str]:
    portfolio, scores = assessment.portfolio, assessment.scores
    lines = [
        f"{_row(portfolio.units, key)['unit']} ({_row(portfolio.units, key)['level'] or 'grouping unit'})"
    ]
    lines += ["Its own objectives:"]
    for member in portfolio.objectives.index[portfolio.objectives["unit_key"] == key]:
        row = _row(portfolio.objectives, member)
        lines.append(
            f"  {row['id'] or row['identity']} {row['objective']}: "
            + _figure(_row(scores.objectives, member)["score"])
        )
    children = portfolio.units.index[portfolio.units["parent_key"] == key]
    lines += [
        f"  unit {_row(portfolio.units, c)['unit']}: roll-up {_figure(_row(scores.units, c)['roll_up'])}"
        for c in children
    ]
    return lines + _unit_up(assessment, key)


def _row(frame: pd.DataFrame, key: int) -> dict[str, Any]:
    return {str(name): value for name, value in frame.loc[key].items()}


def _indent(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _figure(value: Any) -> str:  # noqa: ANN401  # a cell of a frame
    return "missing" if value != value else number_text(float(value))  # noqa: PLR0124  # only NaN differs from itself


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _day(value: Any) -> str:  # noqa: ANN401  # a timestamp or NaT
    return "an unknown day" if value != value else value.date().isoformat()  # noqa: PLR0124  # as above


def _place(ref: CellRef) -> str:
    return f"{ref.source} › {ref.tab}!{ref.cell}" if ref.cell else ref.source

"""What the commands say, as JSON-ready values and as text; keys are stable (DESIGN.md, Command line)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sync.core.problems import Problem, Severity

if TYPE_CHECKING:
    import pandas as pd

    from sync.core.assess import Assessment
    from sync.intake import Intake

Json = dict[str, Any]

_NAMED = 5  # workbooks that a sentence names before it says "and more"
_PROBLEM_KEYS = ("code", "severity", "tab", "cell", "row_id", "value", "message", "hint")


def problem_json(problem: Problem, *, with_source: bool = False) -> Json:
    """One finding; `source` is left out where the finding already stands under its source."""
    keys = ("source", *_PROBLEM_KEYS) if with_source else _PROBLEM_KEYS
    return {key: str(getattr(problem, key)) for key in keys}


def check_json(intakes: Sequence[Intake], problems: Iterable[Problem]) -> Json:
    """The result of `okrsync check`: one entry a source, in name order.

    Findings elsewhere have entries, too: of the people list, of files that are no sources, of units
    without a sheet (no source).
    """
    by_source: dict[str, list[Problem]] = {intake.listing.name: [] for intake in intakes}
    for problem in problems:
        by_source.setdefault(problem.source, []).append(problem)
    states = {intake.listing.name: intake for intake in intakes}
    return {
        "sources": [
            {
                "source": name or None,
                "unit": _unit(states.get(name)),
                "state": states[name].state if name in states else _state(found),
                "rows": _rows(states.get(name)),
                "problems": [problem_json(problem) for problem in found],
            }
            for name, found in sorted(by_source.items())
        ]
    }


def _state(found: Sequence[Problem]) -> str:
    return "unreadable" if any(problem.code == "S110" for problem in found) else "ok"


def _unit(intake: Intake | None) -> str | None:
    return intake.sheet.team.unit if intake and intake.sheet else None


def _rows(intake: Intake | None) -> dict[str, int]:
    tables = ("objectives", "key_results", "check_ins", "initiatives")
    sheet = intake.sheet if intake else None
    return {table: len(getattr(sheet, table)) if sheet else 0 for table in tables}


def edited_lines(names: Sequence[str]) -> list[str]:
    """A sentence about the workbooks that somebody has open, if there are any."""
    if not names:
        return []
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return [f"Open in another program, so what is not saved yet is not read: {shown}."]


def score_json(assessment: Assessment) -> Json:
    """The result of `okrsync score`; numbers unrounded, missing is null, ids are text."""
    return {
        "as_of": assessment.as_of.isoformat(),
        "cycle": assessment.selection.cycle.name,
        "units": unit_records(assessment),
        "objectives": objective_records(assessment),
        "key_results": key_result_records(assessment),
        "problems": [problem_json(problem, with_source=True) for problem in assessment.problems],
    }


def unit_records(assessment: Assessment) -> list[Json]:
    """One record a unit, in portfolio order."""
    units, scores = assessment.portfolio.units, assessment.scores.units
    parents = [units["unit"].iloc[key] if key >= 0 else None for key in units["parent_key"]]
    typed = [parent or raw or None for parent, raw in zip(parents, units["parent"], strict=True)]
    figures = (
        "own_score",
        "roll_up",
        "roll_up_as_if_zero",
        "status",
        "coverage",
        "alignment",
        "check_in_rate",
    )
    return _records(
        {"unit": units["unit"], "level": units["level"], "parent": typed}
        | {key: scores[key] for key in figures}
    )


def objective_records(assessment: Assessment) -> list[Json]:
    """One record an objective."""
    frame, scores = assessment.portfolio.objectives, assessment.scores.objectives
    unit = _unit_names(assessment, frame)
    figures = ("score", "as_if_zero", "expected", "status", "grade")
    return _records(
        {"id": frame["id"], "unit": unit}
        | {key: scores[key] for key in figures}
        | {"objective": frame["objective"]}
    )


def key_result_records(assessment: Assessment) -> list[Json]:
    """One record a key result; `objective_id` is the id of the objective it was found to belong to."""
    portfolio, scores = assessment.portfolio, assessment.scores.key_results
    frame = portfolio.key_results
    ids = portfolio.objectives["id"].to_list()
    owners = [ids[key] if key >= 0 else None for key in frame["objective_key"]]
    figures = ("progress", "score", "expected", "gap", "status", "forecast", "grade")
    return _records(
        {"id": frame["id"], "objective_id": owners, "unit": _unit_names(assessment, frame)}
        | {key: scores[key] for key in figures}
        | {"key_result": frame["key_result"], "unscored": scores["unscored"]}
    )


def _unit_names(assessment: Assessment, frame: pd.DataFrame) -> list[str]:
    names = assessment.portfolio.units["unit"].to_list()
    return [names[key] for key in frame["unit_key"]]


def _records(columns: Mapping[str, Any]) -> list[Json]:
    plain = [[_plain(value) for value in column] for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]


def _plain(value: Any) -> Any:  # noqa: ANN401  # a cell of any column
    """The value as JSON has it: NaN and blank become null, enums their text."""
    if value is None or value == "" or value != value:  # noqa: PLR0124  # only NaN differs from itself
        return None
    return float(value) if isinstance(value, float) else str(value) if isinstance(value, str) else value


def dumps(value: Json) -> str:
    r"""JSON text, readable, in stable order, refusing NaN and infinity; what nobody sees is written `\uXXXX`.

    So it survives the command line, which prints no character that could steer a terminal.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text)


# --- text ---------------------------------------------------------------------------------------


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Each finding as three lines: where and what, then how to mend it."""
    lines = []
    for problem in problems:
        place = "!".join(part for part in (problem.tab, problem.cell) if part)
        where = " › ".join(part for part in (problem.source, place) if part)
        lines.append(f"{problem.severity.upper():<7} {problem.code}  {where or problem.unit}")
        lines.append(f"        {problem.message}")
        if problem.hint:
            lines.append(f"        → {problem.hint}")
    return lines


def of_whole_sources(problems: Iterable[Problem]) -> list[Problem]:
    """Those that tell of a source which could not be read, is old or is held back."""
    return [problem for problem in problems if problem.code in ("S110", "S111", "S112", "S117")]


def tally(problems: Iterable[Problem]) -> str:
    """`2 errors, 1 warning, no notes`-like summary; "no findings" when there are none."""
    counts = Counter(problem.severity for problem in problems)
    parts = [f"{counts[s]} {s}{'' if counts[s] == 1 else 's'}" for s in Severity if counts[s]]
    return ", ".join(parts) if parts else "no findings"


def percent(value: float | None) -> str:
    """A fraction as whole per cent, "–" when missing."""
    return "–" if value is None else f"{value * 100:.0f} %"


def csv_text(records: Sequence[Json]) -> str:
    """Records as CSV, to be printed; a cell that looks like a formula is prefixed (TRUST 28)."""
    out = io.StringIO()
    if records:
        names = dict.fromkeys(name for record in records for name in record)
        writer = csv.DictWriter(out, fieldnames=list(names), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: csv_safe(value) for key, value in record.items()} for record in records)
    return out.getvalue().removesuffix("\n")


def counted(counts: Mapping[str, int]) -> str:
    """`12 ok, 1 held`: counts by state, those of 0 left out."""
    return ", ".join(f"{count} {state}" for state, count in counts.items() if count)


def csv_safe(value: Any) -> Any:  # noqa: ANN401  # a cell of any type
    """The cell: counts in words, with an apostrophe before a text that begins like a formula."""
    if isinstance(value, Mapping):
        return counted(value)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value

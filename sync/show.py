"""Tables for the terminal, as Rich renderables; the command line prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sync.report import (
    Json,
    objective_records,
    of_whole_sources,
    percent,
    problem_lines,
    tally,
    unit_records,
)

if TYPE_CHECKING:
    from sync.core.assess import Assessment
    from sync.core.problems import Problem
    from sync.demo.build import Demo

_STYLES = {
    "Done": "bold green",
    "On track": "green",
    "At risk": "yellow",
    "Off track": "red",
    "Missed": "bold red",
    "Outdated": "magenta",
    "No data": "dim",
    "Not started": "dim",
    "Paused": "dim",
    "Dropped": "dim",
}


def score_tables(assessment: Assessment) -> Iterator[Table | str]:
    """The unit tree, then the objectives, then how many findings there are."""
    yield unit_table(assessment)
    objectives = _table("Objectives")
    for name in ("ID", "Unit", "Objective", "Score", "Expected", "Status"):
        figure = name in ("Score", "Expected")
        objectives.add_column(name, justify="right" if figure else "left", overflow="fold")
    for record in objective_records(assessment):
        objectives.add_row(
            Text(record["id"] or ""),
            Text(record["unit"]),
            Text(record["objective"] or ""),
            percent(record["score"]),
            percent(record["expected"]),
            status(record["status"]),
        )
    yield objectives
    yield from problem_lines(of_whole_sources(assessment.problems))
    yield f"Findings: {tally(assessment.problems)}."


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))


def unit_table(assessment: Assessment) -> Table:
    """The units as a tree with their figures."""
    table = _table(f"{assessment.selection.cycle.name}, as of {assessment.as_of.isoformat()}")
    table.add_column("Unit", overflow="fold")
    for name in ("Own", "Roll-up", "As if 0"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    for name in ("Cover", "Align", "Checked"):
        table.add_column(name, justify="right", no_wrap=True)
    for depth, record in in_tree_order(unit_records(assessment)):
        table.add_row(
            Text("  " * depth + record["unit"]),
            *(percent(record[key]) for key in ("own_score", "roll_up", "roll_up_as_if_zero")),
            status(record["status"]),
            *(percent(record[key]) for key in ("coverage", "alignment", "check_in_rate")),
        )
    return table


def in_tree_order(records: Sequence[Json]) -> Iterator[tuple[int, Json]]:
    """(depth, record) of each unit, parents before their children, both by name."""
    names = {record["unit"] for record in records}
    children: dict[str | None, list[Json]] = {}
    for record in sorted(records, key=lambda record: record["unit"]):
        parent = record["parent"] if record["parent"] in names else None
        children.setdefault(parent, []).append(record)
    waiting = [(0, record) for record in reversed(children.get(None, []))]
    shown = set()
    while waiting:
        depth, record = waiting.pop()
        yield depth, record
        shown.add(record["unit"])
        waiting.extend((depth + 1, child) for child in reversed(children.get(record["unit"], [])))
    for record in records:
        if record["unit"] not in shown:  # members of a loop of parents hang below no root
            yield 0, record


def status(text: str | None) -> Text:
    """A status in its colour."""
    return Text(text or "", style=_STYLES.get(text or "", ""))


def worst(problems: Sequence[Problem], count: int = 8) -> list[str]:
    """The loudest findings, one of each rule first, as lines."""
    seen: set[str] = set()
    first = [problem for problem in problems if not (problem.code in seen or seen.add(problem.code))]  # type: ignore[func-returns-value]  # set.add marks the code
    return problem_lines(first[:count])


def demo_summary(demo: Demo) -> Iterator[Table | str]:
    """What the demo shows at its end: the tree, the worst findings, the files to open."""
    assessment = demo.done.assessment
    if assessment is not None:
        yield unit_table(assessment)
        yield "Some of what okrsync found (the loudest of each kind):"
        yield from worst(assessment.problems)
        yield f"All together: {tally(assessment.problems)}."
    yield f"Open {demo.settings.master.excel} for the whole picture,"
    yield f"and a team's book in {demo.books} (its tab Sync status says what to mend)."
    yield f"Then change something and run: okrsync sync --config {demo.folder / 'config.toml'}"

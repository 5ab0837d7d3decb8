"""An examination as people and programs read it."""

from __future__ import annotations

from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sync.doctor.check import Check, Examination, State
from sync.outcome import FINE, PARTIAL
from sync.report import Json

_LOUDNESS = (State.SKIPPED, State.OK, State.WARNING, State.PROBLEM)
_STYLES = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "bold red", State.SKIPPED: "dim"}


def as_json(found: Examination) -> Json:
    """Stable keys; `state` is the loudest of all."""
    return {
        "state": str(_loudest(found)),
        "checks": [check._asdict() | {"state": str(check.state)} for check in found.checks],
        "api_calls": found.calls,
    }


def exit_code(found: Examination) -> int:
    """3 where a problem was found, else 0: warnings can wait."""
    return PARTIAL if _loudest(found) is State.PROBLEM else FINE


def table(found: Examination) -> RenderableType:
    """One line for each check below the name of its area, and the way to mend it below that."""
    width = max(len(check.what) for check in found.checks)
    parts: list[RenderableType] = []
    for area, checks in groupby(found.checks, key=lambda check: check.area):
        parts += [Text(_clean(area), style="bold"), _rows(tuple(checks), width), Text()]
    return Group(*parts)


def verdict(found: Examination) -> str:
    """The last line."""
    counts = {state: sum(check.state is state for check in found.checks) for state in State}
    calls = {name: count for name, count in found.calls.items() if count}
    told = [f"{counts[State.OK]} fine"]
    told += [_many(counts[state], state) for state in (State.WARNING, State.PROBLEM) if counts[state]]
    told += [f"{counts[State.SKIPPED]} skipped"] if counts[State.SKIPPED] else []
    asked = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in calls.items())
    return f"{', '.join(told)}." + (f" Calls to Google: {asked}." if asked else "")


def _rows(checks: tuple[Check, ...], width: int) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=len(State.PROBLEM), no_wrap=True)
    grid.add_column(width=min(width, 28), overflow="fold")
    grid.add_column(overflow="fold")
    for check in checks:
        said = Text(_clean(check.message))
        if check.hint:
            said.append(f"\n→ {_clean(check.hint)}")
        grid.add_row(Text(check.state, style=_STYLES[check.state]), Text(_clean(check.what)), said)
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _many(count: int, state: State) -> str:
    return f"1 {state}" if count == 1 else f"{count} {state}s"


def _clean(text: str) -> str:
    """The text without what could steer a terminal: names of sheets come from anybody."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _loudest(found: Examination) -> State:
    return max((check.state for check in found.checks), key=_LOUDNESS.index)

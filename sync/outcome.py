"""What a run did, for whoever started it: the command line, the demo, later the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync import report
from sync.core.problems import Problem

if TYPE_CHECKING:
    from sync.core.assess import Assessment

Progress = Callable[[int, str], Callable[[], None]]
"""(how many steps, what they are) -> a function to call after each."""

FINE, FINDINGS, USAGE, PARTIAL, NOTHING = range(5)
"""Exit codes (TRUST 32): the highest that applies wins."""

API_CALLS = ("drive", "sheets_reads", "sheets_writes", "retries")
"""What calls to Google are counted as; retries are among the others."""


@dataclass
class Done:
    """What one run did, for the command line. `assessment` is None when nothing had changed."""

    run_id: int = 0
    started: str = ""
    seconds: float = 0.0
    state: str = "ok"
    sources: dict[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    problems: Sequence[Problem] = ()
    plan: list[dict[str, str]] = field(default_factory=list)
    api_calls: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(API_CALLS, 0))
    being_edited: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    assessment: Assessment | None = None
    exit_code: int = FINE

    def json(self) -> report.Json:
        """The result of `okrsync sync --format json`."""
        return {
            "run_id": self.run_id,
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "state": self.state,
            "sources": self.sources,
            "api_calls": self.api_calls,
            "written": self.written,
            "problems": [report.problem_json(problem, with_source=True) for problem in self.problems],
            "plan": self.plan,
            "being_edited": self.being_edited,
        }

    def lines(self) -> list[str]:
        """The same for people."""
        if self.state == "unchanged":
            done = "it was recorded, nothing was written" if self.run_id else "a run would only be recorded"
            return [
                f"Nothing has changed since the last run; {done}.",
                *report.edited_lines(self.being_edited),
            ]
        counts = ", ".join(f"{count} {state}" for state, count in self.sources.items() if count)
        lines = [f"Sources: {counts or 'none'}."]
        lines += [f"Would {step['action']}: {step['target']} ({step['reason']})." for step in self.plan]
        lines += [f"Written: {path}" for path in self.written]
        lines += report.edited_lines(self.being_edited)
        lines += self.messages
        lines += report.problem_lines(report.of_whole_sources(self.problems))
        where = ", each with its cell on the master's sheet Issues" if self.problems and not self.plan else ""
        lines.append(f"Findings: {report.tally(self.problems)}{where}.")
        return lines

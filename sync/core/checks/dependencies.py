"""The A rule of dependencies: whether those who are needed know of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sync.core.checks.finding import Hit, finds
from sync.core.problems import Rule, Severity, declare, shorten

if TYPE_CHECKING:
    from sync.core.checks.view import View


@finds(
    declare(
        Rule(
            code="A306",
            severity=Severity.WARNING,
            title="Dependency not confirmed by the other side",
            message='{name} depends on "{raw}" of {other}, where no Depends on names it in return.',
            example='WEB-O1-KR2 depends on "APP-O1-KR1" of App, where no Depends on names it in return.',
            hint="Talk to {other}; whoever agrees there names {name} in Depends on, too.",
            about="A dependency that only one side knows of is a hope. It is confirmed once the key result "
            "that is needed (or one of the objective or the unit that is needed) names the other one, its "
            "objective or its unit in Depends on.\n\n"
            "Dependencies inside a unit need no confirmation. Until it is confirmed, the managers' digest "
            "and the agendas list it.",
        )
    )
)
def unconfirmed(view: View) -> Iterator[Hit]:
    """Dependencies of key results at work on another unit that does not name them in return."""
    links = view.column("dependencies", "state") == "ok"
    found = list(view.rows("dependencies", links, "kr_key", "raw", "target", "target_key"))
    if not found:
        return
    sides = {"key_result": range(len(view.none("key_results")))} | {
        name: view.column("key_results", f"{name}_key").tolist() for name in ("objective", "unit")
    }
    named = {(kind, keys[kr], target, at) for _, kr, _, target, at in found for kind, keys in sides.items()}
    at_work, names = view.at_work("key_results"), view.column("units", "unit")
    for _, kr, raw, target, at in found:
        there = _unit_of(target, at, view)
        confirmed = any((target, at, kind, keys[kr]) in named for kind, keys in sides.items())
        if at_work[kr] and there != sides["unit"][kr] and not confirmed:
            params = {"name": view.name("key_results", kr), "raw": shorten(raw), "other": names[there]}
            yield Hit("key_results", kr, "depends_on", raw, params)


def _unit_of(target: str, at: int, view: View) -> int:
    """The unit of what is needed."""
    tables = {"objective": "objectives", "key_result": "key_results"}
    return int(view.column(tables[target], "unit_key")[at]) if target in tables else at

"""The rules. Importing this package fills `sync.core.problems.RULES` and `sync.core.checks.finding.CHECKS`.

A rule is declared with its words, and its finder, a function from a View to Hits, stands below it. To
add one, write both in the module of its letter, a test in `tests/`, and let `okrsync rules --docs` write
its page.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from sync.core.checks import (
    alignment,
    behaviour,
    dependencies,
    links,
    quality,
    structure,
    tree,
    values,
    weights,
)
from sync.core.checks.finding import CHECKS, Hit
from sync.core.policy import Checks
from sync.core.problems import RULES, Problem, Rule, Severity, in_order

if TYPE_CHECKING:
    from sync.core.checks.view import View

__all__ = (
    "alignment",
    "apply_policy",
    "behaviour",
    "dependencies",
    "links",
    "quality",
    "run",
    "structure",
    "tree",
    "values",
    "weights",
)


def run(view: View, elsewhere: Iterable[Problem] = ()) -> list[Problem]:
    """What the selected rules find in a portfolio, and what was found elsewhere, as by `apply_policy`."""
    chosen = [(RULES[code], check) for code, check in CHECKS.items() if view.checks.selects(code)]
    found = (_problem(view, rule, hit) for rule, check in chosen for hit in check(view))
    return apply_policy(chain(found, elsewhere), view.checks)


def apply_policy(problems: Iterable[Problem], checks: Checks) -> list[Problem]:
    """The problems that the settings select, each as loud as they say, in stable order."""
    severities = {code: _severity(rule, checks) for code, rule in RULES.items() if checks.selects(code)}
    kept = (problem for problem in problems if problem.code in severities)
    return in_order(
        problem if problem.severity == severities[problem.code] else _as_loud(problem, severities)
        for problem in kept
    )


def _as_loud(problem: Problem, severities: dict[str, Severity]) -> Problem:
    return problem._replace(severity=severities[problem.code])


def _severity(rule: Rule, checks: Checks) -> Severity:
    """A rule's severity; of several settings that cover its code the most exact one counts."""
    covering = [prefix for prefix in checks.severity if rule.code.startswith(prefix)]
    return Severity(checks.severity[max(covering, key=len)]) if covering else rule.severity


def _problem(view: View, rule: Rule, hit: Hit) -> Problem:
    ref, unit, row_id = view.place(hit.table, hit.key, hit.field)
    return rule.problem(
        source=ref.source,
        unit=unit,
        tab=ref.tab,
        cell=ref.cell,
        row_id=row_id,
        value=hit.value,
        **hit.params,
    )

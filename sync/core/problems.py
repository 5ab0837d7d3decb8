"""What can be wrong, as values: a Rule says what, a Problem says where.

Every rule stands in one table (`RULES`), filled by the modules of `sync.core.checks`. The command
line, the docs pages, `Sync status` and the master all print from this table, so a finding reads the
same everywhere. What finds a rule's places in a portfolio stands beside it in `sync.core.checks.finding`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple


class Severity(StrEnum):
    """How loud a finding is; what happens to the data stands in the rule's title."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for errors, 1 for warnings, 2 for notes: sorts the loudest first."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Problem(NamedTuple):
    """One finding with its place. All fields are text; "" where there is none (a missing tab has no cell)."""

    code: str
    severity: Severity
    source: str
    unit: str
    tab: str
    cell: str
    row_id: str
    value: str
    message: str
    hint: str

    def sort_key(self) -> tuple[Any, ...]:
        """A stable order: loudest first, then source, tab, row and column of the cell, code."""
        return (self.severity.rank, self.source, self.tab, _place(self.cell), self.code, self.message)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `message` and `hint` are format templates, filled by a finding's parameters.

    `about` is two paragraphs or so for the docs page and `okrsync explain CODE`: why it matters, what
    the product does with the data, and which setting changes that. `example` is a message as people see
    it, for rules whose template says little by itself.
    """

    code: str
    severity: Severity
    title: str
    message: str
    hint: str
    about: str
    example: str = ""

    def problem(
        self,
        *,
        source: str = "",
        unit: str = "",
        tab: str = "",
        cell: str = "",
        row_id: str = "",
        value: str = "",
        **params: object,
    ) -> Problem:
        """A Problem of this rule at that place; `value` (shortened) and `params` fill the templates.

        The templates are ours and are filled once, so braces in a sheet's text stay what they are.
        """
        place = {"value": shorten(value), "unit": unit, "tab": tab, "cell": cell, "row_id": row_id}
        filling = {**place, **{name: _plain(param) for name, param in params.items()}}
        return Problem(
            code=self.code,
            severity=self.severity,
            source=source,
            unit=unit,
            tab=tab,
            cell=cell,
            row_id=row_id,
            value=value,
            message=self.message.format_map(filling),
            hint=self.hint.format_map(filling),
        )


RULES: dict[str, Rule] = {}


def declare(rule: Rule) -> Rule:
    """The rule, entered into the table; a code used twice is a mistake of ours and stops the import."""
    if rule.code in RULES:
        raise ValueError(f"Rule {rule.code} is declared twice.")
    RULES[rule.code] = rule
    return rule


def sentence(text: str) -> str:
    """The text with a capital at its beginning: a cause that stands for itself."""
    return text[:1].upper() + text[1:]


def shorten(text: str, limit: int = 60) -> str:
    """The text on one line, cut with an ellipsis so that a message stays readable."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in their stable order, exact repeats removed."""
    return sorted(set(problems), key=Problem.sort_key)


def _plain(param: object) -> object:
    return shorten(param, 200) if isinstance(param, str) else param


@lru_cache(maxsize=65_536)
def _place(cell: str) -> tuple[int, int, str]:
    digits = "".join(c for c in cell if c.isdigit())
    letters = "".join(c for c in cell if c.isalpha())
    return (int(digits or 0), len(letters), letters)

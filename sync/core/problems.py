"""What can be wrong, as values: a Rule says what, a Problem says where.

Every rule stands in one table (`RULES`), filled by the modules of `sync.core.checks`. The command
line, the docs pages, `Sync status` and the master all print from this table, so a finding reads the
same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sync.core.checks.view import View


class Severity(StrEnum):
    """How loud a finding is; what happens to the data stands in the rule's title."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for errors, 1 for warnings, 2 for notes: sorts the loudest first."""
        return list(Severity).index(self)


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


class Hit(NamedTuple):
    """Where a portfolio rule struck: a row of a portfolio table and the field to point at.

    `table` is "units", "objectives", "key_results", "check_ins" or "initiatives"; `key` its row number
    there; `field` a schema field name (its column is looked up in the source's own binding), "" for
    the row as a whole. `value` is the raw text to quote. `params` fill the rule's message and hint.
    """

    table: str
    key: int
    field: str = ""
    value: str = ""
    params: Mapping[str, object] = {}


Check = Callable[["View"], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `message` and `hint` are format templates over a finding's parameters.

    `about` is one or two paragraphs for the docs page and `okrsync explain CODE`: why it matters and
    what the product does with the data. `check` is None for what the reader itself finds (S rules).
    """

    code: str
    severity: Severity
    title: str
    message: str
    hint: str
    about: str
    check: Check | None = None

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
        """A Problem of this rule at that place; `value` (shortened) and `params` fill the templates."""
        filling: dict[str, object] = {
            "value": shorten(value),
            "unit": unit,
            "tab": tab,
            "cell": cell,
            "row_id": row_id,
        }
        filling.update({name: _plain(param) for name, param in params.items()})
        return Problem(
            code=self.code,
            severity=self.severity,
            source=source,
            unit=unit,
            tab=tab,
            cell=cell,
            row_id=row_id,
            value=value,
            message=_FORMATTER.vformat(self.message, (), filling),
            hint=_FORMATTER.vformat(self.hint, (), filling),
        )


RULES: dict[str, Rule] = {}


def declare(rule: Rule) -> Rule:
    """The rule, entered into the table; a code used twice is a mistake of ours and stops the import."""
    if rule.code in RULES:
        raise ValueError(f"Rule {rule.code} is declared twice.")
    RULES[rule.code] = rule
    return rule


def rule(
    code: str, severity: Severity, *, title: str, message: str, hint: str, about: str
) -> Callable[[Check], Check]:
    """A decorator that enters a check function into the table under its code."""

    def enter(check: Check) -> Check:
        declare(Rule(code, severity, title, message, hint, about, check))
        return check

    return enter


def shorten(text: str, limit: int = 60) -> str:
    """The text on one line, cut with an ellipsis so that a message stays readable."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in their stable order, exact repeats removed."""
    return sorted(set(problems), key=Problem.sort_key)


def _plain(param: object) -> object:
    return shorten(param) if isinstance(param, str) else param


class _PlainFormatter(Formatter):
    """Fills names only: text from a sheet can never reach attributes or indexes of our objects."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:  # noqa: ANN401, ARG002  # Formatter's signature
        return kwargs[field_name], field_name


_FORMATTER = _PlainFormatter()


def _place(cell: str) -> tuple[int, int, str]:
    digits = "".join(c for c in cell if c.isdigit())
    letters = "".join(c for c in cell if c.isalpha())
    return (int(digits or 0), len(letters), letters)


def each(problems: Mapping[str, list[Problem]]) -> Iterator[Problem]:
    """Every problem of a mapping by source, in the mapping's order."""
    for found in problems.values():
        yield from found

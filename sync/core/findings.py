"""Problems gathered while one workbook is parsed: the cell reader says what, this adds where."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.core.cells import Trouble
from sync.core.grid import a1
from sync.core.problems import Problem, Rule, in_order


@dataclass(slots=True)
class Findings:
    """The problems of one source so far."""

    source: str
    problems: list[Problem] = field(default_factory=list)

    def add(
        self, rule: Rule, tab: str, cell: str = "", *, row_id: str = "", value: str = "", **params: object
    ) -> None:
        """Notes a problem at an address of a tab; `params` fill the rule's templates."""
        self.problems.append(
            rule.problem(
                source=self.source, unit="", tab=tab, cell=cell, row_id=row_id, value=value, **params
            )
        )

    def trouble(
        self, trouble: Trouble, tab: str, row: int, column: int, *, name: str, row_id: str = ""
    ) -> None:
        """Notes what a cell reader found in the cell of the column of that name."""
        self.add(
            trouble.rule,
            tab,
            a1(row, column),
            row_id=row_id,
            value=trouble.value,
            column=name,
            reason=trouble.reason,
            suggestion=trouble.suggestion,
            outcome=trouble.outcome,
            length=trouble.length,
        )

    def of(self, unit: str) -> tuple[Problem, ...]:
        """All problems in their stable order, with the unit whose sheet it is."""
        return tuple(in_order(problem._replace(unit=unit) for problem in self.problems))

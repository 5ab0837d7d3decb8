"""How a rule finds its places in a portfolio: one function a rule, entered into `CHECKS` under its code.

A rule is declared where its finder is, or, for what the reader finds, in `sync.core.checks.structure`;
the rules of links between sheets are declared there too and get their finder in `links`. Rule modules
import pandas through the view only, so `okrsync rules` and the reader's processes start without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from sync.core.problems import Rule

if TYPE_CHECKING:
    from sync.core.checks.view import View


class Hit(NamedTuple):
    """Where a rule struck: a row of a portfolio table and the field to point at.

    `table` is "units", "objectives", "key_results", "check_ins" or "initiatives"; `key` its row number
    there; `field` a schema field name, whose column is looked up in the source's own binding. `value` is
    the raw text of that cell. `params` fill the rule's message and hint.
    """

    table: str
    key: int
    field: str
    value: str = ""
    params: Mapping[str, object] = {}


Check = Callable[["View"], Iterator[Hit]]

CHECKS: dict[str, Check] = {}


def finds(rule: Rule) -> Callable[[Check], Check]:
    """A decorator that makes a function the finder of a declared rule; a rule has one at most."""

    def enter(check: Check) -> Check:
        if rule.code in CHECKS:
            raise ValueError(f"Rule {rule.code} has two finders.")
        CHECKS[rule.code] = check
        return check

    return enter

"""Finders of S104 and S114 for values that were read well, but do not fit their measure or each other.

The parser finds what is no number at all. Whether a yes, a word or a percentage fits is known only once
the measure, the other cells and the check-in that counts are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sync.core.checks.finding import Hit, finds
from sync.core.checks.structure import S104, S114
from sync.core.checks.wording import together
from sync.core.model import Measure, Was, split_several
from sync.core.schema import BY_KEY

if TYPE_CHECKING:
    from sync.core.checks.view import Mask, View


class Cell(NamedTuple):
    """A cell that a key result's progress is computed from."""

    table: str
    key: int
    field: str
    was: str
    value: float
    raw: str

    @property
    def column(self) -> str:
        """The template's name of its column."""
        return BY_KEY[self.table].by_field[self.field].name


class Cells(NamedTuple):
    """The cells of one key result: the values that count, newest first, then Start, then Target."""

    key: int
    values: tuple[Cell, ...]
    start: Cell
    target: Cell


def cells_of(view: View, mask: Mask) -> Iterator[Cells]:
    """The cells of each key result of the mask: all check-ins for Between, else the one value that counts."""
    wanted = view.spread(mask, view.column("check_ins", "kr_key"))
    logged: dict[int, list[Cell]] = defaultdict(list)
    for at, key, was, value, raw in view.rows(
        "check_ins", wanted, "kr_key", "value_was", "value", "value_raw"
    ):
        logged[key].insert(0, Cell("check_ins", at, "value", was, value, raw))
    columns = [f"{field}{part}" for field in ("current", "start", "target") for part in ("_was", "", "_raw")]
    for key, measure, check_in, *parts in view.rows("key_results", mask, "measure", "check_in_key", *columns):
        current, start, target = (
            Cell("key_results", key, field, *parts[at : at + 3])
            for at, field in zip((0, 3, 6), ("current", "start", "target"), strict=True)
        )
        if measure == Measure.BETWEEN:
            values = (*logged[key], current)
        else:
            values = tuple(cell for cell in logged[key] if cell.key == check_in) or (current,)
        yield Cells(key, values, start, target)


# --- S104 ---------------------------------------------------------------------------------------------

_ONLY_NUMBER = "Type the number alone."
_ONLY_YES_NO = "Type yes or no, or choose another Measure."
_ONLY_FINITE = "Correct it, or count in thousands or millions."


@finds(S104)
def not_fitting(view: View) -> Iterator[Hit]:
    """A yes or a word where the measure needs a number, a number where it needs yes or no."""
    for cells in cells_of(view, view.unscored("NOT_A_NUMBER")):
        for cell in (*cells.values, cells.start, cells.target):
            if cell.was in (Was.BOOL, Was.TEXT):
                yield _not_fitting(cell, "which is not a number", _ONLY_NUMBER)
    for cells in cells_of(view, view.unscored("NOT_YES_NO")):
        yield _not_fitting(cells.values[0], "which is neither yes nor no", _ONLY_YES_NO)
    for cells in cells_of(view, view.unscored("NOT_FINITE")):
        yield _not_fitting(cells.values[0], "with which there is no progress to compute", _ONLY_FINITE)


def _not_fitting(cell: Cell, reason: str, suggestion: str) -> Hit:
    params = {"column": cell.column, "reason": reason, "suggestion": suggestion}
    return Hit(cell.table, cell.key, cell.field, cell.raw, params)


# --- S114 ---------------------------------------------------------------------------------------------


@finds(S114)
def mixed(view: View) -> Iterator[Hit]:
    """Percents beside plain numbers, and a Current that is no stage of its milestones."""
    for cells in cells_of(view, view.unscored("MIXED")):
        odd, other = _odd_one(cells)
        yield Hit(odd.table, odd.key, odd.field, odd.raw, _mixture(odd, other))
    not_a_stage = view.unscored("NOT_A_STAGE")
    stages = view.column("key_results", "milestones")
    for cells in cells_of(view, not_a_stage):
        value = cells.values[0]
        names = together([f'"{stage}"' for stage in split_several(stages[cells.key])])
        params = {
            "reason": "is no stage of its milestones",
            "suggestion": f"Write the last stage done ({names}), the number of stages done, or a percentage.",
        }
        yield Hit(value.table, value.key, value.field, value.raw, params)


def _odd_one(cells: Cells) -> tuple[Cell, Cell]:
    """(the cell to mend, the one that it does not go with): the target is believed, then the start."""
    telling = [cell for cell in (cells.target, cells.start, *cells.values) if _kind(cell)]
    believed = telling[0]
    odd = [cell for cell in (*cells.values, cells.start) if _kind(cell) not in ("", _kind(believed))]
    return odd[0], believed


def _kind(cell: Cell) -> str:
    """Whether a cell says how its numbers are written; a plain 0 is the same either way."""
    if cell.was == Was.PERCENT or (cell.was == Was.NUMBER and cell.value != 0):
        return cell.was
    return ""


def _mixture(odd: Cell, other: Cell) -> dict[str, str]:
    if odd.was == Was.PERCENT:
        reason = f"is a percentage, but {other.column} is the plain number {other.raw}"
        suggestion = f"Type it without the percent sign, or {other.column} as a percentage."
    else:
        reason = f"is a plain number, but {other.column} is the percentage {other.raw}"
        suggestion = (
            f"If {odd.raw} percent is meant, type {odd.raw}%; if not, type {other.column} as a plain number."
        )
    return {"reason": reason, "suggestion": suggestion}

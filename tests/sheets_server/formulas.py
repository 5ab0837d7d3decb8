"""What formulas show. Small and honest: an unknown function gives #NAME?, never a made-up value."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.sheets_server import a1, locales, syntax
from tests.sheets_server.a1 import Area
from tests.sheets_server.entered import plain, serial, typed
from tests.sheets_server.errors import Json
from tests.sheets_server.model import Book, Sheet

Hook = Callable[
    [str, str, int, int], Any
]  # formula, title, row, column → what it shows, or None for "evaluate it"


@dataclass(frozen=True)
class Fault(Exception):
    """A cell's error: its type in the API and, where known, a message."""

    type: str
    message: str = ""


Value = float | str | bool | None
Grid = list[list[Value | Fault]]
_ERRORS = {
    "#REF!": "REF",
    "#N/A": "N_A",
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#NULL!": "NULL_VALUE",
    "#ERROR!": "ERROR",
}


class Evaluator:
    """Gives effective values of one book as it is now. Results are kept in the book until its next change."""

    def __init__(self, book: Book, now: dt.datetime, hook: Hook | None) -> None:
        self.book = book
        self._now = now
        self._hook = hook
        self._results: dict[tuple[int, int, int], Value | Fault] = {}
        self._running: set[tuple[int, int, int]] = set()
        self.volatile = False

    def effective(self, sheet: Sheet, row: int, column: int) -> Json | None:
        """The effectiveValue of a cell."""
        entered = sheet.cell(row, column).get("userEnteredValue")
        if entered is None or "formulaValue" not in entered:
            return entered
        return extended(self.value(sheet, row, column))

    def value(self, sheet: Sheet, row: int, column: int) -> Value | Fault:
        """What the cell holds for other formulas; None when it is empty."""
        entered = sheet.cell(row, column).get("userEnteredValue") or {}
        if "formulaValue" not in entered:
            found: Value = next(iter(entered.values()), None)
            return found
        key = (sheet.id, row, column)
        if key not in self._results:
            if key in self._running:
                return Fault(
                    "REF",
                    "Circular dependency detected.",
                )
            self._running.add(key)
            try:
                self._results[key] = self._formula(entered["formulaValue"], sheet, row, column)
            finally:
                self._running.discard(key)
        return self._results[key]

    def _formula(self, formula: str, sheet: Sheet, row: int, column: int) -> Value | Fault:
        if self._hook is not None:
            told = self._hook(formula, sheet.title, row, column)
            self.volatile = self.volatile or told is not None
            if told is not None:
                return Fault(_ERRORS[told]) if told in _ERRORS else told
        comma = locales.of(self.book.locale).decimal == ","
        try:
            node = syntax.parsed(formula[1:], comma=comma)
            result = self.single(self.eval(node, sheet), row, column)
        except syntax.BadFormula:
            return Fault("ERROR", "Formula parse error.")
        except Fault as fault:
            return fault
        except RecursionError:
            return Fault("ERROR", "The formula is nested too deeply for the test server.")
        return 0 if result is None else result

    def single(self, value: Value | Fault | Grid, row: int = 0, column: int = 0) -> Value:
        """One value of what an expression gave; raises its error. Of a range, the cell beside the formula."""
        if isinstance(value, list):
            if len(value) == 1 and len(value[0]) == 1:
                value = value[0][0]
            elif len(value) > row and len(value[0]) == 1:
                value = value[row][0]
            elif len(value) == 1 and len(value[0]) > column:
                value = value[0][column]
            else:
                raise Fault("VALUE", "An array value could not be found.")
        if isinstance(value, Fault):
            raise value
        return value

    def eval(self, node: syntax.Node, sheet: Sheet) -> Value | Grid:
        """A value or, for a range, its cells. Raises Fault."""
        if isinstance(node, syntax.Literal):
            return node.value
        if isinstance(node, syntax.ErrorLiteral):
            raise Fault(_ERRORS[node.text])
        if isinstance(node, syntax.Reference):
            return self._cells(node, sheet)
        if isinstance(node, syntax.Name):
            return self._named(node.text)
        if isinstance(node, syntax.Operation):
            return self._operation(node, sheet)
        return self._call(node, sheet)

    def _cells(self, node: syntax.Reference, sheet: Sheet) -> Grid:
        target = self.book.by_title(node.sheet) if node.sheet else sheet
        area = a1.cells(node.cells, target.id) if target else None
        if target is None or area is None:
            raise Fault("REF", f"Unresolved sheet name '{node.sheet}'.")
        return self._grid(target, area)

    def _grid(self, sheet: Sheet, area: Area) -> Grid:
        closed = area.clipped(sheet.rows, sheet.columns)
        if closed.height <= 0 or closed.width <= 0:
            raise Fault("REF", "Reference does not exist.")
        bottom = closed.bottom or 0
        if area.bottom is None:
            bottom = max([closed.top + 1, *(row + 1 for row in sheet.cells)])
        return [
            [self.value(sheet, row, column) for column in range(closed.left, closed.right or 0)]
            for row in range(closed.top, bottom)
        ]

    def _named(self, name: str) -> Grid:
        for one in self.book.named_ranges:
            if one["name"].casefold() == name.casefold():
                area = Area.from_grid(one["range"])
                target = self.book.by_id(area.sheet)
                if target is not None:
                    return self._grid(target, area)
        raise Fault("NAME", f"Unknown range name: '{name.upper()}'.")

    def _operation(self, node: syntax.Operation, sheet: Sheet) -> Value:
        left = self.single(self.eval(node.left, sheet)) if node.left is not None else None
        right = self.single(self.eval(node.right, sheet)) if node.right is not None else None
        if node.sign == "&":
            return self.text(left) + self.text(right)
        if node.sign in _COMPARISONS:
            return _compared(node.sign, left, right)
        if node.sign == "%":
            return self.number(left) / 100
        if node.left is None:
            return -self.number(right) if node.sign == "-" else self.number(right)
        return _calculated(node.sign, self.number(left), self.number(right))

    def _call(self, node: syntax.Call, sheet: Sheet) -> Value | Grid:
        from tests.sheets_server.functions import FUNCTIONS

        function = FUNCTIONS.get(node.function)
        if function is None:
            raise Fault("NAME", f"Unknown function: '{node.function}'.")
        return function(self, sheet, node.arguments)

    def today(self) -> dt.datetime:
        """The time in the book's time zone, without a zone."""
        self.volatile = True
        try:
            zone: dt.tzinfo = ZoneInfo(self.book.properties["timeZone"])
        except (ZoneInfoNotFoundError, ValueError):
            zone = dt.UTC
        return self._now.astimezone(zone).replace(tzinfo=None)

    def now(self) -> float:
        return serial(self.today())

    def number(self, value: Value) -> float:
        """The value as a number, text as if typed. Raises #VALUE!."""
        if value is None:
            return 0
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, str):
            read = typed(value, locales.of(self.book.locale))[0] or {}
            if "numberValue" not in read:
                raise Fault("VALUE", f"'{value}' is a text and cannot be coerced to a number.")
            return float(read["numberValue"])
        return value

    def text(self, value: Value) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, str):
            return value
        return f"{plain(value):.15g}".replace(".", locales.of(self.book.locale).decimal)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _rank(value: Value) -> tuple[int, Any]:
    """Numbers before texts before booleans, and texts without case: how a sheet orders values."""
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, value or 0


def _compared(sign: str, left: Value, right: Value) -> bool:
    if left is None:
        left = "" if isinstance(right, str) else False if isinstance(right, bool) else 0
    if right is None:
        right = "" if isinstance(left, str) else False if isinstance(left, bool) else 0
    return _COMPARISONS[sign](_rank(left), _rank(right))


def _calculated(sign: str, left: float, right: float) -> float:
    try:
        if sign == "+":
            return left + right
        if sign == "-":
            return left - right
        if sign == "*":
            return left * right
        if sign == "/":
            return left / right
        power = left**right
    except ZeroDivisionError:
        raise Fault("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.") from None
    except OverflowError:
        raise Fault("NUM", "The number is too large.") from None
    if isinstance(power, complex):
        raise Fault("NUM", "The result is no real number.")
    return float(power)


def equal(left: Value, right: Value) -> bool:
    """Whether a sheet's `=` holds between two values."""
    return _compared("=", left, right)


def extended(value: Value | Fault) -> Json:
    """A result as ExtendedValue."""
    if isinstance(value, Fault):
        return {"errorValue": {"type": value.type} | ({"message": value.message} if value.message else {})}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": plain(value or 0)}

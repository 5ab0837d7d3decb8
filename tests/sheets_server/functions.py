"""The functions of formulas that this server knows."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator

from tests.sheets_server.entered import serial
from tests.sheets_server.formulas import Evaluator, Fault, Grid, Value, equal
from tests.sheets_server.model import Sheet
from tests.sheets_server.syntax import Node

Arguments = tuple[Node, ...]
Function = Callable[[Evaluator, Sheet, Arguments], Value | Grid]


def _values(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Iterator[tuple[Value, bool]]:
    """All values of the arguments, and whether each comes from a range. Raises the first error among them."""
    for node in nodes:
        found = run.eval(node, sheet)
        if not isinstance(found, list):
            yield found, False
            continue
        for line in found:
            for value in line:
                if isinstance(value, Fault):
                    raise value
                yield value, True


def _numbers(run: Evaluator, sheet: Sheet, nodes: Arguments) -> list[float]:
    """The numbers among the arguments: texts and booleans in ranges are passed over, direct ones are read."""
    result: list[float] = []
    for value, ranged in _values(run, sheet, nodes):
        if not ranged and value is not None:
            result.append(run.number(value))
        elif ranged and isinstance(value, int | float) and not isinstance(value, bool):
            result.append(value)
    return result


def _one(run: Evaluator, sheet: Sheet, nodes: Arguments, index: int, default: Value = None) -> Value:
    return run.single(run.eval(nodes[index], sheet)) if index < len(nodes) else default


def _average(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    numbers = _numbers(run, sheet, nodes)
    if not numbers:
        raise Fault("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return math.fsum(numbers) / len(numbers)


def _counta(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    count = 0
    for node in nodes:
        found = run.eval(node, sheet)
        lines = found if isinstance(found, list) else [[found]]
        count += sum(value is not None for line in lines for value in line)
    return count


def _count(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    count = 0
    for node in nodes:
        found = run.eval(node, sheet)
        lines = found if isinstance(found, list) else [[found]]
        count += sum(isinstance(v, int | float) and not isinstance(v, bool) for line in lines for v in line)
    return count


def _truth(run: Evaluator, value: Value) -> bool:
    if isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    return bool(run.number(value))


def _if(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value | Grid:
    if len(nodes) < 2:
        raise Fault("N_A", "Wrong number of arguments to IF.")
    chosen = 1 if _truth(run, _one(run, sheet, nodes, 0)) else 2
    return run.eval(nodes[chosen], sheet) if chosen < len(nodes) else False


def _ifs(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value | Grid:
    for index in range(0, len(nodes) - 1, 2):
        if _truth(run, _one(run, sheet, nodes, index)):
            return run.eval(nodes[index + 1], sheet)
    raise Fault("N_A", "No match.")


def _iferror(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    try:
        return _one(run, sheet, nodes, 0)
    except Fault:
        return _one(run, sheet, nodes, 1, "")


def _ifna(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    try:
        return _one(run, sheet, nodes, 0)
    except Fault as fault:
        if fault.type != "N_A":
            raise
        return _one(run, sheet, nodes, 1, "")


def _iserror(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    try:
        _one(run, sheet, nodes, 0)
    except Fault:
        return True
    return False


def _round(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    number = run.number(_one(run, sheet, nodes, 0))
    places = int(run.number(_one(run, sheet, nodes, 1, 0)))
    step = 10.0**places
    return math.copysign(math.floor(float(f"{abs(number) * step:.15g}") + 0.5) / step, number)


def _date(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    year, month, day = (int(run.number(_one(run, sheet, nodes, index))) for index in range(3))
    years, month = divmod(month - 1, 12)
    try:
        first = dt.datetime(year + years, month + 1, 1)  # noqa: DTZ001 - serial numbers have no zone
    except ValueError:
        raise Fault("NUM", "The date is outside of the calendar.") from None
    return serial(first) + day - 1


def _column(run: Evaluator, sheet: Sheet, node: Node) -> list[Value | Fault]:
    found = run.eval(node, sheet)
    if not isinstance(found, list):
        return [found]
    return [line[0] for line in found] if len(found) > 1 else found[0]


def _position(where: list[Value | Fault], wanted: Value) -> int | None:
    """Where a value stands exactly; empty and wrong cells never match."""
    for index, value in enumerate(where):
        if value is not None and not isinstance(value, Fault) and equal(value, wanted):
            return index
    return None


def _match(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    if run.number(_one(run, sheet, nodes, 2, 1)) != 0:
        raise Fault("ERROR", "The test server plays MATCH only with an exact match (0).")
    wanted = _one(run, sheet, nodes, 0)
    found = _position(_column(run, sheet, nodes[1]), wanted)
    if found is None:
        raise Fault("N_A", f"Did not find value '{run.text(wanted)}' in MATCH evaluation.")
    return found + 1


def _vlookup(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    if len(nodes) < 4 or _truth(run, _one(run, sheet, nodes, 3)):
        raise Fault("ERROR", "The test server plays VLOOKUP only with an exact match (FALSE).")
    wanted = _one(run, sheet, nodes, 0)
    table = run.eval(nodes[1], sheet)
    lines = table if isinstance(table, list) else [[table]]
    found = _position([line[0] for line in lines], wanted)
    if found is None:
        raise Fault("N_A", f"Did not find value '{run.text(wanted)}' in VLOOKUP evaluation.")
    column = int(run.number(_one(run, sheet, nodes, 2)))
    if not 1 <= column <= len(lines[found]):
        raise Fault("REF", "VLOOKUP evaluates to an out of bounds range.")
    return run.single(lines[found][column - 1]) if lines[found][column - 1] is not None else None


def _xlookup(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    wanted = _one(run, sheet, nodes, 0)
    found = _position(_column(run, sheet, nodes[1]), wanted)
    if found is not None:
        return run.single(_column(run, sheet, nodes[2])[found])
    if len(nodes) > 3:
        return _one(run, sheet, nodes, 3)
    raise Fault("N_A", f"Did not find value '{run.text(wanted)}' in XLOOKUP evaluation.")


def _index(run: Evaluator, sheet: Sheet, nodes: Arguments) -> Value:
    found = run.eval(nodes[0], sheet)
    lines = found if isinstance(found, list) else [[found]]
    row = int(run.number(_one(run, sheet, nodes, 1, 1)))
    column = int(run.number(_one(run, sheet, nodes, 2, 1)))
    if not (1 <= row <= len(lines) and 1 <= column <= len(lines[0])):
        raise Fault("NUM", "INDEX is out of range.")
    return run.single(lines[row - 1][column - 1])


def _texts(run: Evaluator, sheet: Sheet, nodes: Arguments) -> str:
    return "".join(run.text(value) for value, _ in _values(run, sheet, nodes))


FUNCTIONS: dict[str, Function] = {
    "SUM": lambda run, sheet, nodes: math.fsum(_numbers(run, sheet, nodes)),
    "AVERAGE": _average,
    "MIN": lambda run, sheet, nodes: min(_numbers(run, sheet, nodes), default=0),
    "MAX": lambda run, sheet, nodes: max(_numbers(run, sheet, nodes), default=0),
    "COUNT": _count,
    "COUNTA": _counta,
    "IF": _if,
    "IFS": _ifs,
    "IFERROR": _iferror,
    "IFNA": _ifna,
    "ISERROR": _iserror,
    "ISBLANK": lambda run, sheet, nodes: _one(run, sheet, nodes, 0) is None,
    "AND": lambda run, sheet, nodes: all(
        _truth(run, v) for v, _ in _values(run, sheet, nodes) if v is not None
    ),
    "OR": lambda run, sheet, nodes: any(
        _truth(run, v) for v, _ in _values(run, sheet, nodes) if v is not None
    ),
    "NOT": lambda run, sheet, nodes: not _truth(run, _one(run, sheet, nodes, 0)),
    "ROUND": _round,
    "ABS": lambda run, sheet, nodes: abs(run.number(_one(run, sheet, nodes, 0))),
    "LEN": lambda run, sheet, nodes: len(run.text(_one(run, sheet, nodes, 0))),
    "CONCATENATE": _texts,
    "TODAY": lambda run, _sheet, _nodes: math.floor(run.now()),
    "NOW": lambda run, _sheet, _nodes: run.now(),
    "DATE": _date,
    "MATCH": _match,
    "INDEX": _index,
    "VLOOKUP": _vlookup,
    "XLOOKUP": _xlookup,
}

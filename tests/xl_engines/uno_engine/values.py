"""LibreOffice's numbers for what a cell holds and how it looks, and Excel's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlwings.utils import hex_to_rgb

from tests.xl_engines.entering import Entered

TEXT, LOGICAL, DATE, TIME = 256, 1024, 2, 4  # com.sun.star.util.NumberFormat
FORMULA = 16  # com.sun.star.sheet.CellFlags
CONTENTS = 1 | 2 | 4 | 16  # of them: numbers, dates, texts, formulas
ALL = 1023
BOLD, NORMAL = 150.0, 100.0  # com.sun.star.awt.FontWeight
NO_FILL = -1
ERRORS = {532: -2146826281, 32767: -2146826246, 525: -2146826259, 502: -2146826252, 503: -2146826252}
ERRORS |= {524: -2146826265, 519: -2146826273, 521: -2146826288}
COM_ERRORS = {
    "#DIV/0!": -2146826281,
    "#N/A": -2146826246,
    "#NAME?": -2146826259,
    "#NULL!": -2146826288,
    "#NUM!": -2146826252,
    "#REF!": -2146826265,
    "#VALUE!": -2146826273,
}

CHARACTER, PADDING = 185.2, 132.3  # hundredths of a millimetre of Excel's standard font


class Refused(Exception):
    """What Excel would not do, as its com_error."""


def groups(uno: Any) -> Iterator[Any]:
    """Cells that look alike, group by group."""
    groups = uno.getUniqueCellFormatRanges()
    return (groups.getByIndex(i) for i in range(groups.Count))


def all_hidden(lines: Any) -> bool | None:
    """Whether the rows or columns are all hidden; None when some are."""
    found = {not lines.getByIndex(i).IsVisible for i in range(lines.Count)}
    return found.pop() if len(found) == 1 else None


def stored(entry: Entered) -> float | str:
    """What goes into the cell at first: a formula comes later."""
    if entry.formula:
        return ""
    return float(entry.value) if isinstance(entry.value, bool) else entry.value


def shown(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def colour_number(value: Any) -> int:
    """A colour as LibreOffice counts it: red first, which Excel has last."""
    if value is None:
        return NO_FILL
    if isinstance(value, int):
        red, green, blue = value & 255, value >> 8 & 255, value >> 16
    else:
        red, green, blue = hex_to_rgb(value) if isinstance(value, str) else value
    return int(red) << 16 | int(green) << 8 | int(blue)

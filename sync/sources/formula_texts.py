"""The formulas of a workbook as texts, for the master, in which managers keep formulas of their own."""

from __future__ import annotations

import re

from sync.core.grid import column_letters
from sync.core.policy import Limits
from sync.sources.package import Package
from sync.sources.workbook import contents
from sync.sources.xml_events import Attributes, in_main

FormulaTexts = dict[str, dict[tuple[int, int], str]]

_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_REFERENCE = re.compile(
    r"""(?<![A-Za-z0-9_.$])(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?![A-Za-z0-9_.(])|"[^"]*"|'[^']*'"""
)


def formula_texts(data: bytes, limits: Limits) -> FormulaTexts:
    """By tab and (row, column), from 1: each formula without its `=`; array formulas are left out.

    Raises SourceUnreadable for anything that is no whole, honest workbook within the limits.
    """
    package = Package(data, limits)
    found: FormulaTexts = {}
    for entry in contents(package, limits).sheets:
        reader = _FormulaReader()
        package.parse(entry.part, in_main(reader.starts), in_main(reader.ends), reader.text)
        found[entry.name] = reader.formulas
    return found


class _FormulaReader:
    """Gathers the formulas of one worksheet; one shared by many cells stands in the first of them."""

    def __init__(self) -> None:
        self.formulas: dict[tuple[int, int], str] = {}
        self.starts = {"c": self._cell, "f": self._start}
        self.ends = {"f": self._end}
        self._shared: dict[str, tuple[int, int, str]] = {}
        self._place: tuple[int, int] | None = None
        self._kind, self._index = "", ""
        self._text: list[str] | None = None

    def text(self, text: str) -> None:
        """Takes character data of a formula."""
        if self._text is not None:
            self._text.append(text)

    def _cell(self, attributes: Attributes) -> None:
        found = _PLACE.fullmatch(attributes.get("r", ""))
        self._place = (int(found.group(2)), _number(found.group(1))) if found else None

    def _start(self, attributes: Attributes) -> None:
        self._kind, self._index = attributes.get("t", "normal"), attributes.get("si", "")
        self._text = []

    def _end(self) -> None:
        text, self._text = "".join(self._text or ()), None
        if self._place is None or self._kind not in {"normal", "shared"}:
            return
        if self._kind == "shared" and text:
            self._shared[self._index] = (*self._place, text)
        elif self._kind == "shared" and self._index in self._shared:
            row, column, first = self._shared[self._index]
            text = shifted(first, self._place[0] - row, self._place[1] - column)
        if text:
            self.formulas[self._place] = text


def shifted(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads so many rows below and columns to the right: relative references move."""

    def move(found: re.Match[str]) -> str:
        column_fixed, letters, row_fixed, row = found.groups()
        if letters is None:
            return found.group()
        column = letters if column_fixed else column_letters(_number(letters) + columns)
        return f"{column_fixed}{column}{row_fixed}{row if row_fixed else int(row) + rows}"

    return _REFERENCE.sub(move, formula)


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number

"""How the text of cells looks."""

from __future__ import annotations

from typing import Any

from xlwings import base_classes as base

from tests.xl_engines.contract import Counted, NoApi
from tests.xl_engines.uno_engine.cells import Cells
from tests.xl_engines.uno_engine.values import BOLD, NORMAL, colour_number


class Font(Counted, base.Font):
    """How the text of a range looks."""

    api: Any = NoApi()

    def __init__(self, of: Cells) -> None:
        self._calls = of._calls
        self._of = of

    @property
    def bold(self) -> bool:
        return bool(self._of._cells()[0].CharWeight >= BOLD)

    @bold.setter
    def bold(self, value: bool) -> None:
        self._of._put("CharWeight", BOLD if value else NORMAL)

    @property
    def italic(self) -> bool:
        return str(self._of._cells()[0].CharPosture.value) != "NONE"

    @italic.setter
    def italic(self, value: bool) -> None:
        self._of._put("CharPosture", self._of._enum("awt.FontSlant", "ITALIC" if value else "NONE"))

    @property
    def size(self) -> float:
        return float(self._of._cells()[0].CharHeight)

    @size.setter
    def size(self, value: float) -> None:
        self._of._put("CharHeight", float(value))

    @property
    def color(self) -> tuple[int, int, int]:
        colour = max(0, self._of._cells()[0].CharColor)
        return (colour >> 16, colour >> 8 & 255, colour & 255)

    @color.setter
    def color(self, value: Any) -> None:
        self._of._put("CharColor", colour_number(value))

    @property
    def name(self) -> str:
        return str(self._of._cells()[0].CharFontName)

    @name.setter
    def name(self, value: str) -> None:
        self._of._put("CharFontName", value)

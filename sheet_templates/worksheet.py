"""A workbook and a worksheet of XlsxWriter with some habits changed; should it rename them, they are lost.

What is added to XlsxWriter's methods (`define_list`, `identify`, `fit_row`, `repeat_formula`) is what the
builders ask for and each kind of workbook has a way of its own to do; `google_book` has the other way.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.worksheet import CellFormulaTuple, Worksheet

from sheet_templates.values import done
from sync.core import schema

ROW = "\0"
"""Stands in a formula for the number of the row that it is written into."""
_CREATED = datetime(2026, 1, 1)  # noqa: DTZ001  # a fixed stamp: the same input gives the same bytes


class TemplateBook(xlsxwriter.Workbook):  # type: ignore[misc]  # XlsxWriter ships no types
    """A workbook whose bytes depend on nothing but what is written into it."""

    def __init__(self, target: str | Path | BinaryIO, title: str) -> None:
        super().__init__(str(target) if isinstance(target, Path) else target, {"in_memory": True})
        self.set_properties({"title": title, "author": "okrsync", "created": _CREATED})

    def add_tab(self, title: str) -> TemplateSheet:
        """A new worksheet behind the others."""
        sheet: TemplateSheet = self.add_worksheet(title, TemplateSheet)
        return sheet

    def define_list(self, name: str, values: str, filled: str) -> None:
        """Names the range `values` as far as it is filled, which `filled`, a formula, counts from its top."""
        top = values.split(":", maxsplit=1)[0]
        done(self.define_name(name, f"={top}:INDEX({values},MAX(1,{filled}))"))

    def identify(self, book_id: str) -> None:
        """Keeps the workbook's id where the reader finds it: in a hidden name."""
        done(self.define_name(schema.BOOK_ID_NAME, f'="{book_id}"'))
        self.defined_names[-1][3] = True  # define_name has no option for a hidden name


class TemplateSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """Takes formulas as they are, and can size a row without fixing its height for good."""

    def __init__(self) -> None:
        super().__init__()
        self._fitted: set[int] = set()

    def fit_row(self, row: int, height: float) -> None:
        """Gives a row (from 0) a height in points; Excel fits it anew when somebody types in it."""
        self.set_row(row, height)
        self._fitted.add(row + 1)

    def repeat_formula(self, rows: range, column: int, formula: str, style: object) -> None:
        """Writes a formula into these rows of a column (from 0); ROW in it becomes the row's own number."""
        for row in rows:
            done(self.write_formula(row, column, formula.replace(ROW, str(row + 1)), style, ""))

    def _xml_start_tag_unencoded(self, tag: str, attributes: list[tuple[str, object]]) -> None:
        if tag == "row" and dict(attributes)["r"] in self._fitted:
            attributes = [pair for pair in attributes if pair[0] != "customHeight"]
        super()._xml_start_tag_unencoded(tag, attributes)

    # XlsxWriter searches each formula for some seventy new functions that need a prefix, and again for those
    # that spill, which takes most of the time that a workbook takes; ours use none of them.

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002  # XlsxWriter's signature
        return formula.removeprefix("=")

    def _write_formula(
        self, row: int, column: int, formula: str, cell_format: object = None, value: object = 0
    ) -> int:
        if self._check_dimensions(row, column):
            return -1
        self.table[row][column] = CellFormulaTuple(formula.removeprefix("="), cell_format, value)
        return 0

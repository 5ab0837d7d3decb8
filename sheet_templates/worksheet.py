"""A worksheet of XlsxWriter with some habits changed; should it rename them, they are merely lost."""

from __future__ import annotations

from xlsxwriter.worksheet import CellFormulaTuple, Worksheet


class TemplateSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """Takes formulas as they are, and can size a row without fixing its height for good."""

    def __init__(self) -> None:
        super().__init__()
        self._fitted: set[int] = set()

    def fit_row(self, row: int, height: float) -> None:
        """Gives a row (from 0) a height in points; Excel fits it anew when somebody types in it."""
        self.set_row(row, height)
        self._fitted.add(row + 1)

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

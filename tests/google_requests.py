"""Requests to Google Sheets, carried out on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.formula.translate import Translator

from sync.core.grid import a1
from sync.core.sheets_api import Json


class Paper:
    """The tabs that a list of requests makes: values and formats by title and (row, column) from 1."""

    def __init__(self, requests: Sequence[Json]) -> None:
        self.titles: dict[int, str] = {}
        self.values: dict[str, dict[tuple[int, int], Any]] = {}
        self.formats: dict[str, dict[tuple[int, int], Json]] = {}
        for request in requests:
            [(kind, what)] = request.items()
            getattr(self, f"_{kind}", lambda _: None)(what)

    def _addSheet(self, what: Json) -> None:  # noqa: N802  # the API's name
        title = what["properties"]["title"]
        self.titles[what["properties"]["sheetId"]] = title
        self.values[title], self.formats[title] = {}, {}

    def _updateCells(self, what: Json) -> None:  # noqa: N802  # the API's name
        assert what["fields"] == "userEnteredValue"
        start = what["start"]
        for row, data in enumerate(what["rows"], start["rowIndex"] + 1):
            for column, cell in enumerate(data["values"], start["columnIndex"] + 1):
                self._set(self.titles[start["sheetId"]], (row, column), cell)

    def _repeatCell(self, what: Json) -> None:  # noqa: N802  # the API's name
        area = what["range"]
        assert what["fields"] in what["cell"]
        top, left = area["startRowIndex"] + 1, area["startColumnIndex"] + 1
        for row in range(top, area["endRowIndex"] + 1):
            for column in range(left, area["endColumnIndex"] + 1):
                cell = what["cell"]
                formula = cell.get("userEnteredValue", {}).get("formulaValue")
                if formula:
                    moved = Translator(formula, a1(top, left)).translate_formula(a1(row, column))
                    cell = {"userEnteredValue": {"formulaValue": moved}}
                self._set(self.titles[area["sheetId"]], (row, column), cell)

    def _set(self, title: str, place: tuple[int, int], cell: Json) -> None:
        if "userEnteredValue" in cell:
            [self.values[title][place]] = cell["userEnteredValue"].values()
        if "userEnteredFormat" in cell:
            self.formats[title][place] = cell["userEnteredFormat"]


def asked(requests: Sequence[Json], kind: str) -> list[Json]:
    """What the requests of one kind say."""
    return [request[kind] for request in requests if kind in request]

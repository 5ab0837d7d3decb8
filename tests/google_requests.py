"""Requests to Google Sheets seen without Google: held to its own description, and carried out on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from openpyxl.formula.translate import Translator

from sync.core.grid import a1
from sync.core.sheets_api import Json

_DOCUMENT = files("googleapiclient") / "discovery_cache" / "documents" / "sheets.v4.json"
_SCHEMAS: Json = json.loads(_DOCUMENT.read_text(encoding="utf-8"))["schemas"]
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}


def differences(value: object, kind: Json | str = "Request", place: str = "") -> Iterator[str]:
    """Where a value is not what the API's description has for it: unknown fields, types, words."""
    schema: Json = _SCHEMAS[kind] if isinstance(kind, str) else kind
    if "$ref" in schema:
        yield from differences(value, schema["$ref"], place)
    elif not isinstance(value, _TYPES[schema["type"]]) or (
        isinstance(value, bool) and schema["type"] != "boolean"
    ):
        yield f"{place}: {value!r} is no {schema['type']}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from differences(each, schema["items"], f"{place}[{at}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in schema["properties"]:
                yield from differences(each, schema["properties"][name], f"{place}.{name}")
            else:
                yield f"{place} has no field {name}"


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

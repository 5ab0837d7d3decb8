"""Rows and columns that come, go and move, and everything that moves with them.

One function says where each index went; cells, sizes, ranges of attached objects, developer metadata,
groups and the references in formulas all follow it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sheets_server import syntax
from tests.sheets_server.errors import Json
from tests.sheets_server.model import Book, Sheet

Where = Callable[[int], int | None]
_GRID = {
    "ROWS": ("startRowIndex", "endRowIndex", "rowIndex"),
    "COLUMNS": ("startColumnIndex", "endColumnIndex", "columnIndex"),
}
_RANGE_KEYS = {"sheetId", "startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"}
_COORDINATE_KEYS = {"sheetId", "rowIndex", "columnIndex"}
_GONE = object()


def insert(book: Book, sheet: Sheet, dimension: str, index: int, count: int, *, inherit: bool) -> None:
    """New empty rows or columns before `index`, with the formats of the one before or after them."""
    pattern = _formats(sheet, dimension, index - 1 if inherit else index)
    _resize(sheet, dimension, sheet.length(dimension) + count)
    relocate(book, sheet, dimension, lambda place: place if place < index else place + count)
    for place in range(index, index + count):
        for across, cell_format in pattern.items():
            row, column = (place, across) if dimension == "ROWS" else (across, place)
            sheet.put(row, column, {"userEnteredFormat": cell_format})


def delete(book: Book, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Rows or columns go with all that lies in them."""
    count = end - start

    def where(place: int) -> int | None:
        if place < start:
            return place
        return None if place < end else place - count

    _resize(sheet, dimension, sheet.length(dimension) - count)
    relocate(book, sheet, dimension, where)


def move(book: Book, sheet: Sheet, dimension: str, start: int, end: int, destination: int) -> None:
    """Rows or columns to before `destination`, which is counted before they are taken out."""
    count = end - start

    def where(place: int) -> int:
        if start <= place < end:
            return place - start + (destination if destination < start else destination - count)
        if destination <= place < start:
            return place + count
        return place - count if end <= place < destination else place

    relocate(book, sheet, dimension, where)


def _resize(sheet: Sheet, dimension: str, length: int) -> None:
    sheet.grid["rowCount" if dimension == "ROWS" else "columnCount"] = length


def _formats(sheet: Sheet, dimension: str, place: int) -> dict[int, Json]:
    if dimension == "ROWS":
        cells = sheet.cells.get(place, {})
    else:
        cells = {row: line[place] for row, line in sheet.cells.items() if place in line}
    return {
        across: cell["userEnteredFormat"] for across, cell in cells.items() if "userEnteredFormat" in cell
    }


def relocate(book: Book, sheet: Sheet, dimension: str, where: Where) -> None:
    """Everything of the book after the rows or columns of a sheet went `where`."""
    if dimension == "ROWS":
        sheet.cells = _mapped(sheet.cells, where)
    else:
        moved = {row: _mapped(line, where) for row, line in sheet.cells.items()}
        sheet.cells = {row: line for row, line in moved.items() if line}
    sheet.dimensions[dimension] = _mapped(sheet.dimensions[dimension], where)
    for one in book.sheets:
        for name, objects in one.objects.items():
            kept = [_followed(item, sheet.id, dimension, where) for item in objects]
            one.objects[name] = [item for item in kept if item is not _GONE]
        if one.basic_filter is not None:
            found = _followed(one.basic_filter, sheet.id, dimension, where)
            one.basic_filter = None if found is _GONE else found
    named = [_followed(item, sheet.id, dimension, where) for item in book.named_ranges]
    book.named_ranges = [item for item in named if item is not _GONE]
    move_metadata(book, sheet, dimension, where)
    _move_formulas(book, sheet, dimension, where)
    book.changed()


def _mapped(things: dict[int, Any], where: Where) -> dict[int, Any]:
    placed = ((where(place), thing) for place, thing in things.items())
    return {place: thing for place, thing in placed if place is not None}


def move_metadata(book: Book, sheet: Sheet, dimension: str, where: Where) -> None:
    """Developer metadata goes where its row or column goes, and with it."""
    for key, item in list(book.metadata.items()):
        place = item["location"].get("dimensionRange")
        if not place or place.get("sheetId", 0) != sheet.id or place["dimension"] != dimension:
            continue
        target = where(place["startIndex"])
        if target is None:
            del book.metadata[key]
        else:
            moved = place | {"startIndex": target, "endIndex": target + 1}
            book.metadata[key] = item | {"location": item["location"] | {"dimensionRange": moved}}


def _move_formulas(book: Book, sheet: Sheet, dimension: str, where: Where) -> None:
    for one in book.sheets:
        for line in one.cells.values():
            for column, cell in line.items():
                formula = cell.get("userEnteredValue", {}).get("formulaValue")
                if formula:
                    text = syntax.moved(formula, one.title, sheet.title, dimension, where)
                    if text != formula:
                        line[column] = cell | {"userEnteredValue": {"formulaValue": text}}


def _followed(value: Any, sheet_id: int, dimension: str, where: Where) -> Any:
    """The JSON of an object with its ranges where they went; _GONE when nothing of its range is left."""
    if isinstance(value, list):
        kept = [_followed(item, sheet_id, dimension, where) for item in value]
        left = [item for item in kept if item is not _GONE]
        return _GONE if kept and not left else left
    if not isinstance(value, dict):
        return value
    if value and set(value) <= _RANGE_KEYS:
        return _followed_range(value, sheet_id, dimension, where, _GRID[dimension][:2])
    if value and set(value) <= _COORDINATE_KEYS:
        return _followed_coordinate(value, sheet_id, dimension, where)
    if "startIndex" in value and "dimension" in value:
        if value["dimension"] != dimension:
            return value
        return _followed_range(value, sheet_id, dimension, where, ("startIndex", "endIndex"))
    result = {name: _followed(inner, sheet_id, dimension, where) for name, inner in value.items()}
    if result.get("range") is _GONE or result.get("ranges") is _GONE:
        return _GONE
    return {name: value[name] if inner is _GONE else inner for name, inner in result.items()}


def _followed_range(value: Json, sheet_id: int, dimension: str, where: Where, names: tuple[str, ...]) -> Any:
    start_name, end_name = names
    if value.get("sheetId", 0) != sheet_id or end_name not in value:
        return value
    start, end = value.get(start_name, 0), value[end_name]
    places = [place for index in range(start, end) if (place := where(index)) is not None]
    if not places:
        return _GONE
    first, last = min(places), max(places)
    grown = len(places) == end - start and where(start) == first and where(end - 1) == last
    if last - first + 1 == len(places) or grown:
        return value | {start_name: first, end_name: last + 1}
    return value  # rows were moved out of its middle: it stays where it is


def _followed_coordinate(value: Json, sheet_id: int, dimension: str, where: Where) -> Json:
    name = _GRID[dimension][2]
    if value.get("sheetId", 0) != sheet_id or name not in value:
        return value
    place = where(value[name])
    return value if place is None else value | {name: place}

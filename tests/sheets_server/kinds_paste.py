"""Requests of a batch that copy, cut, paste, find, trim and remove duplicates."""

from __future__ import annotations

import csv
import io
import re

from tests.sheets_server import entered, syntax
from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid, not_played
from tests.sheets_server.model import Cell, Sheet

_PARTS = {
    "PASTE_NORMAL": ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns"),
    "PASTE_VALUES": ("userEnteredValue",),
    "PASTE_FORMAT": ("userEnteredFormat",),
    "PASTE_FORMULA": ("userEnteredValue",),
    "PASTE_DATA_VALIDATION": ("dataValidation",),
    "PASTE_NO_BORDERS": ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns"),
}


def _parts(request: Json) -> tuple[str, ...]:
    kind = request.get("pasteType", "PASTE_NORMAL")
    if kind not in _PARTS:
        raise not_played(f"the paste type {kind}")
    return _PARTS[kind]


def _pasted(
    edit: Edit, below: Cell, source: tuple[Sheet, int, int], shift: tuple[int, int], request: Json
) -> Cell:
    """What a cell becomes when another is pasted over it."""
    sheet, row, column = source
    cell = dict(sheet.cell(row, column))
    if request.get("pasteType") == "PASTE_VALUES" and "userEnteredValue" in cell:
        effective = edit.evaluator.effective(sheet, row, column)
        cell["userEnteredValue"] = effective
    formula = cell.get("userEnteredValue", {}).get("formulaValue")
    if formula:
        cell["userEnteredValue"] = {"formulaValue": syntax.copied(formula, *shift)}
    if request.get("pasteType") == "PASTE_NO_BORDERS":
        kept = {name: part for name, part in cell.get("userEnteredFormat", {}).items() if name != "borders"}
        cell["userEnteredFormat"] = kept
    parts = _parts(request)
    rest = {name: part for name, part in below.items() if name not in parts}
    return rest | {name: cell[name] for name in parts if cell.get(name)}


def copy_paste(edit: Edit, request: Json) -> Json:
    """The source is repeated where the destination is a multiple of it."""
    source_sheet, source = edit.area(request.get("source", {}))
    sheet = edit.sheet(request.get("destination", {}).get("sheetId", 0))
    target = Area.from_grid(request.get("destination", {})).clipped(sheet.rows, sheet.columns)
    turned = request.get("pasteOrientation") == "TRANSPOSE"
    height, width = (source.width, source.height) if turned else (source.height, source.width)
    times_down = max(1, target.height // height) if target.height % height == 0 else 1
    times_right = max(1, target.width // width) if target.width % width == 0 else 1
    area = Area(
        sheet.id, target.top, target.left, target.top + height * times_down, target.left + width * times_right
    )
    edit.guard(area)
    _grow(edit, sheet, area)
    made = {}
    for row, column in area.cells():
        down, right = (row - area.top) % height, (column - area.left) % width
        place = (
            (source.top + right, source.left + down) if turned else (source.top + down, source.left + right)
        )
        shift = (row - place[0], column - place[1])
        made[row, column] = _pasted(edit, sheet.cell(row, column), (source_sheet, *place), shift, request)
    for (row, column), cell in made.items():
        sheet.put(row, column, cell)
    return {}


def _grow(edit: Edit, sheet: Sheet, area: Area) -> None:
    sheet.grid["rowCount"] = max(sheet.rows, area.bottom or 0)
    sheet.grid["columnCount"] = max(sheet.columns, area.right or 0)
    edit.check_size()


def cut_paste(edit: Edit, request: Json) -> Json:
    source_sheet, source = edit.area(request.get("source", {}))
    to = request.get("destination", {})
    sheet = edit.sheet(to.get("sheetId", 0))
    top, left = to.get("rowIndex", 0), to.get("columnIndex", 0)
    area = Area(sheet.id, top, left, top + source.height, left + source.width)
    edit.guard(source)
    edit.guard(area)
    _grow(edit, sheet, area)
    parts = _parts(request)
    taken = {place: source_sheet.cell(*place) for place in source.cells()}
    for place, cell in taken.items():
        source_sheet.put(*place, {name: part for name, part in cell.items() if name not in parts})
    for (row, column), cell in taken.items():
        place = (row - source.top + top, column - source.left + left)
        rest = {name: part for name, part in sheet.cell(*place).items() if name not in parts}
        sheet.put(*place, rest | {name: cell[name] for name in parts if name in cell})
    return {}


def paste_data(edit: Edit, request: Json) -> Json:
    """Text with a delimiter, as if typed."""
    if request.get("html"):
        raise not_played("pasteData of HTML")
    place = request.get("coordinate", {})
    sheet = edit.sheet(place.get("sheetId", 0))
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    rows = list(csv.reader(io.StringIO(request.get("data", "")), delimiter=request.get("delimiter", "\t")))
    width = max((len(row) for row in rows), default=0)
    area = Area(sheet.id, top, left, top + len(rows), left + width)
    edit.guard(area)
    _grow(edit, sheet, area)
    for row, line in enumerate(rows, top):
        for column, text in enumerate(line, left):
            sheet.put(row, column, entered.written(sheet.cell(row, column), text, edit.locale, as_typed=True))
    return {}


def _searched(edit: Edit, request: Json) -> list[tuple[Sheet, Area]]:
    if request.get("allSheets"):
        return [(sheet, sheet.whole()) for sheet in edit.book.sheets]
    if "sheetId" in request:
        sheet = edit.sheet(request["sheetId"])
        return [(sheet, sheet.whole())]
    return [edit.area(request.get("range", {}))]


def find_replace(edit: Edit, request: Json) -> Json:
    find = request.get("find", "")
    if not find:
        raise invalid("find: the text to search for is empty.")
    pattern = find if request.get("searchByRegex") else re.escape(find)
    if request.get("matchEntireCell"):
        pattern = f"^(?:{pattern})$"
    compiled = re.compile(pattern, 0 if request.get("matchCase") else re.IGNORECASE)
    replacement = request.get("replacement", "")
    to = (
        re.sub(r"\$(\d)", r"\\\1", replacement)
        if request.get("searchByRegex")
        else replacement.replace("\\", r"\\")
    )
    counts = {"valuesChanged": 0, "formulasChanged": 0, "occurrencesChanged": 0}
    rows: set[tuple[int, int]] = set()
    for sheet, area in _searched(edit, request):
        for row, column in _filled(sheet, area):
            kind, text = _text_in(edit, sheet, row, column)
            if kind == "formulasChanged" and not request.get("includeFormulas"):
                continue
            changed, times = compiled.subn(to, text)
            if times:
                edit.guard(Area(sheet.id, row, column, row + 1, column + 1))
                cell = entered.written(sheet.cell(row, column), changed, edit.locale, as_typed=True)
                sheet.put(row, column, cell)
                counts[kind] += 1
                counts["occurrencesChanged"] += times
                rows.add((sheet.id, row))
    answer = counts | {"rowsChanged": len(rows), "sheetsChanged": len({sheet for sheet, _ in rows})}
    return {"findReplace": {name: count for name, count in answer.items() if count}}


def _filled(sheet: Sheet, area: Area) -> list[tuple[int, int]]:
    return [
        (row, column)
        for row in sorted(sheet.cells)
        for column in sorted(sheet.cells[row])
        if area.contains(row, column) and "userEnteredValue" in sheet.cell(row, column)
    ]


def _text_in(edit: Edit, sheet: Sheet, row: int, column: int) -> tuple[str, str]:
    value = sheet.cell(row, column)["userEnteredValue"]
    if "formulaValue" in value:
        return "formulasChanged", value["formulaValue"]
    single = next(iter(value.values()))
    return "valuesChanged", edit.evaluator.text(single)


def trim_whitespace(edit: Edit, request: Json) -> Json:
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    changed = 0
    for row, column in _filled(sheet, area):
        cell = sheet.cell(row, column)
        text = cell["userEnteredValue"].get("stringValue")
        trimmed = " ".join(text.split(" ")).strip() if text else text
        trimmed = re.sub(" +", " ", trimmed) if trimmed else trimmed
        if trimmed != text:
            sheet.put(row, column, cell | {"userEnteredValue": {"stringValue": trimmed}})
            changed += 1
    return {"trimWhitespace": {"cellsChangedCount": changed} if changed else {}}


def delete_duplicates(edit: Edit, request: Json) -> Json:
    """Later rows that say the same in the compared columns go; rows below them in the range move up."""
    sheet, area = edit.area(request.get("range", {}))
    edit.guard(area)
    columns = {
        column
        for span in request.get("comparisonColumns", ())
        for column in range(span.get("startIndex", 0), span.get("endIndex", sheet.columns))
    } or set(range(area.left, area.right or 0))
    across = range(area.left, area.right or 0)
    seen: set[tuple[object, ...]] = set()
    kept: list[dict[int, Cell]] = []
    for row in range(area.top, area.bottom or 0):
        values = [edit.evaluator.value(sheet, row, column) for column in sorted(columns)]
        key = tuple(value.casefold() if isinstance(value, str) else value for value in values)
        if key not in seen:
            seen.add(key)
            kept.append({column: sheet.cell(row, column) for column in across})
    for place, row in enumerate(range(area.top, area.bottom or 0)):
        for column in across:
            sheet.put(row, column, kept[place][column] if place < len(kept) else {})
    removed = area.height - len(kept)
    return {"deleteDuplicates": {"duplicatesRemovedCount": removed} if removed else {}}


KINDS = {
    "copyPaste": copy_paste,
    "cutPaste": cut_paste,
    "pasteData": paste_data,
    "findReplace": find_replace,
    "trimWhitespace": trim_whitespace,
    "deleteDuplicates": delete_duplicates,
}

"""The `values` collection: plain rows in and out, by A1 text or by data filter."""

from __future__ import annotations

from typing import Any

from tests.sheets_server import a1, dimensions, entered
from tests.sheets_server.a1 import Area
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json, invalid
from tests.sheets_server.model import Sheet
from tests.sheets_server.reading import number_format
from tests.sheets_server.shown import error_text, text_of

Rows = list[list[Any]]
_DATES = ("DATE", "TIME", "DATE_TIME")


def value_range(edit: Edit, sheet: Sheet, area: Area, options: Json) -> Json:
    """The ValueRange of an area under the API's options (majorDimension, valueRenderOption …)."""
    major = options.get("majorDimension", "ROWS")
    major = "ROWS" if major == "DIMENSION_UNSPECIFIED" else major
    rows = _filled_rows(edit, sheet, area, options)
    if major == "COLUMNS":
        width = max((len(row) for row in rows), default=0)
        rows = [_trimmed([row[n] if n < len(row) else "" for row in rows]) for n in range(width)]
    answer: Json = {"range": edit.text(area), "majorDimension": major}
    return answer | ({"values": rows} if rows else {})


def _filled_rows(edit: Edit, sheet: Sheet, area: Area, options: Json) -> Rows:
    """The rows of an area to the last one that shows something."""
    rows: Rows = []
    for row in sorted(row for row in sheet.cells if area.top <= row < (area.bottom or 0)):
        line = sheet.cells[row]
        last = max((column for column in line if area.left <= column < (area.right or 0)), default=-1)
        shown = _trimmed(
            [_rendered(edit, sheet, row, column, options) for column in range(area.left, last + 1)]
        )
        if shown:
            rows += [[] for _ in range(row - area.top - len(rows))]
            rows.append(shown)
    return rows


def _trimmed(line: list[Any]) -> list[Any]:
    while line and line[-1] == "":
        line.pop()
    return line


def _rendered(edit: Edit, sheet: Sheet, row: int, column: int, options: Json) -> Any:
    cell = sheet.cell(row, column)
    option = options.get("valueRenderOption", "FORMATTED_VALUE")
    value = cell.get("userEnteredValue")
    if value is None:
        return ""
    if option == "FORMULA" and "formulaValue" in value:
        return value["formulaValue"]
    effective = edit.evaluator.effective(sheet, row, column) or {}
    shown = number_format(cell)
    as_text = option == "FORMATTED_VALUE" or (
        options.get("dateTimeRenderOption") == "FORMATTED_STRING" and (shown or {}).get("type") in _DATES
    )
    if as_text:
        return text_of(effective, shown, edit.locale)
    if "errorValue" in effective:
        return error_text(effective["errorValue"]["type"])
    return next(iter(effective.values()), "")


def write(edit: Edit, text: str, body: Json, options: Json) -> Json:
    """Writes a ValueRange into a range and gives the UpdateValuesResponse. Raises Refusal."""
    sheet, area = edit.resolve(text)
    rows = _as_rows(body)
    _check_fits(edit, edit.parsed(text)[1], rows)
    return write_at(edit, sheet, area, rows, options)


def _as_rows(body: Json) -> Rows:
    rows: Rows = body.get("values", [])
    if body.get("majorDimension") != "COLUMNS":
        return rows
    height = max((len(column) for column in rows), default=0)
    return [[column[n] if n < len(column) else None for column in rows] for n in range(height)]


def _check_fits(edit: Edit, area: Area, rows: Rows) -> None:
    """A closed range of several cells bounds what is written; one cell is only where it starts."""
    if area.height == 1 and area.width == 1:
        return
    width = max((len(row) for row in rows), default=0)
    head = f"Requested writing within range [{edit.text(area)}], but tried writing to"
    if area.bottom is not None and len(rows) > area.height:
        raise invalid(f"{head} row [{area.bottom + 1}]")
    if area.right is not None and width > area.width:
        raise invalid(f"{head} column [{a1.letters(area.right)}]")


def write_at(edit: Edit, sheet: Sheet, area: Area, rows: Rows, options: Json) -> Json:
    """Writes rows from the area's first cell on; the grid grows as needed. None leaves a cell as it is."""
    option = options.get("valueInputOption", "INPUT_VALUE_OPTION_UNSPECIFIED")
    if option not in ("RAW", "USER_ENTERED"):
        raise invalid("'valueInputOption' is required but not specified")
    width = max((len(row) for row in rows), default=0)
    target = Area(sheet.id, area.top, area.left, area.top + max(1, len(rows)), area.left + max(1, width))
    edit.guard(target)
    sheet.grid["rowCount"] = max(sheet.rows, target.bottom or 0)
    sheet.grid["columnCount"] = max(sheet.columns, target.right or 0)
    edit.check_size()
    touched = []
    for row, line in enumerate(rows, area.top):
        for column, value in enumerate(line, area.left):
            if value is not None:
                cell = sheet.cell(row, column)
                sheet.put(
                    row, column, entered.written(cell, value, edit.locale, as_typed=option == "USER_ENTERED")
                )
                touched.append((row, column))
    edit.book.changed()
    answer: Json = {"spreadsheetId": edit.book.id, "updatedRange": edit.text(target)}
    if touched:
        answer |= {
            "updatedRows": len({row for row, _ in touched}),
            "updatedColumns": len({column for _, column in touched}),
            "updatedCells": len(touched),
        }
    if options.get("includeValuesInResponse"):
        answer["updatedData"] = value_range(edit, sheet, target, response_options(options))
    return answer


def response_options(options: Json) -> Json:
    """How values in the answer to a write are rendered."""
    return {
        "valueRenderOption": options.get("responseValueRenderOption", "FORMATTED_VALUE"),
        "dateTimeRenderOption": options.get("responseDateTimeRenderOption", "SERIAL_NUMBER"),
    }


def append(edit: Edit, text: str, body: Json, options: Json) -> Json:
    """Writes below the last table in the range; without one, at the range's start."""
    sheet, area = edit.resolve(text)
    rows = _as_rows(body)
    table = last_table(sheet, area)
    answer: Json = {"spreadsheetId": edit.book.id}
    if table is None:
        start = Area(sheet.id, area.top, area.left, area.top + 1, area.left + 1)
    else:
        answer["tableRange"] = edit.text(table)
        start = Area(sheet.id, table.bottom or 0, table.left, (table.bottom or 0) + 1, table.left + 1)
        if options.get("insertDataOption") == "INSERT_ROWS" and rows:
            edit.guard(Area(sheet.id, start.top, 0, start.top + len(rows), sheet.columns))
            dimensions.insert(edit.book, sheet, "ROWS", start.top, len(rows), inherit=True)
    answer["updates"] = write_at(edit, sheet, start, rows, options)
    return answer


def last_table(sheet: Sheet, area: Area) -> Area | None:
    """The lowest, then rightmost block of filled cells that has a cell in the area."""
    filled = {
        (row, column)
        for row, line in sheet.cells.items()
        for column, cell in line.items()
        if "userEnteredValue" in cell
    }
    blocks = []
    left_over = {place for place in filled if area.contains(*place)}
    while left_over:
        block = _block(filled, left_over.pop())
        blocks.append(block)
        left_over = {place for place in left_over if not _in(block, place)}
    if not blocks:
        return None
    top, left, bottom, right = max(blocks, key=lambda block: (block[2], block[3]))
    return Area(sheet.id, top, left, bottom, right)


def _in(block: tuple[int, int, int, int], place: tuple[int, int]) -> bool:
    return block[0] <= place[0] < block[2] and block[1] <= place[1] < block[3]


def _block(filled: set[tuple[int, int]], seed: tuple[int, int]) -> tuple[int, int, int, int]:
    """The rectangle around a cell that grows as long as a filled cell touches it."""
    top, left, bottom, right = seed[0], seed[1], seed[0] + 1, seed[1] + 1
    while True:
        near = [p for p in filled if top - 1 <= p[0] <= bottom and left - 1 <= p[1] <= right]
        grown = (
            min(top, *(p[0] for p in near)),
            min(left, *(p[1] for p in near)),
            max(bottom, *(p[0] + 1 for p in near)),
            max(right, *(p[1] + 1 for p in near)),
        )
        if grown == (top, left, bottom, right):
            return grown
        top, left, bottom, right = grown


def clear(edit: Edit, sheet: Sheet, area: Area) -> str:
    """Takes the values out of an area; formats, notes and validation stay. Gives the area's text."""
    edit.guard(area)
    for row in [row for row in sheet.cells if area.top <= row < (area.bottom or 0)]:
        for column in [column for column in sheet.cells[row] if area.contains(row, column)]:
            sheet.put(row, column, entered.written(sheet.cell(row, column), "", edit.locale, as_typed=False))
    edit.book.changed()
    return edit.text(area)


def totals(responses: list[Json]) -> Json:
    """The sums that a batch of writes is answered with."""
    titles = {one["updatedRange"].rpartition("!")[0] for one in responses if "updatedCells" in one}
    summed = {
        "totalUpdatedRows": sum(one.get("updatedRows", 0) for one in responses),
        "totalUpdatedColumns": _distinct_columns(responses),
        "totalUpdatedCells": sum(one.get("updatedCells", 0) for one in responses),
        "totalUpdatedSheets": len(titles),
    }
    return {name: value for name, value in summed.items() if value}


def _distinct_columns(responses: list[Json]) -> int:
    seen: set[tuple[str, int]] = set()
    for one in responses:
        title, _, inside = one["updatedRange"].rpartition("!")
        area = a1.cells(inside, 0)
        if area is not None and "updatedColumns" in one:
            seen |= {(title, column) for column in range(area.left, area.left + one["updatedColumns"])}
    return len(seen)

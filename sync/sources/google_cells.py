"""What `spreadsheets.get` says of a spreadsheet, as the Grid that an Excel workbook would give.

Typed values are read, never what the sheet shows: a formatted value follows the sheet's locale, and
nobody can tell any more whether `1.234` was a number. A date is a number whose format is of type DATE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from math import isfinite
from typing import Any

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Grid, Kind, Sheet, Style, a1
from sync.core.headers import is_ours
from sync.core.schema import BOOK_ID_NAME

MASK = (
    "developerMetadata(metadataKey,metadataValue),"
    "sheets(properties(sheetId,title,hidden,gridProperties(rowCount,columnCount)),merges,"
    "data(startRow,startColumn,rowData.values(userEnteredValue.formulaValue,effectiveValue,"
    "effectiveFormat.numberFormat.type,userEnteredFormat.numberFormat.type)))"
)
"""What one read asks for: a field mask costs no more than a range, and brings types, formats and ids."""

Json = Mapping[str, Any]

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # sheets know no zones
_ERRORS = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
}
_STYLES = {
    "PERCENT": Style.PERCENT,
    "CURRENCY": Style.CURRENCY,
    "TEXT": Style.TEXT,
    "DATE": Style.DATE,
    "DATE_TIME": Style.DATE,
    "TIME": Style.DATE,
}


def grid_of(spreadsheet: Json, most_cells: int) -> Grid:
    """The Grid of a reply that was asked for with MASK; of our own tabs only that they are there.

    Raises SourceUnreadable when there are more cells than that.
    """
    sheets = []
    left = most_cells
    for one in spreadsheet.get("sheets", ()):
        sheet = _sheet(one)
        left -= sum(map(len, sheet.rows.values()))
        if left < 0:
            raise SourceUnreadable(
                f"it holds more than {most_cells} cells.",
                "Move tabs that are no OKRs into another spreadsheet, or raise `[limits] cells`.",
            )
        sheets.append(sheet)
    return Grid(tuple(sheets), _names(spreadsheet))


def _names(spreadsheet: Json) -> dict[str, str]:
    """The metadata that stands for a workbook's defined names."""
    values = {
        entry.get("metadataKey"): entry.get("metadataValue", "")
        for entry in spreadsheet.get("developerMetadata", ())
    }
    return {BOOK_ID_NAME: values[BOOK_ID_NAME]} if BOOK_ID_NAME in values else {}


def _sheet(one: Json) -> Sheet:
    properties = one.get("properties", {})
    title = properties.get("title", "")
    ours = is_ours(title)
    rows: dict[int, dict[int, Cell]] = {}
    for block in () if ours else one.get("data", ()):
        for row, cells in _rows(block):
            rows.setdefault(row, {}).update(cells)
    return Sheet(
        title,
        {row: rows[row] for row in sorted(rows)},
        hidden=bool(properties.get("hidden")),
        merged=tuple(_merged(one.get("merges", ()))),
        gid=str(properties.get("sheetId", 0)),
    )


def _rows(block: Json) -> Iterator[tuple[int, dict[int, Cell]]]:
    """(row, its cells by column) of one block of data, from 1; rows without any are left out."""
    left = block.get("startColumn", 0) + 1
    for row, data in enumerate(block.get("rowData", ()), block.get("startRow", 0) + 1):
        values = data.get("values", ())
        cells = {column: cell for column, value in enumerate(values, left) if (cell := _cell(value))}
        if cells:
            yield row, cells


def _merged(ranges: Sequence[Json]) -> Iterator[str]:
    for one in ranges:
        top, left = one.get("startRowIndex", 0) + 1, one.get("startColumnIndex", 0) + 1
        yield f"{a1(top, left)}:{a1(one['endRowIndex'], one['endColumnIndex'])}"


def _cell(data: Json) -> Cell | None:
    """The cell of a CellData, None where nothing stands."""
    formula = bool(data.get("userEnteredValue", {}).get("formulaValue"))
    value = data.get("effectiveValue")
    kind = _format(data)
    style = _STYLES.get(kind, Style.PLAIN)
    if not value:
        return Cell(Kind.UNCALCULATED, None, style, formula) if formula else None
    if "numberValue" in value:
        return _number(float(value["numberValue"]), kind, style, formula=formula)
    if "stringValue" in value:
        text = str(value["stringValue"]).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return Cell(Kind.TEXT, text, style, formula)
    if "boolValue" in value:
        return Cell(Kind.BOOL, bool(value["boolValue"]), style, formula)
    return _error(value.get("errorValue", {}), style, formula=formula)


def _format(data: Json) -> str:
    """The type of the number format: as it is shown, else as it was set."""
    for name in ("effectiveFormat", "userEnteredFormat"):
        kind = data.get(name, {}).get("numberFormat", {}).get("type")
        if kind:
            return str(kind)
    return ""


def _number(value: float, kind: str, style: Style, *, formula: bool) -> Cell:
    if not isfinite(value):
        return Cell(Kind.ERROR, str(value), style, formula)
    value += 0.0  # makes 0.0 of -0.0
    try:
        if kind in ("DATE", "DATE_TIME"):
            return _date(_EPOCH + timedelta(days=value), style, formula=formula)
        if kind == "TIME":
            return _time(value, style, formula=formula)
    except OverflowError:
        pass  # no day of the calendar: a number that its format cannot show
    return Cell(Kind.NUMBER, value, style, formula)


def _date(moment: datetime, style: Style, *, formula: bool) -> Cell:
    moment = (moment + timedelta(microseconds=500)).replace(microsecond=0)  # a day's fraction is not exact
    return Cell(Kind.DATE, moment if moment.time() != time.min else moment.date(), style, formula)


def _time(value: float, style: Style, *, formula: bool) -> Cell:
    """A time of the day; from a whole day up it is how long something took."""
    if 0 <= value < 1:
        return Cell(Kind.TIME, (_EPOCH + timedelta(seconds=round(value * 86_400))).time(), style, formula)
    return Cell(Kind.DURATION, timedelta(days=value), style, formula)


def _error(error: Json, style: Style, *, formula: bool) -> Cell:
    kind = str(error.get("type", ""))
    if kind == "LOADING":
        return Cell(Kind.UNCALCULATED, None, style, formula)
    return Cell(Kind.ERROR, _ERRORS.get(kind, "#ERROR!"), style, formula)

"""Values as the Google Sheets API writes them: cells, colours, number formats, ranges. Plain dicts, no I/O.

A text goes in as `stringValue`, so it never becomes a formula, number or link (TRUST 28); only whoever
asks for `formula` gets one. Rows and columns of ranges are counted from 0 and end before `bottom` and
`right`, as the API has them. Source of all shapes: the API's own description (sheets.v4).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

Json = dict[str, Any]
Plain = str | float | bool | date | None

EPOCH = date(1899, 12, 30)
LONGEST_TEXT = 50_000
LARGEST_BATCH = 1_900_000  # bytes: Google advises to stay below 2 MB
CELLS = "userEnteredValue,userEnteredFormat,dataValidation,note,textFormatRuns"
"""The fields of a cell that belong to whoever owns a tab: writing with this mask leaves nothing of before."""


def value(content: Plain) -> Json:
    """The ExtendedValue of a plain value; {} for None. A date is its serial number, which a format shows."""
    match content:
        case None:
            return {}
        case bool():
            return {"boolValue": content}
        case str():
            return {"stringValue": content[:LONGEST_TEXT]}
        case datetime():
            return {"numberValue": _serial(content)}
        case date():
            return {"numberValue": float((content - EPOCH).days)}
        case _:
            if not math.isfinite(content):
                raise ValueError(f"{content} is no number that a cell can hold")
            return {"numberValue": content}


def formula(text: str) -> Json:
    """The ExtendedValue of a formula given without `=`."""
    return {"formulaValue": "=" + text.removeprefix("=")}


def cell(content: Plain, look: Json | None = None) -> Json:
    """The CellData of a plain value in a CellFormat."""
    found: Json = {}
    if content is not None:
        found["userEnteredValue"] = value(content)
    if look:
        found["userEnteredFormat"] = look
    return found


def colour(code: str) -> Json:
    """The ColorStyle of `#RRGGBB`."""
    red, green, blue = (int(code.lstrip("#")[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return {"rgbColor": {"red": red, "green": green, "blue": blue}}


def number_format(excel: str) -> Json:
    """The NumberFormat that shows what an Excel number format shows; {} for General."""
    if excel in ("", "General"):
        return {}
    if excel == "@":
        return {"type": "TEXT"}
    return {"type": _kind(excel), "pattern": _SIGNS.sub(_as_literal, excel)}


def grid_range(
    sheet: int,
    top: int | None = None,
    left: int | None = None,
    bottom: int | None = None,
    right: int | None = None,
) -> Json:
    """The GridRange of rows top to bottom and columns left to right (from 0, ends not included)."""
    ends = {"startRowIndex": top, "startColumnIndex": left, "endRowIndex": bottom, "endColumnIndex": right}
    return {"sheetId": sheet} | {name: end for name, end in ends.items() if end is not None}


def batches(requests: Iterable[Json], limit: int = LARGEST_BATCH) -> Iterator[list[Json]]:
    """The requests in their order, in as few batches as stay below so many bytes; each batch is atomic."""
    batch: list[Json] = []
    size = 0
    for request in requests:
        weight = len(json.dumps(request))
        if batch and size + weight > limit:
            yield batch
            batch, size = [], 0
        batch.append(request)
        size += weight
    if batch:
        yield batch


def range_of(text: str, sheet: int) -> Json:
    """The GridRange of an A1 range or cell, `B4:B500` or `$B$4`, whatever tab it names."""
    first, _, last = text.rpartition("!")[2].replace("$", "").partition(":")
    top, left = _place(first)
    bottom, right = _place(last or first)
    return grid_range(sheet, top - 1, left - 1, bottom, right)


def _place(address: str) -> tuple[int, int]:
    """(row, column) of an A1 address, from 1."""
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(address[len(letters) :]), column


def quoted(tab: str) -> str:
    """A tab's title as it stands before `!` in a range."""
    return "'" + tab.replace("'", "''") + "'"


def cell_link(spreadsheet: str, sheet: int | str, address: str) -> str:
    """The address that opens a spreadsheet at a cell."""
    return f"{sheet_url(spreadsheet)}#gid={sheet}&range={address}"


def sheet_url(spreadsheet: str) -> str:
    """The address that opens a spreadsheet."""
    return f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"


def _serial(moment: datetime) -> float:
    whole = (moment.date() - EPOCH).days
    past = datetime.combine(moment.date(), time(), moment.tzinfo)
    return whole + (moment - past).total_seconds() / 86_400


def _as_literal(found: re.Match[str]) -> str:
    """Signs outside ASCII in quotation marks: only few show themselves in Google's patterns."""
    return f'"{found["sign"]}"' if found["sign"] else found.group()


_QUOTED = r'"[^"]*"|\\.|\[(?![hms]{1,2}\])[^\]]*\]'
_SIGNS = re.compile(rf"{_QUOTED}|(?P<sign>[^\x00-\x7f]+)")


def _kind(excel: str) -> str:
    """DATE, TIME, DATE_TIME, PERCENT or NUMBER, by the signs of the format outside quotation marks."""
    signs = re.sub(_QUOTED, "", excel).casefold()
    if "%" in signs:
        return "PERCENT"
    kinds = [kind for kind, marks in (("DATE", "yd"), ("TIME", "hs")) if any(mark in signs for mark in marks)]
    return "_".join(kinds) or "NUMBER"

"""Lists (people, units) as a Grid: a workbook, or a CSV file with one header row.

CSV is strict: every row has as many fields as the header. A field too many or too few means that a
separator or a quotation mark is missing somewhere, and then nobody knows which value belongs to which
column, in that row or behind it; so the whole list is refused, with every such row named.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Grid, Kind, Sheet
from sync.core.policy import Limits
from sync.sources import xlsx
from sync.sources.files import whole_file
from sync.sources.refusals import too_much, web_page

DELIMITERS = (",", ";", "\t")

_TEXT_FILES = frozenset({".csv", ".txt", ".tsv"})
_NAMED = 5  # rows that a message names before it says "and more"
_DECLARED = re.compile(r"sep=([^\r\n])(?=[\r\n])")  # Excel's own way to say it, in a line before all others
_WEB_PAGE = re.compile(r"\s*<(?:!doctype html|html)", re.IGNORECASE)


def read(path: Path, limits: Limits, *, delimiter: str = "", encoding: str = "") -> Grid:
    """The cells of a list. Of a CSV file one tab named after it, all cells TEXT, byte for byte.

    `delimiter` and `encoding` are what the settings declare; without them a first line `sep=;` or else
    the header decides among comma, semicolon and tab, and the text is UTF-8 (or UTF-16 with a byte order
    mark). Raises SourceUnreadable.
    """
    data = whole_file(str(path), limits)
    if path.suffix.lower() not in _TEXT_FILES:
        return xlsx.read(data, limits)
    text = _decoded(data, encoding)
    if declared := _DECLARED.match(text):
        text = text[
            declared.end() :
        ]  # what is left of its line is a blank row, so that rows keep their numbers
    sign = delimiter or (declared[1] if declared else "")
    records = _records(text, _usable(sign) if sign else _delimiter(text, limits), limits)
    _refuse_ragged(records)
    rows = {number: cells for number, record in enumerate(records, 1) if (cells := _cells(record))}
    return Grid((Sheet(path.stem, rows),))


def _decoded(data: bytes, encoding: str) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise SourceUnreadable("it is a workbook that is named like a CSV file.", "Name it .xlsx.")
    marked = "UTF-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "UTF-8"
    try:
        text = data.decode(encoding or marked).removeprefix("\ufeff")
    except (ValueError, LookupError) as error:
        raise SourceUnreadable(
            f"its text is not written in the encoding {encoding or marked}.", _SAVE_AS_UTF8
        ) from error
    if "\0" in text:  # UTF-16 without its mark, or no text at all
        raise SourceUnreadable(
            f"its text holds NUL characters, so it is not written in the encoding {encoding or marked}.",
            _SAVE_AS_UTF8,
        )
    if _WEB_PAGE.match(text):
        raise web_page("list")
    return text


_SAVE_AS_UTF8 = "Save it as “CSV UTF-8”, or declare its encoding."


def _usable(delimiter: str) -> str:
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise SourceUnreadable(
            "the separator that is declared for it is no single sign.", "Declare a comma, semicolon or tab."
        )
    return delimiter


def _delimiter(text: str, limits: Limits) -> str:
    """The one of comma, semicolon and tab that splits the header into most fields."""
    for delimiter in DELIMITERS:
        _refuse_too_many(text, delimiter, limits)
    widths = {delimiter: _header_width(text, delimiter) for delimiter in DELIMITERS}
    most = max(widths.values())
    winners = [delimiter for delimiter, width in widths.items() if width == most]
    if most > 1 and len(winners) > 1:
        raise SourceUnreadable(
            "its header can be split at more than one sign.", "Use one separator: a comma, semicolon or tab."
        )
    return winners[0]


def _refuse_too_many(text: str, delimiter: str, limits: Limits) -> None:
    # Counted in the text: a line of a hundred million commas would become as many objects.
    if text.count(delimiter) > limits.cells:
        raise too_much(f"it holds more than {limits.cells:,} cells")


def _header_width(text: str, delimiter: str) -> int:
    try:
        return next((len(record) for record in _reader(text, delimiter) if any(map(str.strip, record))), 0)
    except csv.Error:
        return 0  # quotation marks close before another separator: not this one


def _records(text: str, delimiter: str, limits: Limits) -> list[list[str]]:
    _refuse_too_many(text, delimiter, limits)
    records: list[list[str]] = []
    cells = 0
    try:
        for record in _reader(text, delimiter):
            cells += len(record)
            if cells > limits.cells:
                raise too_much(f"it holds more than {limits.cells:,} cells")
            records.append(record)
    except csv.Error as error:
        raise SourceUnreadable(
            f"its quotation marks do not match ({error}).",
            "Close each one, and write a mark inside a quoted field twice.",
        ) from error
    return records


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _refuse_ragged(records: list[list[str]]) -> None:
    filled = [(row, record) for row, record in enumerate(records, 1) if any(map(str.strip, record))]
    if not filled:
        return
    width = len(filled[0][1])
    wrong = [f"row {row} has {len(record)}" for row, record in filled if len(record) != width]
    if wrong:
        more = f" and {len(wrong) - _NAMED} more rows" if len(wrong) > _NAMED else ""
        fields = "1 field" if width == 1 else f"{width} fields"
        raise SourceUnreadable(
            f"its header has {fields}, but {', '.join(wrong[:_NAMED])}{more}.",
            "Put fields that contain the separator into quotation marks, and write an empty field as such.",
        )


def _cells(record: list[str]) -> dict[int, Cell]:
    return {column: Cell(Kind.TEXT, field) for column, field in enumerate(record, 1) if field}

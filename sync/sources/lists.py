"""Lists (people, units) as a Grid: a workbook, or a CSV file with one header row.

CSV is strict: every row has as many fields as the header. A field too many or too few means that a
separator or a quotation mark is missing somewhere, and then nobody knows which value belongs to which
column, in that row or behind it; so the whole list is refused, with every such row named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Grid, Kind, Sheet
from sync.core.policy import Limits
from sync.sources import xlsx
from sync.sources.files import whole_file
from sync.sources.refusals import too_much

DELIMITERS = (",", ";", "\t")

_TEXT_FILES = frozenset({".csv", ".txt", ".tsv"})
_NAMED = 5  # rows that a message names before it says "and more"


def read(path: Path, limits: Limits, *, delimiter: str = "", encoding: str = "") -> Grid:
    """The cells of a list. Of a CSV file one tab named after it, all cells TEXT, byte for byte.

    `delimiter` and `encoding` are what the settings declare; without them the header decides among
    comma, semicolon and tab, and the text is UTF-8 (or UTF-16 with a byte order mark). Raises
    SourceUnreadable.
    """
    data = whole_file(str(path), limits)
    if path.suffix.lower() not in _TEXT_FILES:
        return xlsx.read(data, limits)
    text = _decoded(data, encoding)
    records = _records(text, delimiter or _delimiter(text))
    _refuse_ragged(records)
    if sum(map(len, records)) > limits.cells:
        raise too_much(f"it holds more than {limits.cells:,} cells")
    rows = {number: cells for number, record in enumerate(records, 1) if (cells := _cells(record))}
    return Grid((Sheet(path.stem, rows),))


def _decoded(data: bytes, encoding: str) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise SourceUnreadable("it is a workbook that is named like a CSV file.", "Name it .xlsx.")
    marked = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding or marked)
    except (UnicodeDecodeError, LookupError) as error:
        raise SourceUnreadable(
            f"its text is not written in the encoding {encoding or 'UTF-8'}.",
            "Save it as “CSV UTF-8”, or declare its encoding.",
        ) from error


def _delimiter(text: str) -> str:
    """The one of comma, semicolon and tab that splits the header into most fields."""
    widths = {delimiter: _header_width(text, delimiter) for delimiter in DELIMITERS}
    most = max(widths.values())
    winners = [delimiter for delimiter, width in widths.items() if width == most]
    if most > 1 and len(winners) > 1:
        raise SourceUnreadable(
            "its header can be split at more than one sign.", "Use one separator: a comma, semicolon or tab."
        )
    return winners[0]


def _header_width(text: str, delimiter: str) -> int:
    try:
        return next((len(record) for record in _reader(text, delimiter) if any(map(str.strip, record))), 0)
    except csv.Error:
        return 0  # quotation marks close before another separator: not this one


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(_reader(text, delimiter))
    except csv.Error as error:
        raise SourceUnreadable(
            f"its quotation marks do not match ({error}).",
            "Close each one, and write a mark inside a quoted field twice.",
        ) from error


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
        raise SourceUnreadable(
            f"its header has {width} fields, but {', '.join(wrong[:_NAMED])}{more}.",
            "Put fields that contain the separator into quotation marks, and write an empty field as such.",
        )


def _cells(record: list[str]) -> dict[int, Cell]:
    return {column: Cell(Kind.TEXT, field) for column, field in enumerate(record, 1) if field}

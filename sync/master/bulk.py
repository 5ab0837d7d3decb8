"""Rows of a worksheet rendered as XML in bulk, block by block: many times as fast as XlsxWriter by cells.

A row is joined from pieces that are the same down a block (`<c r="A`), the row's number, and what its cells
hold; the joining is done by Python's C code, a block in one call. What needs care (texts to be escaped,
formulas, mixed kinds) is rendered cell by cell.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import chain, repeat
from typing import NamedTuple, cast

from sync.core.grid import column_letters
from sync.master.cells import Column, Formula, Placed, Sheet, Style, Table, Value, text_for_cell
from sync.master.prints import BLOCK, Print

EPOCH = date(1899, 12, 30)
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LITERAL_ESCAPE = re.compile(r"_(x[0-9a-fA-F]{4}_)")
_SURELY_FITS = 8_000
_CARE = bytes({*range(1, 0x20), *b"&<>\x7f"})
"""Besides these, no ASCII character of a text needs care."""
MOST_REMEMBERED = 5_000

XfIndex = Callable[[Style], int]


class Rows(NamedTuple):
    """Some rows on their way: their XML when it is called for; `key`: no other XML has it ("" = none)."""

    key: bytes
    xml: Callable[[], bytes]


def rows(sheet: Sheet, xf: XfIndex) -> Iterator[Rows]:
    """The `<row>` elements of a sheet, top to bottom."""
    placed = _by_row(sheet.placed, xf)
    table = sheet.table
    top, below = (table.top, table.top + table.rows + 1) if table else (0, 0)
    lone = sorted(row for row in placed.keys() | sheet.heights.keys() if not top <= row < below)
    yield _lone([row for row in lone if row < top], placed, sheet)
    if table:
        placed[top] = _header(table, xf) + placed.get(top, b"")
        yield _lone([top], placed, sheet)
        yield from _Blocks(sheet, table, placed, xf)
    yield _lone([row for row in lone if row >= top], placed, sheet)


def _lone(found: Sequence[int], placed: Mapping[int, bytes], sheet: Sheet) -> Rows:
    """Rows outside a table."""
    return Rows(
        b"", lambda: b"".join(_row(row, placed.get(row, b""), sheet.heights.get(row)) for row in found)
    )


def _row(row: int, cells: bytes, height: float | None) -> bytes:
    return b'<row r="%d%b%b</row>' % (row, _opening(height, 0), cells)


@cache
def _opening(height: float | None, level: int) -> bytes:
    """What follows the row's number in its opening tag."""
    high = f' ht="{height:g}" customHeight="1"' if height is not None else ""
    deep = f' outlineLevel="{level}"' if level else ""
    return f'"{high}{deep}>'.encode()


def _header(table: Table, xf: XfIndex) -> bytes:
    places = ((f"{column_letters(at)}{table.top}", column) for at, column in enumerate(table.columns, 1))
    return b"".join(_cell(place, c.header, xf(c.title or c.style)) for place, c in places)


def levelled_rows(table: Table) -> dict[int, int]:
    """The outline level of every row that has one; Excel knows seven below the top."""
    return {table.top + 1 + at: min(7, level) for at, level in enumerate(table.outline) if level}


def _by_row(placed: Sequence[Placed], xf: XfIndex) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for cell in sorted(placed, key=lambda cell: (cell.row, cell.column)):
        text = _cell(f"{column_letters(cell.column)}{cell.row}", cell.value, xf(cell.style))
        found[cell.row] = found.get(cell.row, b"") + text
    return found


# ---------------------------------------------------------------- the rows of a table


class _Blocks:
    """A table's rows, block by block."""

    def __init__(self, sheet: Sheet, table: Table, placed: Mapping[int, bytes], xf: XfIndex) -> None:
        self._table, self._placed, self._xf = table, placed, xf
        self._heights, self._levels = sheet.heights, levelled_rows(table)
        self._letters = [column_letters(at).encode() for at in range(1, len(table.columns) + 1)]
        self._remembered = [_Remembered() for _ in table.columns]
        self._indexes = [xf(column.style) for column in table.columns]

    def __iter__(self) -> Iterator[Rows]:
        for start, found in zip(range(0, self._table.rows, BLOCK), self._table.prints, strict=True):
            yield Rows(self._key(start, found), partial(self._xml, start))

    def _key(self, start: int, found: Print) -> bytes:
        """All that the rows' XML is made of: values, looks, numbers, openings, and cells beside the table."""
        openings, ends = self._around(start)
        looks = repr((start, self._table.top, self._indexes, [self._xf(style) for style in found.styles]))
        return hashlib.sha256(b"\0".join([found.digest, looks.encode(), *openings, *ends])).digest()

    def _around(self, start: int) -> tuple[list[bytes], list[bytes]]:
        """What follows each row's number, and what follows its last cell of the table."""
        first = self._table.top + 1 + start
        found = range(first, min(first + BLOCK, self._table.top + 1 + self._table.rows))
        openings = map(_opening, map(self._heights.get, found), map(self._levels.get, found, repeat(0)))
        return list(openings), list(map(self._placed.get, found, repeat(b"")))

    def _xml(self, start: int) -> bytes:
        openings, ends = self._around(start)
        first = self._table.top + 1 + start
        numbers = " ".join(map(str, range(first, first + len(openings)))).encode().split()
        streams: list[Iterable[bytes]] = [repeat(b'<row r="'), numbers, openings]
        before = b""
        for at, letters in enumerate(self._letters):
            opens, held, after = self._cells(at, start)
            streams += [repeat(before + b'<c r="' + letters), numbers]
            streams += [repeat(opens), held] if opens else [held]
            before = after
        streams += [repeat(before), ends, repeat(b"</row>")]
        return b"".join(chain.from_iterable(zip(*streams, strict=False)))  # repeat has no end

    def _cells(self, at: int, start: int) -> tuple[bytes, Sequence[bytes], bytes]:
        """What follows the address of a column's cells: how all begin, what each holds, how all end."""
        column = self._table.columns[at]
        values = column.values[start : start + BLOCK]
        styles = _own_styles(column, start)
        if len(styles) > 1:
            pairs = zip(values, map(self._xf, styles), strict=True)
            return b"", self._remembered[at].tails(list(pairs), values), b""
        index = self._xf(styles[0])
        texts = _plain_texts(values)
        if texts is not None:
            return f'" s="{index}" t="inlineStr"><is><t>'.encode(), texts, b"</t></is></c>"
        return b"", self._remembered[at].tails([(value, index) for value in values], values), b""


def _own_styles(column: Column, start: int) -> Sequence[Style]:
    """The styles of a block's cells; one alone if it is everybody's."""
    if column.styles is None:
        return (column.style,)
    styles = column.styles[start : start + BLOCK]
    return styles[:1] if styles.count(styles[0]) == len(styles) else styles


def _plain_texts(values: Sequence[Value]) -> list[bytes] | None:
    """The values as XML, None if there are others than texts or any of them needs care."""
    try:
        joined = "\0".join(cast("Sequence[str]", values))
        data = joined.encode()
    except (TypeError, UnicodeEncodeError):  # a lone surrogate
        return None
    texts = data.split(b"\0")
    if (
        len(texts) != len(values)
        or len(data.translate(None, _CARE)) != len(data)
        or b"_x" in data
        or b" \0" in data
        or b"\0 " in data
        or data[:1] == b" "
        or data[-1:] == b" "
        or (len(data) > _SURELY_FITS and max(map(len, texts)) > _SURELY_FITS)
        or not (joined.isascii() or joined.replace("\0", "").isprintable())
    ):
        return None
    return texts


class _Remembered(dict[tuple[Value, int], bytes]):
    """Cells of a column by value and format: the same few numbers and words fill most of them."""

    def tails(self, pairs: Sequence[tuple[Value, int]], values: Sequence[Value]) -> list[bytes]:
        """What follows the address of each cell."""
        if set(map(type, values)) <= {str, float, date, type(None)}:  # others may equal these: True is 1.0
            return list(map(self.__getitem__, pairs))
        return [_tail(*pair) for pair in pairs]

    def __missing__(self, pair: tuple[Value, int]) -> bytes:
        made = _tail(*pair)
        if len(self) < MOST_REMEMBERED:
            self[pair] = made
        return made


# ---------------------------------------------------------------- one cell


def _cell(place: str, value: Value, index: int) -> bytes:
    return b'<c r="%b%b' % (place.encode(), _tail(value, index))


def _tail(value: Value, index: int) -> bytes:
    """A cell from behind its address: `" s="5"><v>0.25</v></c>`."""
    return f'" s="{index}"{_held(value)}'.encode()


def _held(value: Value) -> str:
    match value:
        case None:
            return "/>"
        case Formula(text, bool(result), _):
            return f' t="b"><f>{_escaped(text)}</f><v>{int(result)}</v></c>'
        case Formula(text, result, _):
            kind = ' t="str"' if isinstance(result, str) else ""
            shown = _escaped(result) if isinstance(result, str) else repr(result)
            return f"{kind}><f>{_escaped(text)}</f><v>{shown}</v></c>"
        case bool():
            return f' t="b"><v>{int(value)}</v></c>'
        case str():
            return f' t="inlineStr"><is>{_inline(value)}</is></c>'
        case date():
            return f"><v>{(value - EPOCH).days}</v></c>"
        case _:
            return f"><v>{value + 0.0!r}</v></c>"  # + 0.0, since -0.0 equals 0.0 and Excel knows one of them


def _inline(text: str) -> str:
    """The `<t>` element of a text; nearly all texts need no care, which a few cheap looks tell."""
    if (
        len(text) < _SURELY_FITS
        and text.isprintable()
        and not ("&" in text or "<" in text or ">" in text or "_x" in text)
        and text.strip(" ") == text
    ):
        return f"<t>{text}</t>"
    return f'<t xml:space="preserve">{_escaped(text_for_cell(text))}</t>'


def _escaped(text: str) -> str:
    """The text as XML, with what XML cannot hold written `_xHHHH_`, as Excel does (ECMA-376, ST_Xstring)."""
    text = _LITERAL_ESCAPE.sub(r"_x005F_\1", text)
    text = _UNSAFE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

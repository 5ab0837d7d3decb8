"""The quick way to a worksheet's cells: one regular expression over its rows.

It takes the spelling that spreadsheet programs and libraries write: attributes in the order `r s t`, the
main namespace as the default one, each row and cell with its reference. Nothing is skipped unseen: every
gap between two cells has to be rows and empty cells to its last character, and what stands around the
rows is parsed as XML. Whatever is spelled otherwise, damaged or odd raises Unusual; then
`sync.sources.sheet_events` reads the part from its beginning and has the last word.

Only the text of formulas is not looked into: nobody reads it here, and it is most of a template's bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Kind, Sheet
from sync.sources.package import Package
from sync.sources.sheet_events import LAST_ROW, PLACES, Room, Surroundings, column_number
from sync.sources.values import Book, cell, said, unescaped
from sync.sources.workbook import SheetEntry
from sync.sources.xml_events import Attributes, in_main, is_true, parse
from sync.sources.xml_text import Unusual, plain, unusual, utf8

_OPEN, _CLOSE, _ROW_START = b"<sheetData>", b"</sheetData>", b"<row "
_LONGEST = 8 * 2**20  # bytes of one row; beyond, the parser reads on, which need not hold them
_SMALL = 64 * 1024

_SPACE = r"[ \t\n]*+"
_ATTRIBUTES = (
    r"(?: (?:spans|s|customFormat|ht|hidden|customHeight|outlineLevel|collapsed|thickTop|thickBot|ph"
    r'|x14ac:dyDescent)="[^"<&\t\n]*")*+'
)
_ROW = rf'<row r="([1-9][0-9]{{0,6}})"({_ATTRIBUTES})>'
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9:]+)="([^"]*)"')
_EMPTY_CELLS = rf'(?:{_SPACE}<c r="[A-Z]{{1,3}}[1-9][0-9]{{0,6}}"(?: s="[0-9]+")? ?/>)*+{_SPACE}'
_EMPTY_ROW = rf'<row r="[1-9][0-9]{{0,6}}"{_ATTRIBUTES}(?: ?/>|>{_EMPTY_CELLS}</row>)'
_EMPTY_ROWS = rf"(?:{_SPACE}{_EMPTY_ROW})*+{_SPACE}"
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([1-9][0-9]*+)"(?: s="([0-9]++)")?(?: t="([A-Za-z]++)")?>'
    r'(?:(<f)(?: [A-Za-z0-9]+="[^"<&]*"| xml:space="preserve")*+(?:>[^<]*+</f>| ?/>))?'
    r'(?:<v>([^<]*+)</v>|(<v ?/>)|<is><t(?: xml:space="preserve")?>([^<]*+)</t></is>)?</c>'
)
_GROUPS = _CELL.groups + 1
_BEFORE = re.compile(_EMPTY_ROWS + _ROW + _EMPTY_CELLS)
_BETWEEN = re.compile(f"{_EMPTY_CELLS}(?:</row>{_EMPTY_ROWS}{_ROW}{_EMPTY_CELLS})?")
_AFTER = re.compile(f"{_EMPTY_CELLS}</row>{_EMPTY_ROWS}")
_NOTHING = re.compile(_EMPTY_ROWS)
"""What may stand before the first cell, between two cells, behind the last one, and where there is none."""

_TEXT = Kind.TEXT  # looked up once, not for every cell
_MADE = partial(tuple.__new__, Cell)  # without a look at each field, which takes most of the time

Spelling = tuple[str | None, str | None, str | None, str | None, str | None, str | None]
"""How a cell is written: style, type, formula, value, whether that is empty, its own text."""


class CellsSeen(dict[Spelling, Cell | None]):
    """The cells of a workbook by their spelling: many are spelled alike.

    None is a cell that holds nothing; `nothing` tells whether there is any.
    """

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book = book
        self.nothing = False
        self._texts = dict(zip(map(str, range(len(book.texts))), book.texts, strict=True))
        self._looks = {index: each.style for index, each in book.formats.items()}

    def __missing__(self, spelling: Spelling) -> Cell | None:
        style, kind, formula, value, empty, own = spelling
        if kind == "s" and value in self._texts and style in self._looks:  # most cells
            made: Cell | None = _MADE((_TEXT, self._texts[value], self._looks[style], formula is not None))
        else:
            made = self._made(style, kind or "n", formula, value, empty, own)
        self[spelling] = made
        self.nothing |= made is None
        return made

    def _made(
        self,
        style: str | None,
        kind: str,
        formula: str | None,
        value: str | None,
        empty: str | None,
        own: str | None,
    ) -> Cell | None:
        if own is not None:
            text: str | None = unescaped(plain(own))
        elif value is None:
            text = "" if empty else None
        else:
            text = value if value.isdecimal() else said(kind, plain(value))
        if text is None and formula is None and kind != "e":
            return None
        return cell(kind, text, self.book.format(style), self.book, formula=formula is not None)


class _Columns(dict[str, int]):
    """Column numbers by letters."""

    def __missing__(self, letters: str) -> int:
        number = self[letters] = column_number(letters) or unusual()
        return number


class _HiddenRows(dict[str, bool]):
    """Whether a row with such attributes is hidden. `extended`: a prefix in them is declared."""

    def __init__(self, *, extended: bool) -> None:
        super().__init__()
        self._extended = extended

    def __missing__(self, attributes: str) -> bool:
        pairs = _ATTRIBUTE.findall(attributes)
        named = dict(pairs)
        if len(named) < len(pairs) or ("x14ac:dyDescent" in named and not self._extended):
            raise Unusual
        hidden = self[attributes] = is_true(named.get("hidden"))
        return hidden


_COLUMNS = _Columns()


def read_by_scan(package: Package, entry: SheetEntry, seen: CellsSeen, room: Room) -> Sheet:
    """The tab, as `read_by_events` gives it. Raises Unusual where only that can tell."""
    chunks = package.chunks(entry.part, growing=False)
    head = b""
    while _OPEN not in head:
        head += _next(chunks, head)
    head, _, rows = head.partition(_OPEN)
    if b"<!" in head or head.find(b"<?", len(b"...<?")) >= 0:
        raise Unusual  # the rows may stand in a comment
    scan = _Scan(seen, room, extended=b" xmlns:x14ac=" in head)
    while (close := rows.rfind(_CLOSE)) < 0:  # from behind, where it is found at once
        last = max(0, rows.rfind(_ROW_START))
        scan.take(rows[:last])
        rows = rows[last:] + _next(chunks, rows[last:])
    scan.take(rows[:close])
    xml = head + _OPEN + rows[close:] + b"".join(chunks)
    around = _known_surroundings(xml) if len(xml) <= _SMALL else _surroundings(xml)
    return around.sheet(entry, scan.rows, scan.hidden_rows)


def _next(chunks: Iterator[bytes], unfinished: bytes) -> bytes:
    chunk = next(chunks, b"")
    if not chunk or len(unfinished) > _LONGEST:
        raise Unusual
    return chunk


class _Scan:
    """The rows of one tab."""

    def __init__(self, seen: CellsSeen, room: Room, *, extended: bool) -> None:
        self.rows: dict[int, dict[int, Cell]] = {}
        self.hidden_rows: list[int] = []
        self._seen, self._room = seen, room
        self._hidden = _HiddenRows(extended=extended)

    def take(self, xml: bytes) -> None:
        """Takes whole rows."""
        try:
            parts = _CELL.split(xml.decode())
        except UnicodeDecodeError as error:
            raise Unusual from error
        gaps = parts[::_GROUPS]
        if len(gaps) == 1:
            _matched(_NOTHING, gaps[0])
            return
        columns = map(_COLUMNS.__getitem__, parts[1::_GROUPS])
        numbers = parts[2::_GROUPS]
        spellings = zip(*(parts[at::_GROUPS] for at in range(3, _GROUPS)), strict=True)
        places = zip(columns, map(self._seen.__getitem__, spellings), strict=True)
        row, first = _matched(_BEFORE, gaps[0]).groups(), 0
        for at in [at for at, gap in enumerate(gaps) if gap][1:-1]:
            following = _matched(_BETWEEN, gaps[at]).groups()
            if following[0]:
                self._row(row, dict(islice(places, at - first)), numbers[first:at])
                row, first = following, at
        _matched(_AFTER, gaps[-1])
        self._row(row, dict(places), numbers[first:])

    def _row(self, row: Sequence[str], found: dict[int, Cell | None], numbers: list[str]) -> None:
        """Takes a row (its number, its attributes); `numbers` is what each of its cells says of it."""
        text, attributes = row
        number = int(text)
        if number > LAST_ROW or number in self.rows or not len(found) == len(numbers) == numbers.count(text):
            raise Unusual
        if self._seen.nothing:
            found = {at: one for at, one in found.items() if one is not None}
        if found:
            self._room.take(len(found))
            self.rows[number] = found  # type: ignore[assignment]  # None is left out where there is any
            if self._hidden[attributes]:
                self.hidden_rows.append(number)


def _surroundings(xml: bytes) -> Surroundings:
    """What a worksheet says around its rows; `xml` is the part without them."""
    utf8(xml)
    around = Surroundings("")
    tables: list[Attributes] = []
    handlers = {**around.handlers, "sheetData": tables.append, "row": unusual, "c": unusual}
    try:
        parse("", [xml], in_main(handlers), {}, places=PLACES)
    except SourceUnreadable as error:
        raise Unusual from error
    if len(tables) != 1 or not around.is_worksheet:
        raise Unusual
    return around


_known_surroundings = lru_cache(maxsize=128)(_surroundings)
"""The same for parts made from one template, which say the same around their rows; never written to."""


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    return pattern.fullmatch(text) or unusual()

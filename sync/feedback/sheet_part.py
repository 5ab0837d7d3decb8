"""The XML of a workbook's parts: where a tab is stored, what stands in it, the same sheet with new cells.

Of a worksheet everything that is not ours stays byte for byte: views, column widths, conditional
formats, page setup, extensions. Replaced are `dimension`, `sheetData` and `hyperlinks`.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import groupby
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from sync.core.grid import a1
from sync.feedback.zip_parts import Unfit

CELL_LENGTH = 32_767  # what a cell of Excel holds, in UTF-16 units

# What may follow `hyperlinks` in a worksheet (ECMA-376 part 1, 18.3.1.99): new ones go before the first.
_AFTER_LINKS = frozenset(
    {"printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties"}
    | {
        "cellWatches",
        "ignoredErrors",
        "smartTags",
        "drawing",
        "legacyDrawing",
        "legacyDrawingHF",
        "drawingHF",
    }
    | {"picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent"}
)
_OURS = frozenset({"dimension", "sheetData", "hyperlinks"})
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class NewCell(NamedTuple):
    """A cell to write: place from 1, text or finite number, style index ("" = none), link inside the book."""

    row: int
    column: int
    value: str | float
    style: str = ""
    link: str = ""


class OldCell(NamedTuple):
    """A cell as it stands: its style index and its text."""

    style: str
    text: str


class Part(NamedTuple):
    """A worksheet part: its bytes, the prefix of its elements (`x:` or ""), its cells by A1 address.

    `spans` are the places of what is ours, `links_at` where hyperlinks may be put.
    """

    xml: bytes
    prefix: str
    cells: Mapping[str, OldCell]
    spans: Mapping[str, tuple[int, int]]
    links_at: int


class _Walk:
    """One pass over an XML part. `path` holds the local names from the root to the current element.

    `prefix` is what stands before the root's name (`x:` or "").
    """

    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        self.path: list[str] = []
        self.prefix = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text

    def run(self) -> None:
        """Parses the whole part."""
        if self._xml[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise Unfit("its parts are stored as UTF-16")
        try:
            self.parser.Parse(self._xml, True)
        except expat.ExpatError as error:
            raise Unfit("one of its parts is damaged") from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        prefix, colon, local = name.rpartition(":")
        self.path.append(local)
        if len(self.path) == 1:
            self.prefix = prefix + colon
        self.start(attributes)

    def _end(self, _name: str) -> None:
        self.end()
        self.path.pop()

    def start(self, attributes: dict[str, str]) -> None:
        """Called where an element begins; `path` already ends with it."""

    def end(self) -> None:
        """Called where an element ends; `path` still ends with it."""

    def text(self, text: str) -> None:
        """Called for character data."""


def _refuse_doctype(*_: object) -> None:
    raise Unfit("one of its parts declares a DOCTYPE, which no spreadsheet program writes")


# --- finding parts ------------------------------------------------------------------------------


class _Elements(_Walk):
    """The attributes of all elements of one name."""

    def __init__(self, xml: bytes, wanted: str) -> None:
        super().__init__(xml)
        self._wanted = wanted
        self.found: list[dict[str, str]] = []

    def start(self, attributes: dict[str, str]) -> None:
        if self.path[-1] == self._wanted:
            self.found.append({key.rpartition(":")[2]: value for key, value in attributes.items()})


def _elements(xml: bytes, wanted: str) -> list[dict[str, str]]:
    walk = _Elements(xml, wanted)
    walk.run()
    return walk.found


class Book(NamedTuple):
    """Where a workbook keeps things: the part of each tab, and of the shared strings ("" = none)."""

    tabs: Mapping[str, str]
    shared_strings: str


def find_book(read: Callable[[str], bytes], names: Collection[str]) -> Book:
    """The Book of a package, followed through its relations, whatever its parts are called."""
    main = _related(read, names, "", "officeDocument")
    book = next(iter(main.values()), "")
    sheets = _related(read, names, book, "worksheet")
    tabs = {s["name"]: sheets[s["id"]] for s in _elements(read(book), "sheet") if s.get("id") in sheets}
    strings = _related(read, names, book, "sharedStrings")
    return Book(tabs, next(iter(strings.values()), ""))


def _related(read: Callable[[str], bytes], names: Collection[str], part: str, kind: str) -> dict[str, str]:
    """Relation id -> part, for the relations of one kind of a part ("" = the package itself)."""
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", name + ".rels")
    if rels not in names:
        raise Unfit(f"it has no part {rels}")
    found = {}
    for relation in _elements(read(rels), "Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        if relation.get("Type", "").endswith("/" + kind) and target in names:
            found[relation.get("Id", "")] = target
    return found


# --- reading a worksheet ------------------------------------------------------------------------


class _Strings(_Walk):
    """The shared strings, without their phonetic readings."""

    def __init__(self, xml: bytes) -> None:
        super().__init__(xml)
        self.strings: list[str] = []

    def start(self, attributes: dict[str, str]) -> None:  # noqa: ARG002  # the walk's signature
        if self.path[-1] == "si":
            self.strings.append("")

    def text(self, text: str) -> None:
        if self.path[-1] == "t" and "rPh" not in self.path:
            self.strings[-1] += text


def shared_strings(xml: bytes) -> list[str]:
    """The texts of a sharedStrings part."""
    walk = _Strings(xml)
    walk.run()
    return walk.strings


class _Worksheet(_Walk):
    """Cells and the places of the elements that are ours."""

    def __init__(self, xml: bytes, strings: list[str]) -> None:
        super().__init__(xml)
        self._strings = strings
        self._cell: dict[str, str] = {}
        self._text = ""
        self.cells: dict[str, OldCell] = {}
        self.spans: dict[str, tuple[int, int]] = {}
        self.links_at = -1

    def start(self, attributes: dict[str, str]) -> None:
        here, at = self.path[-1], self.parser.CurrentByteIndex
        if len(self.path) == 2:
            if here in _OURS:
                self.spans[here] = (at, at)
            if here in _AFTER_LINKS and "sheetData" in self.spans and self.links_at < 0:
                self.links_at = at
        elif here == "c":
            self._cell, self._text = attributes, ""

    def end(self) -> None:
        here, at = self.path[-1], self.parser.CurrentByteIndex
        if len(self.path) == 2 and here in _OURS:
            end_tag = f"</{self.prefix}{here}".encode()
            empty = not self._xml.startswith(end_tag, at)  # of <dimension …/> expat gives the place behind it
            self.spans[here] = (self.spans[here][0], at if empty else self._xml.index(b">", at) + 1)
        elif here == "c":
            self.cells[self._cell.get("r", "")] = OldCell(self._cell.get("s", ""), self._shown())
        elif len(self.path) == 1 and self.links_at < 0:
            self.links_at = at

    def text(self, text: str) -> None:
        if self.path[-1] in {"v", "t"}:
            self._text += text

    def _shown(self) -> str:
        index = self._text.strip()
        if (
            self._cell.get("t") == "s"
            and index.isascii()
            and index.isdigit()
            and int(index) < len(self._strings)
        ):
            return self._strings[int(index)]
        return self._text


def read_part(xml: bytes, strings: list[str]) -> Part:
    """The Part of a worksheet's XML. Raises Unfit when it is damaged or has no cells to replace."""
    walk = _Worksheet(xml, strings)
    walk.run()
    if "sheetData" not in walk.spans:
        raise Unfit("the tab's part is damaged")
    return Part(xml, walk.prefix, walk.cells, walk.spans, walk.links_at)


# --- writing a worksheet ------------------------------------------------------------------------


def with_cells(part: Part, cells: Iterable[NewCell], heights: Mapping[int, float] | None = None) -> bytes:
    """The worksheet's XML with these cells instead of those it has (each place once), inline strings.

    `heights` gives rows a height in points, which programs keep until somebody types in the row.
    """
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column))
    p = part.prefix
    rows = "".join(
        _row(p, row, list(group), (heights or {}).get(row))
        for row, group in groupby(ordered, key=lambda cell: cell.row)
    )
    last = a1(max(cell.row for cell in ordered), max(cell.column for cell in ordered))
    links = "".join(_link(p, cell) for cell in ordered if cell.link)
    pieces = {
        "dimension": f'<{p}dimension ref="A1:{last}"/>',
        "sheetData": f"<{p}sheetData>{rows}</{p}sheetData>",
        "hyperlinks": f"<{p}hyperlinks>{links}</{p}hyperlinks>" if links else "",
    }
    spans = {"hyperlinks": (part.links_at, part.links_at), **part.spans}
    xml = part.xml
    for name, (start, end) in sorted(spans.items(), key=lambda item: item[1], reverse=True):
        xml = xml[:start] + pieces[name].encode() + xml[end:]
    read_part(xml, [])  # what we wrote must be readable before it goes anywhere
    return xml


def _row(p: str, row: int, cells: list[NewCell], height: float | None) -> str:
    tall = f' ht="{height:g}"' if height else ""
    return f'<{p}row r="{row}"{tall}>' + "".join(_cell(p, cell) for cell in cells) + f"</{p}row>"


def _cell(p: str, cell: NewCell) -> str:
    style = f' s="{cell.style}"' if cell.style else ""
    start = f'<{p}c r="{a1(cell.row, cell.column)}"{style}'
    if isinstance(cell.value, str):
        text = escape_text(cell.value)
        return f'{start} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is></{p}c>'
    if not math.isfinite(cell.value):
        raise ValueError(f"{cell.value} is no number that a cell can hold")
    return f"{start}><{p}v>{cell.value!r}</{p}v></{p}c>"


def _link(p: str, cell: NewCell) -> str:
    place = quoteattr(escape_controls(cell.link))
    return f'<{p}hyperlink ref="{a1(cell.row, cell.column)}" location={place}/>'


def escape_text(text: str) -> str:
    """The text as it stands in XML: cut to what a cell holds, control characters as `_xHHHH_`."""
    return escape(escape_controls(_cut(text)))


def escape_controls(text: str) -> str:
    """The text with what XML cannot hold, and what would read as such an escape, written as `_xHHHH_`."""
    marked = _LOOKS_ESCAPED.sub("_x005F_", text)
    return _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", marked)


def _cut(text: str) -> str:
    if len(text) * 2 <= CELL_LENGTH:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= CELL_LENGTH * 2:
        return text
    return units[: (CELL_LENGTH - 1) * 2].decode("utf-16-le", "ignore") + "…"

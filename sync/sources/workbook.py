"""The parts of a workbook around its cells: the list of its sheets, its texts, its number formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from sync.core.errors import SourceUnreadable
from sync.core.number_formats import BUILT_IN, PLAIN, NumberFormat, classify
from sync.core.policy import Limits
from sync.sources.package import Package, Relation
from sync.sources.refusals import damaged, too_much
from sync.sources.values import Book, unescaped
from sync.sources.xml_events import RELATION_IDS, Attributes, in_main, is_true, parse, places_in_main, whole
from sync.sources.xml_text import Unusual, plain, sound, utf8

_SMALL, _LARGE = 64 * 1024, 16 * 2**20  # bytes
_PLACES = places_in_main(
    {"sst": ("",), "si": ("sst",), "r": ("si",), "rPh": ("si",), "t": ("si", "r", "rPh")}
)
_TEXT = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*+)</t></si>')

_TABS = frozenset({"worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet"})


class SheetEntry(NamedTuple):
    """A worksheet as the workbook lists it."""

    name: str
    part: str
    hidden: bool


class Contents(NamedTuple):
    """What a workbook holds besides its cells. `names` are the defined names that hold everywhere in it."""

    sheets: tuple[SheetEntry, ...]
    names: dict[str, str]
    book: Book


def contents(package: Package, limits: Limits) -> Contents:
    """The worksheets in their order, the defined names, and what the cells refer to.

    Chart and macro sheets hold no cells and are left out. Names that hold in one sheet only are too.
    """
    part = package.main_part()
    relations = package.relations(part)
    index = _Index(limits)
    package.parse(part, in_main(index.starts), in_main(index.ends), index.text)
    lost = [name for name, relation, _ in index.sheets if relation not in relations]
    if lost:
        raise damaged(f"its tab {lost[0][:31]} points to no part")
    odd = [name for name, relation, _ in index.sheets if relations[relation].kind not in _TABS]
    if odd:
        raise damaged(f"its tab {odd[0][:31]} is no kind of sheet that is known")
    sheets = tuple(
        SheetEntry(name, relations[relation].part, hidden)
        for name, relation, hidden in index.sheets
        if relations[relation].kind == "worksheet"
    )
    if not sheets:
        raise damaged("it holds no worksheet")
    book = Book(
        texts=_texts(package, _part_of(relations, "sharedStrings"), limits),
        formats=_formats(package, _part_of(relations, "styles"), limits),
        date1904=index.date1904,
        recalculates=index.recalculates,
    )
    return Contents(sheets, index.names, book)


def _part_of(relations: Mapping[str, Relation], kind: str) -> str:
    return next((relation.part for relation in relations.values() if relation.kind == kind), "")


class _Index:
    """Gathers what `xl/workbook.xml` says."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.names: dict[str, str] = {}
        self.date1904 = False
        self.recalculates = False
        self.starts = {
            "workbookPr": self._properties,
            "calcPr": self._calculation,
            "sheet": self._sheet,
            "definedName": self._name_start,
        }
        self.ends = {"definedName": self._name_end}
        self._limits = limits
        self._titles: set[str] = set()
        self._name = ""
        self._reference: list[str] = []

    def text(self, text: str) -> None:
        if self._name:
            self._reference.append(text)

    def _properties(self, attributes: Attributes) -> None:
        self.date1904 = is_true(attributes.get("date1904"))

    def _calculation(self, attributes: Attributes) -> None:
        self.recalculates = is_true(attributes.get("fullCalcOnLoad"))

    def _sheet(self, attributes: Attributes) -> None:
        name = unescaped(attributes.get("name", ""))
        if not name:
            raise damaged("one of its tabs has no name")
        if name.casefold() in self._titles:
            raise damaged(f"two of its tabs are named {name[:31]}")
        if len(self.sheets) >= self._limits.entries:
            raise too_much(f"it has more than {self._limits.entries:,} tabs")
        self._titles.add(name.casefold())
        relation = next((attributes[key] for key in RELATION_IDS if key in attributes), "")
        self.sheets.append((name, relation, attributes.get("state") in {"hidden", "veryHidden"}))

    def _name_start(self, attributes: Attributes) -> None:
        self._name = "" if "localSheetId" in attributes else attributes.get("name", "")
        self._reference = []

    def _name_end(self) -> None:
        if self._name:
            self.names[self._name] = "".join(self._reference)
        self._name = ""


def _texts(package: Package, part: str, limits: Limits) -> tuple[str, ...]:
    """The shared texts: of each, all runs joined, without the phonetic guide of East Asian writing."""
    if not part:
        return ()
    before = package.inflated
    try:
        texts = _scanned_texts(package, part)
    except Unusual:
        package.inflated = before
        texts = _parsed_texts(package, part, limits)
    if len(texts) > limits.cells:
        raise _too_many_texts(limits)
    return tuple(texts)


def _scanned_texts(package: Package, part: str) -> list[str]:
    """The texts by one regular expression. Raises Unusual unless each is a single run, plainly spelled."""
    if package.size(part) > _LARGE:
        raise Unusual
    data = package.whole(part)
    xml = utf8(data)
    first, *pieces = _TEXT.split(xml)
    if not pieces or any(pieces[1:-1:2]):
        raise Unusual
    seen: list[Attributes] = []
    probe = f"{first}<si/>{pieces[-1]}"  # stands for the texts: it must be seen where they are
    try:
        parse(part, [probe.encode()], in_main({"si": seen.append}), {}, places=_PLACES)
    except SourceUnreadable as error:
        raise Unusual from error
    if len(seen) != 1:
        raise Unusual
    if not sound(data[data.find(b"<si>") :]):
        raise Unusual
    return [
        piece if "&" not in piece and "_x" not in piece else unescaped(plain(piece)) for piece in pieces[::2]
    ]


def _parsed_texts(package: Package, part: str, limits: Limits) -> list[str]:
    """The texts by XML events, whatever their spelling."""
    gathered = TextRuns()
    texts: list[str] = []

    def begin(_: Attributes) -> None:
        gathered.clear()

    def finish() -> None:
        if len(texts) >= limits.cells:
            raise _too_many_texts(limits)
        texts.append(gathered.joined())

    package.parse(
        part,
        in_main({"si": begin, **gathered.starts}),
        in_main({"si": finish, **gathered.ends}),
        gathered.text,
        places=_PLACES,
    )
    return texts


def _too_many_texts(limits: Limits) -> SourceUnreadable:
    return too_much(f"it holds more than {limits.cells:,} texts")


class TextRuns:
    """Gathers the runs of a shared or inline text; those inside `<rPh>` are left out.

    A text is one `<t>`, or has one in each of its runs `<r>`. Escapes are read run by run: what only looks
    like one where two runs meet is none.
    """

    __slots__ = ("_collecting", "_in_run", "_phonetic", "_pieces", "_runs", "_whole", "ends", "starts")

    def __init__(self) -> None:
        self._runs: list[str] = []
        self._pieces: list[str] = []  # of one run
        self._collecting = self._phonetic = self._in_run = self._whole = False
        self.starts = {"t": self._text_start, "rPh": self._phonetic_start, "r": self._run_start}
        self.ends = {"t": self._text_end, "rPh": self._phonetic_end, "r": self._run_end}

    def clear(self) -> None:
        """Forgets the text before."""
        self._runs.clear()
        self._whole = False

    def joined(self) -> str:
        """The whole text so far."""
        return "".join(self._runs)

    def text(self, text: str) -> None:
        """Takes a piece of character data, wherever it stands."""
        if self._collecting:
            self._pieces.append(text)

    def _text_start(self, _: Attributes) -> None:
        if not (self._in_run or self._phonetic):
            if self._whole:
                raise damaged("one of its texts is given twice")
            self._whole = True
        self._collecting = not self._phonetic

    def _text_end(self) -> None:
        self._runs.append(unescaped("".join(self._pieces)))
        self._pieces.clear()
        self._collecting = False

    def _run_start(self, _: Attributes) -> None:
        self._in_run = True

    def _run_end(self) -> None:
        self._in_run = False

    def _phonetic_start(self, _: Attributes) -> None:
        self._phonetic = True

    def _phonetic_end(self) -> None:
        self._phonetic = False


def _formats(package: Package, part: str, limits: Limits) -> Mapping[str, NumberFormat]:
    """The number format of each cell style, by style index."""
    if not part:
        return {}
    if package.size(part) > _SMALL:
        return _formats_of(part, package.chunks(part), limits.cells)
    return _known_formats(part, package.whole(part), limits.cells)


@lru_cache(maxsize=64)
def _known_formats(part: str, xml: bytes, most: int) -> Mapping[str, NumberFormat]:
    """The same of workbooks made from one template, which have one and the same part; never written to."""
    return _formats_of(part, [xml], most)


def _formats_of(part: str, chunks: Iterable[bytes], most: int) -> Mapping[str, NumberFormat]:
    styles = _Styles(most)
    parse(part, chunks, in_main(styles.starts), in_main(styles.ends))
    return {str(index): styles.format(number) for index, number in enumerate(styles.used)}


class _Styles:
    """Gathers what `xl/styles.xml` says of cells; conditional formats have `numFmt` elements as well."""

    def __init__(self, most: int) -> None:
        self.used: list[int] = []
        self.starts = {
            "numFmts": lambda _: self._enter("numFmts"),
            "cellXfs": lambda _: self._enter("cellXfs"),
            "numFmt": self._declaration,
            "xf": self._cell_style,
        }
        self.ends = {"numFmts": lambda: self._enter(""), "cellXfs": lambda: self._enter("")}
        self._declared: dict[int, NumberFormat] = {}
        self._section = ""
        self._most = most

    def format(self, number: int) -> NumberFormat:
        """The number format of that id: as the workbook declares it, else the built-in one."""
        return self._declared.get(number) or BUILT_IN.get(number, PLAIN)

    def _enter(self, section: str) -> None:
        self._section = section

    def _declaration(self, attributes: Attributes) -> None:
        if self._section == "numFmts":
            number = whole(attributes.get("numFmtId", ""), "the id of a number format")
            code = attributes.get("formatCode")
            if code is None:  # dates in it would be read as numbers
                raise damaged(f"its number format {number} has no code")
            self._declared[number] = classify(unescaped(code))

    def _cell_style(self, attributes: Attributes) -> None:
        if self._section == "cellXfs":
            if len(self.used) >= self._most:
                raise too_much(f"it defines more than {self._most:,} cell styles")
            self.used.append(whole(attributes.get("numFmtId", "0"), "the number format of a style"))

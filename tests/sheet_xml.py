"""Workbooks in odd but legal spellings, each with the Grid that it means: for whoever reads them.

    @given(written())
    def test_reading(book: Written) -> None:
        assert read(book.data, Limits()) == book.meant

What stands in the cells is drawn first, together with the Cell that it is. Then it is spelled under a set
of oddities (`Odd`), which shrinks: a failure names the few that matter and shows the XML. Most oddities
set a trap: comments, formulas, extensions and foreign attributes hold what looks like cells and is none.
"""

# ruff: noqa: DTZ001, S311  # sheets know no zones; a spelling need not be secret

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from sync.core.grid import Cell, Grid, Kind, Sheet, Style, a1
from tests.raw_workbooks import MAIN, parts, styles, zipped


class Odd(StrEnum):
    """What may be unusual about the spelling of a workbook."""

    ORDER = "attributes in any order"
    QUOTES = "single quotes"
    EXTRA = "further attributes, also of other namespaces"
    SPACES = "white space in tags and between elements"
    PAIRS = "empty elements as a pair of tags"
    NO_CELL_REFERENCES = "cells without r"
    NO_ROW_REFERENCES = "rows without r"
    DISORDER = "rows and cells in any order"
    SMALL = "references in small letters"
    PREFIX = "a prefix for the main namespace"
    COMMENTS = "comments"
    INSTRUCTIONS = "processing instructions"
    CDATA = "CDATA sections"
    REFERENCES = "character references"
    RAW = "> where &gt; is usual"
    ESCAPES = "_xHHHH_ where a character would do"
    RUNS = "rich runs and phonetic guides"
    SURROUNDINGS = "everything else that a worksheet may hold"
    EXTENSIONS = "extLst, in cells and behind them"
    ALTERNATIVES = "mc:AlternateContent"
    DECLARATION = "no XML declaration, or an unusual one"
    ENCODING = "UTF-16, a byte order mark, an 8-bit encoding"


@dataclass(frozen=True)
class Written:
    """A workbook as bytes, and what it means."""

    data: bytes
    meant: Grid
    odd: frozenset[Odd]
    parts: Mapping[str, str | bytes] = field(repr=False)

    def __repr__(self) -> str:
        """The oddities and the parts that matter, for a failing test to show."""
        shown = [
            f"{name}: {text!r}" for name, text in self.parts.items() if "sheets/" in name or "Str" in name
        ]
        return "\n".join((f"Written: {', '.join(sorted(self.odd)) or 'nothing odd'}", *shown))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: FBT001  # hypothesis' protocol
        printer.text(repr(self))


@st.composite
def written(draw: st.DrawFn, oddities: Sequence[Odd] = tuple(Odd), *, tabs: int = 2) -> Written:
    """A workbook of one to `tabs` tabs in a spelling with any of the oddities."""
    odd = draw(st.frozensets(st.sampled_from(oddities))) if oddities else frozenset()
    date1904 = draw(st.booleans())
    few = draw(st.sampled_from((0, 4, 12)))  # lists are short by themselves, and a tab should show something
    content = st.lists(_contents(date1904=date1904), min_size=few, max_size=15)
    sheets = draw(st.lists(content, min_size=1, max_size=tabs))
    random = Random(draw(st.integers(0, 2**16)))
    return _spelled([_laid_out(content, random) for content in sheets], odd, random, date1904=date1904)


# --- what stands in the cells ---------------------------------------------------------------------

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
FORMATS = (
    "General", "0.0%", "yyyy-mm-dd hh:mm:ss", "hh:mm", "[h]:mm:ss", "@", '#,##0.00 "€"', "0",
)  # fmt: skip
"""The number formats of the styles 0, 1, 2 …"""

_PLAIN, _PERCENT, _DATE, _TIME, _DURATION, _TEXT, _CURRENCY, _WHOLE = range(len(FORMATS))
_STYLES = {
    _PERCENT: Style.PERCENT, _DATE: Style.DATE, _TIME: Style.DATE, _DURATION: Style.DATE,
    _TEXT: Style.TEXT, _CURRENCY: Style.CURRENCY,
}  # fmt: skip
ERRORS = ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
_DAY = timedelta(days=1)


class _Content(NamedTuple):
    """The type, value, style and formula of a `<c>`, and the Cell that it is (None: nothing is there).

    `words` is the text of a cell that may be spelled as shared, inline or formula text.
    """

    type: str
    value: str | None
    style: int | None
    formula: bool
    meant: Cell | None
    words: str | None = None


class _Tab(NamedTuple):
    rows: dict[int, dict[int, _Content]]
    hidden_rows: frozenset[int]
    hidden_columns: tuple[int, int] | None
    merged: tuple[str, ...]


def _laid_out(content: Sequence[_Content], random: Random) -> _Tab:
    """The contents from left to right and down, mostly close together, with gaps and far places."""
    rows: dict[int, dict[int, _Content]] = {}
    row, column = random.choice((1, 1, 1, 3, 99)), 0
    for one in content:
        if random.random() < 0.25 or column >= LAST_COLUMN:
            row, column = row + random.choice((1, 1, 1, 2, 40, 9_999, 1_000_000)), 0
            row = min(row, LAST_ROW)
        column = min(column + random.choice((1, 1, 1, 1, 2, 25, 700, 16_000)), LAST_COLUMN)
        rows.setdefault(row, {})[column] = one
    if random.random() < 0.3:
        rows.setdefault(min(max(rows, default=0) + 1, LAST_ROW), {})
    hidden = frozenset(row for row in rows if random.random() < 0.2)
    columns = sorted(random.sample((1, 2, 3, 5, 27, 703, LAST_COLUMN), k=2))
    merged = tuple(random.sample(("A1:B2", "C3:C9", "D1:F1"), k=random.choice((0, 0, 1, 2))))
    return _Tab(rows, hidden, (columns[0], columns[1]) if random.random() < 0.3 else None, merged)


_TRICKY = (
    "NA", "None", "007", "1E5", "#REF!", " x ", "a\nb", "a\r\nb", "</v></c>", "]]>", "_x000D_", "=1+1",
    "&amp;", '<c r="A1"><v>9</v></c>', "😀 \u202egnp\u202c \u200b", "1\u00a0234\u202f5", "\ufeffx", "'x",
)  # fmt: skip
_WORDS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.text("_xX0d5F8D3E \t\n\r", max_size=14),
    st.sampled_from(_TRICKY),
)
_NUMBERS = st.one_of(
    st.integers(-(10**15), 10**15).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(("-0", "0", "+5", ".5", "5.", "1E5", "1e-7", "0.1", " 7 ", "007", "1" + "0" * 20)),
)
_SECONDS = st.integers(0, 86_399)


def _contents(*, date1904: bool) -> st.SearchStrategy[_Content]:
    plain = st.sampled_from((None, _PLAIN, _PERCENT, _TEXT, _CURRENCY, _WHOLE))
    anything = st.sampled_from((None, *range(len(FORMATS))))
    formula = st.booleans()
    anytime = st.datetimes(datetime(1904, 1, 2), datetime(9999, 12, 31))
    moments = anytime.map(lambda moment: moment.replace(microsecond=0, fold=0))
    return st.one_of(
        st.builds(_number, _NUMBERS, plain, formula),
        st.builds(_text, _WORDS, anything, formula),
        *[st.builds(_text, _WORDS, anything, st.just(value=False))] * 3,
        st.builds(lambda m, f: _moment(m, f, date1904=date1904), moments | moments.map(_midnight), formula),
        st.builds(_clock, _SECONDS, formula),
        st.builds(_duration, st.integers(-(10**8), 10**8), formula),
        st.builds(_bool, st.sampled_from(("0", "1", "true", "false")), anything, formula),
        st.builds(_error, st.sampled_from(ERRORS), anything, formula),
        st.builds(_iso, moments | moments.map(_midnight), anything, formula),
        st.builds(_uncalculated, st.sampled_from(("", "n", "str", "b", "e", "s")), st.booleans(), anything),
        st.builds(_nothing, st.booleans(), anything),
    )


def _styled(style: int | None) -> Style:
    return _STYLES.get(style or 0, Style.PLAIN)


def _number(raw: str, style: int | None, formula: bool) -> _Content:  # noqa: FBT001  # drawn by place
    meant = Cell(Kind.NUMBER, float(raw) + 0.0, _styled(style), formula)
    return _Content("", raw, style, formula, meant)


def _text(words: str, style: int | None, formula: bool) -> _Content:  # noqa: FBT001  # as above
    return _Content("str", None, style, formula, Cell(Kind.TEXT, words, _styled(style), formula), words)


def _moment(moment: datetime, formula: bool, *, date1904: bool) -> _Content:  # noqa: FBT001  # as above
    serial = (moment - (datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30))) / _DAY
    return _Content("", repr(serial), _DATE, formula, _dated(moment, formula=formula))


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment, time())


def _dated(moment: datetime, *, formula: bool) -> Cell:
    day: date = moment if moment.time() != time() else moment.date()
    return Cell(Kind.DATE, day, Style.DATE, formula)


def _clock(seconds: int, formula: bool) -> _Content:  # noqa: FBT001  # as above
    meant = Cell(Kind.TIME, (datetime(1, 1, 1) + timedelta(seconds=seconds)).time(), Style.DATE, formula)
    return _Content("", repr(seconds / 86_400), _TIME, formula, meant)


def _duration(seconds: int, formula: bool) -> _Content:  # noqa: FBT001  # as above
    meant = Cell(Kind.DURATION, timedelta(seconds=seconds), Style.DATE, formula)
    return _Content("", repr(seconds / 86_400), _DURATION, formula, meant)


def _bool(raw: str, style: int | None, formula: bool) -> _Content:  # noqa: FBT001  # as above
    return _Content("b", raw, style, formula, Cell(Kind.BOOL, raw in ("1", "true"), _styled(style), formula))


def _error(raw: str, style: int | None, formula: bool) -> _Content:  # noqa: FBT001  # as above
    return _Content("e", raw, style, formula, Cell(Kind.ERROR, raw, _styled(style), formula))


def _iso(moment: datetime, style: int | None, formula: bool) -> _Content:  # noqa: FBT001  # as above
    midnight = moment.time() == time()
    raw = moment.date().isoformat() if midnight and style else moment.isoformat()
    return _Content("d", raw, style, formula, _dated(moment, formula=formula))


def _uncalculated(kind: str, valued: bool, style: int | None) -> _Content:  # noqa: FBT001  # as above
    empty = "" if valued and kind != "str" else None  # a formula text that is empty is a text
    return _Content(kind, empty, style, True, Cell(Kind.UNCALCULATED, None, _styled(style), formula=True))


def _nothing(valued: bool, style: int | None) -> _Content:  # noqa: FBT001  # as above
    return _Content("", "" if valued else None, style, False, None)


def _meant(name: str, tab: _Tab) -> Sheet:
    cells = {
        row: {column: one.meant for column, one in content.items() if one.meant is not None}
        for row, content in tab.rows.items()
    }
    rows = {row: found for row, found in cells.items() if found}
    first, last = tab.hidden_columns or (0, -1)
    return Sheet(
        name,
        rows,
        hidden_rows=frozenset(tab.hidden_rows & rows.keys()),
        hidden_columns=frozenset(c for found in rows.values() for c in found if first <= c <= last),
        merged=tab.merged,
    )


# --- how it is spelled ------------------------------------------------------------------------------

_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_X14AC = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_DECLARED = f'xmlns:mc="{_MC}" mc:Ignorable="x14ac o" xmlns:x14ac="{_X14AC}" xmlns:o="urn:other"'
_LURE = '<c r="A1" t="str"><v>no cell</v></c>'
_LURES = (f"<v>9</v>{_LURE}", f'</row><row r="1">{_LURE}', "</sheetData>", "<c", "'\"<v>", "<f>1</f>")
_EXTRAS = {
    "c": (
        'cm="1"', 'vm="2"', 'ph="1"', 'o:r="ZZ99"', "o:t='e'", 'o:s="4"', 'xmlns:q="urn:q"', "o:x='r=\"C3\"'",
        'o:y="/>"',
    ),
    "row": ('spans="1:9"', 'ht="15.5"', 'x14ac:dyDescent="0.25"', 's="1"', 'outlineLevel="1"', 'o:r="7"'),
    "f": ('ca="1"', 'aca="0"', 'o:t="x"'),
    "v": ('xml:space="preserve"', 'o:n="1"'),
    "t": ('xml:space="preserve"',),
    "is": ('o:n="1"',),
    "si": ('o:n="1"',),
}  # fmt: skip
_FORMULAS = ("SUM(B1:B9)", 'IF(A1<2,"<c r=""B2""><v>9</v></c>",1&2)', "</f>", "", 'A1>"x"')
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4})|[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class _Pen:
    """Writes XML with the oddities it was given; what it chooses among comes from `random`."""

    def __init__(self, odd: frozenset[Odd], random: Random) -> None:
        self.odd = odd
        self.random = random
        self.prefix = "x:" if Odd.PREFIX in odd else ""
        self.encoding = random.choice(_ENCODINGS) if Odd.ENCODING in odd else "utf-8"
        self._texts: list[str] = []

    def some(self, odd: Odd, share: float = 0.5) -> bool:
        """Whether an oddity is among those wanted, and strikes here."""
        return odd in self.odd and self.random.random() < share

    def element(self, name: str, attributes: Mapping[str, str], *content: str) -> str:
        """An element of the main namespace; `content` is XML already."""
        tag = self.prefix + name
        opening = tag + "".join(self._attributes(name, attributes)) + (" " if self.some(Odd.SPACES) else "")
        inside = "".join(content)
        if not inside and not self.some(Odd.PAIRS):
            return f"<{opening}/>"
        closing = tag + (self.random.choice((" ", "\n")) if self.some(Odd.SPACES) else "")
        return f"<{opening}>{inside}</{closing}>"

    def _attributes(self, name: str, attributes: Mapping[str, str]) -> list[str]:
        said = [self._attribute(key, value) for key, value in attributes.items()]
        if self.some(Odd.EXTRA):
            taken = [one for one in _EXTRAS.get(name, ()) if one.partition("=")[0] not in attributes]
            said += self.random.sample(taken, k=min(len(taken), self.random.randint(1, 2)))
        if Odd.ORDER in self.odd:
            self.random.shuffle(said)
        gaps = (" ", "  ", "\n", "\t", "\r\n ") if Odd.SPACES in self.odd else (" ",)
        return [self.random.choice(gaps) + one for one in said]

    def _attribute(self, key: str, value: str) -> str:
        quote = "'" if self.some(Odd.QUOTES) else '"'
        equals = self.random.choice((" = ", "= ", " =")) if self.some(Odd.SPACES, 0.3) else "="
        text = escape(value, {"'": "&apos;", '"': "&quot;"})
        if value and self.some(Odd.REFERENCES, 0.3):
            text = self._reference(value[0]) + escape(value[1:], {"'": "&apos;", '"': "&quot;"})
        return f"{key}{equals}{quote}{text}{quote}"

    def _reference(self, character: str) -> str:
        return f"&#{ord(character)};" if self.random.random() < 0.5 else f"&#x{ord(character):X};"

    def gap(self) -> str:
        """What may stand between two elements."""
        made = ""
        if self.some(Odd.SPACES, 0.4):
            made += self.random.choice((" ", "\n  ", "\r\n", "\t"))
        if self.some(Odd.COMMENTS, 0.3):
            made += f"<!-- {self.random.choice(_LURES)} -->"
        if self.some(Odd.INSTRUCTIONS, 0.3):
            made += f"<?okr {self.random.choice(_LURES)}?>"
        if self.some(Odd.CDATA, 0.15):
            made += f"<![CDATA[{self.random.choice((' ', '', *_LURES))}]]>"
        return made

    def characters(self, text: str) -> str:
        """Character data that reads as the text."""
        made = "".join(map(self._piece, self._torn(text)))
        if "]" not in text and self.some(Odd.RAW):
            made = made.replace("&gt;", ">")
        if self.some(Odd.COMMENTS, 0.1):
            made += f"<!--{_LURE}-->"
        return made

    def _torn(self, text: str) -> list[str]:
        if len(text) < 2 or not self.odd & {Odd.CDATA, Odd.COMMENTS, Odd.REFERENCES, Odd.INSTRUCTIONS}:
            return [text]
        at = self.random.randrange(1, len(text))
        return [text[:at], text[at:]]

    def _piece(self, text: str) -> str:
        breaks = {"\r": "&#13;"}
        if self.some(Odd.CDATA, 0.3) and "]]>" not in text and "\r" not in text and text.isascii():
            return f"<![CDATA[{text}]]>"
        if text and self.some(Odd.REFERENCES, 0.4):
            return self._reference(text[0]) + escape(text[1:], breaks)
        if self.some(Odd.INSTRUCTIONS, 0.1):
            return f"<?okr {_LURE}?>" + escape(text, breaks)
        return escape(text, breaks)

    def words(self, text: str) -> str:
        """Character data of a text of the workbook, in which `_xHHHH_` is an escape."""
        made = _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
        if self.some(Odd.ESCAPES):
            made = "".join(map(self._escaped, text))
        return self.characters(made)

    def _escaped(self, character: str) -> str:
        if character != "_" and character >= " " and self.random.random() < 0.5 and character < "\ufffe":
            return character
        units = character.encode("utf-16-be")
        digits = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
        return "".join(f"_x{unit.upper() if self.random.random() < 0.5 else unit}_" for unit in digits)

    def runs(self, text: str) -> str:
        """The content of a shared or inline text."""
        if not self.some(Odd.RUNS, 0.8):
            return self._run(text) if text or self.random.random() < 0.7 else ""
        at = self.random.randint(0, len(text))
        made = self.gap()
        for piece in (text[:at], text[at:]):
            look = self.random.choice(("", self.element("rPr", {}, self.element("b", {}))))
            made += self.element("r", {}, look, self.gap(), self._run(piece)) + self.gap()
        guide = self.element("rPh", {"sb": "0", "eb": "1"}, self._run("no text")) if at else ""
        return made + guide + (self.element("phoneticPr", {"fontId": "1"}) if guide else "")

    def _run(self, text: str) -> str:
        keep = {"xml:space": "preserve"} if text.strip() != text or not text.isprintable() else {}
        return self.element("t", keep, self.words(text))

    def shared(self, text: str) -> str:
        """The number of a shared text."""
        if text in self._texts and self.random.random() < 0.8:
            return str(self._texts.index(text))
        self._texts.append(text)
        return str(len(self._texts) - 1)

    def texts(self) -> str:
        """The part that holds the shared texts."""
        items = [self.element("si", {}, self.runs(text)) + self.gap() for text in self._texts]
        return self._root("sst", {"count": str(len(items)), "uniqueCount": str(len(items))}, *items)

    def worksheet(self, tab: _Tab) -> str:
        """The part of one tab."""
        rows = _rows(self, tab)
        around = Odd.SURROUNDINGS in self.odd
        before = [*(_BEFORE if around else ()), *_columns(self, tab)]
        after = [*(_PROTECTION if around else ()), *_merged(self, tab), *(_AFTER if around else ())]
        if Odd.ALTERNATIVES in self.odd:
            after.append(_ALTERNATIVES)
        if Odd.EXTENSIONS in self.odd:
            after.append(_EXTENSIONS)
        data = self.element("sheetData", {}, self.gap(), *rows)
        return self._root("worksheet", {}, *self._apart(before), data, *self._apart(after))

    def _apart(self, elements: Sequence[str]) -> list[str]:
        return [self.gap() + one.replace("~", self.prefix) + self.gap() for one in elements]

    def _root(self, name: str, attributes: Mapping[str, str], *content: str) -> str:
        space = f'xmlns:{self.prefix[:-1]}="{MAIN}"' if self.prefix else f'xmlns="{MAIN}"'
        said = "".join(f" {self._attribute(key, value)}" for key, value in attributes.items())
        if self.some(Odd.ORDER):
            return f"<{self.prefix}{name} {_DECLARED}{said} {space}>{''.join(content)}</{self.prefix}{name}>"
        return f"<{self.prefix}{name} {space} {_DECLARED}{said}>{''.join(content)}</{self.prefix}{name}>"

    def encoded(self, root: str) -> bytes:
        """A part as bytes: the declaration, what may stand around the root, and the root."""
        name = {"utf-8-sig": "UTF-8", "cp1252": "windows-1252"}.get(self.encoding, self.encoding)
        declaration = f'<?xml version="1.0" encoding="{name.upper()}" standalone="yes"?>\n'
        if Odd.DECLARATION in self.odd:
            declaration = self.random.choice(
                (
                    f"<?xml version='1.0' encoding='{name}'?>",
                    f'<?xml  version="1.0"  encoding = "{name}"  ?>\r\n',
                )
                + (("", '<?xml version="1.0"?>') if name.lower().startswith("utf") else ())
            )
        text = declaration + self._around() + root + self._around()
        return text.encode(self.encoding, "xmlcharrefreplace")

    def _around(self) -> str:
        made = f"<!-- {_LURE} -->" if self.some(Odd.COMMENTS, 0.3) else ""
        return made + (f"<?okr {_LURE}?>\n" if self.some(Odd.INSTRUCTIONS, 0.3) else "")


_ENCODINGS = ("utf-8-sig", "utf-16", "iso-8859-1", "cp1252", "us-ascii", "utf-8")


def _spelled(tabs: Sequence[_Tab], odd: frozenset[Odd], random: Random, *, date1904: bool) -> Written:
    pen = _Pen(odd, random)
    names = [f"Tab{number}" for number, _ in enumerate(tabs, 1)]
    properties = f'<workbookPr date1904="{random.choice(("1", "true"))}"/>' if date1904 else ""
    made: dict[str, str | bytes] = {
        **parts(*("" for _ in tabs), texts=(), formats=("0",), properties=properties)
    }
    for name, tab in zip(names, tabs, strict=True):
        made[f"xl/worksheets/{name}.xml"] = pen.encoded(pen.worksheet(tab))
    made["xl/sharedStrings.xml"] = pen.encoded(pen.texts())
    made["xl/styles.xml"] = styles(FORMATS[1:])
    meant = Grid(tuple(_meant(name, tab) for name, tab in zip(names, tabs, strict=True)))
    return Written(zipped(made), meant, odd, made)


def _rows(pen: _Pen, tab: _Tab) -> list[str]:
    order = sorted(tab.rows)
    if Odd.DISORDER in pen.odd:
        pen.random.shuffle(order)
    made, above = [], 0
    for row in order:
        named = not (row == above + 1 and pen.some(Odd.NO_ROW_REFERENCES, 0.8))
        attributes = {"r": str(row)} if named else {}
        if row in tab.hidden_rows:
            attributes["hidden"] = pen.random.choice(("1", "true"))
        made += [pen.element("row", attributes, pen.gap(), *_cells(pen, row, tab.rows[row])), pen.gap()]
        above = row
    return made


def _cells(pen: _Pen, row: int, content: Mapping[int, _Content]) -> list[str]:
    order = sorted(content)
    if Odd.DISORDER in pen.odd:
        pen.random.shuffle(order)
    made, left = [], 0
    for column in order:
        named = not (column == left + 1 and pen.some(Odd.NO_CELL_REFERENCES, 0.8))
        reference = a1(row, column)
        if pen.some(Odd.SMALL):
            reference = reference.lower()
        made += [_cell(pen, reference if named else None, content[column]), pen.gap()]
        left = column
    return made


def _cell(pen: _Pen, reference: str | None, one: _Content) -> str:
    kind, inside = _how(pen, one)(pen, one)
    attributes = {
        key: value
        for key, value in (
            ("r", reference),
            ("s", None if one.style is None else str(one.style)),
            ("t", kind),
        )
        if value
    }
    if not kind and one.type == "" and pen.some(Odd.EXTRA, 0.3):
        attributes["t"] = "n"
    if Odd.EXTENSIONS in pen.odd and inside and pen.random.random() < 0.3:
        inside.append(_CELL_EXTENSION.replace("~", pen.prefix))
    return pen.element("c", attributes, *(part for piece in inside for part in (pen.gap(), piece)))


_Spelling = Callable[[_Pen, _Content], tuple[str, list[str]]]


def _how(pen: _Pen, one: _Content) -> _Spelling:
    if one.words is None:
        return _as_value
    ways: tuple[_Spelling, ...] = (_as_value,) if one.formula else (_as_value, _as_shared, _as_inline)
    return pen.random.choice(ways)


def _as_value(pen: _Pen, one: _Content) -> tuple[str, list[str]]:
    inside = [_formula(pen)] if one.formula else []
    if one.words is not None:
        keep = {"xml:space": "preserve"} if one.words.strip() != one.words else {}
        inside.append(pen.element("v", keep, pen.words(one.words)))
    elif one.value is not None:
        inside.append(pen.element("v", {}, pen.characters(one.value) if one.value else ""))
    return one.type, inside


def _as_shared(pen: _Pen, one: _Content) -> tuple[str, list[str]]:
    return "s", [pen.element("v", {}, pen.characters(pen.shared(one.words or "")))]


def _as_inline(pen: _Pen, one: _Content) -> tuple[str, list[str]]:
    return "inlineStr", [pen.element("is", {}, pen.runs(one.words or ""))]


def _formula(pen: _Pen) -> str:
    if pen.random.random() < 0.2:
        return pen.element("f", {"t": "shared", "si": "0"})
    return pen.element("f", {}, pen.characters(pen.random.choice(_FORMULAS)))


def _columns(pen: _Pen, tab: _Tab) -> list[str]:
    if tab.hidden_columns is None:
        return []
    first, last = map(str, tab.hidden_columns)
    return [
        pen.element("cols", {}, pen.element("col", {"min": first, "max": last, "hidden": "1", "width": "9"}))
    ]


def _merged(pen: _Pen, tab: _Tab) -> list[str]:
    ranges = [pen.element("mergeCell", {"ref": place}) for place in tab.merged]
    return [pen.element("mergeCells", {"count": str(len(ranges))}, *ranges)] if ranges else []


# What else worksheets hold; `~` stands for the prefix of the main namespace.
_BEFORE = (
    '<~sheetPr codeName="S"><~tabColor rgb="FF00FF00"/></~sheetPr>',
    '<~dimension ref="A1:C3"/>',
    '<~sheetViews><~sheetView workbookViewId="0"><~selection sqref="A1"/></~sheetView></~sheetViews>',
    '<~sheetFormatPr defaultRowHeight="15"/>',
)
_PROTECTION = (
    '<~sheetProtection sheet="1"/>',
    '<~autoFilter ref="A1:C3"><~filterColumn colId="0"/></~autoFilter>',
)
_RULE = '<~cfRule type="cellIs" priority="1" operator="lessThan"><~formula>5</~formula></~cfRule>'
_CHOICE = '<~dataValidation type="list" sqref="B1"><~formula1>"a,b"</~formula1></~dataValidation>'
_AFTER = (
    f'<~conditionalFormatting sqref="A1:A9">{_RULE}</~conditionalFormatting>',
    f'<~dataValidations count="1">{_CHOICE}</~dataValidations>',
    "<~headerFooter><~oddHeader>&amp;C&lt;c r=&quot;A1&quot;&gt;</~oddHeader></~headerFooter>",
    '<~rowBreaks count="1"><~brk id="1"/></~rowBreaks><~colBreaks count="1"><~brk id="2"/></~colBreaks>',
)
_ALTERNATIVES = (
    '<mc:AlternateContent><mc:Choice Requires="x14ac"><~controls><~control name="c" shapeId="1"/></~controls>'
    "</mc:Choice><mc:Fallback/></mc:AlternateContent>"
)
_SPARK = "<x14:sparkline><xm:f>Tab1!A1:B1</xm:f><xm:sqref>C1</xm:sqref></x14:sparkline>"
_EXTENSIONS = (
    f'<~extLst><~ext uri="a" xmlns:x14="{_X14}"><x14:sparklineGroups xmlns:xm="{_XM}"><x14:sparklineGroup>'
    f"<x14:sparklines>{_SPARK}</x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></~ext>"
    f'<~ext uri="b"><sheetData xmlns="urn:other"><row r="1">{_LURE}</row></sheetData></~ext>'
    '<~ext uri="c"><o:row r="2"><o:c r="A2"><o:v>9</o:v></o:c></o:row></~ext></~extLst>'
)
_CELL_EXTENSION = (
    '<~extLst><~ext uri="c"><o:v>9</o:v><v xmlns="urn:other">8</v><f xmlns="urn:other"/></~ext></~extLst>'
)

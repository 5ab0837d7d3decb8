"""A second reader of workbooks for tests: an ElementTree walk that follows the schema step by step.

It is slow, knows no limits and no odd packages, and reads cells only where the schema has them
(worksheet / sheetData / row / c). It shares no code with `sync.sources`.
"""

# ruff: noqa: DTZ001, S314  # sheets know no zones; what it reads are our own tests' files

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

from sync.core.grid import Cell, Kind, Style
from tests.raw_workbooks import MAIN, RELATIONS
from tests.sheet_xml import FORMATS

Place = tuple[int, int]

_M = f"{{{MAIN}}}"
_NUMBER = re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII)
_STYLES = {
    "%": Style.PERCENT,
    "y": Style.DATE,
    "h": Style.DATE,
    "[": Style.DATE,
    "@": Style.TEXT,
    "€": Style.CURRENCY,
}


class NotReadable(Exception):
    """The workbook is not well-formed, or says what the schema has no place for."""


class Unknown(NotReadable):
    """This reader does not know what the workbook says: an element stands where it must not, for instance."""


_PARENTS = {
    "sheetData": ("worksheet",), "row": ("sheetData",), "c": ("row",), "v": ("c",), "f": ("c",), "is": ("c",),
    "t": ("is", "si", "r", "rPh"), "r": ("is", "si"), "rPh": ("is", "si"), "si": ("sst",),
    "cellXfs": ("styleSheet",), "xf": ("cellXfs", "cellStyleXfs"), "numFmts": ("styleSheet",),
    "numFmt": ("numFmts", "dxf"), "sheets": ("workbook",), "sheet": ("sheets",), "workbookPr": ("workbook",),
}  # fmt: skip
_BUILT_IN = {"5": "€", "6": "€", "7": "€", "8": "€", "9": "0%"}
_ONCE = ("sheetData", "v", "f", "is", "t", "cellXfs", "numFmts", "sheets", "workbookPr")


class _Book(NamedTuple):
    texts: list[str]
    codes: list[str]
    date1904: bool


def cells(data: bytes) -> dict[str, dict[Place, Cell]]:
    """The cells of each tab by row and column. Raises NotReadable."""
    try:
        return dict(_tabs(ZipFile(BytesIO(data))))
    except (ET.ParseError, BadZipFile, zlib.error, EOFError) as error:
        raise NotReadable(repr(error)) from error
    except (LookupError, ValueError, OverflowError, AttributeError) as error:
        raise NotReadable(repr(error)) from error


def _tabs(archive: ZipFile) -> Iterator[tuple[str, dict[Place, Cell]]]:
    index = _part(archive, "xl/workbook.xml")
    links = {link.get("Id"): link for link in _part(archive, "xl/_rels/workbook.xml.rels")}
    book = _Book(_texts(archive), _codes(archive), _is_1904(index))
    for sheet in index.iterfind(f"{_M}sheets/{_M}sheet"):
        link = links[sheet.get(f"{{{RELATIONS}}}id")]
        root = _part(archive, f"xl/{link.attrib['Target']}")
        if root.tag != f"{_M}worksheet":
            raise NotReadable(root.tag)
        yield sheet.attrib["name"], _read(root, book)


def _part(archive: ZipFile, name: str) -> ET.Element:
    root = ET.fromstring(archive.read(name))
    for parent in root.iter():
        children = [child.tag.removeprefix(_M) for child in parent]
        for child in children:
            if parent.tag.removeprefix(_M) not in _PARENTS.get(child, (parent.tag.removeprefix(_M),)):
                raise Unknown(f"{child} in {parent.tag}")
            if child in _ONCE and children.count(child) > 1:
                raise Unknown(f"{child} more than once in {parent.tag}")
    return root


def _is_1904(index: ET.Element) -> bool:
    properties = index.find(f"{_M}workbookPr")
    return properties is not None and properties.get("date1904") in ("1", "true")


def _texts(archive: ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    return [_joined(item) for item in _part(archive, "xl/sharedStrings.xml").iterfind(f"{_M}si")]


def _codes(archive: ZipFile) -> list[str]:
    """The format code of each cell style; "" for General."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    root = _part(archive, "xl/styles.xml")
    formats = root.iterfind(f"{_M}numFmts/{_M}numFmt")
    declared = _BUILT_IN | {one.attrib["numFmtId"]: one.attrib["formatCode"] for one in formats}
    used = [declared.get(xf.get("numFmtId", "0")) for xf in root.iterfind(f"{_M}cellXfs/{_M}xf")]
    codes = ["General" if code is None else code for code in used]
    if set(codes) - {*FORMATS, "€", "0%"}:
        raise Unknown("a format code that only sync.core.number_formats classifies")
    return codes


def _read(root: ET.Element, book: _Book) -> dict[Place, Cell]:
    found: dict[Place, Cell] = {}
    row = 0
    for line in root.iterfind(f"{_M}sheetData/{_M}row"):
        row = int(line.get("r", row + 1))
        column = 0
        for element in line.iterfind(f"{_M}c"):
            row_of, column = _place(element.get("r"), row, column + 1)
            cell = _cell(element, book)
            if cell is not None:
                if row_of != row or (row, column) in found:
                    raise NotReadable(f"{element.get('r')} in row {row}")
                found[row, column] = cell
    return found


def _place(reference: str | None, row: int, column: int) -> Place:
    if reference is None:
        return row, column
    match = re.fullmatch(r"([A-Za-z]{1,3})([0-9]+)", reference, re.ASCII)
    if match is None:
        raise NotReadable(reference)
    number = 0
    for letter in match[1].upper():
        number = number * 26 + ord(letter) - 64
    return int(match[2]), number


def _cell(element: ET.Element, book: _Book) -> Cell | None:
    kind, formula = element.get("t", "n"), element.find(f"{_M}f") is not None
    value, inline = element.find(f"{_M}v"), element.find(f"{_M}is")
    code = (book.codes or ["General"])[int(element.get("s", "0"))]
    style = next((style for sign, style in _STYLES.items() if sign in code), Style.PLAIN)
    raw = None if value is None else "".join(value.itertext())
    if inline is not None:
        if value is not None or kind != "inlineStr":
            raise Unknown("an inline text in a cell of another type, or beside a value")
        raw = _joined(inline)
    if raw is None or (kind not in ("str", "inlineStr") and not raw.strip()):
        if formula:
            return Cell(Kind.UNCALCULATED, None, style, formula=True)
        return Cell(Kind.ERROR, "", style) if kind == "e" else None
    found = _valued(kind, raw, code, book)
    dated = kind == "d" and found.kind is not Kind.ERROR
    return found._replace(formula=formula, style=Style.DATE if dated else style)


def _valued(kind: str, raw: str, code: str, book: _Book) -> Cell:
    match kind:
        case "n" if _NUMBER.fullmatch(raw) and abs(float(raw)) < float("inf"):
            return _number(float(raw) + 0.0, code, date1904=book.date1904)
        case "s":
            return Cell(Kind.TEXT, book.texts[int(raw)])
        case "inlineStr":
            return Cell(Kind.TEXT, raw)
        case "str":
            return Cell(Kind.TEXT, _unescaped(raw))
        case "b" if raw.strip().lower() in ("0", "1", "true", "false"):
            return Cell(Kind.BOOL, raw.strip().lower() in ("1", "true"))
        case "d":
            return _iso(raw.strip())
        case "e":
            return Cell(Kind.ERROR, raw.strip())
        case _:
            return Cell(Kind.ERROR, raw)


def _iso(raw: str) -> Cell:
    try:
        moment = datetime.fromisoformat(raw).replace(tzinfo=None)
    except ValueError:
        try:
            return Cell(Kind.TIME, time.fromisoformat(raw).replace(tzinfo=None))
        except ValueError:
            return Cell(Kind.ERROR, raw)
    if moment.year < 1900:
        raise Unknown("a day before all calendars, which strict workbooks mean as a duration")
    return Cell(Kind.DATE, moment if moment.time() != time() else moment.date())


def _number(value: float, code: str, *, date1904: bool) -> Cell:
    if "h" not in code:
        return Cell(Kind.NUMBER, value)
    try:
        moment = timedelta(milliseconds=round(value * 86_400_000))
    except OverflowError:
        return Cell(Kind.NUMBER, value)
    if code.startswith("[h]"):
        return Cell(Kind.DURATION, moment) if abs(value) < 2_958_466 else Cell(Kind.NUMBER, value)
    if code == "hh:mm" and value < 61:
        if 0 <= value < 1:
            return Cell(
                Kind.TIME, (datetime(1, 1, 1) + min(moment, timedelta(days=1, milliseconds=-1))).time()
            )
        return Cell(Kind.DURATION, moment) if value >= 1 else Cell(Kind.NUMBER, value)
    return _day(value, moment, date1904=date1904)


def _day(value: float, moment: timedelta, *, date1904: bool) -> Cell:
    """Day 1 is 1 January 1900, day 60 never was; in the 1904 system day 0 is 1 January 1904."""
    if date1904:
        epoch, known = datetime(1904, 1, 1), moment.days >= 0
    else:
        epoch = datetime(1899, 12, 31) if moment.days < 60 else datetime(1899, 12, 30)
        known = moment.days >= 1 and moment.days != 60
    try:
        found: date = epoch + moment
    except OverflowError:
        known = False
    if not known or value >= 2_958_466:
        return Cell(Kind.NUMBER, value)
    assert isinstance(found, datetime)
    return Cell(Kind.DATE, found if found.time() != time() else found.date())


def _joined(item: ET.Element) -> str:
    """The text of a shared or inline string: its own and that of its runs, not the phonetic one."""
    runs = [*item.iterfind(f"{_M}t"), *item.iterfind(f"{_M}r/{_M}t")]
    return "".join(_unescaped("".join(run.itertext())) for run in runs)


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        return chr(int(match[1], 16))

    plain = re.sub(r"_x([0-9A-Fa-f]{4})_", character, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

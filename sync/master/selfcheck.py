"""Whether rows may be written in bulk with the XlsxWriter at hand: both ways are compared once.

`sync.master.bulk` relies on private names of XlsxWriter. A release that moves them costs speed, never a
wrong cell.
"""

from __future__ import annotations

import functools
import zipfile
from datetime import date
from io import BytesIO
from xml.etree import ElementTree as ET

from sync.master.bulk import rows
from sync.master.cells import Column, Formula, Placed, Sheet, Style, Table, Workbook
from sync.master.render import render


@functools.cache
def bulk_works() -> bool:
    """Whether both ways of writing give the same cells and styles with the XlsxWriter at hand."""
    try:
        return _reading(render(_SAMPLE, bulk=True).data) == _reading(render(_SAMPLE, bulk=False).data)
    except Exception:  # noqa: BLE001  # whatever its private names now do, the public ones still write
        return False


def sample_rows() -> bytes:
    """The sample's rows as they are written in bulk: whatever changes how rows look changes these too."""
    numbered: dict[Style, int] = {}
    found = rows(_SAMPLE.sheets[0], lambda style: numbered.setdefault(style, len(numbered)))
    return b"".join(some.xml() for some in found)


_SAMPLE = Workbook(
    "Sample",
    date(2026, 1, 5),
    (
        Sheet(
            "One",
            placed=(Placed(1, 2, "a <b> & _x0041_ \x02\n", Style(bold=True), link="external:x/y.xlsx#A!B1"),),
            table=Table(
                3,
                (
                    Column(
                        "Text",
                        ("=1+1", "x", " "),
                        Style(text=True),
                        links={0: "external:x/y.xlsx", 2: "https://z/"},
                    ),
                    Column(
                        "Number", (0.1, 2.0, None), Style("0.0%"), styles=[Style("0%"), Style(), Style("0%")]
                    ),
                    Column("Live", (Formula('IF(B4="","",B4)', 0.1), Formula('""', ""), True)),
                    Column("Day", (date(2026, 2, 28), 7, False), Style("yyyy-mm-dd")),
                ),
                name="Sample",
                outline=(0, 1, 2),
            ),
            heights={1: 30.0},
        ),
    ),
)
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _reading(data: bytes) -> list[object]:
    """A small workbook of our own, read back: rows, cells with their number formats, links, dimension."""
    page = _part(data, "xl/worksheets/sheet1.xml")
    shared = [_text(item) for item in _part(data, "xl/sharedStrings.xml")]
    formats = _cell_formats(_part(data, "xl/styles.xml"))
    rows = [{k: v for k, v in row.attrib.items() if k != "spans"} for row in page.iter(f"{_MAIN}row")]
    cells = [
        (cell.get("r"), formats[int(cell.get("s", "0"))], *_content(cell, shared))
        for cell in page.iter(f"{_MAIN}c")
    ]
    table = _part(data, "xl/tables/table1.xml")
    alike = [(table, "autoFilter"), (page, "dimension"), (page, "sheetFormatPr")]
    return [rows, cells, _links(data, page), table.attrib, *(_attributes(*part) for part in alike)]


def _links(data: bytes, page: ET.Element) -> list[object]:
    """Each link's cell and place, and where its relationship leads to."""
    relationships = _part(data, "xl/worksheets/_rels/sheet1.xml.rels")
    targets = {
        one.get("Id"): (one.get("Type"), one.get("Target"), one.get("TargetMode")) for one in relationships
    }
    return [
        (link.get("ref"), link.get("location"), targets[link.get(_ID)])
        for link in page.iter(f"{_MAIN}hyperlink")
    ]


def _cell_formats(styles: ET.Element) -> list[tuple[str, str]]:
    """Number format of each cell format, and whether it keeps texts as texts."""
    codes = {found.get("numFmtId"): found.get("formatCode", "") for found in styles.iter(f"{_MAIN}numFmt")}
    found = styles.find(f"{_MAIN}cellXfs")
    return [
        (codes.get(xf.get("numFmtId"), xf.get("numFmtId", "")), xf.get("quotePrefix", ""))
        for xf in (() if found is None else found)
    ]


def _part(data: bytes, name: str) -> ET.Element:
    with zipfile.ZipFile(BytesIO(data)) as package:
        if name not in package.namelist():
            return ET.Element("nothing")
        return ET.fromstring(package.read(name))  # noqa: S314  # we wrote it a moment ago


def _attributes(page: ET.Element, tag: str) -> list[list[tuple[str, str]]]:
    return [sorted(found.attrib.items()) for found in page.iter(f"{_MAIN}{tag}")]


def _content(cell: ET.Element, shared: list[str]) -> tuple[str, str | None, str]:
    """Kind, formula and value of a cell, whether its text is shared or its own."""
    kind = cell.get("t", "n")
    value = cell.findtext(f"{_MAIN}v", "")
    formula = cell.findtext(f"{_MAIN}f")
    if kind == "s":
        return "text", formula, shared[int(value)]
    if kind == "inlineStr":
        return "text", formula, _text(cell)
    return ("formula" if formula else kind), formula, str(float(value)) if value else ""


def _text(element: ET.Element) -> str:
    return "".join(element.itertext())

"""Workbooks with a byte, a tag or a value changed: the cells that they say now, or a refusal by name.

Never a crash, never a hang, never a cell that the changed file does not say (TRUST 5, 31). What it says is
read by tests/plain_reader.py, an ElementTree walk that shares no code with ours.
"""

# ruff: noqa: S314  # what it reads are our own tests' files

from __future__ import annotations

import copy
import faulthandler
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from xml.etree import ElementTree as ET

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Grid
from sync.core.policy import Limits
from sync.sources import xlsx
from tests import plain_reader
from tests.plain_reader import Place
from tests.raw_workbooks import MAIN, parts, sheet, zipped
from tests.sheet_xml import Odd, Written, written

HANGING = 120
"""Seconds after which a reading counts as hanging: the whole test process is ended, with a traceback."""

CELL_PARTS = ("xl/worksheets/Tab1.xml", "xl/worksheets/Tab1.xml", "xl/sharedStrings.xml", "xl/styles.xml")


@contextmanager
def watched() -> Iterator[None]:
    faulthandler.dump_traceback_later(HANGING, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def read(data: bytes) -> Grid | None:
    """The cells; None where the file is refused with a cause and a remedy."""
    with watched():
        try:
            return xlsx.read(data, Limits())
        except SourceUnreadable as error:
            refusal = error
    event("refused")
    assert refusal.cause.endswith(".")
    assert refusal.hint.endswith((".", "limit."))
    return None


def by_place(grid: Grid) -> dict[str, dict[Place, Cell]]:
    return {
        sheet.name: {
            (row, column): cell for row, found in sheet.rows.items() for column, cell in found.items()
        }
        for sheet in grid.sheets
    }


def judge(data: bytes) -> None:
    """Fails where our reader says other cells than the file does."""
    ours = read(data)
    try:
        theirs = plain_reader.cells(data)
    except plain_reader.Unknown:
        event("unknown")  # here it is enough that nothing breaks
        return
    except plain_reader.NotReadable as error:
        unreadable = str(error)
    else:
        assert ours is None or by_place(ours) == theirs
        return
    assert ours is None, f"we read what another cannot read: {unreadable}"


def test_the_plain_reader_reads_what_was_meant() -> None:
    @settings(max_examples=60)
    @given(written())
    def check(book: Written) -> None:
        assert plain_reader.cells(book.data) == by_place(book.meant)

    check()


# --- bytes ------------------------------------------------------------------------------------------

Edit = tuple[int, int, bytes]


@st.composite
def edited(draw: st.DrawFn, data: bytes, pieces: st.SearchStrategy[bytes]) -> bytes:
    """The bytes with one to three ranges flipped, cut, overwritten, doubled or swelled."""
    mutant = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(mutant) - 1, 0)))
        length = draw(st.sampled_from((0, 1, 1, 2, 7, 40, 400)))
        match draw(st.sampled_from(("flip", "cut", "put", "double", "insert"))):
            case "flip" if mutant:
                mutant[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del mutant[at : at + length]
            case "put":
                mutant[at : at + length] = draw(pieces)
            case "double":
                mutant[at:at] = mutant[at : at + length]
            case _:
                mutant[at:at] = draw(pieces)
    return bytes(mutant)


NOISE = st.binary(min_size=1, max_size=4)
MARKUP = st.sampled_from((
    b"<", b">", b"/", b'"', b"'", b"&", b";", b"\0", b"\xff", b" ", b"9", b"-", b"e", b"<f/>", b"<row>",
    b"</c>", b"<c>", b'<c r="A1">', b"<v>1</v>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x ", b"?>",
    b"&#1;", b"&lt;", b'<row r="1"><c r="A1"><v>9</v></c></row>', b' r="A1"', b' t="s"', b' s="3"',
    b"<is><t>x</t></is>", b"_x000D_",
))  # fmt: skip


@settings(max_examples=100)
@given(written(tabs=1), st.data())
def test_changed_bytes_of_the_file_give_the_same_cells_or_a_refusal(
    book: Written, data: st.DataObject
) -> None:
    """Each part carries a checksum: what can be read at all is what was written."""
    found = read(data.draw(edited(book.data, NOISE)))
    if found is not None:
        assert all(sheet == book.meant.sheet(sheet.name) for sheet in found.sheets)


@settings(max_examples=70)
@given(written(tabs=1), st.data())
def test_changed_deflated_bytes_with_a_checksum_that_fits(book: Written, data: st.DataObject) -> None:
    """The packed bytes of a part, wherever the damage leads; the checksum is made to fit what unpacks."""
    part = data.draw(st.sampled_from(CELL_PARTS))
    judge(_repacked(book.parts, part, data.draw(edited(_packed(book.parts[part]), NOISE))))


@settings(max_examples=120)
@given(written(), st.data())
def test_changed_bytes_of_a_part_say_what_they_say_now(book: Written, data: st.DataObject) -> None:
    part = data.draw(st.sampled_from([*CELL_PARTS, *book.parts]))
    text = book.parts[part]
    mutant = data.draw(edited(text.encode() if isinstance(text, str) else text, NOISE | MARKUP))
    judge(zipped({**book.parts, part: mutant}))


def _packed(text: str | bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text.encode() if isinstance(text, str) else text) + packer.flush()


def _repacked(made: Mapping[str, str | bytes], part: str, packed: bytes) -> bytes:
    """A zip archive in which the part's deflated bytes are these, and checksum and sizes fit them."""
    unpacked = b""
    with suppress(zlib.error):
        unpacked = zlib.decompressobj(-15).decompress(packed)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {**{n: c for n, c in made.items() if n != part}, part: packed}.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        at = archive.infolist()[-1].header_offset
    data = bytearray(buffer.getvalue())
    said = struct.pack("<LLL", zlib.crc32(unpacked), len(packed), len(unpacked))
    for header, method, sums in ((at, 8, 14), (data.rindex(b"PK\x01\x02"), 10, 16)):
        data[header + method] = zipfile.ZIP_DEFLATED
        data[header + sums : header + sums + 12] = said
    return bytes(data)


def test_a_part_that_was_only_packed_anew_reads_alike() -> None:
    """So that what the mutants show is the mutation's doing."""

    @settings(max_examples=5)
    @given(written())
    def check(book: Written) -> None:
        part = "xl/worksheets/Tab1.xml"
        assert read(_repacked(book.parts, part, _packed(book.parts[part]))) == book.meant

    check()


# --- elements ---------------------------------------------------------------------------------------

ET.register_namespace("", MAIN)
ATTRIBUTES = ("r", "s", "t", "hidden", "numFmtId", "formatCode", "name", "date1904", "min", "max", "ref")
VALUES = (
    "", "0", "1", "-1", "2", "4", "5", "6", "7", "8", "99", "007", "1.5", "A1", "A2", "B1", "b3", "C",
    "XFD1", "XFE1", "ÄA1", "1048577", "99999999999", "x", "n", "s", "b", "str", "inlineStr", "e", "d",
    "true", "0%", "@", "h", "٣",
)  # fmt: skip
TEXTS = (
    None, "", " ", "0", "1", "2", "60", "-3", "59.5", "0.25", "1e300", "1e999", "nan", "1_0", "1,5", " 5 ",
    "٣", "true", "#N/A", "x", "_x0041_", "_xD800_", "2026-10-09", "2026-02-30", "2958466",
    "46304.99999999999",
)  # fmt: skip
NAMES = ("c", "v", "f", "is", "t", "r", "row", "si", "rPh", "sheetData", "xf", "other")
TAGS = tuple(f"{{{MAIN}}}{name}" for name in NAMES)
CHANGES = ("set", "set", "unset", "say", "say", "rename", "drop", "double", "move", "swap")


@st.composite
def rearranged(draw: st.DrawFn, part: bytes) -> bytes:
    """The part with one to three elements or attributes changed, moved, doubled or dropped."""
    root = ET.fromstring(part)
    for _ in range(draw(st.integers(1, 3))):
        parents = {child: parent for parent in root.iter() for child in parent}
        if not parents:
            break
        element = draw(st.sampled_from(list(parents)))
        _rearrange(draw, element, parents)
    return ET.tostring(root)


def _rearrange(draw: st.DrawFn, element: ET.Element, parents: Mapping[ET.Element, ET.Element]) -> None:
    parent = parents[element]
    match draw(
        st.sampled_from(("set", "set", "unset", "say", "say", "rename", "drop", "double", "move", "swap"))
    ):
        case "set":
            element.set(draw(st.sampled_from(ATTRIBUTES)), draw(st.sampled_from(VALUES)))
        case "unset" if element.attrib:
            del element.attrib[draw(st.sampled_from(sorted(element.attrib)))]
        case "say":
            element.text = draw(st.sampled_from(TEXTS))
        case "rename":
            element.tag = draw(st.sampled_from(TAGS))
        case "drop":
            parent.remove(element)
        case "double":
            parent.insert(draw(st.integers(0, len(parent))), copy.deepcopy(element))
        case "move":
            others = [other for other in parents if other not in set(element.iter())]
            if others:
                parent.remove(element)
                draw(st.sampled_from(others)).append(element)
        case "swap":
            children = list(parent)
            parent[:] = draw(st.permutations(children))


@settings(max_examples=100)
@given(written((Odd.RUNS, Odd.NO_CELL_REFERENCES, Odd.SURROUNDINGS, Odd.EXTENSIONS)), st.data())
def test_rearranged_elements_say_what_they_say_now(book: Written, data: st.DataObject) -> None:
    part = data.draw(st.sampled_from([*CELL_PARTS, "xl/workbook.xml"]))
    text = book.parts[part]
    mutant = data.draw(rearranged(text.encode() if isinstance(text, str) else text))
    judge(zipped({**book.parts, part: mutant}))


LURE = '<c r="A1"><v>9</v></c>'


@pytest.mark.parametrize(
    ("rows", "after"),
    (
        ("", f'<mergeCells><row r="1">{LURE}</row></mergeCells>'),
        ("", f'<extLst><ext uri="x"><row r="1">{LURE}</row></ext></extLst>'),
        ("", f'<sheetData><row r="1">{LURE}</row></sheetData>'),
        (f'<row r="1"><extLst><ext uri="x">{LURE}</ext></extLst></row>', ""),
        (f'<row r="1"><other>{LURE}</other></row>', ""),
        ('<row r="1"><c r="A1"><v>1</v><v>9</v></c></row>', ""),
        ('<row r="1"><c r="A1"><v>1</v><is><t>9</t></is></c></row>', ""),
        ('<row r="1"><c r="A1"><v>1</v><extLst><ext uri="x"><v>9</v></ext></extLst></c></row>', ""),
        ('<row r="1"><c r="A1"><v>1<v>9</v></v></c></row>', ""),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t>1</t><t>9</t></is></c></row>', ""),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t>1</t><other><t>9</t></other></is></c></row>', ""),
    ),
)  # fmt: skip
def test_an_element_out_of_its_place_is_no_value(rows: str, after: str) -> None:
    """Nothing in the tab may come out as 9, or as part of a text that holds 9."""
    made = parts("")
    made["xl/worksheets/Tab1.xml"] = sheet(rows, after=after)
    with suppress(SourceUnreadable):
        found = xlsx.read(zipped(made), Limits())
        assert all("9" not in cell.text for cell in by_place(found)["Tab1"].values())


def test_both_inner_ways_read_mutants_alike() -> None:
    """What `WAYS` of the spellings' test names must not differ on damaged workbooks either."""
    from tests.test_sources_spellings import WAYS, outcome

    @settings(max_examples=60)
    @given(written(tabs=1), st.data())
    def check(book: Written, data: st.DataObject) -> None:
        part = data.draw(st.sampled_from(CELL_PARTS))
        text = book.parts[part]
        text = text.encode() if isinstance(text, str) else text
        mutant = data.draw(rearranged(text) | edited(text, NOISE | MARKUP))
        hostile = zipped({**book.parts, part: mutant})
        assert outcome(WAYS[0], hostile) == outcome(WAYS[1], hostile)

    check()

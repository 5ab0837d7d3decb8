"""Files that are damaged, attacks or no workbook: each is refused by name, none read wrong (TRUST 31)."""

# ruff: noqa: S311  # noise that does not compress need not be secret

from __future__ import annotations

import dataclasses
import random
import struct
import time
import zipfile
import zlib
from functools import cache
from io import BytesIO

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from sync.core.errors import SourceUnreadable
from sync.core.grid import Grid
from sync.core.policy import Limits
from sync.sources.xlsx import read
from tests.raw_workbooks import MAIN, parts, relations, sheet, workbook, zipped

ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)
XLS = "it is an old Excel workbook (.xls)."
TWINS = parts(ROW, ROW)
TWINS["xl/workbook.xml"] = TWINS["xl/workbook.xml"].replace("Tab2", "TAB1")
DATED = parts(ROW.replace('A1"', 'A1" s="1"'), formats=("yyyy-mm-dd",))
BACKWARDS = '<cols><col min="5" max="2" hidden="1"/></cols>'
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


def cause(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(SourceUnreadable) as refusal:
        read(data, limits or Limits())
    assert refusal.value.hint.endswith((".", "limit."))
    return refusal.value.cause


def changed(part: str, old: str, new: str) -> bytes:
    """A workbook with one tab in which a part's text was replaced."""
    made = parts(ROW)
    assert old in made[part]
    made[part] = made[part].replace(old, new)
    return zipped(made)


def with_parts(**more: str) -> bytes:
    """A zip archive with these parts; two underscores stand for a slash, one for a dot."""
    return zipped({name.replace("__", "/").replace("_", "."): content for name, content in more.items()})


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        (b"", "the file is empty."),
        (bytes(9000), "the file holds only zeros; its copy or sync broke off."),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>Sign in</html>", "it is a web page"),
        (b'<?xml version="1.0"?><html xmlns="x">', "it is a web page"),
        (b"ID,Objective\nO1,Win", "it is a text file, such as a CSV."),
        ("ID;Ziel\nO1;Größe".encode("utf-16"), "it is a text file, such as a CSV."),
        (b'<?xml version="1.0"?><Workbook>', "it is an XML file."),
        (b"%PDF-1.7\n\x00\x01", "it is a PDF document."),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "it is no Excel workbook."),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "it is encrypted, by a password"),
        (OLE + "Workbook".encode("utf-16-le"), XLS),
        (b"\x09\x08\x10\x00\x00\x06", XLS),
        (with_parts(mimetype="application/vnd.oasis", content_xml="<x/>"), "an OpenDocument"),
        (with_parts(**{"_rels__.rels".replace(".", "_"): relations(), "xl__workbook_bin": "b"}), "(.xlsb)"),
        (with_parts(Index__Document_iwa="x"), "an Apple Numbers"),
        (with_parts(word__document_xml="<x/>"), "it is a Word document."),
        (with_parts(ppt__presentation_xml="<x/>"), "it is a presentation."),
        (with_parts(readme_txt="x"), "it is a zip archive without a workbook."),
        (zipped({}), "it is a zip archive without a workbook."),
    ),
)
def test_a_file_that_is_no_workbook_is_refused_as_what_it_is(data: bytes, expected: str) -> None:
    assert expected in cause(data)


@pytest.mark.parametrize("gone", tuple(parts(ROW, texts=("<t>x</t>",), formats=("0",))))
def test_a_missing_part_is_named(gone: str) -> None:
    made = parts(ROW, texts=("<t>x</t>",), formats=("0",))
    del made[gone]
    assert cause(zipped(made)) == f"the file is damaged: its part {gone} is missing."


def test_a_doctype_is_refused_in_every_part_and_encoding() -> None:
    made = parts(ROW, texts=("<t>x</t>",), formats=("0",))
    for part, content in made.items():
        for encoding in ("utf-8", "utf-16"):
            hostile = f'<?xml version="1.0" encoding="{encoding}"?>{DOCTYPE}{content}'.encode(encoding)
            assert cause(zipped({**made, part: hostile})).startswith("its XML holds a DOCTYPE"), part


# ---------------------------------------------------------------- unusual but honest


@pytest.mark.parametrize(
    "data",
    (
        pytest.param(workbook(ROW, strict=True), id="strict OOXML"),
        pytest.param(zipped(parts(ROW), compression=zipfile.ZIP_STORED), id="stored"),
        pytest.param(zipped({k: v.encode("utf-16") for k, v in parts(ROW).items()}), id="UTF-16"),
        pytest.param(
            zipped(
                {
                    k: f'<?xml version="1.0" encoding="windows-1252"?>{v}'.encode("cp1252")
                    for k, v in parts(ROW).items()
                }
            ),
            id="windows-1252",
        ),
        pytest.param(
            changed("xl/_rels/workbook.xml.rels", "worksheets/", "/xl/worksheets/"), id="absolute targets"
        ),
        pytest.param(changed("xl/_rels/workbook.xml.rels", "worksheets/", "./x/../worksheets/"), id="dots"),
        pytest.param(changed("_rels/.rels", "xl/workbook", "/xl/workbook"), id="absolute workbook"),
        pytest.param(changed("_rels/.rels", "xl/workbook", "XL/Workbook"), id="case of part names"),
        pytest.param(
            zipped({k.replace("/", "\\"): v for k, v in parts(ROW).items()}), id="backslashes in part names"
        ),
        pytest.param(
            zipped(
                {
                    **parts(ROW),
                    "xl/worksheets/Tab1.xml": f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1">'
                    '<x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>',
                }
            ),
            id="prefixed namespace",
        ),
        pytest.param(
            zipped(
                {
                    **parts(ROW),
                    "xl/worksheets/Tab1.xml": sheet(
                        '<other xmlns="urn:x"><c r="B1"><v>7</v></c></other>' + ROW,
                        before="<?mso x?><!-- <c/> -->",
                    ),
                }
            ),
            id="foreign elements",
        ),
        pytest.param(
            zipped(
                {
                    **parts(ROW),
                    "xl/_rels/workbook.xml.rels": relations(
                        "worksheet=worksheets/Tab1.xml",
                        'sharedStrings=http://127.0.0.1/s.xml TargetMode="External"',
                        'externalLinkPath=file:///etc/passwd TargetMode="External"',
                    ),
                }
            ),
            id="external targets are ignored",
        ),
    ),
)
def test_unusual_workbooks_read_like_the_usual_one(data: bytes) -> None:
    assert read(data, Limits()) == read(workbook(ROW), Limits())


def test_no_shared_strings_are_needed() -> None:
    rows = '<row><c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c></row>'
    assert read(workbook(rows), Limits()).sheets[0].cell(1, 1).value == "inline"


@pytest.mark.parametrize("encoding", ("shift_jis", "no-such", "utf-7", "rot13"))
def test_an_encoding_that_cannot_be_read_is_named(encoding: str) -> None:
    made = parts(ROW)
    made["xl/workbook.xml"] = f'<?xml version="1.0" encoding="{encoding}"?>' + made["xl/workbook.xml"]
    assert cause(zipped(made)) == f"its XML is written in the encoding {encoding}."


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        (changed("xl/workbook.xml", "</sheets>", ""), "its part xl/workbook.xml is no XML"),
        (changed("xl/workbook.xml", "r:id", "id"), "its tab Tab1 points to no part"),
        (changed("xl/workbook.xml", 'name="Tab1"', ""), "one of its tabs has no name"),
        (
            changed("xl/_rels/workbook.xml.rels", "/worksheet", "/worsheet"),
            "its tab Tab1 is no kind of sheet that is known",
        ),
        (
            zipped({**DATED, "xl/_rels/workbook.xml.rels": relations("worksheet=worksheets/Tab1.xml")}),
            "a cell has the style 1, which the workbook does not define",
        ),
        (changed("xl/worksheets/Tab1.xml", MAIN, "urn:other"), "xl/worksheets/Tab1.xml is no worksheet"),
        (workbook(), "it holds no worksheet"),
        (
            zipped(TWINS),
            "two of its tabs are named TAB1",
        ),
        (zipped({**parts(ROW), "XL/workbook.xml": "<x/>"}), "it holds the part XL/workbook.xml twice"),
        (
            changed("xl/worksheets/Tab1.xml", "<sheetData>", BACKWARDS + "<sheetData>"),
            "the columns of the tab Tab1 are described in an impossible way",
        ),
        (workbook(ROW).replace(b"PK\x05\x06", b"PK\x05\x07"), "the file is cut short or damaged"),
        (workbook(ROW).replace(b"xl/", b"x/", 1), "the file is cut short or damaged"),
        (
            zipped({**DATED, "xl/styles.xml": DATED["xl/styles.xml"].replace("formatCode", "code", 1)}),
            "its number format 164 has no code",
        ),
    ),
)
def test_damage_is_named(data: bytes, expected: str) -> None:
    assert expected in cause(data)


def test_a_password_inside_the_zip_is_named() -> None:
    data = bytearray(workbook(ROW))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "it is encrypted" in cause(bytes(data))


def test_an_unusual_compression_is_refused() -> None:
    assert cause(zipped(parts(ROW), compression=zipfile.ZIP_LZMA)) == "it is packed in an unusual way."


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    """The directory says 10 bytes where 100,000 unpack: the checksum gives it away."""
    made = {**parts(ROW), "xl/worksheets/Tab1.xml": sheet(ROW * 2000)}
    data = zipped(made)
    size = struct.pack("<L", len(made["xl/worksheets/Tab1.xml"]))
    assert size in data
    assert "cut short or damaged" in cause(data.replace(size, struct.pack("<L", 10)))


# ---------------------------------------------------------------- more than one workbook may take


def test_a_bomb_is_refused_by_its_ratio_before_it_unpacks() -> None:
    made = {**parts(ROW), "xl/worksheets/Tab1.xml": sheet(" " * 150_000_000)}
    data = zipped(made)
    started = time.perf_counter()
    assert "unpacks to more than 100 times its size" in cause(data)
    assert time.perf_counter() - started < 10


def test_small_parts_may_be_packed_as_tightly_as_they_like() -> None:
    assert read(workbook(" " * 90_000 + ROW), Limits()) == read(workbook(ROW), Limits())


def test_all_parts_together_are_counted() -> None:
    noise = random.Random(1).randbytes(60_000).hex()
    data = workbook(*(f"<!--{noise}-->" for _ in range(5)))
    limits = dataclasses.replace(Limits(), inflated=512 * 1024)
    assert cause(data, limits) == "it unpacks to more than 0 MiB."
    assert len(read(data, Limits()).sheets) == 5


def test_a_part_that_many_tabs_point_to_is_counted_each_time() -> None:
    noise = random.Random(1).randbytes(60_000).hex()
    made = parts(f"<!--{noise}-->")
    tabs = "".join(f'<sheet name="T{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 900))
    made["xl/workbook.xml"] = made["xl/workbook.xml"].replace("</sheets>", tabs + "</sheets>")
    limits = dataclasses.replace(Limits(), inflated=2 * 1024 * 1024)
    assert cause(zipped(made), limits) == "it unpacks to more than 2 MiB."


def test_too_many_entries_are_refused_before_the_archive_is_opened() -> None:
    data = zipped({**parts(ROW), **{f"junk/{n}": "" for n in range(1000)}})
    assert cause(data) == "it consists of more than 1,000 parts."


def test_too_many_tabs_are_refused() -> None:
    made = parts(ROW)
    tabs = "".join(f'<sheet name="T{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2000))
    made["xl/workbook.xml"] = made["xl/workbook.xml"].replace("</sheets>", tabs + "</sheets>")
    assert cause(zipped(made)) == "it has more than 1,000 tabs."


def test_cells_are_capped_over_all_tabs_and_styled_blanks_are_free() -> None:
    limits = dataclasses.replace(Limits(), cells=4)
    three = "<row><c><v>1</v></c><c><v>1</v></c><c/><c><v>1</v></c></row>"
    assert len(read(workbook(three, ROW), limits).sheets) == 2
    assert (
        cause(workbook(three, ROW + "<row><c><f>A1</f></c></row>"), limits) == "it holds more than 4 cells."
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        (workbook(ROW, texts=("<t>a</t>",) * 5), "it holds more than 4 texts."),
        (workbook(ROW, formats=("0",) * 4), "it defines more than 4 cell styles."),
    ),
)
def test_texts_and_styles_are_capped_like_cells(data: bytes, expected: str) -> None:
    assert cause(data, dataclasses.replace(Limits(), cells=4)) == expected


def test_many_styled_blank_rows_hold_nothing() -> None:
    rows = "".join(f'<row r="{n}" s="1"><c r="A{n}" s="1"/></row>' for n in range(1, 50_001))
    assert read(workbook(rows, formats=("0",)), Limits()).sheets[0].rows == {}


# ---------------------------------------------------------------- any damage (and test_sources_mutants.py)


@cache
def sample() -> bytes:
    """A workbook as XlsxWriter makes it, with every kind of cell."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer)
    first = book.add_worksheet("Key Results")
    for row in range(12):
        first.write_string(row, 0, f"MKT-O1-KR{row} äöü 😀")
        first.write_number(row, 1, row * 1.5, book.add_format({"num_format": "0.0%"}))
        first.write_formula(row, 2, "=B1*2", None, row)
        first.write_boolean(row, 3, row % 2 == 0)
    book.add_worksheet("Team").merge_range("A1:B2", "Unit")
    book.define_name("okrsync_book_id", '="x"')
    book.close()
    return buffer.getvalue()


def test_a_file_cut_short_anywhere_is_refused() -> None:
    """A zip archive's directory stands at its end, so no beginning of one is a workbook."""
    data = sample()
    for length in (*range(64), *range(64, len(data), 31), *range(len(data) - 64, len(data))):
        assert cause(data[:length]), length


def survives(data: bytes) -> Grid | None:
    try:
        return read(data, Limits())
    except SourceUnreadable:
        return None


@given(st.text(alphabet='<>/="rcvstf019AZ _x&;\0\ud800', max_size=200))
def test_any_text_as_sheet_gives_a_grid_or_a_refusal(text: str) -> None:
    made = parts("")
    body = f'<worksheet xmlns="{MAIN}"><sheetData>{text}</sheetData></worksheet>'
    survives(zipped({**made, "xl/worksheets/Tab1.xml": body.encode("utf-8", "surrogatepass")}))


def test_a_token_of_many_megabytes_costs_what_it_weighs() -> None:
    """expat reads an unfinished token again with every piece it is given."""
    noise = zlib.compress(random.Random(1).randbytes(1_000_000)).hex()
    data = workbook(f'<row r="{noise * 12}"/>')
    started = time.perf_counter()
    assert "a row number of the tab Tab1" in cause(data)
    assert time.perf_counter() - started < 10

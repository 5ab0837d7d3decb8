"""Each file fault, through `okrsync check`: read like the usual file, or refused by name (TRUST 31, 33)."""

# ruff: noqa: S311  # noise that does not compress need not be secret

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.core.errors import SourceUnreadable
from sync.core.policy import Limits
from sync.sources import xlsx
from tests.company import TODAY, okrsync
from tests.grids import workbook
from tests.hostile import DUE, book, book_parts, checked, rows_of
from tests.raw_workbooks import MAIN, relations, zipped
from tests.test_sources_hostile import OLE, with_parts

USUAL = book()
PARTS = book_parts(workbook(key_results=DUE))
SHEETS = ("Team", "Objectives", "Key Results")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Marketing.xlsx"


def altered(change: Callable[[str], str | bytes], *, only: str = "") -> bytes:
    """The usual workbook with the text of its parts changed."""
    return zipped({name: change(text) if only in name else text for name, text in PARTS.items()})


def prefixed(text: str) -> str:
    if f'<worksheet xmlns="{MAIN}">' not in text:
        return text
    return (
        text.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
    )


def strict(text: str) -> str:
    main = text.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
    return main.replace(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    )


def without_references(text: str) -> str:
    """Cells by their order alone; the blank ones between them are written out."""

    def row(match: re.Match[str]) -> str:
        cells = dict(re.findall(r'<c r="([A-Z]+)[0-9]+"(.*?</c>)', match[2]))
        return "<row>" + "".join(f"<c{cells[c]}" if c in cells else "<c/>" for c in "ABCDEFGHIJK") + "</row>"

    return re.sub(r'<row r="([0-9]+)">(.*?)</row>', row, text)


READ_ALIKE = {
    "strict OOXML": altered(strict),
    "UTF-16 parts": altered(lambda text: text.encode("utf-16")),
    "prefixed namespaces": altered(prefixed),
    "no r= attributes": altered(without_references, only="sheets/Tab"),
    "absolute relationship targets": altered(
        lambda text: text.replace('Target="worksheets', 'Target="/xl/worksheets'), only="workbook.xml.rels"
    ),
    "a byte order mark": altered(lambda text: text.encode("utf-8-sig")),
}


@pytest.mark.parametrize("item", READ_ALIKE)
def test_unusual_files_say_what_the_usual_one_says(file: Path, item: str) -> None:
    """None of them has shared strings, either."""
    file.write_bytes(USUAL)
    usual = rows_of(file)
    file.write_bytes(READ_ALIKE[item])
    assert READ_ALIKE[item] != USUAL
    assert checked(file).problems == []
    assert rows_of(file) == usual


SAVE_AS = "save it as an Excel workbook (.xlsx)."
AGAIN = "Copy or download the file again"
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "truncated": (USUAL[: len(USUAL) // 2], "the file is cut short or damaged", AGAIN),
    "truncated to nothing": (b"", "the file is empty.", AGAIN),
    "zeros after a broken copy": (bytes(5000), "the file holds only zeros", AGAIN),
    "a web page": (
        b"<!DOCTYPE html><html>Sign in",
        "it is a web page, probably a sign-in",
        "Sign in and download",
    ),
    "a CSV": (b"ID,Objective\nO1,Win\n", "it is a text file, such as a CSV.", SAVE_AS),
    "encrypted": (
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "it is encrypted, by a password",
        "Remove the protection",
    ),
    ".xls named .xlsx": (
        OLE + "Workbook".encode("utf-16-le"),
        "it is an old Excel workbook (.xls).",
        SAVE_AS,
    ),
    ".xlsb named .xlsx": (
        zipped({"_rels/.rels": relations(), "xl/workbook.bin": b"x"}),
        "a binary Excel workbook (.xlsb).",
        SAVE_AS,
    ),
    ".ods named .xlsx": (
        with_parts(mimetype="application/vnd.oasis", content_xml="<x/>"),
        "an OpenDocument spreadsheet (.ods).",
        SAVE_AS,
    ),
    "a zip bomb": (
        zipped({**PARTS, "xl/worksheets/Tab3.xml": " " * 40_000_000}),
        "its part xl/worksheets/Tab3.xml unpacks to more than 100 times its size.",
        "`[limits]` sets the limit.",
    ),
    "a DOCTYPE": (
        altered(lambda text: '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + text, only="Tab3"),
        "its XML holds a DOCTYPE",
        "Do not trust this file",
    ),
    "an encoding nobody knows": (
        altered(lambda text: f'<?xml version="1.0" encoding="ebcdic-x"?>{text}', only="Tab3"),
        "its XML is written in the encoding ebcdic-x.",
        SAVE_AS,
    ),
    "a part missing": (
        zipped({name: text for name, text in PARTS.items() if "Tab3" not in name}),
        "the file is damaged: its part xl/worksheets/Tab3.xml is missing.",
        "Open it in Excel and save it again",
    ),
}


@pytest.mark.parametrize("item", REFUSED)
def test_trust_33_a_refused_file_is_named_with_the_cause_and_the_remedy(file: Path, item: str) -> None:
    data, cause, remedy = REFUSED[item]
    file.write_bytes(data)
    answer = checked(file)
    assert (answer.code, answer.state) == (4, "unreadable")
    [problem] = answer.problems
    assert problem.code == "S110"
    assert problem.message.startswith("The workbook could not be read: ")
    assert cause in problem.message
    assert remedy in problem.hint


@pytest.mark.parametrize(
    ("name", "cause"),
    (("a.xls", "(.xls)"), ("a.xlsb", "(.xlsb)"), ("a.ods", "(.ods)"), ("a.numbers", "Numbers")),
)
def test_other_formats_are_named_by_their_extension(tmp_path: Path, name: str, cause: str) -> None:
    (tmp_path / name).write_bytes(b"anything")
    [problem] = checked(tmp_path / name).problems
    assert (problem.code, cause in problem.message, SAVE_AS in problem.hint) == ("S110", True, True)


@pytest.mark.parametrize("share", (0.1, 0.5, 0.9, 0.99, 0.9999))
def test_a_file_truncated_at_any_byte_is_refused(file: Path, share: float) -> None:
    """Every byte of one: test_sources_hostile.py, test_a_file_cut_short_anywhere_is_refused."""
    file.write_bytes(USUAL[: int(len(USUAL) * share)])
    assert [problem.code for problem in checked(file).problems] == ["S110"]


def test_trust_15_the_others_are_read_beside_every_refused_file(tmp_path: Path) -> None:
    """| good.xlsx | one file a fault |: the good one's findings are those it has alone."""
    (tmp_path / "good.xlsx").write_bytes(USUAL)
    alone = checked(tmp_path / "good.xlsx")
    for number, (data, _, _) in enumerate(REFUSED.values()):
        (tmp_path / f"bad {number}.xlsx").write_bytes(data)
    answer = okrsync("check", str(tmp_path), "--format", "csv", "--as-of", TODAY)
    assert answer.code == 3
    assert answer.out.count("S110") == len(REFUSED)
    assert alone.problems == []
    assert [line for line in answer.out.splitlines() if line.startswith("good.xlsx,S")] == []


@pytest.mark.parametrize("thing", ("folder", "pipe", "link out of the folder", "link to nowhere", "device"))
def test_trust_31_what_is_no_file_is_refused_and_holds_nobody(tmp_path: Path, thing: str) -> None:
    teams = tmp_path / "teams"
    teams.mkdir()
    odd = teams / "odd.xlsx"
    if thing == "folder":
        odd.mkdir()
    elif thing == "pipe":
        os.mkfifo(odd)
    elif thing == "device":
        odd.symlink_to("/dev/zero")
    else:
        (tmp_path / "secret.xlsx").write_bytes(USUAL)
        odd.symlink_to(tmp_path / ("secret.xlsx" if "out" in thing else "none.xlsx"))
    answer = okrsync("check", str(teams), "--as-of", TODAY)
    assert answer.code in (3, 4)
    assert "odd.xlsx" in answer.out
    assert "S110" in answer.out


# --- much ---------------------------------------------------------------------------------------------


def large(rows: str) -> bytes:
    """The usual workbook with these rows below its Key Results."""
    return altered(lambda text: text.replace("</sheetData>", rows + "</sheetData>"), only="Tab3")


@pytest.mark.slow
def test_a_million_blank_formatted_rows_hold_nothing(file: Path) -> None:
    rows = "".join(
        f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/></row>' for n in range(10, 1_000_010)
    )
    file.write_bytes(USUAL)
    usual = rows_of(file)
    file.write_bytes(large(rows))
    assert rows_of(file) == usual


def test_a_cell_in_the_last_corner_costs_nothing(file: Path) -> None:
    """Not a row of the table: no column that is known has it."""
    file.write_bytes(USUAL)
    usual = rows_of(file)
    file.write_bytes(large('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    assert checked(file).problems == []
    assert rows_of(file) == usual


def test_more_cells_than_the_limit_are_refused() -> None:
    cells = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{random.Random(n).random()}</v></c></row>' for n in range(10, 99)
    )
    with pytest.raises(SourceUnreadable, match=r"it holds more than 50 cells\. Delete what is not needed"):
        xlsx.read(large(cells), Limits(cells=50))


def test_a_read_only_folder_is_read_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    teams = tmp_path / "teams"
    teams.mkdir()
    (teams / "Marketing.xlsx").write_bytes(USUAL)
    (teams / "Marketing.xlsx").chmod(0o444)
    teams.chmod(0o555)
    before = {path.name: path.stat().st_mtime_ns for path in (teams, *teams.iterdir())}
    assert checked(teams / "Marketing.xlsx").problems == []
    assert {path.name: path.stat().st_mtime_ns for path in (teams, *teams.iterdir())} == before
    teams.chmod(0o755)


@pytest.mark.parametrize("lock", ("~$Marketing.xlsx", ".~lock.Marketing.xlsx#"))
def test_a_lock_beside_the_file_is_no_file_of_its_own(tmp_path: Path, lock: str) -> None:
    (tmp_path / "Marketing.xlsx").write_bytes(USUAL)
    (tmp_path / lock).write_bytes(b"\x03Kim" + bytes(160))
    answer = okrsync("check", str(tmp_path), "--as-of", TODAY)
    assert answer.code < 3
    assert "lock" not in answer.out
    assert "1 workbook checked" in answer.out

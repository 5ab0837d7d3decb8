"""Lists of people and units: CSV in the ways that programs write it, and never a shifted row."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.errors import SourceUnreadable
from sync.core.grid import Cell, Kind
from sync.core.policy import Limits
from sync.sources import lists
from tests.raw_workbooks import workbook


def rows(folder: Path, data: bytes | str, name: str = "people.csv", **options: str) -> list[list[str]]:
    """The texts of a list, row by row; missing cells are left out."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    sheet = lists.read(path, Limits(), **options).sheets[0]
    assert all(cell.kind is Kind.TEXT for cells in sheet.rows.values() for cell in cells.values())
    return [[str(cell.value) for cell in cells.values()] for cells in sheet.rows.values()]


def cause(folder: Path, data: bytes | str, name: str = "people.csv", **options: str) -> str:
    with pytest.raises(SourceUnreadable) as refusal:
        rows(folder, data, name, **options)
    return refusal.value.cause


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        ("Name,Email\nAda,a@x.org\n", [["Name", "Email"], ["Ada", "a@x.org"]]),
        ("Name;Email\r\nAda;a@x.org\r\n", [["Name", "Email"], ["Ada", "a@x.org"]]),
        ("Name\tEmail\nAda\ta@x.org", [["Name", "Email"], ["Ada", "a@x.org"]]),
        ("\ufeffName;Work, mail;Unit\nÅsa;a@x;S\n", [["Name", "Work, mail", "Unit"], ["Åsa", "a@x", "S"]]),
        ('"Na;me","E""mail"\n"Lee, Kim","k\n@x"\n', [["Na;me", 'E"mail'], ["Lee, Kim", "k\n@x"]]),
        ("Name;Email\nÅsa;a@x.org\n".encode("utf-16"), [["Name", "Email"], ["Åsa", "a@x.org"]]),
        ("Unit\nNA\n007\n1E5\n None \n", [["Unit"], ["NA"], ["007"], ["1E5"], [" None "]]),
        ("\n,,\nA,B,C\n\n1,,3\n,,\n\n", [["A", "B", "C"], ["1", "3"]]),
        ("", []),
        ("\ufeff", []),
        ("Name,Email\rAda,a@x.org\r", [["Name", "Email"], ["Ada", "a@x.org"]]),
        ('"Name","Note"\r\n"Ada","two\r\nlines"\r\n', [["Name", "Note"], ["Ada", "two\r\nlines"]]),
        ('\ufeff"Na;me";Email\nAda;a@x\n', [["Na;me", "Email"], ["Ada", "a@x"]]),
        (
            "Name;Größe\nÅsa;1,5\n".encode("utf-16-be").join((b"\xfe\xff", b"")),
            [["Name", "Größe"], ["Åsa", "1,5"]],
        ),
        ("sep=;\nName;Note\nAda;a,b,c\n", [["Name", "Note"], ["Ada", "a,b,c"]]),
        ("\ufeffsep=|\r\nName|Note\r\nAda|a;b,c\r\n", [["Name", "Note"], ["Ada", "a;b,c"]]),
        (
            "Name,Note\nAda,one\u2028two\x85three\x0bfour\n",
            [["Name", "Note"], ["Ada", "one\u2028two\x85three\x0bfour"]],
        ),
        ('Name,Note\nAda,5" pipe\n', [["Name", "Note"], ["Ada", '5" pipe']]),
        ("Name,Note\nAda,=1+1\nKim,\tx\n", [["Name", "Note"], ["Ada", "=1+1"], ["Kim", "\tx"]]),
        ("Name,Note,\nAda,x,\n", [["Name", "Note"], ["Ada", "x"]]),
    ),
)
def test_trust_08_fields_are_texts_byte_for_byte(tmp_path, data, expected) -> None:
    assert rows(tmp_path, data) == expected


def test_a_cell_of_a_list_has_the_place_that_a_spreadsheet_gives_it(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text('\nUnit,Parent\n"two\nlines",\nSales,Firm\n')
    sheet = lists.read(path, Limits()).sheets[0]
    assert sheet.name == "units"
    assert sheet.rows == {
        2: {1: Cell(Kind.TEXT, "Unit"), 2: Cell(Kind.TEXT, "Parent")},
        3: {1: Cell(Kind.TEXT, "two\nlines")},
        4: {1: Cell(Kind.TEXT, "Sales"), 2: Cell(Kind.TEXT, "Firm")},
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    (
        ("Name,Email,Unit\nLee, Kim,k@x,Sales\n", "its header has 3 fields, but row 2 has 4."),
        ("Name,Email,Unit\nLee,k@x,S\nAda,a@x\n", "its header has 3 fields, but row 3 has 2."),
        ("A,B\n" + "1\n" * 8, "row 5 has 1, row 6 has 1 and 3 more rows."),
        ('A,B\n1,"x\n', "its quotation marks do not match"),
        ('A,B\n1,"x"y\n', "its quotation marks do not match"),
        ("A,B;C\n1,2;3\n", "its header can be split at more than one sign."),
        ("Name,Größe\n".encode("latin-1"), "its text is not written in the encoding UTF-8."),
        (workbook("<row/>"), "it is a workbook that is named like a CSV file."),
        ("Name,Email\nAda,a\0b\n", "its text holds NUL characters"),
        ("Name,Email\nAda,a@x\n".encode("utf-16-le"), "its text holds NUL characters"),
        ("Name,Email\nAda,a@x\n".encode("utf-32"), "its text holds NUL characters"),
        ("Name;Größe\n".encode("utf-16")[:-1], "its text is not written in the encoding UTF-16."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "its text is not written in the encoding UTF-8."),
        ("<!DOCTYPE html><html><body>Sign in, please</body></html>", "it is a web page"),
        ("\ufeff\r\n<html>\n", "it is a web page"),
        ('Name,Note\nAda, "a, b"\n', "its header has 2 fields, but row 2 has 3."),
        ("Name,Note\nAda,x,\n", "its header has 2 fields, but row 2 has 3."),
        ("Name\nLee, Kim\n", "its header has 1 field, but row 2 has 2."),
        ("sep=;\nName,Note\nAda;x\n", "its header has 1 field, but row 3 has 2."),
        ('Name,Note\nAda,"' + "x" * 200_000 + "\n", "its quotation marks do not match"),
    ),
)
def test_a_list_whose_columns_are_in_doubt_is_refused_as_a_whole(tmp_path, data, expected) -> None:
    assert expected in cause(tmp_path, data)


def test_a_declared_delimiter_and_encoding_are_believed(tmp_path: Path) -> None:
    assert rows(tmp_path, "A,B;C\n1,2;3\n", delimiter=";") == [["A,B", "C"], ["1,2", "3"]]
    assert rows(tmp_path, "A,Größe\n".encode("latin-1"), encoding="latin-1") == [["A", "Größe"]]
    assert rows(tmp_path, "A|B,C\n1|2,3\n", delimiter="|") == [["A", "B,C"], ["1", "2,3"]]
    for encoding in (
        "utf-8",
        "utf-16-le",
        "utf-16-be",
        "utf-16",
        "utf-8-sig",
    ):  # the mark is no part of the text
        data = "\ufeffA,Größe\n".encode(encoding)
        assert rows(tmp_path, data, encoding=encoding) == [["A", "Größe"]]
    for encoding in ("no-such", "undefined", "rot13", "a\0b"):
        assert (
            cause(tmp_path, "A", encoding=encoding) == f"its text is not written in the encoding {encoding}."
        )
    for delimiter in (";;", "\n", '"'):
        assert (
            cause(tmp_path, "A", delimiter=delimiter)
            == "the separator that is declared for it is no single sign."
        )


def test_a_workbook_is_read_where_a_list_is_expected(tmp_path: Path) -> None:
    data = workbook('<row><c t="str"><v>Name</v></c></row>')
    assert rows(tmp_path, data, "people.xlsx") == [["Name"]]
    assert "it is a text file" in cause(tmp_path, "Name\n", "people.xlsx")


def test_a_list_has_limits(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("A,B\n1,2\n3,4\n")
    with pytest.raises(SourceUnreadable, match="it holds more than 5 cells"):
        lists.read(path, dataclasses.replace(Limits(), cells=5))
    path.write_text("," * 10 + "\n")  # counted before it takes memory
    with pytest.raises(SourceUnreadable, match="it holds more than 5 cells"):
        lists.read(path, dataclasses.replace(Limits(), cells=5))
    path.write_text("A,B\n1,2\n3,4\n")
    with pytest.raises(SourceUnreadable, match="it has 12 bytes, and the limit is 11"):
        lists.read(path, dataclasses.replace(Limits(), file_size=11))
    with pytest.raises(SourceUnreadable, match="the file is gone"):
        lists.read(tmp_path / "none.csv", Limits())


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(
    st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=6),
    st.sampled_from(lists.DELIMITERS),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_csv_writer_wrote_reads_back(tmp_path_factory, table, delimiter, quoting) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows([("Name", "Email", "Unit"), *table])
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_bytes(text.getvalue().encode("utf-8"))
    sheet = lists.read(path, Limits()).sheets[0]
    for row, record in enumerate(table, 2):
        assert tuple(sheet.cell(row, column).text for column in (1, 2, 3)) == record


@given(
    st.binary(max_size=40)
    | st.text("\"'\0,;\t\n\r\ufeff aä", max_size=40).map(str.encode)
    | st.text(max_size=20).map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.sampled_from(("", ",", ";", "x")),
    st.sampled_from(("", "latin-1", "utf-16", "utf-7", "cp037")),
)
def test_any_bytes_are_a_list_of_equal_rows_or_a_refusal(tmp_path_factory, data, delimiter, encoding) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    try:
        sheet = lists.read(path, Limits(), delimiter=delimiter, encoding=encoding).sheets[0]
    except SourceUnreadable as error:
        refusal = error
    else:
        assert all(
            cell.kind is Kind.TEXT and cell.value for cells in sheet.rows.values() for cell in cells.values()
        )
        return
    assert refusal.cause.endswith(".")
    assert refusal.hint.endswith(".")

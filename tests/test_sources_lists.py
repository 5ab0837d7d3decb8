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
    ),
)
def test_a_list_whose_columns_are_in_doubt_is_refused_as_a_whole(tmp_path, data, expected) -> None:
    assert expected in cause(tmp_path, data)


def test_a_declared_delimiter_and_encoding_are_believed(tmp_path: Path) -> None:
    assert rows(tmp_path, "A,B;C\n1,2;3\n", delimiter=";") == [["A,B", "C"], ["1,2", "3"]]
    assert rows(tmp_path, "A,Größe\n".encode("latin-1"), encoding="latin-1") == [["A", "Größe"]]
    assert cause(tmp_path, "A", encoding="no-such") == "its text is not written in the encoding no-such."


def test_a_workbook_is_read_where_a_list_is_expected(tmp_path: Path) -> None:
    data = workbook('<row><c t="str"><v>Name</v></c></row>')
    assert rows(tmp_path, data, "people.xlsx") == [["Name"]]
    assert "it is a text file" in cause(tmp_path, "Name\n", "people.xlsx")


def test_a_list_has_limits(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("A,B\n1,2\n3,4\n")
    with pytest.raises(SourceUnreadable, match="it holds more than 5 cells"):
        lists.read(path, dataclasses.replace(Limits(), cells=5))
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

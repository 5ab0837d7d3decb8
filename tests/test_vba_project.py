"""vbaProject.bin as others read it: oletools decompresses and lists the modules, olefile walks the file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import olefile
import pytest
import xlwings
from hypothesis import given
from hypothesis import strategies as st

from addin.compound import compound_file
from addin.compression import CHUNK, compress
from addin.vba_project import Module, obscured, vba_project
from tests.vba import decompressed, modules_in

MODULES = (
    Module("ThisWorkbook", of="workbook"),
    Module("Sheet1", of="sheet"),
    Module("Hello", 'Public Sub Hello()\n    MsgBox "Grüezi"\nEnd Sub\n'),
    Module("Long", "\n".join(f"Sub Number{at}(): Debug.Print {at * 7919}: End Sub" for at in range(900))),
)
words = st.lists(st.sampled_from(["Sub ", "End Sub\r\n", "Dim x As Long", "'", "\t", "aaaaaaaa", "é"]))


def test_oletools_reads_the_text_that_we_wrote() -> None:
    found = modules_in(vba_project("okr", MODULES))
    assert found == {module.name: module.source().decode("cp1252") for module in MODULES}
    assert found["Hello"].splitlines()[1:] == ["Public Sub Hello()", '    MsgBox "Grüezi"', "End Sub"]


def test_olefile_finds_no_defect_and_the_streams_that_a_project_has() -> None:
    file = olefile.OleFileIO(vba_project("okr", MODULES), raise_defects=olefile.DEFECT_UNSURE)
    assert file.parsing_issues == []
    streams = sorted("/".join(path) for path in file.listdir())
    inside = [f"VBA/{name}" for name in ("Hello", "Long", "Sheet1", "ThisWorkbook", "_VBA_PROJECT", "dir")]
    assert streams == ["PROJECT", "PROJECTwm", *inside]


def test_the_same_modules_give_the_same_bytes() -> None:
    assert vba_project("okr", MODULES) == vba_project("okr", MODULES)


@given(words)
def test_compressed_source_comes_back_whole(parts: list[str]) -> None:
    data = "".join(parts).encode("cp1252")
    assert decompressed(compress(data)) == data


@given(st.binary(max_size=3 * CHUNK))
def test_any_bytes_come_back_whole_or_are_refused(data: bytes) -> None:
    """Only a rest that compression makes longer is refused: the format has no way to say where it ends."""
    try:
        packed = compress(data)
    except ValueError:
        assert len(data) % CHUNK > CHUNK * 8 // 9 - 2
    else:
        assert decompressed(packed) == data


@pytest.mark.parametrize("size", (1, 15, 16, 17, 4_095, 4_096, 4_097, 8_192, 40_000))
def test_repetition_is_kept_as_references_at_every_window_size(size: int) -> None:
    data = (b"abcdefghij" * 4_000)[:size]
    packed = compress(data)
    assert decompressed(packed) == data
    assert len(packed) < 40 + size / 40


@given(st.dictionaries(st.text("abcXYZ", min_size=1, max_size=9), st.binary(max_size=9_000), max_size=12))
def test_streams_of_all_sizes_come_back_whole(streams: dict[str, bytes]) -> None:
    """Below 4,096 bytes they lie in small sectors, above in large ones; names differ by more than case."""
    unique = {name.upper(): data for name, data in streams.items()}
    file = olefile.OleFileIO(compound_file({"Inside": unique}), raise_defects=olefile.DEFECT_UNSURE)
    assert file.parsing_issues == []
    assert {path[-1]: file.openstream(path).read() for path in file.listdir()} == unique


def test_a_large_stream_makes_the_table_longer() -> None:
    data = bytes(range(256)) * 4_000
    file = olefile.OleFileIO(compound_file({"Big": data}), raise_defects=olefile.DEFECT_UNSURE)
    assert file.openstream("Big").read() == data


def test_the_protection_fields_are_made_as_office_makes_them() -> None:
    """Compared with those in a file of xlwings, which Excel opens: same id, seed and filler."""
    with zipfile.ZipFile(Path(xlwings.__file__).parent / "quickstart_addin_ribbon.xlam") as archive:
        file = olefile.OleFileIO(io.BytesIO(archive.read("xl/vbaProject.bin")))
    lines = dict(
        line.split("=", 1)
        for line in file.openstream("PROJECT").read().decode("cp1252").splitlines()
        if "=" in line
    )
    project_id = lines["ID"].strip('"')
    fields = {"CMG": bytes(4), "DPB": bytes(1), "GC": bytes([255])}
    made = {
        name: f'"{obscured(data, project_id, filler=bytes.fromhex("9BFF"))}"' for name, data in fields.items()
    }
    assert made == {name: lines[name] for name in fields}

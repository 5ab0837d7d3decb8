"""Reading one team's workbook, every tab of it, from its bytes: ours, the floor, and the libraries.

CPU seconds on one core, medians over rounds in which each way reads each of several different workbooks.
Before the clock starts, the numbers and texts that ours, openpyxl and calamine see are compared.
"""

from __future__ import annotations

import gc
import io
import statistics
import struct
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from benchmarks.company import workbook
from benchmarks.figures import Figure, medians, shown
from sync.core.policy import Limits
from sync.sources import xlsx

Way = Callable[[], object]
Rows = Sequence[Sequence[object]]

_NEEDED = ("xl/worksheets/sheet", "xl/sharedStrings", "xl/styles", "xl/workbook.xml", "xl/_rels/", "_rels/")
_TABS = ("Team", "Objectives", "Key Results", "Check-ins")
_LOCAL_HEADER, _LENGTHS_AT = 30, 26


def figures(*, books: int, rounds: int) -> list[Figure]:
    """How fast we read against each of the others."""
    taken = compare([workbook(23 + 37 * at, 10_000) for at in range(books)], rounds)
    ours = taken["ours"]
    runs = f"{rounds} rounds over {books} workbooks"

    def against(name: str, what: str, target: str = "", *, slower: bool = False) -> Figure:
        ratio = f"{ours / taken[name]:.1f} × its time" if slower else f"{taken[name] / ours:.1f} × faster"
        return Figure("… " + what, ratio, shown(taken[name]), target, runs)

    return [
        Figure("one team workbook, all tabs, one core", shown(ours), "", "", runs),
        against("inflate", "against inflating the same parts", "≤ 9 ×", slower=True),
        against("zipfile", "against reading the same parts with zipfile", slower=True),
        against("calamine", "against python-calamine, all sheets", "≤ 2 ×", slower=True),
        against("openpyxl", "against openpyxl, read only"),
        against("pandas", "against pandas + openpyxl in one call, all sheets", "≥ 10 ×"),
        against("pandas four", "against pandas + openpyxl, a call for each of four tabs"),
    ]


def compare(books: Iterable[bytes], rounds: int) -> dict[str, float]:
    """CPU seconds of each way for one workbook: the median of its medians over the workbooks."""
    each = []
    for data in books:
        ways = _ways(data)
        gc.freeze()  # what the libraries hold for good is no business of whoever has its turn
        with _quiet():
            _same_cells(data)
            each.append(medians(ways, rounds))
        gc.unfreeze()
    return {name: statistics.median(taken[name] for taken in each) for name in each[0]}


def _ways(data: bytes) -> Mapping[str, Way]:
    parts = _parts(data)
    return {
        "ours": lambda: xlsx.read(data, Limits()),
        "inflate": lambda: [zlib.decompress(raw, -zlib.MAX_WBITS) for raw, _ in parts],
        "zipfile": lambda: _unzip(data, [name for _, name in parts]),
        "calamine": lambda: _by_calamine(data),
        "openpyxl": lambda: _by_openpyxl(data),
        "pandas": lambda: _by_pandas(data, None),
        "pandas four": lambda: [_by_pandas(data, tab) for tab in _TABS],
    }


def _unzip(data: bytes, names: Iterable[str]) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in names]


def _by_calamine(data: bytes) -> dict[str, Rows]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def _by_openpyxl(data: bytes) -> dict[str, Rows]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def _by_pandas(data: bytes, tab: str | None) -> object:
    import pandas as pd

    return pd.read_excel(io.BytesIO(data), sheet_name=tab, engine="openpyxl")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without openpyxl's warnings of what it drops."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _parts(data: bytes) -> list[tuple[bytes, str]]:
    """(raw deflate bytes, name) of the parts that a reader of all tabs needs."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.startswith(_NEEDED)]
    found = []
    for entry in entries:
        lengths = struct.unpack_from("<2H", data, entry.header_offset + _LENGTHS_AT)
        starts = entry.header_offset + _LOCAL_HEADER + sum(lengths)
        found.append((data[starts : starts + entry.compress_size], entry.filename))
    return found


def _same_cells(data: bytes) -> None:
    """Fails unless all three readers see the same numbers and texts in the tabs that people fill."""
    grid, by_openpyxl, by_calamine = xlsx.read(data, Limits()), _by_openpyxl(data), _by_calamine(data)
    for tab in _TABS:
        sheet = grid.sheet(tab)
        assert sheet is not None
        ours = _counted([[cell.value for cell in row.values()] for row in sheet.rows.values()])
        assert ours
        assert ours == _counted(by_openpyxl[tab])
        assert ours == _counted(by_calamine[tab])


def _counted(rows: Rows) -> Counter[object]:
    """How often each text and number stands there; not blanks and dates, which each reader shows its way."""
    return Counter(
        float(value) if isinstance(value, int | float) else value
        for row in rows
        for value in row
        if isinstance(value, str | int | float) and value != ""
    )

"""Our reader against openpyxl and python-calamine, cell by cell, on workbooks of every kind.

Where they differ a row of DIFFERENCES has to say so, and why ours is right; anything else fails with both
values. The corpus is tests/corpus.py, as XlsxWriter, openpyxl and LibreOffice save it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import xlsxwriter

from sync.core.grid import BLANK, Cell, Grid, Kind, Sheet, Style
from sync.core.policy import Limits
from sync.sources import xlsx
from tests import corpus, oracles
from tests.office import resaved
from tests.oracles import Value


class Difference(NamedTuple):
    """What a cell is, what each library may say of it (None: only what we say), and why ours is right."""

    what: str
    ours: Callable[[Cell], bool]
    openpyxl: Callable[[Value], bool] | None
    calamine: Callable[[Value], bool] | None
    why: str


def nothing(said: Value) -> bool:
    return said is None


def a_moment(said: Value) -> bool:
    return isinstance(said, date | time)


def is_a(kind: Kind) -> Callable[[Cell], bool]:
    return lambda cell: cell.kind is kind


DIFFERENCES = (
    Difference(
        "an error", is_a(Kind.ERROR), None, nothing,
        "calamine drops errors; a cell with #REF! is not blank (TRUST 5)",
    ),
    Difference(
        "a formula that gave an empty text",
        lambda cell: cell == Cell(Kind.TEXT, "", cell.style, formula=True), nothing, nothing,
        "it holds something: whoever counts filled cells counts it (TRUST 6)",
    ),
    Difference(
        "a formula that its writer did not calculate",
        is_a(Kind.UNCALCULATED), lambda said: said in (None, 0), lambda said: said in (None, 0.0),
        "XlsxWriter puts 0 there and asks for calculation; no number was ever computed (TRUST 5)",
    ),
    Difference(
        "a text with _xHHHH_",
        lambda cell: cell.kind is Kind.TEXT and any(sign in cell.text for sign in ("\r", "aAb", "_x")),
        lambda said: isinstance(said, str) and "_x" in said, None,
        "it is the file's spelling of a character; openpyxl hands it on as it is written",
    ),
    Difference(
        "a number that is no day, in a date or time format",
        lambda cell: cell.kind is Kind.NUMBER and cell.style is Style.DATE and not_a_day(cell.value),
        lambda said: a_moment(said) or said == "#VALUE!", a_moment,
        "29 February 1900, day 0, negative days and days after 9999 are none of the calendar",
    ),
    Difference(
        "day 0 of the 1904 system",
        lambda cell: cell.kind is Kind.DATE and str(cell.value).startswith("1904-01-01"),
        lambda said: isinstance(said, time), lambda said: isinstance(said, time),
        "there day 0 is 1 January 1904; both take it for a time",
    ),
    Difference(
        "one to 61 days in a format that shows the time alone",
        lambda cell: isinstance(cell.value, timedelta) and 1 <= cell.value / timedelta(days=1) < 61,
        a_moment, a_moment,
        "36 hours typed into a cell of hh:mm are a duration, and no day of January 1900",
    ),
)  # fmt: skip


def not_a_day(value: object) -> bool:
    return isinstance(value, float) and not (61 <= value < 2_957_004 or 1 <= value < 60)


def same(ours: Cell, said: Value) -> bool:
    """Whether both say the same; a day is a date to us and often a midnight to others."""
    value = ours.value
    if isinstance(value, date) and isinstance(said, date):
        return abs(_moment(value) - _moment(said)) <= timedelta(milliseconds=1)
    return isinstance(value, bool) == isinstance(said, bool) and value == said


def _moment(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def compare(files: Sequence[Path]) -> set[str]:
    """The differences met; fails with every cell for which the table has none."""
    met: set[str] = set()
    wrong: list[str] = []
    for library in ("openpyxl", "calamine"):
        for path, seen in zip(files, oracles.seen_by(library, files), strict=True):
            grid = xlsx.read(path.read_bytes(), Limits())
            assert isinstance(seen, dict), f"{library} cannot read {path.name}: {seen}"
            assert list(seen) == [sheet.name for sheet in grid.sheets]
            for sheet in grid.sheets:
                said = seen[sheet.name]
                places = {
                    (row, column) for row, cells in sheet.rows.items() for column in cells
                } | said.keys()
                for place in sorted(places):
                    ours, other = sheet.cell(*place), said.get(place)
                    if same(ours, other):
                        continue
                    known = known_difference(library, ours, other)
                    met |= {known}
                    if not known:
                        wrong.append(f"{path.name}, {sheet.name}!{place}: ours {ours}, {library} {other!r}")
    assert not wrong, "\n".join(wrong)
    return met


def known_difference(library: str, ours: Cell, said: Value) -> str:
    for row in DIFFERENCES:
        allowed = row.openpyxl if library == "openpyxl" else row.calamine
        if ours != BLANK and allowed and row.ours(ours) and allowed(said):
            return row.what
    return ""


def compare_layouts(files: Sequence[Path]) -> None:
    """Fails where openpyxl sees another tab hidden, range merged, cell computed or percent-formatted."""
    for path, layout in zip(files, oracles.layouts(files), strict=True):
        for sheet in xlsx.read(path.read_bytes(), Limits()).sheets:
            cells = {
                f"{row},{column}": cell for row, found in sheet.rows.items() for column, cell in found.items()
            }
            ours = {
                "hidden": sheet.hidden,
                "merged": sorted(sheet.merged),
                "hidden_rows": sorted(sheet.hidden_rows),
                "hidden_columns": sorted(sheet.hidden_columns),
                "formulas": sorted(place for place, cell in cells.items() if cell.formula),
                "percent": sorted(place for place, cell in cells.items() if cell.style is Style.PERCENT),
            }
            assert ours == layout[sheet.name], f"{path.name}, {sheet.name}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return corpus.made(tmp_path_factory.mktemp("corpus"))


@pytest.mark.slow
def test_what_libraries_wrote_reads_as_in_openpyxl_and_calamine(files: list[Path]) -> None:
    """Every row of the table is met here, so that none outlives its reason."""
    assert compare(files) == {row.what for row in DIFFERENCES} - {"a formula that gave an empty text"}
    compare_layouts(files)


@pytest.mark.slow
def test_what_libreoffice_saved_reads_as_in_openpyxl_and_calamine(
    files: list[Path], soffice: str, tmp_path: Path
) -> None:
    alike = ("Company", "Department", "number format 1", "number format 2")  # to LibreOffice
    saved = resaved(soffice, tmp_path, *(path for path in files if not path.stem.startswith(alike)))
    assert "a formula that gave an empty text" in compare(saved)
    compare_layouts(saved)


def written(path: Path, row: int, column: int, value: float) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Tab").write_number(row - 1, column - 1, value)
    return path


def test_a_difference_that_no_row_explains_is_shown_with_both_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """| A1 | 5, which a broken reader takes for 6 |"""
    path = written(tmp_path / "a.xlsx", 1, 1, 5)
    wrong = Grid((Sheet("Tab", {1: {1: Cell(Kind.NUMBER, 6.0)}}),))
    monkeypatch.setattr(xlsx, "read", lambda *_: wrong)
    with pytest.raises(AssertionError, match=r"a.xlsx, Tab!\(1, 1\): ours .*6\.0.*, openpyxl 5\n"):
        compare([path])


def test_a_stray_cell_in_the_last_corner_is_read_where_calamine_aborts(tmp_path: Path) -> None:
    """Why the oracles run in processes of their own, and ask again for the files that are left."""
    stray, usual = written(tmp_path / "far.xlsx", 1_048_576, 16_384, 5), written(tmp_path / "a.xlsx", 1, 1, 5)
    assert xlsx.read(stray.read_bytes(), Limits()).sheets[0].cell(1_048_576, 16_384).value == 5.0
    first, second = oracles.seen_by("calamine", [stray, usual])
    assert isinstance(first, str)
    assert second == {"Tab": {(1, 1): 5.0}}

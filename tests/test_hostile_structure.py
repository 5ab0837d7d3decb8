"""Each structure fault, through `okrsync check`: the same rows, or a problem that helps (TRUST 10)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from sync.core.grid import Cell, Grid, Kind, Sheet
from tests.grids import table, workbook
from tests.hostile import DUE, book_parts, checked, key_results, rows_of
from tests.raw_workbooks import zipped

IDS = ("MKT-O1-KR1", "MKT-O1-KR2", "MKT-O2-KR1")
PLAIN = key_results(DUE)


class Fault(NamedTuple):
    """What was done, the ids of the key results still read, and (code, place, words) of what is told."""

    item: str
    grid: Grid
    ids: tuple[str, ...] = IDS
    told: tuple[tuple[str, str, str], ...] = ()


def tabs(change: Callable[[tuple[Sheet, ...]], tuple[Sheet, ...]]) -> Grid:
    return Grid(change(workbook(key_results=DUE).sheets))


def lines(text: str, **options: tuple[str, ...]) -> Grid:
    """A workbook whose Key Results are these rows."""
    head = "ID | Objective ID | Key result | Owner | Measure | Start | Target | Current"
    body = "\n".join(line.strip() for line in text.strip().splitlines())
    return workbook(key_results=key_results(f"{head}\n{body}", **options))


def columns(order: tuple[int, ...]) -> Sheet:
    """The tab with its columns in another order."""
    rows = {
        row: {order.index(at) + 1: cell for at, cell in cells.items()} for row, cells in PLAIN.rows.items()
    }
    return PLAIN._replace(rows=rows)


def with_header(old: str, new: str) -> Grid:
    header = {
        at: cell._replace(value=new) if cell.value == old else cell for at, cell in PLAIN.rows[1].items()
    }
    return workbook(key_results=PLAIN._replace(rows={**PLAIN.rows, 1: header}))


def shifted(by: int, above: dict[int, dict[int, Cell]]) -> Sheet:
    return PLAIN._replace(rows=above | {row + by: cells for row, cells in PLAIN.rows.items()})


K1 = "K1 | MKT-O1 | Grow | Kim | Increase | 0 | 10 | 5"
HEADER = "ID | Objective ID | Key result | Owner | Measure | Start | Target | Current"
OTHER = "ID | Objective ID | Key result | Owner | Measure | Start | Current | Target"
BANNER = {1: {1: Cell(Kind.TEXT, "OKRs of Marketing")}, 2: {2: Cell(Kind.TEXT, "Fill in by Friday")}}

FAULTS = (
    Fault("tab renamed", tabs(lambda s: (s[0], s[1], s[2]._replace(name="What we measure")))),
    Fault("tab moved", tabs(lambda s: (s[2], s[0], s[1]))),
    Fault(
        "tab missing", workbook(key_results=None), (),
        (("S101", "Key Results!", 'The tab "Key Results" is missing in this workbook. Add'),),
    ),
    Fault("columns moved", workbook(key_results=columns((11, 3, 1, 2, 10, 9, 8, 7, 6, 5, 4)))),
    Fault("column renamed to an alias", with_header("Target", "Goal")),
    Fault(
        "column renamed beyond recognition", with_header("Key result", "What"), (),
        (("S101", "Key Results!A1", 'The column "Key result" is missing in tab Key Results.'),),
    ),
    Fault(
        "column renamed by a typing error", with_header("Target", "Tarjet"), IDS,
        (("S101", "Key Results!G1", 'Did you mean the column "Tarjet"? Rename it to "Target".'),),
    ),
    Fault(
        "column doubled", with_header("Start", "Target"), IDS,
        (("S102", "Key Results!G1", 'The column "Target" stands twice in Key Results, at F1 and at G1'),),
    ),
    Fault("header repeated", lines(f"{K1}\n{HEADER}\n{K1.replace('K1', 'K2')}"), ("K1", "K2")),
    Fault(
        "two header rows of another order", lines(f"{K1}\n{OTHER}\n{K1.replace('K1', 'K2')}"), ("K1",),
        (("S102", "Key Results!A3", "at A1 and at A3; the rows below the second are not read."),),
    ),
    Fault("banner rows", workbook(key_results=shifted(4, BANNER))),
    Fault(
        "subtotal rows", lines(f"{K1}\n| | Total | | | 0 | 10 | 5"), ("K1",),
        (("S101", "Key Results!C3", "which only sums up."),),
    ),
    Fault(
        "merged cells",
        lines(f"{K1}\nK2 | | Keep | | Increase | 0 | 10 | 6", merged=("B2:B3", "D2:D3")), ("K1", "K2"),
    ),
    Fault("filters and hidden rows", workbook(key_results=PLAIN._replace(hidden_rows=frozenset({2, 4})))),
    Fault("hidden columns", workbook(key_results=PLAIN._replace(hidden_columns=frozenset({1, 7, 8})))),
    Fault("hidden sheets", tabs(lambda s: (s[0], s[1]._replace(hidden=True), s[2]._replace(hidden=True)))),
    Fault(
        "copied rows", lines(f"{K1}\n{K1}"), ("K1", "K1"),
        (
            ("S107", "Key Results!A2", 'The id "K1" stands in Key Results!A2 and again in'),
            ("S107", "Key Results!A3", 'The id "K1" stands in Key Results!A3 and again in'),
        ),
    ),
    Fault(
        "deleted rows", workbook(key_results=PLAIN._replace(rows={r: PLAIN.rows[r] for r in (1, 2, 4)})),
        (IDS[0], IDS[2]),
    ),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.item for fault in FAULTS])
def test_trust_10_structure(tmp_path: Path, fault: Fault) -> None:
    file = tmp_path / "Marketing.xlsx"
    file.write_bytes(zipped(book_parts(fault.grid)))
    problems = checked(file).problems
    assert [(problem.code, problem.place) for problem in problems] == [told[:2] for told in fault.told]
    for problem, (_, _, words) in zip(problems, fault.told, strict=True):
        assert words in f"{problem.message} {problem.hint}"
    assert tuple(row.id for row in rows_of(file).key_results) == fault.ids


def test_what_was_hidden_merged_or_moved_says_the_same_values(tmp_path: Path) -> None:
    """The faults that leave all three rows leave their start, target and current, too."""
    file = tmp_path / "Marketing.xlsx"
    values = set()
    for fault in (fault for fault in FAULTS if fault.ids == IDS and not fault.told):
        file.write_bytes(zipped(book_parts(fault.grid)))
        values.add(
            tuple((row.start, row.target, row.current, row.owner) for row in rows_of(file).key_results)
        )
    assert len(values) == 1


def test_an_empty_tab_is_a_fact_about_the_read(tmp_path: Path) -> None:
    file = tmp_path / "Marketing.xlsx"
    file.write_bytes(zipped(book_parts(workbook(key_results=table("Key Results", "")))))
    assert [problem.code for problem in checked(file).problems] == ["S101"]

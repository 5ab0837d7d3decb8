"""The master's live cells: LibreOffice recalculates them to what Python computed; none contains itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from sync.core.grid import Grid
from sync.core.model import Measure, TeamSheet
from sync.core.policy import RollUp, Scoring
from sync.master import formulas
from sync.master.cells import Formula, Sheet, Workbook
from sync.master.layout import build
from sync.master.render import render
from tests.master_company import given, sheets
from tests.office import grid_of, resaved
from tests.sheets import amount, company, kr, o, team

Node = tuple[str, int, int]


def live_cells(workbook: Workbook) -> Iterator[tuple[Node, Formula]]:
    for sheet in workbook.sheets:
        for cell in sheet.placed:
            if isinstance(cell.value, Formula):
                yield (sheet.name, cell.row, cell.column), cell.value
        if sheet.table:
            for column, made in enumerate(sheet.table.columns, 1):
                for row, value in enumerate(made.values, sheet.table.top + 1):
                    if isinstance(value, Formula):
                        yield (sheet.name, row, column), value


def values(workbook: Workbook, sheet: str, header: str) -> list[object]:
    """A column's cells by what they show now."""
    table = workbook.sheet(sheet).table
    assert table is not None
    cells = table.columns[table.at(header) - 1].values
    return [cell.value if isinstance(cell, Formula) else cell for cell in cells]


def is_live(workbook: Workbook, sheet: str, header: str) -> list[bool]:
    table = workbook.sheet(sheet).table
    assert table is not None
    return [isinstance(cell, Formula) for cell in table.columns[table.at(header) - 1].values]


# ---------------------------------------------------------------- recalculated


RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""


@pytest.fixture
def recalculating(tmp_path: Path) -> Path:
    """A folder in which LibreOffice recalculates what it opens, whatever values are cached."""
    (tmp_path / "profile" / "user").mkdir(parents=True)
    (tmp_path / "profile" / "user" / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    return tmp_path


def forgetful(workbook: Workbook) -> Workbook:
    """The workbook with a wrong value cached in every formula: what is right later was computed."""

    def forget(sheet: Sheet) -> Sheet:
        if sheet.table is None:
            return sheet
        columns = [
            replace(
                column,
                values=[
                    cell._replace(value=0.123) if isinstance(cell, Formula) else cell
                    for cell in column.values
                ],
            )
            for column in sheet.table.columns
        ]
        return replace(sheet, table=replace(sheet.table, columns=tuple(columns)))

    return replace(workbook, sheets=tuple(map(forget, workbook.sheets)))


@pytest.mark.slow
def test_every_live_cell_recalculates_to_what_python_computed(soffice: str, recalculating: Path) -> None:
    workbooks = {str(mode): build(given(scoring=Scoring(roll_up=mode))) for mode in RollUp}
    for name, workbook in workbooks.items():
        (recalculating / f"{name}.xlsx").write_bytes(render(forgetful(workbook), bulk=True).data)
    saved = resaved(soffice, recalculating, *(recalculating / f"{name}.xlsx" for name in workbooks))
    grids = [grid_of(path) for path in saved]
    wrong = [
        (name, *place, formula, shown)
        for (name, workbook), grid in zip(workbooks.items(), grids, strict=True)
        for place, formula, shown in recalculated(workbook, grid)
        if not same(formula.value, shown)
    ]
    assert wrong == []


def recalculated(workbook: Workbook, grid: Grid) -> Iterator[tuple[Node, Formula, object]]:
    for (name, row, column), formula in live_cells(workbook):
        page = grid.sheet(name)
        assert page is not None
        yield (name, row, column), formula, page.cell(row, column).value


def same(computed: float | str, shown: object) -> bool:
    if isinstance(computed, str):
        return (shown or "") == computed
    return isinstance(shown, float) and abs(shown - computed) <= 1e-9


@pytest.mark.slow
def test_a_changed_current_moves_objective_unit_and_company(soffice: str, recalculating: Path) -> None:
    """MKT-O1-KR1 is typed over with its target 3,000: the whole path up shows what Python says of it."""
    before, after = build(given()), build(given(*_with_leads(3000)))
    workbook = before
    sheet = workbook.sheet("Key results")
    assert sheet.table is not None
    row = values(workbook, "Key results", "ID").index("MKT-O1-KR1")
    at = sheet.table.at("Current") - 1
    current = list(sheet.table.columns[at].values)
    current[row] = 3000.0
    columns = list(sheet.table.columns)
    columns[at] = replace(columns[at], values=current)
    typed = replace(sheet, table=replace(sheet.table, columns=tuple(columns)))
    workbook = replace(
        workbook, sheets=tuple(typed if page.name == "Key results" else page for page in workbook.sheets)
    )
    (recalculating / "master.xlsx").write_bytes(render(forgetful(workbook), bulk=True).data)
    grid = grid_of(resaved(soffice, recalculating, recalculating / "master.xlsx")[0])
    for name, header in (("Objectives", "Score"), ("Roll-up", "Own score"), ("Roll-up", "Roll-up")):
        page, table = grid.sheet(name), workbook.sheet(name).table
        assert page is not None
        assert table is not None
        shown = [page.cell(table.top + 1 + at, table.at(header)).value for at in range(table.rows)]
        expected = values(after, name, header)
        assert [value or None for value in shown] == pytest.approx([value or None for value in expected])
        assert shown != pytest.approx(values(before, name, header))


def _with_leads(current: float) -> list[TeamSheet]:
    """The company's sheets, one cell changed."""
    return [
        sheet._replace(
            key_results=tuple(
                row._replace(current=amount(current)) if row.id == "MKT-O1-KR1" else row
                for row in sheet.key_results
            )
        )
        for sheet in sheets()
    ]


# ---------------------------------------------------------------- nothing contains itself


_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'!)?(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)(?![A-Za-z(])")


def precedents(node: Node, formula: str) -> set[Node]:
    """Every cell of every range that a formula names, as Excel's dependency tree sees it."""
    found: set[Node] = set()
    text = re.sub(r'"[^"]*"', '""', formula)
    for sheet, reference in _REFERENCE.findall(text):
        left, top, right, bottom = range_boundaries(reference.replace("$", ""))
        name = sheet.replace("''", "'") or node[0]
        assert left is not None
        assert top is not None
        assert right is not None
        assert bottom is not None
        found |= {(name, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
    return found


def loops(workbook: Workbook) -> list[Node]:
    """The live cells that lie in a range they depend on, directly or through others."""
    edges = {node: precedents(node, formula.text) for node, formula in live_cells(workbook)}
    done: set[Node] = set()
    found: list[Node] = []

    def visit(node: Node, path: set[Node]) -> None:
        if node in path:
            found.append(node)
            return
        if node in done or node not in edges:
            return
        path.add(node)
        for other in edges[node]:
            visit(other, path)
        path.discard(node)
        done.add(node)

    for node in edges:
        visit(node, set())
    return found


def test_no_formula_range_contains_its_own_cell() -> None:
    workbook = build(given())
    assert sum(1 for _ in live_cells(workbook)) > 200
    assert loops(workbook) == []


def test_the_walker_sees_a_sum_over_its_own_column() -> None:
    workbook = build(given())
    sheet = workbook.sheet("Roll-up")
    assert sheet.table is not None
    at = sheet.table.at("Roll-up") - 1
    column = sheet.table.columns[at]
    letters = get_column_letter(at + 1)
    whole = f"SUM({letters}9:{letters}17)"
    columns = list(sheet.table.columns)
    columns[at] = replace(column, values=[Formula(whole, 0.0), *column.values[1:]])
    broken = replace(sheet, table=replace(sheet.table, columns=tuple(columns)))
    assert loops(replace(workbook, sheets=(broken, *workbook.sheets[1:]))) != []


# ---------------------------------------------------------------- live where it can be, plain where not


def test_closed_forms_are_live_and_the_rest_is_plain() -> None:
    workbook = build(given())
    live = dict(
        zip(values(workbook, "Key results", "ID"), is_live(workbook, "Key results", "Score"), strict=True)
    )
    measures = dict(
        zip(values(workbook, "Key results", "ID"), values(workbook, "Key results", "Measure"), strict=True)
    )
    plain = {key for key, there in live.items() if not there}
    assert {measures[key] for key in live if live[key]} == {
        Measure.INCREASE, Measure.DECREASE, Measure.AT_LEAST, Measure.AT_MOST, Measure.YES_NO,
    }  # fmt: skip
    assert plain == {
        "ACME-O1-KR2",  # Contributors
        "PRD-O1-KR1",  # Milestone
        "PRD-O1-KR2",  # Between
        "PRD-O1-KR3",  # a KPI
        "MKT-O2-KR3",  # dropped
        "DSG-O1-KR2",  # percents and plain numbers
    }


def test_objectives_and_units_are_live_unless_contributors_or_weights_decide() -> None:
    workbook = build(given())
    objectives = values(workbook, "Objectives", "ID")
    live = is_live(workbook, "Objectives", "Score")
    assert [key for key, there in zip(objectives, live, strict=True) if not there] == []
    assert all(is_live(workbook, "Roll-up", "Roll-up"))
    assert all(is_live(workbook, "Roll-up", "Own score"))


def test_above_the_limit_scores_are_values_and_no_hidden_columns_are_needed() -> None:
    workbook = build(given(live_key_results=3))
    assert list(live_cells(workbook)) == []
    live = build(given())
    for sheet, header in (("Roll-up", "Roll-up"), ("Objectives", "Score"), ("Key results", "Score")):
        plain = [value if value is not None else "" for value in values(workbook, sheet, header)]
        assert plain == [value if value is not None else "" for value in values(live, sheet, header)]


def test_formulas_match_keys_of_ours_and_never_ids_or_texts() -> None:
    tricky = company(
        o("O*"),
        o("o~1"),
        kr("O*-KR1", objective_id="O*"),
        kr("o~1-KR1", objective_id="o~1", start=0, target=1, current=1),
    )
    workbook = build(
        given(
            tricky,
            team("a*", o("007"), kr("007-KR1", start=0, target=1, current=0)),
            team("A?", o("7"), kr("7-KR1")),
        )
    )
    scores = dict(
        zip(values(workbook, "Objectives", "ID"), values(workbook, "Objectives", "Score"), strict=True)
    )
    assert scores == {"O*": 0.5, "o~1": 1.0, "007": 0.0, "7": 0.5}
    for _, formula in live_cells(workbook):
        assert not any(text in formula.text for text in ("O*", "o~1", "007-", "a*"))


@drawn(
    st.sampled_from([Measure.INCREASE, Measure.DECREASE, Measure.AT_LEAST, Measure.AT_MOST, Measure.YES_NO]),
    *[st.one_of(st.just(np.nan), st.integers(-9, 9).map(float), st.floats(-1e6, 1e6)) for _ in range(3)],
)
def test_the_twin_never_gives_what_a_cell_could_not_hold(
    measure: Measure, start: float, target: float, current: float
) -> None:
    arrays = [np.array([value]) for value in (start, target, current)]
    (found,) = formulas.progress_twin(np.array([measure], dtype=object), *arrays)
    assert not np.isinf(found)


def test_a_roll_up_too_long_for_excel_is_a_value() -> None:
    cells = [f"AB{row}" for row in range(10, 4000, 2)]
    assert formulas.roll_up_text("C9", cells, cells) is None
    short = formulas.roll_up_text("C9", cells[:300], cells[:300])
    assert short is not None
    assert short.count("SUM(") == 6


@pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl knows no sparklines
def test_openpyxl_sees_the_formulas_and_the_cached_values(tmp_path: Path) -> None:
    workbook = build(given())
    path = tmp_path / "master.xlsx"
    path.write_bytes(render(workbook, bulk=True).data)
    live, cached = load_workbook(path), load_workbook(path, data_only=True)
    for (sheet, row, column), formula in live_cells(workbook):
        assert live[sheet].cell(row, column).value == f"={formula.text}"
        shown = cached[sheet].cell(row, column).value
        assert (shown or "" if isinstance(formula.value, str) else shown) == formula.value

"""Team workbooks with one fault each, as files, and what `okrsync check` says of them.

    path.write_bytes(book(raw={"Key Results!H2": '<c r="H2" t="e"><v>#REF!</v></c>'}))
    assert checked(path).problems[0].code == "S103"

`book` writes the literal tables of tests/grids.py as XML, so that any cell can be what no library writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import pytest

from sync import intake
from sync.config import load
from sync.core.grid import Cell, Grid, Kind, Sheet, Style, a1
from sync.core.model import TeamSheet
from tests.company import TODAY, okrsync, workers_of
from tests.grids import KEY_RESULTS, OBJECTIVES, TEAM, table, workbook
from tests.raw_workbooks import MAIN, parts, zipped

DUE = "\n".join(
    f"{line.rstrip()} | {'Due' if at == 0 else ''}"
    for at, line in enumerate(KEY_RESULTS.strip("\n").splitlines())
)
"""The usual Key Results with a date column behind the others, K."""


class Found(NamedTuple):
    """One problem as `okrsync check --format json` tells it."""

    code: str
    place: str
    value: str
    message: str
    hint: str


class Checked(NamedTuple):
    """What `okrsync check FILE` says: its exit code, the file's state, and its problems with an S code."""

    code: int
    state: str
    problems: list[Found]


def checked(path: Path, *settings: str) -> Checked:
    """The answer for one file; fails when a problem has no remedy or anything was printed that is no JSON."""
    answer = okrsync("check", str(path), "--format", "json", "--as-of", TODAY, *settings)
    assert "Traceback" not in answer.err
    assert "fault of okrsync" not in answer.err
    said = json.loads(answer.out, parse_constant=pytest.fail)
    [source] = [one for one in said["sources"] if one["source"] == path.name]
    found = [_found(one) for one in source["problems"] if one["code"].startswith("S")]
    assert all(one.message and one.hint.endswith((".", "?")) for one in found)
    return Checked(answer.code, source["state"], found)


def _found(one: dict[str, str]) -> Found:
    place = f"{one['tab']}!{one['cell']}" if one["tab"] else ""
    return Found(one["code"], place, one["value"], one["message"], one["hint"])


def rows_of(path: Path) -> TeamSheet:
    """The rows of the file as a sync takes them in."""
    settings = load(None, {})
    [(place, listing)] = intake.list_all(intake.named([str(path)], settings, None), settings).pairs
    with intake.read_all([(place, listing, "")], settings, workers_of(settings)) as reading:
        [read] = reading
    assert read.sheet is not None
    return read.sheet


# --- workbooks --------------------------------------------------------------------------------------


def book(
    *more: Sheet,
    team: str | Sheet | None = TEAM,
    objectives: str | Sheet | None = OBJECTIVES,
    key_results: str | Sheet | None = DUE,
    raw: Mapping[str, str] | None = None,
    properties: str = "",
) -> bytes:
    """A team's workbook from literal tables; `raw` puts XML of our own in the place of single cells."""
    grid = workbook(*more, team=team, objectives=objectives, key_results=key_results)
    return zipped(book_parts(grid, raw=raw or {}, properties=properties))


def book_parts(grid: Grid, *, raw: Mapping[str, str] | None = None, properties: str = "") -> dict[str, Any]:
    """The parts of the workbook that the grid describes."""
    formats = ("0%", "yyyy-mm-dd", "@")
    made: dict[str, Any] = {**parts(*("" for _ in grid.sheets), formats=formats, properties=properties)}
    index = made["xl/workbook.xml"]
    for number, sheet in enumerate(grid.sheets, 1):
        state = ' state="hidden"' if sheet.hidden else ""
        index = index.replace(f'name="Tab{number}"', f'name="{escape(sheet.name)}"{state}')
        made[f"xl/worksheets/Tab{number}.xml"] = _tab(sheet, raw or {})
    made["xl/workbook.xml"] = index
    return made


def _tab(sheet: Sheet, raw: Mapping[str, str]) -> str:
    mine = {place.partition("!")[2]: xml for place, xml in raw.items() if place.startswith(f"{sheet.name}!")}
    cells = {
        (row, column): _cell(a1(row, column), cell)
        for row, found in sheet.rows.items()
        for column, cell in found.items()
    }
    cells |= {_place(reference): xml for reference, xml in mine.items()}
    rows = ""
    for row in sorted({row for row, _ in cells}):
        hidden = ' hidden="1"' if row in sheet.hidden_rows else ""
        inside = "".join(xml for (at, _), xml in sorted(cells.items()) if at == row)
        rows += f'<row r="{row}"{hidden}>{inside}</row>'
    columns = "".join(f'<col min="{c}" max="{c}" hidden="1"/>' for c in sorted(sheet.hidden_columns))
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
    described = f"<cols>{columns}</cols>" if columns else ""
    return (
        f'<worksheet xmlns="{MAIN}">{described}<sheetData>{rows}</sheetData>'
        f'<autoFilter ref="A1:J9"/>{f"<mergeCells>{merged}</mergeCells>" if merged else ""}</worksheet>'
    )


def _place(reference: str) -> tuple[int, int]:
    match = re.fullmatch(r"([A-Z]+)([0-9]+)", reference)
    assert match is not None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _cell(reference: str, cell: Cell) -> str:
    formula = "<f>A1</f>" if cell.formula else ""
    match cell.kind:
        case Kind.TEXT:
            return text_cell(reference, str(cell.value))
        case Kind.BOOL:
            return f'<c r="{reference}" t="b">{formula}<v>{int(bool(cell.value))}</v></c>'
        case Kind.ERROR:
            return f'<c r="{reference}" t="e">{formula}<v>{cell.value}</v></c>'
        case Kind.DATE:
            assert isinstance(cell.value, date)
            return f'<c r="{reference}" s="2"><v>{(cell.value - date(1899, 12, 30)).days}</v></c>'
        case Kind.UNCALCULATED:
            return f'<c r="{reference}">{formula}</c>'
        case _:
            style = ' s="1"' if cell.style is Style.PERCENT else ""
            return f'<c r="{reference}"{style}>{formula}<v>{cell.value!r}</v></c>'


def text_cell(reference: str, text: str) -> str:
    """A text typed into a cell."""
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def key_results(text: str, **options: Any) -> Sheet:
    """A Key Results tab from a literal table."""
    return table("Key Results", text, **options)

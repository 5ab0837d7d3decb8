"""Two other readers of workbooks, openpyxl and python-calamine, each in a process of its own.

    python -m tests.oracles openpyxl|calamine|layout FILE …

prints one JSON line a file: {tab: {"row,column": value}}, or the error that stopped it; `layout` is what
openpyxl says about everything but values. calamine can abort
its whole process, so `seen_by` asks again for the files that a dead process left.
"""

# ruff: noqa: T201  # a child process speaks through its output

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

Value = str | float | bool | date | datetime | time | timedelta | None
Seen = dict[str, dict[tuple[int, int], Value]]
ABORTED = "its process was aborted"


def seen_by(library: str, files: Sequence[Path]) -> list[Seen | str]:
    """What a library reads from each file; a text where it cannot (its error, or ABORTED)."""
    return [answer if isinstance(answer, str) else _parsed(answer) for answer in _asked(library, files)]


def layouts(files: Sequence[Path]) -> list[dict[str, dict[str, Any]]]:
    """What openpyxl says of each tab: hidden, merged, hidden_rows, hidden_columns, formulas, percent."""
    return list(_asked("layout", files))


def _asked(question: str, files: Sequence[Path]) -> list[Any]:
    answers: list[Any] = []
    while len(answers) < len(files):
        left = list(map(str, files[len(answers) :]))
        done = subprocess.run(
            [sys.executable, "-m", "tests.oracles", question, *left],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            check=False,
            timeout=300,
        )
        lines = done.stdout.decode().splitlines()
        answers += map(json.loads, lines)
        if done.returncode and len(lines) < len(left):
            answers.append(ABORTED)
    return answers


def _parsed(answer: dict[str, dict[str, Any]]) -> Seen:
    return {tab: {_place(key): _value(*said) for key, said in cells.items()} for tab, cells in answer.items()}


def _place(key: str) -> tuple[int, int]:
    row, column = key.split(",")
    return int(row), int(column)


_KINDS: dict[str, Callable[[Any], Value]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
}


def _value(kind: str, said: Any) -> Value:
    known = _KINDS.get(kind)
    return known(said) if known else said


# --- in the child -----------------------------------------------------------------------------------


def _said(value: object) -> tuple[str, object]:
    match value:
        case datetime() | date() | time():
            return type(value).__name__, value.isoformat()
        case timedelta():
            return "timedelta", value.total_seconds()
        case str() | bool() | int() | float() | None:
            return "plain", value
        case _:
            return "plain", f"<{type(value).__name__}>"


def _openpyxl(path: str) -> dict[str, dict[str, object]]:
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(Path(path).read_bytes()), data_only=True)
    return {
        sheet.title: {
            f"{row},{column}": _said(cell.value)
            for (row, column), cell in sheet._cells.items()
            if cell.value is not None
        }
        for sheet in book.worksheets
    }


def _calamine(path: str) -> dict[str, dict[str, object]]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    book = CalamineWorkbook.from_path(path)
    return {
        tab.name: {
            f"{row},{column}": _said(value)
            for row, values in enumerate(book.get_sheet_by_name(tab.name).to_python(skip_empty_area=False), 1)
            for column, value in enumerate(values, 1)
            if value != ""  # its word for an empty cell, an empty text, an error and a lost value alike
        }
        for tab in book.sheets_metadata
        if tab.typ == SheetTypeEnum.WorkSheet
    }


def _layout(path: str) -> dict[str, dict[str, object]]:
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(Path(path).read_bytes()))
    return {sheet.title: dict(_layout_of(sheet)) for sheet in book.worksheets}


def _layout_of(sheet: Any) -> Iterator[tuple[str, object]]:
    cells = [cell for cell in sheet._cells.values() if cell.value is not None]
    spans = [(one.min, one.max) for one in sheet.column_dimensions.values() if one.hidden]
    rows = {cell.row for cell in cells}
    yield "hidden", sheet.sheet_state != "visible"
    yield "merged", sorted(str(area) for area in sheet.merged_cells.ranges)
    yield "hidden_rows", sorted(row for row in rows if sheet.row_dimensions[row].hidden)
    used = {cell.column for cell in cells}
    yield "hidden_columns", sorted(c for c in used if any(first <= c <= last for first, last in spans))
    yield "formulas", sorted(f"{cell.row},{cell.column}" for cell in cells if cell.data_type == "f")
    percent = [cell for cell in cells if cell.number_format.rstrip(";@").endswith("%")]
    yield "percent", sorted(f"{cell.row},{cell.column}" for cell in percent)


_QUESTIONS: dict[str, Callable[[str], object]] = {
    "openpyxl": _openpyxl,
    "calamine": _calamine,
    "layout": _layout,
}


def _answer(question: str, path: str) -> object:
    try:
        with warnings.catch_warnings(action="ignore"):
            return _QUESTIONS[question](path)
    except Exception as error:  # noqa: BLE001  # whatever a library raises is its answer
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    for name in sys.argv[2:]:
        print(json.dumps(_answer(sys.argv[1], name)), flush=True)

"""Workbooks of every kind of cell, as XlsxWriter and openpyxl write them, and our templates' variants."""

# ruff: noqa: DTZ001  # sheets know no zones

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import openpyxl.utils.datetime
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from sheet_templates.build import FOLDER
from sheet_templates.people import build_people
from sheet_templates.team import TeamDefaults, build_team
from sheet_templates.values import Formula, Percent, Value
from sync.core.lists import Lists
from sync.core.schema import NUMBER_FORMATS

TEXTS = (
    "plain", " outer blanks ", "two\nlines", "tab\there",
    "Zoë 😀 👩‍🚀", "\u202eshalom שלום", "zero\u200bwidth",
    "1\u00a0234\u202f5", "NA", "None", "null", "nan", "TRUE", "007", "1E5", "12345678901234567890", "=1+1",
    "@x", "'quoted", "#REF!", "-", "½", "12/5", "€3k", "−5", "2026-10-09", "03/04/2026", "<b>&amp;</b>",
    "]]>", "_x000D_", "_x005F_x000D_", "a_x0041_b", "x" * 32_767,
)  # fmt: skip
NUMBERS = (0, 1, -1, 0.1, 1 / 3, 1e-300, 1e300, 123456789012345, 0.59, -0.5, 45, 1234.5, 2958466, 60, 59.5)
CODES = (
    "General", "0", "0.00", "#,##0.00", "0%", "0.0 %", '#,##0.00 "€"', "[$€-407] #,##0", "0.00E+00", "@",
    '0.0" days"', "[Red]0;[Blue]-0", "# ?/?",
)  # fmt: skip
MOMENTS = (
    datetime(2026, 10, 9), datetime(2026, 10, 9, 8, 30), datetime(1904, 1, 2), datetime(9999, 12, 31),
    datetime(2028, 2, 29, 23, 59, 59), datetime(1999, 12, 31, 0, 0, 1),
)  # fmt: skip
DATES = ("yyyy-mm-dd", "dd.mm.yyyy hh:mm", "[$-407]d. mmmm yyyy", "mmm yy", "m/d/yy h:mm AM/PM")
TIMES = (time(0, 0), time(8, 30), time(23, 59, 59))
DURATIONS = (timedelta(hours=36), timedelta(minutes=90), timedelta(days=40))
ERRORS = ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")
LATER_ERRORS = ("#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!", "#BLOCKED!")
CACHED: tuple[Any, ...] = (3.5, -1, "a text", "=text", True, False, *ERRORS, *LATER_ERRORS)


def made(folder: Path) -> list[Path]:
    """Every workbook of the corpus, written into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [path for make in (_from_xlsxwriter, _from_openpyxl, _templates) for path in make(folder)]


# --- XlsxWriter -------------------------------------------------------------------------------------


def _from_xlsxwriter(folder: Path) -> Iterator[Path]:
    for system in (1900, 1904):
        path = folder / f"xlsxwriter {system}.xlsx"
        book = xlsxwriter.Workbook(str(path), {"date_1904": system == 1904})
        _write_values(book, book.add_worksheet("Values"))
        _write_dates(book, book.add_worksheet("Dates"))
        _write_formulas(book.add_worksheet("Formulas"))
        _write_layout(book, book.add_worksheet("Layout"))
        book.add_worksheet("Empty")
        hidden = book.add_worksheet("Hidden")
        hidden.write_string(0, 0, "hidden")
        hidden.hide()
        book.add_worksheet("Very hidden").very_hidden()
        book.close()
        yield path
        yield _saved_by_openpyxl(path)


def _write_values(book: Any, tab: Any) -> None:
    styles = [book.add_format({"num_format": code}) for code in CODES]
    for row, text in enumerate(TEXTS):
        tab.write_string(row, 0, text, styles[row % len(styles)])
    for row, number in enumerate(NUMBERS):
        for column, style in enumerate(styles, 1):
            tab.write_number(row, column, number, style)
    tab.write_boolean(20, 5, True, styles[4])
    tab.write_boolean(21, 5, False)
    bold, red = book.add_format({"bold": True}), book.add_format({"color": "red"})
    tab.write_rich_string(22, 5, "Cus", bold, "tom", red, "ers ", styles[9])
    tab.write_blank(23, 5, None, styles[3])
    tab.write_url(24, 5, "https://example.org/", string="a link")


def _write_dates(book: Any, tab: Any) -> None:
    for column, code in enumerate(DATES):
        for row, moment in enumerate(MOMENTS):
            tab.write_datetime(row, column, moment, book.add_format({"num_format": code}))
    for row, clock in enumerate(TIMES):
        for column, code in enumerate(("hh:mm", "h:mm:ss AM/PM", "mm:ss.0")):
            tab.write_datetime(row, column + 10, clock, book.add_format({"num_format": code}))
    for row, duration in enumerate(DURATIONS):
        tab.write_datetime(row, 15, duration, book.add_format({"num_format": "[h]:mm:ss"}))
    for row, serial in enumerate((0, 0.5, 1, 59, 60, 60.5, 61, -1, 2_958_466, 1e10)):
        tab.write_number(row, 20, serial, book.add_format({"num_format": "yyyy-mm-dd"}))
        tab.write_number(row, 21, serial, book.add_format({"num_format": "hh:mm"}))


def _write_formulas(tab: Any) -> None:
    for row, value in enumerate(CACHED):
        tab.write_formula(row, 0, "=B1", None, value)
    tab.write_formula(20, 0, "=B1", None, "")
    tab.write_formula(21, 0, "=B1")
    tab.write_array_formula(22, 0, 22, 0, "{=SUM(B1:B2)}", None, 7)
    tab.write_dynamic_array_formula(23, 0, 23, 0, "=SORT(B1:B2)", None, 8)


def _write_layout(book: Any, tab: Any) -> None:
    tab.merge_range("A1:C2", "merged", book.add_format({"bold": True}))
    tab.merge_range("D5:D9", 5)
    for row in range(30):
        tab.write_row(row + 10, 0, [f"row {row}", row, row % 3 == 0])
    tab.autofilter(9, 0, 39, 2)
    tab.filter_column(1, "x < 10")
    for row in range(20, 30):
        tab.set_row(row, None, None, {"hidden": True})
    tab.set_column("B:B", None, None, {"hidden": True})
    tab.set_column("H:XFD", None, book.add_format({"bg_color": "yellow"}), {"hidden": True})
    tab.write_number(9_999, 200, 1)
    tab.freeze_panes(10, 1)
    tab.data_validation("C11:C40", {"validate": "list", "source": ["a", "b"]})
    tab.conditional_format("B11:B40", {"type": "icon_set", "icon_style": "3_arrows"})
    tab.add_sparkline("E11", {"range": "Layout!B11:B40"})
    tab.write_comment("A11", "a note")


# --- openpyxl ---------------------------------------------------------------------------------------


def _saved_by_openpyxl(path: Path) -> Path:
    saved = path.with_stem(f"{path.stem}, saved by openpyxl")
    with warnings.catch_warnings(action="ignore"):  # of serials that are no day, and of sparklines
        openpyxl.load_workbook(BytesIO(path.read_bytes()), rich_text=True).save(saved)
    return saved


def _from_openpyxl(folder: Path) -> Iterator[Path]:
    for system in (1900, 1904):
        book = openpyxl.Workbook()
        if system == 1904:
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        tab = book.active
        assert tab is not None
        for value in (*TEXTS[:-1], *NUMBERS, *MOMENTS, date(2026, 10, 9), *TIMES, *DURATIONS, True, False):
            tab.append([None, value])
        for row, text in enumerate(TEXTS[:-1], 1):
            tab.cell(row, 2, text).data_type = "s"  # it takes "=1+1" for a formula and "#REF!" for an error
        for row, formula in enumerate(("=SUM(B1:B9)", '=""', "=1/0"), 1):
            tab.cell(row, 4, formula)
        for row, error in enumerate(ERRORS, 10):
            tab.cell(row, 4, error)
        for row, code in enumerate(CODES, 20):
            tab.cell(row, 4, 0.59).number_format = code
        tab["E1"] = CellRichText("Cus", TextBlock(InlineFont(b=True), "tom"), "ers ")
        tab.merge_cells("G1:H3")
        tab.row_dimensions[3].hidden = True
        tab.column_dimensions["D"].hidden = True
        tab.auto_filter.ref = "B1:B40"
        tab["ZZ5000"] = "far"
        book.create_sheet("Hidden").sheet_state = "veryHidden"
        book["Hidden"]["C3"] = 1
        path = folder / f"openpyxl {system}.xlsx"
        book.save(path)
        yield path


# --- our templates ----------------------------------------------------------------------------------

TEAM_ROWS: dict[str, list[dict[str, Value]]] = {
    "objectives": [
        {"id": "007", "objective": "=1+1 and 😀", "owner": "Zoë", "weight": 2.0, "status": "On track"},
        {"id": "NA", "objective": "Two\nlines", "aligned_to": "GRO-O1"},
    ],
    "key_results": [
        {"id": "1E5", "objective_id": "007", "key_result": "@SUM(A1)", "start": Percent(0.1), "target": 45.0,
         "current": "12,5 %", "last_check_in": date(2026, 11, 1), "measure": "Increase"},
        {"id": "K2", "key_result": "Two", "current": Formula("=1+1", 2.0), "target": Formula("=A1", "#REF!")},
        {"id": "K3", "key_result": "Never calculated", "current": Formula("=1+1"), "start": True},
    ],
    "check_ins": [{"date": date(2026, 10, 9), "kr_id": "1E5", "value": 40.0, "comment": " text "}],
    "initiatives": [{"initiative": "Ask", "kr_id": "K2", "status": "Done"}],
    "retrospective": [{"type": "Win", "about": "K2"}],
}  # fmt: skip


def _templates(folder: Path) -> Iterator[Path]:
    lists = Lists(("GRO-O1 · Grow",), ("Kim Larsen",), ("Growth",))
    for level in ("Company", "Department", "Team"):
        for rows in ({}, TEAM_ROWS):
            path = folder / f"{level} {'filled' if rows else 'empty'}.xlsx"
            build_team(
                path, TeamDefaults(unit="NA", level=level, parent="Acme", cycle="2026-Q4"), lists, rows
            )
            yield path
    for number, number_format in enumerate(NUMBER_FORMATS):
        path = folder / f"number format {number}.xlsx"
        team = TeamDefaults(
            unit="Vertrieb", number_format=number_format, weight=0.5, starts=date(2026, 10, 5)
        )
        build_team(path, team, prefill=TEAM_ROWS)
        yield path
    long: list[dict[str, Value]] = [
        {"id": f"K{n}", "key_result": f"Result {n}", "current": n / 7} for n in range(400)
    ]
    build_team(folder / "long.xlsx", TeamDefaults(unit="Long"), prefill={"key_results": long})
    yield folder / "long.xlsx"
    yield _saved_by_openpyxl(folder / "Team filled.xlsx")
    build_people(
        folder / "people.xlsx", [{"name": "Zoë", "email": "z@example.org", "starts": date(2024, 1, 2)}]
    )
    yield folder / "people.xlsx"
    yield Path(shutil.copy(FOLDER / "team.xlsx", folder / "checked in.xlsx"))
    yield Path(shutil.copy(FOLDER / "people.xlsx", folder / "people checked in.xlsx"))

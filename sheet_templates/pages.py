"""The tabs that are no tables: Start here, Team, Sync status and the hidden Lists."""

from __future__ import annotations

from collections.abc import Mapping

from sheet_templates.choices import add_validation
from sheet_templates.colours import colour_severities, hint_at_blanks
from sheet_templates.look import Look, Sheet
from sheet_templates.tables import add_band, set_print
from sheet_templates.values import Value, done, write
from sync.core import palette
from sync.core.lists import Lists, list_columns
from sync.core.schema import TEAM, Tab, Type
from sync.core.status_tab import (
    FINDING_ROWS,
    KEY_COLUMN,
    NOT_SYNCED,
    STYLE_COLUMN,
    SYNC_STATUS_WIDTHS,
    TITLE_HEIGHT,
    status_cells,
)

STEPS = (
    ("Team", "Check the facts about your team. Most are filled in already."),
    ("Objectives", "Write one to three. Where do you want to get to, in words you would say aloud?"),
    ("Key Results", "Two to five for each objective: the numbers that prove it. Start, Target, Current."),
    ("Measure", "Increase, Decrease, At least, At most, Between, Milestone, Yes/No: how the number counts."),
    ("Aligned to", "Choose the objective above that yours helps. That is how work adds up."),
    ("Every week", "Update Current and Confidence, say in Comment what you learned. That is your check-in."),
    ("Check-ins", "Optional: one line per week and key result, when you want to keep the story."),
    ("Grey columns", "Progress and Issues are computed. Please leave them as they are."),
    ("Sync status", "Shows when okrsync last read this workbook, what it found, and how to mend it."),
    (
        "Yours to shape",
        "Add columns and tabs, sort, filter, hide: okrsync finds its way and leaves yours alone.",
    ),
)


_LEGEND = (
    ("legend wanted", "Yellow", "still wants to be filled in"),
    ("legend computed", "Grey", "computed for you"),
    ("legend finding", "Red", "a finding: the row's Issues says what it is, Sync status how to mend it"),
)
_WANTED = frozenset({"unit", "level", "parent", "cycle", "champion", "manager"})


def add_start_here(sheet: Sheet, title: str, subtitle: str, look: Look) -> None:
    """Ten lines that say what to fill in; nothing is read from this tab."""
    done(sheet.hide_gridlines(2))
    sheet.set_tab_color(palette.BRAND)
    for column, width in enumerate((3, 6, 20, 92, 3)):
        done(sheet.set_column(column, column, width, look["plain"]))
        for row in range(4):
            done(sheet.write_blank(row, column, None, look["band"]))
    sheet.set_row(0, 12)
    sheet.set_row(1, 34)
    sheet.set_row(2, 20)
    sheet.set_row(3, 12)
    done(sheet.write_string(1, 1, title, look["title"]))
    done(sheet.write_string(2, 1, subtitle, look["subtitle"]))
    for number, (step, words) in enumerate(STEPS, 1):
        row = 4 + number
        sheet.set_row(row, 27)
        done(sheet.write_number(row, 1, number, look["number"]))
        done(sheet.write_string(row, 2, step, look["step"]))
        done(sheet.write_string(row, 3, words, look["line"]))
    for row, (style, word, meaning) in enumerate(_LEGEND, len(STEPS) + 6):
        sheet.set_row(row, 20)
        done(sheet.write_string(row, 2, word, look[style]))
        done(sheet.write_string(row, 3, meaning, look["help"]))
    set_print(sheet, Tab.START_HERE)
    sheet.fit_to_pages(1, 1)


def add_team_tab(sheet: Sheet, values: Mapping[str, Value], look: Look) -> None:
    """Field and value, with what each means beside it."""
    done(sheet.hide_gridlines(2))
    sheet.set_tab_color(palette.BRAND_BRIGHT)
    for column, width in enumerate((22, 34, 84)):
        done(sheet.set_column(column, column, width, look["plain"]))
    add_band(sheet, Tab.TEAM, "Who are you, where do you belong, and which weeks is this for?", 3, look)
    sheet.set_row(2, 8)
    for row, field in enumerate(TEAM.columns, 3):
        sheet.set_row(row, 22)
        style = _value_style(field.type) if field.field != "template_version" else "value owned"
        done(sheet.write_string(row, 0, field.name, look["field"]))
        done(sheet.write_blank(row, 1, None, look[style]))
        write(sheet, row, 1, values.get(field.field), style, look)
        done(sheet.write_string(row, 2, field.help, look["help"]))
        add_validation(sheet, (row, row), 1, field)
        if field.field in _WANTED:
            hint_at_blanks(sheet, f"B{row + 1}", look)
    sheet.freeze_panes(2, 0)
    set_print(sheet, Tab.TEAM)


def _value_style(kind: Type) -> str:
    return {Type.AMOUNT: "value amount", Type.DATE: "value date"}.get(kind, "value")


def add_status_tab(sheet: Sheet, look: Look) -> None:
    """Sync status as it is before the first sync; the feedback replaces its cells later."""
    done(sheet.hide_gridlines(2))
    sheet.set_tab_color(palette.MUTED)
    for column, width in enumerate(SYNC_STATUS_WIDTHS):
        done(sheet.set_column(column, column, width, look["plain"]))
    done(sheet.set_column(KEY_COLUMN - 1, STYLE_COLUMN - 1, 12, look["status key"], {"hidden": True}))
    sheet.set_row(0, TITLE_HEIGHT)
    for cell in status_cells(NOT_SYNCED):
        write(sheet, cell.row - 1, cell.column - 1, cell.value, f"status {cell.style}", look)
    colour_severities(sheet, f"A4:A{FINDING_ROWS}", look)
    set_print(sheet, Tab.SYNC_STATUS)
    sheet.print_area(0, 0, FINDING_ROWS, 6)


def add_lists_tab(sheet: Sheet, lists: Lists, look: Look) -> None:
    """The choices behind the drop-downs, hidden."""
    for column, (name, values) in enumerate(list_columns(lists).items()):
        for row, text in enumerate((name, *values)):
            done(sheet.write_string(row, column, text, look["plain"]))
    sheet.hide()

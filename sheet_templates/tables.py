"""A data tab of the team's workbook: title band, table, drop-downs, colours, all from its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sheet_templates.choices import add_validation
from sheet_templates.colours import add_colours
from sheet_templates.layout import HEADER_ROW, LAST_ROWS, column_range, letters_of
from sheet_templates.look import Look, Sheet
from sheet_templates.values import Value, done, write
from sheet_templates.worksheet import ROW
from sync.core import formulas, palette, schema
from sync.core.row_height import row_height
from sync.core.schema import Column, TabSchema, Type

Row = Mapping[str, Value]
_OTHER_ROWS = 100


class Page(NamedTuple):
    """How a tab presents itself: its table's name, a hint below the title, columns that stay in view."""

    table: str
    hint: str
    frozen_columns: int


PAGES: Mapping[str, Page] = {
    "objectives": Page("Objectives", "Where do you want to get to? One to three, in words to say aloud.", 2),
    "key_results": Page(
        "KeyResults",
        "Which numbers would prove it? Two to five for each objective. "
        "Every week: update Current and Confidence, say in Comment what you learned.",
        3,
    ),
    "check_ins": Page(
        "CheckIns", "Optional: one line a week and key result keeps the story. The newest value counts.", 2
    ),
    "initiatives": Page(
        "Initiatives", "The work that moves a key result. It never moves a score by itself.", 1
    ),
    "people": Page("People", "One line per person. Addresses stay here: no other workbook shows them.", 1),
    "retrospective": Page("Retrospective", "At the end of the cycle: wins, misses, lessons, questions.", 2),
}


def add_table_tab(sheet: Sheet, tab: TabSchema, rows: Sequence[Row], look: Look) -> None:
    """Fills the sheet of one data tab; rows beyond the prepared ones make its table longer."""
    page = PAGES[tab.key]
    last_row = HEADER_ROW + max(schema.PREPARED_ROWS.get(tab.key, _OTHER_ROWS), len(rows))
    done(sheet.hide_gridlines(2))
    sheet.set_tab_color(palette.BRAND_BRIGHT)
    add_band(sheet, tab.title, page.hint, len(tab.columns), look)
    _set_columns(sheet, tab, look)
    _add_table(sheet, tab, page.table, last_row, look)
    for row, values in enumerate(rows, HEADER_ROW):
        sheet.fit_row(row, row_height(_texts(tab, values)))
        for at, column in enumerate(tab.columns):
            write(sheet, row, at, values.get(column.field), _style(column), look)
    for at, column in enumerate(tab.columns):
        if column.formula:
            _write_formulas(sheet, tab, at, last_row, look)
        add_validation(sheet, (HEADER_ROW, LAST_ROWS[tab.key] - 1), at, column)
    add_colours(sheet, tab, look)
    sheet.freeze_panes(HEADER_ROW, page.frozen_columns)
    set_print(sheet, tab.title)
    sheet.repeat_rows(HEADER_ROW - 1)


def _texts(tab: TabSchema, values: Row) -> Iterator[tuple[str, float]]:
    for column in tab.columns:
        value = values.get(column.field)
        if isinstance(value, str) and not column.collapsed:
            yield value, column.width


def add_band(sheet: Sheet, title: str, hint: str, columns: int, look: Look) -> None:
    """The title row and the hint row, as wide as the table, without merged cells."""
    sheet.set_row(0, 32)
    sheet.set_row(1, 20)
    sheet.set_row(2, 30)
    for column in range(columns):
        done(sheet.write_blank(0, column, None, look["band"]))
        done(sheet.write_blank(1, column, None, look["hint band"]))
    done(sheet.write_string(0, 0, title, look["title"]))
    done(sheet.write_string(1, 0, hint, look["hint"]))


def set_print(sheet: Sheet, title: str) -> None:
    """Landscape A4, one page wide, with the tab's name and page numbers below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L&9{title.replace('&', '&&')}&R&9&P / &N")


def _style(column: Column) -> str:
    match column.type:
        case Type.AMOUNT:
            return "amount"
        case Type.DATE:
            return "date"
        case Type.OWNED:
            return "owned progress" if column.field == "progress" else "owned"
        case _:
            return "text"


def _set_columns(sheet: Sheet, tab: TabSchema, look: Look) -> None:
    folded = [at for at, column in enumerate(tab.columns) if column.collapsed]
    for at, column in enumerate(tab.columns):
        options = {"level": 1, "hidden": True} if column.collapsed else {}
        done(sheet.set_column(at, at, column.width, look[_style(column)], options))
    if folded:
        after = folded[-1] + 1
        done(sheet.set_column(after, after, 4, None, {"collapsed": True}))


def _add_table(sheet: Sheet, tab: TabSchema, name: str, last_row: int, look: Look) -> None:
    columns = [
        {
            "header": column.name,
            "header_format": look["header owned" if column.type is Type.OWNED else "header"],
            "formula": _for_table(column.formula, name),
        }
        for column in tab.columns
    ]
    options = {"name": name, "style": None, "columns": columns}
    done(sheet.add_table(HEADER_ROW - 1, 0, last_row - 1, len(tab.columns) - 1, options))


def _for_table(formula: str, table: str) -> str:
    """The formula as Excel repeats it in rows that are added to the table."""
    return formulas.render(formula, lambda name: f"{table}[[#This Row],[{name}]]", column_range)


def _write_formulas(sheet: Sheet, tab: TabSchema, at: int, last_row: int, look: Look) -> None:
    column = tab.columns[at]
    letters = {each.name: f"${letters_of(tab, each.name)}" for each in tab.columns}
    text = formulas.render(column.formula, lambda name: letters[name] + ROW, column_range)
    sheet.repeat_formula(range(HEADER_ROW, last_row), at, text, look[_style(column)])

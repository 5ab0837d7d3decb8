"""A workbook of plain values as the bytes of an .xlsx file, by XlsxWriter.

Texts go in as texts (never XlsxWriter's guessing `write`), every return code is checked, and the same
values give the same bytes: the file's dates are the workbook's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sync.core import palette
from sync.core.errors import PublishError
from sync.core.grid import a1
from sync.master.accents import accentuate, done
from sync.master.bulk import EPOCH, levelled_rows
from sync.master.cells import Column, Formula, Sheet, Style, Table, Value, Workbook, text_for_cell
from sync.master.links import url
from sync.master.splice import Kept, Rendered, spliced

ZLIB_LEVEL = 5
"""For rows of a sheet, 6 takes 1.7 times as long for 3 % less, 1 takes half as long for 40 % more."""


def render(
    workbook: Workbook, *, zlib_level: int = ZLIB_LEVEL, bulk: bool = False, kept: Kept | None = None
) -> Rendered:
    """The file's bytes; `bulk`: rows by `sync.master.bulk` (see `selfcheck.bulk_works`), else cell by cell.

    `kept` are pieces of another file, which are taken where they would be made again. Raises PublishError
    when XlsxWriter refuses a cell, a link or a table.
    """
    target = BytesIO()
    book = _book(target, workbook)
    paint = _Formats(book)
    numbered: dict[Style, int] = {}
    for sheet in workbook.sheets:
        _write_sheet(book, sheet, paint, in_bulk=bulk)
        if bulk:
            _number(sheet, paint, numbered)
    try:
        book.close()
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise PublishError(f"The master workbook could not be built: {error}.") from error
    names = (f"xl/worksheets/sheet{at}.xml" for at in range(1, len(workbook.sheets) + 1))
    sheets = dict(zip(names, workbook.sheets, strict=True)) if bulk else {}
    return spliced(target.getvalue(), sheets, numbered.__getitem__, level=zlib_level, kept=kept or {})


def _number(sheet: Sheet, paint: _Formats, numbered: dict[Style, int]) -> None:
    """Adds the numbers of the cell formats that the sheet's rows name; XlsxWriter gives them on request."""
    for style in _styles(sheet):
        if style not in numbered:
            numbered[style] = paint(style)._get_xf_index()  # noqa: SLF001  # it has no other name


def _styles(sheet: Sheet) -> Iterator[Style]:
    yield from (cell.style for cell in sheet.placed)
    if sheet.table:
        for column in sheet.table.columns:
            yield from (column.title or column.style, column.style)
        for block in sheet.table.prints:
            yield from block.styles


def _book(target: BytesIO, workbook: Workbook) -> xlsxwriter.Workbook:
    font = {"font_name": palette.FONT, "font_size": palette.FONT_SIZE}
    # In memory: killed, it would leave everybody's OKRs as temporary files in the system's folder.
    book = xlsxwriter.Workbook(target, {"default_format_properties": font, "in_memory": True})
    created = datetime.combine(workbook.created, datetime.min.time())
    book.set_properties({"title": workbook.title, "author": "okrsync", "created": created})
    book.set_size(2400, 1400)
    return book


class _Formats:
    """Styles as XlsxWriter formats, one each."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._known: dict[Style, Format] = {}

    def __call__(self, style: Style) -> Format:
        if style not in self._known:
            self._known[style] = self._book.add_format(_properties(style))
        return self._known[style]

    def tint(self, **properties: object) -> Format:
        """A format for a conditional format, which overlays only what it names."""
        return self._book.add_format(properties)


def _properties(style: Style) -> dict[str, object]:
    found: dict[str, object] = {
        "font_name": palette.FONT,
        "font_size": style.size,
        "font_color": style.ink,
        "valign": "vcenter",
    }
    wanted = {
        "num_format": style.number,
        "bold": style.bold,
        "italic": style.italic,
        "underline": int(style.underline),
        "bg_color": style.fill,
        "align": style.align,
        "indent": style.indent,
        "text_wrap": style.wrap,
        "quote_prefix": style.text,
        "bottom": int(bool(style.line)),
        "bottom_color": style.line,
    }
    return found | {name: value for name, value in wanted.items() if value}


# ---------------------------------------------------------------- one sheet


def _write_sheet(book: xlsxwriter.Workbook, sheet: Sheet, paint: _Formats, *, in_bulk: bool) -> None:
    page = book.add_worksheet(sheet.name)
    _set_up(page, sheet)
    if sheet.table:
        _lay_columns(page, sheet.table)
        _lay_table(page, sheet.table, in_bulk=in_bulk)
    _lay_rows(page, sheet, in_bulk=in_bulk)
    if in_bulk:
        _stretch(page, sheet, paint)
    else:
        _write_cells(page, sheet, paint)
        _write_links(page, sheet, paint)
    accentuate(book, page, sheet, paint.tint)


def _set_up(page: Worksheet, sheet: Sheet) -> None:
    page.freeze_panes(*sheet.freeze)
    page.hide_gridlines(0 if sheet.gridlines else 2)
    page.outline_settings(symbols_below=False)
    page.set_paper(9)
    if not sheet.portrait:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&8okrsync · &A&R&8&P / &N")
    if sheet.tab:
        page.set_tab_color(sheet.tab)
    if sheet.hidden:
        page.hide()
    if sheet.table:
        page.repeat_rows(sheet.table.top - 1)
    for column, width in sheet.widths.items():
        done(page.set_column(column - 1, column - 1, width), sheet.name)


def _lay_columns(page: Worksheet, table: Table) -> None:
    for at, column in enumerate(table.columns):
        options = {"hidden": True} if column.hidden else {}
        done(page.set_column(at, at, column.width, None, options), column.header)


def _lay_table(page: Worksheet, table: Table, *, in_bulk: bool) -> None:
    """The filter buttons; in bulk over one row first, since XlsxWriter remembers every cell of a table."""
    if not table.name or not table.rows:
        return
    headers = [{"header": column.header} for column in table.columns]
    options = {"name": table.name, "style": None, "columns": headers}
    top, width = table.top - 1, len(table.columns)
    done(page.add_table(top, 0, top + (1 if in_bulk else table.rows), width - 1, options), table.name)
    if in_bulk:
        whole = f"A{table.top}:{a1(table.top + table.rows, width)}"
        page.tables[-1] |= {"range": whole, "autofilter": whole}


def _lay_rows(page: Worksheet, sheet: Sheet, *, in_bulk: bool) -> None:
    """Heights and outline; of rows written in bulk one is enough to say how deep the outline is."""
    levels = levelled_rows(sheet.table) if sheet.table else {}
    rows = levels.keys() | sheet.heights.keys()
    if in_bulk and sheet.table:
        deepest = max(levels, key=levels.__getitem__, default=0)
        body = range(sheet.table.top + 1, sheet.table.top + 1 + sheet.table.rows)
        rows = {row for row in rows if row not in body or row == deepest}
    for row in sorted(rows):
        options = {"level": levels[row]} if row in levels else {}
        done(page.set_row(row - 1, sheet.heights.get(row), None, options), sheet.name)


def _stretch(page: Worksheet, sheet: Sheet, paint: _Formats) -> None:
    """Tells XlsxWriter how far the sheet reaches, since it does not see the rows written in bulk."""
    rows = [cell.row for cell in sheet.placed]
    columns = [cell.column for cell in sheet.placed]
    if sheet.table:
        rows += [sheet.table.top, sheet.table.top + sheet.table.rows]
        columns += [1, len(sheet.table.columns)]
    for row, column in ((min, min), (max, max)):
        if rows:
            done(page.write_blank(row(rows) - 1, column(columns) - 1, None, paint(Style())), sheet.name)


def _write_cells(page: Worksheet, sheet: Sheet, paint: _Formats) -> None:
    for cell in sheet.placed:
        _write_cell(page, cell.row, cell.column, cell.value, paint(cell.style))
    if sheet.table:
        for at, column in enumerate(sheet.table.columns, 1):
            _write_column(page, sheet.table.top, at, column, paint)


def _write_column(page: Worksheet, top: int, at: int, column: Column, paint: _Formats) -> None:
    _write_cell(page, top, at, column.header, paint(column.title or column.style))
    for row, value in enumerate(column.values):
        style = column.style if column.styles is None else column.styles[row]
        _write_cell(page, top + 1 + row, at, value, paint(style))


def _write_cell(page: Worksheet, row: int, column: int, value: Value, format_: Format) -> None:
    place = (row - 1, column - 1)
    match value:
        case None:
            code = page.write_blank(*place, None, format_)
        case Formula(text, result, _):
            code = page.write_formula(*place, "=" + text, format_, result)
        case bool():
            code = page.write_boolean(*place, value, format_)
        case str():
            code = page.write_string(*place, text_for_cell(value), format_)
        case date():
            code = page.write_number(*place, (value - EPOCH).days, format_)
        case _:
            code = page.write_number(*place, value, format_)
    done(code, a1(row, column))


# ---------------------------------------------------------------- links


def _write_links(page: Worksheet, sheet: Sheet, paint: _Formats) -> None:
    for cell in sheet.placed:
        if cell.link:
            _write_link(page, cell.row, cell.column, cell.link, str(cell.value), paint(cell.style))
    for at, column in enumerate(sheet.table.columns if sheet.table else (), 1):
        for row, link in column.links.items():
            style = column.style if column.styles is None else column.styles[row]
            top = sheet.table.top if sheet.table else 0
            _write_link(page, top + 1 + row, at, link, str(column.values[row]), paint(style))


def _write_link(page: Worksheet, row: int, column: int, link: str, text: str, format_: Format) -> None:
    found = url(link)
    found.text = text_for_cell(text)
    done(page.write_url(row - 1, column - 1, found, format_), a1(row, column))

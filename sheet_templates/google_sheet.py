"""One tab of a `GoogleBook`: what was asked for, and the requests that make it so.

Rows and columns are counted from 0, as XlsxWriter and the API both do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple, TypeVar

from sheet_templates.google_look import Format, Options, coloured, validation
from sheet_templates.worksheet import ROW
from sync.core import sheets_api as api
from sync.core.sheets_api import Json

_MORE_COLUMNS = 4  # free ones to the right, for a team's own
_LEAST_ROWS = 50
_ROWS_AT_ONCE = 200  # in one request, so that a large tab can be sent in parts
_FILTER_VIEW = "Sort and filter"
T = TypeVar("T")
Place = tuple[int, int]


class _Columns(NamedTuple):
    first: int
    last: int
    width: float
    look: Format | None
    options: Options


class _Repeated(NamedTuple):
    rows: range
    column: int
    formula: str


class Area(NamedTuple):
    """Rows top to bottom and columns left to right, ends not included."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, sheet: int) -> Json:
        """Its GridRange in a sheet."""
        return api.grid_range(sheet, *self)


class GoogleSheet:
    """A worksheet with the methods of XlsxWriter's that the builders use; `requests` fills an empty tab."""

    def __init__(self, title: str, sheet_id: int) -> None:
        self.title = title
        self.id = sheet_id
        self._values: dict[Place, Json] = {}
        self._looks: dict[Place, Format] = {}
        self._columns: list[_Columns] = []
        self._heights: dict[int, float] = {}
        self._formulas: list[_Repeated] = []
        self._validations: list[tuple[Area, Options]] = []
        self._rules: list[tuple[str, Options]] = []
        self._table: Area | None = None
        self._reach = _LEAST_ROWS
        self._properties: Json = {"title": title, "sheetId": sheet_id}
        self._grid: Json = {}

    # --- what XlsxWriter's worksheet does too --------------------------------------------------------

    def write_string(self, row: int, column: int, text: str, look: Format | None = None) -> None:
        """A text stays one, whatever it begins with."""
        self._write(row, column, api.value(text), look)

    def write_number(self, row: int, column: int, number: float, look: Format | None = None) -> None:
        """A number."""
        self._write(row, column, api.value(number), look)

    def write_boolean(self, row: int, column: int, value: bool, look: Format | None = None) -> None:  # noqa: FBT001  # XlsxWriter's signature
        """TRUE or FALSE."""
        self._write(row, column, api.value(value), look)

    def write_datetime(self, row: int, column: int, day: date, look: Format | None = None) -> None:
        """A day as its number, which the look shows as a date."""
        self._write(row, column, api.value(day), look)

    def write_blank(self, row: int, column: int, _: None, look: Format | None = None) -> None:
        """Only a look."""
        self._write(row, column, {}, look)

    def write_formula(
        self, row: int, column: int, formula: str, look: Format | None = None, _: object = ""
    ) -> None:
        """A formula; Google computes its value."""
        self._write(row, column, api.formula(formula), look)

    def repeat_formula(self, rows: range, column: int, formula: str, look: Format) -> None:
        """The formula in all these rows of a column; ROW in it is each row's own number."""
        self._formulas.append(_Repeated(rows, column, formula.replace(ROW, str(rows.start + 1))))
        for row in rows:
            self._looks[row, column] = look

    def set_column(
        self, first: int, last: int, width: float, look: Format | None = None, options: Options | None = None
    ) -> None:
        """Width in characters and look of columns; the column that carries Excel's group sign is left out."""
        if not (options or {}).get("collapsed"):
            self._columns.append(_Columns(first, last, width, look, options or {}))

    def set_row(self, row: int, height: float) -> None:
        """The height of a row in points."""
        self._heights[row] = height

    def fit_row(self, row: int, height: float) -> None:
        """Nothing: Google fits rows to their texts itself."""

    def freeze_panes(self, rows: int, columns: int) -> None:
        """Rows and columns that stay in view."""
        self._grid |= {"frozenRowCount": rows, "frozenColumnCount": columns}

    def hide_gridlines(self, _: int) -> None:
        """No lines between the cells."""
        self._grid["hideGridlines"] = True

    def set_tab_color(self, colour: str) -> None:
        """The colour of the tab."""
        self._properties["tabColorStyle"] = api.colour(colour)

    def hide(self) -> None:
        """The tab is not shown."""
        self._properties["hidden"] = True

    def data_validation(self, top: int, left: int, bottom: int, right: int, options: Options) -> None:
        """A drop-down, a rule or a message, in a table as far as its rows go; the ends are included."""
        self._reach = max(self._reach, bottom + 1)
        end = min(bottom + 1, self._table.bottom) if self._table else bottom + 1
        self._validations.append((Area(top, left, end, right + 1), options))

    def conditional_format(self, cells: str, rule: Options) -> None:
        """A colour by rule; earlier rules win."""
        self._rules.append((cells, rule))

    def add_table(self, top: int, left: int, bottom: int, right: int, options: Options) -> None:
        """The header row, and where the looks of the columns apply; the ends are included."""
        self._table = Area(top, left, bottom + 1, right + 1)
        for column, of_column in enumerate(options["columns"], left):
            self.write_string(top, column, of_column["header"], of_column["header_format"])

    def _not_in_google(self, *_: object, **__: object) -> None:
        """Paper, and which tab is seen first: Google asks when somebody prints, and shows the first."""

    set_landscape = set_paper = fit_to_pages = set_margins = set_footer = _not_in_google
    repeat_rows = print_area = activate = _not_in_google

    def _write(self, row: int, column: int, value: Json, look: Format | None) -> None:
        self._values[row, column] = value
        if look:
            self._looks[row, column] = look

    # --- as requests ---------------------------------------------------------------------------------

    def properties(self, index: int, least_rows: int) -> Json:
        """The SheetProperties of the new tab, with room for all that it holds and others look at."""
        rules = [api.range_of(cells, self.id)["endRowIndex"] for cells, _ in self._rules]
        rows = [row + 1 for row, _ in self._looks] + rules + ([self._table.bottom] if self._table else [])
        columns = [column + 1 for _, column in self._looks] + [one.last + 1 for one in self._columns]
        size = {
            "rowCount": max(*rows, least_rows, self._reach),
            "columnCount": max(columns) + _MORE_COLUMNS,
        }
        return {**self._properties, "index": index, "gridProperties": size | self._grid}

    def requests(self, lists: Mapping[str, str]) -> Iterator[Json]:
        """Everything but the tab itself; `lists` are the ranges behind the named lists."""
        yield from self._looking()
        yield from self._holding()
        yield from self._computing()
        yield from self._sized()
        yield from self._folded()
        for area, options in self._validations:
            yield {"setDataValidation": {"range": area.of(self.id), "rule": validation(options, lists)}}
        for at, (cells, rule) in enumerate(self._rules):
            found = {"ranges": [api.range_of(cells, self.id)], **coloured(rule)}
            yield {"addConditionalFormatRule": {"index": at, "rule": found}}
        if self._table:
            rows = api.grid_range(self.id, self._table.top, self._table.left, right=self._table.right)
            yield {"addFilterView": {"filter": {"title": _FILTER_VIEW, "range": rows}}}

    def _looking(self) -> Iterator[Json]:
        """The looks of the table's columns, then those of single cells that look otherwise."""
        of_columns: dict[Place, Format] = {}
        if self._table:
            body = range(self._table.top + 1, self._table.bottom)
            of_columns = {
                (row, column): one.look
                for one in self._columns
                if one.look
                for column in range(one.first, one.last + 1)
                for row in body
            }
        yield from self._repeated_looks(of_columns)
        others = {place: look for place, look in self._looks.items() if of_columns.get(place) is not look}
        yield from self._repeated_looks(others)

    def _repeated_looks(self, looks: Mapping[Place, Format]) -> Iterator[Json]:
        for area, look in rectangles(looks):
            yield self._repeat(area, {"userEnteredFormat": look.cell})

    def _holding(self) -> Iterator[Json]:
        """The values, by blocks of neighbouring rows."""
        filled = {place: value for place, value in self._values.items() if value}
        by_row: dict[int, dict[int, Json]] = {}
        for (row, column), value in sorted(filled.items()):
            by_row.setdefault(row, {})[column] = {"userEnteredValue": value}
        for top, cells in _blocks(by_row):
            yield {
                "updateCells": {
                    "start": {"sheetId": self.id, "rowIndex": top, "columnIndex": 0},
                    "rows": [{"values": [row.get(at, {}) for at in range(max(row) + 1)]} for row in cells],
                    "fields": "userEnteredValue",
                }
            }

    def _computing(self) -> Iterator[Json]:
        """Formulas are written once for all rows of a column: Google counts their references on."""
        for one in self._formulas:
            area = Area(one.rows.start, one.column, one.rows.stop, one.column + 1)
            yield self._repeat(area, {"userEnteredValue": api.formula(one.formula)})

    def _repeat(self, area: Area, cell: Json) -> Json:
        return {"repeatCell": {"range": area.of(self.id), "cell": cell, "fields": next(iter(cell))}}

    def _sized(self) -> Iterator[Json]:
        for one in self._columns:
            properties: Json = {"pixelSize": int(one.width * 7 + 5)}  # Excel's own measure, in Arial 10
            if one.options.get("hidden") and "level" not in one.options:
                properties["hiddenByUser"] = True
            yield self._resized("COLUMNS", one.first, one.last + 1, properties)
        for first, last, height in _runs(self._heights):
            yield self._resized("ROWS", first, last, {"pixelSize": round(height * 4 / 3)})

    def _resized(self, dimension: str, first: int, last: int, properties: Json) -> Json:
        asked = {
            "range": self._dimension(dimension, first, last),
            "properties": properties,
            "fields": ",".join(properties),
        }
        return {"updateDimensionProperties": asked}

    def _folded(self) -> Iterator[Json]:
        """The columns of a level in one group each, closed."""
        levels = {
            column: one.options["level"]
            for one in self._columns
            if "level" in one.options
            for column in range(one.first, one.last + 1)
        }
        for first, last, depth in _runs(levels):
            columns = self._dimension("COLUMNS", first, last)
            yield {"addDimensionGroup": {"range": columns}}
            group = {"range": columns, "depth": depth, "collapsed": True}
            yield {"updateDimensionGroup": {"dimensionGroup": group, "fields": "collapsed"}}

    def _dimension(self, dimension: str, first: int, last: int) -> Json:
        return {"sheetId": self.id, "dimension": dimension, "startIndex": first, "endIndex": last}


def rectangles(cells: Mapping[Place, T]) -> Iterator[tuple[Area, T]]:
    """The cells as few areas of one look each: runs in a row, joined with the same runs right below."""
    by_row: dict[int, dict[int, T]] = {}
    for (row, column), look in sorted(cells.items(), key=lambda item: item[0]):
        by_row.setdefault(row, {})[column] = look
    open_: dict[tuple[int, int, int], tuple[Area, T]] = {}
    for row, columns in by_row.items():
        for left, right, look in _runs(columns):
            key = (left, right, id(look))
            top = row
            if key in open_:
                before, _ = open_[key]
                if before.bottom == row:
                    top = before.top
                else:
                    yield before, look
            open_[key] = (Area(top, left, row + 1, right), look)
    yield from open_.values()


def _runs(values: Mapping[int, T]) -> Iterator[tuple[int, int, T]]:
    """(first, end, value) of neighbours that have the same value."""
    numbered = enumerate(sorted(values.items(), key=lambda item: item[0]))
    for (_, value), group in groupby(numbered, key=lambda pair: (pair[1][0] - pair[0], pair[1][1])):
        run = [at for _, (at, _) in group]
        yield run[0], run[-1] + 1, value


def _blocks(by_row: Mapping[int, T]) -> Iterator[tuple[int, Sequence[T]]]:
    """(first row, rows) of neighbouring rows, so many at once."""
    for _, group in groupby(enumerate(sorted(by_row)), key=lambda pair: pair[1] - pair[0]):
        rows = [row for _, row in group]
        for at in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[at : at + _ROWS_AT_ONCE]
            yield part[0], [by_row[row] for row in part]

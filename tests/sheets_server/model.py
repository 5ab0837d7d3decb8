"""Spreadsheets in memory: a book of sheets, their cells, and whatever is attached to ranges of them.

Cells, formats and attached objects are kept as Google's JSON. A cell is never changed in place but
replaced, so a snapshot of a book copies references only; that makes the rollback of a batch cheap.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from tests.sheets_server.a1 import Area
from tests.sheets_server.errors import Json

Cell = dict[str, Any]  # a CellData: userEnteredValue, userEnteredFormat, note, dataValidation, textFormatRuns
LISTS = (
    "merges",
    "conditionalFormats",
    "filterViews",
    "protectedRanges",
    "charts",
    "bandedRanges",
    "rowGroups",
    "columnGroups",
    "tables",
    "commentAnchors",
)
CELL_LIMIT = 10_000_000
TEXT_LIMIT = 50_000


def rgb(red: float = 0, green: float = 0, blue: float = 0) -> Json:
    parts = {"red": red, "green": green, "blue": blue}
    return {name: value for name, value in parts.items() if value}


_WHITE = rgb(1, 1, 1)
DEFAULT_FORMAT: Json = {
    "backgroundColor": _WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": _WHITE},
}
_THEME = {
    "TEXT": rgb(),
    "BACKGROUND": _WHITE,
    "ACCENT1": rgb(0.25882354, 0.52156866, 0.95686275),
    "ACCENT2": rgb(0.91764706, 0.2627451, 0.20784314),
    "ACCENT3": rgb(0.9843137, 0.7372549, 0.015686275),
    "ACCENT4": rgb(0.20392157, 0.65882355, 0.3254902),
    "ACCENT5": rgb(1, 0.42745098, 0.003921569),
    "ACCENT6": rgb(0.27450982, 0.7411765, 0.7764706),
    "LINK": rgb(0.06666667, 0.33333334, 0.8),
}


def book_properties(title: str, locale: str = "en_US", time_zone: str = "Etc/GMT") -> Json:
    """The properties of a new spreadsheet."""
    colors = [{"colorType": name, "color": {"rgbColor": color}} for name, color in _THEME.items()]
    return {
        "title": title,
        "locale": locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": time_zone,
        "defaultFormat": copy.deepcopy(DEFAULT_FORMAT),
        "spreadsheetTheme": {"primaryFontFamily": "Arial", "themeColors": colors},
    }


@dataclass
class Sheet:
    """One tab. `properties` is Google's SheetProperties without the index, which is the place in the book."""

    properties: Json
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    dimensions: dict[str, dict[int, Json]] = field(default_factory=lambda: {"ROWS": {}, "COLUMNS": {}})
    objects: dict[str, list[Json]] = field(default_factory=lambda: {name: [] for name in LISTS})
    basic_filter: Json | None = None

    @property
    def id(self) -> int:
        return int(self.properties["sheetId"])

    @property
    def title(self) -> str:
        return str(self.properties["title"])

    @property
    def grid(self) -> Json:
        grid: Json = self.properties["gridProperties"]
        return grid

    @property
    def rows(self) -> int:
        return int(self.grid["rowCount"])

    @property
    def columns(self) -> int:
        return int(self.grid["columnCount"])

    def length(self, dimension: str) -> int:
        return self.rows if dimension == "ROWS" else self.columns

    def cell(self, row: int, column: int) -> Cell:
        return self.cells.get(row, {}).get(column, {})

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Replaces a cell; an empty one is forgotten."""
        if cell:
            self.cells.setdefault(row, {})[column] = cell
        elif column in self.cells.get(row, {}):
            del self.cells[row][column]
            if not self.cells[row]:
                del self.cells[row]

    def whole(self) -> Area:
        return Area(self.id, 0, 0, self.rows, self.columns)

    def copied(self) -> Sheet:
        """Independent of this one; cells are shared because nobody changes them in place."""
        return Sheet(
            copy.deepcopy(self.properties),
            {row: dict(cells) for row, cells in self.cells.items()},
            copy.deepcopy(self.dimensions),
            copy.deepcopy(self.objects),
            copy.deepcopy(self.basic_filter),
        )


@dataclass
class Book:
    """A spreadsheet. `revision` grows with each change."""

    id: str
    properties: Json
    sheets: list[Sheet] = field(default_factory=list)
    named_ranges: list[Json] = field(default_factory=list)
    metadata: dict[int, Json] = field(default_factory=dict)
    comments: list[Json] = field(default_factory=list)
    revision: int = 0
    cached: dict[Any, Any] = field(default_factory=dict)  # results that hold until the next change

    @property
    def title(self) -> str:
        return str(self.properties["title"])

    @property
    def locale(self) -> str:
        return str(self.properties["locale"])

    def changed(self) -> None:
        self.revision += 1
        self.cached = {}

    def by_id(self, sheet_id: int) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.id == sheet_id), None)

    def by_title(self, title: str) -> Sheet | None:
        """The sheet of that name; upper and lower case are the same, as on Google's side."""
        folded = title.casefold()
        return next((sheet for sheet in self.sheets if sheet.title.casefold() == folded), None)

    def first(self) -> Sheet:
        """The first visible sheet: where a range without a title lies."""
        return next(sheet for sheet in self.sheets if not sheet.properties.get("hidden"))

    def cell_count(self) -> int:
        return sum(sheet.rows * sheet.columns for sheet in self.sheets)

    def snapshot(self) -> Book:
        """A copy that stays as the book is now."""
        return Book(
            self.id,
            copy.deepcopy(self.properties),
            [sheet.copied() for sheet in self.sheets],
            copy.deepcopy(self.named_ranges),
            copy.deepcopy(self.metadata),
            copy.deepcopy(self.comments),
            self.revision,
        )

    def restore(self, snapshot: Book) -> None:
        """Everything as it was when the snapshot was taken."""
        self.properties = snapshot.properties
        self.sheets = snapshot.sheets
        self.named_ranges = snapshot.named_ranges
        self.metadata = snapshot.metadata
        self.comments = snapshot.comments
        self.revision = snapshot.revision
        self.cached = {}


def new_sheet(sheet_id: int, title: str, rows: int = 1000, columns: int = 26, **properties: Any) -> Sheet:
    """An empty tab."""
    grid = {"rowCount": rows, "columnCount": columns} | properties.pop("gridProperties", {})
    kept = {"sheetId": sheet_id, "title": title, "sheetType": "GRID", "gridProperties": grid}
    return Sheet(kept | properties)

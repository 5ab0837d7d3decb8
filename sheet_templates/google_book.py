"""A workbook that notes what the builders ask for and gives it as requests to Google Sheets.

It has the methods of `worksheet.TemplateBook` that the builders use, so that one definition of the template
serves both; what only concerns paper is left out. Not Google's own tables (`addTable`) but plain ranges
hold the rows: a table wants each drop-down as a type of its column, which refuses what is not in the list,
changes formulas to references of its own, and is no part of the API that older clients know. Sorting and
filtering come as a filter view, which nobody else's view is changed by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sheet_templates.google_look import Format, Options
from sheet_templates.google_sheet import GoogleSheet
from sync.core import schema
from sync.core import sheets_api as api
from sync.core.sheets_api import Json


class GoogleBook:
    """An empty book for a spreadsheet in which no tab has one of these titles or ids."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._ids = ids
        self._sheets: list[GoogleSheet] = []
        self._lists: dict[str, str] = {}
        self._book_id = ""

    def add_tab(self, title: str) -> GoogleSheet:
        """A new sheet behind the others."""
        sheet = GoogleSheet(title, self._ids[title])
        self._sheets.append(sheet)
        return sheet

    def add_format(self, options: Options) -> Format:
        """A format for the cells of this book."""
        return Format(options)

    def define_list(self, name: str, values: str, filled: str) -> None:  # noqa: ARG002  # the other book's signature
        """Names the whole range `values`: a name can be no formula, and a drop-down skips blank cells."""
        self._lists[name] = values

    def identify(self, book_id: str) -> None:
        """Keeps the spreadsheet's id where the reader finds it: in its metadata."""
        self._book_id = book_id

    def requests(self) -> Iterator[Json]:
        """Everything, in order: all tabs first, so that formulas and names find the tabs they mention."""
        for at, sheet in enumerate(self._sheets):
            yield {"addSheet": {"properties": sheet.properties(at, self._looked_at(sheet.title))}}
        for sheet in self._sheets:
            yield from sheet.requests(self._lists)
        for name, values in self._lists.items():
            sheet_id = self._ids[_tab_of(values)]
            yield {"addNamedRange": {"namedRange": {"name": name, "range": api.range_of(values, sheet_id)}}}

    def marks(self) -> Iterator[Json]:
        """The metadata; sent last, the book's id says that everything before it was done."""
        yield _metadata(schema.TEMPLATE_VERSION_NAME, schema.TEMPLATE_VERSION)
        yield _metadata(schema.BOOK_ID_NAME, self._book_id)

    def _looked_at(self, title: str) -> int:
        """The last row of a tab that a list reaches."""
        ranges = [values for values in self._lists.values() if _tab_of(values) == title]
        return max((api.range_of(values, 0)["endRowIndex"] for values in ranges), default=0)


def _tab_of(values: str) -> str:
    return values.rpartition("!")[0].strip("'")


def _metadata(key: str, value: str) -> Json:
    entry = {
        "metadataKey": key,
        "metadataValue": value,
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": entry}}

"""A person at the sheet: what users do while programs read and write, through the same code as the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.sheets_server import batch, reading, values
from tests.sheets_server.edit import Edit
from tests.sheets_server.errors import Json
from tests.sheets_server.world import File, World


class Person:
    """Works in one spreadsheet as the owner or as somebody named. Ranges are A1 texts with a title."""

    def __init__(self, world: World, file: File, email: str = "") -> None:
        assert file.book is not None
        self._world = world
        self._file = file
        self._book = file.book
        self._who = email or file.owner or "organizer@example.com"

    @property
    def _edit(self) -> Edit:
        # In a shared drive nobody owns a file; its managers may edit what is protected.
        return Edit(self._world, self._book, self._who, self._file.owner or "organizer@example.com")

    def _do(self, *requests: Json) -> list[Json]:
        with self._world.lock:
            edit = self._edit
            with edit.atomic():
                replies = batch.apply(edit, list(requests))
            self._world.touched(self._file, self._who)
            return replies

    def _sheet_id(self, title: str) -> int:
        found = self._book.by_title(title)
        assert found is not None, f"There is no tab {title!r}."
        return found.id

    def type(self, place: str, value: Any) -> None:
        """Types a value, or rows of values, from a cell on, as a keyboard would."""
        rows = value if isinstance(value, list) else [[value]]
        with self._world.lock:
            edit = self._edit
            with edit.atomic():
                values.write(edit, place, {"values": rows}, {"valueInputOption": "USER_ENTERED"})
            self._world.touched(self._file, self._who)

    def request(self, **kind: Json) -> Json:
        """Any request of a batch: `person.request(mergeCells={...})`. Gives its reply."""
        return self._do(dict(kind))[0]

    def insert_rows(self, title: str, before: int, count: int = 1) -> None:
        """New rows before the row with that number, counted from 1 as people do."""
        span = self._rows(title, before, count)
        self._do({"insertDimension": {"range": span, "inheritFromBefore": before > 1}})

    def delete_rows(self, title: str, first: int, count: int = 1) -> None:
        self._do({"deleteDimension": {"range": self._rows(title, first, count)}})

    def move_rows(self, title: str, first: int, before: int, count: int = 1) -> None:
        """Drags rows to before another."""
        source = self._rows(title, first, count)
        self._do({"moveDimension": {"source": source, "destinationIndex": before - 1}})

    def _rows(self, title: str, first: int, count: int) -> Json:
        start = first - 1
        sheet_id = self._sheet_id(title)
        return {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": start + count}

    def sort(self, place: str, column: int, *, descending: bool = False) -> None:
        """Sorts the rows of a range by a column of the sheet, counted from 0."""
        _, area = self._edit.resolve(place)
        order = "DESCENDING" if descending else "ASCENDING"
        spec = {"dimensionIndex": column, "sortOrder": order}
        self._do({"sortRange": {"range": area.to_grid(), "sortSpecs": [spec]}})

    def rename_tab(self, title: str, new: str) -> None:
        properties = {"sheetId": self._sheet_id(title), "title": new}
        self._do({"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def add_tab(self, title: str) -> None:
        self._do({"addSheet": {"properties": {"title": title}}})

    def delete_tab(self, title: str) -> None:
        self._do({"deleteSheet": {"sheetId": self._sheet_id(title)}})

    def protect(self, place: str, editors: Sequence[str] = ()) -> None:
        """Only the owner and those named may edit the range from now on."""
        _, area = self._edit.resolve(place)
        protection = {"range": area.to_grid(), "editors": {"users": list(editors)}}
        self._do({"addProtectedRange": {"protectedRange": protection}})

    def rename(self, name: str) -> None:
        with self._world.lock:
            self._file.rename(name)
            self._world.touched(self._file, self._who)

    def trash(self, *, restore: bool = False) -> None:
        with self._world.lock:
            self._file.trashed = not restore
            self._world.touched(self._file, self._who)

    def delete(self) -> None:
        """Gone for good."""
        with self._world.lock:
            del self._world.files[self._file.id]

    def share(self, email: str, role: str) -> None:
        with self._world.lock:
            self._world.share(self._file, email, role)
            self._world.touched(self._file, self._who)

    def unshare(self, email: str) -> None:
        with self._world.lock:
            self._file.permissions.pop(self._world.permission_id(email), None)
            self._world.touched(self._file, self._who)

    def shown(self, place: str) -> list[list[Any]]:
        """The texts that a range shows."""
        return self._values(place, {})

    def stored(self, place: str) -> list[list[Any]]:
        """Numbers, texts and formulas of a range, as they are stored."""
        return self._values(place, {"valueRenderOption": "FORMULA"})

    def _values(self, place: str, options: Json) -> list[list[Any]]:
        with self._world.lock:
            edit = self._edit
            rows: list[list[Any]] = values.value_range(edit, *edit.resolve(place), options).get("values", [])
            return rows

    def cell(self, place: str) -> Json:
        """Everything about one cell."""
        with self._world.lock:
            edit = self._edit
            sheet, area = edit.resolve(place)
            return reading.CellReader(edit, sheet, {})(area.top, area.left)

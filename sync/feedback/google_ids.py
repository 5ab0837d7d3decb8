"""Ids written into rows of a team's sheet in Google, on request, wherever the rows have moved meanwhile.

An address is out of date as soon as somebody inserts a row. So each row gets a mark (developer metadata),
which Google moves along with it; the row is read through its mark, and written through it only if it is
still the row that is meant. The reply to the writing shows the row once more. At last the marks go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sync.core.grid import a1
from sync.core.model import Binding, TeamSheet
from sync.core.new_ids import NewId
from sync.core.schema import BY_KEY
from sync.core.sheets_api import Json, grid_range
from sync.google.client import Client

_MARK = "okrsync_row"


class Filled(NamedTuple):
    """What became of the rows: those that have their id now, and a sentence for each of the others."""

    written: tuple[NewId, ...]
    left: tuple[str, ...]


class _Marked(NamedTuple):
    """A row with its mark. Columns are counted from 0, and the row is read up to `width`."""

    new: NewId
    mark: int
    id_column: int
    text_column: int

    @property
    def width(self) -> int:
        return max(self.id_column, self.text_column) + 1

    @property
    def filter(self) -> Json:
        return {"developerMetadataLookup": {"metadataId": self.mark}}

    def values(self) -> list[str | None]:
        """The row as it is written: its id, and nothing (null) where anything else stands."""
        return [self.new.id if at == self.id_column else None for at in range(self.width)]


def fill(client: Client, spreadsheet: str, sheet: TeamSheet, wanted: Sequence[NewId]) -> Filled:
    """Writes the ids. Raises SourceUnreadable when Google refuses or fails; marks may stay behind then."""
    bound = [new for new in wanted if "id" in _binding(sheet, new).columns]
    if not bound:
        return Filled((), tuple(f"{_words(sheet, new)} has no column for ids." for new in wanted))
    marked = _mark(client, spreadsheet, sheet, bound)
    rows = _rows(client.read_by_metadata(spreadsheet, [one.filter for one in marked]), "valueRanges")
    still = [one for one in marked if _is_meant(one, rows.get(one.mark, []), blank=True)]
    after: Mapping[int, Sequence[object]] = {}
    if still:
        data = [
            {"dataFilter": one.filter, "majorDimension": "ROWS", "values": [one.values()]} for one in still
        ]
        after = _rows(client.write_by_metadata(spreadsheet, data), "responses")
    client.batch_update(spreadsheet, [_unmark()])
    written = [one for one in still if _is_meant(one, after.get(one.mark, []), blank=False)]
    left = [
        f"{_words(sheet, one.new)} was changed meanwhile; nothing was written."
        for one in marked
        if one not in still
    ]
    left += [
        f"{_words(sheet, one.new)} was changed meanwhile; see whether “{one.new.id}” is where it should be."
        for one in still
        if one not in written
    ]
    return Filled(tuple(one.new for one in written), tuple(left))


def _mark(client: Client, spreadsheet: str, sheet: TeamSheet, wanted: Iterable[NewId]) -> list[_Marked]:
    rows = list(wanted)
    requests = [_mark_request(_binding(sheet, new).gid, new) for new in rows]
    replies = client.batch_update(spreadsheet, requests)["replies"]
    marks = [reply["createDeveloperMetadata"]["developerMetadata"]["metadataId"] for reply in replies]
    return [
        _Marked(new, mark, columns["id"] - 1, columns[BY_KEY[new.table].text] - 1)
        for new, mark in zip(rows, marks, strict=True)
        for columns in (_binding(sheet, new).columns,)
    ]


def _mark_request(gid: str, new: NewId) -> Json:
    rows = grid_range(int(gid), new.row - 1, bottom=new.row)
    place = {
        "sheetId": rows["sheetId"],
        "dimension": "ROWS",
        "startIndex": rows["startRowIndex"],
        "endIndex": rows["endRowIndex"],
    }
    mark = {
        "metadataKey": _MARK,
        "metadataValue": new.id,
        "visibility": "PROJECT",
        "location": {"dimensionRange": place},
    }
    return {"createDeveloperMetadata": {"developerMetadata": mark}}


def _unmark() -> Json:
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataKey": _MARK}}}}


def _rows(reply: Json, name: str) -> dict[int, Sequence[object]]:
    """The first row of values of each filter in a reply, by the mark it asked for."""
    found = {}
    for part in reply.get(name, ()):
        filters = part.get("dataFilters") or [part.get("dataFilter", {})]
        mark = filters[0].get("developerMetadataLookup", {}).get("metadataId")
        values = (part.get("valueRange") or part.get("updatedData") or {}).get("values") or [[]]
        found[mark] = values[0]
    return found


def _is_meant(one: _Marked, row: Sequence[object], *, blank: bool) -> bool:
    """Whether a row has the text that is meant, and in its ID column nothing yet, or our id."""
    cells = [str(cell) if cell is not None else "" for cell in row] + [""] * one.width
    there = cells[one.id_column].strip()
    same = cells[one.text_column].split() == one.new.text.split()
    return same and (not there if blank else there == one.new.id)


def _binding(sheet: TeamSheet, new: NewId) -> Binding:
    return sheet.bindings[new.table]


def _words(sheet: TeamSheet, new: NewId) -> str:
    """`Objectives!B7 (“Friends tell friends”)`."""
    binding = _binding(sheet, new)
    column = binding.columns.get(BY_KEY[new.table].text, 1)
    return f"{binding.title}!{a1(new.row, column)} (“{new.text}”)"

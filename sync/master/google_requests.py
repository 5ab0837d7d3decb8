"""What has to be sent to make a spreadsheet the new master, in batches that may each be applied twice.

Nothing is cleared before it is written: one `updateCells` replaces a whole tab, rows of before included, in
the same batch as all that concerns the tab. What may not be applied twice (conditional formats have no ids,
groups add up) goes together with a new mark, whose id can be given only once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from sync.core.errors import PublishError
from sync.core.sheets_api import Json, grid_range
from sync.master import google_accents as accents
from sync.master.cells import Sheet, Workbook
from sync.master.google_cells import LOOKS, VALUES, Values, held, look, separator, values
from sync.master.google_ids import mark_id, sheet_id
from sync.master.google_layout import groups
from sync.master.google_tabs import MARK, Standing, Tab, digest, shape
from sync.master.look import plain
from sync.master.notes import AddedSheet, NoteCell

MOST_BYTES = 2_000_000
"""Of a batch, unless one tab alone takes more: Google recommends no more."""
MOST_AT_ONCE = 8_000_000
"""Of one tab's values; what is more goes in pieces. Google refuses a request of more than 10 MB."""
_NO_CHART = digest(None)


class Batch(NamedTuple):
    """Requests for one `batchUpdate`. `signs`: ids of tabs and marks that exist once it was applied."""

    requests: list[Json]
    signs: frozenset[int]


def batches(workbook: Workbook, now: Standing, *, most_bytes: int = MOST_BYTES) -> list[Batch]:
    """All that makes the spreadsheet show the workbook (of `google_fit`). Raises PublishError."""
    between = separator(now.locale)
    found = {sheet.name: values(sheet, between) for sheet in workbook.sheets}
    _refuse_taken_names(workbook, now)
    parts = [[*_room(workbook, found, now)]]
    for sheet in workbook.sheets:
        kept = [lost for lost in now.left_over if lost.name == f"{sheet.name} (kept)"]
        *first, last = _written(sheet, found[sheet.name])
        last, layout = [*_kept(kept, now), *last], [*_layout(sheet, now)]
        parts += [*first, [*last, *layout]] if _fit(last, layout) else [*first, last, layout]
    return [Batch(requests, frozenset(_signs(requests))) for requests in _packed(parts, most_bytes)]


def _packed(parts: Iterable[list[Json]], most: int) -> Iterator[list[Json]]:
    """The parts in order, as many of them together as fit."""
    packed: list[Json] = []
    size = 0
    for part in parts:
        more = _length(part)
        if packed and size + more > most:
            yield packed
            packed, size = [], 0
        packed, size = packed + part, size + more
    if packed:
        yield packed


def _fit(*parts: list[Json]) -> bool:
    return sum(map(_length, parts)) <= MOST_AT_ONCE


def _length(value: object) -> int:
    """Its bytes on the way to Google, about."""
    return len(json.dumps(value))


def _signs(requests: Iterable[Json]) -> Iterator[int]:
    for request in requests:
        if "addSheet" in request:
            yield request["addSheet"]["properties"]["sheetId"]
        if "createDeveloperMetadata" in request:
            yield request["createDeveloperMetadata"]["developerMetadata"]["metadataId"]


# ---------------------------------------------------------------- room for all tabs


def _refuse_taken_names(workbook: Workbook, now: Standing) -> None:
    """Raises PublishError where a tab that is not ours bears a name of ours."""
    names = {sheet.name.casefold(): sheet_id(sheet.name) for sheet in workbook.sheets}
    taken = [tab.title for tab in now.tabs.values() if names.get(tab.title.casefold(), tab.id) != tab.id]
    if taken:
        raise PublishError(
            f"The spreadsheet of the master has tabs of its own called {', '.join(taken)}, which are not "
            "touched. Rename them, or name another spreadsheet in `[master] google`."
        )


def _room(workbook: Workbook, found: Mapping[str, Values], now: Standing) -> Iterator[Json]:
    """Tabs that are missing, names that were changed, and more rows and columns where they do not suffice."""
    for at, sheet in enumerate(workbook.sheets):
        rows, columns = _size(sheet, found[sheet.name].rows)
        tab = now.tabs.get(sheet_id(sheet.name))
        if tab is None:
            yield _new(sheet_id(sheet.name), sheet.name, rows, columns, at)
        elif (tab.title, tab.rows, tab.columns) != (
            wanted := (sheet.name, max(rows, tab.rows), max(columns, tab.columns))
        ):
            yield _resized(tab.id, *wanted)


def _size(sheet: Sheet, rows: Sequence[Json]) -> tuple[int, int]:
    """How many rows and columns the tab needs, with one of each beyond what is written."""
    wide = max((len(row["values"]) for row in rows), default=0)
    below = sheet.table.top + sheet.table.rows if sheet.table else 0
    across = len(sheet.table.columns) if sheet.table else 0
    return max(len(rows), below, sheet.freeze[0]) + 1, max(wide, across, sheet.freeze[1]) + 1


def _new(id_: int, title: str, rows: int, columns: int, at: int | None = None) -> Json:
    size = {"rowCount": rows, "columnCount": columns}
    properties: Json = {"sheetId": id_, "title": title, "gridProperties": size}
    return {"addSheet": {"properties": properties | ({} if at is None else {"index": at})}}


def _resized(id_: int, title: str, rows: int, columns: int) -> Json:
    properties = {
        "sheetId": id_,
        "title": title,
        "gridProperties": {"rowCount": rows, "columnCount": columns},
    }
    fields = "title,gridProperties.rowCount,gridProperties.columnCount"
    return {"updateSheetProperties": {"properties": properties, "fields": fields}}


# ---------------------------------------------------------------- one tab


def _written(sheet: Sheet, found: Values) -> list[list[Json]]:
    """What makes the tab hold its values: one part, or several where that is more than Google takes."""
    id_ = sheet_id(sheet.name)
    fills = [
        {
            "repeatCell": {
                "range": grid_range(id_, fill.top, fill.column, fill.bottom, fill.column + 1),
                "cell": fill.cell,
                "fields": "userEnteredValue",
            }
        }
        for fill in found.fills
    ]
    each = ceil(len(found.rows) / ceil((_length(found.rows) + 1) / MOST_AT_ONCE))
    starts = range(0, len(found.rows), each)
    parts = [[_rows_from(id_, found.rows, start, start + each)] for start in starts]
    return [*parts[:-1], [*parts[-1], *fills]]


def _rows_from(id_: int, rows: Sequence[Json], start: int, end: int) -> Json:
    """The request that replaces rows; the last one replaces everything below them by nothing."""
    area = grid_range(id_, start or None, None, end if end < len(rows) else None)
    return {"updateCells": {"range": area, "rows": rows[start:end], "fields": VALUES}}


def _layout(sheet: Sheet, now: Standing) -> Iterator[Json]:
    """What is not as it should be in the tab's layout."""
    id_ = sheet_id(sheet.name)
    tab = now.tabs.get(id_) or Tab(id_, sheet.name, 0, 0)
    # a mark tells where rows and headers stood; where they stand elsewhere now, looks have moved with them
    known = tab.layout if tab.mark and tab.stands == tab.shape else {}
    made = groups(sheet)
    drawn, coloured = accents.chart(sheet), accents.rules(sheet)
    layout = {name: digest(requests) for name, requests in made.items()}
    layout |= {"rules": digest(coloured), "chart": digest(drawn)}
    changes = [
        request for name, found in made.items() if known.get(name) != layout[name] for request in found
    ]
    if known.get("rules") != layout["rules"] or tab.rules != len(coloured):
        changes += _rules(id_, tab.rules, coloured)
    changes += [*_outline(id_, tab, accents.outline(sheet)), *_filter(tab, accents.filtered(sheet))]
    if drawn and drawn["chartId"] in now.charts:
        changes += _redrawn(drawn) if known.get("chart") != layout["chart"] else []
    elif drawn and tab.layout.get("chart", _NO_CHART) == _NO_CHART:
        changes.append({"addChart": {"chart": drawn}})
    yield from changes
    if changes or known != layout or tab.shape != shape(sheet):
        yield from _mark(sheet, tab, layout)


def _mark(sheet: Sheet, tab: Tab, layout: Mapping[str, str]) -> Iterator[Json]:
    said = json.dumps({"shape": shape(sheet), "layout": layout}, sort_keys=True)
    if tab.mark:
        yield {
            "deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": tab.mark}}}
        }
    mark = {
        "metadataId": mark_id(sheet.name, tab.mark, said),
        "metadataKey": MARK,
        "metadataValue": said,
        "location": {"sheetId": tab.id},
        "visibility": "DOCUMENT",
    }
    yield {"createDeveloperMetadata": {"developerMetadata": mark}}


def _rules(id_: int, before: int, rules: Sequence[Json]) -> Iterator[Json]:
    for index in reversed(range(before)):
        yield {"deleteConditionalFormatRule": {"sheetId": id_, "index": index}}
    for index, rule in enumerate(rules):
        yield {"addConditionalFormatRule": {"rule": rule, "index": index}}


def _outline(id_: int, tab: Tab, wanted: frozenset[accents.Group]) -> Iterator[Json]:
    """All groups anew, the inner ones undone first and made last."""
    if tab.groups != wanted:
        yield from (accents.grouped(id_, group, add=False) for group in sorted(tab.groups, reverse=True))
        yield from (accents.grouped(id_, group, add=True) for group in sorted(wanted))


def _filter(tab: Tab, wanted: Json | None) -> Iterator[Json]:
    if wanted and {"startRowIndex": 0, "startColumnIndex": 0, **(tab.filter or {})} != wanted:
        yield {"setBasicFilter": {"filter": {"range": wanted}}}


def _redrawn(drawn: Json) -> list[Json]:
    """Its lines anew. It is made once and never moved: where it is, or that it is gone, managers decide."""
    return [{"updateChartSpec": {"chartId": drawn["chartId"], "spec": drawn["spec"]}}]


# ---------------------------------------------------------------- rows that managers wrote below a list


def _kept(left_over: Sequence[AddedSheet], now: Standing) -> Iterator[Json]:
    """Into a tab of their own, below what stands there."""
    for lost in left_over:
        there = next((tab for tab in now.tabs.values() if tab.title == lost.name), None)
        first, start = min(lost.rows), there.used + 1 if there else 1
        rows = [_kept_row(lost, row, start + row - first) for row in range(first, max(lost.rows) + 1)]
        last, wide = start + len(rows), max(len(row["values"]) for row in rows) + 1
        if there is None:
            yield _new(sheet_id(lost.name), lost.name, last, wide)
        else:
            yield _resized(there.id, there.title, max(last, there.rows), max(wide, there.columns))
        corner = {"sheetId": there.id if there else sheet_id(lost.name), "rowIndex": start - 1}
        yield {"updateCells": {"start": corner, "rows": rows, "fields": f"{VALUES},{LOOKS}"}}


def _kept_row(lost: AddedSheet, row: int, there: int) -> Json:
    cells = lost.rows.get(row, {})
    return {
        "values": [
            _kept_cell(cells[column], there) if column in cells else {}
            for column in range(1, max(cells, default=0) + 1)
        ]
    }


def _kept_cell(cell: NoteCell, row: int) -> Json:
    return held(cell.at(row), "", "") | {LOOKS: look(plain(cell.style))}

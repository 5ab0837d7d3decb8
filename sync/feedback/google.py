"""Findings written into a team's sheet in Google: one atomic call that replaces the tab okrsync owns.

The tab is asked for by its id, which survives renaming and moving; nothing else of the sheet is touched
(TRUST 27). The call may be made twice. A sheet that cannot be written is a value, Refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from sync.core import palette
from sync.core import sheets_api as api
from sync.core.errors import SourceUnreadable
from sync.core.lists import LIST_ROWS, Lists, list_columns
from sync.core.model import Binding
from sync.core.schema import LISTS_TAB, STATUS_TAB, Tab
from sync.core.sheets_api import Json
from sync.core.status_tab import KEY_ROWS, STYLE_COLUMN, Feedback, Placed, StatusStyle, status_cells
from sync.feedback.excel import Refused
from sync.google.client import Client

_FRESH_TAB = (
    "copy the tab from a fresh template (okrsync template --google) if you want findings in the sheet"
)


def write(
    client: Client,
    spreadsheet: str,
    bindings: Mapping[str, Binding],
    feedback: Feedback,
    lists: Lists | None = None,
) -> Refused | None:
    """Replaces Sync status (and Lists, if given); None when that was done. `bindings` tell the tabs' ids."""
    tab, choices = bindings.get(STATUS_TAB), bindings.get(LISTS_TAB)
    if tab is None:
        return Refused(f"because it has no tab “{Tab.SYNC_STATUS}”; {_FRESH_TAB}.", retry=False)
    requests = status_requests(int(tab.gid), feedback, bindings)
    if lists is not None and choices is not None:
        requests += list_requests(int(choices.gid), lists)
    try:
        client.batch_update(spreadsheet, requests)
    except SourceUnreadable as error:
        return Refused(f"because {error.cause} {error.hint}", retry=error.passing)
    return None


def status_requests(gid: int, feedback: Feedback, bindings: Mapping[str, Binding]) -> list[Json]:
    """The requests that make the tab of that id say this, and nothing of before."""
    gids = {binding.title: binding.gid for binding in bindings.values()}
    rows: dict[int, dict[int, Json]] = defaultdict(dict)
    for placed in status_cells(feedback):
        rows[placed.row - 1][placed.column - 1] = _cell(placed, gids)
    return list(_replaced(gid, rows, (KEY_ROWS, STYLE_COLUMN)))


def list_requests(gid: int, lists: Lists) -> list[Json]:
    """The requests that fill the tab Lists, of that id, with what the drop-downs offer."""
    rows: dict[int, dict[int, Json]] = defaultdict(dict)
    columns = list_columns(lists)
    for column, (name, values) in enumerate(columns.items()):
        for row, text in enumerate((name, *values)):
            rows[row][column] = api.cell(text)
    return list(_replaced(gid, rows, (LIST_ROWS, len(columns))))


def _replaced(gid: int, rows: Mapping[int, Mapping[int, Json]], least: tuple[int, int]) -> Iterator[Json]:
    """A tab made as large as its new cells need, and all of its cells set at once.

    It keeps the rows and columns that the template's formulas and drop-downs look at (`least`).
    """
    last = max(rows, default=0) + 1
    height, width = max(last, least[0]), least[1]
    size = {"rowCount": height, "columnCount": width}
    yield {
        "updateSheetProperties": {
            "properties": {"sheetId": gid, "gridProperties": size},
            "fields": "gridProperties(rowCount,columnCount)",
        }
    }
    yield {
        "updateCells": {
            "range": api.grid_range(gid, 0, 0, height, width),
            "rows": [_row(rows.get(row, {}), width) for row in range(last)],
            "fields": api.CELLS,
        }
    }


def _row(cells: Mapping[int, Json], width: int) -> Json:
    return {"values": [cells.get(column, {}) for column in range(width)]}


def _cell(placed: Placed, gids: Mapping[str, str]) -> Json:
    """One cell; a finding's address leads to the cell that it is about."""
    found = api.cell(placed.value, _look(placed.style))
    tab, address = placed.link
    if tab and address and gids.get(tab):
        uri = f"#gid={gids[tab]}&range={address}"
        found["textFormatRuns"] = [{"format": {"link": {"uri": uri}}}]
    return found


@cache
def _look(style: StatusStyle) -> Json:
    """How a style looks in Google: the template's own look, without what a tab needs only once."""
    text: Json = {"fontSize": 10, "foregroundColorStyle": api.colour(palette.INK)}
    look: Json = {"verticalAlignment": "TOP", "wrapStrategy": "WRAP", "textFormat": text}
    match style:
        case StatusStyle.TITLE:
            text |= {"fontSize": 18, "bold": True, "foregroundColorStyle": api.colour(palette.BRAND)}
        case StatusStyle.SUBTITLE | StatusStyle.LABEL | StatusStyle.KEY:
            text |= {"foregroundColorStyle": api.colour(palette.MUTED)}
        case StatusStyle.VALUE:
            text |= {"bold": True}
        case StatusStyle.PERCENT:
            text |= {"bold": True}
            look |= {"numberFormat": api.number_format("0.0%"), "horizontalAlignment": "LEFT"}
        case StatusStyle.HEADER:
            text |= {"bold": True, "foregroundColorStyle": api.colour(palette.PAPER)}
            look |= {"backgroundColorStyle": api.colour(palette.MUTED)}
        case StatusStyle.LINK:
            text |= {"foregroundColorStyle": api.colour(palette.BRAND_BRIGHT), "underline": True}
        case StatusStyle.TEXT:
            pass
    if style not in (StatusStyle.TEXT, StatusStyle.LINK):
        look |= {"wrapStrategy": "OVERFLOW_CELL"}  # a title runs on over the cells beside it
    return look

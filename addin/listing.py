"""The findings listed in Sync status, in the layout of sync.core.status_tab.

Only the table of findings is replaced. What the service computed, "data as of" and the key block, is its own
and stays until the next sync.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from addin.opening import Seen
from addin.reading import at
from sync.core.cells import fold
from sync.core.problems import Problem
from sync.core.schema import Tab
from sync.core.status_tab import FINDING_ROWS, SYNC_STATUS_COLUMNS

if TYPE_CHECKING:
    import xlwings as xw

_WIDTH = len(SYNC_STATUS_COLUMNS)
_CELL = SYNC_STATUS_COLUMNS.index("Cell") + 1
_ADDRESS = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
_TOP = 60  # rows in which the header of the findings is looked for


def listed(seen: Seen, problems: Sequence[Problem]) -> str:
    """The title of the tab that lists the findings now; "" when the workbook has none."""
    title = next((one for one in seen.pages.tabs if fold(one) == fold(Tab.SYNC_STATUS)), "")
    if not title:
        return ""
    sheet = seen.pages.tabs[title]
    header = _header(sheet)
    if not header:
        return ""
    used = sheet.used_range
    last = used.row + used.shape[0] - 1
    shown = problems[:FINDING_ROWS]
    count = max(last - header, len(shown), 1)
    area = at(sheet, (header + 1, 1, count, _WIDTH))
    blank = [[""] * _WIDTH for _ in range(count - len(shown))]
    area.number_format = "@"
    at(sheet, (header + 1, _CELL, count, 1)).number_format = "General"  # its cells are links
    area.raw_value = [*(_row(seen, problem) for problem in shown), *blank]
    if shown:
        area.wrap_text = True
        area.vertical_alignment = "top"
    return title


def _header(sheet: xw.Sheet) -> int:
    """The row of the table's header; 0 when the tab was rearranged."""
    rows = at(sheet, (1, 1, _TOP, _WIDTH)).options(ndim=2).value
    return next((at_ for at_, row in enumerate(rows, 1) if tuple(row) == SYNC_STATUS_COLUMNS), 0)


def _row(seen: Seen, problem: Problem) -> list[str]:
    told = (problem.severity.capitalize(), problem.code, problem.tab)
    texts = (*told, _link(seen, problem), problem.row_id, problem.message, problem.hint)
    return [f"'{text}" if text.startswith("'") else text for text in texts]


def _link(seen: Seen, problem: Problem) -> str:
    """A formula that leads to the finding's cell; only an address and the title of a tab are in it."""
    if problem.tab not in seen.pages.tabs or not _ADDRESS.fullmatch(problem.cell):
        return ""
    place = f"#'{problem.tab.replace(chr(39), chr(39) * 2)}'!{problem.cell}".replace('"', '""')
    return f'=HYPERLINK("{place}","{problem.cell}")'

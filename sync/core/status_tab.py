"""What the tab `Sync status` looks like, cell by cell.

The template writes it once and the feedback replaces it later; both take its cells from here, and the
template's formulas (`sync.core.formulas`) look rows up by the places that are fixed here.

On the left what people read; in hidden columns the key block (row key -> findings joined,
last computed progress), whose first row holds what is shown for a row that it does not list; and
beside it one cell in each style that the tab uses, so that the feedback finds the styles again after
Excel or LibreOffice has renumbered them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from sync.core.grid import column_letters
from sync.core.problems import Problem
from sync.core.row_height import ONE_LINE, row_height

NOT_CHECKED = "not checked yet"
AT_NEXT_SYNC = "at next sync"
NO_SCORE = "–"

SYNC_STATUS_COLUMNS = ("Severity", "Code", "Tab", "Cell", "Row ID", "Message", "How to mend it")
SYNC_STATUS_WIDTHS = (11, 8, 15, 8, 18, 62, 62)
TITLE_HEIGHT = 30.0
KEY_COLUMN, ISSUES_COLUMN, PROGRESS_COLUMN, STYLE_COLUMN = 10, 11, 12, 13
_CELL_COLUMN = SYNC_STATUS_COLUMNS.index("Cell") + 1
KEY_ROWS = 2_000
FINDING_ROWS = 5_000
_STYLE_MARK = "okrsync style: "


class StatusStyle(StrEnum):
    """The styles of Sync status, in the order in which their samples stand in the style column."""

    TITLE = "title"
    SUBTITLE = "subtitle"
    LABEL = "label"
    VALUE = "value"
    PERCENT = "percent"
    HEADER = "header"
    TEXT = "text"
    LINK = "link"
    KEY = "key"

    @property
    def mark(self) -> str:
        """The text of this style's sample cell."""
        return _STYLE_MARK + self.value


class Placed(NamedTuple):
    """One cell to write: row and column from 1, text or finite number, its style.

    `link` is the tab and the cell that a click leads to ("" = none).
    """

    row: int
    column: int
    value: str | float
    style: StatusStyle
    link: tuple[str, str] = ("", "")


class RowResult(NamedTuple):
    """What the sync says of one row: its key (`row_key`), its findings in one text, its progress."""

    key: str
    issues: str = ""
    progress: float | None = None


class Feedback(NamedTuple):
    """What a team's Sync status tab says after a sync. Fractions among the figures are shown as percent."""

    as_of: str
    figures: tuple[tuple[str, str | float | int], ...] = ()
    problems: tuple[Problem, ...] = ()
    rows: tuple[RowResult, ...] = ()


NOT_SYNCED = Feedback("not synced yet: okrsync fills this tab at its next run")


def row_key(table: str, row_id: str, text: str) -> str:
    """The key of a row of "objectives" or "key_results": its id, else its text, blanks made alike.

    The template's formulas compute the same text (`formulas.KEY`) and compare it exactly.
    """
    words = row_id if row_id.strip() else text
    spaced = words.replace("\n", " ").replace("\u00a0", " ")
    return f"{table}:" + " ".join(part for part in spaced.split(" ") if part)


def status_cells(feedback: Feedback) -> Iterator[Placed]:
    """Every cell of Sync status."""
    yield Placed(1, 1, "Sync status", StatusStyle.TITLE)
    about = "okrsync writes this tab after each sync. Mend things in the other tabs: what is typed here goes."
    yield Placed(2, 1, about, StatusStyle.SUBTITLE)
    yield Placed(4, 1, "Data as of", StatusStyle.LABEL)
    yield Placed(4, 3, feedback.as_of, StatusStyle.VALUE)
    row = 5
    for label, value in feedback.figures:
        yield Placed(row, 1, label, StatusStyle.LABEL)
        yield Placed(row, 3, value, StatusStyle.PERCENT if isinstance(value, float) else StatusStyle.VALUE)
        row += 1
    yield from _findings(feedback.problems, row + 1)
    yield from _key_block(feedback.rows)
    for at, style in enumerate(StatusStyle, 1):
        yield Placed(at, STYLE_COLUMN, style.mark, style)


def status_heights(feedback: Feedback) -> dict[int, float]:
    """Heights in points of the rows that need more than one line."""
    wrapped: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for cell in status_cells(feedback):
        if cell.style is StatusStyle.TEXT and cell.column <= len(SYNC_STATUS_WIDTHS):
            wrapped[cell.row].append((str(cell.value), SYNC_STATUS_WIDTHS[cell.column - 1]))
    heights = {row: row_height(cells) for row, cells in wrapped.items()}
    return {1: TITLE_HEIGHT} | {row: height for row, height in heights.items() if height > ONE_LINE}


def _findings(problems: Sequence[Problem], header_row: int) -> Iterator[Placed]:
    for column, name in enumerate(SYNC_STATUS_COLUMNS, 1):
        yield Placed(header_row, column, name, StatusStyle.HEADER)
    shown = problems[:FINDING_ROWS]
    for row, problem in enumerate(shown, header_row + 1):
        texts = (problem.severity.capitalize(), problem.code, problem.tab, problem.cell, problem.row_id)
        for column, text in enumerate((*texts, problem.message, problem.hint), 1):
            if column == _CELL_COLUMN and text:
                yield Placed(row, column, text, StatusStyle.LINK, (problem.tab, problem.cell))
            else:
                yield Placed(row, column, text, StatusStyle.TEXT)
    if len(problems) > len(shown):
        rest = f"{len(problems) - len(shown)} more findings are in the master workbook's Issues sheet."
        yield Placed(header_row + len(shown) + 1, 6, rest, StatusStyle.TEXT)


def _key_block(rows: Iterable[RowResult]) -> Iterator[Placed]:
    defaults = (KEY_COLUMN, "row key"), (ISSUES_COLUMN, NOT_CHECKED), (PROGRESS_COLUMN, AT_NEXT_SYNC)
    for column, text in defaults:
        yield Placed(1, column, text, StatusStyle.KEY)
    for at, result in enumerate(_one_per_key(rows)[: KEY_ROWS - 1], 2):
        progress = NO_SCORE if result.progress is None else result.progress
        yield Placed(at, KEY_COLUMN, result.key, StatusStyle.KEY)
        yield Placed(at, ISSUES_COLUMN, result.issues, StatusStyle.KEY)
        yield Placed(at, PROGRESS_COLUMN, progress, StatusStyle.KEY)


def _one_per_key(rows: Iterable[RowResult]) -> list[RowResult]:
    """Rows of equal key (a copied id) share all their findings and show a progress only if it is the same."""
    merged: dict[str, RowResult] = {}
    for row in rows:
        known = merged.setdefault(row.key, row)
        if known is not row:
            issues = " | ".join(dict.fromkeys(text for text in (known.issues, row.issues) if text))
            same = known.progress == row.progress
            merged[row.key] = RowResult(row.key, issues, row.progress if same else None)
    return list(merged.values())


def key_range(column: int) -> str:
    """A column of the key block as the text that INDIRECT reads."""
    letters = column_letters(column)
    return f"'Sync status'!${letters}$1:${letters}${KEY_ROWS}"

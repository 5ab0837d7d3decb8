"""The master workbook as plain values, from one run's results. Pure: the same input, the same workbook.

build(given: MasterInput) -> Workbook          (then `excel.publish(workbook, path, …)`)
digest(workbook) -> str                        (does what would be written differ from what was?)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sync.master import look
from sync.master.about import about_sheet
from sync.master.alignment import alignment_sheet
from sync.master.cells import Placed, Sheet, Value, Workbook, digest
from sync.master.dependencies import dependencies_sheet
from sync.master.fit import fitted
from sync.master.given import Change, MasterInput, Owing, Point
from sync.master.key_results import key_results_sheet
from sync.master.learned import lessons_sheet, wins_sheet
from sync.master.lists import changes_sheet, check_ins_sheet, issues_sheet, sources_sheet
from sync.master.notes import IDENTITY, AddedSheet, Notes, marker
from sync.master.objectives import objectives_sheet
from sync.master.origins import Origins
from sync.master.owing import owing_sheet
from sync.master.plan import plan
from sync.master.privacy import without_private_words
from sync.master.roll_up import roll_up_sheet
from sync.master.trend import spark_ranges, trend_dates, trend_place, trend_sheet

__all__ = ["Change", "MasterInput", "Owing", "Point", "build", "digest"]


def build(given: MasterInput) -> Workbook:
    """The master: Roll-up first, then every list it rests on, then the sheets that managers added."""
    given = without_private_words(given)
    planned = plan(given)
    origins = Origins(given.portfolio, given.folder)
    as_of = f"As of {look.day(given.as_of)}"
    dates = trend_dates(planned)
    objectives = objectives_sheet(planned, origins, as_of)
    ours = (
        roll_up_sheet(planned, spark_ranges(trend_place(planned, dates), dates), as_of),
        objectives,
        key_results_sheet(planned, origins, as_of),
        alignment_sheet(planned, _values(objectives, "Score"), as_of),
        dependencies_sheet(planned, as_of),
        issues_sheet(planned, origins, as_of),
        check_ins_sheet(planned, origins, as_of),
        trend_sheet(planned, as_of),
        changes_sheet(planned, as_of),
        wins_sheet(planned, origins, as_of),
        owing_sheet(planned, origins, as_of),
        lessons_sheet(planned, origins, as_of),
        sources_sheet(planned, origins, as_of),
        about_sheet(given, as_of, live=planned.live),
    )
    ready = tuple(fitted(_marked(sheet, given.notes)) for sheet in ours)
    theirs = tuple(_managers(given.notes.sheets, {sheet.name for sheet in ours}))
    title = f"{given.organisation} OKR master {given.cycle}".strip()
    return Workbook(title, given.as_of, (*ready, *theirs))


def _values(sheet: Sheet, header: str) -> Sequence[Value]:
    table = sheet.table
    return table.columns[table.at(header) - 1].values if table else ()


def _marked(sheet: Sheet, notes: Notes) -> Sheet:
    """The sheet with the mark that tells our headers from managers' when it is read back."""
    if sheet.table is None:
        return sheet
    theirs = {column.header for column in notes.columns.get(sheet.name, ())}
    beside = [cell.value for cell in sheet.placed if cell.row == sheet.table.top]
    ours = [column.header for column in sheet.table.columns if column.header not in theirs]
    mark = marker([*ours, *(text for text in beside if isinstance(text, str))])
    return replace(sheet, placed=(*sheet.placed, Placed(1, sheet.table.at(IDENTITY), mark, look.TECHNICAL)))


def _managers(added: Sequence[AddedSheet], taken: set[str]) -> Iterator[Sheet]:
    """The sheets managers added, cell by cell; one that now bears a name of ours gets another."""
    for sheet in added:
        name = sheet.name if sheet.name not in taken else f"{sheet.name[:27]} (2)"
        placed = tuple(
            Placed(row, column, cell.at(row), look.plain(cell.style)._replace(fill="", line="", wrap=False))
            for row, cells in sorted(sheet.rows.items())
            for column, cell in sorted(cells.items())
        )
        widths = {column: 16.0 for cells in sheet.rows.values() for column in cells}
        yield Sheet(name, placed=placed, widths=widths, hidden=sheet.hidden, gridlines=True)

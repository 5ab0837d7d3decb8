"""The words of the field as types: what a team's sheet says once it has been read.

Rows are named tuples, plain values that turn into columns by `zip`; check-ins, of which there are by far
the most, are kept by columns (`sync.core.columns`), and so does a sheet travel between processes. A row
knows its row number; its sheet knows in which column each field was found, so every value can be traced to
its cell (`TeamSheet.ref`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from sync.core.columns import Columns
from sync.core.grid import a1


class Level(StrEnum):
    """Levels of the unit tree, highest first."""

    COMPANY = "Company"
    DEPARTMENT = "Department"
    TEAM = "Team"
    INDIVIDUAL = "Individual"

    @property
    def rank(self) -> int:
        """0 for a company, 3 for an individual."""
        return list(Level).index(self)


class Measure(StrEnum):
    """How a key result's progress is computed (OKR.md §2)."""

    INCREASE = "Increase"
    DECREASE = "Decrease"
    AT_LEAST = "At least"
    AT_MOST = "At most"
    BETWEEN = "Between"
    MILESTONE = "Milestone"
    YES_NO = "Yes/No"
    CONTRIBUTORS = "Contributors"
    KPI = "KPI"


class Ambition(StrEnum):
    """A promise or a stretch; it decides the grade's bands."""

    COMMITTED = "Committed"
    ASPIRATIONAL = "Aspirational"


class Status(StrEnum):
    """Every status there is; people type the first seven, okrsync computes any (OKR.md §3)."""

    NOT_STARTED = "Not started"
    ON_TRACK = "On track"
    AT_RISK = "At risk"
    OFF_TRACK = "Off track"
    DONE = "Done"
    PAUSED = "Paused"
    DROPPED = "Dropped"
    MISSED = "Missed"
    NO_DATA = "No data"
    OUTDATED = "Outdated"


TYPED_STATUSES = tuple(Status)[:7]


class Was(StrEnum):
    """What a value cell held. ERROR: a cell error, an uncalculated formula, unreadable or ambiguous text.

    TEXT is only used where text can be an answer (a milestone's stage); the reader keeps the raw text
    of everything else that is not a number as ERROR and says why in a Problem.
    """

    MISSING = ""
    NUMBER = "number"
    PERCENT = "percent"
    BOOL = "bool"
    TEXT = "text"
    ERROR = "error"


class Amount(NamedTuple):
    """A value cell. `value`: the number (62.5 % is 0.625; yes/no is 1.0/0.0), None when there is none.

    `raw` is the cell's own text, kept so that it can be shown; `formula` tells a computed cell.
    """

    value: float | None = None
    was: str = Was.MISSING
    raw: str = ""
    formula: bool = False


NOTHING = Amount()


class Team(NamedTuple):
    """The Team tab. Empty texts and None mean blank; `weight` as for rows."""

    unit: str = ""
    level: str = ""
    parent: str = ""
    weight: Amount = NOTHING
    cycle: str = ""
    starts: date | None = None
    ends: date | None = None
    champion: str = ""
    manager: str = ""
    time_zone: str = ""
    number_format: str = ""
    template_version: str = ""


class ObjectiveRow(NamedTuple):
    """One row of Objectives. `identity` is the id, or a provisional one (see `sync.core.identity`)."""

    row: int
    id: str = ""
    objective: str = ""
    owner: str = ""
    status: str = ""
    ambition: str = ""
    priority: str = ""
    weight: Amount = NOTHING
    aligned_to: str = ""
    why: str = ""
    final_grade: Amount = NOTHING
    identity: str = ""


class KeyResultRow(NamedTuple):
    """One row of Key Results. `objective_id` is the raw text: an id, `ID · text` or the exact text."""

    row: int
    id: str = ""
    objective_id: str = ""
    key_result: str = ""
    owner: str = ""
    measure: str = ""
    unit_of_measure: str = ""
    start: Amount = NOTHING
    target: Amount = NOTHING
    current: Amount = NOTHING
    confidence: Amount = NOTHING
    status: str = ""
    comment: str = ""
    last_check_in: date | None = None
    weight: Amount = NOTHING
    priority: str = ""
    starts: date | None = None
    due: date | None = None
    milestones: str = ""
    depends_on: str = ""
    final_grade: Amount = NOTHING
    identity: str = ""


class CheckInRow(NamedTuple):
    """One row of Check-ins. `kr_id` is the id alone, already split from `ID · text`."""

    row: int
    date: date | None = None
    kr_id: str = ""
    value: Amount = NOTHING
    confidence: Amount = NOTHING
    status: str = ""
    what_changed: str = ""
    blockers: str = ""
    next_steps: str = ""
    by: str = ""


class InitiativeRow(NamedTuple):
    """One row of Initiatives: work done for a key result; it never moves a score by itself."""

    row: int
    initiative: str = ""
    kr_id: str = ""
    owner: str = ""
    status: str = ""
    link: str = ""


class RetrospectiveRow(NamedTuple):
    """One row of Retrospective."""

    row: int
    type: str = ""
    about: str = ""
    what_happened: str = ""
    what_we_learned: str = ""
    do_next: str = ""


class Person(NamedTuple):
    """One row of the people list."""

    row: int
    name: str = ""
    email: str = ""
    unit: str = ""
    manager: str = ""
    time_zone: str = ""
    country: str = ""
    starts: date | None = None


class Binding(NamedTuple):
    """Where a tab was found: its title, its header row (0 = none) and each bound field's column.

    `gid` is the tab's id in Google.
    """

    title: str
    header_row: int
    columns: dict[str, int]
    gid: str = ""


class CellRef(NamedTuple):
    """The place of a value: source name, tab title, A1 address ("" when it is the tab as a whole)."""

    source: str
    tab: str
    cell: str


class Gone(NamedTuple):
    """A row that was there and is missing now, kept until it was missed on enough dates (TRUST 3)."""

    table: str
    identity: str
    dates: tuple[date, ...]


class TeamSheet(NamedTuple):
    """One team's workbook, read. `bindings` by tab key (`objectives`, `key_results`, …).

    Rows listed in `gone` stand in the tables although the sheet no longer has them. `team_rows` gives
    the row of each Team field (the Team tab is two columns, field and value).
    """

    source: str
    team: Team
    objectives: Sequence[ObjectiveRow] = ()
    key_results: Sequence[KeyResultRow] = ()
    check_ins: Columns[CheckInRow] = Columns.of(CheckInRow)
    initiatives: Sequence[InitiativeRow] = ()
    retrospective: Sequence[RetrospectiveRow] = ()
    bindings: dict[str, Binding] = {}  # noqa: RUF012  # a NamedTuple default; never written to
    team_rows: dict[str, int] = {}  # noqa: RUF012  # as above
    book_id: str = ""
    gone: tuple[Gone, ...] = ()

    def ref(self, tab: str, row: int, field: str = "") -> CellRef:
        """The cell of a field in a row of a tab; the row's first bound cell when the field has no column."""
        binding = self.bindings.get(tab)
        if binding is None:
            return CellRef(self.source, tab, "")
        if tab == "team":
            row = self.team_rows.get(field, 0)
            column = binding.columns.get(field) or binding.columns.get("value", 2)
            return CellRef(self.source, binding.title, a1(row, column) if row else "")
        column = binding.columns.get(field) or min(binding.columns.values(), default=1)
        return CellRef(self.source, binding.title, a1(row, column) if row else "")


def split_id(text: str) -> str:
    """The id of `ID · text` (what the drop-downs write), or the text itself, trimmed."""
    head, separator, _ = text.partition(" · ")
    return head.strip() if separator else text.strip()


def split_several(text: str) -> list[str]:
    """The values of a cell that may hold several, split at `;` or a line break, blanks left out."""
    parts = text.replace("\n", ";").replace("\r", ";").split(";")
    return [part.strip() for part in parts if part.strip()]

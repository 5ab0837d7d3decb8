"""The one definition of tabs and columns, from which templates, reader, feedback and docs are made.

Column names and their order are the template's; aliases are what teams rename them to. A formula is
a text of `sync.core.formulas`, which says what its placeholders mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.core import formulas
from sync.core.model import TYPED_STATUSES, Ambition, Level, Measure

TEMPLATE_VERSION = "1"
BOOK_ID_NAME = "okrsync_book_id"
TEMPLATE_VERSION_NAME = "okrsync_template_version"
PREPARED_ROWS: Mapping[str, int] = {
    "objectives": 10,
    "key_results": 40,
    "check_ins": 200,
    "initiatives": 40,
    "retrospective": 40,
}
NUMBER_FORMATS: Mapping[str, tuple[str, str]] = {
    # as written in the Team tab: (group separators, decimal separator)
    "1,234.5": (",", "."),
    "1.234,5": (".", ","),
    "1 234,5": (" \u00a0\u202f", ","),
    "1'234.5": ("'\u2019", "."),
}


class Type(StrEnum):
    """How a column's cells are read. ID and TEXT cells keep their text; AMOUNT keeps raw and value."""

    ID = "id"
    TEXT = "text"
    AMOUNT = "amount"
    DATE = "date"
    OWNED = "owned by okrsync"


class Tab(StrEnum):
    """Titles of the template's tabs, in order."""

    START_HERE = "Start here"
    TEAM = "Team"
    OBJECTIVES = "Objectives"
    KEY_RESULTS = "Key Results"
    CHECK_INS = "Check-ins"
    INITIATIVES = "Initiatives"
    RETROSPECTIVE = "Retrospective"
    SYNC_STATUS = "Sync status"
    LISTS = "Lists"
    PEOPLE = "People"


@dataclass(frozen=True, slots=True)
class Column:
    """One column (or, on the Team tab, one field): `field` is its name in the model."""

    name: str
    field: str
    type: Type = Type.TEXT
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    required: bool = False
    help: str = ""
    example: str = ""
    width: int = 14
    collapsed: bool = False
    formula: str = ""


@dataclass(frozen=True, slots=True)
class TabSchema:
    """One tab: its title, key in the model, aliases of the title, columns in order.

    `text` is the column whose filling makes a row a row (a row with only a default in it is blank).
    """

    title: str
    key: str
    columns: tuple[Column, ...]
    aliases: tuple[str, ...] = ()
    required: bool = False
    text: str = ""
    by_field: Mapping[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_field", {c.field: c for c in self.columns})

    def column(self, name: str) -> Column:
        """The column of that template name."""
        return next(c for c in self.columns if c.name == name)


STATUS_CHOICES = tuple(str(s) for s in TYPED_STATUSES)

TEAM = TabSchema(
    Tab.TEAM,
    "team",
    required=True,
    aliases=("Unit", "Team info", "Settings"),
    columns=(
        Column(
            "Unit",
            "unit",
            required=True,
            aliases=("Team", "Team name", "Name", "Unit name"),
            help="The name everyone knows you by. Other sheets use it as their Parent.",
            example="Marketing",
        ),
        Column(
            "Level",
            "level",
            required=True,
            choices=tuple(map(str, Level)),
            aliases=("Unit level", "Type"),
            help="Company, Department, Team or Individual.",
            example="Team",
        ),
        Column(
            "Parent",
            "parent",
            aliases=("Parent unit", "Reports to", "Part of"),
            help="The unit you belong to, spelled as in its own sheet. Blank only for the company.",
            example="Growth",
        ),
        Column(
            "Weight", "weight", Type.AMOUNT, help="How much you count in your parent's roll-up; blank is 1."
        ),
        Column(
            "Cycle",
            "cycle",
            required=True,
            aliases=("Quarter", "Period"),
            help="For example 2026-Q4, 2026-H2, 2026, or any name with Starts and Ends below.",
            example="2026-Q4",
        ),
        Column(
            "Starts",
            "starts",
            Type.DATE,
            aliases=("Start date", "Cycle starts"),
            help="First day of the cycle. Needed only when the cycle is not a plain quarter, half or year.",
        ),
        Column("Ends", "ends", Type.DATE, aliases=("End date", "Cycle ends"), help="Last day of the cycle."),
        Column(
            "Champion",
            "champion",
            aliases=("OKR champion",),
            help="Who looks after this sheet and gets its findings.",
            example="Kim Larsen",
        ),
        Column(
            "Manager",
            "manager",
            aliases=("Lead", "Unit lead"),
            help="Who reads the weekly digest for this unit.",
            example="Ada Moreau",
        ),
        Column(
            "Time zone",
            "time_zone",
            aliases=("Timezone", "TZ"),
            help="An IANA name such as Europe/Berlin; blank uses the organisation's.",
            example="Europe/Berlin",
        ),
        Column(
            "Number format",
            "number_format",
            choices=tuple(NUMBER_FORMATS),
            aliases=("Numbers", "Locale"),
            help="How numbers are written in this sheet when they are typed as text.",
            example="1,234.5",
        ),
        Column("Template version", "template_version", help="Set by okrsync; please leave it.", example="1"),
    ),
)

OBJECTIVES = TabSchema(
    Tab.OBJECTIVES,
    "objectives",
    required=True,
    aliases=("Objective", "Goals"),
    text="objective",
    columns=(
        Column(
            "ID",
            "id",
            Type.ID,
            aliases=("Objective ID", "O ID", "Nr", "No."),
            width=12,
            help="A short id such as MKT-O1. Leave it blank and okrsync follows the text instead.",
            example="MKT-O1",
        ),
        Column(
            "Objective",
            "objective",
            required=True,
            aliases=("Objective text", "Goal", "Title"),
            width=46,
            help="Where you want to get to, in one memorable sentence. No numbers needed.",
            example="Customers tell their friends about us",
        ),
        Column(
            "Owner",
            "owner",
            aliases=("Objective owner", "Responsible", "Lead"),
            width=18,
            help="One person, as in the people list.",
            example="Kim Larsen",
        ),
        Column(
            "Progress",
            "progress",
            Type.OWNED,
            width=11,
            help="Computed: the weighted mean of this objective's key results.",
            formula=formulas.OBJECTIVE_PROGRESS,
        ),
        Column(
            "Status",
            "status",
            choices=STATUS_CHOICES,
            width=13,
            help="Leave blank to let the numbers speak, or say it yourself.",
        ),
        Column(
            "Issues",
            "issues",
            Type.OWNED,
            width=38,
            help="What okrsync found in this row at the last sync.",
            formula=formulas.OBJECTIVE_ISSUES,
        ),
        Column(
            "Ambition",
            "ambition",
            choices=tuple(map(str, Ambition)),
            aliases=("Type",),
            width=14,
            help="Committed: a promise, 100 % expected. Aspirational: a stretch, 70 % is good. "
            "Blank is the latter.",
            example="Aspirational",
        ),
        Column("Priority", "priority", aliases=("Prio",), width=10, help="Your own order, for example P1."),
        Column(
            "Weight",
            "weight",
            Type.AMOUNT,
            width=9,
            help="How much it counts in the unit's score; blank everywhere means all alike, "
            "0 means not at all.",
        ),
        Column(
            "Aligned to",
            "aligned_to",
            aliases=("Alignment", "Parent objective", "Supports", "Aligns to"),
            width=30,
            help="The objective above that this one helps, as `ID · text`; several split by ;",
            example="GRO-O1",
        ),
        Column(
            "Why it matters",
            "why",
            aliases=("Why", "Rationale"),
            width=34,
            help="One sentence that you would say aloud.",
        ),
        Column(
            "Final grade",
            "final_grade",
            Type.AMOUNT,
            aliases=("Grade",),
            width=11,
            help="At the end of the cycle: your own grade from 0 to 1. "
            "It is shown beside the computed score.",
        ),
    ),
)

KEY_RESULTS = TabSchema(
    Tab.KEY_RESULTS,
    "key_results",
    required=True,
    aliases=("Key Result", "KRs", "KR"),
    text="key_result",
    columns=(
        Column(
            "ID",
            "id",
            Type.ID,
            aliases=("KR ID", "Key result ID", "Nr", "No."),
            width=15,
            help="A short id such as MKT-O1-KR2. Leave it blank and okrsync follows the text instead.",
            example="MKT-O1-KR1",
        ),
        Column(
            "Objective ID",
            "objective_id",
            Type.ID,
            aliases=("Objective", "O ID", "Parent objective"),
            width=13,
            help="The ID (or the exact text) of the objective this measures.",
            example="MKT-O1",
        ),
        Column(
            "Key result",
            "key_result",
            required=True,
            aliases=("Key result text", "KR text", "Result", "Title"),
            width=46,
            help="A number that would prove the objective was reached.",
            example="Net promoter score from 31 to 45",
        ),
        Column(
            "Owner",
            "owner",
            aliases=("KR owner", "Responsible"),
            width=18,
            help="One person.",
            example="Kim Larsen",
        ),
        Column(
            "Measure",
            "measure",
            choices=tuple(map(str, Measure)),
            aliases=("Type", "Metric type"),
            width=13,
            help="Increase or Decrease from Start to Target; At least / At most: a level to hold; Between: "
            "Start and Target are the band; Milestone: stages; Yes/No; Contributors: what others align "
            "to it; KPI: watched only.",
            example="Increase",
        ),
        Column(
            "Unit of measure",
            "unit_of_measure",
            aliases=("Unit", "UoM"),
            width=11,
            help="points, €, %, …",
            example="points",
        ),
        Column(
            "Start",
            "start",
            Type.AMOUNT,
            aliases=("Start value", "Baseline", "From"),
            width=11,
            help="The value when the cycle began (lower bound for Between).",
            example="31",
        ),
        Column(
            "Target",
            "target",
            Type.AMOUNT,
            aliases=("Target value", "Goal", "To"),
            width=11,
            help="The value to reach (upper bound for Between).",
            example="45",
        ),
        Column(
            "Current",
            "current",
            Type.AMOUNT,
            aliases=("Current value", "Actual", "Now", "Value"),
            width=11,
            help="The value today. Changing it is a check-in. Percent, plain number, or for milestones the "
            "last stage done.",
            example="38",
        ),
        Column(
            "Progress",
            "progress",
            Type.OWNED,
            width=11,
            help="Computed from Start, Target and Current.",
            formula=formulas.KEY_RESULT_PROGRESS,
        ),
        Column(
            "Confidence",
            "confidence",
            Type.AMOUNT,
            aliases=("Confidence (0-10)",),
            width=11,
            help="0 to 10: how sure are you to reach the target? Below 4 say what is in the way.",
            example="7",
        ),
        Column(
            "Status",
            "status",
            choices=STATUS_CHOICES,
            width=13,
            help="Leave blank to let the numbers speak; Paused and Dropped take it out of the scores.",
        ),
        Column(
            "Comment",
            "comment",
            aliases=("Comments", "Note", "Notes"),
            width=34,
            help="What did you learn, what is next, what is in the way?",
        ),
        Column(
            "Last check-in",
            "last_check_in",
            Type.DATE,
            aliases=("Last checkin", "Checked in", "Last update", "Updated"),
            width=13,
            help="The day of the value in Current. A new date alone means: no change, still valid.",
        ),
        Column(
            "Issues",
            "issues",
            Type.OWNED,
            width=38,
            help="What okrsync found in this row at the last sync.",
            formula=formulas.KEY_RESULT_ISSUES,
        ),
        Column(
            "Weight",
            "weight",
            Type.AMOUNT,
            width=9,
            collapsed=True,
            help="How much it counts in its objective; blank everywhere means all alike, 0 means not at all.",
        ),
        Column("Priority", "priority", aliases=("Prio",), width=10, collapsed=True, help="Your own order."),
        Column(
            "Starts",
            "starts",
            Type.DATE,
            aliases=("Start date",),
            width=12,
            collapsed=True,
            help="First day, when it is not the cycle's.",
        ),
        Column(
            "Due",
            "due",
            Type.DATE,
            aliases=("Due date", "Deadline", "Ends", "End date"),
            width=12,
            collapsed=True,
            help="Last day, when it is not the cycle's.",
        ),
        Column(
            "Milestones",
            "milestones",
            aliases=("Stages",),
            width=34,
            collapsed=True,
            help="For Milestone: Design 20%; Build 60%; Launch 20%. Without weights all count alike.",
        ),
        Column(
            "Depends on",
            "depends_on",
            aliases=("Dependencies", "Dependency"),
            width=24,
            collapsed=True,
            help="Ids of key results or names of units you need; several split by ;",
        ),
        Column(
            "Final grade",
            "final_grade",
            Type.AMOUNT,
            aliases=("Grade",),
            width=11,
            collapsed=True,
            help="At the end of the cycle: your own grade from 0 to 1.",
        ),
    ),
)

CHECK_INS = TabSchema(
    Tab.CHECK_INS,
    "check_ins",
    aliases=("Check ins", "Checkins", "Updates"),
    text="kr_id",
    columns=(
        Column(
            "Date",
            "date",
            Type.DATE,
            required=True,
            aliases=("Day", "When"),
            width=12,
            help="The day the value was true.",
            example="2026-10-09",
        ),
        Column(
            "KR ID",
            "kr_id",
            Type.ID,
            required=True,
            aliases=("ID", "Key result ID", "Key result", "KR"),
            width=15,
            help="Which key result.",
            example="MKT-O1-KR1",
        ),
        Column(
            "Value",
            "value",
            Type.AMOUNT,
            aliases=("Current", "New value"),
            width=11,
            help="Its value that day.",
            example="38",
        ),
        Column("Confidence", "confidence", Type.AMOUNT, width=11, help="0 to 10."),
        Column("Status", "status", choices=STATUS_CHOICES, width=13),
        Column(
            "What changed",
            "what_changed",
            aliases=("Comment", "What did you learn"),
            width=36,
            help="What did you learn?",
        ),
        Column(
            "Blockers", "blockers", aliases=("Blocker", "In the way"), width=28, help="What is in the way?"
        ),
        Column("Next steps", "next_steps", aliases=("Next", "Next step"), width=28, help="What is next?"),
        Column("By", "by", aliases=("Who", "Person", "Author"), width=18),
    ),
)

INITIATIVES = TabSchema(
    Tab.INITIATIVES,
    "initiatives",
    aliases=("Initiative", "Projects", "Tasks"),
    text="initiative",
    columns=(
        Column(
            "Initiative",
            "initiative",
            required=True,
            aliases=("Project", "Task", "Title"),
            width=46,
            help="Work you do to move a key result.",
            example="Ask for a review after the third order",
        ),
        Column("KR ID", "kr_id", Type.ID, aliases=("Key result ID", "Key result", "KR", "ID"), width=15),
        Column("Owner", "owner", aliases=("Responsible",), width=18),
        Column("Status", "status", choices=STATUS_CHOICES, width=13),
        Column("Link", "link", aliases=("URL",), width=34),
    ),
)

RETROSPECTIVE = TabSchema(
    Tab.RETROSPECTIVE,
    "retrospective",
    aliases=("Retro", "Lessons"),
    text="what_happened",
    columns=(
        Column("Type", "type", choices=("Win", "Miss", "Lesson", "Question"), width=12),
        Column("About", "about", aliases=("KR ID", "ID"), width=18, help="An ID, or a word."),
        Column("What happened", "what_happened", required=True, width=40),
        Column("What we learned", "what_we_learned", aliases=("Learned", "Lesson"), width=40),
        Column("Do next", "do_next", aliases=("Next", "Next time"), width=34),
    ),
)

PEOPLE = TabSchema(
    Tab.PEOPLE,
    "people",
    required=True,
    text="name",
    columns=(
        Column(
            "Name", "name", required=True, aliases=("Full name", "Person"), width=24, example="Kim Larsen"
        ),
        Column("Email", "email", aliases=("E-mail", "Mail"), width=32, example="kim@example.org"),
        Column("Unit", "unit", aliases=("Team",), width=22, example="Marketing"),
        Column("Manager", "manager", aliases=("Reports to", "Lead"), width=24),
        Column("Time zone", "time_zone", aliases=("Timezone", "TZ"), width=20, example="Europe/Berlin"),
        Column("Country", "country", width=12, help="Two letters, for public holidays.", example="DE"),
        Column("Starts", "starts", Type.DATE, aliases=("Start date", "Since"), width=12),
    ),
)

TABLES = (OBJECTIVES, KEY_RESULTS, CHECK_INS, INITIATIVES, RETROSPECTIVE)
TEAM_TABS = (TEAM, *TABLES)
IN_GOOGLE = "google:"
"""What the keys of sheets in Google begin with; a path never does."""
OWNED_TABS = (Tab.SYNC_STATUS, Tab.LISTS)
TEMPLATE_TABS: tuple[Tab, ...] = tuple(tab for tab in Tab if tab is not Tab.PEOPLE)
SHEET_IDS: Mapping[str, int] = {str(tab): 101 + at for at, tab in enumerate(TEMPLATE_TABS)}
"""Title -> sheetId of the tabs that okrsync adds in Google; given, so that none is ever added twice."""
STATUS_TAB, LISTS_TAB = "sync_status", "lists"
"""The keys of our own tabs among a sheet's bindings; only sheets in Google have them."""
BY_KEY: Mapping[str, TabSchema] = {tab.key: tab for tab in (*TEAM_TABS, PEOPLE)}

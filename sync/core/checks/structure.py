"""The S rules: what can be wrong with a sheet or a cell before anybody looks at the OKRs in it.

They are found by the reader, the parser, the guards and the portfolio, not by a check function, so
each is declared here and its finder calls `S104.problem(…)`. Above each rule stand the parameters
that its templates need besides `tab`, `cell`, `row_id`, `unit` and `value`. `suggestion` is always
one whole sentence, `reason` a clause without its full stop.
"""

from __future__ import annotations

from sync.core.problems import Rule, Severity, declare

# It needs what ("tab", "column" or "entry"), name, where ("this workbook", "tab Key Results"), suggestion
S101 = declare(
    Rule(
        "S101",
        Severity.ERROR,
        "Required tab or column missing",
        'The {what} "{name}" is missing in {where}.',
        "{suggestion}",
        "Tabs and columns are found by their names, or by the other names that the documentation lists, "
        "in any order and with any number of rows above the header. A required one that cannot be found "
        "is named here, with the name in the workbook that comes nearest; so is a row that lacks its "
        "text, and a row of a table that only sums up the others.\n\n"
        "Without a required column the tab is not read; the other tabs are. Key Results are read without "
        "Measure, Start, Target or Current, as if those were blank; such a column is named as missing when "
        "one without a known header holds what may be its values. Without the Team tab, or without its "
        "Unit, nobody can tell whose sheet it is, and the whole workbook is left out. A row without a text "
        "is read only if it has an ID; a row that sums up is never counted.",
    )
)

# It needs name ('The column "Target"', "A header row"), other (an address), outcome, suggestion
S102 = declare(
    Rule(
        "S102",
        Severity.ERROR,
        "Column found twice",
        "{name} stands twice in {tab}, at {other} and at {cell}; {outcome}.",
        "{suggestion}",
        "Two columns with the same header may hold different values, and choosing one would be a guess. "
        "Neither is read, as if the column were missing, until one of them has another header.\n\n"
        "If the column is a required one, the tab is not read. A column that is hidden counts like any "
        "other.",
    )
)

# It needs column
S103 = declare(
    Rule(
        "S103",
        Severity.ERROR,
        "Cell error",
        "{column} in {tab}!{cell} holds the error {value}.",
        "Mend the formula, or type the value in its place.",
        "A formula gave an error such as #REF!, #N/A or #DIV/0!. It is never read as blank, as zero or "
        "as the value that stood there before.\n\n"
        "Its text is kept and shown. A key result that needs the cell has no score in this run; the "
        "rest of the sheet is read as usual. Where the ID itself is an error, the row is followed by "
        "its text.",
    )
)

# It needs column, reason ("which is not a number"), suggestion
S104 = declare(
    Rule(
        "S104",
        Severity.ERROR,
        "Not a number, or ambiguous",
        '{column} in {tab}!{cell} says "{value}", {reason}.',
        "{suggestion}",
        "Numbers typed as text are read under the number format of the Team tab, else of the source, "
        "else of the organisation: under `1.234,5` the text `1.234` is one thousand two hundred and "
        "thirty-four. Without any declared format, text that could be two numbers is not read. Units, "
        "currency signs, fractions and ranges belong beside the number, not in its cell, and a "
        "confidence is a number from 0 to 10.\n\n"
        "The text is kept and shown. A key result that needs the cell has no score in this run; a value "
        "that merely looks right is never made up.",
    )
)

# It needs column, reason ("which is no day of the calendar"), suggestion
S105 = declare(
    Rule(
        "S105",
        Severity.ERROR,
        "Impossible or ambiguous date",
        '{column} in {tab}!{cell} says "{value}", {reason}.',
        "{suggestion}",
        "Real date cells are always understood. Dates typed as text are read when they can mean one day "
        "only: `2026-10-09`, `9 Oct 2026`, `09.10.2026`, `25/12/2026`. `03/04/2026` is two days, "
        "depending on who reads it, and `31.02.2026` is none.\n\n"
        "The date counts as not given; the rest of the row is read. An ID that the spreadsheet has "
        "turned into a date is kept as the date's text until it is typed again.",
    )
)

# It needs column
S106 = declare(
    Rule(
        "S106",
        Severity.ERROR,
        "Formula never calculated",
        "{column} in {tab}!{cell} is a formula that was never calculated.",
        "Open the workbook in Excel, LibreOffice or Google Sheets, let it calculate, and save it.",
        "Programs that write workbooks without calculating them leave formulas without a value. Reading "
        "such a cell as blank or zero would invent a number.\n\n"
        "The cell counts as unreadable: a key result that needs it has no score in this run.",
    )
)

# It needs other (address of the other row), outcome (a whole sentence: which row keeps the id)
S107 = declare(
    Rule(
        "S107",
        Severity.ERROR,
        "Id found twice",
        'The id "{value}" stands in {tab}!{cell} and again in {other}. {outcome}',
        "Give one of the two rows another id, or clear it: okrsync then follows the row's text.",
        "This happens when a row is copied. The row whose text matches what history knows under that id "
        "keeps it, and the other counts as a row without an id. If neither or both match, neither is "
        "scored: choosing one would be a guess.\n\n"
        "Ids are compared byte for byte, so `007` and `7` are two ids.",
    )
)

# It needs other (name of the other unit)
S108 = declare(
    Rule(
        "S108",
        Severity.ERROR,
        "Id known in another unit",
        'The id "{value}" in {tab}!{cell} is already used by {other} in this cycle.',
        "Give the newer row an id of its own, for example with this unit's prefix.",
        "An id names one row in the whole organisation, so that others can align to it. Two units with "
        "the same id in one cycle usually mean that a sheet was copied from another team.\n\n"
        "Both rows are kept and scored in their own units; a reference to the id from elsewhere cannot "
        "be followed.",
    )
)

# It needs column, outcome ("it counts as blank"), suggestion
S109 = declare(
    Rule(
        "S109",
        Severity.WARNING,
        "Unknown choice",
        '{column} in {tab}!{cell} says "{value}", which is none of its choices; {outcome}.',
        "{suggestion}",
        "Status, Measure, Ambition and the Type of a retrospective line know a fixed list of words. "
        "Upper and lower case and blanks around them do not matter.\n\n"
        "An unknown status or ambition counts as blank. An unknown measure leaves its key result "
        "without a score, because each measure computes progress differently.",
    )
)

# It needs cause (a sentence), mend (a sentence)
S110 = declare(
    Rule(
        "S110",
        Severity.ERROR,
        "Unreadable file",
        "The workbook could not be read: {cause}",
        "{mend}",
        "The file is damaged, encrypted, open elsewhere, too large, forbidden, or no workbook at all; "
        "the message names the cause.\n\n"
        "Its last good rows stay in the master, marked with the day since which they are stale, and the "
        "unit's roll-up says so.",
    )
)

# It needs what ("9 of 10 known rows are gone", "the tab Check-ins is gone …"), since, command
S111 = declare(
    Rule(
        "S111",
        Severity.ERROR,
        "Source empty or shrunk (held)",
        "Held: {what}. The rows of {since} are used.",
        "If this is meant, run `{command}`; otherwise restore what was there.",
        "A sheet that is suddenly empty, has lost more than half of its rows, or has changed all of "
        "them at once is more often an accident than a decision; so is one that no longer has a tab with "
        "rows in it, or a filled column from which scores are made, such as Current. Small sheets are not "
        "held for shrinking.\n\n"
        "The last good rows stay in use until somebody allows the change (the permission works once), "
        "or until the sheet has been seen so on two different dates.",
    )
)

# It needs since, cause (a sentence)
S112 = declare(
    Rule(
        "S112",
        Severity.WARNING,
        "Source stale",
        "Stale since {since}: {cause}",
        "Its last good rows are used until it can be read again; mend the cause and run `okrsync sync`.",
        "The source could not be read in this run, so its last good rows are shown. Everything that is "
        "computed from them is marked with the day of the last good reading.\n\n"
        "Nothing is lost: as soon as the source can be read, one run brings everything up to date.",
    )
)

# It needs column, length
S113 = declare(
    Rule(
        "S113",
        Severity.WARNING,
        "Text cut",
        "{column} in {tab}!{cell} is {length} characters long; the first 32,767 are kept.",
        "Shorten the text, or move the rest into a document and link it.",
        "A worksheet cell holds at most 32,767 characters. Longer text can reach us from other "
        "programs, and could not be written into the master.\n\n"
        "The beginning is kept, the rest is not.",
    )
)

# It needs reason ("is a plain number while Target is a percentage"), suggestion
S114 = declare(
    Rule(
        "S114",
        Severity.ERROR,
        "Percent and plain numbers mixed",
        '"{value}" in {tab}!{cell} {reason}.',
        "{suggestion}",
        "To Excel, 45 % is 0.45. Beside a target of 60 %, a plain 45 could mean 45 % or 4500 %, and a "
        "plain 0.45 likewise. Only a plain 0 is the same either way. For a milestone, `Current` is the "
        "last stage done, a percentage, or the number of stages done.\n\n"
        "The key result has no score until start, target and current agree.",
    )
)

# It needs suggestion
S115 = declare(
    Rule(
        "S115",
        Severity.WARNING,
        "Unknown owner",
        '"{value}" in {tab}!{cell} is not in the people list.',
        "{suggestion}",
        "Reminders go to addresses from the people list only. An owner who is not in it gets none.\n\n"
        "The name is kept and shown. Without a people list this rule is silent.",
    )
)

# It needs current (this release's template version)
S116 = declare(
    Rule(
        "S116",
        Severity.NOTE,
        "Template older than this release",
        "This workbook was made from template version {value}; the newest is {current}.",
        "It works as it is. `okrsync template` makes a new one when you want the newer columns.",
        "Older templates are read as long as their columns can be found. Newer ones may have columns, "
        "help texts and checks that this workbook lacks.\n\n"
        "Nothing is left out because of this.",
    )
)

# It needs other (the other source)
S117 = declare(
    Rule(
        "S117",
        Severity.ERROR,
        "Two sources for one unit and cycle (both held)",
        "This workbook and {other} are both for {unit} in the same cycle; both are held.",
        "Move the copy out of the folder, or change its Unit or its Cycle on the Team tab.",
        "A copied workbook, or a `conflicted copy` from a cloud drive, says the same unit and cycle as "
        "the original. Which one the team goes on with is not for us to guess.\n\n"
        "Both are held and named; the unit's last good rows are used.",
    )
)

# It needs reason ('says "X", which is no objective of this sheet' or "is blank …"), suggestion
S118 = declare(
    Rule(
        "S118",
        Severity.ERROR,
        "Key result without a known objective",
        "Objective ID in {tab}!{cell} {reason}.",
        "{suggestion}",
        "A key result belongs to one objective of its own sheet, named by its id or by its exact text. "
        "The cell may be blank only where the sheet has a single objective.\n\n"
        "The key result is listed, and counts in no roll-up until its objective is known.",
    )
)

# It needs column, reason ('says "X", which is no key result of this sheet' or "is blank"), suggestion
S119 = declare(
    Rule(
        "S119",
        Severity.WARNING,
        "Unknown key result id",
        "{column} in {tab}!{cell} {reason}.",
        "{suggestion}",
        "Rows of Check-ins and Initiatives name the key result they belong to by its id. A check-in "
        "whose key result is unknown cannot count.\n\n"
        "The row is kept and listed, and moves no score.",
    )
)

# It needs column (the field), reason ("is blank", "stands twice, at B3 and B9", 'says "Q7", …'), suggestion
S120 = declare(
    Rule(
        "S120",
        Severity.ERROR,
        "Team tab: field blank, twice or impossible",
        "{column} on the Team tab {reason}.",
        "{suggestion}",
        "The Team tab says whose sheet this is, at which level, and for which cycle. Unit, Level and "
        "Cycle are required; Starts and Ends are, too, when the cycle is not a plain quarter, half or "
        "year.\n\n"
        "Without a Unit the whole workbook is left out, because its rows would belong to nobody. Other "
        "fields count as blank until they are mended.",
    )
)

// Made by `python -m addin.apps_script`: change the Python that it comes from, not this file.
const OKR = {
 "menu": [
  {
   "name": "check_in",
   "label": "Check in",
   "tip": "Takes what you changed in Key Results as today's check-ins: dates them and adds rows to Check-ins."
  },
  {
   "name": "score_preview",
   "label": "Score preview",
   "tip": "Shows what the next sync will compute from this workbook. Changes nothing."
  },
  {
   "name": "validate",
   "label": "Validate",
   "tip": "Checks this sheet by those rules that need no other sheet, and lists what is wrong."
  },
  {
   "name": "team_review",
   "label": "Team review",
   "tip": "Writes an agenda for the whole team into a new tab, lowest confidence first."
  },
  {
   "name": "one_on_one",
   "label": "One-on-one",
   "tip": "Writes an agenda for the owner in the selected row into a new tab."
  },
  {"name": "help", "label": "Help", "tip": "Says what the commands do and what this script writes."}
 ],
 "tabs": [
  {
   "title": "Team",
   "key": "team",
   "aliases": ["Unit", "Team info", "Settings"],
   "required": true,
   "text": "",
   "columns": [
    {
     "name": "Unit",
     "field": "unit",
     "type": "text",
     "aliases": ["Team", "Team name", "Name", "Unit name"],
     "choices": [],
     "required": true
    },
    {
     "name": "Level",
     "field": "level",
     "type": "text",
     "aliases": ["Unit level", "Type"],
     "choices": ["Company", "Department", "Team", "Individual"],
     "required": true
    },
    {
     "name": "Parent",
     "field": "parent",
     "type": "text",
     "aliases": ["Parent unit", "Reports to", "Part of"],
     "choices": [],
     "required": false
    },
    {"name": "Weight", "field": "weight", "type": "amount", "aliases": [], "choices": [], "required": false},
    {
     "name": "Cycle",
     "field": "cycle",
     "type": "text",
     "aliases": ["Quarter", "Period"],
     "choices": [],
     "required": true
    },
    {
     "name": "Starts",
     "field": "starts",
     "type": "date",
     "aliases": ["Start date", "Cycle starts"],
     "choices": [],
     "required": false
    },
    {
     "name": "Ends",
     "field": "ends",
     "type": "date",
     "aliases": ["End date", "Cycle ends"],
     "choices": [],
     "required": false
    },
    {
     "name": "Champion",
     "field": "champion",
     "type": "text",
     "aliases": ["OKR champion"],
     "choices": [],
     "required": false
    },
    {
     "name": "Manager",
     "field": "manager",
     "type": "text",
     "aliases": ["Lead", "Unit lead"],
     "choices": [],
     "required": false
    },
    {
     "name": "Time zone",
     "field": "time_zone",
     "type": "text",
     "aliases": ["Timezone", "TZ"],
     "choices": [],
     "required": false
    },
    {
     "name": "Number format",
     "field": "number_format",
     "type": "text",
     "aliases": ["Numbers", "Locale"],
     "choices": ["1,234.5", "1.234,5", "1 234,5", "1'234.5"],
     "required": false
    },
    {
     "name": "Template version",
     "field": "template_version",
     "type": "text",
     "aliases": [],
     "choices": [],
     "required": false
    }
   ]
  },
  {
   "title": "Objectives",
   "key": "objectives",
   "aliases": ["Objective", "Goals"],
   "required": true,
   "text": "objective",
   "columns": [
    {
     "name": "ID",
     "field": "id",
     "type": "id",
     "aliases": ["Objective ID", "O ID", "Nr", "No."],
     "choices": [],
     "required": false
    },
    {
     "name": "Objective",
     "field": "objective",
     "type": "text",
     "aliases": ["Objective text", "Goal", "Title"],
     "choices": [],
     "required": true
    },
    {
     "name": "Owner",
     "field": "owner",
     "type": "text",
     "aliases": ["Objective owner", "Responsible", "Lead"],
     "choices": [],
     "required": false
    },
    {
     "name": "Progress",
     "field": "progress",
     "type": "owned",
     "aliases": [],
     "choices": [],
     "required": false
    },
    {
     "name": "Status",
     "field": "status",
     "type": "text",
     "aliases": [],
     "choices": ["Not started", "On track", "At risk", "Off track", "Done", "Paused", "Dropped"],
     "required": false
    },
    {"name": "Issues", "field": "issues", "type": "owned", "aliases": [], "choices": [], "required": false},
    {
     "name": "Ambition",
     "field": "ambition",
     "type": "text",
     "aliases": ["Type"],
     "choices": ["Committed", "Aspirational"],
     "required": false
    },
    {
     "name": "Priority",
     "field": "priority",
     "type": "text",
     "aliases": ["Prio"],
     "choices": [],
     "required": false
    },
    {"name": "Weight", "field": "weight", "type": "amount", "aliases": [], "choices": [], "required": false},
    {
     "name": "Aligned to",
     "field": "aligned_to",
     "type": "text",
     "aliases": ["Alignment", "Parent objective", "Supports", "Aligns to"],
     "choices": [],
     "required": false
    },
    {
     "name": "Why it matters",
     "field": "why",
     "type": "text",
     "aliases": ["Why", "Rationale"],
     "choices": [],
     "required": false
    },
    {
     "name": "Final grade",
     "field": "final_grade",
     "type": "amount",
     "aliases": ["Grade"],
     "choices": [],
     "required": false
    }
   ]
  },
  {
   "title": "Key Results",
   "key": "key_results",
   "aliases": ["Key Result", "KRs", "KR"],
   "required": true,
   "text": "key_result",
   "columns": [
    {
     "name": "ID",
     "field": "id",
     "type": "id",
     "aliases": ["KR ID", "Key result ID", "Nr", "No."],
     "choices": [],
     "required": false
    },
    {
     "name": "Objective ID",
     "field": "objective_id",
     "type": "id",
     "aliases": ["Objective", "O ID", "Parent objective"],
     "choices": [],
     "required": false
    },
    {
     "name": "Key result",
     "field": "key_result",
     "type": "text",
     "aliases": ["Key result text", "KR text", "Result", "Title"],
     "choices": [],
     "required": true
    },
    {
     "name": "Owner",
     "field": "owner",
     "type": "text",
     "aliases": ["KR owner", "Responsible"],
     "choices": [],
     "required": false
    },
    {
     "name": "Measure",
     "field": "measure",
     "type": "text",
     "aliases": ["Type", "Metric type"],
     "choices": ["Increase", "Decrease", "At least", "At most", "Between", "Milestone", "Yes/No", "Contributors", "KPI"],
     "required": false
    },
    {
     "name": "Unit of measure",
     "field": "unit_of_measure",
     "type": "text",
     "aliases": ["Unit", "UoM"],
     "choices": [],
     "required": false
    },
    {
     "name": "Start",
     "field": "start",
     "type": "amount",
     "aliases": ["Start value", "Baseline", "From"],
     "choices": [],
     "required": false
    },
    {
     "name": "Target",
     "field": "target",
     "type": "amount",
     "aliases": ["Target value", "Goal", "To"],
     "choices": [],
     "required": false
    },
    {
     "name": "Current",
     "field": "current",
     "type": "amount",
     "aliases": ["Current value", "Actual", "Now", "Value"],
     "choices": [],
     "required": false
    },
    {
     "name": "Progress",
     "field": "progress",
     "type": "owned",
     "aliases": [],
     "choices": [],
     "required": false
    },
    {
     "name": "Confidence",
     "field": "confidence",
     "type": "amount",
     "aliases": ["Confidence (0-10)"],
     "choices": [],
     "required": false
    },
    {
     "name": "Status",
     "field": "status",
     "type": "text",
     "aliases": [],
     "choices": ["Not started", "On track", "At risk", "Off track", "Done", "Paused", "Dropped"],
     "required": false
    },
    {
     "name": "Comment",
     "field": "comment",
     "type": "text",
     "aliases": ["Comments", "Note", "Notes"],
     "choices": [],
     "required": false
    },
    {
     "name": "Last check-in",
     "field": "last_check_in",
     "type": "date",
     "aliases": ["Last checkin", "Checked in", "Last update", "Updated"],
     "choices": [],
     "required": false
    },
    {"name": "Issues", "field": "issues", "type": "owned", "aliases": [], "choices": [], "required": false},
    {"name": "Weight", "field": "weight", "type": "amount", "aliases": [], "choices": [], "required": false},
    {
     "name": "Priority",
     "field": "priority",
     "type": "text",
     "aliases": ["Prio"],
     "choices": [],
     "required": false
    },
    {
     "name": "Starts",
     "field": "starts",
     "type": "date",
     "aliases": ["Start date"],
     "choices": [],
     "required": false
    },
    {
     "name": "Due",
     "field": "due",
     "type": "date",
     "aliases": ["Due date", "Deadline", "Ends", "End date"],
     "choices": [],
     "required": false
    },
    {
     "name": "Milestones",
     "field": "milestones",
     "type": "text",
     "aliases": ["Stages"],
     "choices": [],
     "required": false
    },
    {
     "name": "Depends on",
     "field": "depends_on",
     "type": "text",
     "aliases": ["Dependencies", "Dependency"],
     "choices": [],
     "required": false
    },
    {
     "name": "Final grade",
     "field": "final_grade",
     "type": "amount",
     "aliases": ["Grade"],
     "choices": [],
     "required": false
    }
   ]
  },
  {
   "title": "Check-ins",
   "key": "check_ins",
   "aliases": ["Check ins", "Checkins", "Updates"],
   "required": false,
   "text": "kr_id",
   "columns": [
    {
     "name": "Date",
     "field": "date",
     "type": "date",
     "aliases": ["Day", "When"],
     "choices": [],
     "required": true
    },
    {
     "name": "KR ID",
     "field": "kr_id",
     "type": "id",
     "aliases": ["ID", "Key result ID", "Key result", "KR"],
     "choices": [],
     "required": true
    },
    {
     "name": "Value",
     "field": "value",
     "type": "amount",
     "aliases": ["Current", "New value"],
     "choices": [],
     "required": false
    },
    {
     "name": "Confidence",
     "field": "confidence",
     "type": "amount",
     "aliases": [],
     "choices": [],
     "required": false
    },
    {
     "name": "Status",
     "field": "status",
     "type": "text",
     "aliases": [],
     "choices": ["Not started", "On track", "At risk", "Off track", "Done", "Paused", "Dropped"],
     "required": false
    },
    {
     "name": "What changed",
     "field": "what_changed",
     "type": "text",
     "aliases": ["Comment", "What did you learn"],
     "choices": [],
     "required": false
    },
    {
     "name": "Blockers",
     "field": "blockers",
     "type": "text",
     "aliases": ["Blocker", "In the way"],
     "choices": [],
     "required": false
    },
    {
     "name": "Next steps",
     "field": "next_steps",
     "type": "text",
     "aliases": ["Next", "Next step"],
     "choices": [],
     "required": false
    },
    {
     "name": "By",
     "field": "by",
     "type": "text",
     "aliases": ["Who", "Person", "Author"],
     "choices": [],
     "required": false
    }
   ]
  },
  {
   "title": "Initiatives",
   "key": "initiatives",
   "aliases": ["Initiative", "Projects", "Tasks"],
   "required": false,
   "text": "initiative",
   "columns": [
    {
     "name": "Initiative",
     "field": "initiative",
     "type": "text",
     "aliases": ["Project", "Task", "Title"],
     "choices": [],
     "required": true
    },
    {
     "name": "KR ID",
     "field": "kr_id",
     "type": "id",
     "aliases": ["Key result ID", "Key result", "KR", "ID"],
     "choices": [],
     "required": false
    },
    {
     "name": "Owner",
     "field": "owner",
     "type": "text",
     "aliases": ["Responsible"],
     "choices": [],
     "required": false
    },
    {
     "name": "Status",
     "field": "status",
     "type": "text",
     "aliases": [],
     "choices": ["Not started", "On track", "At risk", "Off track", "Done", "Paused", "Dropped"],
     "required": false
    },
    {"name": "Link", "field": "link", "type": "text", "aliases": ["URL"], "choices": [], "required": false}
   ]
  },
  {
   "title": "Retrospective",
   "key": "retrospective",
   "aliases": ["Retro", "Lessons"],
   "required": false,
   "text": "what_happened",
   "columns": [
    {
     "name": "Type",
     "field": "type",
     "type": "text",
     "aliases": [],
     "choices": ["Win", "Miss", "Lesson", "Question"],
     "required": false
    },
    {
     "name": "About",
     "field": "about",
     "type": "text",
     "aliases": ["KR ID", "ID"],
     "choices": [],
     "required": false
    },
    {
     "name": "What happened",
     "field": "what_happened",
     "type": "text",
     "aliases": [],
     "choices": [],
     "required": true
    },
    {
     "name": "What we learned",
     "field": "what_we_learned",
     "type": "text",
     "aliases": ["Learned", "Lesson"],
     "choices": [],
     "required": false
    },
    {
     "name": "Do next",
     "field": "do_next",
     "type": "text",
     "aliases": ["Next", "Next time"],
     "choices": [],
     "required": false
    }
   ]
  }
 ],
 "ours": ["Lists", "Start here", "Sync status"],
 "templateVersion": "1",
 "numberFormats": {"1,234.5": [",", "."], "1.234,5": [".", ","], "1 234,5": ["   ", ","], "1'234.5": ["'’", "."]},
 "measures": ["Increase", "Decrease", "At least", "At most", "Between", "Milestone", "Yes/No", "Contributors", "KPI"],
 "words": {
  "Increase": "none",
  "Decrease": "none",
  "At least": "none",
  "At most": "none",
  "Between": "none",
  "KPI": "none",
  "Yes/No": "yes or no",
  "Milestone": "stages",
  "Contributors": "stages"
 },
 "yes": [
  "done",
  "erledigt",
  "fait",
  "fatto",
  "feito",
  "hecho",
  "ja",
  "klaar",
  "oui",
  "si",
  "sim",
  "sì",
  "sí",
  "tak",
  "true",
  "vrai",
  "wahr",
  "x",
  "y",
  "yes",
  "☑",
  "✓",
  "✔"
 ],
 "no": [
  "falsch",
  "false",
  "falso",
  "faux",
  "n",
  "nee",
  "nein",
  "nie",
  "no",
  "non",
  "not done",
  "não",
  "☐",
  "✗",
  "✘"
 ],
 "summing": ["average", "gesamt", "grandtotal", "mean", "subtotal", "sum", "summe", "total", "totals"],
 "why": {
  "SCORED": "",
  "DUPLICATE": "duplicate id",
  "NO_OBJECTIVE": "no objective",
  "DROPPED": "dropped",
  "PAUSED": "paused",
  "KPI": "KPI",
  "NEEDS_MEASURE": "needs a measure",
  "NEEDS_START": "needs a start",
  "NEEDS_TARGET": "needs a target",
  "NEEDS_BAND": "needs a start and a target",
  "NEEDS_MILESTONES": "needs milestones",
  "START_IS_TARGET": "start equals target",
  "BAND_REVERSED": "start is above target",
  "STAGE_WEIGHTS": "milestone weights are not 100 %",
  "CELL_ERROR": "cell error",
  "NOT_A_NUMBER": "not a number",
  "NOT_YES_NO": "neither yes nor no",
  "NOT_A_STAGE": "not a stage of its milestones",
  "MIXED": "percent and plain numbers mixed",
  "FUTURE": "dated in the future",
  "NO_VALUE": "no value",
  "NO_CONTRIBUTORS": "no contributor with a score",
  "NOT_FINITE": "not a finite number"
 },
 "fractions": {
  "²": 2.0,
  "³": 3.0,
  "¹": 1.0,
  "¼": 0.25,
  "½": 0.5,
  "¾": 0.75,
  "৴": 0.0625,
  "৵": 0.125,
  "৶": 0.1875,
  "৷": 0.25,
  "৸": 0.75,
  "৹": 16.0,
  "୲": 0.25,
  "୳": 0.5,
  "୴": 0.75,
  "୵": 0.0625,
  "୶": 0.125,
  "୷": 0.1875,
  "௰": 10.0,
  "௱": 100.0,
  "௲": 1000.0,
  "౸": 0.0,
  "౹": 1.0,
  "౺": 2.0,
  "౻": 3.0,
  "౼": 1.0,
  "౽": 2.0,
  "౾": 3.0,
  "൘": 0.00625,
  "൙": 0.025,
  "൚": 0.0375,
  "൛": 0.05,
  "൜": 0.1,
  "൝": 0.15,
  "൞": 0.2,
  "൰": 10.0,
  "൱": 100.0,
  "൲": 1000.0,
  "൳": 0.25,
  "൴": 0.5,
  "൵": 0.75,
  "൶": 0.0625,
  "൷": 0.125,
  "൸": 0.1875,
  "༪": 0.5,
  "༫": 1.5,
  "༬": 2.5,
  "༭": 3.5,
  "༮": 4.5,
  "༯": 5.5,
  "༰": 6.5,
  "༱": 7.5,
  "༲": 8.5,
  "༳": -0.5,
  "፩": 1.0,
  "፪": 2.0,
  "፫": 3.0,
  "፬": 4.0,
  "፭": 5.0,
  "፮": 6.0,
  "፯": 7.0,
  "፰": 8.0,
  "፱": 9.0,
  "፲": 10.0,
  "፳": 20.0,
  "፴": 30.0,
  "፵": 40.0,
  "፶": 50.0,
  "፷": 60.0,
  "፸": 70.0,
  "፹": 80.0,
  "፺": 90.0,
  "፻": 100.0,
  "፼": 10000.0,
  "៰": 0.0,
  "៱": 1.0,
  "៲": 2.0,
  "៳": 3.0,
  "៴": 4.0,
  "៵": 5.0,
  "៶": 6.0,
  "៷": 7.0,
  "៸": 8.0,
  "៹": 9.0,
  "᧚": 1.0,
  "⁰": 0.0,
  "⁴": 4.0,
  "⁵": 5.0,
  "⁶": 6.0,
  "⁷": 7.0,
  "⁸": 8.0,
  "⁹": 9.0,
  "₀": 0.0,
  "₁": 1.0,
  "₂": 2.0,
  "₃": 3.0,
  "₄": 4.0,
  "₅": 5.0,
  "₆": 6.0,
  "₇": 7.0,
  "₈": 8.0,
  "₉": 9.0,
  "⅐": 0.14285714285714285,
  "⅑": 0.1111111111111111,
  "⅒": 0.1,
  "⅓": 0.3333333333333333,
  "⅔": 0.6666666666666666,
  "⅕": 0.2,
  "⅖": 0.4,
  "⅗": 0.6,
  "⅘": 0.8,
  "⅙": 0.16666666666666666,
  "⅚": 0.8333333333333334,
  "⅛": 0.125,
  "⅜": 0.375,
  "⅝": 0.625,
  "⅞": 0.875,
  "⅟": 1.0,
  "↉": 0.0
 },
 "longestHeader": 60,
 "minBound": 3,
 "longestText": 32767,
 "firstYear": 1990,
 "lastYear": 2100,
 "low": 4,
 "high": 8,
 "onTrackGap": 0.1,
 "atRiskGap": 0.25,
 "notStartedDays": 7,
 "outdatedDays": 14,
 "maxObjectives": 3,
 "maxObjectivesCompany": 5,
 "minKeyResults": 2,
 "maxKeyResults": 5,
 "rules": {
  "Q201": {
   "severity": "warning",
   "message": "Objective {name} has no key results.",
   "hint": "Add two to five key results with {name} as their Objective ID, or set the objective to Dropped."
  },
  "Q202": {"severity": "warning", "message": "{name} {lack}.", "hint": "{mend}"},
  "Q203": {
   "severity": "error",
   "message": "{name} starts at its target of {value}, so there is no way to go and no score.",
   "hint": "Put the value at the start of the cycle into Start and the value to reach into Target; for a level to hold choose At least or At most."
  },
  "Q207": {
   "severity": "warning",
   "message": "{name} has {count} objectives; more than {limit} blur the focus.",
   "hint": "Keep the {limit} that matter most and set the others to Paused or Dropped."
  },
  "Q208": {
   "severity": "warning",
   "message": "Objective {name} has {count}; {low} to {high} measure an objective well.",
   "hint": "{mend}"
  },
  "Q209": {
   "severity": "warning",
   "message": "{name} has no owner.",
   "hint": "Write the name of one person into Owner, as in the people list."
  },
  "Q211": {
   "severity": "warning",
   "message": "{name} has its {field} on {value}, {reason}.",
   "hint": "Correct the date; for work that goes on after the cycle, carry the key result over into the next one."
  },
  "Q212": {"severity": "warning", "message": "{name} says {measure}, but {contradiction}.", "hint": "{mend}"},
  "Q213": {"severity": "error", "message": "{what}.", "hint": "{mend}"},
  "S101": {"severity": "error", "message": "The {what} \"{name}\" is missing in {where}.", "hint": "{suggestion}"},
  "S102": {
   "severity": "error",
   "message": "{name} stands twice in {tab}, at {other} and at {cell}; {outcome}.",
   "hint": "{suggestion}"
  },
  "S103": {
   "severity": "error",
   "message": "{column} in {tab}!{cell} holds the error {value}.",
   "hint": "Mend the formula, or type the value in its place."
  },
  "S104": {
   "severity": "error",
   "message": "{column} in {tab}!{cell} says \"{value}\", {reason}.",
   "hint": "{suggestion}"
  },
  "S105": {
   "severity": "error",
   "message": "{column} in {tab}!{cell} says \"{value}\", {reason}.",
   "hint": "{suggestion}"
  },
  "S106": {
   "severity": "error",
   "message": "{column} in {tab}!{cell} is a formula that was never calculated.",
   "hint": "Open the workbook in Excel, LibreOffice or Google Sheets, let it calculate, and save it."
  },
  "S107": {
   "severity": "error",
   "message": "The id \"{value}\" stands in {tab}!{cell} and again in {other}. {outcome}",
   "hint": "Give one of the two rows another id, or clear it: okrsync then follows the row's text."
  },
  "S109": {
   "severity": "warning",
   "message": "{column} in {tab}!{cell} says \"{value}\", which is none of its choices; {outcome}.",
   "hint": "{suggestion}"
  },
  "S113": {
   "severity": "warning",
   "message": "{column} in {tab}!{cell} is {length} characters long; the first 32,767 are kept.",
   "hint": "Shorten the text, or move the rest into a document and link it."
  },
  "S114": {"severity": "error", "message": "\"{value}\" in {tab}!{cell} {reason}.", "hint": "{suggestion}"},
  "S116": {
   "severity": "note",
   "message": "This workbook was made from template version {value}; the newest is {current}.",
   "hint": "It works as it is. `okrsync template` makes a new one when you want the newer columns."
  },
  "S118": {"severity": "error", "message": "Objective ID in {tab}!{cell} {reason}.", "hint": "{suggestion}"},
  "S119": {"severity": "warning", "message": "{column} in {tab}!{cell} {reason}.", "hint": "{suggestion}"},
  "S120": {"severity": "error", "message": "{column} on the Team tab {reason}.", "hint": "{suggestion}"}
 }
};

"""Conditional formats by range: status and confidence colours, progress bars, hints at blank cells."""

from __future__ import annotations

from sheet_templates.layout import HEADER_ROW, LAST_ROWS, letters_of
from sheet_templates.look import Look, Sheet
from sheet_templates.values import done
from sync.core import palette
from sync.core.schema import TabSchema

_TOP = HEADER_ROW + 1
# Fields that a filled row should have -> when a blank one is worth a hint; {} is the row's Measure.
_WANTED = {
    "objectives": {"owner": ""},
    "key_results": {
        "objective_id": "",
        "owner": "",
        "start": 'OR({}="Increase",{}="Decrease",{}="Between",{}="")',
        "target": 'AND({}<>"Milestone",{}<>"Yes/No",{}<>"Contributors",{}<>"KPI")',
        "milestones": '{}="Milestone"',
    },
    "check_ins": {"date": ""},
}


def add_colours(sheet: Sheet, tab: TabSchema, look: Look) -> None:
    """All conditional formats of a data tab."""
    fields = tab.by_field
    if "status" in fields:
        _colour_statuses(sheet, _range(tab, "Status"), look)
    if "confidence" in fields:
        _colour_confidence(sheet, _range(tab, "Confidence"), look)
    if "progress" in fields:
        _draw_progress(sheet, _range(tab, "Progress"), look)
    if "issues" in fields:
        _colour_issues(sheet, _range(tab, "Issues"), look)
    for field, when in _WANTED.get(tab.key, {}).items():
        _hint_at_blank(sheet, tab, field, when, look)


def _range(tab: TabSchema, name: str) -> str:
    letters = letters_of(tab, name)
    return f"{letters}{_TOP}:{letters}{LAST_ROWS[tab.key]}"


def _colour_statuses(sheet: Sheet, cells: str, look: Look) -> None:
    for status, tint in palette.STATUS.items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{status}"', "format": look.tint(tint)}
        done(sheet.conditional_format(cells, rule))


def _colour_confidence(sheet: Sheet, cells: str, look: Look) -> None:
    top = f"${cells.split(':', maxsplit=1)[0]}"
    bands = (
        (f"AND(ISNUMBER({top}),{top}<4)", palette.RED),
        (f"AND(ISNUMBER({top}),{top}>=4,{top}<8)", palette.AMBER),
        (f"AND(ISNUMBER({top}),{top}>=8)", palette.GREEN),
    )
    for criteria, tint in bands:
        rule = {"type": "formula", "criteria": f"={criteria}", "format": look.tint(tint)}
        done(sheet.conditional_format(cells, rule))


def _draw_progress(sheet: Sheet, cells: str, look: Look) -> None:
    bar = {
        "type": "data_bar",
        "data_bar_2010": True,
        "bar_solid": True,
        "bar_color": palette.BAR,
        "bar_negative_color": palette.RED.fill,
        "bar_border_color": palette.BAR,
        "min_type": "num",
        "min_value": 0,
        "max_type": "num",
        "max_value": 1,
    }
    done(sheet.conditional_format(cells, bar))
    top = f"${cells.split(':', maxsplit=1)[0]}"
    words = {"type": "formula", "criteria": f"=ISTEXT({top})", "format": look.ink(palette.MUTED)}
    done(sheet.conditional_format(cells, words))


def _colour_issues(sheet: Sheet, cells: str, look: Look) -> None:
    for severity, tint in palette.SEVERITY.items():
        done(sheet.conditional_format(cells, _begins_with(severity) | {"format": look.ink(tint.ink)}))


def colour_severities(sheet: Sheet, cells: str, look: Look) -> None:
    """Ink and ground for cells that hold a severity."""
    for severity, tint in palette.SEVERITY.items():
        done(sheet.conditional_format(cells, _begins_with(severity) | {"format": look.tint(tint)}))


def hint_at_blanks(sheet: Sheet, cell: str, look: Look) -> None:
    """A light ground behind a cell that still wants to be filled in."""
    done(sheet.conditional_format(cell, {"type": "blanks", "format": look.fill(palette.HINT)}))


def _begins_with(severity: str) -> dict[str, str]:
    return {"type": "text", "criteria": "begins with", "value": severity.capitalize()}


def _hint_at_blank(sheet: Sheet, tab: TabSchema, field: str, when: str, look: Look) -> None:
    """A light ground behind a blank cell of a row that has its text but still needs this field."""
    wanted = f"${letters_of(tab, tab.by_field[field].name)}{_TOP}"
    filled = f"${letters_of(tab, tab.by_field[tab.text].name)}{_TOP}"
    if when:
        when = "," + when.replace("{}", f"${letters_of(tab, 'Measure')}{_TOP}")
    rule = {
        "type": "formula",
        "criteria": f'=AND(TRIM({filled})<>"",TRIM({wanted})=""{when})',
        "format": look.fill(palette.HINT),
    }
    done(sheet.conditional_format(_range(tab, tab.by_field[field].name), rule))

"""The Team tab: whose sheet it is. Labels stand anywhere, each with its value in the next column.

A field's template name wins over its aliases, and a filled field over an empty one of the same name
(a banner that says "Team" is no second Unit). A cell that is some label's value is no label itself, so
a Level of "Team" is not taken for the alias of Unit. A Cycle gets its first spelling here, once for everybody
who compares cycles.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sync.core import cells
from sync.core.checks.structure import S109, S113, S116, S120
from sync.core.cycle import name_of, resolve
from sync.core.findings import Findings
from sync.core.grid import BLANK, Cell, Grid, Kind, Sheet, a1
from sync.core.headers import Names, merged_areas
from sync.core.model import Amount, Binding, Level, Team
from sync.core.numerals import known_format
from sync.core.schema import NUMBER_FORMATS, TEAM, TEMPLATE_VERSION, Column

_CYCLES = "Write it as 2026-Q4, 2026-H2 or 2026, or give any name with Starts and Ends."


class Field(NamedTuple):
    """One label's value: its place, its cell, and whether the label was the template's own name."""

    row: int
    column: int
    cell: Cell
    exact: bool


class TeamTab(NamedTuple):
    """What the Team tab says; `number_format` is the declared one ("" = none, or an unknown one)."""

    team: Team
    binding: Binding
    rows: dict[str, int]
    number_format: str


def find_by_labels(grid: Grid, taken: set[str], names: Names) -> Sheet | None:
    """The only other sheet in which every required label has a value: a renamed Team tab."""
    required = [column.field for column in TEAM.columns if column.required]
    hits = []
    for sheet in grid.sheets:
        if sheet.name not in taken:
            found = _labels(sheet, names)
            if all(any(not cells.is_blank(field.cell) for field in found.get(name, ())) for name in required):
                hits.append(sheet)
    return hits[0] if len(hits) == 1 else None


def read_team(sheet: Sheet, names: Names, default_format: str, findings: Findings) -> TeamTab:
    """The Team tab, every field that is blank, twice or impossible being noted."""
    reader = _Reader(sheet, names, findings)
    number_format = reader.number_format(default_format)
    level = reader.level()
    team = Team(
        unit=reader.text("unit"),
        level=level,
        parent=reader.text("parent"),
        weight=reader.amount("weight", number_format),
        cycle=name_of(reader.text("cycle")),
        starts=reader.day("starts"),
        ends=reader.day("ends"),
        champion=reader.text("champion"),
        manager=reader.text("manager"),
        time_zone=reader.text("time_zone"),
        number_format=reader.text("number_format"),
        template_version=reader.text("template_version"),
    )
    reader.check_cycle(team)
    reader.check_version(team.template_version)
    fields = reader.fields
    return TeamTab(team, _binding(sheet, fields), {name: f.row for name, f in fields.items()}, number_format)


class _Reader:
    """Reads field by field, so that each is read once and its trouble noted once."""

    def __init__(self, sheet: Sheet, names: Names, findings: Findings) -> None:
        self.tab = sheet.name
        self.findings = findings
        self.fields: dict[str, Field] = {}
        self.twice: set[str] = set()  # fields whose label stands twice: noted once, then blank
        labels = _labels(sheet, names)
        for column in TEAM.columns:
            self._choose(column, labels.get(column.field, []))

    def text(self, name: str) -> str:
        value, trouble = cells.text(self._cell(name))
        self._note(name, trouble)
        if not value and not trouble and TEAM.by_field[name].required:
            self._note_blank(name)
        return value if trouble is None or trouble.rule is S113 else ""

    def level(self) -> str:
        value, trouble = cells.choice(self._cell("level"), tuple(map(str, Level)))
        if trouble is None:
            if not value:
                self._note_blank("level")
            return value
        if trouble.rule is S109:
            self._impossible("level", f'says "{value}", which is no level', trouble.suggestion)
        else:
            self._note("level", trouble)
        return ""

    def amount(self, name: str, number_format: str) -> Amount:
        value, trouble = cells.amount(self._cell(name), number_format)
        self._note(name, trouble)
        return value

    def day(self, name: str) -> date | None:
        value, trouble = cells.day(self._cell(name))
        self._note(name, trouble)
        return value

    def number_format(self, default: str) -> str:
        """The declared format; an unknown one declares none, so that ambiguous text stays a problem."""
        cell = self._cell("number_format")
        known = None if cell.kind is Kind.NUMBER else known_format(cells.text(cell)[0])
        if known is None:
            choices = "  ".join(NUMBER_FORMATS)
            suggestion = f"Format the cell as text and choose one of: {choices}"
            self._impossible("number_format", f'says "{cell.text}", which is no known format', suggestion)
        return default if known == "" else known or ""

    def check_cycle(self, team: Team) -> None:
        if team.starts and team.ends and team.starts > team.ends:
            self._impossible("ends", f"is before Starts ({team.starts.isoformat()})", "Mend one of the two.")
        elif team.cycle and resolve(team.cycle, team.starts, team.ends, 1) is None:
            self._impossible(
                "cycle", f'says "{team.cycle}", which with Starts and Ends gives no period', _CYCLES
            )

    def check_version(self, version: str) -> None:
        if version.isdecimal() and int(version) < int(TEMPLATE_VERSION):
            field = self.fields["template_version"]
            place = a1(field.row, field.column)
            self.findings.add(S116, self.tab, place, value=version, current=TEMPLATE_VERSION)

    def _choose(self, column: Column, found: list[Field]) -> None:
        """The one field of that name to read; of several filled ones none, which is noted."""
        exact = [field for field in found if field.exact] or found
        filled = [field for field in exact if not cells.is_blank(field.cell)]
        if len(filled) > 1:
            places = " and ".join(a1(field.row, field.column) for field in filled)
            place = a1(filled[1].row, filled[1].column)
            self.twice.add(column.field)
            self.findings.add(
                S120,
                self.tab,
                place,
                column=column.name,
                reason=f"stands twice, at {places}",
                suggestion="Keep one of the two; until then neither is used.",
            )
        elif filled or exact:
            self.fields[column.field] = (filled or exact)[0]

    def _cell(self, name: str) -> Cell:
        return self.fields[name].cell if name in self.fields else BLANK

    def _note(self, name: str, trouble: cells.Trouble | None) -> None:
        if trouble is not None:
            field = self.fields[name]
            label = TEAM.by_field[name].name
            self.findings.trouble(trouble, self.tab, field.row, field.column, name=label)

    def _note_blank(self, name: str) -> None:
        if name not in self.twice:
            reason = "is blank" if name in self.fields else "is missing"
            label = TEAM.by_field[name].name
            self._impossible(name, reason, f'Write it in the cell to the right of the label "{label}".')

    def _impossible(self, name: str, reason: str, suggestion: str) -> None:
        field = self.fields.get(name)
        place = a1(field.row, field.column) if field else ""
        self.findings.add(
            S120,
            self.tab,
            place,
            value=self._cell(name).text,
            column=TEAM.by_field[name].name,
            reason=reason,
            suggestion=suggestion,
        )


def _labels(sheet: Sheet, names: Names) -> Mapping[str, list[Field]]:
    """The values beside each field's labels, in reading order."""
    field_of = {word: (name, False) for name, words in names.aliases.items() for word in words}
    field_of |= {word: (name, True) for name, words in names.exact.items() for word in words}
    ends = {(top, left): right for top, left, _, right in merged_areas(sheet)}
    found: dict[str, list[Field]] = {}
    for row, row_cells in sorted(sheet.rows.items()):
        value_column = 0
        for column, cell in sorted(row_cells.items()):
            if column == value_column or cell.kind is not Kind.TEXT:
                continue
            label = field_of.get(cells.fold(str(cell.value)))
            if label is not None:
                value_column = ends.get((row, column), column) + 1
                value = row_cells.get(value_column, BLANK)
                found.setdefault(label[0], []).append(Field(row, value_column, value, label[1]))
    return found


def _binding(sheet: Sheet, fields: Mapping[str, Field]) -> Binding:
    """Each field's value column; "value" is that of the first field, for places that have no label."""
    columns = {name: field.column for name, field in fields.items()}
    return Binding(sheet.name, 0, {"value": min(columns.values(), default=2), **columns}, sheet.gid)

"""A workbook's Grid as a TeamSheet, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.core import cells
from sync.core.checks.structure import S101
from sync.core.columns import Columns
from sync.core.findings import Findings
from sync.core.grid import Grid, Sheet
from sync.core.headers import Mapped, Names, find_tabs, names_of
from sync.core.model import (
    Binding,
    CheckInRow,
    InitiativeRow,
    KeyResultRow,
    ObjectiveRow,
    Person,
    RetrospectiveRow,
    TeamSheet,
)
from sync.core.numerals import known_format
from sync.core.problems import Problem
from sync.core.schema import BOOK_ID_NAME, LISTS_TAB, OWNED_TABS, PEOPLE, STATUS_TAB, TABLES, TEAM
from sync.core.tables import Table, open_table, read_rows, words_by_name
from sync.core.team_tab import TeamTab, find_by_labels, read_team


class Parsed(NamedTuple):
    """What a workbook says; `sheet` is None when nobody can tell whose it is (no Team tab, or no Unit).

    A table whose tab or required columns are missing is empty and has no entry in `sheet.bindings`.
    """

    sheet: TeamSheet | None
    problems: tuple[Problem, ...]


def parse(
    source: str,
    grid: Grid,
    *,
    number_format: str = "",
    organisation_format: str = "",
    mapping: Mapped | None = None,
) -> Parsed:
    """The team's sheet in a workbook, and its problems in their stable order.

    The number format is the Team tab's, else the source's, else the organisation's, else none is
    declared. `mapping` gives a source's own names: tab title -> column -> further header texts.
    """
    findings = Findings(source)
    team_names = names_of(TEAM, mapping)
    names = [names_of(tab, mapping) for tab in TABLES]
    sheets = find_tabs(grid, [team_names, *names])
    team_sheet = sheets.get(TEAM.key) or find_by_labels(grid, _titles(sheets.values()), team_names)
    if team_sheet is None:
        _note_missing_tab(grid, team_names, sheets.values(), findings)
        return Parsed(None, findings.of(""))
    default = known_format(number_format) or known_format(organisation_format) or ""
    team = read_team(team_sheet, team_names, default, findings)
    if not team.team.unit:
        return Parsed(None, findings.of(""))
    taken = [team_sheet, *sheets.values()]
    tables = {each.tab.key: _open(grid, sheets, each, team.number_format, taken, findings) for each in names}
    sheet = _team_sheet(source, team, tables, _book_id(grid))
    sheet = sheet._replace(bindings=sheet.bindings | _own_tabs(grid))
    return Parsed(sheet, findings.of(team.team.unit))


def parse_people(source: str, grid: Grid) -> tuple[tuple[Person, ...], tuple[Problem, ...]]:
    """The people in a workbook, and its problems. A workbook of one tab needs no title People for it."""
    findings = Findings(source)
    names = names_of(PEOPLE)
    sheets = find_tabs(grid, [names])
    if not sheets and len(grid.sheets) == 1:
        sheets = {PEOPLE.key: grid.sheets[0]}
    table = _open(grid, sheets, names, "", sheets.values(), findings)
    return read_rows(table, Person), findings.of("")


def _open(
    grid: Grid,
    sheets: Mapping[str, Sheet],
    names: Names,
    number_format: str,
    taken: Iterable[Sheet],
    findings: Findings,
) -> Table | None:
    sheet = sheets.get(names.tab.key)
    if sheet is not None:
        return open_table(sheet, names, number_format, findings)
    if names.tab.required:
        _note_missing_tab(grid, names, taken, findings)
    return None


def _team_sheet(source: str, team: TeamTab, tables: Mapping[str, Table | None], book_id: str) -> TeamSheet:
    key_results = tables["key_results"]
    bindings = {key: table.binding for key, table in tables.items() if table is not None}
    return TeamSheet(
        source,
        team.team,
        objectives=read_rows(tables["objectives"], ObjectiveRow),
        key_results=read_rows(key_results, KeyResultRow),
        check_ins=Columns.of(
            CheckInRow, read_rows(tables["check_ins"], CheckInRow, words_by_name(key_results))
        ),
        initiatives=read_rows(tables["initiatives"], InitiativeRow),
        retrospective=read_rows(tables["retrospective"], RetrospectiveRow),
        bindings={TEAM.key: team.binding} | bindings,
        team_rows=team.rows,
        book_id=book_id,
    )


def _own_tabs(grid: Grid) -> dict[str, Binding]:
    """The tabs that are written in a sheet of Google's, which is asked for them by their ids."""
    keys = {
        cells.fold(str(title)): key for title, key in zip(OWNED_TABS, (STATUS_TAB, LISTS_TAB), strict=True)
    }
    return {
        keys[cells.fold(sheet.name)]: Binding(sheet.name, 0, {}, sheet.gid)
        for sheet in grid.sheets
        if sheet.gid and cells.fold(sheet.name) in keys
    }


def _titles(sheets: Iterable[Sheet]) -> set[str]:
    return {sheet.name for sheet in sheets}


def _note_missing_tab(grid: Grid, names: Names, taken: Iterable[Sheet], findings: Findings) -> None:
    title = names.tab.title
    others = [sheet.name for sheet in grid.sheets if sheet.name not in _titles(taken)]
    close = cells.nearest(title, others)
    findings.add(
        S101,
        str(title),
        what="tab",
        name=str(title),
        where="this workbook",
        suggestion=f'Did you mean the tab "{close}"? Rename it to "{title}".'
        if close
        else f'Add a tab "{title}"; `okrsync template` makes a workbook that has it.',
    )


def _book_id(grid: Grid) -> str:
    """The workbook's own id: the text of a defined name, kept there as a quoted constant."""
    return grid.names.get(BOOK_ID_NAME, "").removeprefix("=").strip().strip('"')

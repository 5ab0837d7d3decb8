"""Making what people start from: workbooks from the template, and a whole first folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sheet_templates.people import build_people
from sheet_templates.team import TeamDefaults, build_team
from sync.config import Settings
from sync.core import cells
from sync.core.cycle import current, resolve
from sync.core.errors import SourceUnreadable, UsageError
from sync.core.grid import Sheet
from sync.core.model import Level
from sync.core.schema import TEAM
from sync.sources import lists

_WORDS_OF_CLOUDS = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "sharepoint", "nextcloud")


def templates(
    settings: Settings,
    today: date,
    *,
    unit: str | None,
    level: str,
    parent: str,
    cycle: str,
    units: Path | None,
    out: Path | None,
) -> Iterator[str]:
    """Makes one workbook, or one for each line of a list of units; yields a line for each.

    Every problem of the list is told at once, and then nothing is made.
    """
    if (unit is None) == (units is None):
        raise UsageError("Give either --unit NAME for one workbook or --from UNITS.CSV for many.")
    if units is not None:
        folder = out or Path()
        folder.mkdir(parents=True, exist_ok=True)
        for team in _listed(units, settings, today):
            yield _make(folder / f"{file_name(team.unit)}.xlsx", team)
        return
    rows = {"unit": unit or "", "level": level, "parent": parent, "cycle": cycle}
    made, problems = _defaults(rows, settings, today, "the command")
    if problems or made is None:
        raise UsageError(*problems)
    yield _make(out or Path(f"{file_name(made.unit)}.xlsx"), made)


def start(folder: Path, name: str, today: date) -> Iterator[str]:
    """Makes config.toml, teams/ with the company's and a first team's workbook, and the people list."""
    config = folder / "config.toml"
    if config.exists():
        raise UsageError(f"{config} exists already; `okrsync init` never writes over one.")
    teams = folder / "teams"
    teams.mkdir(parents=True, exist_ok=True)
    synced_by = next((word for word in _WORDS_OF_CLOUDS if word in str(folder.absolute()).casefold()), "")
    settings = Settings.model_validate({}, context=folder.absolute())
    cycle = current(settings.organisation_policy(), today).name
    config.write_text(config_text(name, cycle, feedback=not synced_by), encoding="utf-8")
    yield f"{config} made."
    for unit, level, parent in ((name, "Company", ""), ("First team", "Team", name)):
        rows = {"unit": unit, "level": level, "parent": parent, "cycle": cycle}
        first, _ = _defaults(rows, settings, today, "init")
        if first:
            yield _make(teams / f"{file_name(unit)}.xlsx", first)
    people = folder / "people.xlsx"
    if not people.exists():
        build_people(people, [])
        yield f"{people} made."
    if synced_by:
        yield (
            f"Findings are not written into the sheets, since {folder} seems to be synced by {synced_by}; "
            "[feedback] excel = true in config.toml turns it on."
        )
    yield f"Next: fill in the workbooks in {teams}, then run `okrsync sync --config {config}`."


def config_text(name: str, cycle: str, *, feedback: bool) -> str:
    """The first settings of an organisation; config.example.toml lists all there are."""
    return f"""# Settings of okrsync. Every key has a default; config.example.toml explains all of them.

[organisation]
name = {_quoted(name)}
cycle = {_quoted(cycle)}

[[sources.excel]]
paths = ["teams"]

[people]
path = "people.xlsx"

[master]
excel = "master.xlsx"

[feedback]
# Findings go into the `Sync status` tab of the teams' own workbooks.
# Leave it off where a cloud client syncs them.
excel = {"true" if feedback else "false"}

[history]
url = "sqlite:///state/history.db"
"""


def _quoted(text: str) -> str:
    """A TOML string: JSON's rules for quotes and control characters are TOML's too."""
    return json.dumps(text, ensure_ascii=False)


def file_name(unit: str) -> str:
    """A file name for a unit that every system accepts; other signs become `-`."""
    name = "".join(char if char.isalnum() or char in " -_.()&+" else "-" for char in unit).strip(" .")
    return name or "unit"


def _make(path: Path, team: TeamDefaults) -> str:
    if path.exists():
        return f"{path} exists already and was left as it is."
    path.parent.mkdir(parents=True, exist_ok=True)
    build_team(path, team)
    return f"{path} made for {team.unit}."


def _listed(path: Path, settings: Settings, today: date) -> list[TeamDefaults]:
    try:
        sheet = lists.read(path, settings.limits_policy()).sheets[0]
    except SourceUnreadable as error:
        raise UsageError(f"{path.name} could not be read: {error.cause} {error.hint}") from None
    teams: list[TeamDefaults] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, row in _rows(sheet, path):
        team, found = _defaults(row, settings, today, f"{path.name}, line {number}")
        problems += found
        if team is None:
            continue
        if team.unit in seen:
            problems.append(
                f"{path.name}, line {number}: the unit {team.unit} stands in line {seen[team.unit]} already."
            )
        seen[team.unit] = number
        teams.append(team)
    if problems:
        raise UsageError(*problems, "Nothing was made.")
    return teams


def _rows(sheet: Sheet, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number, field -> text) of each line below the header, whose names are the Team tab's."""
    known = {
        cells.fold(name): column.field for column in TEAM.columns for name in (*column.aliases, column.name)
    }
    numbers = sorted(sheet.rows)
    first = (
        {} if not numbers else {at: known.get(cells.fold(c.text)) for at, c in sheet.rows[numbers[0]].items()}
    )
    if "unit" not in first.values():
        raise UsageError(f'{path.name} needs a first line with the column names, among them "Unit".')
    for number in numbers[1:]:
        yield (
            number,
            {
                field: cell.text.strip()
                for at, cell in sheet.rows[number].items()
                if (field := first.get(at)) is not None
            },
        )


def _defaults(
    row: Mapping[str, str], settings: Settings, today: date, where: str
) -> tuple[TeamDefaults | None, list[str]]:
    """(the Team tab's values, what is wrong with them)."""
    problems = []
    organisation = settings.organisation_policy()
    values: dict[str, Any] = {name: value for name, value in row.items() if value}
    values.setdefault("cycle", current(organisation, today).name)
    declared: str = settings.organisation.number_format or "1,234.5"
    values.setdefault("number_format", declared)
    level = next(
        (str(level) for level in Level if level.casefold() == values.get("level", "Team").casefold()), None
    )
    if not values.get("unit"):
        problems.append(f"{where}: the unit has no name.")
    if level is None:
        problems.append(f'{where}: the level "{values["level"]}" is none of {", ".join(Level)}.')
    for name in ("starts", "ends"):
        values[name], wrong = _day(values.get(name, ""))
        problems += [f"{where}: {name} {wrong}"] if wrong else []
    if resolve(values["cycle"], values["starts"], values["ends"], organisation.fiscal_year_start) is None:
        problems.append(
            f'{where}: the cycle "{values["cycle"]}" is no quarter, half or year; give it Starts and Ends, '
            "or write it like 2026-Q4."
        )
    if problems:
        return None, problems
    weight = values.pop("weight", None)
    return TeamDefaults(**values | {"level": level}, weight=float(weight) if weight else None), []


def _day(text: str) -> tuple[date | None, str]:
    try:
        return (date.fromisoformat(text), "") if text else (None, "")
    except ValueError:
        return None, f'"{text}" is no date; write it like 2026-10-01.'

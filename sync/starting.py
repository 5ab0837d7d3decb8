"""Making what people start from: workbooks from the template, and a whole first folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from sheet_templates.people import build_people
from sheet_templates.team import TeamDefaults, build_team
from sync.config import Settings
from sync.config_words import nearest
from sync.core import cells
from sync.core.cycle import current, resolve
from sync.core.errors import SourceUnreadable, UsageError
from sync.core.grid import Sheet
from sync.core.model import Level
from sync.core.schema import NUMBER_FORMATS, TEAM
from sync.sources import lists

_FIRST_TEAM = "First team"
_OFFERED = tuple(column for column in TEAM.columns if column.field != "template_version")
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
_LONGEST_NAME = 100
_WORDS_OF_CLOUDS = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "sharepoint", "nextcloud")


class Asked(NamedTuple):
    """What a command asks templates for: one unit, or the list `units`."""

    unit: str | None
    level: str
    parent: str
    cycle: str
    units: Path | None


def templates(settings: Settings, today: date, asked: Asked, out: Path | None) -> Iterator[str]:
    """Makes one workbook, or one for each line of a list of units; yields a line for each."""
    for team in wanted(settings, today, asked):
        path = Path(f"{file_name(team.unit)}.xlsx")
        if asked.units is not None:
            yield _make((out or Path()) / path, team)
        else:
            yield _make(path if out is None else out / path if out.is_dir() else out, team)


def wanted(settings: Settings, today: date, asked: Asked) -> list[TeamDefaults]:
    """What is known of each unit that is asked for. Raises UsageError with every problem of the list."""
    if (asked.unit is None) == (asked.units is None):
        raise UsageError("Give either --unit NAME for one workbook or --from UNITS.CSV for many.")
    if asked.units is not None:
        return _listed(asked.units, settings, today)
    row = {"unit": asked.unit or "", "level": asked.level, "parent": asked.parent, "cycle": asked.cycle}
    made, problems = _defaults(row, settings, today, "the command")
    if problems or made is None:
        raise UsageError(*problems)
    return [made]


def start(folder: Path, name: str, today: date) -> Iterator[str]:
    """Makes config.toml, teams/ with the company's and a first team's workbook, and the people list."""
    name = " ".join(name.split())
    if cells.fold(name) in ("", cells.fold(_FIRST_TEAM)):
        raise UsageError("--name needs the organisation's name.")
    config = folder / "config.toml"
    if config.exists():
        raise UsageError(f"{config} exists already; `okrsync init` never writes over one.")
    teams = folder / "teams"
    teams.mkdir(parents=True, exist_ok=True)
    synced_by = next((word for word in _WORDS_OF_CLOUDS if word in str(folder.absolute()).casefold()), "")
    settings = Settings.model_validate({}, context=folder.absolute())
    cycle = current(settings.organisation_policy(), today).name
    for unit, level, parent in ((name, "Company", ""), (_FIRST_TEAM, "Team", name)):
        rows = {"unit": unit, "level": level, "parent": parent, "cycle": cycle}
        first, _ = _defaults(rows, settings, today, "init")
        if first:
            yield _make(teams / f"{file_name(unit)}.xlsx", first)
    people = folder / "people.xlsx"
    if not people.exists():
        build_people(people, [])
        yield f"{people} made."
    config.write_text(config_text(name, cycle, feedback=not synced_by), encoding="utf-8")
    yield f"{config} made."
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
    plain = "".join(char if char.isalnum() or char in " -_.()&+" else "-" for char in unit)
    name = plain[:_LONGEST_NAME].strip(" .") or "unit"
    return f"{name}-" if name.partition(".")[0].casefold() in _DEVICES else name


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
    lines: dict[str, str] = {}
    for number, row in _rows(sheet, path.name, problems):
        where = f"{path.name}, line {number}"
        team, found = _defaults(row, settings, today, where)
        problems += found
        file = cells.fold(file_name(row.get("unit", "")))
        if team and file in lines:
            problems.append(f'{where}: "{team.unit}" would be the same file as the unit in {lines[file]}.')
        lines.setdefault(file, f"line {number}")
        teams += [team] if team else []
    if not teams and not problems:
        problems.append(f"{path.name} lists no unit.")
    if problems:
        raise UsageError(*problems, "Nothing was made.")
    return teams


def _rows(sheet: Sheet, name: str, problems: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number, field -> text) of each line below the header, whose names are the Team tab's."""
    known = {cells.fold(word): column.field for column in _OFFERED for word in (column.name, *column.aliases)}
    numbers = sorted(sheet.rows)
    header = {at: cell.text.strip() for at, cell in sheet.rows[numbers[0]].items()} if numbers else {}
    fields = {at: known.get(cells.fold(text)) for at, text in header.items()}
    if "unit" not in fields.values():
        raise UsageError(f'{name} needs a first line with the column names, among them "Unit".')
    words = [column.name for column in _OFFERED]
    twice = {field for field in fields.values() if field and list(fields.values()).count(field) > 1}
    problems += [
        f'{name}, line {numbers[0]}: there is no column "{header[at]}"{nearest(header[at], words)}'
        for at, field in fields.items()
        if field is None
    ]
    problems += [f"{name}, line {numbers[0]}: two columns mean {field}." for field in sorted(twice)]
    for number in numbers[1:]:
        row = sheet.rows[number]
        yield number, {field: cell.text.strip() for at, cell in row.items() if (field := fields.get(at))}


def _defaults(
    row: Mapping[str, str], settings: Settings, today: date, where: str
) -> tuple[TeamDefaults | None, list[str]]:
    """(the Team tab's values, what is wrong with them)."""
    organisation = settings.organisation_policy()
    values: dict[str, Any] = {name: text.strip() for name, text in row.items() if text.strip()}
    values.setdefault("level", str(Level.TEAM))
    values.setdefault("cycle", current(organisation, today).name)
    values.setdefault("number_format", organisation.number_format or next(iter(NUMBER_FORMATS)))
    problems = [] if "unit" in values else ["the unit has no name."]
    for name, allowed in (("level", tuple(map(str, Level))), ("number_format", tuple(NUMBER_FORMATS))):
        typed = values[name].casefold()
        if typed not in map(str.casefold, allowed):
            problems.append(f'the {name.replace("_", " ")} "{values[name]}" is none of {"; ".join(allowed)}.')
        values[name] = next((one for one in allowed if one.casefold() == typed), "")
    for name in ("starts", "ends"):
        values[name], wrong = _day(values.get(name, ""))
        problems += [f"{name} {wrong}"] if wrong else []
    values["weight"], wrong = _weight(values.get("weight", ""))
    problems += [wrong] if wrong else []
    if resolve(values["cycle"], values["starts"], values["ends"], organisation.fiscal_year_start) is None:
        problems.append(
            f'the cycle "{values["cycle"]}" is no quarter, half or year; write it like 2026-Q4, or give '
            "Starts and Ends, the earlier one first."
        )
    if problems:
        return None, [f"{where}: {problem}" for problem in problems]
    return TeamDefaults(**values), []


def _weight(text: str) -> tuple[float | None, str]:
    try:
        weight = float(text) if text else None
    except ValueError:
        weight = -1.0
    right = weight is None or (isfinite(weight) and weight >= 0)
    return (weight, "") if right else (None, f'the weight "{text}" is no number from 0 up, such as 1.5.')


def _day(text: str) -> tuple[date | None, str]:
    try:
        return (date.fromisoformat(text), "") if text else (None, "")
    except ValueError:
        return None, f'"{text}" is no date; write it like 2026-10-01.'

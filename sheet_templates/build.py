"""The templates as files to have at hand, no unit filled in: `python -m sheet_templates.build`."""

from __future__ import annotations

from pathlib import Path

from sheet_templates.people import build_people
from sheet_templates.team import TeamDefaults, build_team

FOLDER = Path(__file__).parent


def build_all(folder: Path) -> tuple[Path, Path]:
    """Writes team.xlsx and people.xlsx into the folder and gives their paths."""
    team, people = folder / "team.xlsx", folder / "people.xlsx"
    build_team(team, TeamDefaults())
    build_people(people)
    return team, people


if __name__ == "__main__":
    build_all(FOLDER)

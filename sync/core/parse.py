"""A workbook's Grid as a TeamSheet, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sync.core.grid import Grid
from sync.core.model import Person, TeamSheet
from sync.core.problems import Problem


class Parsed(NamedTuple):
    """What a workbook says; `sheet` is None when nobody can tell whose it is."""

    sheet: TeamSheet | None
    problems: tuple[Problem, ...]


def parse(
    source: str,
    grid: Grid,
    *,
    number_format: str = "",
    organisation_format: str = "",
    mapping: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> Parsed:
    """The team's sheet in a workbook, and its problems."""
    raise NotImplementedError


def parse_people(source: str, grid: Grid) -> tuple[tuple[Person, ...], tuple[Problem, ...]]:
    """The people in a workbook, and its problems."""
    raise NotImplementedError

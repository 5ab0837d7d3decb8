"""The commands `okrsync addin …`: the add-in for Excel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli_words import out as _out

app = typer.Typer(
    help="Build the add-in for Excel.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _addin() -> None:
    """Keeps `build` a command of its own while it is the only one."""


@app.command(epilog="Example: okrsync addin build -o addin-files")
def build(
    out: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write into.")
    ] = Path(),
) -> None:
    """Build okr.xlam and the team's workbook with buttons, the same bytes each time."""
    from addin.building import build as built

    for line in built(out):
        _out(line)

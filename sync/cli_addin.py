"""The commands `okrsync addin …`: the add-in for Excel."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli_words import out as _out
from sync.outcome import FINDINGS, FINE, PARTIAL

if TYPE_CHECKING:
    from addin.installing import Done
    from addin.places import Places

app = typer.Typer(
    help="Build and install the add-in for Excel, and see whether it works.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(epilog="Example: okrsync addin build -o addin-files")
def build(
    out: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write into.")
    ] = Path(),
) -> None:
    """Build okr.xlam, the team's workbook with buttons and the menu for Google Sheets."""
    from addin.building import build as built

    for line in built(out):
        _out(line)


Force = Annotated[bool, typer.Option("--force", help="Also files that are not okrsync's, or were changed.")]


@app.command(epilog="Example: okrsync addin install --config config.toml")
def install(
    spool: Annotated[
        Path | None,
        typer.Option("--spool", metavar="DIR", help="The service's folder for requests, for Sync now."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", envvar="OKRSYNC_CONFIG", help="The service's settings, which name it, too."),
    ] = None,
    force: Force = False,
) -> None:
    """Put the add-in where Excel finds it, and say which Python runs it."""
    from addin.installing import install as put
    from addin.installing import plan
    from addin.machine import applescript, okr_xlam

    here = _places()
    pieces = plan(
        here,
        interpreter=sys.executable,
        addin=okr_xlam(),
        script=applescript(),
        **_service(spool, config),
    )
    _end(put(here, pieces, force=force), then="Start Excel again: it has a tab OKR now.")


@app.command(epilog="Example: okrsync addin uninstall")
def uninstall(force: Force = False) -> None:
    """Take away what `install` put there, and nothing else."""
    from addin.installing import uninstall as take

    _end(take(_places(), force=force), then="The add-in is gone when Excel starts again.")


@app.command(epilog="Example: okrsync addin doctor")
def doctor() -> None:
    """Say what keeps the buttons from working, and how to mend it."""
    from addin.diagnosis import diagnose
    from addin.machine import machine, xlwings_version

    findings = list(diagnose(_places(), machine(), interpreter=sys.executable, xlwings=xlwings_version()))
    for finding in findings:
        _out(f"{'NOT ' if finding.bad else 'ok  '} {finding.said}")
        if finding.mend:
            _out(f"     {finding.mend}")
    raise typer.Exit(PARTIAL if any(finding.bad for finding in findings) else FINE)


@app.command(epilog="Example: okrsync addin selftest")
def selftest() -> None:
    """Try in your own Excel, on a scratch workbook, what the buttons count on; print a report to paste."""
    from importlib.metadata import version

    from addin.selftest import excel
    from addin.selftest import selftest as tested

    report = tested(excel, okrsync=version("okrsync"))
    for line in report.lines:
        _out(line)
    raise typer.Exit(FINE if report.ok else FINDINGS)


def _places() -> Places:
    from addin.machine import xlwings_version
    from addin.places import places

    return places(sys.platform, Path.home(), os.environ, xlwings_version())


def _service(spool: Path | None, config: Path | None) -> dict[str, Any]:
    """Where the service takes requests and when it syncs by itself, as far as that was given."""
    if config is None:
        return {"spool": spool and spool.resolve()}
    from sync.config import load
    from sync.spool import FOLDER

    settings = load(config, os.environ)
    return {
        "spool": (spool or settings.state_folder() / FOLDER).resolve(),
        "sync": str(settings.schedule.sync),
    }


def _end(all_done: Iterable[Done], *, then: str) -> None:
    """Prints what happened to each file; ends with PARTIAL where one was kept."""
    done = list(all_done)
    for each in done:
        _out(each.said)
    if not all(each.ok for each in done):
        raise typer.Exit(PARTIAL)
    _out(then if done else "Nothing is installed.")

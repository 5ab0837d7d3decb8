"""All checks, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sync.config import Settings
from sync.doctor.check import Check, Examination, State
from sync.doctor.machine import machine

if TYPE_CHECKING:
    from sync.google.connection import Connection

Progress = Callable[[int, str], Callable[[], None]]
_NO_CALLS = {"drive": 0, "sheets_reads": 0, "sheets_writes": 0, "retries": 0}


def examine(settings: Settings, *, quick: bool, now: Callable[[], float], progress: Progress) -> Examination:
    """Every check there is; `quick` leaves the single sheets in Google out. `now`: seconds since 1970."""
    checks = list(machine(settings))
    if not settings.sources.google and not settings.google.credentials:
        message = "The settings name nothing there."
        return Examination((*checks, Check("Google", "sheets", State.SKIPPED, message)), _NO_CALLS)
    from sync import googling  # noqa: PLC0415  # gspread and its libraries are for those who have such sheets

    with googling.connect(settings) as connection:
        checks += _google(settings, connection, quick=quick, now=now, progress=progress)
        return Examination(tuple(checks), connection.calls())


def _google(
    settings: Settings,
    connection: Connection,
    *,
    quick: bool,
    now: Callable[[], float],
    progress: Progress,
) -> Iterator[Check]:
    from sync.consent import credentials_of  # noqa: PLC0415  # as above
    from sync.doctor import accounts, sheets  # noqa: PLC0415  # as above

    yield from accounts.line(settings.google.endpoint, now)
    usable: list[str] = []
    for source in credentials_of(settings):
        checks = list(accounts.account(source, connection, now()))
        yield from checks
        usable += [source] if all(check.state is not State.PROBLEM for check in checks) else []
    places = list(sheets.places(settings, connection, usable))
    yield from (place.check for place in places)
    yield from sheets.master(settings, connection, usable)
    yield from sheets.comments(settings)
    found = [one for one in sheets.sheets_in(places) if one.file["id"] != settings.master.google]
    if quick:
        message = f"Not looked into ({len(found)}; one read each): --quick."
        yield Check(sheets.AREA, "each sheet", State.SKIPPED, message)
    else:
        yield from sheets.each(settings, found, progress(len(found), "Sheets looked into, one read each"))
    if found:
        yield sheets.sweep(found, connection, len(usable))
    for source in usable:
        yield accounts.used(connection, source)

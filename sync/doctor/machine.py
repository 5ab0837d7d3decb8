"""The checks that need no network: settings, state, history, sources, people, master, disk, processes."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from sync import intake
from sync.config import Settings
from sync.core.errors import HistoryUnusable
from sync.doctor.check import Check, State, of_problem, ping
from sync.google.private import readable_by_others
from sync.history.store import Store
from sync.master.excel import lock_files
from sync.workers import Allowed, Workers

AREA = "This machine"
_LITTLE = 500 << 20
_NO_ROOM = 50 << 20


def machine(settings: Settings) -> Iterator[Check]:
    """Every check of this machine, in order."""
    known = f"All of them are understood; paths begin at {settings.folder}."
    yield Check(AREA, "settings", State.OK, known)
    yield _state_folder(settings.state_folder(), settings.folder)
    yield _history(settings)
    yield from _excel(settings)
    yield from _people(settings)
    if settings.master.excel is not None:
        yield _master(settings.master.excel)
    yield _disk(settings)
    yield _processes(settings)


def _state_folder(folder: Path, base: Path) -> Check:
    """Whether others may look into the folder (TRUST 30): either it or what lies in it must be closed."""
    what, name = "state folder", _short(folder, base)
    there = _existing(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        hint = (
            "Run okrsync with the account that owns it, or give the account of now the right to write there."
        )
        return Check(AREA, what, State.PROBLEM, f"{there} may not be written by this account.", hint)
    if there != folder:
        return Check(AREA, what, State.SKIPPED, f"There is no {name} yet; the first sync makes it.")
    if os.name == "nt":
        return Check(AREA, what, State.OK, f"{name} may be written.")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & 0o077:
        return Check(AREA, what, State.OK, f"Only its owner may look into {name}.")
    open_files = [file.name for file in sorted(folder.iterdir()) if readable_by_others(file)]
    hint = f"Run `chmod 700 {folder}`, and `chmod 600` on the files in it."
    if open_files:
        message = f"Other users of this machine may read {', '.join(open_files[:5])} in {name}."
        return Check(AREA, what, State.PROBLEM, message, hint)
    return Check(AREA, what, State.WARNING, f"Others may see what lies in {name} ({mode:04o}).", hint)


def _history(settings: Settings) -> Check:
    url, folder = settings.history.url, settings.state_folder()
    name = url.rpartition("/")[2].partition("?")[0]
    try:
        if not Store.exists(url, folder):
            return Check(AREA, "history", State.SKIPPED, f"There is no {name} yet; the first sync makes it.")
        with Store.open(url, folder) as store:
            store.verify()
            status = store.status()
    except HistoryUnusable as error:
        message, _, hint = str(error).partition(". ")
        return Check(AREA, "history", State.PROBLEM, f"{message.removesuffix('.')}.", hint)
    last = f"last run {status.last.started:%Y-%m-%d %H:%M}" if status.last else "no run yet"
    return Check(AREA, "history", State.OK, f"{name} is whole; {last}.")


def _excel(settings: Settings) -> Iterator[Check]:
    """What the places of `[[sources.excel]]` hold; no workbook is opened."""
    writes = settings.feedback.excel
    for place in intake.configured(settings, None):
        name = ", ".join(_short(path, settings.folder) for path in getattr(place.settings, "paths", ()))
        listed = place.source.list()
        paths = [Path(listing.key) for listing in listed.listings]
        closed = [path.name for path in paths if not os.access(path, os.R_OK)]
        fixed = [path.name for path in paths if writes and not os.access(path, os.W_OK)]
        if closed:
            message = f"{len(closed)} of {len(paths)} workbooks in {name} may not be read: {_some(closed)}."
            yield Check(AREA, "workbooks", State.PROBLEM, message, "Give okrsync's account the right.")
        elif fixed:
            message = f"{len(fixed)} of {len(paths)} workbooks in {name} get no findings: {_some(fixed)}."
            hint = "Give okrsync's account the right to write them, or turn `[feedback] excel` off."
            yield Check(AREA, "workbooks", State.WARNING, message, hint)
        elif paths:
            yield Check(AREA, "workbooks", State.OK, f"{len(paths)} in {name}.")
        elif not listed.problems:
            hint = "`okrsync template` makes one for a unit; `[[sources.excel]] paths` says where they lie."
            yield Check(AREA, "workbooks", State.WARNING, f"There is none in {name}.", hint)
        for problem in listed.problems:
            yield of_problem(AREA, "workbooks", problem)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _short(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _people(settings: Settings) -> Iterator[Check]:
    path = settings.people.path
    if path is None:
        message = "There is none (`[people] path`), so owners are not compared with a list."
        yield Check(AREA, "people list", State.SKIPPED, message)
        return
    people, problems = intake.people(settings)
    if people is not None:
        yield Check(AREA, "people list", State.OK, f"{len(people)} people in {path.name}.")
    for problem in problems:
        yield of_problem(AREA, "people list", problem)


def _master(path: Path) -> Check:
    """Whether the next sync can put a master in its place."""
    folder = path.parent
    if not folder.is_dir():
        hint = "Create it, or correct `[master] excel`."
        return Check(AREA, "master", State.PROBLEM, f"Its folder {folder} does not exist.", hint)
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"This account may not write into {folder}, and a new master is written beside the old one."
        return Check(
            AREA, "master", State.PROBLEM, message, "Give okrsync's account the right to write there."
        )
    locks = [lock for lock in lock_files(path) if lock.exists()]
    if locks:
        message = f"{path.name} is open in another program; the next one would be written beside it."
        hint = f"Close it; if nobody has it open, delete {locks[0].name}."
        return Check(AREA, "master", State.WARNING, message, hint)
    there = "can be replaced" if path.exists() else "can be written"
    return Check(AREA, "master", State.OK, f"{path.name} {there}.")


def _disk(settings: Settings) -> Check:
    """Room where the history and the master lie, whichever has less."""
    master = settings.master.excel
    places = (settings.state_folder(), *([master.parent] if master else ()))
    free, folder = min((shutil.disk_usage(there).free, there) for there in map(_existing, places))
    message = f"{_size(free)} are free in {folder}."
    if free >= _LITTLE:
        return Check(AREA, "disk", State.OK, message)
    state = State.WARNING if free >= _NO_ROOM else State.PROBLEM
    return Check(AREA, "disk", state, message, "Make room: a full disk stops a sync before it publishes.")


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _size(count: int) -> str:
    return f"{count / (1 << 30):,.0f} GiB" if count >= 10 << 30 else f"{count >> 20:,} MiB"


def _processes(settings: Settings) -> Check:
    """Whether a process that reads workbooks starts within its limits."""
    limits = Allowed(int(settings.limits.memory), settings.limits.seconds)
    try:
        with Workers(limits, processes=1) as workers:
            outcome = workers.submit(ping).result()
    except OSError as error:
        return Check(AREA, "processes", State.PROBLEM, f"None can be started ({error.strerror}).", _LIMITS)
    if outcome.values:
        return Check(AREA, "processes", State.OK, "One that reads workbooks starts, within its limits.")
    return Check(
        AREA, "processes", State.PROBLEM, f"One that should read workbooks: {outcome.cause}", _LIMITS
    )


_LIMITS = "See the system's limits for this account (ulimit -a), and `[limits] memory`."

"""Sources read and parsed: the step between files and team sheets, shared by check, score and sync."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sync.config import ExcelSource, GoogleSource, Settings
from sync.core.errors import SourceUnreadable, UsageError
from sync.core.model import Person, TeamSheet
from sync.core.problems import Problem
from sync.core.schema import IN_GOOGLE
from sync.sources.base import Listing
from sync.sources.excel import ExcelFolder

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from sync.google.connection import Connection
    from sync.history.payload import Made
    from sync.reading import Wanted
    from sync.sources.google import GoogleSheets
    from sync.workers import Outcome, Workers

# What opens workbooks is imported where one is opened: a run that finds nothing new is over before that.

WORKBOOKS = (".xlsx", ".xlsm")


class ExcelPlace(NamedTuple):
    """One `[[sources.excel]]` entry with the source made from it."""

    settings: ExcelSource
    source: ExcelFolder


class GooglePlace(NamedTuple):
    """One `[[sources.google]]` entry with the source made from it."""

    settings: GoogleSource
    source: GoogleSheets


Place = ExcelPlace | GooglePlace


class Found(NamedTuple):
    """Every source that exists now with its place, and what is wrong with the places' other files.

    `gone`: why, by key, of what is known to be out of use; `failed`: why nobody can tell which sheets
    there are in Google ("" when it could be asked).
    """

    pairs: tuple[tuple[Place, Listing], ...]
    problems: tuple[Problem, ...]
    gone: Mapping[str, str] = {}  # a NamedTuple default; never written to
    failed: str = ""

    @property
    def listings(self) -> list[Listing]:
        """The sources without their places."""
        return [listing for _, listing in self.pairs]


class Intake(NamedTuple):
    """What reading one source gave. `state` is "ok", "unreadable" (`cause` says why), "same" or
    "held" (S117). `made` is the sheet with its document for history, when the reading made one.

    `passing`: the same content may be readable next time. "same": the content is the known one, and was not
    looked at again.
    """

    listing: Listing
    state: str
    sheet: TeamSheet | None
    problems: tuple[Problem, ...]
    content_hash: str = ""
    cause: str = ""
    passing: bool = False
    made: Made | None = None


def google(settings: Settings, sources: Iterable[str] = ()) -> AbstractContextManager[Connection | None]:
    """The connection to Google, None where neither the settings nor the command name anything there."""
    if not (settings.sources.google or settings.master.google or any(map(is_address, sources))):
        return nullcontext(None)
    from sync import googling  # noqa: PLC0415  # gspread and its libraries are for those who have such sheets

    return googling.connect(settings)


def configured(settings: Settings, connection: Connection | None) -> list[Place]:
    """The places that the settings name."""
    places: list[Place] = [
        _place(entry, settings, exclude=_own(settings)) for entry in settings.sources.excel
    ]
    if connection is not None:
        from sync import googling  # noqa: PLC0415  # as above

        places += [
            GooglePlace(entry, googling.sheets(entry, settings, connection))
            for entry in settings.sources.google
        ]
    return places


def named(sources: Sequence[str], settings: Settings, connection: Connection | None) -> list[Place]:
    """Places made of what is given on the command line; every missing path is told at once."""
    paths = [Path(source) for source in sources if not is_address(source)]
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UsageError(
            *(f"{path} does not exist; give a workbook or a folder of them." for path in missing)
        )
    places: list[Place] = []
    if paths:
        entry = ExcelSource(paths=tuple(path.absolute() for path in paths))
        own = [path for path in _own(settings) if path not in set(entry.paths)]
        places.append(_place(entry, settings, exclude=own))
    addresses = tuple(source for source in sources if is_address(source))
    if addresses and connection is not None:
        from sync import googling  # noqa: PLC0415  # gspread is for those who have such sheets

        sheets = GoogleSource.model_validate({"ids": addresses})
        places.append(GooglePlace(sheets, googling.sheets(sheets, settings, connection)))
    return places


def is_address(source: str) -> bool:
    """Whether a source on the command line is a sheet in Google rather than a path."""
    return source.startswith("https://docs.google.com/")


def _own(settings: Settings) -> list[Path]:
    """Workbooks that are no team's: the master, what was written beside it, the people list."""
    master = settings.master.excel
    if master is None:
        return [settings.people.path] if settings.people.path else []
    beside = master.parent.glob(f"{escape(master.stem)} [0-9]*-*{escape(master.suffix)}")
    return [master, *beside, *([settings.people.path] if settings.people.path else ())]


def _place(entry: ExcelSource, settings: Settings, exclude: Sequence[Path]) -> ExcelPlace:
    folder = ExcelFolder(
        entry.paths,
        base=settings.folder,
        recursive=entry.recursive,
        number_format=entry.number_format,
        limits=settings.limits_policy(),
        exclude=exclude,
    )
    return ExcelPlace(entry, folder)


def place_names(settings: Settings) -> list[str]:
    """Where the settings say that sources lie."""
    excel = [str(path) for entry in settings.sources.excel for path in entry.paths]
    google = [
        f"{kind} {one}"
        for entry in settings.sources.google
        for kind, ids in (
            ("Google folder", entry.folders),
            ("shared drive", entry.shared_drives),
            ("Google sheet", entry.ids),
        )
        for one in ids
    ]
    return excel + google


def list_all(places: Iterable[Place], settings: Settings) -> Found:
    """Everything that all places hold.

    A workbook that two places name counts once, for the first. While that one cannot be asked, it is left out
    of the other, if that reads it in another way: nobody can tell what there is (`failed`). Names are unique:
    namesakes are told apart by their folders. A token tells also how the workbook is read, so that a change
    of the settings that concern reading, or of okrsync itself, reads it anew.
    """
    places = list(places)
    ways = {id(place): _way(place, settings) for place in places}
    found: dict[str, tuple[Place, Listing]] = {}
    silent: list[GooglePlace] = []
    problems: list[Problem] = []
    gone: dict[str, str] = {}
    failed = ""
    for place in places:
        listed = place.source.list()
        problems.extend(listed.problems)
        gone |= listed.gone
        failed = failed or listed.failed
        differing = [one for one in silent if ways[id(one)] != ways[id(place)]]
        for listing in listed.listings:
            if not any(_may_be_of(one, place, listing.key) for one in differing):
                found.setdefault(listing.key, (place, listing))
        if listed.failed and isinstance(place, GooglePlace):
            silent.append(place)
    pairs = [
        (place, listing._replace(token=f"{listing.token}#{ways[id(place)]}"))
        for place, listing in found.values()
    ]
    there = tuple(sorted(_apart(pairs), key=lambda pair: pair[1].name))
    return Found(there, tuple(problems), gone, failed)


def _may_be_of(silent: GooglePlace, place: Place, key: str) -> bool:
    """Whether a sheet that a place lists may also be one of a place before it that cannot be asked now."""
    return isinstance(place, GooglePlace) and silent.source.may_hold(place.source.whereabouts(key))


def own_token(written: str, before: str) -> str:
    """The token of a workbook that we wrote into, which is read as it was before."""
    return f"{written}#{before.rpartition('#')[2]}"


def _way(place: Place, settings: Settings) -> str:
    """A short name for how a place's workbooks are read."""
    how = (
        version("okrsync"),
        settings.organisation.number_format,
        place.settings.number_format,
        json.dumps(place.settings.mapping, sort_keys=True),
        settings.limits.model_dump_json(),
    )
    return hashlib.sha256(repr(how).encode()).hexdigest()[:12]


def _apart(pairs: Sequence[tuple[Place, Listing]]) -> list[tuple[Place, Listing]]:
    """The pairs with namesakes called by as much of their path as tells them apart."""
    count = Counter(listing.name for _, listing in pairs)
    return [
        (place, listing if count[listing.name] == 1 else listing._replace(name=_full_name(listing)))
        for place, listing in pairs
    ]


def _full_name(listing: Listing) -> str:
    """A name that no other source has: the path, or the title with the sheet's id."""
    if listing.key.startswith(IN_GOOGLE):
        return f"{listing.name} ({listing.key.removeprefix(IN_GOOGLE)})"
    return Path(listing.key).as_posix()


def readers(settings: Settings) -> Workers:
    """The processes in which workbooks are read; use `with`."""
    from sync.workers import Allowed, Workers  # noqa: PLC0415  # see above

    limits = settings.limits
    processes = settings.engine.processes or os.cpu_count() or 1
    return Workers(
        Allowed(int(limits.memory), limits.seconds), processes=processes, modules=("sync.reading",)
    )


@contextmanager
def read_all(
    wanted: Sequence[tuple[Place, Listing, str]], settings: Settings, workers: Workers
) -> Iterator[Iterator[Intake]]:
    """The sources read and parsed, in their order, from now on; one's fault is its own problem (TRUST 15).

    Each comes with the hash of the content that need not be parsed again ("" = none).
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # see above

    roots = {id(place): place.source.roots() for place, _, _ in wanted if isinstance(place, ExcelPlace)}
    threads = ThreadPoolExecutor(settings.google.threads)  # starts none as long as it has no task
    try:
        futures = [
            _submit_file(workers, place, roots[id(place)], listing, known, settings)
            if isinstance(place, ExcelPlace)
            else _submit_sheet(threads, place, listing, known, settings)
            for place, listing, known in wanted
        ]
        pairs = zip(wanted, futures, strict=True)
        yield (_intake(listing, future.result()) for (_, listing, _), future in pairs)
    except BaseException:  # stopped from outside: nobody waits for the answers any more
        for place, _, _ in wanted:
            place.source.stop()
        raise
    finally:
        threads.shutdown(cancel_futures=True)


def _submit_file(
    workers: Workers,
    place: ExcelPlace,
    roots: tuple[str, ...],
    listing: Listing,
    known: str,
    settings: Settings,
) -> Future[Outcome]:
    from sync.reading import read_team  # noqa: PLC0415  # see above

    return workers.submit(read_team, _wanted(place, roots, listing, known, settings))


def _submit_sheet(
    threads: ThreadPoolExecutor, place: GooglePlace, listing: Listing, known: str, settings: Settings
) -> Future[Outcome]:
    from sync import googling  # noqa: PLC0415  # gspread is for those who have such sheets

    return threads.submit(googling.read_sheet, place.source, listing, known, place.settings, settings)


def _wanted(
    place: ExcelPlace, roots: tuple[str, ...], listing: Listing, known: str, settings: Settings
) -> Wanted:
    from sync.reading import Wanted  # noqa: PLC0415  # see above

    return Wanted(
        listing.key,
        roots,
        listing.name,
        listing.number_format,
        settings.organisation.number_format,
        place.settings.mapping,
        settings.limits_policy(),
        known,
    )


def _intake(listing: Listing, outcome: Outcome) -> Intake:
    """What came of reading. A process that died in the middle has told the hash of what it died of."""
    from sync.core.checks.structure import S110  # noqa: PLC0415  # see above
    from sync.reading import Read  # noqa: PLC0415  # see above

    digest = next((value for value in outcome.values if isinstance(value, str)), "")
    read = next((value for value in outcome.values if isinstance(value, Read)), None)
    if outcome.cause:
        read = Read(cause=outcome.cause, remedy=_DIED, passing=outcome.passing or not digest)
    elif read is None:
        return Intake(listing, "same", None, (), digest)
    if read.cause:
        problem = S110.problem(source=listing.name, cause=read.cause, mend=read.remedy)
        return Intake(listing, "unreadable", None, (problem,), digest, read.cause, read.passing)
    if read.made is None:
        return Intake(listing, "unreadable", None, read.problems, digest, _first_cause(read.problems))
    return Intake(listing, "ok", read.made.sheet, read.problems, digest, made=read.made)


_DIED = (
    "Copy its tabs into a fresh template; if that does not help, send the workbook to whoever looks after "
    "okrsync. It is read again once it is saved anew; `[limits]` sets the limits."
)


def people(settings: Settings) -> tuple[tuple[Person, ...] | None, tuple[Problem, ...]]:
    """(people, problems) of the people list: none when the settings name none, None when it is unreadable."""
    path = settings.people.path
    if path is None:
        return (), ()
    from sync.core.checks.structure import S110  # noqa: PLC0415  # see above
    from sync.core.parse import parse_people  # noqa: PLC0415  # see above
    from sync.sources import lists  # noqa: PLC0415  # only organisations with a people list need it

    try:
        grid = lists.read(path, settings.limits_policy())
    except (OSError, SourceUnreadable) as error:
        cause = error.cause if isinstance(error, SourceUnreadable) else f"{error.strerror}."
        hint = error.hint if isinstance(error, SourceUnreadable) else "Check [people] path in config.toml."
        return None, (S110.problem(source=path.name, cause=cause, mend=hint),)
    return parse_people(path.name, grid)


def unread(problems: Iterable[Problem]) -> bool:
    """Whether the problems of files that are no sources tell of one that could not be read at all."""
    from sync.core.checks.structure import S110  # noqa: PLC0415  # see above

    return any(problem.code == S110.code for problem in problems)


def people_token(settings: Settings) -> str:
    """A cheap token of the people list: path, mtime and size; "" when there is none."""
    path = settings.people.path
    if path is None:
        return ""
    try:
        stat = path.stat()
    except OSError as error:
        return f"{path}: {error.strerror}"
    return f"{path}|{stat.st_mtime_ns}|{stat.st_size}"


def _first_cause(problems: Sequence[Problem]) -> str:
    errors = [problem.message for problem in problems if problem.severity == "error"]
    return errors[0] if errors else "nothing in it could be identified"

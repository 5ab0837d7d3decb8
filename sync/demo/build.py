"""Makes the sample company on disk and runs the whole job on it, week by week."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple, Protocol

from sheet_templates.people import build_people
from sheet_templates.team import Rows, TeamDefaults, build_team
from sync.config import Feedback, Settings, load
from sync.core.errors import UsageError
from sync.core.lists import Lists
from sync.demo.company import COMPANY, OBJECTIVES, PEOPLE, UNITS, Unit
from sync.demo.story import WEEKS, Book, Season, books, people_rows, season
from sync.intake import readers
from sync.outcome import Done, Progress
from sync.pipeline import run
from sync.starting import config_text, file_name


class Demo(NamedTuple):
    """What was made, and the last of its ten syncs."""

    folder: Path
    settings: Settings
    done: Done
    books: str


class Shelf(Protocol):
    """Where the teams' books are put: a folder on disk, or one in Drive. `place` names it."""

    place: str

    def put(self, title: str, team: TeamDefaults, lists: Lists, rows: Rows) -> None:
        """Makes the book of that title, or brings it to what it says this week."""
        ...

    def config(self, name: str, cycle: str) -> str:
        """The text of config.toml for books that lie here."""
        ...


class FolderShelf:
    """Workbooks in `teams` below a new or empty folder. Raises UsageError for any other."""

    def __init__(self, folder: Path) -> None:
        check_empty(folder)
        self._teams = folder / "teams"
        self._teams.mkdir(parents=True, exist_ok=True)
        self.place = str(self._teams)

    def put(self, title: str, team: TeamDefaults, lists: Lists, rows: Rows) -> None:
        """Writes the workbook anew."""
        build_team(self._teams / f"{file_name(title)}.xlsx", team, lists, rows)

    def config(self, name: str, cycle: str) -> str:
        """The settings that `okrsync init` would write."""
        return config_text(name, cycle, feedback=True)


def build(folder: Path, as_of: date, *, progress: Progress, shelf: Shelf | None = None) -> Demo:
    """The demo in that folder; its books on the shelf, else in `teams`."""
    shelf = shelf or FolderShelf(folder)
    story = season(as_of)
    config = folder / "config.toml"
    config.write_text(shelf.config(COMPANY, story.name), encoding="utf-8")
    settings = load(config, {})
    build_people(folder / "people.xlsx", people_rows())
    _put_last_season(shelf, story)
    step = progress(WEEKS, "Replaying ten weeks of check-ins")
    # The next week replaces each book, so only the last sync writes its findings into them.
    without_feedback = settings.model_copy(update={"feedback": Feedback()})
    done = Done()
    with readers(settings) as workers:
        for week in range(1, WEEKS + 1):
            for book in books(story, week):
                _put(shelf, book.unit.name, book, story)
            done = run(
                settings if week == WEEKS else without_feedback,
                datetime.combine(story.sync_day(week), time(9), UTC),
                dry_run=False,
                force=[],
                progress=_quietly,
                workers=workers,
            )
            step()
    return Demo(folder, settings, done, shelf.place)


def check_empty(folder: Path) -> None:
    """Nothing, when the demo may be made there. Raises UsageError otherwise."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; give the demo a folder of its own.")


def _quietly(_total: int, _what: str) -> Callable[[], None]:
    return lambda: None


def _put(shelf: Shelf, title: str, book: Book, story: Season) -> None:
    """One team's book as it stands that week."""
    rows = {
        "objectives": book.objectives,
        "key_results": book.key_results,
        "check_ins": book.check_ins,
        "initiatives": book.initiatives,
        "retrospective": book.retrospective,
    }
    shelf.put(title, _team(book.unit, story.name, story.starts, story.ends), _lists(book.unit), rows)


def _team(unit: Unit, cycle: str, starts: date, ends: date) -> TeamDefaults:
    return TeamDefaults(
        unit=unit.name,
        level=unit.level,
        parent=unit.parent,
        weight=unit.weight,
        cycle=cycle,
        starts=starts,
        ends=ends,
        champion=unit.champion,
        manager=unit.manager,
        time_zone=unit.time_zone,
        number_format=unit.number_format,
        book_id=hashlib.sha256(f"{cycle}/{unit.name}".encode()).hexdigest()[:32],
    )


def _lists(unit: Unit) -> Lists:
    """The drop-downs: objectives of the units above, the people, the units."""
    parents = {other.name: other.parent for other in UNITS}
    above, at = set(), unit.parent
    while at:
        above.add(at)
        at = parents[at]
    prefixes = {other.name: other.prefix for other in UNITS}
    count: dict[str, int] = {}
    aligned_to = []
    for objective in OBJECTIVES:
        count[objective.unit] = count.get(objective.unit, 0) + 1
        row_id = f"{prefixes[objective.unit]}-O{count[objective.unit]}"
        if objective.unit in above:
            aligned_to.append(f"{row_id} · {objective.text}")
            aligned_to += [
                f"{row_id}-KR{number} · {key_result.text}"
                for number, key_result in enumerate(objective.key_results, 1)
                if key_result.measure == "Contributors"
            ]
    return Lists(tuple(aligned_to), tuple(name for name, *_ in PEOPLE), tuple(other.name for other in UNITS))


def _put_last_season(shelf: Shelf, story: Season) -> None:
    """Last season's book of one team, forgotten beside the others: listed, and not scored."""
    past = season(story.starts)
    web_shop = next(book for book in books(past, WEEKS) if book.unit.name == "Web Shop")
    _put(shelf, "Web Shop (last season)", web_shop, past)

"""What is said once a week: the managers' digest and the champions' findings, from history alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from sync.config import Settings
from sync.core.arrays import keys
from sync.core.assess import Assessment, assess
from sync.core.model import Level, Person
from sync.core.news import News, news
from sync.core.owed import Owed
from sync.core.people import Directory
from sync.core.portfolio import Origin, Seen
from sync.core.problems import Problem
from sync.core.sheets_api import sheet_url
from sync.history.records import RollUp
from sync.history.store import Store
from sync.messages import CHANNEL, Draft, Due, Scene, owed_now, scene
from sync.notify.chart import MOST, Course
from sync.notify.digest import Behind, Digest, Said, Silent, UnitLine, digest, digest_key
from sync.notify.facts import KeyResult
from sync.notify.findings import Findings, findings, findings_key
from sync.notify.message import Message
from sync.notify.plain import harmless

WEEKS = 13
_WEEK = timedelta(days=7)
_ROWS, _DEPTH = 40, 2  # of the table of units; the master has them all


def digests(store: Store, settings: Settings, moment: datetime, *, force: bool = False) -> Due:  # noqa: ARG001  # a job's signature
    """The digest of every manager, with the figures of the newest run."""
    here = newest(store, settings, moment)
    made = _Digests(here, previous(here))
    drafts, notes = [], []
    for person, tops in managed(here).items():
        if why := here.reach.why_not(person):
            notes.append(f"{person.name or person.email} {why}, so no digest goes there.")
        elif person.email.casefold() not in {one.casefold() for one in settings.routing.no_digest}:
            week = _week(here.day_in(here.zone_of(person)))
            drafts.append(
                Draft(
                    digest_key(person, week), here.zone_of(person), partial(made.message, person, week, tops)
                )
            )
    drafts += _to_channels(here, made)
    return Due(tuple(drafts), (*here.notes(), *notes))


def _to_channels(here: Scene, made: _Digests) -> Iterator[Draft]:
    """The digest of each unit that is routed to a channel."""
    zone = here.settings.organisation.time_zone
    week = _week(here.day_in(zone))
    for name, channel in here.settings.routing.units.items():
        if name in here.units:
            readers = Person(0, name=name, email=f"{CHANNEL}{channel}")
            make = partial(made.message, readers, week, [here.units.index(name)])
            yield Draft((readers.email, "digest", f"{week} {name}"), zone, make)


def champions(store: Store, settings: Settings, moment: datetime, *, force: bool = False) -> Due:  # noqa: ARG001  # as above
    """The findings of every champion's units that have any, from the newest run."""
    here = newest(store, settings, moment)
    by_unit: dict[str, list[tuple[Problem, date]]] = defaultdict(list)
    for problem, since in sorted(store.findings(), key=lambda pair: pair[0].sort_key()):
        by_unit[problem.unit].append((problem, since))
    drafts, notes = [], []
    for person, units in _named(here, "champion").items():
        mine = [one for unit in units for one in by_unit.get(here.units[unit], ())]
        mine.sort(key=lambda pair: pair[0].sort_key())
        if not mine:
            continue
        if why := here.reach.why_not(person):
            notes.append(f"{person.name or person.email} {why}, so no findings go there.")
            continue
        fresh = [one for one in mine if one[1] > here.as_of - _WEEK]
        week = _week(here.day_in(here.zone_of(person)))
        found = Findings(person, week, fresh, [one for one in mine if one not in fresh])
        drafts.append(
            Draft(findings_key(person, week), here.zone_of(person), partial(_findings, here, found))
        )
    return Due(tuple(drafts), (*here.notes(), *notes))


def _findings(here: Scene, found: Findings) -> Message:
    words = here.words_for(found.person)
    organisation = here.settings.organisation.name
    return findings(found, here.facts, words, organisation=organisation, may_answer=here.may_answer)


def newest(store: Store, settings: Settings, moment: datetime) -> Scene:
    """The organisation as the newest run saw it, so that every figure is the master's."""
    run = store.latest_run()
    return scene(store, settings, moment, min(run.as_of, moment.date()) if run else None)


def previous(here: Scene) -> Assessment | None:
    """The organisation as it was a week before, judged by today's settings; None when nobody looked then."""
    run = here.store.run_by(here.as_of - _WEEK)
    if run is None:
        return None
    then = here.store.rebuild(run.id)
    read = [record for record in then.sources if record.sheet is not None]
    return assess(
        [record.sheet for record in read if record.sheet],
        [Origin(record.name, record.key, record.url, record.state) for record in read],
        (),
        policies=here.settings.policies(),
        as_of=run.as_of,
        people=then.people,
        seen={row: Seen(*dates) for row, dates in then.seen.items()},
    )


def _master(settings: Settings) -> str:
    """Where the master stands: the workbook, else the sheet in Google."""
    if settings.master.excel is not None:
        return str(settings.master.excel)
    return sheet_url(settings.master.google)


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _named(here: Scene, role: str) -> dict[Person, list[int]]:
    """The units that name each person as their champion or manager; one's own sheet is not a charge."""
    directory, found = Directory(here.people), defaultdict(list)
    columns = (here.assessment.portfolio.units[name].tolist() for name in ("level", "champion", role))
    for unit, (level, champion, text) in enumerate(zip(*columns, strict=True)):
        person = directory.find(text)
        own = role == "manager" and level == Level.INDIVIDUAL and directory.find(champion) == person
        if person is not None and not own:
            found[person].append(unit)
    return dict(sorted(found.items(), key=lambda pair: pair[0].email))


def managed(here: Scene) -> dict[Person, list[int]]:
    """The topmost units of each manager: those below are in their subtrees."""
    parents = keys(here.assessment.portfolio.units, "parent_key").tolist()
    return {
        person: [unit for unit in units if not any(up in units for up in _above(unit, parents))]
        for person, units in _named(here, "manager").items()
    }


def _above(unit: int, parents: Sequence[int]) -> Iterator[int]:
    for _ in parents:
        unit = parents[unit]
        if unit < 0:
            return
        yield unit


class _Digests:
    """What all digests of one moment share: last week's figures, the news, who is silent."""

    def __init__(self, here: Scene, before: Assessment | None) -> None:
        self._here, self._before = here, before
        p = here.assessment.portfolio
        self._news = news(here.assessment, before) if before else News((), (), (), ())
        champion = here.settings.ladder().champion_days
        self._silent = [one for one in owed_now(here).owed if one.days >= champion]
        self._children: dict[int, list[int]] = defaultdict(list)
        for unit, parent in enumerate(keys(p.units, "parent_key").tolist()):
            self._children[parent].append(unit)
        self._trend = roll_ups(here)
        self._directory = Directory(here.people)
        self._managers = p.units["manager"].tolist()
        self._problems = [problem for problem in here.assessment.problems if problem.code == "A306"]

    def message(self, person: Person, week: str, tops: Sequence[int]) -> Message:
        """The message of one manager."""
        here = self._here
        return digest(
            self._digest(person, week, tops),
            here.words_for(person),
            organisation=here.settings.organisation.name,
            master=_master(here.settings),
            may_answer=here.may_answer,
        )

    def _digest(self, person: Person, week: str, tops: Sequence[int]) -> Digest:
        here, cycle = self._here, self._here.assessment.selection.cycle
        tree = [pair for top in tops for pair in self._subtree(top, 0)]
        units = {unit for unit, _ in tree}
        shown = [self._line(unit, depth) for unit, depth in tree if depth <= _DEPTH][:_ROWS]
        lines = [*tops, *(child for top in tops for child in self._children[top])][:MOST]
        return Digest(
            person=person,
            week=week,
            as_of=here.as_of,
            cycle=cycle.name,
            days_left=max(0, (cycle.ends - here.as_of).days),
            units=shown,
            courses=[Course(here.units[unit], self._points(unit)) for unit in lines],
            silent=[self._silence(one, person) for one in self._silent if self._of(one.key) in units],
            risks=self._key_results(self._news.risks, units, person),
            wins=self._key_results(self._news.wins, units, person),
            dependencies=list(self._unconfirmed(units, person)),
            lessons=[
                Said(harmless(here.units[one.unit_key], 80), harmless(one.row.what_we_learned, 300))
                for one in self._news.lessons
                if one.unit_key in units and self._may_read(one.unit_key, person)
            ],
            sources=list(self._behind(units)),
            compared_with=self._before.as_of if self._before else None,
        )

    def _subtree(self, unit: int, depth: int) -> Iterator[tuple[int, int]]:
        yield unit, depth
        for child in self._children[unit]:
            yield from self._subtree(child, depth + 1)

    def _of(self, key: int) -> int:
        return self._here.facts.unit_of(key)

    def _may_read(self, unit: int, person: Person) -> bool:
        """Whether a manager may read a unit's words: a private one's are for its own manager."""
        private = self._here.units[unit] in self._here.settings.privacy.private_units
        return not private or self._directory.find(self._managers[unit]) == person

    def _key_results(self, rows: Sequence[int], units: Collection[int], person: Person) -> list[KeyResult]:
        mine = [key for key in rows if self._of(key) in units]
        facts = self._here.facts
        found = [facts.key_result(key, inside=self._may_read(self._of(key), person)) for key in mine]
        return sorted(found, key=lambda kr: (kr.score is None, kr.score or 0))

    def _silence(self, one: Owed, person: Person) -> Silent:
        inside = self._may_read(self._of(one.key), person)
        kr = self._here.facts.key_result(one.key, inside=inside)
        return Silent(kr, one.days, kr.owner)

    def _unconfirmed(self, units: Collection[int], person: Person) -> Iterator[Said]:
        by_name = {self._here.units[unit]: unit for unit in units}
        for problem in self._problems:
            unit = by_name.get(problem.unit)
            if unit is not None and self._may_read(unit, person):
                yield Said(harmless(problem.unit, 80), harmless(problem.message, 300))

    def _behind(self, units: Collection[int]) -> Iterator[Behind]:
        p = self._here.assessment.portfolio
        columns = (p.sources[name].tolist() for name in ("name", "unit_key", "state", "since"))
        for name, unit, state, since in zip(*columns, strict=True):
            if unit in units and state in {"held", "stale"}:
                day = date.fromisoformat(since) if since else None
                yield Behind(harmless(self._here.units[unit], 80), harmless(name, 80), state, day)

    def _line(self, unit: int, depth: int) -> UnitLine:
        row = self._here.assessment.scores.units.iloc[unit]
        earlier = [value for on, value in self._points(unit) if on < self._here.as_of]
        return UnitLine(
            name=harmless(self._here.units[unit], 60),
            depth=depth,
            roll_up=_number(row["roll_up"]),
            before=earlier[-1] if earlier else None,
            expected=_number(row["expected"]),
            status=row["status"],
            check_in_rate=_number(row["check_in_rate"]),
            stale=bool(row["stale_sources"]),
        )

    def _points(self, unit: int) -> list[tuple[date, float | None]]:
        """The weeks of this cycle, as the master's sheet Trend has them."""
        return self._trend.get(self._here.units[unit], [])


def roll_ups(here: Scene) -> Mapping[str, list[tuple[date, float | None]]]:
    """Each unit's roll-up week by week in this cycle, as the master's sheet Trend has it."""
    units = here.assessment.portfolio.units
    cycles = dict(zip(units["unit"], units["cycle"], strict=True))
    found: Mapping[str, Sequence[RollUp]] = here.store.trend(list(cycles), weeks=WEEKS, until=here.as_of)
    return {
        unit: [(point.as_of or here.as_of, point.roll_up) for point in points if point.cycle == cycles[unit]]
        for unit, points in found.items()
    }


def _number(value: float) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124  # NaN is not itself

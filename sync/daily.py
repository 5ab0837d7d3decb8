"""What is said when it happens, once each: wins, new dependencies, the beginning of a cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from sync.config import Settings
from sync.core.arrays import Bools, flags, keys
from sync.core.model import Level, Person
from sync.core.news import news, row_keys
from sync.core.policy import Role
from sync.core.ties import RowKey, Ties
from sync.history.store import Store
from sync.messages import CHANNEL, Draft, Due, Scene
from sync.notify.message import Message
from sync.notify.notes import Note, cycle_start, dependency, note, win
from sync.notify.plain import harmless
from sync.notify.words import Words
from sync.weekly import newest, previous

_FRESH = timedelta(days=7)  # a cycle that began longer ago is no news

Make = Callable[[Person, Words], Note]


def newsflashes(store: Store, settings: Settings, moment: datetime, *, force: bool = False) -> Due:  # noqa: ARG001  # a job's signature
    """Wins and dependencies that were not there a week before, and the announcement of a new cycle."""
    here = newest(store, settings, moment)
    found = _News(here)
    drafts = {draft.key: draft for draft in (*found.compared(), *found.beginning())}
    return Due(tuple(drafts.values()), tuple(here.notes()))


def _period(row: RowKey) -> str:
    """What tells one key result's messages from another's in the outbox."""
    unit, cycle, identity = row
    return f"{cycle}/{unit}/{identity}"


class _News:
    """The organisation's news, for everybody they concern."""

    def __init__(self, here: Scene) -> None:
        self._here, self._p = here, here.assessment.portfolio
        self._ties = Ties(self._p)
        self._cycle = here.assessment.selection.cycle

    def compared(self) -> Iterator[Draft]:
        """What is new in comparison with last week's run; nothing when there was none."""
        before = previous(self._here)
        if before is None:
            return
        found, rows = news(self._here.assessment, before), row_keys(self._here.assessment)
        for key in found.wins:
            yield from self._to_channel(key, _period(rows[key]))
            told = self._ties.told(key, self._ties.owners(key))
            for role, people in told.items():
                make = partial(self._win, key, inside=role is not Role.SPONSOR)
                yield from self._to(people, "win", _period(rows[key]), make)
        for at in found.dependencies:
            yield from self._dependency(at)

    def _to_channel(self, key: int, period: str) -> Iterator[Draft]:
        """A win in the channel of its unit, if that is routed to one."""
        here = self._here
        channel = here.settings.routing.units.get(here.units[here.facts.unit_of(key)])
        if channel:
            readers = Person(0, name=channel, email=f"{CHANNEL}{channel}")
            outbox = (readers.email, "win", period)
            make = partial(self._message, outbox, readers, partial(self._win, key, inside=True))
            yield Draft(outbox, here.settings.organisation.time_zone, make)

    def _win(self, key: int, _person: Person, words: Words, *, inside: bool) -> Note:
        return win(self._here.facts.key_result(key, inside=inside), words)

    def _dependency(self, at: int) -> Iterator[Draft]:
        link = self._p.dependencies.iloc[at]
        if link["state"] != "ok":
            return
        key, target, on = int(link["kr_key"]), str(link["target"]), int(link["target_key"])
        people, what = self._other_side(target, on)
        row = row_keys(self._here.assessment)[key]
        make = partial(self._needs, key, what)
        yield from self._to(people, "dependency", f"{_period(row)} > {link['raw']}", make)

    def _needs(self, key: int, what: str, _person: Person, words: Words) -> Note:
        private = self._here.units[self._here.facts.unit_of(key)] in self._here.settings.privacy.private_units
        return dependency(self._here.facts.key_result(key, inside=not private), what, words)

    def _other_side(self, target: str, on: int) -> tuple[tuple[Person, ...], str]:
        """Who answers for what is depended on, and its name: the owners, for a unit its champion."""
        if target == "key_result":
            return self._ties.owners(on), self._here.facts.key_result(on).name
        if target == "objective":
            owner, text = (self._p.objectives[name].iloc[on] for name in ("owner", "objective"))
            return self._ties.people.all_in(owner), harmless(text)
        champion = self._ties.champion(on)
        return ((champion,) if champion else ()), harmless(self._here.units[on])

    def beginning(self) -> Iterator[Draft]:
        """The announcement to everybody, in the first days of a cycle."""
        if not timedelta() <= self._here.moment.date() - self._cycle.starts < _FRESH:
            return
        yield from self._to(self._here.people, "cycle", self._cycle.name, self._begun)

    def _begun(self, person: Person, words: Words) -> Note:
        units = self._p.units
        company = units.index[units["level"] == Level.COMPANY].tolist()
        mine = units.index[units["unit"] == person.unit].difference(company).tolist()
        active = self._active("key_results").nonzero()[0].tolist()
        owned = [key for key in active if person in self._ties.owners(key)]
        return cycle_start(
            harmless(self._cycle.name, 60),
            self._cycle.ends,
            self._objectives(company),
            (harmless(person.unit, 60), self._objectives(mine)),
            [self._here.facts.key_result(key) for key in owned],
            words,
        )

    def _active(self, table: str) -> Bools:
        frame = getattr(self._p, table)
        active: Bools = flags(frame, "active") & ~flags(frame, "gone")
        return active

    def _objectives(self, units: Iterable[int]) -> list[str]:
        frame = self._p.objectives
        wanted = set(units)
        rows = zip(
            frame["objective"].tolist(),
            keys(frame, "unit_key").tolist(),
            self._active("objectives").tolist(),
            strict=True,
        )
        return [harmless(text) for text, unit, active in rows if active and unit in wanted]

    def _to(self, people: Iterable[Person], kind: str, period: str, make: Make) -> Iterator[Draft]:
        for person in people:
            if not self._here.reach.why_not(person):
                key = (person.email.casefold(), kind, period)
                yield Draft(key, self._here.zone_of(person), partial(self._message, key, person, make))

    def _message(self, key: tuple[str, str, str], person: Person, make: Make) -> Message:
        words = self._here.words_for(person)
        organisation = self._here.settings.organisation.name
        found = make(person, words)
        return note(found, person, key, words, organisation=organisation, may_answer=self._here.may_answer)

"""Looking without writing: check, score and explain on bare files or on the configured sources.

Bare files need no settings, people list or history (OKR.md §5). The configured sources are seen as the
next sync would see them, held and stale rows and the dates that history knows included.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sync import intake
from sync.config import Settings
from sync.core.assess import Assessment, assess
from sync.core.identity import resolve
from sync.core.portfolio import Origin
from sync.core.problems import Problem
from sync.intake import Found, Intake
from sync.outcome import Progress
from sync.pipeline import history, own_or
from sync.receiving import Received, compare, read, receive
from sync.sources.base import Listing
from sync.workers import Workers
from sync.working import survey


class Seen(NamedTuple):
    """What looking gave: every source's intake and the Assessment of those that could be read.

    `refused`: files beside the sources that should have been read and could not be.
    """

    intakes: tuple[Intake, ...]
    assessment: Assessment
    refused: bool

    @property
    def being_edited(self) -> list[str]:
        """The workbooks that somebody has open, by name."""
        return [one.listing.name for one in self.intakes if one.listing.edited]

    @property
    def partial(self) -> bool:
        """Whether something that should have been read could not be, or was held back."""
        return self.refused or any(one.state != "ok" for one in self.intakes)

    @property
    def nothing(self) -> bool:
        """Whether no source at all could be read."""
        return all(one.state == "unreadable" for one in self.intakes)


def look(
    sources: Sequence[str],
    settings: Settings,
    as_of: date,
    *,
    progress: Progress,
    workers: Workers | None = None,
) -> Seen:
    """What stands at those paths and addresses, read, scored and checked; without any, as a sync finds it."""
    with own_or(workers, settings) as readers:
        if sources:
            with intake.google(settings, sources) as google:
                there = intake.list_all(intake.named(sources, settings, google), settings)
                return _bare(there, settings, as_of, progress, readers)
        with intake.google(settings) as google, history(settings, dry_run=True) as store:
            there = intake.list_all(intake.configured(settings, google), settings)
            listed = compare(there, store.load_sources())
            with read(listed, settings, readers) as reading:
                reception = receive(listed, reading, store, settings, as_of, progress=progress)
            found = survey(store, listed, reception, settings, as_of)
    edited = {listing.key for listing in there.listings if listing.edited}
    intakes = tuple(_as_intake(one, edited=one.record.key in edited) for one in reception.received)
    return Seen(intakes, found.assessment, found.outside)


def _as_intake(one: Received, *, edited: bool) -> Intake:
    record = one.record
    state = "unreadable" if record.state == "stale" and record.sheet is None else record.state
    listing = Listing(record.name, record.key, record.token, record.url, edited=edited)
    return Intake(listing, state, record.sheet, one.problems, record.content_hash, record.cause)


def _bare(there: Found, settings: Settings, as_of: date, progress: Progress, workers: Workers) -> Seen:
    step = progress(len(there.pairs), "Reading workbooks")
    problems = list(there.problems)
    intakes = []
    wanted = [(place, listing, "") for place, listing in there.pairs]
    with intake.read_all(wanted, settings, workers) as reading:
        for one in reading:
            problems.extend(one.problems)
            intakes.append(_identified(one, problems))
            step()
    people, people_problems = intake.people(settings)
    readable = [one for one in intakes if one.sheet]
    assessment = assess(
        [one.sheet for one in readable if one.sheet],
        [Origin(one.listing.name, one.listing.key, one.listing.url) for one in readable],
        [*problems, *people_problems],
        policies=settings.policies(),
        as_of=as_of,
        people=people or (),
    )
    rivals = {readable[at].listing.key for group in assessment.selection.rivals for at in group}
    shown = tuple(one._replace(state="held") if one.listing.key in rivals else one for one in intakes)
    return Seen(shown, assessment, intake.unread((*there.problems, *people_problems)))


def _identified(one: Intake, problems: list[Problem]) -> Intake:
    """The intake with every row's identity; bare files are matched against no history."""
    if one.sheet is None:
        return one
    resolved = resolve(one.sheet, ())
    problems.extend(resolved.problems)
    return one._replace(sheet=resolved.sheet)

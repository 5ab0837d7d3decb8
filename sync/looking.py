"""Looking without writing: check, score and explain on bare files or on the configured sources.

Bare files need no settings, people list or history (OKR.md §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sync import intake
from sync.config import Settings
from sync.core.assess import Assessment, assess
from sync.core.identity import resolve
from sync.core.portfolio import Origin
from sync.core.problems import Problem
from sync.intake import Intake
from sync.outcome import Progress


class Seen(NamedTuple):
    """What looking gave: every source's intake and the Assessment of those that could be read.

    `refused`: files beside the sources that should have been read and could not be.
    """

    intakes: tuple[Intake, ...]
    assessment: Assessment
    refused: bool

    @property
    def partial(self) -> bool:
        """Whether something that should have been read could not be, or was held back."""
        return self.refused or any(one.state != "ok" for one in self.intakes)

    @property
    def nothing(self) -> bool:
        """Whether no source at all could be read."""
        return not any(one.sheet for one in self.intakes)


def look(sources: Sequence[Path], settings: Settings, as_of: date, *, progress: Progress) -> Seen:
    """The workbooks at those paths (none: the configured ones), read, scored and checked."""
    places = intake.named(sources, settings) if sources else intake.configured(settings)
    pairs, refused = intake.list_all(places)
    step = progress(len(pairs), "Reading workbooks")
    problems = list(refused)
    intakes = []
    for place, listing in pairs:
        one = intake.read(place, listing, settings)
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
        people=people,
    )
    rivals = {readable[at].listing.key for group in assessment.selection.rivals for at in group}
    shown = tuple(one._replace(state="held") if one.listing.key in rivals else one for one in intakes)
    return Seen(shown, assessment, intake.unread((*refused, *people_problems)))


def _identified(one: Intake, problems: list[Problem]) -> Intake:
    """The intake with every row's identity; bare files are matched against no history."""
    if one.sheet is None:
        return one
    resolved = resolve(one.sheet, ())
    problems.extend(resolved.problems)
    return one._replace(sheet=resolved.sheet)

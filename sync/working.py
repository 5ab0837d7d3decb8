"""The part of a run that computes and writes, once something has changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from sync import commenting, intake, mastering, noting, publishing
from sync.config import Settings
from sync.core.arrays import keys, texts
from sync.core.assess import Assessment, assess
from sync.core.collector import no_collector
from sync.core.errors import PublishError
from sync.core.model import Person
from sync.core.portfolio import Origin
from sync.core.problems import Severity
from sync.history.records import Figure, RollUp, Run, RunResult
from sync.history.store import Store
from sync.outcome import FINDINGS, FINE, NOTHING, PARTIAL, Done
from sync.receiving import Listed, Received, Reception

if TYPE_CHECKING:
    from sync.google.connection import Connection


def work(
    store: Store,
    listed: Listed,
    reception: Reception,
    settings: Settings,
    this: Run,
    google: Connection | None = None,
    *,
    began: float,
    dry_run: bool,
    sweep: bool = False,
) -> Done:
    """A run in which something has changed. With `dry_run` it ends after the plan and has written nothing.

    `google` is there where the settings name anything in Google.
    """
    received, moved, retired = reception.received, reception.moved, reception.retired
    updates = reception.updates
    found = survey(store, listed, reception, settings, this.as_of)
    assessment = found.assessment
    done = _done(received, assessment, settings, outside=found.outside)
    records = {moved.get(key, key): record for key, record in listed.records.items()}
    notes = noting.follow(noting.read_notes(settings, store), updates, records)
    occasion = commenting.Occasion(this.started, assessment.problems, reception, found.people, listed.records)
    if dry_run:
        done.plan = publishing.plan(reception, settings, store, assessment)
        done.plan += commenting.plan(store, settings, occasion)
        return done
    store.begin_run(this.started, this.as_of)
    seconds = time.perf_counter() - began
    done.run_id = store.commit_run(
        RunResult(
            run=this._replace(state=done.state, seconds=seconds, counts=done.sources),
            updates=updates,
            figures=_figures(assessment),
            roll_ups=_roll_ups(assessment),
            problems=assessment.problems,
            notes=notes.rows,
            people=None if _same_people(store, this) else found.people,
            moved=moved,
            retired=retired,
        )
    )
    if any(one.sheet for one in received):
        stands = _publish(store, settings, this, done, assessment, reception, notes, google, sweep=sweep)
        commenting.comment(store, settings, done, occasion, stands)
    return done


class Survey(NamedTuple):
    """What the sources say together. `outside`: a file that is no source could not be read."""

    people: tuple[Person, ...]
    assessment: Assessment
    outside: bool


def survey(store: Store, listed: Listed, reception: Reception, settings: Settings, as_of: date) -> Survey:
    """All sources assessed, with history's help; nothing is written."""
    received = reception.received
    listed_people, people_problems = intake.people(settings)
    people = store.people() if listed_people is None else listed_people
    usable = [one for one in received if one.sheet is not None]
    assessment = assess(
        [one.sheet for one in usable if one.sheet],
        [_origin(one) for one in usable],
        [
            *listed.found.problems,
            *people_problems,
            *(problem for one in received for problem in one.problems),
        ],
        policies=settings.policies(),
        as_of=as_of,
        people=people,
        seen=store.seen(as_of, reception.updates),
        held_units=[one.record.unit for one in received if one.sheet is None],
    )
    outside = intake.unread((*listed.found.problems, *people_problems))
    return Survey(people, assessment, outside)


def _publish(
    store: Store,
    settings: Settings,
    this: Run,
    done: Done,
    assessment: Assessment,
    reception: Reception,
    notes: noting.ReadNotes,
    google: Connection | None,
    *,
    sweep: bool,
) -> set[str]:
    """Master first, then the teams' own workbooks; a failure of the latter never fails the run (TRUST 27).

    Returns the keys of the sources in which their findings stand now.
    """
    store.check_lease()
    try:
        mastering.publish_master(store, settings, this, done, assessment, notes, google)
    except PublishError as error:
        done.messages.append(str(error))
        done.exit_code = NOTHING
    if not (settings.feedback.excel or settings.feedback.google):
        return set()
    store.check_lease()
    return publishing.write_feedback(store, settings, this, done, assessment, reception, sweep=sweep)


def _same_people(store: Store, this: Run) -> bool:
    latest = store.latest_run()
    return latest is not None and latest.inputs == this.inputs


def _origin(one: Received) -> Origin:
    """Where a sheet came from. Whether this very run opened it is no news: the master stays as it is."""
    record = one.record
    since = record.since.isoformat() if record.since else ""
    return Origin(record.name, record.key, record.url, record.state, since)


def _done(received: Sequence[Received], assessment: Assessment, settings: Settings, *, outside: bool) -> Done:
    """What the run found. `outside`: a file that is no source could not be read (a link, the people list)."""
    counts = {"ok": 0, "unchanged": 0, "held": 0, "stale": 0, "unreadable": 0}
    for one in received:
        state = one.record.state
        if state == "stale" and one.sheet is None:
            state = "unreadable"
        counts["unchanged" if state == "ok" and not one.read else state] += 1
    partial = outside or counts["held"] + counts["stale"] + counts["unreadable"] > 0
    errors = any(problem.severity is Severity.ERROR for problem in assessment.problems)
    nothing = not any(one.sheet for one in received)
    return Done(
        state="partial" if partial or nothing else "findings" if errors else "ok",
        sources=counts,
        problems=assessment.problems,
        assessment=assessment,
        messages=[_nothing_read(settings)] if nothing else [],
        exit_code=NOTHING if nothing else PARTIAL if partial else FINDINGS if errors else FINE,
    )


def _nothing_read(settings: Settings) -> str:
    places = ", ".join(intake.place_names(settings))
    return (
        f"No team's workbook could be read in {places}, so no master was published. `okrsync template` makes "
        "a workbook for a unit; [[sources.excel]] and [[sources.google]] in config.toml say where they lie."
    )


@no_collector()
def _figures(assessment: Assessment) -> list[Figure]:
    """The score of every key result and objective, for history."""
    portfolio, scores = assessment.portfolio, assessment.scores
    units, cycles = texts(portfolio.units, "unit"), texts(portfolio.units, "cycle")
    figures: list[Figure] = []
    for table, frame, value, other in (
        ("key_results", portfolio.key_results, scores.key_results["score"], scores.key_results["progress"]),
        ("objectives", portfolio.objectives, scores.objectives["score"], scores.objectives["as_if_zero"]),
    ):
        unit = keys(frame, "unit_key")
        columns = (units[unit], cycles[unit], texts(frame, "identity"), value, other)
        rows = zip(repeat(table), *(column.tolist() for column in columns), strict=False)
        figures.extend(map(Figure._make, rows))
    return figures


def _roll_ups(assessment: Assessment) -> list[RollUp]:
    """Every unit's figures, for history."""
    units, scores = assessment.portfolio.units, assessment.scores.units
    names = [name for name in RollUp._fields if name in scores]
    columns = [scores[name].to_list() for name in names]
    return [
        RollUp(unit, cycle, **dict(zip(names, values, strict=True)))
        for unit, cycle, *values in zip(units["unit"], units["cycle"], *columns, strict=True)
    ]

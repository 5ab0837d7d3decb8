"""The master of a run, published where the settings say: a workbook, a spreadsheet in Google, or both."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sync.config import Settings
from sync.core.assess import Assessment
from sync.core.errors import PublishError, SourceUnreadable
from sync.core.policy import Role
from sync.history.published import Published
from sync.history.records import Run
from sync.history.store import Store
from sync.master import excel, layout
from sync.master import google as sheets
from sync.master.lists import MOST_ROWS
from sync.master.notes import GOOGLE, Notes
from sync.master.together import together
from sync.noting import IN_EXCEL, IN_GOOGLE, KNOWN, ReadNotes, last, row
from sync.owing import owed_on
from sync.sources.google_cells import grid_of

if TYPE_CHECKING:
    from sync.google.connection import Connection
    from sync.outcome import Done

WEEKS_SHOWN = 13


def publish_master(
    store: Store,
    settings: Settings,
    this: Run,
    done: Done,
    assessment: Assessment,
    notes: ReadNotes,
    google: Connection | None = None,
) -> None:
    """Writes the masters unless what would be written is what stands there. Raises PublishError."""
    gc.freeze()  # what was read and scored stays until the run ends; the collector would search it in vain
    try:
        given = _master_input(store, settings, this, done, assessment)
        _Publishing(store, settings, done, notes, given, google).all()
    finally:
        gc.unfreeze()


class _Publishing:
    """One run's master on its way to where it is published. Google's goes first: it brings notes along."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        done: Done,
        read: ReadNotes,
        given: layout.MasterInput,
        google: Connection | None,
    ) -> None:
        self._store, self._settings, self._done = store, settings, done
        self._read, self._given, self._google = read, given, google
        self._last = last(store)
        self._build(read.notes)

    def _build(self, notes: Notes) -> None:
        self._notes = notes
        self._workbook = layout.build(replace(self._given, notes=notes))
        self._digest = layout.digest(self._workbook)

    def all(self) -> None:
        """Publishes wherever the settings say, and records what stands there now. Raises PublishError."""
        wanted, stands, trouble = self._settings.master, Published(), None
        if wanted.google:
            try:
                stands = stands._replace(google=self._in_google(wanted.google))
            except PublishError as error:
                trouble = error
            except (KeyError, TypeError, ValueError) as error:  # an odd reply costs this master only
                trouble = PublishError(
                    f"The master in Google could not be written: {error!r}. Please report it."
                )
        try:
            if wanted.excel:
                stands = stands._replace(excel=self._in_excel(wanted.excel))
        finally:
            whole = (stands.excel or not wanted.excel) and (stands.google or not wanted.google)
            self._store.published(self._done.run_id, stands._replace(whole=bool(whole)).text())
        if trouble:
            raise trouble

    def _in_excel(self, path: Path) -> tuple[str, str] | None:
        """What stands in the workbook, None when it had to be written beside it."""
        hash_ = self._read.hash
        if self._last.excel == (self._digest, hash_):
            return self._last.excel
        made = excel.publish(
            self._workbook,
            path,
            expected_hash=hash_,
            zlib_level=self._settings.master.zlib_level,
            pieces=self._settings.state_folder() / "master-pieces",
        )
        self._done.written.append(str(made.path))
        self._done.messages += [message for message in (self._read.message, made.message) if message]
        if made.beside:
            return None
        if self._settings.master.google:
            self._store.record_notes([row(IN_EXCEL, self._notes)])
        return self._digest, made.hash

    def _in_google(self, spreadsheet: str) -> tuple[str, str]:
        """What stands in the spreadsheet; managers' notes from there go into history before it is written."""
        if self._last.google == (self._digest, spreadsheet):
            return self._last.google
        client = self._client()
        before = self._last.google is not None and self._last.google[1] == spreadsheet
        now = sheets.look_at(client, spreadsheet, grid_of, published=before)
        there, base = self._read.renames.of(now.notes), self._read.base
        base = self._read.renames.of(base) if base else self._notes
        known = together(base, self._notes, replace(there, sheets=self._notes.sheets), GOOGLE)
        if known != self._notes:
            self._store.record_notes([row(KNOWN, known)])
            self._build(known)
        made = sheets.publish(client, spreadsheet, self._workbook, now)
        self._store.record_notes([row(IN_GOOGLE, self._notes)])
        self._done.written.append(made.url)
        return self._digest, spreadsheet

    def _client(self) -> sheets.Sheets:
        """The first account, which is the one that the master is shared with."""
        if self._google is None:
            raise PublishError("The master in Google could not be written: there is no connection to Google.")
        try:
            return self._google.clients()[0]
        except SourceUnreadable as error:
            raise PublishError(
                f"The master in Google could not be written: {error.cause} {error.hint}"
            ) from error


def _master_input(
    store: Store, settings: Settings, this: Run, done: Done, assessment: Assessment
) -> layout.MasterInput:
    """What the master is made of, save managers' notes."""
    cycle = assessment.selection.cycle
    trend = _trend(store, this.as_of, assessment)
    previous = {
        unit: earlier[-1].roll_up
        for unit, points in trend.items()
        if (earlier := [point for point in points if point.on < this.as_of])
    }
    return layout.MasterInput(
        portfolio=assessment.portfolio,
        scores=assessment.scores,
        problems=assessment.problems,
        organisation=settings.organisation.name,
        cycle=cycle.name,
        starts=cycle.starts,
        ends=cycle.ends,
        as_of=this.as_of,
        generated=this.started.strftime("%Y-%m-%d %H:%M %Z").strip(),
        run_id=str(done.run_id),
        version=this.code_version,
        folder=str(settings.master.excel.parent if settings.master.excel else settings.folder),
        trend=trend,
        previous=previous,
        previous_on="the week before",
        changes=_changes(store, this.as_of),
        owing=_owing(store, settings, this.as_of, assessment),
        settings=settings.summary(),
        other_cycles=[(sheet.source, sheet.team.unit, sheet.team.cycle) for sheet in assessment.others],
        private_units=settings.privacy.private_units,
    )


def _trend(store: Store, as_of: date, assessment: Assessment) -> dict[str, list[layout.Point]]:
    """Each unit's roll-up week by week in this cycle: last quarter's heights are another story."""
    units = assessment.portfolio.units
    cycles = dict(zip(units["unit"], units["cycle"], strict=True))
    return {
        unit: [
            layout.Point(point.as_of or as_of, point.roll_up)
            for point in points
            if point.cycle == cycles[unit]
        ]
        for unit, points in store.trend(list(cycles), weeks=WEEKS_SHOWN, until=as_of).items()
    }


def _changes(store: Store, as_of: date) -> list[layout.Change]:
    """What changed in the rows in the last week, as much as the master lists."""
    names = {"objectives": "Objective", "key_results": "Key result"}
    return [
        layout.Change(
            change.as_of,
            change.unit,
            names.get(change.table, change.table),
            change.id or change.identity,
            change.text,
            change.field.replace("_", " "),
            change.old,
            change.new,
        )
        for change in store.changes(date.fromordinal(as_of.toordinal() - 7), MOST_ROWS)
    ]


def _owing(store: Store, settings: Settings, as_of: date, assessment: Assessment) -> list[layout.Owing]:
    """Every check-in that is missing, as the reminders count them."""
    ladder = settings.ladder()
    found = []
    for owed in owed_on(as_of, assessment, settings, store.owned_since()):
        owner, champion, manager, sponsors = (
            ", ".join(person.name or person.email for person in owed.told[role]) for role in Role
        )
        step = [role for role in Role if role is Role.OWNER or owed.days >= ladder.steps(role)[0]][-1]
        found.append(
            layout.Owing(owed.key, owed.due, owed.days, owner, champion, manager, sponsors, step.title())
        )
    return found

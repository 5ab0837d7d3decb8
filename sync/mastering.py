"""The master workbook of a run: managers' things are read back from it, and the new one is published."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sync.config import Settings
from sync.core.assess import Assessment
from sync.core.errors import SourceUnreadable
from sync.core.policy import Limits
from sync.history.records import Note, Run, SourceRecord, Update
from sync.history.store import Store
from sync.master import excel, layout
from sync.master import notes as master_notes
from sync.master.columns import row_identity
from sync.master.lists import MOST_ROWS
from sync.master.reading import read_back
from sync.sources import xlsx
from sync.sources.formula_texts import formula_texts

if TYPE_CHECKING:
    from sync.outcome import Done

WEEKS_SHOWN = 13
MASTER_SCALE = 20
_NOTES_KEY = Note("*", "*", "*", "")


class ReadNotes(NamedTuple):
    """Managers' own things, and what the master on disk was when they were read.

    `hash` is the file's sha256 ("" when there is no file); `rows` are the notes for history; `readable`
    is False when the file could not be read: then it is never overwritten.
    """

    notes: master_notes.Notes
    rows: tuple[Note, ...]
    hash: str
    message: str = ""


def read_notes(settings: Settings, store: Store) -> ReadNotes:
    """Managers' notes: from history, and from the master when it is not what we wrote."""
    known = next((note.text for note in store.notes() if note[:3] == _NOTES_KEY[:3]), "")
    notes = master_notes.from_json(known) if known else master_notes.NO_NOTES
    path = settings.master.excel
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ReadNotes(notes, (), "")
    except OSError as error:
        return ReadNotes(notes, (), "unreadable", f"The master {path} could not be read: {error.strerror}.")
    digest = hashlib.sha256(data).hexdigest()
    if digest == _published(store).partition(" ")[2]:
        return ReadNotes(notes, (), digest)
    try:
        notes = read_back(data, _limits(settings), notes, read=xlsx.read, formulas=formula_texts)
    except SourceUnreadable as error:
        message = (
            f"The master {path} could not be read back, so it is not overwritten: {error.cause} {error.hint}"
        )
        return ReadNotes(notes, (), "unreadable", message)
    return ReadNotes(notes, (_NOTES_KEY._replace(text=master_notes.to_json(notes)),), digest)


def _limits(settings: Settings) -> Limits:
    """What reading the master back may take: it holds as much as many teams' workbooks together."""
    one = settings.limits_policy()
    return replace(
        one,
        cells=one.cells * MASTER_SCALE,
        inflated=one.inflated * MASTER_SCALE,
        file_size=one.file_size * MASTER_SCALE,
    )


def follow(read: ReadNotes, updates: Sequence[Update], before: Mapping[str, SourceRecord]) -> ReadNotes:
    """The notes under the names that their rows have from this run on: first ids, and renamed units.

    `before` are the records by the keys that the sources have now.
    """
    units: dict[str, str] = {}
    rows: dict[tuple[str, ...], str] = {}
    for update in updates:
        old, now = before.get(update.record.key), update.record
        if not update.accepted or old is None:
            continue
        if old.unit and old.unit != now.unit and old.cycle == now.cycle:
            units[old.unit] = now.unit
        rows |= {(old.unit, old.cycle, rename.old): rename.new for rename in update.renames}
    keys = {key for cells in read.notes.cells.values() for key in cells}
    renames = {key: new for key in keys if (new := _renamed(key, units, rows)) != key}
    if not renames:
        return read
    notes = master_notes.renamed(read.notes, renames)
    return read._replace(notes=notes, rows=(_NOTES_KEY._replace(text=master_notes.to_json(notes)),))


def _renamed(key: str, units: Mapping[str, str], rows: Mapping[tuple[str, ...], str]) -> str:
    """The identity of a master's row, a JSON list that begins with its unit, under its new names.

    The hidden cell it comes from may have been typed over: what is no such list stays as it is.
    """
    try:
        parts = json.loads(key)
    except ValueError:
        return key
    if not isinstance(parts, list) or not parts or not all(isinstance(part, str) for part in parts):
        return key
    identity = rows.get(tuple(parts))
    if identity is not None:
        parts[-1] = identity
    return row_identity(units.get(parts[0], parts[0]), *parts[1:])


def _published(store: Store) -> str:
    """`digest hash` of the master as it was last published, "" when it never was."""
    return next((run.master_digest for run in store.runs(50) if run.master_digest), "")


def publish_master(
    store: Store, settings: Settings, this: Run, done: Done, assessment: Assessment, notes: ReadNotes
) -> None:
    """Writes the master unless what would be written is what stands there. Raises PublishError."""
    gc.freeze()  # what was read and scored stays until the run ends; the collector would search it in vain
    try:
        _publish_master(store, settings, this, done, assessment, notes)
    finally:
        gc.unfreeze()


def _publish_master(
    store: Store, settings: Settings, this: Run, done: Done, assessment: Assessment, notes: ReadNotes
) -> None:
    path = settings.master.excel
    workbook = layout.build(_master_input(store, settings, this, done, assessment, notes))
    digest = layout.digest(workbook)
    last_digest, _, last_hash = _published(store).partition(" ")
    if digest == last_digest and notes.hash == last_hash:
        store.published(done.run_id, f"{digest} {last_hash}")
        return
    published = excel.publish(
        workbook,
        path,
        expected_hash=notes.hash,
        zlib_level=settings.master.zlib_level,
        pieces=settings.state_folder() / "master-pieces",
    )
    done.written.append(str(published.path))
    done.messages += [message for message in (notes.message, published.message) if message]
    if not published.beside:
        store.published(done.run_id, f"{digest} {published.hash}")


def _master_input(
    store: Store, settings: Settings, this: Run, done: Done, assessment: Assessment, notes: ReadNotes
) -> layout.MasterInput:
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
        folder=str(settings.master.excel.parent),
        trend=trend,
        previous=previous,
        previous_on="the week before",
        changes=_changes(store, this.as_of),
        notes=notes.notes,
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

"""Managers' notes before a run is committed: what history knows of them, and what stands in the Excel master.

The Google master is read only when it is written (`sync.mastering`), so that little time lies between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sync.config import Settings
from sync.core.errors import SourceUnreadable
from sync.core.policy import Limits
from sync.history.published import Published, published
from sync.history.records import Note, SourceRecord, Update
from sync.history.store import Store
from sync.master import notes as master_notes
from sync.master.columns import row_identity
from sync.master.notes import EXCEL, GOOGLE, NO_NOTES, Notes
from sync.master.reading import read_back
from sync.sources import xlsx
from sync.sources.formula_texts import formula_texts

MASTER_SCALE = 20
KNOWN = Note("*", "*", "*", "")
IN_EXCEL, IN_GOOGLE = (Note("*", home, "*", "") for home in (EXCEL, GOOGLE))
"""Where history keeps managers' notes: all that is known, and with which each master was published."""


def last(store: Store) -> Published:
    """Each master as it was published last."""
    runs = [published(run.master_digest) for run in store.runs(50)]
    excel = next((run.excel for run in runs if run.excel), None)
    return Published(excel, next((run.google for run in runs if run.google), None))


class Renames(NamedTuple):
    """Which units and rows have another name from this run on; rows by (unit, cycle, identity)."""

    units: Mapping[str, str] = {}  # NamedTuple defaults; never written to
    rows: Mapping[tuple[str, ...], str] = {}

    def of(self, notes: Notes) -> Notes:
        """The notes under the names that their rows have now."""
        keys = {key for cells in notes.cells.values() for key in cells}
        renames = {key: new for key in keys if (new := _renamed(key, self.units, self.rows)) != key}
        return master_notes.renamed(notes, renames) if renames else notes


class ReadNotes(NamedTuple):
    """Managers' own things, and what the Excel master was when they were read.

    `hash` is the file's sha256 ("" when there is no file, "unreadable" when it could not be read: then it
    is never overwritten); `rows` are the notes for history. `base` is what Google's master was published
    with; that master is read, and its rows renamed as `renames` says, only when it is to be written.
    """

    notes: Notes
    rows: tuple[Note, ...]
    hash: str
    message: str = ""
    base: Notes | None = None
    renames: Renames = Renames()


def read_notes(settings: Settings, store: Store) -> ReadNotes:
    """Managers' notes: from history, and from the Excel master when it is not what we wrote."""
    texts = {note[:3]: note.text for note in store.notes()}
    known = _from_history(texts, KNOWN) or NO_NOTES
    found = ReadNotes(known, (), "", base=_from_history(texts, IN_GOOGLE))
    path = settings.master.excel
    if path is None:
        return found
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return found
    except OSError as error:
        message = f"The master {path} could not be read: {error.strerror}."
        return found._replace(hash="unreadable", message=message)
    digest = hashlib.sha256(data).hexdigest()
    if digest == _mark(last(store).excel):
        return found._replace(hash=digest)
    base = _from_history(texts, IN_EXCEL) if settings.master.google else None
    try:
        notes = read_back(data, _limits(settings), known, read=xlsx.read, formulas=formula_texts, base=base)
    except SourceUnreadable as error:
        message = (
            f"The master {path} could not be read back, so it is not overwritten: {error.cause} {error.hint}"
        )
        return found._replace(hash="unreadable", message=message)
    return found._replace(notes=notes, rows=(row(KNOWN, notes),), hash=digest)


def _from_history(texts: Mapping[tuple[str, str, str], str], key: Note) -> Notes | None:
    text = texts.get(key[:3])
    return master_notes.from_json(text) if text else None


def row(key: Note, notes: Notes) -> Note:
    """The notes as history keeps them."""
    return key._replace(text=master_notes.to_json(notes))


def _mark(part: tuple[str, str] | None) -> str:
    return part[1] if part else ""


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
    renames = Renames(units, rows)
    notes = renames.of(read.notes)
    if notes is read.notes:
        return read._replace(renames=renames)
    return read._replace(notes=notes, rows=(row(KNOWN, notes),), renames=renames)


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

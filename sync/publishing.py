"""What a run writes besides its history: the master workbook and the teams' `Sync status` tabs."""

from __future__ import annotations

import gc
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sync.config import Settings
from sync.core.assess import Assessment
from sync.core.errors import SourceUnreadable
from sync.core.lists import Lists
from sync.core.model import Team, TeamSheet
from sync.core.offers import Offers
from sync.core.policy import Limits
from sync.core.problems import Problem
from sync.core.schema import IN_GOOGLE
from sync.core.status_tab import Feedback
from sync.feedback import excel as feedback
from sync.feedback.content import compose
from sync.history.records import UNWRITTEN, Note, Run, SourceRecord, Update
from sync.history.store import Store
from sync.intake import GooglePlace, own_token
from sync.master import excel, layout
from sync.master import notes as master_notes
from sync.master.columns import row_identity
from sync.master.lists import MOST_ROWS
from sync.master.reading import read_back
from sync.receiving import Received, Reception
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


# --- master -------------------------------------------------------------------------------------


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


# --- feedback -----------------------------------------------------------------------------------


def write_feedback(
    store: Store,
    settings: Settings,
    this: Run,
    done: Done,
    assessment: Assessment,
    reception: Reception,
    *,
    sweep: bool,
) -> None:
    """Findings into each workbook's `Sync status`, where they differ from what stands there.

    In a sweep the choices of the drop-downs too.
    """
    as_of = f"{this.as_of.isoformat()} (run {done.run_id})"
    offered = _offered(assessment, settings) if sweep else {}
    for record, content in _contents(assessment, reception.received, as_of):
        if not settings.feedback.of(record.key):
            continue
        lists = offered.get(record.key)
        digest = _stands(content, lists, record, reception)
        token, content_hash = record.token, record.content_hash
        if digest != record.feedback_digest:
            answer = _write(record, content, lists, reception)
            if isinstance(answer, feedback.Refused):
                done.messages.append(f"{record.name}: findings were not written into it, {answer.reason}")
                if answer.retry:
                    continue
            else:
                done.written.append(record.url if record.key.startswith(IN_GOOGLE) else record.key)
                token, content_hash = own_token(answer.token, record.token), answer.content_hash
        if (digest, token) != (record.feedback_digest, record.own_token):
            store.record_feedback(record.key, digest, token, content_hash)


def _stands(content: Feedback, lists: Lists | None, record: SourceRecord, reception: Reception) -> str:
    """What will stand in a workbook, in short: findings, and choices if they are (or were) written."""
    if not _may_be_written(record, reception):
        return UNWRITTEN + feedback.digest(content)
    choices = record.feedback_digest.partition(" ")[2]
    if lists is not None:
        choices = hashlib.sha256(repr(lists).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{feedback.digest(content)} {choices}".strip()


def _may_be_written(record: SourceRecord, reception: Reception) -> bool:
    there = reception.there.get(record.key)
    return there is None or there[1].writable


def _offered(assessment: Assessment, settings: Settings) -> dict[str, Lists]:
    """What the drop-downs of each source offer, by its key; the sheets of other cycles are left alone."""
    offers = Offers(assessment.portfolio, settings.privacy.private_units)
    sources = assessment.portfolio.sources
    return {
        key: offers.of(unit)
        for key, unit in zip(sources["key"], sources["unit_key"], strict=True)
        if unit >= 0
    }


def _write(
    record: SourceRecord, content: Feedback, lists: Lists | None, reception: Reception
) -> feedback.Written | feedback.Refused:
    """The findings in the workbook, wherever it lies."""
    place, _ = reception.there.get(record.key, (None, None))
    if not _may_be_written(record, reception):
        return feedback.Refused("because okrsync's account may only read it.", retry=False)
    if not isinstance(place, GooglePlace):
        return feedback.write(Path(record.key), content, expected_hash=record.content_hash, lists=lists)
    from sync.feedback import google  # noqa: PLC0415  # gspread is for those who have such sheets

    spreadsheet = record.key.removeprefix(IN_GOOGLE)
    bindings = record.sheet.bindings if record.sheet else {}
    refused = google.write(place.source.client(record.key), spreadsheet, bindings, content, lists)
    # Drive counts our writing as a change: the sheet is read once more, and found to be the same.
    return refused or feedback.Written(record.token.rpartition("#")[0], record.content_hash)


def _contents(
    assessment: Assessment, received: Sequence[Received], as_of: str
) -> Iterator[tuple[SourceRecord, Feedback]]:
    """What each workbook that could be read shall say of itself."""
    by_source: dict[str, list[Problem]] = defaultdict(list)
    for problem in assessment.problems:
        by_source[problem.source].append(problem)
    progress = _progress(assessment)
    sources = assessment.portfolio.sources
    units = dict(zip(sources["key"], sources["unit_key"], strict=True))
    for one in received:
        record = one.record
        if record.state != "stale":
            yield (
                record,
                compose(
                    one.sheet or TeamSheet(record.name, Team()),
                    by_source[record.name],
                    progress[record.name],
                    as_of=as_of,
                    figures=_figures(assessment, units.get(record.key, -1), one),
                ),
            )


def _progress(assessment: Assessment) -> dict[str, dict[tuple[str, int], float]]:
    """For each source, the figure of each row of its objectives and key results."""
    portfolio, scores = assessment.portfolio, assessment.scores
    names = portfolio.sources["name"].to_list()
    found: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    for table, figures in (
        ("objectives", scores.objectives["score"]),
        ("key_results", scores.key_results["progress"]),
    ):
        frame = getattr(portfolio, table)
        for source, row, figure in zip(frame["source_key"], frame["row"], figures, strict=True):
            found[names[source]][table, row] = figure
    return found


def _figures(assessment: Assessment, unit: int, one: Received) -> tuple[tuple[str, str | float | int], ...]:
    if one.record.state == "held":
        return (("Held back", one.record.cause),)
    if unit < 0:
        return (("Cycle", f"{one.record.cycle}: not the current cycle, so it is not scored"),)
    row: dict[str, Any] = {str(name): value for name, value in assessment.scores.units.loc[unit].items()}
    wanted = (("Own score", "own_score"), ("Roll-up", "roll_up"), ("As if zero", "roll_up_as_if_zero"))
    figures = [(label, float(row[name])) for label, name in wanted if row[name] == row[name]]  # NaN
    return (("Cycle", assessment.selection.cycle.name), *figures, ("Status", str(row["status"])))


# --- the plan -----------------------------------------------------------------------------------


def plan(
    reception: Reception, settings: Settings, store: Store, assessment: Assessment
) -> list[dict[str, str]]:
    """What a real run would write, as data; `okrsync sync --dry-run` prints it."""
    latest = store.latest_run()
    received = reception.received
    changed = [one for one in received if one.news]
    if not settings.master.excel.exists():
        reason = "there is none yet"
    elif changed:
        reason = f"{len(changed)} of {len(received)} sources changed"
    elif latest is None or latest.as_of != assessment.as_of:
        reason = f"first run for {assessment.as_of.isoformat()}"
    else:
        reason = "the settings, the people list, okrsync or the master changed"
    steps = [
        {"action": "record the run in", "target": settings.history.url, "reason": reason},
        {"action": "publish the master", "target": str(settings.master.excel), "reason": reason},
    ]
    steps += [
        {
            "action": "write findings into",
            "target": record.url if record.key.startswith(IN_GOOGLE) else record.key,
            "reason": "they differ from the last ones",
        }
        for record, content in _contents(assessment, received, assessment.as_of.isoformat())
        if settings.feedback.of(record.key)
        and _stands(content, None, record, reception) != record.feedback_digest
    ]
    return steps

"""What a run writes besides history and the master: the teams' `Sync status` tabs; and the plan of it all."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.config import Settings
from sync.core.assess import Assessment
from sync.core.lists import Lists
from sync.core.model import Team, TeamSheet
from sync.core.offers import Offers
from sync.core.problems import Problem
from sync.core.schema import IN_GOOGLE
from sync.core.sheets_api import sheet_url
from sync.core.status_tab import Feedback
from sync.feedback import excel as feedback
from sync.feedback.content import compose
from sync.history.records import UNWRITTEN, Run, SourceRecord
from sync.history.store import Store
from sync.intake import GooglePlace, own_token
from sync.noting import last
from sync.receiving import Received, Reception

if TYPE_CHECKING:
    from sync.outcome import Done

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
) -> set[str]:
    """Findings into each workbook's `Sync status`, where they differ from what stands there.

    In a sweep the choices of the drop-downs too. Returns the keys of the sources in which they stand now.
    """
    stands: set[str] = set()
    as_of = f"{this.as_of.isoformat()} (run {done.run_id})"
    offered = _offered(assessment, settings) if sweep else {}
    for record, content in _contents(assessment, reception.received, as_of):
        if not settings.feedback.of(record.key):
            continue
        lists = offered.get(record.key)
        digest = _stands(content, lists, record)
        token, content_hash = record.token, record.content_hash
        if record.feedback_digest == UNWRITTEN + digest and record.own_token == token:
            continue  # it was refused, and the workbook is as it was then
        if digest == record.feedback_digest:
            stands.add(record.key)
        else:
            answer = _write(record, content, lists, reception)
            if isinstance(answer, feedback.Refused):
                done.messages.append(f"{record.name}: findings were not written into it, {answer.reason}")
                if answer.retry:
                    continue
                digest = UNWRITTEN + digest
            else:
                stands.add(record.key)
                done.written.append(record.url if record.key.startswith(IN_GOOGLE) else record.key)
                token, content_hash = own_token(answer.token, record.token), answer.content_hash
        if (digest, token) != (record.feedback_digest, record.own_token):
            store.record_feedback(record.key, digest, token, content_hash)
    return stands


def _stands(content: Feedback, lists: Lists | None, record: SourceRecord) -> str:
    """What will stand in a workbook, in short: findings, and choices if they are (or were) written."""
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
    if latest is None:
        reason = "there is none yet"
    elif changed:
        reason = f"{len(changed)} of {len(received)} sources changed"
    elif latest.as_of != assessment.as_of:
        reason = f"first run for {assessment.as_of.isoformat()}"
    else:
        reason = "the settings, the people list, okrsync or the master changed"
    steps = [
        {"action": "record the run in", "target": settings.history.url, "reason": reason},
        *(
            {"action": "publish the master", "target": target, "reason": why}
            for target, why in _masters(settings, store, reason)
        ),
    ]
    steps += [
        {
            "action": "write findings into",
            "target": record.url if record.key.startswith(IN_GOOGLE) else record.key,
            "reason": "they differ from the last ones",
        }
        for record, content in _contents(assessment, received, assessment.as_of.isoformat())
        if settings.feedback.of(record.key)
        and _stands(content, None, record) != record.feedback_digest.removeprefix(UNWRITTEN)
    ]
    return steps


def _masters(settings: Settings, store: Store, reason: str) -> Iterator[tuple[str, str]]:
    """Where the master would be published, and why there."""
    excel, google = settings.master.excel, settings.master.google
    if excel:
        yield str(excel), reason if excel.exists() else "there is none yet"
    if google:
        before = last(store).google
        yield sheet_url(google), reason if before and before[1] == google else "it is not there yet"

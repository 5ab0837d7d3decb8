"""One run's sources: what is new, what is believed, what is held back or stale.

Every source ends as a `Received`: the record that history will keep and the sheet that counts in this
run (None when there never was a good one). A source that fails touches no other (TRUST 15).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import NamedTuple

from sync import intake
from sync.config import Settings
from sync.core import guards
from sync.core.checks.structure import S112
from sync.core.identity import resolve
from sync.core.model import TeamSheet
from sync.core.policy import Policies
from sync.core.problems import Problem
from sync.core.selection import contested, select
from sync.core.standing import NOT_HELD, HeldState, Known
from sync.history.records import UNWRITTEN, SourceRecord, Update, scope_of
from sync.history.store import Store
from sync.intake import Found, Intake, Place
from sync.moves import LET_GO, UNLISTED, is_unlisted, out_of_sight, why_absent
from sync.outcome import Progress
from sync.sources.base import Listing
from sync.workers import Workers

RIVAL = "rival"


class Listed(NamedTuple):
    """What exists now against what history knows, before anything is opened."""

    found: Found
    records: Mapping[str, SourceRecord]
    changed: frozenset[str]
    forced: frozenset[str] = frozenset()

    def known_content(self, listing: Listing) -> str:
        """The hash of the content that need not be parsed again, because it was read in the same way."""
        record = self.records.get(listing.key)
        if record is None or listing.key in self.forced:
            return ""
        if not record.token or record.allowed or record.held.kind == RIVAL:
            return ""
        same_way = record.token.rpartition("#")[2] == listing.token.rpartition("#")[2]
        return record.content_hash if same_way else ""


class Received(NamedTuple):
    """One source in this run. `update` is None when its record stays as it is; `read`: it was opened.

    `news`: something that counts differs from what history has.
    """

    record: SourceRecord
    update: Update | None
    problems: tuple[Problem, ...]
    read: bool = False
    news: bool = False

    @property
    def sheet(self) -> TeamSheet | None:
        """The rows that count."""
        return self.record.sheet


def compare(
    found: Found, records: Mapping[str, SourceRecord], force: Iterable[str] = (), *, sweep: bool = False
) -> Listed:
    """Which listed sources are read (new token, forced, accepted or contested; in a `sweep` all of them)."""
    named = set(force)
    forced = frozenset(
        listing.key
        for listing in found.listings
        if sweep or named & {listing.name, listing.key, records.get(listing.key, _UNKNOWN).unit}
    )
    changed = forced | frozenset(
        listing.key
        for listing in found.listings
        if (record := records.get(listing.key)) is None
        or record.token != listing.token
        or record.held.kind == RIVAL
        or record.allowed
    )
    return Listed(found, records, changed, forced)


_UNKNOWN = SourceRecord("")


class Reception(NamedTuple):
    """Every source in the order of their names, moved keys old -> new, retired keys; who is there by key."""

    received: list[Received]
    moved: dict[str, str]
    retired: list[str]
    there: Mapping[str, tuple[Place, Listing]]

    @property
    def news(self) -> bool:
        """Whether anything that counts differs from what history has, besides the files themselves."""
        return bool(self.moved or self.retired) or any(one.news for one in self.received)

    @property
    def updates(self) -> list[Update]:
        """What history will learn from it."""
        return [one.update for one in self.received if one.update]


def read(listed: Listed, settings: Settings, workers: Workers) -> AbstractContextManager[Iterator[Intake]]:
    """The sources that changed, being read while others may work; `receive` waits for them."""
    wanted = [
        (place, listing, listed.known_content(listing))
        for place, listing in listed.found.pairs
        if listing.key in listed.changed
    ]
    return intake.read_all(wanted, settings, workers)


def receive(
    listed: Listed,
    reading: Iterable[Intake],
    store: Store,
    settings: Settings,
    as_of: date,
    *,
    progress: Progress,
) -> Reception:
    """The sources as they are now: those `reading` as soon as they are read; judged."""
    policies = settings.policies()
    step = progress(len(listed.changed), "Reading workbooks")
    intakes = {}
    for one in reading:
        intakes[one.listing.key] = one
        step()
    records = dict(listed.records)
    moved = _moves(intakes, listed, records)
    known = store.known([scope_of(records.get(key), one.sheet) for key, one in intakes.items() if one.sheet])
    received = []
    for listing in listed.found.listings:
        record = _named(records.get(listing.key, SourceRecord(listing.key)), listing)
        read_ = intakes.get(listing.key)
        if read_ is None:
            received.append(_unchanged(record, policies, as_of))
        elif read_.state == "same":
            received.append(_unchanged(record._replace(token=listing.token), policies, as_of))
        elif read_.sheet is None:
            received.append(_unreadable(record, read_, as_of))
        else:
            scope = scope_of(records.get(listing.key), read_.sheet)
            received.append(_judged(record, read_, known.get(scope, ()), policies, as_of))
    gone = _not_found(records, listed.found)
    retired = [
        record.key
        for record in gone
        if (record.allowed or record.sheet is None) and not out_of_sight(record.key, listed.found)
    ]
    received += [
        _missing(record, why_absent(record.key, listed.found), as_of)
        for record in gone
        if record.key not in retired
    ]
    received = _settle_rivals(received, records, policies, as_of)
    received = [_with_news(one, records.get(one.record.key)) for one in received]
    there = {listing.key: (place, listing) for place, listing in listed.found.pairs}
    return Reception(sorted(received, key=lambda one: one.record.name), moved, retired, there)


def _not_found(records: Mapping[str, SourceRecord], found: Found) -> list[SourceRecord]:
    there = {listing.key for listing in found.listings}
    return [record for key, record in records.items() if key not in there]


def standing(records: Mapping[str, SourceRecord], policies: Policies, as_of: date) -> Reception:
    """The sources as the last run left them, nothing listed and nothing read: for what is told in between."""
    received = [_unchanged(record, policies, as_of) for record in records.values()]
    return Reception(sorted(received, key=lambda one: one.record.name), {}, [], {})


def _with_news(one: Received, before: SourceRecord | None) -> Received:
    """The source as it was received, and whether that is news; a new file of old content is none."""
    if before is None:
        return one._replace(news=True)
    update = one.update
    used = before.allowed or (update is not None and bool(update.renames or update.dropped))
    if used or _says(one.record) != _says(before):
        return one._replace(news=True, update=update or Update(one.record))
    if one.record.token == before.token:
        return one
    record = one.record
    waits = before.feedback_digest.startswith(UNWRITTEN)  # it was refused; perhaps that has changed
    if before.own_token == before.token and not waits:
        record = record._replace(own_token=record.token)  # our findings stand in it, as before
    return one._replace(record=record, update=(update or Update(record))._replace(record=record), news=waits)


def _says(record: SourceRecord) -> SourceRecord:
    """A record without what tells one saved file from the next."""
    return record._replace(token="", content_hash="", digest="", own_token="", own_hash="", read_at=None)


def _named(record: SourceRecord, listing: Listing) -> SourceRecord:
    """The record under the name that the source has now, down to what its last rows and findings say."""
    if record.name == listing.name:
        return record._replace(url=listing.url)
    return record._replace(
        name=listing.name,
        url=listing.url,
        sheet=record.sheet._replace(source=listing.name) if record.sheet else None,
        problems=tuple(problem._replace(source=listing.name) for problem in record.problems),
    )


def _moves(intakes: Mapping[str, Intake], listed: Listed, records: dict[str, SourceRecord]) -> dict[str, str]:
    """Old key -> new key of workbooks that were renamed or moved; their records go along.

    It is the same workbook when a known one is gone, and one without rows of its own so far (new, or
    contested until now) has the same content, or the same unit and cycle. What the guards think of it is
    judged against the rows of the one that is gone.
    """
    lost = [
        record for record in _not_found(records, listed.found) if not out_of_sight(record.key, listed.found)
    ]
    moved = {}
    for key, one in intakes.items():
        own = records.get(key)
        old = next((record for record in lost if _same_book(record, one)), None)
        if old is not None and (own is None or own.sheet is None):
            lost.remove(old)
            moved[old.key] = key
            records[key] = records.pop(old.key)._replace(key=key)
    return moved


def _same_book(record: SourceRecord, one: Intake) -> bool:
    if one.content_hash and one.content_hash == record.content_hash:
        return True
    if one.sheet is None or record.sheet is None:
        return False
    return (one.sheet.team.unit, one.sheet.team.cycle) == (record.unit, record.cycle)


def _unchanged(record: SourceRecord, policies: Policies, as_of: date) -> Received:
    """A source with the same token: its last rows count; a held one is looked at again on a new date.

    One that could not be read has shown nothing: no date of it counts as having seen anything.
    """
    if is_unlisted(record):
        record = _seen_again(record)
        return Received(record, Update(record), _standing_problems(record))
    if record.state == "stale" or record.sheet is None or not record.waiting:
        return Received(record, None, _standing_problems(record))
    verdict = guards.look_again(
        record.sheet, record.held, policies.guards, as_of, allowed=record.allowed, since=record.read_at
    )
    return _by_verdict(record, verdict, record.problems, as_of, judged=record.allowed)


def _unreadable(record: SourceRecord, one: Intake, as_of: date) -> Received:
    """A source that cannot be read keeps its last good rows, marked stale; its content is not retried.

    Unless the fault lies outside of it, and may pass while the content stays the same.
    """
    next_record = record._replace(
        token="" if one.passing else one.listing.token,
        # The hash of good rows says nothing of a content that was refused before it had one.
        content_hash=one.content_hash or (record.content_hash if one.passing else ""),
        state="stale",
        since=record.since if record.state == "stale" and record.since else as_of,
        cause=one.cause,
        problems=one.problems,
    )
    update = None if next_record == record else Update(next_record)
    return Received(next_record, update, _standing_problems(next_record), read=True)


def _missing(record: SourceRecord, cause: str, as_of: date) -> Received:
    """A known source that was not found. While nobody can tell what there is, all else stays as it was."""
    stale = record.state == "stale"
    since = record.since if stale and record.since else as_of
    if not cause.startswith(UNLISTED):
        next_record = record._replace(state="stale", since=since, cause=cause, problems=(), token="")
    elif stale:
        next_record = record
    else:
        next_record = record._replace(state="stale", since=since, cause=cause)
    update = None if next_record == record else Update(next_record)
    return Received(next_record, update, _standing_problems(next_record))


def _seen_again(record: SourceRecord) -> SourceRecord:
    """A source that was out of sight, as it was before: its rows, and what the guards think of them."""
    held = record.held
    if not held.kind:
        return record._replace(state="ok", since=None, cause="")
    return record._replace(state="held", since=held.since, cause=held.what)


def _judged(
    record: SourceRecord, one: Intake, known: Sequence[Known], policies: Policies, as_of: date
) -> Received:
    """A source that was read: identities resolved against history, then believed or held."""
    assert one.sheet is not None  # noqa: S101  # the caller has looked; this tells the type checker
    resolved = resolve(one.sheet, known)
    problems = (*one.problems, *resolved.problems)
    verdict = guards.judge(
        resolved.sheet,
        record.sheet,
        record.held if record.held.kind != RIVAL else NOT_HELD,
        policies.guards,
        as_of,
        allowed=record.allowed,
        renames=resolved.renames,
        since=record.read_at,
    )
    fresh = record._replace(token=one.listing.token, content_hash=one.content_hash)
    received = _by_verdict(fresh, verdict, problems, as_of, judged=True)
    update = received.update._replace(made=one.made) if received.update else None
    return received._replace(read=True, update=update)


def _by_verdict(
    record: SourceRecord, verdict: guards.Verdict, problems: Sequence[Problem], as_of: date, *, judged: bool
) -> Received:
    held = not verdict.accept
    next_record = record._replace(
        sheet=verdict.sheet,
        held=verdict.held,
        waiting=held or bool(verdict.sheet.gone),
        problems=tuple(problems),
        state="held" if held else "ok",
        since=(verdict.held.since or as_of) if held else None,
        cause=verdict.held.what if held else "",
        read_at=record.read_at if held else as_of,
    )
    if not held:
        next_record = next_record._replace(unit=verdict.sheet.team.unit, cycle=verdict.sheet.team.cycle)
    update = Update(
        next_record, accepted=verdict.accept, judged=judged, renames=verdict.renames, dropped=verdict.dropped
    )
    shown = (*problems, verdict.problem) if verdict.problem else tuple(problems)
    return Received(next_record, update, shown)


def _standing_problems(record: SourceRecord) -> tuple[Problem, ...]:
    """The problems of a source that was not read anew: its own, and that its rows are old."""
    if record.state != "stale" or record.sheet is None:
        return record.problems
    since = record.since.isoformat() if record.since else "its first reading"
    stale = S112.problem(source=record.name, unit=record.unit, since=since, cause=record.cause)
    if record.cause in LET_GO:
        let_go = f'okrsync accept "{record.name}"'
        stale = stale._replace(
            hint=f"Put it back; if its unit is no more, run `{let_go}`, then `okrsync sync`."
        )
    return (*record.problems, stale)


def _settle_rivals(
    received: Sequence[Received], before: Mapping[str, SourceRecord], policies: Policies, as_of: date
) -> list[Received]:
    """Holds every source that claims a unit and cycle which another claims too (S117).

    The rows that counted before the contest go on counting, those of a newcomer never did.
    """
    settled = list(received)
    claims = [at for at, one in enumerate(settled) if one.sheet is not None]
    sheets = [one.sheet for one in settled if one.sheet is not None]
    selection = select(sheets, policies.organisation, as_of)
    found = {problem.source: problem for problem in contested(sheets, selection)}
    for group in selection.rivals:
        for at in group:
            one = settled[claims[at]]
            settled[claims[at]] = _contest(one, before.get(one.record.key), found[sheets[at].source], as_of)
    return settled


def _contest(one: Received, before: SourceRecord | None, problem: Problem, as_of: date) -> Received:
    """The source held, with the rows that counted before, whatever unit they were of; a newcomer has none."""
    since = before.since if before and before.held.kind == RIVAL and before.since else as_of
    last = before if before is not None and before.sheet is not None else one.record._replace(sheet=None)
    record = one.record._replace(
        sheet=last.sheet,
        unit=last.unit,
        cycle=last.cycle,
        digest=last.digest,
        read_at=last.read_at,
        held=HeldState(RIVAL, since),
        state="held",
        since=since,
        cause=problem.message,
        waiting=True,
    )
    return Received(record, Update(record, judged=True), (*one.problems, problem), one.read)

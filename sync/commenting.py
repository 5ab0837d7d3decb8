"""Comments in team sheets in Google about errors that are new: `[feedback] comments`.

Each finding is commented on once, ever: claimed in the outbox before the call, and listed there when nobody
knows whether the call was carried out (TRUST 22). None is commented on that stood there before comments
began, in a sheet that is read for the first time, or in a history that was restored; and none where so many
are new that something else must be wrong (TRUST 23). Comments come after the findings, only where those
were written, in a call of their own: what goes wrong here is a sentence, and fails nothing (TRUST 27).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sync.config import Settings
from sync.core.checks.wording import counted
from sync.core.comments import Comment, comments
from sync.core.model import Person
from sync.core.people import Directory, Reach
from sync.core.problems import Problem
from sync.core.schema import IN_GOOGLE
from sync.history.outbox import COMMENT, LEFT_OUT, Claim, Outbox
from sync.history.records import SourceRecord
from sync.history.store import Store
from sync.intake import GooglePlace
from sync.receiving import Reception

if TYPE_CHECKING:
    from sync.outcome import Done

MOST = 30
"""New errors in one run that are commented on; more of them are not news, they are an accident."""
_ASKED_AT_ONCE = 5_000


class Occasion(NamedTuple):
    """What a run found. `before`: the sources as history had them."""

    moment: datetime
    problems: Sequence[Problem]
    reception: Reception
    people: Sequence[Person]
    before: Mapping[str, SourceRecord]


class _Due(NamedTuple):
    """The comments of one sheet about findings that have none."""

    record: SourceRecord
    comments: list[Comment]


class _Plan(NamedTuple):
    """What is to be made, and what is not, with the reason. `begins`: this is the first run that comments."""

    fresh: list[_Due]
    left_out: list[tuple[_Due, str]]
    begins: bool
    note: str = ""


def comment(
    store: Store, settings: Settings, done: Done, occasion: Occasion, stands: Collection[str]
) -> None:
    """Makes the comments that are due in the sheets (by key) in which their findings stand."""
    outbox = store.comments
    if not settings.feedback.comments:
        outbox.interrupt()
        return
    plan_ = _plan(outbox, settings, occasion)
    outbox.turn_away(
        [
            (_claim(due.record, one, occasion.moment), LEFT_OUT, why)
            for due, why in plan_.left_out
            for one in due.comments
        ]
    )
    done.messages += [plan_.note] if plan_.note else []
    fresh = [due for due in plan_.fresh if due.record.key in stands]
    if fresh or plan_.begins:
        outbox.begin()
        for due in fresh:
            store.check_lease()
            done.messages += _post(outbox, due, occasion)
        outbox.step()


def plan(store: Store, settings: Settings, occasion: Occasion) -> list[dict[str, str]]:
    """What a real run would comment on, as data."""
    if not settings.feedback.comments:
        return []
    return [
        {
            "action": f"comment on {counted(len(due.comments), 'finding')} in",
            "target": due.record.url,
            "reason": "new errors",
        }
        for due in _plan(store.comments, settings, occasion).fresh
    ]


def _plan(outbox: Outbox, settings: Settings, occasion: Occasion) -> _Plan:
    due = _due(outbox, settings, occasion)
    if outbox.suspicion():
        note = "Comments begin with the errors that are new from now on; those of today get none."
        return _Plan([], [(one, "it stood there before comments began") for one in due], True, note)
    first = [one for one in due if _is_first(occasion.before.get(one.record.key))]
    known = [one for one in due if one not in first]
    left_out = [(one, "the sheet was read for the first time") for one in first]
    count = sum(len(one.comments) for one in known)
    if count <= MOST:
        return _Plan(known, left_out, False)
    note = (
        f"{count} errors are new at once, so none of them is commented on (at most {MOST} are); "
        "they stand in Sync status and in the master."
    )
    return _Plan([], [*left_out, *((one, "too many errors were new at once") for one in known)], False, note)


def _is_first(before: SourceRecord | None) -> bool:
    return before is None or before.sheet is None


def _due(outbox: Outbox, settings: Settings, occasion: Occasion) -> list[_Due]:
    """The comments about errors that were never commented on, nor left out, sheet by sheet."""
    directory = Directory(occasion.people)
    reach = Reach(settings.mail.allowed_domains, settings.routing.suppressed)
    by_source: dict[str, list[Problem]] = defaultdict(list)
    for problem in occasion.problems:
        by_source[problem.source].append(problem)
    found = []
    for record in _writable(occasion.reception):
        assert record.sheet is not None  # noqa: S101  # _writable has looked; this tells the type checker
        spreadsheet = record.key.removeprefix(IN_GOOGLE)
        made = comments(record.sheet, spreadsheet, by_source[record.name], directory, reach)
        found += [_Due(record, list(made))]
    settled = _settled(outbox, (one.finding for due in found for one in due.comments))
    open_ = (
        due._replace(comments=[one for one in due.comments if one.finding not in settled]) for due in found
    )
    return [due for due in open_ if due.comments]


def _writable(reception: Reception) -> list[SourceRecord]:
    """The sheets in Google that were read well, and may be written."""
    return [
        one.record
        for one in reception.received
        if one.record.key.startswith(IN_GOOGLE)
        and one.record.state == "ok"
        and one.sheet is not None
        and one.record.key in reception.there
        and reception.there[one.record.key][1].writable
    ]


def _settled(outbox: Outbox, findings: Iterable[str]) -> set[str]:
    names = list(findings)
    parts = [names[at : at + _ASKED_AT_ONCE] for at in range(0, len(names), _ASKED_AT_ONCE)]
    return {period for part in parts for _, _, period in outbox.settled(COMMENT, part)}


def _claim(record: SourceRecord, one: Comment, moment: datetime) -> Claim:
    """The claim of a comment: by its finding, whoever it is assigned to."""
    identity = f"comment {one.finding}"
    return Claim((record.url, COMMENT, one.finding), identity, f"{one.code} at {one.cell}", moment, b"")


def _post(outbox: Outbox, due: _Due, occasion: Occasion) -> list[str]:
    """Claims a sheet's comments and makes them; what is to be said of it."""
    from sync.feedback.google_comments import Posting, post  # noqa: PLC0415  # gspread is for those who need it

    record = due.record
    place, _ = occasion.reception.there[record.key]
    assert isinstance(place, GooglePlace)  # noqa: S101  # its key is one of Google's
    ids = outbox.claim([_claim(record, one, occasion.moment) for one in due.comments])
    mine = [(id_, one) for id_, one in zip(ids, due.comments, strict=True) if id_]
    if not mine:
        return []
    client = place.source.client(record.key)
    posted = post(client, record.key.removeprefix(IN_GOOGLE), [one for _, one in mine])
    outbox.finish([(id_, str(posted.state), posted.answer) for id_, _ in mine])
    count = counted(len(mine), "new error")
    match posted.state:
        case Posting.SENT:
            return [f"{record.name}: {count} commented on."]
        case Posting.UNKNOWN:
            unknown = f"nobody knows whether {count} got a comment: {posted.answer}"
            return [f"{record.name}: {unknown} No other is made; `okrsync outbox list` has them."]
        case _:
            return [f"{record.name}: {count} got no comment, because {posted.answer}"]

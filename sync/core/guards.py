"""Whether a source's new reading is believed, or held back in favour of its last good rows (TRUST 1-3).

Every row that history knows and the reading lacks is *missing*, from its first date on. A reading is held
when it is
    empty     a table that had rows has none (of any size)
    shrunk    more than [50 %] of the source's known rows are missing, from [6] known rows up
    changed   every known row of the source, or of one of its tables, is missing or says something else than
              before (id, text, measure, start, target, objective), from [6] known rows up
    swapped   another unit's name stands on the Team tab and no known row is as before (of any size)
    lost      a tab that had rows, or a filled column from which scores are made, is not found (of any size)
until that was seen on [2] different dates, or `okrsync accept` allowed it, once. Rows missing on [2] dates
are believed to be gone and count no more; so a reading that is held for missing rows is used as soon as each
of them was missed on two dates. Rows missing from a reading that is used stay in its tables, listed in
`gone`, until then.

Another Cycle is a new baseline: it is never held. A blank Cycle is an accident, not another cycle.
A run dated before what was already seen adds no date.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sync.core.checks.structure import S111
from sync.core.columns import Columns
from sync.core.identity import normalised
from sync.core.losses import lost
from sync.core.model import Amount, CheckInRow, Gone, KeyResultRow, ObjectiveRow, TeamSheet, Was, split_id
from sync.core.policy import Guards
from sync.core.problems import Problem
from sync.core.standing import NOT_HELD, TABLES, HeldState, Rename, base_identity, text_of

__all__ = ["HeldState", "Verdict", "judge", "look_again", "without_gone"]

Key = tuple[str, str]
Dates = tuple[date, ...]


class Verdict(NamedTuple):
    """What to use and what to remember.

    `sheet` is the new reading with missing rows kept, or, when held, the last good one. `dropped` are the
    rows that leave now, with the dates they were missed on (tombstones). `problem` is S111 when held.
    `renames` are those that history shall follow, when accepted.
    """

    accept: bool
    sheet: TeamSheet
    held: HeldState = NOT_HELD
    problem: Problem | None = None
    dropped: tuple[Gone, ...] = ()
    renames: tuple[Rename, ...] = ()


def judge(
    new: TeamSheet,
    last: TeamSheet | None,
    held: HeldState,
    guards: Guards,
    as_of: date,
    *,
    allowed: bool = False,
    renames: Sequence[Rename] = (),
    since: date | None = None,
) -> Verdict:
    """Whether `new` (resolved) replaces `last`, the sheet in use.

    `held` is what the verdict before said; `allowed`: somebody accepted it; `renames` come with `new`;
    `since` is the date of the last good rows, to be quoted.
    """
    if last is None or _new_baseline(new, last):
        return Verdict(accept=True, sheet=new, renames=tuple(renames))
    case = _Case(new, last, held, guards, as_of, allowed, renames)
    kind, what = case.suspicion()
    dates = _seen_on(_dates_of(kind, what, held), as_of) if kind in _BY_DATES else ()
    if not kind or len(dates) >= guards.seen_dates:
        return Verdict(accept=True, sheet=case.kept(), dropped=case.dropped(), renames=tuple(renames))
    state = HeldState(
        kind=kind,
        since=held.since or as_of,
        what=what,
        pending=new,
        renames=tuple(renames),
        missing=case.missing_rows(),
        dates=dates,
    )
    return Verdict(accept=False, sheet=last, held=state, problem=_problem(last, state, since, case))


def look_again(
    last: TeamSheet,
    held: HeldState,
    guards: Guards,
    as_of: date,
    *,
    allowed: bool = False,
    since: date | None = None,
) -> Verdict:
    """The verdict on a source whose token is unchanged: what it said counts as seen again on this date."""
    seen = held.pending if held.pending is not None else without_gone(last)
    return judge(seen, last, held, guards, as_of, allowed=allowed, renames=held.renames, since=since)


def without_gone(sheet: TeamSheet) -> TeamSheet:
    """The sheet as it was read, without the rows that were kept although it no longer has them."""
    if not sheet.gone:
        return sheet
    gone = {(row.table, row.identity) for row in sheet.gone}
    return sheet._replace(
        objectives=tuple(row for row in sheet.objectives if ("objectives", row.identity) not in gone),
        key_results=tuple(row for row in sheet.key_results if ("key_results", row.identity) not in gone),
        gone=(),
    )


def _new_baseline(new: TeamSheet, last: TeamSheet) -> bool:
    return bool(new.team.cycle.strip()) and new.team.cycle != last.team.cycle


_BY_DATES = {"changed", "swapped", "lost"}  # the others wait for the dates of their missing rows


def _dates_of(kind: str, what: str, held: HeldState) -> Dates:
    """The dates on which the same was seen already; something else that is lost was not."""
    if "lost" in {kind, held.kind} and (kind, what) != (held.kind, held.what):
        return ()
    return held.dates


def _seen_on(dates: Dates, as_of: date) -> Dates:
    """The dates with this one; time that runs backwards adds none."""
    return (*dates, as_of) if not dates or as_of > dates[-1] else dates


class _Case:
    """A new reading beside the last good one. Keys are (table, identity as of the new reading)."""

    def __init__(
        self,
        new: TeamSheet,
        last: TeamSheet,
        held: HeldState,
        guards: Guards,
        as_of: date,
        allowed: bool,  # noqa: FBT001  # private; named by its caller
        renames: Sequence[Rename],
    ) -> None:
        self.new, self.last, self.guards = new, last, guards
        renamed = {(rename.table, rename.old): rename.new for rename in renames}
        self.known = _by_key(last, renamed)
        self.present = _by_key(new, {})
        missed = _missed(held.missing if held.kind else last.gone, renamed)
        self.missing = {
            key: _seen_on(missed.get(key, ()), as_of) for key in self.known if key not in self.present
        }
        self.allowed = allowed
        self.confirmed = {
            key for key, dates in self.missing.items() if allowed or len(dates) >= guards.seen_dates
        }
        self.known_now = [key for key in self.known if key not in self.confirmed]
        self.lost = [key for key in self.known_now if key in self.missing]

    def suspicion(self) -> tuple[str, str]:
        """(kind, clause for the message) of what is wrong; ("", "") when the reading is believed."""
        if self.allowed or not self.known_now:
            return "", ""
        for table, rows in (("objectives", "objectives"), ("key_results", "key results")):
            lost = [key for key in self.lost if key[0] == table]
            if lost and not getattr(self.new, table):
                return "empty", f"no {rows} are left, {_count(len(lost))} known"
        known, lost_count = len(self.known_now), len(self.lost)
        enough = known >= self.guards.min_known_rows
        if enough and lost_count > self.guards.shrink_ratio * known:
            return "shrunk", f"{lost_count} of {known} known rows are gone ({lost_count / known:.0%})"
        return self._rewritten()

    def _rewritten(self) -> tuple[str, str]:
        """The suspicion that every known row says something else than before, or no longer says it."""
        other = {key for key in self.known_now if key in self.missing or self._changed(key)}
        if len(other) == len(self.known_now) and self.new.team.unit != self.last.team.unit:
            unit = normalised(self.new.team.unit)
            return "swapped", f'the workbook now says unit "{unit}", and none of its rows is a known one'
        if what := lost(self.new, self.last):
            return "lost", what
        parts = [self.known_now, *([key for key in self.known_now if key[0] == table] for table in TABLES)]
        for part in parts:
            if len(part) >= self.guards.min_known_rows and other.issuperset(part):
                return "changed", f"all {len(part)} rows changed at once"
        return "", ""

    def _changed(self, key: Key) -> bool:
        """Whether a known row, still there, differs in what a check-in never touches."""
        before = [_content(self.last, row) for row in self.known[key]]
        now = [_content(self.new, row) for row in self.present[key]]
        return not any(_same(one, other) for one in before for other in now)

    def kept(self) -> TeamSheet:
        """The new reading with the rows that are missing but not yet believed to be gone."""
        keep = [key for key in self.missing if key not in self.confirmed]
        if not keep:
            return self.new
        rows = {
            table: tuple(row for key in keep if key[0] == table for row in self.known[key])
            for table in TABLES
        }
        gone = tuple(Gone(key[0], row.identity, self.missing[key]) for key in keep for row in self.known[key])
        return self.new._replace(
            objectives=(*self.new.objectives, *rows["objectives"]),
            key_results=(*self.new.key_results, *rows["key_results"]),
            check_ins=self.new.check_ins + self._their_check_ins(rows["key_results"]),
            gone=gone,
        )

    def _their_check_ins(self, rows: Iterable[KeyResultRow]) -> Columns[CheckInRow]:
        """Check-ins that disappeared together with their key result, so that its value stays what it was."""
        left = set(self.new.check_ins.column("kr_id"))
        ids = {row.id for row in rows if row.id} - left
        return self.last.check_ins.where(kr_id in ids for kr_id in self.last.check_ins.column("kr_id"))

    def dropped(self) -> tuple[Gone, ...]:
        """The rows that are believed to be gone."""
        return tuple(Gone(*key, dates) for key, dates in self.missing.items() if key in self.confirmed)

    def missing_rows(self) -> tuple[Gone, ...]:
        """All missing rows and the dates they were missed on."""
        return tuple(Gone(*key, dates) for key, dates in self.missing.items())


def _by_key(sheet: TeamSheet, renamed: Mapping[Key, str]) -> dict[Key, list[Any]]:
    """The sheet's rows by what they claim to be (two rows that claim one id share a key)."""
    rows: defaultdict[Key, list[Any]] = defaultdict(list)
    for table in TABLES:
        for row in getattr(sheet, table):
            identity = base_identity(row.identity)
            rows[table, renamed.get((table, identity), identity)].append(row)
    return dict(rows)


def _missed(rows: Iterable[Gone], renamed: Mapping[Key, str]) -> dict[Key, Dates]:
    """The dates on which the rows that the last reading lacked were missed, whether it was used or held."""
    dates: defaultdict[Key, set[date]] = defaultdict(set)
    for row in rows:
        identity = base_identity(row.identity)
        dates[row.table, renamed.get((row.table, identity), identity)].update(row.dates)
    return {key: tuple(sorted(days)) for key, days in dates.items()}


def _content(sheet: TeamSheet, row: ObjectiveRow | KeyResultRow) -> tuple[Any, ...]:
    """What a row says apart from check-ins: id, text, measure, start, target; last its objective's names."""
    text = normalised(text_of(row))
    if isinstance(row, ObjectiveRow):
        return (row.id, text, ())
    parts = (normalised(row.measure).casefold(), _number(row.start), _number(row.target))
    return (row.id, text, *parts, _objective(sheet, row))


def _objective(sheet: TeamSheet, row: KeyResultRow) -> tuple[str, ...]:
    """Every name of the key result's objective: as typed, its text, its identity."""
    typed = normalised(split_id(row.objective_id))
    for objective in sheet.objectives:
        names = (objective.id, normalised(objective.objective))
        if typed in names or (not typed and len(sheet.objectives) == 1):
            return tuple(name for name in (typed, *names, objective.identity) if name)
    return (typed,)


def _number(amount: Amount) -> tuple[object, ...]:
    """What makes two amounts the same: the number and whether it is a percentage, else the raw text."""
    return (amount.value, amount.was == Was.PERCENT) if amount.value is not None else (amount.was, amount.raw)


def _same(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    """Whether a row says the same. A first id is no change, nor is another name of the same objective."""
    (id_before, *rest_before, objective_before), (id_now, *rest_now, objective_now) = before, now
    same_id = id_before in {"", id_now}
    same_objective = objective_before == objective_now or not set(objective_before).isdisjoint(objective_now)
    return same_id and rest_before == rest_now and same_objective


def _count(number: int) -> str:
    return "1 was" if number == 1 else f"{number} were"


def _problem(last: TeamSheet, state: HeldState, since: date | None, case: _Case) -> Problem:
    known, lost = len(case.known_now), len(case.lost)
    return S111.problem(
        source=last.source,
        unit=last.team.unit,
        what=state.what,
        count=lost,
        known=known,
        ratio=f"{lost / known:.0%}",
        since=since.isoformat() if since else "the last good reading",
        command=f"okrsync accept {_quoted(last.source)}",
    )


def _quoted(name: str) -> str:
    """The name as one word of a command: in double quotes, which every shell has, where these are enough."""
    return shlex.quote(name) if set(name) & set('"$`\\!') else f'"{name}"'

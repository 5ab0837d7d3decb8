"""Which rows of Key Results are check-ins of today, and what is to be written for them. Pure.

What is new is found by comparing a row with what Check-ins says of it last: a Current, Confidence, Status or
Comment that is filled in and differs. A blank says nothing, and a formula in Current no news by itself
(OKR.md §6). Nor is it news that a row still says what Check-ins said on the day in Last check-in: then
somebody has logged a newer value by hand, and the older one must not come back as today's. A row that was
never checked in is new once it has a Current. One key result, one day: a second check-in of the day takes the
place of the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sync.core.grid import number_text
from sync.core.identity import is_invalid
from sync.core.model import Amount, CheckInRow, KeyResultRow, TeamSheet, Was, split_several
from sync.core.problems import Problem, Severity, shorten

_READ = ("id", "current", "confidence", "status", "comment")
_UNKEPT = ("status", "comment")  # what cannot be read of them is not kept, so it counts as new
_NO_ID = "It has no ID. Press Fill ids, then check in again."
_ROOM = 900  # characters of the lists of a question; a message box holds 1,000
_LONGEST_WHY = 300

Value = str | float | bool | None


class Entry(NamedTuple):
    """One check-in. `kr_row` is its row in Key Results; `row` the row in Check-ins that it replaces, 0 = new.

    `value`: a number, True or False, or a text as it stands in Current; `percent` tells that it is shown
    as such. None and "" leave a cell blank. `before`: what Check-ins says now, where that is another value.
    """

    kr_row: int
    row: int
    kr_id: str
    name: str
    value: Value
    percent: bool
    before: str
    confidence: float | None
    status: str
    comment: str
    by: str


class Left(NamedTuple):
    """A row of Key Results that cannot be checked in, and why."""

    kr_row: int
    name: str
    why: str


class Plan(NamedTuple):
    """The check-ins to write, in the order of their rows, and the changed rows that are left out."""

    entries: tuple[Entry, ...]
    left: tuple[Left, ...]


def plan(sheet: TeamSheet, problems: Iterable[Problem], today: date, who: str = "") -> Plan:
    """The check-ins of today. `who` presses the button; where that is not known it is the row's owner."""
    who = _as_written(who, sheet.key_results)
    told = _told(sheet, problems)
    past = _past(sheet.check_ins, today)
    entries, left = [], []
    for row in sheet.key_results:
        known = past.get(row.id, [])
        field, trouble = told.get(row.row, ("", ""))
        behind = _behind(row, known)
        if not (behind or field in _UNKEPT or _is_new(row, known)):
            continue
        if why := trouble or behind or _why_not(row):
            left.append(Left(row.row, _name(row), why))
        else:
            entries.append(_entry(row, known, today, who))
    return Plan(tuple(entries), tuple(left))


def question(found: Plan, today: date) -> str:
    """What the person is asked: what would be written, and what is left out and why."""
    count = len(found.entries)
    lines = [f"Check in {_rows(count)} for {today.day} {today:%B %Y}?", ""]
    taken = [f"{shorten(one.kr_id, 40)} {shorten(one.name, 40)}: {_said(one)}" for one in found.entries]
    lines += _few(taken, _ROOM // 2 if found.left else _ROOM)
    return "\n".join([*lines, *left_out(found, _ROOM - len("\n".join(lines)))])


def left_out(found: Plan, room: int = 600) -> list[str]:
    """Lines about the rows that are left out; none when none is."""
    if not found.left:
        return []
    lines = [
        f"Row {one.kr_row} ({shorten(one.name, 40)}): {shorten(one.why, _LONGEST_WHY)}" for one in found.left
    ]
    return ["", "Left out:", *_few(lines, room)]


# --- what is new ----------------------------------------------------------------------------------


def _told(sheet: TeamSheet, problems: Iterable[Problem]) -> Mapping[int, tuple[str, str]]:
    """By row of Key Results: the first thing that is wrong with a field that a check-in is made of."""
    binding = sheet.bindings["key_results"]
    cells = {
        sheet.ref("key_results", row.row, field).cell: (row.row, field)
        for row in sheet.key_results
        for field in _READ
        if field in binding.columns
    }
    found: dict[int, tuple[str, str]] = {}
    for problem in problems:
        stops = problem.severity == Severity.ERROR or problem.code == "S109"
        if stops and problem.tab == binding.title and problem.cell in cells:
            row, field = cells[problem.cell]
            found.setdefault(row, (field, f"{problem.message} {problem.hint}".strip()))
    return found


def _past(rows: Iterable[CheckInRow], today: date) -> Mapping[str, list[CheckInRow]]:
    """The check-ins of each key result up to today, the newest last."""
    found: dict[str, list[CheckInRow]] = defaultdict(list)
    for row in rows:
        if row.kr_id and row.date is not None and row.date <= today:
            found[row.kr_id].append(row)
    for known in found.values():
        known.sort(key=lambda row: (row.date, row.row))
    return found


def _why_not(row: KeyResultRow) -> str:
    if is_invalid(row.identity):
        return "Another row has the same ID or text. Give each row an ID of its own."
    return "" if row.id else _NO_ID


def _behind(row: KeyResultRow, known: Sequence[CheckInRow]) -> str:
    """Why a Current is older than what Check-ins says, "" if it is not."""
    said = [one for one in known if one.value.was != Was.MISSING]
    if row.current.was == Was.MISSING or row.current.formula or not said:
        return ""
    then = _until(row.last_check_in, said)
    if not then or _same(row.current, said[-1].value) or not _same(row.current, then[-1].value):
        return ""
    newest = said[-1]
    return (
        f"Check-ins has a newer value, {shorten(newest.value.raw, 40)} of {newest.date}; Current still says "
        f"{shorten(row.current.raw, 40)}. Type the newer one into Current. If the one there is right, type "
        "today's date into Last check-in, then check in again."
    )


def _is_new(row: KeyResultRow, known: Sequence[CheckInRow]) -> bool:
    if not known:
        return row.current.was != Was.MISSING
    then = _until(row.last_check_in, known)
    news = (
        not row.current.formula
        and _differs(row.current, *([o.value for o in part] for part in (known, then))),
        _differs(row.confidence, *([o.confidence for o in part] for part in (known, then))),
        row.status not in ("", *(_last([o.status for o in part]) for part in (known, then))),
        row.comment not in ("", *(_last([o.what_changed for o in part]) for part in (known, then))),
    )
    return any(news)


def _until(day: date | None, known: Sequence[CheckInRow]) -> list[CheckInRow]:
    return [one for one in known if day is not None and one.date is not None and one.date <= day]


def _differs(now: Amount, *befores: Sequence[Amount]) -> bool:
    """Whether an amount is given and is the last one given in none of these."""
    if now.was == Was.MISSING:
        return False
    given = [[one for one in before if one.was != Was.MISSING] for before in befores]
    return not any(before and _same(now, before[-1]) for before in given)


def _same(one: Amount, other: Amount) -> bool:
    if one.value is None or other.value is None:
        return one.value is other.value and one.raw.strip() == other.raw.strip()
    return one.value == other.value


def _last(texts: Sequence[str]) -> str:
    return next((text for text in reversed(texts) if text), "")


# --- what is written ------------------------------------------------------------------------------


def _entry(row: KeyResultRow, known: Sequence[CheckInRow], today: date, who: str) -> Entry:
    """The check-in of a row; what is blank in it stays as a check-in of the same day has it."""
    same_day = known[-1] if known and known[-1].date == today else CheckInRow(0)
    current = same_day.value if row.current.was == Was.MISSING else row.current
    confidence = same_day.confidence if row.confidence.was == Was.MISSING else row.confidence
    newest = next((one.value for one in reversed(known) if one.value.was != Was.MISSING), current)
    return Entry(
        row.row,
        same_day.row,
        row.id,
        _name(row),
        _value(current),
        current.was == Was.PERCENT,
        "" if _same(newest, current) else shorten(newest.raw, 40),
        confidence.value,
        row.status or same_day.status,
        row.comment or same_day.what_changed,
        who or row.owner,
    )


def _as_written(account: str, rows: Iterable[KeyResultRow]) -> str:
    """The one owner whose name the account spells, as the sheet writes it (`kim.larsen`: Kim Larsen)."""
    letters = _letters(account)
    owners = {owner for row in rows for owner in split_several(row.owner) if _letters(owner) == letters}
    return owners.pop() if letters and len(owners) == 1 else account


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.partition("@")[0])).casefold()


def _value(amount: Amount) -> Value:
    """What is written so that it is read back as the same amount."""
    if amount.was == Was.BOOL:
        return amount.raw == "TRUE" if amount.raw in ("TRUE", "FALSE") else amount.raw
    return amount.value if amount.value is not None else amount.raw.strip() or None


# --- words ----------------------------------------------------------------------------------------


def _name(row: KeyResultRow) -> str:
    return row.key_result or row.id


def _said(entry: Entry) -> str:
    parts = [_shown(entry) + (f" (was {entry.before})" if entry.before else "")]
    parts = parts if entry.value is not None else []
    parts += [f"confidence {number_text(entry.confidence)}"] if entry.confidence is not None else []
    parts += [entry.status] if entry.status else []
    return ", ".join([*parts, *(["replaces today's first"] if entry.row else [])]) or shorten(
        entry.comment, 40
    )


def _shown(entry: Entry) -> str:
    if isinstance(entry.value, bool):
        return "yes" if entry.value else "no"
    if isinstance(entry.value, float):
        return number_text(entry.value * 100) + "%" if entry.percent else number_text(entry.value)
    return shorten(str(entry.value), 40)


def _rows(count: int) -> str:
    return "1 key result" if count == 1 else f"{count} key results"


def _few(lines: Sequence[str], room: int) -> Iterator[str]:
    for at, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            yield f"… and {len(lines) - at} more."
            return
        yield line

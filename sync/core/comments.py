"""Comments about errors: which finding gets one, at which cell, for whom, and what it says. Pure.

A finding is the same one as long as its rule, spreadsheet, tab, row and field are: not its wording, nor the
row's or the column's place. What a comment says is text from a sheet, so nothing in it may call anybody: no
`@`, no `+` before a word, no link. Addresses come from the people list alone (TRUST 24, 28).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sync.core.grid import column_number
from sync.core.model import Binding, InitiativeRow, KeyResultRow, ObjectiveRow, TeamSheet
from sync.core.people import Directory, Reach
from sync.core.problems import Problem, Severity

LONGEST = 2_048  # bytes of UTF-8 that Google takes, of a text and of an address
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")
_CALLS = re.compile(r"[@\uff20\ufe6b]")
_PLUS = re.compile(r"[+\uff0b\ufe62](?=\w)")
_LINK = re.compile(r"(?<=[.:/])(?=[^\s\d])")
_BREAK = "\u2060"  # WORD JOINER: nothing is a link any more, and everything reads the same

_Owned = ObjectiveRow | KeyResultRow | InitiativeRow


class Comment(NamedTuple):
    """A comment at a cell, counted from 0. `finding` names the finding; `assignee` is "" for nobody."""

    finding: str
    code: str
    cell: str
    gid: int
    row: int
    column: int
    content: str
    assignee: str = ""


def comments(
    sheet: TeamSheet, spreadsheet: str, problems: Iterable[Problem], directory: Directory, reach: Reach
) -> Iterator[Comment]:
    """The comment for each error about a cell of the sheet."""
    tabs = {binding.title: (key, binding) for key, binding in sheet.bindings.items() if binding.gid}
    rows = _rows(sheet)
    count: Counter[tuple[str, ...]] = Counter()
    for problem in problems:
        place = _CELL.fullmatch(problem.cell)
        if problem.severity is not Severity.ERROR or place is None or problem.tab not in tabs:
            continue
        table, binding = tabs[problem.tab]
        column, row = column_number(place[1]), int(place[2])
        found = rows.get((table, row))
        named = (problem.code, spreadsheet, binding.gid, _row_name(found, problem, row))
        key = (*named, _field(binding, column))
        count[key] += 1
        yield Comment(
            f"{problem.code}-{_digest((*key, str(count[key])))}",
            problem.code,
            problem.cell,
            int(binding.gid),
            row - 1,
            column - 1,
            content_of(problem),
            _assignee(found, directory, reach),
        )


def content_of(problem: Problem) -> str:
    """What a comment about a finding says: nothing in it is taken for a mention or a link."""
    text = f"okrsync {problem.code}: {problem.message}\n{problem.hint}".strip()
    return cut(harmless(text))


def harmless(text: str) -> str:
    """The text without what would call somebody or lead anywhere."""
    kept = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return _LINK.sub(_BREAK, _PLUS.sub("", _CALLS.sub(" (at) ", kept)))


def cut(text: str) -> str:
    """As much of the text as Google takes."""
    data = text.encode()
    if len(data) <= LONGEST:
        return text
    return data[: LONGEST - 3].decode(errors="ignore") + "…"


def _rows(sheet: TeamSheet) -> Mapping[tuple[str, int], _Owned]:
    tables = ("objectives", "key_results", "initiatives")
    return {(table, row.row): row for table in tables for row in getattr(sheet, table)}


def _row_name(row: _Owned | None, problem: Problem, number: int) -> str:
    """What a row is called tomorrow too: its identity, else its id, else where it stands."""
    identity = getattr(row, "identity", "")
    return identity or problem.row_id or str(number)


def _field(binding: Binding, column: int) -> str:
    """The field of a column, which may be moved; else its number."""
    return next((field for field, at in binding.columns.items() if at == column), str(column))


def _digest(parts: tuple[str, ...]) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def _assignee(row: _Owned | None, directory: Directory, reach: Reach) -> str:
    """The address of the first owner who is in the people list and may be written to, else ""."""
    able = (one.email for one in directory.all_in(row.owner if row else "") if not reach.why_not(one))
    return next((email for email in able if len(email.encode()) <= LONGEST), "")

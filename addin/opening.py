"""The workbook as a team's sheet, read by the same rules as the service reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from addin.reading import Pages, read
from addin.trouble import Halt
from sync.core.identity import resolve
from sync.core.model import TeamSheet
from sync.core.parse import parse
from sync.core.problems import Problem
from sync.core.schema import BY_KEY, TEAM_TABS, TabSchema

if TYPE_CHECKING:
    import xlwings as xw


class Seen(NamedTuple):
    """What the workbook says: its cells, its rows with their identities, and the reader's problems."""

    pages: Pages
    sheet: TeamSheet
    problems: tuple[Problem, ...]

    def tab(self, key: str) -> xw.Sheet:
        """The tab of that key, which is bound."""
        return self.pages.tabs[self.sheet.bindings[key].title]


def see(book: xw.Book, wanted: Sequence[TabSchema] = TEAM_TABS, *, merges: bool = True) -> Seen:
    """What the workbook says. Raises Halt when nobody can tell whose it is."""
    pages = read(book, wanted, merges=merges)
    found = parse(book.name, pages.grid)
    if found.sheet is None:
        first = found.problems[0]
        raise Halt(f"{first.message} {first.hint}")
    resolved = resolve(found.sheet)
    return Seen(pages, resolved.sheet, (*found.problems, *resolved.problems))


def need(seen: Seen, *keys: str) -> None:
    """Raises Halt when one of these tabs or its columns is missing; the message says how to mend it."""
    for key in keys:
        if key not in seen.sheet.bindings:
            title = next(tab.title for tab in TEAM_TABS if tab.key == key)
            said = next((p for p in seen.problems if p.code in ("S101", "S102") and _about(p, title)), None)
            if said:
                raise Halt(f"{said.message} {said.hint}")
            raise Halt(
                f'There is no tab "{title}" here. Copy it from a fresh template, then press the button again.'
            )


def need_columns(seen: Seen, key: str, fields: Iterable[str]) -> None:
    """Raises Halt when that tab, which is bound, lacks one of these columns."""
    binding, names = seen.sheet.bindings[key], BY_KEY[key].by_field
    for name in (names[field].name for field in fields if field not in binding.columns):
        said = next((p for p in seen.problems if p.tab == binding.title and _lacks(p, name)), None)
        if said:
            raise Halt(f"{said.message} {said.hint}")
        raise Halt(f'The tab {binding.title} has no column "{name}". Add one, then press the button again.')


def _lacks(problem: Problem, column: str) -> bool:
    return problem.code in ("S101", "S102") and f'"{column}"' in problem.message


def _about(problem: Problem, title: str) -> bool:
    return problem.tab == title or title in problem.message

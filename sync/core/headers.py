"""Where a tab and its columns are: found by name or alias, in any order, below any number of rows.

An exact name (or one that the source's `mapping` gives) wins over aliases, and one header binds to one
column only. The header row is the one that binds most columns. If the row below it holds nothing but
further names, the two are one header in two rows. A renamed tab is recognised by its columns, when it
is the only one that they fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sync.core.cells import fold
from sync.core.grid import Cell, Grid, Kind, Sheet, column_number
from sync.core.schema import BY_KEY, OWNED_TABS, TEAM_TABS, Column, Tab, TabSchema

Mapped = Mapping[str, Mapping[str, Sequence[str]]]
LONGEST_HEADER = 60
_TEXT = Kind.TEXT  # looked up once, not for every cell
MIN_BOUND = 3  # a tab is recognised by its columns from this many on


_AREA = re.compile(r"([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")


class Header(NamedTuple):
    """A header row as bound.

    `twice` are the places of columns whose name stands more than once, which are not bound; `missing` are
    required columns without any place; `free` are headers that no column claimed.
    """

    row: int
    columns: dict[str, int]
    twice: dict[str, tuple[int, ...]]
    missing: tuple[Column, ...]
    free: dict[int, str]

    @property
    def bound(self) -> int:
        """How many columns' names the row holds, once or twice."""
        return len(self.columns) + len(self.twice)


class Names:
    """The names of a tab and of its columns, as they are compared, with what a mapping adds to them."""

    def __init__(self, tab: TabSchema, mapping: Mapped) -> None:
        own = mapping.get(str(tab.title), {})
        self.tab = tab
        self.titles = (_folded([tab.title]), _folded(tab.aliases))
        self.exact = {c.field: _folded((c.name, *own.get(c.name, ()))) for c in tab.columns}
        self.aliases = {c.field: _folded(c.aliases) for c in tab.columns}
        self.all = frozenset().union(*self.exact.values(), *self.aliases.values())


def names_of(tab: TabSchema, mapping: Mapped | None = None) -> Names:
    """The names of a tab, made once for all sheets that have no mapping of their own."""
    return Names(tab, mapping) if mapping else _plain_names(tab.key)


def find_tabs(grid: Grid, names: Iterable[Names]) -> dict[str, Sheet]:
    """The sheet of each tab that can be told, by the tab's key."""
    wanted = list(names)
    found = {n.tab.key: sheet for n in wanted if (sheet := _by_title(grid, n)) is not None}
    taken = {sheet.name for sheet in found.values()}
    spare = [s for s in grid.sheets if s.name not in taken and not is_ours(s.name)]
    open_tabs = [n for n in wanted if n.tab.key not in found and n.tab.key != "team"]
    return found | _by_columns(spare, open_tabs)


_OURS = frozenset(fold(title) for title in (*OWNED_TABS, Tab.START_HERE))


def is_ours(title: str) -> bool:
    """Whether a tab of that title is okrsync's own, of which nothing is ever read."""
    return fold(title) in _OURS


def bind(sheet: Sheet, names: Names) -> Header | None:
    """The best header row of a sheet, None when no row holds any of the tab's names."""
    best: Header | None = None
    for row in sorted(sheet.rows):
        cells = sheet.rows[row]
        if (best and not best.missing and len(cells) <= best.bound) or not named(cells, names):
            continue  # it cannot bind more columns than the best one so far
        header = _bind_row(row, _texts(cells), names)
        if best is None or _rank(header) > _rank(best):
            best = header
    return best and _with_row_below(sheet, best, names)


def named(cells: Mapping[int, Cell], names: Names) -> dict[int, str]:
    """The cells of a row that say one of the tab's names, as folded names by column."""
    known = names.all
    return {at: word for at, text in _texts(cells).items() if (word := fold(text)) in known}


def is_repeated(said: Mapping[int, str], cells: Mapping[int, Cell], header: Header, names: Names) -> bool:
    """Whether a row below the header says the same names (`said`) again, and nothing else, in its columns."""
    field_of = {at: field for field, at in header.columns.items()}
    if len(said) < min(2, len(field_of)) or any(at in field_of and at not in said for at in _texts(cells)):
        return False
    return all(
        word in names.exact[field_of[at]] | names.aliases[field_of[at]]
        for at, word in said.items()
        if at in field_of
    )


def is_another(
    row: int, said: Mapping[int, str], cells: Mapping[int, Cell], header: Header, names: Names
) -> bool:
    """Whether a row below the header is a header of its own, with columns in other places."""
    if len(said) < max(MIN_BOUND, len(header.columns) // 2):
        return False
    other = _bind_row(row, _texts(cells), names)
    return not other.missing and other.columns != header.columns


@cache
def _plain_names(key: str) -> Names:
    return Names(BY_KEY[key], {})


def merged_areas(sheet: Sheet) -> list[tuple[int, int, int, int]]:
    """(first row, first column, last row, last column) of each merged area."""
    areas = []
    for reference in sheet.merged:
        if match := _AREA.fullmatch(reference.replace("$", "")):
            left, top, right, bottom = match.groups()
            areas.append((int(top), column_number(left), int(bottom), column_number(right)))
    return areas


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, names))


def _texts(cells: Mapping[int, Cell]) -> dict[int, str]:
    """The texts of a row that are short enough for a header, by column."""
    return {
        column: cell.value
        for column, cell in cells.items()
        if cell.kind is _TEXT and isinstance(cell.value, str) and 0 < len(cell.value) <= LONGEST_HEADER
    }


def _by_title(grid: Grid, names: Names) -> Sheet | None:
    for titles in names.titles:
        hits = [sheet for sheet in grid.sheets if fold(sheet.name) in titles]
        if len(hits) == 1:
            return hits[0]
        complete = [sheet for sheet in hits if (header := bind(sheet, names)) and not header.missing]
        if len(complete) == 1:
            return complete[0]
        if hits:
            return None
    return None


def _by_columns(spare: Sequence[Sheet], wanted: Sequence[Names]) -> dict[str, Sheet]:
    """Sheets of unknown title whose columns fit one tab better than any other, one sheet for a tab."""
    if not spare or not wanted:
        return {}
    every = [names_of(tab) for tab in TEAM_TABS if tab.text]
    fitting: dict[str, list[Sheet]] = {}
    for sheet in spare:
        counts = {n.tab.key: _fit(sheet, n) for n in [*every, *wanted]}
        best = max(counts.values())
        winners = [key for key, count in counts.items() if count == best]
        if best >= MIN_BOUND and len(winners) == 1:
            fitting.setdefault(winners[0], []).append(sheet)
    keys = {n.tab.key for n in wanted}
    return {key: sheets[0] for key, sheets in fitting.items() if key in keys and len(sheets) == 1}


def _fit(sheet: Sheet, names: Names) -> int:
    header = bind(sheet, names)
    return 0 if header is None or header.missing else len(header.columns)


def _bind_row(row: int, texts: Mapping[int, str], names: Names) -> Header:
    places: dict[str, list[int]] = {}
    for at, text in sorted(texts.items()):
        places.setdefault(fold(text), []).append(at)
    columns: dict[str, int] = {}
    twice: dict[str, tuple[int, ...]] = {}
    taken: set[int] = set()
    for known in (names.exact, names.aliases):
        for column in names.tab.columns:
            if column.field in columns or column.field in twice:
                continue
            hits = [at for word in known[column.field] for at in places.get(word, ()) if at not in taken]
            taken.update(hits)
            if len(hits) == 1:
                columns[column.field] = hits[0]
            elif hits:
                twice[column.field] = tuple(sorted(hits))
    bound = columns.keys() | twice.keys()
    missing = tuple(column for column in names.tab.columns if column.required and column.field not in bound)
    free = {at: text for at, text in texts.items() if at not in taken}
    return Header(row, columns, twice, missing, free)


def _rank(header: Header) -> tuple[bool, int]:
    return (not header.missing, header.bound)


def _with_row_below(sheet: Sheet, header: Header, names: Names) -> Header:
    """The header joined with the row below, if that holds only names and binds further columns."""
    below = sheet.rows.get(header.row + 1, {})
    texts = _texts(below)
    filled = [cell for cell in below.values() if cell.kind is not Kind.BLANK]
    if not texts or len(texts) < len(filled) or not all(fold(text) in names.all for text in texts.values()):
        return header
    joined = _bind_row(header.row + 1, _texts(sheet.rows[header.row]) | texts, names)
    return joined if len(joined.columns) > len(header.columns) and not joined.missing else header

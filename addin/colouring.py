"""Faulty cells in the colour of their finding, and at the next time in the colour they had before.

A hidden tab of the workbook remembers each painted cell by its row's identity and its column's field, not
by its address, so that it is found again after sorting. A cell whose colour is no longer the painted one
has been coloured by a person: it is neither painted nor restored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from addin.opening import Seen
from addin.reading import Place, around, at, halves
from sync.core import palette
from sync.core.headers import is_ours
from sync.core.model import TeamSheet
from sync.core.problems import Problem, Severity

if TYPE_CHECKING:
    import xlwings as xw

TITLE = "okrsync colours"
_HEADER = ("okrsync: the colours that Validate replaced", "in row", "of column", "painted", "before")
_MOST_ROWS = 400  # of a matrix of colours; xlwings takes 10,000 cells
_MOST_COLUMNS = 25
Colour = str
"""#RRGGBB, "" for no fill."""


class Spot(NamedTuple):
    """A cell by what it is: tab (key, or title of a tab that is none of ours), row, column."""

    tab: str
    row: str
    column: str


class Paint(NamedTuple):
    """The colour that was painted, and the one that it replaced."""

    painted: Colour
    before: Colour


def colour(book: xw.Book, seen: Seen, problems: Iterable[Problem]) -> int:
    """How many cells are coloured now. What is mended since the last time has its colour back."""
    places = _Places(seen)
    store = _Memory(book, seen.pages.tabs)
    memory = store.read()
    wanted = places.wanted(problems)
    remembered = {place: spot for spot in memory if (place := places.of(spot)) is not None}
    paints = {place: memory[spot] for place, spot in remembered.items()}
    same = {place: paint for place, paint in paints.items() if wanted.get(place) == paint.painted}
    open_ = {*wanted, *paints} - same.keys()
    changes, kept = _plan(open_, wanted, paints, _colours(seen, open_))
    known = {places.spot(place): paint for place, paint in (kept | same).items()}
    if changes or known != memory:
        store.write(memory | known)  # first, so that no replaced colour is lost when painting fails
        _paint(seen, changes)
        if memory.keys() - known.keys():
            store.write(known)
    return len(wanted)


Where = tuple[str, int, int]
"""Title of a tab, row, column."""


def _plan(
    places: Iterable[Where],
    wanted: Mapping[Where, Colour],
    remembered: Mapping[Where, Paint],
    now: Mapping[Where, Colour],
) -> tuple[dict[Where, Colour], dict[Where, Paint]]:
    """The colours to set at these places, and what is to be remembered of them then."""
    changes: dict[Where, Colour] = {}
    kept: dict[Where, Paint] = {}
    for place in places:
        paint, colour_now, colour_then = remembered.get(place), now[place], wanted.get(place)
        touched = paint is not None and colour_now != paint.painted
        if touched and colour_now != (paint.before if paint else ""):
            if paint and colour_then is not None:
                kept[place] = paint  # a person's own colour on a cell that is still faulty
            continue
        before = paint.before if paint else colour_now
        if colour_then is not None:
            kept[place] = Paint(colour_then, before)
        if (after := before if colour_then is None else colour_then) != colour_now:
            changes[place] = after
    return changes, kept


# --- cells by what they are -----------------------------------------------------------------------


class _Places:
    """From spots to the addresses of today and back."""

    def __init__(self, seen: Seen) -> None:
        self._titles = {key: binding.title for key, binding in seen.sheet.bindings.items()}
        self._keys = {title: key for key, title in self._titles.items()}
        self._columns = {key: binding.columns for key, binding in seen.sheet.bindings.items()}
        self._rows = _row_names(seen.sheet)
        self._at = {key: {name: row for row, name in rows.items()} for key, rows in self._rows.items()}
        self._tabs = {title for title in seen.pages.tabs if not is_ours(title)}

    def wanted(self, problems: Iterable[Problem]) -> dict[Where, Colour]:
        """The colour of each faulty cell: that of its loudest finding."""
        found: dict[Where, Severity] = {}
        for problem in problems:
            place = _address(problem.cell)
            if place and problem.tab in self._tabs:
                where = (problem.tab, *place)
                loudest = min(
                    (found.get(where, problem.severity), problem.severity), key=lambda one: one.rank
                )
                found[where] = loudest
        return {where: palette.SEVERITY[severity].fill for where, severity in found.items()}

    def spot(self, where: Where) -> Spot:
        title, row, column = where
        key = self._keys.get(title, title)
        fields = {number: field for field, number in self._columns.get(key, {}).items()}
        return Spot(key, self._rows.get(key, {}).get(row, f"#{row}"), fields.get(column, f"#{column}"))

    def of(self, spot: Spot) -> Where | None:
        """Where that cell is today; None when its row, column or tab has gone."""
        title = self._titles.get(spot.tab, spot.tab)
        row = _number(spot.row) or self._at.get(spot.tab, {}).get(spot.row)
        column = _number(spot.column) or self._columns.get(spot.tab, {}).get(spot.column)
        return (title, row, column) if row and column and title in self._tabs else None


def _row_names(sheet: TeamSheet) -> dict[str, dict[int, str]]:
    """By table: row -> what names it wherever it is sorted to. Rows of the same name go by their numbers."""
    names: dict[str, list[tuple[int, str]]] = {
        "objectives": [(row.row, row.identity) for row in sheet.objectives],
        "key_results": [(row.row, row.identity) for row in sheet.key_results],
        "check_ins": [(row.row, f"{row.date} {row.kr_id}") for row in sheet.check_ins],
        "initiatives": [(row.row, row.initiative) for row in sheet.initiatives],
    }
    found: dict[str, dict[int, str]] = {}
    for key, rows in names.items():
        count: dict[str, int] = defaultdict(int)
        for _, name in rows:
            count[name] += 1
        found[key] = {
            row: name for row, name in rows if count[name] == 1 and name and not name.startswith("#")
        }
    return found


def _number(name: str) -> int:
    return int(name[1:]) if name.startswith("#") and name[1:].isdecimal() else 0


def _address(cell: str) -> Place | None:
    letters, digits = cell.rstrip("0123456789"), cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if not (letters.isalpha() and digits.isdecimal()):
        return None
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(digits), column


# --- colours --------------------------------------------------------------------------------------


def _by_tab(places: Iterable[Where]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for title, row, column in places:
        found[title].append((row, column))
    return found


def _colours(seen: Seen, places: Collection[Where]) -> dict[Where, Colour]:
    """The fill of each cell; one call for all that lie in an area without fills."""
    found: dict[Where, Colour] = {}
    for title, cells in _by_tab(places).items():
        _look(seen.pages.tabs[title], title, cells, found)
    return found


def _look(sheet: xw.Sheet, title: str, cells: Sequence[Place], found: dict[Where, Colour]) -> None:
    fill = _fill(at(sheet, around(cells)))
    if fill is _MIXED or (fill == _BLACK and len(cells) > 1):
        for part in halves(cells):
            _look(sheet, title, part, found)
    else:
        found |= dict.fromkeys(((title, *place) for place in cells), fill)


_MIXED = "mixed"
_BLACK = "#000000"  # what Excel says where fills differ


def _fill(area: xw.Range) -> Colour:
    try:
        fill = area.color
    except TypeError:  # xlwings makes no colour of the nothing that some versions of Excel say there
        return _MIXED
    return "" if fill is None else "#{:02X}{:02X}{:02X}".format(*fill)


def _paint(seen: Seen, changes: Mapping[Where, Colour]) -> None:
    """Sets fills, a tab at a time; the cells between keep theirs."""
    for title, places in _by_tab(changes).items():
        blocks: dict[Place, list[Place]] = defaultdict(list)
        for row, column in places:
            blocks[row // _MOST_ROWS, column // _MOST_COLUMNS].append((row, column))
        for cells in blocks.values():
            top, left, rows, columns = around(cells)
            matrix = [
                [changes.get((title, top + r, left + c), ...) for c in range(columns)] for r in range(rows)
            ]
            fills = [[None if one == "" else one for one in line] for line in matrix]
            at(seen.pages.tabs[title], (top, left, rows, columns)).set_colors(fills)


# --- the memory -----------------------------------------------------------------------------------


class _Memory:
    """The hidden tab."""

    def __init__(self, book: xw.Book, tabs: Mapping[str, xw.Sheet]) -> None:
        self._book, self._last = book, list(tabs.values())[-1]
        self._sheet = tabs.get(TITLE)

    def read(self) -> dict[Spot, Paint]:
        """What it remembers."""
        if self._sheet is None:
            return {}
        rows = self._sheet.used_range.options(ndim=2).value[1:]
        texts = [tuple(str(value or "") for value in row) for row in rows if len(row) == len(_HEADER)]
        return {Spot(*row[:3]): Paint(*row[3:]) for row in texts if row[0]}

    def write(self, memory: Mapping[Spot, Paint]) -> None:
        """Replaces what it remembers."""
        rows = [_HEADER, *((*spot, *paint) for spot, paint in memory.items())]
        if self._sheet:
            self._sheet.used_range.clear_contents()
        sheet = self._sheet or self._add()
        area = at(sheet, (1, 1, len(rows), len(_HEADER)))
        area.number_format = "@"
        area.raw_value = [list(row) for row in rows]

    def _add(self) -> xw.Sheet:
        """The tab, made behind the others; the person stays where they were."""
        shown = self._book.sheets.active
        self._sheet = self._book.sheets.add(after=self._last)
        self._sheet.name = TITLE
        shown.activate()
        self._sheet.visible = False
        return self._sheet

"""One tab's rows: which rows there are, and what each of their cells says.

What is a row: any row below the header with something of its own in a column that we read. Choices,
weights and formulas that are filled down make no row. An entry without id and text, and one that only
sums up, are not read and are noted, because somebody typed them. Rows that repeat the header and merged
titles between the rows are passed over. A text merged over several rows holds for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from sync.core import cells
from sync.core.cells import Trouble, Words
from sync.core.checks.structure import S101, S102, S104, S105, S109
from sync.core.findings import Findings
from sync.core.grid import BLANK, Cell, Kind, Sheet, a1
from sync.core.headers import Header, Names, bind, is_another, is_repeated, merged_areas, named
from sync.core.model import Amount, Binding, Measure, Was, split_id
from sync.core.schema import Column, TabSchema, Type

Row = TypeVar("Row")
Entry = dict[str, Cell]  # a row's cells by field

_SUMMING_WORDS = ("Total", "Totals", "Grand total", "Subtotal", "Sum", "Average", "Mean", "Summe", "Gesamt")
_SUMMING = frozenset(map(cells.fold, _SUMMING_WORDS))
_AMOUNT, _DATE, _ID = Type.AMOUNT, Type.DATE, Type.ID  # looked up once, not for every cell
_VALUED = frozenset({"start", "target", "current", "value"})
_SETTLED = frozenset({"kr_id", "confidence"})  # fields whose sound values are looked at again
_FILLED_DOWN = ("weight", "priority")
_IDENTIFIED = ("objectives", "key_results")
_SCORED_BY = ("measure", "start", "target", "current")  # S118 speaks where Objective ID is wanting
_NEAR = 0.8  # a header this near to the name of an unbound column is taken for a slip of the pen
_WORDS: Mapping[str, Words] = {
    Measure.INCREASE: Words.NONE,
    Measure.DECREASE: Words.NONE,
    Measure.AT_LEAST: Words.NONE,
    Measure.AT_MOST: Words.NONE,
    Measure.BETWEEN: Words.NONE,
    Measure.KPI: Words.NONE,
    Measure.YES_NO: Words.YES_NO,
    Measure.MILESTONE: Words.STAGES,
    Measure.CONTRIBUTORS: Words.STAGES,
}


class Table(NamedTuple):
    """A tab that was found and bound: its entries are (row number, cells by field)."""

    title: str
    tab: TabSchema
    header: Header
    number_format: str
    findings: Findings
    entries: tuple[tuple[int, Entry], ...]
    gid: str = ""

    @property
    def binding(self) -> Binding:
        """The table's place as the model keeps it."""
        return Binding(self.title, self.header.row, self.header.columns, self.gid)

    def note(self, trouble: Trouble, row: int, field: str, row_id: str) -> None:
        """Notes what is wrong with the cell of a field."""
        column = self.header.columns[field]
        name = self.tab.by_field[field].name
        self.findings.trouble(trouble, self.title, row, column, name=name, row_id=row_id)


def open_table(sheet: Sheet, names: Names, number_format: str, findings: Findings) -> Table | None:
    """The table of a tab, None (and noted) when a required column is missing or stands twice."""
    header = bind(sheet, names)
    if header is None:
        _note_missing(sheet, Header(0, {}, {}, _required(names.tab), {}), findings)
        return None
    _note_twice(sheet, header, names.tab, findings)
    _note_missing(sheet, header, findings)
    slips = _note_slips(sheet, header, names.tab, findings)
    if any(column.field not in header.columns for column in _required(names.tab)):
        return None
    entries = tuple(_entries(sheet, header, names, findings))
    table = Table(sheet.name, names.tab, header, number_format, findings, entries, sheet.gid)
    _note_renamed(table, sheet, slips)
    return table


def read_rows(
    table: Table | None, make: Callable[..., Row], words: Mapping[str, Words] | None = None
) -> tuple[Row, ...]:
    """The rows of a table as the model's, every unreadable cell noted.

    `words` says which words may stand in a check-in's Value, by the key result's id or text.
    """
    if table is None:
        return ()
    known: Known = {}
    return tuple(make(row=row, **_read(table, row, entry, words, known)) for row, entry in table.entries)


def words_by_name(table: Table | None) -> dict[str, Words]:
    """Which words the values of each key result may hold, by its id and by its text."""
    found: dict[str, Words] = {}
    for _, entry in table.entries if table else ():
        for field in ("key_result", "id"):
            found[cells.identifier(entry.get(field, BLANK))[0]] = _words(entry)
    return found


# --- which rows there are -------------------------------------------------------------------------


def _entries(sheet: Sheet, header: Header, names: Names, findings: Findings) -> Iterator[tuple[int, Entry]]:
    tab = names.tab
    read = {f: at for f, at in header.columns.items() if tab.by_field[f].type is not Type.OWNED}
    filled_down = {f for f in read if tab.by_field[f].choices or f in _FILLED_DOWN}
    below = sorted(row for row in sheet.rows if row > header.row)
    spread = _merged_down(sheet, header, read, tab)
    titles = {(top, left) for top, left, _, right in merged_areas(sheet) if right > left}
    for row in below:
        row_cells = sheet.rows[row]
        said = named(row_cells, names)
        if said and is_repeated(said, row_cells, header, names):
            continue
        if said and is_another(row, said, row_cells, header, names):
            _note_second_header(sheet, header, row, findings)
            return
        there = {f: cell for f, at in read.items() if (cell := row_cells.get(at)) is not None}
        entry = {f: cell for f, cell in there.items() if not cells.is_blank(cell)}
        own = {
            f: cell
            for f, cell in entry.items()
            if f not in filled_down and (not cell.formula or f == tab.text)
        }
        if not own or (len(own) == 1 and tab.text not in own and (row, read[next(iter(own))]) in titles):
            continue
        if _is_entry(sheet, tab, header, row, entry, own, findings):
            # White space gives way to what is merged over the row, as a cell that is not there does.
            yield row, there | spread.get(row, {}) | entry if len(there) > len(entry) or spread else entry


def _is_entry(
    sheet: Sheet, tab: TabSchema, header: Header, row: int, entry: Entry, own: Entry, findings: Findings
) -> bool:
    """Whether a filled row is an entry of its tab; what it lacks is noted."""
    field, where, suggestion, kept = tab.text, f"row {row} of tab {sheet.name}", "", True
    if tab.key in _IDENTIFIED and _sums_up(tab, own):
        where += ", which only sums up"
        suggestion = "The row is not read. Move it out of the table, or give it an ID and an owner."
        kept = False
    elif tab.key in _IDENTIFIED and field not in entry:
        kept = "id" in own and own["id"].kind is not Kind.ERROR
        suggestion = "Fill it in." if kept else "Fill it in, or clear the row; it is not read."
    elif tab.key == "check_ins" and "date" not in entry:
        field = "date"
        suggestion = "Fill it in; a check-in without a day does not count."
    if suggestion:
        findings.add(
            S101,
            sheet.name,
            a1(row, header.columns[field]),
            row_id=_row_id(tab, entry),
            value=entry.get(field, BLANK).text,
            what="entry",
            name=tab.by_field[field].name,
            where=where,
            suggestion=suggestion,
        )
    return kept


def _sums_up(tab: TabSchema, own: Entry) -> bool:
    """Whether a row holds nothing but numbers and a label such as Total."""
    labels = {f: cell for f, cell in own.items() if tab.by_field[f].type in (Type.TEXT, Type.ID)}
    if not labels or not labels.keys() <= {"id", tab.text}:
        return False
    return all(cells.fold(cell.text) in _SUMMING for cell in labels.values())


def _merged_down(
    sheet: Sheet, header: Header, read: Mapping[str, int], tab: TabSchema
) -> dict[int, dict[str, Cell]]:
    """By row: the texts that a merge over several rows gives it, ids and the rows' own texts excepted."""
    field_at = {
        at: f
        for f, at in read.items()
        if tab.by_field[f].type in (Type.TEXT, Type.ID) and f not in ("id", tab.text)
    }
    spread: dict[int, dict[str, Cell]] = {}
    for top, left, bottom, right in merged_areas(sheet):
        if left == right and left in field_at and top > header.row:
            for row in range(top + 1, min(bottom, max(sheet.rows)) + 1):
                spread.setdefault(row, {})[field_at[left]] = sheet.cell(top, left)
    return spread


# --- what a cell says -----------------------------------------------------------------------------


Known = dict[tuple[str, int], Any]
"""What a cell of a field says, by the field and the cell's id(): a reader gives many places one Cell."""


def _read(
    table: Table, row: int, entry: Entry, words: Mapping[str, Words] | None, known: Known
) -> dict[str, Any]:
    """The values of a row by field; fields without a cell keep the model's defaults."""
    row_id = _row_id(table.tab, entry)
    allowed = _words(entry) if words is None else words.get(row_id, Words.STAGES)
    values, by_field = {}, table.tab.by_field
    for field, cell in entry.items():
        place = (field, id(cell))  # the table's entries keep the cell, so no other gets its id
        if place in known:
            values[field] = known[place]
            continue
        value, trouble = _value(by_field[field], cell, table.number_format, allowed)
        if trouble is not None or field in _SETTLED:
            value, trouble = _settled(field, value, trouble)
        if trouble is not None:
            table.note(trouble, row, field, row_id)
        elif field not in _VALUED or cell.kind is Kind.NUMBER:  # whatever the row's measure allows besides
            known[place] = value
        values[field] = value
    return values


def _row_id(tab: TabSchema, entry: Entry) -> str:
    """What a person calls the row: its id, else its text."""
    for field in ("id", "kr_id", tab.text):
        cell = entry.get(field, BLANK)
        if cell.kind is not Kind.ERROR and (name := cells.text(cell)[0]):
            return split_id(name) if field == "kr_id" else name
    return ""


def _words(entry: Entry) -> Words:
    """What may stand in a key result's value cells; a blank measure is inferred from what is filled in."""
    measure = cells.choice(entry.get("measure", BLANK), tuple(map(str, Measure)))[0]
    if measure:
        return _WORDS.get(measure, Words.STAGES)  # an unknown measure is noted once, at its own cell
    if any(not cells.is_blank(entry.get(field, BLANK)) for field in ("start", "target")):
        return Words.NONE
    return Words.STAGES if "milestones" in entry else Words.YES_NO


def _value(column: Column, cell: Cell, number_format: str, words: Words) -> tuple[Any, Trouble | None]:
    kind = column.type
    if kind is _AMOUNT:
        return cells.amount(cell, number_format, words if column.field in _VALUED else Words.NONE)
    if kind is _DATE:
        return cells.day(cell)
    if kind is _ID:
        return cells.identifier(cell)
    return cells.choice(cell, column.choices) if column.choices else cells.text(cell)


def _settled(field: str, value: Any, trouble: Trouble | None) -> tuple[Any, Trouble | None]:  # noqa: ANN401  # any field
    """The value as the field keeps it: what an unreadable or unknown one counts as."""
    if trouble is not None and trouble.rule is S109:
        kept = "no score is computed" if field == "measure" else "the word is kept"
        blank = field in ("status", "ambition")
        return ("" if blank else value), trouble._replace(outcome="it counts as blank" if blank else kept)
    if field == "id" and trouble is not None and trouble.rule is not S105:
        return "", trouble  # the row is then followed by its text, which keeps its history
    if field == "kr_id":
        return split_id(value), trouble
    if field == "confidence" and trouble is None:
        return _confidence(value)
    return value, trouble


def _confidence(amount: Amount) -> tuple[Amount, Trouble | None]:
    """A confidence from 0 to 10; 70 % and 70 are not silently taken for another scale."""
    if amount.value is None or (amount.was == Was.NUMBER and 0 <= amount.value <= 10):
        return amount, None
    unreadable = Amount(None, Was.ERROR, amount.raw, amount.formula)
    return unreadable, Trouble(S104, amount.raw, "which is not a number from 0 to 10", "Write 0 to 10.")


# --- what is wrong with the header ----------------------------------------------------------------


def _required(tab: TabSchema) -> tuple[Column, ...]:
    return tuple(column for column in tab.columns if column.required)


def _note_missing(sheet: Sheet, header: Header, findings: Findings) -> None:
    for column in header.missing:
        close = cells.nearest(column.name, header.free.values()) if header.free else ""
        suggestion = f'Write "{column.name}" into the header row, above what it is.'
        if close:
            suggestion = f'Did you mean the column "{close}"? Rename it to "{column.name}".'
        place = a1(header.row, min(header.columns.values(), default=1)) if header.row else ""
        findings.add(
            S101,
            sheet.name,
            place,
            what="column",
            name=column.name,
            where=f"tab {sheet.name}",
            suggestion=suggestion,
        )


def _note_renamed(table: Table, sheet: Sheet, slips: set[str]) -> None:
    """Missing columns of which a nameless or unknown one may be the renamed rest; slips are told already."""
    header, told = table.header, {*table.header.columns, *table.header.twice}
    columns = [
        c for c in table.tab.columns if c.field in _SCORED_BY and {c.field, c.name}.isdisjoint(told | slips)
    ]
    strays = _strays(table, sheet) if table.tab.key == "key_results" and columns else {}
    for column in columns:
        here = [at for at, cells_ in strays.items() if any(_fits(table, column, cell) for cell in cells_)]
        if here:
            places = " or ".join(f"{a1(header.row, at)} ({header.free.get(at, 'no header')})" for at in here)
            table.findings.add(
                S101,
                sheet.name,
                a1(header.row, here[0]),
                value=header.free.get(here[0], ""),
                what="column",
                name=column.name,
                where=f"tab {sheet.name}",
                suggestion=f'If it is the one below {places}, call that "{column.name}", or give its header '
                "in `mapping` in config.toml; if you keep none, add an empty column of that name, or put "
                f"{S101.code} into `[checks] ignore`.",
            )


def _strays(table: Table, sheet: Sheet) -> dict[int, list[Cell]]:
    """The filled cells beside the entries, by column, of the columns that are none of ours."""
    header = table.header
    ours = {*header.columns.values(), *(at for places in header.twice.values() for at in places)}
    found: dict[int, list[Cell]] = {}
    for row, _ in table.entries:
        for at, cell in sheet.rows[row].items():
            if at not in ours and not cells.is_blank(cell):
                found.setdefault(at, []).append(cell)
    return dict(sorted(found.items()))


def _fits(table: Table, column: Column, cell: Cell) -> bool:
    """Whether a cell could be a value of the column: an amount, or one of its choices."""
    value, trouble = _value(column, cell, table.number_format, Words.YES_NO)
    return trouble is None and (not isinstance(value, Amount) or value.value is not None)


def _note_slips(sheet: Sheet, header: Header, tab: TabSchema, findings: Findings) -> set[str]:
    """Headers that nearly say the name of a column which was not found: `Curent` beside no `Current`.

    Returns the names of those columns.
    """
    noted = set()
    lost = {
        name: column
        for column in tab.columns
        if column.field not in header.columns and column.field not in header.twice and not column.required
        for name in (column.name, *column.aliases)
        if column.type is not Type.OWNED
    }
    for at, text in header.free.items():
        if close := cells.nearest(text, lost, cutoff=_NEAR):
            name = lost[close].name
            noted.add(name)
            findings.add(
                S101,
                sheet.name,
                a1(header.row, at),
                value=text,
                what="column",
                name=name,
                where=f"tab {sheet.name}",
                suggestion=f'Did you mean the column "{text}"? Rename it to "{name}".',
            )
    return noted


def _note_twice(sheet: Sheet, header: Header, tab: TabSchema, findings: Findings) -> None:
    for field, (first, second, *_) in header.twice.items():
        column = tab.by_field[field]
        if column.type is not Type.OWNED:
            findings.add(
                S102,
                sheet.name,
                a1(header.row, second),
                value=column.name,
                name=f'The column "{column.name}"',
                other=a1(header.row, first),
                outcome="neither is read",
                suggestion="Delete one of the two, or give it another header.",
            )


def _note_second_header(sheet: Sheet, header: Header, row: int, findings: Findings) -> None:
    findings.add(
        S102,
        sheet.name,
        a1(row, 1),
        name="A header row",
        other=a1(header.row, 1),
        outcome="the rows below the second are not read",
        suggestion="Keep one table in this tab, or give both the same columns in the same order.",
    )

"""Made-up sheets and texts for the menu in Google Sheets: the same for Python and for its script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sync.core.grid import Cell, Grid, Kind, Sheet, Style
from sync.core.schema import BY_KEY, NUMBER_FORMATS, Column, TabSchema

TODAY = date(2026, 11, 18)
_MEASURES = (
    "Increase", "Decrease", "At least", "At most", "Between", "Milestone", "Yes/No", "Contributors", "KPI",
)  # fmt: skip
_STAGES = (
    "Design 20%; Build 60%; Launch 20%", "Design; Build; Launch", "Design 33.3%; Build 33.3%; Launch 33.4%",
    "Design (20 %); Build: 60%\nLaunch – 20%", "Design 20%; Build", "Design 50%; Build 40%", "",
)  # fmt: skip
_NUMBER_TEXTS = (
    "38", "1,234", "1.234", "1.234,5", "0,5", "5.9%", "62,5 %", "1 234", "1'234.5", "−5", "€3k", "12/5", "½",
    "n/a", "about 7", "1e3", "-0", "yes", "nein", "x", "Build", "build 60%", "3 of 10", "1e999", "", " ",
)  # fmt: skip
_DATE_TEXTS = ("2026-10-09", "09.10.2026", "03/04/2026", "31.02.2026", "9 Oct 2026", "soon", "9.10.26")
_STATUS = ("On track", "At risk", "Off track", "Paused", "Dropped", "Done", "on-track", "Fine")
_ERRORS = ("#REF!", "#N/A", "#DIV/0!")


def plain(value: Any) -> Any:
    """A value as JSON can say it: dates as ISO text."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else value


def as_json(grid: Grid) -> dict[str, Any]:
    """A grid as the script is given it."""
    return {
        "sheets": [
            {
                "name": sheet.name,
                "merged": list(sheet.merged),
                "rows": {
                    row: {at: _cell(cell) for at, cell in cells.items()} for row, cells in sheet.rows.items()
                },
            }
            for sheet in grid.sheets
        ]
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {"kind": cell.kind, "value": plain(cell.value), "style": cell.style, "formula": cell.formula}


def books(count: int, seed: int) -> Iterator[Grid]:
    """Sheets of teams as people leave them behind; most cells are sound, some of everything is not."""
    for at in range(count):
        yield _Book(Random(f"{seed}-{at}")).grid()  # noqa: S311  # sheets, no secrets


class _Book:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.number_format = chance.choice(("", "", *NUMBER_FORMATS))
        self.weighed = chance.random() < 0.25
        self.objectives = [f"MKT-O{n}" for n in range(1, chance.randint(1, 5) + 1)]
        self.key_results = [f"{o}-KR{n}" for o in self.objectives for n in range(1, chance.randint(1, 7) + 1)]

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def pick(self, options: Sequence[Any]) -> Any:
        return self.chance.choice(options)

    def grid(self) -> Grid:
        sheets = [self.team()]
        sheets.append(self.table("objectives", [self.objective(row_id) for row_id in self.objectives]))
        sheets.append(self.table("key_results", [self.key_result(row_id) for row_id in self.key_results]))
        if self.often(0.8):
            logged = [self.check_in() for _ in range(self.chance.randint(0, 25))]
            sheets.append(self.table("check_ins", logged))
        if self.often(0.2):
            sheets.append(
                self.table("initiatives", [{"initiative": self.text("Call them"), "kr_id": self.named()}])
            )
        self.chance.shuffle(sheets)
        return Grid(tuple(sheets))

    def team(self) -> Sheet:
        fields = {"Unit": "Marketing", "Level": self.pick(("Team", "Company", "team", "Squad", ""))}
        fields |= {
            "Parent": "Growth",
            "Cycle": self.pick(("2026-Q4", "Q4 2026", "2026-H2", "2026", "Autumn")),
        }
        fields["Number format"] = self.pick((self.number_format, self.number_format, "1;2"))
        fields["Template version"] = self.pick(("1", "0", ""))
        rows = {at: {1: self.text(name)} for at, name in enumerate(fields, start=3)}
        for at, value in enumerate(fields.values(), start=3):
            if value:
                rows[at][2] = self.text(value)
        if self.often(0.3):
            weight = self.amount((1, 2, 0.5, -1), broken=0.3)
            rows[12] = {1: self.text("Weight")} | ({2: weight} if weight else {})
        if self.often(0.5):
            starts, ends = date(2026, 10, 1), date(2026, 12, self.chance.randint(1, 31))
            rows[13] = {1: self.text("Starts"), 2: self.day(starts)}
            rows[14] = {1: self.text("Ends"), 2: self.day(ends)}
        return Sheet("Team", rows)

    def table(self, key: str, entries: list[dict[str, Any]]) -> Sheet:
        """The entries below a header of names and aliases in any order, which begins in any row."""
        tab = BY_KEY[key]
        columns = [column for column in tab.columns if column.required or self.often(0.97)]
        self.chance.shuffle(columns)
        top = self.chance.randint(1, 6)
        rows = {top: self.header(tab, columns)}
        if top > 1 and self.often(0.5):
            rows[1] = {1: self.text("Our goals this quarter")}
        for at, entry in enumerate(entries, start=top + 1):
            cells = {place: entry.get(column.field) for place, column in enumerate(columns, start=2)}
            rows[at] = {place: cell for place, cell in cells.items() if cell is not None}
        if self.often(0.1):
            rows[top + len(entries) + 1] = {2: self.text("Total")}
        title = str(tab.title) if self.often(0.8) else self.pick(tab.aliases)
        return Sheet(title, dict(sorted(rows.items())))

    def header(self, tab: TabSchema, columns: Sequence[Column]) -> dict[int, Cell]:
        names: dict[int, Cell] = {}
        for at, column in enumerate(columns, start=2):
            name = self.pick(column.aliases) if column.aliases and self.often(0.05) else column.name
            names[at] = self.text(self.pick((name, name, name.upper(), f" {name} ")))
            if self.often(0.01):
                names[at] = self.text(name[:-1])
        if tab.key == "key_results" and self.often(0.2):
            names[len(columns) + 3] = self.text("Our own")
        return names

    # --- rows

    def objective(self, row_id: str) -> dict[str, Any]:
        return {
            "id": self.id(row_id, self.objectives),
            "objective": self.maybe(self.text(f"Objective {row_id}"), 0.97),
            "owner": self.maybe(self.text("Kim Larsen"), 0.9),
            "status": self.maybe(self.text(self.pick(_STATUS)), 0.2),
            "ambition": self.maybe(self.text(self.pick(("Committed", "aspirational", "Wild"))), 0.5),
            "weight": self.weight(),
            "aligned_to": self.maybe(
                self.text(self.pick([*self.objectives, *self.key_results, "GRO-O1", "GRO-O1; MKT-O1"])), 0.4
            ),
        }

    def key_result(self, row_id: str) -> dict[str, Any]:
        measure = self.pick((*_MEASURES, "Increase", "increase", "Decrease", "", "", "Guess"))
        percent = self.often(0.25)
        amounts = {
            field: self.amount((0, 1, 2, 3, 10, 31, 45, 0.5, -3), percent=percent, broken=0.06)
            for field in ("start", "target", "current")
        }
        if measure in ("Yes/No", "Milestone") and self.often(0.7):
            amounts["current"] = self.pick((self.text("yes"), self.text("Build"), self.number(1), None))
        return {
            "id": self.id(row_id, self.key_results),
            "objective_id": self.objective_of(row_id),
            "key_result": self.maybe(self.text(f"Key result {row_id}"), 0.98),
            "owner": self.maybe(self.text("Ada Moreau"), 0.9),
            "measure": self.text(measure) if measure else None,
            **amounts,
            "confidence": self.amount((0, 3.5, 4, 7, 8, 10, 70), broken=0.03),
            "status": self.maybe(self.text(self.pick(_STATUS)), 0.25),
            "comment": self.maybe(self.text("=not a formula"), 0.2),
            "last_check_in": self.maybe(self.some_day(), 0.6),
            "weight": self.weight(),
            "starts": self.maybe(self.some_day(), 0.1),
            "due": self.maybe(self.some_day(), 0.1),
            "milestones": self.maybe(self.text(self.pick(_STAGES)), 0.9 if measure == "Milestone" else 0.05),
            "progress": Cell(Kind.NUMBER, 0.5, Style.PERCENT, formula=True),
        }

    def check_in(self) -> dict[str, Any]:
        return {
            "date": self.maybe(self.some_day(), 0.97),
            "kr_id": self.named(),
            "value": self.amount((0, 1, 2, 10, 31, 38, 0.5), percent=self.often(0.2), broken=0.04),
            "confidence": self.amount((1, 5, 9), broken=0.03),
            "status": self.maybe(self.text(self.pick(_STATUS)), 0.2),
            "what_changed": self.maybe(self.text("We asked"), 0.3),
        }

    def named(self) -> Cell | None:
        ids = self.key_results
        others = (f"Key result {ids[0]}", f"{ids[-1]} · Key result", "MKT-99", "")
        name = self.pick(ids) if self.often(0.93) else self.pick(others)
        return self.text(name) if name else None

    def objective_of(self, row_id: str) -> Cell | None:
        own = row_id.partition("-KR")[0]
        others = (f"Objective {own}", f"{own} · words", own.lower(), "MKT-01", "", "Nothing")
        name = own if self.often(0.93) else self.pick(others)
        return self.text(name) if name else None

    # --- cells

    def text(self, words: str) -> Cell:
        return Cell(Kind.TEXT, words)

    def number(self, value: float, style: Style = Style.PLAIN) -> Cell:
        return Cell(Kind.NUMBER, float(value), style, formula=self.often(0.05))

    def day(self, value: date) -> Cell:
        return Cell(Kind.DATE, value, Style.DATE)

    def maybe(self, cell: Cell, share: float) -> Cell | None:
        return cell if self.often(share) else None

    def id(self, row_id: str, ids: Sequence[str]) -> Cell | None:
        return self.text(row_id if self.often(0.97) else self.pick(ids)) if self.often(0.95) else None

    def weight(self) -> Cell | None:
        if self.weighed and self.often(0.97):
            return self.amount((1, 2, 0.5, 0), percent=self.often(0.1))
        kind = self.pick(("none",) * 12 + ("some", "bad"))
        if kind == "none":
            return None
        return self.amount((0, 1, 2, 0.5) if kind == "some" else (-1, 1), percent=self.often(0.2), broken=0.1)

    def some_day(self) -> Cell:
        if self.often(0.07):
            odd = (self.text(self.pick(_DATE_TEXTS)), self.number(46000), Cell(Kind.ERROR, "#N/A"))
            return odd[self.chance.randrange(3)]
        return self.day(date(2026, 9, 20) + timedelta(days=self.chance.randint(0, 110)))

    def amount(self, values: Sequence[float], *, percent: bool = False, broken: float = 0.0) -> Cell | None:
        if self.often(broken):
            odd = (
                self.text(self.pick(_NUMBER_TEXTS)), Cell(Kind.ERROR, self.pick(_ERRORS)),
                Cell(Kind.UNCALCULATED, None, formula=True), Cell(Kind.BOOL, self.often(0.5)),
                self.day(TODAY), Cell(Kind.NUMBER, 1e308), Cell(Kind.NUMBER, 0.3, Style.PERCENT),
            )  # fmt: skip
            return odd[self.chance.randrange(len(odd))]
        if self.often(0.12):
            return None
        value = self.pick(values) + (self.chance.random() if self.often(0.4) else 0)
        return self.number(value, Style.PERCENT if percent else Style.PLAIN)


def texts_of(count: int, seed: int) -> list[str]:
    """Texts that look like numbers in some country, or nearly."""
    chance = Random(seed)  # noqa: S311  # as above
    made = [
        "".join(chance.choice("0123456789.,' %-+\u00a0\u202f−eEk€") for _ in range(chance.randint(1, 9)))
        for _ in range(count)
    ]
    return [*_NUMBER_TEXTS, *made]


def date_texts(count: int, seed: int) -> list[str]:
    """Texts that look like days, or nearly."""
    chance = Random(seed)  # noqa: S311  # as above
    made = []
    for _ in range(count):
        day, month = chance.randint(0, 33), chance.randint(0, 14)
        year = chance.choice(("2026", "26", "1987", "2150", "0000", "2024"))
        name = chance.choice(("Oct", "October", "sept", "Mai", "february", "DEC"))
        forms = (
            f"{year}-{month:02}-{day:02}", f"{day}.{month}.{year}", f"{day}. {month}. {year}",
            f"{day}/{month}/{year}", f"{month}-{day}-{year}", f"{day} {name} {year}", f"{name} {day}, {year}",
            f"{day}th {name} {year}", f"{year}/{month}/{day} 12:30", f"{year}-{month:02}-{day:02}T09:00:00Z",
        )  # fmt: skip
        made.append(chance.choice(forms))
    return [*_DATE_TEXTS, *made]

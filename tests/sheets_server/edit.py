"""One caller's changes to one book: finding sheets and ranges, and what protection forbids."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.sheets_server import a1
from tests.sheets_server.a1 import Area
from tests.sheets_server.errors import Json, Refusal, invalid
from tests.sheets_server.formulas import Evaluator
from tests.sheets_server.locales import Locale, of
from tests.sheets_server.model import CELL_LIMIT, Book, Sheet
from tests.sheets_server.world import World

_PROTECTED = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)


@dataclass
class Edit:
    """`owner` is the file's owner, whom no protection stops."""

    world: World
    book: Book
    who: str
    owner: str

    @property
    def locale(self) -> Locale:
        return of(self.book.locale)

    @property
    def evaluator(self) -> Evaluator:
        return self.world.evaluator(self.book)

    @contextlib.contextmanager
    def atomic(self) -> Iterator[None]:
        """Whatever is raised inside, the book is as it was before."""
        before = self.book.snapshot()
        try:
            yield
        except BaseException:
            self.book.restore(before)
            raise

    def sheet(self, sheet_id: int) -> Sheet:
        """The sheet with that id. Raises Refusal."""
        found = self.book.by_id(sheet_id)
        if found is None:
            raise invalid(f"No grid with id: {sheet_id}")
        return found

    def area(self, grid: Json) -> tuple[Sheet, Area]:
        """Sheet and closed area of a GridRange. Raises Refusal where it lies outside."""
        sheet = self.sheet(grid.get("sheetId", 0))
        area = Area.from_grid(grid)
        beyond = (area.bottom or 0) > sheet.rows or (area.right or 0) > sheet.columns
        closed = area.clipped(sheet.rows, sheet.columns)
        if beyond or closed.height < 0 or closed.width < 0 or area.top < 0 or area.left < 0:
            raise invalid(
                f"Range ({self.text(area)}) exceeds grid limits. "
                f"Max rows: {sheet.rows}, max columns: {sheet.columns}"
            )
        return sheet, closed

    def text(self, area: Area) -> str:
        """A1 text of an area, for messages and answers."""
        sheet = self.sheet(area.sheet)
        closed = Area(area.sheet, area.top, area.left, area.bottom or sheet.rows, area.right or sheet.columns)
        return a1.written(closed, sheet.title)

    def resolve(self, text: str) -> tuple[Sheet, Area]:
        """Sheet and area, clipped at its ends, of A1 text, a title or a named range. Raises Refusal (400)."""
        sheet, area = self.parsed(text)
        if area.top >= sheet.rows or area.left >= sheet.columns:
            shown = a1.quoted(sheet.title) + "!" + text.rpartition("!")[2]
            raise invalid(
                f"Range ({shown}) exceeds grid limits. Max rows: {sheet.rows}, max columns: {sheet.columns}"
            )
        return sheet, area.clipped(sheet.rows, sheet.columns)

    def parsed(self, text: str) -> tuple[Sheet, Area]:
        """The same with its open ends."""
        title, inside = a1.split(text)
        sheet = self.book.by_title(title) if title is not None else None
        if title is not None and sheet is None:
            raise invalid(f"Unable to parse range: {text}")
        if inside is None and sheet is not None:
            return sheet, Area(sheet.id)
        home = sheet or self.book.first()
        found = a1.cells(inside or "", home.id)
        if found is not None:
            return home, found
        for one in self.book.named_ranges:
            if one["name"].casefold() == (inside or "").casefold():
                return self.area(one["range"])
        named = self.book.by_title(inside or "") if sheet is None else None
        if named is None:
            raise invalid(f"Unable to parse range: {text}")
        return named, Area(named.id)

    def guard_sheet(self, sheet: Sheet) -> None:
        """Raises Refusal when the sheet as a whole is protected from this caller."""
        for protection in sheet.objects["protectedRanges"]:
            if self.protected_area(protection) == Area(sheet.id) and not self.may_edit(protection):
                raise Refusal(400, _PROTECTED)

    def may_edit(self, protection: Json) -> bool:
        """Whether a protected range lets this caller in."""
        editors = protection.get("editors", {}).get("users", ())
        return bool(self.who == self.owner or protection.get("warningOnly") or self.who in editors)

    def guard(self, area: Area) -> None:
        """Raises Refusal when the area holds cells that are protected from this caller."""
        for protection in self.sheet(area.sheet).objects["protectedRanges"]:
            if self.may_edit(protection) or not area.meets(self.protected_area(protection)):
                continue
            free = [Area.from_grid(one) for one in protection.get("unprotectedRanges", ())]
            if not any(_inside(area, one) for one in free):
                raise Refusal(400, _PROTECTED)

    def guard_protection(self, protection: Json) -> None:
        """Only those whom a protection lets in may change it."""
        if not self.may_edit(protection):
            raise Refusal(400, _PROTECTED)

    def protected_area(self, protection: Json) -> Area:
        named = protection.get("namedRangeId")
        if named:
            grid = next(
                (one["range"] for one in self.book.named_ranges if one["namedRangeId"] == named), None
            )
            if grid is not None:
                return Area.from_grid(grid)
        return Area.from_grid(protection.get("range", {}))

    def check_size(self) -> None:
        """Raises Refusal when the book has too many cells."""
        if self.book.cell_count() > CELL_LIMIT:
            raise invalid(
                "This action would increase the number of cells in the workbook above the limit of "
                f"{CELL_LIMIT} cells."
            )


def _inside(area: Area, outer: Area) -> bool:
    return (
        area.sheet == outer.sheet
        and area.top >= outer.top
        and area.left >= outer.left
        and (outer.bottom is None or (area.bottom is not None and area.bottom <= outer.bottom))
        and (outer.right is None or (area.right is not None and area.right <= outer.right))
    )

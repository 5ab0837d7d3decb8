"""What the buttons count on in a spreadsheet program: small named checks on a scratch workbook.

The tests run them on the programs that stand in for Excel; `okrsync addin selftest` runs them in the user's
own Excel. Each check has a tab of its own, uses xlwings' public words only, and gives "" or a sentence that
says what was different.
"""

# ruff: noqa: ANN401 - workbooks and tabs are xlwings', which is only imported where Excel is spoken to

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple


class Check(NamedTuple):
    """A check: `see` gets an empty tab and gives "" or what was different."""

    name: str
    see: Callable[[Any], str]
    computes: bool = False
    """Whether the program has to calculate formulas for it."""


class Outcome(NamedTuple):
    """What came out of a check."""

    name: str
    said: str

    @property
    def ok(self) -> bool:
        """Whether all was as it has to be."""
        return not self.said


def run(book: Any, *, computes: bool = True) -> Iterator[Outcome]:
    """What came out of each check, one by one. The workbook has to be a scratch one: tabs come and go."""
    for check in CHECKS:
        if computes or not check.computes:
            yield Outcome(check.name, seen(book, check))


def seen(book: Any, check: Check) -> str:
    """The check's sentence; an error of the program, whatever its class, is one too."""
    sheet = None
    try:
        sheet = book.sheets.add(after=book.sheets[len(book.sheets) - 1])
        return check.see(sheet)
    except Exception as error:  # noqa: BLE001 - each program and each xlwings engine has classes of its own
        return f"It stopped with {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    finally:
        if sheet is not None:
            sheet.delete()


def _differs(what: str, expected: object, found: object) -> str:
    same = type(expected) is type(found) and expected == found
    return "" if same else f"{what} is {found!r} instead of {expected!r}."


def _first(*sentences: str) -> str:
    return next(filter(None, sentences), "")


FORMULA_LIKE = ("=1+1", "+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0")
NUMBER_LIKE = ("007", "1E5", "12/5", "2026-01-31", "TRUE", "45 %")


def _text_in_text_cells(sheet: Any) -> str:
    texts = [*FORMULA_LIKE, *NUMBER_LIKE]
    cells = sheet.range((1, 1), (len(texts), 1))
    cells.number_format = "@"
    cells.value = [[text] for text in texts]
    return _differs("Text in cells with the format Text", texts, cells.options(ndim=1).value)


def _text_after_apostrophe(sheet: Any) -> str:
    texts = [*FORMULA_LIKE, *NUMBER_LIKE]
    cells = sheet.range((1, 1), (1, len(texts)))
    cells.value = [[f"'{text}" for text in texts]]
    return _differs("Text written behind an apostrophe", texts, cells.options(ndim=1).value)


def _long_text(sheet: Any) -> str:
    text = "Größe – 目標 🎯 " * 300
    sheet.range("B2").value = text
    return _differs("A text of 4,000 characters", text, sheet.range("B2").value)


def _lines(sheet: Any) -> str:
    sheet.range("A1").value = "one\ntwo"
    return _differs("A text of two lines", "one\ntwo", sheet.range("A1").value)


def _numbers(sheet: Any) -> str:
    numbers = [0.0, -1.5, 1e-7, 123_456_789.25]
    sheet.range("A1:D1").value = [numbers]
    return _differs("A row of numbers", numbers, sheet.range("A1:D1").options(ndim=1).value)


def _empty(sheet: Any) -> str:
    sheet.range("A1:C1").value = [["gone", 0.0, "stays"]]
    sheet.range("A1").value = None
    found = sheet.range("A1:D1").options(ndim=1).value
    return _differs("Empty cells and a zero", [None, 0.0, "stays", None], found)


def _dates(sheet: Any) -> str:
    cells = sheet.range("A1:A2")
    cells.number_format = "yyyy-mm-dd"
    days = [datetime(2026, 1, 31), datetime(2024, 2, 29)]  # noqa: DTZ001 - a day in a sheet has no zone
    cells.value = [[day] for day in days]
    return _first(
        _differs("A column of days", days, cells.options(ndim=1).value),
        _differs("The format of days", "yyyy-mm-dd", cells.number_format),
    )


def _percent(sheet: Any) -> str:
    sheet.range("A1:A2").number_format = "0%"
    sheet.range("A1:A2").value = [[0.25], [1.0]]
    return _first(
        _differs("A share", [0.25, 1.0], sheet.range("A1:A2").options(ndim=1).value),
        _differs("The format of shares", "0%", sheet.range("A1:A2").number_format),
    )


def _block(sheet: Any) -> str:
    rows = [["a", 1.0, None], [None, "b", 2.0]]
    sheet.range("B3").value = rows
    return _first(
        _differs("A block", rows, sheet.range("B3:D4").options(ndim=2).value),
        _differs("One cell as a block", [["a"]], sheet.range("B3").options(ndim=2).value),
        _differs("A column as a block", [["a"], [None]], sheet.range("B3:B4").options(ndim=2).value),
    )


def _colours(sheet: Any) -> str:
    cells = sheet.range("B2:B3")
    before = cells.color
    cells.color = (255, 199, 206)
    during = cells.color
    cells.color = None
    return _first(
        _differs("The colour of a new cell", None, before),
        _differs("A colour", (255, 199, 206), during and tuple(int(part) for part in during)),
        _differs("The colour that was taken away", None, cells.color),
    )


def _looks(sheet: Any) -> str:
    sheet.range("A1:B1").font.bold = True
    sheet.range("A1:A2").wrap_text = True
    sheet.range("A1").column_width = 40
    width = sheet.range("A1").column_width
    return _first(
        _differs("Bold", True, bool(sheet.range("B1").font.bold)),
        _differs("Wrapped text", True, bool(sheet.range("A2").wrap_text)),
        "" if abs(width - 40) < 1 else f"The width of a column is {width} instead of 40.",
    )


def _names(sheet: Any) -> str:
    names = sheet.book.names
    names.add("okrsync_selftest", '="a-b-c"')
    found = names["okrsync_selftest"].refers_to
    missing = "okrsync_nothing" in names
    names["okrsync_selftest"].delete()
    return _first(
        _differs("A defined name with a text", '="a-b-c"', found),
        _differs("Whether an unknown name is there", False, missing),
        _differs("Whether a deleted name is there", False, "okrsync_selftest" in names),
    )


def _tables(sheet: Any) -> str:
    sheet.range("A1:B2").value = [["ID", "Comment"], ["KR1", "first"]]
    sheet.tables.add(source=sheet.range("A1:B2"), name="okrsync_selftest_table")
    table = sheet.tables["okrsync_selftest_table"]
    table.resize(sheet.range("A1:B3"))
    return _differs("A table that grew", "$A$1:$B$3", sheet.tables["okrsync_selftest_table"].range.address)


def _below_hidden_rows(sheet: Any) -> str:
    """Rows are added below the last used one, also where a filter hides it."""
    sheet.range("A1:A4").value = [["Date"], ["one"], ["two"], ["three"]]
    sheet.range("A3:A4").row_height = 0
    used = sheet.used_range
    below = used.row + used.shape[0]
    sheet.range((below, 1)).value = "four"
    found = sheet.range("A1:A5").options(ndim=1).value
    return _differs("A row added below hidden ones", ["Date", "one", "two", "three", "four"], found)


def _new_tab(sheet: Any) -> str:
    book = sheet.book
    added = book.sheets.add("Review 2026-01-31", after=book.sheets[len(book.sheets) - 1])
    last = book.sheets[len(book.sheets) - 1].name
    added.range("A1").value = "agenda"
    found = book.sheets["Review 2026-01-31"].range("A1").value
    added.delete()
    return _first(
        _differs("The name of the last tab", "Review 2026-01-31", last),
        _differs("The text in a new tab", "agenda", found),
        _differs(
            "Whether a deleted tab is there", False, "Review 2026-01-31" in [s.name for s in book.sheets]
        ),
    )


def _selection(sheet: Any) -> str:
    sheet.activate()
    sheet.range("C5").select()
    chosen = sheet.book.app.selection
    return _differs("The selected row", 5, chosen and chosen.row)


def _formulas(sheet: Any) -> str:
    sheet.range("A1:A3").value = [[1], [2], ["=SUM(A1:A2)"]]
    return _first(
        _differs("The formula in a cell", "=SUM(A1:A2)", sheet.range("A3").formula),
        _differs("A text as a formula", "", _formula_of_text(sheet)),
    )


def _formula_of_text(sheet: Any) -> str:
    """What is wrong with a plain text's formula, which is the text itself."""
    sheet.range("C1").value = "plain"
    return _differs("The formula of a text", "plain", sheet.range("C1").formula)


def _computed(sheet: Any) -> str:
    sheet.range("A1:A4").value = [[1], [2], ["=A1+A2"], ["=1/0"]]
    return _first(
        _differs("A sum", 3.0, sheet.range("A3").value),
        _differs("An error", None, sheet.range("A4").value),
        _differs("An error as text", "#DIV/0!", sheet.range("A4").options(err_to_str=True).value),
    )


CHECKS = (
    Check("text stays text in cells with the format Text", _text_in_text_cells),
    Check("text stays text behind an apostrophe", _text_after_apostrophe),
    Check("a long text with letters of all kinds", _long_text),
    Check("a text of several lines", _lines),
    Check("numbers", _numbers),
    Check("empty cells and zero differ", _empty),
    Check("days and their format", _dates),
    Check("shares and their format", _percent),
    Check("blocks of cells keep their shape", _block),
    Check("colours come and go", _colours),
    Check("bold, wrapped text and width", _looks),
    Check("defined names", _names),
    Check("tables grow", _tables),
    Check("rows are added below hidden ones", _below_hidden_rows),
    Check("a new tab", _new_tab),
    Check("the selection", _selection),
    Check("formulas are written and read", _formulas),
    Check("formulas are calculated", _computed, computes=True),
)

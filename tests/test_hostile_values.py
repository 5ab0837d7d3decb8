"""Each value fault in a real file, through `okrsync check`: a value, or a problem that helps (TRUST 5-8)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sync.core.model import Was
from tests.company import TODAY, okrsync
from tests.grids import ERRORS, TEAM
from tests.hostile import Found, book, checked, rows_of, text_cell

CURRENT, DUE, TEXT = "Key Results!H2", "Key Results!K2", "Key Results!C2"
PERCENT, DATE, AS_TEXT = 1, 2, 3  # styles of the workbook


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Marketing.xlsx"


def number(place: str, value: str, style: int = 0) -> dict[str, str]:
    reference = place.partition("!")[2]
    return {place: f'<c r="{reference}" s="{style}"><v>{value}</v></c>'}


def typed(place: str, text: str) -> dict[str, str]:
    return {place: text_cell(place.partition("!")[2], text)}


def declared(number_format: str) -> str:
    return TEAM + (f"\n    Number format | {number_format}\n" if number_format else "")


def only(path: Path, code: str, place: str) -> Found:
    """The one problem of the file, which names the place in its message as well."""
    [problem] = checked(path).problems
    assert (problem.code, problem.place) == (code, place)
    assert place in problem.message
    return problem


# --- errors and formulas ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", (*ERRORS, "#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "Loading...")
)
def test_trust_05_error_texts_of_excel_and_sheets(file: Path, error: str) -> None:
    file.write_bytes(book(raw={CURRENT: f'<c r="H2" t="e"><f>1/0</f><v>{error}</v></c>'}))
    problem = only(file, "S103", CURRENT)
    assert (problem.value, problem.hint) == (error, "Mend the formula, or type the value in its place.")
    assert error in problem.message
    amount = rows_of(file).key_results[0].current
    assert (amount.value, amount.was, amount.raw) == (None, Was.ERROR, error)


@pytest.mark.parametrize(
    "xml",
    (
        '<c r="H2"><f>1+1</f></c>',
        '<c r="H2"><f>1+1</f><v/></c>',
        '<c r="H2" t="str"><f>A1</f></c>',
        '<c r="H2"><f t="array" ref="H2">SORT(A1)</f><v></v></c>',
    ),
)
def test_trust_05_formulas_without_a_cached_value(file: Path, xml: str) -> None:
    file.write_bytes(book(raw={CURRENT: xml}))
    assert "let it calculate, and save it" in only(file, "S106", CURRENT).hint
    assert rows_of(file).key_results[0].current.value is None


# --- numbers as text ----------------------------------------------------------------------------------

# text · declared format · the number that it is, or words of the message and its hint
NUMBERS: tuple[tuple[str, str, float | str], ...] = (
    ("1,234.5", "", 1234.5),
    ("1,234.5", "1,234.5", 1234.5),
    ("1,234.5", "1.234,5", "not a number in the format 1.234,5. Did you mean 1234,5?"),
    ("1.234,5", "", 1234.5),
    ("1.234,5", "1.234,5", 1234.5),
    ("1.234,5", "1,234.5", "not a number in the format 1,234.5. Did you mean 1234.5?"),
    ("1.234", "", "could be 1.234 or 1234. Type it into a cell formatted as a number"),
    ("1.234", "1.234,5", 1234.0),
    ("1.234", "1,234.5", 1.234),
    ("45 %", "", 0.45),
    ("45\u00a0%", "1.234,5", 0.45),
    ("45%", "1'234.5", 0.45),
    ("€3k", "", "not a number. Did you mean 3000? Write the number alone"),
    ("€3k", "1.234,5", "Did you mean 3000?"),
    ("1\u00a0234", "1 234,5", 1234.0),
    ("1\u202f234", "1 234,5", 1234.0),
    ("1 234", "1 234,5", 1234.0),
    ("1\u00a0234", "", "is 1234 only if a blank groups digits"),
    ("1\u202f234", "", "is 1234 only if a blank groups digits"),
    ("1\u00a0234", "1,234.5", "Did you mean 1234?"),
    ("\u22125", "", -5.0),
    ("\u22125", "1.234,5", -5.0),
    ("\u20135", "", "not a number"),  # a dash is no minus
    ("½", "", "Did you mean 0.5?"),
    ("½", "1.234,5", "Did you mean 0,5?"),
    ("1e3", "", 1000.0),
    ("1E3", "1.234,5", 1000.0),
    ("12/5", "", "Did you mean 2.4?"),
    ("12/5", "1.234,5", "Did you mean 2,4?"),
)


@pytest.mark.parametrize(("text", "number_format", "expected"), NUMBERS)
def test_trust_07_numbers_typed_as_text(
    file: Path, text: str, number_format: str, expected: float | str
) -> None:
    file.write_bytes(book(team=declared(number_format), raw=typed(CURRENT, text)))
    amount = rows_of(file).key_results[0].current
    if isinstance(expected, str):
        problem = only(file, "S104", CURRENT)
        assert problem.value == text
        assert expected in f"{problem.message} {problem.hint}"
        assert (amount.value, amount.raw) == (None, text)
    else:
        assert checked(file).problems == [] or amount.was == Was.PERCENT  # beside plain numbers (S114)
        assert amount.value == expected


# --- dates --------------------------------------------------------------------------------------------

_1904 = '<workbookPr date1904="1"/>'
DATES: tuple[tuple[dict[str, str], str, date | str], ...] = (
    (number(DUE, "46304", DATE), "", date(2026, 10, 9)),
    (number(DUE, "46304.75", DATE), "", date(2026, 10, 9)),
    (number(DUE, "44842", DATE), _1904, date(2026, 10, 9)),
    (number(DUE, "60", DATE), "", '"60", which is not a date. Write it as year-month-day'),
    (number(DUE, "-3", DATE), "", '"-3", which is not a date. Write it as year-month-day'),
    (number(DUE, "-3", DATE), _1904, '"-3", which is not a date'),
    (number(DUE, "60", DATE), _1904, '"1904-03-01", which is not between 1990 and 2100'),
    (number(DUE, "2958466", DATE), "", '"2958466", which is not a date'),
    (number(DUE, "46304"), "", "Format the cell as a date; it then shows 2026-10-09"),
    (number(DUE, "0.5", DATE), "", '"0.5", which is not a date'),
    ({DUE: '<c r="K2" t="d"><v>2026-10-09</v></c>'}, "", date(2026, 10, 9)),
    ({DUE: '<c r="K2" t="d"><v>2026-02-30</v></c>'}, "", "S103"),
    (typed(DUE, "2026-10-09"), "", date(2026, 10, 9)),
    (typed(DUE, "2026-10-09T08:30:00Z"), "", date(2026, 10, 9)),
    (typed(DUE, "09.10.2026"), "", date(2026, 10, 9)),
    (typed(DUE, "03/04/2026"), "", "could be 2026-03-04 or 2026-04-03. Write 2026-03-04 or 2026-04-03"),
    (typed(DUE, "31.02.2026"), "", "no day of the calendar"),
    (typed(DUE, "soon"), "", "which is not a date"),
)


@pytest.mark.parametrize(("raw", "properties", "expected"), DATES)
def test_trust_07_dates(file: Path, raw: dict[str, str], properties: str, expected: date | str) -> None:
    file.write_bytes(book(raw=raw, properties=properties))
    due = rows_of(file).key_results[0].due
    if isinstance(expected, date):
        assert (due, checked(file).problems) == (expected, [])
    elif expected == "S103":
        assert only(file, "S103", DUE).value == "2026-02-30"
    else:
        problem = only(file, "S105", DUE)
        assert expected in f"{problem.message} {problem.hint}"
        assert due is None


# --- texts --------------------------------------------------------------------------------------------

# as it stands in the file · the text of the key result
TEXTS = (
    ("a_x0000_b", "a\ufffdb"),
    ("a_x0007__x001B_b", "a\ufffd\ufffdb"),
    ("half _xD83D_", "half \ufffd"),
    ("_xDE00__xD83D_", "\ufffd\ufffd"),
    ("whole _xD83D__xDE00_", "whole 😀"),
    ("a_x000D_b", "a\rb"),
    ("a_x005F_x000D_b", "a_x000D_b"),
    ("😀 👩‍🚀 e\u0301", "😀 👩‍🚀 e\u0301"),
    ("\u202egnp.exe\u202c \u2066x\u2069", "\u202egnp.exe\u202c \u2066x\u2069"),
    ("zero\u200bwidth\ufeff", "zero\u200bwidth\ufeff"),
    ("\u0085next", "next"),
)


@pytest.mark.parametrize(("spelled", "text"), TEXTS)
def test_trust_08_texts(file: Path, spelled: str, text: str) -> None:
    file.write_bytes(book(raw=typed(TEXT, spelled)))
    assert checked(file).problems == []
    assert rows_of(file).key_results[0].key_result == text


@pytest.mark.parametrize("text", ("\u202e5", "5\u200b", "a\x1b[31mb"))
def test_trust_28_a_text_that_steers_the_terminal_is_printed_harmless(file: Path, text: str) -> None:
    spelled = text.replace("\x1b", "_x001B_")
    file.write_bytes(book(raw=typed(CURRENT, spelled)))
    only(file, "S104", CURRENT)
    said = okrsync("check", str(file), "--as-of", TODAY).out
    assert "Current in Key Results!H2" in said
    assert all(character.isprintable() or character == "\n" for character in said)


@pytest.mark.parametrize("control", ("\0", "\x07", "\ufffe"))
def test_control_characters_that_no_xml_may_hold_are_damage(file: Path, control: str) -> None:
    file.write_bytes(book(raw=typed(TEXT, f"a{control}b")))
    [problem] = checked(file).problems
    assert problem.code == "S110"
    assert "the file is damaged: its part xl/worksheets/Tab3.xml is no XML" in problem.message
    assert problem.hint.startswith("Open it in Excel and save it again")


def test_more_than_a_cell_can_hold(file: Path) -> None:
    file.write_bytes(book(raw=typed(TEXT, "x" * 40_000)))
    problem = only(file, "S113", TEXT)
    assert "is 40000 characters long; the first 32,767 are kept" in problem.message
    assert problem.hint.startswith("Shorten the text")
    assert rows_of(file).key_results[0].key_result == "x" * 32_767

"""One cell at a time: numbers under declared formats, dates, ids, texts and choices (TRUST 5-8)."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core import cells, dates, numerals
from sync.core.cells import Trouble, Words
from sync.core.grid import BLANK, Cell, Kind, Style
from sync.core.model import Amount, Was
from sync.core.schema import NUMBER_FORMATS
from tests.grids import ERRORS, number, text

FORMATS = tuple(NUMBER_FORMATS)


def told(result: tuple[object, Trouble | None]) -> Trouble:
    """The trouble of a reading that has to have one."""
    assert result[1] is not None
    return result[1]


# --- TRUST 7: numbers in text ---------------------------------------------------------------------

# text, then the number under 1,234.5 · 1.234,5 · 1 234,5 · 1'234.5 · no declared format (None: a problem)
READINGS = (
    ("1234", 1234, 1234, 1234, 1234, 1234),
    ("+5", 5, 5, 5, 5, 5),
    ("-7", -7, -7, -7, -7, -7),
    ("\u22125", -5, -5, -5, -5, -5),
    ("0.5", 0.5, None, None, 0.5, 0.5),
    ("0,5", None, 0.5, 0.5, None, 0.5),
    (".5", 0.5, None, None, 0.5, 0.5),
    ("3.75", 3.75, None, None, 3.75, 3.75),
    ("1,234.5", 1234.5, None, None, None, 1234.5),
    ("1.234,5", None, 1234.5, None, None, 1234.5),
    ("1'234.5", None, None, None, 1234.5, 1234.5),
    ("1’234", None, None, None, 1234, 1234),
    ("1.234", 1.234, 1234, None, 1.234, None),
    ("1,234", 1234, 1.234, 1.234, None, None),
    ("1,234,567", 1234567, None, None, None, 1234567),
    ("1 234", None, None, 1234, None, None),
    ("1\u00a0234,5", None, None, 1234.5, None, None),
    ("1\u202f234", None, None, 1234, None, None),
    ("1 234\u00a0567", None, None, None, None, None),
    ("1,23,4", None, None, None, None, None),
    ("1,234,56", None, None, None, None, None),
    ("0,123", None, 0.123, 0.123, None, 0.123),
    ("12,345.67.8", None, None, None, None, None),
    ("5.", None, None, None, None, None),
    ("1e3", 1000, 1000, 1000, 1000, 1000),
    ("1,234e3", None, 1234, 1234, None, 1234),
    ("1e999", None, None, None, None, None),
    ("1e-999", None, None, None, None, None),
    ("0e-999", 0, 0, 0, 0, 0),
    ("9" * 400, None, None, None, None, None),
    ("--5", None, None, None, None, None),
    ("5-", None, None, None, None, None),
    ("(5)", None, None, None, None, None),
    ("١٢", None, None, None, None, None),
    ("1_000", None, None, None, None, None),
    ("inf", None, None, None, None, None),
    ("nan", None, None, None, None, None),
    ("0x10", None, None, None, None, None),
    ("%", None, None, None, None, None),
    ("12\u200b", None, None, None, None, None),
)


@pytest.mark.parametrize(("typed", "english", "german", "french", "swiss", "undeclared"), READINGS)
def test_trust_07_text_is_read_under_the_declared_format_only(
    typed: str,
    english: float | None,
    german: float | None,
    french: float | None,
    swiss: float | None,
    undeclared: float | None,
) -> None:
    for number_format, expected in zip(
        (*FORMATS, ""), (english, german, french, swiss, undeclared), strict=True
    ):
        read, trouble = cells.amount(text(typed), number_format)
        if expected is None:
            assert (read.value, read.was, read.raw) == (None, Was.ERROR, typed)
            assert trouble is not None
            assert trouble.rule.code == "S104"
        else:
            assert (read.value, read.was, trouble) == (expected, Was.NUMBER, None)


@pytest.mark.parametrize(
    ("typed", "number_format", "value"),
    (
        ("62,5 %", "1.234,5", 0.625),
        ("62,5\u202f%", "1 234,5", 0.625),
        ("45%", "", 0.45),
        ("5.9 %", "1,234.5", 0.059),
        ("-3%", "", -0.03),
        ("1.250 %", "1.234,5", 12.5),
    ),
)
def test_percent_text_is_a_fraction_under_the_declared_format(
    typed: str, number_format: str, value: float
) -> None:
    assert cells.amount(text(typed), number_format) == (Amount(value, Was.PERCENT, typed), None)


@pytest.mark.parametrize(
    ("typed", "number_format", "words"),
    (
        ("€3k", "", "3000"),
        ("$1,200", "1,234.5", "1200"),
        ("1 234 pcs", "", "1234"),
        ("1 234", "", "1234 only if a blank groups digits"),
        ("2.5M", "1,234.5", "2500000"),
        ("3,5 k€", "1.234,5", "3500"),
        ("½", "", "0.5"),
        ("½", "1.234,5", "0,5"),
        ("12/5", "", "2.4"),
        ("1.234", "", "1.234 or 1234"),
        ("0,5", "1,234.5", "0.5"),
        ("4o", "", "Did you mean 4?"),
        ("about forty", "", "Write the number alone, for example 12 or 12.5."),
        ("5-10", "", "Write the number alone"),
    ),
)
def test_trust_33_the_suggestion_names_the_number_that_is_probably_meant(
    typed: str, number_format: str, words: str
) -> None:
    trouble = told(cells.amount(text(typed), number_format))
    assert words in f"{trouble.reason} {trouble.suggestion}"


def written(value: float, number_format: str, places: int) -> str:
    return numerals.write(value, number_format, decimals=places)


@given(
    units=st.integers(-(10**12), 10**12),
    places=st.integers(0, 6),
    number_format=st.sampled_from(FORMATS),
    percent=st.booleans(),
)
def test_trust_07_what_a_format_writes_it_reads_back(
    units: int, places: int, number_format: str, *, percent: bool
) -> None:
    value = float(f"{units}e-{places}")
    typed = written(value, number_format, places) + (" %" if percent else "")
    expected = float(f"{units}e-{places + 2}") if percent else value
    read, trouble = cells.amount(text(typed), number_format)
    assert (read.value, read.was, trouble) == (expected, Was.PERCENT if percent else Was.NUMBER, None)


@given(
    units=st.integers(-(10**12), 10**12),
    places=st.integers(0, 6),
    writer=st.sampled_from(FORMATS),
    reader=st.sampled_from(("", *FORMATS)),
)
def test_trust_07_under_another_format_it_is_the_number_or_a_problem(
    units: int, places: int, writer: str, reader: str
) -> None:
    """Never another number, but for the one text that two declared formats read differently: `1.234`."""
    value = float(f"{units}e-{places}")
    typed = written(value, writer, places)
    read, trouble = cells.amount(text(typed), reader)
    separators = [sign for sign in typed if not sign.isdigit() and sign != "-"]
    either_way = reader and len(separators) == 1 and len(typed.rpartition(separators[0])[2]) == 3
    if trouble is None and not either_way:
        assert read.value == value
    if trouble is not None:
        assert (read.value, read.was, read.raw) == (None, Was.ERROR, typed)


@given(typed=st.text(max_size=20), number_format=st.sampled_from(("", *FORMATS)))
def test_trust_05_any_text_is_a_finite_number_or_missing_or_a_named_problem(
    typed: str, number_format: str
) -> None:
    read, trouble = cells.amount(text(typed), number_format)
    if read.was == Was.MISSING:
        assert not typed.strip()
    elif read.value is None:
        assert trouble is not None
        assert trouble.suggestion
    else:
        assert math.isfinite(read.value)


def test_trust_06_empty_white_space_zero_and_missing_are_four_things() -> None:
    readings = [cells.amount(cell, "")[0] for cell in (BLANK, text(""), text(" \t"), number(0))]
    assert readings == [
        Amount(None, Was.MISSING, ""),
        Amount(None, Was.MISSING, ""),
        Amount(None, Was.MISSING, " \t"),
        Amount(0.0, Was.NUMBER, "0"),
    ]
    computed = Cell(Kind.TEXT, "", formula=True)
    assert cells.amount(computed, "")[0] == Amount(None, Was.MISSING, "", formula=True)


# --- TRUST 5: errors --------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS)
def test_trust_05_an_error_cell_is_never_a_value(error: str) -> None:
    cell = Cell(Kind.ERROR, error, formula=True)
    assert cells.amount(cell, "")[0] == Amount(None, Was.ERROR, error, formula=True)
    trouble = told(cells.amount(cell, ""))
    assert (trouble.rule.code, trouble.value) == ("S103", error)
    assert cells.day(cell) == (None, trouble)
    assert cells.text(cell) == (error, trouble)
    assert cells.identifier(cell) == (error, trouble)


def test_trust_05_a_formula_never_calculated_is_never_a_value() -> None:
    cell = Cell(Kind.UNCALCULATED, None, formula=True)
    amount, trouble = cells.amount(cell, "")
    assert (amount.value, amount.was) == (None, Was.ERROR)
    assert told(cells.day(cell)) == told(cells.text(cell)) == trouble
    assert told(cells.text(cell)).rule.code == "S106"


@pytest.mark.parametrize("value", (math.inf, -math.inf, math.nan))
def test_trust_11_no_infinity_comes_out_of_a_cell(value: float) -> None:
    result = cells.amount(number(value), "")
    assert (result[0].value, result[0].was, told(result).rule.code) == (None, Was.ERROR, "S104")


def test_number_cells_keep_every_digit_and_percent_cells_say_so() -> None:
    assert cells.amount(number(0.1 + 0.2), "")[0].value == 0.1 + 0.2
    assert cells.amount(number(0.625, Style.PERCENT), "")[0] == Amount(0.625, Was.PERCENT, "62.5%")
    assert cells.amount(number(3.0, Style.CURRENCY), "")[0] == Amount(3.0, Was.NUMBER, "3")
    assert str(cells.amount(number(-0.0), "")[0].value) == "0.0"


@pytest.mark.parametrize(
    ("kind", "value"),
    (
        (Kind.DATE, date(2026, 4, 3)),
        (Kind.DATE, datetime(2026, 4, 3, tzinfo=UTC)),
        (Kind.TIME, time(3, 4)),
        (Kind.DURATION, timedelta(hours=26)),
    ),
)
def test_a_date_or_a_time_is_no_number(kind: Kind, value: date | time | timedelta) -> None:
    result = cells.amount(Cell(kind, value), "")
    assert (result[0].value, result[0].was, told(result).rule.code) == (None, Was.ERROR, "S104")


# --- words in value cells ---------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ("yes", "YES", " Done ", "x", "✓", "✔", "ja", "Oui", "sí", "true"))
def test_yes_is_one_where_the_measure_allows_it(typed: str) -> None:
    assert cells.amount(text(typed), "", Words.YES_NO) == (Amount(1.0, Was.BOOL, typed), None)
    assert told(cells.amount(text(typed), "")).rule.code == "S104"


@pytest.mark.parametrize("typed", ("no", "No", "false", "not done", "nein", "não"))
def test_no_is_zero_where_the_measure_allows_it(typed: str) -> None:
    assert cells.amount(text(typed), "", Words.YES_NO) == (Amount(0.0, Was.BOOL, typed), None)


def test_a_word_that_is_neither_yes_nor_no_is_a_problem() -> None:
    result = cells.amount(text("almost"), "", Words.YES_NO)
    assert (result[0].value, result[0].was) == (None, Was.ERROR)
    assert told(result).reason == "which is neither a number nor yes or no"


def test_ticked_boxes_are_answers_under_every_measure() -> None:
    for words in Words:
        assert cells.amount(Cell(Kind.BOOL, True), "", words)[0] == Amount(1.0, Was.BOOL, "TRUE")
        assert cells.amount(Cell(Kind.BOOL, False), "", words)[0] == Amount(0.0, Was.BOOL, "FALSE")


def test_a_stage_keeps_its_text_and_a_number_stays_a_number() -> None:
    assert cells.amount(text("Build"), "", Words.STAGES) == (Amount(None, Was.TEXT, "Build"), None)
    assert cells.amount(text("60 %"), "", Words.STAGES)[0].value == 0.6
    assert cells.amount(number(2), "", Words.STAGES)[0].was == Was.NUMBER


# --- dates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    (
        "2026-10-09",
        "2026-10-9",
        "2026/10/09",
        "2026-10-09T14:30:00Z",
        "2026-10-09 14:30",
        "09.10.2026",
        "9. 10. 2026",
        "9 Oct 2026",
        "9. October 2026",
        "Oct 9, 2026",
        "October 9th, 2026",
        "9-Oct-2026",
        " 2026-10-09 ",
    ),
)
def test_dates_that_can_mean_one_day_are_read(typed: str) -> None:
    assert cells.day(text(typed)) == (date(2026, 10, 9), None)


@pytest.mark.parametrize(
    ("typed", "day"),
    (
        ("25/12/2026", date(2026, 12, 25)),
        ("12/25/2026", date(2026, 12, 25)),
        ("25-12-2026", date(2026, 12, 25)),
        ("05/05/2026", date(2026, 5, 5)),
        ("29.02.2028", date(2028, 2, 29)),
    ),
)
def test_the_order_is_known_when_one_number_is_above_twelve_or_both_are_equal(typed: str, day: date) -> None:
    assert cells.day(text(typed)) == (day, None)


@pytest.mark.parametrize(
    ("typed", "words"),
    (
        ("03/04/2026", "2026-03-04 or 2026-04-03"),
        ("3-4-2026", "2026-03-04 or 2026-04-03"),
        ("31.02.2026", "which is no day of the calendar"),
        ("30/02/2026", "which is no day of the calendar"),
        ("2026-13-01", "which is no day of the calendar"),
        ("9 Foo 2026", "which is no day of the calendar"),
        ("09.10.26", "2026-10-09"),
        ("9 Oct 26", "2026-10-09"),
        ("01.01.1066", "which is not between 1990 and 2100"),
        ("end of Q4", "which is not a date"),
        ("46000", "which is not a date"),
    ),
)
def test_trust_07_an_ambiguous_or_impossible_date_is_a_problem_with_a_suggestion(
    typed: str, words: str
) -> None:
    trouble = told(cells.day(text(typed)))
    assert (cells.day(text(typed))[0], trouble.rule.code, trouble.value) == (None, "S105", typed.strip())
    assert words in f"{trouble.reason} {trouble.suggestion}"
    assert trouble.suggestion


@pytest.mark.parametrize(
    ("cell", "expected"),
    (
        (BLANK, date.max),
        (text("  "), date.max),
        (Cell(Kind.DATE, date(2026, 10, 9), Style.DATE), date(2026, 10, 9)),
        (Cell(Kind.DATE, datetime(2026, 10, 9, 23, 59, tzinfo=UTC), Style.DATE), date(2026, 10, 9)),
        (Cell(Kind.DATE, date(1900, 2, 28), Style.DATE), None),
        (Cell(Kind.BOOL, True), None),
        (Cell(Kind.TIME, time(9, 30)), None),
        (number(46000), None),
        (number(-1), None),
        (number(60), None),
    ),
)
def test_date_cells_are_days_and_nothing_else_is(cell: Cell, expected: date | None) -> None:
    day, trouble = cells.day(cell)
    if expected is None:
        assert day is None
        assert told((day, trouble)).rule.code == "S105"
    else:
        assert (day, trouble) == (None if expected == date.max else expected, None)


def test_an_unformatted_serial_number_is_suggested_never_read() -> None:
    assert "it then shows 2025-12-09" in told(cells.day(number(46000))).suggestion


@given(
    st.dates(date(1990, 1, 1), date(2100, 12, 31)),
    st.sampled_from(("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%b %d, %Y")),
)
def test_every_day_reads_back_from_the_unambiguous_forms(day: date, form: str) -> None:
    assert cells.day(text(day.strftime(form))) == (day, None)


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.sampled_from(("%d/%m/%Y", "%m/%d/%Y", "%m-%d-%Y")))
def test_trust_07_a_slashed_date_is_the_day_or_a_problem(day: date, form: str) -> None:
    read, trouble = cells.day(text(day.strftime(form)))
    assert read == day or (read is None and told((read, trouble)).rule.code == "S105")


def test_serials_before_the_phantom_leap_day_are_no_suggestion() -> None:
    assert dates.from_serial(60) is None
    assert dates.from_serial(61) == date(1900, 3, 1)


# --- TRUST 8: ids and texts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ("007", "1E5", "NA", "None", "null", "nan", "12345678901234567890", "TRUE", "-", "É·1", "#1")
)
def test_trust_08_ids_survive_byte_for_byte(typed: str) -> None:
    assert cells.identifier(text(typed)) == (typed, None)
    assert cells.identifier(text(f"  {typed}\n")) == (typed, None)


def test_an_id_typed_into_a_number_cell_is_its_text() -> None:
    assert cells.identifier(number(7)) == ("7", None)
    assert cells.identifier(number(1.5)) == ("1.5", None)
    assert cells.identifier(Cell(Kind.BOOL, True)) == ("TRUE", None)


def test_an_id_that_was_turned_into_a_date_is_kept_and_reported() -> None:
    result = cells.identifier(Cell(Kind.DATE, date(2026, 4, 3), Style.DATE))
    assert (result[0], told(result).rule.code) == ("2026-04-03", "S105")
    assert "Format the column as text" in told(result).suggestion


def test_texts_lose_their_outer_blanks_and_what_no_workbook_can_hold() -> None:
    assert cells.text(text("  two\nlines \u00a0")) == ("two\nlines", None)
    assert cells.text(text("a\x00b\ud800c\x1bd")) == ("a\ufffdb\ufffdc\ufffdd", None)
    assert cells.text(text("👩‍🚀 \u202egnp")) == ("👩‍🚀 \u202egnp", None)
    assert cells.text(number(0.625, Style.PERCENT)) == ("62.5%", None)


def test_text_beyond_what_a_cell_holds_is_cut_and_reported() -> None:
    result = cells.text(text("x" * 40_000))
    assert len(result[0]) == cells.LONGEST_TEXT == 32_767
    assert (told(result).rule.code, told(result).length) == ("S113", 40_000)
    assert cells.text(text("x" * 32_767))[1] is None


# --- choices ----------------------------------------------------------------------------------------

STATUSES = ("Not started", "On track", "At risk", "Off track")


@pytest.mark.parametrize("typed", ("On track", " on TRACK ", "on-track", "OnTrack", "On  track"))
def test_choices_match_whatever_the_case_and_blanks(typed: str) -> None:
    assert cells.choice(text(typed), STATUSES) == ("On track", None)


def test_an_unknown_choice_names_the_nearest_one() -> None:
    result = cells.choice(text("Of track"), STATUSES)
    assert (result[0], told(result).rule.code) == ("Of track", "S109")
    assert told(result).suggestion.startswith(
        'Did you mean "Off track"? Its choices are: Not started, On track'
    )
    assert told(cells.choice(text("green"), STATUSES)).suggestion.startswith("Its choices are")
    assert cells.choice(BLANK, STATUSES) == ("", None)


@pytest.mark.parametrize(
    ("typed", "known"),
    (
        ("1,234.5", "1,234.5"),
        ("1.234,56", "1.234,5"),
        ("1\u202f234,5", "1 234,5"),
        ("1’234.5", "1'234.5"),
        ("", ""),
        ("en-US", None),
        ("1234.5", None),
        ("1,234,5", None),
    ),
)
def test_number_formats_are_known_by_their_example(typed: str, known: str | None) -> None:
    assert numerals.known_format(typed) == known

"""The buttons Team review and One-on-one: the same lines as `okrsync agenda` prints."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from addin.agendas import free_title
from addin.commands import one_on_one, team_review
from addin.trouble import Halt
from tests.addin_office import TODAY, Person, kr, make, rows
from tests.company import Company
from tests.xl_engines.contract import Excel

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")
WEEK = date(2026, 11, 16)
ROWS = (
    kr(1, last_check_in=WEEK, confidence=8.0),
    kr(2, last_check_in=WEEK, confidence=3.0, owner="Ada", comment="=boo"),
    kr(3, current=None, confidence=None),
    kr(4, current=1.0, last_check_in=WEEK, key_result="=1+1 is no formula"),
)


def plain(markdown: str) -> list[str]:
    """The lines of an agenda without what makes them Markdown."""
    lines = (
        re.sub(r"^(#+ |- )", "", line).replace("**", "").replace("\\", "") for line in markdown.splitlines()
    )
    return [line for line in lines if line]


def without_news(lines: list[str]) -> list[str]:
    """The lines but for what a workbook alone cannot know: what is new since the week before."""
    kept, news = [], False
    for line in lines:
        news = line in ("At risk", "New risks", "Wins") or (news and line != "To ask")
        if not news:
            kept.append(re.sub(r" \(([+−-].*|Marketing|unchanged.*)\)", "", line))
    return kept


@pytest.mark.slow
def test_the_lines_are_those_of_the_command_line(excel: Excel, tmp_path: Path) -> None:
    company = Company(tmp_path)
    path = make(tmp_path / "teams" / "marketing.xlsx", ROWS)
    company.sync("2026-11-02")
    company.sync("2026-11-18")
    asked = ("agenda", "--unit", "Marketing", "--kind", "team-review", "--as-of", "2026-11-18")
    printed = company.command(*asked)
    assert printed.code == 0, printed
    book = excel.open(path)
    result = team_review(book, Person())
    title = f"Team review Marketin {TODAY}"
    assert result.message == f"The agenda is in the new tab {title}."
    tab = book.sheets[title]
    shown = [row[0] for row in rows(book, title, 1, columns=2) if row[0]]
    assert without_news(shown) == without_news(plain(printed.out))
    assert "Check-ins that are missing" in shown
    assert tab.range("A1").font.bold
    assert tab.range("A4").font.bold
    assert not tab.range("A5").font.bold
    assert excel.formula(book, title, "A1") == "Team review: Marketing"


def test_an_owners_agenda_has_their_rows_only(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", ROWS))
    book.sheets["Key Results"].range("C5").select()
    result = one_on_one(book, Person())
    title = f"One-on-one Ada {TODAY}"
    assert result.message == f"The agenda for Ada is in the new tab {title}."
    shown = [row[0] for row in rows(book, title, 1, columns=2) if row[0]]
    assert shown[0] == "One-on-one: Ada"
    assert [line for line in shown if line.startswith("Key result number")] == [
        "Key result number 2 (MKT-O1-KR2), Ada: On track, 5 of 10, 50 %, confidence 3"
    ]


@pytest.mark.parametrize("cell", ("A1", "C30"))
def test_a_row_without_an_owner_says_what_to_select(excel: Excel, tmp_path: Path, cell: str) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", ROWS))
    book.sheets["Key Results"].range(cell).select()
    before = book.sheet_names
    with pytest.raises(Halt, match="Select a row of Key Results that has an owner"):
        one_on_one(book, Person())
    assert book.sheet_names == before


def test_a_second_agenda_of_the_day_has_a_tab_of_its_own(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", ROWS))
    titles = [team_review(book, Person()).message for _ in range(3)]
    assert len(set(titles)) == 3


def test_an_agenda_that_cannot_be_filled_leaves_no_tab(excel: Excel, tmp_path: Path) -> None:
    book = excel.open(make(tmp_path / "marketing.xlsx", ROWS))
    before = book.sheet_names
    excel.calls.fail("Range.raw_value=", OSError("lost"))
    with pytest.raises(OSError, match="lost"):
        team_review(book, Person())
    assert book.sheet_names == before


@pytest.mark.parametrize("name", ("a/b\\c[d]:*?'e", "'quoted'", "x" * 60, "日本語" * 20, ""))
def test_titles_are_what_a_tab_may_be_called(name: str) -> None:
    title = free_title(f"One-on-one {name}", TODAY, ())
    assert len(title) <= 31
    assert not set(title) & set("[]:*?/\\'")
    again = free_title(f"One-on-one {name}", TODAY, (title.upper(),))
    assert again.casefold() != title.casefold()
    assert len(again) <= 31

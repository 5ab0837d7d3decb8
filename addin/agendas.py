"""The agenda of a meeting in a tab of its own, made of the same matter as `okrsync agenda`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from addin.opening import Seen
from addin.reading import at
from sync.core.agenda import KeyLine, Kind, Matter, Rows, active, least_certain_first, of_person, of_unit
from sync.core.arrays import keys
from sync.core.assess import Assessment
from sync.core.cells import fold
from sync.core.grid import display, number_text
from sync.core.model import Status, Was, split_several
from sync.core.news import RISKS
from sync.core.owed import Calendar, Owed, owing
from sync.core.people import Place, Places
from sync.core.policy import Checks, Ladder

if TYPE_CHECKING:
    import xlwings as xw

_QUESTIONS = ("How sure are you, and why?", "What did you learn?", "What is next?", "What is in the way?")
_TITLES = {Kind.TEAM_REVIEW: "Team review", Kind.ONE_ON_ONE: "One-on-one"}
_WIDTHS = (70, 40)
_NOTES = "Notes"
_LONGEST_TITLE = 31  # of a tab
_FORBIDDEN = dict.fromkeys(map(ord, "[]:*?/\\'"), " ")
_NEARLY_HALF = 1e-9


class Line(NamedTuple):
    """A key result of the agenda."""

    name: str
    id: str
    owner: str
    status: str
    value: str
    target: str
    score: float | None
    confidence: float | None


class Section(NamedTuple):
    """A heading and what stands below it."""

    heading: str
    lines: Sequence[str]


# --- the matter -----------------------------------------------------------------------------------


def team_review(assessment: Assessment) -> Matter:
    """The matter of a meeting of the workbook's unit."""
    return of_unit(assessment, 0, _rows(assessment, active(assessment)))


def one_on_one(assessment: Assessment, owner: str) -> Matter:
    """The matter of a meeting with one of the owners, as the column Owner calls them."""
    p = assessment.portfolio
    owners = p.key_results["owner"].tolist()
    above = p.objectives["owner"].tolist()
    objective = keys(p.key_results, "objective_key").tolist()
    mine = []
    for key in active(assessment):
        said = owners[key] or (above[objective[key]] if objective[key] >= 0 else "")
        if fold(owner) in map(fold, split_several(said)):
            mine.append(key)
    return of_person(assessment, owner, _rows(assessment, mine))


def _rows(assessment: Assessment, mine: Sequence[int]) -> Rows:
    status = assessment.scores.key_results["status"].tolist()
    owed = {one.key for one in _owed(assessment)}
    chosen = (
        mine,
        [key for key in mine if key in owed],
        [key for key in mine if status[key] in RISKS],
        [key for key in mine if status[key] == Status.DONE],
    )
    return Rows(*([_line(assessment, key) for key in part] for part in chosen))


def _owed(assessment: Assessment) -> Iterable[Owed]:
    """The check-ins that are missing today; a workbook alone knows no holidays."""
    places = Places(Place("UTC", ""), {}, {}, {}, frozenset())
    calendar = Calendar(lambda _zone: assessment.as_of)
    return owing(assessment, Checks(), calendar=calendar, places=places, ladder=Ladder())


def _line(assessment: Assessment, key: int) -> Line:
    said = assessment.portfolio.key_results.iloc[key]
    found = assessment.scores.key_results.iloc[key]
    percent = said["target_was"] == Was.PERCENT
    return Line(
        name=said["key_result"] or said["id"],
        id=said["id"],
        owner=said["owner"],
        status=found["status"],
        value=_shown(found["value"], found["value_raw"], percent=percent),
        target=_shown(said["target"], said["target_raw"], percent=percent),
        score=_or_none(found["score"]),
        confidence=_or_none(found["confidence"]),
    )


# --- words ----------------------------------------------------------------------------------------


def title_of(kind: Kind, matter: Matter) -> str:
    """The first line of the agenda."""
    return f"{_TITLES[kind]}: {matter.name}"


def subtitle(matter: Matter) -> str:
    """The day, the cycle and the score."""
    on = matter.as_of
    told = f"{on:%A}, {on.day} {on:%B}, {matter.cycle}"
    if matter.roll_up is None:
        return f"{told}."
    return f"{told}. {_share(matter.roll_up)} of the way, {_share(matter.expected)} expected."


def sections(kind: Kind, matter: Matter) -> list[Section]:
    """The parts of the agenda that have anything in them."""
    review = kind is Kind.TEAM_REVIEW
    aims = [f"{aim.text}: {_share(aim.score)}, {aim.status}{_after(aim.grade)}" for aim in matter.aims]
    ordered = sorted(matter.rows.all, key=least_certain_first)
    parts = (
        Section("Objectives", aims if review else ()),
        Section("Check-ins that are missing", _told(matter.rows.silent)),
        Section("Key results, the least certain first", _told(ordered)),
        Section("At risk", _told(matter.rows.risks)),
        Section("Wins", _told(matter.rows.wins)),
        Section("Dependencies that the other side has not confirmed", matter.dependencies if review else ()),
        Section("To ask", _QUESTIONS),
    )
    return [part for part in parts if part.lines]


def _told(lines: Iterable[KeyLine]) -> list[str]:
    return ["".join(_parts(line)) for line in lines]


def _parts(line: KeyLine) -> Iterator[str]:
    yield line.name
    yield f" ({line.id})" if line.id else ""
    yield _after(line.owner)
    yield f": {line.status}"
    yield f", {line.value} of {line.target}" if line.value and line.target else ""
    yield _after(_share(line.score) if line.score is not None else "")
    yield f", confidence {'–' if line.confidence is None else number_text(line.confidence)}"


def _after(text: str) -> str:
    return f", {text}" if text else ""


def _share(value: float | None) -> str:
    return (
        "–"
        if value is None
        else f"{math.floor(abs(value) * 100 + 0.5 + _NEARLY_HALF) * (1 if value >= 0 else -1)} %"
    )


def _shown(value: float, raw: str, *, percent: bool) -> str:
    return raw if math.isnan(value) else display(value, percent=percent)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


# --- the tab --------------------------------------------------------------------------------------


def write(book: xw.Book, seen: Seen, kind: Kind, matter: Matter) -> str:
    """Adds the tab behind the person's own and fills it; its title."""
    title = free_title(f"{_TITLES[kind]} {matter.name}", matter.as_of, seen.pages.tabs)
    rows: list[tuple[str, str]] = [(title_of(kind, matter), ""), (subtitle(matter), "")]
    headings = []
    for section in sections(kind, matter):
        rows.append(("", ""))
        headings.append(len(rows) + 1)
        rows.append((section.heading, _NOTES))
        rows += [(line, "") for line in section.lines]
    sheet = book.sheets.add(after=book.sheets.active)
    try:
        sheet.name = title
        _fill(sheet, rows, headings)
    except Exception:
        sheet.delete()
        raise
    return title


def free_title(wish: str, on: date, taken: Iterable[str]) -> str:
    """A title for a new tab that no other tab has, short enough and of signs that a tab may have."""
    used = {title.casefold() for title in taken}
    number = 1
    while True:
        end = f" {on.isoformat()}" + (f" ({number})" if number > 1 else "")
        plain = " ".join(wish.translate(_FORBIDDEN).split())[: _LONGEST_TITLE - len(end)].strip()
        if f"{plain}{end}".casefold() not in used:
            return f"{plain}{end}"
        number += 1


def _fill(sheet: xw.Sheet, rows: Sequence[Sequence[str]], headings: Sequence[int]) -> None:
    """Texts as texts, headings bold, long lines wrapped."""
    area = at(sheet, (1, 1, len(rows), 2))
    area.number_format = "@"
    area.raw_value = [[f"'{text}" if text.startswith("'") else text for text in row] for row in rows]
    for column, width in enumerate(_WIDTHS, 1):
        at(sheet, (1, column, len(rows), 1)).column_width = width
    body = at(sheet, (3, 1, max(len(rows) - 2, 1), 2))
    body.wrap_text = True
    body.vertical_alignment = "top"
    for row in (1, *headings):
        at(sheet, (row, 1, 1, 2)).font.bold = True
    at(sheet, (1, 1, 1, 1)).font.size = 16

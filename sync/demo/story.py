"""What each workbook of the demo says in each of its ten weeks, as rows keyed by schema fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sheet_templates.values import Formula, Percent
from sync.demo.company import OBJECTIVES, PEOPLE, UNITS, KeyResult, Objective, Unit

WEEKS = 10
CYCLE_DAYS = 13 * 7

Row = dict[str, Any]


class Book(NamedTuple):
    """One workbook's rows in one week."""

    unit: Unit
    objectives: list[Row]
    key_results: list[Row]
    check_ins: list[Row]
    initiatives: list[Row]
    retrospective: list[Row]


class Season(NamedTuple):
    """The demo's cycle: 13 weeks that began ten weeks before the as-of date."""

    name: str
    starts: date
    ends: date

    def sync_day(self, week: int) -> date:
        """The day of the sync that closes a week (1 to 10); the last one is the as-of date."""
        return self.starts + timedelta(days=7 * week)

    def friday(self, week: int) -> date:
        """The check-in day of a week: the last Friday up to its sync."""
        day = self.sync_day(week)
        return day - timedelta(days=(day.weekday() - 4) % 7)


def season(as_of: date) -> Season:
    """The cycle around an as-of date."""
    starts = as_of - timedelta(days=7 * WEEKS)
    return Season(f"Season from {starts.isoformat()}", starts, starts + timedelta(days=CYCLE_DAYS - 1))


def books(season: Season, week: int) -> list[Book]:
    """All workbooks as they stand at the end of that week, with the mistakes people have made by then."""
    made = [_book(unit, season, week) for unit in UNITS]
    by_unit = {book.unit.name: book for book in made}
    for first_week, unit, spoil in _MISTAKES:
        if week >= first_week:
            spoil(by_unit[unit], season)
    return made


def people_rows() -> list[Row]:
    """The people list, with addresses that lead nowhere (example.org)."""
    return [
        {
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}@example.org",
            "unit": unit,
            "manager": manager,
            "country": country,
        }
        for name, unit, manager, country in PEOPLE
    ]


# --- rows ---------------------------------------------------------------------------------------


def _book(unit: Unit, season: Season, week: int) -> Book:
    book = Book(unit, [], [], [], [], [])
    mine = [objective for objective in OBJECTIVES if objective.unit == unit.name]
    for number, objective in enumerate(mine, 1):
        objective_id = f"{unit.prefix}-O{number}"
        book.objectives.append(_objective_row(objective_id, objective))
        for place, key_result in enumerate(objective.key_results, 1):
            _add_key_result(book, f"{objective_id}-KR{place}", objective_id, key_result, season, week)
    book.initiatives.extend(_INITIATIVES.get(unit.name, ()))
    book.retrospective.extend(_LESSONS.get(unit.name, ()) if week == WEEKS else ())
    return book


def _objective_row(objective_id: str, objective: Objective) -> Row:
    return {
        "id": objective_id,
        "objective": objective.text,
        "owner": objective.owner,
        "ambition": objective.ambition,
        "weight": objective.weight,
        "aligned_to": objective.aligned_to,
        "why": objective.why,
    }


def _add_key_result(
    book: Book, kr_id: str, objective_id: str, key_result: KeyResult, season: Season, week: int
) -> None:
    last = min(week, key_result.silent)
    book.key_results.append(
        {
            "id": kr_id,
            "objective_id": objective_id,
            "key_result": key_result.text,
            "owner": key_result.owner,
            "measure": key_result.measure,
            "unit_of_measure": key_result.uom,
            "start": _styled(key_result.start, key_result),
            "target": _styled(key_result.target, key_result),
            "current": _value(key_result, last),
            "confidence": _confidence(key_result, last),
            "status": key_result.status,
            "comment": key_result.comment,
            "last_check_in": None if key_result.measure == "Contributors" else season.friday(last),
            "weight": key_result.weight,
            "milestones": key_result.milestones,
            "depends_on": key_result.depends_on,
        }
    )
    if key_result.measure in ("Contributors", "KPI"):
        return
    for past in range(1, last + 1):
        book.check_ins.append(_check_in_row(kr_id, key_result, season, past))


def _check_in_row(kr_id: str, key_result: KeyResult, season: Season, week: int) -> Row:
    confidence = _confidence(key_result, week)
    low = confidence is not None and confidence < 4
    return {
        "date": season.friday(week),
        "kr_id": kr_id,
        "value": _value(key_result, week),
        "confidence": confidence,
        "what_changed": _NEWS[key_result.path][(week + len(key_result.text)) % 4],
        "blockers": key_result.comment or "Waiting for a decision" if low else "",
        "next_steps": _NEXT[(week + len(kr_id)) % len(_NEXT)],
        "by": key_result.owner,
    }


def _styled(value: float | None, key_result: KeyResult) -> Any:  # noqa: ANN401  # what the template's writer takes
    return Percent(value) if key_result.percent and value is not None else value


def _value(key_result: KeyResult, week: int) -> Any:  # noqa: ANN401  # what the template's writer takes
    """The value a key result had in a week; the last week's is the one in the company's definition."""
    last = key_result.value
    if last is None:
        return None
    if isinstance(last, bool):
        return ("Yes" if last else "No") if week > 6 else "No"
    if isinstance(last, str):
        stages = [
            stage.rsplit(" ", 1)[0] if "%" in stage else stage for stage in key_result.milestones.split("; ")
        ]
        reached = stages[: stages.index(last) + 1]
        return reached[max(0, round(len(reached) * week / WEEKS) - 1)]
    begin = (
        key_result.start if key_result.start is not None and key_result.measure != "Between" else last * 1.12
    )
    share = _PATHS[key_result.path](week / WEEKS)
    return _styled(_tidy(begin + (last - begin) * share, last), key_result)


def _tidy(value: float, like: float) -> float:
    """The value with about as many digits as people type."""
    if float(like).is_integer() and abs(like) >= 2:
        return float(round(value))
    return round(value, 4 if abs(like) < 0.1 else 3 if abs(like) < 1.2 else 1)


def _confidence(key_result: KeyResult, week: int) -> float | None:
    if key_result.confidence is None:
        return None
    drift = (WEEKS - week) // 3 * (1 if key_result.confidence < 6 else -1)
    return float(min(10, max(1, key_result.confidence + drift)))


_PATHS: Mapping[str, Any] = {
    "steady": lambda t: t,
    "late": lambda t: t**2,
    "early": lambda t: 1 - (1 - t) ** 2,
    "flat": lambda t: min(1.0, t / 0.3),
    "back": lambda t: t,
}

_NEWS: Mapping[str, Sequence[str]] = {
    "steady": ("Moves as planned", "A little better than last week", "Second test confirmed it", "On course"),
    "late": ("Still preparing", "Groundwork done, effect comes later", "First effect visible", "Speeding up"),
    "early": ("Quick start", "Most of the easy part is done", "The rest is harder", "Last stretch"),
    "flat": ("No change", "No change, looking for the cause", "Trying another way", "No change"),
    "back": ("Worse than last week", "Prices went up", "Not stopped yet", "Slowing down"),
}
_NEXT = ("Test with ten customers", "Talk to the supplier", "Roll out to the next group", "Measure again", "")

_INITIATIVES: Mapping[str, Sequence[Row]] = {
    "Web Shop": (
        {
            "initiative": "Address lookup at checkout",
            "kr_id": "WEB-O1-KR1",
            "owner": "Nora Lind",
            "status": "On track",
        },
        {
            "initiative": "Move images to the edge cache",
            "kr_id": "WEB-O1-KR2",
            "owner": "Nora Lind",
            "status": "Done",
        },
    ),
    "Marketing": (
        {
            "initiative": "Ask for a review after the third ride",
            "kr_id": "MKT-O1-KR1",
            "owner": "Jonas Weber",
            "status": "On track",
        },
    ),
    "Supply Chain": (
        {
            "initiative": "Second source for brake discs",
            "kr_id": "SUP-O1-KR2",
            "owner": "Aisha Khan",
            "status": "At risk",
        },
    ),
}
_LESSONS: Mapping[str, Sequence[Row]] = {
    "Web Shop": (
        {
            "type": "Win",
            "about": "WEB-O1-KR3",
            "what_happened": "Invoice payment went live two weeks early",
            "what_we_learned": "Ask finance first, not last",
            "do_next": "Same order of work for instalments",
        },
    ),
}


# --- what goes wrong in real sheets ---------------------------------------------------------------


def _find(rows: list[Row], row_id: str) -> Row:
    return next(row for row in rows if row["id"] == row_id)


def _unit_in_the_number(book: Book, _: Season) -> None:
    _find(book.key_results, "SUP-O2-KR1")["current"] = "61 €"


def _broken_reference(book: Book, _: Season) -> None:
    _find(book.key_results, "DES-O2-KR1")["current"] = Formula("=#REF!B2", "#REF!")


def _comma_percent(book: Book, _: Season) -> None:
    _find(book.key_results, "CARE-O1-KR1")["current"] = "88,5 %"


def _copied_row(book: Book, _: Season) -> None:
    original = _find(book.key_results, "WS-O1-KR2")
    book.key_results.append(original | {"key_result": "Repairs that come back, e-bikes only"})


def _mistyped_parent(book: Book, _: Season) -> None:
    _find(book.objectives, "RET-O2")["aligned_to"] = "GRO-01"


def _next_year(book: Book, season: Season) -> None:
    book.check_ins[-1]["date"] = season.friday(WEEKS) + timedelta(days=365)


def _mistyped_owner(book: Book, _: Season) -> None:
    _find(book.key_results, "JW-O1-KR1")["owner"] = "Jonas Webber"


def _objective_alone(book: Book, _: Season) -> None:
    book.objectives.append(
        {
            "id": "GRO-O3",
            "objective": "Open the Danish market",
            "owner": "Marta Kowalska",
            "aligned_to": "FB-O2",
            "ambition": "Aspirational",
        }
    )


def _no_target(book: Book, season: Season) -> None:
    book.key_results.append(
        {
            "id": "WEB-O1-KR4",
            "objective_id": "WEB-O1",
            "key_result": "More visits from bike blogs",
            "owner": "Nora Lind",
            "measure": "Increase",
            "start": 1200.0,
            "current": 1350.0,
            "last_check_in": season.friday(WEEKS),
        }
    )


def _half_weighted(book: Book, _: Season) -> None:
    _find(book.key_results, "APP-O2-KR1")["weight"] = 2.0


def _ambiguous_date(book: Book, _: Season) -> None:
    _find(book.key_results, "SUP-O1-KR3")["due"] = "03/04/2027"


def _formula_like_text(book: Book, _: Season) -> None:
    _find(book.key_results, "PRO-O1-KR2")["comment"] = "=> see the fit study, then decide"


def _pasted_over(book: Book, _: Season) -> None:
    book.key_results.clear()
    book.objectives.clear()


_MISTAKES = (
    (4, "Customer Care", _comma_percent),
    (5, "Retail Partners", _mistyped_parent),
    (5, "Growth", _objective_alone),
    (6, "Jonas Weber", _mistyped_owner),
    (7, "Product", _formula_like_text),
    (8, "Workshop", _copied_row),
    (8, "Mobile App", _half_weighted),
    (9, "Supply Chain", _ambiguous_date),
    (9, "Web Shop", _no_target),
    (10, "Supply Chain", _unit_in_the_number),
    (10, "Bike Design", _broken_reference),
    (10, "Mobile App", _next_year),
    (10, "Retail Partners", _pasted_over),
)

"""One team's workbook from the product's own template, with marks where units differ.

Unit, parent, ids and measured numbers are marks that `benchmarks.stamp` replaces. What is left (texts,
people, measures, weights) differs from variant to variant.
"""

from __future__ import annotations

import io
import random
import re
from datetime import date, timedelta
from typing import NamedTuple

from sheet_templates.tables import Row
from sheet_templates.team import TeamDefaults, build_team
from sheet_templates.values import Percent, Value
from sync.core.lists import Lists
from sync.core.model import Measure

AS_OF = date(2026, 11, 20)
CYCLE = "2026-Q4"
OBJECTIVES, KEY_RESULTS, CHECK_INS = 4, 17, 100
WEEKS = -(-CHECK_INS // KEY_RESULTS)

UNIT, PARENT, UNIT_ID, PARENT_ID, BOOK_ID = (
    b"Name of unit", b"Name of parent", b"UNITID", b"PARENTID", b"Mark of book",
)  # fmt: skip
MARKS = re.compile(rb"(Name of unit|Name of parent|UNITID|PARENTID|Mark of book|(?<=<v>)7\d{9}(?=</v>))")
_NUMBERS_FROM = 7_000_000_000


class Gauge(NamedTuple):
    """How one key result is measured: its bounds, and whether they are shown as percents."""

    measure: str
    start: float | None = None
    target: float | None = None
    unit: str = ""
    percent: bool = False


GAUGES = (
    Gauge(Measure.INCREASE, 0, 100, "customers"),
    Gauge(Measure.DECREASE, 90, 30, "days"),
    Gauge(Measure.AT_LEAST, None, 40, "points"),
    Gauge(Measure.BETWEEN, 20, 60, "hours"),
    Gauge(Measure.MILESTONE),
    Gauge(Measure.YES_NO),
    Gauge(Measure.INCREASE, 0.2, 0.6, "%", percent=True),
    Gauge(Measure.AT_MOST, None, 25, "incidents"),
    Gauge(Measure.INCREASE, 120, 480, "EUR k"),
    Gauge(Measure.KPI, 10, 50, "tickets"),
)
STAGES = "Design 20%; Build 60%; Launch 20%"


def gauge(variant: int, key_result: int) -> Gauge:
    """How a key result (from 0) of a variant is measured."""
    return GAUGES[(variant + key_result) % len(GAUGES)]


def number_mark(key_result: int, week: int) -> bytes:
    """The mark of a key result's number in a week; the newest one is also its Current."""
    return str(_NUMBERS_FROM + key_result * WEEKS + week).encode()


def newest(key_result: int) -> int:
    """The week of a key result's last check-in."""
    return (CHECK_INS - 1 - key_result) // KEY_RESULTS


def build(variant: int, level: str) -> bytes:
    """The workbook of a variant; the same arguments give the same bytes."""
    words = _Words(random.Random(f"{level} {variant}"))  # noqa: S311  # texts, no secrets
    weighted = variant % 3 == 0
    team = TeamDefaults(
        unit=UNIT.decode(),
        level=level,
        parent="" if level == "Company" else PARENT.decode(),
        weight=2.0 if variant % 5 == 1 else None,
        cycle=CYCLE,
        champion=words.person(0),
        manager=words.person(1),
        number_format="1,234.5",
        book_id=BOOK_ID.decode(),
    )
    prefill: dict[str, list[Row]] = {
        "objectives": [_objective(at, level, words, weighted=weighted) for at in range(OBJECTIVES)],
        "key_results": [_key_result(at, variant, words) for at in range(KEY_RESULTS)],
        "check_ins": [_check_in(at, variant, words) for at in range(CHECK_INS)],
        "initiatives": [
            {"initiative": words.sentence(_DONE), "kr_id": f"UNITID-KR{at}", "owner": words.person(at)}
            for at in range(6)
        ],
    }
    target = io.BytesIO()
    build_team(target, team, _lists(level, words), prefill)
    return target.getvalue()


def _lists(level: str, words: _Words) -> Lists:
    above = () if level == "Company" else tuple(f"PARENTID-O{at}" for at in range(OBJECTIVES))
    return Lists(above, tuple(words.people), (UNIT.decode(), PARENT.decode()))


def _objective(at: int, level: str, words: _Words, *, weighted: bool) -> Row:
    return {
        "id": f"UNITID-O{at}",
        "objective": f"{words.sentence(_AIMS)} ({at + 1})",
        "owner": words.person(at),
        "ambition": "Committed" if at == 0 else "Aspirational",
        "weight": float(1 + at % 2) if weighted else None,
        "aligned_to": "" if level == "Company" else f"PARENTID-O{at}",
        "why": words.sentence(_LEARNED),
    }


def _key_result(at: int, variant: int, words: _Words) -> Row:
    how = gauge(variant, at)
    last = newest(at)
    return {
        "id": f"UNITID-KR{at}",
        "objective_id": f"UNITID-O{at % OBJECTIVES}",
        "key_result": f"{words.sentence(_RESULTS)}, {how.unit or 'done'} ({at + 1})",
        "owner": words.person(at),
        "measure": str(how.measure),
        "unit_of_measure": how.unit,
        "start": _shown(how.start, how),
        "target": _shown(how.target, how),
        "current": _value(at, last, variant),
        "confidence": float(3 + (variant + at) % 7),
        "comment": words.sentence(_LEARNED),
        "last_check_in": _day(last),
        "milestones": STAGES if how.measure == Measure.MILESTONE else "",
    }


def _check_in(at: int, variant: int, words: _Words) -> Row:
    week, key_result = divmod(at, KEY_RESULTS)
    confidence = 3 + (variant + key_result + week) % 7
    return {
        "date": _day(week),
        "kr_id": f"UNITID-KR{key_result}",
        "value": _value(key_result, week, variant),
        "confidence": float(confidence),
        "what_changed": words.sentence(_LEARNED),
        "blockers": words.sentence(_BLOCKERS) if confidence < 4 else "",
        "next_steps": words.sentence(_NEXT),
        "by": words.person(key_result),
    }


def _day(week: int) -> date:
    return AS_OF - timedelta(days=7 * (WEEKS - 1 - week))


def _value(key_result: int, week: int, variant: int) -> Value:
    how = gauge(variant, key_result)
    if how.measure == Measure.YES_NO:
        return (variant + key_result + week) % 3 == 0
    if how.measure == Measure.MILESTONE:
        return ("Design", "Design", "Build", "Build", "Launch", "Launch")[(week + variant) % 6]
    return _shown(float(number_mark(key_result, week)), how)


def _shown(number: float | None, how: Gauge) -> Value:
    return Percent(number) if how.percent and number is not None else number


class _Words:
    """The texts and people of one variant."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.people = [
            f"{first} {last}" for first, last in zip(_FIRST, chance.sample(_LAST, 12), strict=True)
        ]

    def person(self, at: int) -> str:
        """One of the unit's twelve people."""
        return self.people[at % len(self.people)]

    def sentence(self, frame: str) -> str:
        """The frame with something in each of its places."""
        return frame.format(
            thing=self._chance.choice(_THINGS),
            who=self._chance.choice(_WHO),
            number=self._chance.randint(3, 240),
            when=self._chance.choice(_WHEN),
        )


_AIMS = "{who} choose us for {thing}"
_RESULTS = "{thing} that {who} rely on {when}"
_LEARNED = "{number} {who} tried {thing} {when}; the second half answered faster than the first"
_BLOCKERS = "Waiting for {who} to decide about {thing} ({number} days)"
_NEXT = "Show {thing} to {who}, then ask {number} of them again {when}"
_DONE = "Rework {thing} with {who} {when}"
_FIRST = ("Kim", "Ada", "Noor", "Lars", "Ines", "Tomas", "Yuki", "Omar", "Eva", "Paul", "Mina", "Jon")
_LAST = (
    "Larsen", "Moreau", "Haddad", "Nilsson", "Costa", "Novak", "Tanaka", "Said", "Berger", "Okafor",
    "Rossi", "Kaya", "Müller", "Dubois", "Silva", "Park", "O'Neill", "Virtanen", "Kowalski", "Weiß",
)  # fmt: skip
_THINGS = (
    "the first week of the trial", "invoices on paper", "the new onboarding", "search on the phone",
    "returns without a label", "answers within a day", "the price page", "night deliveries",
    "the partner portal", "reports by e-mail", "spare parts & repairs", "the training plan",
)  # fmt: skip
_WHO = (
    "new customers", "regional managers", "the support desk", "trial users", "suppliers", "store staff",
    "the finance team", "returning buyers", "apprentices", "field engineers",
)  # fmt: skip
_WHEN = (
    "this week",
    "since Monday",
    "before the holidays",
    "in two regions",
    "after the release",
    "by phone",
)

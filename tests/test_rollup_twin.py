"""The vectorised evaluation against its slow twin, and its properties, on random organisations."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sync.core.gather import gather
from sync.core.model import Amount, Gone, TeamSheet, Was
from sync.core.policy import Checks, Organisation, RollUp, Scoring
from sync.core.portfolio import Origin, Portfolio, Seen
from sync.core.rollup import Scores, evaluate
from tests.scoring_twin import Twin
from tests.sheets import CYCLE, STARTS, check_in, kr, o, team

ERROR = Amount(None, Was.ERROR, "#REF!")
SEEDS = range(16)
KEY_RESULTS = (
    "value", "value_date", "progress", "score", "scorable", "as_if_zero", "confidence", "expected", "gap",
    "status", "grade", "checked_on", "checked_in_period", "check_in_due",
)  # fmt: skip
OBJECTIVES = (
    "score", "as_if_zero", "expected", "gap", "status", "weakest_status", "grade", "confidence", "scored_krs",
    "scorable_krs", "basis",
)  # fmt: skip
UNITS = (
    "own_score", "own_as_if_zero", "roll_up", "roll_up_as_if_zero", "expected", "gap", "status", "grade",
    "confidence", "scored_krs", "scorable_krs", "coverage", "aligned", "alignable", "alignment",
    "checked_krs", "due_krs", "check_in_rate", "stale_sources",
)  # fmt: skip
MEASURES = (
    "Increase", "Increase", "Decrease", "At least", "At most", "Between", "Milestone", "Yes/No",
    "KPI", "", *["Increase", "Decrease", "At least", "At most"] * 2, "nonsense",
)  # fmt: skip
PLANS = (
    "Design 20%; Build 60%; Launch 20%",
    "Design; Build; Launch",
    "Design 20%; Build",
    "A 50%; B 40%",
    "",
)


class Company:
    """A random organisation of that seed: its sheets, what history saw, which sources are stale, a day."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # test data, no secret
        self.day = STARTS + timedelta(days=self.random.choice((-3, 0, 3, 20, 45, 46, 60, 91, 92, 120)))
        self.mode = list(RollUp)[seed % len(RollUp)]
        names = [f"Unit {n}" for n in range(self.random.randint(2, 8))]
        self.ids = [f"U{n}O{m}" for n in range(len(names)) for m in range(2)]
        self.sheets = [self.sheet(n, names) for n in range(len(names))]
        self.seen = {
            (f"Unit {n}", CYCLE, row.id): Seen(self.on(), self.on())
            for n, sheet in enumerate(self.sheets)
            for row in sheet.key_results
            if self.random.random() < 0.4
        }
        self.states = {name: self.random.choice(("ok", "ok", "held", "stale")) for name in names}

    def sheet(self, n: int, names: list[str]) -> TeamSheet:
        objectives, rows, check_ins = [], [], []
        weights = self.weights()
        for m in range(self.random.choice((0, 1, 2, 3, 3))):
            objectives.append(self.objective(f"U{n}O{m}", weights()))
            kr_weights = self.weights()
            for k in range(self.random.choice((0, 2, 3, 4, 6))):
                row_id = f"U{n}O{m}-KR{k}"
                rows.append(self.key_result(row_id, kr_weights()))
                count = self.random.choice((0, 0, 1, 2, 6))
                check_ins += [self.check_in(row_id, rows[-1].measure) for _ in range(count)]
        self.random.shuffle(check_ins)
        parent = self.random.choice([*names[:n], "Elsewhere", ""]) if n else ""
        level = self.random.choice(("Company", "Department", "Team", ""))
        sheet = team(
            names[n], *objectives, *rows, *check_ins, parent=parent, level=level, weight=self.weight()
        )
        if rows and self.random.random() < 0.1:
            first = sheet.key_results[0]._replace(identity="!twice")
            sheet = sheet._replace(key_results=(first, *sheet.key_results[1:]))
        chance = random.Random(n + len(rows)).random  # noqa: S311  # its own, so that the rest stays as it is
        lost = [Gone("objectives", row.id, (STARTS,)) for row in objectives if chance() < 0.1]
        lost += [Gone("key_results", row.id, (STARTS,)) for row in rows if chance() < 0.2]
        return sheet._replace(gone=tuple(lost))

    def objective(self, row_id: str, weight: Any) -> Any:
        contributors = [f"{target}-KR0" for target in self.ids]
        aligned = self.random.sample([*self.ids, *contributors], self.random.choice((0, 1, 2, 3)))
        ambition = self.random.choice(("", "Committed"))
        return o(
            row_id, weight=weight, aligned_to="; ".join(aligned), status=self.status(), ambition=ambition
        )

    def key_result(self, row_id: str, weight: Any) -> Any:
        measure = self.random.choice(MEASURES)
        if row_id.endswith("KR0") and self.random.random() < 0.5:
            measure = "Contributors"
        own_dates: dict[str, Any] = (
            {"starts": self.on(), "due": self.on()} if self.random.random() < 0.2 else {}
        )
        return kr(
            row_id,
            measure=measure,
            start=self.number(),
            target=self.number(),
            current=self.value(measure),
            last_check_in=self.on(),
            confidence=self.random.choice((None, 0, 3.5, 4, 7, 8, 10, 12, ERROR)),
            status=self.status(),
            milestones=self.random.choice(PLANS) if measure == "Milestone" else "",
            weight=weight,
            **own_dates,
        )

    def check_in(self, row_id: str, measure: str) -> Any:
        said = self.random.choice(("", "", "On track", "Off track"))
        sure = self.random.choice((None, 2, 9))
        return check_in(self.on(), row_id, self.value(measure), status=said, confidence=sure)

    def value(self, measure: str) -> Any:
        if measure in ("Yes/No", "") and self.random.random() < 0.6:
            return self.random.choice((True, False))
        if measure == "Milestone" and self.random.random() < 0.6:
            return Amount(None, Was.TEXT, self.random.choice(("design", "Build", "Launch", "Sell")))
        return self.number()

    def number(self) -> Any:
        scale = self.random.choice((*["plain"] * 20, "percent", "none", "zero", "error"))
        plain = self.random.choice((-5, 1, 2, 2.5, 4, 7, 7.5, 10, 10, 15))
        return {"plain": plain, "percent": f"{plain * 10}%", "none": None, "zero": 0, "error": ERROR}[scale]

    def weights(self) -> Any:
        kind = self.random.choice((*["blank"] * 6, *["given"] * 4, "partly", "bad"))
        choices = {
            "blank": (None,),
            "given": (1, 2, 0.5, 0),
            "partly": (None, 2),
            "bad": (1, -1, ERROR, "50%"),
        }
        return lambda: self.random.choice(choices[kind])

    def weight(self) -> Any:
        return self.random.choice((None, None, 1, 2, 3, 0, -1, ERROR))

    def status(self) -> str:
        return self.random.choice(
            ("",) * 40 + ("On track", "At risk", "Off track", "Done", "Paused", "Dropped")
        )

    def on(self) -> date | None:
        """Mostly a day of the last weeks, at times a later one or none."""
        return None if self.random.random() < 0.2 else self.day + timedelta(days=self.random.randint(-40, 4))

    def portfolio(self, sheets: list[TeamSheet] | None = None) -> Portfolio:
        sheets = self.sheets if sheets is None else sheets
        origins = [Origin(s.source, s.source, "", self.states[s.team.unit]) for s in sheets]
        return gather(sheets, origins, organisation=Organisation(), as_of=self.day, seen=self.seen)

    @cached_property
    def found(self) -> tuple[Portfolio, Scores]:
        """Its portfolio and scores."""
        p = self.portfolio()
        return p, self.scores(p)

    def scores(self, p: Portfolio) -> Scores:
        return evaluate(p, Scoring(roll_up=self.mode), Checks(), self.day)


@pytest.fixture(scope="module", params=SEEDS)
def random_company(request):
    return Company(request.param)


def differences(frame: pd.DataFrame, twin: list[dict[str, Any]], names: tuple[str, ...]) -> list[str]:
    """Where a frame and the twin's rows differ by more than rounding."""
    return [
        f"{name}[{key}]: {value!r}, the twin says {row[name]!r}"
        for name in names
        for key, (value, row) in enumerate(zip(frame[name].tolist(), twin, strict=True))
        if not same(value, row[name])
    ]


def same(value: Any, expected: Any) -> bool:
    if expected is None:
        return bool(pd.isna(value))
    if isinstance(value, pd.Timestamp):
        return bool(value.date() == expected)
    if isinstance(expected, float):
        return math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-12)
    return bool(value == expected)


def test_the_slow_twin_agrees_in_every_figure(random_company):
    p, scores = random_company.found
    twin = Twin(p, Scoring(roll_up=random_company.mode), Checks(), random_company.day)
    assert differences(scores.key_results, twin.krs, KEY_RESULTS) == []
    assert differences(scores.objectives, twin.objectives, OBJECTIVES) == []
    assert differences(scores.units, twin.units, UNITS) == []


def test_trust_11_scores_are_fractions_and_nothing_is_infinite(random_company):
    _, scores = random_company.found
    for frame in (scores.key_results, scores.objectives, scores.units):
        assert not np.isinf(frame.select_dtypes("number").to_numpy(dtype=float)).any()
    for frame, names in (
        (scores.key_results, ("score", "as_if_zero")),
        (scores.objectives, ("score", "as_if_zero", "expected")),
        (
            scores.units,
            ("own_score", "roll_up", "roll_up_as_if_zero", "coverage", "alignment", "check_in_rate"),
        ),
    ):
        for name in names:
            assert frame[name].dropna().between(0, 1).all()
    for frame, low, high in (
        (scores.objectives, "as_if_zero", "score"),
        (scores.units, "own_as_if_zero", "own_score"),
        (scores.units, "roll_up_as_if_zero", "roll_up"),
    ):
        there = frame[high].notna()
        assert (frame[low][there] <= frame[high][there]).all()


def by_name(p: Portfolio, scores: Scores) -> dict[Any, Any]:
    """Every score with the names it belongs to, to the last bit."""
    unit = p.units["unit"].to_numpy()
    tables = (
        (unit, scores.units, unit),
        (unit[p.objectives["unit_key"]], scores.objectives, p.objectives["id"]),
        (
            unit[p.key_results["unit_key"]],
            scores.key_results.drop(columns="check_in_key"),
            p.key_results["id"],
        ),
    )
    return {
        (owner, name): tuple(map(repr, row))
        for owners, frame, names in tables
        for owner, name, row in zip(owners, names, frame.itertuples(index=False), strict=True)
    }


def test_trust_11_the_order_of_sources_and_rows_changes_no_bit(random_company):
    shuffled = random.Random(1)  # noqa: S311  # test data, no secret
    sheets = []
    for sheet in random_company.sheets:
        tables = {}
        for table in ("objectives", "key_results"):
            tables[table] = shuffled.sample(getattr(sheet, table), len(getattr(sheet, table)))
        sheets.append(sheet._replace(**{name: tuple(rows) for name, rows in tables.items()}))
    shuffled.shuffle(sheets)
    after = random_company.portfolio(sheets)
    assert by_name(*random_company.found) == by_name(after, random_company.scores(after))


def test_the_order_of_check_ins_changes_no_bit(random_company):
    p, scores = random_company.found
    turned = replace(p, check_ins=p.check_ins.iloc[::-1].reset_index(drop=True))
    assert by_name(p, scores) == by_name(p, random_company.scores(turned))


def test_evaluating_changes_nothing_in_the_portfolio(random_company):
    (p, _), untouched = random_company.found, random_company.portfolio()
    for table in ("units", "objectives", "key_results", "check_ins", "alignments", "sources"):
        pd.testing.assert_frame_equal(getattr(p, table), getattr(untouched, table))


def test_the_random_companies_show_what_there_is():
    scores = [Company(seed).found[1] for seed in SEEDS]
    statuses = {status for s in scores for status in s.key_results["status"]}
    reasons = {reason for s in scores for reason in s.key_results["unscored"]}
    bases = {basis for s in scores for basis in s.objectives["basis"]}
    assert len(statuses) == 10
    assert {"", "own", "contributors", "pooled"} == bases
    assert len(reasons) >= 20

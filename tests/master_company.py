"""A company whose master has everything in it: all measures, weights, roll-up paths, gaps and oddities."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sync.core import checks
from sync.core.model import TeamSheet
from sync.core.policy import Scoring
from sync.master.given import Change, MasterInput, Point
from sync.master.notes import NO_NOTES, Notes
from tests.sheets import CYCLE, ENDS, STARTS, TODAY, amount, check_in, company, kr, o, team, view


def sheets() -> list[TeamSheet]:
    """A company, two departments, three teams and one person; the third department keeps no sheet."""
    return [
        company(
            o("ACME-O1", "Become the tool that small teams recommend to each other", weight=2),
            o("ACME-O2", "Be a place where people stay", weight=1, ambition="Committed"),
            kr(
                "ACME-O1-KR1",
                "Net promoter score from 31 to 50",
                measure="Increase",
                start=31,
                target=50,
                current=42,
            ),
            kr("ACME-O1-KR2", "What the departments contribute", measure="Contributors", start=None),
            kr("ACME-O2-KR1", "Voluntary leavers at most 4", measure="At most", target=4, current=5),
            kr("ACME-O2-KR2", "Engagement survey answered by everybody", measure="Yes/No", current=False),
        ),
        team(
            "Growth",
            o("GRW-O1", "Win customers who stay", aligned_to="ACME-O1-KR2"),
            kr(
                "GRW-O1-KR1",
                "Churn from 5 % to 3 %",
                measure="Decrease",
                start="5%",
                target="3%",
                current="3.5%",
                weight=3,
            ),
            kr(
                "GRW-O1-KR2",
                "Trial-to-paid rate at least 12 %",
                measure="At least",
                target="12%",
                current="9.6%",
                weight=1,
            ),
            level="Department",
            weight=2,
        ),
        team(
            "Product",
            o("PRD-O1", "=1+1 is how a hostile objective begins", aligned_to="ACME-O1"),
            kr(
                "PRD-O1-KR1",
                "Four releases, each announced",
                measure="Milestone",
                milestones="R1;R2;R3;R4",
                current="R2",
            ),
            kr(
                "PRD-O1-KR2",
                "Response time stays between 90 and 120 ms",
                measure="Between",
                start=90,
                target=120,
                current=100,
            ),
            kr(
                "PRD-O1-KR3",
                "Crash-free sessions",
                measure="KPI",
                start="99%",
                target="100%",
                current="99.4%",
            ),
            level="Department",
        ),
        team(
            "Marketing",
            o("MKT-O1", "Fill the top of the funnel", aligned_to="GRW-O1", ambition="Committed"),
            o("MKT-O2", "Tell the stories of our customers", aligned_to="GRW-O1; NOBODY-O9"),
            kr(
                "MKT-O1-KR1",
                "Qualified leads from 1,200 to 3,000",
                start=1200,
                target=3000,
                current=1950,
                depends_on="Design",
            ),
            kr(
                "MKT-O1-KR2",
                "Cost per lead at most 40",
                measure="At most",
                target=40,
                current=52,
                comment="@import url(x)",
            ),
            kr("MKT-O2-KR1", "Case studies published", start=0, target=8, current=None, last_check_in=None),
            kr("MKT-O2-KR2", "Webinar series started", measure="Yes/No", current=True, status="Done"),
            kr("MKT-O2-KR3", "Podcast, given up", start=0, target=6, current=1, status="Dropped"),
            check_in(
                date(2026, 11, 16), "MKT-O1-KR1", 2100, confidence=7, what_changed="Two fairs", blockers="-"
            ),
            check_in(date(2026, 11, 9), "MKT-O1-KR2", 55, confidence=3, blockers="Agency fees"),
            parent="Growth",
        ),
        team(
            "Sales",
            o("SLS-O1", "Close faster", aligned_to="GRW-O1"),
            kr(
                "SLS-O1-KR1",
                "Days from offer to order from 40 to 25",
                start=40,
                target=25,
                current=43,
                weight=-1,
            ),
            kr(
                "SLS-O1-KR2",
                "Incidents of wrong invoices: none",
                measure="At most",
                target=0,
                current=0,
                weight=1,
            ),
            parent="Growth",
            weight=0.5,
        ),
        team(
            "Design",
            o("DSG-O1", "One design language"),
            kr(
                "DSG-O1-KR1", "Components moved over", start=0, target=60, current=60, depends_on="PRD-O1-KR1"
            ),
            kr("DSG-O1-KR2", "Accessibility score", start="60%", target="95%", current=70),
            kr("DSG-O1-KR3", "Broken cell", start=0, target=5, current=amount("#REF!")._replace(was="error")),
            parent="Product",
        ),
        team(
            "Kim",
            o("KIM-O1", "Grow as a lead", aligned_to="DSG-O1"),
            kr("KIM-O1-KR1", "Mentoring sessions", start=0, target=12, current=4),
            level="Individual",
            parent="Design",
        ),
        team(
            "Support",
            o("SUP-O1", "Nobody waits", aligned_to="ACME-O2"),
            kr("SUP-O1-KR1", "First answer within hours", start=9, target=2, current=4, confidence=8),
            parent="Operations",
        ),
    ]


def given(*teams: TeamSheet, notes: Notes = NO_NOTES, as_of: date = TODAY, **fields: Any) -> MasterInput:
    """The input of a master over these sheets (else the company's)."""
    seen = view(
        *(teams or sheets()), as_of=as_of, scoring=fields.pop("scoring", Scoring()), states={"Sales": "stale"}
    )
    weeks = [STARTS + timedelta(days=7 * week) for week in range(7)]
    trend = {
        unit: tuple(Point(on, 0.05 + 0.07 * week + 0.01 * (at % 4)) for week, on in enumerate(weeks))
        for at, unit in enumerate(seen.portfolio.units["unit"])
    }
    sources = seen.portfolio.sources
    made = MasterInput(
        portfolio=replace(
            seen.portfolio, sources=sources.assign(key="/srv/okr/teams/" + sources["name"].astype(str))
        ),
        scores=seen.scores,
        problems=checks.run(seen),
        organisation="Acme",
        cycle=CYCLE,
        starts=STARTS,
        ends=ENDS,
        as_of=as_of,
        generated="2026-11-18 22:18 UTC",
        run_id="run-7",
        version="0.1.0",
        folder="/srv/okr",
        trend=trend,
        previous={"Acme": 0.41, "Growth": 0.55, "Marketing": 0.30},
        changes=(
            Change(as_of, "Marketing", "value", "MKT-O1-KR1", "Qualified leads", "Current", "1,800", "2,100"),
            Change(as_of, "Design", "row added", "DSG-O1-KR3", "Broken cell", "", "", ""),
        ),
        notes=notes,
        settings=(("Roll-up", "own, then contributors"), ("Pace", "On track to 10 points, At risk to 25")),
    )
    return replace(made, **fields)

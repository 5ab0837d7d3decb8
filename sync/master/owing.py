"""The sheet `Who owes what`: every check-in that is missing, since when, and who has heard of it."""

from __future__ import annotations

import numpy as np

from sync.core import palette
from sync.core.checks.wording import counted
from sync.master import look
from sync.master.cells import Column, Sheet, Tinted, Value
from sync.master.columns import Taken, identities
from sync.master.lists import MOST_ROWS, list_sheet, text_column
from sync.master.origins import Origins, loudest
from sync.master.plan import Plan


def owing_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """The missing check-ins as the reminders count them, those that wait longest first."""
    given = plan.given
    found = sorted(given.owing, key=lambda one: (-one.days, one.due, one.key))[:MOST_ROWS]
    said = Taken(given.portfolio.key_results, np.array([one.key for one in found], dtype=np.int64))
    scores = Taken(given.scores.key_results, np.array([one.key for one in found], dtype=np.int64))
    refs = origins.cells("key_results", "current", said.keys("source_key"), said.keys("row"))
    named = [one.owners or text for one, text in zip(found, said.texts("owner"), strict=True)]
    due: list[Value] = [one.due for one in found]
    waiting: list[Value] = [float(one.days) for one in found]
    centred = look.HEADER_CENTRED
    ours = [
        text_column("Owner", named, 22),
        text_column("Unit", list(plan.unit_names[said.keys("unit_key")]), 18),
        text_column("KR ID", said.texts("id"), 15, look.ID),
        text_column("Key result", said.texts("key_result"), 44, look.WRAPPED),
        Column("Status", scores.texts("status"), look.PILL, width=12, title=centred),
        Column("Last check-in", scores.days("checked_on"), look.DATE, width=13, title=centred),
        Column("Missing since", due, look.DATE, width=13, title=centred),
        Column("Working days", waiting, look.COUNT, width=10, title=centred),
        text_column("Ladder", [one.step for one in found], 11),
        text_column("Champion", [one.champion for one in found], 20),
        text_column("Manager", [one.manager for one in found], 20),
        text_column("Sponsor", [one.sponsors for one in found], 20),
        Column("Source", refs.words, look.LINK, width=32, links=loudest(refs.links), title=look.HEADER),
    ]
    count = f"{counted(len(given.owing), 'check-in')} missing"
    return list_sheet(
        given,
        "Who owes what",
        (f"{given.organisation} · who owes what", f"{given.cycle} · {count}", as_of),
        ours,
        identities(said, given.portfolio.units),
        table="WhoOwesWhat",
        accents=(Tinted("Status", palette.STATUS),),
        tab=palette.AMBER.ink,
    )

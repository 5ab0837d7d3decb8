"""The sheets `Wins`, what was reached, and `Lessons`, what the teams wrote down about it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sync.core.arrays import days, flags, keys, texts
from sync.core.checks.wording import counted
from sync.core.model import CellRef, RetrospectiveRow, Status, TeamSheet
from sync.master import look
from sync.master.cells import Column, Sheet
from sync.master.columns import Taken, identities, row_identity
from sync.master.lists import MOST_ROWS, list_sheet, text_column
from sync.master.origins import Origins, loudest
from sync.master.plan import Plan


def wins_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """The key results that are Done, the newest first."""
    given = plan.given
    frame, scores = given.portfolio.key_results, given.scores.key_results
    won = (texts(scores, "status") == Status.DONE) & flags(frame, "active") & ~flags(frame, "gone")
    rows = won.nonzero()[0]
    order = rows[np.argsort(-days(scores, "checked_on")[rows], kind="stable")][:MOST_ROWS]
    said, found = Taken(frame, order), Taken(scores, order)
    refs = origins.cells("key_results", "current", said.keys("source_key"), said.keys("row"))
    values, value_looks = found.amounts("value")
    targets, target_looks = said.amounts("target")
    centred, right = look.HEADER_CENTRED, look.HEADER_RIGHT
    ours = [
        Column("Last check-in", found.days("checked_on"), look.DATE, width=13, title=centred),
        text_column("Unit", list(plan.unit_names[said.keys("unit_key")]), 18),
        text_column("KR ID", said.texts("id"), 15, look.ID),
        text_column("Key result", said.texts("key_result"), 46, look.WRAPPED),
        text_column("Owner", said.texts("owner"), 20),
        Column("Reached", values, look.AMOUNT, value_looks, width=11, title=right),
        Column("Target", targets, look.AMOUNT, target_looks, width=11, title=right),
        Column("Source", refs.words, look.LINK, width=32, links=loudest(refs.links), title=look.HEADER),
    ]
    count = f"{len(rows):,} of {len(frame):,} key results are done"
    return list_sheet(
        given,
        "Wins",
        (f"{given.organisation} · what was reached", f"{given.cycle} · {count}", as_of),
        ours,
        identities(said, given.portfolio.units),
        table="Wins",
    )


def lessons_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """What stands in the teams' Retrospective tabs, unit by unit in the order of the tree."""
    given = plan.given
    found = list(_written(plan))[:MOST_ROWS]
    refs = [sheet.ref("retrospective", row.row, "type") for _, sheet, row in found]
    links = loudest(origins.link(origins.number(ref.source), ref) for ref in refs)
    ours = [
        text_column("Unit", [unit for unit, _, _ in found], 18),
        text_column("Type", [row.type for _, _, row in found], 11),
        text_column("About", [row.about for _, _, row in found], 30, look.WRAPPED),
        text_column("What happened", [row.what_happened for _, _, row in found], 44, look.WRAPPED),
        text_column("What we learned", [row.what_we_learned for _, _, row in found], 44, look.WRAPPED),
        text_column("Do next", [row.do_next for _, _, row in found], 34, look.WRAPPED),
        Column("Source", [_place(ref) for ref in refs], look.LINK, width=32, links=links, title=look.HEADER),
    ]
    return list_sheet(
        given,
        "Lessons",
        (f"{given.organisation} · what was learned", f"{given.cycle} · {counted(len(found), 'row')}", as_of),
        ours,
        [row_identity(unit, *row[1:]) for unit, _, row in found],
        table="Lessons",
    )


def _written(plan: Plan) -> Iterator[tuple[str, TeamSheet, RetrospectiveRow]]:
    """Each row with something in it, its unit and its sheet."""
    p = plan.given.portfolio
    units = keys(p.sources, "unit_key").tolist()
    order = sorted((int(plan.unit_row[unit]), at) for at, unit in enumerate(units) if unit >= 0)
    for _, at in order:
        for row in p.sheets[at].retrospective:
            if any(row[2:]):
                yield str(plan.unit_names[units[at]]), p.sheets[at], row


def _place(ref: CellRef) -> str:
    return f"{ref.source} › {ref.tab}!{ref.cell}" if ref.cell else ref.source

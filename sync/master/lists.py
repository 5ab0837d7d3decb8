"""The flat lists: `Issues`, `Check-ins`, `Changes` and `Sources`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from sync.core import palette
from sync.core.arrays import Ints, keys
from sync.core.model import CellRef
from sync.core.problems import Problem, in_order
from sync.master import look
from sync.master.cells import Column, Sheet, Style, Table, Tinted, Value
from sync.master.columns import Taken, row_identity, weave
from sync.master.given import MasterInput
from sync.master.notes import IDENTITY
from sync.master.origins import Origins, loudest
from sync.master.places import Place, woven
from sync.master.plan import Plan

MOST_ROWS = 50_000
"""No list is longer: a million check-ins are history's business, and their sheets have them all."""

STATES = {"ok": "read", "unchanged": "unchanged", "held": "held", "stale": "stale"}
STATE_TINTS = {
    "read": palette.GREEN,
    "unchanged": palette.GREEN,
    "held": palette.AMBER,
    "stale": palette.RED,
    "not read": palette.RED,
}


def list_sheet(
    given: MasterInput,
    name: str,
    words: tuple[str, str, str],
    ours: Sequence[Column],
    rows: Sequence[str],
    *,
    table: str,
    accents: tuple[Tinted, ...] = (),
    wide: int = 1,
    tab: str = palette.LINE,
) -> Sheet:
    """A list under its band, with filter buttons and managers' columns."""
    headers = (*(column.header for column in ours), IDENTITY)
    place = Place(name, look.TABLE_TOP, len(rows), woven(headers, given.notes.columns.get(name, ())))
    return Sheet(
        name,
        placed=look.band(*words),
        table=Table(place.top, weave(place, ours, rows, given.notes), table),
        accents=accents,
        freeze=(place.top, wide),
        heights={1: 28, place.top: 30},
        tab=tab,
    )


def text_column(header: str, values: Sequence[str], width: float, style: Style = look.TEXT) -> Column:
    """A column of texts."""
    return Column(header, list(values), style, width=width, title=look.HEADER)


# ---------------------------------------------------------------- Issues


def issues_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """Every finding, the loudest first, each with a link to its cell."""
    given = plan.given
    found = in_order(given.problems)[:MOST_ROWS]
    counts = Counter(problem.severity.value for problem in given.problems)
    said = f"{counts['error']:,} errors, {counts['warning']:,} warnings, {counts['note']:,} notes"
    rows = [row_identity(p.code, p.source, p.tab, p.row_id or p.cell) for p in found]
    return list_sheet(
        given,
        "Issues",
        (f"{given.organisation} · what to mend, and where", f"{given.cycle} · {said}", as_of),
        _issue_columns(found, origins),
        rows,
        table="Issues",
        accents=(Tinted("Severity", palette.SEVERITY),),
        wide=2,
        tab=palette.AMBER.ink,
    )


def _issue_columns(found: Sequence[Problem], origins: Origins) -> list[Column]:
    links = loudest(_link(problem, origins) for problem in found)
    cells: list[Value] = [problem.cell for problem in found]
    return [
        Column("Severity", [p.severity.value for p in found], look.PILL, width=10, title=look.HEADER_CENTRED),
        text_column("Code", [p.code for p in found], 8),
        text_column("Unit", [p.unit for p in found], 18),
        text_column("Source", [p.source for p in found], 24),
        text_column("Tab", [p.tab for p in found], 14),
        Column("Cell", cells, look.LINK, width=8, links=links, title=look.HEADER),
        text_column("Row ID", [p.row_id for p in found], 15, look.ID),
        text_column("Message", [p.message for p in found], 66, look.WRAPPED),
        text_column("How to mend it", [p.hint for p in found], 58, look.WRAPPED),
    ]


def _link(problem: Problem, origins: Origins) -> str:
    source = origins.number(problem.source)
    return origins.link(source, CellRef(problem.source, problem.tab, problem.cell)) if problem.cell else ""


# ---------------------------------------------------------------- Check-ins


def check_ins_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """The dated check-ins, newest first."""
    given = plan.given
    frame = given.portfolio.check_ins
    order = given.portfolio.newest_check_ins(MOST_ROWS)
    said = Taken(frame, order)
    more = f", the newest {MOST_ROWS:,} are listed" if len(frame) > MOST_ROWS else ""
    texts = np.append(given.portfolio.key_results["key_result"].to_numpy(dtype=object), "")
    values, looks = said.amounts("value")
    refs = origins.cells("check_ins", "", said.keys("source_key"), said.keys("row"))
    centred, links = look.HEADER_CENTRED, loudest(refs.links)
    ours = [
        Column("Date", said.days("date"), look.DATE, width=13, title=centred),
        text_column("Unit", list(plan.unit_names[said.keys("unit_key")]), 18),
        text_column("KR ID", said.texts("kr_id"), 15, look.ID),
        text_column("Key result", list(texts[said.keys("kr_key")]), 40, look.WRAPPED),
        Column("Value", values, look.AMOUNT, looks, width=11, title=look.HEADER_RIGHT),
        Column("Confidence", said.shown("confidence"), look.CONFIDENCE, width=11, title=centred),
        Column("Status", said.texts("status"), look.PILL, width=12, title=centred),
        text_column("What changed", given.portfolio.words("what_changed", order), 40, look.WRAPPED),
        text_column("Blockers", given.portfolio.words("blockers", order), 30, look.WRAPPED),
        text_column("Next steps", given.portfolio.words("next_steps", order), 30, look.WRAPPED),
        text_column("By", given.portfolio.words("by", order), 16),
        Column("Source", refs.words, look.LINK, width=32, links=links, title=look.HEADER),
    ]
    units = plan.unit_names[said.keys("unit_key")]
    rows = _numbered(zip(units, said.texts("kr_id"), map(str, said.days("date")), strict=True))
    words = f"{given.cycle} · {len(frame):,} check-ins{more}"
    return list_sheet(
        given,
        "Check-ins",
        (f"{given.organisation} · what was reported", words, as_of),
        ours,
        rows,
        table="CheckIns",
        accents=(Tinted("Status", palette.STATUS),),
    )


def _numbered(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """An identity for each check-in: its unit, key result and day, and which of that day it is."""
    seen: Counter[tuple[str, str, str]] = Counter()
    names = []
    for row in rows:
        names.append(row_identity(*row, str(seen[row])))
        seen[row] += 1
    return names


# ---------------------------------------------------------------- Changes


def changes_sheet(plan: Plan, as_of: str) -> Sheet:
    """What differs from the last sync."""
    given = plan.given
    found = list(given.changes)[:MOST_ROWS]
    dates: list[Value] = [change.on for change in found]
    ours = [
        Column("On", dates, look.DATE, width=13, title=look.HEADER_CENTRED),
        text_column("Unit", [change.unit for change in found], 18),
        text_column("What", [change.kind for change in found], 16),
        text_column("ID", [change.row_id for change in found], 15, look.ID),
        text_column("Text", [change.text for change in found], 46, look.WRAPPED),
        text_column("Field", [change.field for change in found], 16),
        text_column("Before", [change.before for change in found], 26, look.WRAPPED),
        text_column("After", [change.after for change in found], 26, look.WRAPPED),
    ]
    rows = [row_identity(str(c.on), c.unit, c.kind, c.row_id, c.field) for c in found]
    count = f"{len(found):,} changes" if found else "nothing changed"
    words = f"{given.cycle} · {count} since {given.previous_on}"
    return list_sheet(
        given,
        "Changes",
        (f"{given.organisation} · what changed", words, as_of),
        ours,
        rows,
        table="Changes",
    )


# ---------------------------------------------------------------- Sources


def sources_sheet(plan: Plan, origins: Origins, as_of: str) -> Sheet:
    """Every sheet that was read or should have been, and how current it is."""
    given = plan.given
    p = given.portfolio
    names = p.sources["name"].tolist()
    others = {source: (unit, f"not scored: {cycle}") for source, unit, cycle in sorted(given.other_cycles)}
    unread = {x.source for x in given.problems if x.source and origins.number(x.source) < 0} - set(others)
    missing = [*others, *sorted(unread)]
    counts = Counter(problem.source for problem in given.problems)
    links = loudest(origins.link(at, CellRef("", "", "")) for at in range(len(names)))
    units = np.append(plan.unit_names, "")[keys(p.sources, "unit_key")]
    states = [STATES.get(state, state) for state in p.sources["state"]]
    tables = ("objectives", "key_results", "check_ins")
    sizes = [np.bincount(_known(keys(getattr(p, t), "source_key")), minlength=len(names)) for t in tables]
    ours = [
        Column("Source", [*names, *missing], look.LINK, width=36, links=links, title=look.HEADER),
        text_column("Unit", [*units, *(others.get(name, ("", ""))[0] for name in missing)], 22),
        Column(
            "State",
            [*states, *("other cycle" if name in others else "not read" for name in missing)],
            look.PILL,
            width=13,
            title=look.HEADER_CENTRED,
        ),
        text_column(
            "Stale since", [*p.sources["since"], *(others.get(name, ("", ""))[1] for name in missing)], 32
        ),
        *(
            Column(
                title, [*map(float, size), *([None] * len(missing))], look.COUNT, title=look.HEADER_CENTRED
            )
            for title, size in zip(("Objectives", "Key results", "Check-ins"), sizes, strict=True)
        ),
        Column(
            "Findings", [float(counts[n]) for n in (*names, *missing)], look.COUNT, title=look.HEADER_CENTRED
        ),
    ]
    late = sum(state not in {"read", "unchanged"} for state in states) + len(unread)
    words = f"{len(names) + len(missing):,} sources, {late:,} of them held, stale or not read"
    return list_sheet(
        given,
        "Sources",
        (f"{given.organisation} · where it all came from", f"{given.cycle} · {words}", as_of),
        ours,
        [row_identity(name) for name in (*names, *missing)],
        table="Sources",
        accents=(Tinted("State", STATE_TINTS),),
    )


def _known(sources: Ints) -> Ints:
    return sources[sources >= 0]

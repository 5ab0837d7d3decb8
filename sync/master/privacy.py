"""Private units in the master: their figures, ids and statuses, none of their words (TRUST 24)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sync.core.arrays import Bools, column, keys, numbers, texts
from sync.core.columns import Columns
from sync.core.model import TYPED_STATUSES, CheckInRow, TeamSheet, split_id, split_several
from sync.core.portfolio import Portfolio
from sync.core.problems import RULES, Problem
from sync.core.schema import KEY_RESULTS, OBJECTIVES, Type
from sync.core.stack import CHECK_IN_WORDS
from sync.master.given import Change, MasterInput, Owing

WITHHELD = "(private)"
_WORDS = {
    "objectives": ("objective", "owner", "priority", "aligned_to", "why"),
    "key_results": (
        "objective_id",
        "key_result",
        "owner",
        "unit_of_measure",
        "comment",
        "priority",
        "milestones",
        "depends_on",
    ),
    "check_ins": ("kr_id",),
}
_STATUSES = {"", *map(str, TYPED_STATUSES)}
_FIGURES = {
    one.field.replace("_", " ")
    for tab in (OBJECTIVES, KEY_RESULTS)
    for one in tab.columns
    if one.type in {Type.AMOUNT, Type.DATE}
} | {"status"}
_ASIDE = "Look into the source; what it says is private."


def without_private_words(given: MasterInput) -> MasterInput:
    """The input with every text of a private unit replaced, wherever it stands; ids and figures stay."""
    if not set(given.private_units) & set(given.portfolio.units["unit"]):
        return given
    p = given.portfolio
    private = p.units["unit"].isin(given.private_units).to_numpy(dtype=np.bool_)
    of_kr = private[keys(p.key_results, "unit_key")]
    ids = _ids(p, private)
    sources = set(p.sources["name"][_of(private, p.sources)])
    return replace(
        given,
        portfolio=replace(
            p,
            objectives=_quoting(_masked(p.objectives, private, "objectives"), p, private, ids),
            key_results=_unmeasured(_masked(p.key_results, private, "key_results"), private),
            check_ins=_by_id(_masked(p.check_ins, private, "check_ins"), p.key_results, private),
            alignments=_links(p.alignments, p.objectives, "child_key", p, private, ids),
            dependencies=_links(p.dependencies, p.key_results, "kr_key", p, private, ids),
            sheets=tuple(
                _muted(sheet) if theirs else sheet
                for sheet, theirs in zip(p.sheets, _of(private, p.sources).tolist(), strict=True)
            ),
        ),
        scores=replace(
            given.scores,
            key_results=_withheld(given.scores.key_results, of_kr & _is_text(given), ("value_raw",)),
        ),
        problems=[_problem(problem, given.private_units, sources, ids) for problem in given.problems],
        changes=[_change(change, given.private_units, ids) for change in given.changes],
        owing=[_nameless(one) if of_kr[one.key] else one for one in given.owing],
    )


def _of(private: Bools, frame: pd.DataFrame) -> Bools:
    """Which rows of a frame belong to private units; a row without a unit does not."""
    mine: Bools = np.append(private, False)[keys(frame, "unit_key")]
    return mine


def _ids(p: Portfolio, private: Bools) -> frozenset[str]:
    """The ids of private rows."""
    frames = (p.objectives, p.key_results)
    return frozenset(id_ for frame in frames for id_ in frame["id"][_of(private, frame)]) - {""}


def _is_text(given: MasterInput) -> Bools:
    return np.isnan(numbers(given.scores.key_results, "value"))


def _masked(frame: pd.DataFrame, private: Bools, table: str) -> pd.DataFrame:
    rows = _of(private, frame)
    raws = [name for name in frame.columns if name.endswith("_raw")]
    masked = _withheld(frame, rows, [*_WORDS[table], *raws])
    if "identity" in frame:
        masked["identity"] = [
            _unreadable(identity) if hide else identity
            for identity, hide in zip(frame["identity"], rows.tolist(), strict=True)
        ]
    return masked


def _muted(sheet: TeamSheet) -> TeamSheet:
    """The sheet with the words of its check-ins replaced (blank stays blank), and without its lessons."""
    rows = []
    for row in sheet.check_ins:
        said: dict[str, Any] = {name: WITHHELD for name in CHECK_IN_WORDS if getattr(row, name)}
        rows.append(row._replace(**said))
    return sheet._replace(check_ins=Columns.of(CheckInRow, rows), retrospective=())


def _nameless(one: Owing) -> Owing:
    """What is owed in a private unit: that, and since when, but not by whom."""
    owners, champion, manager, sponsors = (
        WITHHELD if name else "" for name in (one.owners, one.champion, one.manager, one.sponsors)
    )
    return one._replace(owners=owners, champion=champion, manager=manager, sponsors=sponsors)


def _unmeasured(key_results: pd.DataFrame, private: Bools) -> pd.DataFrame:
    """The key results without the private typed measures that are none of ours."""
    rows = _of(private, key_results) & (texts(key_results, "measure") == "")
    return _withheld(key_results, rows, ("measure_typed",))


def _by_id(check_ins: pd.DataFrame, key_results: pd.DataFrame, private: Bools) -> pd.DataFrame:
    """The check-ins with the ids of their key results, which people may have named by their texts."""
    ids = np.append(texts(key_results, "id"), "")[keys(check_ins, "kr_key")]
    named = texts(check_ins, "kr_id")
    strange = ~check_ins["status"].isin(_STATUSES).to_numpy(dtype=np.bool_)
    found = _withheld(check_ins, _of(private, check_ins) & strange, ("status",))
    return found.assign(kr_id=column(np.where((named == WITHHELD) & (ids != ""), ids, named)))


def _links(
    links: pd.DataFrame, rows: pd.DataFrame, key: str, p: Portfolio, private: Bools, ids: frozenset[str]
) -> pd.DataFrame:
    """Alignments or dependencies without what private units typed, or others typed of private rows."""
    mine = _of(private, rows)[keys(links, key)]
    found = [
        WITHHELD if hide else _named(raw, id_, ids)
        for raw, hide, id_ in zip(
            links["raw"], mine.tolist(), _private_targets(links, p, private), strict=True
        )
    ]
    return links.assign(raw=column(np.array(found, dtype=np.object_)))


def _private_targets(links: pd.DataFrame, p: Portfolio, private: Bools) -> list[str | None]:
    """For each link its target's id ("" when it has none) where that is private; None where it is not."""
    targets: dict[str, tuple[list[str], list[bool]]] = {
        name: (frame["id"].tolist(), _of(private, frame).tolist())
        for name, frame in (("objective", p.objectives), ("key_result", p.key_results))
    }
    found: list[str | None] = []
    for target, key in zip(links["target"], keys(links, "target_key").tolist(), strict=True):
        known = key >= 0 and target in targets
        found.append(targets[target][0][key] if known and targets[target][1][key] else None)
    return found


def _named(raw: str, target: str | None, ids: frozenset[str]) -> str:
    """An entry that names a private row, by the row's id alone; any other entry as it is."""
    if target is not None:
        return target or WITHHELD
    return split_id(raw) if split_id(raw) in ids else raw


def _quoting(objectives: pd.DataFrame, p: Portfolio, private: Bools, ids: frozenset[str]) -> pd.DataFrame:
    """The objectives whose Aligned to names private rows by their ids alone."""
    cells = objectives["aligned_to"].tolist()
    links = zip(
        keys(p.alignments, "child_key").tolist(),
        p.alignments["raw"],
        _private_targets(p.alignments, p, private),
        strict=True,
    )
    targets = {(child, raw): target for child, raw, target in links}
    for child in {child for child, _ in targets}:
        entries = split_several(cells[child])
        named = [_named(entry, targets.get((child, entry)), ids) for entry in entries]
        if named != entries:
            cells[child] = "; ".join(named)
    return objectives.assign(aligned_to=column(np.array(cells, dtype=np.object_)))


def _withheld(frame: pd.DataFrame, rows: Bools, columns: Sequence[str]) -> pd.DataFrame:
    """The frame with the texts of some rows replaced; blank stays blank."""
    replaced = {name: frame[name].mask(rows & (frame[name] != ""), WITHHELD) for name in columns}
    return frame.assign(**replaced)


def _unreadable(identity: str) -> str:
    """A provisional identity is made of the row's text; its digest tells the row as well."""
    if not identity.startswith(("~", "!")):
        return identity
    return identity[0] + hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _problem(
    problem: Problem, private: Sequence[str], sources: Collection[str], ids: frozenset[str]
) -> Problem:
    """A finding of a private unit, or one that quotes a private row's text, says its rule and place only."""
    theirs = problem.unit in private or problem.source in sources
    if not theirs and not _quotes(problem.value, ids):
        return problem
    title = RULES[problem.code].title if problem.code in RULES else problem.code
    row_id = problem.row_id if not theirs or problem.row_id in ids else ""
    return problem._replace(value="", message=f"{title}.", hint=_ASIDE, row_id=row_id)


def _quotes(value: str, ids: frozenset[str]) -> bool:
    return " · " in value and any(
        split_id(entry) in ids and split_id(entry) != entry for entry in split_several(value)
    )


def _change(change: Change, private: Sequence[str], ids: frozenset[str]) -> Change:
    if change.unit not in private:
        return change._replace(before=_entries(change.before, ids), after=_entries(change.after, ids))
    is_figure = change.field.casefold() in _FIGURES
    before, after = (
        text if is_figure and _is_figure(text) else WITHHELD if text else ""
        for text in (change.before, change.after)
    )
    return change._replace(row_id=_unreadable(change.row_id), text=WITHHELD, before=before, after=after)


def _entries(cell: str, ids: frozenset[str]) -> str:
    if not _quotes(cell, ids):
        return cell
    return "; ".join(_named(entry, None, ids) for entry in split_several(cell))


def _is_figure(text: str) -> bool:
    """Whether it is a status, or a number or date without a word in it."""
    return text in _STATUSES or not any(map(str.isalpha, text))

"""Private units in the master: their figures, ids and statuses, none of their words (TRUST 24)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from sync.core.arrays import Bools, column, keys, numbers, texts
from sync.core.problems import RULES, Problem
from sync.master.given import Change, MasterInput

WITHHELD = "(private)"
_WORDS = {
    "objectives": ("objective", "owner", "aligned_to", "why"),
    "key_results": (
        "objective_id",
        "key_result",
        "owner",
        "unit_of_measure",
        "comment",
        "milestones",
        "depends_on",
    ),
    "check_ins": ("kr_id", "what_changed", "blockers", "next_steps", "by"),
}
_ASIDE = "Look into the source; what it says is private."


def without_private_words(given: MasterInput) -> MasterInput:
    """The input with every text of a private unit replaced; ids and numbers stay."""
    if not set(given.private_units) & set(given.portfolio.units["unit"]):
        return given
    p = given.portfolio
    private = p.units["unit"].isin(given.private_units).to_numpy(dtype=np.bool_)
    of_kr = private[keys(p.key_results, "unit_key")]
    of_objective = private[keys(p.objectives, "unit_key")]
    return replace(
        given,
        portfolio=replace(
            p,
            objectives=_masked(p.objectives, private, "objectives"),
            key_results=_masked(p.key_results, private, "key_results"),
            check_ins=_by_id(_masked(p.check_ins, private, "check_ins"), p.key_results),
            alignments=_withheld(p.alignments, of_objective[keys(p.alignments, "child_key")], ("raw",)),
            dependencies=_withheld(p.dependencies, of_kr[keys(p.dependencies, "kr_key")], ("raw",)),
        ),
        scores=replace(
            given.scores,
            key_results=_withheld(given.scores.key_results, of_kr & _is_text(given), ("value_raw",)),
        ),
        problems=[_problem(problem, given.private_units) for problem in given.problems],
        changes=[_change(change, given.private_units) for change in given.changes],
    )


def _is_text(given: MasterInput) -> Bools:
    return np.isnan(numbers(given.scores.key_results, "value"))


def _masked(frame: pd.DataFrame, private: Bools, table: str) -> pd.DataFrame:
    rows = private[keys(frame, "unit_key")]
    raws = [name for name in frame.columns if name.endswith("_raw")]
    masked = _withheld(frame, rows, [*_WORDS[table], *raws])
    if "identity" in frame:
        masked["identity"] = [
            _unreadable(identity) if hide else identity
            for identity, hide in zip(frame["identity"], rows.tolist(), strict=True)
        ]
    return masked


def _by_id(check_ins: pd.DataFrame, key_results: pd.DataFrame) -> pd.DataFrame:
    """The check-ins with the ids of their key results, which people may have named by their texts."""
    ids = np.append(texts(key_results, "id"), "")[keys(check_ins, "kr_key")]
    named = texts(check_ins, "kr_id")
    return check_ins.assign(kr_id=column(np.where((named == WITHHELD) & (ids != ""), ids, named)))


def _withheld(frame: pd.DataFrame, rows: Bools, columns: Sequence[str]) -> pd.DataFrame:
    """The frame with the texts of some rows replaced; blank stays blank."""
    replaced = {name: frame[name].mask(rows & (frame[name] != ""), WITHHELD) for name in columns}
    return frame.assign(**replaced)


def _unreadable(identity: str) -> str:
    """A provisional identity is made of the row's text; its digest tells the row as well."""
    if not identity.startswith(("~", "!")):
        return identity
    return identity[0] + hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _problem(problem: Problem, private: Sequence[str]) -> Problem:
    if problem.unit not in private:
        return problem
    title = RULES[problem.code].title if problem.code in RULES else problem.code
    return problem._replace(value="", message=f"{title}.", hint=_ASIDE)


def _change(change: Change, private: Sequence[str]) -> Change:
    if change.unit not in private:
        return change
    return change._replace(text=WITHHELD, before=WITHHELD, after=WITHHELD)

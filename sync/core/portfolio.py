"""All teams' sheets as one set of typed DataFrames; from here on work is vectorised over the organisation.

Every frame has a RangeIndex; a `*_key` column holds row numbers of another frame, -1 where there is none.
Texts are object columns, "" for blank; numbers float64 with NaN for missing; dates datetime64[s] with NaT.
An Amount field `x` becomes three columns: `x` (float), `x_was` (a `Was` text) and `x_raw`.

units        unit, level, parent, parent_key, weight, weight_was, weight_raw, cycle, starts, ends (of the
             cycle), champion, manager, time_zone, source_key (-1 for a grouping unit), grouping (bool:
             named as a parent, has no sheet), in_loop (bool: its Parent chain comes back to itself; such a
             unit has parent_key -1), parent_level (of parent_key, "" if none)
objectives   unit_key, source_key, row, id, identity, objective, owner, status_typed, ambition (blank =
             Aspirational), ambition_typed, priority, weight(+_was,_raw), aligned_to, why,
             final_grade(+_was,_raw), valid (False: duplicate id that nobody wins, not scored), active
             (valid and neither Paused nor Dropped), gone (bool)
key_results  unit_key, source_key, objective_key, objective_state ("ok", "blank", "unknown"), row, id,
             identity, objective_id, key_result, owner, measure_typed, measure (inferred if blank; "" if it
             cannot be), unit_of_measure, start, target, current, confidence, weight, final_grade (each
             +_was,_raw), current_formula (bool), status_typed, comment, last_check_in, priority,
             starts_typed, due_typed, starts, due (typed, else the cycle's), milestones, depends_on,
             ambition (of its objective), level (of its unit), valid (False: duplicate, or no objective),
             active (valid; neither it nor its objective Paused or Dropped), gone, value_seen (first sync
             that saw this Current; NaT without history), changed_on (newest sync that saw Current [unless a
             formula], Confidence, Status or Comment changed; NaT if never)
check_ins    kr_key, unit_key, source_key, row, date, kr_id, value(+_was,_raw), confidence(+_was,_raw),
             status; sheet by sheet, in their order (for the words of a check-in see `words`)
initiatives  kr_key, unit_key, source_key, row, initiative, kr_id, owner, status, link
alignments   child_key (objectives), raw (one entry of Aligned to), target ("objective", "key_result", ""),
             target_key, state: "ok", "unknown", "self", "other_cycle", "ambiguous" (the id stands in
             several units), "not_contributors" (a KR that is not measured by Contributors), "loop" (the
             edge at which an alignment cycle is broken; only "ok" edges count in roll-ups)
dependencies kr_key, raw, target ("key_result", "objective", "unit", ""), target_key, state: "ok", "unknown",
             "ambiguous"
sources      name, key, url, unit_key, state ("ok", "unchanged", "held", "stale"), since (text, "" if
             current)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from sync.core.arrays import Ints, days, keys
from sync.core.model import CellRef, Person, TeamSheet
from sync.core.stack import words_of


class Seen(NamedTuple):
    """What history knows of one key result: see `value_seen` and `changed_on` above."""

    value_seen: date | None
    changed_on: date | None


class Origin(NamedTuple):
    """Where a sheet came from and how current it is (a row of `sources`)."""

    name: str
    key: str
    url: str
    state: str = "ok"
    since: str = ""


@dataclass(frozen=True)
class Portfolio:
    """The whole organisation at one moment. `sheets[i]` is the sheet of row i of `sources`."""

    units: pd.DataFrame
    objectives: pd.DataFrame
    key_results: pd.DataFrame
    check_ins: pd.DataFrame
    initiatives: pd.DataFrame
    alignments: pd.DataFrame
    dependencies: pd.DataFrame
    sources: pd.DataFrame
    people: tuple[Person, ...]
    sheets: tuple[TeamSheet, ...]

    def ref(self, table: str, key: int, field: str = "") -> CellRef:
        """The cell a value came from: row `key` of a frame, a schema field. "" parts for grouping units."""
        frame: pd.DataFrame = getattr(self, table)
        source = int(frame["source_key"].iloc[key])
        if source < 0:
            return CellRef("", "", "")
        row = 0 if table == "units" else int(frame["row"].iloc[key])
        return self.sheets[source].ref("team" if table == "units" else table, row, field)

    def words(self, field: str, rows: Ints) -> list[str]:
        """One of CHECK_IN_WORDS of these rows of `check_ins`."""
        sources = keys(self.check_ins, "source_key")
        own = sources[rows]
        tables = [sheet.check_ins for sheet in self.sheets]
        return words_of(tables, field, own, rows - np.searchsorted(sources, own))

    def newest_check_ins(self, count: int) -> Ints:
        """The rows of the newest check-ins, the newest first, and no more than so many."""
        return np.argsort(-days(self.check_ins, "date"), kind="stable")[:count]

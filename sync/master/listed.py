"""A list of the master in the making: its rows in order, its place, and the columns that lists share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sync.core.arrays import Floats
from sync.master import formulas as live
from sync.master import look
from sync.master.cells import Column, Style, Value
from sync.master.columns import Taken, hidden, live_or_plain
from sync.master.places import Place
from sync.master.plan import Plan


@dataclass(frozen=True)
class Listed:
    """What several columns of a list need: what teams said and what was computed, in the list's order."""

    plan: Plan
    place: Place
    said: Taken
    scores: Taken

    @property
    def rows(self) -> range:
        """The rows, from 0."""
        return range(self.place.rows)

    def cells(self, header: str) -> Iterator[str]:
        """The cells of a column, top to bottom, made as they are asked for."""
        return (self.place.cell(header, row) for row in self.rows)


def wrapped_styles(said: Taken) -> list[Style]:
    """The style of each row's main text; rows gone from their sheet are set apart."""
    gone = look.GONE._replace(wrap=True)
    return [gone if out else look.WRAPPED for out in said.flags("gone").tolist()]


def ratio(header: str, values: Sequence[Value], style: Style = look.RATIO, width: float = 10) -> Column:
    """A column of fractions, shown as percents."""
    return Column(header, values, style, width=width, title=look.HEADER_CENTRED)


def always_live(header: str, formulas: Sequence[str], values: Floats) -> Column:
    """A hidden column whose every cell is a formula."""
    return hidden(header, live_or_plain([True] * len(formulas), formulas, values))


def weights(found: Listed) -> list[Value]:
    """The weight used: live where it is the typed one or 1, plain where something overrules it."""
    used, typed = found.scores.numbers("weight_used"), found.said.numbers("weight")
    blank = np.array([was == "" for was in found.said.texts("weight_was")], dtype=np.bool_)
    follows = live.agrees(np.where(blank, 1.0, typed), used) & np.isfinite(used)
    return live_or_plain(follows.tolist(), map(live.weight_text, found.cells("Weight")), used)

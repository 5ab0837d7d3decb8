"""The colours and fonts of everything okrsync draws: templates, master, plots. One calm family.

Every pair of ink and fill has a contrast of at least 4.5 : 1, so that no meaning hangs on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sync.core.model import Status

FONT = "Arial"
FONT_SIZE = 10

INK = "#22313F"
MUTED = "#66727E"
BRAND = "#1F4E79"
BRAND_BRIGHT = "#3E7CB1"
BRAND_SOFT = "#E6EEF6"
PAPER = "#FFFFFF"
LINE = "#DCE3E9"
COMPUTED = "#F4F6F8"
HINT = "#FFF7DB"
BAR = "#9CC3E4"


class Tint(NamedTuple):
    """A meaning's colours: text on fill."""

    ink: str
    fill: str


GREEN = Tint("#1B6B3A", "#DFF3E6")
AMBER = Tint("#7F5200", "#FFEFD1")
RED = Tint("#A3271E", "#FBE1DE")
BLUE = Tint("#1F4E8C", "#DFEAF8")
GREY = Tint("#5A6570", "#ECEFF2")

STATUS: Mapping[str, Tint] = {
    Status.ON_TRACK: GREEN,
    Status.AT_RISK: AMBER,
    Status.OFF_TRACK: RED,
    Status.DONE: BLUE,
    Status.MISSED: RED,
    Status.NOT_STARTED: GREY,
    Status.PAUSED: GREY,
    Status.DROPPED: GREY,
    Status.NO_DATA: GREY,
    Status.OUTDATED: AMBER,
}
SEVERITY: Mapping[str, Tint] = {"error": RED, "warning": AMBER, "note": GREY}
GRADE: Mapping[str, Tint] = {"green": GREEN, "amber": AMBER, "red": RED}

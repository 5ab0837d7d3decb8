"""The sheet `About`: what the numbers mean, what the colours mean, how this master was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.core import palette
from sync.core.model import Status
from sync.master import look
from sync.master.cells import Placed, Sheet, Style
from sync.master.given import MasterInput

NUMBERS = (
    ("Progress", "How far a key result has come from its start to its target, unrounded and unclamped."),
    ("Score", "Progress between 0 % and 100 %. A key result without a value has no score: it is not 0."),
    ("Own score", "The weighted mean of a unit's own objectives; of an objective, of its own key results."),
    ("Roll-up", "A unit's own score and its child units' roll-ups, weighted; what has no score is left out."),
    ("As if zero", "The same, with every missing score counted as 0. The truth lies between the two."),
    ("Expected", "What would be on pace today: 0 % on the first day, 100 % on the last, a straight line."),
    (
        "Gap",
        "Expected less score, in points. For a level to be held: what is missing to 100 %.",
    ),
    ("Coverage", "Key results with a score, of those that could have one."),
    ("Alignment", "Objectives below company level with a valid parent, of all of them."),
    ("Check-in rate", "Key results checked in this period, of those due."),
    ("Change", "Roll-up now less the roll-up before, in points."),
    ("Trend", "The roll-ups of the last weeks; the numbers stand in the sheet Trend."),
    ("Grade", "At the end of the cycle: red, amber, green; a committed objective is green only when done."),
    ("Forecast", "The value at the end if it goes on as until now; only for Increase and Decrease."),
)
LIVE = (
    "Scores are live: type another number over a Current, Start, Target or Weight in Key results, or a "
    "Weight in Objectives, and the objective, its unit and everything above it move. Statuses, expected "
    "values, grades and forecasts stay as of the sync, and the next sync puts the teams' numbers back."
)
PLAIN = (
    "Scores are values here, not formulas: with this many key results their sums would take minutes "
    "whenever a cell changes."
)
YOURS = (
    "Yours: the column Manager note, and every column or sheet you add, are kept at each sync and follow "
    "their rows, also after sorting. Everything else is written anew. If this workbook is open in Excel "
    "when a sync runs, the new one is written beside it under a dated name."
)
_LABEL = Style(bold=True, ink=palette.INK, text=True)
_WORDS = Style(ink=palette.INK, text=True, wrap=True)


def about_sheet(given: MasterInput, as_of: str, *, live: bool) -> Sheet:
    """Words only; what differs from run to run without the figures differing is marked volatile."""
    placed = [*look.band(f"{given.organisation} · about this master", f"okrsync {given.version}", as_of)]
    placed += _rows(given, live=live)
    return Sheet(
        "About",
        placed=tuple(placed),
        widths={1: 32, 2: 100},
        heights={1: 28},
        tab=palette.LINE,
        portrait=True,
    )


def _rows(given: MasterInput, *, live: bool) -> Iterator[Placed]:
    use = (("Live scores", LIVE if live else PLAIN), ("Your own things", YOURS))
    first, second = 5, 5 + len(use) + 2
    third = second + len(NUMBERS) + 2
    yield from _section(first, "How to use it", use)
    yield from _section(second, "What the numbers mean", NUMBERS)
    yield from _legend(third)
    yield from _settings(given, third + len(Status) + 2)


def _section(row: int, title: str, lines: Sequence[tuple[str, str]]) -> Iterator[Placed]:
    yield Placed(row, 1, title, look.SECTION)
    for at, (label, words) in enumerate(lines, row + 1):
        yield from (Placed(at, 1, label, _LABEL), Placed(at, 2, words, _WORDS))


def _legend(row: int) -> Iterator[Placed]:
    yield Placed(row, 1, "What the colours mean", look.SECTION)
    for at, status in enumerate(Status, row + 1):
        tint = palette.STATUS[status]
        yield Placed(at, 1, str(status), look.PILL._replace(ink=tint.ink, fill=tint.fill, line=""))
        yield Placed(at, 2, MEANINGS[status], _WORDS)


def _settings(given: MasterInput, row: int) -> Iterator[Placed]:
    yield Placed(row, 1, "How it was made", look.SECTION)
    run = (("Made", given.generated), ("Run", given.run_id))
    for at, (label, words) in enumerate(run, row + 1):
        yield from (Placed(at, 1, label, _LABEL), Placed(at, 2, words, _WORDS, volatile=True))
    fixed = (("Version", f"okrsync {given.version}"), ("Cycle", _cycle(given)), *given.settings)
    for at, (label, words) in enumerate(fixed, row + 1 + len(run)):
        yield from (Placed(at, 1, label, _LABEL), Placed(at, 2, words, _WORDS))


def _cycle(given: MasterInput) -> str:
    return f"{given.cycle}, {look.day(given.starts)} – {look.day(given.ends)}"


MEANINGS = {
    Status.NOT_STARTED: "No value yet, and the cycle has only begun (or the team says so).",
    Status.ON_TRACK: "At most a small gap to what was expected by now.",
    Status.AT_RISK: "A gap that still can be closed.",
    Status.OFF_TRACK: "A gap too large to be closed by going on as before.",
    Status.DONE: "Reached; levels to be held are done only at their due date.",
    Status.PAUSED: "Set aside by the team: listed, in no score.",
    Status.DROPPED: "Given up by the team: listed, in no score.",
    Status.MISSED: "Past its due date, and not reached.",
    Status.NO_DATA: "No value, so nobody can tell: never green, never counted as 0.",
    Status.OUTDATED: "The last check-in is too old to believe in.",
}

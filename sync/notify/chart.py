"""The roll-up of some units week by week, as a picture that reads on a phone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sync.core import palette
from sync.notify.plain import one_line

_COLOURS = (palette.BRAND, "#C2571A", "#1B7F5C", "#7A4FA3", "#B03060", "#5A6570")
_WIDTH, _HEIGHT, _DPI = 5.75, 2.6, 192  # shown at half its size, so that it is sharp on a phone
_CLEAR = 9.5  # points of score between two names
MOST = len(_COLOURS)


class Course(NamedTuple):
    """One line: a unit's roll-up on each date; None where there is none."""

    name: str
    points: Sequence[tuple[date, float | None]]


def chart(courses: Sequence[Course]) -> bytes:
    """A PNG of the lines, the first one thicker; names stand at their ends."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # a second, once a week

    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, facecolor="#FFFFFF", layout="constrained")
    axes = figure.add_subplot()
    dates = sorted({on for course in courses for on, _ in course.points})
    for at, (course, colour) in enumerate(zip(courses, _COLOURS, strict=False)):
        shown = [(dates.index(on), value * 100) for on, value in course.points if value is not None]
        if not shown:
            continue
        xs, ys = zip(*shown, strict=True)
        axes.plot(
            xs, ys, color=colour, linewidth=2.6 if not at else 1.5, marker="o", markersize=3 if at else 4
        )
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
    step = max(1, len(dates) // 5)
    ticks = list(range(len(dates) - 1, -1, -step))
    axes.set_xticks(ticks, [f"{dates[at].day}.{dates[at].month}." for at in ticks])
    axes.tick_params(labelsize=8, colors="#5A6570", length=0)
    axes.grid(axis="y", color=palette.LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    _name_ends(axes, courses, dates)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _name_ends(axes: object, courses: Sequence[Course], dates: Sequence[date]) -> None:
    """Each line's name at its right end, pushed apart where they would lie on each other."""
    ends = []
    for course, colour in zip(courses, _COLOURS, strict=False):
        values = [value for _, value in course.points if value is not None]
        if values:
            ends.append((values[-1] * 100, course.name, colour))
    ends.sort()
    places = _apart([height for height, _, _ in ends])
    for place, (_, name, colour) in zip(places, ends, strict=True):
        axes.annotate(  # type: ignore[attr-defined]  # matplotlib's Axes, loaded late
            one_line(name, 18).replace("$", r"\$"),
            (len(dates) - 1, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=colour,
            annotation_clip=False,
        )


def _apart(heights: Sequence[float]) -> list[float]:
    """Ascending heights, moved as little as it takes to stand clear of each other."""
    places: list[float] = []
    for height in heights:
        places.append(max(height, places[-1] + _CLEAR) if places else height)
    pushed = [place - height for place, height in zip(places, heights, strict=True)]
    down = sum(pushed) / len(pushed) if pushed else 0.0
    return [place - down for place in places]

"""What the next sync would compute from this workbook, as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from sync.core.arrays import flags
from sync.core.assess import Assessment
from sync.core.problems import Severity, shorten

_MOST = 12  # key results; a message box has no scroll bar


def preview(assessment: Assessment) -> str:
    """The unit's score, its objectives', and its key results, the worst first."""
    return "\n".join(_lines(assessment))


def _lines(assessment: Assessment) -> Iterator[str]:
    p, scores = assessment.portfolio, assessment.scores
    if assessment.portfolio.units.empty:
        yield "Nothing is scored: the cycle of this workbook is not the current one."
        return
    unit = scores.units.iloc[0]
    name, expected = p.units["unit"].iloc[0], _share(unit["expected"])
    yield f"{name}: {_share(unit['own_score'])}, {expected} expected, {unit['status']}."
    if wrong := {(one.tab, one.cell) for one in assessment.problems if one.severity == Severity.ERROR}:
        places = "1 cell" if len(wrong) == 1 else f"{len(wrong)} cells"
        yield f"Something is wrong in {places}: press Validate to see what."
    yield ""
    columns = (
        p.objectives["id"],
        p.objectives["objective"],
        scores.objectives["score"],
        scores.objectives["status"],
    )
    for row_id, text, score, status in zip(*(column.tolist() for column in columns), strict=True):
        yield f"{_name(row_id, text)}: {_share(score)}, {status}"
    yield from _key_results(assessment)


def _key_results(assessment: Assessment) -> Iterator[str]:
    frame, scores = assessment.portfolio.key_results, assessment.scores.key_results
    live = (flags(frame, "active") & ~flags(frame, "gone")).tolist()
    columns = (frame["id"], frame["key_result"], scores["score"], scores["status"])
    rows = [
        row
        for row, counts in zip(zip(*(one.tolist() for one in columns), strict=True), live, strict=True)
        if counts
    ]
    rows.sort(key=lambda row: (-1.0 if row[2] != row[2] else row[2], row[0]))  # NaN comes first
    if rows:
        yield ""
        yield "Key results, the worst first:"
    for row_id, text, score, status in rows[:_MOST]:
        yield f"{_name(row_id, text)}: {_share(score)}, {status}"
    if len(rows) > _MOST:
        yield f"… and {len(rows) - _MOST} more, which are better."


def _name(row_id: str, text: str) -> str:
    return f"{row_id} {shorten(text, 40)}".strip()


def _share(value: float) -> str:
    return "no score" if value != value else f"{value * 100:.0f} %"  # noqa: PLR0124  # NaN

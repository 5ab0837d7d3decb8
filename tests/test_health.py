"""How the past is told: runs and rows, to people and as CSV."""

from __future__ import annotations

from sync.health import past_lines
from sync.report import Json, csv_text

RUN: Json = {"run": 1, "state": "partial", "sources": {"ok": 12, "held": 1, "stale": 0}}


def test_counts_of_sources_are_words_in_text_and_csv() -> None:
    assert past_lines([RUN])[1].split("  ")[-1] == "12 ok, 1 held"
    assert csv_text([RUN]).splitlines() == ["run,state,sources", '1,partial,"12 ok, 1 held"']

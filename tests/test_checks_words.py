"""What the rules tell of the arithmetic is what the arithmetic does."""

from __future__ import annotations

from sync.core.problems import RULES
from tests.sheets import company, kr, o, team, view


def test_q202_tells_that_a_key_result_without_a_target_is_in_neither_figure() -> None:
    found = view(
        company(),
        team("Sales", o("S-O1"), kr("S-O1-KR1", start=0, target=10), kr("S-O1-KR2", start=0, target=None)),
    )
    as_if_zero = found.scores.key_results["as_if_zero"]
    assert as_if_zero.isna().to_list() == [False, True]  # without a value: 0; without a target: in neither
    assert "left out of means and of the as-if-zero figures too" in RULES["Q202"].about

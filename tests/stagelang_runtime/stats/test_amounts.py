"""How many units something takes is told by two digits."""

from __future__ import annotations

import pytest

from stagelang_runtime.stats.amounts import about


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0"),
        (7, "7"),
        (52, "52"),
        (558, "560"),
        (4_429, "4,400"),
        (9_960, "10,000"),
        (66_863_125, "67,000,000"),
    ],
)
def test_a_needed_number_is_told_by_two_digits(count: int, told: str) -> None:
    assert about(count) == told

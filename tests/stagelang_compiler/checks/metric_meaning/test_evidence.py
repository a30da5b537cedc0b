"""The rows that a gate needs at least, against the interval that a run judges it by."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest

from stagelang.gate import Gate
from stagelang_compiler.checks.metric_meaning.evidence import needed_rows
from stagelang_runtime.stats.aggregates import mean
from stagelang_runtime.stats.interval import estimate
from stagelang_runtime.stats.verdict import units_to_decide


@pytest.mark.parametrize("bound", [0.5, 0.9, 0.95, 0.99, 0.999])
def test_a_run_on_fewer_rows_never_passes_and_on_as_many_perfect_ones_it_does(bound: float) -> None:
    needed = needed_rows(Gate(metric=None, kind="at_least", low=bound))
    assert needed is not None
    for rows, passes in ((needed - 1, False), (needed, True)):
        best = estimate(np.ones(rows), mean(), metric_range=(0.0, 1.0)).low90
        assert best is not None and (best >= bound) == passes
        worst = estimate(np.zeros(rows), mean(), metric_range=(0.0, 1.0)).high90
        assert worst is not None and (worst <= 1 - bound) == passes


@pytest.mark.parametrize("bound", [0.01, 0.05, 0.5])
def test_an_upper_bound_needs_as_many_rows_as_its_mirror_image(bound: float) -> None:
    upper = needed_rows(Gate(metric=None, kind="at_most", high=bound))
    assert upper == needed_rows(Gate(metric=None, kind="at_least", low=1 - bound))


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("at_least", 0.0, None), ("at_least", 1.0, None), ("between", 0.1, 0.9)]
)
def test_nothing_is_said_of_bounds_at_the_ends_and_of_both_sides(
    kind: Literal["at_least", "between"], low: float, high: float | None
) -> None:
    assert needed_rows(Gate(metric=None, kind=kind, low=low, high=high)) is None


@pytest.mark.parametrize(("tolerance", "rows"), [(0.001, 6183), (0.01, 619), (0.05, 124)])
def test_a_tolerance_takes_as_many_rows_as_the_run_would_say_where_that_share_changes(
    tolerance: float, rows: int
) -> None:
    gate = Gate(metric=None, kind="not_worse_than", alias="good", tolerance=tolerance)
    assert needed_rows(gate) == rows == units_to_decide(math.sqrt(tolerance), tolerance)


@pytest.mark.parametrize("tolerance", [None, 0.0, 1.0, 2.0])
def test_nothing_is_said_of_a_tolerance_that_means_nothing(tolerance: float | None) -> None:
    gate = Gate(metric=None, kind="not_worse_than", alias="good", tolerance=tolerance)
    assert needed_rows(gate) is None

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_runtime.stats.exact import exact_sum, expansion, group_sums, to_float

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(st.lists(FINITE, max_size=40))
def test_a_sum_of_floats_is_exact(values: list[float]) -> None:
    assert exact_sum(np.array(values)) == sum(map(Fraction, values), Fraction(0))


def test_a_sum_over_many_blocks_rounds_as_fsum_does() -> None:
    values = np.random.default_rng(1).lognormal(0, 9, 200_000)
    assert to_float(exact_sum(values)) == math.fsum(values.tolist())


@settings(deadline=None)
@given(st.lists(FINITE, max_size=10))
def test_an_expansion_adds_up_to_the_exact_sum(values: list[float]) -> None:
    exact = exact_sum(np.array(values))
    parts = expansion(exact)
    assert all(map(math.isfinite, parts))
    assert sum(map(Fraction, parts), Fraction(0)) == exact


def test_a_fraction_beyond_the_largest_float_is_infinite() -> None:
    assert to_float(Fraction(10) ** 400) == math.inf
    assert to_float(-(Fraction(10) ** 400)) == -math.inf


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), FINITE), max_size=40), st.randoms())
def test_sums_by_group_do_not_depend_on_the_order_of_the_rows(
    rows: list[tuple[int, float]], random: Random
) -> None:
    def summed(ordered: list[tuple[int, float]]) -> list[float]:
        groups = np.array([group for group, _ in ordered], dtype=np.intp)
        with np.errstate(over="ignore"):
            return list(group_sums(np.array([value for _, value in ordered]), groups, 4))

    shuffled = random.sample(rows, len(rows))
    assert summed(rows) == summed(shuffled)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1e9, 1e9)), max_size=40))
def test_sums_by_group_are_the_exact_ones_rounded_a_few_times(rows: list[tuple[int, float]]) -> None:
    groups = np.array([group for group, _ in rows], dtype=np.intp)
    sums = group_sums(np.array([value for _, value in rows]), groups, 4)
    for group in range(4):
        wanted = math.fsum(value for member, value in rows if member == group)
        assert math.isclose(sums[group], wanted, rel_tol=1e-15, abs_tol=1e-300)

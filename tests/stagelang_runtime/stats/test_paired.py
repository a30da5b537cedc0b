"""Differences agree with scipy, statsmodels and published examples, and don't depend on who is called base."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_paired

from stagelang_runtime.stats.aggregates import (
    Aggregate,
    calibration_error,
    f1,
    mean,
    quantile,
    ratio,
    rmse,
    smooth,
    total,
)
from stagelang_runtime.stats.difference import Difference, add_up, square_and_add
from stagelang_runtime.stats.interval import estimate
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.stats.paired import paired_difference
from stagelang_runtime.stats.proportions import Crossed, mcnemar, newcombe
from stagelang_runtime.stats.units import Units, units_of
from stagelang_runtime.stats.verdict import (
    Z_95,
    Comparison,
    compare_verdict,
    units_to_decide,
)

Floats = NDArray[np.float64]
BOUNDED = (-1e9, 1e9)


def paired(
    aggregate: Aggregate,
    base: list[Any],
    head: list[Any],
    *,
    units: Units | None = None,
    metric_range: Any = BOUNDED,
) -> Difference:
    rows = lift(aggregate, base), lift(aggregate, head)
    same = units or Units(count=len(rows[0]), of_row=None)
    return paired_difference(*rows, aggregate, base_units=same, head_units=same, metric_range=metric_range)


def ends(found: Difference) -> tuple[float, float, float, float]:
    assert found.low is not None
    assert found.high is not None
    assert found.low90 is not None
    assert found.high90 is not None
    return found.low, found.high, found.low90, found.high90


@pytest.mark.parametrize("n", [2, 5, 30, 1000])
def test_the_difference_of_means_is_the_paired_t_interval(n: int) -> None:
    rng = np.random.default_rng(n)
    base = rng.normal(size=n)
    head = base + rng.normal(0.1, 0.5, n)
    expected = scipy_stats.ttest_rel(head, base)
    found = paired(mean(), [base], [head])
    for level, (low, high) in ((0.95, ends(found)[:2]), (0.90, ends(found)[2:])):
        wanted = expected.confidence_interval(level)
        assert (low, high) == pytest.approx((wanted.low, wanted.high), rel=1e-9, abs=1e-12)
    assert found.spread == pytest.approx(np.std(head - base, ddof=1), rel=1e-9)
    assert found.method == "delta_t"


def test_rows_of_one_unit_count_once() -> None:
    rng = np.random.default_rng(8)
    base, head, names = rng.normal(size=60), rng.normal(size=60), np.repeat(np.arange(12), 5)
    found = paired(mean(), [base], [head], units=units_of(names, 60))
    expected = scipy_stats.ttest_rel(
        head.reshape(12, 5).mean(axis=1), base.reshape(12, 5).mean(axis=1)
    ).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
    assert found.n_units == 12


def test_the_verdict_within_a_tolerance_is_that_of_statsmodels_two_one_sided_tests() -> None:
    rng = np.random.default_rng(20261123)
    seen: dict[bool, int] = {True: 0, False: 0}
    for _ in range(1000):
        n = int(rng.integers(5, 200))
        base = rng.normal(size=n)
        head = base + rng.normal(rng.normal(0, 0.1), 0.5, n)
        tolerance = float(rng.uniform(0.02, 0.4))
        low95, high95, low90, high90 = ends(paired(mean(), [base], [head]))
        equivalent = float(ttost_paired(head, base, -tolerance, tolerance)[0]) < 0.05
        assert (low90 > -tolerance and high90 < tolerance) == equivalent
        verdict = compare_verdict(low95, high95, low90, high90, tolerance)
        assert (verdict is Comparison.EQUIVALENT) == equivalent
        seen[equivalent] += 1
    assert min(seen.values()) > 200


def test_mcnemars_exact_p_is_that_of_statsmodels_and_of_the_published_table() -> None:
    table = Crossed(both=794, base_only=86, head_only=150, neither=570)
    assert mcnemar(table) == pytest.approx(3.71594e-5, rel=1e-5)
    rng = np.random.default_rng(4)
    for _ in range(200):
        b, c = (int(each) for each in rng.integers(0, 30, 2))
        expected = statsmodels_mcnemar([[40, b], [c, 30]], exact=True).pvalue
        found = mcnemar(Crossed(both=40, base_only=b, head_only=c, neither=30))
        assert found == pytest.approx(min(expected, 1.0), abs=1e-12)


@pytest.mark.parametrize(
    ("crossed", "expected", "digits"),
    [
        # Altman et al. 2000, Statistics with Confidence, table 6.2: (14, 5; 0, 22), 0.011 to 0.226.
        (Crossed(both=14, head_only=5, base_only=0, neither=22), (0.011, 0.226), 3),
        # Fagerland, Lydersen & Laake 2014, Stat. Med. 33:2850, Bentur's airways: (1, 1; 7, 12), -0.507 to -0.026.
        (Crossed(both=1, head_only=1, base_only=7, neither=12), (-0.507, -0.026), 3),
    ],
)
def test_newcombes_interval_is_the_published_one(
    crossed: Crossed, expected: tuple[float, float], digits: int
) -> None:
    assert tuple(round(end, digits) for end in newcombe(crossed, 0.95)) == expected


def test_few_discordant_answers_are_judged_by_counts() -> None:
    base = np.array([1.0] * 90 + [0.0] * 10)
    head = base.copy()
    head[:2], head[90:97] = 0.0, 1.0
    found = paired(mean(), [base], [head], metric_range=(0.0, 1.0))
    crossed = Crossed(both=88, base_only=2, head_only=7, neither=3)
    assert (found.low, found.high) == newcombe(crossed, 0.95)
    assert found.p_value == mcnemar(crossed) == pytest.approx(0.1796875)
    assert (found.method, found.changed) == ("newcombe", 9)


def test_few_units_that_moved_get_the_interval_of_bonett_and_price() -> None:
    """Of a share in units of two rows: (c - b) / (n + 2) ± t·sqrt((b + c + 2 - (c - b)²/(n + 2)) / (n + 2)²)."""
    base, n = np.tile([1.0, 0.0], 100), 100
    head = base.copy()
    head[0:6:2], head[11:25:2] = 0.0, 1.0  # three units lose one half, seven gain one
    found = paired(mean(), [base], [head], units=units_of(np.repeat(np.arange(n), 2), 2 * n))
    b, c = 3, 7
    centre = (c - b) / (n + 2) / 2
    error = math.sqrt((b + c + 2 - (c - b) ** 2 / (n + 2)) / (n + 2) ** 2) / 2
    reach = float(scipy_stats.t.ppf(0.975, n + 1)) * error
    assert (found.low, found.high) == pytest.approx((centre - reach, centre + reach), rel=1e-9)
    assert found.method == "delta_t_plus_two"
    assert found.value == pytest.approx(0.02)


def test_a_skewed_difference_of_few_units_is_drawn_and_gives_the_same_ends_each_time() -> None:
    head = np.random.default_rng(5).lognormal(size=80)
    first, again = (paired(mean(), [np.zeros(80)], [head], metric_range=(0, None)) for _ in range(2))
    assert first == again
    assert first.method == "studentised_bootstrap"
    low, high, *_ = ends(first)
    assert high - first.value > 1.3 * (first.value - low)
    assert paired(mean(), [np.zeros(80)], [head], metric_range=(0, 99)).method == "delta_t"


def test_the_quantiles_bootstrap_is_scipys() -> None:
    rng = np.random.default_rng(6)
    base = rng.lognormal(size=150)
    head = base * rng.lognormal(0.1, 0.4, size=150)
    found = paired(quantile(0.9), [base], [head])

    def difference(a: Floats, b: Floats, axis: int) -> Floats:
        return np.asarray(np.quantile(b, 0.9, axis=axis) - np.quantile(a, 0.9, axis=axis))

    wanted = scipy_stats.bootstrap(
        (base, head), difference, paired=True, vectorized=True, method="percentile", n_resamples=4999, rng=rng
    ).confidence_interval
    width = wanted.high - wanted.low
    assert found.method == "percentile_bootstrap"
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=0.06 * width)


def columns_for(aggregate: Aggregate, rng: np.random.Generator, n: int) -> list[Floats]:
    truth, chance = (rng.random(n) < 0.5).astype(float), rng.random(n)
    match aggregate.name:
        case "f1":
            return [truth, (chance < 0.3 + 0.5 * truth).astype(float)]
        case "calibration_error":
            return [chance, truth]
        case "ratio" | "smooth":
            return [chance, chance + 1 + truth]
        case _:
            return [rng.normal(size=n)]


EVERY: list[Aggregate] = [
    mean(),
    total(),
    ratio(),
    rmse(),
    f1(),
    calibration_error(5),
    quantile(0.5),
    smooth(2, lambda m: float(m[0] / m[1] ** 2)),
]


@pytest.mark.parametrize("aggregate", EVERY, ids=lambda each: each.name)
@pytest.mark.parametrize("n", [60, 700])
def test_swapping_base_and_head_mirrors_the_difference(aggregate: Aggregate, n: int) -> None:
    rng = np.random.default_rng(n)
    base, head = columns_for(aggregate, rng, n), columns_for(aggregate, rng, n)
    there, back = paired(aggregate, base, head), paired(aggregate, head, base)
    assert there.value == -back.value
    low, high, low90, high90 = ends(there)
    assert ends(back) == pytest.approx((-high, -low, -high90, -low90), rel=1e-9, abs=1e-12)
    assert low <= low90 <= there.value <= high90 <= high


@settings(max_examples=500)
@given(seed=st.integers(0, 2**32 - 1), tolerance=st.floats(0.01, 1), n=st.integers(5, 60))
def test_the_verdict_is_antisymmetric_and_knows_no_unit(seed: int, tolerance: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.normal(size=n)
    head = base + rng.normal(rng.normal(0, tolerance), 0.5, n)

    def verdict(base: Floats, head: Floats, sign: int, tolerance: float) -> Comparison:
        low, high, low90, high90 = ends(paired(mean(), [base], [head]))
        if sign < 0:
            low, high, low90, high90 = -high, -low, -high90, -low90
        return compare_verdict(low, high, low90, high90, tolerance)

    found = verdict(base, head, 1, tolerance)
    opposite = {
        Comparison.BETTER: Comparison.WORSE,
        Comparison.WORSE: Comparison.BETTER,
        Comparison.NOT_WORSE: Comparison.NOT_BETTER,
        Comparison.NOT_BETTER: Comparison.NOT_WORSE,
    }
    assert verdict(head, base, 1, tolerance) is opposite.get(found, found)
    assert verdict(-base, -head, -1, tolerance) is found
    assert verdict(base * 10, head * 10, 1, tolerance * 10) is found


def test_noise_pushes_up_only_the_calibration_error_that_is_near_zero() -> None:
    """So from calibrated to not the difference may be larger than it looks, and hardly smaller than the delta method says."""
    rng = np.random.default_rng(3)
    confidence, chance = rng.uniform(0.6, 1, 800), rng.random(800)
    base, head = (chance < confidence).astype(float), (chance < confidence - 0.3).astype(float)
    found = paired(calibration_error(10), [confidence, base], [confidence, head])
    low, high, *_ = ends(found)
    assert high - found.value > 1.5 * (found.value - low)


def test_what_moves_both_runs_alike_cancels_out() -> None:
    rng = np.random.default_rng(9)
    hard = rng.normal(0, 10, 400)
    base, head = hard + rng.normal(size=400), hard + rng.normal(0.3, 1, 400)
    low, high, *_ = ends(paired(mean(), [base], [head]))
    apart = square_and_add(estimate(base, mean()), estimate(head, mean()))
    assert apart.low is not None
    assert apart.high is not None
    assert high - low < 0.12 * (apart.high - apart.low)
    assert low > 0


def test_independent_shares_get_newcombes_interval_and_independent_means_nearly_welchs() -> None:
    base, head = np.array([1.0] * 56 + [0.0] * 14), np.array([1.0] * 48 + [0.0] * 32)
    found = square_and_add(estimate(base, mean()), estimate(head, mean()))
    wanted = confint_proportions_2indep(48, 80, 56, 70, method="newcomb")
    assert (found.low, found.high) == pytest.approx(wanted, rel=1e-9)
    rng = np.random.default_rng(2)
    base, head = rng.normal(size=80), rng.normal(0.5, 2.0, size=120)
    found = square_and_add(estimate(base, mean()), estimate(head, mean()))
    welch = CompareMeans(DescrStatsW(head), DescrStatsW(base)).tconfint_diff(usevar="unequal")
    assert (found.low, found.high) == pytest.approx(welch, abs=0.005)


def test_estimates_of_unknown_dependence_add_up() -> None:
    base, head = estimate(np.arange(50.0), mean()), estimate(np.arange(50.0) + 1, mean())
    found = add_up(base, head)
    assert base.high is not None
    assert head.low is not None
    assert found.low == pytest.approx(head.low - base.high)
    assert found.value == 1.0


def test_a_shift_that_is_the_same_everywhere_tells_no_spread() -> None:
    base = np.random.default_rng(1).normal(size=50)
    found = paired(mean(), [base], [base + 0.1])
    assert (found.low, found.high) == (None, None)
    assert found.note == "no interval: every unit moved alike, which doesn't tell how far others could have"
    assert found.value == pytest.approx(0.1)


def test_one_unit_shows_no_spread() -> None:
    found = paired(mean(), [[1.0]], [[2.0]])
    assert found.note == "no interval: it takes at least two units of independence to see a spread"


def test_rows_that_are_the_same_have_changed_nowhere() -> None:
    base = np.random.default_rng(1).normal(size=50)
    assert paired(mean(), [base], [base]).changed == 0


def test_the_number_of_units_that_would_decide_is_the_published_one() -> None:
    spread = math.sqrt(0.1)
    assert units_to_decide(spread, 0.01) == 6183
    assert units_to_decide(spread, 0.01, z_power=1.2815515655446004) == 8564
    assert units_to_decide(spread, 0.01, z_power=Z_95) == 10823
    assert units_to_decide(math.sqrt(0.05), 0.005) == 12366
    assert units_to_decide(spread, 0.0) is None

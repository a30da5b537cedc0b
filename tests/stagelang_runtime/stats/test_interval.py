from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

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
from stagelang_runtime.stats.amounts import about
from stagelang_runtime.stats.interval import Estimate, estimate
from stagelang_runtime.stats.rules import binomial_quantile
from stagelang_runtime.stats.undefined import Undefined

Floats = NDArray[np.float64]
CLOSE = 1e-12


def ends(of: Estimate) -> tuple[float | None, ...]:
    return of.low, of.high, of.low90, of.high90


def close(of: Estimate, wanted: list[float]) -> bool:
    """Compare all four ends, with a message that shows them."""
    np.testing.assert_allclose(np.array(ends(of), dtype=float), wanted, rtol=1e-10, atol=1e-14)
    return True


def students(z: Floats, level: float) -> list[float]:
    low, high = stats.ttest_1samp(z, 0).confidence_interval(level)
    return [float(low), float(high)]


@pytest.mark.parametrize("n", [2, 3, 30, 1000])
def test_the_interval_of_a_mean_is_students(n: int) -> None:
    z = np.random.default_rng(n).normal(3.0, 2.0, n)
    found = estimate(z, mean())
    assert close(found, [*students(z, 0.95), *students(z, 0.90)])
    assert (found.method, found.n_rows, found.n_units, found.effective_n) == ("delta_t", n, n, n)


def test_another_level_moves_only_the_ends_at_that_level() -> None:
    z = np.random.default_rng(0).normal(size=40)
    at_95, at_99 = estimate(z, mean()), estimate(z, mean(), level=0.99)
    assert close(at_99, [*students(z, 0.99), *students(z, 0.90)])
    assert (at_99.low90, at_99.high90) == (at_95.low90, at_95.high90)


@pytest.mark.parametrize(("successes", "n"), [(0, 20), (1, 20), (19, 20), (20, 20), (980, 1000), (7, 1000)])
def test_the_interval_of_a_mean_of_0_and_1_is_wilsons(successes: int, n: int) -> None:
    z = np.arange(n) < successes
    found = estimate(z, mean(), metric_range=(0, 1))
    wanted = [end for alpha in (0.05, 0.10) for end in proportion_confint(successes, n, alpha, "wilson")]
    assert close(found, wanted)
    assert (found.method, found.effective_n) == ("wilson", n)


def test_the_interval_of_a_total_of_0_and_1_is_wilsons_times_the_rows() -> None:
    found = estimate(np.arange(50) < 3, total())
    wanted = [50 * end for alpha in (0.05, 0.10) for end in proportion_confint(3, 50, alpha, "wilson")]
    assert found.value == 3.0
    assert close(found, wanted)


def test_the_interval_of_a_precision_is_wilsons_over_the_rows_in_the_denominator() -> None:
    hits, tried = np.arange(100) < 18, np.arange(100) < 20
    found = estimate(np.column_stack([hits, tried]), ratio())
    wanted = [end for alpha in (0.05, 0.10) for end in proportion_confint(18, 20, alpha, "wilson")]
    assert close(found, wanted)
    assert (found.n_units, found.effective_n) == (100, 20)


def test_the_interval_of_f1_is_wilsons_carried_over() -> None:
    rows = np.repeat(np.vstack([np.eye(3), np.zeros((1, 3))]), (9, 2, 4, 85), axis=0)
    found = estimate(rows, f1(), metric_range=(0, 1))
    shares = [share for alpha in (0.05, 0.10) for share in proportion_confint(9, 15, alpha, "wilson")]
    assert found.value == 18 / 24
    assert close(found, [2 * share / (1 + share) for share in shares])


def test_the_interval_of_weighted_f1_is_the_delta_methods() -> None:
    rng = np.random.default_rng(2)
    rows = np.repeat(np.vstack([np.eye(3), np.zeros((1, 3))]), (90, 20, 40, 850), axis=0)
    rows *= rng.uniform(0.5, 1.5, (len(rows), 1))
    found = estimate(rows, f1())
    assert found.value is not None
    truth, decided = rows[:, 0] + rows[:, 2], rows[:, 0] + rows[:, 1]
    influence = (2 * rows[:, 0] - found.value * (truth + decided)) / (truth.mean() + decided.mean())
    error = math.sqrt((influence**2).sum() / (1000 * 999))
    wanted = [found.value + side * stats.t.ppf(p, 999) * error for p in (0.975, 0.95) for side in (-1, 1)]
    assert close(found, wanted)
    assert found.method == "delta_t"


def test_the_interval_of_an_rmse_is_symmetric_on_the_logarithm() -> None:
    squares = np.random.default_rng(4).normal(size=50) ** 2
    found = estimate(squares, rmse())
    relative = squares.std(ddof=1) / math.sqrt(50) / squares.mean() / 2
    wanted = [
        math.sqrt(squares.mean()) * math.exp(side * stats.t.ppf(p, 49) * relative)
        for p in (0.975, 0.95)
        for side in (-1, 1)
    ]
    assert close(found, wanted)


def test_a_user_function_has_the_interval_of_the_built_in_it_repeats() -> None:
    rows = np.random.default_rng(6).uniform(1, 2, (80, 2))
    built_in, users = estimate(rows, ratio()), estimate(rows, smooth(2, lambda m: float(m[0] / m[1])))
    np.testing.assert_allclose(
        np.array(ends(users), dtype=float), np.array(ends(built_in), dtype=float), rtol=1e-9
    )


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("n", [2, 20, 100, 500])
def test_the_interval_of_a_quantile_has_the_narrowest_order_statistics_that_a_binomial_allows(
    n: int, q: float
) -> None:
    values = np.arange(1.0, n + 1)  # the value is its rank
    found = estimate(np.random.default_rng(n).permutation(values), quantile(q))
    for low, high, tail in ((found.low, found.high, 0.025), (found.low90, found.high90, 0.05)):
        below = max((r for r in range(1, n + 1) if stats.binom.cdf(r - 1, n, q) <= tail), default=None)
        above = min((r for r in range(1, n + 1) if stats.binom.sf(r - 1, n, q) <= tail), default=None)
        assert (low, high) == (below, above)


def test_an_end_that_no_row_bounds_is_none_and_said() -> None:
    found = estimate(np.arange(20.0), quantile(0.95))
    assert (found.low, found.high) == (16.0, None)
    assert found.note == "too few rows to bound it from above"


@pytest.mark.parametrize("n", [1, 50, 1_000_000])
def test_binomial_quantiles_equal_scipys(n: int) -> None:
    for p in (0.01, 0.5, 0.95):
        for probability in (0.025, 0.05, 0.5, 0.95, 0.975):
            assert binomial_quantile(probability, n, p) == stats.binom.ppf(probability, n, p)


def clustered(seed: int) -> tuple[Floats, NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    of_row = np.repeat(np.arange(30), rng.integers(1, 20, 30))
    return rng.normal(size=30)[of_row] + rng.normal(size=len(of_row)), of_row


def test_rows_of_one_unit_count_once_as_in_a_regression_with_clustered_errors() -> None:
    z, of_row = clustered(3)
    found = estimate(z, mean(), clusters=of_row)
    regression: Any = importlib.import_module("statsmodels.regression.linear_model")
    fit = regression.OLS(z, np.ones(len(z))).fit(cov_type="cluster", cov_kwds={"groups": of_row}, use_t=True)
    n, units = len(z), 30
    error = float(fit.bse[0]) / math.sqrt(
        (n - 1) / (n - 1)
    )  # its correction is G/(G-1)·(n-1)/(n-k), here k = 1
    assert found.value is not None
    wanted = [
        found.value + side * stats.t.ppf(p, units - 1) * error for p in (0.975, 0.95) for side in (-1, 1)
    ]
    assert close(found, wanted)
    assert (found.n_rows, found.n_units) == (len(z), 30)
    assert found.effective_n is not None
    assert found.effective_n < len(z) / 2


def test_the_total_over_units_counts_their_sizes() -> None:
    z, of_row = clustered(3)
    found = estimate(z + 10, total(), clusters=of_row)
    sums = np.bincount(of_row, weights=z + 10)
    error = sums.std(ddof=1) * math.sqrt(30)
    wanted = [sums.sum() + side * stats.t.ppf(p, 29) * error for p in (0.975, 0.95) for side in (-1, 1)]
    assert close(found, wanted)


def test_copies_of_rows_in_units_change_nothing() -> None:
    z = np.random.default_rng(8).normal(size=40)
    once = estimate(z, mean())
    copied = estimate(np.repeat(z, 25), mean(), clusters=np.repeat(np.arange(40), 25))
    np.testing.assert_allclose(
        np.array(ends(copied), dtype=float), np.array(ends(once), dtype=float), rtol=1e-12
    )
    assert copied.effective_n == pytest.approx(40, rel=0.03)


def test_a_proportion_over_units_is_wilsons_at_the_effective_number_of_trials() -> None:
    z = np.array([1, 1, 1, 1, 0, 0, 1, 1, 1, 0] * 3, dtype=float)
    found = estimate(z, mean(), clusters=np.repeat(np.arange(15), 2))
    shares = z.reshape(15, 2).mean(axis=1)
    trials = 0.7 * 0.3 / (shares.var(ddof=1) / 15)
    t = stats.t.ppf(0.975, 14)
    alpha = 2 * stats.norm.sf(t)
    low, high = proportion_confint(0.7 * trials, trials, alpha, "wilson")
    assert (found.low, found.high) == pytest.approx((low, high), rel=CLOSE)
    assert found.method == "wilson_clustered"
    assert found.effective_n == pytest.approx(trials)


def test_at_the_boundary_each_unit_counts_as_one_trial() -> None:
    found = estimate(np.ones(60), mean(), clusters=np.repeat(np.arange(12), 5), metric_range=(0, 1))
    assert (found.effective_n, found.high) == (12, 1.0)
    t = stats.t.ppf(0.975, 11)
    assert found.low == pytest.approx(12 / (12 + t * t), rel=CLOSE)


NAMES = [
    np.array(["b", "a", "b", "c"]),
    np.array(["b", "a", "b", "c"], dtype=object),
    np.array([2.0, 1.0, 2.0, 3.0]),
    np.array(["2026-01-02", "2026-01-01", "2026-01-02", "2026-01-03"], dtype="datetime64[D]"),
    np.array([True, False, True, False]),
]


@pytest.mark.parametrize("names", NAMES, ids=lambda names: str(names.dtype))
def test_units_may_be_named_by_any_kind_of_value(names: NDArray[np.generic]) -> None:
    assert estimate(np.array([1.0, 2.0, 4.0, 8.0]), mean(), clusters=names).n_units == len(
        set(names.tolist())
    )


@pytest.mark.parametrize(
    "names", [np.array([1.0, np.nan]), np.array(["a", None]), np.array(["NaT", "2026-01-01"], dtype="M8[D]")]
)
def test_a_row_that_names_no_unit_leaves_the_metric_undefined(names: NDArray[np.generic]) -> None:
    found = estimate(np.ones(2), mean(), clusters=names)
    assert found.undefined == Undefined("no_unit", "1 of 2 rows name no unit of independence", 1)
    assert found.value is None


ALL: list[Aggregate] = [
    mean(),
    total(),
    ratio(),
    rmse(),
    f1(),
    calibration_error(3),
    quantile(0.5),
    smooth(2, lambda m: float(m[0] - m[1])),
]


def rows_of(aggregate: Aggregate, n: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).uniform(0.1, 1.0, (n, aggregate.width))


@pytest.mark.parametrize("aggregate", ALL, ids=lambda a: a.name)
def test_no_rows_no_value(aggregate: Aggregate) -> None:
    found = estimate(np.empty((0, aggregate.width)), aggregate)
    assert (found.value, found.undefined) == (None, Undefined("empty", "there are no rows"))
    assert ends(found) == (None,) * 4


@pytest.mark.parametrize("aggregate", ALL, ids=lambda a: a.name)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_row_that_is_not_finite_leaves_the_metric_undefined(aggregate: Aggregate, bad: float) -> None:
    rows = rows_of(aggregate, 9)
    rows[2:4, -1] = bad
    found = estimate(rows, aggregate, clusters=np.arange(9) % 3)
    assert found.undefined == Undefined("not_finite", "2 of 9 rows are NaN or infinite", 2)
    assert (found.value, *ends(found)) == (None,) * 5


@pytest.mark.parametrize("aggregate", ALL, ids=lambda a: a.name)
def test_one_unit_has_a_value_but_no_interval(aggregate: Aggregate) -> None:
    for rows, clusters in ((rows_of(aggregate, 1), None), (rows_of(aggregate, 5), np.zeros(5))):
        found = estimate(rows, aggregate, clusters=clusters)
        assert found.value is not None
        assert (ends(found), found.n_units) == ((None,) * 4, 1)
        assert found.note == "no interval: it takes at least two units of independence to see a spread"


@pytest.mark.parametrize("aggregate", [a for a in ALL if a.name != "quantile"], ids=lambda a: a.name)
@pytest.mark.parametrize("clusters", [None, np.arange(300) // 3], ids=["rows", "units"])
def test_constant_rows_have_no_interval(aggregate: Aggregate, clusters: NDArray[np.intp] | None) -> None:
    rows = np.tile(rows_of(aggregate, 1), (300, 1))
    found = estimate(rows, aggregate, clusters=clusters)
    if aggregate.name == "total" and clusters is not None:
        assert found.value == pytest.approx(300 * rows[0, 0])
    assert ends(found) == (None,) * 4
    assert (
        found.note == "no interval: every unit says the same, which doesn't tell how far others could be off"
    )


@pytest.mark.parametrize(
    "aggregate", [ratio(), smooth(2, lambda m: float(m[0] / m[1]))], ids=["built in", "users"]
)
def test_a_ratio_that_is_the_same_in_every_row_has_no_interval_in_spite_of_rounding(
    aggregate: Aggregate,
) -> None:
    weights = np.random.default_rng(1).uniform(1, 2, 500)
    assert ends(estimate(np.column_stack([0.3 * weights, weights]), aggregate)) == (None,) * 4


def test_a_small_spread_on_a_large_offset_is_no_rounding() -> None:
    z = 1.7e9 + np.random.default_rng(1).normal(0, 1e-3, 500)
    assert None not in ends(estimate(z, mean()))
    assert None not in ends(estimate(z, smooth(1, lambda m: float(m[0] - 1.7e9))))


def test_all_0_or_all_1_prove_an_interval_only_where_the_range_is_declared() -> None:
    assert ends(estimate(np.zeros(50), mean())) == (None,) * 4
    assert ends(estimate(np.zeros(50), mean(), metric_range=(0, None))) == (None,) * 4
    assert estimate(np.zeros(50), mean(), metric_range=(0, 1)).method == "wilson"


def test_errors_that_are_all_0_have_no_interval() -> None:
    found = estimate(np.zeros(10), rmse())
    assert (found.value, found.note) == (
        0.0,
        "no interval: every error is 0, which doesn't say how large an error can be",
    )


def test_a_value_outside_of_its_declared_range_is_undefined() -> None:
    found = estimate([0.5, 2.0], mean(), metric_range=(0, 1))
    text = "the value 1.25 is outside of its declared range [0, 1]"
    assert (found.value, found.undefined) == (None, Undefined("out_of_range", text))
    assert estimate([0.5, -2.0], mean(), metric_range=(0, None)).note == (
        "the value -0.75 is outside of its declared range [0, -]"
    )


def test_ends_stay_within_the_declared_range() -> None:
    found = estimate([0.5, 0.9, 1.0, 0.95], mean(), metric_range=(0, 1))
    assert found.high == found.high90 == 1.0
    assert found.low is not None
    assert 0 < found.low < 0.6


def test_the_calibration_errors_low_end_allows_for_the_bias_of_near_empty_bins() -> None:
    rng = np.random.default_rng(11)
    confidence = rng.uniform(size=400)
    rows = np.zeros((400, 10))
    rows[np.arange(400), (confidence * 10).astype(int)] = confidence - (rng.random(400) < confidence)
    found = estimate(rows, calibration_error(10))
    share = (rows - rows.mean(axis=0)) @ np.where(rows.mean(axis=0) < 0, -1, 1)
    reach = stats.t.ppf(0.975, 399) * share.std(ddof=1) / 20
    assert found.value is not None
    assert found.high == pytest.approx(found.value + reach, rel=1e-10)
    assert (found.low, found.low90) == (0.0, 0.0)
    off = estimate(rows + 0.5, calibration_error(10))  # far from 0 in every bin: the delta interval
    assert off.value is not None and off.high is not None and off.low is not None
    assert off.high - off.value == pytest.approx(off.value - off.low, rel=1e-9)


def test_skewed_rows_are_said_to_need_more() -> None:
    z = np.random.default_rng(0).lognormal(0, 2, size=100)
    wanted = math.ceil(25 * float(stats.skew(z)) ** 2)
    assert wanted > 100
    assert estimate(z, mean()).note == f"skewed: the interval may be too narrow below {about(wanted)} units"
    assert estimate(np.random.default_rng(0).normal(size=100), mean()).note == ""


@pytest.mark.parametrize("exponent", [-160, 160, 300])
def test_neither_huge_nor_tiny_values_lose_their_interval(exponent: int) -> None:
    z = np.random.default_rng(0).normal(3.0, 1.0, 30)
    scaled, plain = estimate(z * 10.0**exponent, mean()), estimate(z, mean())
    np.testing.assert_allclose(
        np.array(ends(scaled), dtype=float) / 10.0**exponent, np.array(ends(plain), dtype=float), rtol=1e-10
    )


def test_an_end_beyond_the_largest_float_is_none() -> None:
    found = estimate([1.7e308, -1.7e308, 1.6e308], mean())
    assert found.value is not None
    assert ends(found) == (None,) * 4


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=12), st.sampled_from(ALL))
def test_the_order_of_the_rows_changes_no_bit(values: list[float], aggregate: Aggregate) -> None:
    rng = np.random.default_rng(len(values))
    rows = np.abs(rng.choice(values, (len(values), aggregate.width)))
    clusters = np.arange(len(values)) % 4
    order = rng.permutation(len(values))
    for names, shuffled in ((None, None), (clusters, clusters[order])):
        assert estimate(rows[order], aggregate, clusters=shuffled) == estimate(
            rows, aggregate, clusters=names
        )


@settings(deadline=None)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=8),
    st.sampled_from(ALL),
    st.booleans(),
    st.sampled_from([0.5, 0.95, 0.999999]),
)
def test_whatever_the_rows_an_estimate_is_strict_json_around_its_value(
    values: list[float], aggregate: Aggregate, in_units: bool, level: float
) -> None:
    n = len(values) // aggregate.width
    rows = np.array(values[: n * aggregate.width]).reshape(n, aggregate.width)
    found = estimate(rows, aggregate, clusters=np.arange(n) // 2 if in_units else None, level=level)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == found.to_json()
    assert (found.value is None) == (found.undefined is not None)
    if found.value is not None:
        slack = 1e-9 * abs(found.value)
        assert found.low is None or found.low <= found.value + slack
        assert found.high is None or found.high >= found.value - slack


def test_an_estimate_is_json_with_full_precision() -> None:
    found = estimate([0.1, 0.2, 0.4], mean())
    assert found.to_json() == {
        "aggregate": "mean",
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "low90": found.low90,
        "high90": found.high90,
        "level": 0.95,
        "n_rows": 3,
        "n_units": 3,
        "effective_n": 3.0,
        "method": "delta_t",
        "note": found.note,
        "undefined": None,
    }
    undefined = estimate([], mean()).to_json()["undefined"]
    assert undefined == {"cause": "empty", "text": "there are no rows", "count": 0}


def test_an_estimate_cannot_hold_nan() -> None:
    with pytest.raises(ValueError, match=r"^an estimate's low is a finite number or None, got nan$"):
        Estimate(aggregate="mean", value=1.0, low=math.nan, level=0.95, n_rows=1, n_units=1)


@pytest.mark.parametrize(
    ("z", "aggregate", "level", "clusters", "message"),
    [
        (np.ones((3, 2)), mean(), 0.95, None, "'mean' needs rows of shape (n, 1), got (3, 2)"),
        (np.ones(3), ratio(), 0.95, None, "'ratio' needs rows of shape (n, 2), got (3,)"),
        (np.ones(3), mean(), 1.0, None, "a level lies between 0 and 1, got 1.0"),
        (np.ones(3), mean(), 0.95, np.ones(2), "3 rows need as many units of independence, got shape (2,)"),
    ],
)
def test_arguments_that_fit_no_data_are_refused(
    z: Floats, aggregate: Aggregate, level: float, clusters: Floats | None, message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        estimate(z, aggregate, level=level, clusters=clusters)
    assert str(caught.value) == message


def test_no_interval_needs_the_slow_part_of_scipy() -> None:
    program = (
        "import sys, stagelang_runtime.stats.verdict as v;"
        "from stagelang_runtime.stats.interval import estimate;"
        "from stagelang_runtime.stats.aggregates import mean, quantile;"
        "print('scipy' in sys.modules);"
        "estimate([0, 1, 1], mean()); estimate([1, 2, 4], mean()); estimate([1, 2, 4], quantile(.5));"
        "print('scipy.special' in sys.modules, 'scipy.stats' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "False\nTrue False\n"

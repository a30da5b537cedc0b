from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_score, root_mean_squared_error

from stagelang_runtime.stats.aggregates import (
    Aggregate,
    Moments,
    aggregate_of,
    calibration_error,
    f1,
    finalise,
    mean,
    means,
    quantile,
    ratio,
    rmse,
    smooth,
    state_of,
    total,
)
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.stats.state import State, Values
from stagelang_runtime.stats.undefined import NoIntervalError, UndefinedError

Floats = NDArray[np.float64]


def value(aggregate: Aggregate, *columns: object) -> float:
    return finalise(
        aggregate, state_of(aggregate, lift(aggregate, [np.asarray(c, dtype=float) for c in columns]))
    )


def test_the_mean_and_the_total_round_once() -> None:
    tenths = np.full(10, 0.1)
    assert functools.reduce(operator.add, tenths.tolist()) != 1.0  # Python 3.12 rounds its own sum once, too
    assert (value(total(), tenths), value(mean(), tenths)) == (1.0, 0.1)


def test_the_f1_of_folds_is_pooled_not_averaged() -> None:
    folds = [(8, 2, 2), (1, 0, 9), (0, 3, 10)]  # TP, FP, FN (Forman & Scholz 2010)
    state = State.empty(3)
    for fold in folds:
        state = state.merge(State.of(np.repeat(np.eye(3), fold, axis=0)))
    of_each = [finalise(f1(), State.of(np.repeat(np.eye(3), fold, axis=0))) for fold in folds]
    assert finalise(f1(), state) == 18 / 44
    assert round(finalise(f1(), state), 4) == 0.4091
    assert round(sum(of_each) / 3, 4) == 0.3273


@pytest.mark.parametrize("seed", range(20))
def test_built_ins_equal_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, decided = rng.random(300) < 0.3, rng.random(300) < 0.4
    found, wanted = rng.normal(size=300), rng.normal(size=300)
    close = pytest.approx
    assert value(mean(), truth == decided) == close(accuracy_score(truth, decided), rel=1e-12)
    assert value(f1(), truth, decided) == close(f1_score(truth, decided), rel=1e-12)
    assert value(ratio(), truth & decided, decided) == close(precision_score(truth, decided), rel=1e-12)
    assert value(rmse(), found - wanted) == close(root_mean_squared_error(wanted, found), rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_the_calibration_error_equals_its_textbook_form(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence = rng.integers(0, 101, 300) / 100  # many on the edges of bins
    correct = rng.random(300) < confidence
    textbook = 0.0
    for b in range(10):
        inside = (confidence > b / 10) & (confidence <= (b + 1) / 10) | ((b == 0) & (confidence == 0))
        if inside.any():
            textbook += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert value(calibration_error(10), confidence, correct) == pytest.approx(textbook, abs=1e-12)


@pytest.mark.parametrize("q", [0.01, 0.5, 0.95])
def test_the_quantile_is_numpys_linear_one(q: float) -> None:
    values = np.random.default_rng(5).normal(size=101)
    assert value(quantile(q), values) == float(np.quantile(values, q))


SMOOTH_TWINS: list[tuple[Moments, Callable[[Floats], float]]] = [
    (mean(), lambda m: float(m[0])),
    (ratio(), lambda m: float(m[0] / m[1])),
    (rmse(), lambda m: math.sqrt(m[0])),
    (f1(), lambda m: float(2 * m[0] / (2 * m[0] + m[1] + m[2]))),
    (calibration_error(3), lambda m: float(np.abs(m).sum())),
]


@pytest.mark.parametrize(("aggregate", "formula"), SMOOTH_TWINS, ids=lambda x: getattr(x, "name", ""))
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_analytic_slopes_agree_with_numeric_ones(
    aggregate: Moments, formula: Callable[[Floats], float], scale: float
) -> None:
    for seed in range(20):
        point = scale * np.random.default_rng(seed).uniform(0.1, 1.0, aggregate.width)
        numeric = smooth(aggregate.width, formula).gradient(point, 7)
        np.testing.assert_allclose(aggregate.gradient(point, 7), numeric, rtol=1e-6)


def test_the_total_has_the_slope_of_its_number_of_rows() -> None:
    assert total().gradient(np.array([2.5]), 7).tolist() == [7.0]


def test_a_kink_has_no_slope() -> None:
    with pytest.raises(NoIntervalError, match=r"^it has a kink at the value found, so no slope$"):
        smooth(2, lambda m: float(max(m[0], m[1]))).gradient(np.array([0.5, 0.5]), 9)


def test_a_formula_without_a_value_beside_its_point_has_no_slope() -> None:
    with pytest.raises(NoIntervalError, match="no value beside the one found"):
        smooth(2, lambda m: math.sqrt(m[0] - m[1])).gradient(np.array([0.5, 0.5]), 9)


@pytest.mark.parametrize(
    ("aggregate", "rows", "cause", "text"),
    [
        (mean(), [], "empty", "there are no rows"),
        (quantile(0.5), [], "empty", "there are no rows"),
        (mean(), [[1.0], [math.nan], [math.inf]], "not_finite", "2 of 3 rows are NaN or infinite"),
        (quantile(0.5), [[1.0], [math.nan]], "not_finite", "1 of 2 rows are NaN or infinite"),
        (ratio(), [[1.0, 0.0], [2.0, 0.0]], "zero_denominator", "the denominator is 0"),
        (ratio(), [[1.0, 1.0], [2.0, -1.0]], "zero_denominator", "the denominator is 0"),
        (f1(), [[0.0, 0.0, 0.0]], "zero_denominator", "the denominator is 0"),
        (rmse(), [[-1.0]], "domain", "the mean of the squared errors is negative"),
        (f1(), [[1.0, 0.0, -1.0]], "out_of_range", "the value 2.0 is outside of its natural range [0, 1]"),
        (total(), [[1.7e308], [1.7e308]], "overflow", "the total is beyond the largest float"),
        (
            smooth(1, lambda m: math.sqrt(m[0])),
            [[-1.0]],
            "domain",
            "the finaliser has no value here: math domain error",
        ),
        (
            smooth(2, lambda m: float(m[0] / m[1])),
            [[0.0, 0.0]],
            "domain",
            "the finaliser has no value here: invalid value encountered in scalar divide",
        ),
        (smooth(1, lambda m: math.nan), [[1.0]], "domain", "the finaliser gives no number here"),
    ],
)
def test_a_metric_without_a_value_says_why(
    aggregate: Aggregate, rows: list[list[float]], cause: str, text: str
) -> None:
    with pytest.raises(UndefinedError) as caught:
        finalise(aggregate, state_of(aggregate, np.array(rows).reshape(-1, aggregate.width)))
    assert (caught.value.undefined.cause, caught.value.undefined.text) == (cause, text)


def test_a_mean_of_huge_values_does_not_overflow() -> None:
    assert value(mean(), [1.7e308, 1.7e308]) == 1.7e308


def test_a_state_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^a Values is no state of 'mean'$"):
        finalise(mean(), Values.of(np.ones((2, 1))))


def test_a_plans_words_name_every_aggregate() -> None:
    def widest(m: Floats) -> float:
        return float(m[0])

    assert [
        aggregate_of("mean", columns=1).name,
        aggregate_of("total", columns=1).name,
        aggregate_of("ratio", columns=2).name,
        aggregate_of("rmse", columns=1).name,
        aggregate_of("f1", columns=2).name,
        aggregate_of("calibration_error", columns=2, parameter=15).width,
        aggregate_of("quantile", columns=1, parameter=0.95),
        aggregate_of("smooth", columns=4, finalise=widest).width,
    ] == ["mean", "total", "ratio", "rmse", "f1", 15, quantile(0.95), 4]


@pytest.mark.parametrize(
    ("kind", "parameter", "message"),
    [
        ("median", None, "no aggregate 'median' with the parameter None"),
        ("mean", 2.0, "no aggregate 'mean' with the parameter 2.0"),
        ("quantile", None, "no aggregate 'quantile' with the parameter None"),
        ("quantile", 1.0, "a quantile needs 0 < q < 1, got 1.0"),
        ("quantile", math.nan, "a quantile needs 0 < q < 1, got nan"),
        ("calibration_error", 2.5, "no aggregate 'calibration_error' with the parameter 2.5"),
        ("calibration_error", 0.0, "a calibration error needs at least one bin, got 0"),
        ("smooth", None, "no aggregate 'smooth' with the parameter None"),
    ],
)
def test_an_aggregate_that_means_nothing_is_refused(kind: str, parameter: float | None, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        aggregate_of(kind, columns=1, parameter=parameter)
    assert str(caught.value) == message


def test_means_are_the_exact_ones() -> None:
    assert means(State.of(np.array([[0.1, 1e200], [0.1, -1e200], [0.1, 3.0]]))).tolist() == [0.1, 1.0]

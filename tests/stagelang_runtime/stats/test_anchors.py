"""Published numbers that pooled states give and means of finished values don't, and scikit-learn's with weights and without."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_percentage_error,
    mean_squared_error,
    recall_score,
)

from stagelang_runtime.stats.aggregates import (
    Aggregate,
    f1,
    finalise,
    mean,
    quantile,
    ratio,
    smooth,
    state_of,
)
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.stats.state import State

Floats = NDArray[np.float64]


def _value(aggregate: Aggregate, *columns: object) -> float:
    lifted = lift(aggregate, [np.asarray(column, dtype=float) for column in columns])
    return finalise(aggregate, state_of(aggregate, lifted))


def test_each_kidney_stone_treatment_is_better_on_both_sizes_and_one_is_worse_together() -> None:
    """Charig et al. 1986: A on small and large stones, then B, as (successes, patients)."""
    small_a, large_a, small_b, large_b = (81, 87), (192, 263), (234, 270), (55, 80)

    def states(*groups: tuple[int, int]) -> State:
        merged = State.empty(1)
        for successes, patients in groups:
            merged = merged.merge(
                State.of(np.repeat([[1.0], [0.0]], [successes, patients - successes], axis=0))
            )
        return merged

    shares = [round(finalise(mean(), states(group)), 3) for group in (small_a, large_a, small_b, large_b)]
    assert shares == [0.931, 0.730, 0.867, 0.688]
    assert round(finalise(mean(), states(small_a, large_a)), 3) == 0.780
    assert round(finalise(mean(), states(small_b, large_b)), 3) == 0.826
    averaged = ((shares[0] + shares[1]) / 2, (shares[2] + shares[3]) / 2)
    assert averaged[0] > averaged[1], "a mean of finished shares says the opposite of the whole"


def _counts(m: Floats) -> tuple[Floats, Floats, Floats]:
    """Give a confusion matrix's true positives, and its sums by decision and by truth, shape (3,) each."""
    told: Floats = m[0:3] + m[3:6] + m[6:9]
    true: Floats = m.reshape(3, 3) @ np.ones(3)
    return m[[0, 4, 8]], told, true


def _macro(m: Floats) -> float:
    """Average the classes' F1 of a confusion matrix, given flat."""
    hits, told, true = _counts(m)
    return float(np.mean(2 * hits / (told + true)))


def _macro_of_means(m: Floats) -> float:
    """Give the F1 of the mean precision and the mean recall."""
    hits, told, true = _counts(m)
    precision, recall = float(np.mean(hits / told)), float(np.mean(hits / true))
    return 2 * precision * recall / (precision + recall)


def test_two_macro_averages_of_f1_differ_and_the_users_own_says_which() -> None:
    confusion = np.array([[5, 5, 0], [90, 10, 0], [0, 0, 1]])  # Opitz & Burst 2019
    truth, told = (np.repeat(index, confusion.ravel()) for index in np.indices((3, 3)).reshape(2, -1))
    cells = [(truth == row) & (told == column) for row in range(3) for column in range(3)]
    ours = _value(smooth(9, _macro), *cells)
    assert ours == pytest.approx(f1_score(truth, told, average="macro"), abs=1e-12)
    assert round(ours, 4) == 0.4231
    assert round(_value(smooth(9, _macro_of_means), *cells), 4) == 0.5525


@pytest.mark.parametrize("seed", range(10))
def test_weighted_numbers_and_ties_equal_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, told = rng.random(200) < 0.4, rng.random(200) < 0.5
    weight = rng.integers(0, 4, 200).astype(float)  # with zeros and ties
    wanted, found = rng.normal(5, 1, 200), rng.normal(5, 1, 200)
    right = (truth == told).astype(float)
    assert _value(ratio(), right * weight, weight) == pytest.approx(
        accuracy_score(truth, told, sample_weight=weight), abs=1e-12
    )
    assert _value(ratio(), truth & told, truth) == pytest.approx(recall_score(truth, told), abs=1e-12)
    assert _value(ratio(), weight * (found - wanted) ** 2, weight) == pytest.approx(
        mean_squared_error(wanted, found, sample_weight=weight), abs=1e-12
    )
    assert _value(mean(), np.abs((found - wanted) / wanted)) == pytest.approx(
        mean_absolute_percentage_error(wanted, found), abs=1e-12
    )
    tied = np.round(found)
    for q in (0.1, 0.5, 0.9):
        assert _value(quantile(q), tied) == float(np.quantile(tied, q))


def test_the_f1_of_no_positives_is_undefined_where_scikit_learn_says_zero() -> None:
    none = np.zeros(5)
    assert f1_score(none, none, zero_division=0) == 0.0
    with pytest.raises(ValueError, match="the denominator is 0"):
        _value(f1(), none, none)


def test_a_quantile_of_parts_is_not_that_of_the_whole() -> None:
    parts = [np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0, 40.0, 50.0])]
    whole = _value(quantile(0.5), np.concatenate(parts))
    assert (whole, math.fsum(_value(quantile(0.5), part) for part in parts) / 2) == (15.0, 16.0)

"""Numbers of every built-in aggregation against scikit-learn's, to 1e-12: with weights, with ties, and where a class is empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as learn

from stagelang_runtime.stats.aggregates import (
    Aggregate,
    calibration_error,
    f1,
    finalise,
    mean,
    quantile,
    ratio,
    rmse,
    smooth,
    state_of,
    total,
)
from stagelang_runtime.stats.lift import lift

Truths = NDArray[np.bool_]
Numbers = NDArray[np.float64]
close = pytest.approx
_learn: Any = learn
CLASSES = 4


def _value(aggregate: Aggregate, *columns: Any) -> float:
    return finalise(aggregate, state_of(aggregate, lift(aggregate, columns)))


def _f1_of_each(means: Numbers) -> Numbers:
    """Give F1 of each class, 0 where neither the truth nor a decision has it: scikit-learn's zero_division=0."""
    hits, misses = means[:CLASSES], means[CLASSES : 2 * CLASSES] + means[2 * CLASSES : 3 * CLASSES]
    size = 2 * hits + misses
    return np.divide(2 * hits, size, out=np.zeros(CLASSES), where=size > 0)


def _macro(means: Numbers) -> float:
    return float(np.mean(_f1_of_each(means)))


def _weighted(means: Numbers) -> float:
    true = means[:CLASSES] + means[2 * CLASSES :]
    return float((_f1_of_each(means) * true).sum() / true.sum())


def _matthews(means: Numbers) -> float:
    hits, truth, told = means.tolist()
    spread = truth * (1 - truth) * told * (1 - told)
    return float((hits - truth * told) / np.sqrt(spread))


def _r2(means: Numbers) -> float:
    error, wanted, square = means.tolist()
    return float(1.0 - error / (square - wanted * wanted))


def _cells(truth: NDArray[np.int_], told: NDArray[np.int_]) -> list[Truths]:
    classes = range(CLASSES)
    return [
        *((truth == k) & (told == k) for k in classes),
        *((truth != k) & (told == k) for k in classes),
        *((truth == k) & (told != k) for k in classes),
    ]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weighted", [False, True])
def test_decisions_of_two_classes(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    truth, told = rng.random(400) < 0.3, rng.random(400) < 0.4
    weight = rng.integers(0, 4, 400).astype(float) if weighted else np.ones(400)
    given = {"sample_weight": weight}
    assert _value(ratio(), (truth == told) * weight, weight) == close(
        _learn.accuracy_score(truth, told, **given), abs=1e-12
    )
    assert _value(ratio(), (truth & told) * weight, told * weight) == close(
        _learn.precision_score(truth, told, **given), abs=1e-12
    )
    assert _value(ratio(), (truth & told) * weight, truth * weight) == close(
        _learn.recall_score(truth, told, **given), abs=1e-12
    )
    assert _value(ratio(), 2 * (truth & told) * weight, (1.0 * truth + told) * weight) == close(
        _learn.f1_score(truth, told, **given), abs=1e-12
    )
    assert _value(ratio(), (truth & told) * weight, (truth | told) * weight) == close(
        _learn.jaccard_score(truth, told, **given), abs=1e-12
    )
    assert _value(total(), (truth & told) * weight) == close(
        _learn.confusion_matrix(truth, told, **given)[1, 1], abs=1e-12
    )
    if not weighted:
        assert _value(f1(), truth, told) == close(_learn.f1_score(truth, told), abs=1e-12)
        assert _value(smooth(3, _matthews), truth & told, truth, told) == close(
            _learn.matthews_corrcoef(truth, told), abs=1e-12
        )


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("present", [CLASSES, CLASSES - 1, 1])
def test_decisions_of_several_classes_of_which_some_may_be_empty(seed: int, present: int) -> None:
    rng = np.random.default_rng(seed)
    truth, told = rng.integers(0, present, 200), rng.integers(0, present, 200)
    labels = range(CLASSES)
    averages: Sequence[tuple[str, Callable[[Numbers], float]]] = (("macro", _macro), ("weighted", _weighted))
    for average, ours in averages:
        theirs = _learn.f1_score(truth, told, average=average, labels=labels, zero_division=0)
        assert _value(smooth(3 * CLASSES, ours), *_cells(truth, told)) == close(theirs, abs=1e-12)
    micro = _learn.f1_score(truth, told, average="micro", labels=labels)
    assert _value(mean(), truth == told) == close(micro, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("tied", [False, True])
def test_predicted_numbers(seed: int, tied: bool) -> None:
    rng = np.random.default_rng(seed)
    wanted, found = rng.normal(5, 1, 301), rng.normal(5, 1, 301)
    weight = rng.integers(1, 4, 301).astype(float)
    if tied:
        wanted, found = np.round(wanted), np.round(found)
    error = found - wanted
    assert _value(mean(), np.abs(error)) == close(_learn.mean_absolute_error(wanted, found), abs=1e-12)
    assert _value(rmse(), error) == close(_learn.root_mean_squared_error(wanted, found), abs=1e-12)
    assert _value(ratio(), weight * error**2, weight) == close(
        _learn.mean_squared_error(wanted, found, sample_weight=weight), abs=1e-12
    )
    assert _value(quantile(0.5), np.abs(error)) == close(
        _learn.median_absolute_error(wanted, found), abs=1e-12
    )
    assert _value(smooth(3, _r2), error**2, wanted, wanted**2) == close(
        _learn.r2_score(wanted, found), abs=1e-12
    )


@pytest.mark.parametrize("seed", range(10))
def test_predicted_chances(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chance = rng.integers(1, 100, 300) / 100  # with ties
    correct = rng.random(300) < chance
    said = np.where(correct, chance, 1 - chance)
    assert _value(mean(), (chance - correct) ** 2) == close(
        _learn.brier_score_loss(correct, chance), abs=1e-12
    )
    assert _value(mean(), -np.log(said)) == close(_learn.log_loss(correct, chance), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_calibration_over_equal_bins_equals_the_curve_of_scikit_learn(seed: int) -> None:
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(seed)
    chance = rng.random(500)  # no value lies on an edge, where the two put it into other bins
    correct = rng.random(500) < chance
    curve: Any = calibration_curve
    shares, confidences = curve(correct, chance, n_bins=8, strategy="uniform")
    filled = np.bincount(np.minimum((chance * 8).astype(int), 7), minlength=8)
    weights = filled[filled > 0] / 500
    assert _value(calibration_error(8), chance, correct) == close(
        float((np.abs(shares - confidences) * weights).sum()), abs=1e-12
    )


def test_no_positives_have_no_f1_where_scikit_learn_says_what_it_is_told() -> None:
    none = np.zeros(5)
    assert [_learn.f1_score(none, none, zero_division=said) for said in (0, 1)] == [0.0, 1.0]
    with pytest.raises(ValueError, match=r"^the denominator is 0$"):
        _value(f1(), none, none)

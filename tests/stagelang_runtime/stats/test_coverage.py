"""The intervals hold what they promise: simulated coverage of the 95 % interval, seeded, so the numbers never move.

400 samples give a standard error of .011: the bounds catch a wrong variance, quantile, df or a missed unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from stagelang_runtime.stats.aggregates import (
    Aggregate,
    calibration_error,
    f1,
    mean,
    quantile,
    ratio,
    rmse,
    total,
)
from stagelang_runtime.stats.interval import estimate
from stagelang_runtime.stats.lift import lift

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], list[Floats]]

SAMPLES = 400
SIZE = 10  # rows a unit, where rows come in units


def covered(
    aggregate: Aggregate, draw: Draw, truth: float, n: int, *, in_units: bool = False, known: bool = True
) -> float:
    """The share of samples whose interval holds the truth; `known` passes the units on, if there are any."""
    rng = np.random.default_rng(20261123)
    units = np.repeat(np.arange(n // SIZE), SIZE) if in_units and known else None
    hits = 0
    for _ in range(SAMPLES):
        found = estimate(lift(aggregate, draw(rng, n)), aggregate, clusters=units, metric_range=(None, None))
        low = -math.inf if found.low is None else found.low
        high = math.inf if found.high is None else found.high
        hits += low <= truth <= high
    return hits / SAMPLES


def normal(rng: np.random.Generator, n: int) -> list[Floats]:
    return [rng.normal(size=n)]


def normal_units(rng: np.random.Generator, n: int) -> list[Floats]:
    """Intra-unit correlation .3."""
    shared = np.repeat(rng.normal(size=n // SIZE), SIZE)
    return [math.sqrt(0.3) * shared + math.sqrt(0.7) * rng.normal(size=n)]


def hits_of(p: float) -> Draw:
    return lambda rng, n: [(rng.random(n) < p).astype(float)]


def hit_units(rng: np.random.Generator, n: int) -> list[Floats]:
    """Mean .9, intra-unit correlation .3 (beta-binomial)."""
    share = np.repeat(rng.beta(0.9 * 7 / 3, 0.1 * 7 / 3, n // SIZE), SIZE)
    return [(rng.random(n) < share).astype(float)]


def classified(rng: np.random.Generator, n: int) -> list[Floats]:
    """Prevalence .3, true positive rate .8, false positive rate .05."""
    truth = rng.random(n) < 0.3
    return [truth.astype(float), (rng.random(n) < np.where(truth, 0.8, 0.05)).astype(float)]


def costs(rng: np.random.Generator, n: int) -> list[Floats]:
    weights = rng.uniform(0.5, 1.5, n)
    return [weights * rng.beta(2, 5, n), weights]


def calibrated(rng: np.random.Generator, n: int) -> list[Floats]:
    confidence = rng.beta(4, 1.5, n)
    return [confidence, (rng.random(n) < confidence).astype(float)]


def overconfident(rng: np.random.Generator, n: int) -> list[Floats]:
    confidence = rng.uniform(0.5, 1, n)
    return [confidence, (rng.random(n) < confidence - 0.15).astype(float)]


F1 = 2 * 0.24 / (2 * 0.24 + 0.035 + 0.06)

CASES: list[tuple[str, Aggregate, Draw, float, int, float, float]] = [
    ("mean, 20", mean(), normal, 0.0, 20, 0.93, 0.975),
    ("mean, 200", mean(), normal, 0.0, 200, 0.93, 0.975),
    ("total, 50", total(), normal, 0.0, 50, 0.93, 0.975),
    ("proportion .98, 50", mean(), hits_of(0.98), 0.98, 50, 0.90, 0.98),
    ("proportion .98, 200", mean(), hits_of(0.98), 0.98, 200, 0.92, 0.98),
    ("proportion .5, 200", mean(), hits_of(0.5), 0.5, 200, 0.93, 0.975),
    ("f1, 50", f1(), classified, F1, 50, 0.92, 0.98),
    ("f1, 500", f1(), classified, F1, 500, 0.93, 0.975),
    ("ratio, 50", ratio(), costs, 2 / 7, 50, 0.925, 0.975),
    ("rmse, 50", rmse(), normal, 1.0, 50, 0.90, 0.97),
    ("rmse, 500", rmse(), normal, 1.0, 500, 0.93, 0.975),
    ("median, 50", quantile(0.5), normal, 0.0, 50, 0.93, 0.985),
    ("p90, 200", quantile(0.9), normal, 1.2815515655446004, 200, 0.93, 0.99),
    ("calibrated, 50", calibration_error(10), calibrated, 0.0, 50, 0.93, 1.0),
    ("calibrated, 500", calibration_error(10), calibrated, 0.0, 500, 0.96, 1.0),
    ("overconfident, 500", calibration_error(10), overconfident, 0.15, 500, 0.93, 0.99),
]


@pytest.mark.parametrize(
    ("aggregate", "draw", "truth", "n", "least", "most"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_intervals_cover_as_promised(
    aggregate: Aggregate, draw: Draw, truth: float, n: int, least: float, most: float
) -> None:
    assert least <= covered(aggregate, draw, truth, n) <= most


@pytest.mark.parametrize(
    ("aggregate", "draw", "truth", "least", "most"),
    [
        (mean(), normal_units, 0.0, 0.93, 0.975),
        (mean(), hit_units, 0.9, 0.92, 0.98),
        (rmse(), normal_units, 1.0, 0.91, 0.975),
        (quantile(0.5), normal_units, 0.0, 0.93, 0.985),
    ],
    ids=["mean", "proportion", "rmse", "median"],
)
def test_intervals_cover_as_promised_where_rows_come_in_units(
    aggregate: Aggregate, draw: Draw, truth: float, least: float, most: float
) -> None:
    assert least <= covered(aggregate, draw, truth, 400, in_units=True) <= most


def test_the_simulation_tells_when_units_are_ignored() -> None:
    assert covered(mean(), normal_units, 0.0, 400, in_units=True, known=False) < 0.75
    assert covered(mean(), hit_units, 0.9, 400, in_units=True, known=False) < 0.8

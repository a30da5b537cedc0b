"""The paired intervals hold what they promise: simulated coverage of the 95 % interval, seeded, so the numbers never move.

500 samples give a standard error of .010; the shares of the methods' own tables are met within it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from stagelang_runtime.stats.aggregates import Aggregate, calibration_error, f1, mean, quantile, rmse
from stagelang_runtime.stats.interval import estimate
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.stats.paired import paired_difference
from stagelang_runtime.stats.units import Units, units_of

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], tuple[list[Floats], list[Floats]]]
SAMPLES = 500
SHARE = (0.0, 1.0)
OPEN = (0.0, None)


def covered(
    aggregate: Aggregate, draw: Draw, truth: float, n: int, within: tuple[float, float | None], size: int = 1
) -> float:
    """The share of samples whose interval holds the truth; `size` rows make a unit. Runs that are the same don't count."""
    rng = np.random.default_rng(20261123)
    units = units_of(np.repeat(np.arange(n // size), size), n)
    hits = samples = 0
    while samples < SAMPLES:
        base, head = (lift(aggregate, each) for each in draw(rng, n))
        found = paired_difference(
            base, head, aggregate, base_units=units, head_units=units, metric_range=within
        )
        if found.low is None or found.high is None:
            assert found.changed == 0
            continue
        samples += 1
        hits += found.low <= truth <= found.high
    return hits / SAMPLES


def answers(worse: float, better: float) -> Draw:
    """Right answers, .8 in both; shares `worse` and `better` change."""

    def draw(rng: np.random.Generator, n: int) -> tuple[list[Floats], list[Floats]]:
        chance = rng.random(n)
        base = chance < worse + 0.8
        head = (chance >= worse) & (chance < worse + 0.8 + better)
        return [base.astype(float)], [head.astype(float)]

    return draw


def classified(rng: np.random.Generator, n: int) -> tuple[list[Floats], list[Floats]]:
    """Two classifiers of the same quality that share eight of ten answers; prevalence .1."""
    truth, first, second = rng.random(n) < 0.1, rng.random(n), rng.random(n)
    second = np.where(rng.random(n) < 0.8, first, second)
    rate = np.where(truth, 0.8, 0.05)
    return [truth.astype(float), (first < rate).astype(float)], [
        truth.astype(float),
        (second < rate).astype(float),
    ]


def lognormal(rng: np.random.Generator, n: int) -> tuple[list[Floats], list[Floats]]:
    return [np.zeros(n)], [rng.lognormal(size=n)]


def errors(rng: np.random.Generator, n: int) -> tuple[list[Floats], list[Floats]]:
    base = rng.normal(size=n)
    return [base], [0.6 * base + 0.8 * rng.normal(size=n)]


def latencies(rng: np.random.Generator, n: int) -> tuple[list[Floats], list[Floats]]:
    return [rng.lognormal(size=n)], [rng.lognormal(size=n)]


def grouped(rng: np.random.Generator, n: int) -> tuple[list[Floats], list[Floats]]:
    """Intra-unit correlation .2, ten rows a unit."""
    shared = np.repeat(rng.normal(size=n // 10), 10)
    return [np.zeros(n)], [np.sqrt(0.2) * shared + np.sqrt(0.8) * rng.normal(size=n)]


def overconfident(rng: np.random.Generator, n: int) -> tuple[list[Floats], list[Floats]]:
    """The base is off by .05, the head by .15."""
    confidence, chance = rng.uniform(0.5, 1, n), rng.random(n)
    return [confidence, (chance < confidence - 0.05).astype(float)], [
        confidence,
        (chance < confidence - 0.15).astype(float),
    ]


CASES: list[tuple[str, Aggregate, Draw, float, int, tuple[float, float | None], int, float, float]] = [
    ("accuracy, .04 and .04, 30", mean(), answers(0.04, 0.04), 0.0, 30, SHARE, 1, 0.95, 1.0),
    ("accuracy, .04 and .04, 500", mean(), answers(0.04, 0.04), 0.0, 500, SHARE, 1, 0.93, 0.975),
    ("accuracy, .01 and .05, 200", mean(), answers(0.01, 0.05), 0.04, 200, SHARE, 1, 0.93, 0.99),
    ("f1, 500", f1(), classified, 0.0, 500, SHARE, 1, 0.94, 0.99),
    ("f1, 2000", f1(), classified, 0.0, 2000, SHARE, 1, 0.93, 0.97),
    ("lognormal, 30", mean(), lognormal, float(np.exp(0.5)), 30, OPEN, 1, 0.90, 0.97),
    ("rmse, 200", rmse(), errors, 0.0, 200, OPEN, 1, 0.92, 0.97),
    ("median, 60", quantile(0.5), latencies, 0.0, 60, OPEN, 1, 0.93, 0.99),
    ("p95, 700", quantile(0.95), latencies, 0.0, 700, OPEN, 1, 0.93, 0.985),
    ("clusters, 100 of 10", mean(), grouped, 0.0, 1000, OPEN, 10, 0.93, 0.97),
    ("calibration error, 500", calibration_error(10), overconfident, 0.1, 500, SHARE, 1, 0.95, 1.0),
]


@pytest.mark.parametrize(
    ("aggregate", "draw", "truth", "n", "within", "size", "least", "most"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_paired_intervals_cover_as_promised(
    aggregate: Aggregate,
    draw: Draw,
    truth: float,
    n: int,
    within: tuple[float, float | None],
    size: int,
    least: float,
    most: float,
) -> None:
    assert least <= covered(aggregate, draw, truth, n, within, size) <= most


def test_the_simulation_tells_when_units_are_ignored() -> None:
    assert covered(mean(), grouped, 0.0, 1000, OPEN, 1) < 0.85


def test_the_simulation_tells_a_plain_t_interval_of_few_skewed_values() -> None:
    """Methods §1.3: t covers .884 of lognormal samples of 30 where the studentised bootstrap covers .925."""
    rng = np.random.default_rng(20261123)
    hits = 0
    for _ in range(2 * SAMPLES):
        found = estimate(rng.lognormal(size=30), mean())
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= np.exp(0.5) <= found.high
    assert hits / (2 * SAMPLES) < 0.9


def test_a_percentile_bootstrap_of_few_discordant_answers_is_too_short() -> None:
    """The reason for counting (methods §1.2)."""
    rng = np.random.default_rng(20261123)
    hits = 0
    for _ in range(SAMPLES):
        (base,), (head,) = answers(0.0, 0.06)(rng, 30)
        difference = head - base
        drawn = difference[rng.integers(0, 30, (400, 30))].mean(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        hits += low <= 0.06 <= high
    assert hits / SAMPLES < 0.85


def test_units_of_both_runs_are_numbered_alike() -> None:
    rows = np.zeros((4, 1))
    with pytest.raises(ValueError, match="the same units, got 4 and 3"):
        paired_difference(
            rows,
            rows,
            mean(),
            base_units=Units(count=4, of_row=None),
            head_units=Units(count=3, of_row=np.array([0, 1, 2, 2])),
        )

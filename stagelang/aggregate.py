"""How a metric's rows become one number: a mergeable state and a finaliser (methods: Gray et al. 1997, Data Cube)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, final

from attrs import frozen

Kind = Literal["mean", "total", "ratio", "rmse", "f1", "calibration_error", "quantile", "smooth"]


@final
@frozen(kw_only=True)
class Aggregate:
    """An aggregation by name, with how many columns of values it takes from each row."""

    kind: Kind
    columns: int
    parameter: float | None = None
    finalise: Callable[[Any], float] | None = None
    of_ratios: bool = False


def mean() -> Aggregate:
    """The mean over rows of one value a row."""
    return Aggregate(kind="mean", columns=1)


def mean_of_ratios() -> Aggregate:
    """The mean over rows of a quotient a row, each row weighing the same; `ratio` divides the sums instead."""
    return Aggregate(kind="mean", columns=1, of_ratios=True)


def total() -> Aggregate:
    """The sum over rows of one value a row."""
    return Aggregate(kind="total", columns=1)


def ratio() -> Aggregate:
    """The sum of numerators over the sum of denominators: `PerRow(numerator, denominator)`."""
    return Aggregate(kind="ratio", columns=2)


def rmse() -> Aggregate:
    """The root of the mean of squares: `PerRow(error)`."""
    return Aggregate(kind="rmse", columns=1)


def f1() -> Aggregate:
    """F1 of a two-class decision, pooled over rows: `PerRow(truth, decided)`, both 0 or 1 (Forman & Scholz 2010)."""
    return Aggregate(kind="f1", columns=2)


def calibration_error(bins: int = 10) -> Aggregate:
    """The expected calibration error over equal-width bins: `PerRow(confidence, correct)` (Naeini et al. 2015)."""
    return Aggregate(kind="calibration_error", columns=2, parameter=bins)


def quantile(q: float) -> Aggregate:
    """The q-quantile, 0 < q < 1, of one value a row."""
    return Aggregate(kind="quantile", columns=1, parameter=q)


def smooth(finalise: Callable[[Any], float], columns: int) -> Aggregate:
    """A smooth function of the column means: `finalise` takes an array of shape (columns,) and gives a number."""
    return Aggregate(kind="smooth", columns=columns, finalise=finalise)

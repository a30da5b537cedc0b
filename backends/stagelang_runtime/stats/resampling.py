"""The two bootstraps that have a use: studentised for skewed means, percentile for quantiles. Their draws are always the same.

Units are drawn by their position, so callers give them in an order that doesn't depend on how rows were stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from stagelang_runtime.stats.exact import Floats
from stagelang_runtime.stats.units import Units

DRAWS = 4999
_SEED = 20261123
_AT_ONCE = 1 << 19  # drawn numbers that stay in the processor's cache


def studentised(of_unit: Floats) -> Callable[[float], tuple[float, float]]:
    """Give the ends of an interval of the mean of pseudo-values, shape (G,), as a function of the level (bootstrap-t).

    Efron & Tibshirani 1993, chapter 12: the quantiles of `(mean* - mean) / se*` take the place of Student's.
    """
    count = len(of_unit)
    mean = float(of_unit.mean())
    error = float(of_unit.std(ddof=1)) / np.sqrt(count)
    pivots: list[Floats] = []
    for drawn in _draws(count):
        values = of_unit[drawn]
        errors = values.std(axis=1, ddof=1) / np.sqrt(count)
        off = values.mean(axis=1) - mean
        # A draw of nothing but equal units says that the true mean may be anywhere on its side.
        anywhere = np.where(off == 0.0, 0.0, np.copysign(np.inf, off))
        pivots.append(np.divide(off, errors, out=anywhere, where=errors > 0.0))
    ordered = np.sort(np.concatenate(pivots))

    def ends(level: float) -> tuple[float, float]:
        below, above = _outer(ordered, level)
        return mean - above * error, mean - below * error

    return ends


def quantile_difference(
    base: Floats, head: Floats, q: float, base_units: Units, head_units: Units
) -> Callable[[float], tuple[float, float]]:
    """Give the ends of an interval of the difference of two q-quantiles of the same units (paired percentile bootstrap).

    `base` and `head` are values, shape (n,) each. Never too narrow: it covers .96 to .97 where the runs are independent, but up to
    1.00 where they are much alike (n = 30 to 300, q = .5 to .95), as scipy's does.
    """
    found: list[Floats] = []
    ordered = [_by_value(base, base_units), _by_value(head, head_units)]
    for drawn in _draws(base_units.count):
        rows, count = drawn.shape
        firsts = np.array(range(0, rows * count, count), dtype=np.intp)
        times = np.bincount((drawn + firsts[:, None]).ravel(), minlength=rows * count).reshape(rows, count)
        low, high = (_quantiles(values, times[:, units], q) for values, units in ordered)
        found.append(high - low)
    differences = np.sort(np.concatenate(found))
    return lambda level: _outer(differences, level)


def _draws(count: int) -> Iterator[NDArray[np.intp]]:
    generator = np.random.Generator(np.random.PCG64(_SEED))
    rows = max(_AT_ONCE // count, 1)
    for start in range(0, DRAWS, rows):
        yield generator.integers(0, count, (min(rows, DRAWS - start), count))


def _outer(ordered: Floats, level: float) -> tuple[float, float]:
    """Give the order statistics beyond which (1 - level) / 2 of the draws lie: exact for DRAWS + 1 = 5,000."""
    beyond = max(round((1 - level) / 2 * (len(ordered) + 1)), 1)
    return float(ordered[beyond - 1]), float(ordered[-beyond])


def _by_value(values: Floats, units: Units) -> tuple[Floats, NDArray[np.intp]]:
    order = np.argsort(values, kind="stable")
    return values[order], order if units.of_row is None else units.of_row[order]


def _quantiles(values: Floats, times: NDArray[np.intp], q: float) -> Floats:
    """Interpolate the q-quantiles, type 7, of sorted values that are there so many times, shape (draws, n)."""
    reached = times.cumsum(axis=1)
    place = (reached[:, -1] - 1) * q
    whole = np.floor(place)
    below, above = (
        values[np.minimum((reached <= each[:, None]).sum(axis=1), len(values) - 1)]
        for each in (whole, np.ceil(place))
    )
    between: Floats = below + (place - whole) * (above - below)
    return between

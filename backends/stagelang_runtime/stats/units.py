"""The unit of independence: rows of one unit move together, so they count once."""

from __future__ import annotations

import math
from typing import Any, final

import attrs
import numpy as np
from numpy.typing import NDArray

from stagelang_runtime.stats.exact import Floats, exact_sum, group_sums, to_float
from stagelang_runtime.stats.undefined import Undefined, UndefinedError

SQUARABLE = 300  # binary exponents whose cubes neither overflow nor vanish


@final
@attrs.frozen(kw_only=True)
class Spread:
    """A statistic's standard error, infinite where floats don't reach, and how skewed its units are."""

    error: float
    skewness: float


@final
@attrs.frozen(kw_only=True)
class Units:
    """Which unit each row belongs to: numbers below `count`, shape (n,), or None where each row is its own."""

    count: int
    of_row: NDArray[np.intp] | None

    def sums(self, values: Floats) -> Floats:
        """Add up values, shape (n,), by unit, shape (count,); the order of the rows changes no bit."""
        if self.of_row is None:
            return values
        return group_sums(values, self.of_row, self.count)

    def spread(self, share: Floats) -> Spread:
        """Estimate a statistic's spread from what each row adds to it, shape (n,), up to a constant.

        Its standard error is
        `sqrt(G/(G-1) · sum (t_g - mean t)²)` over the sums t_g of the G ≥ 2 units: the infinitesimal jackknife.
        """
        sums = self.sums(share) if np.isfinite(share).all() else np.full(1, math.inf)
        if not np.isfinite(sums).all():
            return Spread(error=math.inf, skewness=0.0)
        centred = sums - to_float(exact_sum(sums) / self.count)
        exponent = math.frexp(max(float(centred.max()), -float(centred.min())))[1]
        if abs(exponent) > SQUARABLE:
            centred = np.ldexp(centred, -exponent)
        else:
            exponent = 0
        squares = centred * centred
        total = to_float(exact_sum(squares))
        if total == 0.0:
            return Spread(error=0.0, skewness=0.0)
        cubes = to_float(exact_sum(squares * centred))
        return Spread(
            error=float(np.ldexp(math.sqrt(total * self.count / (self.count - 1)), exponent)),
            skewness=cubes / total**1.5 * math.sqrt(self.count),
        )


def units_of(clusters: NDArray[Any] | None, n_rows: int) -> Units:
    """Number the units that `clusters`, shape (n,), names; without it each row is a unit.

    Raises ValueError for another length, UndefinedError for rows that name no unit (None, NaN, NaT).
    """
    if clusters is None:
        return Units(count=n_rows, of_row=None)
    names = np.asarray(clusters)
    if names.shape != (n_rows,):
        raise ValueError(f"{n_rows} rows need as many units of independence, got shape {names.shape}")
    nameless = int(np.count_nonzero(names != names))  # NaN, NaT
    if names.dtype.kind == "O":
        nameless += sum(name is None for name in names.tolist())
    if nameless:
        text = f"{nameless} of {n_rows} rows name no unit of independence"
        raise UndefinedError(Undefined("no_unit", text, nameless))
    of_row = _numbered(names)
    count = int(of_row.max(initial=-1)) + 1
    return Units(count=count, of_row=None if count == n_rows else of_row)


def _numbered(names: NDArray[Any]) -> NDArray[np.intp]:
    if names.dtype.kind != "O":
        return np.unique(names, return_inverse=True)[1].astype(np.intp)
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names.tolist()], dtype=np.intp)

"""A metric's value with its interval: how far it could be off, given the rows it was measured on."""

from __future__ import annotations

import math
from typing import Any, final

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from stagelang_runtime.stats import rules
from stagelang_runtime.stats.aggregates import (
    Aggregate,
    Moments,
    Range,
    finalise,
    means,
    refuse_outside,
    state_of,
)
from stagelang_runtime.stats.exact import Floats
from stagelang_runtime.stats.state import State
from stagelang_runtime.stats.undefined import NoIntervalError, Undefined, UndefinedError
from stagelang_runtime.stats.units import Units, units_of


def _is_finite(_instance: object, attribute: attrs.Attribute[float | None], value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise ValueError(f"an estimate's {attribute.name} is a finite number or None, got {value}")


@final
@attrs.frozen(kw_only=True)
class Estimate:
    """A metric's value and its two-sided intervals; no field is ever NaN or infinite.

    `low` and `high` hold at `level`, `low90` and `high90` at 90 %: each of these is a one-sided 95 % bound.
    An end is None where the rows bound nothing on that side; `note` then says why.
    `value` is None exactly when `undefined` says why there is none.
    `effective_n` is the number of independent rows that would give the same precision.
    """

    aggregate: str
    value: float | None = attrs.field(validator=_is_finite)
    low: float | None = attrs.field(default=None, validator=_is_finite)
    high: float | None = attrs.field(default=None, validator=_is_finite)
    low90: float | None = attrs.field(default=None, validator=_is_finite)
    high90: float | None = attrs.field(default=None, validator=_is_finite)
    level: float
    n_rows: int
    n_units: int
    effective_n: float | None = attrs.field(default=None, validator=_is_finite)
    method: str = "none"
    note: str = ""
    undefined: Undefined | None = None

    def to_json(self) -> dict[str, object]:
        return attrs.asdict(self)


def estimate(
    z: ArrayLike,
    aggregate: Aggregate,
    *,
    clusters: NDArray[Any] | None = None,
    level: float = 0.95,
    metric_range: Range = (None, None),
) -> Estimate:
    """Estimate a metric from its per-row states z, shape (n, p), or (n,) where p = 1.

    `clusters`, shape (n,), names each row's unit of independence; `metric_range` is the metric's declared range.
    The same rows in any order give the same bits, and nothing is drawn at random.
    Intervals and their measured coverage: `rules`.
    Raises ValueError for arguments that fit no data: z of another width, a level outside of (0, 1).
    """
    rows = _rows(z, aggregate)
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level lies between 0 and 1, got {level}")
    blank = Estimate(aggregate=aggregate.name, value=None, level=level, n_rows=len(rows), n_units=len(rows))
    state = state_of(aggregate, rows)
    try:
        units = units_of(clusters, len(rows))
        blank = attrs.evolve(blank, n_units=units.count)
        value = finalise(aggregate, state)
        refuse_outside(value, metric_range, "declared")
    except UndefinedError as error:
        return attrs.evolve(blank, undefined=error.undefined, note=str(error))
    measured = attrs.evolve(blank, value=value)
    try:
        interval = _interval(rows, aggregate, value, state, units, metric_range)
    except NoIntervalError as error:
        return attrs.evolve(measured, note=f"no interval: {error}")
    low, high = interval.ends(level)
    low90, high90 = interval.ends(0.90)
    return attrs.evolve(
        measured,
        low=low,
        high=high,
        low90=low90,
        high90=high90,
        effective_n=interval.effective_n,
        method=interval.method,
        note=interval.note,
    )


def _rows(z: ArrayLike, aggregate: Aggregate) -> Floats:
    rows = np.asarray(z, dtype=np.float64)
    if rows.ndim == 1 and aggregate.width == 1:
        rows = rows.reshape(-1, 1)
    if rows.ndim != 2 or rows.shape[1] != aggregate.width:
        raise ValueError(f"'{aggregate.name}' needs rows of shape (n, {aggregate.width}), got {rows.shape}")
    return rows


def _interval(
    rows: Floats, aggregate: Aggregate, value: float, state: object, units: Units, metric_range: Range
) -> rules.Interval:
    if units.count < 2:
        raise NoIntervalError("it takes at least two units of independence to see a spread")
    if not isinstance(aggregate, Moments):
        return rules.quantile_interval(rows[:, 0], aggregate.q, value, units)
    clustered_total = (
        aggregate.rule == "total" and units.of_row is not None
    )  # moves with the units' sizes too
    outcomes = aggregate.outcomes(rows) if aggregate.outcomes and not clustered_total else None
    if outcomes and (outcomes.telling or metric_range == (0.0, 1.0)):
        return rules.wilson_interval(outcomes, units)
    assert isinstance(state, State)
    with np.errstate(all="ignore"):  # what overflows is found by its result
        found = rules.moments_interval(rows, aggregate, value, means(state), units)
    return rules.clipped(found, (aggregate.natural_range, metric_range))

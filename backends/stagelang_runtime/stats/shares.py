"""What each unit of independence adds to a metric's value: the influence by which an interval is found without drawing samples."""

from __future__ import annotations

import math
from typing import final

import attrs
import numpy as np

from stagelang_runtime.stats import rules
from stagelang_runtime.stats.aggregates import Aggregate, Quantile, finalise, means, state_of
from stagelang_runtime.stats.exact import Floats
from stagelang_runtime.stats.state import State
from stagelang_runtime.stats.undefined import NoIntervalError
from stagelang_runtime.stats.units import Units


@final
@attrs.frozen(kw_only=True)
class Shares:
    """What each unit adds to the value, shape (G,), up to a constant, and how much of that may be rounding."""

    value: float
    of_unit: Floats
    rounding: float


def shares_of(rows: Floats, aggregate: Aggregate, units: Units) -> Shares:
    """Say what each unit adds to a metric's value. Raises UndefinedError, and NoIntervalError where there is no slope."""
    value = finalise(aggregate, state_of(aggregate, rows))
    if isinstance(aggregate, Quantile):
        return Shares(
            value=value, of_unit=units.sums(_quantile_shares(rows[:, 0], aggregate.q, value)), rounding=0.0
        )
    state = state_of(aggregate, rows)
    assert isinstance(state, State)
    centre = means(state)
    with np.errstate(all="ignore"):  # what overflows is found by its result
        gradient = aggregate.gradient(centre, len(rows))
        share = rows[:, 0] if aggregate.rule == "total" else rules.shares(rows, centre, gradient)
        rounding = rules.rounding(rows, centre, gradient, aggregate.slope_accuracy)
        return Shares(value=value, of_unit=units.sums(share), rounding=rounding)


def _quantile_shares(values: Floats, q: float, value: float) -> Floats:
    """Give each row's influence on a quantile over n: `(q - [x <= value]) / density`, the density read off the quantiles beside it.

    They are as far apart as the quantile's own interval (Woodruff 1952). Raises NoIntervalError where they are one value.
    """
    n = len(values)
    reach = min(rules.normal(0.95) * math.sqrt(q * (1 - q) / n), q, 1 - q)
    low, high = np.quantile(values, [q - reach, q + reach], method="linear").tolist()
    if high <= low:
        raise NoIntervalError("the values beside the quantile are all the same")
    share: Floats = (q - (values <= value)) * ((high - low) / (2 * reach) / n)
    return share

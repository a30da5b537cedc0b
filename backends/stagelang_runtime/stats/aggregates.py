"""The built-in aggregates: how a merged state becomes a value, and how much each row moves that value."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Literal, TypeAlias, final

import attrs
import numpy as np

from stagelang_runtime.stats.exact import Floats, to_float
from stagelang_runtime.stats.state import AnyState, State, Values
from stagelang_runtime.stats.undefined import NoIntervalError, Undefined, UndefinedError

Kind: TypeAlias = Literal["distributive", "algebraic", "holistic"]  # Gray et al. 1997, Data Cube
Rule: TypeAlias = Literal["delta", "log_delta", "absolute_sum", "total"]
Range: TypeAlias = tuple[float | None, float | None]

RELATIVE_STEP = 1e-5
KINK = (
    1e-2  # one-sided slopes that differ by more are no rounding: a smooth function's differ by about the step
)


@final
@attrs.frozen(kw_only=True)
class Outcomes:
    """Rows seen as trials that succeed or don't, both shape (n,) of 0 and 1.

    The metric is `link(successes / trials)`, of their sums.
    `link` rises, so it carries the ends of a proportion's interval over to the metric.
    `telling` says whether the rows alone prove that nothing but 0 and 1 can occur.
    """

    successes: Floats
    trials: Floats
    link: Callable[[float], float]
    telling: bool


@final
@attrs.frozen(kw_only=True)
class Moments:
    """An aggregate of column totals.

    `value(state)` is rounded once where the formula is rational.
    `gradient(means, n)` is its derivative to the column means of n rows, shape (p,):
    a row's influence on the value is `gradient · (row - means) / n`.
    `slope_accuracy` is the gradient's relative error where that isn't mere rounding.
    `value` raises UndefinedError, `gradient` NoIntervalError where there is none.
    """

    name: str
    kind: Kind
    width: int
    value: Callable[[State], float]
    gradient: Callable[[Floats, int], Floats]
    natural_range: Range = (None, None)
    rule: Rule = "delta"
    slope_accuracy: float = 0.0
    outcomes: Callable[[Floats], Outcomes | None] | None = None


def _is_inside(_instance: object, _attribute: object, q: float) -> None:
    if not 0.0 < q < 1.0:
        raise ValueError(f"a quantile needs 0 < q < 1, got {q}")


@final
@attrs.frozen(kw_only=True)
class Quantile:
    """The q-quantile, interpolated between order statistics: numpy's 'linear', type 7 of Hyndman & Fan 1996."""

    q: float = attrs.field(validator=_is_inside)
    name: str = attrs.field(default="quantile", init=False)
    kind: Kind = attrs.field(default="holistic", init=False)
    width: int = attrs.field(default=1, init=False)
    natural_range: Range = attrs.field(default=(None, None), init=False)


Aggregate: TypeAlias = Moments | Quantile


def state_of(aggregate: Aggregate, rows: Floats) -> AnyState:
    """Lift rows, shape (n, p), to the state that the aggregate needs."""
    return Values.of(rows) if isinstance(aggregate, Quantile) else State.of(rows)


def finalise(aggregate: Aggregate, state: AnyState) -> float:
    """Turn a merged state into the metric's value, always a finite float.

    Raises UndefinedError for no rows, for rows that aren't finite, where the formula has no value,
    and for a value that no sound rows could give, like a negative F1;
    TypeError for a state of another aggregate's kind.
    """
    if state.count == 0:
        raise UndefinedError(Undefined("empty", "there are no rows"))
    if state.not_finite:
        text = f"{state.not_finite} of {state.count} rows are NaN or infinite"
        raise UndefinedError(Undefined("not_finite", text, state.not_finite))
    value = _value(aggregate, state)
    if not math.isfinite(value):
        raise UndefinedError(Undefined("overflow", f"the {aggregate.name} is beyond the largest float"))
    refuse_outside(value, aggregate.natural_range, "natural")
    return value + 0.0


def refuse_outside(value: float, within: Range, kind: str) -> None:
    """Raise UndefinedError for a value outside of a range; either end may be open (None)."""
    low, high = within
    if (low is not None and value < low) or (high is not None and value > high):
        shown = ", ".join("-" if end is None else f"{end:g}" for end in within)
        text = f"the value {value!r} is outside of its {kind} range [{shown}]"
        raise UndefinedError(Undefined("out_of_range", text))


def _value(aggregate: Aggregate, state: AnyState) -> float:
    match aggregate, state:
        case Quantile(), Values():
            return float(np.quantile(state.values, aggregate.q, method="linear"))
        case Moments(), State():
            return aggregate.value(state)
        case _:
            raise TypeError(f"a {type(state).__name__} is no state of '{aggregate.name}'")


def means(state: State) -> Floats:
    """Round each column's exact mean once, shape (p,)."""
    return np.array([to_float(total / state.count) for total in state.totals])


def mean() -> Moments:
    """The mean of one column."""
    return Moments(
        name="mean",
        kind="algebraic",
        width=1,
        value=lambda s: to_float(s.totals[0] / s.count),
        gradient=lambda _m, _n: np.ones(1),
        outcomes=lambda rows: _outcomes(rows[:, 0], np.ones(len(rows))),
    )


def total() -> Moments:
    """The sum of one column; its interval is for another total of as many units of independence."""
    return Moments(
        name="total",
        kind="distributive",
        width=1,
        value=lambda s: to_float(s.totals[0]),
        gradient=lambda _m, n: np.full(1, float(n)),
        rule="total",
        outcomes=lambda rows: _outcomes(rows[:, 0], np.ones(len(rows)), lambda p: p * len(rows)),
    )


def ratio() -> Moments:
    """The ratio of two columns' sums, numerator first; never the mean of row ratios."""
    return Moments(
        name="ratio",
        kind="algebraic",
        width=2,
        value=lambda s: _quotient(s.totals[0], s.totals[1]),
        gradient=lambda m, _n: np.array([1.0, -m[0] / m[1]]) / m[1],
        outcomes=lambda rows: _outcomes(rows[:, 0], rows[:, 1]),
    )


def rmse() -> Moments:
    """The root of the mean of one column of squared errors."""
    return Moments(
        name="rmse",
        kind="algebraic",
        width=1,
        value=_root,
        gradient=_root_gradient,
        natural_range=(0.0, None),
        rule="log_delta",
    )


def f1() -> Moments:
    """F1 of the pooled true positives, false positives and false negatives (Forman & Scholz 2010)."""
    return Moments(
        name="f1",
        kind="algebraic",
        width=3,
        value=lambda s: _quotient(2 * s.totals[0], s.totals[0] + sum(s.totals)),
        gradient=_f1_gradient,
        natural_range=(0.0, 1.0),
        outcomes=_f1_outcomes,
    )


def calibration_error(bins: int) -> Moments:
    """The expected calibration error `sum |mean z_b|`: z_b is confidence minus correct in bin b, else 0."""
    if bins < 1:
        raise ValueError(f"a calibration error needs at least one bin, got {bins}")
    return Moments(
        name="calibration_error",
        kind="algebraic",
        width=bins,
        value=lambda s: to_float(sum(map(abs, s.totals), Fraction(0)) / s.count),
        gradient=lambda m, _n: np.where(m < 0.0, -1.0, 1.0),
        natural_range=(0.0, None),
        rule="absolute_sum",
    )


def quantile(q: float) -> Quantile:
    """The q-quantile of one column."""
    return Quantile(q=q)


def smooth(width: int, value: Callable[[Floats], float]) -> Moments:
    """A user's own differentiable function of `width` column means; its gradient is taken numerically.

    ValueError or ArithmeticError raised by `value`, and NaN, mean that the metric is undefined there.
    """

    def at(point: Floats) -> float:
        try:
            with np.errstate(divide="raise", invalid="raise", over="raise"):
                result = float(value(point))
        except (ValueError, ArithmeticError) as error:
            raise UndefinedError(Undefined("domain", f"the finaliser has no value here: {error}")) from error
        if math.isnan(result):
            raise UndefinedError(Undefined("domain", "the finaliser gives no number here"))
        return result

    return Moments(
        name="smooth",
        kind="algebraic",
        width=width,
        value=lambda s: at(means(s)),
        gradient=lambda m, _n: numeric_gradient(at, m),
        slope_accuracy=1e-9,
    )


def numeric_gradient(function: Callable[[Floats], float], point: Floats) -> Floats:
    """Differentiate by central differences of relative step 1e-5; smooth functions come out right to 1e-6.

    Raises NoIntervalError at a kink, and where the function has no value beside the point.
    """
    here = function(point)
    scale = float(np.max(np.abs(point))) or 1.0
    slopes = np.zeros(len(point))
    for j, coordinate in enumerate(point.tolist()):
        step = RELATIVE_STEP * (abs(coordinate) or scale)
        shift = np.zeros(len(point))
        shift[j] = step
        try:
            above, below = function(point + shift), function(point - shift)
        except UndefinedError as error:
            raise NoIntervalError(f"it has no value beside the one found: {error}") from error
        forward, backward = (above - here) / step, (here - below) / step
        rounding = 8 * np.finfo(float).eps * abs(here) / step
        if abs(forward - backward) > KINK * max(abs(forward), abs(backward)) + rounding:
            raise NoIntervalError("it has a kink at the value found, so no slope")
        slopes[j] = (above - below) / (2 * step)
    return slopes


def aggregate_of(
    kind: str,
    *,
    columns: int,
    parameter: float | None = None,
    finalise: Callable[[Floats], float] | None = None,
) -> Aggregate:
    """Look up the aggregate that a plan names, with the number of columns and the parameter that it declares.

    Raises ValueError for an unknown kind, and for a missing or meaningless parameter.
    """
    match kind, parameter, finalise:
        case "mean", None, None:
            return mean()
        case "total", None, None:
            return total()
        case "ratio", None, None:
            return ratio()
        case "rmse", None, None:
            return rmse()
        case "f1", None, None:
            return f1()
        case "calibration_error", float() | int(), None if float(parameter).is_integer():
            return calibration_error(int(parameter))
        case "quantile", float(), None:
            return quantile(parameter)
        case "smooth", None, _ if finalise is not None:
            return smooth(columns, finalise)
        case _:
            raise ValueError(f"no aggregate '{kind}' with the parameter {parameter}")


def _quotient(above: Fraction, below: Fraction) -> float:
    if not below:
        raise UndefinedError(Undefined("zero_denominator", "the denominator is 0"))
    return to_float(above / below)


def _root(state: State) -> float:
    if state.totals[0] < 0:
        raise UndefinedError(Undefined("domain", "the mean of the squared errors is negative"))
    return math.sqrt(to_float(state.totals[0] / state.count))


def _root_gradient(m: Floats, _n: int) -> Floats:
    if m[0] == 0.0:
        raise NoIntervalError("every error is 0, which doesn't say how large an error can be")
    return np.full(1, 0.5 / math.sqrt(m[0]))


def _f1_gradient(m: Floats, _n: int) -> Floats:
    hits, misses = m[0], m[1] + m[2]
    size = 2 * hits + misses
    slopes: Floats = np.array([2 * misses / size, -2 * hits / size, -2 * hits / size]) / size
    return slopes


def _same(proportion: float) -> float:
    return proportion


def _outcomes(successes: Floats, trials: Floats, link: Callable[[float], float] = _same) -> Outcomes | None:
    if not (_is_binary(successes) and _is_binary(trials) and bool(np.all(successes <= trials))):
        return None
    varied = bool(np.any(successes == 1.0)) and bool(np.any(successes < trials))
    return Outcomes(successes=successes, trials=trials, link=link, telling=varied)


def _f1_outcomes(rows: Floats) -> Outcomes | None:
    """F1 = 2J / (1 + J): J, the share of true positives among all but true negatives, is a proportion."""
    if not _is_binary(rows):
        return None
    trials = rows.sum(axis=1)
    if not _is_binary(trials):
        return None
    return Outcomes(successes=rows[:, 0], trials=trials, link=lambda j: 2 * j / (1 + j), telling=True)


def _is_binary(values: Floats) -> bool:
    return bool(np.all((values == 0.0) | (values == 1.0)))

"""The interval rules, one function each, with the coverage that each was measured to have.

Coverage is that of the nominal 95 % interval at n = 20 / 50 / 200 / 1000 rows, over 1,500 simulated samples
(standard error .006); "clustered" means intra-cluster correlation .3 in clusters of 5 (n < 100) or 10 rows.
Each rule gives its ends as a function of the level: the 90 % and the 95 % interval share the work.
scipy is imported where a distribution's quantile is asked for: it takes longer to load than most metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias, final

import attrs
import numpy as np

from stagelang_runtime.stats.aggregates import Moments, Outcomes, Range
from stagelang_runtime.stats.amounts import about
from stagelang_runtime.stats.exact import Floats, exact_sum
from stagelang_runtime.stats.undefined import NoIntervalError
from stagelang_runtime.stats.units import Units

Ends: TypeAlias = tuple[float | None, float | None]

NO_SPREAD = "every unit says the same, which doesn't tell how far others could be off"


@final
@attrs.frozen(kw_only=True)
class Interval:
    """An interval at any level, the method's name, and how many independent rows its precision is worth."""

    ends: Callable[[float], Ends]
    method: str
    effective_n: float | None = None
    note: str = ""


def moments_interval(
    rows: Floats, aggregate: Moments, value: float, centre: Floats, units: Units
) -> Interval:
    """Choose the rule for a function of column means `centre`, shape (p,).

    Raises NoIntervalError where the rows show no spread.
    """
    gradient = aggregate.gradient(centre, len(rows))
    share = shares(rows, centre, gradient)
    if aggregate.rule == "total":
        share = rows[:, 0]  # not centred: a unit adds the sum of its rows, so its size counts
    spread = units.spread(share)
    error = spread.error
    if not math.isfinite(error):
        raise NoIntervalError("the spread is beyond the largest float")
    if aggregate.rule == "absolute_sum":
        return _absolute_sum_interval(rows, centre, value, error, units)
    if error <= rounding(rows, centre, gradient, aggregate.slope_accuracy) / math.sqrt(units.count):
        raise NoIntervalError(NO_SPREAD)
    effective_n = _effective_n(share, error, units)
    note = skew_note(spread.skewness, units.count)
    if aggregate.rule == "log_delta":
        return _log_delta_interval(value, error, units, effective_n, note)
    return _delta_interval(value, error, units, effective_n, note)


def _delta_interval(
    value: float, error: float, units: Units, effective_n: float | None, note: str
) -> Interval:
    """`value ± t·se`, G - 1 degrees of freedom, se from the units' shares (delta method, methods §1.1).

    Means: normal .951/.938/.949/.950, clustered .945/.953/.957/.954, Beta(2,5) .949/.941/.950/.955,
    exponential .923/.939/.945/.953, lognormal .867/.896/.926/.948 (too few: hence the note on skewness).
    Totals and ratios of the same populations are within .02 of these.
    """

    def ends(level: float) -> Ends:
        reach = student_t(level, units.count) * error
        return value - reach, value + reach

    return Interval(ends=ends, method="delta_t", effective_n=effective_n, note=note)


def _log_delta_interval(
    value: float, error: float, units: Units, effective_n: float | None, note: str
) -> Interval:
    """The delta interval of the logarithm, carried back: for positive metrics whose spread grows with them.

    RMSE: normal errors .924/.935/.951/.941 (.909 at n = 20 without the logarithm), clustered
    .943/.939/.931/.951, exponential .878/.906/.917/.947, lognormal .707/.744/.830/.868 (hence the note).
    """

    def ends(level: float) -> Ends:
        factor = math.exp(min(student_t(level, units.count) * error / value, 700.0))
        return value / factor, value * factor

    return Interval(ends=ends, method="log_delta_t", effective_n=effective_n, note=note)


def _absolute_sum_interval(
    rows: Floats, centre: Floats, value: float, error: float, units: Units
) -> Interval:
    """An interval for `sum |mean z_b|`, which noise pushes up wherever a bin's true mean is near 0.

    The upper end is the delta method's. From the lower one the largest bias that the bins can have is taken:
    `sqrt(2/pi)·se_b` for each bin whose mean is less than `sqrt(ln G)·se_b` from 0, as if its true mean were 0
    (the selection rule of Andrews & Soares 2010, Econometrica 78:119).

    Calibration error, 10 bins: calibrated .918/.965/.987/.994, off by .02 .958/.983/.996/.999, by .15
    .994/.999/.982/.966; clustered .878/.929/.966/.985, .928/.977/.991/.998, .979/.987/.961/.957.
    The plain delta interval covers .50/.42/.43/.37 on calibrated predictions, the bootstrap less or little more
    (1000 rows: percentile .00, basic .64, bias-corrected normal .61): a boundary is where it is inconsistent.
    """
    errors = [units.spread((column - m) / len(rows)).error for column, m in zip(rows.T, centre, strict=True)]
    if not any(errors):
        raise NoIntervalError(NO_SPREAD)
    near = math.sqrt(math.log(units.count))
    bias = math.sqrt(2 / math.pi) * sum(
        error for error, m in zip(errors, np.abs(centre).tolist(), strict=True) if m <= near * error
    )

    def ends(level: float) -> Ends:
        reach = student_t(level, units.count) * error
        return value - bias - reach, value + reach

    return Interval(ends=ends, method="delta_t_less_bias")


def wilson_interval(outcomes: Outcomes, units: Units) -> Interval:
    """Wilson's score interval of a proportion, carried over by the link.

    Where rows come in units, the effective number of trials is `p(1-p) / se²`, never more than there are,
    and t with G - 1 degrees of freedom takes the place of z; at 0 and 1, where se says nothing,
    each unit counts as one trial (after Dean & Pagano 2015, J. Surv. Stat. Methodol. 3:484).

    Means of 0 and 1: p = .5 .955/.938/.949/.953, .9 .954/.963/.953/.953, .98 .926/.917/.939/.951; clustered
    .992/.965/.953/.955, .994/.985/.929/.955, .985/.977/.966/.929. F1 at prevalence .5 .974/.941/.939/.959,
    .1 .983/.954/.951/.943; clustered .997/.971/.951/.946, 1.000/.997/.971/.951.
    """
    trials = float(exact_sum(outcomes.trials))
    p = float(exact_sum(outcomes.successes)) / trials
    effective_n, method, tried = trials, "wilson", 0
    if units.of_row is not None:
        share = (outcomes.successes - p * outcomes.trials) / trials
        tried = int(np.count_nonzero(units.sums(outcomes.trials)))
        if tried < 2:
            raise NoIntervalError("it takes at least two units of independence to see a spread")
        error = units.spread(share).error
        effective_n = min(p * (1 - p) / error**2, trials) if error > 0.0 else float(tried)
        method = "wilson_clustered"

    def ends(level: float) -> Ends:
        z = normal(level) if units.of_row is None else student_t(level, tried)
        low, high = wilson(p, effective_n, z)
        return outcomes.link(low), outcomes.link(high)

    return Interval(ends=ends, method=method, effective_n=effective_n)


def wilson(p: float, n: float, z: float) -> tuple[float, float]:
    """Solve `|p - x| = z·sqrt(x(1-x)/n)` for x (Wilson 1927); the ends at p = 0 and 1 are exact."""
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0.0 if p == 0.0 else middle - reach), (1.0 if p == 1.0 else middle + reach)


def quantile_interval(values: Floats, q: float, value: float, units: Units) -> Interval:
    """Order statistics, by rank: the number of values below the true quantile is binomial, whatever they are.

    Where rows come in units, the ranks come from the spread of the units' shares below it (Woodruff 1952).
    An end is None where even the smallest or largest value isn't far enough out.

    Normal values: q = .5 .953/.961/.961/.948, .9 .984/.971/.972/.960, .99 .981/.991/.985/.973;
    clustered .996/.965/.947/.955, .988/.975/.951/.945, 1.000/.979/.943/.961.
    """
    ordered = np.sort(values + 0.0)
    n = len(ordered)
    effective_n = float(n)
    if units.of_row is not None:
        error = units.spread(((values <= value) - q) / n).error
        if error == 0.0:
            raise NoIntervalError(NO_SPREAD)
        effective_n = min(q * (1 - q) / error**2, effective_n)

    def ends(level: float) -> Ends:
        if units.of_row is None:
            below, above = (
                binomial_quantile((1 - level) / 2, n, q),
                binomial_quantile((1 + level) / 2, n, q) + 1,
            )
        else:
            reach = student_t(level, units.count) * math.sqrt(q * (1 - q) / effective_n)
            below, above = math.ceil(n * (q - reach)), math.floor(n * (q + reach)) + 1
        return (
            float(ordered[below - 1]) if below >= 1 else None,
            float(ordered[above - 1]) if above <= n else None,
        )

    low, high = ends(0.90)
    open_ends = [name for name, end in (("below", low), ("above", high)) if end is None]
    note = f"too few rows to bound it from {' or '.join(open_ends)}" if open_ends else ""
    method = "order_statistics" if units.of_row is None else "woodruff"
    return Interval(ends=ends, method=method, effective_n=effective_n, note=note)


def clipped(interval: Interval, ranges: tuple[Range, ...]) -> Interval:
    """Cut the ends to the ranges that the metric is known to lie in."""
    lows = [low for low, _ in ranges if low is not None]
    highs = [high for _, high in ranges if high is not None]

    def ends(level: float) -> Ends:
        low, high = interval.ends(level)
        low = max(-math.inf if low is None else low, *lows, -math.inf)
        high = min(math.inf if high is None else high, *highs, math.inf)
        return low if math.isfinite(low) else None, high if math.isfinite(high) else None

    return attrs.evolve(interval, ends=ends)


def normal(level: float) -> float:
    """The standard normal's two-sided quantile."""
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def student_t(level: float, n_units: int) -> float:
    """Student's two-sided quantile with n_units - 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(n_units - 1, (1 + level) / 2))


def binomial_quantile(probability: float, n: int, p: float) -> int:
    """The smallest count that a binomial one stays at or below with at least this probability."""
    from scipy.special import bdtr, bdtrik

    count = math.ceil(bdtrik(probability, n, p))
    return count - 1 if count > 0 and bdtr(count - 1, n, p) >= probability else count


def shares(rows: Floats, centre: Floats, gradient: Floats) -> Floats:
    """What each row adds to the value, shape (n,): its influence over n."""
    share = np.zeros(len(rows))
    for column, m, slope in zip(  # no matrix product: its rounding differs between processors
        rows.T, centre.tolist(), gradient.tolist(), strict=True
    ):
        share += (column - m) * (slope / len(rows))
    return share


def _effective_n(share: Floats, error: float, units: Units) -> float | None:
    if units.of_row is None:
        return float(units.count)
    alone = Units(count=len(share), of_row=None).spread(share).error
    return len(share) * (alone / error) ** 2 if math.isfinite(alone) else None


def rounding(rows: Floats, centre: Floats, gradient: Floats, slope_accuracy: float) -> float:
    """How much of a row's influence may be nothing but rounding, of the data and of the slopes."""
    noise = 0.0
    for column, m, slope in zip(rows.T, centre.tolist(), gradient.tolist(), strict=True):
        smallest, largest = float(column.min()), float(column.max())
        of_data = 4 * math.ulp(1.0) * max(abs(smallest), abs(largest))
        noise += abs(slope) * (of_data + slope_accuracy * max(largest - m, m - smallest))
    return noise


def skew_note(skewness: float, n_units: int) -> str:
    """Warn where t intervals are known to be too narrow: fewer units than 25·skewness² (Cochran's rule)."""
    wanted = math.ceil(25 * skewness**2)
    return "" if n_units >= wanted else f"skewed: the interval may be too narrow below {about(wanted)} units"

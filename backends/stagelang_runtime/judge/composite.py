"""The difference of an expression over metrics between two runs.

Where all its parts are measured on the same units, what a unit adds to each part is weighted by how much that part moves the result
(the delta method on joined states). Else the intervals of both runs are put together so as to hold whatever their dependence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stagelang_compiler.plan import Metric
from stagelang_runtime.judge.expressions import value_and_slopes
from stagelang_runtime.judge.measured import MeasuredRun
from stagelang_runtime.judge.pairing import Pairing, pair
from stagelang_runtime.judge.scores import Scores
from stagelang_runtime.stats.aggregates import Moments
from stagelang_runtime.stats.difference import Difference, add_up, square_and_add
from stagelang_runtime.stats.paired import changed_units, linear_difference
from stagelang_runtime.stats.shares import Shares, shares_of
from stagelang_runtime.stats.undefined import NoIntervalError, Undefined, UndefinedError


def composite_difference(
    before: Metric, after: Metric, base: MeasuredRun, head: MeasuredRun
) -> tuple[Difference, Pairing | str]:
    """Estimate the difference of an expression, and say what it was compared over, or why not over the same units.

    Raises UndefinedError where it has no value over what both runs have.
    """
    leaves = [(one, other) for one, other in zip(base.leaves(before), head.leaves(after), strict=True)]
    scores = [(base.scored(one), head.scored(other)) for one, other in leaves]
    pairings = [pair(*each) for each in scores]
    paired = [each for each in pairings if not isinstance(each, str)]
    if len(paired) == len(pairings) and _same_units(paired) and all(_is_smooth(each) for each, _ in scores):
        try:
            return _joined(before, after, base, head, leaves, scores, paired), paired[0]
        except NoIntervalError:
            pass
    estimates = base.estimated(before), head.estimated(after)
    if not paired:
        return square_and_add(*estimates), str(pairings[0])
    return add_up(*estimates), "its parts can't be joined unit by unit"


def _joined(
    before: Metric,
    after: Metric,
    base: MeasuredRun,
    head: MeasuredRun,
    leaves: Sequence[tuple[Metric, Metric]],
    scores: Sequence[tuple[Scores, Scores]],
    pairings: Sequence[Pairing],
) -> Difference:
    of_base: dict[str, Shares] = {}
    of_head: dict[str, Shares] = {}
    count = pairings[0].base_units.count
    changed = np.zeros(count, dtype=np.bool_)
    for (one, other), (old, new), pairing in zip(leaves, scores, pairings, strict=True):
        rows = pairing.base(old), pairing.head(new)
        of_base[one.name] = shares_of(rows[0], old.aggregate, pairing.base_units)
        of_head[other.name] = shares_of(rows[1], new.aggregate, pairing.head_units)
        changed |= changed_units(*rows, pairing.base_units, pairing.head_units)
    shares = _evaluated(before, base, of_base), _evaluated(after, head, of_head)
    blank = Difference(
        base=shares[0].value, head=shares[1].value, n_units=count, changed=int(np.count_nonzero(changed))
    )
    if count < 2:
        raise NoIntervalError("it takes at least two units of independence to see a spread")
    width = None if after.low is None or after.high is None else after.high - after.low
    return linear_difference(blank, *shares, width)


def _evaluated(metric: Metric, run: MeasuredRun, known: Mapping[str, Shares]) -> Shares:
    """Give a metric's value and what each unit adds to it, from those of the measured metrics that it is made of."""
    if metric.expression is None:
        return known[metric.name]
    parts: list[Shares | float] = []
    for operand in metric.expression.operands:
        part = run.metric(operand) if isinstance(operand, str) else None
        parts.append(_evaluated(part, run, known) if part is not None else float(operand))
    first = run.metric(str(metric.expression.operands[0]))
    scale = first.unit.factor / metric.unit.factor if first is not None else 1.0
    numbers = [part.value if isinstance(part, Shares) else part for part in parts]
    try:
        value, slopes = value_and_slopes(metric.expression.operation, numbers, scale)
    except ZeroDivisionError as error:
        raise UndefinedError(Undefined("zero_denominator", "the denominator is 0")) from error
    moving = [(part, slope) for part, slope in zip(parts, slopes, strict=True) if isinstance(part, Shares)]
    return Shares(
        value=value,
        of_unit=np.sum([each.of_unit * slope for each, slope in moving], axis=0),
        rounding=sum(abs(slope) * each.rounding for each, slope in moving),
    )


def _same_units(pairings: Sequence[Pairing]) -> bool:
    return all(each.names.equals(pairings[0].names) for each in pairings[1:])


def _is_smooth(scores: Scores) -> bool:
    """Tell whether what each row adds says all about the interval: not so for quantiles, nor where noise pushes the value up."""
    return isinstance(scores.aggregate, Moments) and scores.aggregate.rule != "absolute_sum"

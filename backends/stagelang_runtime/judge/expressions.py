"""Values and intervals of expressions over metrics.

The parts may be measured on the same rows, so they are not taken for independent: an interval's half-widths add up, weighted by how
much each part moves the result (Minkowski's inequality for standard errors). For sums and differences this covers at least as often
as the parts' own intervals do, whatever their dependence; for products and quotients it is the first-order (delta) version of that.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from stagelang_compiler import plan
from stagelang_runtime.stats.interval import Estimate
from stagelang_runtime.stats.undefined import Undefined


def estimate_expression(
    metric: plan.Metric, metrics: Mapping[str, plan.Metric], known: Mapping[str, Estimate | str]
) -> Estimate | str:
    """Estimate an expression from its parts, or say why it can't be."""
    expression = metric.expression
    assert expression is not None
    parts: list[Estimate | float] = []
    for operand in expression.operands:
        part = known[operand] if isinstance(operand, str) else float(operand)
        if isinstance(part, str):
            return part
        parts.append(part)
    measured = [part for part in parts if isinstance(part, Estimate)]
    blank = Estimate(
        aggregate="expression",
        value=None,
        level=0.95,
        n_rows=min(part.n_rows for part in measured),
        n_units=min(part.n_units for part in measured),
        method="sum of half-widths",
    )
    undefined = next((part.undefined for part in measured if part.undefined), None)
    if undefined is not None:
        return _undefined(blank, undefined)
    numbers = [_number(part) for part in parts]
    scale = metrics[str(expression.operands[0])].unit.factor / metric.unit.factor
    if expression.operation == "/" and not numbers[1]:
        return _undefined(blank, Undefined("zero_denominator", "the denominator is 0"))
    value, slopes = value_and_slopes(expression.operation, numbers, scale)
    return _with_ends(blank, value, slopes, parts)


def _number(part: Estimate | float) -> float:
    if not isinstance(part, Estimate):
        return part
    assert part.value is not None
    return part.value


def _undefined(blank: Estimate, undefined: Undefined) -> Estimate:
    return attrs.evolve(blank, undefined=undefined, note=undefined.text, method="none")


def value_and_slopes(operation: str, numbers: list[float], scale: float) -> tuple[float, list[float]]:
    """Carry out an operation, and say how much each operand moves the result. Raises ZeroDivisionError.

    `scale` is how many of the result's unit one of the first operand's is.
    """
    match operation, numbers:
        case "+", [a, b]:
            return a + b, [1.0, 1.0]
        case "-", [a, b]:
            return a - b, [1.0, -1.0]
        case "*", [a, b]:
            return a * b, [b, a]
        case "/", [a, b]:
            return a / b, [1.0 / b, -a / (b * b)]
        case "neg", [a]:
            return -a, [-1.0]
        case "convert", [a]:
            return a * scale, [scale]
        case _:
            raise AssertionError(operation)


def _with_ends(blank: Estimate, value: float, slopes: list[float], parts: list[Estimate | float]) -> Estimate:
    ends: list[float | None] = []
    for low, high in (("low", "high"), ("low90", "high90")):
        below: float | None = 0.0
        above: float | None = 0.0
        for slope, part in zip(slopes, parts, strict=True):
            if not isinstance(part, Estimate) or part.value is None:
                continue
            lower, upper = getattr(part, low), getattr(part, high)
            down = None if lower is None else part.value - lower
            up = None if upper is None else upper - part.value
            if slope < 0:
                down, up = up, down
            below = None if below is None or down is None else below + abs(slope) * down
            above = None if above is None or up is None else above + abs(slope) * up
        ends += [None if below is None else value - below, None if above is None else value + above]
    return attrs.evolve(blank, value=value, low=ends[0], high=ends[1], low90=ends[2], high90=ends[3])

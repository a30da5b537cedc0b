"""What an expression over metrics means: its unit, direction and range, inferred from its parts (Moore 1966 for the ranges)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias, final

from attrs import frozen

from stagelang.units import Measure
from stagelang_compiler import plan

Better: TypeAlias = Literal["higher", "lower", "none"]
Bound: TypeAlias = float | None
_FLIPPED: dict[Better, Better] = {"higher": "lower", "lower": "higher", "none": "none"}


@final
@frozen(kw_only=True)
class Meaning:
    """What is inferred of an expression."""

    unit: plan.Unit
    better: Better
    low: Bound
    high: Bound


def combine(
    operation: str, parts: Sequence[plan.Metric | Meaning | float], unit: plan.Unit | None
) -> Meaning:
    """Infer the meaning of an operation over metrics and numbers; units that don't agree are reported by a check, not here."""
    first, second = parts[0], parts[1] if len(parts) > 1 else 1.0
    assert isinstance(first, plan.Metric | Meaning)
    if operation == "neg":
        return _scaled(first, -1.0, first.unit)
    if operation == "convert":
        target = unit or first.unit
        return _scaled(first, first.unit.factor / target.factor, target)
    if not isinstance(second, plan.Metric | Meaning):
        return _scaled(first, second, first.unit)
    pairs = [(a, b) for a in _ends(first) for b in _signed_ends(second)]
    ends = [end for a, b in pairs if not math.isnan(end := apply(operation, a, b))]
    if operation == "/" and (_ends(second)[0] < 0 < _ends(second)[1] or _ends(second) == (0, 0)):
        ends = [-math.inf, math.inf]
    return Meaning(
        unit=combined_unit(operation, first.unit, second.unit),
        better=_better(operation, first, second),
        low=finite(min(ends)),
        high=finite(max(ends)),
    )


def apply(operation: str, left: float, right: float) -> float:
    """Carry out an operation on two numbers; what is undefined gives an infinity, so that a range is never too narrow."""
    match operation:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return 0.0 if left == 0 or right == 0 else left * right
        case "/":
            if left == 0 or math.isinf(right):
                return 0.0
            return math.copysign(math.inf, left) * math.copysign(1, right) if right == 0 else left / right
        case _:
            raise AssertionError(operation)


def _scaled(metric: plan.Metric | Meaning, factor: float, unit: plan.Unit) -> Meaning:
    ends = sorted(apply("*", end, factor) for end in _ends(metric))
    better: Better = metric.better if factor > 0 else _FLIPPED[metric.better] if factor < 0 else "none"
    return Meaning(unit=unit, better=better, low=finite(ends[0]), high=finite(ends[1]))


def _ends(metric: plan.Metric | Meaning) -> tuple[float, float]:
    return (-math.inf if metric.low is None else metric.low, math.inf if metric.high is None else metric.high)


def _signed_ends(metric: plan.Metric | Meaning) -> tuple[float, float]:
    """Give the ends with the sign from which a zero is reached: what is at least 0 comes to it from above."""
    low, high = _ends(metric)
    return (low + 0.0, -0.0 if high == 0 else high)


def finite(value: float | None) -> Bound:
    """Give the end of a range; None where there is none, which an infinity says as well."""
    return None if value is None or math.isinf(value) else float(value)


def _better(operation: str, first: plan.Metric | Meaning, second: plan.Metric | Meaning) -> Better:
    """A direction holds only where every part pulls the same way; of products and quotients, only of parts that can't be negative."""
    other = second.better if operation in "+*" else _FLIPPED[second.better]
    signed = operation in "*/" and any(_ends(part)[0] < 0 for part in (first, second))
    return first.better if first.better == other and not signed else "none"


def combined_unit(operation: str, left: plan.Unit, right: plan.Unit) -> plan.Unit:
    """Give the unit of an operation on two numbers in these units; a sum is in the first one's."""
    if operation in "+-":
        return left
    power = 1 if operation == "*" else -1
    product = Measure(left.factor, left.powers).times(Measure(right.factor, right.powers), power)
    divisor = f"({right.text})" if power < 0 and set(right.text) & set("*/") else right.text
    text = f"{left.text}{'*' if power > 0 else '/'}{divisor}" if product.powers else "1"
    return plan.Unit(text=text, factor=product.factor, powers=product.powers)

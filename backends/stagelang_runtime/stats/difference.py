"""A difference between two values of a metric, with its intervals; and that of two runs whose rows can't be paired."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

import attrs

from stagelang_runtime.stats.interval import Estimate
from stagelang_runtime.stats.rules import normal


@final
@attrs.frozen(kw_only=True)
class Difference:
    """A difference, head less base, in the metric's unit, with two-sided intervals at 95 % and 90 %.

    `base` and `head` are the values over what was compared; an end is None where nothing bounds it, and `note` says why.
    `spread` is a unit's standard deviation: that of the difference times the root of `n_units`.
    `changed` counts the units whose rows aren't the same in both; None where that isn't known.
    """

    base: float
    head: float
    low: float | None = None
    high: float | None = None
    low90: float | None = None
    high90: float | None = None
    n_units: int
    spread: float | None = None
    changed: int | None = None
    p_value: float | None = None
    method: str = "none"
    note: str = ""

    @property
    def value(self) -> float:
        return self.head - self.base


def square_and_add(base: Estimate, head: Estimate) -> Difference:
    """Combine two independent estimates: the half-widths are squared and added (Zou & Donner 2008, Stat. Med. 27:1693).

    For shares this is Newcombe's interval of independent proportions; for means it is Welch's but for the degrees of freedom.
    """
    return _combined(base, head, math.hypot, "square_and_add")


def add_up(base: Estimate, head: Estimate) -> Difference:
    """Combine two estimates that may depend on each other in any way: the half-widths add up, which is never too narrow."""
    return _combined(base, head, lambda a, b: a + b, "sum_of_half_widths")


def _combined(
    base: Estimate, head: Estimate, add: Callable[[float, float], float], method: str
) -> Difference:
    if base.value is None or head.value is None:
        raise ValueError("a difference is taken of two values")
    low, high = _ends(base.value, head.value, (base.low, base.high), (head.low, head.high), add)
    low90, high90 = _ends(base.value, head.value, (base.low90, base.high90), (head.low90, head.high90), add)
    n_units = min(base.n_units, head.n_units)
    spread = None
    if low90 is not None and high90 is not None:
        spread = (high90 - low90) / 2 / normal(0.90) * math.sqrt(n_units)
    note = "; ".join(
        f"{name}: {each.note}"
        for name, each in (("base", base), ("head", head))
        if each.note and not each.undefined
    )
    return Difference(
        base=base.value,
        head=head.value,
        low=low,
        high=high,
        low90=low90,
        high90=high90,
        n_units=n_units,
        spread=spread,
        method=method if low is not None or high is not None else "none",
        note=note,
    )


def _ends(
    base: float,
    head: float,
    of_base: tuple[float | None, float | None],
    of_head: tuple[float | None, float | None],
    add: Callable[[float, float], float],
) -> tuple[float | None, float | None]:
    """The difference is low where the head is low and the base high."""
    (base_low, base_high), (head_low, head_high) = of_base, of_head
    low = (
        None
        if head_low is None or base_high is None
        else head - base - add(head - head_low, base_high - base)
    )
    high = (
        None
        if head_high is None or base_low is None
        else head - base + add(head_high - head, base - base_low)
    )
    return low, high

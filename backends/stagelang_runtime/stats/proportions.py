"""Two shares of the same trials: the exact test of McNemar, and Newcombe's interval of their difference."""

from __future__ import annotations

import math
from typing import final

import attrs

from stagelang_runtime.stats.rules import normal, wilson


@final
@attrs.frozen(kw_only=True)
class Crossed:
    """How many trials succeeded in both runs, only in the base, only in the head, and in neither."""

    both: int
    base_only: int
    head_only: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.base_only + self.head_only + self.neither

    @property
    def discordant(self) -> int:
        """How many trials the two runs settle differently."""
        return self.base_only + self.head_only


def mcnemar(crossed: Crossed) -> float:
    """Give the exact two-sided p of McNemar's test that both runs succeed equally often (Fagerland et al. 2013)."""
    from scipy.special import bdtr

    fewer = min(crossed.base_only, crossed.head_only)
    return min(1.0, 2 * float(bdtr(fewer, crossed.discordant, 0.5)))


def newcombe(crossed: Crossed, level: float) -> tuple[float, float]:
    """Give the interval of head minus base: method 10 of Newcombe 1998, Statistics in Medicine 17:2635.

    The Wilson intervals of both shares are squared and added, less what their correlation takes away.
    """
    n, z = crossed.n, normal(level)
    base, head = (crossed.both + crossed.base_only) / n, (crossed.both + crossed.head_only) / n
    (base_low, base_high), (head_low, head_high) = wilson(base, n, z), wilson(head, n, z)
    phi = _correlation(crossed)

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))

    difference = (crossed.head_only - crossed.base_only) / n
    return (
        difference - reach(head - head_low, base_high - base),
        difference + reach(head_high - head, base - base_low),
    )


def _correlation(crossed: Crossed) -> float:
    """Give the phi coefficient, corrected for continuity where it is positive."""
    base, head = crossed.both + crossed.base_only, crossed.both + crossed.head_only
    margins = base * (crossed.n - base) * head * (crossed.n - head)
    if not margins:
        return 0.0
    product = crossed.both * crossed.neither - crossed.base_only * crossed.head_only
    corrected = max(product - crossed.n / 2, 0.0) if product > 0 else product
    return float(corrected / math.sqrt(margins))

"""Sums of floats without rounding, so that neither the order of the rows nor their sharding shows in a bit."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

BLOCK = 1 << 15  # values whose working copies stay in the processor's cache
LARGEST_SPLIT = 2.0**960  # above it the splitting constant itself would overflow


def exact_sum(values: Floats) -> Fraction:
    """Add up finite floats, shape (n,), exactly.

    Error-free vector transformation (Rump, Ogita & Oishi 2008, SIAM J. Sci. Comput. 31:189, ExtractVector):
    the leading bits of all values are cut off at one common place, so that they add up in any order
    without rounding; the remainders are treated the same until none is left.
    """
    total = Fraction(0)
    for start in range(0, values.size, BLOCK):
        total += _exact_block(values[start : start + BLOCK])
    return total


def _exact_block(values: Floats) -> Fraction:
    total = Fraction(0)
    rest = values
    while rest.size:
        largest = max(float(rest.max()), -float(rest.min()))
        if largest == 0.0:
            break
        if largest >= LARGEST_SPLIT:
            huge = np.abs(rest) >= LARGEST_SPLIT
            total += sum(map(Fraction, rest[huge].tolist()), Fraction(0))
            rest = rest[~huge]
            continue
        cut = math.ldexp(1.0, math.frexp(largest)[1] + (rest.size + 2).bit_length())
        leading = (rest + cut) - cut
        total += Fraction(float(leading.sum()))
        rest = rest - leading
        rest = rest[rest != 0.0]
    return total


def group_sums(values: Floats, groups: NDArray[np.intp], count: int) -> Floats:
    """Add up finite floats, shape (n,), by group number, shape (n,) to (count,).

    The leading bits of a whole group add up exactly, as in `exact_sum`, and only such sums are added with
    rounding, from the smallest up: the order of the rows doesn't show.
    """
    largest = float(np.max(np.abs(values), initial=0.0))
    if largest >= LARGEST_SPLIT:
        with np.errstate(under="ignore"):  # what vanishes here is nothing beside the largest
            return np.ldexp(group_sums(np.ldexp(values, -100), groups, count), 100)
    parts: list[Floats] = [np.zeros(count)]
    while values.size and largest > 0.0:
        cut = math.ldexp(1.0, math.frexp(largest)[1] + (values.size + 2).bit_length())
        leading = (values + cut) - cut
        parts.append(np.bincount(groups, weights=leading, minlength=count).astype(np.float64, copy=False))
        values = values - leading
        left = values != 0.0
        values, groups = values[left], groups[left]
        largest = float(np.max(np.abs(values), initial=0.0))
    sums = parts.pop()
    while parts:
        sums = parts.pop() + sums
    return sums


def to_float(exact: Fraction) -> float:
    """Round to the nearest float, once; infinite beyond the largest."""
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def expansion(exact: Fraction) -> list[float]:
    """Write a sum of floats as finite floats, largest first, that add up to it exactly."""
    parts: list[float] = []
    while exact:
        part = max(-sys.float_info.max, min(sys.float_info.max, to_float(exact)))
        parts.append(part)
        exact -= Fraction(part)
    return parts

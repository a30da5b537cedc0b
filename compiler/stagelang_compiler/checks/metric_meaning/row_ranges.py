"""SL516 of rows: between which numbers a metric must lie, by interval arithmetic on its columns' bounds (Moore 1966)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

from stagelang_compiler.checks.metric_meaning.facts import Measured
from stagelang_compiler.checks.metric_meaning.row_values import (
    Linear,
    Number,
    Product,
    Read,
    Sum,
    Truth,
    Value,
    columns_in,
)
from stagelang_compiler.checks.metric_meaning.rules import BOUND_OUT_OF_RANGE
from stagelang_compiler.checks.promises import promises
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.metric_algebra import apply

Range: TypeAlias = tuple[float, float]
_ANY: Range = (-math.inf, math.inf)
_SHARE: Range = (0.0, 1.0)


def range_judged(measured: Measured) -> Iterator[Diagnostic]:
    """Check that the range that a metric declares can be its number's at all."""
    low, high = known_range(measured)
    declared = _declared(measured)
    if not (low < high and declared[0] < declared[1]) or (low < declared[1] and declared[0] < high):
        return
    names = sorted(frozenset[str]().union(*(columns_in(value) for value in measured.returned.values)))
    ends = [
        Place(column.origin, "declared here") for name in names if (column := measured.column(name)).origin
    ]
    yield Diagnostic(
        rule=BOUND_OUT_OF_RANGE,
        message=f"metric {measured.definition.name!r} is declared to lie within {_text(declared)}, "
        f"but its rows' values make it lie within {_text((low, high))}",
        places=(Place(measured.definition.origin), *ends),
        subject=measured.definition.name,
        expected=f"a range that holds {_text((low, high))}",
        found=_text(declared),
        help="declare the range that the number has in its unit, or bring the values into this range",
    )


def _text(ends: Range) -> str:
    low = "(-∞" if ends[0] == -math.inf else f"[{ends[0]:g}"
    high = "∞)" if ends[1] == math.inf else f"{ends[1]:g}]"
    return f"{low}, {high}"


def _declared(measured: Measured) -> Range:
    low, high = measured.definition.meaning.range
    return (-math.inf if low is None else float(low), math.inf if high is None else float(high))


def attainable(measured: Measured) -> Range:
    """Give the numbers that a metric can take: those of its declared range that its columns allow."""
    known, declared = known_range(measured), _declared(measured)
    both = max(known[0], declared[0]), min(known[1], declared[1])
    return both if both[0] < both[1] else declared


def known_range(measured: Measured) -> Range:
    """Give between which numbers a metric lies, whatever it declares."""
    kind, values = measured.definition.meaning.aggregate.kind, measured.returned.values
    match kind:
        case "f1" | "calibration_error":
            return _SHARE
        case "rmse":
            low, high = _of(measured, values[0]) if len(values) == 1 else _ANY
            return (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
        case "mean" | "quantile" if len(values) == 1:
            return _of(measured, values[0])
        case "total" if len(values) == 1:
            low, high = _of(measured, values[0])
            return (0.0 if low >= 0 else -math.inf, 0.0 if high <= 0 else math.inf)
        case "ratio" if len(values) == 2 and all(_of(measured, value)[0] >= 0 for value in values):
            return (0.0, math.inf)
        case _:
            return _ANY


def _of(measured: Measured, value: Value) -> Range:
    """Give between which numbers each row's value lies."""
    match value:
        case Read(column):
            return _column(measured, column)
        case Number(float(number)):
            return (number, number)
        case Truth():
            return _SHARE
        case Linear(inner, float(factor), float(offset)):
            low, high = _of(measured, inner)
            ends = sorted((apply("*", low, factor) + offset, apply("*", high, factor) + offset))
            return (ends[0], ends[1])
        case Sum(left, right, sign):
            (a, b), (c, d) = _of(measured, left), _of(measured, right)
            return (a + c, b + d) if sign > 0 else (a - d, b - c)
        case Product(left, right):
            corners = [apply("*", a, b) for a in _of(measured, left) for b in _of(measured, right)]
            return (min(corners), max(corners))
        case _:
            return _ANY


def _column(measured: Measured, name: str) -> Range:
    """Give a column's bounds; where values may be missing, what they are filled with may lie anywhere."""
    limits = measured.column(name).limits
    if limits.nullable:
        return _ANY
    known = promises(measured.contract).get(name) if measured.contract is not None else None
    if known is not None and known.type == "bool":
        return _SHARE
    lows = [float(end) for end in (limits.ge, limits.gt) if _is_number(end)]
    highs = [float(end) for end in (limits.le, limits.lt) if _is_number(end)]
    if limits.isin and all(map(_is_number, limits.isin)):
        lows.append(float(min(limits.isin)))
        highs.append(float(max(limits.isin)))
    return (max(lows, default=-math.inf), min(highs, default=math.inf))


def _is_number(end: object) -> bool:
    return isinstance(end, int | float) and not isinstance(end, bool) and math.isfinite(end)

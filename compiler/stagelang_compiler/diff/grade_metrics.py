"""Grades changes of metrics and gates: whoever reads a number, and whoever is judged by it.

before  a metric with range=(0, 1) in the base, range=(0, 2) in the head; a gate 'at least 0.9' and 'at least 0.95'
after   the range breaks consumers, who relied on at most 1; the gate breaks producers, who passed with 0.9
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from stagelang_compiler.diff.grades import (
    BREAKING,
    BREAKS_CONSUMERS,
    BREAKS_PRODUCERS,
    SAFE,
    Grade,
    grade,
)
from stagelang_compiler.diff.model import GradedReason, Reason
from stagelang_compiler.plan import Gate, Metric

_TOLD_ELSEWHERE = ("wiring", "seed", "data", "owner", "setting", "contract")
"""Causes that are graded where both plans are known, as which artifact it is measured on is, or that leave what it means as it is."""


def grade_metric(old: Metric, new: Metric, reasons: Iterable[Reason]) -> Iterator[GradedReason]:
    """Grade each reason for which a metric that is in both plans differs, in what it says and in how it is measured."""
    for reason in reasons:
        found = _grade(reason, old, new)
        if found is not None:
            yield GradedReason(reason=reason, grade=found)


def _grade(reason: Reason, old: Metric, new: Metric) -> Grade | None:
    """Grade one reason; a number that means something else breaks both sides, for no old verdict holds for it."""
    if reason.what == "reported":
        return SAFE if new.reported else BREAKS_CONSUMERS
    if reason.what == "slices":
        return SAFE if set(old.slices) <= set(new.slices) else BREAKS_CONSUMERS
    if reason.what == "version":
        return SAFE
    if reason.cause in _TOLD_ELSEWHERE or not reason.counts:
        return None
    if reason.what == "range":
        return grade(safe_for_producers=_within(old, new), safe_for_consumers=_within(new, old))
    return BREAKING


def _within(inner: Metric, outer: Metric) -> bool:
    return _low(outer.low) <= _low(inner.low) and _high(inner.high) <= _high(outer.high)


def grade_gate(old: Gate | None, new: Gate | None) -> Grade:
    """Grade a gate: a stricter one breaks producers, who must pass it; a weaker one breaks consumers, who rely on what passed."""
    if old is None:
        return BREAKS_PRODUCERS
    if new is None:
        return BREAKS_CONSUMERS
    return grade(safe_for_producers=_implies(old, new), safe_for_consumers=_implies(new, old))


def _implies(gate: Gate, other: Gate) -> bool:
    """Tell whether whatever passes one gate passes another; an interval that clears a bound has its estimate beyond it too."""
    kinds = {gate.kind, other.kind}
    if gate.in_each != other.in_each or (len(kinds) > 1 and kinds & {"not_worse_than", "as_usual"}):
        return False  # of all rows nothing follows for each slice, nor the other way (Simpson 1951)
    if gate.kind == "as_usual":
        return gate.windows == other.windows and _high(gate.alpha) >= _high(other.alpha)
    judged_as_strictly = gate.judged_on in ("interval", other.judged_on)
    if gate.kind == "not_worse_than":
        return (
            judged_as_strictly
            and gate.alias == other.alias
            and _high(gate.tolerance) <= _high(other.tolerance)
        )
    return judged_as_strictly and _low(other.low) <= _low(gate.low) and _high(gate.high) <= _high(other.high)


def _low(bound: float | None) -> float:
    return -math.inf if bound is None else bound


def _high(bound: float | None) -> float:
    return math.inf if bound is None else bound

"""Compares two runs' metrics, base and head: the difference of each with its interval, its verdict, and why."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from stagelang_compiler.plan import Metric
from stagelang_runtime.judge.comparable import own_code_changed, why_not_comparable
from stagelang_runtime.judge.composite import composite_difference
from stagelang_runtime.judge.measured import MeasuredRun
from stagelang_runtime.judge.metric_difference import MetricDifference, judged
from stagelang_runtime.judge.pairing import Pairing, pair
from stagelang_runtime.judge.scores import BrokenFinaliser
from stagelang_runtime.stats.difference import Difference, square_and_add
from stagelang_runtime.stats.interval import Estimate
from stagelang_runtime.stats.paired import paired_difference
from stagelang_runtime.stats.undefined import UndefinedError


def compare_runs(
    base: MeasuredRun, head: MeasuredRun, *, renamed: Mapping[str, str] | None = None
) -> tuple[MetricDifference, ...]:
    """Compare all metrics of two runs: the head's in its plan's order, then those that only the base has.

    A metric is compared over the units of independence that both runs have; how many they don't is said with it.

    Args:
        base: the run that is compared with.
        head: the run whose change is judged.
        renamed: the head's names of metrics, by the names that they have in the base.
    """
    names = dict(renamed or {})
    before = {names.get(metric.name, metric.name): metric for metric in base.plan.metrics}
    compared = [
        _compare(before[metric.name], metric, base, head, names)
        if metric.name in before
        else _only(metric, head, "new")
        for metric in head.plan.metrics
    ]
    present = {metric.name for metric in head.plan.metrics}
    gone = [_only(metric, base, "gone") for name, metric in before.items() if name not in present]
    return (*compared, *gone)


def _only(metric: Metric, run: MeasuredRun, word: str) -> MetricDifference:
    side = "head" if word == "new" else "base"
    blank = MetricDifference.of(
        metric, verdict="new" if word == "new" else "gone", reason=f"only the {side} has it"
    )
    found = run.estimate(metric)
    value = found.value if isinstance(found, Estimate) else None
    return evolve(blank, head=value) if word == "new" else evolve(blank, base=value)


def _compare(
    before: Metric, after: Metric, base: MeasuredRun, head: MeasuredRun, renamed: Mapping[str, str]
) -> MetricDifference:
    blank = MetricDifference.of(after, verdict="not_comparable", base_name=before.name)
    why = _why_not(before, after, base, head, renamed)
    if why:
        return evolve(blank, reason=why)
    if _same_content(before, after, base, head):
        return _identical(blank, before, after, base, head)
    estimates = base.estimate(before), head.estimate(after)
    blank = evolve(blank, verdict="not_measured", base=_value(estimates[0]), head=_value(estimates[1]))
    missing = [
        f"{side}: {_lack(found)}"
        for side, found in zip(("base", "head"), estimates, strict=True)
        if _lack(found)
    ]
    if missing:
        return evolve(blank, reason="; ".join(missing))
    try:
        found, pairing = _difference(before, after, base, head)
    except (UndefinedError, BrokenFinaliser) as error:
        return evolve(blank, reason=f"over what both runs have: {error}")
    note = (
        "the metric's own code changed too, under the same version"
        if _recoded(before, after, base, head)
        else ""
    )
    return judged(blank, after, found, pairing, head.plan.gates, note)


def _difference(
    before: Metric, after: Metric, base: MeasuredRun, head: MeasuredRun
) -> tuple[Difference, Pairing | str]:
    if after.expression is not None:
        return composite_difference(before, after, base, head)
    scores = base.scored(before), head.scored(after)
    pairing = pair(*scores)
    if isinstance(pairing, str):
        return square_and_add(base.estimated(before), head.estimated(after)), pairing
    difference = paired_difference(
        pairing.base(scores[0]),
        pairing.head(scores[1]),
        scores[1].aggregate,
        base_units=pairing.base_units,
        head_units=pairing.head_units,
        metric_range=(after.low, after.high),
    )
    return difference, pairing


def _why_not(
    before: Metric, after: Metric, base: MeasuredRun, head: MeasuredRun, renamed: Mapping[str, str]
) -> str:
    why = why_not_comparable(before, after, base.plan, head.plan, renamed)
    if why or after.expression is None:
        return why
    for one, other in zip(base.leaves(before), head.leaves(after), strict=True):
        why = why_not_comparable(one, other, base.plan, head.plan, renamed)
        if why:
            return f"of its part {other.name!r}: {why}"
    return ""


def _same_content(before: Metric, after: Metric, base: MeasuredRun, head: MeasuredRun) -> bool:
    """Tell whether both runs left the same content, by the digests alone."""
    pairs = zip(base.leaves(before), head.leaves(after), strict=True)
    artifacts = [(base.artifact(one), head.artifact(other)) for one, other in pairs]
    return all(
        one is not None and other is not None and one.content == other.content for one, other in artifacts
    )


def _identical(
    blank: MetricDifference, before: Metric, after: Metric, base: MeasuredRun, head: MeasuredRun
) -> MetricDifference:
    found = head.estimate(after)
    if isinstance(found, str):
        found = base.estimate(before)  # its store may still have what the head's lost
    value = _value(found)
    n_units = found.n_units if isinstance(found, Estimate) else 0
    difference = None if value is None else 0.0
    reason = "every value is the same" + (
        "" if value is not None else f", and it has no value: {_lack(found)}"
    )
    return evolve(
        blank,
        verdict="identical",
        base=value,
        head=value,
        difference=difference,
        n_units=n_units,
        reason=reason,
    )


def _recoded(before: Metric, after: Metric, base: MeasuredRun, head: MeasuredRun) -> bool:
    pairs = zip(base.leaves(before), head.leaves(after), strict=True)
    return any(own_code_changed(one, other, base.plan, head.plan) for one, other in pairs)


def _value(found: Estimate | str) -> float | None:
    return found.value if isinstance(found, Estimate) else None


def _lack(found: Estimate | str) -> str:
    if isinstance(found, str):
        return found
    return found.undefined.text if found.undefined else ""

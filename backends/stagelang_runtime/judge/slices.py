"""A metric measured apart for each value of its slice columns, and differences that turn around within them (Simpson 1951)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stagelang_compiler import plan
from stagelang_runtime.judge.expressions import estimate_expression
from stagelang_runtime.judge.scores import SLICE, Scores, estimate_scores
from stagelang_runtime.stats.interval import Estimate

Slices: TypeAlias = Mapping[str, Mapping[str, Estimate | str]]
"""By column and value, what the metric is there, or why it can't be said."""
MOST_VALUES = 100
MISSING = "(missing)"
_LINEAR = ("neg", "convert", "*")


def slices_of(scores: Scores) -> Slices:
    """Measure a metric apart for each value of its slice columns; a column of more than a hundred is none to slice by."""
    found: dict[str, dict[str, Estimate | str]] = {}
    for name in scores.metric.slices:
        values: pa.Array = scores.table.column(SLICE + name).combine_chunks()
        distinct = pc.unique(values).to_pylist()
        if len(distinct) > MOST_VALUES:
            found[name] = {"": f"{name} has {len(distinct):,} values, which are too many to be slices"}
            continue
        named = sorted(each for each in distinct if each is not None)
        found[name] = {_written(each): _of(scores, pc.equal(values, each)) for each in named}
        if values.null_count:
            found[name][MISSING] = _of(scores, pc.is_null(values))
    return found


def _written(value: object) -> str:
    """Write a value of the data so that it can't act on a terminal."""
    text = str(value)
    return text if text.isprintable() else repr(text)[1:-1]


def _of(scores: Scores, chosen: pa.Array) -> Estimate | str:
    is_in = np.asarray(pc.fill_null(chosen, False).to_numpy(zero_copy_only=False), dtype=np.bool_)
    table = scores.table.filter(pa.array(is_in))
    return estimate_scores(attrs.evolve(scores, rows=scores.rows[is_in], table=table))


def slices_of_expression(
    metric: plan.Metric, metrics: Mapping[str, plan.Metric], known: Mapping[str, Slices]
) -> Slices:
    """Give an expression's number for each value that all its metrics have."""
    assert metric.expression is not None
    parts = [each for each in metric.expression.operands if isinstance(each, str)]
    found: dict[str, dict[str, Estimate | str]] = {}
    for name in metric.slices:
        of_parts = {part: known[part].get(name, {}) for part in parts}
        values = dict.fromkeys(value for each in of_parts.values() for value in each)
        found[name] = {
            value: estimate_expression(
                metric,
                metrics,
                {part: each.get(value, f"{part} has no rows there") for part, each in of_parts.items()},
            )
            for value in values
        }
    return found


@final
@attrs.frozen(kw_only=True)
class Reversal:
    """A difference that has the other sign once both sides have equal shares of every slice: then it is `at_equal_shares`."""

    text: str
    at_equal_shares: float


def reversal_of(
    metric: plan.Metric,
    metrics: Mapping[str, plan.Metric],
    known: Mapping[str, Estimate | str],
    slices: Mapping[str, Slices],
) -> Reversal | None:
    """Find whether a difference turns around within slices: both numbers are then to be shown, since neither alone is the answer.

    Compares the sign of the difference with that of the mean of the slices' differences, each slice weighing as much as it has rows on
    both sides (direct standardisation). Where both sides hold the same rows that is one number for means, so nothing is found.
    """
    difference = _difference(metric, metrics)
    whole = known[difference.name] if difference is not None else ""
    if difference is None or isinstance(whole, str) or whole.value is None:
        return None
    sides = _sides(difference)
    for name in difference.slices:
        found = _in_each(name, (*sides, difference.name, metric.name), slices)
        total = sum(each.rows for each in found)
        mean = sum(each.rows * each.difference for each in found) / total if total else 0.0
        if mean * whole.value >= 0:
            continue
        shown = ", ".join(
            f"{each.value} {each.left:.3f} - {each.right:.3f} = {each.difference:.3f}" for each in found
        )
        both = " - ".join(_shown(known[side]) for side in sides)
        text = (
            f"{difference.name} is {both} = {whole.value:.3f} over all rows, but turns around by {name}: {shown}; "
            f"{mean:.3f} where both sides have equal shares of each {name}"
        )
        return Reversal(text=text, at_equal_shares=sum(each.rows * each.multiple for each in found) / total)
    return None


def _difference(metric: plan.Metric, metrics: Mapping[str, plan.Metric]) -> plan.Metric | None:
    """Give the difference of two metrics that this is, or is a multiple of."""
    while metric.expression is not None:
        match metric.expression.operation, metric.expression.operands:
            case "-", (str(), str()):
                return metric
            case operation, (str() as only, *rest) if operation in _LINEAR and not any(
                isinstance(each, str) for each in rest
            ):
                metric = metrics[only]
            case _:
                return None
    return None


def _sides(difference: plan.Metric) -> tuple[str, str]:
    assert difference.expression is not None
    left, right = difference.expression.operands
    return str(left), str(right)


@final
@attrs.frozen(kw_only=True)
class _Slice:
    """One slice of a difference: rows and numbers of both sides, their difference, and the multiple of it that is asked about."""

    value: str
    rows: int
    left: float
    right: float
    difference: float
    multiple: float


def _in_each(name: str, of: tuple[str, str, str, str], slices: Mapping[str, Slices]) -> list[_Slice]:
    """Give each slice; none at all where a side has no number in one."""
    found: list[_Slice] = []
    left, right, difference, multiple = (slices[each].get(name, {}) for each in of)
    for value in difference:
        match left.get(value), right.get(value), difference[value], multiple.get(value):
            case (
                Estimate(value=float(a), n_rows=n),
                Estimate(value=float(b), n_rows=m),
                Estimate(value=float(d)),
                Estimate(value=float(k)),
            ):
                found.append(_Slice(value=value, rows=n + m, left=a, right=b, difference=d, multiple=k))
            case _:
                return []
    return found


def _shown(found: Estimate | str) -> str:
    return f"{found.value:.3f}" if isinstance(found, Estimate) and found.value is not None else "none"

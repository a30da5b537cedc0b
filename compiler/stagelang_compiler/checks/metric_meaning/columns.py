"""SL501, 502, 506, 507, 508, 511, 520 of columns: what an aggregation does to the columns that a metric's function returns.

Only what the function's source shows plainly is judged: `frame[Sales.price]` is that column, a helper's result is anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stagelang.contract import Column, Contract, columns_of
from stagelang_compiler.checks.metric_meaning.facts import Measured
from stagelang_compiler.checks.metric_meaning.row_ranges import range_judged
from stagelang_compiler.checks.metric_meaning.row_units import units_judged
from stagelang_compiler.checks.metric_meaning.row_values import (
    Quotient,
    Read,
    Sum,
    Value,
    carried,
    columns_in,
    without_scale,
)
from stagelang_compiler.checks.metric_meaning.rules import (
    F1_OF_MANY_CLASSES,
    SCALE_TOO_WEAK,
    STOCK_SUMMED,
    UNNAMED_MEAN_OF_RATIOS,
    VALUES_THAT_DO_NOT_ADD,
    WEIGHT_WITHOUT_MEANING,
)
from stagelang_compiler.checks.promise_texts import names_text
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule
from stagelang_compiler.lower.contracts import lower_unit
from stagelang_compiler.plan_text import unit_words

_VERBS = {
    "mean": "averages",
    "total": "sums",
    "ratio": "sums",
    "rmse": "averages the squares of",
    "quantile": "ranks",
}
_ADDING = frozenset({"mean", "total", "ratio"})


def columns_judged(measured: Measured) -> Iterator[Diagnostic]:
    """Check what a definition does to the columns that it returns."""
    for position, value in enumerate(measured.returned.values):
        column = carried(value)
        if column is not None:
            for check in _OF_A_COLUMN:
                yield from check(measured, measured.column(column), position)
        yield from _difference(measured, without_scale(value))
        yield from _quotient(measured, without_scale(value))
    yield from units_judged(measured)
    yield from range_judged(measured)
    yield from _weights(measured)


def _finding(rule: Rule, measured: Measured, column: Column[Any], message: str, **said: str) -> Diagnostic:
    name = measured.definition.name
    ends = (Place(measured.definition.origin), _declared(measured, column))
    return Diagnostic(rule=rule, message=f"metric {name!r} {message}", places=ends, subject=name, **said)


def _declared(measured: Measured, column: Column[Any]) -> Place:
    return Place(column.origin or measured.definition.origin, "declared here")


def _kind(measured: Measured) -> str:
    return measured.definition.meaning.aggregate.kind


def _adding(measured: Measured, column: Column[Any], position: int) -> Iterator[Diagnostic]:
    if column.limits.adds == "never" and _kind(measured) in _ADDING:
        yield _finding(
            VALUES_THAT_DO_NOT_ADD,
            measured,
            column,
            f"{_VERBS[_kind(measured)]} {column.name!r}, whose values don't add up",
            expected="values that add up, or what these are made of",
            found=f"column {column.name!r} with adds='never'",
            help="aggregate what each value was made of, as in ratio() of PerRow(numerator, denominator)",
        )


def _stock(measured: Measured, column: Column[Any], position: int) -> Iterator[Diagnostic]:
    times = [each for each in measured.columns.values() if each.limits.time]
    if column.limits.adds == "not_over_time" and _kind(measured) == "total" and times:
        yield _finding(
            STOCK_SUMMED,
            measured,
            column,
            f"sums {column.name!r} over {times[0].name!r}, though it doesn't add up over time",
            expected="rows of one moment, or another aggregation",
            found=f"column {column.name!r} with adds='not_over_time'",
            help="use mean() or quantile(...), or sum a table that holds the rows of one moment",
        )


def _scale(measured: Measured, column: Column[Any], position: int) -> Iterator[Diagnostic]:
    limits, kind = column.limits, _kind(measured)
    scale = limits.scale or ("nominal" if limits.key else None)
    if (
        kind not in _VERBS
        or scale not in ("nominal", "ordinal")
        or (kind == "quantile" and scale == "ordinal")
    ):
        return
    said = f"scale={limits.scale!r}" if limits.scale else "key=True"
    if kind == "quantile":
        action = "count rows instead, as in mean() of a comparison"
    elif scale == "ordinal":
        action = "use quantile(...), or declare scale='interval' if equal steps mean equal differences"
    else:
        action = "count rows instead, as in mean() of a comparison"
    yield _finding(
        SCALE_TOO_WEAK,
        measured,
        column,
        f"{_VERBS[kind]} {column.name!r}, whose values only {'name' if scale == 'nominal' else 'order'} things",
        expected="an interval or ratio scale" if kind != "quantile" else "an ordinal scale or more",
        found=f"column {column.name!r} with {said}",
        help=action,
    )


def _interval_sum(measured: Measured, column: Column[Any], position: int) -> Iterator[Diagnostic]:
    if _kind(measured) in ("total", "ratio") and is_interval(column):
        yield _finding(
            SCALE_TOO_WEAK,
            measured,
            column,
            f"sums {column.name!r}, whose scale has no true zero",
            expected="a ratio scale",
            found=f"column {column.name!r} {_scale_words(column)}",
            help="use mean() or quantile(...), or sum differences from a fixed point",
        )


def is_interval(column: Column[Any]) -> bool:
    """Tell whether a column's values have differences but no ratios, such as degrees Celsius."""
    limits = column.limits
    return limits.scale == "interval" or (
        limits.scale is None and getattr(limits.unit, "interval", False) is True
    )


def _scale_words(column: Column[Any]) -> str:
    return (
        f"in {unit_words(lower_unit(column.limits.unit))}"
        if column.limits.scale is None
        else "with scale='interval'"
    )


def _classes(measured: Measured, column: Column[Any], position: int) -> Iterator[Diagnostic]:
    limits = column.limits
    count = len(set(limits.isin)) if limits.isin is not None else _whole_numbers(measured, column)
    if _kind(measured) == "f1" and count is not None and count > 2:
        yield _finding(
            F1_OF_MANY_CLASSES,
            measured,
            column,
            f"is the F1 of {column.name!r}, which has {count} classes",
            expected="two classes, or a named average over classes",
            found=f"{count} classes",
            help="name the class that counts, as in PerRow(truth == 1, decided == 1), or average over classes with smooth(...)",
        )


def _whole_numbers(measured: Measured, column: Column[Any]) -> int | None:
    """Count the whole numbers that a column may hold, where its bounds say."""
    low, high = column.limits.ge, column.limits.le
    is_whole = type(low) is int and type(high) is int
    return high - low + 1 if is_whole else None


_OF_A_COLUMN: tuple[Callable[[Measured, Column[Any], int], Iterator[Diagnostic]], ...] = (
    _adding,
    _stock,
    _scale,
    _interval_sum,
    _classes,
)


def _difference(measured: Measured, value: Value) -> Iterator[Diagnostic]:
    """Judge a sum or difference row by row of values that only name or order things."""
    for side in (value.left, value.right) if isinstance(value, Sum) else ():
        name = carried(side)
        column = None if name is None else measured.column(name)
        if column is not None and column.limits.scale in ("nominal", "ordinal"):
            yield _finding(
                SCALE_TOO_WEAK,
                measured,
                column,
                f"calculates with {column.name!r}, whose values only {'name' if column.limits.scale == 'nominal' else 'order'} things",
                expected="an interval or ratio scale",
                found=f"column {column.name!r} with scale={column.limits.scale!r}",
                help="compare the values instead, or declare scale='interval' if equal steps mean equal differences",
            )
            return


def _quotient(measured: Measured, value: Value) -> Iterator[Diagnostic]:
    """Judge a division row by row: of a scale without a zero, and one whose rows are averaged."""
    if not isinstance(value, Quotient):
        return
    for side in (value.above, value.below):
        if isinstance(side, Read) and is_interval(column := measured.column(side.column)):
            yield _finding(
                SCALE_TOO_WEAK,
                measured,
                column,
                f"divides by or into {column.name!r}, whose scale has no true zero",
                expected="a ratio scale",
                found=f"column {column.name!r} {_scale_words(column)}",
                help="use the difference of the two instead of their ratio",
            )
            return
    aggregate = measured.definition.meaning.aggregate
    if aggregate.kind == "mean" and not aggregate.of_ratios and columns_in(value.below):
        below = measured.column(min(columns_in(value.below)))
        yield _finding(
            UNNAMED_MEAN_OF_RATIOS,
            measured,
            below,
            f"averages a quotient over {below.name!r}, which differs from row to row",
            expected="ratio() of PerRow(numerator, denominator), or mean_of_ratios()",
            found="mean() of PerRow(numerator / denominator)",
            help="use ratio() to weigh rows by their denominators, or mean_of_ratios() to weigh each row the same",
        )


def _weights(measured: Measured) -> Iterator[Diagnostic]:
    """Judge a weighted mean, `ratio()` of `PerRow(value * weight, weight)`."""
    values = measured.returned.values
    if _kind(measured) != "ratio" or len(values) != 2 or not isinstance(values[1], Read):
        return
    weight = measured.column(values[1].column)
    if weight.limits.role != "weight":
        return
    if weight.name not in columns_in(values[0]):
        yield _finding(
            WEIGHT_WITHOUT_MEANING,
            measured,
            weight,
            f"divides by the sum of the weight {weight.name!r} what isn't weighted by it",
            expected="PerRow(value * weight, weight)",
            found="PerRow(value, weight)",
            help="multiply the values by the weight too, or use mean() for an unweighted mean",
        )
    bounds = [bound for bound in (weight.limits.ge, weight.limits.gt) if bound is not None]
    if not any(bound >= 0 for bound in bounds):
        yield _finding(
            WEIGHT_WITHOUT_MEANING,
            measured,
            weight,
            f"weighs rows by {weight.name!r}, which may be negative",
            expected="a weight of at least 0",
            found="no lower bound" if not bounds else f"at least {max(bounds)}",
            help="declare column(ge=0, role='weight')",
        )
    yield from _weighed_by_others(measured, weight)


def _weighed_by_others(measured: Measured, weight: Column[Any]) -> Iterator[Diagnostic]:
    """Judge a weight of another table: by a key that both have, it says which row it weighs."""
    rows = measured.contract
    if rows is None or weight.name in columns_of(rows):
        return
    shapes = [argument.shape for argument in measured.definition.signature.arguments.values()]
    contracts = [shape.contract for shape in shapes if shape is not None and shape.kind == "table"]
    owner = next((each for each in contracts if each is not None and weight.name in columns_of(each)), None)
    if owner is None:
        return
    known, own = columns_of(rows), columns_of(owner)
    shared = [name for name in known if name in own and (known[name].limits.key or own[name].limits.key)]
    if not shared:
        yield _finding(
            WEIGHT_WITHOUT_MEANING,
            measured,
            weight,
            f"weighs rows of {rows.__name__!r} by {weight.name!r} of {owner.__name__!r}, with which they share no key",
            expected="a weight of the same rows, or of a table with a key that both have",
            found=f"{_keys_text(rows)}, {_keys_text(owner)}",
            help=f"carry the weight along in {rows.__name__!r}, or add the key of one table to the other",
        )


def _keys_text(contract: type[Contract]) -> str:
    keys = [repr(name) for name, each in columns_of(contract).items() if each.limits.key]
    return (
        f"{contract.__name__!r} with the key {names_text(keys)}"
        if keys
        else f"{contract.__name__!r} without a key"
    )

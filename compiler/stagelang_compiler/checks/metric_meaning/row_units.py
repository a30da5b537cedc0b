"""SL502 of rows: the unit of what a metric's function returns, worked out from its columns' units, against the metric's own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from stagelang.units import Measure
from stagelang_compiler import plan
from stagelang_compiler.checks.metric_meaning.facts import Measured
from stagelang_compiler.checks.metric_meaning.row_values import (
    Linear,
    Product,
    Quotient,
    Read,
    Sum,
    Truth,
    Value,
    columns_in,
)
from stagelang_compiler.checks.metric_meaning.rules import UNIT_MISMATCH
from stagelang_compiler.checks.promises import promises
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.lower.contracts import lower_unit
from stagelang_compiler.metric_algebra import combined_unit
from stagelang_compiler.plan_text import unit_words

_PURE = plan.Unit(text="1", factor=1.0, powers=dict[str, int]())
_NOTHING_COUNTED = frozenset({"s", "m", "kg", "USD", "EUR", "GBP", "B", "degC", "degF"})
"""Base units that measure; any other counts things, of which a mean or a quotient is "per" one."""
_PURE_KINDS: Mapping[str, str] = {"f1": "an F1", "calibration_error": "a calibration error"}
_PURE_HELP = "declare unit=u.RATIO; to show percents, convert the metric with .to(u.PERCENT)"
_HELP = "declare the unit that the values have; to show another, convert the metric with .to(...)"


def units_judged(measured: Measured) -> Iterator[Diagnostic]:
    """Check that what is added row by row has one unit, and that the metric's unit is that of its number."""
    for value in measured.returned.values:
        yield from _sums(measured, value)
    try:
        declared = lower_unit(measured.definition.meaning.unit)
    except TypeError:  # no unit at all, which is told of the setting
        return
    kind, values = measured.definition.meaning.aggregate.kind, measured.returned.values
    if kind in _PURE_KINDS and not _same(_PURE, declared):
        yield _mismatch(measured, declared, _PURE, f"{_PURE_KINDS[kind]} is a pure number", (), _PURE_HELP)
    elif kind in ("mean", "ratio") and values and all(_is_truth(measured, value) for value in values):
        if not declared.powers and declared.factor != 1.0:
            said = "its number is a share, between 0 and 1"
            yield _mismatch(measured, declared, _PURE, said, values, _PURE_HELP)
    elif kind in ("mean", "total", "rmse", "quantile", "ratio"):
        given = _of_all(measured)
        if given is not None and not _serves(given, declared, kind):
            what = "its number is" if kind == "ratio" else "its rows' values are"
            yield _mismatch(measured, declared, given, f"{what} in {unit_words(given)}", values, _HELP)


def _mismatch(
    measured: Measured,
    declared: plan.Unit,
    given: plan.Unit,
    said: str,
    values: tuple[Value, ...],
    action: str,
) -> Diagnostic:
    names = sorted(frozenset[str]().union(*(columns_in(value) for value in values)))
    columns = [measured.column(name) for name in names]
    ends = [Place(column.origin, "declared here") for column in columns if column.origin is not None]
    return Diagnostic(
        rule=UNIT_MISMATCH,
        message=f"metric {measured.definition.name!r} is in {unit_words(declared)}, but {said}",
        places=(Place(measured.definition.origin), *ends),
        subject=measured.definition.name,
        expected=unit_words(declared),
        found=unit_words(given),
        help=action,
    )


def _sums(measured: Measured, value: Value) -> Iterator[Diagnostic]:
    """Find sums and differences of values in two units."""
    match value:
        case Sum(left, right):
            one, other = unit_of(measured, left), unit_of(measured, right)
            if one is not None and other is not None and not _same(one, other):
                verb = "adds" if value.sign > 0 else "subtracts"
                names = sorted(columns_in(left))[:1] + sorted(columns_in(right))[:1]
                ends = [
                    Place(measured.column(name).origin or measured.definition.origin, "declared here")
                    for name in names
                ]
                yield Diagnostic(
                    rule=UNIT_MISMATCH,
                    message=f"metric {measured.definition.name!r} {verb} {unit_words(one)} and {unit_words(other)} row by row",
                    places=(Place(measured.definition.origin), *ends),
                    subject=measured.definition.name,
                    expected=unit_words(one),
                    found=unit_words(other),
                    help="bring both into one unit first, as by a factor",
                )
                return
            yield from _sums(measured, left)
            yield from _sums(measured, right)
        case Product(left, right) | Quotient(left, right):
            yield from _sums(measured, left)
            yield from _sums(measured, right)
        case Linear(inner):
            yield from _sums(measured, inner)
        case _:
            return


def _of_all(measured: Measured) -> plan.Unit | None:
    """Give the unit of what is aggregated: of the rows' values, or of the quotient of two."""
    units = [unit_of(measured, value) for value in measured.returned.values]
    match units:
        case [plan.Unit() as only]:
            return only
        case [plan.Unit() as above, plan.Unit() as below]:
            return combined_unit("/", above, below)
        case _:
            return None


def unit_of(measured: Measured, value: Value) -> plan.Unit | None:
    """Work out a value's unit; None where the columns' units or the calculation don't say."""
    match value:
        case Read(column):
            try:
                unit = measured.column(column).limits.unit
                return None if unit is None else lower_unit(unit)
            except TypeError:  # no unit at all, which is told of the column
                return None
        case Linear(inner, factor):  # a factor converts, into what only its writer knows
            return unit_of(measured, inner) if factor in (1.0, -1.0) else None
        case Sum(left, right):
            one, other = unit_of(measured, left), unit_of(measured, right)
            return one if one is not None and other is not None and _same(one, other) else None
        case Product(left, right) | Quotient(left, right):
            one, other = unit_of(measured, left), unit_of(measured, right)
            operation = "*" if isinstance(value, Product) else "/"
            return None if one is None or other is None else combined_unit(operation, one, other)
        case _:
            return None


def _is_truth(measured: Measured, value: Value) -> bool:
    """Tell whether a value is true or false in each row."""
    match value:
        case Truth():
            return True
        case Read(column) if measured.contract is not None and measured.column(column).limits.unit is None:
            known = promises(measured.contract).get(column)
            return known is not None and known.type == "bool"
        case _:
            return False


def _same(one: plan.Unit, other: plan.Unit) -> bool:
    return dict(one.powers) == dict(other.powers) and math.isclose(one.factor, other.factor, rel_tol=1e-12)


def _serves(given: plan.Unit, declared: plan.Unit, kind: str) -> bool:
    """Tell whether values in one unit can be a number in the other: the same, per row of something, or summed over such rows."""
    left = Measure(declared.factor, declared.powers).times(Measure(given.factor, given.powers), -1)
    if not left.powers:
        return math.isclose(left.factor, 1.0, rel_tol=1e-12)
    return all(
        (power < 0 and base not in given.powers)
        or (
            power > 0
            and power == -given.powers.get(base, 0)
            and (kind == "total" or (kind == "ratio" and base not in _NOTHING_COUNTED))
        )
        for base, power in left.powers.items()
    )

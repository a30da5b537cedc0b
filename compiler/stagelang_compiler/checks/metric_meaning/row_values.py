"""What a metric's function gives for each row, as far as its source shows it: columns, and calculations on them."""

from __future__ import annotations

from typing import TypeAlias, final

from attrs import frozen


@final
@frozen
class Read:
    """The values of a column, as they are."""

    column: str


@final
@frozen
class Number:
    """One number for all rows; None where the source doesn't show which."""

    value: float | None


@final
@frozen
class Linear:
    """`factor` times a value, plus `offset`: the same in every row, so a mean of it is the mean of the value, put so."""

    inner: Value
    factor: float | None
    offset: float | None


@final
@frozen
class Sum:
    """A sum of two values of each row, or their difference where `sign` is -1."""

    left: Value
    right: Value
    sign: float


@final
@frozen
class Quotient:
    """A division, row by row."""

    above: Value
    below: Value


@final
@frozen
class Product:
    """A multiplication, row by row."""

    left: Value
    right: Value


@final
@frozen
class Truth:
    """A comparison of these columns, true or false in each row."""

    columns: frozenset[str]


@final
@frozen
class Other:
    """Anything else that is computed from these columns."""

    columns: frozenset[str]


Value: TypeAlias = Read | Number | Linear | Sum | Quotient | Product | Truth | Other


def columns_in(value: Value) -> frozenset[str]:
    """Give all columns from which a value is computed."""
    match value:
        case Read(column):
            return frozenset({column})
        case Number():
            return frozenset()
        case Linear(inner):
            return columns_in(inner)
        case Quotient(left, right) | Product(left, right) | Sum(left, right):
            return columns_in(left) | columns_in(right)
        case Truth(columns) | Other(columns):
            return columns


def without_scale(value: Value) -> Value:
    """Give what is scaled or shifted by the same numbers in every row."""
    return value.inner if isinstance(value, Linear) else value


def carried(value: Value) -> str | None:
    """Give the column whose values these are, perhaps scaled or shifted; None where they are of no single one."""
    inner = without_scale(value)
    return inner.column if isinstance(inner, Read) else None


def added(left: Value, right: Value, sign: float) -> Value:
    """Add two values, or subtract the second where `sign` is -1."""
    match left, right:
        case Number(one), Number(other):
            return Number(None if one is None or other is None else one + sign * other)
        case _, Number(other):
            return _linear(left, 1.0, None if other is None else sign * other)
        case Number(one), _:
            return _linear(right, sign, one)
        case _:
            return Sum(left, right, sign)


def multiplied(left: Value, right: Value) -> Value:
    """Multiply two values."""
    match left, right:
        case Number(one), Number(other):
            return Number(None if one is None or other is None else one * other)
        case (Number(factor), inner) | (inner, Number(factor)):
            return _linear(inner, factor, 0.0)
        case _:
            return Product(left, right)


def divided(above: Value, below: Value) -> Value:
    """Divide one value by another."""
    match below:
        case Number(None) if not isinstance(above, Number):
            return _linear(above, None, 0.0)
        case Number(float(divisor)) if divisor:
            return multiplied(above, Number(1.0 / divisor))
        case _:
            return Quotient(above, below)


def _linear(inner: Value, factor: float | None, offset: float | None) -> Value:
    if not isinstance(inner, Linear):
        return Linear(inner, factor, offset)
    scale = None if factor is None or inner.factor is None else factor * inner.factor
    shift = (
        None if factor is None or offset is None or inner.offset is None else factor * inner.offset + offset
    )
    return Linear(inner.inner, scale, shift)

"""What a contract says of its columns, in a form that can be compared."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeAlias, final
from weakref import WeakKeyDictionary

from attrs import frozen

from stagelang.contract import Column, Contract, Limits, column_types, columns_of, logical_type
from stagelang.units import Measure, measure
from stagelang_compiler.checks.domains import Domain, domain

Counts: TypeAlias = tuple[int | None, int | None]
"""The fewest and the most rows, None for no limit."""


@final
@frozen(kw_only=True)
class Promise:
    """What a contract says of one column; `type`, `domain`, `measure` are None where the declaration makes no sense."""

    name: str
    type: str | None
    limits: Limits
    domain: Domain | None
    measure: Measure | None

    @property
    def nullable(self) -> bool:
        """Whether values may be missing; a key's never are."""
        return self.limits.nullable and not self.limits.key

    @property
    def is_meaningful(self) -> bool:
        """Whether all of it can be compared."""
        return (
            self.type is not None
            and self.domain is not None
            and (self.measure is not None or self.limits.unit is None)
        )


_KNOWN: WeakKeyDictionary[type[Contract], dict[str, Promise]] = WeakKeyDictionary()


def promises(contract: type[Contract]) -> dict[str, Promise]:
    """Give what a contract says of each of its columns; each contract is read once."""
    known = _KNOWN.get(contract)
    if known is None:
        known = _KNOWN[contract] = _read(contract)
    return known


def _read(contract: type[Contract]) -> dict[str, Promise]:
    types = column_types(contract)
    return {name: _promise(name, column, types.get(name)) for name, column in columns_of(contract).items()}


def _promise(name: str, column: Column[Any], python_type: Any) -> Promise:
    type_name = logical_type(python_type)
    return Promise(
        name=name,
        type=type_name,
        limits=column.limits,
        domain=_domain(type_name, column.limits),
        measure=_measure(column.limits.unit),
    )


def _domain(type_name: str | None, limits: Limits) -> Domain | None:
    try:
        return domain(type_name, limits) if type_name else None
    except ValueError:
        return None


def _measure(unit: Any) -> Measure | None:
    try:
        return None if unit is None else measure(unit)
    except TypeError:
        return None


def conversion(promise: Promise, need: Promise) -> float | None:
    """Give the factor that turns promised values into needed ones; None where their units measure different things."""
    if promise.measure is None or need.measure is None or not promise.measure.same_dimension(need.measure):
        return None
    return promise.measure.factor / need.measure.factor


def rows_of(contract: type[Contract]) -> Counts | None:
    """Give the fewest and the most rows that a contract allows; None where what it says makes no sense."""
    rows: Any = contract.__rows__
    match rows:
        case (None | int() as least, None | int() as most) if not has_wrong_rows(contract):
            return least, most
        case _:
            return None


def order_of(contract: type[Contract]) -> tuple[str, ...] | None:
    """Give the columns by which a contract's rows stand in order; None where what it says makes no sense."""
    order = written_order(contract)
    known = promises(contract)
    return order if order is not None and all(name in known for name in order) else None


def written_order(contract: type[Contract]) -> tuple[str, ...] | None:
    """Give an order as it was written, of columns that may not be there; None where it is none."""
    order: object = contract.__sorted_by__
    return tuple(map(str, order)) if type(order) is tuple else None


def age_of(contract: type[Contract]) -> dt.timedelta | None:
    """Give how old a contract's newest row may be; None where it doesn't say, or where what it says makes no sense."""
    age: Any = contract.__max_age__
    return age if isinstance(age, dt.timedelta) else None


def has_wrong_rows(contract: type[Contract]) -> bool:
    """Tell whether a contract allows a number of rows that no table has, or fewer at the most than at the least."""
    rows: Any = contract.__rows__
    match rows:
        case (None | int() as least, None | int() as most):
            counts = [count for count in (least, most) if count is not None]
            return counts != sorted(counts) or min(counts, default=0) < 0
        case _:
            return False

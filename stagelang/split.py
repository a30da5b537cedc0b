"""Splits: dividing rows into typed populations, by key, by group or by time."""

from __future__ import annotations

import datetime as dt
from typing import Any, Generic, Literal, NamedTuple, final, overload

from attrs import field, frozen
from typing_extensions import TypeVar

from stagelang.contract import ColumnRef, Contract
from stagelang.handle import Bound, Table
from stagelang.names import current_scope
from stagelang.origin import Origin, caller_origin
from stagelang.population import Population, Test, Train, Validation
from stagelang.recording import recorded

C = TypeVar("C", bound=Contract)
Moment = dt.date | dt.datetime


class Halves(NamedTuple, Generic[C]):
    """Two parts that share no key."""

    train: Table[C, Train]
    test: Table[C, Test]


class Thirds(NamedTuple, Generic[C]):
    """Three parts that share no key."""

    train: Table[C, Train]
    validation: Table[C, Validation]
    test: Table[C, Test]


@final
@frozen(eq=False, kw_only=True)
class Split:
    """A division of a table's rows; `test` and `validation` are shares for `hash`, first moments for `time`."""

    table: Table[Any, Any]
    method: Literal["hash", "time"]
    by: ColumnRef[Any, Any]
    test: float | Moment
    validation: float | Moment | None
    name: str
    scope: str = field(factory=current_scope)
    origin: Origin = field(factory=caller_origin)

    @property
    def label(self) -> str:
        """The name to call it by in a message."""
        return self.scope + (self.name or f"split by {self.by}")


def _parts(declared: Split) -> Halves[Any] | Thirds[Any]:
    recorded("calls", declared)
    if declared.validation is None:
        return Halves(Table(Bound(declared, "train")), Table(Bound(declared, "test")))
    return Thirds(
        Table(Bound(declared, "train")), Table(Bound(declared, "validation")), Table(Bound(declared, "test"))
    )


@overload
def split(
    table: Table[C, Population], *, by: ColumnRef[C, Any], test: float, name: str = ""
) -> Halves[C]: ...
@overload
def split(
    table: Table[C, Population], *, by: ColumnRef[C, Any], test: float, validation: float, name: str = ""
) -> Thirds[C]: ...
def split(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, Any],
    test: float,
    validation: float | None = None,
    name: str = "",
) -> Any:
    """Divide rows by a key or a group, so that equal values of `by` stay on one side.

    A value's side depends on the pipeline's seed and on the value alone: a row that is added later moves no other row.

    Args:
        table: the rows.
        by: the column; where rows depend on each other, the contract's group.
        test, validation: the shares, 0 < share < 1; what is left is for training. They hold in expectation, over values of `by`.
        name: the node's name, "split_" and the table's, unless said.
    """
    return _parts(Split(table=table, method="hash", by=by, test=test, validation=validation, name=name))


@overload
def split_by_time(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, dt.datetime] | ColumnRef[C, dt.date],
    test_from: Moment,
    name: str = "",
) -> Halves[C]: ...
@overload
def split_by_time(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, dt.datetime] | ColumnRef[C, dt.date],
    test_from: Moment,
    validation_from: Moment,
    name: str = "",
) -> Thirds[C]: ...
def split_by_time(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, dt.datetime] | ColumnRef[C, dt.date],
    test_from: Moment,
    validation_from: Moment | None = None,
    name: str = "",
) -> Any:
    """Divide rows by time: training rows come before all others.

    Args:
        table: the rows.
        by: the moment at which each row was known.
        test_from: the first moment of the test rows; without a time zone it is read as UTC.
        validation_from: the first moment of the validation rows, before `test_from`.
        name: the node's name, "split_" and the table's, unless said.
    """
    return _parts(
        Split(table=table, method="time", by=by, test=test_from, validation=validation_from, name=name)
    )

"""Splits: dividing rows into typed populations, by key, by group or by time."""

from __future__ import annotations

import datetime as dt
from typing import Any, Generic, Literal, NamedTuple, final, overload

from attrs import field, frozen
from typing_extensions import TypeVar

from stagelang.contract import ColumnRef, Contract
from stagelang.errors import DeclarationError
from stagelang.handle import Bound, Table
from stagelang.names import current_scope
from stagelang.origin import Origin, caller_origin
from stagelang.population import Population, Test, Train, Validation
from stagelang.recording import recorded

C = TypeVar("C", bound=Contract)
H = TypeVar("H", bound=Population, default=Test)
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


class Fold(NamedTuple, Generic[C, H]):
    """One of several ways to leave rows out: those that are held out, and all others to learn from."""

    train: Table[C, Train]
    held_out: Table[C, H]


@final
@frozen(eq=False, kw_only=True)
class Split:
    """A division of a table's rows; `test` and `validation` are shares for `hash`, first moments for `time`.

    A fold is the `fold`-th of `folds` equal parts, from 1, held out as its one share. `embargo` is how long before the first moment of
    a later part the rows of an earlier one end.
    """

    table: Table[Any, Any]
    method: Literal["hash", "time", "fold"]
    by: ColumnRef[Any, Any]
    test: float | Moment | None
    validation: float | Moment | None
    name: str
    fold: int = 0
    folds: int = 0
    embargo: dt.timedelta | None = None
    scope: str = field(factory=current_scope)
    origin: Origin = field(factory=caller_origin)

    @property
    def label(self) -> str:
        """The name to call it by in a message."""
        what = f"fold {self.fold} of {self.folds}" if self.folds else "split"
        return self.scope + (self.name or f"{what} by {self.by}")

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its parts, in the order in which they are given."""
        later = [name for name in ("validation", "test") if getattr(self, name) is not None]
        return ("train", *later)


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
    embargo: dt.timedelta | None = None,
    name: str = "",
) -> Halves[C]: ...
@overload
def split_by_time(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, dt.datetime] | ColumnRef[C, dt.date],
    test_from: Moment,
    validation_from: Moment,
    embargo: dt.timedelta | None = None,
    name: str = "",
) -> Thirds[C]: ...
def split_by_time(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, dt.datetime] | ColumnRef[C, dt.date],
    test_from: Moment,
    validation_from: Moment | None = None,
    embargo: dt.timedelta | None = None,
    name: str = "",
) -> Any:
    """Divide rows by time: training rows come before all others.

    Args:
        table: the rows.
        by: the moment at which each row was known.
        test_from: the first moment of the test rows; without a time zone it is read as UTC.
        validation_from: the first moment of the validation rows, before `test_from`.
        embargo: how long before a later part begins an earlier one ends; the rows between go into no part. As long as a label takes
            to become known, say, which a model couldn't have learnt from at the later part's beginning.
        name: the node's name, "split_" and the table's, unless said.
    """
    return _parts(
        Split(
            table=table,
            method="time",
            by=by,
            test=test_from,
            validation=validation_from,
            name=name,
            embargo=embargo,
        )
    )


@overload
def folds(
    table: Table[C, Population], *, by: ColumnRef[C, Any], n: int = 5, name: str = ""
) -> tuple[Fold[C, Test], ...]: ...
@overload
def folds(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, Any],
    n: int = 5,
    held_out: type[Validation],
    name: str = "",
) -> tuple[Fold[C, Validation], ...]: ...
def folds(
    table: Table[C, Population],
    *,
    by: ColumnRef[C, Any],
    n: int = 5,
    held_out: type[Population] = Test,
    name: str = "",
) -> tuple[Any, ...]:
    """Leave each n-th of the rows out once: n divisions into rows to learn from and rows that are held out.

    Equal values of `by` stay on one side, and each is held out in one fold. To judge a way of fitting, fit once in each fold's train
    part and measure on what it holds out. To choose by folds as well, choose in folds of each fold's train part: `held_out=Validation`.

    Args:
        table: the rows.
        by: the column; where rows depend on each other, the contract's group.
        n: how many folds; each holds out 1/n of the values of `by`, in expectation.
        held_out: what the held-out rows are for: `Test` to judge by, `Validation` to choose by.
        name: the nodes' name, to which each fold's number is added; "folds_" and the table's, unless said.

    Raises:
        DeclarationError: n is no whole number above 1, or held_out is neither of the two.
    """
    if type(n) is not int or n < 2:
        raise DeclarationError(f"folds needs a whole number of folds, 2 or more: got n={n!r}")
    if held_out not in (Test, Validation):
        raise DeclarationError(f"folds can hold out Test or Validation rows: got held_out={held_out!r}")
    return tuple(_fold(table, by, number, n, held_out is Test, name) for number in range(1, n + 1))


def _fold(
    table: Table[Any, Any], by: ColumnRef[Any, Any], number: int, n: int, to_judge: bool, name: str
) -> Fold[Any, Any]:
    declared = Split(
        table=table,
        method="fold",
        by=by,
        test=1 / n if to_judge else None,
        validation=None if to_judge else 1 / n,
        name=f"{name}_{number}" if name else "",
        fold=number,
        folds=n,
    )
    recorded("calls", declared)
    return Fold(Table(Bound(declared, "train")), Table(Bound(declared, declared.parts[1])))

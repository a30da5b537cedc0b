"""The promises of one column about its values, each judged by the cheapest question that settles it.

A pass is settled by the least and greatest value, or by looking at each distinct text once; only a failure counts rows.
Missing values break no promise but their own; a promise that finds no value to look at is not evaluated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast, final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from attrs import frozen

from stagelang_compiler.plan import Column
from stagelang_runtime.gates.casting import Mask
from stagelang_runtime.gates.report import GateResult, Json
from stagelang_runtime.gates.values import Limit, Values, limit, members

_MOST_NAMED = 10
_DENSE = 8
"""A bitmap of the range is used where it takes no more bytes than the values themselves."""


@final
@frozen
class Violations:
    """How many rows break a promise, and the first few."""

    count: int = 0
    examples: tuple[Json, ...] = ()


NONE = Violations()
Judge: TypeAlias = Callable[[Values], Violations]


@final
@frozen
class Promise:
    """One promise: its name, what it expects in words, and how to judge it."""

    name: str
    expected: str
    judge: Judge

    def result(self, column: str, values: Values) -> GateResult:
        """Judge the promise; a promise that makes no sense is an error, not an exception."""
        examined = len(values.column) if self.name == "not_null" else values.examined
        if examined == 0 or (self.name in _OF_SCALARS and len(values.scalars) == values.scalars.null_count):
            return not_evaluated(self, column, "no value to examine")
        try:
            broken = self.judge(values)
        except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
            return GateResult(
                name=self.name, column=column, verdict="error", expected=self.expected, found=str(error)
            )
        return GateResult(
            name=self.name,
            column=column,
            verdict="fail" if broken.count else "pass",
            expected=self.expected,
            found=_found(broken, examined) if broken.count else "",
            violations=broken.count,
            examined=examined,
            examples=broken.examples,
        )


def not_evaluated(promise: Promise, column: str, why: str) -> GateResult:
    """Give the result of a promise that could not be judged."""
    return GateResult(
        name=promise.name, column=column, verdict="not_evaluated", expected=promise.expected, found=why
    )


def promises(column: Column) -> Iterator[Promise]:
    """Give what a column of the contract promises about its values."""
    if column.key or not column.nullable:
        yield Promise("not_null", "no missing values", _not_null)
    if column.type.startswith("list<"):
        yield Promise("items", "no missing items", _items)
    if column.length is not None:
        yield Promise("length", f"lists of {column.length} items", _length(column.length))
    for name, sign, bound in (
        ("ge", ">=", column.ge), ("gt", ">", column.gt), ("le", "<=", column.le), ("lt", "<", column.lt),
    ):  # fmt: skip
        if bound is not None:
            yield Promise(name, f"values {sign} {bound}", _bound(name, bound))
    if column.isin is not None:
        yield Promise("isin", f"one of {_listed(column.isin)}", _isin(column.isin))
    if column.pattern is not None:
        yield Promise("pattern", f"text that matches {column.pattern!r}", _pattern(column.pattern))
    if column.key:
        yield Promise("key", "no value twice", _unique)
    elif column.unique:
        yield Promise("unique", "no value twice", _unique)


_OF_SCALARS = frozenset({"items", "ge", "gt", "le", "lt", "isin", "pattern"})


def _listed(values: tuple[Json, ...]) -> str:
    named = ", ".join(repr(value) for value in values[:_MOST_NAMED])
    return named if len(values) <= _MOST_NAMED else f"{named} and {len(values) - _MOST_NAMED} more"


def _found(broken: Violations, examined: int) -> str:
    rows = f"{broken.count} of {examined} rows that break it"
    if not broken.examples:
        return rows
    first = broken.examples[0]
    return f"{rows}, such as {first['value']!r} in row {first['row']}"


def _rows(values: Values, bad: Mask) -> Violations:
    count: int = pc.sum(bad).as_py() or 0
    return Violations(count, values.examples(bad)) if count else NONE


def _not_null(values: Values) -> Violations:
    if not values.column.null_count:
        return NONE
    return _rows(values, values.column.is_null())


def _items(values: Values) -> Violations:
    items = values.scalars
    missing = pc.is_null(items, nan_is_null=pat.is_floating(items.type))
    return _rows(values, values.broken_rows(missing)) if pc.any(missing).as_py() else NONE


def _length(length: int) -> Judge:
    def judge(values: Values) -> Violations:
        lengths = pc.list_value_length(values.column)
        if pc.min_max(lengths).as_py() == {"min": length, "max": length}:
            return NONE
        return _rows(values, pc.not_equal(lengths, length))

    return judge


def _bound(name: str, bound: Json) -> Judge:
    def judge(values: Values) -> Violations:
        at = limit(values.kind, bound)
        if values.kind == "str":
            return _texts(values, lambda texts: _outside(texts, name, at))
        least, greatest = values.extremes
        if _holds(name, least, greatest, at):
            return NONE
        if not values.of_lists and not _holds(name, greatest, least, at):
            return _rows(values, values.column.is_valid())
        return _rows(values, values.broken_rows(_outside(values.scalars, name, at)))

    return judge


def _holds(name: str, least: Any, greatest: Any, at: Any) -> bool:
    """Say whether all values are within the bound; with the extremes exchanged, whether any is."""
    match name:
        case "ge":
            return bool(least >= at)
        case "gt":
            return bool(least > at)
        case "le":
            return bool(greatest <= at)
        case _:
            return bool(greatest < at)


def _outside(scalars: Any, name: str, at: Limit) -> Any:
    """Say of each scalar whether it is beyond the bound."""
    beyond = {"ge": pc.less, "gt": pc.less_equal, "le": pc.greater, "lt": pc.greater_equal}[name]
    if not pat.is_integer(scalars.type):
        return beyond(scalars, pa.scalar(at, scalars.type))
    number = cast("int | float", at)
    if not -(2**63) <= number < 2**63:
        # No integer is on the bound, so all are on one side of it.
        return pc.equal(pc.is_valid(scalars), (name in ("ge", "gt")) == (number > 0))
    # x >= 0.5 is x >= 1 and x > 0.5 is x > 0: exact, where comparing as floats is not.
    whole = math.ceil(number) if name in ("ge", "lt") else math.floor(number)
    return beyond(scalars.cast(pa.int64()), pa.scalar(whole, pa.int64()))


def _isin(allowed: tuple[Json, ...]) -> Judge:
    def judge(values: Values) -> Violations:
        known = members(values.kind, allowed, values.scalars.type)

        def unknown(scalars: Any) -> Any:
            return pc.and_(pc.is_valid(scalars), pc.invert(pc.is_in(scalars, value_set=known)))

        if values.kind == "str":
            return _texts(values, unknown)
        return _all(values, unknown(values.comparable))

    return judge


def _pattern(pattern: str) -> Judge:
    def judge(values: Values) -> Violations:
        if values.kind != "str":
            raise ValueError(f"a column of {values.kind} has no text to match")
        # Alone first: within the anchors, ')(' would do.
        pc.match_substring_regex(pa.array([""]), pattern)
        whole = rf"\A(?:{pattern})\z"
        return _texts(values, lambda texts: pc.invert(pc.match_substring_regex(texts, whole)))

    return judge


def _all(values: Values, bad: Mask) -> Violations:
    return _rows(values, values.broken_rows(bad)) if pc.any(bad).as_py() else NONE


def _texts(values: Values, wrong: Callable[[Any], Any]) -> Violations:
    """Judge each distinct text once, or all where most differ."""
    distinct = values.distinct
    if distinct is None:
        return _all(values, wrong(values.scalars))
    bad = distinct.filter(wrong(distinct))
    if not len(bad):
        return NONE
    if len(bad) == len(distinct) and not values.of_lists:
        return _rows(values, values.column.is_valid())
    return _rows(values, values.rows_with(bad))


def _unique(values: Values) -> Violations:
    if values.of_lists:
        raise ValueError("lists can't be compared to find out whether one occurs twice")
    if pat.is_integer(values.scalars.type) or pat.is_floating(values.scalars.type):
        count, repeated = _repeated_numbers(values)
    else:
        count, repeated = _repeated_others(values)
    return Violations(count, values.examples_of(repeated)) if count else NONE


def _repeated_others(values: Values) -> tuple[int, pa.Array]:
    found = values.distinct if values.distinct is not None else values.scalars.unique().drop_null()
    if len(found) == values.examined:
        return 0, found
    counted = pc.value_counts(values.scalars.drop_null())
    counts, each = counted.field("counts"), counted.field("values")
    often = pc.greater(counts, 1)
    return pc.sum(counts.filter(often)).as_py(), each.filter(often)


def _repeated_numbers(values: Values) -> tuple[int, pa.Array]:
    """Give how many rows hold a number that another row holds too, and these numbers."""
    least, greatest = values.extremes
    scalars = values.scalars.drop_null() if values.scalars.null_count else values.scalars
    arrays = [chunk.to_numpy() for chunk in scalars.chunks]
    if pat.is_integer(scalars.type) and greatest - least < _DENSE * values.examined:
        return _repeated_dense(arrays, least, greatest - least + 1, scalars)
    ordered = np.sort(np.concatenate(arrays))
    same = ordered[1:] == ordered[:-1]
    if not same.any():
        return 0, pa.array([], scalars.type)
    first_of_run = same & ~np.concatenate([[False], same[:-1]])
    count = int(np.count_nonzero(same)) + int(np.count_nonzero(first_of_run))
    return count, pa.array(ordered[1:][first_of_run] + 0, scalars.type)


def _repeated_dense(
    arrays: list[Any], least: int, width: int, scalars: pa.ChunkedArray
) -> tuple[int, pa.Array]:
    seen = np.zeros(width, dtype=bool)
    for array in arrays:
        seen[_offsets(array, least)] = True
    if np.count_nonzero(seen) == len(scalars):
        return 0, pa.array([], scalars.type)
    counts = np.zeros(width, dtype=np.int64)
    for array in arrays:
        counts += np.bincount(_offsets(array, least), minlength=width)
    often = counts > 1
    return int(counts[often].sum()), pa.array(np.flatnonzero(often) + least, scalars.type)


def _offsets(array: Any, least: int) -> Any:
    return array if least == 0 else array - least

"""The values that a column's limits leave, in a form in which one set of values can be shown to lie within another.

Every ordered column type is a chain of discrete places: whole numbers, days, microseconds, floats of 64 bits.
So an open end of a range is the closed end at its neighbour, and a range implies another if both its ends lie within.
Moments without a zone count as UTC, as they do in the run.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias, final

from attrs import frozen

from stagelang.contract import Limits
from stagelang_compiler.checks.pattern_texts import texts_of
from stagelang_compiler.checks.patterns import pattern_problem, unmatched

Position: TypeAlias = Any
"""A value's place: a number for ordered types, the value itself for text, bytes and bool."""

ORDERED = ("int", "float", "date", "datetime", "time")

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PLAIN: dict[str, type] = {"str": str, "bytes": bytes, "bool": bool}


@final
@frozen(kw_only=True)
class Domain:
    """Values of one scalar type: within a closed range, and among `isin` and matching `pattern` where these are given.

    `members` are the values that all of these leave, where they can be counted; None where they can't.
    """

    type: str
    low: Position = -math.inf
    high: Position = math.inf
    isin: frozenset[Position] | None = None
    pattern: str | None = None
    members: frozenset[Position] | None = None

    @property
    def size(self) -> float:
        """How many values the range leaves."""
        if self.low > self.high:
            return 0
        if (
            self.type not in ORDERED
            or -math.inf in (self.low, self.high)
            or math.inf in (self.low, self.high)
        ):
            return math.inf
        if self.type == "float":
            return 1 if self.low == self.high else math.inf
        size: float = self.high - self.low + 1
        return size

    @property
    def all(self) -> frozenset[Position] | None:
        """All values where they can be counted, a pattern's texts among them; finding these takes a while."""
        if self.members is not None or self.pattern is None:
            return self.members
        found = texts_of(self.pattern)
        return found.texts if found.complete else None

    def counted(self, most: int) -> frozenset[Position] | None:
        """Give all values, if they are known and the range leaves no more than `most`."""
        if self.members is not None or self.size > most:
            return self.all
        if self.type == "float":
            return frozenset([self.low] if self.size else [])
        return frozenset(range(self.low, self.high + 1))

    def outside(self, wanted: Domain) -> frozenset[Position]:
        """Give the members that lie outside another domain's range."""
        if wanted.low == -math.inf and wanted.high == math.inf:
            return frozenset()
        return frozenset(value for value in self.members or () if not wanted.low <= value <= wanted.high)


def item_type(type: str) -> str:
    """Give T of 'list<T>', and any other type as it is: limits of a list hold for its items."""
    return type[5:-1] if type.startswith("list<") else type


def domain(type: str, limits: Limits) -> Domain:
    """Give the values that limits leave of a type, or of the items of a list type.

    Raises:
        ValueError: a limit means nothing for the type.
    """
    scalar = item_type(type)
    low, high = bounds(scalar, limits)
    isin = None if limits.isin is None else frozenset(position(value, scalar) for value in limits.isin)
    pattern: Any = limits.pattern
    if pattern is not None and (not isinstance(pattern, str) or scalar != "str" or pattern_problem(pattern)):
        raise ValueError(f"{limits.pattern!r} is no pattern for {scalar}")
    members: frozenset[Position] | None = isin
    if members is None and scalar == "bool":
        members = frozenset({False, True})
    if members is not None and scalar in ORDERED:
        members = frozenset(value for value in members if low <= value <= high and occurs(value, scalar))
    if members is not None and limits.pattern is not None:
        members -= unmatched(limits.pattern, members)
    return Domain(type=scalar, low=low, high=high, isin=isin, pattern=limits.pattern, members=members)


def bounds(scalar: str, limits: Limits) -> tuple[Position, Position]:
    """Give the least and the greatest value that the bounds leave; the first is greater where they leave none.

    Raises:
        ValueError: a bound is no value of the type, or the type has no order.
    """
    low: list[Position] = [-math.inf]
    high: list[Position] = [math.inf]
    for bound, strict in ((limits.ge, False), (limits.gt, True)):
        low += [_least(_bound(bound, scalar), strict, scalar)] if bound is not None else []
    for bound, strict in ((limits.le, False), (limits.lt, True)):
        high += [-_least(-_bound(bound, scalar), strict, scalar)] if bound is not None else []
    return max(low), min(high)


def _bound(bound: object, scalar: str) -> Position:
    if scalar not in ORDERED:
        raise ValueError(f"{scalar} has no order")
    return position(bound, scalar)


def _least(at: Position, strict: bool, scalar: str) -> Position:
    if scalar == "float":
        return math.nextafter(at, math.inf) if strict else at
    if isinstance(at, float) and math.isinf(at):
        return at
    whole = math.ceil(at)
    return whole + 1 if strict and whole == at else whole


def occurs(at: Position, scalar: str) -> bool:
    """Tell whether there is a value at a place; between two neighbours, such as at 0.5 of the whole numbers, is none."""
    whole = scalar in ORDERED and scalar != "float"
    return not whole or isinstance(at, int) or (math.isfinite(at) and at == int(at))


def position(value: object, scalar: str) -> Position:
    """Give a value's place among those of a type.

    Raises:
        ValueError: it is no value of the type; a fraction counts as a place between two whole numbers.
    """
    found = next(_positions(value, scalar), None)
    if found is None:
        raise ValueError(f"{value!r} is no {scalar}")
    return found


def _positions(value: object, scalar: str) -> Iterator[Position]:
    """Yield the place, or nothing."""
    match scalar, value:
        case (("int" | "float"), bool()):
            return
        case "int", int() | float() if value == value:
            yield value
        case "float", int() | float() if abs(value) <= _GREATEST or value in _INFINITE:
            yield float(value)
        case "date", dt.date():
            days = Fraction(_microseconds(value), 86_400_000_000)
            yield int(days) if days.denominator == 1 else days
        case "datetime", dt.date():
            yield _microseconds(value)
        case "time", dt.time() if value.tzinfo is None:
            yield ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
        case _:
            if scalar in _PLAIN and isinstance(value, _PLAIN[scalar]):
                yield value


_GREATEST = 1.7976931348623157e308
_INFINITE = (math.inf, -math.inf)


def _microseconds(moment: dt.date) -> int:
    """Give the microseconds from 1970 to a moment; a date counts as its midnight, and a missing zone as UTC."""
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day, tzinfo=dt.UTC)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (aware - _EPOCH) // dt.timedelta(microseconds=1)

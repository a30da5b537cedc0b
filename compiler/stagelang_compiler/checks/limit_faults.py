"""What makes a column's limits meaningless or contradictory, by themselves and for the column's type."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

from stagelang.contract import Limits
from stagelang.units import measure
from stagelang_compiler.checks.domains import ORDERED, Position, bounds, item_type, occurs, position
from stagelang_compiler.checks.patterns import pattern_problem, unmatched
from stagelang_compiler.checks.promise_texts import range_text, value_text, values_text

Fault: TypeAlias = tuple[str, str]
"""What is wrong, and what to do."""


def limit_faults(name: str, type: str, limits: Limits) -> Iterator[Fault]:
    """Yield the faults of the limits of a column of this name and type."""
    yield from _flags(type, limits)
    yield from _length(type, limits)
    yield from _unit(type, limits)
    yield from _range(name, type, limits)
    yield from _members(name, type, limits)
    if isinstance(limits.pattern, str) and item_type(type) != "str":
        yield (
            f"a pattern is given for {type}, and only text has one",
            "remove pattern=..., or make the column a str",
        )


def _flags(type: str, limits: Limits) -> Iterator[Fault]:
    if limits.key and limits.nullable:
        yield "a key that may be missing names no row", "remove nullable=True"
    if limits.unique and item_type(type) != type:
        yield "lists can't be unique", "make another column the key"


def _length(type: str, limits: Limits) -> Iterator[Fault]:
    length: Any = limits.length
    if not isinstance(length, int):
        return
    if item_type(type) == type:
        yield (
            f"length={length} is given for {type}, and only lists have one",
            "declare it as Column[list[...]]",
        )
    elif length < 1:
        yield f"length={length} leaves no list of values", "write how many items each list has"


def _unit(type: str, limits: Limits) -> Iterator[Fault]:
    if limits.unit is None:
        return
    try:
        measure(limits.unit)
    except TypeError:
        yield (
            f"unit={limits.unit!r} is no unit",
            "write one of stagelang.units, or a class of your own: class PARCEL(Unit)",
        )
        return
    if item_type(type) not in ("int", "float"):
        yield (
            f"a unit is given for {type}, and only numbers have one",
            "remove unit=..., or make the column a number",
        )


def _range(name: str, type: str, limits: Limits) -> Iterator[Fault]:
    scalar = item_type(type)
    given = [(word, getattr(limits, word)) for word in ("ge", "gt", "le", "lt")]
    given = [(word, bound) for word, bound in given if bound is not None]
    if given and scalar not in ORDERED:
        yield (
            f"bounds are given for {type}, which isn't ordered as a number or a moment is",
            "name the values with isin=[...]"
            + (", or describe them with pattern=..." if scalar == "str" else ""),
        )
        return
    wrong = [(word, bound) for word, bound in given if _place(bound, scalar) is None]
    for word, bound in wrong:
        if isinstance(bound, float) and not math.isfinite(bound):
            continue
        yield f"{word}={value_text(bound)} is no {scalar}", "write a bound of the column's type"
    if wrong:
        return
    low, high = bounds(scalar, limits)
    if low > high:
        yield f"no {scalar} lies in {range_text(name, limits)}", "widen the range"


def _place(value: object, scalar: str) -> Position | None:
    try:
        return position(value, scalar)
    except ValueError:
        return None


def _members(name: str, type: str, limits: Limits) -> Iterator[Fault]:
    if limits.isin is None:
        return
    scalar = item_type(type)
    if not limits.isin:
        yield "isin=[] leaves no value", "name the values, or remove isin"
    if None in limits.isin:
        yield (
            "isin holds None, and a missing value is none of a column's values",
            "declare nullable=True instead",
        )
    given = [value for value in limits.isin if value is not None]
    known = [value for value in given if _is_value(value, scalar)]
    if len(known) < len(given):
        others = values_text(value for value in given if value not in known)
        yield (
            f"isin holds {others}, which the type {scalar} doesn't have",
            "write values of the column's type",
        )
    yield from _left_out(name, scalar, limits, known)


def _is_value(value: object, scalar: str) -> bool:
    at = _place(value, scalar)
    return at is not None and occurs(at, scalar)


def _left_out(name: str, scalar: str, limits: Limits, known: list[object]) -> Iterator[Fault]:
    """Report values that isin names and another limit refuses."""
    given = (limits.ge, limits.gt, limits.le, limits.lt)
    if scalar in ORDERED and all(bound is None or _place(bound, scalar) is not None for bound in given):
        low, high = bounds(scalar, limits)
        places = [(value, position(value, scalar)) for value in known]
        outside = [value for value, at in places if low <= high and not low <= at <= high]
        if outside:
            yield (
                f"isin holds {values_text(outside)}, outside of {range_text(name, limits)}",
                "keep only one of the two limits",
            )
    if scalar == "str" and isinstance(limits.pattern, str) and not pattern_problem(limits.pattern):
        refused = unmatched(limits.pattern, [value for value in known if isinstance(value, str)])
        if refused:
            yield (
                f"isin holds {values_text(sorted(refused))}, which {limits.pattern!r} doesn't match",
                "keep only one of the two limits",
            )

"""What a contract promises or needs, in the words of a finding."""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from stagelang.contract import Limits
from stagelang.units import unit_text
from stagelang_compiler.checks.domains import Domain, position
from stagelang_compiler.checks.pattern_texts import texts_of
from stagelang_compiler.checks.patterns import unmatched
from stagelang_compiler.checks.promises import Promise

Aspect: TypeAlias = Literal[
    "column",
    "type",
    "nullable",
    "range",
    "values",
    "pattern",
    "length",
    "unit",
    "unique",
    "group",
    "time",
    "role",
    "known",
    "lineage",
    "extra",
    "rows",
    "order",
    "age",
]

_MOST_NAMED = 8


def promised_text(aspect: Aspect, promise: Promise, need: Promise) -> str:
    """Say what is promised of an aspect: where values are known, those that don't meet the need."""
    limits = promise.limits
    beyond = _beyond(aspect, promise, need)
    if beyond:
        return f"also {beyond}"
    match aspect:
        case "type":
            return promise.type or "an unknown type"
        case "values" if limits.pattern is None:
            return range_text(promise.name, limits)
        case "range":
            return range_text(promise.name, limits)
        case "values" | "pattern":
            return _pattern_text(limits.pattern)
        case "length" if limits.length is not None:
            return f"lists of {limits.length} items"
        case "unit":
            return _unit_text(promise)
        case "role" if limits.role:
            return f"role={limits.role!r}"
        case _:
            return _promised_origin(aspect, promise) or _UNPROMISED[aspect]


def _promised_origin(aspect: Aspect, promise: Promise) -> str:
    """Say what is promised of when values are known and of where they come from."""
    limits = promise.limits
    match aspect:
        case "known" if limits.known_after is not None:
            return f"known {span_text(limits.known_after)} after the row's time"
        case "lineage" if limits.made_of is not None:
            return made_of_text(limits.made_of)
        case _:
            return ""


_UNPROMISED: Mapping[Aspect, str] = {
    "nullable": "nullable=True",
    "length": "lists of any length",
    "unique": "values that may repeat",
    "group": "no group",
    "time": "no time",
    "role": "no role",
    "lineage": "made of any columns",
}


def needed_text(aspect: Aspect, need: Promise) -> str:
    """Say what is needed of an aspect."""
    limits = need.limits
    match aspect:
        case "column":
            return f"column {need.name!r}" + (f" of {need.type}" if need.type else "")
        case "type":
            return need.type or "an unknown type"
        case "range":
            return range_text(need.name, limits)
        case "values":
            return f"one of {values_text(limits.isin or ())}"
        case "pattern":
            return _pattern_text(limits.pattern)
        case "length":
            return f"lists of {limits.length} items"
        case "unit":
            return _unit_text(need)
        case "role":
            return f"role={limits.role!r}"
        case _:
            return _needed_origin(aspect, limits) or _NEEDED[aspect]


def _needed_origin(aspect: Aspect, limits: Limits) -> str:
    """Say what is needed of when values are known and of where they come from."""
    match aspect:
        case "known" if limits.known_after is not None:
            return f"known at most {span_text(limits.known_after)} after the row's time"
        case "lineage":
            return made_of_text(limits.made_of or ())
        case _:
            return ""


_NEEDED: Mapping[Aspect, str] = {
    "nullable": "no missing values",
    "unique": "no repeats",
    "group": "group=True",
    "time": "time=True",
}


def _beyond(aspect: Aspect, promise: Promise, need: Promise) -> str:
    """List the promised values that don't meet the need, as the contract wrote them."""
    given, wanted = promise.domain, need.domain
    if given is None or wanted is None or aspect not in ("range", "values", "pattern"):
        return ""
    places = given.all
    if places is None and given.pattern is None:
        return ""
    if places is None:
        return _matching(aspect, given.pattern or "", wanted)
    if aspect == "range":
        places = given.outside(wanted)
    elif aspect == "values":
        places -= wanted.isin or frozenset()
    elif wanted.pattern is not None:
        places = unmatched(wanted.pattern, places)
    written = sorted(given.all or ()) if promise.limits.isin is None else promise.limits.isin
    return values_text(value for value in written if position(value, given.type) in places)


def _matching(aspect: Aspect, pattern: str, wanted: Domain) -> str:
    """Give the shortest text that a promised pattern allows and that isn't one of the needed ones."""
    texts = texts_of(pattern).texts
    if aspect == "values":
        others = texts - (wanted.isin or frozenset())
    else:
        others = frozenset[str]() if wanted.pattern is None else unmatched(wanted.pattern, texts)
    return value_text(min(others, key=lambda text: (len(text), text))) if others else ""


def value_text(value: Any) -> str:
    """Write a value as in the source, and a moment as ISO 8601."""
    return value.isoformat() if isinstance(value, dt.date | dt.time) else repr(value)


def values_text(values: Iterable[Any]) -> str:
    """List values, the first few in full."""
    return _listed([value_text(value) for value in values])


def _listed(texts: list[str]) -> str:
    more = len(texts) - _MOST_NAMED
    return ", ".join(texts) if more <= 0 else f"{', '.join(texts[:_MOST_NAMED])} and {more} more"


def names_text(names: Iterable[str]) -> str:
    """List columns, the first few in full."""
    return _listed(list(names))


def range_text(name: str, limits: Limits) -> str:
    """Write bounds as an inequality: '0 <= ink < 1', 'ink >= 0'; 'any ink' where there is none."""
    low = [(sign, bound) for sign, bound in ((">=", limits.ge), (">", limits.gt)) if bound is not None]
    high = [(sign, bound) for sign, bound in (("<=", limits.le), ("<", limits.lt)) if bound is not None]
    if len(low) == len(high) == 1:
        (below, least), (above, most) = low[0], high[0]
        return f"{value_text(least)} {'<=' if below == '>=' else '<'} {name} {above} {value_text(most)}"
    parts = [f"{name} {sign} {value_text(bound)}" for sign, bound in (*low, *high)]
    return " and ".join(parts) or f"any {name}"


def rows_text(least: int | None, most: int | None) -> str:
    """Write how many rows a table may have."""
    match least or None, most:
        case None, None:
            return "any number of rows"
        case int(), None:
            return f"at least {_rows(least)}"
        case None, _:
            return f"at most {_rows(most)}"
        case _:
            return _rows(least) if least == most else f"{least} to {_rows(most)}"


def order_text(columns: Iterable[str]) -> str:
    """Say by which columns rows stand in order."""
    names = ", then ".join(map(repr, columns))
    return f"rows sorted by {names}" if names else "rows in any order"


def age_text(age: dt.timedelta | None) -> str:
    """Say how old the newest row may be."""
    return "rows of any age" if age is None else f"a newest row that is at most {span_text(age)} old"


def span_text(span: dt.timedelta) -> str:
    """Write a span of time in the largest unit of which it is a whole number."""
    seconds = span.total_seconds()
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0 and seconds:
            count = int(seconds // size)
            return f"{count} {unit}{'s' * (count != 1)}"
    return f"{seconds:g} seconds"


def span_source(span: dt.timedelta | None) -> str:
    """Write a span of time as in the source."""
    if span is None:
        return "None"
    text = span_text(span)
    count, unit = text.split(" ")
    return f"timedelta({unit.rstrip('s')}s={count})"


def _rows(count: int | None) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def made_of_text(names: Iterable[str]) -> str:
    """Say what a column is made of."""
    listed = names_text(repr(str(name)) for name in names)
    return f"made of {listed}" if listed else "made of no column"


def _pattern_text(pattern: str | None) -> str:
    return "any text" if pattern is None else f"text that matches {pattern!r}"


def _unit_text(promise: Promise) -> str:
    if promise.limits.unit is None:
        return "values without a unit"
    return "an unknown unit" if promise.measure is None else f"values in {unit_text(promise.limits.unit)}"


_KEYWORDS: Mapping[Aspect, tuple[str, ...]] = {
    "range": ("ge", "gt", "le", "lt"),
    "values": ("isin",),
    "pattern": ("pattern",),
    "length": ("length",),
    "unit": ("unit",),
    "unique": ("key", "unique"),
    "group": ("group",),
    "time": ("time",),
    "role": ("role",),
}


def limits_text(aspect: Aspect, limits: Limits) -> str:
    """Write the keywords of `column` that declare an aspect: 'ge=0, le=1'."""
    given = [(name, getattr(limits, name)) for name in _KEYWORDS[aspect]]
    said = [
        f"{name}={_values_source(value) if name == 'isin' else _source(value)}"
        for name, value in given
        if value is not None and value is not False
    ]
    return said[0] if aspect == "unique" else ", ".join(said)


def _source(value: Any) -> str:
    parts = ", ".join(_source(part) for part in typing.get_args(value))
    written = typing.get_origin(value) or value
    if not isinstance(written, type):
        return repr(value)
    name = f"u.{written.__name__}" if written.__module__ == "stagelang.units" else written.__name__
    return f"{name}[{parts}]" if parts else name


def _values_source(values: tuple[Any, ...]) -> str:
    return f"[{', '.join(repr(value) for value in values)}]"

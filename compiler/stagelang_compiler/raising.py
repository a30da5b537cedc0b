"""Raises contracts of a Plan to classes again, so that two revisions can be compared as two contracts of one spec are.

before  plan.Column(name="ink", type="float", ge=0, unit=Unit(text="1", factor=1.0, powers={}))
after   Scans.ink: Column[float] = column(ge=0, unit=u.RATIO)
"""

from __future__ import annotations

import datetime as dt
import functools
import types
from collections.abc import Callable, Mapping
from typing import Any

from stagelang.contract import LOGICAL_TYPES, Column, Contract, Limits
from stagelang.units import RATIO, Per, Times, Unit
from stagelang_compiler import plan

PYTHON_TYPES: Mapping[str, Any] = {name: python_type for python_type, name in LOGICAL_TYPES.items()}
"""The Python types of columns, by the names under which the Plan knows them."""


def raised(contract: plan.Contract) -> type[Contract]:
    """Give a class that promises what a contract of a plan promises; neither its owner nor its words are told again."""
    columns: dict[str, Column[Any]] = {
        each.name: Column(_limits(each), each.origin) for each in contract.columns
    }
    for name, each in columns.items():
        each.name = name
    hints = {each.name: Column[python_type(each.type)] for each in contract.columns}  # type: ignore[misc]
    body = {"__annotations__": hints, "__module__": __name__, **columns}
    said = {
        "version": contract.version,
        "closed": contract.closed,
        "rows": (contract.min_rows, contract.max_rows),
        "sorted_by": contract.sorted_by,
        "max_age": None
        if contract.max_age_seconds is None
        else dt.timedelta(seconds=contract.max_age_seconds),
    }
    made: type[Contract] = types.new_class(contract.name, (Contract,), said, lambda space: space.update(body))
    made.__origin__ = contract.origin
    return made


def python_type(type_name: str) -> Any:
    """Give the Python type of a column, from the Plan's name of it: 'list<int>' is list[int]."""
    if type_name.startswith("list<"):
        return list[PYTHON_TYPES[type_name[5:-1]]]  # type: ignore[misc]
    return PYTHON_TYPES[type_name]


def limit_value(value: plan.Json, type_name: str) -> Any:
    """Give a limit as Python has it: the Plan writes moments as ISO 8601."""
    scalar = type_name[5:-1] if type_name.startswith("list<") else type_name
    if not isinstance(value, str) or scalar not in _MOMENTS:
        return value
    # a day column may be bounded by a moment, which lies between two days
    read = dt.datetime.fromisoformat if scalar == "date" and "T" in value else _MOMENTS[scalar]
    return read(value)


_MOMENTS: Mapping[str, Callable[[str], Any]] = {
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
}


def _limits(column: plan.Column) -> Limits:
    bounds = {name: limit_value(getattr(column, name), column.type) for name in ("ge", "gt", "le", "lt")}
    members = column.isin
    return Limits(
        **bounds,
        isin=None if members is None else tuple(limit_value(each, column.type) for each in members),
        pattern=column.pattern,
        length=column.length,
        nullable=column.nullable,
        unique=column.unique,
        key=column.key,
        group=column.group,
        time=column.time,
        unit=None if column.unit is None else raised_unit(column.unit),
        scale=column.scale or None,
        adds=column.adds or None,
        role=column.role,
        known_after=None
        if column.known_after_seconds is None
        else dt.timedelta(seconds=column.known_after_seconds),
        made_of=column.made_of,
    )


def raised_unit(unit: plan.Unit) -> Any:
    """Give a unit class of the same measure and text as a unit of a plan."""
    return _unit(unit.text, unit.factor, tuple(sorted(unit.powers.items())))


@functools.lru_cache(maxsize=1024)
def _unit(text: str, factor: float, powers: tuple[tuple[str, int], ...]) -> Any:
    of: Any = RATIO
    for symbol, power in powers:
        base = types.new_class("Base", (Unit,), {"symbol": symbol})
        for _ in range(abs(power)):
            of = (Times if power > 0 else Per)[of, base]
    return types.new_class("Raised", (Unit,), {"symbol": text, "of": of, "factor": factor})

"""Reads a property of ODCS as a column; None where no column can be made of it, which is told."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from attrs import evolve

from stagelang.origin import Origin
from stagelang_compiler.checks.patterns import pattern_problem
from stagelang_compiler.odcs.tables import Table
from stagelang_compiler.odcs.words import BOUNDS, FORMATS, LOGICAL, custom_name
from stagelang_compiler.plan import Column, Unit
from stagelang_compiler.raising import limit_value

_TYPES: Mapping[str, str] = {logical: ours for ours, logical in LOGICAL.items() if ours != "bytes"}
_PHYSICAL: Mapping[str, str] = {
    **dict.fromkeys(("bigint", "int", "integer", "int64", "int32", "smallint", "tinyint", "long"), "int"),
    **dict.fromkeys(("double", "float", "float64", "float32", "real", "double precision"), "float"),
    **dict.fromkeys(("varchar", "text", "string", "char", "nvarchar", "uuid"), "str"),
    **dict.fromkeys(("bool", "boolean"), "bool"),
    **dict.fromkeys(("binary", "blob", "bytea", "bytes"), "bytes"),
    **dict.fromkeys(("timestamp", "datetime", "timestamptz"), "datetime"),
    "date": "date",
    "time": "time",
}
"""What a physical type is where no logical one is given."""
_UNREAD = ("physicalName", "primaryKeyPosition")
_MOST_REPEATS = 1000
"""RE2 counts no further."""


def read_column(table: Table, origin: Origin, *, is_only_key: bool) -> Column | None:
    """Read a property; `is_only_key` says that no other is part of the primary key."""
    name = table.needed("name", str) or ""
    if not name:
        return None
    if not name.isidentifier() or iskeyword(name) or name.startswith("__"):
        table.lose(f"no attribute can be called {name!r}, so there is no such column", "name")
        return None
    typed = _type(table)
    if typed is None:
        return None
    type_name, options, rules = typed
    for key in _UNREAD:
        table.asked.add(key)
    if table.content.get("physicalName") not in (None, name):
        table.lose("it has no counterpart in a contract", "physicalName")
    custom = _custom(table)
    said = _said(table, custom)
    is_key = table.take("primaryKey", bool) or False
    unique = table.take("unique", bool) or False
    if is_key and not (unique or is_only_key):
        table.lose(
            "a key of several columns: a column of a contract is a key by itself, or none", "primaryKey"
        )
        required, is_key = True, False
    else:
        required = is_key or (table.take("required", bool) or False)
    table.asked.add("required")
    column = Column(
        name=name,
        type=type_name,
        nullable=not required,
        unique=unique or is_key,
        key=is_key,
        group=custom.pop("group", False) is True,
        time=custom.pop("time", False) is True,
        unit=_unit(table, custom.pop("unit", None)),
        role=_word(custom.pop("role", "")),
        description=table.take("description", str) or "",
        **said,
        **_limits(table, options, rules, type_name),
        origin=origin,
    )
    for left in custom:
        table.lose(f"custom property {left!r} has no counterpart in a column", "customProperties")
    table.lose_rest()
    if column.length is not None and (said or _beyond_vectors(column)):
        table.lose(
            "a list of one length takes no such limits beside it, so it may be of any", "logicalTypeOptions"
        )
        column = evolve(column, length=None)
    return column


def _beyond_vectors(column: Column) -> bool:
    """Tell whether a column says more than `vector(...)` can."""
    flags = column.unique or column.key or column.group or column.time
    return flags or any(limit is not None for limit in (column.gt, column.lt, column.isin, column.pattern))


def _type(table: Table) -> tuple[str, Table | None, list[Table]] | None:
    """Read the type, the options that bound its values, and the rules about these; of a list, those of its items."""
    logical = table.take("logicalType", str)
    physical = table.take("physicalType", str) or ""
    options = table.table("logicalTypeOptions")
    if logical == "array":
        items = table.table("items")
        inner = _type(items) if items is not None else None
        if items is None or inner is None or inner[0].startswith("list<"):
            table.lose("lists of such items have no counterpart, so there is no such column", "items")
            return None
        rules = [*inner[2]]
        items.lose_rest()
        return f"list<{inner[0]}>", inner[1], rules
    bare = re.sub(r"\s*\(.*", "", physical.lower())
    found = _TYPES.get(logical) if logical else _PHYSICAL.get(bare)
    if found is None:
        said = f"{logical!r}" if logical else f"{physical!r}" if physical else "no type"
        table.lose(f"a column can't be of {said}, so there is none of it", "logicalType")
        return None
    if found == "str" and options is not None and options.content.get("format") == "binary":
        found = "bytes"
    return found, options, [*table.tables("quality")]


def _limits(table: Table, options: Table | None, rules: list[Table], type_name: str) -> dict[str, Any]:
    is_list = type_name.startswith("list<")
    scalar = type_name[5:-1] if is_list else type_name
    found: dict[str, Any] = {"isin": None}
    if is_list:
        found["length"] = _length(table.table("logicalTypeOptions"))
    for rule in rules:
        members = _members(rule, scalar)
        if members is None or found["isin"] is not None:
            rule.lose("this rule has no counterpart in a column")
        else:
            found["isin"] = members
    if options is None:
        return found
    for name, word in BOUNDS.items():
        if scalar in ("str", "bool", "bytes"):
            break
        value = options.ask(word)
        if value is not None:
            found[name] = _value(options, word, value, scalar)
    if scalar == "str":
        found["pattern"] = _pattern(options)
    if options.content.get("format") in (None, FORMATS.get(scalar)):
        options.asked.add("format")
    options.lose_rest()
    return found


def _length(options: Table | None) -> int | None:
    if options is None:
        return None
    least, most = options.take("minItems", int), options.take("maxItems", int)
    if (least or most is not None) and least != most:
        options.lose("lists of a column are of one length or of any")
    options.lose_rest()
    return most if least == most else None


def _value(options: Table, word: str, value: Any, scalar: str) -> Any:
    """Read a bound; moments are texts, which YAML may have read as such already."""
    if isinstance(value, dt.date | dt.time):
        value = value.isoformat()
    is_moment = scalar in ("date", "datetime", "time")
    if (
        isinstance(value, bool)
        or isinstance(value, str) != is_moment
        or not isinstance(value, str | int | float)
    ):
        options.problem(f"expected {'a text' if is_moment else 'a number'}, found {value!r}", word)
        return None
    try:
        limit_value(value, scalar)
    except ValueError:
        options.problem(f"{value!r} is no {scalar} of ISO 8601", word)
        return None
    return str(value) if is_moment else int(value) if isinstance(value, int) else float(value)


def _members(rule: Table, scalar: str) -> tuple[Any, ...] | None:
    """Give the values that a rule allows; None for any other rule."""
    asked = {key: value for key, value in rule.content.items() if key not in ("type", "description", "name")}
    arguments: Any = asked.get("arguments")
    names_values = isinstance(arguments, _MAPPING) and set(arguments) == {"validValues"}
    values: Any = arguments["validValues"] if names_values else None
    is_it = asked.get("metric") == "invalidValues" and asked.get("mustBe") == 0
    if not (
        is_it and set(asked) == {"metric", "arguments", "mustBe"} and isinstance(values, _LIST) and values
    ):
        return None
    plain = [_plain(each, scalar) for each in values]
    return None if any(each is None for each in plain) else tuple(sorted(plain, key=repr))


_MAPPING: Any = dict
_LIST: Any = list


def _plain(value: Any, scalar: str) -> Any:
    """Give a member as the Plan keeps it; None where it is no value of the type."""
    match scalar, value:
        case "bool", bool():
            return bool(value)
        case (("int" | "float"), int() | float()) if not isinstance(value, bool):
            return int(value) if isinstance(value, int) else float(value)
        case "str", str():
            return str(value)
        case (("date" | "datetime" | "time"), str() | dt.date() | dt.time()):
            text = value if isinstance(value, str) else value.isoformat()
            try:
                limit_value(text, scalar)
            except ValueError:
                return None
            return str(text)
        case _:
            return None


def _pattern(options: Table) -> str | None:
    """Read a pattern and lengths of texts: the standard looks anywhere in a text, a column's pattern matches all of it."""
    pattern = options.take("pattern", str)
    least, most = options.take("minLength", int), options.take("maxLength", int)
    lengths = None
    if least or most is not None:
        ends = f"{least or 0},{'' if most is None else most}"
        lengths = f"(?s:.{{{ends}}})"
        if max(least or 0, most or 0) > _MOST_REPEATS or pattern is not None:
            options.lose("lengths of texts beside a pattern, or of more than 1,000, have no counterpart")
            lengths = None
    found = lengths if pattern is None else _whole(pattern)
    problem = pattern_problem(found) if found is not None else ""
    if problem:
        options.lose(f"a column has no such pattern: {problem}", "pattern")
        return None
    return found


def _whole(pattern: str) -> str:
    """Write a pattern that is looked for in a text as one that matches the whole text."""
    inner = pattern[1:-1]
    if pattern.startswith("^(?:") and pattern.endswith(")$") and not pattern_problem(pattern[4:-2]):
        return pattern[4:-2]
    if pattern.startswith("^") and pattern.endswith("$") and not inner.endswith("\\") and "|" not in inner:
        return inner
    return rf"(?s:.*)(?:{pattern})(?s:.*)"


def _custom(table: Table) -> dict[str, Any]:
    ours = {custom_name(name): name for name in _OURS}
    found: dict[str, Any] = {}
    for each in table.tables("customProperties"):
        name = each.needed("property", str) or ""
        found[ours.get(name, name)] = each.ask("value")
    return found


_OURS = ("group", "time", "unit", "role", "scale", "adds", "knownAfterSeconds", "madeOf")


def _said(table: Table, custom: dict[str, Any]) -> dict[str, Any]:
    """Read what a column says of its values that no limit does."""
    scale, adds, known, made_of = (
        custom.pop(name, None) for name in ("scale", "adds", "knownAfterSeconds", "madeOf")
    )
    if scale not in (None, "nominal", "ordinal", "interval", "ratio") or adds not in (
        None,
        "always",
        "not_over_time",
        "never",
    ):
        table.problem(f"no column has scale {scale!r} and adds {adds!r}", "customProperties")
        return {}
    said = {
        "scale": _word(scale),
        "adds": _word(adds),
        "known_after_seconds": float(known) if isinstance(known, int | float) else None,
        "made_of": tuple(map(str, made_of)) if isinstance(made_of, _LIST) else None,
    }
    return {name: value for name, value in said.items() if value not in ("", None)}


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str) else ""


def _unit(table: Table, value: Any) -> Unit | None:
    if value is None:
        return None
    try:
        powers = {str(name): int(power) for name, power in sorted(value["powers"].items())}
        return Unit(text=str(value["text"]), factor=float(value["factor"]), powers=powers)
    except (TypeError, ValueError, KeyError, AttributeError):
        table.problem("a unit has a text, a factor and powers", "customProperties")
        return None

"""Writes contracts as the Python source of classes, as a person would write them.

before  Contract(name="Scans", version="1.1", columns=(Column(name="ink", type="float", ge=0, le=1),))
after   class Scans(Contract, version="1.1"):
            ink: Column[float] = column(ge=0, le=1)
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Any, final

from attrs import frozen

from stagelang_compiler import plan
from stagelang_compiler.odcs.unit_source import Units
from stagelang_compiler.raising import limit_value

_WIDTH = 110
_LISTED = ("ge", "gt", "le", "lt")


def source_of(contracts: Sequence[plan.Contract], said: str) -> str:
    """Write a module of contracts; `said` is its docstring."""
    columns = {column.name for each in contracts for column in each.columns}
    classes = {each.name for each in contracts}
    # a column's name hides what stands above its class, within it
    names = _Names(**{name: _free(name, columns | classes) for name in ("column", "vector", "dt", "u")})
    units = Units(names.u, columns | classes)
    bodies = [_class(each, names, units) for each in contracts]
    text = "\n\n\n".join("\n".join(lines) for lines in (*units.classes(), *bodies))
    head = [f'"""{_escaped(said)}"""', "", "from __future__ import annotations", ""]
    if f"{names.dt}." in text:
        head += [f"import datetime as {names.dt}", ""]
    used = [each for each in ("column", "vector") if f"= {getattr(names, each)}(" in text]
    imported = [
        f"{each} as {getattr(names, each)}" if getattr(names, each) != each else each for each in used
    ]
    head.append(f"from stagelang import {', '.join(('Column', 'Contract', *imported))}")
    if f"{names.u}." in text:
        head.append(f"from stagelang import units as {names.u}")
    return "\n".join((*head, "", "", text)) + "\n"


@final
@frozen(kw_only=True)
class _Names:
    """What the module calls what it imports."""

    column: str
    vector: str
    dt: str
    u: str


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _class(contract: plan.Contract, names: _Names, units: Units) -> list[str]:
    rows = (contract.min_rows or 0, contract.max_rows)
    said = [
        f"version={_quoted(contract.version)}" if contract.version else "",
        f"owner={_quoted(contract.owner)}" if contract.owner else "",
        "closed=True" if contract.closed else "",
        f"rows={rows}" if rows != (1, None) else "",
        f"sorted_by={_listed(map(_quoted, contract.sorted_by))}" if contract.sorted_by else "",
        f"max_age={_seconds(contract.max_age_seconds, names)}"
        if contract.max_age_seconds is not None
        else "",
    ]
    lines = _call("class " + contract.name, ["Contract", *filter(None, said)], ":", "")
    if contract.description:
        lines += [*_docstring(contract.description), ""]
    for column in contract.columns:
        lines += _column(column, names, units)
    return lines


def _column(column: plan.Column, names: _Names, units: Units) -> Iterator[str]:
    scalar = column.type.removeprefix("list<").removesuffix(">")
    is_list = column.type.startswith("list<")
    python = f"{names.dt}.{scalar}" if scalar in ("date", "datetime", "time") else scalar
    hint = f"list[{python}]" if is_list else python
    said = dict(_said(column, names, units))
    has_doc = bool(column.description) and _is_docstring(column.description)
    if column.description and not has_doc:
        said["description"] = repr(column.description)
    plain = is_list and set(said) <= {"length", "ge", "le", "nullable", "unit", "role", "description"}
    call = names.vector if plain else names.column
    if not said:
        yield f"    {column.name}: Column[{hint}]"
    else:
        arguments = [f"{name}={text}" for name, text in said.items()]
        yield from _call(f"    {column.name}: Column[{hint}] = {call}", arguments, "", "    ")
    if has_doc:
        yield from _docstring(column.description)


def _said(column: plan.Column, names: _Names, units: Units) -> Iterator[tuple[str, str]]:
    flags = ("key", "group", "time", "nullable")
    yield from ((name, "True") for name in flags if getattr(column, name))
    if column.unique and not column.key:
        yield "unique", "True"
    if column.length is not None:
        yield "length", str(column.length)
    for name in _LISTED:
        if getattr(column, name) is not None:
            yield name, _value(getattr(column, name), column.type, names)
    yield from _members(column, names)
    if column.unit is not None:
        yield "unit", units.source(column.unit)
    for name, word in (("role", column.role), ("scale", column.scale), ("adds", column.adds)):
        if word:
            yield name, _quoted(word)
    if column.known_after_seconds is not None:
        yield "known_after", _seconds(column.known_after_seconds, names)
    if column.made_of is not None:
        yield "made_of", f"[{', '.join(map(_quoted, column.made_of))}]"


def _members(column: plan.Column, names: _Names) -> Iterator[tuple[str, str]]:
    if column.isin is not None:
        yield "isin", f"[{', '.join(_value(each, column.type, names) for each in column.isin)}]"
    if column.pattern is not None:
        yield "pattern", _raw(column.pattern)


def _value(value: Any, type_name: str, names: _Names) -> str:
    found = limit_value(value, type_name)
    if isinstance(found, dt.date | dt.time):
        return re.sub(r"\bdatetime\.", f"{names.dt}.", repr(found))
    return _quoted(found) if isinstance(found, str) else repr(found)


def _seconds(seconds: float, names: _Names) -> str:
    """Write a length of time in the largest unit that it is whole in."""
    for word, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds and seconds % length == 0:
            return f"{names.dt}.timedelta({word}={int(seconds // length)})"
    whole = int(seconds) if seconds == int(seconds) else seconds
    return f"{names.dt}.timedelta(seconds={whole!r})"


def _call(opening: str, arguments: Sequence[str], end: str, margin: str) -> list[str]:
    line = f"{opening}({', '.join(arguments)}){end}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{opening}(", *(f"{margin}    {each}," for each in arguments), f"{margin}){end}"]


def _listed(texts: Any) -> str:
    listed = list(texts)
    return f"({listed[0]},)" if len(listed) == 1 else f"({', '.join(listed)})"


def _quoted(text: str) -> str:
    """Write a text in double quotes, where that takes no escape."""
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else repr(text)


def _raw(pattern: str) -> str:
    """Write a pattern as a raw text, where it can be one."""
    can_be = pattern.isprintable() and '"' not in pattern and not pattern.endswith("\\") and "\\" in pattern
    return f'r"{pattern}"' if can_be else _quoted(pattern)


def _is_docstring(text: str) -> bool:
    """Tell whether a text comes back from a docstring as it is."""
    lines = text.split("\n")
    return all(line.isprintable() for line in lines) and inspect.cleandoc(_indented(text)) == text


def _indented(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join((first, *(f"    {line}" if line else "" for line in rest)))


def _docstring(text: str) -> list[str]:
    return f'    """{_indented(_escaped(text))}"""'.split("\n")


def _escaped(text: str) -> str:
    shown = "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode()
        for c in text.replace("\\", "\\\\")
    )
    shown = shown.replace('"""', '\\"\\"\\"')
    return f'{shown[:-1]}\\"' if shown.endswith('"') else shown

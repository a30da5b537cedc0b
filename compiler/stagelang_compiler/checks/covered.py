"""Says which rules a check looks for, where one has stopped: read from the names in its code and in what it calls of the checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

from stagelang_compiler.diagnostics import Rule

_HOME = __name__.rpartition(".")[0]


def codes_of(check: object) -> tuple[str, ...]:
    """Give the codes of the rules that a check, its helpers and its classes name, sorted."""
    codes: set[str] = set()
    seen: set[int] = set()
    pending: list[Any] = [check]
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Rule):
            codes.add(each.code)
        elif isinstance(each, FunctionType) and _is_ours(each):
            pending += (getattr(each, "__wrapped__", None), *_named(each))
        elif isinstance(each, type) and _is_ours(each):
            pending += vars(each).values()
        elif isinstance(each, Mapping):
            pending += each.values()
        elif isinstance(each, tuple):
            pending += each
    return tuple(sorted(codes))


def _is_ours(definition: Any) -> bool:
    return str(definition.__module__).startswith(_HOME)


def _named(function: FunctionType) -> Iterator[Any]:
    """Give what a function's code names: globals, and attributes of modules that it names."""
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    for name in names:
        found = function.__globals__.get(name)
        if isinstance(found, ModuleType):
            yield from (vars(found)[inner] for inner in names if inner in vars(found))
        else:
            yield found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)

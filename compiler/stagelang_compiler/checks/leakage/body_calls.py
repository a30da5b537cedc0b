"""Walks a stage's body and the first-party functions that it calls by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.fingerprint.trees import walk

_DEPTH = 6


def walked(function: object, sources: Sources) -> Iterator[tuple[FunctionType, ast.AST]]:
    """Give all nodes of a function's body, and of the first-party functions that it names, each with its function."""
    pending: list[tuple[object, int]] = [(function, 0)]
    seen: set[int] = set()
    while pending:
        each, depth = pending.pop()
        tree = sources.tree(each)
        if tree is None or not isinstance(each, FunctionType) or id(each) in seen:
            continue
        seen.add(id(each))
        for node in (inner for statement in tree.body for inner in walk(statement)):
            yield each, node
            if depth < _DEPTH and isinstance(node, ast.Name | ast.Attribute):
                pending.append((_live(each, node), depth + 1))


def _live(function: FunctionType, node: ast.expr) -> Any:
    """Give the function that a name or a path through modules stands for, or None."""
    match node:
        case ast.Name(id=name):
            held: Mapping[str, Any] = syntax.closure(function) if function.__closure__ else {}
            found = held.get(name, function.__globals__.get(name))
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            module = function.__globals__.get(owner)
            found = getattr(module, name, None) if isinstance(module, ModuleType) else None
        case _:
            return None
    return unwrapped(found)


def unwrapped(found: Any) -> Any:
    """Give the function in a stage, or in what a decorator made; None where there is none."""
    while found is not None and not isinstance(found, FunctionType):
        found = getattr(found, "__wrapped__", None)
    return found

"""Judges what evaluating an expression, or calling a function, does to state that outlives it.

- An expression is *inert* if it only wires the pipeline or configures logging: a call of something imported from
  stagelang or `logging`, of a stage, of a contract, or of a method of what such a call gave.
- A name is *fresh* if all its bindings make a new object of the language's own kinds: a literal, a display, a
  comprehension, an undecorated function or class. Changing it can then only be seen through that name.
- A function's conduct is what its own statements do: change state beyond it, change its arguments, or call what can't
  be seen through. Only a function with none of them does nothing when called as a statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias, final

from attrs import frozen

from stagelang_compiler.fingerprint.modules import Module
from stagelang_compiler.fingerprint.resolve import Resolution, Resolver, Unit
from stagelang_compiler.fingerprint.table import Fragment
from stagelang_compiler.fingerprint.trees import (
    DEFINITIONS,
    bound_names,
    dotted_path,
    root_name,
    same_scope,
    walk,
)

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_LANGUAGE = frozenset({"stagelang"})
_INERT = frozenset({"stagelang", "logging"})
_PURE = _INERT | {
    "abc", "attr", "attrs", "collections", "contextlib", "copy", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "inspect", "itertools", "math", "numba", "operator", "pydantic", "re", "string",
    "textwrap", "types", "typing", "typing_extensions", "uuid",
}  # fmt: skip
_CONTAINERS = frozenset(
    {"bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
)
_ACTING_BUILTINS = frozenset(
    {"exec", "eval", "__import__", "setattr", "delattr", "open", "next", "globals", "compile"}
)
_DISPLAYS = (
    ast.Constant, ast.JoinedStr, ast.Lambda, ast.List, ast.Tuple, ast.Set, ast.Dict,
    ast.ListComp, ast.SetComp, ast.DictComp,
)  # fmt: skip
_STEPS = (ast.Attribute, ast.Call, ast.Global, ast.Subscript)
"""What can do something besides giving a value."""
MUTATORS = frozenset(
    {
        "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem",
        "popleft", "register", "remove", "reverse", "setdefault", "sort", "subtract", "update",
    }
)  # fmt: skip


@final
@frozen(kw_only=True)
class Conduct:
    """What calling a function does besides giving a value."""

    disturbs: bool = False
    """Changes state that it found by a global name."""
    parameters: bool = False
    """Changes its arguments."""
    unknown: bool = False
    """Calls what can't be seen through."""

    def __or__(self, other: Conduct) -> Conduct:
        return Conduct(
            disturbs=self.disturbs or other.disturbs,
            parameters=self.parameters or other.parameters,
            unknown=self.unknown or other.unknown,
        )


@final
class Judge:
    """Judges expressions and functions of one project; each name is judged once."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._inert: dict[Unit, bool] = {}
        self._fresh: dict[Unit, bool] = {}
        self._conduct: dict[Unit, Conduct] = {}
        self._wiring: set[tuple[Module, tuple[str, ...]]] = set()
        self._language: set[tuple[Module, tuple[str, ...]]] = set()

    def is_language(self, module: Module, path: tuple[str, ...]) -> bool:
        """Say whether a global dotted name stands for the pipeline language's own."""
        if (module, path) not in self._language and self._all_inert(
            self.resolver.name(module, path), _LANGUAGE
        ):
            self._language.add((module, path))  # a no may be one inside a cycle only
        return (module, path) in self._language

    def is_inert(self, module: Module, node: ast.AST) -> bool:
        """Say whether evaluating an expression only wires the pipeline or configures logging."""
        path = dotted_path(node)
        if path is not None:
            return self._is_inert_path(module, path)
        match node:
            case ast.Call():
                made_of = node.args[0] if self._is_partial(module, node) and node.args else node.func
                return self.is_inert(module, made_of)
            case ast.Attribute() | ast.Subscript() | ast.Starred():
                return self.is_inert(module, node.value)
            case ast.BinOp():
                return self.is_inert(module, node.left) or self.is_inert(module, node.right)
            case ast.ListComp():
                return self.is_inert(module, node.elt)
            case _:
                return False

    def _is_inert_path(self, module: Module, path: tuple[str, ...]) -> bool:
        key = (module, path)
        if key not in self._wiring and self._all_inert(self.resolver.name(module, path), _INERT):
            self._wiring.add(key)  # a no may be one inside a cycle only
        return key in self._wiring

    def is_inert_name(self, unit: Unit) -> bool:
        """Say whether a name only ever stands for a piece of wiring."""
        if unit not in self._inert:
            self._inert[unit] = False  # the answer inside a cycle
            binding = unit.module.table.bindings[unit.name]
            self._inert[unit] = all(self._binds_inert(unit.module, each) for each in binding.fragments)
        return self._inert[unit]

    def is_fresh(self, module: Module, name: str) -> bool:
        """Say whether a name stands for a new object that no other name stood for before."""
        unit = Unit(module, name)
        if unit not in self._fresh:
            binding = module.table.bindings.get(name)
            self._fresh[unit] = (
                binding is not None
                and not binding.imports
                and all(self._binds_fresh(module, each.node) for each in binding.fragments)
            )
        return self._fresh[unit]

    def is_pure_decorator(self, module: Module, decorator: ast.expr) -> bool:
        """Say whether a decorator does nothing beyond making a function or class from what it decorates."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        path = dotted_path(called)
        if path is None:
            return False
        found = self.resolver.name(module, path)
        if self.is_inert(module, called) or found.builtin in {"property", "staticmethod", "classmethod"}:
            return True
        if any(external.partition(".")[0] not in _PURE for external in found.externals):
            return False
        conducts = [self.conduct(unit) for unit in definitions(found)]
        if isinstance(decorator, ast.Call):
            conducts += [self._result_called(unit) for unit in definitions(found)]
        known = bool(found.externals or conducts)
        return known and not any(each.disturbs or each.unknown for each in conducts)

    def conduct(self, unit: Unit) -> Conduct:
        """Judge the calling of a name: a function, or a class by its `__init__`."""
        if unit not in self._conduct:
            self._conduct[unit] = Conduct(unknown=True)  # the answer inside a cycle
            total = Conduct()
            for fragment in unit.module.table.bindings[unit.name].fragments:
                total |= self._called(unit.module, fragment.node)
            self._conduct[unit] = total
        return self._conduct[unit]

    def called(self, module: Module, path: tuple[str, ...]) -> Conduct:
        """Judge a call of a global dotted name."""
        found = self.resolver.name(module, path)
        if found.builtin and not found.units:
            return Conduct(unknown=found.builtin in _ACTING_BUILTINS)
        total = Conduct(unknown=bool(found.values or found.chosen))
        for external in found.externals:
            total |= Conduct(unknown=external.partition(".")[0] not in _PURE)
        for unit in definitions(found):
            total |= self.conduct(unit)
        return total

    def _all_inert(self, found: Resolution, roots: frozenset[str]) -> bool:
        if found.values or found.chosen or found.builtin:
            return False
        units = definitions(found)
        known = bool(found.externals or units)
        return (
            known
            and all(external.partition(".")[0] in roots for external in found.externals)
            and all(self.is_inert_name(unit) for unit in units)
        )

    def _is_partial(self, module: Module, call: ast.Call) -> bool:
        path = dotted_path(call.func)
        return path is not None and "functools.partial" in self.resolver.name(module, path).externals

    def _binds_inert(self, module: Module, fragment: Fragment) -> bool:
        match fragment.node:
            case ast.Import() | ast.ImportFrom():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return any(self.is_inert(module, each) for each in fragment.node.decorator_list)
            case ast.ClassDef():
                return any(self.is_inert(module, each) for each in fragment.node.bases)
            case ast.Assign() | ast.AnnAssign():
                return fragment.node.value is not None and self.is_inert(module, fragment.node.value)
            case _:
                return False

    def _binds_fresh(self, module: Module, node: ast.AST) -> bool:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return all(self.is_pure_decorator(module, each) for each in node.decorator_list)
            case (
                ast.Assign(targets=[ast.Name()], value=value)
                | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
            ):
                return self._is_fresh_value(module, value)
            case ast.AugAssign():
                return True
            case _:
                return False

    def _is_fresh_value(self, module: Module, value: ast.expr) -> bool:
        if not isinstance(value, ast.Call):
            return isinstance(value, _DISPLAYS)
        path = dotted_path(value.func)
        if path is None:
            return False
        found = self.resolver.name(module, path)
        if definitions(found) or found.values or found.chosen:
            return False
        roots = {external.partition(".")[0] for external in found.externals}
        return roots == {"collections"} if roots else found.builtin in _CONTAINERS

    def _called(self, module: Module, node: ast.AST) -> Conduct:
        match node:
            case ast.Import() | ast.ImportFrom():
                return Conduct()
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._function(module, node, frozenset())
            case ast.ClassDef():
                makers = [
                    each
                    for each in node.body
                    if isinstance(each, ast.FunctionDef) and each.name in {"__init__", "__new__"}
                ]
                total = Conduct()
                for maker in makers:
                    total |= self._function(module, maker, frozenset())
                return total
            case _:
                return Conduct(unknown=True)

    def _function(self, module: Module, node: _Function, outer: frozenset[str]) -> Conduct:
        arguments = frozenset(each.arg for each in walk(node.args) if isinstance(each, ast.arg))
        made = {each.name for each in node.body if isinstance(each, DEFINITIONS)}
        own = outer | {
            name
            for statement in node.body
            for name in bound_names(statement, has_walrus=module.table.has_walrus)
        }
        total = Conduct()
        for inner in (each for statement in node.body for each in same_scope(statement)):
            if isinstance(inner, _STEPS) and not (
                isinstance(inner, ast.Attribute) and root_name(inner) in made
            ):
                total |= self._step(module, inner, own, arguments)
        return total

    def _result_called(self, unit: Unit) -> Conduct:
        """Judge the calling of what a call of a function gives: of a decorator with arguments, the decorator."""
        total = Conduct()
        for fragment in unit.module.table.bindings[unit.name].fragments:
            node = fragment.node
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return Conduct(unknown=True)
            inner = {
                each.name: each
                for each in node.body
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
            }
            outer = frozenset(each.arg for each in walk(node.args) if isinstance(each, ast.arg)) | {*inner}
            for result in _returns(node):
                named = inner.get(result.value.id) if isinstance(result.value, ast.Name) else None
                total |= (
                    self._function(unit.module, named, outer) if named is not None else Conduct(unknown=True)
                )
        return total

    def _step(self, module: Module, node: ast.AST, own: frozenset[str], arguments: frozenset[str]) -> Conduct:
        match node:
            case ast.Global():
                return Conduct(disturbs=True)
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                return self._changed(root_name(node), own, arguments)
            case ast.Call():
                return self._call(module, node, own, arguments)
            case _:
                return Conduct()

    def _changed(self, root: str | None, own: frozenset[str], arguments: frozenset[str]) -> Conduct:
        if root is None or root in own:
            return Conduct(unknown=True)  # it may be another name of something global
        return Conduct(parameters=True) if root in arguments else Conduct(disturbs=True)

    def _call(
        self, module: Module, node: ast.Call, own: frozenset[str], arguments: frozenset[str]
    ) -> Conduct:
        path = dotted_path(node.func)
        if path is None:
            return Conduct(unknown=True)
        if path[0] in own:
            return Conduct(unknown=True)
        if path[0] in arguments:
            return Conduct(unknown=True, parameters=True)
        if len(path) > 1 and path[-1] in MUTATORS and any(definitions(self.resolver.name(module, path))):
            return Conduct(disturbs=True)
        called = self.called(module, path)
        return Conduct(disturbs=called.disturbs, unknown=called.unknown or called.parameters)


def _returns(node: _Function) -> Iterator[ast.Return]:
    """Give a function's own return statements."""
    for statement in node.body:
        yield from (each for each in same_scope(statement) if isinstance(each, ast.Return))


def definitions(found: Resolution) -> list[Unit]:
    """Leave out the names that only pass on what they import."""
    return [
        unit
        for unit in found.units
        if any(each.target is None for each in unit.module.table.bindings[unit.name].fragments)
    ]

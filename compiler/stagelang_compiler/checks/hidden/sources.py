"""Finds the trees of a stage's function and of what it reaches, and tells whether any word in them asks for a closer look."""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import TypeAlias, final

from attrs import frozen

from stagelang_compiler.checks.hidden.known import WORDS
from stagelang_compiler.checks.hidden.value import Hidden, Made
from stagelang_compiler.fingerprint import Judge, Module, Resolver, Unit
from stagelang_compiler.fingerprint.conduct import MUTATORS
from stagelang_compiler.fingerprint.trees import DEFINITIONS, Target, walk
from stagelang_compiler.parsed_files import Files

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_TELLING = WORDS | MUTATORS
_SETS = tuple(dis.opmap[name] for name in ("BUILD_SET", "SET_ADD", "STORE_GLOBAL") if name in dis.opmap)
_STORES = tuple(
    dis.opmap[name] for name in ("STORE_SUBSCR", "STORE_ATTR", "DELETE_SUBSCR") if name in dis.opmap
)


def _adding() -> bytes:
    """Give the bytes of an addition in place, which a list's own content may be changed by."""
    found = next(
        each for each in dis.get_instructions(compile("a += b", "", "exec")) if each.opname == "BINARY_OP"
    )
    return bytes((found.opcode, found.arg or 0))


_ADDING = _adding()
_TELLING_KINDS = frozenset({ast.Set, ast.SetComp, ast.Global, ast.Import, ast.ImportFrom})


@final
@frozen
class Outcome:
    """What calling a function with certain arguments comes to."""

    given: Made
    found: tuple[Hidden, ...]
    changed: tuple[tuple[str, Made], ...]
    """What its parameters depend on besides, afterwards."""


@final
class Sources:
    """The trees of one project's functions."""

    def __init__(self, resolver: Resolver, judge: Judge) -> None:
        self.resolver = resolver
        self._judge = judge
        self.known: dict[object, Outcome] = {}
        self.constants: dict[Unit, tuple[Made, tuple[Hidden, ...]]] = {}
        self._files = Files()
        self._modules: dict[str, Module | None] = {}
        self._telling: dict[Unit, bool] = {}

    def function(self, function: object) -> tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef] | None:
        """Give a first-party function's module and tree; None for any other, and where no file holds it."""
        if not isinstance(function, FunctionType):
            return None
        code = function.__code__
        file = self._files.get(code.co_filename)
        found = file.definition(code.co_name, code.co_firstlineno) if file is not None else None
        if found is None or isinstance(found, ast.ClassDef):
            return None
        module = self._module(code.co_filename)
        return None if module is None else (module, found)

    def _module(self, file: str) -> Module | None:
        if file not in self._modules:
            path = Path(file)
            self._modules[file] = self.resolver.project.module(path) if path.is_file() else None
        return self._modules[file]

    def definition(self, unit: Unit) -> Definition | None:
        """Give the function or class that a name is bound to, if it is bound once."""
        nodes = [each.node for each in unit.module.table.bindings[unit.name].fragments if each.target is None]
        node = nodes[0] if len(nodes) == 1 else None
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return node
            case ast.Assign(value=ast.Lambda() as value):
                return value
            case _:
                return None

    def constant(self, unit: Unit) -> ast.expr | None:
        """Give the expression that a name is bound to, if it is bound once, and to no function or class."""
        nodes = [each.node for each in unit.module.table.bindings[unit.name].fragments if each.target is None]
        match nodes:
            case [ast.Assign(value=value)] | [ast.AnnAssign(value=ast.expr() as value)]:
                return value
            case _:
                return None

    def is_wiring(self, unit: Unit) -> bool:
        """Say whether a name stands for a part of the pipeline, or for a logger."""
        return self._judge.is_inert_name(unit)

    def is_telling(self, module: Module, function: FunctionType, *, may_change: bool) -> bool:
        """Say whether a function, or what it reaches by a name, uses a word that may be about hidden dependencies.

        Args:
            module: the function's.
            function: the function.
            may_change: whether it is given something that others have too.
        """
        return any(self._in_code(module, code, may_change) for code in _codes(function.__code__))

    def _in_code(self, module: Module, code: CodeType, may_change: bool) -> bool:
        text = code.co_code
        if not WORDS.isdisjoint(code.co_names) or any(each in text[::2] for each in _SETS):
            return True
        named = [name for name in code.co_names if name in module.table.bindings]
        if may_change or any(self._is_constant(module, name) for name in named):
            changes = not MUTATORS.isdisjoint(code.co_names) or _ADDING in text
            if changes or any(each in text[::2] for each in _STORES):
                return True
        return any(self._in_name(module, name) for name in named)

    def _is_constant(self, module: Module, name: str) -> bool:
        """Say whether a name may stand for an object of a module, which a body could change."""
        binding = module.table.bindings[name]
        nodes = [each.node for each in binding.fragments if each.target is None]
        if any(not isinstance(each, DEFINITIONS) for each in nodes):
            return True
        return any(self.resolver.project.target(module, target)[0] for target in binding.imports)

    def _in_name(self, module: Module, name: str) -> bool:
        unit = Unit(module, name)
        if unit not in self._telling:
            self._telling[unit] = False  # the answer inside a cycle
            self._telling[unit] = self._in_binding(module, name)
        return self._telling[unit]

    def _in_binding(self, module: Module, name: str) -> bool:
        binding = module.table.bindings[name]
        if any(self._in_import(module, target) for target in binding.imports):
            return True
        nodes = [each.node for each in binding.fragments if each.target is None]
        if self.is_wiring(
            Unit(module, name)
        ):  # of a contract only what it can do counts, not what it says of its columns
            contracts = [each for each in nodes if isinstance(each, ast.ClassDef)]
            nodes = [each for each in nodes if each not in contracts]
            nodes += [
                each for contract in contracts for each in contract.body if isinstance(each, DEFINITIONS)
            ]
        return any(self._in_node(module, each) for each in nodes)

    def _in_import(self, module: Module, target: Target) -> bool:
        named = {target.attribute, *target.module.split(".")}
        if not _TELLING.isdisjoint(named):
            return True
        found, left = self.resolver.project.target(module, target)
        if not found or left:
            return False
        inner = found[-1]
        if target.attribute in inner.table.bindings:
            return self._in_name(inner, target.attribute)
        child = self.resolver.project.child(inner, target.attribute) if target.attribute else inner
        return (
            child is not None
        )  # a module of the project: its attributes are looked up when the body is read

    def _in_node(self, module: Module, node: ast.AST) -> bool:
        bindings = module.table.bindings
        for inner in walk(node):
            kind = type(inner)
            if kind in _TELLING_KINDS:
                return True
            if isinstance(inner, ast.Name):
                name = inner.id
                if name in _TELLING or (name in bindings and self._in_name(module, name)):
                    return True
            elif isinstance(inner, ast.Attribute | ast.Subscript) and (
                type(inner.ctx) is not ast.Load or getattr(inner, "attr", "") in _TELLING
            ):
                return True
        return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)

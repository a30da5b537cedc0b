"""Turns live objects into nodes: the function asked for, what its closure holds, and namespaces that are no file.

A function's code says where it was written (`co_filename`, `co_qualname`), also after a decorator has renamed it.
Source comes from the project's files, else from `linecache` (notebook cells), else the bytecode is hashed.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, final

from stagelang_compiler.fingerprint.bytecode import code_text, codes_in, same_code
from stagelang_compiler.fingerprint.describe import Definition, Description, cells, defaults, home_file
from stagelang_compiler.fingerprint.dynamic import is_dynamic, is_dynamic_builtin
from stagelang_compiler.fingerprint.modules import Module
from stagelang_compiler.fingerprint.normalise import canonical, digest
from stagelang_compiler.fingerprint.reach import Component, Graph, Node
from stagelang_compiler.fingerprint.references import Facts, Mode, Reference, facts
from stagelang_compiler.fingerprint.resolve import Unit
from stagelang_compiler.fingerprint.trees import walk
from stagelang_compiler.parsed_files import parse
from stagelang_compiler.values import UnhashableValue, module_name

_NOT_CONTENT = frozenset(
    {
        "__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__",
        "__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__", "__static_attributes__", "__weakref__",
        "_abc_impl",
    }
)  # fmt: skip


@final
class Live:
    """Makes nodes of live objects; each object is looked at once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._nodes: dict[int, Node] = {}
        self._kept: list[object] = []  # an object that is gone could give its id to another
        self._homes: dict[str, Module | None] = {}
        self._lines: dict[Module, dict[tuple[str, int], list[ast.AST]]] = {}

    def node(self, definition: Definition) -> Node:
        """Give the node of a function, a class or a module.

        Raises:
            UnhashableValue: it holds a value that can't be hashed by its content.
        """
        known = self._nodes.get(id(definition))
        if known is None:
            known = self._nodes[id(definition)] = Node(None)
            self._kept.append(definition)
            try:
                self._define(known, definition)
            except UnhashableValue:
                del self._nodes[id(definition)]
                raise
        return known

    def hold(self, node: Node, value: Any, path: str) -> None:
        """Add an object that code holds: by what it reaches if it is code, else by its content."""
        found = Description(self.name_of_home, self._is_told_by_source)
        self._add(node, "value", path, [found.of(value, path)])
        node.edges += [self.node(each) for each in found.definitions]
        for module in found.modules:
            self._outside(node, module)

    def name_of_home(self, definition: FunctionType | type) -> str:
        """Name the module of a definition: as the project does, for its own."""
        match definition:
            case FunctionType():
                module = self._home(definition.__code__)
            case _:
                module = self._class_home(definition)
        return module.name if module is not None else module_name(definition)

    def _define(self, node: Node, definition: Definition) -> None:
        match definition:
            case FunctionType():
                self._function(node, definition)
            case type():
                self._class(node, definition)
            case ModuleType():
                self._module(node, definition)

    def _module(self, node: Node, value: ModuleType) -> None:
        file = getattr(value, "__file__", None)
        module = self.graph.project.module(Path(file)) if file else None
        if module is not None:
            node.edges.append(self.graph.whole(module))
            node.conservative.append(
                f"{module.file}: module '{module.name}' is held as a value; all of it counts"
            )
            return
        self._outside(node, value.__name__)
        if is_dynamic(value.__name__):
            self.graph.widen(node, f"module '{value.__name__}' is held as a value and can reach any code")

    def _outside(self, node: Node, module: str) -> None:
        node.imports.add(module.partition(".")[0])

    def _is_outside(self, definition: FunctionType | type) -> bool:
        """Say whether the module that a definition lives in is installed, or the interpreter's own."""
        if definition.__module__ == "__main__":
            return False  # a notebook, a prompt, or a script that isn't the project's: told by what they hold
        file = home_file(definition)
        if file is None:
            return (
                definition.__module__ in sys.builtin_module_names
                or definition.__module__ in sys.stdlib_module_names
            )
        return self.graph.project.module(Path(file)) is None

    # functions

    def _function(self, node: Node, function: FunctionType) -> None:
        module = self._home(function.__code__)
        unit = self._covering(function, module)
        if (
            unit is None
            and module is None
            and (Path(function.__code__.co_filename).is_file() or self._is_outside(function))
        ):
            self._outside(node, function.__module__ or "builtins")
            return
        name = f"{module.name if module else module_name(function)}:{function.__code__.co_qualname}"
        if unit is not None:
            node.edges.append(self.graph.unit(unit))
            if not _is_one_of_many(unit):
                return
        self._own_source(node, function, module, name)
        for cell, value in cells(function):
            self.hold(node, value, f"{name}: closure variable '{cell}'")
        for argument, value in defaults(function).items():
            self.hold(node, value, f"{name}: default of '{argument}'")

    def _own_source(self, node: Node, function: FunctionType, module: Module | None, name: str) -> None:
        code = function.__code__
        found = self._in_file(code, module) if module is not None else []
        if module is None or not found:
            self._without_file(node, function, name)
            return
        node.edges.append(self.graph.code(module, found, code.co_qualname))
        if len(found) > 1:  # lambdas on one line
            self._add(node, "bytecode", name, [code_text(code)])

    def _home(self, code: CodeType) -> Module | None:
        file = code.co_filename
        if file not in self._homes:
            path = Path(file)
            self._homes[file] = self.graph.project.module(path) if path.is_file() else None
        return self._homes[file]

    def _covering(self, function: FunctionType, module: Module | None) -> Unit | None:
        """Give the top-level definition whose source says all about a function, its decorators included."""
        unit = _top_level(module, function.__code__) if module is not None else None
        if unit is not None:
            return unit
        wrapped: object = getattr(function, "__wrapped__", None)
        while isinstance(wrapped, FunctionType):
            home = self._home(wrapped.__code__)
            inner = _top_level(home, wrapped.__code__) if home is not None else None
            if inner is not None and self._is_decorated(inner):
                return inner
            wrapped = getattr(wrapped, "__wrapped__", None)
        return None

    def _is_told_by_source(self, function: FunctionType) -> bool:
        unit = self._covering(function, self._home(function.__code__))
        return unit is not None and not _is_one_of_many(unit)

    def _is_decorated(self, unit: Unit) -> bool:
        nodes = [each.node for each in unit.module.table.bindings[unit.name].fragments]
        decorators = [
            each for node in nodes if isinstance(node, ast.FunctionDef) for each in node.decorator_list
        ]
        return any(not self.graph.judge.is_inert(unit.module, each) for each in decorators)

    def _in_file(self, code: CodeType, module: Module) -> list[ast.AST]:
        if module not in self._lines and module.table.tree is not None:
            self._lines[module] = _functions_by_line(module.table.tree)
        return self._lines.get(module, {}).get((code.co_name, code.co_firstlineno), [])

    def _without_file(self, node: Node, function: FunctionType, name: str) -> None:
        code = function.__code__
        source = _cell_source(code)
        if source is not None:
            found = facts([source], partial(_is_live_language, function.__globals__))
            self._add(node, "function", name, [canonical(source, found.omitted)])
            self._connect(node, function, found, name)
            return
        self._add(node, "bytecode", name, [code_text(code, function.__doc__)])
        node.conservative.append(f"{name}: no source can be found; its bytecode counts")
        names = {each for inner in codes_in(code) for each in (*inner.co_names, *inner.co_freevars)}
        for each in sorted(names):
            self._live_name(node, function.__globals__, (each,), name, is_loose=True)

    def _connect(self, node: Node, function: FunctionType, found: Facts, name: str) -> None:
        for target in found.imports:
            self.graph.load(node, None, target)
        for reference in found.references:
            if reference.target is None:
                self._live_reference(node, function.__globals__, reference, name)
                continue
            resolution = self.graph.resolver.target(None, reference.target, reference.path)
            self.graph.follow(node, resolution, reference.mode, reference.target.module, name)
        for attribute, _ in found.openings:
            self.graph.widen(node, f"{name}: '{attribute}' gives access to code by no name")
        node.reads_docs = node.reads_docs or found.reads_docs

    def _live_reference(
        self, node: Node, namespace: Mapping[str, Any], reference: Reference, name: str
    ) -> None:
        said = reference.mode in {Mode.DECLARED, Mode.ANNOTATED}
        if not said or _is_own_code(namespace.get(reference.path[0])):
            self._live_name(node, namespace, reference.path, name, is_loose=reference.mode is not Mode.VALUE)

    def _live_name(
        self, node: Node, namespace: Mapping[str, Any], path: tuple[str, ...], name: str, *, is_loose: bool
    ) -> None:
        """Follow a name in a live namespace; a loose one may as well be an attribute or a word in a string."""
        if path[0] not in namespace:
            if is_dynamic_builtin(path[0]) and hasattr(builtins, path[0]):
                self.graph.widen(node, f"{name}: '{path[0]}' can reach any code")
            return
        value = namespace[path[0]]
        if not isinstance(value, ModuleType):
            self.hold(node, value, f"{namespace.get('__name__') or ''}:{path[0]}")
        elif len(path) == 1 or is_loose:
            node.edges.append(self.node(value))
        else:
            self._attribute(node, value, path, name)

    def _attribute(self, node: Node, module: ModuleType, path: tuple[str, ...], name: str) -> None:
        file = getattr(module, "__file__", None)
        home = self.graph.project.module(Path(file)) if file else None
        if home is not None:
            self.graph.follow(
                node, self.graph.resolver.inside(home, path[1:]), Mode.VALUE, ".".join(path), name
            )
            return
        self._outside(node, module.__name__)
        dotted = ".".join((module.__name__, *path[1:]))
        if is_dynamic(dotted):
            self.graph.widen(node, f"{name}: '{dotted}' can reach any code")

    # classes

    def _class(self, node: Node, cls: type) -> None:
        if self._is_outside(cls):
            self._outside(node, cls.__module__)
            return
        module = self._class_home(cls)
        top = cls.__qualname__.partition(".")[0]
        if module is not None and "<locals>" not in cls.__qualname__ and top in module.table.bindings:
            node.edges.append(self.graph.unit(Unit(module, top)))
            return
        name = f"{module_name(cls)}:{cls.__qualname__}"
        self._add(node, "class", name, [f"{base.__module__}:{base.__qualname__}" for base in cls.__bases__])
        node.edges += [self.node(base) for base in cls.__bases__ if base is not object]
        for attribute, member in sorted(vars(cls).items()):
            if attribute not in _NOT_CONTENT:
                self._member(node, member, f"{name}.{attribute}")

    def _class_home(self, cls: type) -> Module | None:
        file = home_file(cls)
        return self.graph.project.module(Path(file)) if file else None

    def _member(self, node: Node, member: Any, path: str) -> None:
        inner = getattr(member, "__func__", member)
        parts: Iterable[Any] = (
            (inner.fget, inner.fset, inner.fdel) if isinstance(inner, property) else (inner,)
        )
        for part in parts:
            if part is not None and type(part).__name__ not in {"member_descriptor", "getset_descriptor"}:
                self.hold(node, part, path)

    def _add(self, node: Node, kind: str, name: str, texts: Iterable[str]) -> None:
        node.components.append(Component(kind=kind, name=name, digest=digest(texts), origin=""))


def _top_level(module: Module, code: CodeType) -> Unit | None:
    """Give the top-level definition that a code object was written in, if it isn't one of many made by a call."""
    top = code.co_qualname.partition(".")[0]
    if "<locals>" in code.co_qualname or top not in module.table.bindings:
        return None
    return Unit(module, top)


def _functions_by_line(tree: ast.Module) -> dict[tuple[str, int], list[ast.AST]]:
    found: dict[tuple[str, int], list[ast.AST]] = {}
    for node in walk(tree):
        if isinstance(node, ast.Lambda):
            found.setdefault(("<lambda>", node.lineno), []).append(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            line = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found.setdefault((node.name, line), []).append(node)
    return found


def _cell_source(code: CodeType) -> ast.AST | None:
    """Find a function that was written in no file, if its text is kept and is really its text."""
    text = "".join(linecache.getlines(code.co_filename))
    if not text or code.co_filename.startswith("<attrs generated"):
        return None
    try:
        tree = parse(text)
    except (SyntaxError, ValueError):
        return None
    found = _functions_by_line(tree).get((code.co_name, code.co_firstlineno), [])
    return found[0] if len(found) == 1 and same_code(code, text) else None


def _is_live_language(namespace: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Say whether a name in a live namespace is the pipeline language's own."""
    value = namespace.get(path[0])
    home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or ""
    return home.partition(".")[0] == "stagelang"


def _is_own_code(value: object) -> bool:
    """Say whether a stage that names an object where it is declared depends on it: on code, but not on a contract."""
    if not isinstance(value, FunctionType | type):
        return False
    homes = (
        [each.__module__ for each in value.__mro__] if isinstance(value, type) else [value.__module__ or ""]
    )
    return not any(home.partition(".")[0] == "stagelang" for home in homes)


def _is_one_of_many(unit: Unit) -> bool:
    """Say whether one name stands for several functions: a class's methods, variants, what a loop makes."""
    fragments = [each for each in unit.module.table.bindings[unit.name].fragments if each.target is None]
    return len(fragments) != 1 or not isinstance(fragments[0].node, (ast.FunctionDef, ast.AsyncFunctionDef))

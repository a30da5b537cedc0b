"""Reads a module's source into a table: what each top-level name is bound by, and what else runs on import."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple, final

from attrs import Factory, define, frozen

from stagelang_compiler.fingerprint.normalise import is_inert
from stagelang_compiler.fingerprint.trees import Target, bound_names, import_targets, imports_in

COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match)
"""Blocks that count as a whole: whether and how often a part of them runs depends on the rest."""


class Guard(NamedTuple):
    """A condition or context that a statement stands under, and in which branch of it."""

    node: ast.AST
    branch: str


@final
@frozen(eq=False, kw_only=True)
class Fragment:
    """One top-level statement that counts as a whole; of an import statement, one of its names."""

    order: int
    node: ast.AST
    guards: tuple[Guard, ...] = ()
    target: Target | None = None

    @property
    def line(self) -> int:
        """The line that it starts on."""
        return int(getattr(self.node, "lineno", 0))

    @property
    def nodes(self) -> list[ast.AST]:
        """All syntax trees that decide what it does."""
        return [*(guard.node for guard in self.guards), self.node]


@final
@define(eq=False)
class Binding:
    """All that binds one top-level name."""

    fragments: list[Fragment] = Factory(list[Fragment])
    imports: list[Target] = Factory(list[Target])
    """What the name may stand for, where an import binds it."""


@final
@define(eq=False)
class Table:
    """The top level of one source file."""

    bindings: dict[str, Binding] = Factory(dict[str, Binding])
    stars: list[Target] = Factory(list[Target])
    loads: list[Target] = Factory(list[Target])
    """Every import that is carried out when the module is loaded."""
    statements: list[Fragment] = Factory(list[Fragment])
    """Every statement except imports, in order: each may have an effect when the module is loaded."""
    tree: ast.Module | None = None
    has_walrus: bool = True
    """Whether an expression may bind a name."""
    raw: bytes = b""
    """The file's bytes, where they can't be read as Python."""


def table_of(tree: ast.Module, raw: bytes) -> Table:
    """Sort the top-level statements of a module whose file holds these bytes."""
    builder = _Builder(Table(tree=tree, has_walrus=b":=" in raw))
    builder.block(tree.body, ())
    return builder.table


def never_runs(test: ast.expr) -> bool:
    """Say whether a condition is false whenever a stage runs: type checking, or being the main program."""
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    if name == "TYPE_CHECKING":
        return True
    if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq) and len(test.ops) == 1):
        return False
    sides = (test.left, test.comparators[0])
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


@final
class _Builder:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.order = 0

    def block(self, statements: Sequence[ast.stmt], guards: tuple[Guard, ...]) -> None:
        for statement in statements:
            if not is_inert(statement):
                self.statement(statement, guards)

    def statement(self, node: ast.stmt, guards: tuple[Guard, ...]) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self.imports(node, guards)
            case ast.If():
                self.branches(node, guards)
            case ast.With() | ast.AsyncWith():
                header = ast.copy_location(ast.With(items=node.items, body=[]), node)
                self.whole(header, guards)
                self.block(node.body, (*guards, Guard(header, "with")))
            case _:
                self.whole(node, guards)

    def branches(self, node: ast.If, guards: tuple[Guard, ...]) -> None:
        if never_runs(node.test):
            self.block(node.orelse, guards)
            return
        for name in bound_names(node.test):
            self.bind(name, self.fragment(node.test, guards))
        self.block(node.body, (*guards, Guard(node.test, "if")))
        self.block(node.orelse, (*guards, Guard(node.test, "else")))

    def whole(self, node: ast.stmt, guards: tuple[Guard, ...]) -> None:
        fragment = self.fragment(node, guards)
        self.table.statements.append(fragment)
        for name in bound_names(node, has_walrus=self.table.has_walrus):
            self.bind(name, fragment)
        if isinstance(node, (*COMPOUND, ast.ClassDef)):
            self.nested_imports(node)

    def nested_imports(self, node: ast.stmt) -> None:
        for inner in imports_in(node.body if isinstance(node, ast.ClassDef) else [node]):
            for name, target, loaded in import_targets(inner):
                self.table.loads.append(loaded)
                if isinstance(node, ast.ClassDef):
                    continue
                if name == "*":
                    self.table.stars.append(target)
                else:
                    self.table.bindings.setdefault(name, Binding()).imports.append(target)

    def imports(self, node: ast.Import | ast.ImportFrom, guards: tuple[Guard, ...]) -> None:
        for name, target, loaded in import_targets(node):
            self.table.loads.append(loaded)
            if name == "*":
                self.table.stars.append(target)
                continue
            self.bind(name, self.fragment(node, guards, target))
            self.table.bindings[name].imports.append(target)

    def fragment(self, node: ast.AST, guards: tuple[Guard, ...], target: Target | None = None) -> Fragment:
        self.order += 1
        return Fragment(order=self.order, node=node, guards=guards, target=target)

    def bind(self, name: str, fragment: Fragment) -> None:
        self.table.bindings.setdefault(name, Binding()).fragments.append(fragment)

"""Decides which top-level statements of a module count for stages that never name them.

A module's code runs when it is loaded, so a stage depends on more than the names it reaches. The rule:

1. A statement that binds names (a definition, an assignment, an import) counts where one of its names is reached.
2. A statement that changes a *fresh* object through its name (`TABLE["a"] = 1`, `TABLE.append(x)`, `@show.register`)
   belongs to that name: it counts where the name is reached.
3. Any other statement that can change state counts for every stage that loads the module: a call as a statement
   (`np.seterr(...)`, `register(x)`), a change of an attribute or item of anything else, a decorator or a class hook
   that can register what it gets, an assignment to `_`, an assignment whose value calls a first-party function
   that changes module state.
4. Wiring never counts by itself: calls of what stagelang gives and of stages, `with scope(..)`, methods of handles;
   nor does logging, nor a call of a first-party function that visibly changes nothing.
5. Code under `if TYPE_CHECKING` and `if __name__ == "__main__"` never runs when a stage does, and is not there at all.

What "fresh" and "visibly" mean is said in `conduct.py`. An assignment whose value calls an installed package is taken
to be for the value: `old = np.seterr(...)` counts only where `old` is reached, `_ = np.seterr(...)` counts always.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import final

from attrs import Factory, define

from stagelang_compiler.fingerprint.conduct import MUTATORS, Judge, definitions
from stagelang_compiler.fingerprint.modules import Module
from stagelang_compiler.fingerprint.table import Fragment, never_runs
from stagelang_compiler.fingerprint.trees import bound_names, dotted_path, root_name, walk


@final
@define(eq=False)
class Effects:
    """What a module's statements do when it is loaded."""

    always: list[Fragment] = Factory(list[Fragment])
    """Those that count for every stage that loads the module, in order."""
    of_names: dict[str, list[Fragment]] = Factory(dict[str, list[Fragment]])
    """Those that count with a name."""


def effects(module: Module, judge: Judge) -> Effects:
    """Sort a module's statements by the rule above."""
    sorted_out = Effects()
    for fragment in module.table.statements:
        verdict = _Statement(module, judge)
        verdict.statement(fragment.node, frozenset())
        if verdict.always:
            sorted_out.always.append(fragment)
        for name in verdict.names:
            sorted_out.of_names.setdefault(name, []).append(fragment)
    return sorted_out


@final
class _Statement:
    def __init__(self, module: Module, judge: Judge) -> None:
        self.module = module
        self.judge = judge
        self.always = False
        self.names: dict[str, None] = {}

    def statement(self, node: ast.AST, local: frozenset[str]) -> None:
        """Judge one statement; `local` are the names bound in the class body that it stands in."""
        match node:
            case ast.Expr(value=value):
                self.call(value, local)
            case ast.Assign(targets=targets, value=value):
                self.targets(targets, local)
                if all(isinstance(each, ast.Name) and each.id == "_" for each in targets):
                    self.call(value, local)
                self.value(value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.targets([target], local)
                self.value(value)
            case ast.AugAssign(target=target, value=value):
                self.targets([target], local)
                self.value(value)
            case ast.Delete(targets=targets):
                self.targets(targets, local)
            case _:
                self.compound(node, local)

    def compound(self, node: ast.AST, local: frozenset[str]) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.decorators(node.decorator_list, local)
            case ast.ClassDef():
                self.class_(node, local)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self.call(item.context_expr, local)
                self.block(node.body, local)
            case ast.If():
                self.value(node.test)
                self.block([] if never_runs(node.test) else node.body, local)
                self.block(node.orelse, local)
            case ast.For() | ast.AsyncFor() | ast.While() | ast.Try() | ast.TryStar() | ast.Match():
                for inner in ast.iter_child_nodes(node):
                    self.inner(inner, local)
            case _:
                pass

    def block(self, statements: Sequence[ast.stmt], local: frozenset[str]) -> None:
        for statement in statements:
            self.statement(statement, local)

    def inner(self, node: ast.AST, local: frozenset[str]) -> None:
        match node:
            case ast.expr():
                self.value(node)
            case ast.ExceptHandler() | ast.match_case():
                self.block(node.body, local)
            case _:
                self.statement(node, local)

    def call(self, value: ast.expr, local: frozenset[str]) -> None:
        """Judge an expression that is evaluated for what it does."""
        if isinstance(value, ast.Await):
            value = value.value
        if self.judge.is_inert(self.module, value):
            return
        if not isinstance(value, ast.Call):
            self.always = self.always or any(isinstance(each, (ast.Call, ast.BinOp)) for each in walk(value))
            return
        path = dotted_path(value.func)
        if path in {("setattr",), ("delattr",)} and value.args:
            self.change(value.args[0], root_name(value.args[0]), local)
        elif path is None:
            self.always = True
        elif len(path) == 2 and self.judge.is_fresh(self.module, path[0]):
            self.names.setdefault(path[0])
        elif path[0] not in local:
            called = self.judge.called(self.module, path)
            self.always = self.always or called.disturbs or called.parameters or called.unknown

    def value(self, value: ast.expr) -> None:
        """Judge an expression that is evaluated for its value."""
        for inner in walk(value):
            path = dotted_path(inner.func) if isinstance(inner, ast.Call) else None
            if path is None:
                continue
            if len(path) == 2 and path[1] in MUTATORS and self.judge.is_fresh(self.module, path[0]):
                self.names.setdefault(path[0])
            elif not self.judge.is_inert(self.module, inner) and definitions(
                self.judge.resolver.name(self.module, path)
            ):
                self.always = self.always or self.judge.called(self.module, path).disturbs

    def targets(self, targets: Sequence[ast.expr], local: frozenset[str]) -> None:
        for target in targets:
            match target:
                case ast.Attribute(value=changed) | ast.Subscript(value=changed):
                    self.change(changed, root_name(changed), local)
                case ast.Tuple() | ast.List():
                    self.targets(target.elts, local)
                case ast.Starred(value=inner):
                    self.targets([inner], local)
                case _:
                    pass

    def change(self, changed: ast.expr, name: str | None, local: frozenset[str]) -> None:
        """Judge a change of what an expression stands for; `name` is the one that it starts with."""
        if name is None:
            self.always = True
        elif name in local or self.judge.is_inert(self.module, changed):
            return
        elif isinstance(changed, ast.Name) and self.judge.is_fresh(self.module, name):
            self.names.setdefault(name)
        else:
            self.always = True

    def decorators(self, decorators: Sequence[ast.expr], local: frozenset[str]) -> None:
        for decorator in decorators:
            path = dotted_path(decorator.func if isinstance(decorator, ast.Call) else decorator)
            if path is not None and path[0] in local:
                continue
            if path is not None and len(path) == 2 and self.judge.is_fresh(self.module, path[0]):
                self.names.setdefault(path[0])
            elif not self.judge.is_pure_decorator(self.module, decorator):
                self.always = True

    def class_(self, node: ast.ClassDef, local: frozenset[str]) -> None:
        self.decorators(node.decorator_list, local)
        own = local | {
            name
            for statement in node.body
            for name in bound_names(statement, has_walrus=self.module.table.has_walrus)
        }
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.method(statement, own)
            else:
                self.statement(statement, own)
        if self.has_hook(node, frozenset()):
            self.always = True

    def method(self, node: ast.FunctionDef | ast.AsyncFunctionDef, local: frozenset[str]) -> None:
        """Judge a method's decorators; an installed package's are taken to be about the class only."""
        for decorator in node.decorator_list:
            path = dotted_path(decorator.func if isinstance(decorator, ast.Call) else decorator)
            if path is None or path[0] in local:
                continue
            if definitions(self.judge.resolver.name(self.module, path)):
                self.decorators([decorator], local)

    def has_hook(self, node: ast.ClassDef, seen: frozenset[str]) -> bool:
        """Say whether making the class runs first-party code that may register it: a base's hook, a metaclass."""
        named = [*node.bases, *(each.value for each in node.keywords if each.arg == "metaclass")]
        return any(self.is_hooking(self.module, each, each in node.bases, seen) for each in named)

    def is_hooking(self, module: Module, named: ast.expr, as_base: bool, seen: frozenset[str]) -> bool:
        path = dotted_path(named.value if isinstance(named, ast.Subscript) else named)
        if path is None:
            return False
        for unit in definitions(self.judge.resolver.name(module, path)):
            key = f"{unit.module.file}:{unit.name}"
            for fragment in unit.module.table.bindings[unit.name].fragments:
                if key in seen or not isinstance(fragment.node, ast.ClassDef):
                    continue
                hooks = {"__init_subclass__"} if as_base else {"__init__", "__new__", "__prepare__"}
                if any(
                    isinstance(each, ast.FunctionDef) and each.name in hooks for each in fragment.node.body
                ):
                    return True
                metaclass = [each.value for each in fragment.node.keywords if each.arg == "metaclass"]
                inherited = [(each, True) for each in fragment.node.bases] + [
                    (each, False) for each in metaclass
                ]
                if any(self.is_hooking(unit.module, each, base, seen | {key}) for each, base in inherited):
                    return True
        return False

"""Follows what a body's values are made of, statement by statement, through the first-party functions that it calls.

Two things are found: what is done whatever becomes of it (a file read, a variable asked for, an object of the module changed), and what
counts only where it has a part in what the function returns (a clock, a random number, the order of a set): a time that is logged, or a set
that is only asked for its members, is nobody's dependency. What isn't known is taken to be right, since the run watches too.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TypeAlias, final

from attrs import evolve

from stagelang_compiler.checks.hidden import calls, expressions
from stagelang_compiler.checks.hidden.known import COLLECTING
from stagelang_compiler.checks.hidden.order import elements, in_order, settled
from stagelang_compiler.checks.hidden.rules import CHANGED_GLOBAL, CHANGED_INPUT
from stagelang_compiler.checks.hidden.sources import Outcome, Sources
from stagelang_compiler.checks.hidden.value import GIVEN, NONE, Hidden, Made
from stagelang_compiler.diagnostics import Rule
from stagelang_compiler.fingerprint import Module, Resolution
from stagelang_compiler.fingerprint.conduct import MUTATORS
from stagelang_compiler.fingerprint.trees import (
    Target,
    bound_names,
    dotted_path,
    import_targets,
    parameters,
    root_name,
    walk,
)

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_WRITERS = frozenset(
    {"dump", "shuffle", "save", "savez", "savetxt", "heappush", "insort", "setattr", "copyto"}
)
"""Functions that change one of their arguments."""
_SORTERS = frozenset({"sort", "sort_values", "sort_index"})


@final
class Body:
    """One call of one function; `within` is its name where it isn't the stage's own."""

    def __init__(
        self, sources: Sources, module: Module, callers: tuple[ast.AST, ...] = (), within: str = ""
    ) -> None:
        self.sources = sources
        self.module = module
        self.callers = callers
        self.within = within
        self.names: dict[str, Made] = {}
        self.own: frozenset[str] = frozenset()
        self.globals: set[str] = set()
        self.local: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.classes: set[str] = set()
        self.imported: dict[str, Target] = {}
        self.found: dict[Hidden, None] = {}
        self.given = NONE
        self.under = NONE
        self.ordering: frozenset[Hidden] = frozenset()
        self.tree: ast.AST = ast.Pass()
        self.seeded = False
        self.branches = 0

    def run(
        self, tree: Function, environment: Mapping[str, Made], own: frozenset[str] | None = None
    ) -> Outcome:
        """Give what a call with these arguments comes to; `own` are its variables, where these are known."""
        self.names = dict(environment)
        self.tree = tree
        self.callers = (*self.callers, tree)
        self.own = variables(tree) if own is None else own
        if isinstance(tree, ast.Lambda):
            self.given = self.value(tree.body)
        else:
            self.block(tree.body)
        changed = tuple(
            (name, more)
            for name, before in environment.items()
            if (more := Made(self.names[name].depends - before.depends)) != NONE
        )
        return Outcome(self.given, tuple(self.found), changed)

    def find(self, rule: Rule, node: ast.AST, detail: str = "") -> None:
        """Note something that counts whatever becomes of it."""
        self.found.setdefault(self.hidden(rule, node, detail))

    def hidden(self, rule: Rule, node: ast.AST, detail: str = "") -> Hidden:
        """Describe what stands at a place of this body."""
        return Hidden(rule, node, str(self.module.path), detail, self.within)

    # statements

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Return(value=ast.expr() as value):
                self.result(value)
            case ast.Assign(targets=targets, value=value):
                made = self.value(value)
                for target in targets:
                    self.bind(target, made)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.value(value))
            case ast.AugAssign(target=target, value=value):
                self.augment(target, value)
            case ast.Expr(value=value):
                self.effect(value)
            case ast.Delete(targets=targets):
                for target in targets:
                    self.changes(target)
            case _:
                self.declaration(node)

    def declaration(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.local[name] = node
            case ast.ClassDef(name=name):
                self.classes.add(name)
            case ast.Import() | ast.ImportFrom():
                self.imported.update({name: target for name, target, _ in import_targets(node)})
            case ast.Global(names=names):
                self.globals.update(names)
            case ast.Assert(test=value) | ast.Raise(exc=ast.expr() as value):
                self.value(value)
            case _:
                self.compound(node)

    def compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.branch(self.value(test), body, orelse)
            case ast.While(test=test, body=body, orelse=orelse):
                self.branch(self.value(test), body, body, orelse)
            case ast.For() | ast.AsyncFor():
                self.loop(node)
            case ast.With() | ast.AsyncWith():
                self.context(node)
            case ast.Try() | ast.TryStar():
                self.block(node.body)
                self.branch(NONE, *(each.body for each in node.handlers), node.orelse, node.finalbody)
            case ast.Match(subject=subject, cases=cases):
                self.branch(self.value(subject), *(each.body for each in cases))
            case _:
                pass

    def context(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            made = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, made)
        self.block(node.body)

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        made = self.value(node.iter)
        self.bind(node.target, elements(node.iter, made))
        calls.bind_walk(self, node)
        before, self.ordering = self.ordering, self.ordering | in_order(made)
        self.branch(NONE, node.body, node.body)
        self.ordering = before
        self.branch(NONE, node.orelse)

    def branch(self, test: Made, *blocks: Sequence[ast.stmt]) -> None:
        """Run blocks that may run: what they bind is added to what was bound, and depends on the test too."""
        before, self.under = self.under, self.under | Made(test.depends)
        self.branches += 1
        for each in blocks:
            self.block(each)
        self.branches -= 1
        self.under = before

    def result(self, value: ast.expr) -> None:
        made = self.value(value) | self.under
        if not isinstance(value, ast.Constant):
            made |= Made(self.ordering)
        self.given |= made

    def augment(self, target: ast.expr, value: ast.expr) -> None:
        made = self.value(value)
        joined = isinstance(value, ast.List | ast.ListComp | ast.Tuple | ast.JoinedStr) or any(
            isinstance(each, ast.Constant) and isinstance(each.value, str) for each in walk(value)
        )
        if joined:
            made |= Made(self.ordering)
        held = self.value(target)
        if held.inputs and isinstance(value, ast.List | ast.ListComp):
            self.changes_input(target, held)
        self.bind(target, held | made)

    def effect(self, value: ast.expr) -> None:
        """Run an expression for what it does: a method may change the variable that it belongs to."""
        match value:
            case ast.Yield(value=ast.expr() as inner) | ast.YieldFrom(value=inner):
                self.given |= self.value(inner) | self.under | Made(self.ordering)
            case ast.Await(value=inner):
                self.effect(inner)
            case ast.Call():
                self.acts(value, self.value(value))
            case _:
                self.value(value)

    def acts(self, node: ast.Call, made: Made) -> None:
        name = expressions.last(node.func)
        if isinstance(node.func, ast.Attribute):
            root = root_name(node.func)
            if name in MUTATORS:
                self.mutated(node.func.value)
            if made.depends or self.under.depends or self.ordering:
                self.taint(root, made.of() | self.under, collecting=name in COLLECTING)
            if name in _SORTERS and root in self.names:
                self.names[root] = settled(self.names[root])
        for argument in node.args if name in _WRITERS else ():
            self.taint(root_name(argument), Made(made.depends) | self.under)

    def taint(self, name: str | None, made: Made, *, collecting: bool = False) -> None:
        """Add to what a variable depends on, and to those through which it shows."""
        if name is None or name not in self.own:
            return
        more = Made(made.depends | self.ordering) if collecting else Made(made.depends)
        for each in {name, *self.names.get(name, NONE).roots}:
            self.names[each] = self.names.get(each, NONE) | more

    def bind(self, target: ast.expr, made: Made) -> None:
        match target:
            case ast.Name(id=name):
                if name in self.globals:
                    self.find(CHANGED_GLOBAL, target, name)
                if self.under.depends:
                    made |= Made(self.under.depends)
                if name in made.roots:
                    made = evolve(made, roots=made.roots - {name})
                self.names[name] = made | self.names.get(name, NONE) if self.branches else made
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self.bind(item, made)
            case ast.Starred(value=inner):
                self.bind(inner, made)
            case _:
                self.changes(target)
                self.value(target)
                held = root_name(target)
                self.taint(held, Made(made.depends) | self.under)
                if held in self.names and self.ordering and isinstance(target, ast.Subscript):
                    self.names[held] |= Made(unordered=self.ordering)

    def changes(self, target: ast.expr) -> None:
        """Note a change of an item or attribute, where that belongs to an input or to a module."""
        if isinstance(target, ast.Attribute | ast.Subscript):
            self.mutated(target.value, target)

    def mutated(self, changed: ast.expr, target: ast.expr | None = None) -> None:
        held = self.value(changed)
        if held.inputs:
            self.changes_input(target or changed, held)
        root = root_name(changed)
        if root is None or (root in self.own and root not in self.globals):
            return
        found = self.sources.resolver.name(self.module, (root,))
        constants = [each for each in found.units if self.sources.constant(each) is not None]
        if not constants or any(self.sources.is_wiring(each) for each in constants):
            return
        if not expressions.is_memo(self.tree, changed):
            self.find(CHANGED_GLOBAL, target or changed, root)

    def changes_input(self, node: ast.AST, held: Made) -> None:
        for name in sorted(held.inputs):
            self.find(CHANGED_INPUT, node, name)

    # values

    def beside(self, module: Module, name: str) -> Body:
        """Give a body for what a module does while it is loaded."""
        return Body(self.sources, module, (), name)

    def value(self, node: ast.expr) -> Made:
        """Give what an expression's value is made of."""
        return expressions.value(self, node)

    def resolve(self, node: ast.expr) -> tuple[tuple[str, ...], Resolution] | None:
        """Look up a dotted name that isn't one of this body's variables; None for anything else."""
        path = dotted_path(node)
        if path is None:
            return None
        if path[0] in self.imported:
            found = self.sources.resolver.target(self.module, self.imported[path[0]], path[1:])
            return path, found
        if path[0] in self.own or path[0] in self.names or path[0] in self.local:
            return None
        return path, self.sources.resolver.name(self.module, path)

    def inner(self, tree: Function, environment: Mapping[str, Made]) -> Outcome:
        """Run a function that was defined in this body."""
        if tree in self.callers:
            return Outcome(GIVEN, (), ())
        body = Body(self.sources, self.module, self.callers, self.within)
        body.local, body.classes, body.imported = self.local, self.classes, self.imported
        outcome = body.run(tree, {**self.names, **environment})
        self.found.update(dict.fromkeys(outcome.found))
        for name, more in outcome.changed:
            if name not in environment:
                self.taint(name, more)
        return outcome

    def helper(self, module: Module, tree: Function, environment: Mapping[str, Made], name: str) -> Outcome:
        """Run a first-party function of a module's top level; each call of one kind once."""
        if tree in self.callers or len(self.callers) > _DEPTH:
            return Outcome(GIVEN, (), ())
        key = (tree, frozenset(environment.items()), name)
        if key not in self.sources.known:
            self.sources.known[key] = Body(self.sources, module, self.callers, name).run(tree, environment)
        outcome = self.sources.known[key]
        self.found.update(dict.fromkeys(outcome.found))
        return outcome


def variables(tree: Function) -> frozenset[str]:
    """List the names that belong to a function."""
    found = {each.arg for each in parameters(tree.args)}
    if isinstance(tree, ast.Lambda):
        return frozenset(found)
    found.update(name for statement in tree.body for name in bound_names(statement))
    return frozenset(found.difference(*(each.names for each in walk(tree) if isinstance(each, ast.Global))))


_DEPTH = 12

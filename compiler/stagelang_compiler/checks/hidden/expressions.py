"""Gives what an expression's value is made of."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve

from stagelang_compiler.checks.hidden import calls
from stagelang_compiler.checks.hidden.known import Reach, reach_of
from stagelang_compiler.checks.hidden.order import elements, in_order, settled
from stagelang_compiler.checks.hidden.rules import (
    CLOCK_IN_RESULT,
    GLOBAL_RANDOM,
    HASH_IN_RESULT,
    PROCESS_IN_RESULT,
    SET_ORDER_IN_RESULT,
    UNDECLARED_VARIABLE,
    UNSEEDED_RANDOM,
)
from stagelang_compiler.checks.hidden.value import FIXED, GIVEN, NONE, Made, together
from stagelang_compiler.fingerprint import Resolution
from stagelang_compiler.fingerprint.trees import children, parameters, walk

if TYPE_CHECKING:
    from stagelang_compiler.checks.hidden.body import Body

FLOWS = {
    Reach.CLOCK: CLOCK_IN_RESULT,
    Reach.UNSEEDED: UNSEEDED_RANDOM,
    Reach.GLOBAL: GLOBAL_RANDOM,
    Reach.PROCESS: PROCESS_IN_RESULT,
    Reach.HASH: HASH_IN_RESULT,
}
"""What counts only where it has a part in what the stage returns."""
_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)


def value(body: Body, node: ast.expr) -> Made:
    """Give what an expression's value is made of, in a body that has come as far as this."""
    known = _KINDS.get(type(node))
    if known is not None:
        made: Made = known(body, node)
        return made
    inside = (each for each in children(node) if isinstance(each, ast.expr))
    return together(map(body.value, inside))


def _constant(body: Body, node: ast.Constant) -> Made:
    return FIXED if isinstance(node.value, str) else NONE


def _call(body: Body, node: ast.Call) -> Made:
    return calls.call(body, node)


def _walrus(body: Body, node: ast.NamedExpr) -> Made:
    made = body.value(node.value)
    body.bind(node.target, made)
    return made


def _lambda(body: Body, node: ast.Lambda) -> Made:
    outcome = body.inner(node, {each.arg: GIVEN for each in parameters(node.args)})
    return Made(outcome.given.depends, local=True)


def _set(body: Body, node: ast.Set) -> Made:
    made = together(map(body.value, node.elts)).of()
    numbers = all(isinstance(each, ast.Constant) and not isinstance(each.value, str) for each in node.elts)
    return made if numbers else made | unordered(body, node)


def _format(body: Body, node: ast.JoinedStr) -> Made:
    return together(map(body.value, node.values)).of() | FIXED


def _spread(body: Body, node: ast.Starred) -> Made:
    made = body.value(node.value)
    return Made(in_order(made)) | made.of()


def _computed(body: Body, node: ast.BinOp) -> Made:
    first, second = body.value(node.left), body.value(node.right)
    if isinstance(node.op, ast.Div):  # of a path, which stays below what it starts with
        return evolve(first | second.of(), unordered=frozenset())
    made = first.of() | second.of()
    if isinstance(node.op, _SET_OPERATORS):
        made |= Made(unordered=first.unordered | second.unordered)
    return made


def unordered(body: Body, node: ast.expr) -> Made:
    """Give a set that is made at a place."""
    return Made(unordered=frozenset([body.hidden(SET_ORDER_IN_RESULT, node)]))


def _named(body: Body, node: ast.Name | ast.Attribute) -> Made:
    if isinstance(node, ast.Name):
        if node.id in body.local:
            tree = body.local[node.id]
            outcome = body.inner(tree, {each.arg: GIVEN for each in parameters(tree.args)})
            return Made(outcome.given.depends, local=True)
        if node.id in body.classes:
            return Made(given=True, local=True)
        if node.id in body.names:
            return body.names[node.id] | Made(roots=frozenset([node.id]))
        if node.id == "__file__":
            return FIXED
    found = body.resolve(node)
    if found is not None:
        return _reference(body, node, *found)
    return body.value(node.value) if isinstance(node, ast.Attribute) else NONE


def _reference(body: Body, node: ast.expr, path: tuple[str, ...], found: Resolution) -> Made:
    """Give what a name beyond the body stands for, used as a value: a function may be called by whoever gets it."""
    made = NONE
    for dotted in (*found.externals, *([".".join(path)] if found.builtin else [])):
        reach = reach_of(dotted)
        if reach in FLOWS:
            made |= Made(frozenset([body.hidden(FLOWS[reach], node)]))
        made |= GIVEN
    for unit in found.units:
        tree = body.sources.definition(unit)
        if tree is None:
            made |= calls.constant(body, unit) if body.sources.constant(unit) is not None else NONE
        elif not isinstance(tree, ast.ClassDef):
            given = {each.arg: GIVEN for each in parameters(tree.args)}
            made |= Made(body.helper(unit.module, tree, given, unit.name).given.depends)
    return made


def _item(body: Body, node: ast.Subscript) -> Made:
    inner, key = node.value, node.slice
    found = body.resolve(inner)
    if found is not None and {"os.environ", "os.environb"} & {*found[1].externals}:
        name = text(body, key)
        if name and isinstance(node.ctx, ast.Load):
            body.find(UNDECLARED_VARIABLE, node, name)
        return GIVEN
    made, at = body.value(inner), body.value(key)
    return evolve(made, unordered=frozenset()) | Made(at.depends)


def _compared(body: Body, node: ast.Compare) -> Made:
    others = node.comparators
    made = together(body.value(each) for each in (node.left, *others)).of()
    for operator, other in zip(node.ops, others, strict=True):
        if isinstance(operator, ast.In | ast.NotIn):
            made = settled(made)
            found = body.resolve(other)
            if found is not None and "os.environ" in found[1].externals and text(body, node.left):
                body.find(UNDECLARED_VARIABLE, node, text(body, node.left))
    return Made(made.depends)


def _comprehended(body: Body, node: _Comprehension) -> Made:
    given = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    kept, own, before = dict(body.names), body.own, body.ordering
    ordering, tests = body.ordering, NONE
    for each in node.generators:
        made = body.value(each.iter)
        targets = {inner.id for inner in walk(each.target) if isinstance(inner, ast.Name)}
        body.own |= targets
        body.bind(each.target, elements(each.iter, made))
        ordering |= in_order(made)
        tests |= together(body.value(test) for test in each.ifs)
    made = (together(map(body.value, given)) | Made(tests.depends)).of()
    body.names, body.own, body.ordering = kept, own, before
    match node:
        case ast.SetComp():
            return made | unordered(body, node)
        case ast.DictComp():
            return made | Made(unordered=ordering)
        case _:
            return made | Made(ordering)


def text(body: Body, node: ast.AST) -> str:
    """Give the first text that an expression is made of, if it is known; else the empty text."""
    for inner in walk(node):
        match inner:
            case ast.Constant(value=str(found)):
                return found
            case ast.Name(id=name) if name not in body.own:
                resolution = body.sources.resolver.name(body.module, (name,))
                for unit in resolution.units:
                    constant = body.sources.constant(unit)
                    if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                        return constant.value
            case _:
                continue
    return ""


def last(node: ast.expr) -> str:
    """Give the last name of a path."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def is_memo(tree: ast.AST, changed: ast.expr) -> bool:
    """Say whether a function keeps what it computed, and looks there first: that changes nothing but the time it takes."""
    name = ast.unparse(changed)
    for inner in walk(tree):
        match inner:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[other]) if ast.unparse(other) == name:
                return True
            case ast.Call(func=ast.Attribute(value=owner, attr="get")) if ast.unparse(owner) == name:
                return True
            case ast.ExceptHandler(type=ast.Name(id="KeyError")):
                return True
            case _:
                continue
    return False


_KINDS: dict[type[ast.expr], Callable[[Body, Any], Made]] = {
    ast.Constant: _constant,
    ast.Name: _named,
    ast.Attribute: _named,
    ast.Call: _call,
    ast.Subscript: _item,
    ast.BinOp: _computed,
    ast.Compare: _compared,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehended,
    ast.SetComp: _comprehended,
    ast.GeneratorExp: _comprehended,
    ast.DictComp: _comprehended,
    ast.Set: _set,
    ast.JoinedStr: _format,
    ast.Starred: _spread,
}
"""What else there is depends on all that it is made of."""

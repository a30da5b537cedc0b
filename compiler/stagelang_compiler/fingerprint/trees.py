"""Answers small questions about syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, cast

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OWN_SCOPES: frozenset[type[ast.AST]] = frozenset({*DEFINITIONS, *_COMPREHENSIONS, ast.Lambda})
_BINDERS: frozenset[type[ast.AST]] = frozenset(
    {
        *DEFINITIONS, ast.ExceptHandler, ast.Import, ast.ImportFrom, ast.MatchAs, ast.MatchMapping, ast.MatchStar,
        ast.Name,
    }
)  # fmt: skip
_WITHOUT_NODES = frozenset({"attr", "ctx", "id", "kind", "op", "ops", "type_comment"})
"""Fields that hold no node that says more than its own kind."""
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""The fields that hold statements, or what holds these, in the order of the source."""
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_LEAVES: frozenset[type[ast.AST]] = frozenset({ast.Name, ast.Constant})
_USUAL: dict[type[ast.AST], Callable[[Any], list[ast.AST]]] = {
    ast.Name: lambda _: [],
    ast.Constant: lambda _: [],
    ast.Attribute: lambda node: [node.value],
    ast.Call: lambda node: [node.func, *node.args, *node.keywords],
    ast.keyword: lambda node: [node.value],
    ast.Subscript: lambda node: [node.value, node.slice],
    ast.BinOp: lambda node: [node.left, node.right],
    ast.Assign: lambda node: [*node.targets, node.value],
    ast.Expr: lambda node: [node.value],
}
"""The kinds that most nodes are of; the same as their fields say."""


class Target(NamedTuple):
    """What an import statement binds: a module, or an attribute of one; `level` counts the leading dots."""

    level: int
    module: str
    attribute: str = ""


def import_targets(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Target, Target]]:
    """Give, for each name that an import binds, the name, what it stands for, and what is loaded."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            target = Target(node.level, node.module or "", alias.name)
            yield alias.asname or alias.name, target, target
        else:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, Target(0, alias.name if alias.asname else top), Target(0, alias.name)


def dotted_path(node: ast.AST) -> tuple[str, ...] | None:
    """Give `a.b.c` as its parts, if the expression is nothing else."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else None


def children(node: ast.AST) -> list[ast.AST]:
    """List a node's direct children in the order of its fields, without operators and contexts."""
    kind = type(node)
    usual = _USUAL.get(kind)
    if usual is not None:
        return usual(node)
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _WITHOUT_NODES)
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif value and type(value) is list:
            found += [item for item in cast("list[object]", value) if isinstance(item, ast.AST)]
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree in the order of `ast.walk`, without operators and contexts."""
    pending = [node]
    for each in pending:
        yield each
        if type(each) not in _LEAVES:
            pending += children(each)


def root_name(node: ast.AST) -> str | None:
    """Give the name that a chain of attributes and items starts with."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def bound_names(node: ast.AST, *, has_walrus: bool = True) -> list[str]:
    """List the names that a statement binds in the scope that it stands in; most bind one, where no walrus is in it."""
    match node:
        case (
            ast.FunctionDef(name=name)
            | ast.ClassDef(name=name)
            | ast.Assign(targets=[ast.Name(id=name)])
            | ast.AnnAssign(target=ast.Name(id=name))
        ) if not has_walrus:
            return [name]
        case ast.Expr() if not has_walrus:
            return []
        case _:
            return _bound_names(node)


def _bound_names(node: ast.AST) -> list[str]:
    found: dict[str, None] = {}
    for inner in same_scope(node):
        if type(inner) not in _BINDERS:
            continue
        match inner:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.setdefault(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.setdefault(name)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                found.setdefault(name)
            case ast.MatchMapping(rest=str(name)):
                found.setdefault(name)
            case ast.Import() | ast.ImportFrom():
                found.update(dict.fromkeys(name for name, _, _ in import_targets(inner) if name != "*"))
            case _:
                pass
    return list(found)


def same_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a statement without what belongs to the scopes inside it; a walrus in a comprehension binds outside."""
    pending = [node]
    while pending:
        inner = pending.pop()
        yield inner
        if type(inner) not in _OWN_SCOPES:
            pending.extend(reversed(children(inner)))
        elif isinstance(inner, DEFINITIONS):
            pending.extend(reversed(inner.decorator_list))
        elif isinstance(inner, _COMPREHENSIONS):
            pending.extend(each.target for each in walk(inner) if isinstance(each, ast.NamedExpr))


def imports_in(statements: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Give the imports among statements, and in the blocks of these, without what belongs to functions and classes inside."""
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement
        elif not isinstance(statement, DEFINITIONS):
            for block in _BLOCKS:
                yield from imports_in(getattr(statement, block, ()))


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """List a function's parameters."""
    extra = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def quoted(constants: Iterable[ast.Constant]) -> Iterator[ast.AST]:
    """Parse the strings in an annotation, which may be evaluated as names later."""
    for inner in constants:
        if isinstance(inner.value, str):
            try:
                parsed = ast.parse(inner.value.strip(), mode="eval")
            except (SyntaxError, ValueError):
                continue
            yield ast.copy_location(parsed.body, inner)

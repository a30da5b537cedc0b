"""Reads which columns of what a stage is given each column that it gives is made of.

Frames are followed through the ways in which pandas, polars and Arrow name, add, drop and pass on columns, and through first-party
functions. What isn't known to keep columns apart is taken to be made of all that goes into it, and what can't be followed at all, such as
a loop that changes a frame, makes the whole body unread: then nothing is claimed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.operations import EXPRESSIONS
from stagelang_compiler.column_lineage import operations as op
from stagelang_compiler.column_lineage.frames import (
    NONE,
    Frame,
    Origins,
    Other,
    Ports,
    Text,
    Texts,
    Value,
    joined,
    origins,
)
from stagelang_compiler.fingerprint.trees import children, walk

_DEPTH = 6
_IDLE = (ast.Import, ast.ImportFrom, ast.Pass, ast.Assert, ast.Raise, ast.Return, ast.AnnAssign)
"""Statements that change nothing that is followed."""
_GATHERED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_UNFOLLOWED = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
_Function: TypeAlias = ast.FunctionDef | ast.Lambda


class Unread(Exception):
    """A body does something that isn't followed."""


def read_body(function: FunctionType, arguments: Mapping[str, Value], sources: Sources) -> Value:
    """Give what a function returns for these arguments.

    Raises:
        Unread: there is no source, or it does what isn't followed.
    """
    tree = sources.tree(function)
    if tree is None:
        raise Unread("no source")
    return Body(function, sources, 0).run(tree, arguments)


class Body:
    """Follows one call of one function."""

    def __init__(self, function: FunctionType, sources: Sources, depth: int) -> None:
        self.function, self.sources, self.depth = function, sources, depth
        self.names: dict[str, Value] = {}
        self.given: Value | None = None
        self.under: Origins = NONE
        self.known: dict[int, Value] = {}
        """The values of this statement's expressions, which several look at."""

    def run(self, tree: _Function, arguments: Mapping[str, Value]) -> Value:
        """Give what the function returns."""
        self.names = dict(arguments)
        if isinstance(tree, ast.Lambda):
            return self.value(tree.body)
        self.block(tree.body)
        return Other() if self.given is None else self.given

    # what values are made of

    def origins(self, value: Value) -> Origins:
        return origins(value)

    def together(self, values: Iterable[Value]) -> Origins:
        return NONE.union(*map(self.origins, values))

    def joined(self, one: Value, other: Value) -> Value:
        """Give what is either of two values."""
        return joined(one, other)

    def touched(self, value: Value, by: Origins) -> Value:
        """Give a value on which something else has a say."""
        if not by:
            return value
        return value.touched(by) if isinstance(value, Frame) else Other(origins(value) | by)

    def decided_by(self, test: ast.expr) -> Origins:
        """Give what a condition is made of, and with it all that is done below it."""
        return self.origins(self.value(test))

    # statements

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.known.clear()
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Return(value=ast.expr() as value):
                self.give(self.value(value))
            case ast.Assign(targets=targets, value=value):
                made = self.value(value)
                for target in targets:
                    self.bind(target, value, made)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, value, self.value(value))
            case ast.AugAssign(target=target, value=value):
                self.bind(target, value, Other(self.together([self.value(target), self.value(value)])))
            case ast.Expr(value=value):
                self.effect(value)
            case _:
                self.compound(node)

    def compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.branch(test, body, orelse)
            case ast.With(items=items, body=body):
                for item in items:
                    entered = self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, item.context_expr, entered)
                self.block(body)
            case _ if not isinstance(node, _IDLE):
                raise Unread(type(node).__name__)
            case _:
                pass

    def give(self, value: Value) -> None:
        if self.under:
            value = (
                value.touched(self.under)
                if isinstance(value, Frame)
                else Other(self.origins(value) | self.under)
            )
        self.given = value if self.given is None else self.joined(self.given, value)

    def branch(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        """Follow both ways; what is bound or returned below a condition depends on it."""
        before, under = dict(self.names), self.under
        self.under = under | self.decided_by(test)
        self.block(body)
        after, self.names = self.names, dict(before)
        self.block(orelse)
        decided = self.under - under
        for name in {**after, **self.names}:
            one, other = (names.get(name, before.get(name, Other())) for names in (after, self.names))
            same = one is other
            self.names[name] = one if same else self.touched(self.joined(one, other), decided)
        # What comes after an `if` that returned is below its condition too.
        returns = any(isinstance(each, ast.Return) for part in (body, orelse) for each in part)
        self.under = self.under if returns else under

    def bind(self, target: ast.expr, written: ast.expr, made: Value) -> None:
        match target, written:
            case ast.Name(id=name), _:
                self.names[name] = made
            case ast.Subscript(value=ast.Name(id=name), slice=key), _:
                self.set_column(name, key, made)
            case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
                each = [self.value(value) for value in values]
                for inner, value, one in zip(targets, values, each, strict=True):
                    self.bind(inner, value, one)
            case ast.Tuple(elts=targets), _:
                for inner in targets:
                    self.bind(inner, inner, Other(self.origins(made)))
            case _:
                raise Unread("a target")

    def set_column(self, name: str, key: ast.expr, made: Value) -> None:
        """Follow `frame["column"] = ...`, which changes the frame that the name stands for, under all of its names."""
        if self.depth:
            raise Unread("a change of what may be the caller's")
        frame, column = self.names.get(name), self.text(key)
        if isinstance(frame, Frame):
            if column is None:
                raise Unread("a column that isn't named")
            changed: Value = frame.having({column: self.origins(made) | self.under})
        else:
            changed = Other(self.origins(frame or Other()) | self.origins(made) | self.under)
        for other, value in [*self.names.items()]:
            if value is frame:
                self.names[other] = changed

    def effect(self, node: ast.expr) -> None:
        """Allow calls whose result is dropped only where they don't change what they are called on."""
        if isinstance(node, ast.Constant):
            return
        match node:
            case (
                ast.Call(func=ast.Name(id="print"))
                | ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id="logging" | "log" | "logger" | "warnings" | "random")
                    )
                )
            ):
                return
            case _:
                raise Unread("a call for its effect")

    # expressions

    def value(self, node: ast.expr) -> Value:
        """Give what an expression stands for."""
        known = self.known.get(id(node))
        if known is None:
            known = self.known[id(node)] = self.evaluated(node)
        return known

    def evaluated(self, node: ast.expr) -> Value:
        match node:
            case ast.Name(id=name):
                return self.names[name] if name in self.names else _constant(self.live(node))
            case ast.Constant(value=constant):
                return _constant(constant)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self.listed(items)
            case ast.Subscript(value=inner, slice=key):
                return self.item(self.value(inner), key)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Call():
                return self.call(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.touched(
                    self.joined(self.value(body), self.value(orelse)), self.origins(self.value(test))
                )
            case _ if isinstance(node, _GATHERED):
                return Other(self.reached(node))
            case _ if isinstance(node, _UNFOLLOWED):
                raise Unread(type(node).__name__)
            case _:
                parts = (each for each in children(node) if isinstance(each, ast.expr))
                return Other(self.together(self.value(each) for each in parts))

    def listed(self, items: Sequence[ast.expr]) -> Value:
        values = [self.value(each) for each in items]
        texts = [each.text for each in values if isinstance(each, Text)]
        return Texts(tuple(texts)) if values and len(texts) == len(values) else Other(self.together(values))

    def reached(self, node: ast.AST) -> Origins:
        """Give all that the names in an expression stand for."""
        names = {each.id for each in walk(node) if isinstance(each, ast.Name)}
        return self.together(self.names[name] for name in names if name in self.names)

    def text(self, node: ast.expr) -> str | None:
        found = self.value(node)
        return found.text if isinstance(found, Text) else None

    def item(self, of: Value, key: ast.expr) -> Value:
        if not isinstance(of, Frame):
            return Other(
                self.origins(of) | (NONE if isinstance(key, ast.Slice) else self.origins(self.value(key)))
            )
        match self.value(key) if not isinstance(key, ast.Slice) else None:
            case None:
                return of
            case Text(name):
                return Other(of.column(name))
            case Texts(names):
                return Frame(columns={name: of.column(name) for name in names}, rows=of.rows)
            case condition:
                return of.chosen(self.origins(condition))

    def attribute(self, node: ast.Attribute) -> Value:
        live = _constant(self.live(node))
        if isinstance(live, Text):
            return live
        of = self.value(node.value)
        if not isinstance(of, Frame):
            return Other(self.origins(of))
        if node.attr in of.columns:
            return Other(of.columns[node.attr])
        if node.attr in op.SAME_FRAME:
            return of
        return Other() if node.attr in op.DESCRIPTIONS else Other(of.all)

    # calls

    def call(self, node: ast.Call) -> Value:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute):
            if name in op.MAKES_TABLE and len(node.args) == op.MAKES_TABLE[name]:
                return self.value(node.args[1])
            of = self.value(node.func.value)
            if isinstance(of, Frame):
                return self.method(of, name, node)
        if syntax.path(node.func) in EXPRESSIONS:
            return Other(self.together(self.names.values()))  # a column of whatever frame it is used in
        if name in op.MERGES and len(node.args) == 2:
            return self.merged(self.value(node.args[0]), self.value(node.args[1]), node)
        if name == "len" and len(node.args) == 1:
            counted = self.value(node.args[0])
            return Other(counted.rows if isinstance(counted, Frame) else self.origins(counted))
        if name in op.DYNAMIC:
            raise Unread(name)
        if name in op.FRAMES:
            return self.framed(node)
        made = self.inlined(node)
        return made if made is not None else Other(self.given_to(node))

    def given_to(self, node: ast.Call) -> Origins:
        """Give all that goes into a call."""
        parts = [
            *(each.value if isinstance(each, ast.Starred) else each for each in node.args),
            *(each.value for each in node.keywords),
        ]
        if isinstance(node.func, ast.Attribute):
            parts.append(node.func.value)
        return self.together(self.value(each) for each in parts)

    def method(self, of: Frame, name: str, node: ast.Call) -> Value:
        if any(each.arg == "inplace" for each in node.keywords):
            raise Unread("a change in place")
        match name:
            case "assign" | "with_columns" if not node.args and all(each.arg for each in node.keywords):
                for each in node.keywords:  # a later function sees what an earlier one gave
                    of = of.having({str(each.arg): self.assigned(of, each.value)})
                return of
            case "rename" if (renamed := self.renamed(node)) is not None:
                kept = {name: made for name, made in of.columns.items() if name not in renamed}
                moved = {new: of.column(old) for old, new in renamed.items()}
                return Frame(columns={**kept, **moved}, others=of.others, rows=of.rows)
            case "select" if isinstance(
                names := self.value(node.args[0]) if len(node.args) == 1 else None, Texts
            ):
                return Frame(columns={name: of.column(name) for name in names.texts}, rows=of.rows)
            case "drop" if any(each.arg in ("columns", "axis") for each in node.keywords):
                return of
            case _:
                return self.by_its_name(of, name, node)

    def by_its_name(self, of: Frame, name: str, node: ast.Call) -> Value:
        """Follow a method of which only is known what it does to columns in general."""
        given = self.together(
            self.value(each) for each in (*node.args, *(each.value for each in node.keywords))
        )
        match name:
            case _ if name in op.MERGES and len(node.args) == 1:
                return self.merged(of, self.value(node.args[0]), node)
            case _ if name in op.SAME_FRAME or name in op.SAME_ROWS:
                return of.chosen(given | self.named(of, node))
            case _ if name in op.OTHER_ROWS:
                return of.chosen(given | (self.named(of, node) or of.all))
            case _ if name in op.EACH_BY_ITSELF:
                return of.touched(given)
            case _:
                return Other(of.all | given)

    def named(self, of: Frame, node: ast.Call) -> Origins:
        """Give what the columns are made of that a call names."""
        found = NONE
        for each in (*node.args, *(each.value for each in node.keywords)):
            value = self.value(each)
            names = (
                (value.text,) if isinstance(value, Text) else value.texts if isinstance(value, Texts) else ()
            )
            found = found.union(*(of.columns.get(name, NONE) for name in names))
        return found

    def merged(self, left: Value, right: Value, node: ast.Call) -> Value:
        """Follow a join whose keys are named: which row of the right one is found depends on them."""
        named = any(each.arg in ("on", "left_on", "right_on") for each in node.keywords)
        if not (isinstance(left, Frame) and isinstance(right, Frame) and named):
            return Other(self.given_to(node))
        keys = self.named(left, node) | self.named(right, node)
        found = right.touched(keys)
        both = {
            name: made | found.column(name) for name, made in left.columns.items() if name in found.columns
        }
        columns = {**found.columns, **left.columns, **both}
        return Frame(columns=columns, others=left.all | found.all, rows=left.rows | right.rows | keys)

    def assigned(self, of: Frame, node: ast.expr) -> Origins:
        """Give what a column of `assign` is made of; a lambda is called with the frame."""
        if not isinstance(node, ast.Lambda):
            return self.origins(self.value(node))
        names = [each.arg for each in node.args.args]
        return self.origins(
            self.within(self.function).run(node, {**self.names, **dict.fromkeys(names[:1], of)})
        )

    def renamed(self, node: ast.Call) -> dict[str, str] | None:
        """Read `columns={"old": "new"}`, or polars' one positional mapping."""
        given = [each.value for each in node.keywords if each.arg == "columns"] or node.args
        if len(given) != 1 or not isinstance(given[0], ast.Dict):
            return None
        found: dict[str, str] = {}
        for key, value in zip(given[0].keys, given[0].values, strict=True):
            old, new = (self.text(each) if each is not None else None for each in (key, value))
            if old is None or new is None:
                return None
            found[old] = new
        return found

    def framed(self, node: ast.Call) -> Value:
        """Give the frame that is made of a mapping from names to columns; anything else is of all that it is given."""
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Dict):
            return Other(self.given_to(node))
        columns: dict[str, Origins] = {}
        for key, value in zip(node.args[0].keys, node.args[0].values, strict=True):
            name = self.text(key) if key is not None else None
            if name is None:
                return Other(self.given_to(node))
            columns[name] = self.origins(self.value(value))
        return Frame(columns=columns)

    def inlined(self, node: ast.Call) -> Value | None:
        """Follow a call of a first-party function or of a named tuple; None where it is neither."""
        target = self.live(node.func)
        fields = getattr(target, "_fields", None)
        if isinstance(target, type) and isinstance(fields, tuple):
            return self.ported(node, [str(each) for each in fields])  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        while target is not None and not isinstance(target, FunctionType):
            target = getattr(target, "__wrapped__", None)
        tree = self.sources.tree(target) if target is not None and self.depth < _DEPTH else None
        if (
            tree is None
            or not isinstance(target, FunctionType)
            or any(isinstance(each, ast.Starred) for each in node.args)
        ):
            return None
        names = [each.arg for each in (*tree.args.posonlyargs, *tree.args.args)]
        bound = dict(zip(names, map(self.value, node.args), strict=False))
        bound |= {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        known = {*names, *(each.arg for each in tree.args.kwonlyargs)}
        if (
            len(node.args) > len(names)
            or not bound.keys() <= known
            or any(not each.arg for each in node.keywords)
        ):
            return None
        return self.within(target).run(tree, {**dict.fromkeys(known, Other()), **bound})

    def ported(self, node: ast.Call, fields: list[str]) -> Value:
        given = dict(zip(fields, map(self.value, node.args), strict=False))
        given |= {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        return Ports(ports=given)

    def within(self, function: FunctionType) -> Body:
        inner = type(self)(function, self.sources, self.depth + 1)
        inner.under = self.under
        return inner

    def live(self, node: ast.expr) -> Any:
        """Give the object that a name, or a path through modules and contracts, stands for; None where there is none."""
        match node:
            case ast.Name(id=name) if name not in self.names:
                return syntax.closure(self.function).get(name, self.function.__globals__.get(name))
            case ast.Attribute(value=inner, attr=name):
                owner = self.live(inner)
                return getattr(owner, name, None) if isinstance(owner, ModuleType | type) else None
            case _:
                return None


def _constant(found: object) -> Value:
    """Give a constant of the module or a column of a contract as the text that it is."""
    return Text(str(found)) if isinstance(found, str) else Other()

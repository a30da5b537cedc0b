"""Reads from a metric's source which columns its rows' values are: nothing is run, and what isn't understood is left open."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias, final

from attrs import field, frozen

from stagelang_compiler.checks.metric_meaning.row_values import (
    Number,
    Other,
    Read,
    Truth,
    Value,
    added,
    columns_in,
    divided,
    multiplied,
)
from stagelang_compiler.fingerprint.trees import children, walk

_SAME_VALUES = frozenset(
    {"to_numpy", "to_list", "tolist", "to_pylist", "combine_chunks", "copy", "fillna", "reset_index"}
)
_SAME_VALUES_BY_FUNCTION = frozenset({"asarray", "array", "Series", "ravel"})
_SAME_ROWS = frozenset(
    {
        "copy",
        "dropna",
        "query",
        "head",
        "tail",
        "sort_values",
        "reset_index",
        "filter",
        "drop_nulls",
        "sort",
        "drop_null",
    }
)
_FRAMES = frozenset({"pandas", "polars", "arrow"})
_OPERATIONS: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_FUNCTIONS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "true_divide": "/",
}
_METHODS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "truediv": "/"}
_LIBRARIES = frozenset({"np", "numpy", "pc"})
_DEEPEST = 20  # how far names and wrappers are followed
_NUMBERS = frozenset({"float", "int", "float32", "float64", "int32", "int64", "Float64", "Int64"})


@final
@frozen(kw_only=True)
class Returned:
    """What a metric's function gives to its aggregation, one value for each position, and every column that it names.

    `chosen_by` says of parameters to which columns' values they are compared with `==`, so that they choose rows.
    """

    values: tuple[Value, ...] = ()
    named: frozenset[str] = frozenset()
    chosen_by: Mapping[str, frozenset[str]] = field(factory=dict[str, frozenset[str]])
    understood: bool = False


def read_returned(
    tree: ast.FunctionDef | None,
    tables: Collection[str],
    columns: Collection[str],
    params: Collection[str] = (),
) -> Returned:
    """Read a metric's function.

    Args:
        tree: the function's definition; None where there is no source.
        tables: its arguments that are tables.
        columns: the columns of those tables.
        params: its arguments that are plain values.
    """
    if tree is None:
        return Returned()
    nodes = [node for statement in tree.body for node in walk(statement)]
    returns = [node for node in nodes if isinstance(node, ast.Return)]
    named = _named(nodes, columns)
    reader = _Reader(frozenset(tables), frozenset(columns), frozenset(params), _assigned(tree))
    chosen_by = reader.chosen_by(nodes)
    if len(returns) != 1 or not _is_per_row(returns[0].value):
        return Returned(named=named, chosen_by=chosen_by)
    call = returns[0].value
    assert isinstance(call, ast.Call)
    if call.keywords or any(isinstance(each, ast.Starred) for each in call.args):
        return Returned(named=named, chosen_by=chosen_by)
    values = tuple(reader.value(argument) for argument in call.args)
    return Returned(values=values, named=named, chosen_by=chosen_by, understood=True)


def _is_per_row(value: ast.expr | None) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="PerRow") | ast.Attribute(attr="PerRow")):
            return True
        case _:
            return False


Bound: TypeAlias = tuple[int, ast.expr | None]
"""The line from which on a name stands for an expression; None where a branch, a loop or another statement binds it."""


def _assigned(tree: ast.FunctionDef) -> Mapping[str, list[Bound]]:
    """Give what each name of the function stands for, in order."""
    found: dict[str, list[Bound]] = {}
    for statement in tree.body:
        for name, value in _bindings(statement):
            line = statement.lineno if value is None else (statement.end_lineno or statement.lineno) + 1
            found.setdefault(name, []).append((line, value))
    return found


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            yield name, value
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(
            targets
        ) == len(values):
            for target, value in zip(targets, values, strict=True):
                if isinstance(target, ast.Name):
                    yield target.id, value
        case _:
            for node in walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                    yield node.id, None


def _named(nodes: Iterable[ast.AST], columns: Collection[str]) -> frozenset[str]:
    """Give every column whose name stands somewhere in the body, as a text or as an attribute."""
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return frozenset(texts | attributes).intersection(columns)


@final
@frozen
class _Reader:
    """Turns expressions into values; `assigned` says what the function's own names stand for."""

    tables: frozenset[str]
    columns: frozenset[str]
    params: frozenset[str]
    assigned: Mapping[str, list[Bound]]

    def value(self, node: ast.expr, depth: int = 0) -> Value:
        """Tell what an expression of the function's body gives for each row."""
        if depth > _DEEPEST:
            return Other(frozenset())
        match node:
            case ast.Name() if (meant := self._meant(node)) is not None:
                return self.value(meant, depth + 1)
            case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
                return _calculated(
                    _OPERATIONS[type(operation)], self.value(left, depth + 1), self.value(right, depth + 1)
                )
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return multiplied(Number(-1.0), self.value(operand, depth + 1))
            case ast.Compare(ops=[_]):
                return Truth(columns_in(self._other(node, depth)))
            case _:
                return self._called(node, depth)

    def _called(self, node: ast.expr, depth: int) -> Value:
        """Tell what a call gives that calculates, or only wraps."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=library), attr=word), args=[left, right], keywords=[]
            ) if library in _LIBRARIES and word in _FUNCTIONS:
                return _calculated(
                    _FUNCTIONS[word], self.value(left, depth + 1), self.value(right, depth + 1)
                )
            case ast.Call(func=ast.Attribute(value=left, attr=word), args=[right]) if word in _METHODS:
                return _calculated(_METHODS[word], self.value(left, depth + 1), self.value(right, depth + 1))
            case _:
                inner = _unwrapped(node)
                return self._plain(node, depth) if inner is None else self.value(inner, depth + 1)

    def _plain(self, node: ast.expr, depth: int) -> Value:
        """Tell what an expression gives that neither calculates nor wraps."""
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return Number(float(number))
            case ast.Name(id=name) if name in self.params and name not in self.assigned:
                return Number(None)
            case ast.Subscript(value=frame, slice=key) if self._is_frame(frame, depth) and (
                column := self._column(key)
            ):
                return Read(column)
            case ast.Attribute(value=frame, attr=name) if name in self.columns and self._is_frame(
                frame, depth
            ):
                return Read(name)
            case _:
                return self._other(node, depth)

    def _meant(self, name: ast.Name) -> ast.expr | None:
        """Give what a name stands for where it is used: what it was last bound to."""
        before = [value for line, value in self.assigned.get(name.id, ()) if line <= name.lineno]
        return before[-1] if before else None

    def chosen_by(self, nodes: Iterable[ast.AST]) -> Mapping[str, frozenset[str]]:
        """Say of the function's parameters which columns' values they are compared to."""
        found: dict[str, frozenset[str]] = {}
        for node in nodes if self.params else ():
            match node:
                case ast.Compare(left=left, ops=[ast.Eq() | ast.In()], comparators=[right]):
                    for one, other in ((left, right), (right, left)):
                        if isinstance(one, ast.Name) and one.id in self.params:
                            columns = columns_in(self.value(other))
                            found[one.id] = found.get(one.id, frozenset()) | columns
                case _:
                    pass
        return found

    def _other(self, node: ast.expr, depth: int) -> Value:
        parts = (each for each in children(node) if isinstance(each, ast.expr))
        return Other(frozenset[str]().union(*(columns_in(self.value(each, depth + 1)) for each in parts)))

    def _column(self, key: ast.expr) -> str:
        """Give the column that a key names: a text, or a contract's attribute; nothing for a filter or a list."""
        match key:
            case ast.Constant(value=str(name)) | ast.Attribute(value=ast.Name(), attr=name) if (
                name in self.columns
            ):
                return name
            case _:
                return ""

    def _is_frame(self, node: ast.expr, depth: int) -> bool:
        """Tell whether an expression is a table's frame, perhaps with fewer rows or in another order."""
        if depth > _DEEPEST:
            return False
        match node:
            case ast.Name() if (meant := self._meant(node)) is not None:
                return self._is_frame(meant, depth + 1)
            case ast.Attribute(value=ast.Name(id=table), attr=frame):
                return table in self.tables and frame in _FRAMES
            case ast.Call(func=ast.Attribute(value=frame, attr=method)) if method in _SAME_ROWS:
                return self._is_frame(frame, depth + 1)
            case (
                ast.Subscript(value=ast.Attribute(value=frame, attr="loc"))
                | ast.Subscript(value=frame, slice=ast.Compare())
            ):
                return self._is_frame(frame, depth + 1)
            case _:
                return False


def _calculated(operation: str, left: Value, right: Value) -> Value:
    match operation:
        case "+":
            return added(left, right, 1.0)
        case "-":
            return added(left, right, -1.0)
        case "*":
            return multiplied(left, right)
        case _:
            return divided(left, right)


def _unwrapped(node: ast.expr) -> ast.expr | None:
    """Give what an expression only puts into another form: an array, a list, another type of number."""
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr="astype" | "cast"), args=[kind]):
            return inner if _is_number(kind) else None
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _SAME_VALUES:
            return inner
        case ast.Call(func=ast.Attribute(attr=function), args=[inner, *_]) if (
            function in _SAME_VALUES_BY_FUNCTION
        ):
            return inner
        case ast.Attribute(value=inner, attr="values" | "array"):
            return inner
        case _:
            return None


def _is_number(kind: ast.expr) -> bool:
    match kind:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name in _NUMBERS
        case ast.Call(func=inner):
            return _is_number(inner)
        case _:
            return False

"""Reads single expressions of a body: names, constants, axes, columns that are named."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from types import FunctionType
from typing import Any

from stagelang_compiler.checks.leakage import operations as op


def closure(function: FunctionType) -> Mapping[str, Any]:
    """Give what a function's closure holds, by name."""
    found: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # an empty cell
            continue
    return found


def imported(whole: str) -> Any:
    """Give what an import names, if it is loaded; nothing is imported."""
    if whole in sys.modules:
        return sys.modules[whole]
    module, _, name = whole.rpartition(".")
    return getattr(sys.modules.get(module), name, None)


def root(node: ast.expr) -> str:
    """Give the name that a chain of attributes, items and calls starts with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def last(node: ast.expr) -> str:
    """Give the last name of a path."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def path(node: ast.expr) -> str:
    """Give a path of two names, such as `pl.col`."""
    return (
        f"{node.value.id}.{node.attr}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        else ""
    )


def keyword(node: ast.Call, name: str) -> object:
    """Give a keyword's constant; the expression itself where it is none, None where it isn't there."""
    for each in node.keywords:
        if each.arg == name:
            return constant(each.value)
    return None


def constant(node: ast.expr) -> object:
    """Give the constant that an expression is; the expression itself where it is none."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple(constant(each) for each in items)
        case _:
            return node


def constants(node: ast.Call) -> frozenset[str]:
    """Give the columns that a call names: texts, or attributes such as `Scans.writer`."""
    first = [*node.args[:3], *(each.value for each in node.keywords if each.arg in ("by", "subset"))]
    found: set[str] = set()
    for argument in first:
        for item in argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]:
            value = constant(item)
            if isinstance(value, str):
                found.add(value)
            elif isinstance(item, ast.Attribute):
                found.add(item.attr)
    return frozenset(found)


def picked(node: ast.Call) -> str:
    """Give the column that a call computes with: `frame["label"].mean()`, `frame.groupby("a")[Scans.label].mean()`."""
    picked = node.func.value if isinstance(node.func, ast.Attribute) else None
    match picked:
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Subscript(slice=ast.Attribute(attr=name)) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def is_text(node: ast.expr) -> bool:
    """Tell whether an expression is a text."""
    return isinstance(constant(node), str)


def axis_of(node: ast.Call) -> object:
    """Give the axis that a call names, in numpy's word or in torch's."""
    axis = keyword(node, "axis")
    return keyword(node, "dim") if axis is None else axis


def is_along_rows(node: ast.Call, is_method: bool) -> bool:
    """Tell whether a reduction goes along each row."""
    axis = axis_of(node)
    if axis is None and last(node.func) not in op.FIRST_IS_NO_AXIS:
        position = 0 if is_method else 1
        axis = constant(node.args[position]) if len(node.args) > position else None
    return is_along_axis(axis)


def is_along_axis(axis: object) -> bool:
    """Tell whether an axis lies within each row."""
    if isinstance(axis, tuple):
        return 0 not in axis
    return not isinstance(axis, ast.AST) and axis in op.ALONG_ROWS


def sees_the_past(node: ast.Call) -> bool:
    """Tell whether the arguments of a shift or a window leave it to earlier rows."""
    steps = [constant(each) for each in node.args[:1]] + [keyword(node, "periods"), keyword(node, "n")]
    backwards = any(isinstance(each, int | float) and each < 0 for each in steps)
    unclear = any(isinstance(each, ast.UnaryOp) for each in steps)
    return not (backwards or unclear or keyword(node, "center"))


def is_one_column(node: ast.Call) -> bool:
    """Tell whether a call's first argument is a single column: `frame["income"]`, `frame[Scans.ink].to_numpy()`."""
    given = node.args[0] if node.args else None
    while isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute):
        given = given.func.value
    given = given.value if isinstance(given, ast.Attribute) and given.attr == "values" else given
    match given:
        case ast.Subscript(slice=ast.Constant(value=str()) | ast.Attribute()):
            return True
        case _:
            return False


def computes_across(text: str, *, is_sql: bool) -> bool:
    """Tell whether an expression in a text computes across rows: of SQL, or of pandas' `query` and `eval`."""
    return bool(re.search(_IN_SQL if is_sql else _IN_PANDAS, text, re.IGNORECASE))


_IN_SQL = (
    r"\bover\s*\(|\bgroup\s+by\b|\bdistinct\b|"
    r"\b(?:avg|sum|count|min|max|median|stddev\w*|variance|var_\w+|quantile\w*|percentile\w*|mode|corr)\s*\("
)
_IN_PANDAS = r"\.\s*(?:mean|median|std|var|min|max|sum|rank|quantile|shift|diff|cumsum|mode)\s*\("
